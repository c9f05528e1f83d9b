#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the kernels that kernels/NAME.kernel describe and prints where they are, a directory a line.
# What goes in is hashed; what is in the cache under that hash is not built again. See README.md.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$HERE/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$HERE/recipe.sh"
# shellcheck source-path=SCRIPTDIR
. "$HERE/git.sh"

STRATEGIES="upfront spte memslot nopin"

usage() {
	cat <<-END
	usage: kernels/build.sh [--print] [--selftests] [--kernel NAME=SPEC]... NAME...
	Builds kernels/NAME.kernel and prints the directory of each: bzImage, modules.cpio, kernel.json.
	  --print      build nothing: print the directory of an existing build, exit 2 if there is none
	  --selftests  the KVM selftests of that kernel's source instead: binaries and selftests.cpio
	  --kernel NAME=SPEC  a kernel of yours: a git tree (TREE, TREE@REV, TREE@BASE..REV), a series on
	               one (TREE@REV+SERIES) or on a kernel of the lab (v6.12+SERIES); SERIES is a folder
	               of patches, an mbox or a patch. NAME-base is then what it is held against
	Kernels: $(kernel_names)
	END
}

kernel_names() { (cd "$HERE" && printf '%s\n' *.kernel) | sed 's/\.kernel$//' | paste -sd' '; }

