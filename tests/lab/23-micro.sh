#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Workloads of the micro guest that each isolate one mechanism show what theory says of it.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix micro --no-plots <<-EOT
	[matrix]
	kernels = v6.12-spte
	guests = sev
	memory = 32M
	host_memory = 1G
	workloads = balloon, churn-registers, churn-convert, touch-vcpus, touch-prealloc
	exclude = kernel=v6.12-spte guest=plain, kernel=v6.12-memslot guest=plain
	[balloon]
	kernels = v6.12, v6.12-spte, v6.12-memslot
	guests = plain, sev
	pages = 1024
	how = dontneed
	[churn-registers]
	operation = cr0-wp
	count = 1000
	[churn-convert]
	count = 2000
	view = shared
	[touch-vcpus]
	vcpus = 4
	[touch-prealloc]
	kernels = v6.12
	backing = hugetlb
EOT
check "micro matrix" 0 $?

m()	# METRIC
{
	metric micro "$cell" "$1"
}

cell='v6.12-plain-*-balloon*'
check "none: a balloon gives back what it takes" "$(m balloon_pages)" "$(m balloon_returned_pages)"
check "none: the host has it" "$(m balloon_pages)" "$(m balloon_free_pages)"
cell='v6.12-sev-*-balloon*'
check "upfront: a balloon gives back no page" 0 "$(m balloon_returned_pages)"
check "upfront: the host has none more" 0 "$(m balloon_free_pages)"
check "upfront: though the VMM looks smaller" "$(m balloon_pages)" "$(m balloon_rss_pages)"
check "upfront: deflated, the guest's pages are there twice" \
	"$(m balloon_pages)" "$(m balloon_lost_pages)"
check "upfront: none of them is pinned anew" 0 "$(m balloon_repinned_pages)"
cell='v6.12-spte-sev-*-balloon*'
check "spte: a balloon gives back no page before it is touched" 0 "$(m balloon_returned_pages)"
check_that "spte: deflated, the pages are there once" "$(m balloon_lost_pages) < 16"
cell='v6.12-memslot-sev-*-balloon*'
check "memslot: a balloon gives back what it takes" "$(m balloon_pages)" "$(m balloon_returned_pages)"
check "memslot: unpinned" "$(m balloon_pages)" "$(m balloon_unpinned_pages)"
check "memslot: the host has it" "$(m balloon_pages)" "$(m balloon_free_pages)"
check "memslot: deflated, the pages are pinned again" "$(m balloon_pages)" "$(m balloon_repinned_pages)"
for cell in 'v6.12-plain-*-balloon*' 'v6.12-sev-*-balloon*' 'v6.12-spte-sev-*-balloon*' \
	'v6.12-memslot-sev-*-balloon*'; do
	check "$cell: no page corrupt" 0 "$(m corrupt_pages)"
done

for cell in '*-churn-registers*' '*-churn-convert*'; do
	check "$cell: no NPF follows" 0 "$(m npf_workload)"
	check "$cell: no pin comes or goes" "$(m pinned_hazard_pages)" "$(m pinned_workload_pages)"
	check "$cell: no page corrupt" 0 "$(m corrupt_pages)"
done
cell='*-churn-registers*'
check_that "a flip and back are two exits" "$(m kvm_exits) >= 2 * $(m churn_operations)"
cell='*-churn-convert*'
check_that "a conversion is no exit" "$(m kvm_exits) < $(m churn_operations)"

cell='*-touch-vcpus*'
check "4 vCPUs: all is touched and pinned" \
	"$(($(m touched_pages) + $(m launch_pages)))" "$(m pinned_workload_pages)"
check "4 vCPUs: no page corrupt" 0 "$(m corrupt_pages)"
share=$((($(m touched_pages) + 3) / 4))
check "4 vCPUs: each faults on its share, and no other" \
	"$share $share $share $(($(m touched_pages) - 3 * share))" \
	"$(tr -d '\r' <"$(dirname "$(cell micro "$cell")")/faults.csv" |
		awk -F, '$2 == "workload" && $5 == "first" { n[$7]++ }
			END { print n[0], n[1], n[2], n[3] }')"

cell='*-touch-prealloc*'
check "2M pages: all guest memory is pinned" "$(m registered_pages)" "$(m pinned_register_pages)"
check_that "2M pages: one NPF for 512" \
	"$(m npf_first) >= $(m guest_memory_pages) / 512 &&
	 $(m npf_first) <= $(m guest_memory_pages) / 512 + $(m launch_pages)"

matrix crowd --no-plots <<-EOT
	[matrix]
	kernels = v6.12-spte
	guests = sev
	memory = 32M
	host_memory = 1G
	repeats = 2
	workloads = density, thick
	[density]
	touched = 10%
	[thick]
	type = density
	kernels = v6.12
	memory = 384M
	touched = 1%
	[host]
	asids = 3
EOT
check "density matrix" 0 $?
m()	# METRIC
{
	metric crowd "$cell" "$1"
}
cell='*-density*'
check "spte: as many guests as there are ASIDs" 3 "$(m density_guests)"
check "spte: for want of ASIDs" 2 "$(m density_limit)"
cell='*-thick*'
check "upfront: as many guests as all their memory fits" 2 "$(m density_guests)"
check "upfront: for want of memory" 3 "$(m density_limit)"
check "upfront: each takes all its memory" $((2 * 384 * 256)) "$(m density_pinned_pages)"
for cell in '*-density*' '*-thick*'; do
	check "$cell: no pin leaked" 0 "$(m pinned_leaked_pages)"
	check "$cell: no page corrupt" 0 "$(m corrupt_pages)"
	dir=$(dirname "$(cell crowd "$cell")")
	check "$cell: guests.csv has them" "$(m density_guests)" "$(($(wc -l <"$dir/guests.csv") - 1))"
	for file in guests.csv faults.csv timeline.csv; do
		check "$cell: $file is bit-identical" "" "$(cmp "$dir/$file" "$dir/../2/$file" 2>&1)"
	done
done
