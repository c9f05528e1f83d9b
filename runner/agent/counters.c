// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collector perf: counts over the VMM's life, guest included. A counter that this host has not
 * (hardware counters on an emulated host) gives no metric.
 */
#include <errno.h>
#include <string.h>

#include "collect.h"
#include "perf.h"

static const struct {
	const char *metric;
	uint32_t type;
	uint64_t config;
} counters[] = {
	{ "task_clock_ns", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	{ "context_switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "page_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
};
#define COUNTERS	(sizeof(counters) / sizeof(counters[0]))

struct counter {
	int fd[COUNTERS];
};

static int counter_start(struct agent *a, void *state)
{
	struct counter *c = state;
	char advice[160];

	for (size_t i = 0; i < COUNTERS; i++) {
		c->fd[i] = perf_open_counter(counters[i].type, counters[i].config, a->vmm.pid);
		if (c->fd[i] < 0)
			emit_remark(a, "%s: %s", counters[i].metric,
				    perf_advice(c->fd[i], advice, sizeof(advice)));
	}
	return 0;
}

static void counter_stop(struct agent *a, void *state)
{
	struct counter *c = state;
	uint64_t v;

	for (size_t i = 0; i < COUNTERS; i++)
		if (c->fd[i] >= 0 && !perf_read_counter(c->fd[i], &v))
			emit_metric(a, counters[i].metric, v);
}

const struct collector counter_collector = {
	.name = "perf",
	.state_bytes = sizeof(struct counter),
	.start = counter_start,
	.stop = counter_stop,
};
