// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collectors perf and trace: counts over the VMM's life, guest included, by perf on its tasks.
 *
 * perf: hardware events, scaled where the CPU has fewer counters than events, and software events.
 * None of them is counted where a nested page fault is handled, but by hardware.
 *
 * trace: tracepoints of KVM. The kernel does work for each of them right where it happens, so that
 * the latencies of faults that pass such a tracepoint hold its cost, too.
 *
 * An event that this host does not have (hardware events on an emulated host, tracepoints of
 * pinning on demand on a kernel without it) gives no metric but a reason.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "collect.h"
#include "perf.h"

#define HARDWARE(n, e)	{ n, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##e }
#define SOFTWARE(n, e)	{ n, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##e }
#define TLB_MISS(n, c)	{ n, PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_##c | \
			  PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16 }

static const struct {
	const char *metric;
	uint32_t type;
	uint64_t config;
} counters[] = {
	SOFTWARE("task_clock_ns", TASK_CLOCK),
	SOFTWARE("context_switches", CONTEXT_SWITCHES),
	SOFTWARE("cpu_migrations", CPU_MIGRATIONS),
	SOFTWARE("page_faults", PAGE_FAULTS),
	SOFTWARE("page_faults_minor", PAGE_FAULTS_MIN),
	SOFTWARE("page_faults_major", PAGE_FAULTS_MAJ),
	HARDWARE("instructions", INSTRUCTIONS),
	HARDWARE("cycles", CPU_CYCLES),
	HARDWARE("cache_misses", CACHE_MISSES),
	HARDWARE("branch_misses", BRANCH_MISSES),
	TLB_MISS("dtlb_misses", DTLB),
};
#define COUNTERS	(sizeof(counters) / sizeof(counters[0]))

static const struct {
	const char *metric, *tracepoint;
} traced[] = {
	{ "kvm_exit_events", "kvm_exit" },
	{ "kvm_pin_events", "kvm_pin" },
	{ "kvm_pin_drop_events", "kvm_pin_drop" },
	{ "kvm_pin_zap_events", "kvm_pin_zap" },
	{ "kvm_pin_unzap_events", "kvm_pin_unzap" },
};
#define TRACED	(sizeof(traced) / sizeof(traced[0]))

struct perf_counts {
	int fd[COUNTERS];	/* < 0: missing, and the reason is told */
};

struct trace_counts {
	int fd[TRACED];
};

static int perf_start(struct agent *a, void *state)
{
	struct perf_counts *c = state;
	char advice[160];

	for (size_t i = 0; i < COUNTERS; i++) {
		c->fd[i] = perf_open_counter(counters[i].type, counters[i].config, a->vmm.pid);
		if (c->fd[i] < 0)
			emit_missing(a, counters[i].metric, "%s",
				     perf_advice(c->fd[i], advice, sizeof(advice)));
	}
	return 0;
}

static void perf_stop(struct agent *a, void *state)
{
	struct perf_counts *c = state;

	for (size_t i = 0; i < COUNTERS; i++) {
		struct perf_value v;

		if (c->fd[i] < 0)
			continue;
		if (perf_read_counter(c->fd[i], &v))
			emit_missing(a, counters[i].metric,
				     "it was never on a counter: the CPU has too few, or none");
		else
			emit_metric(a, counters[i].metric, v.scaled);
		if (v.running_ns < v.enabled_ns)
			emit_remark(a, "%s: counted for %llu of %llu ns, and scaled",
				    counters[i].metric, (unsigned long long)v.running_ns,
				    (unsigned long long)v.enabled_ns);
		close(c->fd[i]);
	}
}

static int trace_start(struct agent *a, void *state)
{
	struct trace_counts *c = state;
	char err[RECORD_REASON_MAX];

	for (size_t i = 0; i < TRACED; i++) {
		struct tracepoint tp = { .system = "kvm", .name = traced[i].tracepoint };

		c->fd[i] = tracefs_load(&tp, err, sizeof(err));
		if (c->fd[i]) {
			emit_missing(a, traced[i].metric, c->fd[i] == -ENOENT ?
				     "this kernel has no tracepoint kvm:%s" : "%s",
				     c->fd[i] == -ENOENT ? tp.name : err);
			continue;
		}
		c->fd[i] = perf_open_tracepoint(&tp, a->vmm.pid, -1, 0);
		if (c->fd[i] < 0)
			emit_missing(a, traced[i].metric, "%s",
				     perf_advice(c->fd[i], err, sizeof(err)));
	}
	return 0;
}

static void trace_stop(struct agent *a, void *state)
{
	struct trace_counts *c = state;
	uint64_t v;

	for (size_t i = 0; i < TRACED; i++) {
		if (c->fd[i] < 0)
			continue;
		if (read(c->fd[i], &v, sizeof(v)) == sizeof(v))
			emit_metric(a, traced[i].metric, v);
		close(c->fd[i]);
	}
}

const struct collector perf_collector = {
	.state_bytes = sizeof(struct perf_counts),
	.start = perf_start,
	.stop = perf_stop,
};

const struct collector trace_collector = {
	.state_bytes = sizeof(struct trace_counts),
	.start = trace_start,
	.stop = trace_stop,
};
