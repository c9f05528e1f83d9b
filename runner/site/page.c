// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_text.h"
#include "site/page.h"
#include "strategy.h"
#include "util.h"
#include "verdict.h"

static const char style[] =
"<style>\n"
"header{display:flex;flex-wrap:wrap;gap:.3rem 1rem;align-items:baseline;font-size:.9rem;"
"border-bottom:1px solid var(--line);padding-bottom:.4rem}\n"
"h3{font-size:1rem;margin:0 0 .2rem}h3,.small{overflow-wrap:anywhere}\n"
".card{border:1px solid var(--line);border-radius:.4rem;padding:.6rem .9rem;margin:1rem 0}\n"
".card h2{margin:.1rem 0 .3rem}.card p{margin:.3rem 0}\n"
".charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));"
"gap:1rem}\n"
".chart{border:1px solid var(--line);border-radius:.4rem;padding:.5rem;min-width:0}\n"
".chart svg{display:block;width:100%;height:auto;overflow:visible}\n"
".chart text{fill:var(--dim);font:12px system-ui,sans-serif}\n"
".axis{stroke:var(--line);stroke-width:1;fill:none}\n"
".rev{stroke:var(--dim);stroke-width:1;stroke-dasharray:2 3}\n"
".line{fill:none;stroke-linejoin:round;stroke-linecap:round}\n"
".v1{stroke-dasharray:6 4}.v2{stroke-dasharray:2 4}.v3{stroke-dasharray:8 3 2 3}\n"
".s-none{stroke:#0072B2;fill:#0072B2}.s-upfront{stroke:#D55E00;fill:#D55E00}\n"
".s-spte{stroke:#009E73;fill:#009E73}.s-memslot{stroke:#CC79A7;fill:#CC79A7}\n"
".s-nopin{stroke:#E69F00;fill:#E69F00}.s-other{stroke:#888;fill:#888}\n"
"path.line{fill:none}\n"
".legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.9rem;margin:.5rem 0}\n"
".legend svg{width:1.6rem;height:.8rem;vertical-align:middle;margin-right:.3rem}\n"
".small{font-size:.8rem}summary{cursor:pointer}details{margin:.3rem 0}\n"
".heat td{border:1px solid var(--bg);min-width:3.6rem}\n"
".heat tbody tr:nth-child(even){background:none}\n"
".heat tbody tr.first th{border-top:2px solid var(--line)}\n"
".heat tbody th{font-weight:normal;position:sticky;left:0;background:var(--bg);"
"white-space:nowrap;overflow-wrap:anywhere}\n"
".heat thead th{white-space:normal;overflow-wrap:normal}\n"
"td.w1{background:#fdeadd;color:#111}td.w2{background:#fac9a5;color:#111}"
"td.w3{background:#f09a5c;color:#111}td.w4{background:#D55E00;color:#fff}\n"
"td.b1{background:#e1f0fa;color:#111}td.b2{background:#b3daf2;color:#111}"
"td.b3{background:#56B4E9;color:#111}td.b4{background:#0072B2;color:#fff}\n"
"td.c{background:#e8e3f0;color:#111}td.x{background:#eee;color:#111}td.e{color:var(--dim)}\n"
".unsure{font-weight:600}\n"
".key td{padding:.1rem .6rem;white-space:nowrap}\n"
"@media(max-width:45rem){.heat tbody th{min-width:8rem;font-size:.8rem;white-space:normal}"
"th,td{padding:.25rem .4rem}}\n"
"</style>\n";

bool page_good(const char *status)
{
	int s = status_find(status);

	return s >= 0 && status_is_success(s);
}

static void put_up(struct page *p)
{
	for (int i = 0; i < p->depth; i++)
		fputs("../", p->f);
}

void page_link(struct page *p, const char *path)
{
	fputs("<a href=\"", p->f);
	put_up(p);
	html_path(p->f, path);
	fputs("\">", p->f);
}

void page_run_link(struct page *p, const struct site_run *r, const char *file)
{
	fputs("<a href=\"", p->f);
	put_up(p);
	html_path(p->f, p->site->up);
	html_path(p->f, r->name);
	putc('/', p->f);
	html_path(p->f, file);
	fputs("\">", p->f);
}

void page_end_link(struct page *p)
{
	fputs("</a>", p->f);
}

int page_open(struct page *p, const struct site *s, const char *folder, const char *name,
	      const char *title, char *err)
{
	char *dir = xasprintf("%s/%s", s->out, folder);
	int ret;

	*p = (struct page){ .site = s, .depth = folder[0] ? 1 : 0 };
	ret = outfile_open(&p->out, dir, name, err);
	free(dir);
	if (ret)
		return ret;
	p->f = p->out.f;
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
	      p->f);
	html_printf(p->f, "pinlab: %s", title);
	fputs("</title>\n", p->f);
	fputs(html_style, p->f);
	fputs(style, p->f);
	fputs("</head><body>\n<header>", p->f);
	page_link(p, "index.html");
	fputs("<b>pinlab</b></a>", p->f);
	page_link(p, "alerts.html");
	fputs("alerts</a>", p->f);
	page_link(p, "runs.html");
	fputs("runs</a>", p->f);
	page_link(p, "metrics.prom");
	fputs("OpenMetrics</a></header>\n<h1>", p->f);
	html_text(p->f, title);
	fputs("</h1>\n", p->f);
	return 0;
}

int page_close(struct page *p, char *err)
{
	fputs("</body></html>\n", p->f);
	return outfile_close(&p->out, err);
}

