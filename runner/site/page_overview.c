// SPDX-License-Identifier: GPL-2.0-only
/* The first page, the list of runs, and the list of alerts. */
#include <stdlib.h>
#include <string.h>

#include "report_text.h"
#include "site/page.h"
#include "util.h"

#define ALERTS_SHOWN	8
#define RUNS_SHOWN	5

static void put_alert(struct page *p, const struct site_alert *a)
{
	fprintf(p->f, "<li><span class=\"bad\">%s</span> ", alert_names[a->kind]);
	if (a->href)
		page_link(p, a->href);
	html_text(p->f, a->what);
	if (a->href)
		page_end_link(p);
	fputs(": ", p->f);
	html_text(p->f, a->text);
	fputs("</li>\n", p->f);
}

static void put_alerts(struct page *p, size_t most)
{
	const struct site *s = p->site;

	if (!s->nr_alerts) {
		fputs("<p class=\"pass\">No alerts.</p>\n", p->f);
		return;
	}
	fputs("<ul>\n", p->f);
	for (size_t i = 0; i < s->nr_alerts && i < most; i++)
		put_alert(p, &s->alert[i]);
	fputs("</ul>\n", p->f);
	if (s->nr_alerts > most) {
		fputs("<p>", p->f);
		page_link(p, "alerts.html");
		fprintf(p->f, "All %zu alerts</a></p>\n", s->nr_alerts);
	}
}

static void put_run_row(struct page *p, const struct site_run *r)
{
	char *href = xasprintf("run/%s.html", r->name);

	fputs("<tr><td>", p->f);
	page_link(p, href);
	html_text(p->f, r->name);
	fprintf(p->f, "</a></td><td class=\"n %s\">%zu / %zu</td><td class=\"k\">",
		r->nr_good < r->nr_cells || r->planned > r->nr_cells ? "bad" : "pass", r->nr_good,
		r->planned > r->nr_cells ? r->planned : r->nr_cells);
	page_date(p, r);
	fputs("</td><td class=\"k\">", p->f);
	html_text(p->f, site_text(r->json, "version"));
	fputs("</td></tr>\n", p->f);
	free(href);
}

void page_runs(struct page *p, const struct site_track *t, size_t most)
{
	fputs("<div class=\"wide\"><table><thead><tr><th>run</th>"
	      "<th class=\"n\">good</th><th>started, UTC</th><th>lab</th></tr></thead><tbody>\n",
	      p->f);
	for (size_t i = t->nr_runs; i-- > 0 && t->nr_runs - i <= most;)
		put_run_row(p, &p->site->run[t->run[i]]);
	fputs("</tbody></table></div>\n", p->f);
}

static void put_track(struct page *p, const struct site_track *t)
{
	char *href = xasprintf("%s/index.html", t->folder);
	char *run = xasprintf("run/%s.html", t->latest->name);

	fputs("<div class=\"card\"><h2>", p->f);
	page_link(p, href);
	html_text(p->f, t->title);
	fputs("</a></h2>\n<p>Latest: ", p->f);
	page_link(p, run);
	html_text(p->f, t->latest->name);
	fputs("</a>, ", p->f);
	page_run_summary(p, t->latest);
	fputs(".</p>\n<p>", p->f);
	if (t->compare) {
		fputs("Against ", p->f);
		html_text(p->f, t->baseline->name);
		fputs(": ", p->f);
		page_verdict(p, t->compare);
	} else if (t->baseline) {
		fputs("Cannot be compared with ", p->f);
		html_text(p->f, t->baseline->name);
	} else {
		fputs("<span class=\"dim\">No baseline is pinned.</span>", p->f);
	}
	fputs("</p>\n", p->f);
	page_runs(p, t, RUNS_SHOWN);
	fputs("</div>\n", p->f);
	free(href);
	free(run);
}

static int page_all_runs(const struct site *s, char *err)
{
	struct page p;
	int ret = page_open(&p, s, "", "runs.html", "All runs", err);

	if (ret)
		return ret;
	for (size_t i = 0; i < s->nr_tracks; i++) {
		page_heading(&p, s->track[i].title);
		page_runs(&p, &s->track[i], s->nr_runs);
	}
	return page_close(&p, err);
}

int page_overview(const struct site *s, char *err)
{
	struct page p;
	int ret = page_all_runs(s, err) ?: page_open(&p, s, "", "index.html", "Results", err);

	if (ret)
		return ret;
	page_heading(&p, "Alerts");
	put_alerts(&p, ALERTS_SHOWN);
	if (!s->nr_tracks)
		fputs("<p>There are no runs yet.</p>\n", p.f);
	for (size_t i = 0; i < s->nr_tracks; i++)
		put_track(&p, &s->track[i]);
	return page_close(&p, err);
}

int page_alerts(const struct site *s, char *err)
{
	struct page p;
	int ret = page_open(&p, s, "", "alerts.html", "Alerts", err);

	if (ret)
		return ret;
	fputs("<p>What the latest run of each config has that its baseline has not, and runs that"
	      " could not be read.</p>\n", p.f);
	put_alerts(&p, s->nr_alerts);
	return page_close(&p, err);
}
