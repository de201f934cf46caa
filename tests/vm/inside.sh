#!/bin/bash
# Runs inside the guest: each test binary as root and as uid 65534. Called by test.sh. The whole output of each goes to
# /out/WHO/PACKAGE; the verdicts, and all of what failed, to the console.
set -eu -o pipefail
dir=$1
shift
# What root must have done once on a usual machine, so that ordinary users find it. None of it makes a device.
echo 2 >/proc/sys/net/core/fb_tunnels_only_for_init_net
for module in "dummy numdummies=0" "bonding max_bonds=0" "ifb numifbs=0" br_netfilter; do
	# shellcheck disable=SC2086 # a module and its parameter
	modprobe $module
done
# The home of root may be closed to others; this is not.
mkdir /tmp/hookwalk
mount --bind "$dir" /tmp/hookwalk
cd /tmp/hookwalk
chown -R 65534:65534 tree
export HOME=/root TMPDIR=/tmp HOOKWALK_FULL_KERNEL=1
failed=0
for who in root user; do
	as=()
	[ $who = root ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all env HOME=/tmp)
	while read -r binary folder; do
		echo "=== $folder as $who on Linux $(uname -r), $(cut -d ' ' -f 1 /proc/uptime) s after the start"
		cd "/tmp/hookwalk/tree/$folder"
		log=/out/$who/$binary
		# Both users run everything anyway: the tests that run everything again as another user are left out.
		if ! "${as[@]}" "/tmp/hookwalk/bin/$binary" -test.timeout=10m -test.skip='^TestAsOrdinaryUser$' -test.v "$@" 2>&1 |
			tee "$log" | { grep --line-buffered -e '^--- ' -e '^ok' || true; }; then
			failed=1
			echo "FAIL $folder as $who on Linux $(uname -r):"
			grep -v '^=== ' "$log"
		fi
	done </tmp/hookwalk/list
done
exit $failed
