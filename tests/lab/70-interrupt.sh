#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SIGINT ends a run: no process and no temporary file stays, what is complete is kept, and --resume
# does the rest.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

cat >"$work/long.conf" <<-EOT
	[matrix]
	kernels = v6.12
	guests = host
	memory = 64M
	workloads = null
	repeats = 3
EOT
"$runner" --matrix "$work/long.conf" -o "$work/out" -j1 --no-plots >"$work/log" 2>&1 &
pid=$!
for _ in $(seq 600); do
	compgen -G "$work/out/*/cells/*/1/cell.json" >/dev/null && break
	sleep 0.1
done
kill -INT $pid
wait $pid
check "exit status" 130 $?

run=$(echo "$work"/out/2*)
check "no temporary file is left" "" "$(find "$work/out" -name '.*' -mindepth 1)"
check "no process is left" "" "$(pgrep -f "$work/out")"
complete=$(find "$run/cells" -name cell.json | wc -l)
check_that "what was complete is kept" "$complete >= 1 && $complete < 3"
check_that "metrics.csv holds it" "$(wc -l <"$run/metrics.csv") >= 1"

before=$(stat -c %Y.%i "$run"/cells/*/1/cell.json)
"$runner" --resume "$run" --no-plots >>"$work/log" 2>&1
check "resume: exit status" 0 $?
check "resume: all cells are there" 3 "$(find "$run/cells" -name cell.json | wc -l)"
check "resume: what was complete was not run again" "$before" \
	"$(stat -c %Y.%i "$run"/cells/*/1/cell.json)"
