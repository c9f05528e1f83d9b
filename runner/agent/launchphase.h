// SPDX-License-Identifier: GPL-2.0-only
/*
 * The launch of a VMM that knows nothing of us, in phases, from its ioctls: every instant from
 * execve() to the first kvm_entry is define, register or launch; the first kvm_entry starts
 * firmware. Pure.
 */
#ifndef PINLAB_LAUNCHPHASE_H
#define PINLAB_LAUNCHPHASE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/record.h"

/*
 * KVM_MEMORY_ENCRYPT_REG_REGION and KVM_MEMORY_ENCRYPT_OP, as the filter of sys_enter_ioctl. A VMM
 * that keeps a request in an int (QEMU) passes it sign-extended.
 */
#define LAUNCHPHASE_FILTER \
	"cmd == 0x8010aebb || cmd == 0xffffffff8010aebb || " \
	"cmd == 0xc008aeba || cmd == 0xffffffffc008aeba"

struct launchphase {
	bool running;		/* the guest was entered */
	uint32_t tid;		/* in the ioctl; 0: none is */
};

/* Each returns true when a phase starts, with *phase set; its time is that of the event. */
bool launchphase_enter(struct launchphase *l, uint32_t tid, uint32_t cmd, enum phase *phase);
bool launchphase_exit(struct launchphase *l, uint32_t tid, enum phase *phase);
bool launchphase_run(struct launchphase *l, enum phase *phase);

#endif
