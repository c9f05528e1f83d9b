#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the lab itself costs, in figures of this machine. Nothing is judged.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Run a command and print its real and CPU time and the memory of its largest process.
figures()	# WHAT COMMAND...
{
	python3 - "$@" <<-'EOT'
		import resource, subprocess, sys, time
		words = {125: "125, cannot tell: one repeat each"}	# --compare's, by the wall clock
		start = time.monotonic()
		status = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL).returncode
		real = time.monotonic() - start
		use = resource.getrusage(resource.RUSAGE_CHILDREN)
		print(f"{sys.argv[1]:<52} {real:8.2f} {use.ru_utime + use.ru_stime:8.2f} "
		      f"{use.ru_maxrss / 1024:8.0f} {words.get(status, status):>6}")
	EOT
}

conf()	# NAME: the text on stdin
{
	cat >"$work/$1.conf"
}

conf null <<-EOT
	[matrix]
	kernels = v6.12
	guests = host
	memory = 64M
	workloads = null
EOT
conf faults <<-EOT
	[matrix]
	kernels = running
	guests = host
	memory = 64M
	workloads = null
	[null]
	faults = 1000000
EOT
conf touch <<-EOT
	[matrix]
	kernels = v6.12
	guests = sev
	memory = 256M
	workloads = touch-seq
EOT

printf '%-52s %8s %8s %8s %6s\n' "" "real s" "CPU s" "peak MiB" status
figures "warm 'make lab'" make -s lab
figures "unit tests" make -s unit-run
figures "an emulated host that does nothing" \
	runner/runner --matrix "$work/null.conf" -o "$work" --no-plots
figures "131072 NPFs of a 256M SEV guest, emulated" \
	runner/runner --matrix "$work/touch.conf" -o "$work"
figures "the same, by --reuse" \
	runner/runner --matrix "$work/touch.conf" -o "$work" --reuse
figures "10^6 fault records to CSV and metrics" \
	runner/runner --matrix "$work/faults.conf" --host local -o "$work" --no-plots
faults=$(ls -d "$work"/2*faults)
figures "their plots and page" runner/runner --report "$faults"
figures "--compare --faults of two such files" runner/runner --compare "$faults" "$faults" --faults

# Run the same cells without and with encryption at the same time, so that what else the machine does
# slows both alike, on processors that they swap each round. The ratio is the median of the rounds'.
pair()	# WHAT CELLS ROUNDS
{
	python3 - "$work" "$@" <<-'EOT'
		import os, statistics, subprocess, sys
		work, what, cells, rounds = sys.argv[1:4] + [int(sys.argv[4])]
		cpus = sorted(os.sched_getaffinity(0))

		def start(encrypt, cpu):
		    os.makedirs(f"{work}/{encrypt}", exist_ok=True)
		    return subprocess.Popen(["taskset", "-c", str(cpu), "runner/runner", "--matrix",
		                             f"{work}/{encrypt}.conf", "-o", f"{work}/{encrypt}",
		                             "--no-plots", "-j1", "--filter", cells],
		                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

		def cpu_s(process):
		    _, status, use = os.wait4(process.pid, 0)
		    if status:
		        sys.exit(f"{what}: a run failed")
		    return use.ru_utime + use.ru_stime

		off, on = [], []
		for i in range(rounds):
		    pair = [start("off", cpus[i % 2 * (len(cpus) > 1)]),
		            start("on", cpus[(i + 1) % 2 * (len(cpus) > 1)])]
		    off.append(cpu_s(pair[0]))
		    on.append(cpu_s(pair[1]))
		ratio = statistics.median(b / a for a, b in zip(off, on))
		print(f"{what:<52} {min(off):8.2f} {min(on):8.2f} {100 * (ratio - 1):+7.1f} %")
	EOT
}

for encrypt in off on; do
	conf $encrypt <<-EOT
		[matrix]
		kernels = v6.12
		guests = plain, sev
		memory = 256M
		workloads = null, boot
		[null]
		guests = host
		[host]
		encrypt = $encrypt
	EOT
done
printf '\n%-52s %8s %8s %9s\n' "memory encryption, least CPU s of all pairs, median ratio" off on ""
pair "an emulated host that does nothing" '*-null' 12
pair "a plain guest boots" '*-plain-*' 6
pair "an SEV guest boots" '*-sev-*' 6

# What a collector costs a touch cell: virtual ns with all of them less those without this one.
conf collectors <<-EOT
	[matrix]
	kernels = v6.12-spte
	guests = sev
	memory = 64M
	workloads = touch-seq
EOT
printf '\n%-28s' "a collector's cost, virtual ns"
for column in a_fault first_p50 refault_p50 startup stop leak_check; do
	printf ' %12s' $column
done
echo

measured()	# COLLECTORS: a line "NPFs ns..."; of what was not measured, -
{
	runner/runner --matrix "$work/collectors.conf" -o "$work/collectors$1" --collectors="$1" \
		--no-plots -j1 >"$work/out" 2>&1 || { cat "$work/out" >&2; return 1; }
	jq -r '(.metrics | map({ (.name): .value }) | add) as $m |
		["npf_total", "workload_ns", "npf_first_p50_ns", "npf_refault_p50_ns", "startup_ns",
		 "stop_ns", "leak_check_ns"] | map($m[.] // "-") | join(" ")' \
		"$work/collectors$1"/2*/cells/*/1/cell.json
}

all=$(measured all)
for name in $(runner/runner --list collectors --json | jq -r '.collectors[].collector'); do
	case $name in
	guest) continue ;;	# is at work in QEMU guests only
	esac
	printf '%s\n%s\n' "$all" "$(measured "all,-$name")" | awk -v name="$name" '
		function cell(i) { return $i == "-" ? "-" : sprintf("%+.0f", all[i] - $i) }
		NR == 1 { for (i = 1; i <= NF; i++) all[i] = $i; next }
		{ printf "%-28s %+12.1f %12s %12s %12s %12s %12s\n", name, (all[2] - $2) / all[1],
			 cell(3), cell(4), cell(5), cell(6), cell(7) }'
done
