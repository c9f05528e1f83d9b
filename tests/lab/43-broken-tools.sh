#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What goes wrong while a program runs in a guest of QEMU ends as a cell with its reason, and the others go on: the
# program fails, its results break off, the guest's kernel panics, QEMU is killed. Where the real ones
# do no such thing, they are wrapped in scripts, which are added to the real image.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

# wrap PROGRAM ARCHIVE <SCRIPT: a script instead of the program, which is then PROGRAM.real.
wrap()
{
	local dir=$work/wrap/$1
	mkdir -p "$dir/${1%/*}"
	(cd "$dir" && cpio -id --quiet "$1" <"$2" && mv "$1" "$1.real") || return
	cat - >"$dir/$1"
	chmod 755 "$dir/$1"
	(cd "$dir" && find . -type f -printf '%P\n' | cpio -o -H newc --quiet) >>"$2"
}

image=$work/image
mkdir -p "$image" "$work/guest" "$work/lab/runner" "$work/lab/bench"
cp "$(bench/build.sh --print)"/*.cpio "$image/"
(cd "$work" && cpio -id --quiet <"$image/tools.cpio")
wrap bin/fio "$work/guest/fio.cpio" <<-'EOT'
	#!/bin/busybox sh
	case "$*" in
	*--bs=8192*) echo c >/proc/sysrq-trigger ;;
	*--bs=16384*) /bin/busybox sleep 60 ;;
	*--bs=32768*) /bin/fio.real "$@" && /bin/busybox truncate -s 300 /result ;;
	*) exec /bin/fio.real "$@" ;;
	esac
EOT
wrap bin/stress-ng "$work/guest/stress-ng.cpio" <<-'EOT'
	#!/bin/busybox sh
	/bin/stress-ng.real "$@" || exit
	case "$*" in
	*"--vm-bytes 8388608"*) /bin/busybox truncate -s 300 /result ;;
	esac
EOT
(cd "$work" && find guest | cpio -o -H newc --quiet) >"$image/tools.cpio"
# A guest has booted after 4 s of the host's time, and programs that do something are done by then.
wrap qemu/bin/qemu-system-x86_64 "$image/qemu.cpio" <<-'EOT'
	#!/bin/busybox sh
	(/bin/busybox sleep 8; /bin/busybox kill -9 $$) &
	exec "$0.real" "$@"
EOT
ln -s "$lab"/{emulator,kernels,configs,plots} "$work/lab/"
ln -s "$lab/bench/workloads" "$work/lab/bench/"
printf '#!/bin/sh\necho %s\n' "$image" >"$work/lab/bench/build.sh"
chmod 755 "$work/lab/bench/build.sh"
cp runner/runner runner/warm-start "$work/lab/runner/"
runner=$work/lab/runner/runner

matrix broken --no-plots <<-EOT
	[matrix]
	kernels = v6.12
	guests = plain
	memory = 256M
	workloads = full, panic, killed, cut-json, good, large, cut-yaml
	[full]
	type = fio
	rw = seqwrite
	target = tmpfs
	engine = psync
	size = 256M
	[panic]
	type = fio
	rw = seqwrite
	target = tmpfs
	bs = 8K
	[killed]
	type = fio
	rw = seqwrite
	target = tmpfs
	bs = 16K
	[cut-json]
	type = fio
	rw = seqwrite
	target = tmpfs
	bs = 32K
	[good]
	type = fio
	rw = seqwrite
	target = tmpfs
	engine = psync
	size = 1M
	[large]
	type = stress
	bytes = 216M
	ops = 216
	[cut-yaml]
	type = stress
	bytes = 8M
	ops = 8
EOT
check "failed cells are the run's exit status" 1 $?
check "all cells are there" 7 "$(jq .cells.done "$work/broken/run/run.json")"

ended()	# ID STATUS REASON-PATTERN [LOG TEXT]
{
	local reason dir
	check "$1: status" "$2" "$(status broken "*-$1")"
	dir=$(dirname "$(cell broken "*-$1")")
	reason=$(jq -r .reason "$dir/cell.json")
	# shellcheck disable=SC2254 # a pattern is wanted
	case $reason in
	$3) ok "$1: its reason says so: $reason" ;;
	*) not_ok "$1: its reason says so" "$reason" ;;
	esac
	[ $# -lt 4 ] || check_that "$1: $4 has it" "$(grep -c "$5" "$dir/$4") > 0"
}
ended good pass ""
ended full fail "fio ended with status 1: *No space left*" guest.log "No space left"
ended panic splat "guest kernel: panic: *sysrq triggered crash; fio was running" guest.log "sysrq triggered crash"
ended killed vmm-exit "qemu-system-x86_64 died of signal 9 (Killed); fio was running"
ended cut-json error "results of fio: line *"
ended large fail "stress-ng: 0 of 216 operations were done"
ended cut-yaml error "results of stress-ng: *"
for id in panic killed; do
	check_that "$id: what was measured until then is there" "$(metric broken "*-$id" npf_total) > 1000"
	check "$id: no pin leaked" 0 "$(metric broken "*-$id" pinned_leaked_pages)"
done
