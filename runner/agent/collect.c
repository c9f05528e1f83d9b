// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "collect.h"

static const struct collector *const collectors[COLLECTORS] = {
	[COLLECTOR_NPF] = &npf_collector,
	[COLLECTOR_KVM] = &kvmstat_collector,
	[COLLECTOR_PERF] = &perf_collector,
	[COLLECTOR_TRACE] = &trace_collector,
	[COLLECTOR_PROC] = &proc_collector,
	[COLLECTOR_MEMCRYPT] = &memcrypt_collector,
	[COLLECTOR_VMSTAT] = &vmstat_collector,
	[COLLECTOR_BUDDY] = &buddy_collector,
	[COLLECTOR_SMAPS] = &smaps_collector,
	[COLLECTOR_CGROUP] = &cgroup_collector,
	[COLLECTOR_SCHED] = &sched_collector,
	[COLLECTOR_GUEST] = NULL,	/* the guest's probe does it */
};

bool collector_on(const struct agent *a, enum collector_id id)
{
	return a->cell.collectors & 1LL << id;
}

/* The next one at or behind i that is at work, or COLLECTORS. */
static int next(const struct agent *a, int i)
{
	while (i < COLLECTORS && !a->collector_state[i])
		i++;
	return i;
}

#define for_each_collector(a, i)	for (int i = next(a, 0); i < COLLECTORS; i = next(a, i + 1))

int collect_probe(struct agent *a)
{
	for (int i = 0; i < COLLECTORS; i++) {
		const struct collector *c = collectors[i];

		if (!c || (!collector_on(a, i) && !(c->needed && c->needed(a))))
			continue;
		a->collector_state[i] = calloc(1, c->state_bytes);
		if (!a->collector_state[i])
			return agent_fail(a, STATUS_ERROR, "out of memory");
		if (c->probe && c->probe(a, a->collector_state[i]))
			return -1;
	}
	return 0;
}

int collect_start(struct agent *a)
{
	for_each_collector(a, i)
		if (collectors[i]->start && collectors[i]->start(a, a->collector_state[i]))
			return -1;
	return 0;
}

void collect_sample(struct agent *a)
{
	struct record_sample s;

	for (int i = 0; i < TIMELINE_COLUMNS; i++)
		s.column[i] = RECORD_MISSING;
	s.t_ns = now_ns();
	for_each_collector(a, i)
		if (collectors[i]->sample)
			collectors[i]->sample(a, a->collector_state[i], &s);
	emit_sample(a, &s);
}

void collect_mark(struct agent *a, enum mark mark)
{
	collect_sample(a);
	for_each_collector(a, i)
		if (collectors[i]->mark)
			collectors[i]->mark(a, a->collector_state[i], mark);
}

void collect_stop(struct agent *a)
{
	for_each_collector(a, i)
		if (collectors[i]->stop)
			collectors[i]->stop(a, a->collector_state[i]);
}
