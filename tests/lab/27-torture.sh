#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A guest keeps its data, and the host its pages, whatever is done to the guest's memory as it runs.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

row()	# MECHANISM ROUNDS GUESTS
{
	printf '[torture-%s]\nrounds = %s\npages = 512\nguests = %s\n' "$@"
}

names="slot-delete slot-move region region-live punch-live fallocate kill fork-last memlock migrate
       mirror hugetlb thp-split churn-nx-huge"
{
	cat <<-EOT
		[matrix]
		kernels = v6.12
		guests = sev
		memory = 16M
		host_memory = 640M
		timeout = 60s
	EOT
	# shellcheck disable=SC2086 # a list
	printf ' torture-%s,\n' $names | sed '1s/^/workloads =/; $s/,//'
	for name in $names; do
		case $name in
		kill)		row "$name" 14 sev ;;
		slot-move)	row "$name" 3 "sev, sev-nopin" ;;
		thp-split)	row "$name" 2 "plain, sev" ;;
		*)		row "$name" 3 sev ;;
		esac
	done
} | matrix torture --no-plots
check "torture ends as its rows say" 0 $?

m()	# GUEST MECHANISM METRIC
{
	metric torture "v6.12-$1-16M-torture-$2" "$3"
}

ends()	# GUEST MECHANISM STATUS ROUNDS
{
	check "$1, $2: status, rounds, pages leaked" "$3 $4 0" \
		"$(status torture "v6.12-$1-16M-torture-$2") $(m "$1" "$2" torture_rounds) $(
		m "$1" "$2" pinned_leaked_pages)"
}

for name in slot-delete slot-move region region-live punch-live fallocate fork-last memlock migrate \
	    mirror hugetlb churn-nx-huge; do
	ends sev $name pass 3
done
ends sev kill pass 14
ends plain thp-split pass 2
# What came after the holes is not pinned by a registration that was before them.
ends sev thp-split xfail 1
ends sev-nopin slot-move xfail 1

check "what is not pinned is lost: all of it" 512 "$(m sev-nopin slot-move torture_corrupt_pages)"
check "all that is registered is pinned" 1536 "$(m sev slot-move torture_pinned_pages)"
check "unregistered and registered again: pins taken and dropped" "yes" \
	"$([ "$(m sev region torture_pins_taken)" -ge 2048 ] && [ "$(m sev region torture_pins_taken)" = \
	   "$(m sev region torture_pins_dropped)" ] && echo yes)"
check_that "guests were killed before they ran" \
	"$(m sev kill torture_kills_define) + $(m sev kill torture_kills_launch) > 2"
check_that "guests were killed as they ran" "$(m sev kill torture_kills_run) > 2"
check_that "guests ran in between" "$(m sev region-live torture_passes) > 2"
check_that "there were huge pages" "$(m sev hugetlb torture_huge_sptes) > 0"
check "a kernel without such tracepoints has no counts of them" " " \
	"$(m sev churn-nx-huge torture_kvm_pin) $(m sev churn-nx-huge torture_stat_pages)"
