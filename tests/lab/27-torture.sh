#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A guest keeps its data, and the host its pages, whatever is done to the guest's memory as it runs.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

row()	# MECHANISM ROUNDS KERNELS [GUESTS [MMU]]
{
	printf '[torture-%s]\nrounds = %s\npages = 512\nkernels = %s\nguests = %s\nmmu = %s\n' \
		"$1" "$2" "$3" "${4:-sev}" "${5:-tdp}"
}

exact="mirror-gone thp-edge late-region"
memslot="slot-delete region migrate mirror-touch churn-nx-huge $exact"	# under spte, too
spte="$memslot region-live fork-last churn-wp"
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
	printf ' torture-%s,\n' $spte kill memlock slot-move thp-split punch-fork |
		sed '1s/^/workloads =/; $s/,//'
	for name in $spte; do
		case " $memslot " in
		*" $name "*) row "$name" 3 "v6.12-spte, v6.12-memslot" ;;
		*) row "$name" 3 v6.12-spte ;;
		esac
	done
	row kill 14 "v6.12, v6.12-spte"
	row memlock 3 v6.12
	row slot-move 3 v6.12 "sev, sev-nopin"
	row thp-split 2 "v6.12, v6.12-spte"
	row punch-fork 2 v6.12-spte sev legacy
} | matrix torture --no-plots
check "torture ends as its rows say" 0 $?

m()	# KERNEL-GUEST MECHANISM METRIC
{
	metric torture "$1-16M-torture-$2" "torture_$3"
}

ends()	# KERNEL-GUEST MECHANISM STATUS ROUNDS
{
	check "$1, $2: status, rounds, pages leaked" "$3 $4 0" \
		"$(status torture "$1-16M-torture-$2") $(m "$1" "$2" rounds) $(
		metric torture "$1-16M-torture-$2" pinned_leaked_pages)"
}

for name in $spte; do
	ends v6.12-spte-sev "$name" pass 3
done
for name in $memslot; do
	ends v6.12-memslot-sev "$name" pass 3
done
ends v6.12-spte-sev kill pass 14
ends v6.12-spte-sev thp-split pass 2
ends v6.12-spte-sev punch-fork-mmu=legacy pass 2
ends v6.12-sev kill pass 14
ends v6.12-sev memlock pass 3
ends v6.12-sev slot-move pass 3
# What came after the holes is not pinned by a registration that was before them.
ends v6.12-sev thp-split xfail 1
ends v6.12-sev-nopin slot-move xfail 1

check "what is not pinned is lost: all of it" 512 "$(m v6.12-sev-nopin slot-move corrupt_pages)"
check "all that is registered is pinned" 1536 "$(m v6.12-sev slot-move pinned_pages)"
check "on demand: what was launched or touched, by two counts" "1030 1030" \
	"$(m v6.12-spte-sev region pinned_pages) $(m v6.12-spte-sev region stat_pages)"
for kernel in v6.12-spte v6.12-memslot; do
	check "$kernel: all of a part that is registered, and no more, is pinned" "774 1028" \
		"$(m $kernel-sev thp-edge pinned_pages) $(m $kernel-sev late-region pinned_pages)"
	check "$kernel: no huge SPTE for what is registered in part" 0 \
		"$(m $kernel-sev thp-edge huge_sptes)"
done
check "CR0.WP costs no pin" "0 0" \
	"$(m v6.12-spte-sev churn-wp kvm_pin) $(m v6.12-spte-sev churn-wp pins_taken)"
check "new roots cost a memslot no pin" "0 0" \
	"$(m v6.12-memslot-sev churn-nx-huge kvm_pin) $(m v6.12-memslot-sev churn-nx-huge kvm_pin_drop)"
check_that "new roots cost SPTEs all" "$(m v6.12-spte-sev churn-nx-huge kvm_pin) > 1024 &&
	$(m v6.12-spte-sev churn-nx-huge kvm_pin) == $(m v6.12-spte-sev churn-nx-huge kvm_pin_drop)"
check_that "guests were killed before they ran" \
	"$(m v6.12-sev kill kills_define) + $(m v6.12-sev kill kills_launch) > 2"
check_that "guests were killed as they ran" "$(m v6.12-sev kill kills_run) > 2"
check_that "guests ran in between" "$(m v6.12-spte-sev region-live passes) > 2"
check_that "there were huge pages" "$(m v6.12-spte-sev thp-split huge_sptes) > 0"
check "a kernel without such tracepoints has no counts of them" " " \
	"$(m v6.12-sev kill kvm_pin) $(m v6.12-sev kill stat_pages)"
