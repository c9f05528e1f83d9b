// SPDX-License-Identifier: GPL-2.0-only
/* First touches as the guest saw them, set beside the host's records of the same pages. */
#include <errno.h>
#include <stdlib.h>

#include "csvfile.h"
#include "result_internal.h"
#include "stats/stats.h"

#define PAGE_SHIFT	12

struct page_fault {
	uint64_t gfn, latency_ns;
	size_t order;
};

/* By page, and of the same page by time. */
static int compare_faults(const void *a, const void *b)
{
	const struct page_fault *x = a, *y = b;

	if (x->gfn != y->gfn)
		return x->gfn < y->gfn ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* The first NPF on the page: what came later was not of its first touch. */
static const struct page_fault *find(const struct page_fault *f, size_t n, uint64_t gfn)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (f[mid].gfn < gfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && f[low].gfn == gfn ? &f[low] : NULL;
}

static size_t collect_faults(const struct cell_data *d, struct page_fault *out)
{
	size_t cursor = 0, n = 0;

	for (size_t i = 0; i < d->nr_faults; i++) {
		const struct record_fault *f = &d->faults[i];

		if (cell_data_phase(d, &cursor, f->t_ns) != PHASE_WORKLOAD || f->kind == FAULT_MMIO)
			continue;
		out[n] = (struct page_fault){ f->gpa >> PAGE_SHIFT, f->latency_ns, n };
		n++;
	}
	if (n)
		qsort(out, n, sizeof(*out), compare_faults);
	return n;
}

static uint64_t all(const struct record_touch *t)
{
	return t->guest_ns;
}

static uint64_t with_npf(const struct record_touch *t)
{
	return t->npf_ns ? t->guest_ns : 0;
}

static uint64_t without_npf(const struct record_touch *t)
{
	return t->npf_ns ? 0 : t->guest_ns;
}

/* 0: the NPF took longer by the host's clock than the whole touch by the guest's. */
static uint64_t own(const struct record_touch *t)
{
	return t->npf_ns && t->guest_ns > t->npf_ns ? t->guest_ns - t->npf_ns : 0;
}

/* A value of 0 is none. */
static const struct {
	const char *metric;
	uint64_t (*value)(const struct record_touch *t);
	double p;
} rows[] = {
	{ "guest_touch_p50_ns", all, 0.5 },
	{ "guest_touch_p99_ns", all, 0.99 },
	{ "guest_touch_npf_p50_ns", with_npf, 0.5 },
	{ "guest_touch_hit_p50_ns", without_npf, 0.5 },
	{ "guest_touch_own_p50_ns", own, 0.5 },
};

static size_t add_metrics(struct cell_data *d, uint64_t *ns)
{
	size_t npfs = 0;

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		size_t n = 0;

		for (size_t i = 0; i < d->nr_touches; i++) {
			ns[n] = rows[r].value(&d->touches[i]);
			n += ns[n] != 0;
		}
		if (n) {
			stats_sort(ns, n);
			cell_data_add(d, rows[r].metric, stats_quantile(ns, n, rows[r].p));
		}
		if (rows[r].value == with_npf)
			npfs = n;
	}
	return npfs;
}

int result_touches(struct cell_data *d)
{
	struct page_fault *faults = calloc(d->nr_faults + 1, sizeof(*faults));
	uint64_t *ns = calloc(d->nr_touches + 1, sizeof(*ns));
	int ret = faults && ns ? 0 : -ENOMEM;
	size_t n;

	if (!ret && d->nr_touches) {
		n = collect_faults(d, faults);
		for (size_t i = 0; i < d->nr_touches; i++) {
			const struct page_fault *f =
				find(faults, n, d->touches[i].gpa >> PAGE_SHIFT);

			d->touches[i].npf_ns = f ? f->latency_ns : 0;
		}
		cell_data_add(d, "guest_touch_npfs", add_metrics(d, ns));
	}
	free(faults);
	free(ns);
	return ret;
}

int result_write_touches(const struct cell_data *d, const char *dir, char *err)
{
	static const char *const header[] = { "gpa", "guest_ns", "npf_ns", NULL };
	struct outfile o;
	int ret;

	if (!d->nr_touches)
		return 0;
	ret = outfile_open(&o, dir, "guest_touch.csv", err);
	if (ret)
		return ret;
	csv_header(&o, header);
	for (size_t i = 0; i < d->nr_touches; i++) {
		const struct record_touch *t = &d->touches[i];

		csv_hex(&o, t->gpa);
		csv_u64(&o, t->guest_ns);
		if (t->npf_ns)
			csv_u64(&o, t->npf_ns);
		else
			csv_empty(&o);
		csv_end_row(&o);
	}
	return outfile_close(&o, err);
}
