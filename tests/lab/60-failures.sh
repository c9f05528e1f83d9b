#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every way in which a cell can end on a real bench host is recorded with its reason and its log,
# and the rest of the matrix goes on.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

matrix endings --no-plots <<-EOT
	[matrix]
	kernels = v6.12
	guests = host
	memory = 64M
	workloads = null
	timeout = 5s
	wall_timeout = 300s
	[null]
	outcome = pass, fail, error, hang, panic, warn, exit
EOT
check "a matrix with failing cells ends with status 1" 1 $?

expect()	# OUTCOME STATUS
{
	local id dir
	id=$(jq -r --arg o "$1" 'select(.params.outcome == $o) | .cell' \
		"$work"/endings/run/cells/*/1/cell.json)
	check "outcome $1" "$2" "$(status endings "$id")"
	[ "$2" = pass ] && return
	dir=$(dirname "$(cell endings "$id")")
	[ -n "$(jq -r .reason "$dir/cell.json")" ]
	check "outcome $1: there is a reason" 0 $?
	[ -s "$dir/console.log" ]
	check "outcome $1: the console log is kept" 0 $?
}

expect pass pass
expect fail fail
expect error error
expect hang guest-hang
expect panic host-panic
expect warn splat
expect exit host-exit
