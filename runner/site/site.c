// SPDX-License-Identifier: GPL-2.0-only
/* What the latest runs say: comparisons with pinned runs, and alerts; then all pages. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csvfile.h"
#include "site/page.h"
#include "site/site.h"
#include "util.h"

#define BASELINE_FILE	"baseline"
#define MARKER		".pinlab-site"
#define WORSE_NAMED	4	/* metrics that an alert names */

const char *const alert_names[ALERTS] = {
	[ALERT_DAMAGED] = "damaged run",
	[ALERT_BASELINE] = "baseline",
	[ALERT_FAILED] = "failed",
	[ALERT_WORSE] = "worse",
	[ALERT_MISSING] = "missing",
};

void site_alert(struct site *s, enum alert_kind kind, char *what, char *text, char *href)
{
	s->alert = xrealloc(s->alert, s->nr_alerts + 1, sizeof(*s->alert));
	s->alert[s->nr_alerts++] = (struct site_alert){ kind, what, text, href };
}

const char *site_kernel_key(const struct site_run *r, const char *kernel)
{
	return site_text(json_object_get(json_object_get(r->json, "kernels"), kernel), "key");
}

char *site_kernel(const struct site_run *r, const char *kernel)
{
	const json_t *k = json_object_get(json_object_get(r->json, "kernels"), kernel);
	const char *version = site_text(k, "base_version"), *commit = site_text(k, "commit");
	size_t patches = json_array_size(json_object_get(k, "patches"));
	char *count = patches ? xasprintf(" + %zu patches", patches) : xstrdup("");
	char *text;

	if (!k)
		text = xstrdup(site_text(r->json, "machine_kernel"));
	else
		text = xasprintf("%s%s%.12s%s (%.8s)", version[0] ? version :
				 site_text(k, "release"), commit[0] ? " " : "", commit, count,
				 site_text(k, "key"));
	free(count);
	return text;
}

static const struct site_run *find_run(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->nr_runs; i++)
		if (!strcmp(s->run[i].name, name))
			return &s->run[i];
	return NULL;
}

static void pin(struct site *s, const char *name, const char *where)
{
	const struct site_run *r = find_run(s, name);

	if (r)
		s->track[r->track].baseline = r;
	else
		site_alert(s, ALERT_BASELINE, xstrdup(name),
			   xasprintf("%s: no such run, or it is damaged", where), NULL);
}

/* A name a line; # starts a comment. */
static int read_baselines(struct site *s, char *err)
{
	char *path = xasprintf("%s/" BASELINE_FILE, s->results), *text = NULL, *save = NULL;
	size_t line = 0;
	int ret = access(path, F_OK) ? 0 : file_read(path, &text, err);

	for (char *at = text, *end; at && *at; at = end) {
		char *word, *where = xasprintf("%s:%zu", path_shown(path), ++line);

		end = at + strcspn(at, "\n");
		if (*end)
			*end++ = '\0';
		at[strcspn(at, "#")] = '\0';
		word = strtok_r(at, " \t\r", &save);
		if (word)
			pin(s, word, where);
		free(where);
	}
	free(text);
	free(path);
	return ret;
}

static void compare_track(struct site *s, struct site_track *t)
{
	struct compare_request q = { .results = s->results };
	char err[OPT_ERR_MAX];
	struct compare *c;

	if (!t->baseline) {
		site_alert(s, ALERT_BASELINE, xstrdup(t->title),
			   xasprintf("none is pinned: write the name of a run, such as %s, to "
				     BASELINE_FILE " in the folder of results", t->latest->name),
			   xasprintf("%s/index.html", t->folder));
		return;
	}
	q.spec[SIDE_OLD] = t->baseline->name;
	q.spec[SIDE_NEW] = t->latest->name;
	c = xrealloc(NULL, 1, sizeof(*c));
	if (compare_make(c, &q, err)) {
		site_alert(s, ALERT_BASELINE, xstrdup(t->title),
			   xasprintf("%s cannot be compared with %s: %s", t->latest->name,
				     t->baseline->name, err), NULL);
		free(c);
	} else {
		t->compare = c;
	}
}

/* The last that measured something; one that has just begun has not. */
static const struct site_run *latest_of(const struct site *s, const struct site_track *t)
{
	size_t last = t->nr_runs - 1;

	while (last && !s->run[t->run[last]].nr_cells)
		last--;
	return &s->run[t->run[s->run[t->run[last]].nr_cells ? last : t->nr_runs - 1]];
}

