// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the VMM and the guest's code agree on.
 *
 * Guest-physical memory: page 0 is the stack, then code, parameters and page tables; the pages from
 * guest_params.first_page on are for touching. All of it is identity-mapped, private (C-bit set) in
 * an SEV guest.
 *
 * The order of a pass: sequential is 0, 1, 2, ... Random is the linear congruential generator
 *	x' = (mult * x + inc) mod 2^k,	2^k the least power of two >= pages,
 * whose period is 2^k when inc is odd and mult mod 4 = 1 (Hull and Dobell, "Random Number
 * Generators", SIAM Review 4, 1962; Knuth, TAOCP vol. 2, 3.2.1.2, theorem A), so that it meets
 * every x in [0, 2^k) once; an x >= pages is stepped over. Each page thus comes exactly once a
 * pass, with no table in the guest whose own pages would fault.
 */
#ifndef PINLAB_GUEST_H
#define PINLAB_GUEST_H

#define GUEST_PAGE	4096UL
#define ENTRY_GPA	0x1000UL
#define PARAMS_GPA	0x2000UL
#define PAYLOAD_MAGIC	0x64616f6c79617021UL

/*
 * A guest's registers are the host's to read with plain SEV, so OUT needs no shared page. The value
 * written is 32 bits wide.
 */
#define PORT_READY	0x10	/* the guest has touched all of its image; value 0 */
#define PORT_PASS	0x11	/* a pass is done; value: pages that had wrong data */

struct guest_params {
	unsigned long magic;
	unsigned long image_pages;	/* page 0 up to the end of the page tables */
	unsigned long first_page;
	unsigned long pages;		/* to touch in each pass */
	unsigned long passes;
	unsigned long write;	/* the first pass writes, later ones verify; else all read */
	unsigned long random;
	unsigned long mask;		/* 2^k - 1 */
	unsigned long mult, inc, start;
	unsigned long key;		/* of the data written */
};

#endif
