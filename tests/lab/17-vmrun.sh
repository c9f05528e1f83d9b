#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# VMRUN of the emulated CPU, on a machine without an operating system.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

# The section with the header is first: QEMU looks for it near the file's start.
gcc -m32 -O2 -ffreestanding -fno-pie -nostdlib -static -no-pie -Wl,--build-id=none -Wall -Wextra -Werror \
	-Wl,-Ttext=0x100000 -Wl,--section-start=.multiboot=0xff000 -o "$work/inject" \
	emulator/check/vmrun/inject.c 2>"$work/cc.log"
check "inject builds" 0 $?
sed 's/^/# /' "$work/cc.log"

emulator=$(emulator/build.sh --print)
timeout 60 "$emulator/bin/qemu-system-x86_64" -L "$emulator/share" -machine q35 -accel tcg,thread=single \
	-cpu EPYC,svm=on -icount shift=0,sleep=off -nodefaults -display none -no-reboot -m 64M -kernel "$work/inject" \
	-chardev "file,id=said,path=$work/said" -device isa-debugcon,chardev=said 2>"$work/qemu.log"
check "the machine ends" 0 $?
sed 's/^/# /' "$work/qemu.log"
check "an injected interrupt is delivered once, and VMMCALL ends the guest" "exit 81, delivered 1" "$(cat "$work/said")"
