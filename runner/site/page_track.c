// SPDX-License-Identifier: GPL-2.0-only
/* A track: its latest run as a heat map of differences to the baseline, and its trends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_text.h"
#include "site/page.h"
#include "util.h"

#define RUNS_SHOWN	30

/* The columns, as far as a run has them. */
static const struct {
	const char *metric, *head;
} columns[] = {
	{ "startup_ns", "startup" },
	{ "workload_ns", "workload" },
	{ "npf_workload", "NPFs" },
	{ "npf_first_p50_ns", "first touch p50" },
	{ "npf_first_p99_ns", "first touch p99" },
	{ "npf_refault_p50_ns", "refault p50" },
	{ "npf_all_mean_ns", "all NPFs mean" },
	{ "stress_bogo_ops_per_s", "stress-ng ops/s" },
	{ "fio_read_iops", "fio reads/s" },
	{ "fio_write_iops", "fio writes/s" },
	{ "pinned_workload_pages", "pinned pages" },
	{ "rss_workload_kib", "RSS" },
	{ "corrupt_pages", "corrupt pages" },
	{ "hazard_corrupt_pages", "hazard: corrupt" },
	{ "torture_corrupt_pages", "torture: corrupt" },
};

static bool has_column(const struct site_track *t, const char *name)
{
	int m = site_metric(name);

	for (size_t i = 0; m >= 0 && i < t->nr_series; i++)
		if (!isnan(site_value(t->latest, i, m)))
			return true;
	return false;
}

static void put_cell(struct page *p, const struct site_track *t, const struct compare_pair *pair,
		     size_t series, const char *metric)
{
	const struct compare_row *r = pair ? compare_find(t->compare, pair, metric) : NULL;
	int m = site_metric(metric);
	double v = site_value(t->latest, series, m);
	char delta[PAGE_DELTA_MAX];

	if (!r || r->missing[SIDE_OLD] || r->missing[SIDE_NEW]) {
		fprintf(p->f, "<td class=\"n%s\">", r && r->missing[SIDE_NEW] ? " x" : "");
		page_value(p->f, page_unit(t, m), v);
		if (r && r->missing[SIDE_NEW])
			fputs("<span class=\"m\">gone</span>", p->f);
		fputs("</td>", p->f);
		return;
	}
	fprintf(p->f, "<td class=\"n %s\" title=\"", page_class(r));
	html_printf(p->f, "%s: ", change_names[r->change]);
	page_value(p->f, r->unit, r->value[SIDE_OLD]);
	fputs(" \u2192 ", p->f);
	page_value(p->f, r->unit, r->value[SIDE_NEW]);
	fputs("\">", p->f);
	html_text(p->f, page_delta(t->compare, r, delta));
	fputs("</td>", p->f);
}

static void put_row(struct page *p, const struct site_track *t, size_t at)
{
	const struct site_series *s = &t->series[t->order[at]];
	const struct site_point *point = site_point(t->latest, t->order[at]);
	const struct compare_pair *pair = page_pair(t, s->id);
	bool first = !at || strcmp(t->series[t->order[at - 1]].group, s->group);
	char *href = page_cell_href(t, s);

	fprintf(p->f, "<tr%s><th>", first ? " class=\"first\"" : "");
	page_link(p, href);
	html_text(p->f, s->id);
	fputs("</a>", p->f);
	if (t->compare && !pair)
		fputs(" <span class=\"small\">new</span>", p->f);
	fputs("</th><td class=\"k\">", p->f);
	page_status(p, point->status);
	fputs("</td>", p->f);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (has_column(t, columns[i].metric))
			put_cell(p, t, pair, t->order[at], columns[i].metric);
	fputs("</tr>\n", p->f);
	free(href);
}

static void put_key(struct page *p)
{
	fputs("<div class=\"wide\"><table class=\"key small\"><tbody><tr><td>better by</td>"
	      "<td class=\"b4\">25 %</td><td class=\"b3\">5 %</td><td class=\"b2\">1 %</td>"
	      "<td class=\"b1\">less</td><td class=\"e\">=</td><td class=\"w1\">less</td>"
	      "<td class=\"w2\">1 %</td><td class=\"w3\">5 %</td><td class=\"w4\">25 %</td>"
	      "<td>worse by</td><td class=\"c\">changed</td><td class=\"x\">cannot tell</td>"
	      "</tr></tbody></table></div>\n", p->f);
}

