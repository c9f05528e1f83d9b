// SPDX-License-Identifier: GPL-2.0-only
/* How long cells take, from runs that there were. */
#ifndef PINLAB_ESTIMATE_H
#define PINLAB_ESTIMATE_H

#include "plan.h"

#define ESTIMATE_NONE	(-1.0)

struct estimates {
	struct past_cell *cells;
	size_t nr;
};

/* Read the cell.json of all runs in the results folder; without any, nothing can be told. */
void estimates_load(struct estimates *e, const char *results);
void estimates_free(struct estimates *e);

/*
 * Seconds of real time that one execution of the cell took in the newest run that had the same
 * guest, memory, workload and parameters, on any kernel; ESTIMATE_NONE if none had.
 */
double estimate_s(const struct estimates *e, const struct cell *c);

#endif
