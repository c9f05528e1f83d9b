// SPDX-License-Identifier: GPL-2.0-only
#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "run_json.h"
#include "util.h"

#define REPEATS_MAX	10000

static json_t *time_text(time_t t)
{
	char text[32];
	struct tm tm;

	if (!t)
		return json_null();
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static json_t *get_schema(const struct run *r)
{
	(void)r;
	return json_integer(RUN_SCHEMA);
}

static json_t *get_run(const struct run *r)
{
	return json_string(r->name);
}

static json_t *get_version(const struct run *r)
{
	return json_string(lab_version(r->settings->root));
}

static json_t *get_config(const struct run *r)
{
	return json_pack("{s:s, s:s}", "name", r->config_name, "text", r->config_text);
}

static json_t *get_clock(const struct run *r)
{
	return json_string(clock_names[r->plan.host.clock]);
}

static json_t *get_time_unit(const struct run *r)
{
	return json_string(r->plan.host.clock == CLOCK_VIRTUAL ?
			   "virtual ns (1 instruction = 1 ns)" : "ns");
}

static json_t *get_host(const struct run *r)
{
	return json_string(r->host->ops->name);
}

static json_t *get_cpu(const struct run *r)
{
	unsigned int brand[12];

	(void)r;
	for (unsigned int i = 0; i < 3; i++)
		if (!__get_cpuid(0x80000002 + i, &brand[4 * i], &brand[4 * i + 1],
				 &brand[4 * i + 2], &brand[4 * i + 3]))
			return json_null();
	return json_stringn((const char *)brand, strnlen((const char *)brand, sizeof(brand)));
}

static json_t *get_cpus(const struct run *r)
{
	(void)r;
	return json_integer(sysconf(_SC_NPROCESSORS_ONLN));
}

static json_t *get_machine_kernel(const struct run *r)
{
	struct utsname u;

	(void)r;
	return uname(&u) ? json_null() : json_string(u.release);
}

/* Of an emulated host: does its model encrypt? A local host is what it is. */
static json_t *get_encrypt(const struct run *r)
{
	if (r->settings->host != HOST_EMULATED)
		return json_null();
	return json_string(r->plan.host.encrypt ? "on" : "off");
}

/* The names of those that are on. */
static json_t *get_collectors(const struct run *r)
{
	json_t *names = json_array();

	for (int i = 0; i < COLLECTORS; i++)
		if (r->plan.cells[0].collectors & 1LL << i)
			json_array_append_new(names, json_string(collector_names[i]));
	return names;
}

/* The rows that the kind of host knows: emulator, kernels, image; or the agent. */
static json_t *get_built_from(const struct run *r)
{
	return r->host->ops->describe(r->host);
}

static json_t *get_jobs(const struct run *r)
{
	return json_integer(r->jobs);
}

static json_t *get_started(const struct run *r)
{
	return time_text(r->started);
}

static json_t *get_ended(const struct run *r)
{
	return time_text(r->ended);
}

static json_t *get_cells(const struct run *r)
{
	json_t *by_status = json_object();

	for (int i = 0; i < STATUSES; i++)
		if (r->by_status[i])
			json_object_set_new(by_status, status_names[i],
					    json_integer(r->by_status[i]));
	return json_pack("{s:I, s:I, s:I, s:o}", "total",
			 (json_int_t)(r->plan.nr * r->plan.repeats), "done",
			 (json_int_t)run_done(r), "reused", (json_int_t)r->reused, "by_status",
			 by_status);
}

/* The plan as it was made, so that --resume needs none of the files that it came from. */
static json_t *get_plan(const struct run *r)
{
	json_t *host = json_object(), *cells = json_array();

	for (const struct opt_desc *d = host_options; d->name; d++) {
		char value[OPT_STR_MAX];

		opt_format(d, &r->plan.host, value, sizeof(value));
		json_object_set_new(host, d->name, json_string(value));
	}
	for (size_t i = 0; i < r->plan.nr; i++) {
		char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);

		cell_write(&r->plan.cells[i], f);
		fclose(f);
		json_array_append_new(cells, json_string(text));
		free(text);
	}
	return json_pack("{s:I, s:I, s:I, s:o, s:o}", "repeats", (json_int_t)r->plan.repeats,
			 "host_memory_bytes", (json_int_t)r->plan.host.memory_bytes,
			 "wall_timeout_ns", (json_int_t)r->plan.host.wall_timeout_ns,
			 "host", host, "cells", cells);
}

static const struct {
	const char *key;	/* NULL: fn gives an object whose members these are */
	json_t *(*fn)(const struct run *r);
} collectors[] = {
	{ "schema", get_schema },
	{ "run", get_run },
	{ "version", get_version },
	{ "config", get_config },
	{ "clock", get_clock },
	{ "time_unit", get_time_unit },
	{ "host", get_host },
	{ "encrypt", get_encrypt },
	{ "collectors", get_collectors },
	{ NULL, get_built_from },
	{ "machine_cpu", get_cpu },
	{ "machine_cpus", get_cpus },
	{ "machine_kernel", get_machine_kernel },
	{ "jobs", get_jobs },
	{ "started", get_started },
	{ "ended", get_ended },
	{ "cells", get_cells },
	{ "plan", get_plan },
};

