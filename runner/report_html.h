// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_REPORT_HTML_H
#define PINLAB_REPORT_HTML_H

#include <stdio.h>

#include "plot.h"
#include "report_model.h"

/*
 * Write index.html of a run: one page without scripts or foreign parts, which shows the figures in
 * plots/. Returns 0, or -errno with err set.
 */
int report_html(const struct model *m, const struct plots *p, char *err);

/* Its part about what memory adds to a start; nothing if no workload ran with three sizes. */
void report_fit(FILE *f, const struct model *m);

/* Its part about the kernels, from the run.json of run_dir; nothing if that tells of none. */
void report_kernels(FILE *f, const char *run_dir);

#endif
