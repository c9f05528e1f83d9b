// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/workload.h"
#include "figures.h"
#include "hazards.h"
#include "plot.h"
#include "report_html.h"
#include "result.h"
#include "util.h"

int report_check(char *err)
{
	return plots_check(err);
}

static int draw(struct plots *p, const struct model *m, const char *key, const char *dir, char *err)
{
	char *data = xasprintf("%s/data", dir);
	int ret = dir_make(data, err);

	if (!ret)
		ret = plots_write(p, m, data, err);
	if (!ret)
		ret = plots_draw(p, dir, err);
	if (!ret)
		ret = figures_save(p, key, dir, err);
	free(data);
	return ret;
}

/* Figures are of costs: what is about data has none to show. */
static bool has_costs(const struct run_cell *c)
{
	const char *type = run_cell_text(c, "type");

	return !hazard_is(c) && strcmp(type, workload_type_names[WORKLOAD_VIEWS]) &&
	       strcmp(type, workload_type_names[WORKLOAD_TORTURE]);
}

static int draw_costs(struct plots *p, const struct run_cells *run, const char *run_dir,
		      const char *key, const char *dir, char *err)
{
	struct run_cells costs = { .run = run->run };
	struct model m;
	int ret;

	costs.cell = xrealloc(NULL, run->nr + 1, sizeof(*costs.cell));
	for (size_t i = 0; i < run->nr; i++)
		if (has_costs(&run->cell[i]))
			costs.cell[costs.nr++] = run->cell[i];
	ret = model_build(&m, &costs, run_dir, err);
	if (!ret) {
		ret = draw(p, &m, key, dir, err);
		model_free(&m);
	}
	free(costs.cell);
	return ret;
}

/* The figures are made aside and take the place of the old ones when all are there. */
static int build_plots(struct plots *p, const struct run_cells *run, const char *run_dir,
		       const char *results, char *err)
{
	char *made = xasprintf("%s/.plots.tmp", run_dir), *place = xasprintf("%s/plots", run_dir);
	char key[SHA256_HEX_MAX];
	int ret = 0;

	dir_remove(made);
	figures_key(run, run_dir, key);
	if (!results || !key[0] || !figures_take(p, key, results, made))
		ret = draw_costs(p, run, run_dir, key, made, err);
	if (!ret) {
		dir_remove(place);
		if (rename(made, place))
			ret = errf(err, -errno, "%s: %s", path_shown(place), strerror(errno));
	}
	if (ret)
		dir_remove(made);
	free(made);
	free(place);
	return ret;
}

int report_build(const char *run_dir, const char *results, char *err)
{
	struct plots plots = { .nr = 0 };
	struct run_cells run;
	struct model model;
	int ret = report_check(err);

	if (ret)
		return ret;
	ret = run_cells_load(&run, run_dir, err);
	if (ret)
		return ret;
	ret = model_build(&model, &run, run_dir, err);
	if (!ret) {
		ret = build_plots(&plots, &run, run_dir, results, err);
		if (!ret)
			ret = report_html(&model, &plots, err);
		plots_free(&plots);
		model_free(&model);
	}
	run_cells_free(&run);
	return ret;
}
