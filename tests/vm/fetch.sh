#!/bin/sh
# Fetches a Debian kernel and unpacks it, without installing anything. Prints the folder that then holds
# vmlinuz and lib/modules/VERSION.
#
#	fetch.sh 6.1 | 6.12 | 7.2 | newest | /path/to/unpacked
#	fetch.sh qemu                       QEMU 10, for Debian 12, whose own is 7.2; the folder holds usr/bin
#
# 6.1 is Debian 12's own kernel, 6.12 that of its backports, 7.2 that of unstable, which newest is too, whatever its
# version has become. Everything is kept in
# ${HOOKWALK_VM_CACHE:-~/.cache/hookwalk/vm}; delete a folder there to fetch it anew.
set -eu
kernel=$1
cache=${HOOKWALK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hookwalk/vm}

case $kernel in
/*) echo "$kernel"; exit 0 ;;
6.1) suite=bookworm ;;
6.12 | qemu) suite=bookworm-backports ;;
7.* | newest) suite=unstable ;;
*) echo "fetch.sh: kernel $kernel: want 6.1, 6.12, 7.2, newest or a folder" >&2; exit 2 ;;
esac

dir=$cache/$kernel
mkdir -p "$cache"
exec 9>"$dir.lock"
flock 9 # one fetches, the others wait and have it
if [ -e "$dir/vmlinuz" ] || [ -e "$dir/usr/bin/qemu-system-x86_64" ]; then
	echo "$dir"
	exit 0
fi

# An apt state of our own, with the machine's own mirror and keys, and one suite.
apt=$cache/apt-$kernel
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/debs"
uri=$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
	grep '/debian/*$' | head -n 1)
key=$(ls /usr/share/keyrings/debian-archive-keyring.* | head -n 1)
printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "${uri:-http://deb.debian.org/debian}" "$suite" "$key" \
	>"$apt/debian.sources"
APT="-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$apt/parts -o Dir::State::Lists=$apt/lists
	-o Dir::Cache=$apt/cache -o APT::Get::List-Cleanup=0 -o APT::Sandbox::User=root"
mkdir -p "$apt/parts"
mv "$apt/debian.sources" "$apt/parts/"
apt-get $APT update -qq >&2

if [ "$kernel" = qemu ]; then
	(cd "$apt/debs" && apt-get $APT download -qq qemu-system-x86 qemu-system-common qemu-system-data seabios >&2)
	rm -rf "$dir.new" && mkdir "$dir.new"
	for deb in "$apt"/debs/*.deb; do
		dpkg -x "$deb" "$dir.new"
	done
	rm -rf "$apt/debs"
	mv "$dir.new" "$dir"
	echo "$dir"
	exit 0
fi

# The kernel and the packages it is split into, from the meta package on.
packages=
next=linux-image-amd64
while [ -n "$next" ]; do
	found=
	for p in $next; do
		deps=$(apt-cache $APT show --no-all-versions "$p" | sed -n 's/^\(Pre-\)\{0,1\}Depends: //p' | tr ',|' '\n\n' |
			sed -n 's/^ *\(linux-\(image\|modules\|binary\)[^ ]*\).*/\1/p')
		for d in $deps; do
			case " $packages $found " in *" $d "*) ;; *) found="$found $d" ;; esac
		done
	done
	packages="$packages $found"
	next=$found
done
[ -n "$packages" ] || { echo "fetch.sh: no kernel package in suite $suite" >&2; exit 1; }
(cd "$apt/debs" && apt-get $APT download -qq $packages >&2)

rm -rf "$dir.new"
mkdir -p "$dir.new"
for deb in "$apt"/debs/*.deb; do
	dpkg -x "$deb" "$dir.new"
done
[ -d "$dir.new/lib/modules" ] || ln -s usr/lib "$dir.new/lib"
image=$(ls "$dir.new"/boot/vmlinuz-* "$dir.new"/lib/modules/*/vmlinuz 2>/dev/null | head -n 1)
[ -n "$image" ] || { echo "fetch.sh: no vmlinuz in:$packages" >&2; exit 1; }
release=$(ls "$dir.new/lib/modules")
case $kernel-$release in
newest-* | "$kernel-$kernel".* | "$kernel-$kernel"-* | "$kernel-$kernel"+*) ;;
*) echo "fetch.sh: Debian $suite has Linux $release now, not $kernel" >&2; exit 1 ;;
esac
cp "$image" "$dir.new/vmlinuz"
depmod -b "$dir.new" "$release" 2>/dev/null # it misses files that only tell what is built in
rm -rf "$apt/debs"
mv "$dir.new" "$dir"
echo "$dir"
