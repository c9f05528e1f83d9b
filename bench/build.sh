#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the layers of the bench host's initramfs and prints the directory that holds them. See README.md.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=${HERE%/*}
# shellcheck source-path=SCRIPTDIR source=../kernels/lib.sh
. "$TOP/kernels/lib.sh"

DISK_MIB=16
OVMF=/usr/share/OVMF
# Libraries of fio and stress-ng for network storage, RDMA, graphics, ...: 90 MB that no workload uses.
CUT_OFF='^lib(rados|rbd|gfapi|nbd|ibverbs|rdmacm|pmem|pmemblk|EGL|GLESv2|gbm|IPSec_MB|kmod|apparmor|sctp|jpeg)[.]so'
CFLAGS=(-O2 -static -Wall -Wextra -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wwrite-strings
	-Wsign-compare -Werror)

usage() {
	cat <<-END
	usage: bench/build.sh [--print] [--agent FILE] [--micro FILE] [--probe FILE] [--toolprobe FILE] [--emulator DIR]
	Builds the image layers and prints their directory: host.cpio, qemu.cpio, tools.cpio, image.json.
	  --agent, --micro, --probe, --toolprobe  the static programs of the Makefile (default: build/agent, ...)
	  --emulator DIR  what emulator/build.sh printed (default: ask it)
	  --print         build nothing: print the directory of an existing build, exit 2 if there is none
	END
}

# static_program OPTION FILE: an executable that needs no shared library, or one line that says what is wrong.
static_program() {
	if [ ! -f "$2" ] || [ ! -x "$2" ]; then die "$1: $2 is not an executable file (run make first)"; fi
	# What is in an image has passed this before.
	[ -z "$PRINT" ] || return 0
	[[ $(ldd "$2" 2>&1) =~ "not a dynamic executable"|"statically linked" ]] || die "$1: $2 is not static"
}

# The shared libraries of a program and its loader, as they are on this machine, a path a line.
libraries_of() { ldd "$1" | sed -nE 's|^[^/]*(/[^ ]+) \(0x.*|\1|p' | sort -u; }

# hash_of of large files that hardly ever change: remembered for as long as they are the same by their times.
hash_of_large() {
	local seen
	seen=$PINLAB_CACHE/hashes/$(stat -L -c '%n %d %i %s %y %z' -- "$@" | hash_of)
	[ -s "$seen" ] || { mkdir -p "${seen%/*}" && hash_of "$@" >"$seen.$$" && mv "$seen.$$" "$seen"; } 2>/dev/null || :
	cat "$seen" 2>/dev/null || hash_of "$@"
}

build_init() {
	step "compiling init" gcc "${CFLAGS[@]}" -o "$1" "$HERE/host/init.c"
	strip "$1"
}

build_host() {
	local stage=$OUT/stage
	mkdir -p "$stage"/{bin,etc,proc,sys,dev,tmp,root,lib/modules}
	cp "$BUSYBOX" "$stage/bin/busybox"
	cp "$HERE/host/shell" "$stage/etc/shell"
	strip -o "$stage/bin/agent" "$AGENT"
	strip -o "$stage/bin/micro" "$MICRO"
	build_init "$stage/init"
	step "packing host.cpio" pack_cpio "$stage" "$OUT/host.cpio"
	rm -rf "$stage"
}

# build_guest_initramfs FILE PROBE [STAGE]: PROBE runs as /bin/probe; STAGE may hold more files.
build_guest_initramfs() {
	local stage=${3:-$OUT/guest-stage}
	mkdir -p "$stage"/{bin,etc,proc,sys,dev,tmp}
	cp "$BUSYBOX" "$stage/bin/busybox"
	ln -s busybox "$stage/bin/sh"
	strip -o "$stage/bin/probe" "$2"
	build_init "$stage/init"
	step "packing the guest's initramfs" pack_cpio "$stage" "$1"
	rm -rf "$stage"
}

build_disk() {
	step "compiling mkdisk" gcc "${CFLAGS[@]}" -o "$OUT/mkdisk" "$HERE/host/mkdisk.c"
	"$OUT/mkdisk" "$DISK_MIB" >"$1"
	rm "$OUT/mkdisk"
	sha256sum <"$1" | cut -d' ' -f1 >"${1%.img}.sha256"
	md5sum <"$1" | cut -d' ' -f1 >"${1%.img}.md5"
}

