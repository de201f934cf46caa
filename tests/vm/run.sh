#!/bin/sh
# Boots a Debian kernel in QEMU and runs a command in it as root; exits with the command's status.
#
#	run.sh [-k KERNEL] [-t SECONDS] [-n NIC] [-s] [-w DIR] [--] [COMMAND...]
#
#	-k  6.1, 6.12 (default), 7.2, or a folder with vmlinuz and lib/modules
#	-t  how long the guest may take, in seconds (default 600)
#	-n  also give the guest two network cards of this model with a cable between them: e1000e, virtio-net-pci,
#	    vmxnet3, igb (QEMU 8)
#	-s  a shell in the guest, after the command if there is one
#	-w  a folder of the host that the guest may write, as /out (default: a new one, removed at the end)
#
# The guest sees the host's files read-only with a scratch layer above, so it has the host's programs and this
# checkout, at the same paths. Needs qemu-system-x86_64 and busybox (static). README.md beside this file says more.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kernel=${KERNEL:-6.12} limit=600 nic= shell= out=
while getopts k:t:n:sw: flag; do
	case $flag in
	k) kernel=$OPTARG ;;
	t) limit=$OPTARG ;;
	n) nic=$OPTARG ;;
	s) shell=1 ;;
	w) out=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
for program in qemu-system-x86_64 busybox cpio; do
	[ $program = cpio ] || command -v $program >/dev/null || {
		echo "run.sh: $program is missing: apt-get install qemu-system-x86 busybox-static" >&2
		exit 3
	}
done

dir=$("$here/fetch.sh" "$kernel")
release=$(ls "$dir/lib/modules")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -n "$out" ] || { out=$work/out; mkdir "$out"; }

# The first file system: busybox, and the modules that reach the host's files.
mkdir -p "$work/initrd/bin" "$work/initrd/mod"
cp "$(command -v busybox)" "$work/initrd/bin/busybox"
modules=$dir/lib/modules/$release
for m in virtio_pci overlay 9pnet_virtio 9p; do
	line=$(grep "/$m\.ko[^:]*:" "$modules/modules.dep" || true)
	[ -n "$line" ] || continue # built in
	for f in $(echo "${line#*:}" | tr ' ' '\n' | tac) ${line%%:*}; do
		name=$(basename "$f" | sed 's/\.ko.*//')
		grep -qx "$name" "$work/initrd/order" 2>/dev/null && continue
		case $f in
		*.xz) xz -dc "$modules/$f" >"$work/initrd/mod/$name" ;;
		*) cp "$modules/$f" "$work/initrd/mod/$name" ;;
		esac
		echo "$name" >>"$work/initrd/order"
	done
done
cp "$here/init" "$work/initrd/init"
(cd "$work/initrd" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1 >"$work/initrd.gz")

# What the guest is to run.
printf '%s\n' "$dir" >"$out/.kernel"
pwd >"$out/.cwd"
: >"$out/.command"
for word in "$@"; do
	printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")" >>"$out/.command"
done
echo "$shell" >"$out/.shell"
rm -f "$out/.status"

cards=
if [ -n "$nic" ]; then
	for i in 1 2; do
		cards="$cards -netdev hubport,id=nic$i,hubid=0 -device $nic,netdev=nic$i,mac=52:54:00:00:00:0$i"
	done
fi
share="security_model=none,multidevs=remap"
serial=stdio
[ -z "$shell" ] || serial=mon:stdio
set -- -accel tcg,thread=multi -cpu max -smp 2 -m 3072 -nodefaults -no-reboot -display none -serial "$serial" \
	-kernel "$dir/vmlinuz" -initrd "$work/initrd.gz" -append "console=ttyS0 quiet panic=-1 mitigations=off" \
	-virtfs "local,path=/,mount_tag=root,readonly=on,$share" -virtfs "local,path=$out,mount_tag=out,$share"
# shellcheck disable=SC2086 # $cards is several words
if [ -n "$shell" ]; then
	qemu-system-x86_64 "$@" $cards
else
	# A guest that hangs is ended by a timer of its own; the console is shown as it comes, and kept.
	{ timeout -k 5 "$limit" qemu-system-x86_64 "$@" $cards </dev/null 2>&1 || [ $? != 124 ] ||
		echo "run.sh: the guest was ended after $limit s"; } | tee "$work/console"
fi
if [ ! -s "$out/.status" ]; then
	[ -n "$shell" ] && [ ! -s "$out/.command" ] && exit 0
	echo "run.sh: the guest (Linux $release) did not finish; its last lines:" >&2
	tail -n 30 "$work/console" >&2
	exit 1
fi
exit "$(cat "$out/.status")"
