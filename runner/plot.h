// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures of a run: the runner writes each figure's numbers (NAME.dat) and settings (NAME.gp), and
 * a script of plots/ draws NAME.svg and NAME.png from them.
 */
#ifndef PINLAB_PLOT_H
#define PINLAB_PLOT_H

#include <limits.h>

#include "csvfile.h"
#include "report_model.h"

struct plot {
	const char *name;	/* the list's own copies, and static texts in a maker */
	const char *title;
	const char *caption;
	const char *script;	/* file in plots/ */
};

struct plots {
	struct plot *plot;
	size_t nr;
	const char *data_dir;	/* where NAME.dat and NAME.gp go while they are made */
};

/* A figure whose input is being written. */
struct plot_input {
	struct outfile dat, gp;
};

/*
 * Write the input of all figures that the run has numbers for to data_dir, and list them. Returns
 * 0, or -errno with err set. plots_free() is due in any case.
 */
int plots_write(struct plots *p, const struct model *m, const char *data_dir, char *err);
void plots_free(struct plots *p);

/* Draw all of them into out_dir. Returns 0, or -errno with what gnuplot said in err. */
int plots_draw(const struct plots *p, const char *out_dir, char *err);

/* The folder of scripts: plots/ beside or above the folder that this program is in. 0 or -errno. */
int plots_scripts(char dir[PATH_MAX], char *err);

/* Is gnuplot there, and can it write both formats? 0, or -ENOENT with advice in err. */
int plots_check(char *err);

/* For the makers of figures, each of which is one function in plot_*.c: */
int plot_latency_cdf(struct plots *p, const struct model *m, char *err);
int plot_latency_percentiles(struct plots *p, const struct model *m, char *err);
int plot_timelines(struct plots *p, const struct model *m, char *err);
int plot_startup_phases(struct plots *p, const struct model *m, char *err);
int plot_startup_memory(struct plots *p, const struct model *m, char *err);

/* Start a figure; the settings that all have are written. The texts are copied. */
int plot_begin(struct plot_input *in, struct plots *p, const struct model *m,
	       const struct plot *plot, char *err);
int plot_end(struct plot_input *in, char *err);
void plot_drop(struct plot_input *in, struct plots *p);	/* nothing to draw */

/* gnuplot settings: name = value, and array name[nr] = [...]. */
void gp_text(struct outfile *o, const char *name, const char *text);
void gp_number(struct outfile *o, const char *name, double v);
void gp_texts(struct outfile *o, const char *name, const char *const *text, size_t nr);
void gp_numbers(struct outfile *o, const char *name, const double *v, size_t nr);

/* Label, strategy, variant of every series: series_label[], series_strategy[], series_variant[]. */
void gp_series(struct outfile *o, const struct model *m);

/* One number of a row in NAME.dat, and '?' for a missing one. */
void dat_number(struct outfile *o, double v);
void dat_missing(struct outfile *o);
void dat_end_row(struct outfile *o);
void dat_end_block(struct outfile *o);

#endif