int run_write(const struct run *r, char *err)
{
	char *path = xasprintf("%s/run.json", r->dir), *text, *lines;
	json_t *all = json_object();
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(collectors); i++) {
		json_t *value = collectors[i].fn(r);

		if (collectors[i].key)
			json_object_set_new(all, collectors[i].key, value);
		else
			json_object_update_new(all, value);
	}
	text = json_dumps(all, JSON_INDENT(2));
	lines = xasprintf("%s\n", text ? text : "{}");
	ret = file_replace(path, lines, err);
	free(lines);
	free(text);
	free(path);
	json_decref(all);
	return ret;
}

int run_check_host(const struct run *r, char *err)
{
	json_t *now = r->host->ops->describe(r->host);
	const char *key;
	json_t *value;
	int ret = 0;

	/* Real time is that of this CPU; virtual time is the same on any. */
	if (r->plan.host.clock == CLOCK_WALL)
		json_object_set_new(now, "machine_cpu", get_cpu(r));
	json_object_foreach(now, key, value)
		if (!ret && !json_equal(value, json_object_get(r->earlier, key)))
			ret = errf(err, -EINVAL, "%s: '%s' is no longer what the run was made "
				   "with: its cells could not be compared",
				   path_shown(r->dir), key);
	json_decref(now);
	return ret;
}

static int load_cells(struct run *r, const json_t *cells, char *err)
{
	json_t *text;
	size_t i;

	json_array_foreach(cells, i, text) {
		struct cell c;
		int ret = json_is_string(text) ? cell_parse(&c, json_string_value(text), err) :
			  errf(err, -EINVAL, "cell %zu is no text", i);

		if (ret)
			return ret;
		if (strchr(c.id, '/') || c.id[0] == '.')
			return errf(err, -EINVAL, "'%s' is no name of a cell", c.id);
		r->plan.cells = xrealloc(r->plan.cells, i + 1, sizeof(c));
		r->plan.cells[r->plan.nr++] = c;
	}
	return r->plan.nr ? 0 : errf(err, -EINVAL, "no cells");
}

static int load_plan(struct run *r, json_t *plan, char *err)
{
	const char *key, *kind = json_string_value(json_object_get(r->earlier, "host"));
	json_t *value, *host, *cells;
	json_int_t repeats, memory, timeout;

	if (!kind || strcmp(kind, host_kind_names[r->settings->host]))
		return errf(err, -EINVAL, "this run is of --host %s", kind ? kind : "?");
	if (json_unpack(plan, "{s:I, s:I, s:I, s:o, s:o}", "repeats", &repeats, "host_memory_bytes",
			&memory, "wall_timeout_ns", &timeout, "host", &host, "cells", &cells) ||
	    repeats < 1 || repeats > REPEATS_MAX)
		return errf(err, -EINVAL, "its plan is damaged");
	r->plan.repeats = repeats;
	r->plan.host.memory_bytes = memory;
	r->plan.host.wall_timeout_ns = timeout;
	opt_defaults(host_options, &r->plan.host);
	json_object_foreach(host, key, value) {
		const struct opt_desc *d = opt_find(host_options, key);

		if (!d || !json_is_string(value) ||
		    opt_set(d, &r->plan.host, json_string_value(value), err))
			return errf(err, -EINVAL, "its plan has a bad '%.64s'", key);
	}
	return load_cells(r, cells, err);
}

int run_json_load(struct run *r, char *err)
{
	char *path = xasprintf("%s/run.json", r->dir), why[OPT_ERR_MAX];
	const char *name = NULL, *text = NULL, *started = NULL;
	json_error_t json_err;
	struct tm tm = { 0 };
	int ret = 0;

	r->earlier = json_load_file(path, 0, &json_err);
	if (!r->earlier)
		ret = errf(err, -EINVAL, "%s:%d: %s", path_shown(path), json_err.line,
			   json_err.text);
	else if (json_unpack(r->earlier, "{s:{s:s, s:s}, s:s}", "config", "name", &name, "text",
			     &text, "started", &started))
		ret = errf(err, -EINVAL, "%s: not of a run of this lab", path_shown(path));
	else if (load_plan(r, json_object_get(r->earlier, "plan"), why))
		ret = errf(err, -EINVAL, "%s: %.400s", path_shown(path), why);
	free(path);
	if (ret)
		return ret;
	r->config_name = xstrdup(name);
	r->config_text = xstrdup(text);
	if (strptime(started, "%Y-%m-%dT%H:%M:%SZ", &tm))
		r->started = timegm(&tm);
	return 0;
}

int run_json_status(const struct run *r, const struct cell *c, int repeat, bool *reused)
{
	char *path = xasprintf("%s/cells/%s/%d/cell.json", r->dir, c->id, repeat);
	json_t *j = json_load_file(path, 0, NULL);
	const char *text = json_string_value(json_object_get(j, "status"));
	int status = -ENOENT;

	for (int i = 0; text && i < STATUSES; i++)
		if (!strcmp(text, status_names[i]))
			status = i;
	*reused = json_object_get(j, "reused");
	json_decref(j);
	free(path);
	return status;
}
