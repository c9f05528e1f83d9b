// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_text.h"
#include "site/chart.h"
#include "util.h"

#define WIDTH		420
#define HEIGHT		170
#define LEFT		70
#define RIGHT		404
#define TOP		14
#define BOTTOM		140
#define LOG_SPAN	20	/* greatest / least from which on the axis is logarithmic */
#define MARKS_MAX	60	/* of a line */

struct scale {
	double least, most;
	bool log;
};

static double value_at(const struct site *s, const struct chart *c, size_t line, size_t run)
{
	const struct site_track *t = c->track;

	return site_value(&s->run[t->run[run]], t->order[line], c->metric);
}

bool chart_has_values(const struct site *s, const struct chart *c)
{
	for (size_t line = c->from; line < c->to; line++)
		for (size_t run = 0; run < c->track->nr_runs; run++)
			if (!isnan(value_at(s, c, line, run)))
				return true;
	return false;
}

static struct scale find_scale(const struct site *s, const struct chart *c)
{
	struct scale y = { INFINITY, -INFINITY, false };
	double room;

	for (size_t line = c->from; line < c->to; line++) {
		for (size_t run = 0; run < c->track->nr_runs; run++) {
			double v = value_at(s, c, line, run);

			if (isnan(v))
				continue;
			y.least = fmin(y.least, v);
			y.most = fmax(y.most, v);
		}
	}
	y.log = y.least > 0 && y.most > LOG_SPAN * y.least;
	room = y.log ? 0 : y.most > y.least ? 0.08 * (y.most - y.least) : fabs(y.most) * 0.1 + 1;
	y.least = y.least >= 0 ? fmax(0, y.least - room) : y.least - room;
	y.most += room;
	return y;
}

static double y_of(const struct scale *y, double v)
{
	double share = y->log ? log(v / y->least) / log(y->most / y->least) :
		       (v - y->least) / (y->most - y->least);

	return BOTTOM - share * (BOTTOM - TOP);
}

static double x_of(const struct chart *c, size_t run)
{
	size_t nr = c->track->nr_runs;

	return nr > 1 ? LEFT + 8 + (RIGHT - LEFT - 12.0) * run / (nr - 1) : (LEFT + RIGHT) / 2.0;
}

static const struct site_series *series_of(const struct chart *c, size_t line)
{
	return &c->track->series[c->track->order[line]];
}

/* The run before that has this line, or `run` itself if there is none. */
static size_t before(const struct site *s, const struct chart *c, size_t line, size_t run)
{
	for (size_t i = run; i-- > 0;)
		if (!isnan(value_at(s, c, line, i)))
			return i;
	return run;
}

static bool value_changes(const struct site *s, const struct chart *c, size_t line, size_t run)
{
	double v = value_at(s, c, line, run);

	return !isnan(v) && value_at(s, c, line, before(s, c, line, run)) != v;
}

static bool kernel_changes(const struct site *s, const struct chart *c, size_t line, size_t run)
{
	const char *kernel = series_of(c, line)->kernel;
	size_t last = before(s, c, line, run);

	return !isnan(value_at(s, c, line, run)) && last != run &&
	       strcmp(site_kernel_key(&s->run[c->track->run[run]], kernel),
		      site_kernel_key(&s->run[c->track->run[last]], kernel));
}

static const char *new_params(const struct site *s, const struct chart *c, size_t line, size_t run)
{
	const struct site_point *p = site_point(&s->run[c->track->run[run]],
						c->track->order[line]);

	return p ? p->params : NULL;
}

bool chart_changes(const struct site *s, const struct chart *c, size_t run)
{
	for (size_t line = c->from; line < c->to; line++)
		if (value_changes(s, c, line, run) || kernel_changes(s, c, line, run) ||
		    new_params(s, c, line, run))
			return true;
	return false;
}

static void put_axis(struct page *p, const struct chart *c, const struct scale *y)
{
	const struct site_track *t = c->track;
	const double at[] = { y->least, y->log ? sqrt(y->least * y->most) :
			      (y->least + y->most) / 2, y->most };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		double top = y_of(y, at[i]);

		fprintf(p->f, "<path class=\"axis\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" "
			"text-anchor=\"end\">", LEFT, top, RIGHT, LEFT - 4, top + 4);
		page_value(p->f, page_unit(t, c->metric), fabs(at[i]) < 100 ? at[i] : round(at[i]));
		fputs("</text>", p->f);
	}
	fprintf(p->f, "<text x=\"%d\" y=\"%d\">", LEFT, HEIGHT - 10);
	html_printf(p->f, "%.10s", site_text(p->site->run[t->run[0]].json, "started"));
	if (t->nr_runs > 1) {
		fprintf(p->f, "</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">", RIGHT,
			HEIGHT - 10);
		html_printf(p->f, "%.10s", site_text(p->site->run[t->run[t->nr_runs - 1]].json,
						     "started"));
	}
	fputs("</text>\n", p->f);
}

