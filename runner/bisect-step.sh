#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# bisect-step.sh GOOD CONF [THRESHOLDS [OPTION...]]: one step of 'git bisect run', in a kernel's git tree.
#
# Runs CONF with the commit that git bisect is at and compares with GOOD, a run of CONF with a commit
# that is good (runner --matrix CONF --kernel linux=TREE@GOOD --filter 'linux-[!b]*'). Exit status: 0 as
# good or better, 1 worse, 125 cannot tell, as for a commit that does not build; 255, which ends the
# bisection, if something is wrong with the comparison itself. THRESHOLDS and OPTIONS are the runner's.
set -u
runner=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/runner
[ $# -ge 2 ] || { sed -n '3,9s/^# \{0,1\}//p' "$0" >&2; exit 255; }
good=$1 conf=$2 thresholds=${3:-}
shift $(($# < 3 ? 2 : 3))
rev=$(git rev-parse --verify --quiet BISECT_HEAD || git rev-parse --verify HEAD) || exit 255
steps=$(mktemp -d "${TMPDIR:-/tmp}/pinlab-bisect.XXXXXX") || exit 255
trap 'rm -rf "$steps"' EXIT

"$runner" --matrix "$conf" --kernel "linux=$PWD@$rev" --filter 'linux-[!b]*' --no-plots -o "$steps" "$@" >&2 ||
	exit 125
"$runner" --compare "$good" "$steps"/2* ${thresholds:+--thresholds "$thresholds"}
case $? in
0) exit 0 ;;
1) exit 1 ;;
125) exit 125 ;;
*) exit 255 ;;
esac
