// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/record.h"
#include "hazards.h"
#include "report_html.h"
#include "report_text.h"
#include "util.h"
#include "verdict.h"

#define MIB_PAGES	256.0

static const char reading_virtual[] =
"<dt>virtual ns</dt><dd>The bench host is emulated: one retired instruction is 1 ns, idle time is\n"
"skipped. Numbers are exact and repeatable, so any difference between two cells is real; they\n"
"count instructions and tell nothing of caches, TLBs or memory bandwidth.</dd>\n";

static const char reading[] =
"<dt>strategy</dt><dd><b>none</b>: an ordinary guest, nothing is pinned. <b>upfront</b>: an SEV\n"
"guest on the pristine kernel, which pins all of the guest's memory before it runs. <b>spte</b>:\n"
"an SEV guest whose pages KVM's MMU pins when they are first touched; their SPTEs own the pins.\n"
"<b>memslot</b>: the same, but the memslots own them. <b>nopin</b>: an SEV guest of which nothing\n"
"is pinned; wrong on purpose, a control.</dd>\n"
"<dt>startup</dt><dd>From the start of the VMM to the start of the workload: what a user waits\n"
"for.</dd>\n"
"<dt>NPF</dt><dd>Nested page fault; its latency is from #VMEXIT to re-entry. A <b>first touch</b>\n"
"is the first fault on a guest page, a <b>refault</b> any later one; both are of the workload\n"
"phase. <b>All</b> are those on memory (not MMIO) in any phase.</dd>\n"
"<dt>pinned, RSS</dt><dd>At the end of the workload; pinned as the rise since before the VMM\n"
"started. <b>Leaked</b> pages were still pinned after it was gone: must be 0.</dd>\n";

/* The columns of the headline table. */
static const struct headline {
	const char *head, *unit;	/* unit NULL: the run's time unit */
	const char *metric, *second;	/* second: shown behind a slash */
	double scale;
	int decimals;
} headlines[] = {
	{ "startup", "ms", "startup_ns", NULL, 1e6, 1 },
	{ "workload", "ms", "workload_ns", NULL, 1e6, 1 },
	{ "NPFs", "count", "npf_total", NULL, 1, 0 },
	{ "first touch", NULL, "npf_first_p50_ns", "npf_first_p99_ns", 1, 0 },
	{ "refault", NULL, "npf_refault_p50_ns", "npf_refault_p99_ns", 1, 0 },
	{ "all NPFs", NULL, "npf_all_p50_ns", "npf_all_p99_ns", 1, 0 },
	{ "pinned", "MiB", "pinned_workload_pages", NULL, MIB_PAGES, 1 },
	{ "RSS", "MiB", "rss_workload_kib", NULL, 1024, 1 },
	{ "leaked", "pages", "pinned_leaked_pages", NULL, 1, 0 },
};

static void put_link(FILE *f, const char *dir, const char *name)
{
	fputs("<a href=\"", f);
	html_path(f, dir);
	putc('/', f);
	html_path(f, name);
	fputs("\">", f);
	html_text(f, name);
	fputs("</a>", f);
}

static void put_status(FILE *f, const char *status)
{
	int s = status_find(status);

	fprintf(f, "<span class=\"%s\">", s >= 0 && status_is_success(s) ? "pass" : "bad");
	html_text(f, status);
	fputs("</span>", f);
}

static int is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Links to the files of a cell; only those that end in suffix. */
static void put_files(FILE *f, const struct model *m, const struct run_cell *c, const char *suffix)
{
	char *path = xasprintf("%s/%s", m->run_dir, c->dir);
	struct dirent **names = NULL;
	int n = scandir(path, &names, is_file, by_name);

	for (int i = 0; i < n; i++) {
		size_t len = strlen(names[i]->d_name), tail = strlen(suffix);

		if (len >= tail && !strcmp(names[i]->d_name + len - tail, suffix)) {
			put_link(f, c->dir, names[i]->d_name);
			putc(' ', f);
		}
		free(names[i]);
	}
	free(names);
	free(path);
}

