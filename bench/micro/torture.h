// SPDX-License-Identifier: GPL-2.0-only
/*
 * Torture: what a VMM and a host do to the memory of a guest that runs, round by round. A row of
 * torture_ops[] is one of them.
 *
 * Guest memory is three areas behind the image, each params.torture.pages long. WORK is in slot 0
 * with the image, TARGET in a slot and a registered region of its own, SPARE is a hole in the
 * guest's physical memory to which TARGET's slot can move.
 */
#ifndef PINLAB_TORTURE_H
#define PINLAB_TORTURE_H

#include <pthread.h>

#include "hazard.h"

enum torture_area { AREA_WORK, AREA_TARGET, AREA_SPARE, AREAS };

enum torture_backing { TORTURE_4K, TORTURE_MEMFD, TORTURE_THP_2M, TORTURE_HUGETLB_2M };

#define SLOT_IMAGE	0	/* and WORK */
#define SLOT_TARGET	1
#define SLOT_OTHER	2	/* of which the guest knows nothing */

/* Pages pinned and unpinned on the host since it booted. */
struct pins {
	uint64_t taken, dropped;
};

enum torture_event { EVENT_PIN, EVENT_DROP, EVENT_ZAP, EVENT_UNZAP, EVENT_FAULT, TORTURE_EVENTS };

/* Where a guest was when it was killed. */
enum torture_stage { STAGE_DEFINE, STAGE_LAUNCH, STAGE_RUN, STAGES };

#define HOLES		8
#define HOLE_PAGES_MAX	48

struct hole {
	uint32_t page, pages;		/* of TARGET */
};

/* A vCPU thread that writes and verifies an area for ever. */
struct runner {
	struct micro vcpu;		/* the VMM as that thread sees it, with its own failure */
	pthread_t thread;
	bool running, stop;
	enum torture_area data, area;	/* whose data, and where it is */
	uint32_t generation;		/* of the area's data */
	uint64_t passes;
	uint32_t wrong;			/* pages, the last time that there were any */
};

struct torture {
	const struct torture_ops *ops;
	struct hazard h;		/* TARGET, for hazards to relocate */
	size_t bytes;			/* of an area */
	enum torture_area at;		/* where the guest finds TARGET */
	uint32_t round;
	uint32_t generation[AREAS];	/* of the data in each */
	uint64_t random;
	struct runner runner;
	struct micro *other;		/* a second VM on the same memory, or NULL */
	struct hole holes[HOLES];
	bool registered;		/* TARGET is */
	bool orphaned;			/* pins are of a VM that only another one holds */
	pid_t child;
	uint64_t launch_ns, life_ns;	/* of a guest to its first and its second round */

	/* Rise since the VM was created: when all was touched, and of what is not TARGET. */
	struct pins base;
	uint64_t pinned_full, pinned_rest;
	uint64_t spare;			/* pins that may be there beyond these */
	int *event_fd;			/* nr_cpus for each event */
	int nr_cpus;
	bool event_known[TORTURE_EVENTS];

	/* Facts. */
	struct pins before, after;	/* the rounds */
	uint64_t events[TORTURE_EVENTS];
	uint64_t pinned_end, passes;
	int64_t stat_end, huge_sptes;	/* -1: this kernel has no such statistic */
	uint32_t corrupt_pages, rounds;
	uint32_t kills[STAGES];
};

/* Each returns 0, or -1 with m->failure set; NULL: nothing to do. */
struct torture_ops {
	/* Guest memory is there and not registered. */
	int (*prepare)(struct micro *m, struct torture *t);
	/* The guest has touched WORK, and nothing of TARGET. */
	int (*start)(struct micro *m, struct torture *t);
	/* Of each round: while the guest runs in `busy` (AREAS: while it stands still). */
	int (*stress)(struct micro *m, struct torture *t);
	/* Then, with the guest standing still, before its data is verified. */
	int (*settle)(struct micro *m, struct torture *t);
	/* After all rounds, before the last verification. */
	int (*finish)(struct micro *m, struct torture *t);
	enum torture_backing backing;
	enum torture_area busy;
	size_t margin;			/* bytes at each end of TARGET that are not registered */
	bool holes_under_it;		/* what the guest writes meanwhile may be lost */
};

extern const struct torture_ops torture_ops[TORTURES];

/* The pages of TARGET of which some byte at least is registered, where the guest registers it. */
static inline uint32_t torture_first(const struct torture *t)
{
	return t->ops->margin / GUEST_PAGE;
}

static inline uint32_t torture_pages(const struct torture *t)
{
	return t->h.pages - 2 * torture_first(t);
}

