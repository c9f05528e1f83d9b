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
		start = time.monotonic()
		status = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL).returncode
		real = time.monotonic() - start
		use = resource.getrusage(resource.RUSAGE_CHILDREN)
		print(f"{sys.argv[1]:<52} {real:8.2f} {use.ru_utime + use.ru_stime:8.2f} "
		      f"{use.ru_maxrss / 1024:8.0f} {status:6}")
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
	runner/runner --matrix "$work/touch.conf" -o "$work" --no-plots
figures "10^6 fault records to CSV and metrics" \
	runner/runner --matrix "$work/faults.conf" --host local -o "$work" --no-plots
figures "their plots and page" runner/runner --report "$(ls -d "$work"/2*faults)"

# Run two matrices in turn, and print the least CPU time of each, and how they compare.
pair()	# WHAT CELLS ROUNDS
{
	python3 - "$work" "$@" <<-'EOT'
		import resource, subprocess, sys
		work, what, cells, rounds = sys.argv[1:4] + [int(sys.argv[4])]

		def cpu(encrypt):
		    before = resource.getrusage(resource.RUSAGE_CHILDREN)
		    subprocess.run(["runner/runner", "--matrix", f"{work}/{encrypt}.conf", "-o", work,
		                    "--no-plots", "--filter", cells], check=True,
		                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		    after = resource.getrusage(resource.RUSAGE_CHILDREN)
		    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

		times = {"off": [], "on": []}
		for i in range(rounds):
		    for encrypt in ("off", "on") if i % 2 == 0 else ("on", "off"):
		        times[encrypt].append(cpu(encrypt))
		off, on = min(times["off"]), min(times["on"])
		print(f"{what:<52} {off:8.2f} {on:8.2f} {100 * (on / off - 1):+7.1f} %")
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
printf '\n%-52s %8s %8s %9s\n' "memory encryption, least CPU s of 5 runs in turn" off on ""
pair "an emulated host that does nothing" '*-null' 5
pair "a plain guest boots" '*-plain-*' 5
pair "an SEV guest boots" '*-sev-*' 5
