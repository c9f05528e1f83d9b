// SPDX-License-Identifier: GPL-2.0-only
/* cell.json: all that is known of one execution of a cell, but for its rows and logs. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "csvfile.h"
#include "result_internal.h"

static json_t *number(double v)
{
	return csv_is_integer(v) ? json_integer((json_int_t)v) : json_real(v);
}

/* What comes out of a guest need not be UTF-8; JSON must be. */
static json_t *text(const char *s)
{
	json_t *j = json_string(s);
	char *clean;

	if (j)
		return j;
	clean = strdup(s);
	if (!clean)
		return NULL;
	for (char *c = clean; *c; c++)
		if (*c & 0x80)
			*c = '?';
	j = json_string(clean);
	free(clean);
	return j;
}

static json_t *params(const struct cell *c)
{
	json_t *o = json_pack("{s:s}", CELL_MMU, mmu_names[c->mmu]);
	char value[OPT_STR_MAX];

	if (workload_types[c->type].warm)
		json_object_set_new(o, CELL_START, json_string(start_names[c->start]));

	for (const struct opt_desc *d = workload_types[c->type].params; d->name; d++) {
		opt_format(d, &c->p, value, sizeof(value));
		json_object_set_new(o, d->name, text(value));
	}
	return o;
}

static json_t *phases(const struct cell_data *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->nr_phases; i++) {
		const struct record_phase *p = &d->phases[i];
		json_t *o = json_pack("{s:s, s:I}", "name", phase_names[p->phase], "t_ns",
				      (json_int_t)(p->t_ns - cell_data_origin(d)));

		if (p->phase != PHASE_DONE && i + 1 < d->nr_phases)
			json_object_set_new(o, "length_ns", json_integer(p[1].t_ns - p->t_ns));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *metric_list(const struct cell_data *d, const char *time_unit)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->nr_metrics; i++) {
		const struct metric_desc *m = d->metrics[i].desc;

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "name", m->name,
			"unit", strcmp(m->unit, "ns") ? m->unit : time_unit,
			"better", metric_better_names[m->better],
			"value", number(d->metrics[i].value)));
	}
	return list;
}

static json_t *absent_list(const struct cell_data *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->nr_absent; i++)
		json_array_append_new(list, json_pack("{s:s, s:o}",
			"name", d->absent[i].desc->name, "reason", text(d->absent[i].reason)));
	return list;
}

int result_put_json(const json_t *cell, const char *dir, char *err)
{
	struct outfile o;
	int ret = outfile_open(&o, dir, "cell.json", err);

	if (ret)
		return ret;
	json_dumpf(cell, o.f, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
	putc('\n', o.f);
	return outfile_close(&o, err);
}

int result_write_json(const struct execution *ex, const struct cell_data *d, const char *dir,
		      char *err)
{
	const struct cell *c = ex->cell;
	const char *time_unit = ex->virtual_clock ? "virtual ns" : "ns";
	json_t *j;
	int ret;

	j = json_pack("{s:i, s:s, s:o, s:o, s:o, s:s, s:I, s:o, s:s, s:o, s:i, s:s, s:o, s:s, s:o,"
		      " s:o, s:o, s:{s:I, s:I, s:I}, s:{s:o, s:o}, s:o, s:{s:f}}",
		      "schema", RESULT_SCHEMA, "expect", expectation_names[c->expect],
		      "cell", text(c->id), "kernel", text(c->kernel),
		      "strategy", text(c->strategy), "guest", guest_names[c->guest],
		      "memory_mib", (json_int_t)(c->memory_bytes >> 20),
		      "workload", text(c->workload), "type", workload_types[c->type].name,
		      "params", params(c), "repeat", ex->repeat,
		      "status", status_names[ex->status], "reason", text(ex->reason),
		      "time_unit", time_unit, "phases", phases(d),
		      "metrics", metric_list(d, time_unit), "missing", absent_list(d),
		      "counts", "faults", (json_int_t)d->nr_faults,
		      "samples", (json_int_t)d->nr_samples, "phases", (json_int_t)d->nr_phases,
		      "host", "kernel", text(d->hello.kernel), "cpu", text(d->hello.host_cpu),
		      "command", text(ex->command ?: ""), "wall", "seconds", ex->wall_s);
	if (!j) {
		snprintf(err, OPT_ERR_MAX, "%.300s/cell.json: out of memory", dir);
		return -ENOMEM;
	}
	if (ex->key[0])
		json_object_set_new(j, "key", json_string(ex->key));
	ret = result_put_json(j, dir, err);
	json_decref(j);
	return ret;
}
