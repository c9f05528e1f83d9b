// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collectors: what is read of the host and the VMM while a cell runs. Each is a row of collectors[]
 * in collect.c; only `probe` and `start` may fail the cell. State is zeroed at the start.
 */
#ifndef PINLAB_COLLECT_H
#define PINLAB_COLLECT_H

#include "agent.h"

struct collector {
	size_t state_bytes;
	bool (*needed)(const struct agent *a);		/* even where it is switched off? */
	int (*probe)(struct agent *a, void *state);	/* can it work here? nothing runs yet */
	int (*start)(struct agent *a, void *state);	/* the VMM is forked, not yet executed */
	void (*sample)(struct agent *a, void *state, struct record_sample *s);
	void (*mark)(struct agent *a, void *state, enum mark mark);
	void (*stop)(struct agent *a, void *state);	/* the VMM is reaped */
};

extern const struct collector npf_collector, kvmstat_collector, perf_collector, trace_collector;
extern const struct collector proc_collector, memcrypt_collector, vmstat_collector;
extern const struct collector buddy_collector, smaps_collector, cgroup_collector, sched_collector;

#endif
