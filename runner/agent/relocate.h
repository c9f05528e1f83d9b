// SPDX-License-Identifier: GPL-2.0-only
/*
 * Relocates the memory of a QEMU guest from outside, as a host does that compacts, collapses or
 * swaps. What moved is told by page frame (pagemap).
 */
#ifndef PINLAB_RELOCATE_H
#define PINLAB_RELOCATE_H

#include <stddef.h>
#include <stdint.h>

#include "agent.h"

struct relocation {
	enum boot_hazard how;
	char *filler;		/* memory that keeps others from using it, or NULL */
	size_t filler_bytes;
	int pidfd;		/* of the VMM */
	uintptr_t start;	/* of the guest's memory in the VMM */
	size_t pages;
	uint64_t *before, *after;	/* pagemap */
	size_t present, moved, swapped;
};

/* Make the host ready for it, before the VMM starts. 0, or -1 with the cell failed. */
int relocate_prepare(struct agent *a, struct relocation *r, enum boot_hazard how);

/*
 * Relocate all of the guest's memory; the VMM is paused. Sends the hazard_* metrics that this side
 * knows. 0, or -1 with the cell failed.
 */
int relocate_run(struct agent *a, struct relocation *r);

/* Give back what it holds. */
void relocate_free(struct relocation *r);

#endif
