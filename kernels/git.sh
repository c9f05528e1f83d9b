# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Where a kernel's source comes from, in git's terms: the ids of its trees and patches, and users' own
# kernels, which are a git tree and a revision, or a base and a series. Sourced by build.sh. Nothing
# here is part of a build's key, and a user's repository is only read.
# shellcheck disable=SC2153 # NAME and SOURCE are set by build.sh

GIT_TIMEOUT=600

# What a user has configured must not show in ids, nor a repository that we happen to stand in.
lab_git() {
	env -u GIT_DIR -u GIT_WORK_TREE -u GIT_OBJECT_DIRECTORY GIT_OPTIONAL_LOCKS=0 GIT_CONFIG_GLOBAL=/dev/null \
		GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' \
		timeout -k 5 "$GIT_TIMEOUT" git -c core.autocrlf=false -c core.quotePath=off -c core.fsmonitor=false \
		-c log.mailmap=false "$@"
}

# A folder for this call, gone when it ends.
work_dir() {
	[ -n "${WORK:-}" ] || {
		WORK=$(mktemp -d)
		trap 'rm -rf "$WORK"' EXIT
	}
}

# source_index SOURCE: an index of the source's files without their contents, and the id of their
# tree: $SOURCE/git-index, $SOURCE/git-tree. Made once a source, in seconds.
source_index() {
	local source=$1
	[ ! -f "$source/git-tree" ] || return 0
	work_dir
	say "hashing $(basename "$source") (once)"
	rm -rf "$WORK/index.git"
	lab_git init -q --bare "$WORK/index.git"
	(
		cd "$source/tree" || exit
		export GIT_INDEX_FILE=$WORK/index
		find . -mindepth 1 \( -type f -o -type l \) -printf '%P\0' |
			lab_git --git-dir="$WORK/index.git" --work-tree=. update-index --add --info-only -z --stdin
		lab_git --git-dir="$WORK/index.git" write-tree --missing-ok >"$WORK/git-tree"
	)
	mv "$WORK/index" "$source/git-index"
	mv "$WORK/git-tree" "$source/git-tree"
}

# patched_tree SOURCE PATCH...: the id of the source's tree with these patches.
patched_tree() {
	local source=$1 git=(lab_git --git-dir="$WORK/patched.git") f
	shift
	rm -rf "$WORK/patched.git"
	lab_git init -q --bare "$WORK/patched.git"
	cp "$source/git-index" "$WORK/patched.git/index"
	touched_files | while IFS= read -r f; do
		[ ! -f "$source/tree/$f" ] || printf '%s\n' "$source/tree/$f"
	done | "${git[@]}" hash-object -w --no-filters --stdin-paths >/dev/null
	for f; do
		"${git[@]}" apply --cached --whitespace=nowarn - <"$f" 2>"$WORK/apply" || {
			printf '%s\n' "$f" >"$WORK/failed"
			return 1
		}
	done
	"${git[@]}" write-tree --missing-ok
}

patch_id() { lab_git patch-id --stable <"$1" | cut -d' ' -f1; }

json_or_null() { [ -n "$1" ] && json_string "$1" || echo null; }

# The lines of kernel.json that say what the source is, in git's terms.
provenance_lines() {
	local tree f sep=
	source_index "$SOURCE"
	tree=$(<"$SOURCE/git-tree")
	printf '  "base_commit": %s,\n  "base_tree": "%s",\n' "$(json_or_null "$BASE_COMMIT")" "${BASE_TREE:-$tree}"
	[ ${#PATCHES[@]} -eq 0 ] || tree=$(patched_tree "$SOURCE" "${PATCHES[@]}")
	printf '  "commit": %s,\n  "tree": "%s",\n' "$(json_or_null "$COMMIT")" "$tree"
	printf '  "spec": %s,\n  "patch_ids": [' "$(json_or_null "$SPEC")"
	for f in "$WORK/commit-ids" ${PATCHES[@]+"${PATCHES[@]}"}; do
		case $f in
		"$WORK/changes.diff") ;;
		"$WORK/commit-ids") [ ! -s "$f" ] || { cat "$f"; sep=,; } ;;
		*)
			printf '%s\n    {"patch": %s, "id": "%s"}' "$sep" "$(json_string "${f##*/}")" "$(patch_id "$f")"
			sep=,
			;;
		esac
	done
	printf '],\n'
}

