// SPDX-License-Identifier: GPL-2.0-only
/* One execution of a cell, from its start to its folder in the run. */
#ifndef PINLAB_TASK_H
#define PINLAB_TASK_H

#include "common/frame.h"
#include "result.h"
#include "run.h"

struct task {
	struct execution ex;
	char *dir;			/* below the run's tmp_dir */
	struct host_child child;	/* pid 0: not running */
	int stream_fd;			/* where the stream is read */
	int copy_fd;			/* where a pipe's stream is kept, or -1 */
	struct frame_reader reader;
	enum phase phase;
	bool begun;			/* phase is set */
	bool ended;			/* an end record came */
	bool broken;			/* the stream is damaged */
	int copy_error;
	double start_s, deadline_s;
	double estimate_s;		/* ESTIMATE_NONE: not known */
	int signals;			/* sent so far to end the host */
	double next_signal_s;
};

/* Make the cell's folder and start its host. 0, or -errno with err set and nothing left. */
int task_start(struct task *t, struct run *r, struct host *h, const struct cell *c, int repeat,
	       char *err);

/* Read what has come of the stream. */
void task_read(struct task *t);

/* Ask the host to end, then make it. The first finding stays the reason. */
void task_stop(struct task *t, enum status status, const char *reason);

/* What is due by now: the wall-clock limit, the next signal. */
void task_tick(struct task *t);

/*
 * If the host has ended: judge, make the results and move them into the run, or drop them if drop
 * is set. Returns 0 if it still runs, 1 if it is done, or -errno with err set (done, but not kept).
 */
int task_reap(struct task *t, struct run *r, struct host *h, bool drop, char *err);

/* Give back what a task that is done still holds. */
void task_free(struct task *t);

#endif
