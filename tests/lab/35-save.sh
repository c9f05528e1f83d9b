#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An emulated host is saved in the middle of an SEV guest's run, ended, and resumed by another process:
# the guest's data stays right, and the cell's records are those of a run that was not interrupted.
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

bash -c "exec timeout 300 $machine -qmp unix:first,server=on,wait=off" >first.out 2>&1 &
first=$!
# Faults are streamed while they happen: the first pass is under way.
for _ in $(seq 1200); do
	[ "$(stat -c %s stream.bin 2>/dev/null || echo 0)" -lt 300000 ] || break
	sleep 0.1
done
timeout 200 python3 "$lab/tests/lib/qmp.py" first save state
check "the machine is saved" 0 $?
wait $first
check_that "in the middle of the guest's run" "300000 <= $(stat -c %s stream.bin)"
cp stream.bin at-save.bin
bash -c "exec timeout 300 $machine -qmp unix:second,server=on,wait=off -incoming fd:3" \
	3<state >second.out 2>&1 &
second=$!
timeout 200 python3 "$lab/tests/lib/qmp.py" second cont
check "it is resumed" 0 $?
wait $second
check "it runs to its end" 0 $?
sed 's/^/# /' first.out second.out
python3 "$lab/tests/lib/frames.py" stream.bin >resumed.txt
check "the stream is whole" 0 $?

mv stream.bin resumed.bin
check_that "the saved part is less than the whole" \
	"$(stat -c %s at-save.bin) < $(stat -c %s resumed.bin)"
timeout 300 bash -c "$machine" >third.out 2>&1
python3 "$lab/tests/lib/frames.py" stream.bin >straight.txt
check_that "an uninterrupted run has records" "$(wc -l <straight.txt) > 50"
cmp resumed.txt straight.txt
check "the resumed run has the same records" 0 $?