int site_compare(struct site *s, const char *baseline, char *err)
{
	int ret = read_baselines(s, err);

	if (ret)
		return ret;
	if (baseline && !find_run(s, baseline))
		return errf(err, -ENOENT, "--baseline %.200s: no such run in %s, or it is damaged",
			    baseline, path_shown(s->results));
	if (baseline)
		pin(s, baseline, "--baseline");
	for (size_t i = 0; i < s->nr_tracks; i++) {
		struct site_track *t = &s->track[i];

		t->latest = latest_of(s, t);
		compare_track(s, t);
	}
	return 0;
}

static void alert_failed(struct site *s, const struct site_track *t)
{
	const struct site_run *r = t->latest;

	for (size_t i = 0; i < t->nr_series; i++) {
		const struct site_series *series = &t->series[t->order[i]];
		const struct site_point *p = site_point(r, t->order[i]);

		if (p && !page_good(p->status))
			site_alert(s, ALERT_FAILED, xstrdup(series->id),
				   xasprintf("%s in %s", p->status, r->name),
				   page_cell_href(t, series));
	}
	if (r->planned > r->nr_cells)
		site_alert(s, ALERT_MISSING, xstrdup(r->name),
			   xasprintf("%zu of %zu executions were not done",
				     r->planned - r->nr_cells, r->planned),
			   xasprintf("run/%s.html", r->name));
}

static void tell_worse(struct site *s, const struct site_track *t, const struct compare_pair *pair,
		       const char *text, size_t nr)
{
	char *more = nr > WORSE_NAMED ? xasprintf(" and %zu more", nr - WORSE_NAMED) : xstrdup("");

	site_alert(s, ALERT_WORSE, xstrdup(pair->label),
		   xasprintf("%s%s, against %s", text, more, t->baseline->name),
		   xasprintf("%s/cell-%s.html", t->folder, pair->cell[SIDE_NEW]->id));
	free(more);
}

/* One a cell: what got worse, the first few metrics by name. */
static void alert_worse(struct site *s, const struct site_track *t)
{
	const struct compare *c = t->compare;
	char *text = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < c->nr_rows; i++) {
		const struct compare_row *r = &c->row[i];

		if (r->change == CHANGE_WORSE && r->judges) {
			char delta[64], *longer;

			page_delta(c, r, delta);
			if (++nr <= WORSE_NAMED) {
				longer = xasprintf("%s%s%s %s", text ?: "", text ? ", " : "",
						   r->metric, delta);
				free(text);
				text = longer;
			}
		}
		if (nr && (i + 1 == c->nr_rows || c->row[i + 1].pair != r->pair)) {
			tell_worse(s, t, r->pair, text, nr);
			free(text);
			text = NULL;
			nr = 0;
		}
	}
}

static void alert_missing(struct site *s, const struct site_track *t)
{
	const struct strv *only = &t->compare->half[SIDE_OLD].only;

	for (size_t i = 0; i < only->nr; i++)
		site_alert(s, ALERT_MISSING, xstrdup(only->v[i]),
			   xasprintf("in %s, not in %s", t->baseline->name, t->latest->name), NULL);
}

/* What is urgent first; within a kind as they were found. */
static int by_kind(const void *a, const void *b, void *user)
{
	const size_t *i = a, *k = b;
	const struct site_alert *alert = user;

	return alert[*i].kind != alert[*k].kind ?
	       (alert[*i].kind > alert[*k].kind) - (alert[*i].kind < alert[*k].kind) :
	       (*i > *k) - (*i < *k);
}

void site_alerts(struct site *s)
{
	struct site_alert *sorted;
	size_t *order;

	for (size_t i = 0; i < s->nr_tracks; i++) {
		alert_failed(s, &s->track[i]);
		if (s->track[i].compare) {
			alert_worse(s, &s->track[i]);
			alert_missing(s, &s->track[i]);
		}
	}
	order = xrealloc(NULL, s->nr_alerts + 1, sizeof(*order));
	sorted = xrealloc(NULL, s->nr_alerts + 1, sizeof(*sorted));
	for (size_t i = 0; i < s->nr_alerts; i++)
		order[i] = i;
	qsort_r(order, s->nr_alerts, sizeof(*order), by_kind, s->alert);
	for (size_t i = 0; i < s->nr_alerts; i++)
		sorted[i] = s->alert[order[i]];
	free(order);
	free(s->alert);
	s->alert = sorted;
}

