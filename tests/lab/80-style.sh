#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Rules of the tree that a machine can hold it to.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

sources=$(git ls-files '*.c' '*.h' '*.S')
scripts=$(git ls-files '*.sh' .ci/run)

# What the makers of results include, and where that is defined.
needed()
{
	local header
	for header in $(gcc -std=gnu17 -D_GNU_SOURCE -iquote runner -MM runner/common/*.c runner/result*.c \
			runner/stats/stats.c runner/{csvfile,ktap,sums,util,verdict}.c |
			grep -o 'runner/[^ ]*\.h' | sort -u); do
		echo "$header"
		[ ! -e "${header%.h}.c" ] || echo "${header%.h}.c"
	done
}

# shellcheck disable=SC2086 # lists of files
{
	check "every source says its license" "" \
		"$(grep -L 'SPDX-License-Identifier: GPL-2.0-only' $sources $scripts Makefile)"
	check "no C file over 600 lines" "" \
		"$(wc -l $sources | awk '$2 != "total" && $1 > 600 { print $2 }')"
	check "no line over 100 columns in C" "" \
		"$(expand $sources | awk 'length > 100' | head -n 3)"
	check "no space before a tab, none at a line's end in C" "" \
		"$(grep -nP ' \t|[ \t]$' $sources | head -n 3)"
	check "every script with an interpreter may be run" "" \
		"$(for f in $scripts; do [ "$(head -c 2 "$f")" != '#!' ] || [ -x "$f" ] || echo "$f"; done)"
	check "a result's key has all that results are made with" "" \
		"$(comm -23 <(needed | sort -u) <(make -s made-by | tr ' ' '\n' | sort -u))"
	check "shellcheck is content" "" "$(shellcheck -x $scripts 2>&1 | head -n 20)"
}
