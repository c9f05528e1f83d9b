// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run as KTAP version 1, for CI systems: a plan line of all planned executions, then a line an
 * execution that is there. (Documentation/dev-tools/ktap.rst of the kernel)
 */
#ifndef PINLAB_KTAP_H
#define PINLAB_KTAP_H

#include "result_run.h"

/* (Re)make run_dir/report.ktap. Returns 0, or -errno with err set. */
int ktap_write(const struct run_cells *r, const char *run_dir, char *err);

#endif
