// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"
#include "result.h"
#include "reuse.h"
#include "sums.h"
#include "util.h"
#include "verdict.h"

#define CELL_JSON	"cell.json"

/* An execution of an earlier run that is looked at. */
struct candidate {
	char *dir;
	const char *run;	/* that it is in */
	json_t *json;
	enum status status;
};

void reuse_key(const struct host *h, const struct cell *c, char *key)
{
	char *inputs = h->ops->inputs ? h->ops->inputs(h, c) : NULL, *text = NULL;
	size_t len;
	FILE *f;

	key[0] = '\0';
	if (!inputs)
		return;
	f = open_memstream(&text, &len);
	fprintf(f, "%d %d %s\n%s\n", RESULT_SCHEMA, RECORD_PROTOCOL, RESULT_MADE_BY, inputs);
	cell_write(c, f);
	fclose(f);
	sha256_text(text, len, key);
	free(text);
	free(inputs);
}

static int is_run(const struct dirent *e)
{
	return e->d_name[0] >= '0' && e->d_name[0] <= '9';
}

/* Names start with the time: the newest first. */
static int newest_first(const struct dirent **a, const struct dirent **b)
{
	return versionsort(b, a);
}

int reuse_runs(const char *results, struct dirent ***runs)
{
	return scandir(results, runs, is_run, newest_first);
}

static void tell_refused(const struct candidate *at, const char *why)
{
	fprintf(stderr, "pinlab: %s is not reused: %s\n", path_shown(at->dir), why);
}

/* Did this one succeed, on the same inputs, and is it whole? */
static bool usable(struct candidate *at, const char *key)
{
	char *path = xasprintf("%s/" CELL_JSON, at->dir), err[OPT_ERR_MAX];
	const char *have, *status;
	json_error_t why;
	bool ok = false;

	if (access(path, F_OK))
		goto out;
	at->json = json_load_file(path, 0, &why);
	if (!at->json) {
		snprintf(err, sizeof(err), CELL_JSON ":%d: %.200s", why.line, why.text);
		tell_refused(at, err);
		goto out;
	}
	have = json_string_value(json_object_get(at->json, "key"));
	status = json_string_value(json_object_get(at->json, "status"));
	if (!have || strcmp(have, key) || !status || status_find(status) < 0)
		goto out;
	at->status = status_find(status);
	if (!status_is_success(at->status))
		goto out;
	ok = !sums_check(at->dir, err);
	if (!ok)
		tell_refused(at, err);
out:
	free(path);
	return ok;
}

/* cell.json is the one file that differs: it says where all comes from. */
static int take_files(const struct candidate *at, const char *dir, char *err)
{
	struct strv names;
	int ret = sums_files(at->dir, &names, err);

	for (size_t i = 0; i < names.nr && !ret; i++) {
		char *from = xasprintf("%s/%s", at->dir, names.v[i]);
		char *to = xasprintf("%s/%s", dir, names.v[i]);

		if (strcmp(names.v[i], CELL_JSON))
			ret = file_link(from, to, err);
		free(from);
		free(to);
	}
	strv_free(&names);
	if (!ret)
		ret = result_put_json(at->json, dir, err);
	if (!ret)
		ret = sums_copy(at->dir, dir, CELL_JSON, err);
	return ret;
}

/* The run that executed it, which an earlier reuse has told of. */
static const char *origin(const struct candidate *at)
{
	return json_string_value(json_object_get(at->json, "reused")) ?: at->run;
}

static int take(struct run *r, const struct cell *c, int repeat, struct candidate *at, char *err)
{
	char *dir = xasprintf("%s/%s.%d", r->tmp_dir, c->id, repeat);
	int ret = dir_make(dir, err);

	if (!json_object_get(at->json, "reused"))
		json_object_set_new(at->json, "reused", json_string(at->run));
	if (!ret)
		ret = take_files(at, dir, err);
	if (!ret)
		ret = run_place(r, c, repeat, at->status, dir, err);
	if (!ret)
		r->reused++;
	dir_remove(dir);
	free(dir);
	return ret;
}

/* 1 if it was taken, 0 if there is none, or -errno. */
static int take_one(struct run *r, const struct cell *c, int repeat, const char *key,
		    struct dirent **runs, int nr_runs, struct progress *p, char *err)
{
	int ret = 0;

	for (int i = 0; i < nr_runs && !ret; i++) {
		struct candidate at = { .run = runs[i]->d_name };

		if (!strcmp(at.run, r->name))
			continue;
		at.dir = xasprintf("%s/%s/cells/%s/%d", r->settings->results, at.run, c->id,
				   repeat);
		if (usable(&at, key)) {
			ret = take(r, c, repeat, &at, err) ?: 1;
			if (ret > 0)
				progress_reused(p, c, repeat, at.status, origin(&at));
		}
		json_decref(at.json);
		free(at.dir);
	}
	return ret;
}

int reuse_take(struct run *r, const struct host *h, char *err)
{
	size_t total = r->plan.nr * r->plan.repeats;
	struct dirent **runs = NULL;
	int n = reuse_runs(r->settings->results, &runs), ret = 0;
	char key[REUSE_KEY_MAX];
	struct progress p;

	progress_open(&p, total, run_done(r));
	for (size_t i = 0; i < total && ret >= 0; i++) {
		const struct cell *c = &r->plan.cells[i % r->plan.nr];
		int repeat = i / r->plan.nr + 1;

		reuse_key(h, c, key);
		if (!key[0]) {
			fprintf(stderr, "pinlab: nothing is reused: only the virtual clock of an "
				"emulated host gives the same records each time\n");
			break;
		}
		if (!run_has(r, c, repeat))
			ret = take_one(r, c, repeat, key, runs, n, &p, err);
	}
	for (int i = 0; i < n; i++)
		free(runs[i]);
	free(runs);
	return ret < 0 ? ret : 0;
}
