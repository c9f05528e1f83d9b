// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_KVMCHECK_H
#define PINLAB_KVMCHECK_H

/*
 * Does KVM run a guest? /dev/kvm may open and still be of no use, so a VM with one vCPU executes
 * one HLT. Returns 0, or -errno with what failed in err (OPT_ERR_MAX bytes).
 */
int kvm_check(char *err);

#endif
