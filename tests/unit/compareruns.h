// SPDX-License-Identifier: GPL-2.0-only
/* Two runs' folders, old and new, made by hand to be compared. */
#ifndef PINLAB_TEST_COMPARE_RUNS_H
#define PINLAB_TEST_COMPARE_RUNS_H

#include "rundir.h"

#include "compare/compare.h"

#define NPF(v)	METRIC("npf_first_p50_ns", "virtual ns", v)
#define PINS(v)	METRIC("pinned_workload_pages", "pages", v)
#define KERNEL(n, k)	"\"" n "\":{\"name\":\"" n "\",\"key\":\"" k "\"}"

struct world {
	struct fixture old, new;	/* share a folder */
	struct fixture *dirs;
};

static inline int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	void *f;

	setup(&f);
	w->dirs = f;
	w->old = *w->dirs;
	w->new = *w->dirs;
	w->old.run = xasprintf("%s/old", w->dirs->dir);
	w->new.run = xasprintf("%s/new", w->dirs->dir);
	assert_int_equal(dir_make(w->old.run, w->old.err), 0);
	assert_int_equal(dir_make(w->new.run, w->new.err), 0);
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;
	void *f = w->dirs;

	free(w->old.run);
	free(w->new.run);
	free(w);
	return teardown(&f);
}

static inline void put_run(struct fixture *f, const char *clock, const char *kernels,
			   const char *config)
{
	char *text = xasprintf("{\"schema\":1,\"clock\":\"%s\",\"kernels\":{%s},"
			       "\"config\":{\"name\":\"t\",\"text\":\"%s\"}}", clock, kernels,
			       config);

	put(f, "run.json", text);
	free(text);
}

static inline void put_kernel_cell(struct fixture *f, const char *kernel, const char *strategy,
			    const char *workload, const char *status, const char *metrics)
{
	char *id = xasprintf("%s-sev-128M-%s", kernel, workload);
	struct cell_row row = {
		.id = id, .kernel = kernel, .strategy = strategy, .workload = workload,
		.type = "touch", .params = "\"mmu\":\"tdp\"", .status = status, .reason = "",
		.metrics = metrics, .memory_mib = 128, .repeat = 1,
	};

	put_cell(f, &row);
	free(id);
}

static inline void put_side(struct fixture *f, const char *metrics)
{
	put_run(f, "virtual", KERNEL("k", "1"), "");
	put_kernel_cell(f, "k", "upfront", "t", "pass", metrics);
}

static inline struct compare made(struct world *w, const struct compare_request *more)
{
	struct compare_request q = more ? *more : (struct compare_request){ .by = NULL };
	char err[OPT_ERR_MAX];
	struct compare c;

	q.results = w->dirs->dir;
	q.spec[SIDE_OLD] = q.spec[SIDE_OLD] ?: "old";
	if (!q.by || !strchr(q.by, '='))
		q.spec[SIDE_NEW] = q.spec[SIDE_NEW] ?: "new";
	if (compare_make(&c, &q, err))
		fail_msg("%s", err);
	return c;
}

static inline void refused(struct world *w, const struct compare_request *more, const char *why)
{
	struct compare_request q = *more;
	char err[OPT_ERR_MAX] = "";
	struct compare c;

	q.results = w->dirs->dir;
	if (!compare_make(&c, &q, err))
		fail_msg("not refused: %s", why);
	if (!strstr(err, why))
		fail_msg("'%s' does not say '%s'", err, why);
}

static inline const struct compare_row *row(const struct compare *c, size_t pair,
					    const char *metric)
{
	const struct compare_row *r = compare_find(c, &c->pair[pair], metric);

	assert_non_null(r);
	return r;
}

/* Repeats by the wall clock, of npf_first_p50_ns and of pinned_workload_pages. */
static inline void put_wall(struct fixture *f, const double *npf, const double *pins,
			    int repeats)
{
	put_run(f, "wall", KERNEL("k", "1"), "");
	for (int i = 0; i < repeats; i++) {
		char *dir = xasprintf("%s/cells/k/%d", f->run, i + 1);
		char *name = xasprintf("cells/k/%d/cell.json", i + 1);
		char *text = xasprintf(
			"{\"schema\":1,\"cell\":\"k\",\"kernel\":\"k\",\"strategy\":\"upfront\","
			"\"guest\":\"sev\",\"memory_mib\":1,\"workload\":\"t\",\"type\":\"touch\","
			"\"params\":{},\"repeat\":%d,\"status\":\"pass\",\"reason\":\"\","
			"\"time_unit\":\"ns\",\"phases\":[],\"metrics\":["
			"{\"name\":\"npf_first_p50_ns\",\"unit\":\"ns\",\"better\":\"lower\","
			"\"value\":%g},{\"name\":\"pinned_workload_pages\",\"unit\":\"pages\","
			"\"better\":\"lower\",\"value\":%g}]}", i + 1, npf[i], pins[i]);

		assert_int_equal(dir_make(dir, f->err), 0);
		put(f, name, text);
		free(text);
		free(name);
		free(dir);
	}
}

#define WORLD(f)	cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

#endif
