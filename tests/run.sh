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

# They wait more than they work, so that some are run at once; each is told of in its turn.
several()	# SLOTS SECONDS PROGRAM[ NOTE]...
{
	local slots=$1 limit=$2 logs log program note pid
	shift 2
	logs=$(mktemp -d)
	printf '%s\n' "$@" >"$logs/programs"
	# shellcheck disable=SC2016 # expanded by the inner shell
	LOGS=$logs LIMIT=$limit xargs -P "$slots" -L 1 bash -c '
		log=$LOGS/${0//\//-}
		timeout -k 30 "$LIMIT" "$0" >"$log" 2>&1 </dev/null
		echo $? $SECONDS >"$log.done" && mv "$log.done" "$log.status"' <"$logs/programs" &
	pid=$!
	while read -r program note; do
		log=$logs/${program//\//-}
		while [ ! -e "$log.status" ] && kill -0 $pid 2>/dev/null; do
			sleep 0.1
		done
		[ -e "$log.status" ] || { : >>"$log"; echo 125 0 >"$log.status"; }
		# shellcheck disable=SC2046 # two words
		tell "$log" "$(basename "$program" .sh)${note:+ $note}" $(cat "$log.status")
	done <"$logs/programs"
	wait $pid
	rm -rf "$logs"
}

unit()
{
	local san program programs=()
	for san in '' 1; do
		if ! make -s -j"$(nproc)" SAN=$san unit-programs; then
			echo "not ok - the unit tests do not build (SAN=$san)"
			failed=$((failed + 1))
			continue
		fi
		for program in "build${san:+-san}"/tests/test_*; do
			[[ $program == *.* ]] || programs+=("$program${san:+ (ASan,UBSan)}")
		done
	done
	[ ${#programs[@]} = 0 ] || several $(($(nproc) + 2)) 60 "${programs[@]}"
}

case ${1:-all} in
unit)
	unit
	;;
all)
	unit
	several 2 2400 tests/lab/*.sh
	;;
*)
	set -- "${@/#/tests/lab/}"
	several 1 2400 "${@/%/.sh}"
	;;
esac

echo "$passed passed, $failed failed"
[ $failed = 0 ]
