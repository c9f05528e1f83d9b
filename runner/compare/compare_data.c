// SPDX-License-Identifier: GPL-2.0-only
/* A comparison for machines. results/README.md describes the columns and keys. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "compare/safejson.h"
#include "compare/shape.h"
#include "csvfile.h"

#define COMPARE_SCHEMA	1

static void csv_optional(struct outfile *o, double v)
{
	if (!isfinite(v))
		csv_empty(o);
	else
		csv_number(o, v);
}

static void csv_row(struct outfile *o, const struct compare *c, const struct compare_row *r)
{
	csv_text(o, r->pair->label);
	csv_text(o, r->pair->cell[SIDE_OLD]->id);
	csv_text(o, r->pair->cell[SIDE_NEW]->id);
	csv_text(o, r->metric);
	csv_text(o, r->unit);
	csv_text(o, metric_better_names[r->better]);
	csv_text(o, r->judges ? "yes" : "no");
	csv_u64(o, r->n[SIDE_OLD]);
	csv_u64(o, r->n[SIDE_NEW]);
	csv_optional(o, r->value[SIDE_OLD]);
	csv_optional(o, r->value[SIDE_NEW]);
	csv_optional(o, r->delta);
	csv_text(o, compare_delta_unit(c, r));
	csv_optional(o, r->ratio);
	csv_number(o, r->min_effect);
	csv_optional(o, r->ratio_lo);
	csv_optional(o, r->ratio_hi);
	csv_optional(o, r->p);
	csv_optional(o, r->p_holm);
	csv_text(o, change_names[r->change]);
	csv_text(o, r->why ?: "");
	csv_end_row(o);
}

void compare_print_csv(const struct compare *c, FILE *f)
{
	static const char *const columns[] = {
		"cell", "old_cell", "new_cell", "metric", "unit", "better", "judges", "n_old",
		"n_new", "old", "new", "delta", "delta_unit", "ratio", "min_effect", "ratio_lo",
		"ratio_hi", "p", "p_holm", "verdict", "why", NULL
	};
	struct outfile o = { .f = f };

	csv_header(&o, columns);
	for (size_t i = 0; i < c->nr_rows; i++)
		csv_row(&o, c, &c->row[i]);
}

/* A number of a repeat, or NULL. */
static const json_t *value_of(const struct run_cell *rc, const char *metric)
{
	const json_t *v = run_cell_metric(rc, metric);

	return json_is_number(v) ? v : NULL;
}

static void benchstat_repeat(const struct compare *c, const struct compare_pair *p,
			     const struct run_cell *rc, FILE *f)
{
	char text[CSV_NUMBER_MAX];

	fprintf(f, "BenchmarkCell/%s 1", p->label);
	for (size_t i = 0; i < c->nr_rows; i++) {
		const json_t *v = c->row[i].pair == p ? value_of(rc, c->row[i].metric) : NULL;

		if (v)
			fprintf(f, " %s %s", csv_format_number(json_number_value(v), text),
				c->row[i].metric);
	}
	fputc('\n', f);
}

/* Each metric once. */
static void benchstat_units(const struct compare *c, FILE *f)
{
	for (const struct metric_desc *m = metrics; m->name; m++) {
		const struct compare_row *r = NULL;

		for (size_t i = 0; i < c->nr_pairs && !r; i++)
			r = compare_find(c, &c->pair[i], m->name);
		if (r && r->better != BETTER_NONE)
			fprintf(f, "Unit %s better=%s\n", m->name, metric_better_names[r->better]);
		if (r && c->virtual_clock)
			fprintf(f, "Unit %s assume=exact\n", m->name);
	}
}

void compare_print_benchstat(const struct compare *c, FILE *f)
{
	benchstat_units(c, f);
	for (int side = 0; side < SIDES; side++) {
		fprintf(f, "run: %s\nside: %s\n", c->half[side].cells.run, side_names[side]);
		for (size_t i = 0; i < c->nr_pairs; i++) {
			const struct compare_cell *cell = c->pair[i].cell[side];

			for (size_t k = 0; k < cell->nr; k++)
				if (compare_complete(&cell->repeat[k]))
					benchstat_repeat(c, &c->pair[i], &cell->repeat[k], f);
		}
	}
}

static json_t *texts(const struct strv *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nr; i++)
		safejson_append(&list, safejson_text(s->v[i]));
	return list;
}

static json_t *json_row(const struct compare *c, const struct compare_row *r)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:o, s:s, s:b, s:I, s:I, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o, s:o, s:o, s:o, s:s, s:o}",
			 "cell", safejson_text(r->pair->label),
			 "old_cell", safejson_text(r->pair->cell[SIDE_OLD]->id),
			 "new_cell", safejson_text(r->pair->cell[SIDE_NEW]->id),
			 "metric", r->metric, "unit", safejson_text(r->unit),
			 "better", metric_better_names[r->better], "judges", r->judges,
			 "n_old", (json_int_t)r->n[SIDE_OLD], "n_new", (json_int_t)r->n[SIDE_NEW],
			 "old", safejson_number(r->value[SIDE_OLD]),
			 "new", safejson_number(r->value[SIDE_NEW]),
			 "delta", safejson_number(r->delta),
			 "delta_unit", safejson_text(compare_delta_unit(c, r)),
			 "ratio", safejson_number(r->ratio),
			 "min_effect", safejson_number(r->min_effect),
			 "ratio_lo", safejson_number(r->ratio_lo),
			 "ratio_hi", safejson_number(r->ratio_hi), "p", safejson_number(r->p),
			 "p_holm", safejson_number(r->p_holm), "verdict", change_names[r->change],
			 "why", safejson_text(r->why));
}

static json_t *json_rows(const struct compare *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->nr_rows; i++)
		safejson_append(&list, json_row(c, &c->row[i]));
	return list;
}

static json_t *json_meta(const struct compare *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->nr_meta; i++)
		safejson_append(&list, json_pack("{s:o, s:o, s:o}", "key",
						 safejson_text(c->meta[i].key), "old",
						 safejson_text(c->meta[i].value[SIDE_OLD]), "new",
						 safejson_text(c->meta[i].value[SIDE_NEW])));
	return list;
}

int compare_print_json(const struct compare *c, FILE *f)
{
	json_t *all = json_pack(
		"{s:i, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:{s:f, s:I}, s:s, s:o}", "schema",
		COMPARE_SCHEMA, "old", safejson_text(c->half[SIDE_OLD].spec), "new",
		safejson_text(c->half[SIDE_NEW].spec), "time_unit", c->time_unit, "by",
		texts(&c->by), "differs", json_meta(c), "only_old",
		texts(&c->half[SIDE_OLD].only), "only_new", texts(&c->half[SIDE_NEW].only),
		"thresholds", "alpha", c->thresholds.alpha, "seed",
		(json_int_t)c->thresholds.seed, "verdict", change_names[c->verdict], "rows",
		json_rows(c));
	int ret = all ? 0 : -EINVAL;

	if (!ret && c->shapes && json_object_set_new(all, "faults", shapes_json(c->shapes)))
		ret = -EINVAL;
	if (!ret && json_dumpf(all, f, JSON_INDENT(1) | JSON_REAL_PRECISION(17)))
		ret = -EIO;
	if (!ret)
		fputc('\n', f);
	json_decref(all);
	return ret;
}
