#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# stress-ng and fio run in real SEV guests: their figures arrive, the same each time.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix again --no-plots -j1 <<-EOT &
	[matrix]
	kernels = v6.12
	memory = 256M
	workloads = disk
	[disk]
	type = fio
	guests = sev
	rw = randrw
	engine = io_uring
EOT
matrix tools --no-plots <<-EOT
	[matrix]
	kernels = v6.12
	memory = 256M
	workloads = disk, stress
	[disk]
	type = fio
	guests = sev
	rw = randrw
	engine = io_uring
	[stress]
	type = stress
	guests = sev
	bytes = 16M
	ops = 16
EOT
check "the programs' cells" 0 $?
wait $!
check "a cell of its own" 0 $?

m() { metric tools "$1" "$2"; }
for id in '*-stress' '*-disk'; do
	check "$id: status" pass "$(status tools "$id")"
	check "$id: the program ended well" 0 "$(m "$id" tool_exit)"
	check "$id: no event lost" 0 "$(m "$id" npf_lost)"
	check "$id: no pin leaked" 0 "$(m "$id" pinned_leaked_pages)"
	check_that "$id: the workload is the program's run" \
		"$(m "$id" workload_ns) - $(m "$id" tool_guest_ns) < 20000000"
done
check "stress: all operations were done" 16 "$(m '*-stress' stress_bogo_ops)"
check_that "stress: all of its memory was there" "$(m '*-stress' stress_max_rss_kib) >= 16384"
check_that "fio did all I/O" "$(m '*-disk' fio_read_ios) + $(m '*-disk' fio_write_ios) == 4096"
check "fio saw no error" 0 "$(m '*-disk' fio_errors)"
check_that "fio's I/O used bounce buffers" \
	"$(m '*-disk' guest_swiotlb_peak_kib) > $(m '*-stress' guest_swiotlb_peak_kib)"

rows() { grep -- '-sev-256M-disk,' "$work/$1/run/metrics.csv" | cut -d, -f2- >"$work/$1.csv"; }
rows tools
rows again
check_that "the guest's own figures are among a cell's rows" "$(grep -c ',\(fio\|tool\)_' "$work/again.csv") > 10"
cmp "$work/tools.csv" "$work/again.csv"
check "a second run of a cell gives the same rows" 0 $?
for file in faults timeline; do
	cmp "$(dirname "$(cell tools '*-disk')")/$file.csv" "$(dirname "$(cell again '*-disk')")/$file.csv"
	check "and the same $file.csv" 0 $?
done
