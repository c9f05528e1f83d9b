// SPDX-License-Identifier: GPL-2.0-only
/* What the user sees of a run: a line for each running cell; without a terminal, plain lines. */
#ifndef PINLAB_PROGRESS_H
#define PINLAB_PROGRESS_H

#include "task.h"

struct progress {
	size_t total;		/* executions of the run */
	size_t done;
	bool tty;
	int lines;		/* on the screen now, to be drawn over */
	double drawn_s;
};

void progress_open(struct progress *p, size_t total, size_t done);

/* An execution is done: one line that stays. */
void progress_done(struct progress *p, const struct task *t);

/* An execution was taken from an earlier run: one line, too. */
void progress_reused(struct progress *p, const struct cell *c, int repeat, enum status status,
		     const char *run);

/* Is it time to draw again? Never, where there is no terminal. */
bool progress_due(const struct progress *p);

/* Draw the running tasks anew. left_s: estimate of the rest, or ESTIMATE_NONE. */
void progress_draw(struct progress *p, const struct task *tasks, size_t nr, double left_s);

/* Take the running cells' lines off the screen. */
void progress_clear(struct progress *p);

#endif
