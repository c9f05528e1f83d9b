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

struct launchphase {
	bool running;		/* the guest was entered */
	uint32_t tid;		/* in the ioctl; 0: none is */
};

/* Each returns true when a phase starts, with *phase set; its time is that of the event. */
bool launchphase_enter(struct launchphase *l, uint32_t tid, uint64_t cmd, enum phase *phase);
bool launchphase_exit(struct launchphase *l, uint32_t tid, enum phase *phase);
bool launchphase_run(struct launchphase *l, enum phase *phase);

#endif
