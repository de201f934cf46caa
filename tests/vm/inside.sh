#!/bin/bash
# Runs inside the guest: each test binary as root and as uid 65534, a few at a time, for most tests wait. Called by
# test.sh. The whole output of each goes to /out/WHO/PACKAGE; the verdicts, and all of what failed, to the console.
#
#	inside.sh all DIR [test flags]                        everything
#	inside.sh one [test flags] WHO BINARY FOLDER          one binary
set -eu -o pipefail

# all makes the guest like a machine that is in use, and runs each binary.
all() {
	dir=$1
	shift
	# What root must have done once, so that ordinary users find it; none of it makes a device. And modules that bring
	# sysctls: tests that look whether the host stays as it was must not see them appear.
	echo 2 >/proc/sys/net/core/fb_tunnels_only_for_init_net
	for module in "dummy numdummies=0" "bonding max_bonds=0" "ifb numifbs=0" br_netfilter vrf nf_conntrack; do
		# shellcheck disable=SC2086 # a module and its parameter
		modprobe $module
	done
	# The home of root may be closed to others; this is not.
	mkdir /tmp/hookwalk
	mount --bind "$dir" /tmp/hookwalk
	chown -R 65534:65534 /tmp/hookwalk/tree
	export HOME=/root TMPDIR=/tmp HOOKWALK_FULL_KERNEL=1
	while read -r binary folder; do
		echo "root $binary $folder"
		case $folder in
		./topology*) ;; # who asks makes no difference there
		*) echo "user $binary $folder" ;;
		esac
	done </tmp/hookwalk/list | xargs -P "$(($(nproc) + 1))" -L 1 bash /tmp/hookwalk/tree/tests/vm/inside.sh one "$@"
}

one() {
	flags=("${@:1:$#-3}")
	who=${*: -3:1} binary=${*: -2:1} folder=${*: -1}
	case $folder in
	./topology*) flags=(-test.run=Kernel "${flags[@]}") ;; # the others ask no kernel
	esac
	# Left out: what runs everything again as another user; what compares messages, and asks no kernel; and what asks nft
	# and the kernel a thousand times, as the second user, for a rule is the same whoever loads it.
	skip=TestAsOrdinaryUser
	case "$folder $who" in
	"./lab/ruleset root") skip="$skip|TestMessages" ;;
	"./lab/ruleset user") skip="$skip|TestMessages|TestRows|TestFiles|TestCorpus|TestCommands|TestChangeRandom|TestManyElements" ;;
	esac
	as=()
	[ "$who" = root ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all env HOME=/tmp)
	log=/out/$who/$binary
	begin=$(cut -d ' ' -f 1 /proc/uptime)
	echo "=== $folder as $who on Linux $(uname -r), $begin s after the start"
	cd "/tmp/hookwalk/tree/$folder"
	# What -short makes shorter is repetition, which the development machine's kernel has in full.
	if program "${flags[@]}"; then
		echo "ok  $folder as $who, $(awk -v b="$begin" '{ printf "%.0f", $1 - b }' /proc/uptime) s"
		return
	fi
	# An emulated machine is slow, and now and then much slower: what failed runs once more, alone. report names it.
	failed=$(sed -n 's/^--- FAIL: \([^ /]*\) .*/\1/p' "$log" | sort -u | paste -s -d '|')
	if [ -n "$failed" ] && ! grep -q '^panic: ' "$log"; then
		echo "once more: $folder as $who: $failed"
		if program "${flags[@]}" -test.run="^($failed)\$"; then
			return
		fi
	fi
	{
		echo "FAIL $folder as $who on Linux $(uname -r):"
		grep -v '^=== ' "$log"
	} | sed 's/^/  /'
	return 1
}

# program runs the binary and adds what it prints to the log, the verdicts to the console.
program() {
	"${as[@]}" "/tmp/hookwalk/bin/$binary" -test.short -test.timeout=20m -test.skip="^($skip)\$" -test.v "$@" 2>&1 |
		tee -a "$log" | { grep --line-buffered -e '^--- ' || true; } | sed -u "s|^|$who $folder |"
}

"$@"
