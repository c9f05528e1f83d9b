// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes the cells of a run, several at a time, whatever becomes of them. One thread and one poll
 * loop: children's ends and the user's signals come in by signalfd, time by timerfd.
 */
#ifndef PINLAB_SCHED_H
#define PINLAB_SCHED_H

#include "estimate.h"
#include "run.h"

/*
 * From here on SIGCHLD, SIGINT, SIGTERM and SIGHUP wait to be read from the descriptor returned, or
 * -errno.
 */
int signals_open(void);
void signals_close(int signal_fd);

/* Has the user asked to stop? Takes what is waiting. */
bool signals_stop(int signal_fd);

/*
 * Do what is not complete in the run. Returns 0 when all is done, -EINTR when the user stopped it
 * (the children are ended, what was complete is kept), or -errno with err set when results can no
 * longer be written (the same).
 */
int sched_run(struct run *r, struct host *h, const struct estimates *e, int signal_fd,
	      char *err);

#endif
