#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The numbers of touch cells are what theory says.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix touch --no-plots <<-EOT
	[matrix]
	kernels = v6.12
	guests = plain, sev
	memory = 64M
	workloads = touch-seq, touch-random
	[touch-seq]
	pages = 25%, 100%
EOT
check "touch matrix" 0 $?

m()	# METRIC
{
	metric touch "$cell" "$1"
}

n=0
for file in "$work"/touch/run/cells/*/1/cell.json; do
	cell=$(jq -r .cell "$file")
	guest=$(jq -r .guest "$file")
	n=$((n + 1))
	check "$cell: status" pass "$(jq -r .status "$file")"
	check "$cell: no event lost" 0 "$(m npf_lost)"
	check "$cell: fault records and KVM's tracepoint agree" \
		"$(m kvm_page_fault_events)" "$(($(m npf_total) - $(m npf_mmio)))"
	check "$cell: fault records and NPF exits agree" "$(m npf_exits)" "$(m npf_total)"
	check "$cell: fault records and pf_taken agree" "$(m kvm_pf_taken)" "$(m npf_total)"
	check "$cell: no page corrupt" 0 "$(m corrupt_pages)"
	check "$cell: no pin leaked" 0 "$(m pinned_leaked_pages)"
	# The launch pages (code, stack, page tables) fault too.
	check_that "$cell: a first fault for each touched page" \
		"$(m npf_first) >= $(m touched_pages) && $(m npf_first) <= $(m touched_pages) + $(m launch_pages)"
	check_that "$cell: a refault for each touched page" \
		"$(m npf_refault) >= $(m touched_pages) && $(m npf_refault) <= $(m touched_pages) + $(m launch_pages)"
	if [ "$guest" = sev ]; then
		check "$cell: all guest memory is registered" \
			"$(m guest_memory_pages)" "$(m registered_pages)"
		check "$cell: what is registered is pinned" \
			"$(m registered_pages)" "$(m pinned_register_pages)"
		check_that "$cell: RSS holds all guest memory at launch" \
			"$(m rss_launch_kib) >= 4 * $(m guest_memory_pages)"
	else
		check "$cell: nothing is pinned" 0 "$(m pinned_register_pages)"
		check "$cell: nothing is ever pinned" 0 "$(m pin_acquired_pages)"
		check_that "$cell: RSS holds what was touched, and little more" \
			"$(m rss_workload_kib) >= 4 * $(m touched_pages) &&
			 $(m rss_workload_kib) <= 4 * $(m touched_pages) + 4096"
	fi
done
check "cells" 6 $n

# What the other collectors say of the same pages.
for guest in plain sev; do
	cell="*-$guest-64M-touch-seq-pages=100p"
	m()	# METRIC
	{
		metric touch "$cell" "$1"
	}
	check_that "$guest: smaps_rollup has what was touched" "$(m smaps_rss_kib) >= 4 * $(m touched_pages) &&
		$(m smaps_rss_kib) <= 4 * $(m guest_memory_pages) + 4096"
	check "$guest: none of it is huge, swapped or locked" "0 0 0" \
		"$(m smaps_anon_huge_kib) $(m smaps_swap_kib) $(m smaps_locked_kib)"
	check_that "$guest: 64M were taken from the free memory of the host, mostly from huge blocks, and came back" \
		"$(m buddy_start_huge) - $(m buddy_workload_huge) >= 24 &&
		 $(m buddy_start_huge) - $(m buddy_workload_huge) <= 36 &&
		 $(m buddy_end_huge) > $(m buddy_workload_huge)"
	check "$guest: nothing had to be compacted or swapped out" "0 0" \
		"$(m vmstat_compact_stall) $(m vmstat_pswpout)"
	check_that "$guest: the host saw a fault for each touched page" "$(m vmstat_pgfault) >= $(m touched_pages)"
	check_that "$guest: threads ran as long as the counter says, but for the teardown" \
		"$(m sched_run_ns) <= $(m task_clock_ns) && 2 * $(m sched_run_ns) > $(m task_clock_ns)"
	check_that "$guest: an entry for each exit" "$(m kvm_entry_events) >= $(m npf_total)"
	check_that "$guest: the agent is within its bound" \
		"$(m agent_rss_peak_kib) < 16384 + 4096 + 32 * $(m guest_memory_pages) / 1024"
done
check "an SEV guest has one ASID" 1 "$(m cgroup_sev_asids)"
check "a plain guest has none" 0 "$(metric touch '*-plain-64M-touch-seq-pages=100p' cgroup_sev_asids)"

# What reads beside the faults does not change them. Timer interrupts then fall into other faults, which the tail shows.
matrix alone --no-plots --collectors npf --filter '*-sev-*-touch-seq-pages=25p' <"$work/touch.conf"
check "touch cell, collector npf alone" 0 $?
cell='*-sev-*-touch-seq-pages=25p'
for kind in first refault; do
	for p in p50 p90; do
		check "npf_${kind}_${p}_ns is the same with and without the other collectors" \
			"$(metric touch "$cell" "npf_${kind}_${p}_ns")" "$(metric alone "$cell" "npf_${kind}_${p}_ns")"
	done
	a=$(metric touch "$cell" "npf_${kind}_p99_ns") b=$(metric alone "$cell" "npf_${kind}_p99_ns")
	check_that "npf_${kind}_p99_ns differs by less than 0.5 %" "200 * ($a - $b) ** 2 < $a * $a / 200"
done
check "what is switched off is not measured" "" \
	"$(jq -r '.metrics[].name' "$(cell alone "$cell")" | grep -E '^(kvm_pf|pin|rss|task_clock|memcrypt|vmstat|buddy|smaps|pss|cgroup|sched|softirq)')"
check "what this host cannot measure is missing, and why" \
	"this CPU, or its kernel, has no such event (No such file or directory)" \
	"$(jq -r '.missing[] | select(.name == "cycles") | .reason' "$(cell touch "$cell")")"

# The legacy MMU maps eight pages where one is refaulted, so that it shows which of them was at work.
matrix legacy --no-plots <<-EOT
	[matrix]
	kernels = v6.12
	guests = sev
	memory = 64M
	mmu = legacy
	workloads = touch-seq
	[touch-seq]
	pages = 25%
EOT
check "touch matrix, legacy MMU" 0 $?
cell='*-mmu=legacy'
m()	# METRIC
{
	metric legacy "$cell" "$1"
}
check_that "$cell: a first fault for each touched page" \
	"$(m npf_first) >= $(m touched_pages) && $(m npf_first) <= $(m touched_pages) + $(m launch_pages)"
check_that "$cell: a refault for eight touched pages" \
	"$(m npf_refault) >= $(m touched_pages) / 8 && $(m npf_refault) <= $(m touched_pages) / 6"
check "$cell: no pin leaked" 0 "$(m pinned_leaked_pages)"
check "metrics.csv says so" mmu=legacy \
	"$(grep -o 'mmu=[a-z]*' "$work"/legacy/run/metrics.csv | sort -u)"
