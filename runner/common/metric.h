// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics: every number of metrics.csv is a row of this table. The agent sends those it can read
 * off the host; the runner derives the others from phases and fault records. A metric that was not
 * measured has no row in metrics.csv: it is never 0.
 */
#ifndef PINLAB_METRIC_H
#define PINLAB_METRIC_H

#include "collector.h"

enum metric_better { BETTER_LOWER, BETTER_HIGHER, BETTER_NONE };

enum metric_source {
	SOURCE_AGENT,	/* sent as RECORD_METRIC */
	SOURCE_PHASES,	/* derived from RECORD_PHASE */
	SOURCE_FAULTS,	/* derived from RECORD_FAULTS */
};

struct metric_desc {
	const char *name;	/* < RECORD_NAME_MAX */
	const char *unit;
	enum metric_better better;
	enum metric_source source;
	const char *what;	/* meaning and where it is read, one line */
	enum collector_id collector;	/* COLLECTORS: of none */
};

extern const struct metric_desc metrics[];	/* ends with a row without a name */
extern const char *const metric_better_names[];

/* Who measures it: a collector's name, "phases" or "workload" (the VMM or the guest). */
const char *metric_source(const struct metric_desc *m);

/* The row called name, or NULL. */
const struct metric_desc *metric_find(const char *name);

#endif
