// SPDX-License-Identifier: GPL-2.0-only
/*
 * The latencies of all single faults of a pair's cells (faults.csv), percentile by percentile: what
 * the few percentiles of the metrics cannot show.
 */
#ifndef PINLAB_SHAPE_H
#define PINLAB_SHAPE_H

#include "compare/compare.h"
#include "faults.h"
#include "stats/distance.h"

#define SHAPE_PERCENTILES	10

extern const double shape_percentiles[SHAPE_PERCENTILES];	/* orders; 1: greatest */

/* Of one kind of fault of one pair. */
struct shape {
	const struct compare_pair *pair;
	enum fault_kind kind;
	size_t n[SIDES];
	uint64_t value[SIDES][SHAPE_PERCENTILES];	/* type 1 quantiles, in the time unit */
	double mean[SIDES];
	struct distance distance;
};

struct shapes {
	struct shape *shape;	/* by pair, then kind; those that both cells have */
	size_t nr;
};

/*
 * Read the faults.csv of each pair's first repeats that ran to their end. Returns 0, or -errno with
 * file and line in err: damaged, of something else, or not as many rows as its cell.json says.
 */
int shapes_make(struct shapes *s, const struct compare *c, char *err);
void shapes_free(struct shapes *s);

void shapes_print_text(const struct shapes *s, const struct compare *c, FILE *f);
/* A list, or NULL. */
json_t *shapes_json(const struct shapes *s);

#endif