# read_kernel NAME: NAME.kernel into WHAT, BASE or GIT, STRATEGY and the arrays FRAGMENTS and PATCHES.
read_kernel() {
	local file=$HERE/$1.kernel n=0 line key value item
	declare -A at=() val=()
	[[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ && -f $file ]] ||
		die "no kernel '$1': there is no kernels/$1.kernel; the kernels are: $(kernel_names)"
	while IFS= read -r line || [ -n "$line" ]; do
		n=$((n + 1))
		[[ $line =~ ^[[:space:]]*([#\;].*)?$ ]] && continue
		[[ $line =~ ^[[:space:]]*([a-z_]+)[[:space:]]*=[[:space:]]*(.*[^[:space:]])?[[:space:]]*$ ]] ||
			die "$file:$n: '$line' is not 'key = value'"
		key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]:-}
		case $key in
		what | base | git | config | series | strategy) ;;
		*) die "$file:$n: unknown key '$key'; known: what, base, git, config, series, strategy" ;;
		esac
		[ -z "${at[$key]:-}" ] || die "$file:$n: '$key' was given in line ${at[$key]} already"
		at[$key]=$n val[$key]=$value
	done <"$file"
	[ -z "${val[git]:-}" ] || [ -z "${val[base]:-}" ] || die "$file:${at[git]}: 'git' and 'base': one of them"
	for key in what base config strategy; do
		[ "$key" != base ] || [ -z "${val[git]:-}" ] || continue
		[ -n "${val[$key]:-}" ] || die "$file:${at[$key]:-$n}: '$key' is missing or empty"
	done
	WHAT=${val[what]} BASE=${val[base]:-} STRATEGY=${val[strategy]} GIT=${val[git]:-}
	[ -n "$GIT" ] || [[ $BASE =~ ^linux-source-[0-9]+\.[0-9]+$ ]] ||
		die "$file:${at[base]}: base '$BASE' is not the name of a linux-source-X.Y package"
	[[ " $STRATEGIES " == *" $STRATEGY "* ]] ||
		die "$file:${at[strategy]}: strategy '$STRATEGY' is none of: $STRATEGIES"
	FRAGMENTS=()
	for item in ${val[config]//,/ }; do
		[ -f "$HERE/config/$item.config" ] ||
			die "$file:${at[config]}: there is no kernels/config/$item.config"
		FRAGMENTS+=("$HERE/config/$item.config")
	done
	PATCHES=() SERIES=${val[series]:-}
	if [ -n "$GIT" ]; then
		[[ $SERIES != *,* ]] || die "$file:${at[series]}: with 'git' there is one series"
		[[ $GIT = [/~]* ]] || GIT=$HERE/$GIT
		[[ -z $SERIES || $SERIES = [/~]* ]] || SERIES=$HERE/$SERIES
		GIT=$GIT${SERIES:+"+$SERIES"} SERIES=''
	fi
	for item in ${SERIES//,/ }; do
		n=${#PATCHES[@]}
		mapfile -t -O "$n" PATCHES < <(find "$HERE/$item/" -maxdepth 1 -name '[0-9][0-9][0-9][0-9]-*.patch' 2>/dev/null | sort)
		[ ${#PATCHES[@]} -gt "$n" ] ||
			die "$file:${at[series]}: no NNNN-*.patch in kernels/$item"
	done
	check_names ${PATCHES[@]+"${PATCHES[@]}"}
}

# read_source BASE: VERSION and SHA256 of the source in the cache; fails if there is none.
read_source() {
	SOURCE=$PINLAB_CACHE/sources/$1
	[ -d "$SOURCE" ] && VERSION=$(<"$SOURCE/version") && SHA256=$(<"$SOURCE/sha256")
}

fetch_source() {
	local deb
	need apt-get=apt dpkg-deb=dpkg xz=xz-utils
	apt-cache show --no-all-versions "$BASE" >/dev/null 2>&1 ||
		die "apt knows no package $BASE: apt-get update, or a release that has it (Debian 12 with security updates)"
	step "fetching $BASE" env -C "$OUT" apt-get -q -o APT::Sandbox::User=root download "$BASE"
	deb=$(echo "$OUT"/*.deb)
	dpkg-deb -f "$deb" Version >"$OUT/version"
	sha256sum "$deb" | cut -d' ' -f1 >"$OUT/sha256"
	step "unpacking ${deb##*/}" recipe_source "$deb" "$OUT/tree"
	rm "$deb"
}

# The lines that name all that goes into a build; their hash is its key.
tools_id() { printf '%s\n' "recipe $(hash_of "$HERE/recipe.sh")" "$(gcc --version | head -n1)" "$(ld --version | head -n1)"; }
source_id() { printf '%s\n' "$BASE $VERSION $SHA256"; }
config_id() { for f in "${FRAGMENTS[@]}"; do printf '%s\n' "config $(hash_of "$f")"; done; }
series_id() { for f in ${PATCHES[@]+"${PATCHES[@]}"}; do printf '%s\n' "patch ${f##*/} $(hash_of "$f")"; done; }

# Where things are, once read_kernel and read_source have run.
tree_dir() { echo "$PINLAB_CACHE/trees/$BASE-$({ tools_id; source_id; config_id; } | hash_of)"; }
kernel_dir() {
	echo "$PINLAB_CACHE/kernels/$1-$({
		tools_id; source_id; config_id; series_id
		printf '%s\n' "$1" "$WHAT" "$STRATEGY" "$SERIES"
	} | hash_of)"
}
# Selftests are built from the series only if it touches what they are made of.
selftests_patches() {
	[ ${#PATCHES[@]} -eq 0 ] || touched_files | grep -qE '^tools/|(^|/)uapi/' || PATCHES=()
}
selftests_dir() { echo "$PINLAB_CACHE/selftests/$BASE-$({ tools_id; source_id; series_id; } | hash_of)"; }

# Does the series stay within KVM, so that only its modules can change? Documentation and user space
# do not count. Headers that the kernel image uses too are looked at by recipe_image_change.
series_is_kvm_only() {
	local f
	for f in "${TOUCHED[@]}"; do
		case $f in
		*Kconfig) return 1 ;;
		arch/x86/kvm/* | virt/kvm/* | include/linux/kvm*.h | include/kvm/*.h | include/trace/events/kvm.h) ;;
		include/uapi/linux/kvm*.h | arch/x86/include/asm/kvm*.h | arch/x86/include/uapi/asm/kvm*.h) ;;
		arch/x86/include/asm/svm.h | arch/x86/include/uapi/asm/svm.h) ;;
		Documentation/* | tools/* | MAINTAINERS) ;;
		*) return 1 ;;
		esac
	done
}

touched_files() {
	sed -nE -e 's/^(---|\+\+\+) [ab]\/([^\t]*).*/\2/p' -e 's/^rename (from|to) (.*)/\2/p' "${PATCHES[@]}" | sort -u
}

# Writes the fragments to $OUT/config, less the lines whose option a later one sets; line numbers stay.
layer_fragments() {
	local i f
	mkdir "$OUT/config"
	for i in "${!FRAGMENTS[@]}"; do
		f=${FRAGMENTS[i]}
		awk -F= -v own="$f" 'FILENAME != own { later[$1]; next }
			{ print /^CONFIG_/ && $1 in later ? "" : $0 }' \
			"${FRAGMENTS[@]:i+1}" "$f" >"$OUT/config/${f##*/}"
	done
}

build_tree() {
	say "source: $BASE $VERSION"
	recipe_clone "$SOURCE/tree" "$OUT/tree"
	[ "$1" = pristine ] || recipe_patch "$OUT/tree" "${PATCHES[@]}"
	layer_fragments
	(cd "$OUT" && recipe_configure "$OUT/tree" "${FRAGMENTS[@]/#*\//config/}") || exit
	rm -r "$OUT/config"
	recipe_build "$OUT/tree"
}

# Leaves a built tree in $OUT/tree, or SCOPE=kernel if the series turns out to change the kernel image.
build_module_variant() {
	local change
	say "module variant of ${TREE##*/}"
	recipe_clone "$TREE/tree" "$OUT/tree"
	recipe_patch "$OUT/tree" "${PATCHES[@]}"
	change=$(recipe_image_change "$OUT/tree" "${TOUCHED[@]}")
	if [ -z "$change" ]; then
		recipe_build_kvm "$OUT/tree"
	else
		say "the series changes the kernel image too ($change): building all of it"
		SCOPE=kernel
		rm -rf "$OUT/tree"
	fi
}

json_string() { local s=${1//\\/\\\\}; printf '"%s"' "${s//\"/\\\"}"; }

kernel_json() {
	local tree=$1 f sep=
	printf '{\n  "name": %s,\n  "what": %s,\n' "$(json_string "$NAME")" "$(json_string "$WHAT")"
	printf '  "release": %s,\n' "$(json_string "$(<"$tree/build/include/config/kernel.release")")"
	printf '  "base": "%s",\n  "base_version": "%s",\n  "base_sha256": "%s",\n' "$BASE" "$VERSION" "$SHA256"
	printf '  "config_sha256": "%s",\n' "$(sha256sum <"$tree/build/.config" | cut -d' ' -f1)"
	printf '  "strategy": "%s",\n  "scope": "%s",\n' "$STRATEGY" "$SCOPE"
	printf '  "series": %s,\n  "patches": [' "$(json_string "$SERIES")"
	for f in ${PATCHES[@]+"${PATCHES[@]}"}; do
		printf '%s\n    {"name": %s, "sha256": "%s"}' "$sep" "$(json_string "${f##*/}")" \
			"$(sha256sum <"$f" | cut -d' ' -f1)"
		sep=,
	done
	printf '],\n  "compiler": %s,\n' "$(json_string "$(gcc --version | head -n1)")"
	printf '  "linker": %s,\n  "key": "%s"\n}\n' "$(json_string "$(ld --version | head -n1)")" "${DIR##*-}"
}

build_kernel() {
	local tree=$OUT/tree
	SCOPE=pristine
	if [ ${#PATCHES[@]} -eq 0 ]; then
		cache_build "$TREE" build_tree pristine
		tree=$TREE/tree
	else
		mapfile -t TOUCHED < <(touched_files)
		SCOPE=kernel
		if series_is_kvm_only; then
			cache_build "$TREE" build_tree pristine
			SCOPE=modules
			build_module_variant
		fi
		[ $SCOPE = modules ] || build_tree patched
	fi
	cp "$tree/build/arch/x86/boot/bzImage" "$tree/build/.config" "$OUT/"
	mv "$OUT/.config" "$OUT/config"
	step "packing modules" recipe_modules "$tree" "$OUT/stage"
	pack_cpio "$OUT/stage" "$OUT/modules.cpio"
	kernel_json "$tree" >"$OUT/kernel.json"
	rm -rf "$OUT/tree" "$OUT/stage"
}

build_selftests() {
	say "source: $BASE $VERSION"
	recipe_clone "$SOURCE/tree" "$OUT/tree"
	[ ${#PATCHES[@]} -eq 0 ] || recipe_patch "$OUT/tree" "${PATCHES[@]}"
	mkdir -p "$OUT/tree/build" "$OUT/stage/selftests"
	step "building the KVM selftests (some minutes)" \
		recipe_selftests "$OUT/tree" "$OUT/obj" "$OUT/stage/selftests"
	pack_cpio "$OUT/stage" "$OUT/selftests.cpio"
	mv "$OUT"/stage/selftests/* "$OUT/"
	rm -rf "$OUT/tree" "$OUT/obj" "$OUT/stage"
}

need_build_tools() {
	need gcc=build-essential make=build-essential patch=patch flex=flex bison=bison bc=bc lz4=lz4 \
		cpio=cpio depmod=kmod flock=util-linux
	gcc -E -x c -include gelf.h /dev/null >/dev/null 2>&1 || die "missing headers: apt-get install libelf-dev"
}

# define_kernel NAME: all that a build of it takes, from its file or from --kernel.
define_kernel() {
	local name=$1 spec=${GIVEN[$1]:-}
	BASE_COMMIT='' BASE_TREE='' COMMIT='' OF_BASE='' SPEC='' SPEC_SERIES='' GIT='' STRATEGY='' FRAGMENTS=()
	if [ -z "$spec" ] && [ ! -f "$HERE/$name.kernel" ] && [[ $name = *-base ]]; then
		name=${name%-base} OF_BASE=1
		spec=${GIVEN[$name]:-}
		[ -n "$spec" ] || [ -f "$HERE/$name.kernel" ] || name=$1
	fi
	if [ -z "$spec" ] || [ -f "$HERE/$name.kernel" ]; then
		read_kernel "$name"
	fi
	spec=${spec:-$GIT}
	if [ -n "$spec" ]; then
		user_kernel "$name" "$spec"
	elif [ -n "$OF_BASE" ]; then
		die "no kernel '$1': kernels/$name.kernel is of no git tree"
	fi
}

# make_one NAME: prints its directory, after building it unless this is --print.
make_one() {
	NAME=$1
	define_kernel "$NAME"
	if ! read_source "$BASE"; then
		[ -z "$PRINT" ] || die "$NAME is not built: run kernels/build.sh $NAME"
		need git=git
		cache_build "$SOURCE" fetch_source
		read_source "$BASE"
	fi
	[ -z "$SPEC_SERIES" ] || [ -n "$OF_BASE" ] || check_series
	TREE=$(tree_dir)
	if [ -n "$SELFTESTS" ]; then selftests_patches; DIR=$(selftests_dir); else DIR=$(kernel_dir "$NAME"); fi
	if [ ! -d "$DIR" ]; then
		[ -z "$PRINT" ] || die "$NAME is not built: run kernels/build.sh ${SELFTESTS:+--selftests }$NAME"
		need_build_tools
		cache_build "$DIR" "build_${SELFTESTS:-kernel}"
	fi
	add_provenance "$DIR"
	printf '%s\n' "$DIR"
}

give_kernel() {
	[[ $1 =~ ^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$ ]] || die "--kernel '$1': not NAME=TREE[@REV] or NAME=BASE+SERIES"
	GIVEN[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
}

PRINT='' SELFTESTS='' NAMES=()
declare -A GIVEN=()
while [ $# -gt 0 ]; do
	case $1 in
	--print) PRINT=1 ;;
	--selftests) SELFTESTS=selftests ;;
	--kernel) give_kernel "${2:-}"; shift ;;
	-h | --help) usage; exit ;;
	-*) die "unknown option $1 (see --help)" ;;
	*) NAMES+=("$1") ;;
	esac
	shift
done
[ ${#NAMES[@]} -gt 0 ] || { usage >&2; exit 2; }
for arg in "${NAMES[@]}"; do make_one "$arg"; done
