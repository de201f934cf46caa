#!/bin/sh
# Runs inside the guest: each test binary as root and as uid 65534. Called by test.sh.
set -eu
dir=$1
shift
failed=0
passed=0
export HOME=/root TMPDIR=/tmp HOOKWALK_FULL_KERNEL=1
for who in root user; do
	as=
	[ $who = root ] || as="setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all env HOME=/tmp"
	while read -r binary folder; do
		cd "$dir/tree/$folder"
		[ $who = root ] || chown -R 65534:65534 . 2>/dev/null || true
		echo "=== $folder as $who on Linux $(uname -r)"
		# shellcheck disable=SC2086 # $as is several words
		if $as "$dir/bin/$binary" -test.timeout=10m -test.v "$@" >/tmp/log 2>&1; then
			passed=$((passed + 1))
			tail -n 1 /tmp/log
		else
			failed=1
			echo "FAIL $folder as $who on Linux $(uname -r)"
			grep -v '^=== ' /tmp/log
		fi
		grep -e '--- SKIP' -A 2 /tmp/log | sed "s|^|$folder as $who: |" >>/out/skips || true
	done <"$dir/list"
done
echo "Linux $(uname -r): $passed test runs passed"
exit $failed
