// SPDX-License-Identifier: GPL-2.0-only
/* A cell of the latest run: every number beside the baseline's, figure, logs, command. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report_model.h"
#include "report_text.h"
#include "site/page.h"
#include "util.h"

static void put_number(struct page *p, double v, bool missing)
{
	char text[CSV_NUMBER_MAX];

	fputs("<td class=\"n\">", p->f);
	if (missing)
		fputs("\u2013", p->f);
	else if (csv_is_integer(v))
		html_number(p->f, v, 0);
	else
		fputs(csv_format_number(v, text), p->f);
	fputs("</td>", p->f);
}

static void put_metric_name(struct page *p, const struct site_track *t, const char *name)
{
	char *href = xasprintf("%s/trend-%s.html", t->folder, name);
	int metric = site_metric(name);
	bool trend = metric >= 0 && t->metric[metric];

	fputs("<tr><td>", p->f);
	if (trend)
		page_link(p, href);
	html_text(p->f, name);
	fputs(trend ? "</a></td>" : "</td>", p->f);
	free(href);
}

static void put_compared(struct page *p, const struct site_track *t, const struct compare_row *r)
{
	char delta[PAGE_DELTA_MAX];
	bool both = !r->missing[SIDE_OLD] && !r->missing[SIDE_NEW];

	put_metric_name(p, t, r->metric);
	put_number(p, r->value[SIDE_OLD], r->missing[SIDE_OLD]);
	put_number(p, r->value[SIDE_NEW], r->missing[SIDE_NEW]);
	fputs("<td class=\"k\">", p->f);
	html_text(p->f, r->unit);
	fprintf(p->f, "</td><td class=\"n %s\">", both ? page_class(r) : "x");
	html_text(p->f, both ? page_delta(t->compare, r, delta) : "\u2013");
	fprintf(p->f, "</td><td>%s%s", change_names[r->change], r->judges ? "" :
		" <span class=\"dim small\">(explains only)</span>");
	if (r->why) {
		fputs("<span class=\"m\">", p->f);
		html_text(p->f, r->why);
		fputs("</span>", p->f);
	}
	fputs("</td></tr>\n", p->f);
}

static void put_comparison(struct page *p, const struct site_track *t,
			   const struct compare_pair *pair)
{
	page_heading(p, "Against the baseline");
	fputs("<div class=\"wide\"><table><thead><tr><th>metric</th><th class=\"n\">", p->f);
	html_text(p->f, t->baseline->name);
	fputs("</th><th class=\"n\">latest</th><th>unit</th><th class=\"n\">difference</th>"
	      "<th>verdict</th></tr></thead><tbody>\n", p->f);
	for (size_t i = 0; i < t->compare->nr_rows; i++)
		if (t->compare->row[i].pair == pair)
			put_compared(p, t, &t->compare->row[i]);
	fputs("</tbody></table></div>\n", p->f);
}

static void put_values(struct page *p, const struct site_track *t, const struct site_point *point)
{
	page_heading(p, "Numbers");
	fputs("<div class=\"wide\"><table><thead><tr><th>metric</th><th class=\"n\">latest</th>"
	      "<th>unit</th></tr></thead><tbody>\n", p->f);
	for (size_t m = 0; m < site_nr_metrics(); m++) {
		if (isnan(point->value[m]))
			continue;
		put_metric_name(p, t, metrics[m].name);
		put_number(p, point->value[m], false);
		fputs("<td>", p->f);
		html_text(p->f, page_unit(t, m));
		fputs("</td></tr>\n", p->f);
	}
	fputs("</tbody></table></div>\n", p->f);
}

/* The timeline of the cell's group, if the run has its figures. */
static void put_figure(struct page *p, const struct site_run *r, const struct model *m,
		       const struct run_cell *c)
{
	for (size_t g = 0; g < m->nr_groups; g++) {
		for (size_t s = 0; s < m->nr_series; s++) {
			const struct model_cell *at = model_cell(m, g, s);
			char *file, *path;

			if (c < &m->run->cell[at->first] || c >= &m->run->cell[at->first + at->nr])
				continue;
			file = xasprintf("plots/timeline-%s.svg", m->groups[g].name);
			path = xasprintf("%s/%s/%s", p->site->results, r->name, file);
			if (!access(path, R_OK)) {
				fputs("<figure><div class=\"wide\">", p->f);
				page_run_link(p, r, file);
				fputs("<img alt=\"RSS and pins over time\" src=\"../", p->f);
				html_path(p->f, p->site->up);
				html_path(p->f, r->name);
				putc('/', p->f);
				html_path(p->f, file);
				fputs("\"></a></div></figure>\n", p->f);
			}
			free(file);
			free(path);
			return;
		}
	}
}