/* torture.c */
uint32_t torture_random(struct torture *t, uint32_t below);
void torture_pause(struct torture *t, uint32_t us_max);	/* of a pseudo-random length */
int torture_check(struct micro *m, struct torture *t);	/* the guest's data and the pins */
int torture_relocate(struct micro *m, struct torture *t);	/* of TARGET what is not pinned */
/* The same, then the guest's data, and last what was pinned before. */
int torture_move(struct micro *m, struct torture *t, const char *who);
/* Does KVM count as many pins as the host? */
int torture_check_stat(struct micro *m, struct torture *t, uint64_t held);
/* What is wrong is told with `who`. */
int torture_verify(struct micro *m, struct torture *t, enum torture_area area, const char *who);
int torture_write(struct micro *m, struct torture *t, enum torture_area area);
/* Maps TARGET to a guest physical area, with flags of KVM_MEM_*; no bytes: deletes the slot. */
int torture_slot(struct micro *m, const struct torture *t, enum torture_area at, size_t bytes,
		 uint32_t flags);
int torture_slots(struct micro *m, const struct torture *t);	/* of a new VM */
/* Returns 0 or -errno. */
int memslot_set(struct micro *m, uint32_t slot, uint64_t gpa, size_t offset, size_t bytes,
		uint32_t flags);
size_t torture_offset(const struct torture *t, enum torture_area area);

/* torture_pins.c */
int pins_read(struct micro *m, struct pins *pins);
/* Rise of pinned pages since the VM was created. */
int pins_held(struct micro *m, const struct torture *t, uint64_t *pages);
/* Wait for it to be that; what it then is in *pages. */
int pins_settle(struct micro *m, const struct torture *t, uint64_t want, uint64_t *pages);
int64_t vm_stat(const struct micro *m, const char *name);	/* -1: there is none */
void events_open(struct torture *t);
void events_start(struct torture *t);
void events_stop(struct torture *t);
void events_close(struct torture *t);

/* torture_runner.c */
int runner_start(struct micro *m, struct torture *t, enum torture_area area);
int runner_stop(struct micro *m, struct torture *t);

/* torture_slots.c */
int slot_delete_stress(struct micro *m, struct torture *t);
int slot_move_stress(struct micro *m, struct torture *t);
int slot_compact_stress(struct micro *m, struct torture *t);
int slot_compact_prepare(struct micro *m, struct torture *t);
/* TARGET's region. Unregistered, it must have no pins. */
int torture_unregister(struct micro *m, struct torture *t);
int torture_reregister(struct micro *m, struct torture *t);
int torture_renew(struct micro *m, struct torture *t);	/* new memory, which nobody has touched */
int region_start(struct micro *m, struct torture *t);
int region_stress(struct micro *m, struct torture *t);
int region_live_stress(struct micro *m, struct torture *t);
int late_region_stress(struct micro *m, struct torture *t);

/* torture_memory.c */
int torture_back(struct micro *m, struct torture *t);	/* TARGET, as the row says */
int punch_stress(struct micro *m, struct torture *t);
int punch_settle(struct micro *m, struct torture *t);
int punch_live_settle(struct micro *m, struct torture *t);
int punch_fork_settle(struct micro *m, struct torture *t);
int huge_stress(struct micro *m, struct torture *t);
int huge_settle(struct micro *m, struct torture *t);
int thp_edge_stress(struct micro *m, struct torture *t);
int split_stress(struct micro *m, struct torture *t);
int split_settle(struct micro *m, struct torture *t);

/* torture_process.c */
int kill_stress(struct micro *m, struct torture *t);
int kill_finish(struct micro *m, struct torture *t);
int fork_first_stress(struct micro *m, struct torture *t);
int fork_first_settle(struct micro *m, struct torture *t);
int fork_last_stress(struct micro *m, struct torture *t);
int memlock_stress(struct micro *m, struct torture *t);

/* torture_vms.c */
void vm_discard(struct micro *vm);	/* one of t->other; NULL: nothing to do */
int migrate_stress(struct micro *m, struct torture *t);
int mirror_finish(struct micro *m, struct torture *t);
int mirror_stress(struct micro *m, struct torture *t);
int mirror_touch_stress(struct micro *m, struct torture *t);
int mirror_gone_stress(struct micro *m, struct torture *t);
int mirror_gone_finish(struct micro *m, struct torture *t);

/* torture_churn.c */
int churn_wp_stress(struct micro *m, struct torture *t);
int churn_pse_stress(struct micro *m, struct torture *t);
int churn_nxe_stress(struct micro *m, struct torture *t);
int churn_sregs_stress(struct micro *m, struct torture *t);
int churn_cpuid_stress(struct micro *m, struct torture *t);
int churn_nx_huge_stress(struct micro *m, struct torture *t);
int churn_slot_stress(struct micro *m, struct torture *t);
int churn_zap_stress(struct micro *m, struct torture *t);
int churn_shrink_stress(struct micro *m, struct torture *t);
int churn_mmu_pages_stress(struct micro *m, struct torture *t);

#endif