build_qemu() {
	local stage=$OUT/stage lib
	mkdir -p "$stage"/qemu/{bin,share} "$stage/guest"
	strip -o "$stage/qemu/bin/qemu-system-x86_64" "$EMULATOR/bin/qemu-system-x86_64"
	cp -rL "$EMULATOR/share/." "$stage/qemu/share/"
	while IFS= read -r lib; do
		mkdir -p "$stage${lib%/*}"
		cp -L "$lib" "$stage$lib"
	done < <(libraries_of "$EMULATOR/bin/qemu-system-x86_64")
	cp "$OVMF/OVMF_CODE.fd" "$OVMF/OVMF_VARS.fd" "$stage/guest/"
	build_guest_initramfs "$stage/guest/initramfs.cpio" "$PROBE"
	build_disk "$stage/guest/disk.img"
	cp "$stage"/guest/disk.{sha256,md5} "$OUT/"
	step "packing qemu.cpio" pack_cpio "$stage" "$OUT/qemu.cpio"
	rm -rf "$stage"
}

# The libraries that a program asks for by itself, but for those of CUT_OFF: `path` a line.
kept_libraries() {
	local so all
	all=$(libraries_of "$1")
	readelf -d "$1" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | while IFS= read -r so; do
		[[ $so =~ $CUT_OFF ]] || grep -F "/$so" <<<"$all" || [[ $so = ld-linux* ]]
	done
}

library_path() { libraries_of "$1" | grep -F "/$2" || [[ $2 = ld-linux* ]]; }

# What a program wants of libraries that its guest does not get: functions that must not be called, in
# the versions that it asks for.
stub_libraries() {
	local program=$1 to=$2 so stub=$OUT/stub
	nm -D --undefined-only "$program" | awk '{ print $NF }' | sed 's/@@*/ /' | sort -u >"$stub.wanted"
	readelf -d "$program" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | grep -E "$CUT_OFF" >"$stub.names"
	while IFS= read -r so; do
		nm -D --defined-only "$(library_path "$program" "$so")" | awk '{ print $NF }' | sed 's/@.*//' |
			sort -u | join - "$stub.wanted" >"$stub.symbols"
		awk '{ print "void " $1 "(void) { __builtin_trap(); }" }' "$stub.symbols" >"$stub.c"
		awk '$2 { of[$2] = of[$2] " " $1 ";" } END { for (v in of) print v " {" of[v] " };" }' \
			"$stub.symbols" | sort >"$stub.map"
		[ -s "$stub.map" ] || echo '{ *; };' >"$stub.map"
		gcc -O2 -shared -fPIC -fno-builtin -nostdlib -w -Wl,--build-id=none -Wl,-soname,"$so" \
			-Wl,--version-script,"$stub.map" -o "$to/$so" "$stub.c" &&
			strip "$to/$so" || return
	done <"$stub.names"
	rm "$stub".*
}

# build_tool PROGRAM FILE: an initramfs of a guest that runs PROGRAM.
build_tool() {
	local stage=$OUT/tool-stage name=${1##*/} lib more todo
	mkdir -p "$stage/bin" "$stage/lib/x86_64-linux-gnu" "$stage/lib64"
	strip -o "$stage/bin/$name" "$1"
	cp -L /lib64/ld-linux-x86-64.so.2 "$stage/lib64/"
	stub_libraries "$1" "$stage/lib/x86_64-linux-gnu" || return
	todo=$(kept_libraries "$1")
	while [ -n "$todo" ]; do
		more=''
		for lib in $todo; do
			[ ! -e "$stage/lib/x86_64-linux-gnu/${lib##*/}" ] || continue
			cp -L "$lib" "$stage/lib/x86_64-linux-gnu/"
			more+=" $(kept_libraries "$lib")"
		done
		todo=$(tr ' ' '\n' <<<"$more" | sort -u | sed '/^$/d')
	done
	build_guest_initramfs "$2" "$TOOLPROBE" "$stage"
}

build_tools() {
	local stage=$OUT/stage program
	mkdir -p "$stage/guest"
	for program in "${PROGRAMS[@]}"; do
		step "collecting ${program##*/} for guests" build_tool "$program" "$stage/guest/${program##*/}.cpio"
	done
	step "packing tools.cpio" pack_cpio "$stage" "$OUT/tools.cpio"
	rm -rf "$stage"
}

build_image() {
	cache_build "$HOST_LAYER" build_host
	cache_build "$QEMU_LAYER" build_qemu
	cache_build "$TOOLS_LAYER" build_tools
	cp -l "$HOST_LAYER/host.cpio" "$QEMU_LAYER/qemu.cpio" "$TOOLS_LAYER/tools.cpio" "$OUT/"
	cat >"$OUT/image.json" <<-END
	{
	  "busybox": "$(hash_of "$BUSYBOX")",
	  "agent": "$(hash_of "$AGENT")",
	  "micro": "$(hash_of "$MICRO")",
	  "probe": "$(hash_of "$PROBE")",
	  "toolprobe": "$(hash_of "$TOOLPROBE")",
	  "fio": "$(dpkg-query -W -f '${Version}' fio 2>/dev/null || hash_of "$(command -v fio)")",
	  "stress-ng": "$(dpkg-query -W -f '${Version}' stress-ng 2>/dev/null || hash_of "$(command -v stress-ng)")",
	  "emulator": "${EMULATOR##*/}",
	  "ovmf": "$(dpkg-query -W -f '${Version}' ovmf 2>/dev/null || hash_of "$OVMF/OVMF_CODE.fd")",
	  "disk_bytes": $((DISK_MIB << 20)),
	  "disk_sha256": "$(<"$QEMU_LAYER/disk.sha256")",
	  "disk_md5": "$(<"$QEMU_LAYER/disk.md5")"
	}
	END
}

PRINT='' EMULATOR=''
AGENT=$TOP/build/agent MICRO=$TOP/build/micro PROBE=$TOP/build/probe TOOLPROBE=$TOP/build/toolprobe
while [ $# -gt 0 ]; do
	case $1 in
	--print) PRINT=1; shift; continue ;;
	-h | --help) usage; exit ;;
	--agent | --micro | --probe | --toolprobe | --emulator) [ $# -gt 1 ] || die "$1 needs a value (see --help)" ;;
	*) die "unknown argument $1 (see --help)" ;;
	esac
	case $1 in
	--agent) AGENT=$2 ;;
	--micro) MICRO=$2 ;;
	--probe) PROBE=$2 ;;
	--toolprobe) TOOLPROBE=$2 ;;
	--emulator) EMULATOR=$2 ;;
	esac
	shift 2
