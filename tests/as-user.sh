#!/bin/sh
# Runs every package's tests as an ordinary user (uid 65534). Only root can change the user, so root runs this.
#
# The tests are compiled here, with the race detector, and run from a copy of the tree that the user can read.
# Whatever arguments follow go to the test binaries: tests/as-user.sh -test.run Holder -test.v
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
	echo "as-user.sh: you are not root: run go test ./... instead" >&2
	exit 2
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
mkdir "$dir/bin" "$dir/home" "$dir/tree"
tar -cf - --exclude ./.git --exclude ./bin . | tar -xf - -C "$dir/tree"
module=$(go list -m)
packages=$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...)
for package in $packages; do
	go test -c -race -o "$dir/bin/$(echo "$package" | tr / _)" "$package"
done
chown -R 65534:65534 "$dir/home" "$dir/tree"
failed=0
ran=0
for package in $packages; do
	binary="$dir/bin/$(echo "$package" | tr / _)"
	path=.${package#"$module"}
	echo "=== $package as uid 65534"
	if (cd "$dir/tree/$path" && env -i PATH="$PATH" HOME="$dir/home" TMPDIR="$dir/home" \
		setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all \
		"$binary" -test.timeout=10m "$@"); then
		ran=$((ran + 1))
	else
		failed=1
		echo "FAIL $package as uid 65534"
	fi
done
echo "as an ordinary user: $ran packages passed"
exit $failed
