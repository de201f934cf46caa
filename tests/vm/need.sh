#!/bin/sh
# Sees to it that the programs that the VM lane needs are there, those too that tests hold hookwalk against: installs
# them if it may, else says how.
set -eu
packages=''
while read -r program package; do
	command -v "$program" >/dev/null || packages="$packages $package"
done <<'LIST'
qemu-system-x86_64 qemu-system-x86
busybox busybox-static
xz xz-utils
depmod kmod
setpriv util-linux
ip iproute2
nft nftables
tcpdump tcpdump
ping iputils-ping
conntrack conntrack
iperf3 iperf3
tmux tmux
curl curl
LIST
[ -n "$packages" ] || exit 0
sudo=''
if [ "$(id -u)" != 0 ]; then
	sudo -n true 2>/dev/null || {
		echo "need.sh: missing; run: sudo apt-get install --no-install-recommends$packages" >&2
		exit 3
	}
	sudo="sudo -n"
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # $packages is several words
$sudo apt-get install -y -qq --no-install-recommends $packages >&2 || {
	$sudo apt-get update -qq >&2
	$sudo apt-get install -y -qq --no-install-recommends $packages >&2
}
