// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hazards: what a host does to memory that moves pages, merges them or takes them back. A row of
 * hazard_ops[] is one of them.
 */
#ifndef PINLAB_HAZARD_H
#define PINLAB_HAZARD_H

#include <sys/types.h>

#include "micro.h"

#define HUGE_2M		(2UL << 20)
#define HOST_PATH_MAX	128

struct hazard {
	const struct hazard_ops *ops;
	uint8_t *data;
	size_t pages, bytes;

	/* Page frames of the data, 0: none, before the relocation and when the guest verified. */
	uint64_t *before, *after;
	bool *spared;			/* pages that were not to move */

	/* Facts. */
	uint64_t moved, refused, returned, swapped, huge_pages;
	uint64_t ksm_shared, ksm_sharing;
	uint32_t corrupt_pages, corrupt_bytes, flipped_bytes;

	/* Host resources, given back by the undo of who took them. */
	uint8_t *filler;		/* memory that is freed for the relocation */
	size_t filler_bytes;
	int zram;			/* number of the device + 1 */
	char swap[32];			/* path of a swap device in use, or "" */
	int memfd;			/* + 1 */
	char block[HOST_PATH_MAX];	/* state of the memory block that goes offline */
	int block_index;
	struct {
		char path[HOST_PATH_MAX];
		char old[32];
	} saved[4];			/* host_set() */
	size_t nr_saved;
};

enum hazard_moves {
	MOVES_NONE,		/* need not move, or are merged */
	MOVES_UNPINNED,		/* some page that is not pinned must move */
	MOVES_ALL,		/* the VMM itself moves every page */
};

/* Each returns 0, or -1 with m->failure set; NULL: nothing to do. */
struct hazard_ops {
	/* Before guest memory is registered: of the host, and then, where the data is to be. */
	int (*prepare)(struct micro *m, struct hazard *h);
	int (*place)(struct micro *m, struct hazard *h);
	/* Take the data from the guest, which then writes it anew. */
	int (*discard)(struct micro *m, struct hazard *h);
	int (*relocate)(struct micro *m, struct hazard *h);
	/* Of intact data. NULL: what was to move must have moved. */
	int (*verdict)(struct micro *m, const struct hazard *h);
	unsigned int facts;	/* FACT_*: what it reports beyond the common ones */
	unsigned int keeps;	/* KEEPS_*: memory of this kind does not move, pinned or not */
	enum hazard_moves moves;
	bool equal;		/* all data pages are equal */
};

#define FACT_RETURNED	(1U << 0)
#define FACT_SWAPPED	(1U << 1)
#define FACT_KSM	(1U << 2)
#define FACT_HUGE	(1U << 3)
#define FACT_FLIPPED	(1U << 4)

#define KEEPS_THP	(1U << 0)
#define KEEPS_HUGETLB	(1U << 1)
#define KEEPS_MLOCK	(1U << 2)

extern const struct hazard_ops hazard_ops[HAZARDS];

/* hazard.c: is this guest's memory of a kind that the hazard does not move? */
bool hazard_keeps(const struct micro *m, const struct hazard *h);

/* hazard.c: fill frame[] with the page frames behind `pages` pages at addr, count those in swap. */
int hazard_frames(struct micro *m, const void *addr, size_t pages, uint64_t *frame,
		  uint64_t *swapped);
/* Count into h->returned the frames of h->before that the host has got back. */
int hazard_returned(struct micro *m, struct hazard *h);

/*
 * ram.c: what userspace does about guest memory. ram_back() puts reserved huge pages behind it,
 * whose number the host gets back by host_restore(); ram_prealloc() takes it, and may lock it.
 */
int ram_back(struct micro *m, struct hazard *host);
int ram_prealloc(struct micro *m);

/* hazard_vmm.c: by what the VMM itself does */
int fork_relocate(struct micro *m, struct hazard *h);
int memcpy_relocate(struct micro *m, struct hazard *h);
int mremap_relocate(struct micro *m, struct hazard *h);
int inplace_relocate(struct micro *m, struct hazard *h);
int collapse_relocate(struct micro *m, struct hazard *h);
int punch_discard(struct micro *m, struct hazard *h);
int fallocate_prepare(struct micro *m, struct hazard *h);
int fallocate_discard(struct micro *m, struct hazard *h);
int flip_relocate(struct micro *m, struct hazard *h);
int flip_verdict(struct micro *m, const struct hazard *h);

/* hazard_host.c: by what the host's kernel does */
int spread_prepare(struct micro *m, struct hazard *h);
int spread_place(struct micro *m, struct hazard *h);
int compact_relocate(struct micro *m, struct hazard *h);
int hugetlb_relocate(struct micro *m, struct hazard *h);
int ksm_relocate(struct micro *m, struct hazard *h);
int ksm_verdict(struct micro *m, const struct hazard *h);
int offline_prepare(struct micro *m, struct hazard *h);
int offline_place(struct micro *m, struct hazard *h);
int offline_relocate(struct micro *m, struct hazard *h);

/* hazard_swap.c: by way of a block device in memory */
int pageout_relocate(struct micro *m, struct hazard *h);
int odirect_relocate(struct micro *m, struct hazard *h);
void zram_undo(struct hazard *h);

/* hazard_psp.c */
int psp_copy_relocate(struct micro *m, struct hazard *h);

/*
 * hostfile.c: files of one value. host_set() keeps what stood there, and host_restore() writes it
 * back, the last first.
 */
int host_write(const char *path, const char *text);		/* 0 or -errno */
int host_read(const char *path, char *text, size_t len);	/* 0 or -errno */
long host_number(const char *path);				/* or -errno */
int host_set(struct micro *m, struct hazard *h, const char *path, const char *text);
void host_restore(struct hazard *h);
long host_free_pages(void);					/* MemFree, or -errno */
/* Free pages, those on the lists of each processor included, or -errno. */
long host_unused_pages(void);
/* Rss of a process, 0: of this one; exact (smaps_rollup). Or -errno. */
long process_rss_pages(pid_t pid);

#endif
