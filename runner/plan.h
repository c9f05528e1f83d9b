// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a config to the cells of a run, and nothing else: no files, no processes, no clock.
 */
#ifndef PINLAB_PLAN_H
#define PINLAB_PLAN_H

#include "config.h"

enum host_kind { HOST_EMULATED, HOST_LOCAL };

extern const char *const host_kind_names[];

/*
 * The cells are in the order in which they run: all kernels and guests of one workload, memory and
 * parameters side by side. Repeats are interleaved: all cells once, then all cells again.
 */
struct plan {
	struct cell *cells;
	size_t nr;
	int64_t repeats;
	struct host_config host;
};

/*
 * Expand the config. filter (may be NULL) is a glob that the ids of the cells must match. Returns
 * 0, or -EINVAL with the first impossible or double cell, or the rule that excludes nothing, in
 * err.
 */
int plan_make(struct plan *p, const struct config *c, enum host_kind host, const char *filter,
	      char *err);
void plan_free(struct plan *p);

#endif
