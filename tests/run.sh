#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [unit | NAME...]: run the tests and count them.
#
# Unit tests are cmocka programs (one result a test function); lab tests are scripts in tests/lab/
# that print 'ok - WHAT' or 'not ok - WHAT: WHY' a check. A script that ends with a status other
# than 0, or says nothing, counts as a failure of its own.
set -u
cd "$(dirname "$0")/.." || exit 2
passed=0
failed=0

count()	# FILE NAME STATUS
{
	local ok not_ok
	ok=$(grep -cE '^(ok( |$)|\[       OK \])' "$1")
	not_ok=$(grep -cE '^(not ok( |$)|\[  FAILED  \] [a-z_0-9]+$)' "$1")
	if [ "$3" != 0 ] && [ "$not_ok" = 0 ] || [ $((ok + not_ok)) = 0 ]; then
		echo "not ok - $2: ended with status $3"
		not_ok=$((not_ok + 1))
	fi
	passed=$((passed + ok))
	failed=$((failed + not_ok))
}

tell()	# LOG NAME STATUS SECONDS
{
	if grep -qE '^(not ok|\[  FAILED)' "$1" || [ "$3" != 0 ]; then
		cat "$1"
	else
		grep '^ok' "$1"
	fi
	count "$1" "$2" "$3"
	echo "# $2: status $3, $4 s"
}

run()	# NAME SECONDS COMMAND...
{
	local name=$1 limit=$2 log start status
	shift 2
	log=$(mktemp)
	start=$SECONDS
	timeout -k 30 "$limit" "$@" >"$log" 2>&1 </dev/null
	status=$?
	tell "$log" "$name" $status $((SECONDS - start))
	rm -f "$log"
}

# Several at once: they wait more than they work.
unit()
{
	local san program logs
	logs=$(mktemp -d)
	for san in '' 1; do
		if ! make -s -j"$(nproc)" SAN=$san unit-programs; then
			echo "not ok - the unit tests do not build (SAN=$san)"
			failed=$((failed + 1))
			continue
		fi
		for program in "build${san:+-san}"/tests/test_*; do
			[[ $program == *.* ]] || echo "$program${san:+ (ASan,UBSan)}"
		done
	done >"$logs/programs"
	grep '^not ok' "$logs/programs"
	# shellcheck disable=SC2016 # expanded by the inner shell
	grep '^build' "$logs/programs" | LOGS=$logs xargs -P $(($(nproc) + 2)) -L 1 bash -c '
		log=$LOGS/${0//\//-}
		timeout -k 5 60 "$0" >"$log" 2>&1 </dev/null
		echo $? $SECONDS >"$log.status"'
	while read -r program san; do
		local log=$logs/${program//\//-}
		[[ $program == build* ]] || continue
		[ -e "$log.status" ] || { : >"$log"; echo 125 0 >"$log.status"; }
		# shellcheck disable=SC2046 # two words
		tell "$log" "$(basename "$program")${san:+ $san}" $(cat "$log.status")
	done <"$logs/programs"
	rm -rf "$logs"
}

case ${1:-all} in
unit)
	unit
	;;
all)
	unit
	for script in tests/lab/*.sh; do
		run "$(basename "$script" .sh)" 1500 "$script"
	done
	;;
*)
	for name; do
		run "$name" 1500 "tests/lab/$name.sh"
	done
	;;
esac

echo "$passed passed, $failed failed"
[ $failed = 0 ]