static void put_missing(struct page *p, const struct run_cell *c)
{
	const json_t *missing = json_object_get(c->json, "missing");
	json_t *m;
	size_t i;

	if (!json_array_size(missing))
		return;
	fputs("<details><summary>what this host cannot measure</summary><ul>\n", p->f);
	json_array_foreach(missing, i, m) {
		fputs("<li>", p->f);
		html_printf(p->f, "%s: %s", site_text(m, "name"), site_text(m, "reason"));
		fputs("</li>\n", p->f);
	}
	fputs("</ul></details>\n", p->f);
}

static void put_repeat(struct page *p, const struct site_run *r, const struct run_cell *c)
{
	fputs("<p>", p->f);
	if (run_cell_int(c, "repeat") > 1)
		fprintf(p->f, "Repeat %lld: ", run_cell_int(c, "repeat"));
	page_status(p, run_cell_text(c, "status"));
	if (run_cell_text(c, "reason")[0]) {
		fputs(": ", p->f);
		html_text(p->f, run_cell_text(c, "reason"));
	}
	fputs("<br>", p->f);
	page_files(p, r, c->dir);
	fputs("</p>\n", p->f);
	page_command(p, c);
}

static int put_cell(const struct site *s, const struct site_track *t, size_t series,
		    const struct model *m, char *err)
{
	const struct compare_pair *pair = page_pair(t, t->series[series].id);
	char *name = xasprintf("cell-%s.html", t->series[series].id);
	char *dir = xasprintf("cells/%s/", t->series[series].id);
	char *home = xasprintf("%s/index.html", t->folder), *run;
	const struct run_cell *first = NULL;
	struct page p;
	int ret = page_open(&p, s, t->folder, name, t->series[series].id, err);

	run = xasprintf("run/%s.html", t->latest->name);
	if (!ret) {
		fputs("<p>In ", p.f);
		page_link(&p, run);
		html_text(p.f, t->latest->name);
		fputs("</a>, the latest run of ", p.f);
		page_link(&p, home);
		html_text(p.f, t->title);
		fputs("</a>. <span class=\"dim\">", p.f);
		page_params(&p, t->series[series].params);
		fputs("</span></p>\n", p.f);
		for (size_t i = 0; i < m->run->nr; i++) {
			if (strncmp(m->run->cell[i].dir, dir, strlen(dir)))
				continue;
			first = first ?: &m->run->cell[i];
			put_repeat(&p, t->latest, &m->run->cell[i]);
		}
		put_missing(&p, first);
		put_figure(&p, t->latest, m, first);
		if (pair)
			put_comparison(&p, t, pair);
		else
			put_values(&p, t, site_point(t->latest, series));
		ret = page_close(&p, err);
	}
	free(name);
	free(dir);
	free(home);
	free(run);
	return ret;
}

int page_cells(const struct site *s, const struct site_track *t, char *err)
{
	char *dir = xasprintf("%s/%s", s->results, t->latest->name), unshown[OPT_ERR_MAX];
	struct run_cells cells;
	struct model m;
	int ret = run_cells_load(&cells, dir, err);

	if (!ret) {
		/* Cells that make no model have no figures. */
		if (model_build(&m, &cells, dir, unshown))
			m = (struct model){ .run = &cells };
		for (size_t i = 0; !ret && i < t->nr_series; i++)
			if (site_point(t->latest, i))
				ret = put_cell(s, t, i, &m, err);
		model_free(&m);
		run_cells_free(&cells);
	}
	free(dir);
	return ret;
}
