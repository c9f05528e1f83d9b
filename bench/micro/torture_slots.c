// SPDX-License-Identifier: GPL-2.0-only
/* Memory slots and registered regions that go and come back under a guest that runs elsewhere. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "torture.h"

#define PAUSE_US	1500

/* Pages of TARGET that are missing when it is registered late; the first half are zero pages. */
#define HOLE_AT		16
#define HOLE_LATE	16

/* Nothing of TARGET is mapped while the slot is away, but the region stays registered. */
int slot_delete_stress(struct micro *m, struct torture *t)
{
	torture_pause(t, PAUSE_US);
	if (torture_slot(m, t, t->at, 0, 0))
		return -1;
	torture_pause(t, PAUSE_US);
	if (torture_relocate(m, t) || torture_slot(m, t, t->at, t->bytes, 0))
		return -1;
	torture_pause(t, PAUSE_US);
	return 0;
}

int slot_move_stress(struct micro *m, struct torture *t)
{
	torture_pause(t, PAUSE_US);
	t->at = t->at == AREA_TARGET ? AREA_SPARE : AREA_TARGET;
	if (torture_slot(m, t, t->at, t->bytes, 0))
		return -1;
	torture_pause(t, PAUSE_US);
	return torture_relocate(m, t);
}

int slot_compact_prepare(struct micro *m, struct torture *t)
{
	return spread_prepare(m, &t->h) || spread_place(m, &t->h) ? -1 : 0;
}

/* In the first round memory is fragmented, later only what is left of that. */
int slot_compact_stress(struct micro *m, struct torture *t)
{
	int ret;

	if (torture_slot(m, t, t->at, 0, 0))
		return -1;
	ret = t->h.filler ? compact_relocate(m, &t->h) :
	      host_write("/proc/sys/vm/compact_memory", "1");
	torture_pause(t, PAUSE_US);
	return ret ? -1 : torture_slot(m, t, t->at, t->bytes, 0);
}

static int region(struct micro *m, struct torture *t, bool reg, int want)
{
	size_t margin = t->ops->margin;
	int ret = sev_region(m, reg ? KVM_MEMORY_ENCRYPT_REG_REGION :
			     KVM_MEMORY_ENCRYPT_UNREG_REGION,
			     torture_offset(t, AREA_TARGET) + margin, t->bytes - 2 * margin);

	if (ret == want)
		return 0;
	return micro_fail(m, MICRO_WRONG, "round %u: KVM_MEMORY_ENCRYPT_%sREG_REGION: %s, "
			  "expected: %s", t->round + 1, reg ? "" : "UN", strerror(-ret),
			  strerror(-want));
}

int torture_unregister(struct micro *m, struct torture *t)
{
	uint64_t held;

	if (region(m, t, false, 0) || pins_settle(m, t, t->pinned_rest, &held))
		return -1;
	if (held - t->pinned_rest <= t->spare)
		return 0;
	return micro_fail(m, MICRO_WRONG, "round %u: %lld pages of a region stay pinned when it is "
			  "unregistered", t->round + 1, (long long)(held - t->pinned_rest));
}

int torture_reregister(struct micro *m, struct torture *t)
{
	return region(m, t, true, 0);
}

int torture_renew(struct micro *m, struct torture *t)
{
	if (t->registered && torture_unregister(m, t))
		return -1;
	if (madvise(t->h.data, t->bytes, MADV_DONTNEED))
		return micro_fail(m, MICRO_MEMORY, "MADV_DONTNEED: %s", strerror(errno));
	return t->registered ? torture_reregister(m, t) : 0;
}

/* What is pinned while TARGET is not registered, nor touched so far. */
int region_start(struct micro *m, struct torture *t)
{
	if (!t->registered)
		return 0;
	if (region(m, t, false, 0) || pins_held(m, t, &t->pinned_rest))
		return -1;
	return region(m, t, true, 0);
}

/* A region that is registered twice is registered until it is unregistered twice. */
static int region_twice(struct micro *m, struct torture *t)
{
	if (region(m, t, true, 0) || region(m, t, false, 0))
		return -1;
	return torture_relocate(m, t);
}

int region_stress(struct micro *m, struct torture *t)
{
	torture_pause(t, PAUSE_US);
	if (torture_relocate(m, t))
		return -1;
	if (!t->registered)
		return 0;
	if (t->round % 2 && region_twice(m, t))
		return -1;
	if (torture_unregister(m, t) || region(m, t, false, -EINVAL))
		return -1;
	torture_pause(t, PAUSE_US);
	return torture_reregister(m, t);
}

/* The guest is in it while it goes and comes. */
int region_live_stress(struct micro *m, struct torture *t)
{
	torture_pause(t, PAUSE_US);
	if (!t->registered)
		return 0;
	if (torture_unregister(m, t))
		return -1;
	torture_pause(t, PAUSE_US);
	if (torture_reregister(m, t))
		return -1;
	torture_pause(t, PAUSE_US);
	return 0;
}

/* Pages that the guest has lost, and others that it reads without having written them. */
static int late_holes(struct micro *m, struct torture *t)
{
	uint32_t first = t->at * t->h.pages + HOLE_AT, wrong;

	if (madvise(t->h.data + HOLE_AT * GUEST_PAGE, HOLE_LATE * GUEST_PAGE, MADV_DONTNEED))
		return micro_fail(m, MICRO_MEMORY, "MADV_DONTNEED: %s", strerror(errno));
	for (uint32_t page = first; page < first + HOLE_LATE / 2; page++)
		if (guest_command(m, CMD_PAGE_VERIFY, PAGE_ARG(page, 0), &wrong))
			return -1;
	return 0;
}

/* upfront pins all of it then, the others what is there. */
static int late_pins(struct micro *m, struct torture *t)
{
	uint64_t held, least = t->pinned_full - HOLE_LATE;

	if (pins_held(m, t, &held) || torture_check_stat(m, t, held))
		return -1;
	if (held - least <= HOLE_LATE)
		return 0;
	return micro_fail(m, MICRO_WRONG, "round %u: %llu pages are pinned when a region is "
			  "registered late, expected: %llu to %llu", t->round + 1,
			  (unsigned long long)held, (unsigned long long)least,
			  (unsigned long long)t->pinned_full);
}

/*
 * The guest is in it before it is registered: what it has there must stay; each second time what it
 * writes afterwards, also where there was nothing.
 */
int late_region_stress(struct micro *m, struct torture *t)
{
	bool holes = t->round % 2;

	if (t->registered && torture_unregister(m, t))
		return -1;
	if (torture_relocate(m, t) || torture_write(m, t, AREA_TARGET))
		return -1;
	if (holes && late_holes(m, t))
		return -1;
	if (t->registered && torture_reregister(m, t))
		return -1;
	if (holes && ((t->registered && late_pins(m, t)) || torture_write(m, t, AREA_TARGET)))
		return -1;
	return torture_move(m, t, "registered late");
}
