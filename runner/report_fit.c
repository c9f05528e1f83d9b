// SPDX-License-Identifier: GPL-2.0-only
/* What each GiB of guest memory adds to a start: straight lines through the cells of a workload. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_html.h"
#include "report_text.h"
#include "stats/slope.h"
#include "util.h"

#define ALPHA		0.05
#define POINTS_MIN	3	/* two are on a line whatever they are */

static const char head[] =
	"<h2>Startup against memory</h2>\n<div class=\"wide\"><table><thead><tr><th>workload</th>"
	"<th>strategy</th><th class=\"n\">sizes</th><th class=\"n\">per GiB, least squares"
	"<span class=\"u\">%s (95 %% interval)</span></th>"
	"<th class=\"n\">per GiB, Theil-Sen<span class=\"u\">%s (95 %% interval)</span></th>"
	"<th class=\"n\">at 0 MiB<span class=\"u\">%s</span></th></tr></thead><tbody>\n";

struct points {
	double *x, *y;		/* GiB, ms */
	size_t nr;
};

static void take_points(struct points *p, const struct model *m, size_t from, size_t to,
			size_t series)
{
	double v;

	p->nr = 0;
	for (size_t g = from; g < to; g++) {
		if (!model_value(m, g, series, "startup_ns", &v))
			continue;
		p->x[p->nr] = m->groups[g].memory_mib / 1024.0;
		p->y[p->nr++] = v / 1e6;
	}
}

static void put_slope(FILE *f, const struct slope *s)
{
	fprintf(f, "<td class=\"n\">%.3f", s->slope);
	if (!isnan(s->lo))
		fprintf(f, " (%.3f to %.3f)", s->lo, s->hi);
	fputs("</td>", f);
}

static bool put_fit(FILE *f, const struct model *m, size_t group, size_t series,
		    const struct points *p)
{
	struct slope least, median;

	if (p->nr < POINTS_MIN || slope_least_squares(p->x, p->y, p->nr, ALPHA, &least) ||
	    slope_theil_sen(p->x, p->y, p->nr, ALPHA, &median))
		return false;
	fputs("<tr><td class=\"k\">", f);
	html_text(f, m->groups[group].label);
	fputs("</td><td class=\"k\">", f);
	html_text(f, m->series[series].label);
	fprintf(f, "</td><td class=\"n\">%zu</td>", p->nr);
	put_slope(f, &least);
	put_slope(f, &median);
	fprintf(f, "<td class=\"n\">%.3f</td></tr>\n", least.intercept);
	return true;
}

void report_fit(FILE *f, const struct model *m)
{
	struct points p = {
		.x = xrealloc(NULL, m->nr_groups, sizeof(double)),
		.y = xrealloc(NULL, m->nr_groups, sizeof(double)),
	};
	const char *ms = m->virtual_clock ? "virtual ms" : "ms";
	char *rows = NULL;
	size_t len, end;
	bool any = false;
	FILE *r = open_memstream(&rows, &len);

	if (!r)
		abort();
	for (size_t g = 0; g < m->nr_groups; g = end) {
		end = model_panel_end(m, g);
		for (size_t s = 0; s < m->nr_series; s++) {
			take_points(&p, m, g, end, s);
			any |= put_fit(r, m, g, s, &p);
		}
	}
	fclose(r);
	if (any) {
		fprintf(f, head, ms, ms, ms);
		fprintf(f, "%s</tbody></table></div>\n", rows);
		if (m->virtual_clock)
			fputs("<p class=\"dim\">The times are exact; an interval says how "
			      "straight the line is.</p>\n", f);
	}
	free(rows);
	free(p.x);
	free(p.y);
}
