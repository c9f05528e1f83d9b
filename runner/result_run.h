// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cells of a run as they lie on disk: run_dir/cells/ID/REPEAT/cell.json. What tables, plots
 * and pages are made from.
 */
#ifndef PINLAB_RESULT_RUN_H
#define PINLAB_RESULT_RUN_H

#include <jansson.h>
#include <stddef.h>

struct run_cell {
	char *dir;		/* relative to the run's folder: cells/ID/REPEAT */
	json_t *json;		/* an object; strings that are missing read as "" */
};

struct run_cells {
	struct run_cell *cell;	/* by cell id, then repeat */
	size_t nr;
	char *run;		/* name of the run: its folder's */
};

/*
 * Read all complete cells; a folder without a cell.json, or whose name is not a repeat's number, is
 * none. Returns 0, or -errno (-EINVAL: not a cell.json of this schema) with err set.
 */
int run_cells_load(struct run_cells *r, const char *run_dir, char *err);
void run_cells_free(struct run_cells *r);

/* A member as text, or "". */
const char *run_cell_text(const struct run_cell *c, const char *key);

/* A member as an integer, or 0. */
long long run_cell_int(const struct run_cell *c, const char *key);

/* The value of a metric, or NULL. */
const json_t *run_cell_metric(const struct run_cell *c, const char *name);

/* The parameters as cell_params() gives them: "name=value,..." in the order of the type's table. */
char *run_cell_params(const struct run_cell *c, char *buf, size_t len);

#endif