void page_heading(struct page *p, const char *text)
{
	fputs("<h2>", p->f);
	html_text(p->f, text);
	fputs("</h2>\n", p->f);
}

void page_status(struct page *p, const char *status)
{
	fprintf(p->f, "<span class=\"%s\">", page_good(status) ? "pass" : "bad");
	html_text(p->f, status);
	fputs("</span>", p->f);
}

void page_date(struct page *p, const struct site_run *r)
{
	const char *started = site_text(r->json, "started");

	if (strlen(started) > 16)
		html_printf(p->f, "%.10s %.5s", started, started + 11);
	else
		html_text(p->f, started[0] ? started : "?");
}

void page_params(struct page *p, const char *params)
{
	for (; *params; params++)
		html_printf(p->f, *params == ',' ? "%c " : "%c", *params);
}

char *page_cell_href(const struct site_track *t, const struct site_series *s)
{
	return xasprintf("%s/cell-%s.html", t->folder, s->id);
}

const char *page_unit(const struct site_track *t, size_t metric)
{
	return strcmp(metrics[metric].unit, "ns") ? metrics[metric].unit : t->time_unit;
}

/* Larger units, from what value on they are used. */
static const struct {
	const char *unit;
	double from, scale;
	int decimals;
	const char *name;
} scales[] = {
	{ "virtual ns", 1e6, 1e6, 1, " ms" },
	{ "virtual ns", 0, 1, 0, " ns" },
	{ "ns", 1e6, 1e6, 1, " ms" },
	{ "ns", 0, 1, 0, " ns" },
	{ "KiB", 10240, 1024, 1, " MiB" },
	{ "KiB", 0, 1, 0, " KiB" },
};

void page_value(FILE *f, const char *unit, double v)
{
	if (isnan(v)) {
		fputs("\u2013", f);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(scales); i++) {
		if (strcmp(scales[i].unit, unit) || fabs(v) < scales[i].from)
			continue;
		html_number(f, v / scales[i].scale, scales[i].decimals);
		fputs(scales[i].name, f);
		return;
	}
	html_number(f, v, csv_is_integer(v) ? 0 : 2);
}

char *page_delta(const struct compare *c, const struct compare_row *r, char *buf)
{
	double percent = isnan(r->ratio) ? 0 : 100 * (r->ratio - 1);

	if (r->delta == 0)
		snprintf(buf, PAGE_DELTA_MAX, "=");
	else if (fabs(percent) >= 9.95)
		snprintf(buf, PAGE_DELTA_MAX, "%+.0f %%", percent);
	else if (fabs(percent) >= 0.05)
		snprintf(buf, PAGE_DELTA_MAX, "%+.1f %%", percent);
	else
		snprintf(buf, PAGE_DELTA_MAX, "%+.6g %s", r->delta, compare_delta_unit(c, r));
	return buf;
}

const struct compare_pair *page_pair(const struct site_track *t, const char *id)
{
	for (size_t i = 0; t->compare && i < t->compare->nr_pairs; i++)
		if (!strcmp(t->compare->pair[i].cell[SIDE_NEW]->id, id))
			return &t->compare->pair[i];
	return NULL;
}

const char *page_class(const struct compare_row *r)
{
	static const char *const worse[] = { "w1", "w2", "w3", "w4" };
	static const char *const better[] = { "b1", "b2", "b3", "b4" };
	double percent = isnan(r->ratio) ? INFINITY : fabs(100 * (r->ratio - 1));
	int level = percent < 1 ? 0 : percent < 5 ? 1 : percent < 25 ? 2 : 3;

	switch (r->change) {
	case CHANGE_WORSE:
		return worse[level];
	case CHANGE_BETTER:
		return better[level];
	case CHANGE_CHANGED:
		return "c";
	case CHANGE_CANNOT_TELL:
		return "x";
	default:
		return "e";
	}
}

void page_verdict(struct page *p, const struct compare *c)
{
	static const enum change order[] = {
		CHANGE_WORSE, CHANGE_BETTER, CHANGE_CHANGED, CHANGE_CANNOT_TELL, CHANGE_SAME
	};
	static const char *const classes[] = {
		[CHANGE_SAME] = "pass", [CHANGE_BETTER] = "pass", [CHANGE_WORSE] = "bad",
		[CHANGE_CHANGED] = "unsure", [CHANGE_CANNOT_TELL] = "unsure",
	};

	fprintf(p->f, "<span class=\"%s\">%s</span>: of the metrics that judge, ",
		classes[c->verdict], change_names[c->verdict]);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		fprintf(p->f, "%s%zu %s", i ? ", " : "", compare_count(c, order[i], true),
			change_names[order[i]]);
}

const char *page_strategy_class(const char *strategy)
{
	static char name[32];

	snprintf(name, sizeof(name), "s-%s", strategy_find(strategy) < 0 ? "other" : strategy);
	return name;
}

void page_legend(struct page *p, const struct site_track *t)
{
	bool seen[STRATEGIES] = { false };

	for (size_t i = 0; i < t->nr_series; i++) {
		int s = strategy_find(t->series[i].strategy);

		if (s >= 0)
			seen[s] = true;
	}
	fputs("<div class=\"legend\">", p->f);
	for (int s = 0; s < STRATEGIES; s++)
		if (seen[s])
			fprintf(p->f, "<span><svg viewBox=\"0 0 24 12\"><path class=\"line %s\" "
				"stroke-width=\"3\" d=\"M1 6H23\"/></svg>%s</span>",
				page_strategy_class(strategy_names[s]), strategy_names[s]);
	fputs("</div>\n", p->f);
}