static void put_summary(FILE *f, const struct model *m, const json_t *run)
{
	json_int_t total = json_integer_value(json_object_get(json_object_get(run, "cells"),
							      "total"));
	size_t count[STATUSES] = { 0 };

	fprintf(f, "<p>%zu %s", m->run->nr, m->run->nr == 1 ? "cell was run" : "cells were run");
	if (total > (json_int_t)m->run->nr)
		fprintf(f, ", of %lld planned; the others are missing here", (long long)total);
	for (size_t i = 0; i < m->run->nr; i++)
		for (int s = 0; s < STATUSES; s++)
			count[s] += !strcmp(run_cell_text(&m->run->cell[i], "status"),
					    status_names[s]);
	for (int s = 0, any = 0; s < STATUSES; s++) {
		if (!count[s])
			continue;
		fprintf(f, "%s%zu ", any++ ? ", " : ": ", count[s]);
		put_status(f, status_names[s]);
	}
	if (json_integer_value(json_object_get(json_object_get(run, "cells"), "reused")))
		fprintf(f, "; %lld of them taken from earlier runs",
			json_integer_value(json_object_get(json_object_get(run, "cells"),
							   "reused")));
	fprintf(f, ".<br>Times are in <b>%s</b>.", m->virtual_clock ?
		"virtual ns (1 instruction = 1 ns)" : "wall-clock ns");
	if (!strcmp(json_string_value(json_object_get(run, "encrypt")) ?: "", "off"))
		fputs("<br>Memory encryption was <b>not modelled</b> (encrypt = off): guests"
		      " could still read what the host had moved.", f);
	fputs("</p>\n", f);
}

static bool succeeded(const struct run_cell *c)
{
	int status = status_find(run_cell_text(c, "status"));

	return status >= 0 && status_is_success(status);
}

static void put_failures(FILE *f, const struct model *m)
{
	bool any = false;

	for (size_t i = 0; i < m->run->nr; i++) {
		const struct run_cell *c = &m->run->cell[i];

		if (succeeded(c))
			continue;
		if (!any)
			fputs("<h2>Cells that did not pass</h2>\n<div class=\"wide\"><table>"
			      "<thead><tr><th>cell</th><th>repeat</th><th>status</th>"
			      "<th>reason</th><th>logs</th></tr></thead><tbody>\n", f);
		any = true;
		fputs("<tr><td>", f);
		html_text(f, run_cell_text(c, "cell"));
		fprintf(f, "</td><td class=\"n\">%lld</td><td class=\"k\">",
			run_cell_int(c, "repeat"));
		put_status(f, run_cell_text(c, "status"));
		fputs("</td><td>", f);
		html_text(f, run_cell_text(c, "reason"));
		fputs("</td><td>", f);
		put_files(f, m, c, ".log");
		fputs("</td></tr>\n", f);
	}
	if (any)
		fputs("</tbody></table></div>\n", f);
}

static void put_value(FILE *f, const struct model *m, size_t group, size_t series,
		      const struct headline *h)
{
	double v;

	fputs("<td class=\"n\">", f);
	if (model_value(m, group, series, h->metric, &v))
		html_number(f, v / h->scale, h->decimals);
	else
		fputs("<span class=\"dim\">\u2013</span>", f);
	if (h->second && model_value(m, group, series, h->second, &v)) {
		fputs(" / ", f);
		html_number(f, v / h->scale, h->decimals);
	}
	fputs("</td>", f);
}

/* The status of a cell: that of the first repeat that is no success. */
static const char *cell_status(const struct model *m, const struct model_cell *c)
{
	for (size_t i = 0; i < c->nr; i++)
		if (!succeeded(&m->run->cell[c->first + i]))
			return run_cell_text(&m->run->cell[c->first + i], "status");
	return run_cell_text(&m->run->cell[c->first], "status");
}

