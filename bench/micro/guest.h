// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the VMM and the guest's code agree on.
 *
 * Guest-physical memory: page 0 is the stacks, then code, parameters and page tables; the pages
 * from guest_params.first_page on are data. All of it is identity-mapped, private (C-bit set) in an
 * SEV guest. MODE_VIEWS and MODE_CHURN map all of it a second time, SHARED_VIEW bytes higher and
 * without the C-bit.
 *
 * Each vCPU touches a share of the pages of its own. The order of a pass over it: sequential is 0,
 * 1, 2, ... Random is the linear congruential generator
 *	x' = (mult * x + inc) mod 2^k,	2^k the least power of two >= share,
 * whose period is 2^k when inc is odd and mult mod 4 = 1 (Hull and Dobell, "Random Number
 * Generators", SIAM Review 4, 1962; Knuth, TAOCP vol. 2, 3.2.1.2, theorem A), so that it meets
 * every x in [0, 2^k) once; an x beyond the share is stepped over. Each page thus comes exactly
 * once a pass, with no table in the guest whose own pages would fault.
 */
#ifndef PINLAB_GUEST_H
#define PINLAB_GUEST_H

#define GUEST_PAGE	4096UL
#define PAGE_WORDS	512UL
#define ENTRY_GPA	0x1000UL
#define PARAMS_GPA	0x2000UL
#define SHARED_VIEW	(1UL << 39)	/* the second entry of the PML4 */
#define STACK_BYTES	512UL		/* of a vCPU; the first one's is the highest */
#define PAYLOAD_MAGIC	0x64616f6c79617021UL

/*
 * A guest's registers are the host's to read and write with plain SEV, so that OUT and IN need no
 * shared page. What they transfer is 32 bits wide.
 */
#define PORT_READY	0x10	/* the guest has touched all of its image; value 0 */
#define PORT_PASS	0x11	/* a pass is done; value: pages that had wrong data */
#define PORT_COMMAND	0x12	/* IN: what to do next, COMMAND(command, argument) */
#define PORT_RESULT	0x13	/* what it came to */

#define COMMAND(command, arg)	((command) | (arg) << 8)

enum guest_mode {
	MODE_TOUCH,
	MODE_HAZARD,	/* all but MODE_TOUCH serve commands */
	MODE_VIEWS,
	MODE_TORTURE,
	MODE_CHURN,
};

/* p is the private and s the shared view of the data, a number is a page of it. */
enum guest_command {
	/* Write the first pages of the data; the argument is how many, 0: all. Result 0. */
	CMD_WRITE,
	/* Pages that have other data than was written; then, of the same pass, bytes. */
	CMD_VERIFY, CMD_WRONG_BYTES,

	/* Words of the page that are as they were written through p: read by p, read by s. */
	CMD_EQUAL_PRIVATE, CMD_EQUAL_SHARED,
	/* The same, with both views of one page in turns. */
	CMD_TURNS_PRIVATE, CMD_TURNS_SHARED,
	/* s[page] = s[page]; then CMD_EQUAL_PRIVATE. */
	CMD_COPY_IN_PLACE,
	/* s[page + 1] = s[page]; words of p[page + 1] that are those of p[page]. */
	CMD_COPY_TO_NEXT,
	/* Write the page through s; words that p reads of it. */
	CMD_WRITE_SHARED,
	/* The sum of results of a function that is called by an address without the C-bit. */
	CMD_FETCH_SHARED,
	/* Bytes of the page that are other than written through p. */
	CMD_DIFFERENT_BYTES,
	/* guest_sum() of the page, read by p. */
	CMD_SUM,

	/*
	 * Of areas, each guest_params.pages long and one behind the other. A word a cache line
	 * is written and verified, another for each generation. The argument is
	 * AREA_ARG(area, generation) or PAGE_ARG(page, generation); the results are pages that
	 * are wrong.
	 */
	CMD_AREA_WRITE, CMD_AREA_VERIFY, CMD_PAGE_WRITE, CMD_PAGE_VERIFY,

	/*
	 * Clear and set again, or the other way round: CR0.WP, CR4.PSE, EFER.NXE; or read CR0
	 * twice. The argument is how often beyond once.
	 */
	CMD_FLIP_CR0_WP, CMD_FLIP_CR4_PSE, CMD_FLIP_EFER_NXE, CMD_READ_CR0,
	/*
	 * Write a page by the view that the data is not written through, then again by the one
	 * that it is; the pages in turns. The argument is as before.
	 */
	CMD_CONVERT,
	GUEST_COMMANDS,
};

#define AREA_ARG(area, generation)	((area) | ((generation) & 0xff) << 8)
#define PAGE_ARG(page, generation)	((page) | ((generation) & 0xff) << 16)
#define LINE_WORDS	8UL

/* CMD_FETCH_SHARED calls 3 * x + 1 with x from 1 to this. */
#define FETCH_CALLS	8

struct guest_params {
	unsigned long magic;
	unsigned long mode;		/* enum guest_mode */
	unsigned long image_pages;	/* page 0 up to the end of the page tables */
	unsigned long first_page;
	unsigned long pages;		/* to touch in each pass */
	unsigned long share;		/* of them, for each vCPU */
	unsigned long passes;
	unsigned long write;	/* the first pass writes, later ones verify; else all read */
	unsigned long random;
	unsigned long mask;		/* 2^k - 1 */
	unsigned long mult, inc, start;
	unsigned long key;		/* of the data written */
	unsigned long equal;		/* all pages get the same data */
	unsigned long shared;		/* the data is written through the shared view */
};

/* Word i of what is written with that key. */
static inline unsigned long guest_word(unsigned long key, unsigned long i)
{
	return (i + 1) * 0x9e3779b97f4a7c15UL ^ key;
}

/* Tells pages apart in 32 bits; of words, in order. */
static inline unsigned int guest_sum(unsigned int sum, unsigned long word)
{
	return (sum ^ (unsigned int)(word >> 32)) * 0x01000193 ^ (unsigned int)word;
}

#endif
