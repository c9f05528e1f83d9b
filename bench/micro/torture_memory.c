// SPDX-License-Identifier: GPL-2.0-only
/* Holes that are punched into a guest's memory, and huge pages that are split and collapsed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "torture.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23	/* Linux 5.14 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25	/* Linux 6.1 */
#endif

#define PAUSE_US	1000
#define NR_HUGEPAGES	"/proc/sys/vm/nr_hugepages"
#define HUGE_SPARE	3	/* pools: a fork copies what is pinned */
#define HUGE_PAGES	(HUGE_2M / GUEST_PAGE)

static int memory_failed(struct micro *m, const char *what)
{
	return micro_fail(m, MICRO_MEMORY, "%s: %s", what, strerror(errno));
}

/* Whole huge pages from the start, or an SEV guest that was never written to would get none. */
static int back_by_huge(struct micro *m, struct torture *t)
{
	char want[32];

	if (t->ops->backing == TORTURE_HUGETLB_2M) {
		snprintf(want, sizeof(want), "%zu", HUGE_SPARE * t->bytes / HUGE_2M);
		if (host_set(m, &t->h, NR_HUGEPAGES, want))
			return -1;
		if (mmap(t->h.data, t->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED |
			 MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) == MAP_FAILED)
			return memory_failed(m, "mmap of huge pages");
	} else if (madvise(t->h.data, t->bytes, MADV_HUGEPAGE)) {
		return memory_failed(m, "MADV_HUGEPAGE");
	}
	if (madvise(t->h.data, t->bytes, MADV_POPULATE_WRITE))
		return memory_failed(m, "MADV_POPULATE_WRITE");
	return 0;
}

int torture_back(struct micro *m, struct torture *t)
{
	switch (t->ops->backing) {
	case TORTURE_MEMFD:
		return fallocate_prepare(m, &t->h);
	case TORTURE_THP_2M:
	case TORTURE_HUGETLB_2M:
		return back_by_huge(m, t);
	case TORTURE_4K:
		break;
	}
	return 0;
}

static int punch(struct micro *m, struct torture *t)
{
	for (size_t i = 0; i < HOLES; i++) {
		struct hole *hole = &t->holes[i];
		size_t at, bytes;

		hole->pages = 1 + torture_random(t, HOLE_PAGES_MAX);
		hole->page = torture_random(t, t->h.pages - hole->pages);
		at = hole->page * GUEST_PAGE;
		bytes = hole->pages * GUEST_PAGE;
		if (t->h.memfd ? fallocate(t->h.memfd - 1, FALLOC_FL_PUNCH_HOLE |
					   FALLOC_FL_KEEP_SIZE, at, bytes) :
		    madvise(t->h.data + at, bytes, MADV_DONTNEED))
			return memory_failed(m, "a hole");
		torture_pause(t, PAUSE_US);
	}
	return 0;
}

int punch_stress(struct micro *m, struct torture *t)
{
	torture_pause(t, PAUSE_US);
	return punch(m, t);
}

/*
 * A page that is gone must not be there any more: the guest would write to memory that is no
 * longer its own.
 */
static int refill_page(struct micro *m, struct torture *t, uint32_t page)
{
	uint32_t arg = PAGE_ARG(page, t->generation[AREA_TARGET]), wrong;

	if (guest_command(m, CMD_PAGE_VERIFY, arg, &wrong))
		return -1;
	if (!wrong)
		return micro_fail(m, MICRO_WRONG, "round %u: page %u of the guest has its data, "
				  "though a hole was punched there", t->round + 1, page);
	return guest_command(m, CMD_PAGE_WRITE, arg, &wrong);
}

/* Holes may overlap; a page is refilled once. */
static bool in_earlier_hole(const struct torture *t, size_t nr, uint32_t page)
{
	for (size_t i = 0; i < nr; i++)
		if (page - t->holes[i].page < t->holes[i].pages)
			return true;
	return false;
}

int punch_settle(struct micro *m, struct torture *t)
{
	uint32_t first = t->at * t->h.pages;

	for (size_t i = 0; i < HOLES; i++)
		for (uint32_t k = 0; k < t->holes[i].pages; k++) {
			uint32_t page = t->holes[i].page + k;

			if (!in_earlier_hole(t, i, page) && refill_page(m, t, first + page))
				return -1;
		}
	return 0;
}

int punch_live_settle(struct micro *m, struct torture *t)
{
	return torture_write(m, t, AREA_TARGET);
}

int punch_fork_settle(struct micro *m, struct torture *t)
{
	return punch_settle(m, t) ? -1 : torture_relocate(m, t);
}

static int collapse(struct micro *m, struct torture *t)
{
	for (size_t at = 0; at < t->bytes; at += HUGE_2M)
		if (madvise(t->h.data + at, HUGE_2M, MADV_COLLAPSE) && errno != EAGAIN &&
		    errno != EBUSY && errno != EINVAL)
			return memory_failed(m, "MADV_COLLAPSE");
	return 0;
}

static int log_dirty(struct micro *m, struct torture *t, bool on)
{
	return torture_slot(m, t, t->at, t->bytes, on ? KVM_MEM_LOG_DIRTY_PAGES : 0);
}

