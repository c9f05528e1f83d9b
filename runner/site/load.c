// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report_model.h"
#include "site/site.h"
#include "strategy.h"
#include "util.h"
#include "verdict.h"

#define RUN_SCHEMA_READ	1
#define PARAMS_MAX	1024

const char *site_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

size_t site_nr_metrics(void)
{
	static size_t nr;

	while (metrics[nr].name)
		nr++;
	return nr;
}

static int by_metric_name(const void *a, const void *b)
{
	const struct metric_desc *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

int site_metric(const char *name)
{
	static const struct metric_desc **sorted;
	struct metric_desc key = { .name = name };
	const struct metric_desc *want = &key, **found;
	size_t nr = site_nr_metrics();

	if (!sorted) {
		static const struct metric_desc *space[1024];

		if (nr > ARRAY_SIZE(space))
			abort();
		for (size_t i = 0; i < nr; i++)
			space[i] = &metrics[i];
		qsort(space, nr, sizeof(*space), by_metric_name);
		sorted = space;
	}
	found = bsearch(&want, sorted, nr, sizeof(*sorted), by_metric_name);
	return found ? *found - metrics : -1;
}

const struct site_point *site_point(const struct site_run *r, size_t series)
{
	return series < r->nr_points ? r->point[series] : NULL;
}

double site_value(const struct site_run *r, size_t series, size_t metric)
{
	const struct site_point *p = site_point(r, series);

	return p ? p->value[metric] : NAN;
}

static bool succeeded(const char *status)
{
	int s = status_find(status);

	return s >= 0 && status_is_success(s);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The lower median of each metric over repeats that ran to their end. */
static void take_medians(struct site_point *p, const struct run_cell *repeat, size_t nr)
{
	size_t nr_metrics = site_nr_metrics();
	double *v = xrealloc(NULL, nr_metrics * nr, sizeof(*v));
	size_t *have = xrealloc(NULL, nr_metrics, sizeof(*have)), i;
	json_t *m;

	memset(have, 0, nr_metrics * sizeof(*have));
	for (size_t k = 0; k < nr; k++) {
		if (!model_usable(&repeat[k]))
			continue;
		json_array_foreach(json_object_get(repeat[k].json, "metrics"), i, m) {
			const json_t *value = json_object_get(m, "value");
			int at = site_metric(site_text(m, "name"));

			if (at >= 0 && json_is_number(value) && have[at] <= k)
				v[at * nr + have[at]++] = json_number_value(value);
		}
	}
	for (size_t at = 0; at < nr_metrics; at++) {
		qsort(v + at * nr, have[at], sizeof(*v), compare_doubles);
		p->value[at] = have[at] ? v[at * nr + (have[at] - 1) / 2] : NAN;
	}
	free(have);
	free(v);
}

/* cells/ID/REPEAT */
static char *cell_id(const struct run_cell *c)
{
	char *id = xstrdup(c->dir + strlen("cells/"));

	*strrchr(id, '/') = '\0';
	return id;
}

static char *group_of(const struct run_cell *c, const char *id)
{
	char *start = xasprintf("%s-%s-", run_cell_text(c, "kernel"), run_cell_text(c, "guest"));
	size_t len = strlen(start);
	char *group = xstrdup(strncmp(id, start, len) ? id : id + len);

	free(start);
	return group;
}

static size_t find_series(struct site_track *t, const struct run_cell *c)
{
	struct site_series *s;
	char *id = cell_id(c);

	for (size_t i = 0; i < t->nr_series; i++) {
		if (!strcmp(t->series[i].id, id)) {
			free(id);
			return i;
		}
	}
	t->series = xrealloc(t->series, t->nr_series + 1, sizeof(*t->series));
	s = &t->series[t->nr_series];
	*s = (struct site_series){
		.id = id, .group = group_of(c, id),
		.kernel = xstrdup(run_cell_text(c, "kernel")),
		.strategy = xstrdup(run_cell_text(c, "strategy")),
		.guest = xstrdup(run_cell_text(c, "guest")),
		.workload = xstrdup(run_cell_text(c, "workload")),
		.memory_mib = run_cell_int(c, "memory_mib"),
	};
	return t->nr_series++;
}

static void add_point(struct site_track *t, struct site_run *r, const struct run_cell *repeat,
		      size_t nr)
{
	size_t series = find_series(t, repeat);
	struct site_point *p = xrealloc(NULL, 1, sizeof(*p));
	char **params = &t->series[series].params, now[PARAMS_MAX];
	int status = status_find(run_cell_text(repeat, "status"));

	for (size_t i = 0; i < nr; i++) {
		bool good = succeeded(run_cell_text(&repeat[i], "status"));

		r->nr_good += good;
		if (!good && (status < 0 || status_is_success(status)))
			status = status_find(run_cell_text(&repeat[i], "status"));
	}
	r->nr_cells += nr;
	run_cell_params(repeat, now, sizeof(now));
	p->params = *params && strcmp(*params, now) ? xstrdup(now) : NULL;
	if (!*params || p->params) {
		free(*params);
		*params = xstrdup(now);
	}
	p->status = status < 0 ? "unknown" : status_names[status];
	p->value = xrealloc(NULL, site_nr_metrics(), sizeof(*p->value));
	take_medians(p, repeat, nr);
	for (size_t m = 0; m < site_nr_metrics(); m++)
		t->metric[m] |= !isnan(p->value[m]);
	if (series >= r->nr_points) {
		r->point = xrealloc(r->point, series + 1, sizeof(struct site_point *));
		memset(r->point + r->nr_points, 0,
		       (series + 1 - r->nr_points) * sizeof(struct site_point *));
		r->nr_points = series + 1;
	}
	r->point[series] = p;
}

static void take_cells(struct site_track *t, struct site_run *r, const struct run_cells *cells)
{
	for (size_t i = 0, end; i < cells->nr; i = end) {
		size_t len = strrchr(cells->cell[i].dir, '/') - cells->cell[i].dir + 1;

		for (end = i + 1; end < cells->nr; end++)
			if (strncmp(cells->cell[end].dir, cells->cell[i].dir, len))
				break;
		add_point(t, r, &cells->cell[i], end - i);
	}
}

static char *safe_name(const char *name)
{
	char *safe = xstrdup(name[0] ? name : "unnamed");

	for (char *c = safe; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *c))
			*c = '-';
	if (strlen(safe) > 100)
		safe[100] = '\0';
	return safe;
}

/* No two tracks in one folder, and none where other pages are. */
static void name_folder(struct site *s, struct site_track *t)
{
	char *base = safe_name(t->config);
	size_t n = 1;

	t->folder = xasprintf("track-%s", base);
	for (size_t i = 0; i < s->nr_tracks; i++) {
		if (strcmp(s->track[i].folder, t->folder))
			continue;
		free(t->folder);
		t->folder = xasprintf("track-%s-%zu", base, ++n);
		i = -1;
	}
	free(base);
}

static size_t find_track(struct site *s, const json_t *run, const char *time_unit)
{
	const char *config = site_text(json_object_get(run, "config"), "name");
	const char *host = site_text(run, "host");
	struct site_track t = { .config = NULL };

	for (size_t i = 0; i < s->nr_tracks; i++)
		if (!strcmp(s->track[i].config, config) && !strcmp(s->track[i].host, host) &&
		    !strcmp(s->track[i].time_unit, time_unit))
			return i;
	t.config = xstrdup(config);
	t.host = xstrdup(host);
	t.time_unit = xstrdup(time_unit);
	t.title = xasprintf("%s%s%s%s%s", config[0] ? config : "unnamed", host[0] ? ", " : "",
			    host, host[0] ? " host, " : ", ", time_unit);
	name_folder(s, &t);
	t.metric = xrealloc(NULL, site_nr_metrics(), sizeof(*t.metric));
	memset(t.metric, 0, site_nr_metrics() * sizeof(*t.metric));
	s->track = xrealloc(s->track, s->nr_tracks + 1, sizeof(*s->track));
	s->track[s->nr_tracks] = t;
	return s->nr_tracks++;
}

static int load_json(const char *path, json_t **json, char *err)
{
	json_error_t why;

	*json = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	if (!*json)
		return errf(err, -EINVAL, "%.300s:%d: %s", path, why.line < 1 ? 1 : why.line,
			    why.text);
	if (json_integer_value(json_object_get(*json, "schema")) == RUN_SCHEMA_READ)
		return 0;
	errf(err, -EINVAL, "%.300s:1: found schema %lld, allowed: %d", path,
	     (long long)json_integer_value(json_object_get(*json, "schema")), RUN_SCHEMA_READ);
	json_decref(*json);
	return -EINVAL;
}

/* The unit of the cells: run.json explains it. */
static const char *time_unit_of(const json_t *run)
{
	return strncmp(site_text(run, "time_unit"), "virtual", 7) ? "ns" : "virtual ns";
}

static int take_run(struct site *s, struct site_run *r, const struct run_cells *cells, char *err)
{
	struct site_track *t;

	r->planned = json_integer_value(json_object_get(json_object_get(r->json, "cells"),
							"total"));
	r->track = find_track(s, r->json, time_unit_of(r->json));
	t = &s->track[r->track];
	take_cells(t, r, cells);
	t->run = xrealloc(t->run, t->nr_runs + 1, sizeof(*t->run));
	t->run[t->nr_runs++] = r - s->run;
	return page_run(s, r, cells, err);
}

static void drop_run(struct site_run *r)
{
	for (size_t i = 0; i < r->nr_points; i++) {
		if (!r->point[i])
			continue;
		free(r->point[i]->value);
		free(r->point[i]->params);
		free(r->point[i]);
	}
	free(r->point);
	free(r->name);
	json_decref(r->json);
}

/* One that cannot be read is told and left out. Pages have paths from the folder of results on. */
static void leave_out(struct site *s, const char *name, const char *err)
{
	size_t len = strlen(s->results);

	fprintf(stderr, "pinlab: left out: %s\n", err);
	if (!strncmp(err, s->results, len) && err[len] == '/')
		err += len + 1;
	site_alert(s, ALERT_DAMAGED, xstrdup(name), xstrdup(err), NULL);
}

static void add_run(struct site *s, const char *name)
{
	char *path = xasprintf("%s/%s/run.json", s->results, name), err[OPT_ERR_MAX];
	json_t *json;

	if (name[0] == '.' || access(path, F_OK)) {
		free(path);
		return;
	}
	if (load_json(path, &json, err)) {
		leave_out(s, name, err);
	} else {
		json_object_del(json, "plan");
		s->run = xrealloc(s->run, s->nr_runs + 1, sizeof(*s->run));
		s->run[s->nr_runs++] = (struct site_run){ .name = xstrdup(name), .json = json };
	}
	free(path);
}

static int list_runs(struct site *s, char *err)
{
	struct dirent **names;
	int n = scandir(s->results, &names, NULL, alphasort);

	if (n < 0)
		return errf(err, -errno, "%s: %s", path_shown(s->results), strerror(errno));
	for (int i = 0; i < n; i++) {
		add_run(s, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct site_run *x = a, *y = b;

	return strcmp(site_text(x->json, "started"), site_text(y->json, "started")) ?:
	       strcmp(x->name, y->name);
}

/* Order in which pages show series: what is compared side by side stands together. */
static int by_group(const void *a, const void *b, void *user)
{
	const struct site_series *x = (const struct site_series *)user + *(const size_t *)a;
	const struct site_series *y = (const struct site_series *)user + *(const size_t *)b;
	int i = strategy_find(x->strategy), k = strategy_find(y->strategy);

	return strcmp(x->workload, y->workload) ?:
	       (x->memory_mib > y->memory_mib) - (x->memory_mib < y->memory_mib) ?:
	       strcmp(x->group, y->group) ?: (i > k) - (i < k) ?: strcmp(x->id, y->id);
}

static void sort_series(struct site_track *t)
{
	t->order = xrealloc(NULL, t->nr_series + 1, sizeof(*t->order));
	for (size_t i = 0; i < t->nr_series; i++)
		t->order[i] = i;
	qsort_r(t->order, t->nr_series, sizeof(*t->order), by_group, t->series);
}

int site_load(struct site *s, char *err)
{
	int ret = list_runs(s, err);
	size_t listed = s->nr_runs;

	if (listed)
		qsort(s->run, listed, sizeof(*s->run), by_start);
	s->nr_runs = 0;
	for (size_t i = 0; i < listed; i++) {
		char *dir = xasprintf("%s/%s", s->results, s->run[i].name);
		struct run_cells cells = { .nr = 0 };

		s->run[s->nr_runs] = s->run[i];
		if (!ret && run_cells_load(&cells, dir, err)) {
			leave_out(s, s->run[i].name, err);
			drop_run(&s->run[i]);
		} else {
			if (!ret)
				ret = take_run(s, &s->run[s->nr_runs], &cells, err);
			s->nr_runs++;
		}
		run_cells_free(&cells);
		free(dir);
	}
	for (size_t i = 0; i < s->nr_tracks; i++)
		sort_series(&s->track[i]);
	return ret;
}

static void free_track(struct site_track *t)
{
	for (size_t i = 0; i < t->nr_series; i++) {
		struct site_series *s = &t->series[i];
		char *const own[] = { s->id, s->params, s->group, s->kernel, s->strategy, s->guest,
				      s->workload };

		for (size_t k = 0; k < ARRAY_SIZE(own); k++)
			free(own[k]);
	}
	if (t->compare)
		compare_free(t->compare);
	free(t->compare);
	free(t->series);
	free(t->order);
	free(t->metric);
	free(t->run);
	free(t->config);
	free(t->host);
	free(t->time_unit);
	free(t->title);
	free(t->folder);
}

void site_free(struct site *s)
{
	for (size_t i = 0; i < s->nr_runs; i++)
		drop_run(&s->run[i]);
	for (size_t i = 0; i < s->nr_tracks; i++)
		free_track(&s->track[i]);
	for (size_t i = 0; i < s->nr_alerts; i++) {
		free(s->alert[i].what);
		free(s->alert[i].text);
		free(s->alert[i].href);
	}
	free(s->run);
	free(s->track);
	free(s->alert);
	free(s->results);
	free(s->out);
	free(s->up);
	memset(s, 0, sizeof(*s));
}
