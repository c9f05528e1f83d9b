#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# stress-ng and fio run in real guests, an SEV guest and a plain one; their figures arrive, and what fails is told.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix tools <<-EOT
	[matrix]
	kernels = v6.12
	memory = 256M
	workloads = stress, disk, full
	[stress]
	type = stress
	guests = sev
	bytes = 16M
	ops = 16
	[disk]
	type = fio
	guests = plain, sev
	rw = randrw
	[full]
	type = fio
	guests = plain
	rw = seqwrite
	target = tmpfs
	engine = psync
	size = 256M
EOT
check "a failed cell is the run's exit status" 1 $?

m() { metric tools "$1" "$2"; }
for id in '*-sev-*-stress' '*-sev-*-disk' '*-plain-*-disk'; do
	check "$id: status" pass "$(status tools "$id")"
	check "$id: the program ended well" 0 "$(m "$id" tool_exit)"
	check "$id: no event lost" 0 "$(m "$id" npf_lost)"
	check "$id: no pin leaked" 0 "$(m "$id" pinned_leaked_pages)"
	check_that "$id: the workload is the program's run" \
		"$(m "$id" workload_ns) - $(m "$id" tool_guest_ns) < 20000000"
done
check "stress: all operations were done" 16 "$(m '*-stress' stress_bogo_ops)"
check_that "stress: all of its memory was there" "$(m '*-stress' stress_max_rss_kib) >= 16384"
for guest in plain sev; do
	id="*-$guest-*-disk"
	check_that "$guest: fio did all I/O" "$(m "$id" fio_read_ios) + $(m "$id" fio_write_ios) == 4096"
	check "$guest: fio saw no error" 0 "$(m "$id" fio_errors)"
done
check_that "sev: fio's I/O used bounce buffers" \
	"$(m '*-sev-*-disk' guest_swiotlb_peak_kib) > $(m '*-plain-*-disk' guest_swiotlb_peak_kib)"
check "a file that does not fit: status" fail "$(status tools '*-full')"
reason=$(jq -r .reason "$(cell tools '*-full')")
case $reason in
"fio ended with status 1: "*"No space left"*) ok "its reason says so" ;;
*) not_ok "its reason says so" "$reason" ;;
esac
