#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Verdicts on real hosts: what is pinned keeps its data, what is not loses it as it must, in the
# micro guest and under QEMU; and a host that does not encrypt gives no verdict.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

expect()	# RUN CELL STATUS MOVED CORRUPT: conditions on the numbers of pages, or '' for no such metric
{
	local moved corrupt
	check "$2: status" "$3" "$(status "$1" "$2")"
	moved=$(metric "$1" "$2" hazard_moved_pages)
	corrupt=$(metric "$1" "$2" hazard_corrupt_pages)
	check_that "$2: pages moved" "$moved $4"
	[ -z "$5" ] || check_that "$2: pages corrupt" "$corrupt $5"
}

ktap()	# RUN: 'planned seen passed expected skipped failed'
{
	awk -f tests/lib/ktap.awk "$work/$1/run/report.ktap"
}

matrix on -j2 <<-EOT
	[matrix]
	kernels     = v6.12
	guests      = plain, sev, sev-nopin
	memory      = 32M
	host_memory = 1280M
	workloads   = hazard-fork, boot-collapse
	[boot-collapse]
	kernels     = v6.12-nopin
	guests      = sev
	memory      = 256M
EOT
check "what must be lost is lost: exit status" 0 $?
expect on 'v6.12-plain-*' pass '== 1024' '== 0'
expect on 'v6.12-sev-32M-*' pass '== 0' '== 0'
expect on 'v6.12-sev-nopin-*' xfail '== 1024' '== 1024'
# The guest is dead, or has lost its data: both are fine.
expect on 'v6.12-nopin-sev-*' xfail '> 10000' ''
check "KTAP" "4 4 2 2 0 0" "$(ktap on)"
grep -q 'Hazards' "$work/on/run/index.html"
check "the page has a table of hazards" 0 $?
grep -qE '^hazard-fork +1024/0 pass.* 1024/1024 xfail' "$work/on.out"
check "the summary too" 0 $?

matrix off --no-plots <<-EOT
	[matrix]
	kernels     = v6.12
	guests      = plain, sev-nopin
	memory      = 32M
	host_memory = 640M
	workloads   = hazard-fork
	[host]
	encrypt     = off
EOT
check "a cell without a verdict: exit status" 1 $?
expect off 'v6.12-plain-*' pass '== 1024' '== 0'
expect off 'v6.12-sev-nopin-*' skip '== 1024' '== 0'
check "KTAP of it" "2 2 1 0 1 0" "$(ktap off)"
check "run.json says that nothing was encrypted" off "$(jq -r .encrypt "$work/off/run/run.json")"
