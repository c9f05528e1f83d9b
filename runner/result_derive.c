// SPDX-License-Identifier: GPL-2.0-only
/* Metrics that follow from phases and fault records. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "result_internal.h"
#include "stats/stats.h"

#define ERROR_CODE_RSVD	(1 << 3)

static const char *const phase_metrics[PHASES] = {
	[PHASE_MODULES] = "modules_ns",
	[PHASE_DEFINE] = "define_ns",
	[PHASE_REGISTER] = "register_ns",
	[PHASE_LAUNCH] = "launch_ns",
	[PHASE_FIRMWARE] = "firmware_ns",
	[PHASE_KERNEL] = "kernel_ns",
	[PHASE_USERSPACE] = "userspace_ns",
	[PHASE_WORKLOAD] = "workload_ns",
	[PHASE_STOP] = "stop_ns",
	[PHASE_TEARDOWN] = "teardown_ns",
	[PHASE_LEAK_CHECK] = "leak_check_ns",
};

static const char *const kind_metrics[FAULT_KINDS] = {
	[FAULT_FIRST] = "npf_first",
	[FAULT_REFAULT] = "npf_refault",
	[FAULT_MMIO] = "npf_mmio",
	[FAULT_SPURIOUS] = "npf_spurious",
};

/* A set of faults whose latencies are summed up. */
static const struct latency_class {
	unsigned int kinds;	/* 1 << FAULT_* */
	bool workload_only;
	const char *p50, *p90, *p99, *max, *mean;
} latency_classes[] = {
#define CLASS(name, mask, workload) { mask, workload, \
	"npf_" name "_p50_ns", "npf_" name "_p90_ns", "npf_" name "_p99_ns", \
	"npf_" name "_max_ns", "npf_" name "_mean_ns" }
	CLASS("first", 1 << FAULT_FIRST, true),
	CLASS("refault", 1 << FAULT_REFAULT, true),
	CLASS("all", ~(1u << FAULT_MMIO), false),
#undef CLASS
};

uint64_t cell_data_origin(const struct cell_data *d)
{
	uint64_t t = UINT64_MAX;

	if (d->nr_phases)
		return d->phases[0].t_ns;
	if (d->nr_samples)
		t = d->samples[0].t_ns;
	if (d->nr_faults && d->faults[0].t_ns < t)
		t = d->faults[0].t_ns;
	return t;
}

int cell_data_phase(const struct cell_data *d, size_t *cursor, uint64_t t_ns)
{
	while (*cursor < d->nr_phases && d->phases[*cursor].t_ns <= t_ns)
		(*cursor)++;
	return *cursor ? (int)d->phases[*cursor - 1].phase : NO_PHASE;
}

const double *cell_data_metric(const struct cell_data *d, const char *name)
{
	for (size_t i = 0; i < d->nr_metrics; i++)
		if (!strcmp(d->metrics[i].desc->name, name))
			return &d->metrics[i].value;
	return NULL;
}

/* Room for all of them is there: cell_data_derive() saw to it. A name without a row is a bug. */
void cell_data_add(struct cell_data *d, const char *name, double value)
{
	const struct metric_desc *desc = metric_find(name);

	if (!desc)
		abort();
	d->metrics[d->nr_metrics++] = (struct metric_value){ .desc = desc, .value = value };
}

static void derive_phases(struct cell_data *d)
{
	const struct record_phase *p = d->phases, *define = NULL, *workload = NULL;
	uint64_t length[PHASES] = { 0 };
	bool closed[PHASES] = { false };

	for (size_t i = 0; i < d->nr_phases; i++) {
		if (p[i].phase == PHASE_DEFINE && !define)
			define = &p[i];
		if (p[i].phase == PHASE_WORKLOAD && !workload)
			workload = &p[i];
		closed[p[i].phase] = i + 1 < d->nr_phases;
		if (closed[p[i].phase])
			length[p[i].phase] += p[i + 1].t_ns - p[i].t_ns;
	}
	for (int i = 0; i < PHASES; i++)
		if (closed[i] && phase_metrics[i])
			cell_data_add(d, phase_metrics[i], length[i]);
	if (define && workload && workload > define)
		cell_data_add(d, "startup_ns", workload->t_ns - define->t_ns);
}

static void derive_counts(struct cell_data *d)
{
	uint64_t kinds[FAULT_KINDS] = { 0 }, not_reserved = 0, workload = 0;
	size_t cursor = 0;

	/* No record at all from a collector that did not run is not the same as 0 faults. */
	if (!d->nr_faults && !cell_data_metric(d, "npf_lost"))
		return;
	for (size_t i = 0; i < d->nr_faults; i++) {
		const struct record_fault *f = &d->faults[i];

		kinds[f->kind]++;
		not_reserved += !(f->error_code & ERROR_CODE_RSVD);
		if (cell_data_phase(d, &cursor, f->t_ns) == PHASE_WORKLOAD &&
		    f->kind != FAULT_MMIO)
			workload++;
	}
	cell_data_add(d, "npf_total", d->nr_faults);
	for (int i = 0; i < FAULT_KINDS; i++)
		cell_data_add(d, kind_metrics[i], kinds[i]);
	cell_data_add(d, "npf_not_reserved", not_reserved);
	cell_data_add(d, "npf_workload", workload);
}

static void derive_latencies(struct cell_data *d, const struct latency_class *c, uint64_t *ns)
{
	size_t cursor = 0, n = 0;

	for (size_t i = 0; i < d->nr_faults; i++) {
		const struct record_fault *f = &d->faults[i];
		int phase = cell_data_phase(d, &cursor, f->t_ns);

		if (c->kinds & 1 << f->kind && (!c->workload_only || phase == PHASE_WORKLOAD))
			ns[n++] = f->latency_ns;
	}
	if (!n)
		return;
	stats_sort(ns, n);
	cell_data_add(d, c->p50, stats_quantile(ns, n, 0.5));
	cell_data_add(d, c->p90, stats_quantile(ns, n, 0.9));
	cell_data_add(d, c->p99, stats_quantile(ns, n, 0.99));
	cell_data_add(d, c->max, ns[n - 1]);
	cell_data_add(d, c->mean, stats_mean(ns, n));
}

static int compare_metrics(const void *a, const void *b)
{
	const struct metric_value *x = a, *y = b;

	return (x->desc > y->desc) - (x->desc < y->desc);
}

int cell_data_derive(struct cell_data *d)
{
	const size_t classes = sizeof(latency_classes) / sizeof(latency_classes[0]);
	size_t room = d->nr_metrics + PHASES + 1 + 3 + FAULT_KINDS + 5 * classes +
		      RESULT_TOUCH_METRICS;
	struct metric_value *grown = reallocarray(d->metrics, room, sizeof(*grown));
	uint64_t *ns;

	if (!grown)
		return -ENOMEM;
	d->metrics = grown;
	ns = malloc((d->nr_faults + 1) * sizeof(*ns));
	if (!ns)
		return -ENOMEM;

	derive_phases(d);
	derive_counts(d);
	for (size_t i = 0; i < classes; i++)
		derive_latencies(d, &latency_classes[i], ns);
	free(ns);
	if (result_touches(d))
		return -ENOMEM;
	qsort(d->metrics, d->nr_metrics, sizeof(*d->metrics), compare_metrics);
	return 0;
}