static void put_headline_row(FILE *f, const struct model *m, size_t group, size_t series)
{
	const struct model_cell *c = model_cell(m, group, series);

	if (!c->nr)
		return;
	fputs("<tr><td class=\"k\">", f);
	html_text(f, m->groups[group].label);
	fprintf(f, "</td><td class=\"n\">%lld</td><td class=\"k\">", m->groups[group].memory_mib);
	html_text(f, m->series[series].label);
	fputs("</td><td class=\"k\">", f);
	put_status(f, cell_status(m, c));
	fputs("</td>", f);
	for (size_t i = 0; i < ARRAY_SIZE(headlines); i++)
		put_value(f, m, group, series, &headlines[i]);
	fputs("</tr>\n", f);
}

static void put_headlines(FILE *f, const struct model *m)
{
	if (!m->run->nr)
		return;
	fputs("<h2>In numbers</h2>\n<div class=\"wide\"><table><thead><tr><th>workload</th>"
	      "<th class=\"n\">memory<span class=\"u\">MiB</span></th><th>strategy</th>"
	      "<th>status</th>", f);
	for (size_t i = 0; i < ARRAY_SIZE(headlines); i++) {
		const struct headline *h = &headlines[i];
		bool ms = h->unit && !strcmp(h->unit, "ms");

		fputs("<th class=\"n\">", f);
		html_text(f, h->head);
		fprintf(f, "<span class=\"u\">%s%s%s</span></th>", h->second ? "p50 / p99<br>" : "",
			ms && m->virtual_clock ? "virtual " : "", h->unit ?: m->time_unit);
	}
	fputs("</tr></thead><tbody>\n", f);
	for (size_t g = 0; g < m->nr_groups; g++)
		for (size_t s = 0; s < m->nr_series; s++)
			put_headline_row(f, m, g, s);
	fputs("</tbody></table></div>\n<p class=\"dim\">A dash is a number that was not measured;"
	      " it is not 0. With repeats, the (lower) median of those that ran to their end."
	      "</p>\n", f);
}

static void put_in(FILE *f, const char *element, const char *text)
{
	fprintf(f, "<%s class=\"k\">", element);
	html_text(f, text);
	fprintf(f, "</%s>", element);
}

static void put_hazard(FILE *f, const struct hazard_cell *c)
{
	if (!c->cell) {
		fputs("<td class=\"dim\">\u2013</td>", f);
		return;
	}
	fprintf(f, "<td class=\"k\">%s ", c->counts);
	put_status(f, run_cell_text(c->cell, "status"));
	if (c->more[0])
		fprintf(f, "<span class=\"m\">%s</span>", c->more);
	fputs("</td>", f);
}

static void put_hazards(FILE *f, const struct model *m)
{
	struct hazards h;

	hazards_build(&h, m);
	if (h.nr_rows) {
		fputs("<h2>Hazards</h2>\n<p>Pages of the guest's data that the host moved / that"
		      " were wrong afterwards.</p>\n<div class=\"wide\"><table><thead><tr>"
		      "<th>workload</th>", f);
		for (size_t c = 0; c < h.nr_columns; c++)
			put_in(f, "th", h.columns[c]);
		fputs("</tr></thead><tbody>\n", f);
	}
	for (size_t r = 0; r < h.nr_rows; r++) {
		fputs("<tr>", f);
		put_in(f, "td", h.rows[r]);
		for (size_t c = 0; c < h.nr_columns; c++)
			put_hazard(f, &h.cells[r * h.nr_columns + c]);
		fputs("</tr>\n", f);
	}
	if (h.nr_rows)
		fputs("</tbody></table></div>\n<p class=\"dim\"><b>xfail</b>: the data was lost, as"
		      " it must be under this strategy. <b>corrupt</b>: it was lost and must"
		      " not be. With repeats, the first that is no success.</p>\n", f);
	hazards_free(&h);
}

static void put_figures(FILE *f, const struct plots *p)
{
	if (p->nr)
		fputs("<h2>In pictures</h2>\n", f);
	for (size_t i = 0; i < p->nr; i++) {
		const struct plot *plot = &p->plot[i];

		fputs("<figure><div class=\"wide\"><a href=\"plots/", f);
		html_path(f, plot->name);
		fputs(".svg\"><img src=\"plots/", f);
		html_path(f, plot->name);
		fputs(".svg\" alt=\"", f);
		html_text(f, plot->title);
		fputs("\"></a></div><figcaption>", f);
		html_text(f, plot->caption);
		fputs(" <a href=\"plots/", f);
		html_path(f, plot->name);
		fputs(".png\">PNG</a> <a href=\"plots/data/", f);
		html_path(f, plot->name);
		fputs(".dat\">data</a></figcaption></figure>\n", f);
	}
}

