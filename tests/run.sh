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

run()	# NAME SECONDS COMMAND...
{
	local name=$1 limit=$2 log start status
	shift 2
	log=$(mktemp)
	start=$SECONDS
	timeout -k 30 "$limit" "$@" >"$log" 2>&1 </dev/null
	status=$?
	if grep -qE '^(not ok|\[  FAILED)' "$log" || [ $status != 0 ]; then
		cat "$log"
	else
		grep '^ok' "$log"
	fi
	count "$log" "$name" "$status"
	echo "# $name: status $status, $((SECONDS - start)) s"
	rm -f "$log"
}

unit()
{
	local san program name
	for san in '' 1; do
		if ! make -s -j"$(nproc)" SAN=$san unit-programs; then
			echo "not ok - the unit tests do not build (SAN=$san)"
			failed=$((failed + 1))
			continue
		fi
		for program in "build${san:+-san}"/tests/test_*; do
			[[ $program == *.* ]] && continue
			name=$(basename "$program")
			run "$name${san:+ under ASan, UBSan}" 60 "$program"
		done
	done
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
