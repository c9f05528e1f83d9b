// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/workload.h"
#include "report_model.h"
#include "strategy.h"
#include "util.h"
#include "verdict.h"

/* One that is not known comes last. */
static int strategy_rank(const char *strategy)
{
	int rank = strategy_find(strategy);

	return rank < 0 ? STRATEGIES : rank;
}

static int compare_series(const void *a, const void *b)
{
	const struct series *x = a, *y = b;
	int i = strategy_rank(x->strategy), k = strategy_rank(y->strategy);

	if (i != k)
		return i < k ? -1 : 1;
	return strcmp(x->strategy, y->strategy) ?: strcmp(x->kernel, y->kernel);
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return strcmp(x->workload, y->workload) ?: x->host - y->host ?:
	       strcmp(x->params, y->params) ?:
	       (x->memory_mib > y->memory_mib) - (x->memory_mib < y->memory_mib);
}

static void series_of(const struct run_cell *c, struct series *s)
{
	*s = (struct series){
		.strategy = run_cell_text(c, "strategy"), .kernel = run_cell_text(c, "kernel"),
	};
}

static void group_of(const struct run_cell *c, struct group *g)
{
	*g = (struct group){
		.workload = run_cell_text(c, "workload"), .type = run_cell_text(c, "type"),
		.memory_mib = run_cell_int(c, "memory_mib"),
		.host = !strcmp(run_cell_text(c, "guest"), guest_names[GUEST_HOST]),
	};
	run_cell_params(c, g->params, sizeof(g->params));
}

/* The place of key in a sorted list without doubles. */
static size_t place(const void *key, const void *list, size_t nr, size_t size,
		    int (*compare)(const void *, const void *))
{
	return ((const char *)bsearch(key, list, nr, size, compare) - (const char *)list) / size;
}

static size_t sort_unique(void *list, size_t nr, size_t size,
			  int (*compare)(const void *, const void *))
{
	char *base = list;
	size_t kept = 0;

	if (nr)
		qsort(list, nr, size, compare);
	for (size_t i = 0; i < nr; i++) {
		if (kept && !compare(base + (kept - 1) * size, base + i * size))
			continue;
		memmove(base + kept * size, base + i * size, size);
		kept++;
	}
	return kept;
}

static void label_series(struct model *m)
{
	for (size_t i = 0; i < m->nr_series; i++) {
		struct series *s = &m->series[i];
		size_t same = 0;

		for (size_t k = 0; k < m->nr_series; k++) {
			bool strategy = !strcmp(m->series[k].strategy, s->strategy);

			same += strategy;
			s->variant += strategy && k < i;
		}
		if (same == 1)
			snprintf(s->label, sizeof(s->label), "%.60s", s->strategy);
		else
			snprintf(s->label, sizeof(s->label), "%.60s (%.60s)", s->strategy,
				 s->kernel);
	}
}

/* The word of params (up to a comma) that starts at *at; *at moves behind it. */
static size_t next_param(const char **at)
{
	const char *start = *at;
	size_t len = strcspn(start, ",");

	*at = start + len + (start[len] == ',');
	return len;
}

/* Do all groups of this workload have this word among their parameters? */
static bool param_common(const struct model *m, const struct group *g, const char *word, size_t len)
{
	for (size_t i = 0; i < m->nr_groups; i++) {
		const char *at = m->groups[i].params, *have = at;
		bool found = false;

		if (strcmp(m->groups[i].workload, g->workload))
			continue;
		for (size_t n; *have; have = at) {
			n = next_param(&at);
			found |= n == len && !memcmp(have, word, len);
		}
		if (!found)
			return false;
	}
	return true;
}

/* Does this workload run both in guests and on the host itself? */
static bool host_differs(const struct model *m, const struct group *g)
{
	for (size_t i = 0; i < m->nr_groups; i++)
		if (!strcmp(m->groups[i].workload, g->workload) && m->groups[i].host != g->host)
			return true;
	return false;
}

static void label_groups(struct model *m)
{
	for (size_t i = 0; i < m->nr_groups; i++) {
		struct group *g = &m->groups[i];
		size_t n = snprintf(g->label, sizeof(g->label), "%.60s%s", g->workload,
				    g->host && host_differs(m, g) ? " on the host" : "");
		const char *at = g->params;

		for (const char *word = at; *word; word = at) {
			size_t len = next_param(&at);

			if (!param_common(m, g, word, len) && n < sizeof(g->label))
				n += snprintf(g->label + n, sizeof(g->label) - n, " %.*s",
					      (int)len, word);
		}
		snprintf(g->name, sizeof(g->name), "%.130s-%lldM", g->label, g->memory_mib);
		for (char *c = g->name; *c; c++)
			if (!isalnum((unsigned char)*c) && !strchr("-._=", *c))
				*c = '-';
	}
}

