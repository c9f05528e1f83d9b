#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Rules of the tree that a machine can hold it to.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

sources=$(git ls-files '*.c' '*.h' '*.S')
scripts=$(git ls-files '*.sh' .ci/run)

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
	check "shellcheck is content" "" "$(shellcheck -x $scripts 2>&1 | head -n 20)"
}
