// SPDX-License-Identifier: GPL-2.0-only
/* How long NPFs take: distribution by strategy, and percentiles over memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "plot.h"
#include "stats/stats.h"
#include "util.h"

#define CDF_POINTS	500	/* a step left out is less than half a pixel high */

static const struct curve_kind {
	enum fault_kind kind;
	const char *what;
} curve_kinds[] = {
	{ FAULT_FIRST, "first touch" },
	{ FAULT_REFAULT, "refault" },
};

struct cdf {
	struct plot_input in;
	const char **panel_title;
	double *panel_row, *panel_column, *curve_panel, *curve_series, *curve_kind;
	size_t nr_panels, nr_curves, rows, columns;
	double min_ns, max_ns;
};

static bool put_curve(struct cdf *c, struct latencies *l, size_t series, size_t kind)
{
	struct ecdf_point point[CDF_POINTS];
	size_t n;

	if (!l->nr)
		return false;
	n = stats_ecdf(l->ns, l->nr, point, CDF_POINTS);
	dat_number(&c->in.dat, point[0].x);
	dat_number(&c->in.dat, 0);
	dat_end_row(&c->in.dat);
	for (size_t i = 0; i < n; i++) {
		dat_number(&c->in.dat, point[i].x);
		dat_number(&c->in.dat, point[i].f);
		dat_end_row(&c->in.dat);
	}
	dat_end_block(&c->in.dat);
	if (!c->nr_curves || point[0].x < c->min_ns)
		c->min_ns = point[0].x;
	if (!c->nr_curves || point[n - 1].x > c->max_ns)
		c->max_ns = point[n - 1].x;
	c->curve_panel[c->nr_curves] = c->nr_panels + 1;
	c->curve_series[c->nr_curves] = series + 1;
	c->curve_kind[c->nr_curves++] = kind + 1;
	return true;
}

static int put_cell(struct cdf *c, const struct model *m, size_t group, size_t series, bool *any,
		    char *err)
{
	const struct run_cell *cell = model_cell(m, group, series)->shown;
	/* Where a workload only touches memory, its own phase is meant. */
	struct fault_rows rows = { .workload_only = !strcmp(m->groups[group].type, "touch") };
	char *path;
	int ret;

	if (!cell)
		return 0;
	path = xasprintf("%s/%s/faults.csv", m->run_dir, cell->dir);
	ret = faults_read(&rows, path, err);
	faults_sort(&rows);
	for (size_t i = 0; !ret && i < ARRAY_SIZE(curve_kinds); i++)
		*any |= put_curve(c, &rows.kind[curve_kinds[i].kind], series, i);
	faults_free(&rows);
	free(path);
	return ret;
}

/* Is it the only group of its workload and parameters, so of one size of memory? */
static bool group_alone(const struct model *m, const struct group *g)
{
	size_t same = 0;

	for (size_t i = 0; i < m->nr_groups; i++)
		same += !strcmp(m->groups[i].label, g->label);
	return same == 1;
}

/* Does a panel of next go to the row of last? */
static bool same_row(const struct model *m, const struct group *last, const struct group *next)
{
	return !strcmp(last->label, next->label) || (group_alone(m, last) && group_alone(m, next));
}

/* One row for each workload that has several sizes of memory; the others go on as they come. */
static int put_panels(struct cdf *c, const struct model *m, char *err)
{
	const struct group *last = NULL;
	size_t column = 0;
	int ret = 0;

	for (size_t g = 0; g < m->nr_groups; g++) {
		const struct group *group = &m->groups[g];
		bool any = false;

		for (size_t s = 0; !ret && s < m->nr_series; s++)
			ret = put_cell(c, m, g, s, &any, err);
		if (ret)
			return ret;
		if (!any)
			continue;
		if (!last || !same_row(m, last, group) || column == 4) {
			c->rows++;
			column = 0;
		}
		last = group;
		c->panel_title[c->nr_panels] = xasprintf("%s, %lld MiB", group->label,
							 group->memory_mib);
		c->panel_row[c->nr_panels] = c->rows;
		c->panel_column[c->nr_panels++] = ++column;
		if (column > c->columns)
			c->columns = column;
	}
	return 0;
}

static void put_settings(struct cdf *c)
{
	const char *kinds[ARRAY_SIZE(curve_kinds)];

	for (size_t i = 0; i < ARRAY_SIZE(curve_kinds); i++)
		kinds[i] = curve_kinds[i].what;
	gp_number(&c->in.gp, "rows", c->rows);
	gp_number(&c->in.gp, "columns", c->columns);
	gp_number(&c->in.gp, "min_ns", c->min_ns);
	gp_number(&c->in.gp, "max_ns", c->max_ns);
	gp_texts(&c->in.gp, "kind", kinds, ARRAY_SIZE(kinds));
	gp_texts(&c->in.gp, "panel_title", c->panel_title, c->nr_panels);
	gp_numbers(&c->in.gp, "panel_row", c->panel_row, c->nr_panels);
	gp_numbers(&c->in.gp, "panel_column", c->panel_column, c->nr_panels);
	gp_numbers(&c->in.gp, "curve_panel", c->curve_panel, c->nr_curves);
	gp_numbers(&c->in.gp, "curve_series", c->curve_series, c->nr_curves);
	gp_numbers(&c->in.gp, "curve_kind", c->curve_kind, c->nr_curves);
}

