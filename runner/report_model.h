// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run as its readers see it: series (what is compared: a strategy, with its kernel) by groups
 * (under what: workload, parameters, memory). Every figure and table of the report is a view of it.
 */
#ifndef PINLAB_REPORT_MODEL_H
#define PINLAB_REPORT_MODEL_H

#include <stdbool.h>

#include "common/opt.h"
#include "result_run.h"

#define MODEL_LABEL_MAX	160

struct series {
	const char *strategy, *kernel;	/* point into cells */
	int variant;			/* n-th series of this strategy, from 0 */
	char label[MODEL_LABEL_MAX];	/* the strategy, with the kernel where that is needed */
};

struct group {
	const char *workload, *type;	/* point into cells */
	long long memory_mib;
	bool host;			/* no guest: the workload runs on the bench host itself */
	char params[1024];
	char label[MODEL_LABEL_MAX];	/* workload, and the parameters that differ */
	char name[MODEL_LABEL_MAX];	/* unique, and fine as a file's name */
};

/* All repeats of one series in one group. */
struct model_cell {
	size_t first, nr;		/* run->cell[first .. first + nr) */
	const struct run_cell *shown;	/* the first that ran to its end, or NULL */
};

struct model {
	const struct run_cells *run;
	const char *run_dir;
	struct series *series;		/* by strategy, then kernel */
	size_t nr_series;
	struct group *groups;		/* by workload, parameters, memory */
	size_t nr_groups;
	struct model_cell *cells;	/* [group * nr_series + series]; nr is 0 where none is */
	bool virtual_clock;
	const char *time_unit;		/* "virtual ns" or "ns" */
};

/*
 * The kind of guest is no axis: a strategy tells SEV guests (upfront, ...) from plain ones (none).
 * Build the model of a run, which must outlive it. Returns 0, or -EINVAL with err set.
 */
int model_build(struct model *m, const struct run_cells *run, const char *run_dir, char *err);
void model_free(struct model *m);

static inline const struct model_cell *model_cell(const struct model *m, size_t group,
						  size_t series)
{
	return &m->cells[group * m->nr_series + series];
}

/* The group behind those that differ from this one in memory alone, which make one panel. */
size_t model_panel_end(const struct model *m, size_t group);

/* Did the cell run to its end, so that its numbers describe the whole of it? */
bool model_usable(const struct run_cell *c);

/*
 * Median (lower one, so always a value that was measured) of a metric over the repeats that ran to
 * their end. Returns false if there is none.
 */
bool model_value(const struct model *m, size_t group, size_t series, const char *metric,
		 double *value);

/* As model_value(), with the least and the greatest of the same values. */
bool model_spread(const struct model *m, size_t group, size_t series, const char *metric,
		  double *value, double *least, double *most);

#endif
