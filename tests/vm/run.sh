#!/bin/sh
# Boots a Debian kernel in QEMU and runs a command in it as root; exits with the command's status, with 124 if the guest
# took too long, with 125 if it died.
#
#	run.sh [-k KERNEL] [-t SECONDS] [-n NIC] [-s] [-w DIR] [-l FILE] [--] [COMMAND...]
#
#	-k  6.1, 6.12 (default), 7.2, newest, or a folder with vmlinuz and lib/modules
#	-t  how long the guest may take, in seconds (default 600)
#	-n  also give the guest two network cards of this model with a cable between them: e1000e, virtio-net-pci,
#	    vmxnet3, igb
#	-s  a shell in the guest, after the command if there is one
#	-w  a folder of the host that the guest may write, as /out (default: a new one, removed at the end)
#	-l  keep the console in this file (default: console of the kernel in the cache)
#
# The guest sees the host's files read-only with a scratch layer above, so it has the host's programs and this
# checkout, at the same paths; only /tmp and /run are its own. README.md beside this file says more.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${HOOKWALK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hookwalk/vm}
kernel=${KERNEL:-6.12} limit=600 nic='' shell='' out='' console=''
while getopts k:t:n:sw:l: flag; do
	case $flag in
	k) kernel=$OPTARG ;;
	t) limit=$OPTARG ;;
	n) nic=$OPTARG ;;
	s) shell=1 ;;
	w) out=$OPTARG ;;
	l) console=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
"$here/need.sh"
dir=$("$here/fetch.sh" "$kernel")
# Before 8.1 QEMU sometimes translates code that another processor is just changing, which panics a kernel that switches
# its branches while it runs; Debian 12 has a newer one to offer. One processor at a time is safe, and half as fast.
qemu=qemu-system-x86_64 accel=tcg,thread=multi data=''
case $($qemu --version) in
*"version "[1-7].* | *"version 8.0."*)
	if new=$("$here/fetch.sh" qemu) && "$new/usr/bin/$qemu" --version >/dev/null 2>&1; then
		qemu=$new/usr/bin/$qemu data="-L $new/usr/share/qemu -L $new/usr/share/seabios"
	else
		echo "run.sh: $($qemu --version | head -n 1) and no newer one: one processor at a time" >&2
		accel=tcg,thread=single
	fi
	;;
esac
release=$(ls "$dir/lib/modules")
modules=$dir/lib/modules/$release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -n "$out" ] || { out=$work/out && mkdir "$out"; }
[ -n "$console" ] || { mkdir -p "$cache/log" && console=$cache/log/console-$release; }

# The first file system: busybox, and the modules that reach the host's files. Made once for each kernel and init.
busybox=$(command -v busybox)
initrd=$cache/initrd-$release-$(cat "$here/init" "$here/run.sh" "$modules/modules.dep" "$busybox" | cksum | tr ' ' -)
if [ ! -e "$initrd" ]; then
	rm -f "$cache/initrd-$release-"*
	mkdir -p "$work/initrd/bin" "$work/initrd/mod"
	cp "$busybox" "$work/initrd/bin/busybox"
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
	mv "$work/initrd.gz" "$initrd"
fi

# What the guest is to run.
printf '%s\n' "$dir" >"$out/.kernel"
pwd >"$out/.cwd"
echo "$cache" >"$out/.cache"
: >"$out/.command"
for word in "$@"; do
	printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")" >>"$out/.command"
done
echo "$shell" >"$out/.shell"
printf %s "$nic" >"$out/.nic"
rm -f "$out/.status"

cards=''
if [ -n "$nic" ]; then
	cards="-machine q35" # PCI Express, each card behind a port of its own: igb has virtual functions
	for i in 1 2; do
		cards="$cards -device pcie-root-port,id=port$i,chassis=$i -netdev hubport,id=nic$i,hubid=0
			-device $nic,bus=port$i,netdev=nic$i,mac=52:54:00:00:00:0$i"
	done
fi
share="security_model=none,multidevs=remap"
serial=stdio
[ -z "$shell" ] || serial=mon:stdio
# no_timer_check: where the host is busy, the check of the timer fails and the boot goes wrong.
set -- -accel "${ACCEL:-$accel}" -cpu max -smp "$(nproc)" -m 3072 -nodefaults -no-reboot -display none \
	-serial "$serial" \
	-kernel "$dir/vmlinuz" -initrd "$initrd" -append "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check" \
	-virtfs "local,path=/,mount_tag=root,readonly=on,$share" -virtfs "local,path=$out,mount_tag=out,$share"
if [ -n "$shell" ]; then
	# shellcheck disable=SC2086 # $data and $cards are several words
	"$qemu" $data "$@" $cards
	[ -s "$out/.command" ] || exit 0
else
	# A guest that hangs is ended from outside; the console is shown as it comes, and kept.
	# shellcheck disable=SC2086
	{ timeout --foreground -k 5 "$limit" "$qemu" $data "$@" $cards </dev/null 2>&1 || echo $? >"$work/qemu"; } |
		sed -u 's/\r//g; /sysrq: Power Off$/d; /reboot: Power down$/d; /warning: hub 0 is not connected/d' | tee "$console"
fi
if [ -s "$out/.status" ]; then
	exit "$(cat "$out/.status")"
fi
code=125
what="the guest (Linux $release) died: $(grep -m 1 -o 'Kernel panic.*' "$console" || echo 'without a word')"
case $(cat "$work/qemu" 2>/dev/null) in
124 | 137) code=124 what="the guest (Linux $release) was ended after $limit s" ;;
esac
{
	echo "run.sh: $what; its last lines, of $console:"
	tail -n 30 "$console" | sed 's/^/  | /'
} >&2
exit $code
