// SPDX-License-Identifier: GPL-2.0-only
/* What the pages of a site share. */
#ifndef PINLAB_SITE_PAGE_H
#define PINLAB_SITE_PAGE_H

#include <stdio.h>

#include "csvfile.h"
#include "site/site.h"

/* A page that is being written: below the site's top by depth folders (0 or 1). */
struct page {
	const struct site *site;
	struct outfile out;
	FILE *f;
	int depth;
};

/*
 * Open folder/name below the site's top ("" is the top itself) and write what all pages start with.
 * Returns 0, or -errno with err set.
 */
int page_open(struct page *p, const struct site *s, const char *folder, const char *name,
	      const char *title, char *err);
int page_close(struct page *p, char *err);

/* Start of a link to a page (path from the site's top), or to a file of a run; page_end_link(). */
void page_link(struct page *p, const char *path);
void page_run_link(struct page *p, const struct site_run *r, const char *file);
void page_end_link(struct page *p);

/* <h2>, escaped. */
void page_heading(struct page *p, const char *text);

void page_status(struct page *p, const char *status);
void page_date(struct page *p, const struct site_run *r);	/* when it started */

/* Parameters with spaces between them, at which lines may break. */
void page_params(struct page *p, const char *params);

bool page_good(const char *status);

/* The page of a series' cell, from the site's top. The caller frees it. */
char *page_cell_href(const struct site_track *t, const struct site_series *s);

/* A number in its unit, short: "747.0 ms", "128.5 MiB", "65 529"; a dash where it is NAN. */
void page_value(FILE *f, const char *unit, double v);

/* The unit of a metric in this track: times are virtual ns on a virtual clock. */
const char *page_unit(const struct site_track *t, size_t metric);

/* The latest run's cell of that id with its partner in the baseline, or NULL. */
const struct compare_pair *page_pair(const struct site_track *t, const char *id);

/* "+3.2 %", or a difference that is too small or has no ratio as such: "+1 virtual ns". */
#define PAGE_DELTA_MAX	64
char *page_delta(const struct compare *c, const struct compare_row *r, char *buf);

/* The CSS class that colours a row's change: w1 to w4 worse, b1 to b4 better, c, x or e. */
const char *page_class(const struct compare_row *r);

/* "12 worse, 3 better, 400 same": how a comparison came out. */
void page_verdict(struct page *p, const struct compare *c);

/* A legend of strategies' colours. */
void page_legend(struct page *p, const struct site_track *t);

/* Links to all files in a folder of a run; a command; how many executions ended as they should. */
void page_files(struct page *p, const struct site_run *r, const char *dir);
void page_command(struct page *p, const struct run_cell *c);
void page_run_summary(struct page *p, const struct site_run *r);

/* A table of the latest runs of a track, newest first, at most so many. */
void page_runs(struct page *p, const struct site_track *t, size_t most);

/* The class of a strategy's colour: s-none, ... */
const char *page_strategy_class(const char *strategy);

#endif
