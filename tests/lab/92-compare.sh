#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One instruction more at each nested page fault is found; a kernel that was built elsewhere and does the same is the
# same.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

make -s install PREFIX="$work/usr" >"$work/log" 2>&1
check "a copy of the lab" 0 $?
copy=$work/usr/lib/pinlab

plant()	# KERNEL PATCH: v6.12 with one of tests/planted
{
	mkdir -p "$copy/kernels/series/$2"
	cp "tests/planted/$2.patch" "$copy/kernels/series/$2/0001-$2.patch"
	cat >"$copy/kernels/$1.kernel" <<-EOT
		what = v6.12 with $2, for a test
		base = linux-source-6.12
		config = lab
		series = series/$2
		strategy = upfront
	EOT
}
plant v6.12-one-more one-instruction
plant v6.12-again no-change
"$copy/kernels/build.sh" v6.12 v6.12-one-more v6.12-again >/dev/null 2>"$work/log"
check "the planted kernels build" 0 $?
sed 's/^/# /' "$work/log" | tail -n 5

runner=$copy/runner/runner
matrix planted --no-plots <<-EOT
	[matrix]
	kernels = v6.12, v6.12-one-more, v6.12-again
	guests = sev
	memory = 16M
	workloads = touch-seq
EOT
check "matrix" 0 $?
run=$work/planted/run

"$runner" --compare "$run" --by kernel=v6.12,v6.12-one-more --json >"$work/more.json"
check "one instruction more: worse" 1 $?
for metric in npf_first_p50_ns npf_first_p90_ns npf_refault_p50_ns npf_refault_p90_ns; do
	check "$metric: the difference itself" "1 instructions/fault worse" "$(jq -r --arg m $metric \
		'.rows[] | select(.metric == $m) | "\(.delta) \(.delta_unit) \(.verdict)"' "$work/more.json")"
done
check "nothing that judges is better" 0 \
	"$(jq '[.rows[] | select(.judges and .verdict == "better")] | length' "$work/more.json")"
check "what differs names the patch" "0001-one-instruction.patch ($(sha256sum tests/planted/one-instruction.patch | cut -c1-12))" \
	"$(jq -r '.differs[] | select(.key == "kernel.patches").new' "$work/more.json")"

"$runner" --compare "$run" --by kernel=v6.12-one-more,v6.12 >/dev/null
check "one instruction less: no regression" 0 $?

"$runner" --compare "$run" --by kernel=v6.12,v6.12-again --json >"$work/again.json"
check "the same, built elsewhere: exit status" 0 $?
check "the same, built elsewhere: verdict" same "$(jq -r .verdict "$work/again.json")"
# Its modules are not the same files, as lines in them have other numbers: it takes as much or little to load them.
check "no number of the guest differs" 0 "$(jq '[.rows[] | select(.metric != "modules_ns" and .delta != null and
	.delta != 0)] | length' "$work/again.json")"
