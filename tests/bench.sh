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
