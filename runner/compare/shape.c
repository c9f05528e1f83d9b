// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/safejson.h"
#include "compare/shape.h"
#include "stats/stats.h"
#include "table.h"
#include "util.h"

const double shape_percentiles[SHAPE_PERCENTILES] = {
	0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1
};

/* The first repeat that ran to its end, or NULL. */
static const struct run_cell *shown(const struct compare_cell *cell)
{
	for (size_t i = 0; i < cell->nr; i++)
		if (compare_complete(&cell->repeat[i]))
			return &cell->repeat[i];
	return NULL;
}

static size_t count_rows(const struct fault_rows *r)
{
	size_t n = 0;

	for (int k = 0; k < FAULT_KINDS; k++)
		n += r->kind[k].nr;
	return n;
}

/* All rows are read, so that their number can be held against that of cell.json. */
static int read_side(struct fault_rows *r, const struct compare_half *h, const struct run_cell *rc,
		     char *err)
{
	const json_t *faults = json_object_get(json_object_get(rc->json, "counts"), "faults");
	char *path = xasprintf("%s/%s/faults.csv", h->dir, rc->dir);
	int ret = faults_read(r, path, err);

	if (!ret && faults && count_rows(r) != (size_t)json_integer_value(faults))
		ret = errf(err, -EINVAL, "%.300s:%zu: ends after %zu rows; cell.json says %lld",
			   path, count_rows(r) + 1, count_rows(r),
			   (long long)json_integer_value(faults));
	if (!ret)
		faults_sort(r);
	free(path);
	return ret;
}

static void add_shape(struct shapes *s, const struct compare_pair *p, enum fault_kind kind,
		      const struct fault_rows *rows)
{
	const struct latencies *l[SIDES] = { &rows[SIDE_OLD].kind[kind],
					     &rows[SIDE_NEW].kind[kind] };
	struct shape *shape;

	if (!l[SIDE_OLD]->nr || !l[SIDE_NEW]->nr)
		return;
	s->shape = xrealloc(s->shape, s->nr + 1, sizeof(*s->shape));
	shape = &s->shape[s->nr++];
	*shape = (struct shape){ .pair = p, .kind = kind };
	for (int side = 0; side < SIDES; side++) {
		shape->n[side] = l[side]->nr;
		shape->mean[side] = stats_mean(l[side]->ns, l[side]->nr);
		for (int i = 0; i < SHAPE_PERCENTILES; i++)
			shape->value[side][i] = stats_quantile(l[side]->ns, l[side]->nr,
							       shape_percentiles[i]);
	}
	shape->distance = distance_of(l[SIDE_OLD]->ns, l[SIDE_OLD]->nr, l[SIDE_NEW]->ns,
				      l[SIDE_NEW]->nr);
}

static int add_pair(struct shapes *s, const struct compare *c, const struct compare_pair *p,
		    char *err)
{
	struct fault_rows rows[SIDES] = { { .workload_only = false } };
	int ret = 0;

	for (int side = 0; side < SIDES && !ret; side++) {
		const struct run_cell *rc = shown(p->cell[side]);

		ret = rc ? read_side(&rows[side], &c->half[side], rc, err) : 0;
	}
	for (int kind = 0; kind < FAULT_KINDS && !ret; kind++)
		add_shape(s, p, kind, rows);
	for (int side = 0; side < SIDES; side++)
		faults_free(&rows[side]);
	return ret;
}

int shapes_make(struct shapes *s, const struct compare *c, char *err)
{
	int ret = 0;

	*s = (struct shapes){ .nr = 0 };
	for (size_t i = 0; i < c->nr_pairs && !ret; i++)
		ret = add_pair(s, c, &c->pair[i], err);
	if (ret)
		shapes_free(s);
	return ret;
}

void shapes_free(struct shapes *s)
{
	free(s->shape);
	*s = (struct shapes){ .nr = 0 };
}

static void print_shape(const struct shape *s, FILE *f)
{
	static const char *const columns[] = { "percentile", "old", "new", "delta", NULL };
	struct table t = { .columns = columns };
	double mean;

	for (int i = 0; i < SHAPE_PERCENTILES; i++) {
		int64_t old = s->value[SIDE_OLD][i], new = s->value[SIDE_NEW][i];
		double order = shape_percentiles[i];

		table_text(&t, order < 1 ? "p%g" : "max", order * 100);
		table_number(&t, 0, old);
		table_number(&t, 0, new);
		table_text(&t, new == old ? "%lld" : "%+lld", (long long)(new - old));
	}
	table_text(&t, "mean");
	table_number(&t, 3, s->mean[SIDE_OLD]);
	table_number(&t, 3, s->mean[SIDE_NEW]);
	mean = s->mean[SIDE_NEW] - s->mean[SIDE_OLD];
	table_text(&t, !mean ? "0" : fabs(mean) < 0.1 ? "%+.3g" : "%+.3f", mean);
	table_print(&t, f);
	table_free(&t);
}

void shapes_print_text(const struct shapes *s, const struct compare *c, FILE *f)
{
	const char *unit = c->virtual_clock ? "instructions" : "ns";

	for (size_t i = 0; i < s->nr; i++) {
		const struct shape *shape = &s->shape[i];

		fprintf(f, "\n%s: latency of %s faults, %s; %zu and %zu of them\n",
			shape->pair->label, fault_kind_names[shape->kind], unit,
			shape->n[SIDE_OLD], shape->n[SIDE_NEW]);
		print_shape(shape, f);
		fprintf(f, "distance: %.3g of all faults (Kolmogorov-Smirnov), %.6g %s a fault "
			"(Wasserstein)\n", shape->distance.ks, shape->distance.wasserstein, unit);
	}
}

static json_t *percentiles_json(const struct shape *s)
{
	json_t *rows = json_array();

	for (int i = 0; i < SHAPE_PERCENTILES; i++) {
		json_int_t old = s->value[SIDE_OLD][i], new = s->value[SIDE_NEW][i];

		safejson_append(&rows, json_pack("{s:f, s:I, s:I}", "order", shape_percentiles[i],
						 "old", old, "new", new));
	}
	return rows;
}

json_t *shapes_json(const struct shapes *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nr; i++) {
		const struct shape *shape = &s->shape[i];

		safejson_append(&list, json_pack(
			"{s:o, s:s, s:I, s:I, s:o, s:f, s:f, s:f, s:f}", "cell",
			safejson_text(shape->pair->label), "kind", fault_kind_names[shape->kind],
			"n_old", (json_int_t)shape->n[SIDE_OLD],
			"n_new", (json_int_t)shape->n[SIDE_NEW],
			"percentiles", percentiles_json(shape), "mean_old", shape->mean[SIDE_OLD],
			"mean_new", shape->mean[SIDE_NEW], "ks", shape->distance.ks, "wasserstein",
			shape->distance.wasserstein));
	}
	return list;
}
