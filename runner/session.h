// SPDX-License-Identifier: GPL-2.0-only
/* What --matrix and --resume have in common once there is a run. */
#ifndef PINLAB_SESSION_H
#define PINLAB_SESSION_H

#include "run.h"

/*
 * Do what the run still lacks, then its tables, plots and summary. Prints what goes wrong; closes
 * neither run nor host. Returns the exit status.
 */
int session_run(struct run *r, struct host *h, int signal_fd);

/* Is what is needed at the end of a run there? 0, or -errno with err set. */
int session_check(const struct settings *s, char *err);

/*
 * Print what a run folder's cells gave: as text, with their status and the most telling metrics, or
 * its report.ktap. 0 or -errno, err set.
 */
int summary_print(const struct settings *s, const char *run_dir, char *err);

#endif
