#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two runs of smoke.conf give the same bytes: one at a time on an idle machine, and all at once on a
# loaded one.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix_file idle configs/smoke.conf -j1 --no-plots
check "smoke.conf with -j1" 0 $?

for _ in 1 2; do
	timeout 900 sh -c 'while :; do :; done' &
	load="${load:-} $!"
done
matrix_file loaded configs/smoke.conf -j2 --no-plots
check "smoke.conf with -j2 on a loaded machine" 0 $?
# shellcheck disable=SC2086 # a list of pids
kill $load

"$runner" --matrix configs/smoke.conf --reuse --no-plots -o "$work/idle" >"$work/reuse.out" 2>&1
check "smoke.conf with --reuse" 0 $?
check "starts no host" "" "$(grep '^\[' "$work/reuse.out" | grep -v 'reused, from')"
# shellcheck disable=SC2012 # names without spaces
again=$(ls -d "$work"/idle/2* | tail -n 1)
check "and has the same numbers, marked" "" "$(diff <(tail -n +2 "$work/idle/run/metrics.csv" | tr -d '\r' | cut -d, -f2-) \
	<(tail -n +2 "$again/metrics.csv" | tr -d '\r' | cut -d, -f2- | sed 's/[^,]*$//') | head -n 5)"

cut -d, -f2- "$work/idle/run/metrics.csv" >"$work/idle.csv"
cut -d, -f2- "$work/loaded/run/metrics.csv" >"$work/loaded.csv"
check_that "metrics.csv has rows" "$(wc -l <"$work/idle.csv") > 20"
cmp "$work/idle.csv" "$work/loaded.csv"
check "metrics.csv but for the run's id" 0 $?

compared=0
for file in "$work"/idle/run/cells/*/1/{faults,timeline}.csv; do
	[ -e "$file" ] || continue
	other=$work/loaded/run/${file#"$work"/idle/run/}
	cmp "$file" "$other" || not_ok "$(basename "$file")" "differs in $(dirname "$file")"
	compared=$((compared + 1))
done
check_that "faults.csv and timeline.csv are bit-identical" "$compared >= 4"
