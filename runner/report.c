// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"
#include "report_html.h"
#include "result.h"
#include "util.h"

int report_check(char *err)
{
	return plots_check(err);
}

/* The figures are made aside and take the place of the old ones when all are there. */
static int build_plots(struct plots *p, const struct model *m, const char *run_dir, char *err)
{
	char *made = xasprintf("%s/.plots.tmp", run_dir), *data = xasprintf("%s/data", made);
	char *place = xasprintf("%s/plots", run_dir);
	int ret;

	dir_remove(made);
	ret = dir_make(data, err);
	if (!ret)
		ret = plots_write(p, m, data, err);
	if (!ret)
		ret = plots_draw(p, made, err);
	if (!ret) {
		dir_remove(place);
		if (rename(made, place))
			ret = errf(err, -errno, "%s: %s", path_shown(place), strerror(errno));
	}
	if (ret)
		dir_remove(made);
	free(made);
	free(data);
	free(place);
	return ret;
}

int report_build(const char *run_dir, char *err)
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
		ret = build_plots(&plots, &model, run_dir, err);
		if (!ret)
			ret = report_html(&model, &plots, err);
		plots_free(&plots);
		model_free(&model);
	}
	run_cells_free(&run);
	return ret;
}
