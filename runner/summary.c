// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hazards.h"
#include "result_run.h"
#include "session.h"
#include "table.h"

/* A column of the summary: a metric, shown in its unit or a larger one. */
static const struct {
	const char *metric;
	double divisor;
	int decimals;
} shown[] = {
	{ "startup_ns", 1e6, 1 },
	{ "npf_first", 1, 0 },
	{ "npf_first_p50_ns", 1, 0 },
	{ "pinned_workload_pages", 1, 0 },
	{ "pinned_leaked_pages", 1, 0 },
	{ "rss_workload_kib", 1024, 1 },
};

static const char *const columns[] = {
	"cell", "repeat", "status", "startup_ms", "npf_first", "npf_first_p50_ns", "pinned_pages",
	"leaked_pages", "rss_mib", NULL
};

static void add_cell(struct table *t, const struct run_cell *c)
{
	table_text(t, "%s", run_cell_text(c, "cell"));
	table_number(t, 0, run_cell_int(c, "repeat"));
	table_text(t, "%s", run_cell_text(c, "status"));
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		const json_t *v = run_cell_metric(c, shown[i].metric);

		if (json_is_number(v))
			table_number(t, shown[i].decimals, json_number_value(v) / shown[i].divisor);
		else
			table_text(t, "-");
	}
}

/* A run whose cells make no model has been told so by its report. */
static void print_hazards(const struct run_cells *r, const char *run_dir)
{
	char err[OPT_ERR_MAX];
	struct hazards h;
	struct model m;

	if (model_build(&m, r, run_dir, err))
		return;
	hazards_build(&h, &m);
	if (h.nr_rows)
		putchar('\n');
	hazards_print(&h, stdout);
	hazards_free(&h);
	model_free(&m);
}

static void tell_encrypt(const char *run_dir)
{
	char *path = xasprintf("%s/run.json", run_dir);
	json_t *run = json_load_file(path, 0, NULL);
	const char *encrypt = json_string_value(json_object_get(run, "encrypt"));

	if (encrypt && !strcmp(encrypt, "off"))
		puts("\nmemory encryption was not modelled (encrypt = off)");
	json_decref(run);
	free(path);
}

static int print_ktap(const char *run_dir, char *err)
{
	char *path = xasprintf("%s/report.ktap", run_dir), *text;
	int ret = file_read(path, &text, err);

	if (!ret) {
		fputs(text, stdout);
		free(text);
	}
	free(path);
	return ret;
}

static int print_text(const char *run_dir, char *err)
{
	struct table t = { .columns = columns };
	struct run_cells r;
	int ret = run_cells_load(&r, run_dir, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < r.nr; i++)
		add_cell(&t, &r.cell[i]);
	table_print(&t, stdout);
	for (size_t i = 0; i < r.nr; i++)
		if (run_cell_text(&r.cell[i], "reason")[0])
			printf("%s %s: %s: %s\n", i ? " " : "\n ",
			       run_cell_text(&r.cell[i], "cell"),
			       run_cell_text(&r.cell[i], "status"),
			       run_cell_text(&r.cell[i], "reason"));
	table_free(&t);
	print_hazards(&r, run_dir);
	tell_encrypt(run_dir);
	run_cells_free(&r);
	return 0;
}

int summary_print(const struct settings *s, const char *run_dir, char *err)
{
	return s->format == FORMAT_KTAP ? print_ktap(run_dir, err) : print_text(run_dir, err);
}