# add_provenance DIR: complete a kernel.json, of an older build too.
add_provenance() {
	[ -f "$1/kernel.json" ] || return 0
	! grep -q '^  "base_tree": ' "$1/kernel.json" || return 0
	work_dir
	provenance_lines >"$WORK/provenance"
	sed "/^  \"strategy\": /r $WORK/provenance" "$1/kernel.json" >"$1/kernel.json.$$"
	mv "$1/kernel.json.$$" "$1/kernel.json"
}

# has_revision TREE [BASE..]REV: a folder's name, and that of a revision, may have a plus in it.
has_revision() { [ -d "$1" ] && lab_git -C "$1" rev-parse --verify --quiet "${2##*..}^{commit}" >/dev/null 2>&1; }

# split_spec NAME SPEC: SOURCE[+SERIES], SOURCE = KERNEL or PATH[@[BASE..]REV], into SPEC_KERNEL or
# SPEC_PATH, SPEC_BASE, SPEC_REV, and SPEC_SERIES.
split_spec() {
	local name=$1 source=$2 at
	SPEC_KERNEL='' SPEC_PATH='' SPEC_BASE='' SPEC_REV=HEAD SPEC_SERIES=''
	# shellcheck disable=SC2088 # no shell has seen a tilde behind NAME=
	[[ $source != '~/'* ]] || source=$HOME/${source#\~/}
	if [ ! -e "$source" ] && [[ $source == *+* ]]; then
		if [ -e "${source##*+}" ]; then
			SPEC_SERIES=${source##*+} source=${source%+*}
		elif ! has_revision "${source%@*}" "${source##*@}"; then
			die "$name: there is no patch, mbox or folder '${source##*+}'"
		fi
	fi
	if [[ $source != */* && -f $HERE/$source.kernel ]]; then
		SPEC_KERNEL=$source
		return
	fi
	SPEC_PATH=$source
	if [ ! -e "$source" ] && [[ $source == *@* ]]; then
		SPEC_PATH=${source%%@*}
		while [ ! -d "$SPEC_PATH" ]; do
			at=${source#"$SPEC_PATH@"}
			[[ $at == *@* ]] || { SPEC_PATH=${source%%@*}; break; }
			SPEC_PATH=$SPEC_PATH@${at%%@*}
		done
		SPEC_REV=${source#"$SPEC_PATH@"}
	fi
	if [[ $SPEC_REV == *..* ]]; then
		SPEC_BASE=${SPEC_REV%%..*} SPEC_REV=${SPEC_REV##*..}
		[ -n "$SPEC_BASE" ] || die "$name: '$source' names no base before '..'"
		SPEC_REV=${SPEC_REV#.} SPEC_REV=${SPEC_REV:-HEAD}
	fi
	lab_git -C "$SPEC_PATH" rev-parse --git-dir >/dev/null 2>&1 ||
		die "$name: '$SPEC_PATH' is neither a git tree nor one of the kernels: $(kernel_names)"
}

# commit_of NAME PATH REV: in full.
commit_of() {
	lab_git -C "$2" rev-parse --verify --quiet "$3^{commit}" || die "$1: $2 has no revision '$3'"
}

# The commit that a revision is held against: the merge base with what was named; else the newest in
# its history whose tree is a source that the lab has; else the newest release before it.
base_of() {
	local name=$1 path=$2 base=$3 commit=$4 known tag
	if [ -n "$base" ]; then
		base=$(commit_of "$name" "$path" "$base")
		lab_git -C "$path" merge-base "$base" "$commit" || die "$name: $path: $base and $commit have nothing in common"
		return
	fi
	for known in "$PINLAB_CACHE"/sources/linux-source-*/; do
		[ ! -d "$known/tree" ] || source_index "${known%/}"
	done
	known=$(cat "$PINLAB_CACHE"/sources/*/git-tree 2>/dev/null || :)
	base=$(lab_git -C "$path" log -n 10000 --format='%H %T' "$commit" | KNOWN=$known awk '
		BEGIN { n = split(ENVIRON["KNOWN"], k, "\n"); for (i = 1; i <= n; i++) known[k[i]] }
		$2 in known && !found { print $1; found = 1 }')
	[ -z "$base" ] || { echo "$base"; return; }
	tag=$(lab_git -C "$path" describe --tags --abbrev=0 --match 'v[0-9]*' "$commit" 2>/dev/null) ||
		die "$name: $path has no release tag before '$commit', so its base is unknown: say $path@BASE..REV"
	commit_of "$name" "$path" "$tag"
}

# source_of NAME PATH COMMIT: the name of the source in the cache with the content of COMMIT, fetched
# there if need be.
source_of() {
	local name=$1 path=$2 commit=$3 tree known
	tree=$(lab_git -C "$path" rev-parse "$commit^{tree}")
	for known in "$PINLAB_CACHE"/sources/*/git-tree; do
		[ "$(cat "$known" 2>/dev/null)" != "$tree" ] || { basename "${known%/git-tree}"; return; }
	done
	lab_git -C "$path" cat-file -e "$commit:arch/x86/kvm/svm/sev.c" 2>/dev/null ||
		die "$name: $path at ${commit:0:12} is no Linux kernel with KVM's SEV code"
	[ -z "$PRINT" ] || die "$name is not built: run kernels/build.sh without --print"
	cache_build "$PINLAB_CACHE/sources/git-${tree:0:16}" fetch_commit "$path" "$commit" "$tree"
	echo "git-${tree:0:16}"
}

fetch_commit() {
	mkdir "$OUT/tree"
	step "unpacking ${2:0:12} of $1" archive_commit "$1" "$2" "$OUT/tree"
	printf '%s\n' "${2:0:12}" >"$OUT/version"
	printf '%s\n' "$3" >"$OUT/sha256"
}
archive_commit() { lab_git -C "$1" archive --format=tar "$2" | tar -xC "$3"; }

# check_names FILE...: no name in these patches or mboxes may lead out of the tree. Lines of hunks are
# no names.
check_names() {
	local found
	[ $# -gt 0 ] || return 0
	found=$(awk '
		function count(range) { return split(range, n, ",") > 1 ? n[2] : 1 }
		FNR == 1 { old = new = 0 }
		old > 0 || new > 0 {
			old -= !/^[+\\]/
			new -= !/^[-\\]/
			next
		}
		/^@@ -[0-9]+(,[0-9]+)? \+[0-9]+(,[0-9]+)? @@/ { old = count($2); new = count($3) }
		/^(diff --git|---|\+\+\+|(rename|copy) (from|to)) / &&
			/[ "\/]\.\.([\/" \t\r]|$)| "?[ab]\/\/| (from|to) "?\// { print FILENAME ":" FNR ": " $0; exit }' "$@")
	[ -z "${WORK:-}" ] || found=${found/#"$WORK/series"/"$SPEC_SERIES"}
	[ -z "$found" ] || die "${found%%: *}: a name that leads out of the tree: '${found#*: }'"
}

# check_series: does a user's series apply? Told before anything is built.
check_series() {
	source_index "$SOURCE"
	patched_tree "$SOURCE" "${PATCHES[@]}" >/dev/null && return
	die "$(<"$WORK/failed") does not apply to $BASE $VERSION: $(sed -n -e '/: patch does not apply$/d' \
		-e 's/^error: \(patch failed: \)*//p' "$WORK/apply" | paste -sd' ')"
}

# user_series SERIES: the patches of a folder, patch file or mbox into PATCHES.
user_series() {
	local f n=0 mail
	[ -d "$1" ] || check_names "$1"
	if [ -d "$1" ]; then
		while IFS= read -r f; do
			! grep -q '^diff --git ' "$f" || PATCHES+=("$f")
		done < <(find "$1" -maxdepth 1 -name '*.patch' | sort)
	elif [ "$(grep -c '^From [^ ]* ... ... .. ..:..:..' "$1")" -gt 1 ]; then
		mkdir -p "$WORK/mails" "$WORK/series"
		lab_git mailsplit -o"$WORK/mails" "$1" >/dev/null || die "$NAME: $1 is no mbox"
		for mail in "$WORK"/mails/*; do
			lab_git mailinfo -k "$WORK/text" "$WORK/diff" <"$mail" >"$WORK/info" 2>/dev/null || :
			grep -q '^diff --git ' "$WORK/diff" || continue
			! grep -q '^Subject: [Rr][Ee]:' "$WORK/info" || continue
			n=$((n + 1))
			f=$(sed -n 's/^Subject: *//p' "$WORK/info" | sed -e 's/^\(\[[^]]*\] *\)*//' -e 's/[^A-Za-z0-9]\+/-/g' | cut -c1-52)
			f=$WORK/series/$(printf '%04d' $n)-$f.patch
			cat "$WORK/diff" >"$f"
			PATCHES+=("$f")
		done
	else
		PATCHES+=("$1")
	fi
	[ ${#PATCHES[@]} -gt 0 ] || die "$NAME: no patch in $1"
	check_names "${PATCHES[@]}"
}

# commit_ids PATH BASE COMMIT: what kernel.json says of the commits between, oldest first.
commit_ids() {
	local id commit sep=
	lab_git -C "$1" log --reverse --no-merges -n 500 -p --no-renames --format='commit %H' "$2..$3" |
		lab_git patch-id --stable |
		while read -r id commit; do
			printf '%s\n    {"commit": "%s", "patch": %s, "id": "%s"}' "$sep" "$commit" \
				"$(json_string "$(subject_of "$1" "$commit")")" "$id"
			sep=,
		done >"$WORK/commit-ids"
}

subject_of() { lab_git -C "$1" log -1 --format=%s "$2" | tr -d '\000-\037'; }

# git_kernel NAME: what SPEC_* say of a git tree into BASE, PATCHES, COMMIT, BASE_COMMIT, BASE_TREE. A
# series on top is held against the revision that it is applied to.
git_kernel() {
	local name=$1 path=$SPEC_PATH from
	COMMIT=$(commit_of "$name" "$path" "$SPEC_REV")
	if [ -n "$SPEC_SERIES" ]; then
		from=$(base_of "$name" "$path" "$SPEC_BASE" "$COMMIT" 2>/dev/null) || from=$COMMIT
		BASE_COMMIT=$COMMIT
	else
		from=$(base_of "$name" "$path" "$SPEC_BASE" "$COMMIT")
		BASE_COMMIT=$from
	fi
	[ -z "$OF_BASE" ] || COMMIT=$BASE_COMMIT
	BASE_TREE=$(lab_git -C "$path" rev-parse "$BASE_COMMIT^{tree}")
	[ "$SPEC_REV" != HEAD ] || [ -n "$PRINT$OF_BASE" ] || lab_git -C "$path" diff-index --quiet HEAD -- 2>/dev/null ||
		say "note: $path has changes that are not committed: '$name' is without them"
	BASE=$(source_of "$name" "$path" "$from")
	lab_git -C "$path" diff --no-renames --full-index --no-ext-diff --no-textconv --src-prefix=a/ --dst-prefix=b/ \
		"$from" "$COMMIT" >"$WORK/changes.diff" || die "$name: cannot tell what changed in $path"
	if grep -q '^Binary files ' "$WORK/changes.diff"; then
		BASE=$(source_of "$name" "$path" "$COMMIT")
	elif [ -s "$WORK/changes.diff" ]; then
		PATCHES=("$WORK/changes.diff")
	fi
	commit_ids "$path" "$BASE_COMMIT" "$COMMIT"
	WHAT="git ${COMMIT:0:12} $(subject_of "$path" "$COMMIT")"
}

# The lab's configuration for a kernel of this version, of a kernel that has no file.
lab_fragments() {
	local version
	version=$(awk '/^VERSION =/ { v = $3 } /^PATCHLEVEL =/ { print v "." $3; exit }' \
		"$PINLAB_CACHE/sources/$BASE/tree/Makefile")
	FRAGMENTS=("$HERE/config/lab.config")
	[ ! -f "$HERE/config/lab-$version.config" ] || FRAGMENTS+=("$HERE/config/lab-$version.config")
}

# user_kernel NAME SPEC: a kernel of a user's; with OF_BASE, what it is held against. STRATEGY and
# FRAGMENTS are set if kernels/NAME.kernel says them. SPEC becomes what --kernel NAME= takes elsewhere.
user_kernel() {
	local name=$1 strategy=$STRATEGY fragments=(${FRAGMENTS[@]+"${FRAGMENTS[@]}"}) n
	work_dir
	split_spec "$name" "$2"
	PATCHES=() SERIES=''
	if [ -n "$SPEC_KERNEL" ]; then
		read_kernel "$SPEC_KERNEL"
		strategy=${strategy:-$STRATEGY}
	else
		git_kernel "$name"
		STRATEGY=upfront
		[ ${#fragments[@]} -gt 0 ] || lab_fragments
	fi
	[ ${#fragments[@]} -eq 0 ] || FRAGMENTS=("${fragments[@]}")
	[ -z "$OF_BASE" ] || return 0
	SPEC=${SPEC_KERNEL:-TREE@${COMMIT:0:12}}
	STRATEGY=${strategy:-upfront}
	[ -n "$SPEC_SERIES" ] || return 0
	SPEC=$SPEC+$(basename "$SPEC_SERIES")
	n=${#PATCHES[@]}
	user_series "$SPEC_SERIES"
	SERIES="${SERIES:+$SERIES + }$(basename "$SPEC_SERIES")"
	WHAT="$WHAT + $((${#PATCHES[@]} - n)) of $(basename "$SPEC_SERIES")"
}
