#!/bin/bash
# Proves that the lane goes red when it must, and says where: a command's status comes out, a guest that hangs is ended,
# a guest that panics is reported, a test that fails, dies with the guest or is skipped is named.
set -u
cd "$(dirname "$0")"
out=$(mktemp)
log=$(mktemp -d)
trap 'rm -rf "$out" "$log"' EXIT
bad=0

# want STATUS TEXT COMMAND...: the command ends with this status, and prints this.
want() {
	status=$1 text=$2
	shift 2
	"$@" >"$out" 2>&1
	code=$?
	if [ $code != "$status" ] || ! grep -qF -e "$text" "$out"; then
		echo "FAIL: $*: exit $code, want $status, and \"$text\" in:"
		sed 's/^/  /' "$out"
		bad=1
		return
	fi
	echo "ok    $* ($status, $text)"
}

broken() {
	GOFLAGS=-tags=broken ./test.sh -p ./tests/vm/broken -run "$1"
}

run=(./run.sh -l "$log/console")
want 0 guest "${run[@]}" -- hostname
want 7 seven "${run[@]}" -- sh -c 'echo "seven  $0"; exit 7' "a 'word'"
want 124 "was ended after 15 s" "${run[@]}" -t 15 -- sh -c 'exec sleep 1000'
want 125 "Kernel panic - not syncing: sysrq triggered crash" "${run[@]}" -- sh -c 'echo c >/proc/sysrq-trigger; sleep 100'
want 1 "FAIL: tests/vm/broken TestFails as root" broken Fails
want 1 "FAIL: tests/vm/broken TestSkips as user was skipped" broken Skips
want 1 "DIED: tests/vm/broken TestPanics as root" broken Panics
exit $bad