static void put_reading(FILE *f, const struct model *m)
{
	fputs("<h2>How to read this</h2>\n<dl>\n", f);
	if (m->virtual_clock)
		fputs(reading_virtual, f);
	fputs(reading, f);
	fputs("</dl>\n", f);
}

static void put_cells(FILE *f, const struct model *m)
{
	fputs("<h2>Files</h2>\n<p><a href=\"metrics.csv\">metrics.csv</a> has all numbers of all"
	      " cells, <a href=\"run.json\">run.json</a> all that was used.</p>\n", f);
	if (!m->run->nr)
		return;
	fputs("<div class=\"wide\"><table><thead><tr><th>cell</th><th>repeat</th><th>files</th>"
	      "</tr></thead><tbody>\n", f);
	for (size_t i = 0; i < m->run->nr; i++) {
		const struct run_cell *c = &m->run->cell[i];

		fputs("<tr><td class=\"k\"><a href=\"", f);
		html_path(f, c->dir);
		fputs("/\">", f);
		html_text(f, run_cell_text(c, "cell"));
		fprintf(f, "</a></td><td class=\"n\">%lld</td><td>", run_cell_int(c, "repeat"));
		put_files(f, m, c, "");
		if (run_cell_text(c, "reused")[0])
			html_printf(f, "(from %s)", run_cell_text(c, "reused"));
		fputs("</td></tr>\n", f);
	}
	fputs("</tbody></table></div>\n", f);
}

/* One row a value; members of objects as key.member. The plan repeats the config: left out. */
static void put_metadata(FILE *f, const char *prefix, const json_t *value)
{
	const char *key, *text = json_string_value(value);
	json_t *member;
	char *name, *dump;

	if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key, member) {
			if (!prefix[0] && !strcmp(key, "plan"))
				continue;
			name = xasprintf("%s%s%s", prefix, prefix[0] ? "." : "", key);
			put_metadata(f, name, member);
			free(name);
		}
		return;
	}
	fputs("<tr><td>", f);
	html_text(f, prefix);
	fputs("</td><td>", f);
	if (text && strchr(text, '\n')) {
		fputs("<pre>", f);
		html_text(f, text);
		fputs("</pre>", f);
	} else if (text) {
		html_text(f, text);
	} else {
		dump = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS);
		html_text(f, dump ?: "");
		free(dump);
	}
	fputs("</td></tr>\n", f);
}

static void put_page(FILE *f, const struct model *m, const struct plots *p, const json_t *run)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	      "<title>", f);
	html_printf(f, "pinlab: %s", m->run->run);
	fputs("</title>\n", f);
	fputs(html_style, f);
	fputs("</head><body>\n<h1>", f);
	html_text(f, m->run->run);
	fputs("</h1>\n", f);
	put_summary(f, m, run);
	put_failures(f, m);
	put_hazards(f, m);
	put_headlines(f, m);
	put_figures(f, p);
	report_fit(f, m);
	put_reading(f, m);
	report_kernels(f, m->run_dir);
	put_cells(f, m);
	if (run) {
		fputs("<h2>What it was run with</h2>\n<div class=\"wide\"><table class=\"meta\">"
		      "<tbody>\n", f);
		put_metadata(f, "", run);
		fputs("</tbody></table></div>\n", f);
	}
	fputs("</body></html>\n", f);
}

int report_html(const struct model *m, const struct plots *p, char *err)
{
	char *path = xasprintf("%s/run.json", m->run_dir);
	json_t *run = json_load_file(path, 0, NULL);
	struct outfile o;
	int ret = outfile_open(&o, m->run_dir, "index.html", err);

	if (!ret) {
		put_page(o.f, m, p, run);
		ret = outfile_close(&o, err);
	}
	json_decref(run);
	free(path);
	return ret;
}
