// SPDX-License-Identifier: GPL-2.0-only
/* --plan: the cells that a config gives, and how long they will take. */
#include <stdio.h>

#include "estimate.h"
#include "jobs.h"
#include "pinlab.h"
#include "request.h"
#include "table.h"

static void fill(struct table *t, const struct request *r, const struct estimates *e, double *total)
{
	for (size_t i = 0; i < r->plan.nr; i++) {
		const struct cell *c = &r->plan.cells[i];
		double s = estimate_s(e, c);
		char params[512];

		table_text(t, "%s", c->id);
		table_text(t, "%s", c->kernel);
		table_text(t, "%s", c->strategy);
		table_number(t, 0, r->plan.repeats);
		if (s < 0)
			table_missing(t);
		else
			table_number(t, 1, s);
		table_text(t, "%s", cell_params(c, params, sizeof(params)));
		*total = s < 0 || *total < 0 ? -1 : *total + s * r->plan.repeats;
	}
}

static void print_total(const struct request *r, double total, int jobs)
{
	printf("\n%zu cells, %zu executions, %d at once, estimated time: ", r->plan.nr,
	       r->plan.nr * (size_t)r->plan.repeats, jobs);
	if (total < 0)
		puts("? (no earlier run of some of them)");
	else
		printf("%.0f s\n", total / jobs);
}

int cmd_plan(const struct settings *s)
{
	static const char *const columns[] = {
		"cell", "kernel", "strategy", "repeats", "estimated_s", "params", NULL
	};
	struct table t = { .columns = columns };
	char err[OPT_ERR_MAX];
	struct estimates e;
	struct request r;
	double total = 0;

	if (request_make(&r, s, err))
		return usage_error("%s", err);
	estimates_load(&e, s->results);
	fill(&t, &r, &e, &total);
	if (s->json) {
		table_print_json(&t, "cells", stdout);
	} else {
		table_print(&t, stdout);
		print_total(&r, total, jobs_default(s, &r.plan.host));
	}
	table_free(&t);
	estimates_free(&e);
	request_free(&r);
	return 0;
}
