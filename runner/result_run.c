// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csvfile.h"
#include "result_run.h"
#include "result.h"
#include "util.h"

const char *run_cell_text(const struct run_cell *c, const char *key)
{
	return json_string_value(json_object_get(c->json, key)) ?: "";
}

long long run_cell_int(const struct run_cell *c, const char *key)
{
	return json_integer_value(json_object_get(c->json, key));
}

const json_t *run_cell_metric(const struct run_cell *c, const char *name)
{
	json_t *m;
	size_t i;

	json_array_foreach(json_object_get(c->json, "metrics"), i, m) {
		const char *have = json_string_value(json_object_get(m, "name"));

		if (have && !strcmp(have, name))
			return json_object_get(m, "value");
	}
	return NULL;
}

static const struct opt_desc *params_of(const char *type)
{
	for (size_t i = 0; i < WORKLOADS; i++)
		if (!strcmp(workload_types[i].name, type))
			return workload_types[i].params;
	return NULL;
}

static size_t add_param(char *buf, size_t len, size_t n, const char *name, const json_t *params)
{
	const char *value = json_string_value(json_object_get(params, name));

	if (value && n < len)
		n += snprintf(buf + n, len - n, "%s%s=%s", n ? "," : "", name, value);
	return n;
}

char *run_cell_params(const struct run_cell *c, char *buf, size_t len)
{
	const struct opt_desc *d = params_of(run_cell_text(c, "type"));
	const json_t *params = json_object_get(c->json, "params");
	size_t n = 0;

	buf[0] = '\0';
	n = add_param(buf, len, n, CELL_MMU, params);
	n = add_param(buf, len, n, CELL_START, params);
	for (; d && d->name && n < len; d++)
		n = add_param(buf, len, n, d->name, params);
	return buf;
}

/* The line of a file at which text stands first. */
static int line_of(const char *path, const char *text)
{
	char *all, err[OPT_ERR_MAX];
	const char *at;
	int line = 1;

	if (file_read(path, &all, err))
		return line;
	at = strstr(all, text);
	for (const char *s = all; at && s < at; s++)
		line += *s == '\n';
	free(all);
	return line;
}

/* Values become doubles: two whole numbers beyond what these tell apart must not look the same. */
static int check_values(const struct run_cell *c, const char *path, char *err)
{
	char text[32];
	json_t *m;
	size_t i;

	json_array_foreach(json_object_get(c->json, "metrics"), i, m) {
		const char *name = json_string_value(json_object_get(m, "name"));
		json_int_t v = json_integer_value(json_object_get(m, "value"));

		if (v >= -CSV_INTEGER_MAX && v <= CSV_INTEGER_MAX)
			continue;
		snprintf(text, sizeof(text), "%lld", (long long)v);
		snprintf(err, OPT_ERR_MAX, "%.300s:%d: metric '%.64s': found %s, allowed: whole "
			 "numbers up to %lld", path, line_of(path, text), name ?: "", text,
			 CSV_INTEGER_MAX);
		return -EINVAL;
	}
	return 0;
}

static int load_cell(struct run_cells *r, const char *run_dir, const char *id, const char *repeat,
		     char *err)
{
	char path[PATH_MAX], dir[PATH_MAX];
	struct run_cell c = { 0 }, *grown;
	json_error_t why;

	snprintf(dir, sizeof(dir), "cells/%s/%s", id, repeat);
	if (snprintf(path, sizeof(path), "%s/%s/cell.json", run_dir, dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (access(path, F_OK))
		return 0;
	c.json = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	if (!c.json) {
		snprintf(err, OPT_ERR_MAX, "%.300s:%d: %s", path, why.line, why.text);
		return -EINVAL;
	}
	if (run_cell_int(&c, "schema") != RESULT_SCHEMA) {
		snprintf(err, OPT_ERR_MAX, "%.300s: found schema %lld, allowed: %d", path,
			 run_cell_int(&c, "schema"), RESULT_SCHEMA);
		json_decref(c.json);
		return -EINVAL;
	}
	if (check_values(&c, path, err)) {
		json_decref(c.json);
		return -EINVAL;
	}
	c.dir = strdup(dir);
	grown = reallocarray(r->cell, r->nr + 1, sizeof(*grown));
	if (grown)
		r->cell = grown;
	if (!c.dir || !grown) {
		free(c.dir);
		json_decref(c.json);
		return -ENOMEM;
	}
	r->cell[r->nr++] = c;
	return 0;
}

static int is_repeat(const struct dirent *e)
{
	return e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
	       strspn(e->d_name, "0123456789") == strlen(e->d_name);
}

static int is_cell(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* By byte value, so that the order does not depend on the user's locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	size_t x = strlen((*a)->d_name), y = strlen((*b)->d_name);

	return x != y ? (x > y) - (x < y) : by_name(a, b);
}

static int load_repeats(struct run_cells *r, const char *run_dir, const char *id, char *err)
{
	struct dirent **names = NULL;
	char path[PATH_MAX];
	int n, ret = 0;

	if (snprintf(path, sizeof(path), "%s/cells/%s", run_dir, id) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	n = scandir(path, &names, is_repeat, by_number);
	if (n < 0)
		return errno == ENOTDIR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		if (!ret)
			ret = load_cell(r, run_dir, id, names[i]->d_name, err);
		free(names[i]);
	}
	free(names);
	return ret;
}

static int load_cells(struct run_cells *r, const char *run_dir, char *err)
{
	struct dirent **names = NULL;
	char path[PATH_MAX];
	int n, ret = 0;

	if (snprintf(path, sizeof(path), "%s/cells", run_dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	n = scandir(path, &names, is_cell, by_name);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (!ret)
			ret = load_repeats(r, run_dir, names[i]->d_name, err);
		free(names[i]);
	}
	free(names);
	return ret;
}

int run_cells_load(struct run_cells *r, const char *run_dir, char *err)
{
	char real[PATH_MAX];
	int ret = 0;

	memset(r, 0, sizeof(*r));
	err[0] = '\0';
	if (!realpath(run_dir, real))
		ret = -errno;
	if (!ret) {
		r->run = strdup(strrchr(real, '/') + 1);
		ret = r->run ? load_cells(r, run_dir, err) : -ENOMEM;
	}
	if (ret && !err[0])
		snprintf(err, OPT_ERR_MAX, "%.300s: cannot read the run: %s", run_dir,
			 strerror(-ret));
	if (ret)
		run_cells_free(r);
	return ret;
}

void run_cells_free(struct run_cells *r)
{
	for (size_t i = 0; i < r->nr; i++) {
		free(r->cell[i].dir);
		json_decref(r->cell[i].json);
	}
	free(r->cell);
	free(r->run);
	memset(r, 0, sizeof(*r));
}
