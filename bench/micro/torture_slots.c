// SPDX-License-Identifier: GPL-2.0-only
/* Memory slots and registered regions that go and come back under a guest that runs elsewhere. */
#include <errno.h>
#include <string.h>

#include "torture.h"

#define PAUSE_US	1500

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
	int ret = sev_region(m, reg ? KVM_MEMORY_ENCRYPT_REG_REGION :
			     KVM_MEMORY_ENCRYPT_UNREG_REGION, torture_offset(t, AREA_TARGET),
			     t->bytes);

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
	if (held == t->pinned_rest)
		return 0;
	return micro_fail(m, MICRO_WRONG, "round %u: %lld pages of a region stay pinned when it is "
			  "unregistered", t->round + 1, (long long)(held - t->pinned_rest));
}

int torture_reregister(struct micro *m, struct torture *t)
{
	return region(m, t, true, 0);
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
