// SPDX-License-Identifier: GPL-2.0-only
/* Shared by result*.c and report*.c: names of files and how cell data is walked. */
#ifndef PINLAB_RESULT_INTERNAL_H
#define PINLAB_RESULT_INTERNAL_H

#include "result.h"

#define NO_PHASE	(-1)

/* The first phase record's time, which files count from; without phases the earliest record's. */
uint64_t cell_data_origin(const struct cell_data *d);

/*
 * The phase that t_ns is in, or NO_PHASE before the first one. *cursor starts at 0; t_ns must not
 * decrease from call to call.
 */
int cell_data_phase(const struct cell_data *d, size_t *cursor, uint64_t t_ns);

/* The value of the metric called name, or NULL if the cell has none. */
const double *cell_data_metric(const struct cell_data *d, const char *name);

/*
 * Put the guest's touches and the NPFs of the workload phase together by gpa: fills in npf_ns, adds
 * metrics (there must be room for RESULT_TOUCH_METRICS). 0 or -ENOMEM.
 */
#define RESULT_TOUCH_METRICS	6
int result_touches(struct cell_data *d);

/* Append to the metrics, for which there must be room. */
void cell_data_add(struct cell_data *d, const char *name, double value);

/* Write dir/guest_touch.csv, if there were touches. 0, or -errno with err set. */
int result_write_touches(const struct cell_data *d, const char *dir, char *err);

/*
 * Say how the cell ended, by its numbers and by what its workload's row expects: data that was lost
 * first, then the verdict, then whether a success's numbers contradict each other.
 */
void result_judge(struct execution *ex, const struct cell_data *d);

/* Write dir/cell.json. 0, or -errno with err set. */
int result_write_json(const struct execution *ex, const struct cell_data *d, const char *dir,
		      char *err);

#endif
