#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the emulator: QEMU with emulator/series applied, TCG and KVM, nothing
# that the lab does not use.  Prints the directory that holds it.
set -eu -o pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

usage()
{
	cat <<'EOF'
Usage: build.sh [--source DIR|TARBALL] [--print]

Builds the emulator unless it is in the cache, and prints its directory:
bin/qemu-system-x86_64, and share/ with the firmware for its -L option.

  --source X  QEMU's source tree or tarball (or PINLAB_QEMU_SOURCE=X); default:
              Debian's source of the qemu-system-x86 that apt would install
  --print     build nothing, print the directory of the last such build

PINLAB_CACHE is the cache (default: ~/.cache/pinlab), JOBS the number of
compilers (default: all processors).  Exit status: 0, or 2 and why.
EOF
}

die()
{
	echo "emulator/build.sh: $*" >&2
	exit 2
}

# Command or pkg-config module, and the Debian package that has it
readonly NEEDS="
cc:gcc c++:g++ meson:meson ninja:ninja-build pkg-config:pkg-config
python3:python3 patch:patch flock:util-linux xz:xz-utils
libfdt.h:libfdt-dev
glib-2.0:libglib2.0-dev pixman-1:libpixman-1-dev zlib:zlib1g-dev
libseccomp:libseccomp-dev"

readonly FLAGS="--meson=/usr/bin/meson --with-git-submodules=ignore
--enable-fdt=system --target-list=x86_64-softmmu --without-default-features
--without-default-devices --with-devices-x86_64=pinlab
--enable-tcg --enable-kvm --enable-seccomp --disable-werror
--disable-debug-info"

# Of the series' own; an emulator that fails it is not installed
readonly TEST=tests/unit/test-memcrypt-cipher

# What -machine q35 and -kernel load
readonly FIRMWARE="bios-256k.bin kvmvapic.bin linuxboot.bin linuxboot_dma.bin
multiboot_dma.bin pvh.bin"
readonly -a FIRMWARE_DIRS=(/usr/{,local/}share/{seabios,qemu,qemu-firmware})

hash_stdin()
{
	sha256sum | cut -c 1-32
}

check_needs()
{
	local need name packages=

	for need in $NEEDS; do
		name=${need%%:*}
		case $name in
		*.h) echo "#include <$name>" | cc -E - ;;
		lib*|*-[0-9]*|zlib) pkg-config --exists "$name" ;;
		*) command -v "$name" ;;
		esac >/dev/null 2>&1 || packages+=" ${need##*:}"
	done
	[ -z "$packages" ] ||
		die "missing tools or libraries; in Debian: apt-get install$packages"
}

find_firmware()
{
	local file dir found

	for file in $FIRMWARE; do
		found=
		for dir in "${FIRMWARE_DIRS[@]}"; do
			[ -n "$found" ] || [ ! -r "$dir/$file" ] || found=$dir/$file
		done
		[ -n "$found" ] || die "no $file in ${FIRMWARE_DIRS[*]}" \
			"(Debian: apt-get install seabios qemu-system-data)"
		echo "$found"
	done
}

# All that goes in but the source and the firmware: cheap enough for --print
recipe_hash()
{
	{
		echo "$FLAGS" "$FIRMWARE" "$TEST"
		cc --version | head -n 1
		cat "$DEVICES" "$SERIES"/*.patch
		sed -n '/^build()/,/^}/p' "$0"
		echo "${SOURCE:-debian}"
	} | hash_stdin
}

# Debian's archives as the system has them, with the sources instead
debian_sources()
{
	# shellcheck disable=SC2016
	apt-get indextargets \
		--format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)' \
		'Created-By: Packages' 'Origin: Debian' | sort -u |
	awk -F'|' '{
		key = $4 ~ /^[\/0-9A-F]/ ? "[signed-by=" $4 "] " : ""
		print "deb-src " key $1 " " $2 " " $3
	}'
}

# Download the source package to $1/$2, with apt lists of our own
fetch_debian()
{
	local dir=$1 version=$2 tmp=$WORK/fetch
	local -a opts=(-q -o "Dir::State::lists=$tmp/lists"
		       -o "Dir::Etc::sourcelist=$tmp/sources.list"
		       -o Dir::Etc::sourceparts=/dev/null
		       -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache=)

	mkdir -p "$tmp/lists/partial" "$tmp/qemu"
	debian_sources >"$tmp/sources.list"
	[ -s "$tmp/sources.list" ] || die "apt has no archive of Debian's: use --source"
	apt-get "${opts[@]}" update >>"$LOG" 2>&1 ||
		die "cannot get the lists of source packages, see $LOG"
	(cd "$tmp/qemu" &&
	 apt-get "${opts[@]}" source --download-only --only-source \
		"qemu=$version") >>"$LOG" 2>&1 ||
		die "cannot download qemu $version, see $LOG"
	mv -T "$tmp/qemu" "$dir/$version" 2>/dev/null || [ -d "$dir/$version" ]
}

identify_source()
{
	if [ -z "$SOURCE" ]; then
		command -v dpkg-source >/dev/null ||
			die "missing dpkg-source; in Debian: apt-get install dpkg-dev"
		SOURCE_ID=$(LC_ALL=C apt-cache policy qemu-system-x86 2>/dev/null |
			    sed -n 's/^ *Candidate: //p; s/(none)//') || true
		[ -n "$SOURCE_ID" ] ||
			die "apt knows no qemu-system-x86: run apt-get update, or use --source"
		# a rebuild of the binary (+bN) has the same source
		SOURCE_ID=${SOURCE_ID%+b[0-9]*}
	elif [ -d "$SOURCE" ]; then
		SOURCE_ID=$(tar -C "$SOURCE" --exclude=./.git --sort=name \
			    --mtime=@0 --owner=0 --group=0 -cf - . | hash_stdin)
	else
		SOURCE_ID=$(hash_stdin <"$SOURCE")
	fi
}

unpack_source()
{
	local dir=$CACHE/source

	if [ -z "$SOURCE" ]; then
		mkdir -p "$dir"
		[ -d "$dir/$SOURCE_ID" ] || fetch_debian "$dir" "$SOURCE_ID"
		dpkg-source --no-check -x "$dir/$SOURCE_ID"/*.dsc "$1" \
			>>"$LOG" 2>&1 || die "cannot unpack qemu $SOURCE_ID, see $LOG"
	elif [ -d "$SOURCE" ]; then
		mkdir "$1"
		tar -C "$SOURCE" --exclude=./.git -cf - . | tar -C "$1" -xf -
	else
		mkdir "$1"
		tar -C "$1" --strip-components=1 -xf "$SOURCE" 2>>"$LOG" ||
			die "$SOURCE: cannot unpack, see $LOG"
	fi
	[ -x "$1/configure" ] || die "$SOURCE: no QEMU source, it has no configure"
}

apply_series()
{
	local patch

	for patch in "$SERIES"/*.patch; do
		patch -d "$1" -p1 -F0 -s -f --no-backup-if-mismatch \
			<"$patch" >>"$LOG" 2>&1 ||
			die "${patch##*/} does not apply to ${SOURCE:-qemu $SOURCE_ID}, see $LOG"
	done
}

