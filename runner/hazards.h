// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of guests' data when the host relocated it: a row a hazard workload, a column a
 * strategy, made from the hazard_* metrics.
 */
#ifndef PINLAB_HAZARDS_H
#define PINLAB_HAZARDS_H

#include <stdio.h>

#include "report_model.h"

/* The first repeat that is no success, or else the first. */
struct hazard_cell {
	const struct run_cell *cell;	/* NULL: there is none */
	char counts[48];		/* "moved/corrupt"; a dash: not measured */
	char more[160];			/* what else is not 0: "refused 1024, pinned 9" */
};

struct hazards {
	char (*rows)[MODEL_LABEL_MAX];	/* labels */
	char (*columns)[MODEL_LABEL_MAX];
	size_t nr_rows, nr_columns;	/* 0: no hazard cells in this run */
	struct hazard_cell *cells;	/* [row * nr_columns + column] */
};

/* Is this cell about what becomes of data, not about costs? */
bool hazard_is(const struct run_cell *c);

void hazards_build(struct hazards *h, const struct model *m);
void hazards_free(struct hazards *h);

/* As a table of text; nothing if there is none. */
void hazards_print(const struct hazards *h, FILE *f);

#endif
