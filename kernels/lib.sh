# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the build scripts share: messages, the cache with its locks, reproducible archives.
# Exit status everywhere: 2 = the user's input or an absent tool, 1 = a build failed.

PINLAB_CACHE=${PINLAB_CACHE:-$HOME/.cache/pinlab}
ME=$(basename "$(cd "$(dirname "$0")" && pwd)")/${0##*/}
umask 022
export LC_ALL=C TZ=UTC

say() { printf '  %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "$ME" "$*" >&2; exit 2; }

[[ $PINLAB_CACHE = /* ]] || PINLAB_CACHE=$PWD/$PINLAB_CACHE
[[ $PINLAB_CACHE != *[[:space:]:]* ]] ||
	die "the cache's path '$PINLAB_CACHE' has a space or a colon in it, which the kernel's build cannot take (set PINLAB_CACHE)"

# need TOOL=PACKAGE...: all of them, or one line that says what to install.
need() {
	local pair missing=()
	for pair; do
		command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
	done
	[ ${#missing[@]} -eq 0 ] || die "missing tools: apt-get install ${missing[*]} (or: make deps)"
}

# hash_of FILE...: one short key for their contents, in this order; no FILE: standard input.
hash_of() { cat -- "$@" | sha256sum | cut -c1-16; }

# cache_build DIR COMMAND...: unless DIR exists, runs COMMAND in an empty folder whose path is in $OUT
# and renames that to DIR. Concurrent calls for one DIR wait for the first; a failure leaves nothing.
cache_build() {
	local dir=$1 fd; shift
	[ -d "$dir" ] && return
	mkdir -p "${dir%/*}" "$PINLAB_CACHE/locks" "$PINLAB_CACHE/logs" 2>/dev/null ||
		die "cannot write to the cache $PINLAB_CACHE (set PINLAB_CACHE)"
	exec {fd}>"$PINLAB_CACHE/locks/${dir##*/}"
	flock -n "$fd" || { say "waiting for another build of ${dir##*/}"; flock "$fd"; }
	if [ ! -d "$dir" ]; then
		rm -rf "$dir.tmp"
		mkdir "$dir.tmp"
		LOG=$PINLAB_CACHE/logs/${dir##*/}.log OUT=$dir.tmp run_build "$@"
		mv -T "$dir.tmp" "$dir"
	fi
	exec {fd}>&-
}

# A subshell of its own, so that a nested cache_build cleans up after itself and not after its caller.
run_build() (
	# shellcheck disable=SC2064 # now: at exit OUT can be that of a nested build
	trap "rm -rf ${OUT@Q}" EXIT
	trap 'exit 130' INT TERM
	: >"$LOG"
	set -e
	"$@"
	trap - EXIT
)

# step TEXT COMMAND...: says TEXT, keeps the output in the log, shows its end if COMMAND fails.
step() {
	local text=$1; shift
	say "$text"
	if ! "$@" >>"$LOG" 2>&1 </dev/null; then
		printf '%s: failed: %s\n' "$ME" "$text" >&2
		tail -n 15 "$LOG" | sed 's/^/    /' >&2
		printf '%s: the whole log: %s\n' "$ME" "$LOG" >&2
		exit 1
	fi
}

# pack_cpio DIR FILE: a newc archive that depends on nothing but DIR's names, modes and contents.
pack_cpio() {
	find "$1" -exec touch -h -d @0 {} +
	(cd "$1" && find . -mindepth 1 -print0 | sort -z |
		cpio --null -o -H newc --reproducible -R 0:0 --quiet) >"$2"
}
