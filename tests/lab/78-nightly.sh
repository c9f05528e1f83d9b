#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What runs at night: the steps, the baseline and the exit status, with a runner that is made up.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

here=$PWD
lab=$work
mkdir "$lab/runner" "$lab/bin" "$lab/tree"
cp "$here/runner/nightly.sh" "$lab/runner/"
git -C "$lab/tree" init -q
for program in make git apt-get; do
	cat >"$lab/bin/$program" <<-END
		#!/bin/sh
		[ "\$1 \$3" != "-C rev-parse" ] || exec /usr/bin/git "\$@"
		echo "$program \$*" >>"$lab/calls"
		[ $program != make ] || exit "\$(cat "$lab/make.status")"
	END
done
cat >"$lab/runner/runner" <<'END'
#!/bin/bash
echo "runner $*" >>"$LAB/calls"
case $1 in
--plan) echo '{"cells": [{"kernel": "k2"}, {"kernel": "k1"}, {"kernel": "k2"}]}' ;;
--matrix)
	n=$(ls "$LAB/results" | grep -c run)
	mkdir "$LAB/results/run$n"
	echo '{"config": {"name": "a"}, "clock": "virtual", "host": "emulated"}' \
		>"$LAB/results/run$n/run.json"
	echo "1 cell: 1 passed, 0 failed: results/run$n"
	exit "$(cat "$LAB/matrix.status")" ;;
--compare) exit "$(cat "$LAB/compare.status")" ;;
esac
END
chmod +x "$lab"/bin/* "$lab/runner/runner"

night()	# MATRIX COMPARE MAKE [ARGUMENT...]: the exit statuses that these have tonight
{
	echo "$1" >"$lab/matrix.status"
	echo "$2" >"$lab/compare.status"
	echo "$3" >"$lab/make.status"
	shift 3
	: >"$lab/calls"
	LAB=$lab PATH=$lab/bin:$PATH PINLAB_CACHE=$lab/cache timeout 60 "$lab/runner/nightly.sh" "$@" \
		>"$lab/out" 2>&1
}

night 1 0 0
check "a night with failed cells is no baseline" "1 absent" \
	"$? $([ -e "$lab/results/baseline" ] && echo there || echo absent)"
night 0 0 0
check "the first good one is" "0 run1" "$? $(cat "$lab/results/baseline")"
night 0 0 0
check "the next is compared with it" "0 runner --compare run1 run2 -o results" \
	"$? $(grep compare "$lab/calls")"
check "it builds what the config needs, then the dashboard" \
	"make -s all|make -s lab KERNELS=k1 k2|runner --dashboard results/dashboard -o results" \
	"$(sed -n '/^make/p; $p' "$lab/calls" | paste -sd'|')"
night 0 1 0
check "worse is 1" 1 $?
night 0 125 0
check "cannot tell is 125" 125 $?
night 1 125 0
check "a failed cell goes before cannot tell" 1 $?
night 0 0 1
check "a failed build is 2, runs nothing, and has its dashboard" "2 0 1" \
	"$? $(grep -c -- --matrix "$lab/calls") $(grep -c -- --dashboard "$lab/calls")"
night 0 0 0 a.conf "mine=$lab/tree@main"
check "a git tree is fetched, and its kernel run" "0 1 1" \
	"$? $(grep -c "git -C $lab/tree fetch" "$lab/calls") $(grep -cF -- \
		"--matrix a.conf --kernel mine=$lab/tree@main -o results" "$lab/calls")"
mkdir "$lab/kernels"
ln -s tree "$lab/tree@home+x"
printf 'what = x\ngit = %s\n' "$lab/tree@home+x@main" >"$lab/kernels/own.kernel"
printf 'what = x\ngit = ../tree\n' >"$lab/kernels/other.kernel"
printf '[matrix]\nkernels = own\n' >"$lab/own.conf"
night 0 0 0 "$lab/own.conf"
check "so is the tree of a kernel that the config names, and no other" "0 git -C $lab/tree@home+x fetch -q --all" \
	"$? $(grep ^git "$lab/calls")"
check "no run was lost, no baseline replaced" "8 run1" \
	"$(find "$lab/results" -name run.json | wc -l) $(cat "$lab/results/baseline")"
