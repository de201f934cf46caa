#!/bin/sh
# Runs the tests of all packages that touch a kernel on Debian's kernels in a VM, as root and as an ordinary user.
#
#	KERNEL="6.1 6.12 7.2 /a/folder" test.sh [-p PACKAGE]... [-s] [-n NIC] [test flags, e.g. -run Why]
#
#	-p  only this package, e.g. ./lab/probe    -s  then a shell in the guest    -n  two network cards, see run.sh
#
# Exits with 0 if all passed, and nothing was skipped but what report/allowed.txt expects.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
cache=${HOOKWALK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hookwalk/vm}
guest='' packages=''
while [ $# -gt 0 ]; do
	case $1 in
	-p) packages="$packages $2" && shift 2 ;;
	-s) guest="$guest -s" && shift ;;
	-n) guest="$guest -n $2" && shift 2 ;;
	*) break ;;
	esac
done
for flag in "$@"; do # -run is -test.run of a test binary
	shift
	case $flag in
	-test.* | -[!a-z]*) ;;
	-*) flag=-test.${flag#-} ;;
	esac
	set -- "$@" "$flag"
done

# The tree as it is now, and its test binaries, under the sum of its files: made once.
mkdir -p "$cache/build" "$cache/log"
new=$(mktemp -d "$cache/build/new.XXXXXX")
trap 'rm -rf "$new"' EXIT
mkdir "$new/tree" "$new/bin"
tar -cf - --exclude ./.git --exclude ./bin . | tar -xf - -C "$new/tree"
key=$({ go version && echo "$packages ${GOFLAGS:-}" && cd "$new/tree" && find . -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum | cut -c 1-16)
build=$cache/build/$key
if [ ! -d "$build" ]; then
	(
		cd "$new/tree"
		module=$(go list -m)
		# shellcheck disable=SC2086 # $packages is several words
		go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ${packages:-./lab/... ./cmd/... ./topology/nft ./tests} |
			{ [ -n "$packages" ] && cat || grep -v /lab/path; } | # a pure package: no kernel can change what it does
			while read -r package; do
				echo "$(echo "${package#"$module"/}" | tr / _) .${package#"$module"}"
			done >"$new/list"
		# -trimpath: what is compiled here is what was compiled before, in another folder.
		CGO_ENABLED=0 xargs -P "$(nproc)" -L 1 sh -c 'go test -trimpath -c -o "$0/bin/$1" "$2"' "$new" <"$new/list"
	)
	chmod -R a+rX "$new"
	find "$cache/build" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +
	mv -T "$new" "$build" || [ -d "$build" ] # somebody else may have been faster
fi

status=0
for kernel in ${KERNEL:-6.12}; do
	log=$cache/log/$(basename "$kernel")
	exec 9>"$log.lock"
	flock -n 9 || { echo "test.sh: waiting for another run on Linux $kernel" >&2 && flock 9; }
	rm -rf "$log"
	mkdir -p "$log/root" "$log/user"
	echo "$key" >"$log/build"
	code=0
	# shellcheck disable=SC2086 # $guest is several words
	"$here/run.sh" -k "$kernel" -t "${LIMIT:-2400}" -w "$log" -l "$log/console" $guest -- \
		bash "$build/tree/tests/vm/inside.sh" all "$build" "$@" || code=$?
	[ $code = 0 ] || { echo "test.sh: Linux $kernel: exit $code; all output is in $log" >&2 && status=1; }
	go run ./tests/vm/report "$cache/log" "$(basename "$kernel")" $packages "$@" || status=1
done
exit $status
