// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "csvfile.h"
#include "ktap.h"
#include "util.h"
#include "verdict.h"

/* Statuses that are ok, or that KTAP has a word for; the others are 'not ok' and no more. */
static const struct {
	bool ok;
	const char *directive;
} results[STATUSES] = {
	[STATUS_PASS] = { true, NULL },
	[STATUS_XFAIL] = { true, "XFAIL" },
	[STATUS_SKIP] = { true, "SKIP" },
	[STATUS_GUEST_HANG] = { false, "TIMEOUT" },
	[STATUS_TIMEOUT] = { false, "TIMEOUT" },
	[STATUS_ERROR] = { false, "ERROR" },
	[STATUS_HOST_EXIT] = { false, "ERROR" },
	[STATUS_BAD_STREAM] = { false, "ERROR" },
	[STATUS_INTERRUPTED] = { false, "ERROR" },
};

/* One line, without what a terminal or a parser would take for its own. */
static void put_reason(FILE *f, const char *text)
{
	for (; *text; text++)
		putc(iscntrl((unsigned char)*text) ? ' ' : *text, f);
}

/* The status stands before the reason of a failure, which so never begins like a directive. */
static void put_result(FILE *f, size_t number, const struct run_cell *c, bool repeats)
{
	const char *name = run_cell_text(c, "status"), *reason = run_cell_text(c, "reason");
	int status = status_find(name);
	bool ok = status >= 0 && results[status].ok;
	const char *directive = status >= 0 ? results[status].directive : NULL;

	fprintf(f, "%s %zu %s", ok ? "ok" : "not ok", number, run_cell_text(c, "cell"));
	if (repeats)
		fprintf(f, "/%lld", run_cell_int(c, "repeat"));
	if (!ok || directive || reason[0]) {
		fprintf(f, " #%s%s", directive ? " " : "", directive ?: "");
		if (!ok)
			fprintf(f, " %s%s", name, reason[0] ? ":" : "");
		if (reason[0])
			putc(' ', f);
		put_reason(f, reason);
	}
	putc('\n', f);
}

/* From run.json; a run that has none is what is there of it. */
static void planned(const struct run_cells *r, const char *run_dir, size_t *total, bool *repeats)
{
	char *path = xasprintf("%s/run.json", run_dir);
	json_t *run = json_load_file(path, 0, NULL);
	json_t *cells = json_object_get(run, "cells"), *plan = json_object_get(run, "plan");
	json_int_t n = json_integer_value(json_object_get(cells, "total"));

	*total = n > (json_int_t)r->nr ? (size_t)n : r->nr;
	*repeats = json_integer_value(json_object_get(plan, "repeats")) > 1;
	for (size_t i = 0; i < r->nr; i++)
		*repeats |= run_cell_int(&r->cell[i], "repeat") > 1;
	json_decref(run);
	free(path);
}

int ktap_write(const struct run_cells *r, const char *run_dir, char *err)
{
	struct outfile o;
	size_t total;
	bool repeats;
	int ret = outfile_open(&o, run_dir, "report.ktap", err);

	if (ret)
		return ret;
	planned(r, run_dir, &total, &repeats);
	fprintf(o.f, "KTAP version 1\n1..%zu\n", total);
	for (size_t i = 0; i < r->nr; i++)
		put_result(o.f, i + 1, &r->cell[i], repeats);
	return outfile_close(&o, err);
}