size_t model_panel_end(const struct model *m, size_t group)
{
	size_t end = group + 1;

	while (end < m->nr_groups && !strcmp(m->groups[end].label, m->groups[group].label))
		end++;
	return end;
}

bool model_usable(const struct run_cell *c)
{
	int status = status_find(run_cell_text(c, "status"));

	return status >= 0 && status_is_complete(status);
}

static int place_cells(struct model *m, char *err)
{
	for (size_t i = 0; i < m->run->nr; i++) {
		const struct run_cell *c = &m->run->cell[i];
		const char *unit = run_cell_text(c, "time_unit");
		struct series s;
		struct group g;
		struct model_cell *at;

		series_of(c, &s);
		group_of(c, &g);
		at = &m->cells[place(&g, m->groups, m->nr_groups, sizeof(g), compare_groups) *
			       m->nr_series +
			       place(&s, m->series, m->nr_series, sizeof(s), compare_series)];
		if (at->nr && i != at->first + at->nr)
			return errf(err, -EINVAL, "%.200s/%.200s: same kernel, guest, workload, "
				    "parameters and memory as %.100s", m->run_dir, c->dir,
				    m->run->cell[at->first].dir);
		if (strcmp(unit, m->time_unit))
			return errf(err, -EINVAL, "%.200s/%.200s: times are in %.40s, in %.100s in "
				    "%.40s", m->run_dir, c->dir, unit, m->run->cell[0].dir,
				    m->time_unit);
		if (!at->nr++)
			at->first = i;
		if (!at->shown && model_usable(c))
			at->shown = c;
	}
	return 0;
}

int model_build(struct model *m, const struct run_cells *run, const char *run_dir, char *err)
{
	int ret;

	*m = (struct model){ .run = run, .run_dir = run_dir, .time_unit = "ns" };
	if (run->nr)
		m->time_unit = run_cell_text(&run->cell[0], "time_unit");
	m->virtual_clock = !strcmp(m->time_unit, "virtual ns");
	m->series = xrealloc(NULL, run->nr + 1, sizeof(*m->series));
	m->groups = xrealloc(NULL, run->nr + 1, sizeof(*m->groups));
	for (size_t i = 0; i < run->nr; i++) {
		series_of(&run->cell[i], &m->series[i]);
		group_of(&run->cell[i], &m->groups[i]);
	}
	m->nr_series = sort_unique(m->series, run->nr, sizeof(*m->series), compare_series);
	m->nr_groups = sort_unique(m->groups, run->nr, sizeof(*m->groups), compare_groups);
	label_series(m);
	label_groups(m);
	m->cells = xrealloc(NULL, m->nr_series * m->nr_groups + 1, sizeof(*m->cells));
	memset(m->cells, 0, m->nr_series * m->nr_groups * sizeof(*m->cells));
	ret = place_cells(m, err);
	if (ret)
		model_free(m);
	return ret;
}

void model_free(struct model *m)
{
	free(m->series);
	free(m->groups);
	free(m->cells);
	memset(m, 0, sizeof(*m));
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

bool model_spread(const struct model *m, size_t group, size_t series, const char *metric,
		  double *value, double *least, double *most)
{
	const struct model_cell *c = model_cell(m, group, series);
	double *have = xrealloc(NULL, c->nr + 1, sizeof(*have));
	size_t n = 0;

	for (size_t i = 0; i < c->nr; i++) {
		const struct run_cell *repeat = &m->run->cell[c->first + i];
		const json_t *v = run_cell_metric(repeat, metric);

		if (model_usable(repeat) && json_is_number(v))
			have[n++] = json_number_value(v);
	}
	if (n) {
		qsort(have, n, sizeof(*have), compare_double);
		*value = have[(n - 1) / 2];
		*least = have[0];
		*most = have[n - 1];
	}
	free(have);
	return n;
}

bool model_value(const struct model *m, size_t group, size_t series, const char *metric,
		 double *value)
{
	double least, most;

	return model_spread(m, group, series, metric, value, &least, &most);
}
