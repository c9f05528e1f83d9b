// SPDX-License-Identifier: GPL-2.0-only
/*
 * The runs of a results folder side by side, as a site of static pages and as metrics for
 * Prometheus. Runs of one config, by one clock and on one kind of host make a track: their cells
 * are comparable, and each run of it is a point in time.
 */
#ifndef PINLAB_SITE_H
#define PINLAB_SITE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "compare/compare.h"
#include "result_run.h"

/* What is known of a cell from one run: medians (lower) of the repeats that ran to their end. */
struct site_point {
	const char *status;	/* of the first repeat that is no success, or "pass", "xfail" */
	double *value;		/* [index of metrics[]]; NAN: not measured */
	char *params;		/* where they are others than in the run before; or NULL */
};

struct site_run {
	char *name;
	json_t *json;			/* run.json, without its plan */
	size_t track;
	size_t planned, nr_cells, nr_good;	/* executions: planned, done, good */
	struct site_point **point;	/* by series of the track; NULL: not in this run */
	size_t nr_points;
};

/* A cell as it comes again from run to run. */
struct site_series {
	char *id;
	char *params;		/* of the latest run that has it */
	char *group;		/* the id without kernel and guest: "128M-touch-seq" */
	char *kernel, *strategy, *guest, *workload;
	long long memory_mib;
};

struct site_track {
	char *config, *host, *time_unit;
	char *title;		/* for people */
	char *folder;		/* of its pages; unique */
	size_t *run, nr_runs;	/* indices in site->run, by time */
	struct site_series *series;	/* in the order in which runs brought them, by id */
	size_t nr_series;
	size_t *order;		/* of series on pages: by group, then strategy */
	bool *metric;		/* [index of metrics[]]: some run has a value */
	const struct site_run *latest, *baseline;	/* baseline NULL: none is pinned */
	struct compare *compare;	/* latest against baseline, or NULL */
};

enum alert_kind { ALERT_DAMAGED, ALERT_BASELINE, ALERT_FAILED, ALERT_WORSE, ALERT_MISSING, ALERTS };

struct site_alert {
	enum alert_kind kind;
	char *what, *text;
	char *href;		/* from the site's top; NULL: none */
};

struct site {
	char *results;		/* path */
	char *out;		/* where pages go while they are made */
	char *up;		/* from the site's top to the results folder: "../results" */
	struct site_run *run;	/* by start, then name */
	size_t nr_runs;
	struct site_track *track;
	size_t nr_tracks;
	struct site_alert *alert;
	size_t nr_alerts;
};

extern const char *const alert_names[ALERTS];

/*
 * Build the site of the runs in folder results into dir, which must not exist, be empty, or hold a
 * site. baseline (may be NULL) names one more run that is pinned beside those of results/baseline.
 * A damaged run is left out, is said on stderr and becomes an alert. Returns 0, or -errno with err
 * set; then dir is as it was.
 */
int site_build(const char *results, const char *dir, const char *baseline, char *err);

/* Load all runs; s->results and s->out are set. Writes a page for each. 0 or -errno, err set. */
int site_load(struct site *s, char *err);
void site_free(struct site *s);

/* Find pinned runs and compare each track's latest run with its own. 0 or -errno, err set. */
int site_compare(struct site *s, const char *baseline, char *err);

void site_alert(struct site *s, enum alert_kind kind, char *what, char *text, char *href);
void site_alerts(struct site *s);	/* those of the latest runs */

/* Index in metrics[], or -1. */
int site_metric(const char *name);
size_t site_nr_metrics(void);

/* A series' point in a run, or NULL. */
const struct site_point *site_point(const struct site_run *r, size_t series);

/* Its value of a metric, or NAN. */
double site_value(const struct site_run *r, size_t series, size_t metric);

const char *site_text(const json_t *object, const char *key);	/* "" if missing */

/* What a kernel of a run was built from, for people; and a key that changes when it does. */
char *site_kernel(const struct site_run *r, const char *kernel);
const char *site_kernel_key(const struct site_run *r, const char *kernel);

/* Pages. 0, or -errno with err set. */
int page_run(const struct site *s, const struct site_run *r, const struct run_cells *cells,
	     char *err);
int page_overview(const struct site *s, char *err);
int page_alerts(const struct site *s, char *err);
int page_track(const struct site *s, const struct site_track *t, char *err);
int page_trends(const struct site *s, const struct site_track *t, char *err);
int page_cells(const struct site *s, const struct site_track *t, char *err);

/* metrics.prom: the latest runs' numbers as OpenMetrics text. 0, or -errno with err set. */
int site_openmetrics(const struct site *s, char *err);

#endif
