// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "compare/judge.h"
#include "compare/meta.h"
#include "compare/select.h"
#include "compare/shape.h"
#include "util.h"
#include "verdict.h"

const char *const side_names[SIDES] = { [SIDE_OLD] = "old", [SIDE_NEW] = "new" };

const char *const change_names[] = {
	[CHANGE_SAME] = "same",
	[CHANGE_BETTER] = "better",
	[CHANGE_WORSE] = "worse",
	[CHANGE_CHANGED] = "changed",
	[CHANGE_CANNOT_TELL] = "cannot-tell",
};

/* The thresholds of the new run's config, and then of the command line. */
static int load_thresholds(struct compare *c, const struct compare_request *q, char *err)
{
	const struct compare_half *h = &c->half[SIDE_NEW];
	const json_t *config = json_object_get(h->run, "config");
	const char *text = json_string_value(json_object_get(config, "text"));
	char *file = xasprintf("%s: config of run.json", path_shown(h->dir));
	int ret = text ? thresholds_config(&c->thresholds, file, text, err) : 0;

	free(file);
	if (!ret && q->thresholds)
		ret = thresholds_words(&c->thresholds, q->thresholds, err);
	return ret;
}

int compare_make(struct compare *c, const struct compare_request *q, char *err)
{
	int ret;

	*c = (struct compare){ .nr_pairs = 0 };
	thresholds_init(&c->thresholds);
	ret = select_halves(c, q, err);
	if (!ret)
		ret = load_thresholds(c, q, err);
	if (!ret)
		ret = meta_check(c, err);
	if (!ret)
		ret = select_pairs(c, q, err);
	if (!ret && q->faults) {
		c->shapes = xrealloc(NULL, 1, sizeof(*c->shapes));
		ret = shapes_make(c->shapes, c, err);
	}
	if (ret) {
		compare_free(c);
		return ret;
	}
	meta_compare(c);
	judge_pairs(c);
	return 0;
}

static void free_half(struct compare_half *h)
{
	for (size_t i = 0; i < h->nr; i++)
		free(h->cell[i].key);
	free(h->cell);
	strv_free(&h->only);
	strv_free(&h->by_value);
	run_cells_free(&h->cells);
	json_decref(h->run);
	free(h->dir);
	free(h->spec);
}

void compare_free(struct compare *c)
{
	for (size_t i = 0; i < c->nr_rows; i++)
		free(c->row[i].why);
	free(c->row);
	for (size_t i = 0; i < c->nr_pairs; i++)
		free(c->pair[i].label);
	free(c->pair);
	for (size_t i = 0; i < c->nr_meta; i++) {
		free(c->meta[i].key);
		free(c->meta[i].value[SIDE_OLD]);
		free(c->meta[i].value[SIDE_NEW]);
	}
	free(c->meta);
	strv_free(&c->by);
	thresholds_free(&c->thresholds);
	if (c->shapes)
		shapes_free(c->shapes);
	free(c->shapes);
	for (int side = 0; side < SIDES; side++)
		free_half(&c->half[side]);
	*c = (struct compare){ .nr_pairs = 0 };
}

int compare_exit_status(const struct compare *c)
{
	return c->verdict == CHANGE_WORSE ? 1 :
	       c->verdict == CHANGE_CANNOT_TELL ? EXIT_CANNOT_TELL : 0;
}

size_t compare_count(const struct compare *c, enum change change, bool judges)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nr_rows; i++)
		n += c->row[i].change == change && c->row[i].judges == judges;
	return n;
}

const struct compare_row *compare_find(const struct compare *c, const struct compare_pair *pair,
				       const char *metric)
{
	for (size_t i = 0; i < c->nr_rows; i++)
		if (c->row[i].pair == pair && !strcmp(c->row[i].metric, metric))
			return &c->row[i];
	return NULL;
}

bool compare_complete(const struct run_cell *rc)
{
	int status = status_find(run_cell_text(rc, "status"));

	return status >= 0 && status_is_complete(status);
}

const char *compare_delta_unit(const struct compare *c, const struct compare_row *r)
{
	if (!c->virtual_clock || strcmp(r->unit, "virtual ns"))
		return r->unit;
	return strncmp(r->metric, "npf_", 4) ? "instructions" : "instructions/fault";
}
