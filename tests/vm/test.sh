#!/bin/sh
# Runs the tests of all packages on a Debian kernel in a VM, as root and as an ordinary user (uid 65534).
#
#	KERNEL=6.1|6.12|7.2|FOLDER test.sh [test flags, e.g. -test.run Why -test.v]
#
# Exits with 0 if all passed. A skip on a kernel that has everything is a failure: there is no excuse for it there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
kernel=${KERNEL:-6.12}
cache=${HOOKWALK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hookwalk/vm}
mkdir -p "$cache"
dir=$(mktemp -d "$cache/run.XXXXXX")
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
mkdir "$dir/bin" "$dir/tree" "$dir/out"
tar -cf - --exclude ./.git --exclude ./bin . | tar -xf - -C "$dir/tree"

module=$(go list -m)
packages=$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./lab/... ./cmd/... ./tests/...)
for package in $packages; do
	name=$(echo "$package" | tr / _)
	CGO_ENABLED=0 go test -c -o "$dir/bin/$name" "$package"
	echo "$name .${package#"$module"}" >>"$dir/list"
done

status=0
"$here/run.sh" -k "$kernel" -t "${LIMIT:-900}" -w "$dir/out" -- sh "$dir/tree/tests/vm/inside.sh" "$dir" "$@" || status=$?
if [ -s "$dir/out/skips" ]; then
	echo "skipped on Linux $kernel, where everything should run:"
	cat "$dir/out/skips"
	status=1
fi
exit $status
