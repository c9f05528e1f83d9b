// SPDX-License-Identifier: GPL-2.0-only
/* A small line chart of values over runs, as SVG. */
#ifndef PINLAB_SITE_CHART_H
#define PINLAB_SITE_CHART_H

#include "site/page.h"

/* The series t->order[from .. to) of one group: a line each. */
struct chart {
	const struct site_track *track;
	size_t metric, from, to;
};

/* Does any run have a value of it? */
bool chart_has_values(const struct site *s, const struct chart *c);

/* Is a value of the run other than in the run before, or is the kernel or a parameter another? */
bool chart_changes(const struct site *s, const struct chart *c, size_t run);

/*
 * Write it: the axis is logarithmic where values span a factor of more than 20, a line breaks where
 * a run has no value, a mark is where a value changes, and a dotted upright where a kernel or a
 * parameter does.
 */
void chart_put(struct page *p, const struct chart *c);

/* Which of its strategy a line is, from 0: the class of its dash. */
int chart_variant(const struct chart *c, size_t line);

#endif
