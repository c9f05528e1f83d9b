#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a host does to a guest's pages moves them or not, and destroys the data or not, as it must be.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix hazards --no-plots <<-EOT
	[matrix]
	kernels = v6.12
	guests = plain, sev, sev-nopin
	memory = 16M
	host_memory = 1G
	workloads = hazard-fork, hazard-compact, hazard-pageout, hazard-ksm,
	            hazard-punch-fork, hazard-flip, hazard-offline, hazard-memcpy, hazard-psp-copy,
	            huge, locked
	exclude = guest=plain workload=hazard-memcpy, guest=plain workload=hazard-fork,
	          guest=plain workload=hazard-punch-fork, guest=plain workload=hazard-offline,
	          guest=plain workload=hazard-pageout
	[huge]
	type = hazard
	mechanism = compact
	guests = sev-nopin
	backing = thp
	prealloc = on
	[locked]
	type = hazard
	mechanism = compact
	corrupts = nopin
	guests = sev-nopin
	prealloc = mlock
EOT
check "hazards end as their rows say" 0 $?

m()	# GUEST MECHANISM METRIC
{
	metric hazards "v6.12-$1-16M-hazard-$2" "hazard_$3"
}

ends()	# STATUS GUEST MECHANISM...
{
	local want=$1 guest=$2 mechanism
	shift 2
	for mechanism; do
		check "$guest, $mechanism" "$want" \
			"$(status hazards "v6.12-$guest-16M-hazard-$mechanism")"
	done
}

ends pass plain compact ksm flip
ends pass sev fork compact pageout ksm flip offline psp-copy
ends pass sev-nopin ksm flip psp-copy
ends xfail sev memcpy punch-fork
ends xfail sev-nopin fork compact pageout punch-fork offline memcpy

for mechanism in fork pageout memcpy punch-fork; do
	check "$mechanism moves and destroys all that is not pinned" "1024 1024" \
		"$(m sev-nopin $mechanism moved_pages) $(m sev-nopin $mechanism corrupt_pages)"
done
for mechanism in compact offline; do
	check_that "$mechanism moves most of what is not pinned" \
		"$(m sev-nopin $mechanism moved_pages) > 512"
	check "$mechanism destroys what it moves, and nothing else" \
		"$(m sev-nopin $mechanism moved_pages)" "$(m sev-nopin $mechanism corrupt_pages)"
done
for mechanism in fork compact pageout offline; do
	check "$mechanism moves nothing that is pinned" 0 "$(m sev $mechanism moved_pages)"
done
check "compaction leaves transparent huge pages where they are" "pass 0" \
	"$(status hazards '*-huge') $(metric hazards '*-huge' hazard_moved_pages)"
check "but not what is locked" xfail "$(status hazards '*-locked')"
check_that "which was locked indeed" "$(metric hazards '*-locked' smaps_locked_kib) >= 16384"
check "pinned pages do not go to swap" 0 "$(m sev pageout swapped_pages)"
check "others do" 1024 "$(m sev-nopin pageout swapped_pages)"
check "what is punched is given back" 1024 "$(m sev-nopin punch-fork returned_pages)"
check "unless it is pinned" 0 "$(m sev punch-fork returned_pages)"
check "the PSP moves all pages and destroys none" "1024 0" \
	"$(m sev psp-copy moved_pages) $(m sev psp-copy corrupt_pages)"
check "a flipped bit is a byte of a plain guest" 1 "$(m plain flip flipped_bytes)"
# A byte of a garbled block is by chance what it was, once in 256.
check_that "a flipped bit is a block of an encrypted guest" \
	"$(m sev flip flipped_bytes) >= 12 && $(m sev flip flipped_bytes) <= 16"
check_that "KSM merges equal pages" "$(m plain ksm ksm_sharing_pages) > 512"
check "KSM sees no equal pages where they are encrypted" "0 0" \
	"$(m sev-nopin ksm ksm_shared_pages) $(m sev-nopin ksm ksm_sharing_pages)"

views()	# NAME HOST-KEY
{
	matrix "$1" --no-plots <<-EOT
		[matrix]
		kernels = v6.12
		guests = sev
		memory = 16M
		host_memory = 1G
		workloads = views
		[host]
		$2
	EOT
}

views on "encrypt = on"
check "views: a guest's and the host's views are as they must be" pass "$(status on '*')"
check_that "views: all were looked at" "$(metric on '*' views_checks) > 25"
check "views: none was wrong" 0 "$(metric on '*' views_wrong)"
check_that "views: pages turned from one to the other" \
	"$(metric on '*' memcrypt_to_guest_pages) > 100 && $(metric on '*' memcrypt_to_host_pages) > 100"
views off "encrypt = off"
check "without encryption views fails" fail "$(status off '*')"
check "without encryption nothing is counted" "" "$(metric off '*' memcrypt_to_guest_pages)"
views stale "encrypt_flush = off"
check "with a TLB that is not flushed views fails" fail "$(status stale '*')"
