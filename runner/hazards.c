// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "common/workload.h"
#include "hazards.h"
#include "table.h"
#include "util.h"
#include "verdict.h"

#define COLUMNS_MAX	15	/* of a table of text, beside the labels */

/* Shown behind moved/corrupt where they are not 0. */
static const struct {
	const char *metric, *what;
} others[] = {
	{ "hazard_refused_pages", "refused" },
	{ "hazard_returned_pages", "returned" },
	{ "hazard_swapped_pages", "swapped" },
	{ "hazard_ksm_sharing_pages", "KSM saved" },
	{ "hazard_flipped_bytes", "bytes changed" },
	{ "hazard_huge_pages", "huge pages" },
	{ "pinned_hazard_pages", "pinned" },
};

static bool number_of(const struct run_cell *c, const char *metric, double *v)
{
	const json_t *j = run_cell_metric(c, metric);

	if (!json_is_number(j))
		return false;
	*v = json_number_value(j);
	return true;
}

bool hazard_is(const struct run_cell *c)
{
	const json_t *hazard = json_object_get(json_object_get(c->json, "params"), "hazard");
	const char *type = run_cell_text(c, "type"), *how = json_string_value(hazard);

	return !strcmp(type, workload_type_names[WORKLOAD_HAZARD]) ||
	       (how && strcmp(how, boot_hazard_names[BOOT_SAFE]));
}

/* Parameters are what a group's cells have in common. */
static bool is_hazard(const struct model *m, size_t group)
{
	for (size_t s = 0; s < m->nr_series; s++) {
		const struct model_cell *c = model_cell(m, group, s);

		if (c->nr)
			return hazard_is(&m->run->cell[c->first]);
	}
	return false;
}

/* Does a hazard workload run under two kernels of this strategy? */
static bool strategy_is_ambiguous(const struct model *m, const char *strategy)
{
	for (size_t g = 0; g < m->nr_groups; g++) {
		size_t n = 0;

		for (size_t s = 0; s < m->nr_series; s++)
			n += !strcmp(m->series[s].strategy, strategy) && model_cell(m, g, s)->nr;
		if (n > 1 && is_hazard(m, g))
			return true;
	}
	return false;
}

static bool has_hazard(const struct model *m, size_t series)
{
	for (size_t g = 0; g < m->nr_groups; g++)
		if (model_cell(m, g, series)->nr && is_hazard(m, g))
			return true;
	return false;
}

/* The column of each series, or SIZE_MAX. Kernels share one as long as they do not meet in it. */
static void make_columns(struct hazards *h, const struct model *m, size_t *column_of)
{
	for (size_t s = 0; s < m->nr_series; s++) {
		const struct series *series = &m->series[s];
		bool own = strategy_is_ambiguous(m, series->strategy);
		const char *label = own ? series->label : series->strategy;
		size_t c = 0;

		column_of[s] = SIZE_MAX;
		if (!has_hazard(m, s))
			continue;
		while (c < h->nr_columns && strcmp(h->columns[c], label))
			c++;
		if (c == COLUMNS_MAX)
			continue;
		if (c == h->nr_columns)
			snprintf(h->columns[h->nr_columns++], MODEL_LABEL_MAX, "%s", label);
		column_of[s] = c;
	}
}

static const struct run_cell *telling_repeat(const struct model *m, const struct model_cell *c)
{
	for (size_t i = 0; i < c->nr; i++) {
		const struct run_cell *repeat = &m->run->cell[c->first + i];
		int status = status_find(run_cell_text(repeat, "status"));

		if (status < 0 || !status_is_success(status))
			return repeat;
	}
	return &m->run->cell[c->first];
}

static size_t put_count(char *buf, size_t len, const struct run_cell *c, const char *metric)
{
	double v;

	return number_of(c, metric, &v) ? snprintf(buf, len, "%.0f", v) : snprintf(buf, len, "-");
}

static void fill_cell(struct hazard_cell *hc, const struct model *m, const struct model_cell *c)
{
	size_t n;
	double v;

	hc->cell = telling_repeat(m, c);
	n = put_count(hc->counts, sizeof(hc->counts), hc->cell, "hazard_moved_pages");
	n += snprintf(hc->counts + n, sizeof(hc->counts) - n, "/");
	put_count(hc->counts + n, sizeof(hc->counts) - n, hc->cell, "hazard_corrupt_pages");
	n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (number_of(hc->cell, others[i].metric, &v) && v != 0 && n < sizeof(hc->more))
			n += snprintf(hc->more + n, sizeof(hc->more) - n, "%s%s %.0f",
				      n ? ", " : "", others[i].what, v);
}

/* A workload with several memory sizes is told apart by them. */
static void label_row(char *label, const struct model *m, size_t group)
{
	const struct group *g = &m->groups[group];
	size_t same = 0;

	for (size_t i = 0; i < m->nr_groups; i++)
		same += !strcmp(m->groups[i].label, g->label);
	if (same > 1)
		snprintf(label, MODEL_LABEL_MAX, "%.120s %lldM", g->label, g->memory_mib);
	else
		snprintf(label, MODEL_LABEL_MAX, "%s", g->label);
}

void hazards_build(struct hazards *h, const struct model *m)
{
	size_t *column_of = xrealloc(NULL, m->nr_series + 1, sizeof(*column_of));

	*h = (struct hazards){ .nr_rows = 0 };
	h->rows = xrealloc(NULL, m->nr_groups + 1, sizeof(*h->rows));
	h->columns = xrealloc(NULL, m->nr_series + 1, sizeof(*h->columns));
	make_columns(h, m, column_of);
	h->cells = xrealloc(NULL, m->nr_groups * h->nr_columns + 1, sizeof(*h->cells));
	memset(h->cells, 0, m->nr_groups * h->nr_columns * sizeof(*h->cells));
	for (size_t g = 0; g < m->nr_groups; g++) {
		struct hazard_cell *row = &h->cells[h->nr_rows * h->nr_columns];

		if (!is_hazard(m, g))
			continue;
		for (size_t s = 0; s < m->nr_series; s++)
			if (column_of[s] != SIZE_MAX && model_cell(m, g, s)->nr)
				fill_cell(&row[column_of[s]], m, model_cell(m, g, s));
		label_row(h->rows[h->nr_rows++], m, g);
	}
	free(column_of);
}

void hazards_free(struct hazards *h)
{
	free(h->rows);
	free(h->columns);
	free(h->cells);
	memset(h, 0, sizeof(*h));
}

void hazards_print(const struct hazards *h, FILE *f)
{
	const char *columns[COLUMNS_MAX + 2] = { "pages moved/corrupt" };
	struct table t = { .columns = columns };

	if (!h->nr_rows)
		return;
	for (size_t c = 0; c < h->nr_columns; c++)
		columns[c + 1] = h->columns[c];
	for (size_t r = 0; r < h->nr_rows; r++) {
		table_text(&t, "%s", h->rows[r]);
		for (size_t c = 0; c < h->nr_columns; c++) {
			const struct hazard_cell *hc = &h->cells[r * h->nr_columns + c];

			if (!hc->cell)
				table_text(&t, "-");
			else
				table_text(&t, "%s %s%s%s%s", hc->counts,
					   run_cell_text(hc->cell, "status"),
					   hc->more[0] ? " (" : "", hc->more,
					   hc->more[0] ? ")" : "");
		}
	}
	table_print(&t, f);
	table_free(&t);
}