build()
{
	local out=$1 src=$WORK/src

	unpack_source "$src"
	apply_series "$src"
	cp "$DEVICES" "$src/configs/devices/x86_64-softmmu/pinlab.mak"
	mkdir -p "$WORK/build" "$out/bin" "$out/share"
	# In the background, so that a signal need not wait for the end. The same binary comes out
	# wherever it is built: it is part of the bench host, and so of what a result depends on.
	# shellcheck disable=SC2086
	(cd "$WORK/build" &&
	 ../src/configure $FLAGS --extra-cflags="-ffile-prefix-map=$WORK/src=." &&
	 ninja -j "${JOBS:-$(nproc)}" qemu-system-x86_64 "$TEST" && exec "$TEST") >>"$LOG" 2>&1 &
	wait $! || die "QEMU does not build, or $TEST fails, see $LOG"
	install -s "$WORK/build/qemu-system-x86_64" "$out/bin/"
	find_firmware | xargs install -m 644 -t "$out/share/"
}

SOURCE=${PINLAB_QEMU_SOURCE-} PRINT=
while [ $# -gt 0 ]; do
	case $1 in
	--source)
		[ $# -ge 2 ] || die "--source needs a directory or a tarball"
		SOURCE=$2; shift ;;
	--print) PRINT=1 ;;
	--help) usage; exit 0 ;;
	*) die "unknown argument '$1', see --help" ;;
	esac
	shift
done
if [ -n "$SOURCE" ]; then
	[ -r "$SOURCE" ] || die "$SOURCE: no such source tree or tarball"
	SOURCE=$(realpath "$SOURCE")
fi

SERIES=$(dirname "$(realpath "$0")")/series
DEVICES=${SERIES%/series}/devices.mak
CACHE=${PINLAB_CACHE:-$HOME/.cache/pinlab}/emulator
command -v cc >/dev/null || die "missing cc; in Debian: apt-get install gcc"
LATEST=$CACHE/latest-$(recipe_hash)
if [ -n "$PRINT" ]; then
	[ -x "$LATEST/bin/qemu-system-x86_64" ] ||
		die "not built: run emulator/build.sh"
	realpath "$LATEST"
	exit 0
fi

check_needs
find_firmware >/dev/null
identify_source
KEY=$({ recipe_hash; echo "$SOURCE_ID"; find_firmware | xargs cat; } | hash_stdin)
OUT=$CACHE/$KEY
LOG=$CACHE/$KEY.log
mkdir -p "$CACHE" 2>/dev/null || die "$CACHE: cannot be created"
# Whoever comes second waits, and finds the build done.
exec 9>"$CACHE/$KEY.lock"
flock 9
if [ ! -d "$OUT" ]; then
	rm -rf "$OUT".tmp.*	# of a run that was killed
	WORK=$(mktemp -d "$OUT.tmp.XXXXXXXX")
	trap 'rm -rf "$WORK"' EXIT
	trap 'kill $(jobs -p) 2>/dev/null || true; exit 2' HUP INT TERM
	: >"$LOG"
	build "$WORK/out"
	mv -T "$WORK/out" "$OUT"
fi
ln -sfn "$KEY" "$LATEST.$$" && mv -T "$LATEST.$$" "$LATEST"
echo "$OUT"