static int make_pages(struct site *s, const char *baseline, char *err)
{
	char *run = xasprintf("%s/run", s->out), *marker = xasprintf("%s/" MARKER, s->out);
	int ret = dir_make(run, err);

	if (!ret)
		ret = file_replace(marker, "", err);
	if (!ret)
		ret = site_load(s, err);
	if (!ret)
		ret = site_compare(s, baseline, err);
	if (!ret)
		site_alerts(s);
	for (size_t i = 0; !ret && i < s->nr_tracks; i++) {
		char *dir = xasprintf("%s/%s", s->out, s->track[i].folder);

		ret = dir_make(dir, err) ?: page_track(s, &s->track[i], err) ?:
		      page_trends(s, &s->track[i], err) ?: page_cells(s, &s->track[i], err);
		free(dir);
	}
	if (!ret)
		ret = page_overview(s, err) ?: page_alerts(s, err) ?: site_openmetrics(s, err);
	free(run);
	free(marker);
	return ret;
}

/* May dir be replaced as a whole? */
static int check_place(const char *dir, char *err)
{
	char *marker = xasprintf("%s/" MARKER, dir);
	struct dirent *e;
	int ret = 0;
	DIR *d;

	d = access(marker, F_OK) ? opendir(dir) : NULL;
	if (!d && access(marker, F_OK) && errno != ENOENT)
		ret = errf(err, -errno, "%s: %s", path_shown(dir), strerror(errno));
	while (d && !ret && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			ret = errf(err, -ENOTEMPTY, "%s has other files than a dashboard (%.100s): "
				   "give a folder that is new or empty", path_shown(dir),
				   e->d_name);
	if (d)
		closedir(d);
	free(marker);
	return ret;
}

/* The way from the folder dir, whose parent exists, to target. */
static char *way(const char *dir, const char *target)
{
	size_t same = 0;
	char *path = xstrdup("");

	for (size_t i = 0; ; i++) {
		bool dir_ends = !dir[i] || dir[i] == '/';
		bool target_ends = !target[i] || target[i] == '/';

		if (dir_ends && target_ends)
			same = i;
		if (dir[i] != target[i] || !dir[i])
			break;
	}
	for (const char *c = dir + same; *c; c++) {
		if (*c == '/' && c[1]) {
			char *longer = xasprintf("../%s", path);

			free(path);
			path = longer;
		}
	}
	if (target[same]) {
		char *longer = xasprintf("%s%s/", path, target + same + 1);

		free(path);
		path = longer;
	}
	return path;	/* ends in a slash, or is empty */
}

/* Beside dir, under a name that nobody has: what is called dir.old may be the user's own. */
static int make_workshop(const char *dir, char **tmp, char *err)
{
	*tmp = xasprintf("%s.XXXXXX", dir);
	if (mkdtemp(*tmp))
		return 0;
	return errf(err, -errno, "%s: %s", path_shown(*tmp), strerror(errno));
}

static int move_into_place(const char *made, const char *dir, const char *tmp, char *err)
{
	char *old = xasprintf("%s/old", tmp);
	int ret = 0;

	if (rename(dir, old)) {
		ret = errf(err, -errno, "%s: %s", path_shown(dir), strerror(errno));
	} else if (rename(made, dir)) {
		ret = errf(err, -errno, "%s: %s", path_shown(dir), strerror(errno));
		rename(old, dir);
	}
	free(old);
	return ret;
}

/* dir: real path of a folder that is replaced. s->results is set. */
static int replace_site(struct site *s, const char *dir, const char *baseline, char *err)
{
	char *tmp;
	int ret = make_workshop(dir, &tmp, err);

	s->up = way(dir, s->results);
	s->out = xasprintf("%s/new", tmp);
	if (!ret) {
		ret = make_pages(s, baseline, err) ?: move_into_place(s->out, dir, tmp, err);
		dir_remove(tmp);
	}
	free(tmp);
	return ret;
}

int site_build(const char *results, const char *dir, const char *baseline, char *err)
{
	struct site s = { .nr_runs = 0 };
	char real[PATH_MAX], *place = path_absolute(dir);
	int ret = check_place(place, err);

	if (!ret && !realpath(results, real))
		ret = errf(err, -errno, "%s: %s", path_shown(results), strerror(errno));
	if (!ret)
		ret = dir_make(place, err);
	if (!ret) {
		char *there = realpath(place, NULL);

		s.results = xstrdup(real);
		ret = replace_site(&s, there ?: place, baseline, err);
		free(there);
	}
	site_free(&s);
	free(place);
	return ret;
}
