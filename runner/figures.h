// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures that are not drawn again: plots/figures.json says what they were drawn from.
 *
 * A report's key is the hash of this program, gnuplot's version, the scripts of plots/, and of each
 * execution the key (reuse.h) with the sums of its files. Two runs with the same key have the
 * same figures.
 */
#ifndef PINLAB_FIGURES_H
#define PINLAB_FIGURES_H

#include "plot.h"
#include "result_run.h"
#include "sums.h"

/* The key of a run's figures; "" if an execution has none, or one of the inputs cannot be read. */
void figures_key(const struct run_cells *run, const char *run_dir, char key[SHA256_HEX_MAX]);

/* Write dir/figures.json, and dir/sha256sums, of figures that are drawn. 0, or -errno, err set. */
int figures_save(const struct plots *p, const char *key, const char *dir, char *err);

/*
 * Have in dir, which is empty, the figures of the newest run in results whose key this is and whose
 * figures are whole, and list them in p, for plots_free(). 1, or 0 if there is none.
 */
int figures_take(struct plots *p, const char *key, const char *results, const char *dir);

#endif
