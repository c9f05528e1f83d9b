// SPDX-License-Identifier: GPL-2.0-only
/*
 * --reuse: an execution that would give the same records again is taken from an earlier run.
 *
 * What decides a cell's records on the virtual clock - kernel, emulator, image (with the agent),
 * command line, the cell's description, and what this runner makes of records - is hashed to a key,
 * which is in cell.json. An earlier run's execution of the same cell and repeat with that key is
 * taken if it was a success and all of its files are as they were written.
 */
#ifndef PINLAB_REUSE_H
#define PINLAB_REUSE_H

#include <dirent.h>

#include "run.h"

#define REUSE_KEY_MAX	65	/* bytes, with the NUL */

/* The key of a cell on this host; "" if it does not give the same records each time. */
void reuse_key(const struct host *h, const struct cell *c, char *key);

/* The folders of runs in a folder of results, the newest first, as scandir() gives them. */
int reuse_runs(const char *results, struct dirent ***runs);

/*
 * Take all executions of the run that it lacks and that earlier runs beside it have; each is a line
 * of progress on stderr, as is each that is there but damaged. 0, or -errno with err set if the
 * run's folder cannot be written.
 */
int reuse_take(struct run *r, const struct host *h, char *err);

#endif
