// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "csvfile.h"
#include "ktap.h"
#include "result.h"
#include "result_run.h"

#define PARAMS_MAX	1024

static void put_cell(struct outfile *o, const struct run_cells *r, const struct run_cell *c)
{
	static const char *const keys[] = { "cell", "kernel", "strategy", "guest" };
	char params[PARAMS_MAX];

	csv_text(o, r->run);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		csv_text(o, run_cell_text(c, keys[i]));
	csv_i64(o, run_cell_int(c, "memory_mib"));
	csv_text(o, run_cell_text(c, "workload"));
	csv_text(o, run_cell_params(c, params, sizeof(params)));
	csv_i64(o, run_cell_int(c, "repeat"));
}

static void put_metric(struct outfile *o, const json_t *m)
{
	const json_t *value = json_object_get(m, "value");

	csv_text(o, json_string_value(json_object_get(m, "name")) ?: "");
	csv_text(o, json_string_value(json_object_get(m, "unit")) ?: "");
	csv_text(o, json_string_value(json_object_get(m, "better")) ?: "");
	if (json_is_number(value))
		csv_number(o, json_number_value(value));
	else
		csv_empty(o);
}

static void put_rows(struct outfile *o, const struct run_cells *r, const struct run_cell *c)
{
	const json_t *metrics = json_object_get(c->json, "metrics");
	size_t n = json_array_size(metrics);

	/* A cell that gave no number at all still has its row: its status. */
	for (size_t i = 0; i < n || i == 0; i++) {
		put_cell(o, r, c);
		put_metric(o, json_array_get(metrics, i));
		csv_text(o, run_cell_text(c, "status"));
		csv_text(o, run_cell_text(c, "reused"));
		csv_end_row(o);
	}
}

static int write_metrics(const struct run_cells *r, const char *run_dir, char *err)
{
	static const char *const header[] = {
		"run", "cell", "kernel", "strategy", "guest", "memory_mib", "workload", "params",
		"repeat", "metric", "unit", "better", "value", "status",
		"reused", NULL
	};
	struct outfile o;
	int ret = outfile_open(&o, run_dir, "metrics.csv", err);

	if (ret)
		return ret;
	csv_header(&o, header);
	for (size_t i = 0; i < r->nr; i++)
		put_rows(&o, r, &r->cell[i]);
	return outfile_close(&o, err);
}

int result_tables(const char *run_dir, char *err)
{
	struct run_cells r;
	int ret = run_cells_load(&r, run_dir, err);

	if (ret)
		return ret;
	ret = write_metrics(&r, run_dir, err);
	if (!ret)
		ret = ktap_write(&r, run_dir, err);
	run_cells_free(&r);
	return ret;
}