/* What the guest writes now must all be in the log. */
static int log_writes(struct micro *m, struct torture *t)
{
	uint8_t bits[16384 / 8] = { 0 };
	struct kvm_dirty_log log = { .slot = SLOT_TARGET, .dirty_bitmap = bits };
	uint32_t dirty = 0;

	if (ioctl(m->vm_fd, KVM_GET_DIRTY_LOG, &log) || torture_write(m, t, AREA_TARGET))
		return memory_failed(m, "KVM_GET_DIRTY_LOG");
	if (ioctl(m->vm_fd, KVM_GET_DIRTY_LOG, &log))
		return memory_failed(m, "KVM_GET_DIRTY_LOG");
	for (size_t i = 0; i < sizeof(bits); i++)
		dirty += __builtin_popcount(bits[i]);
	if (dirty == t->h.pages)
		return 0;
	return micro_fail(m, MICRO_WRONG, "round %u: %u pages are in the dirty log, of %zu that "
			  "were written", t->round + 1, dirty, t->h.pages);
}

static int zap(struct micro *m, struct torture *t)
{
	if (mprotect(t->h.data, t->bytes, PROT_NONE) ||
	    mprotect(t->h.data, t->bytes, PROT_READ | PROT_WRITE))
		return memory_failed(m, "mprotect");
	return 0;
}

static int compact(struct micro *m, struct torture *t)
{
	int ret = host_write("/proc/sys/vm/compact_memory", "1");

	(void)t;
	return ret ? micro_fail(m, MICRO_HOST, "compact_memory: %s", strerror(-ret)) : 0;
}

static int log_begin(struct micro *m, struct torture *t)
{
	return log_dirty(m, t, true);
}

static int log_end(struct micro *m, struct torture *t)
{
	return log_writes(m, t) ? -1 : log_dirty(m, t, false);
}

/* One a round, in turns. */
static const struct {
	int (*stress)(struct micro *m, struct torture *t);
	int (*settle)(struct micro *m, struct torture *t);
} huge_steps[] = {
	{ log_begin, log_end }, { zap, NULL }, { collapse, NULL }, { compact, NULL },
	{ torture_relocate, NULL },
};
#define HUGE_STEPS	(sizeof(huge_steps) / sizeof(huge_steps[0]))

int huge_stress(struct micro *m, struct torture *t)
{
	torture_pause(t, PAUSE_US);
	if (huge_steps[t->round % HUGE_STEPS].stress(m, t))
		return -1;
	torture_pause(t, PAUSE_US);
	return 0;
}

int huge_settle(struct micro *m, struct torture *t)
{
	int (*settle)(struct micro *, struct torture *) = huge_steps[t->round % HUGE_STEPS].settle;

	return settle ? settle(m, t) : 0;
}

/* Parts of huge pages go, and the rest is to be split and put together again. */
int split_stress(struct micro *m, struct torture *t)
{
	if (log_dirty(m, t, t->round % 2) || punch(m, t))
		return -1;
	return collapse(m, t);
}

int split_settle(struct micro *m, struct torture *t)
{
	if (punch_settle(m, t) || (t->round % 2 && log_writes(m, t)) || log_dirty(m, t, false))
		return -1;
	return torture_relocate(m, t);
}

/* That there was a huge page to be mapped. */
static int is_huge(struct micro *m, const struct torture *t)
{
	uint64_t *frame = calloc(t->h.pages, sizeof(*frame)), swapped;
	int ret;

	if (!frame)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	ret = hazard_frames(m, t->h.data, t->h.pages, frame, &swapped);
	for (size_t i = 0; i < t->h.pages && !ret; i++)
		if (frame[i] % HUGE_PAGES != i % HUGE_PAGES)
			ret = micro_fail(m, MICRO_HOST, "the host has no huge pages for it");
	free(frame);
	return ret;
}

/*
 * New huge pages, after the registration, which would pin them otherwise; upfront has pages of its
 * own there by then. The host's page tables must go, too, or there would be no huge page.
 */
static int edge_renew(struct micro *m, struct torture *t)
{
	uint64_t held;

	if (mmap(t->h.data, t->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED |
		 MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		return memory_failed(m, "mmap");
	if (torture_renew(m, t) || pins_held(m, t, &held) || torture_back(m, t))
		return -1;
	return t->registered && held == t->pinned_rest ? is_huge(m, t) : 0;
}

/* First what is not registered of a huge page, then all of it. */
static int edge_write(struct micro *m, struct torture *t)
{
	uint32_t first = t->at * t->h.pages, last = first + t->h.pages - 1, wrong;

	if (guest_command(m, CMD_PAGE_WRITE, PAGE_ARG(first, 0), &wrong) ||
	    guest_command(m, CMD_PAGE_WRITE, PAGE_ARG(last, 0), &wrong))
		return -1;
	return torture_write(m, t, AREA_TARGET);
}

/* A huge SPTE for what is not registered must not take in what is. */
int thp_edge_stress(struct micro *m, struct torture *t)
{
	if (edge_renew(m, t) || edge_write(m, t))
		return -1;
	if (huge_steps[t->round % HUGE_STEPS].stress(m, t) || huge_settle(m, t) ||
	    edge_write(m, t))
		return -1;
	return torture_move(m, t, "beside what is not registered");
}
