// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csvfile.h"
#include "csvread.h"
#include "faults.h"
#include "stats/stats.h"
#include "util.h"

#define NAME_MAX_SHOWN	32

static bool parse_ns(const char *text, uint64_t *ns)
{
	uint64_t v = 0;
	size_t n = 0;

	for (; text[n] >= '0' && text[n] <= '9' && n < 19; n++)
		v = 10 * v + (text[n] - '0');
	*ns = v;
	return n && !text[n] && v <= CSV_INTEGER_MAX;
}

static const char *wrong(struct fault_rows *r, const char *what, const char *found,
			 const char *allowed)
{
	snprintf(r->why, sizeof(r->why), "%s: found '%.*s', allowed: %s", what, NAME_MAX_SHOWN,
		 found, allowed);
	return r->why;
}

static const char *on_fault(void *user, const char *const *field)
{
	struct fault_rows *r = user;
	struct latencies *l;
	size_t kind = 0;
	uint64_t ns;

	while (kind < FAULT_KINDS && strcmp(field[1], fault_kind_names[kind]))
		kind++;
	if (kind == FAULT_KINDS)
		return wrong(r, "kind", field[1], "first, refault, mmio, spurious");
	if (!parse_ns(field[2], &ns))
		return wrong(r, "latency_ns", field[2],
			     "whole numbers up to 9007199254740992");
	if (r->workload_only && strcmp(field[0], phase_names[PHASE_WORKLOAD]))
		return NULL;
	l = &r->kind[kind];
	if (l->nr == l->cap) {
		l->cap = 2 * l->cap + 1024;
		l->ns = xrealloc(l->ns, l->cap, sizeof(*l->ns));
	}
	l->ns[l->nr++] = ns;
	return NULL;
}

int faults_read(struct fault_rows *r, const char *path, char *err)
{
	static const char *const wanted[] = { "phase", "kind", "latency_ns", NULL };

	return csv_read(path, wanted, on_fault, r, err);
}

void faults_sort(struct fault_rows *r)
{
	for (size_t i = 0; i < FAULT_KINDS; i++)
		if (r->kind[i].nr)
			stats_sort(r->kind[i].ns, r->kind[i].nr);
}

void faults_free(struct fault_rows *r)
{
	for (size_t i = 0; i < FAULT_KINDS; i++) {
		free(r->kind[i].ns);
		r->kind[i] = (struct latencies){ .ns = NULL };
	}
}