done

need gcc=build-essential cpio=cpio busybox=busybox-static readelf=binutils fio=fio stress-ng=stress-ng
BUSYBOX=$(command -v busybox)
static_program busybox "$BUSYBOX"
static_program --agent "$AGENT"
static_program --micro "$MICRO"
static_program --probe "$PROBE"
static_program --toolprobe "$TOOLPROBE"
[ -r "$OVMF/OVMF_CODE.fd" ] || die "no $OVMF/OVMF_CODE.fd: apt-get install ovmf (or: make deps)"
[ -n "$EMULATOR" ] || EMULATOR=$("$TOP/emulator/build.sh" ${PRINT:+--print})
[ -x "$EMULATOR/bin/qemu-system-x86_64" ] || die "--emulator: no bin/qemu-system-x86_64 in $EMULATOR"
# In the cache it is named by what went in; one that was built elsewhere is read whole.
EMULATOR_FILES=()
case $EMULATOR in
"$PINLAB_CACHE"/*) ;;
*) mapfile -t EMULATOR_FILES < <(find -L "$EMULATOR" -type f | sort) ;;
esac
mapfile -t LIBRARIES < <(libraries_of "$EMULATOR/bin/qemu-system-x86_64")

RECIPE=("$HERE/build.sh" "$TOP/kernels/lib.sh" "$HERE/host/init.c" "$BUSYBOX")
# What compiles init and mkdisk, and the libc that goes into them.
TOOLS=$(gcc --version | head -n1; dpkg-query -W -f '${Version}' libc6-dev 2>/dev/null || hash_of "$(gcc -print-file-name=libc.a)")
HOST_LAYER=$PINLAB_CACHE/layers/host-$(hash_of "${RECIPE[@]}" "$HERE/host/shell" "$AGENT" "$MICRO" - <<<"$TOOLS")
QEMU_LAYER=$PINLAB_CACHE/layers/qemu-$(hash_of "${RECIPE[@]}" "$HERE/host/mkdisk.c" "$PROBE" \
	${EMULATOR_FILES[@]+"${EMULATOR_FILES[@]}"} - \
	<<<"$TOOLS ${EMULATOR##*/} $(hash_of_large "${LIBRARIES[@]}" "$OVMF"/OVMF_{CODE,VARS}.fd)")
PROGRAMS=("$(command -v fio)" "$(command -v stress-ng)")
mapfile -t LIBRARIES < <(for program in "${PROGRAMS[@]}"; do kept_libraries "$program"; done | sort -u)
TOOLS_LAYER=$PINLAB_CACHE/layers/tools-$(hash_of "${RECIPE[@]}" "$TOOLPROBE" - \
	<<<"$TOOLS $(hash_of_large "${PROGRAMS[@]}" "${LIBRARIES[@]}")")
DIR=$PINLAB_CACHE/images/image-$(echo "${HOST_LAYER##*/} ${QEMU_LAYER##*/} ${TOOLS_LAYER##*/}" | hash_of)
if [ ! -d "$DIR" ]; then
	[ -z "$PRINT" ] || die "the images are not built: run bench/build.sh"
	cache_build "$DIR" build_image
fi
printf '%s\n' "$DIR"
