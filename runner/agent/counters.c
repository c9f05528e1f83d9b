// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collector perf: counts over the VMM's life, guest included. A counter that this host has not
 * (hardware counters on an emulated host, tracepoints of pinning on demand on a kernel without it)
 * gives no metric.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

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

static const struct {
	const char *metric, *tracepoint;
} pin_events[] = {
	{ "kvm_pin_events", "kvm_pin" },
	{ "kvm_pin_drop_events", "kvm_pin_drop" },
	{ "kvm_pin_zap_events", "kvm_pin_zap" },
	{ "kvm_pin_unzap_events", "kvm_pin_unzap" },
};
#define PIN_EVENTS	(sizeof(pin_events) / sizeof(pin_events[0]))

struct counter {
	int fd[COUNTERS];
	int pin_fd[PIN_EVENTS];
};

static void open_pin_events(struct agent *a, struct counter *c)
{
	char err[160];

	for (size_t i = 0; i < PIN_EVENTS; i++) {
		struct tracepoint tp = { .system = "kvm", .name = pin_events[i].tracepoint };

		c->pin_fd[i] = tracefs_load(&tp, err, sizeof(err));
		if (c->pin_fd[i])
			continue;
		c->pin_fd[i] = perf_open_tracepoint(&tp, a->vmm.pid, -1, 0);
		if (c->pin_fd[i] < 0)
			emit_remark(a, "%s: %s", pin_events[i].metric,
				    perf_advice(c->pin_fd[i], err, sizeof(err)));
	}
}

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
	open_pin_events(a, c);
	return 0;
}

static void counter_stop(struct agent *a, void *state)
{
	struct counter *c = state;
	uint64_t v;

	for (size_t i = 0; i < COUNTERS; i++)
		if (c->fd[i] >= 0 && !perf_read_counter(c->fd[i], &v))
			emit_metric(a, counters[i].metric, v);
	for (size_t i = 0; i < PIN_EVENTS; i++)
		if (c->pin_fd[i] >= 0 && read(c->pin_fd[i], &v, sizeof(v)) == sizeof(v))
			emit_metric(a, pin_events[i].metric, v);
}

const struct collector counter_collector = {
	.name = "perf",
	.state_bytes = sizeof(struct counter),
	.start = counter_start,
	.stop = counter_stop,
};
