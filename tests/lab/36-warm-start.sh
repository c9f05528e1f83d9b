#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# warm-start with an emulator that is none: a machine is saved once, each cell goes on from it with its own
# description; what fails says so and leaves nothing that a later cell would start from.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

start()		# FOLDER SAVED-MACHINE MODE: in a cell's folder of its own; output in FOLDER/out
{
	mkdir -p "$work/$1"
	echo "cell $1" >"$work/$1/cell.ini"
	echo "the start" >"$work/$1/start.ini"
	(cd "$work/$1" && timeout 60 "$lab/runner/warm-start" "$work/$2" "$lab/tests/lib/fake-emulator" "$3" \
		-fw_cfg name=cell,file=cell.ini >out 2>&1)
}

left()		# FOLDER: what is there of a saved machine
{
	find "$work" -maxdepth 1 -name "$1*" ! -name '*.lock' -printf '%f '
}

start one machine ok
check "the emulator's exit status" 7 $?
check "a machine is saved with the start's cell, resumed with the cell's own" \
	"past / saved with the start, resumed with cell one" "$(paste -sd/ "$work/one/stream.bin" | sed 's|/| / |')"
check "what is kept: the state and the past" "booted / past / saved with the start" \
	"$(cat "$work"/machine/{console.log,stream.bin,state} | paste -sd/ | sed 's|/| / |g')"

start two machine ok
check "a second cell starts from the same machine" \
	"past / saved with the start, resumed with cell two" "$(paste -sd/ "$work/two/stream.bin" | sed 's|/| / |')"
check "and has the console of its past" booted "$(cat "$work/two/console.log")"

for n in 1 2 3; do start "at-once-$n" shared ok & done
wait
check "cells that start at once share a machine" "1 past 1 past 1 past" \
	"$(for n in 1 2 3; do grep -c past "$work/at-once-$n/stream.bin"; head -n1 "$work/at-once-$n/stream.bin"; done | xargs)"
check "and all are resumed" 3 "$(cat "$work"/at-once-?/stream.bin | grep -c resumed)"

start ended unsaved exit
check "an emulator that ends before it can be saved: its status" 3 $?
check "its records are the cell's" past "$(cat "$work/ended/stream.bin")"
check "nothing is left to start from" "" "$(left unsaved)"

start refused unsaved refuse
check "an emulator that cannot save" 1 $?
check_that "is explained" "$(grep -c 'warm-start: .*migrate.*: no$' "$work/refused/out") == 1"
check "nothing is left to start from" "" "$(left unsaved)"

start deaf unsaved deaf
check "an emulator that ends while it is saved" 1 $?
check_that "is explained" "$(grep -c 'warm-start: .*the emulator has ended$' "$work/deaf/out") == 1"
check "nothing is left to start from" "" "$(left unsaved)"

start damaged machine damaged
check "a state that the emulator does not take: its status" 5 $?

mkdir "$work/machine/state.d" && mv "$work/machine/state" "$work/machine/state.d/"
start gone machine ok
check "a saved machine without its state" 1 $?
check_that "is explained" "$(grep -c 'warm-start: .*/state: No such file' "$work/gone/out") == 1"

"$lab/runner/warm-start" "$work/x" >"$work/usage" 2>&1
check "too few words" 2 $?
check "say how it is used" "usage: warm-start DIR EMULATOR ARGS..." "$(cat "$work/usage")"