static void put_heat_map(struct page *p, const struct site_track *t)
{
	page_heading(p, t->compare ? "Latest run against the baseline" : "Latest run");
	fputs("<p>", p->f);
	if (t->compare) {
		html_printf(p->f, "%s against %s. ", t->latest->name, t->baseline->name);
		page_verdict(p, t->compare);
	} else {
		html_printf(p->f, "%s. %s.", t->latest->name, t->baseline ?
			    "It cannot be compared with its baseline" : "No baseline is pinned");
	}
	fputs(t->compare ? ". A number without a colour is a value that the baseline does not have."
	      "</p>\n" : "</p>\n", p->f);
	if (t->compare)
		put_key(p);
	fputs("<div class=\"wide\"><table class=\"heat\"><thead><tr><th>cell</th><th>status</th>",
	      p->f);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		char *href = xasprintf("%s/trend-%s.html", t->folder, columns[i].metric);

		if (has_column(t, columns[i].metric)) {
			fputs("<th class=\"n\">", p->f);
			page_link(p, href);
			html_text(p->f, columns[i].head);
			fputs("</a></th>", p->f);
		}
		free(href);
	}
	fputs("</tr></thead><tbody>\n", p->f);
	for (size_t i = 0; i < t->nr_series; i++)
		if (site_point(t->latest, t->order[i]))
			put_row(p, t, i);
	fputs("</tbody></table></div>\n", p->f);
}

static void put_metas(struct page *p, const struct site_track *t)
{
	const struct compare *c = t->compare;

	if (!c || !c->nr_meta)
		return;
	fputs("<details><summary>What the two were made with, where it differs</summary>"
	      "<div class=\"wide\"><table class=\"meta\"><thead><tr><th></th><th>baseline</th>"
	      "<th>latest</th></tr></thead><tbody>\n", p->f);
	for (size_t i = 0; i < c->nr_meta; i++) {
		fputs("<tr><td>", p->f);
		html_text(p->f, c->meta[i].key);
		for (int side = 0; side < SIDES; side++) {
			fputs("</td><td>", p->f);
			html_text(p->f, c->meta[i].value[side] ?: "\u2013");
		}
		fputs("</td></tr>\n", p->f);
	}
	fputs("</tbody></table></div></details>\n", p->f);
}

static void put_trend_links(struct page *p, const struct site_track *t, bool judges)
{
	struct thresholds thresholds;

	thresholds_init(&thresholds);
	fputs("<p>", p->f);
	for (size_t m = 0; m < site_nr_metrics(); m++) {
		char *href;

		if (!t->metric[m] || thresholds_judges(&thresholds, metrics[m].name) != judges)
			continue;
		href = xasprintf("%s/trend-%s.html", t->folder, metrics[m].name);
		page_link(p, href);
		html_text(p->f, metrics[m].name);
		fputs("</a> ", p->f);
		free(href);
	}
	fputs("</p>\n", p->f);
	thresholds_free(&thresholds);
}

int page_track(const struct site *s, const struct site_track *t, char *err)
{
	struct page p;
	int ret = page_open(&p, s, t->folder, "index.html", t->title, err);

	if (ret)
		return ret;
	if (!strncmp(t->time_unit, "virtual", 7))
		fputs("<p class=\"dim\">Times are virtual ns: 1 instruction = 1 ns. They count"
		      " work, and are exact: any difference is one.</p>\n", p.f);
	put_heat_map(&p, t);
	put_metas(&p, t);
	page_heading(&p, "Trends");
	put_trend_links(&p, t, true);
	fputs("<details><summary>All other metrics</summary>", p.f);
	put_trend_links(&p, t, false);
	fputs("</details>\n", p.f);
	page_heading(&p, "Runs");
	page_runs(&p, t, RUNS_SHOWN);
	return page_close(&p, err);
}
