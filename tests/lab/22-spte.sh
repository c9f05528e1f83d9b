#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Pinning on demand keeps what it promises, on both bases and MMUs and in both designs: what is pinned is what was touched, a start
# does not depend on the guest's size, and what the host wants to move stays.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix spte --no-plots <<-EOT
	[matrix]
	kernels = v6.12-spte, v6.1-spte, v6.12-memslot
	guests = sev
	mmu = tdp, legacy
	memory = 32M
	host_memory = 1280M
	collectors = all
	workloads = touch-seq, hazard-compact, hazard-fork
	exclude = kernel=v6.12-memslot mmu=legacy, kernel=v6.12-memslot workload=hazard-compact
	[touch-seq]
	memory = 64M, 128M
	pages = 25%
EOT
check "matrix" 0 $?

m()	# METRIC
{
	metric spte "$cell" "$1"
}

n=0
for file in "$work"/spte/run/cells/*/1/cell.json; do
	cell=$(jq -r .cell "$file")
	n=$((n + 1))
	check "$cell: status" pass "$(jq -r .status "$file")"
	check "$cell: no pin leaked" 0 "$(m pinned_leaked_pages)"
	case $cell in
	*hazard*)
		check "$cell: no page corrupt" 0 "$(m hazard_corrupt_pages)"
		check "$cell: the host was refused" "$(m hazard_pages)" "$(m hazard_refused_pages)"
		check_that "$cell: no pin was taken twice" "$(m kvm_pin_events) < 1100"
		;;&
	*memslot*hazard-fork*)
		check "$cell: what was zapped came back without a pin" \
			"$(m kvm_pages_pinned)" "$(m kvm_pin_events)"
		;;
	*hazard-fork*)
		check_that "$cell: zapped SPTEs kept their pins, and gave them back to the guest" \
			"$(m kvm_pin_zap_events) >= $(m hazard_pages) &&
			 $(m kvm_pin_unzap_events) >= $(m hazard_pages)"
		;;
	*hazard*) ;;
	*)
		check "$cell: what was touched and launched is pinned, and no more" \
			"$(($(m touched_pages) + $(m launch_pages)))" "$(m pinned_workload_pages)"
		check "$cell: KVM's count of it" "$(m pinned_workload_pages)" "$(m kvm_pages_pinned)"
		check_that "$cell: RSS holds what was touched, and little more" \
			"$(m rss_workload_kib) >= 4 * $(m touched_pages) &&
			 $(m rss_workload_kib) <= 4 * $(m touched_pages) + 4096"
		case $cell in *memslot*)
			check_that "$cell: a pin costs eight bytes a page of guest memory, and some for each memslot" \
				"$(m kvm_pin_metadata_bytes) >= 8 * $(m guest_memory_pages) &&
				 $(m kvm_pin_metadata_bytes) <= 8 * $(m guest_memory_pages) + 4096"
		esac
		m startup_ns >>"$work/startup-${cell%%-sev*}-${cell##*-}"
		;;
	esac
done
check "cells" 19 $n
# KVM's own rmaps grow with the memslot; to register 64M more took 93 ms when that pinned it.
for file in "$work"/startup-*; do
	check_that "${file##*/}: 64M more take less than 1 % of what it takes to pin them" \
		"$(sort -n "$file" | paste -sd' ' | awk '{ print $2 " - " $1 " < 930000" }')"
done
