// SPDX-License-Identifier: GPL-2.0-only
/* Pinned pages and RSS over time, one figure a group, one panel a series. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/record.h"
#include "csvread.h"
#include "plot.h"
#include "util.h"

#define PAGE_KIB	4

struct timeline {
	struct plot_input in;
	double *panel_series, *span_panel, *span_phase, *span_from, *span_to;
	size_t nr_panels, nr_spans;
	double end_ns;
	size_t rows;		/* of this panel */
};

static bool is_number(const char *text)
{
	char *end;
	double v = strtod(text, &end);

	return !*end && isfinite(v);
}

static const char *on_sample(void *user, const char *const *field)
{
	struct timeline *t = user;

	for (size_t i = 0; i < 3; i++)
		if (!is_number(field[i]))
			return "t_ns, rss_kib and pinned_pages must be numbers, or empty";
	if (!field[0][0] || (!field[1][0] && !field[2][0]))
		return NULL;
	dat_number(&t->in.dat, strtod(field[0], NULL) / 1e6);
	for (size_t i = 1; i < 3; i++) {
		double v = strtod(field[i], NULL);

		if (field[i][0])
			dat_number(&t->in.dat, (i == 1 ? v : v * PAGE_KIB) / 1024);
		else
			dat_missing(&t->in.dat);
	}
	dat_end_row(&t->in.dat);
	t->rows++;
	if (strtod(field[0], NULL) > t->end_ns)
		t->end_ns = strtod(field[0], NULL);
	return NULL;
}

static int phase_of(const char *name)
{
	for (int i = 0; name && i < PHASES; i++)
		if (!strcmp(phase_names[i], name))
			return i;
	return PHASES;
}

static void add_spans(struct timeline *t, const struct run_cell *c)
{
	const json_t *phases = json_object_get(c->json, "phases");
	size_t nr = json_array_size(phases);

	t->span_panel = xrealloc(t->span_panel, t->nr_spans + nr, sizeof(double));
	t->span_phase = xrealloc(t->span_phase, t->nr_spans + nr, sizeof(double));
	t->span_from = xrealloc(t->span_from, t->nr_spans + nr, sizeof(double));
	t->span_to = xrealloc(t->span_to, t->nr_spans + nr, sizeof(double));
	for (size_t i = 0; i < nr; i++) {
		const json_t *p = json_array_get(phases, i);
		const json_t *length = json_object_get(p, "length_ns");
		int phase = phase_of(json_string_value(json_object_get(p, "name")));
		double from = json_number_value(json_object_get(p, "t_ns"));
		double to = from + json_number_value(length);

		if (!length || phase >= PHASE_DONE)
			continue;
		t->span_panel[t->nr_spans] = t->nr_panels;
		t->span_phase[t->nr_spans] = phase + 1;
		t->span_from[t->nr_spans] = from / 1e6;
		t->span_to[t->nr_spans++] = to / 1e6;
		if (to > t->end_ns)
			t->end_ns = to;
	}
}

static int put_panel(struct timeline *t, const struct model *m, size_t group, size_t series,
		     char *err)
{
	static const char *const wanted[] = { "t_ns", "rss_kib", "pinned_pages", NULL };
	const struct run_cell *c = model_cell(m, group, series)->shown;
	char *path;
	int ret;

	if (!c)
		return 0;
	t->rows = 0;
	path = xasprintf("%s/%s/timeline.csv", m->run_dir, c->dir);
	ret = csv_read(path, wanted, on_sample, t, err);
	free(path);
	if (ret || !t->rows)
		return ret;
	dat_end_block(&t->in.dat);
	t->panel_series[t->nr_panels++] = series + 1;
	add_spans(t, c);
	return 0;
}

static int plot_timeline(struct plots *p, const struct model *m, size_t group, char *err)
{
	const struct group *g = &m->groups[group];
	char *name = xasprintf("timeline-%s", g->name);
	char *title = xasprintf("Pinned pages and RSS over time: %s, %lld MiB", g->label,
				g->memory_mib);
	const struct plot plot = {
		.name = name, .script = "timeline.gp", .title = title,
		.caption = "RSS of the VMM, and pages that the host has pinned "
			   "(nr_foll_pin_acquired - nr_foll_pin_released).",
	};
	struct timeline t = { .nr_panels = 0 };
	int ret = plot_begin(&t.in, p, m, &plot, err);

	if (!ret) {
		t.panel_series = xrealloc(NULL, m->nr_series, sizeof(double));
		for (size_t s = 0; !ret && s < m->nr_series; s++)
			ret = put_panel(&t, m, group, s, err);
		gp_number(&t.in.gp, "end_ms", t.end_ns / 1e6);
		gp_number(&t.in.gp, "memory_mib", g->memory_mib);
		gp_numbers(&t.in.gp, "panel_series", t.panel_series, t.nr_panels);
		gp_numbers(&t.in.gp, "span_panel", t.span_panel, t.nr_spans);
		gp_numbers(&t.in.gp, "span_phase", t.span_phase, t.nr_spans);
		gp_numbers(&t.in.gp, "span_from", t.span_from, t.nr_spans);
		gp_numbers(&t.in.gp, "span_to", t.span_to, t.nr_spans);
		if (ret || !t.nr_panels)
			plot_drop(&t.in, p);
		else
			ret = plot_end(&t.in, err);
	}
	free(t.panel_series);
	free(t.span_panel);
	free(t.span_phase);
	free(t.span_from);
	free(t.span_to);
	free(name);
	free(title);
	return ret;
}

int plot_timelines(struct plots *p, const struct model *m, char *err)
{
	int ret = 0;

	for (size_t g = 0; !ret && g < m->nr_groups; g++)
		ret = plot_timeline(p, m, g, err);
	return ret;
}