int plot_latency_cdf(struct plots *p, const struct model *m, char *err)
{
	static const struct plot plot = {
		.name = "npf-latency-cdf", .script = "latency-cdf.gp",
		.title = "Latency of nested page faults",
		.caption = "Share of faults that took no longer than the latency below, from "
			   "#VMEXIT to re-entry. Touch workloads: faults in the workload phase; "
			   "others: in all phases.",
	};
	size_t curves = m->nr_groups * m->nr_series * ARRAY_SIZE(curve_kinds);
	struct cdf c = { 0 };
	int ret = plot_begin(&c.in, p, m, &plot, err);

	if (ret)
		return ret;
	c.panel_title = xrealloc(NULL, m->nr_groups, sizeof(*c.panel_title));
	c.panel_row = xrealloc(NULL, m->nr_groups, sizeof(double));
	c.panel_column = xrealloc(NULL, m->nr_groups, sizeof(double));
	c.curve_panel = xrealloc(NULL, curves, sizeof(double));
	c.curve_series = xrealloc(NULL, curves, sizeof(double));
	c.curve_kind = xrealloc(NULL, curves, sizeof(double));
	ret = put_panels(&c, m, err);
	if (!ret)
		put_settings(&c);
	if (ret || !c.nr_curves)
		plot_drop(&c.in, p);
	else
		ret = plot_end(&c.in, err);
	for (size_t i = 0; i < c.nr_panels; i++)
		free((char *)c.panel_title[i]);
	free(c.panel_title);
	free(c.panel_row);
	free(c.panel_column);
	free(c.curve_panel);
	free(c.curve_series);
	free(c.curve_kind);
	return ret;
}

static const struct percentile_class {
	const char *what;
	const char *metric[4];
} percentile_classes[] = {
#define CLASS(name, text) { text, { "npf_" name "_p50_ns", "npf_" name "_p90_ns", \
				    "npf_" name "_p99_ns", "npf_" name "_max_ns" } }
	CLASS("first", "first touch, in the workload"),
	CLASS("refault", "refault, in the workload"),
	CLASS("all", "all on memory, any phase"),
#undef CLASS
};

static bool group_has_faults(const struct model *m, size_t group)
{
	double v;

	for (size_t s = 0; s < m->nr_series; s++)
		if (model_value(m, group, s, "npf_all_p50_ns", &v))
			return true;
	return false;
}

static void put_quantiles(struct outfile *dat, const struct model *m, size_t group,
			  const struct percentile_class *class, size_t series)
{
	enum { QUANTILES = ARRAY_SIZE(class->metric) };
	double v[3][QUANTILES];
	bool have[QUANTILES];

	for (size_t i = 0; i < QUANTILES; i++)
		have[i] = model_spread(m, group, series, class->metric[i], &v[0][i], &v[1][i],
				       &v[2][i]);
	for (size_t i = 0; i < 3 * QUANTILES; i++) {
		if (have[i % QUANTILES])
			dat_number(dat, v[i / QUANTILES][i % QUANTILES]);
		else
			dat_missing(dat);
	}
}

/* Rows of a class and series: place of the group; p50, p90, p99, max; least and most of each. */
static bool put_percentiles(struct outfile *dat, const struct model *m,
			    const struct percentile_class *class, size_t series)
{
	size_t place = 0;
	bool any = false;

	for (size_t g = 0; g < m->nr_groups; g++) {
		double v;

		place += group_has_faults(m, g);
		if (!model_value(m, g, series, class->metric[0], &v))
			continue;
		dat_number(dat, place);
		put_quantiles(dat, m, g, class, series);
		dat_end_row(dat);
		any = true;
	}
	if (any)
		dat_end_block(dat);
	return any;
}

static void put_places(struct outfile *gp, const struct model *m)
{
	const char **label = xrealloc(NULL, m->nr_groups, sizeof(*label));
	double *memory = xrealloc(NULL, m->nr_groups, sizeof(*memory));
	size_t nr = 0;

	for (size_t g = 0; g < m->nr_groups; g++) {
		if (!group_has_faults(m, g))
			continue;
		label[nr] = m->groups[g].label;
		memory[nr++] = m->groups[g].memory_mib;
	}
	gp_texts(gp, "group_label", label, nr);
	gp_numbers(gp, "group_mib", memory, nr);
	free(label);
	free(memory);
}

int plot_latency_percentiles(struct plots *p, const struct model *m, char *err)
{
	static const struct plot plot = {
		.name = "npf-latency-percentiles", .script = "latency-percentiles.gp",
		.title = "Percentiles of the latency of nested page faults",
		.caption = "Median, p90, p99 and maximum, joined by a line; every point is a fault "
			   "that was measured (nearest rank).",
	};
	const char *class[ARRAY_SIZE(percentile_classes)];
	double *block_class, *block_series;
	struct plot_input in;
	size_t nr = 0;
	int ret = plot_begin(&in, p, m, &plot, err);

	if (ret)
		return ret;
	block_class = xrealloc(NULL, m->nr_series * ARRAY_SIZE(class), sizeof(double));
	block_series = xrealloc(NULL, m->nr_series * ARRAY_SIZE(class), sizeof(double));
	for (size_t c = 0; c < ARRAY_SIZE(class); c++) {
		class[c] = percentile_classes[c].what;
		for (size_t s = 0; s < m->nr_series; s++) {
			if (!put_percentiles(&in.dat, m, &percentile_classes[c], s))
				continue;
			block_class[nr] = c + 1;
			block_series[nr++] = s + 1;
		}
	}
	gp_texts(&in.gp, "class", class, ARRAY_SIZE(class));
	gp_numbers(&in.gp, "block_class", block_class, nr);
	gp_numbers(&in.gp, "block_series", block_series, nr);
	put_places(&in.gp, m);
	if (nr)
		ret = plot_end(&in, err);
	else
		plot_drop(&in, p);
	free(block_class);
	free(block_series);
	return ret;
}
