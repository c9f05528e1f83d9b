// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a cell's record stream to files, and from files to the tables of a run.
 *
 * A running cell owns a temporary folder that holds what the host writes: stream.bin (frames) and
 * console.log. result_finish() turns the stream into faults.csv, timeline.csv, one NAME.log per log
 * stream and cell.json; the caller then renames the folder into place. From then on the files
 * are the raw data: tables, plots and pages are made from them and can be made again.
 */
#ifndef PINLAB_RESULT_H
#define PINLAB_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/cell.h"
#include "common/metric.h"
#include "common/record.h"

#define RESULT_SCHEMA	1

struct metric_value {
	const struct metric_desc *desc;
	double value;
};

struct metric_absent {
	const struct metric_desc *desc;
	char reason[RECORD_REASON_MAX];
};

struct cell_data {
	struct record_hello hello;
	struct record_phase *phases;	/* sorted by t_ns */
	size_t nr_phases;
	struct record_sample *samples;	/* sorted by t_ns */
	size_t nr_samples;
	struct record_fault *faults;	/* sorted by t_ns */
	size_t nr_faults;
	struct record_guest *guests;	/* of several at once, by start */
	size_t nr_guests;
	struct record_touch *touches;	/* as the guest sent them */
	size_t nr_touches;
	struct metric_value *metrics;
	size_t nr_metrics;
	struct metric_absent *absent;	/* those that the host could not measure */
	size_t nr_absent;
	struct record_end end;
	bool ended;			/* an end record was seen */
};

/*
 * Read dir/stream.bin whole; log text goes to dir/NAME.log. A stream that breaks off is kept up to
 * the break (then there is no end record), and one that is not there is an empty one.
 * Returns 0, -EBADMSG (damaged; what was good is in *d), or -errno, with err set.
 */
int cell_data_load(struct cell_data *d, const char *dir, char *err);
void cell_data_free(struct cell_data *d);

/* Add the metrics that phases and faults give (SOURCE_PHASES, SOURCE_FAULTS). 0 or -ENOMEM. */
int cell_data_derive(struct cell_data *d);

/* What the runner knows of one execution of a cell, beside its records. */
struct execution {
	const struct cell *cell;
	int repeat;			/* from 1 */
	enum status status;		/* STATUS_PASS: take the agent's end record */
	char reason[RECORD_REASON_MAX];
	char *command;			/* to reproduce it */
	char key[65];			/* of its inputs, see reuse.h; "": it may not be reused */
	bool virtual_clock;		/* times are virtual ns: 1 instruction = 1 ns */
	bool encrypted;			/* an SEV guest's page that moves is garbage on this host */
	double wall_s;
};

/*
 * Make the files of one execution in dir. On return ex->status and ex->reason say how it ended:
 * the runner's own finding first, then the stream's, then the agent's. Returns 0 or -errno with
 * err set (disk full, ...): then the folder is not to be kept.
 */
int result_finish(struct execution *ex, const char *dir, char *err);

/* Write dir/cell.json. 0, or -errno with err set. */
int result_put_json(const json_t *cell, const char *dir, char *err);

/* (Re)make metrics.csv and report.ktap in run_dir from the cells' cell.json. 0 or -errno. */
int result_tables(const char *run_dir, char *err);

/*
 * (Re)make run_dir/plots/ and run_dir/index.html with gnuplot. Figures that a run in the folder
 * `results` has of the same data are taken from there; NULL: draw all. 0 or -errno.
 */
int report_build(const char *run_dir, const char *results, char *err);

/* Is gnuplot there and able to write SVG and PNG? 0, or -ENOENT with advice in err. */
int report_check(char *err);

#endif
