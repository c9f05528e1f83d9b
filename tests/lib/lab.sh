# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by the scripts in tests/lab/: checks, and ways to look into a run.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
lab=$PWD
runner=$lab/runner/runner
work=$(mktemp -d "${TMPDIR:-/tmp}/pinlab-test.XXXXXX")
trap 'rm -rf "$work"' EXIT

ok()	# WHAT
{
	echo "ok - $1"
}

not_ok()	# WHAT WHY
{
	echo "not ok - $1: $2"
}

check()	# WHAT EXPECTED FOUND
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "expected '$2', found '$3'"
	fi
}

check_that()	# WHAT ARITHMETIC-CONDITION: e.g. check_that "pages pinned" "5 > 3"
{
	local condition=${2//[$'\t\n']/ }

	if [ -n "$2" ] && (($2)) 2>/dev/null; then
		ok "$1 ($condition)"
	else
		not_ok "$1" "does not hold: $condition"
	fi
}

# Run a matrix of the text on stdin into $work/NAME; the run's folder is then $work/NAME/run.
matrix()	# NAME OPTION...
{
	local name=$1
	shift
	cat >"$work/$name.conf"
	matrix_file "$name" "$work/$name.conf" "$@"
}

matrix_file()	# NAME CONF OPTION...
{
	local name=$1 conf=$2 status
	shift 2
	"$runner" --matrix "$conf" -o "$work/$name" "$@" >"$work/$name.out" 2>"$work/$name.err"
	status=$?
	sed 's/^/# /' "$work/$name.err" | head -n 20
	set -- "$work/$name"/2*
	ln -sfn "$1" "$work/$name/run"
	return $status
}

# The cell.json of the cell whose id matches the glob.
cell()	# NAME GLOB
{
	local file
	for file in "$work/$1"/run/cells/*/1/cell.json; do
		# shellcheck disable=SC2053,SC2254 # a pattern is wanted
		case $(jq -r .cell "$file") in
		$2) echo "$file"; return ;;
		esac
	done
	echo /dev/null
}

status()	# NAME GLOB
{
	jq -r .status "$(cell "$1" "$2")"
}

metric()	# NAME GLOB METRIC
{
	jq -r --arg m "$3" '.metrics[] | select(.name == $m) | .value' "$(cell "$1" "$2")"
}
