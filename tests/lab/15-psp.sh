#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The PSP, asked by mailbox from inside an emulated host that has its driver and no KVM: every check
# of psp_check is one here. Keys are given from outside, where the launch measurement is verified.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

tik=000102030405060708090a0b0c0d0e0f
tek=f0e1d2c3b4a5968778695a4b3c2d1e0f

matrix host --no-plots <<-EOT
	[matrix]
	kernels = v6.12
	guests = host
	memory = 64M
	workloads = null
EOT
check "a cell whose host can be had" 0 $?
host=$(cell host '*')

mkdir -p "$work/image/check"
gcc -O2 -static -Wall -Wextra -Werror -o "$work/image/check/psp_check" emulator/check/*.c -lcrypto \
	2>"$work/cc.log"
built=$?
check "psp_check builds" 0 $built
[ $built = 0 ] || sed 's/^/# /' "$work/cc.log"
cat >"$work/image/init" <<-EOT
	#!/bin/busybox sh
	bb=/bin/busybox
	\$bb mount -t proc proc /proc
	\$bb mount -t sysfs sys /sys
	echo 1 >/proc/sys/kernel/printk
	echo 1 >/proc/sys/vm/nr_hugepages
	\$bb modprobe ccp
	check()
	{
		name=\$1
		shift
		/check/psp_check "\$@" 2>&1 | \$bb sed "s/^/psp \$name: /"
	}
	check states states
	check views views
	check secret secret $tik $tek
	check fuzz fuzz 1 20000
	check after-fuzz states
	\$bb poweroff -f
EOT
chmod +x "$work/image/init"
(cd "$work/image" && find . | cpio -o -H newc --quiet) >"$work/psp.cpio"

# run_psp NAME PROPERTIES: the cell's own command with another /init, and with a PSP like that.
run_psp()
{
	local dir=$work/$1
	mkdir -p "$dir"
	cp "$(dirname "$host")/cell.ini" "$dir/"
	jq -r .command "$host" | sed "s|>initrd.cpio|$work/psp.cpio &|
		s|-device amd-psp[^ ]*|-device amd-psp,$2|" >"$dir/command"
	(cd "$dir" && timeout 120 sh ./command) >"$dir/qemu.out" 2>&1
	check "$1: the host ends by itself" 0 $?
	sed 's/^/# /' "$dir/qemu.out" | head -n 5
	tr -d '\r' <"$dir/console.log" | sed -n 's/^psp //p' >"$dir/lines"
}

# tell NAME: what psp_check found, a check each.
tell()
{
	local line
	while read -r line; do
		case $line in
		"after-fuzz: ok "*) ;; # the verdict is enough, they are those of states
		*": ok "*) ok "psp_check ${line/: ok /: }" ;;
		*": BAD "*) not_ok "psp_check ${line/: BAD /: }" "found by psp_check" ;;
		*) echo "# $line" ;;
		esac
	done <"$work/$1/lines"
}

# verdict NAME MODE: PASS, FAIL, or nothing if psp_check did not come to an end.
verdict()
{
	sed -nE "s/^$2: (PASS|FAIL)$/\1/p" "$work/$1/lines"
}

found()	# NAME LINE
{
	grep -qxF "$2" "$work/$1/lines"
	check "$1: says '$2'" 0 $?
}

# measurement FOUND: what "states" must have printed, if the nonce in FOUND was its.
measurement()
{
	python3 - "$tik" "$1" <<-'EOT'
		import hashlib, hmac, sys
		key, found = (bytes.fromhex(arg) for arg in sys.argv[1:])
		nonce = found[32:48]
		data = bytes((i * 7 + (i >> 8)) & 0xff for i in range(8192))
		message = bytes.fromhex("0400180100000000") + hashlib.sha256(data).digest() + nonce
		print((hmac.new(key, message, "sha256").digest() + nonce).hex())
	EOT
}

run_psp psp "x-tik=$tik,x-tek=$tek"
tell psp
for mode in states views secret fuzz after-fuzz; do
	check "psp_check $mode" PASS "$(verdict psp $mode)"
done
check_that "statuses that fuzzing met" "$(grep -c '^fuzz: status' "$work/psp/lines") > 8"
for mode in states after-fuzz; do
	found=$(sed -n "s/^$mode: measurement //p" "$work/psp/lines")
	check "$mode: launch measurement, verified outside" "$(measurement "$found")" "${found:-none}"
done

# Negative controls: what "views" and "secret" are about is what fails.
run_psp plain "encrypt=off,x-tek=$tek"
check "psp_check states without encryption" PASS "$(verdict plain states)"
check "psp_check views without encryption" FAIL "$(verdict plain views)"
found plain "views: BAD the host reads no block in clear"
found plain "views: BAD copied by the host it is garbage"
check "psp_check secret under another key" FAIL "$(verdict plain secret)"
found plain "secret: BAD the measurement is the owner's"
found plain "secret: BAD LAUNCH_SECRET within a page: status 0xb, not 0"
