# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How a kernel is built. This file's content is part of every kernel's key: a change here rebuilds all.
# A tree is a source folder with the build folder inside it, so that kbuild sees relative paths only and
# a tree can be copied elsewhere and built on.

# Nothing of the caller's environment reaches the build, nor optional tools that leave their version in
# the configuration.
kmake() {
	env -i PATH="$PATH" HOME=/ LC_ALL=C TZ=UTC make "-j$(nproc)" \
		KBUILD_BUILD_TIMESTAMP='1970-01-01 00:00:00 UTC' KBUILD_BUILD_VERSION=1 \
		KBUILD_BUILD_USER=pinlab KBUILD_BUILD_HOST=pinlab LOCALVERSION= \
		ARCH=x86_64 PAHOLE=none RUSTC=none BINDGEN=none "$@"
}

# recipe_source DEB TREE: the kernel source inside a linux-source package.
recipe_source() {
	mkdir "$2"
	dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ --strip-components=1 -C "$2"
}

# recipe_clone FROM TO: a tree that shares unchanged sources with FROM by hard links. Build products
# are copied, as kbuild writes to them in place; patch replaces the files it changes. objtool alone
# records absolute paths: they are put right, or it and all that it looked at would be built again.
recipe_clone() {
	local was
	mkdir "$2"
	find "$1" -mindepth 1 -maxdepth 1 ! -name build -exec cp -al -t "$2" {} +
	[ -d "$1/build" ] || return 0
	cp -a --reflink=auto "$1/build" "$2/build"
	was=$(<"$2/build/.built-at")
	grep -rlZF --include='.*.cmd' -e "$was" "$2/build/tools" | xargs -0 sed -i "s|$was|$2|g"
	printf '%s\n' "$2" >"$2/build/.built-at"
}

# recipe_patch TREE PATCH...
recipe_patch() {
	local tree=$1 p out; shift
	for p; do
		out=$(patch -d "$tree" -p1 --fuzz=0 --force --no-backup-if-mismatch -r - <"$p" 2>&1) && continue
		printf '%s\n' "$out" >>"$LOG"
		die "$p does not apply to $BASE $VERSION: $(awk '/^patching file/ { f = $3 }
			/FAILED at|ignored|find file|malformed|garbage/ { printf "%s%s %s", s, f, $0; s = "; " }' <<<"$out")"
	done
}

# recipe_configure TREE FRAGMENT...: tinyconfig and the fragments; a line that got lost is an error.
recipe_configure() {
	local tree=$1 f n line; shift
	mkdir -p "$tree/build"
	step "configuring" kmake -C "$tree" O=build tinyconfig
	cat -- "$@" >>"$tree/build/.config"
	step "resolving the configuration" kmake -C "$tree" O=build olddefconfig
	for f; do
		n=0
		while IFS= read -r line; do
			n=$((n + 1))
			option_holds "$tree/build/.config" "$line" ||
				die "$f:$n: $line is not in the kernel's configuration after olddefconfig" \
					"(a dependency is missing, or another option selects it)"
		done <"$f"
	done
}

option_holds() {
	case $2 in
	CONFIG_*=n) ! grep -q "^${2%=n}=" "$1" ;;
	CONFIG_*) grep -qxF -e "$2" "$1" ;;
	esac
}

recipe_build() {
	step "building the kernel (some minutes)" kmake -C "$1" O=build bzImage modules
	printf '%s\n' "$1" >"$1/build/.built-at"
}

# recipe_affected TREE FILE...: what outside KVM was built from one of these files, relative to the build.
recipe_affected() {
	local tree=$1 f; shift
	for f; do
		(cd "$tree/build" && { grep -rlF --include='.*.cmd' --exclude-dir=tools --exclude-dir=scripts \
			-e "../$f " -e "../$f)" . || :; })
	done | sed -E -e 's|^\./||' -e 's|(^\|/)\.([^/]+)\.cmd$|\1\2|' -e '\:^(arch/x86|virt)/kvm/:d' | sort -u
}

# recipe_image_change TREE FILE...: the first object of the kernel image that changed with these files,
# nothing if the image is still the same. Builds again what was made from them and compares.
recipe_image_change() {
	local tree=$1 o old; shift
	old=$(mktemp -d -p "$OUT")
	while IFS= read -r o; do
		[ "$o" != "${o%.o}" ] || { echo "$o"; break; }
		cp "$tree/build/$o" "$old/object"
		step "checking $o" kmake -C "$tree" O=build "$o"
		cmp -s "$tree/build/$o" "$old/object" || { echo "$o"; break; }
	done < <(recipe_affected "$tree" "$@")
	rm -rf "$old"
}

# recipe_build_kvm TREE: KVM's modules alone, in a tree that was built before. The others are named too,
# as modpost has to know their symbols, but there is nothing to build for them.
recipe_build_kvm() {
	local order=$1/build/modules.order modules
	mapfile -t modules < <(sed 's/\.o$/.ko/' "$order")
	cp "$order" "$OUT/modules.order"
	step "building KVM's modules" kmake -C "$1" O=build "${modules[@]}"
	mv "$OUT/modules.order" "$order"
}

# recipe_modules TREE STAGE: modules and their index under STAGE/lib/modules, stripped of debug data.
recipe_modules() {
	kmake -C "$1" O=build INSTALL_MOD_PATH="$2" INSTALL_MOD_STRIP=1 modules_install
	rm -f "$2"/lib/modules/*/build "$2"/lib/modules/*/source
}

# recipe_selftests TREE OBJ OUT: every x86_64 KVM selftest that builds, linked statically, into OUT.
recipe_selftests() {
	local tree=$1 obj=$2 out=$3 t
	kmake -C "$tree" O=build headers
	kmake -k -C "$tree/tools/testing/selftests/kvm" OUTPUT="$obj" LDFLAGS=-static \
		KHDR_INCLUDES="-isystem $tree/build/usr/include" || echo "some selftests did not build" >&2
	find "$obj" -type f -perm -u+x ! -name '*.*' | while IFS= read -r t; do
		strip -o "$out/${t##*/}" "$t"
	done
}
