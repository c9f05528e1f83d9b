#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A series that stays within KVM rebuilds only KVM's modules: same kernel image, in seconds.
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

cp -a kernels "$work/kernels"
mkdir -p "$work/kernels/series/renamed"
cat >"$work/kernels/series/renamed/0001-KVM-SVM-say-SEV-in-other-words.patch" <<'EOT'
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: pinlab <pinlab@localhost>
Date: Thu, 1 Jan 2026 00:00:00 +0000
Subject: [PATCH] KVM: SVM: say 'SEV' in other words

---
--- a/arch/x86/kvm/svm/svm.c
+++ b/arch/x86/kvm/svm/svm.c
@@ -5691,3 +5691,4 @@
 
 module_init(svm_init)
 module_exit(svm_exit)
+MODULE_INFO(pinlab, "renamed");
EOT
cat >"$work/kernels/variant.kernel" <<-EOT
	what = a module variant, for a test
	base = linux-source-6.12
	config = lab
	series = series/renamed
	strategy = upfront
EOT
base=$("$work/kernels/build.sh" v6.12)
start=$SECONDS
variant=$("$work/kernels/build.sh" variant 2>"$work/log")
check "the variant builds" 0 $?
sed 's/^/# /' "$work/log" | tail -n 5
echo "# built in $((SECONDS - start)) s"
cmp "$base/bzImage" "$variant/bzImage"
check "its kernel image is the base's, bit for bit" 0 $?
! cmp -s "$base/modules.cpio" "$variant/modules.cpio"
check "its modules are not" 0 $?
grep -q 'pinlab=renamed' "$variant/modules.cpio"
check "they hold the patch" 0 $?

sed -i 's/module_exit(svm_exit)/no_such(line)/' "$work"/kernels/series/renamed/*.patch
"$work/kernels/build.sh" variant >/dev/null 2>"$work/log"
check "a series that does not apply: status" 2 $?
grep -q '0001-KVM-SVM-say-SEV-in-other-words.patch' "$work/log"
check "a series that does not apply: the patch is named" 0 $?
