#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Users' own kernels, and the first use of them: git bisect finds the commit of a kernel's tree that
# made nested page faults dearer. The tree's base is Debian's source, of which nothing is built again.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

kernels/build.sh v6.12 >/dev/null 2>&1
source=${PINLAB_CACHE:-$HOME/.cache/pinlab}/sources/linux-source-6.12
repo=$work/linux.git
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
export GIT_AUTHOR_DATE='1600000000 +0000' GIT_COMMITTER_DATE='1600000000 +0000'
g()
{
	git --git-dir="$repo" "$@"
}

# A repository of the source that holds only the files that change: nobody reads the others.
g init -q --bare
cp "$source/git-index" "$repo/index"
tip=$(g commit-tree -m "Linux 6.12" "$(g write-tree --missing-ok)")
g tag base "$tip"

change()	# SUBJECT FILE SED-SCRIPT
{
	local file=arch/x86/kvm/svm/$2 id
	[ -f "$work/$2" ] || {
		cp "$source/tree/$file" "$work/$2"
		g hash-object -w "$work/$2" >/dev/null
	}
	cp "$work/$2" "$work/before"
	sed -i "$3" "$work/$2"
	! cmp -s "$work/before" "$work/$2" || not_ok "$1" "changes nothing"
	id=$(g hash-object -w "$work/$2")
	g update-index --cacheinfo "100644,$id,$file"
	tip=$(g commit-tree -p "$tip" -m "KVM: SVM: $1" "$(g write-tree --missing-ok)")
}

change "Spell synthetic" svm.c 's/sythentic flags/synthetic flags/'
change "Name the result of a nested page fault" svm.c '/^static int npf_interception/,/^}/s/\brc\b/ret/'
change "Say what cannot be pinned" sev.c 's/pr_err("SEV: Failure locking/pr_err("SEV: Cannot pin/'
change "Look for the memslot of a nested page fault" svm.c \
	'/^static int npf_interception/,/^}/s/^\ttrace_kvm_page_fault.*/\tkvm_is_visible_gfn(vcpu->kvm, gpa_to_gfn(fault_address));\n&/'
planted=$tip
change "Say what is not supported" svm.c 's/Nested Paging %sabled/Nested paging %sabled/'
change "Mark the module" svm.c '/^module_exit/aMODULE_INFO(pinlab, "marked");'
change "Mark the module again" svm.c '/^module_exit/aMODULE_INFO(again, "marked");'
g update-ref refs/heads/master "$tip"

cat >"$work/touch.conf" <<-EOT
	[matrix]
	kernels   = v6.12
	guests    = sev
	memory    = 16M
	workloads = touch-seq
EOT
bad()	# WHAT SPEC MESSAGE
{
	"$runner" --matrix "$work/touch.conf" -o "$work/bad" --no-plots --kernel "linux=$2" >"$work/out" 2>&1
	check "$1: status" 2 $?
	check "$1: one line that names it" 1 "$(grep -c -e "^pinlab: .*$3" "$work/out")"
	check "$1: nothing is written" no "$([ -e "$work/bad" ] && echo yes || echo no)"
}
bad "no git tree" /proc "'/proc' is neither a git tree nor one of the kernels"
bad "no such revision" "$repo@nix" "linux.git has no revision 'nix'"
bad "no such series" "v6.12+$work/nix" "there is no patch, mbox or folder"
bad "no such series on a tree" "$repo@base+$work/nix" "there is no patch, mbox or folder"
cp tests/planted/one-instruction.patch "$work/on top.patch"
check "a series on a tree's revision is known for one" "kernels/build.sh: linux is not built: run kernels/build.sh linux" \
	"$(kernels/build.sh --print --kernel "linux=$repo@base+$work/on top.patch" linux 2>&1)"
bad "a series that does not apply" "v6.12+kernels/series/spte/v6.1/0002-KVM-x86-mmu-Account-for-pins-that-SPTEs-own.patch" \
	"0002-KVM-x86-mmu-Account-for-pins-that-SPTEs-own.patch does not apply to linux-source-6.12 .*arch/x86/include/asm/kvm_host.h:1455"
printf '%s\n' 'diff --git a/../../out b/../../out' 'new file mode 100644' 'index 0000000..d00491f' '--- /dev/null' \
	'+++ b/../../out' '@@ -0,0 +1 @@' '+1' >"$work/out.patch"
bad "a patch that leads out of the tree" "v6.12+$work/out.patch" \
	"out.patch:1: a name that leads out of the tree: 'diff --git a/../../out b/../../out'"

matrix_file good "$work/touch.conf" -j1 --no-plots --kernel "linux=$repo@base" --filter 'linux-[!b]*'
check "the tree's base runs" 0 $?
check "its content is known: it is the build of Debian's source" "pristine linux-source-6.12" \
	"$(jq -r '.kernels.linux | "\(.scope) \(.base)"' "$work/good/run/run.json")"
check "the run says which tree and commit" "$(g rev-parse 'base^{tree}') $(g rev-parse base)" \
	"$(jq -r '.kernels.linux | "\(.tree) \(.commit)"' "$work/good/run/run.json")"
check "and what --kernel takes elsewhere" "TREE@$(g rev-parse base | cut -c1-12)" \
	"$(jq -r .kernels.linux.spec "$work/good/run/run.json")"

start=$SECONDS
g bisect start --no-checkout master base >/dev/null
(cd "$repo" && git bisect run "$lab/runner/bisect-step.sh" "$work/good/run" "$work/touch.conf" \
	'judge=npf_first_p50_ns' -j1) >"$work/bisect" 2>&1
check "git bisect run: status" 0 $?
sed 's/^/# /' "$work/bisect" | grep -E 'Bisecting|WORSE|SAME|same|first bad|p50' | head -n 30
echo "# bisected in $((SECONDS - start)) s"
check "it finds the planted commit" "$planted is the first bad commit" "$(grep 'is the first bad commit' "$work/bisect")"