static void put_revisions(struct page *p, const struct chart *c)
{
	for (size_t run = 1; run < c->track->nr_runs; run++) {
		for (size_t line = c->from; line < c->to; line++) {
			const struct site_run *r = &p->site->run[c->track->run[run]];
			const char *kernel = series_of(c, line)->kernel;
			char *built;

			if (!kernel_changes(p->site, c, line, run) &&
			    !new_params(p->site, c, line, run))
				continue;
			built = site_kernel(r, kernel);
			fprintf(p->f, "<path class=\"rev\" d=\"M%.1f %dV%d\"><title>",
				x_of(c, run), TOP, BOTTOM);
			html_printf(p->f, "%s: %s is %s", r->name, kernel, built);
			if (new_params(p->site, c, line, run))
				html_printf(p->f, "; %s", new_params(p->site, c, line, run));
			fputs("</title></path>", p->f);
			free(built);
			break;
		}
	}
}

static void put_mark(struct page *p, const struct chart *c, const struct scale *y, size_t line,
		     size_t run)
{
	const struct site_run *r = &p->site->run[c->track->run[run]];
	double v = value_at(p->site, c, line, run);
	char *href = xasprintf("run/%s.html", r->name);

	page_link(p, href);
	fprintf(p->f, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>",
		page_strategy_class(series_of(c, line)->strategy), x_of(c, run), y_of(y, v));
	html_printf(p->f, "%s: ", r->name);
	page_value(p->f, page_unit(c->track, c->metric), v);
	fputs("</title></circle></a>", p->f);
	free(href);
}

/* Kernels of one strategy differ by dash, as in the figures of a run. */
int chart_variant(const struct chart *c, size_t line)
{
	int variant = 0;

	for (size_t i = c->from; i < line; i++)
		variant += !strcmp(series_of(c, i)->strategy, series_of(c, line)->strategy);
	return variant % 4;
}

static void put_path(struct page *p, const struct chart *c, const struct scale *y, size_t line)
{
	bool pen_down = false;
	double last = NAN;

	fprintf(p->f, "<path class=\"line %s", page_strategy_class(series_of(c, line)->strategy));
	if (chart_variant(c, line))
		fprintf(p->f, " v%d", chart_variant(c, line));
	/* The first is widest, so that it shows behind one that lies on it. */
	fprintf(p->f, "\" stroke-width=\"%.1f\" d=\"", 1.8 + 0.8 * (c->to - line - 1));
	for (size_t run = 0; run < c->track->nr_runs; run++) {
		double v = value_at(p->site, c, line, run);
		bool ends = run + 1 == c->track->nr_runs ||
			    isnan(value_at(p->site, c, line, run + 1));

		if (isnan(v)) {
			pen_down = false;
			continue;
		}
		if (!pen_down)
			fprintf(p->f, "M%.1f %.1f", x_of(c, run), y_of(y, v));
		else if (v != last)
			fprintf(p->f, "H%.1fV%.1f", x_of(c, run), y_of(y, v));
		else if (ends)
			fprintf(p->f, "H%.1f", x_of(c, run));
		pen_down = true;
		last = v;
	}
	fputs("\"/>\n", p->f);
}

static void put_line(struct page *p, const struct chart *c, const struct scale *y, size_t line)
{
	size_t nr = c->track->nr_runs, last = before(p->site, c, line, nr), marks = 0;

	if (last == nr)
		return;
	put_path(p, c, y, line);
	for (size_t run = last + 1; run-- > 0 && marks < MARKS_MAX;) {
		if (run != last && !value_changes(p->site, c, line, run))
			continue;
		put_mark(p, c, y, line, run);
		marks++;
	}
	putc('\n', p->f);
}

void chart_put(struct page *p, const struct chart *c)
{
	struct scale y = find_scale(p->site, c);

	fprintf(p->f, "<svg viewBox=\"0 0 %d %d\" role=\"img\">\n", WIDTH, HEIGHT);
	put_axis(p, c, &y);
	put_revisions(p, c);
	for (size_t line = c->from; line < c->to; line++)
		put_line(p, c, &y, line);
	fputs("</svg>\n", p->f);
}
