#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A real Linux guest boots by QEMU and OVMF, as an SEV guest and as a plain one.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix boot <<-EOT
	[matrix]
	kernels = v6.12
	guests = plain, sev
	memory = 256M
	workloads = boot, huge
	[boot]
	guests = sev
	touch_pages = 4096
	[huge]
	type = boot
	guests = plain
	touch_pages = 4096
	backing = hugetlb
	prealloc = mlock
EOT
check "boot matrix" 0 $?

for guest in plain sev; do
	file=$(jq -r --arg g $guest 'select(.guest == $g) | .cell' "$work"/boot/run/cells/*/1/cell.json)
	m() { metric boot "$file" "$1"; }
	check "$guest: status" pass "$(status boot "$file")"
	check "$guest: SEV is active in the guest" "$([ $guest = sev ] && echo 1 || echo 0)" \
		"$(m guest_sev_active)"
	check "$guest: the disk's data is right" 1 "$(m guest_disk_ok)"
	check "$guest: no event lost" 0 "$(m npf_lost)"
	check "$guest: no pin leaked" 0 "$(m pinned_leaked_pages)"
	check_that "$guest: each phase took time" \
		"$(m firmware_ns) > 0 && $(m kernel_ns) > 0 && $(m userspace_ns) > 0"
	touches=$(dirname "$(cell boot "$file")")/guest_touch.csv
	check "$guest: each page that was touched has its row" 4097 "$(wc -l <"$touches")"
	check "$guest: no touch is shorter than its NPF" 0 \
		"$(tr -d '\r' <"$touches" | awk -F, 'NR > 1 && $3 != "" && $2 <= $3' | wc -l)"
	check_that "$guest: memory that the guest has left" "$(m guest_memory_available_end_kib) > 0 &&
		$(m guest_memory_available_start_kib) < $(m guest_memory_total_kib)"
	if [ $guest = sev ]; then
		check_that "sev: NPFs were found again by gpa" "$(m guest_touch_npfs) > 100"
		check_that "sev: a touch that made an NPF took longer" \
			"$(m guest_touch_npf_p50_ns) > $(m guest_touch_hit_p50_ns)"
		check_that "sev: bounce buffers are no more than there are" \
			"$(m guest_swiotlb_used_kib) <= $(m guest_swiotlb_peak_kib) &&
			 $(m guest_swiotlb_peak_kib) <= $(m guest_swiotlb_kib)"
		check_that "sev: virtio-blk used bounce buffers" "$(m guest_swiotlb_peak_kib) > 0"
		check_that "sev: all guest memory and the firmware are pinned" \
			"$(m pinned_register_pages) >= 65536 && $(m pinned_register_pages) < 65536 + 4096"
		check_that "sev: registration and launch took time" \
			"$(m register_ns) > 0 && $(m launch_ns) > 0"
	else
		check "plain: nothing is pinned" 0 "$(m pinned_register_pages)"
		check_that "plain: its huge pages are hugetlbfs's, not transparent ones" \
			"$(m kvm_pages_2m) > 16 && $(m smaps_anon_huge_kib) < 16 * 2048"
		check_that "plain: QEMU's memory is locked" "$(m smaps_locked_kib) > 0"
	fi
done
run=$work/boot/run
for file in index.html plots/startup-phases.svg plots/startup-phases.png; do
	[ -s "$run/$file" ]
	check "$file is there" 0 $?
done
