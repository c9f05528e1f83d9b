#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An emulated host is saved in the middle of an SEV guest's run, ended, and resumed by another process,
# again and again: the guest's data stays right, and the cell's records are those of a run that was not interrupted.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix whole --no-plots <<-EOT
	[matrix]
	kernels = v6.12
	guests = sev
	memory = 64M
	workloads = touch-random
EOT
check "an SEV guest touches its pages" 0 $?

dir=$(dirname "$(cell whole '*')")
command=$(jq -r .command "$dir/cell.json")
mkdir "$work/saved"
cp "$dir/cell.ini" "$work/saved/"
cd "$work/saved" || exit 1
make_initrd="${command%%>initrd.cpio*}>initrd.cpio"
machine=${command#*">initrd.cpio && "}
# Both processes write to the same files, and QMP is there to stop the first.
for file in console.log stream.bin; do
	machine=${machine/path=$file/path=$file,append=on}
done
bash -c "$make_initrd"
check "the cell's command makes its initrd" 0 $?

# Faults are streamed while they happen, so the stream's length says how far the guest is: three times
# in the middle, with the vCPU in the guest or in the host as it happens.
incoming=
for at in 300000 600000 900000; do
	bash -c "exec timeout 300 $machine -qmp unix:qmp-$at,server=on,wait=off $incoming" \
		3<"${state:-/dev/null}" >>machine.out 2>&1 &
	machine_pid=$!
	[ -z "$incoming" ] || timeout 200 python3 "$lab/tests/lib/qmp.py" qmp-$at cont
	for _ in $(seq 1200); do
		[ "$(stat -c %s stream.bin 2>/dev/null || echo 0)" -lt $at ] || break
		sleep 0.05
	done
	state=state-$at incoming="-incoming fd:3"
	timeout 200 python3 "$lab/tests/lib/qmp.py" qmp-$at save $state
	check "the machine is saved" 0 $?
	wait $machine_pid
	check_that "in the middle of the guest's run" "$(stat -c %s stream.bin) >= $at"
done
bash -c "exec timeout 300 $machine -qmp unix:qmp,server=on,wait=off $incoming" \
	3<"$state" >>machine.out 2>&1 &
machine_pid=$!
timeout 200 python3 "$lab/tests/lib/qmp.py" qmp cont
check "it is resumed" 0 $?
last=$(stat -c %s stream.bin)
wait $machine_pid
check "it runs to its end" 0 $?
sed 's/^/# /' machine.out
python3 "$lab/tests/lib/frames.py" stream.bin >resumed.txt
check "the stream is whole" 0 $?

mv stream.bin resumed.bin
check_that "the last save was not at the end" "$last < $(stat -c %s resumed.bin)"
timeout 300 bash -c "$machine" >third.out 2>&1
python3 "$lab/tests/lib/frames.py" stream.bin >straight.txt
check_that "an uninterrupted run has records" "$(wc -l <straight.txt) > 50"
cmp resumed.txt straight.txt
check "the resumed run has the same records" 0 $?
