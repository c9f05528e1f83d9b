// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "collect.h"

/* npf first: what it drains before a sample belongs before that sample. */
static const struct collector *const collectors[] = {
	&npf_collector, &kvmstat_collector, &counter_collector, &proc_collector,
	&memcrypt_collector,
};
#define COLLECTORS	(sizeof(collectors) / sizeof(collectors[0]))

int collect_probe(struct agent *a)
{
	a->collector_state = calloc(COLLECTORS, sizeof(void *));
	for (size_t i = 0; i < COLLECTORS; i++) {
		if (a->collector_state)
			a->collector_state[i] = calloc(1, collectors[i]->state_bytes);
		if (!a->collector_state || !a->collector_state[i])
			return agent_fail(a, STATUS_ERROR, "out of memory");
		if (collectors[i]->probe && collectors[i]->probe(a, a->collector_state[i]))
			return -1;
	}
	return 0;
}

int collect_start(struct agent *a)
{
	for (size_t i = 0; i < COLLECTORS; i++)
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
	for (size_t i = 0; i < COLLECTORS; i++)
		if (collectors[i]->sample)
			collectors[i]->sample(a, a->collector_state[i], &s);
	emit_sample(a, &s);
}

void collect_mark(struct agent *a, enum mark mark)
{
	collect_sample(a);
	for (size_t i = 0; i < COLLECTORS; i++)
		if (collectors[i]->mark)
			collectors[i]->mark(a, a->collector_state[i], mark);
}

void collect_stop(struct agent *a)
{
	for (size_t i = 0; i < COLLECTORS; i++)
		if (collectors[i]->stop)
			collectors[i]->stop(a, a->collector_state[i]);
}
