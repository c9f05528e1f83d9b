#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own selftests: those of SEV guests pass on the emulated host and fail when a part of it is off; of
# SEV guests and of guest memory, what passes on a pristine kernel passes on its variants. configs/selftests.conf
# has more of them, which take longer.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

passed()	# KERNEL: what passed on it, by workload and MMU
{
	jq -r --arg k "$1" 'select(.kernel == $k and .status == "pass") | .cell | ltrimstr($k)' \
		"$work"/selftests/run/cells/*/1/cell.json | sort | xargs
}

# Of the selftests for SEV, 6.1 has one.
matrix selftests --no-plots <<-EOT
	[matrix]
	kernels = v6.12, v6.12-spte
	guests = host
	memory = 64M
	workloads = sev_smoke_test, sev_init2_tests, sev_migrate_tests, kvm_binary_stats_test,
	  memslot_modification_stress_test, demand_paging_test, kvm_page_table_test,
	  dirty_log_page_splitting_test
	[sev_smoke_test]
	mmu = tdp, legacy
	[sev_init2_tests]
	mmu = tdp, legacy
	[sev_migrate_tests]
	kernels = v6.12, v6.12-spte, v6.1, v6.1-spte
	mmu = tdp, legacy
EOT
check "matrix of the kernel's selftests" 0 $?
for test in sev_smoke_test sev_init2_tests sev_migrate_tests; do
	check "$test" pass "$(status selftests "v6.12-host-$test")"
done
for kernel in v6.12 v6.1; do
	check_that "$kernel passes some" "$(passed $kernel | wc -w) > 1"
	check "$kernel-spte passes what $kernel passes" "$(passed $kernel)" "$(passed $kernel-spte)"
done
console=$(dirname "$(cell selftests "v6.12-host-sev_smoke_test")")/console.log
grep -q 'SEV enabled (ASIDs 1 - 15)' "$console"
check "an unmodified kernel says 'SEV enabled'" 0 $?

negative()	# NAME KEY STATUSES TEST...: none of the tests passes, and that is how they end
{
	local name=$1 key=$2 statuses=$3
	shift 3
	matrix "$name" --no-plots <<-EOT
		[matrix]
		kernels = v6.12
		guests = host
		memory = 64M
		workloads = $(IFS=, && echo "$*")
		timeout = 5s
		wall_timeout = 60s
		[host]
		$key
	EOT
	check "$key: the matrix reports a failure" 1 $?
	local test found
	for test; do
		found=$(status "$name" "*$test*")
		if [[ $found =~ ^($statuses)$ ]]; then
			ok "$key: $test does not pass ($found)"
		else
			not_ok "$key: $test does not pass" "status '$found', not $statuses"
		fi
	done
}

negative no-psp "psp = off" skip sev_smoke_test sev_init2_tests sev_migrate_tests
# The two others run no guest code, which is what needs the C-bit stripped.
negative no-c-bit "c_bit_strip = off" 'fail|error|guest-hang|timeout' sev_smoke_test
