// SPDX-License-Identifier: GPL-2.0-only
/* One run: what it was made with, and each execution with its files and its command. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report_text.h"
#include "site/page.h"
#include "util.h"

static int is_shown(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

void page_files(struct page *p, const struct site_run *r, const char *dir)
{
	char *path = xasprintf("%s/%s/%s", p->site->results, r->name, dir);
	struct dirent **names = NULL;
	int n = scandir(path, &names, is_shown, by_name);

	for (int i = 0; i < n; i++) {
		char *file = xasprintf("%s/%s", dir, names[i]->d_name);

		page_run_link(p, r, file);
		html_text(p->f, names[i]->d_name);
		fputs("</a> ", p->f);
		free(file);
		free(names[i]);
	}
	free(names);
	free(path);
}

void page_command(struct page *p, const struct run_cell *c)
{
	fputs("<details><summary>command to reproduce it</summary><pre>", p->f);
	html_text(p->f, run_cell_text(c, "command"));
	fputs("</pre></details>\n", p->f);
}

static void put_fact(struct page *p, const char *name, const char *value)
{
	if (!value[0])
		return;
	fputs("<tr><th>", p->f);
	html_text(p->f, name);
	fputs("</th><td>", p->f);
	html_text(p->f, value);
	fputs("</td></tr>\n", p->f);
}

static void put_facts(struct page *p, const struct site_run *r)
{
	static const char *const keys[][2] = {
		{ "started", "started" }, { "ended", "ended" }, { "lab", "version" },
		{ "host", "host" }, { "clock", "clock" }, { "times", "time_unit" },
		{ "encryption", "encrypt" }, { "machine", "machine_cpu" }, { "image", "image" },
	};
	const char *name;
	json_t *kernel;

	fputs("<div class=\"wide\"><table class=\"meta\"><tbody>\n", p->f);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		put_fact(p, keys[i][0], site_text(r->json, keys[i][1]));
	put_fact(p, "emulator", site_text(json_object_get(r->json, "emulator"), "version"));
	json_object_foreach(json_object_get(r->json, "kernels"), name, kernel) {
		char *what = xasprintf("kernel %s", name), *built = site_kernel(r, name);

		put_fact(p, what, built);
		free(what);
		free(built);
	}
	fputs("</tbody></table></div>\n<details><summary>config</summary><pre>", p->f);
	html_text(p->f, site_text(json_object_get(r->json, "config"), "text"));
	fputs("</pre></details>\n", p->f);
}

static void put_execution(struct page *p, const struct site_run *r, const struct run_cell *c)
{
	const char *status = run_cell_text(c, "status"), *reason = run_cell_text(c, "reason");

	fprintf(p->f, "<details%s><summary>", page_good(status) ? "" : " open");
	html_printf(p->f, "%s", run_cell_text(c, "cell"));
	if (run_cell_int(c, "repeat") > 1)
		fprintf(p->f, ", repeat %lld", run_cell_int(c, "repeat"));
	fputs(": ", p->f);
	page_status(p, status);
	fputs("</summary>\n", p->f);
	if (reason[0]) {
		fputs("<p>", p->f);
		html_text(p->f, reason);
		fputs("</p>\n", p->f);
	}
	fputs("<p>", p->f);
	page_files(p, r, c->dir);
	fputs("</p>\n", p->f);
	page_command(p, c);
	fputs("</details>\n", p->f);
}

/* As far as they were made: a run may have no figures, or not be at its end. */
static void put_made_files(struct page *p, const struct site_run *r)
{
	static const char *const files[][2] = {
		{ "index.html", "Figures and numbers" }, { "metrics.csv", "metrics.csv" },
		{ "report.ktap", "report.ktap" }, { "run.json", "run.json" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *path = xasprintf("%s/%s/%s", p->site->results, r->name, files[i][0]);

		if (!access(path, R_OK)) {
			page_run_link(p, r, files[i][0]);
			fprintf(p->f, "%s</a>. ", files[i][1]);
		}
		free(path);
	}
}

void page_run_summary(struct page *p, const struct site_run *r)
{
	fprintf(p->f, "%zu of %zu executions ended as they should", r->nr_good, r->nr_cells);
	if (r->planned > r->nr_cells)
		fprintf(p->f, "; <span class=\"bad\">%zu more were planned</span>",
			r->planned - r->nr_cells);
}

int page_run(const struct site *s, const struct site_run *r, const struct run_cells *cells,
	     char *err)
{
	char *name = xasprintf("%s.html", r->name), *track;
	struct page p;
	int ret = page_open(&p, s, "run", name, r->name, err);

	free(name);
	if (ret)
		return ret;
	fputs("<p>", p.f);
	page_run_summary(&p, r);
	fputs(". ", p.f);
	put_made_files(&p, r);
	fputs("All runs of ", p.f);
	track = xasprintf("%s/index.html", s->track[r->track].folder);
	page_link(&p, track);
	html_text(p.f, s->track[r->track].title);
	fputs("</a>.</p>\n", p.f);
	free(track);
	put_facts(&p, r);
	page_heading(&p, "Cells");
	for (size_t i = 0; i < cells->nr; i++)
		put_execution(&p, r, &cells->cell[i]);
	return page_close(&p, err);
}
