#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own SEV selftests pass on the emulated host, and fail when a part of it is off.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix_file selftests configs/selftests.conf --no-plots
check "matrix of the kernel's SEV selftests" 0 $?
for test in sev_smoke_test sev_init2_tests sev_migrate_tests; do
	check "$test" pass "$(status selftests "*$test*")"
done
console=$(dirname "$(cell selftests '*sev_smoke*')")/console.log
grep -q 'SEV enabled (ASIDs 1 - 15)' "$console"
check "an unmodified kernel says 'SEV enabled'" 0 $?

negative()	# NAME KEY
{
	matrix "$1" --no-plots <<-EOT
		[matrix]
		kernels = v6.12
		guests = host
		memory = 64M
		workloads = sev_smoke_test
		timeout = 5s
		wall_timeout = 120s
		[host]
		$2
	EOT
	check "$2: the matrix reports a failure" 1 $?
	local found
	found=$(status "$1" '*')
	case $found in
	fail | skip | error | guest-hang | timeout) ok "$2: sev_smoke_test does not pass ($found)" ;;
	*) not_ok "$2: sev_smoke_test does not pass" "status '$found'" ;;
	esac
}

negative no-psp "psp = off"
negative no-c-bit "c_bit_strip = off"
