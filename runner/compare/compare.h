// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two sets of measured cells held against each other: what differs in what they were made with,
 * which cells are each other's partners, and for each metric of a pair a verdict.
 *
 * By the virtual clock numbers are exact, so any difference is one; the difference itself is what
 * is told, and no probability. By the wall clock a verdict takes a test. See judge.c.
 */
#ifndef PINLAB_COMPARE_H
#define PINLAB_COMPARE_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "common/metric.h"
#include "compare/thresholds.h"
#include "result_run.h"

/* For git bisect run: a revision that cannot be judged is skipped. */
#define EXIT_CANNOT_TELL	125

enum compare_side { SIDE_OLD, SIDE_NEW, SIDES };

extern const char *const side_names[SIDES];	/* old, new */

enum change {
	CHANGE_SAME,		/* or a difference below the least effect that counts */
	CHANGE_BETTER,
	CHANGE_WORSE,
	CHANGE_CHANGED,		/* differs, and the metric has no better direction */
	CHANGE_CANNOT_TELL,
	CHANGES,
};

extern const char *const change_names[];	/* same, better, worse, changed, cannot-tell */

/* All repeats of a cell of one side. */
struct compare_cell {
	const char *id;
	const struct run_cell *repeat;
	size_t nr;
	char *key;		/* equal for partners: all axes but those that are compared */
};

struct compare_half {
	char *spec;		/* as it was given */
	const char *terms;	/* in spec: what stands behind RUN:, or "" */
	char *dir;		/* of the run */
	json_t *run;		/* its run.json */
	struct run_cells cells;
	struct compare_cell *cell;	/* those that were selected, by id */
	size_t nr;
	struct strv only;	/* ids of those without a partner */
	struct strv by_value;	/* of each axis that is compared; "" where there are several */
};

/* Something that the two were not made with alike; NULL: that side has no such thing. */
struct compare_meta {
	char *key;
	char *value[SIDES];
};

struct compare_pair {
	char *label;		/* unique; the cells' id where they share it */
	const struct compare_cell *cell[SIDES];
};

/* Medians of doubles: the middle one, or the mean of the middle two. */
struct compare_row {
	const struct compare_pair *pair;
	const char *metric, *unit;
	enum metric_better better;
	bool judges;		/* the overall verdict depends on it */
	bool missing[SIDES];	/* no repeat that ran to its end has it: the value is not set */
	size_t n[SIDES];	/* repeats that have it */
	double value[SIDES];
	double delta, ratio;	/* new - old, new / old; ratio is NAN where old is 0 */
	double min_effect;	/* share of old below which a difference does not count */
	/* By the wall clock alone, else NAN: */
	double lo[SIDES], hi[SIDES];	/* confidence interval of the median */
	double ratio_lo, ratio_hi;	/* of the ratio, by the bootstrap */
	/* Mann-Whitney's, and adjusted for the rows that judge; NAN if all values are the same: */
	double p, p_holm;
	enum change change;
	char *why;		/* of a cannot-tell, or what else there is to say; or NULL */
};

struct shapes;	/* shape.h */

struct compare {
	struct compare_half half[SIDES];
	struct thresholds thresholds;
	bool virtual_clock;
	const char *time_unit;
	struct strv by;			/* axes that are compared */
	struct compare_meta *meta;
	size_t nr_meta;
	struct compare_pair *pair;	/* by label */
	size_t nr_pairs;
	struct compare_row *row;	/* by pair, then as in the table of metrics */
	size_t nr_rows;
	enum change verdict;		/* of the rows that judge, and of cells that new lacks */
	struct shapes *shapes;		/* of the latencies of single faults; NULL: not asked for */
};

struct compare_request {
	const char *results;	/* folder that holds runs that are given by name */
	const char *spec[SIDES];	/* RUN or RUN:TERM,...; the new one may be NULL */
	const char *by;		/* AXIS or AXIS=OLD,NEW; may be NULL */
	const char *filter;	/* glob of cell ids; may be NULL */
	bool faults;		/* read the single faults, too */
	const char *thresholds;	/* KEY=VALUE;...: goes before the config's [compare]; may be NULL */
};

/*
 * Compare. A TERM is key=glob (kernel, strategy, guest, memory, workload or a parameter) or a glob
 * of cell ids; all must match. Partners are equal in all axes but those compared: what `by` says,
 * or else kernel, guest or strategy where either side has just one, and they differ.
 * Returns 0, or -errno with err set: nothing to read, nothing in common, or a comparison that
 * means nothing (a virtual against a wall clock).
 */
int compare_make(struct compare *c, const struct compare_request *q, char *err);
void compare_free(struct compare *c);

/* 0 same or better, 1 worse, EXIT_CANNOT_TELL. */
int compare_exit_status(const struct compare *c);

/* Rows with this change that judge, or that do not. */
size_t compare_count(const struct compare *c, enum change change, bool judges);

/* The row of a metric of a pair, or NULL. */
const struct compare_row *compare_find(const struct compare *c, const struct compare_pair *pair,
				       const char *metric);

/* Did the repeat run to its end, so that its numbers stand for something? */
bool compare_complete(const struct run_cell *rc);

/* The unit of a row's delta: of the latency of faults, "instructions/fault" on a virtual clock. */
const char *compare_delta_unit(const struct compare *c, const struct compare_row *r);

/* Renderers. */
void compare_print_text(const struct compare *c, FILE *f);
void compare_print_csv(const struct compare *c, FILE *f);

/*
 * All repeats of both that ran to their end, in the benchmark format of Go, for `benchstat -col
 * side FILE`. A metric's name is its unit; by the virtual clock benchstat is told that units are
 * exact.
 */
void compare_print_benchstat(const struct compare *c, FILE *f);

/* Returns 0, or -errno : -EINVAL with nothing written (it does not fit into JSON), or -EIO. */
int compare_print_json(const struct compare *c, FILE *f);

#endif
