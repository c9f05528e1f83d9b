#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# nightly.sh [CONF [NAME=SPEC...]]: fetch, build, run, compare with the pinned run, dashboard.
#
# NAME=SPEC is as behind --kernel. RESULTS is the folder of runs (results), SITE that of the dashboard
# (RESULTS/dashboard). A step that fails does not keep later ones from what they can do. Results are
# only added to. Exit status: 0 nothing got worse; 1 a cell did not end as it should, or something
# got worse; 2 a step failed; 125 a comparison cannot tell; 130 interrupted.
set -u
cd "$(dirname "$0")/.." || exit 2
conf=${1:-configs/default.conf}
shift $(($# > 0))
results=${RESULTS:-results}
site=${SITE:-$results/dashboard}
cache=${PINLAB_CACHE:-$HOME/.cache/pinlab}
status=0
kernels=()
for spec; do kernels+=(--kernel "$spec"); done

say() { echo "nightly: $*" >&2; }

# The worst so far: what failed goes before what got worse, and that before what nobody can tell.
note()
{
	case $status:$1 in
	*:0 | 130:* | 2:* | 1:125) ;;
	*) status=$1 ;;
	esac
}

# TREE of TREE@REV+SERIES: a folder's name may have either character, too.
folder_of()
{
	local tree=${1/#\~\//$HOME/}
	while [ ! -d "$tree" ] && [[ $tree == *[@+]* ]]; do tree=${tree%[@+]*}; done
	printf '%s\n' "$tree"
}

# The git trees of the kernels that were given, and of those that the config names.
trees()
{
	local spec file
	for spec; do folder_of "${spec#*=}"; done
	for file in kernels/*.kernel; do
		spec=$(sed -nE 's/^[[:space:]]*git[[:space:]]*=[[:space:]]*//p' "$file" 2>/dev/null)
		if [ -n "$spec" ] && grep -qwF -- "$(basename "$file" .kernel)" "$conf" 2>/dev/null; then
			[[ $spec == [/~]* ]] || spec=kernels/$spec
			folder_of "$spec"
		fi
	done
}

# Git trees as far as they have remotes; Debian's sources where apt knows a newer version.
fetch()
{
	local tree source newest
	while read -r tree; do
		git -C "$tree" rev-parse --git-dir >/dev/null 2>&1 || continue
		say "git fetch in $tree"
		timeout 1800 git -C "$tree" fetch -q --all </dev/null || { say "cannot fetch $tree"; note 2; }
	done < <(trees "$@" | sort -u)
	[ "$(id -u)" = 0 ] || return 0
	timeout 600 apt-get -q=2 update || { say "apt-get update failed"; note 2; return 0; }
	for source in "$cache"/sources/linux-source-*/; do
		[ -e "$source/version" ] || continue
		newest=$(apt-cache show --no-all-versions "$(basename "$source")" 2>/dev/null |
			sed -n 's/^Version: //p')
		if [ -n "$newest" ] && [ "$newest" != "$(cat "$source/version")" ]; then
			say "$(basename "$source"): $newest instead of $(cat "$source/version")"
			rm -rf "$source"
		fi
	done
}

build()
{
	local names
	timeout 1800 make -s all || return
	if [ ${#kernels[@]} = 0 ]; then
		names=$(runner/runner --plan "$conf" --json |
			jq -r '[.cells[].kernel] | unique | join(" ")') || return
		timeout 14400 make -s lab KERNELS="$names"
	else
		timeout 14400 make -s emulator images
	fi
}

# The last run of the file `baseline` that is of the same config, by the same clock and host.
pinned()	# RUN
{
	local like='[.config.name, .clock, .host]' want name
	want=$(jq -c "$like" "$results/$1/run.json") || return
	sed -E 's/#.*//; s/[[:space:]]//g; /^$/d' "$results/baseline" 2>/dev/null |
		while read -r name; do
			[ "$(jq -c "$like" "$results/$name/run.json" 2>/dev/null)" != "$want" ] ||
				echo "$name"
		done | tail -n 1
}

compare()	# RUN
{
	local base
	base=$(pinned "$1") || { note 2; return; }
	if [ -n "$base" ]; then
		runner/runner --compare "$base" "$1" -o "$results"
		note $?
	elif [ "$status" = 0 ]; then
		say "$1 is pinned as the baseline of its config, in $results/baseline"
		echo "$1" >>"$results/baseline"
	else
		say "no baseline is pinned in $results/baseline, and $1 is none to start with"
	fi
}

mkdir -p "$results" || exit 2
exec 9>"$results/.nightly.lock"
flock -n 9 || { say "another one is at work in $results"; exit 2; }
log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT

fetch "$@"
if build; then
	runner/runner --matrix "$conf" ${kernels[@]+"${kernels[@]}"} -o "$results" | tee "$log"
	note "${PIPESTATUS[0]}"
	run=$(sed -n '$s/.*: //p' "$log")
	run=${run##*/}
	[ "$status" = 130 ] || [ ! -e "$results/${run:-.}/run.json" ] || compare "$run"
else
	say "the build failed: nothing was run"
	note 2
fi
runner/runner --dashboard "$site" -o "$results" || note 2
exit "$status"
