// SPDX-License-Identifier: GPL-2.0-only
/* A page a metric: small charts over all runs of a track, one a workload and memory. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_text.h"
#include "site/chart.h"
#include "site/page.h"
#include "util.h"

#define ROWS_MAX	40	/* of a chart's table of changes */

static bool same_group(const struct site_track *t, size_t a, size_t b)
{
	const struct site_series *x = &t->series[t->order[a]], *y = &t->series[t->order[b]];

	return !strcmp(x->group, y->group);
}

static void put_head(struct page *p, const struct chart *c)
{
	const struct site_track *t = c->track;

	fputs("<thead><tr><th>run</th>", p->f);
	for (size_t line = c->from; line < c->to; line++) {
		const struct site_series *s = &t->series[t->order[line]];

		fputs("<th class=\"n\">", p->f);
		html_text(p->f, s->strategy);
		fputs("<span class=\"u\">", p->f);
		html_text(p->f, s->kernel);
		fputs("</span></th>", p->f);
	}
	fputs("</tr></thead>", p->f);
}

static void put_row(struct page *p, const struct chart *c, size_t run)
{
	const struct site_track *t = c->track;
	const struct site_run *r = &p->site->run[t->run[run]];
	char *href = xasprintf("run/%s.html", r->name);

	fputs("<tr><td>", p->f);
	page_link(p, href);
	html_text(p->f, r->name);
	fputs("</a></td>", p->f);
	for (size_t line = c->from; line < c->to; line++) {
		const char *kernel = t->series[t->order[line]].kernel;
		double v = site_value(r, t->order[line], c->metric);
		char *built = site_kernel(r, kernel);

		fputs("<td class=\"n\">", p->f);
		if (isnan(v))
			fputs("\u2013", p->f);
		else
			html_number(p->f, v, csv_is_integer(v) ? 0 : 2);
		fputs("<span class=\"m\">", p->f);
		html_text(p->f, isnan(v) ? "" : built);
		if (site_point(r, t->order[line]) && site_point(r, t->order[line])->params)
			html_printf(p->f, "; now %s", site_point(r, t->order[line])->params);
		fputs("</span></td>", p->f);
		free(built);
	}
	fputs("</tr>\n", p->f);
	free(href);
}

/* The first run, the last, and each in which a value, a kernel or a parameter is another. */
static void put_changes(struct page *p, const struct chart *c)
{
	size_t nr = c->track->nr_runs, rows = 0;

	fputs("<details><summary class=\"small\">values</summary><div class=\"wide\">"
	      "<table class=\"small\">", p->f);
	put_head(p, c);
	fputs("<tbody>\n", p->f);
	for (size_t run = nr; run-- > 0 && rows < ROWS_MAX;) {
		if (run && run + 1 < nr && !chart_changes(p->site, c, run))
			continue;
		put_row(p, c, run);
		rows++;
	}
	fputs("</tbody></table></div></details>\n", p->f);
}

static void put_chart(struct page *p, const struct chart *c)
{
	const struct site_series *s = &c->track->series[c->track->order[c->from]];

	fputs("<div class=\"chart\"><h3>", p->f);
	html_text(p->f, s->group);
	fputs("</h3><div class=\"small dim\">", p->f);
	page_params(p, s->params);
	fputs("</div>\n", p->f);
	chart_put(p, c);
	put_changes(p, c);
	fputs("</div>\n", p->f);
}

static int put_metric(const struct site *s, const struct site_track *t, size_t metric, char *err)
{
	char *name = xasprintf("trend-%s.html", metrics[metric].name);
	char *title = xasprintf("%s: %s", metrics[metric].name, t->title);
	char *home = xasprintf("%s/index.html", t->folder);
	struct page p;
	int ret = page_open(&p, s, t->folder, name, title, err);

	if (!ret) {
		html_printf(p.f, "%s; in %s", metrics[metric].what, page_unit(t, metric));
		fprintf(p.f, "%s, over all runs of ", !strcmp(page_unit(t, metric), "virtual ns") ?
			" (1 instruction = 1 ns)" : "");
		page_link(&p, home);
		html_text(p.f, t->title);
		fputs("</a>. A dotted upright is where a kernel was built from something else or a"
		      " parameter changed, a dot where a value did.\n", p.f);
		page_legend(&p, t);
		fputs("<div class=\"charts\">\n", p.f);
		for (size_t i = 0, end; i < t->nr_series; i = end) {
			struct chart c = { .track = t, .metric = metric, .from = i };

			for (end = i + 1; end < t->nr_series && same_group(t, i, end); end++)
				;
			c.to = end;
			if (chart_has_values(s, &c))
				put_chart(&p, &c);
		}
		fputs("</div>\n", p.f);
		ret = page_close(&p, err);
	}
	free(name);
	free(title);
	free(home);
	return ret;
}

int page_trends(const struct site *s, const struct site_track *t, char *err)
{
	int ret = 0;

	for (size_t m = 0; !ret && m < site_nr_metrics(); m++)
		if (t->metric[m])
			ret = put_metric(s, t, m, err);
	return ret;
}
