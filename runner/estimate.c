// SPDX-License-Identifier: GPL-2.0-only
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "estimate.h"
#include "result_run.h"
#include "util.h"

#define KEY_MAX	1024

struct past_cell {
	char key[KEY_MAX];	/* all but the kernel */
	double wall_s;
};

static void make_key(char *key, const char *guest, long long memory_mib, const char *workload,
		     const char *params)
{
	snprintf(key, KEY_MAX, "%s %lld %s %s", guest, memory_mib, workload, params);
}

static void add_cell(struct estimates *e, const char *path)
{
	struct run_cell c = { .json = json_load_file(path, 0, NULL) };
	double wall_s = json_number_value(json_object_get(json_object_get(c.json, "wall"),
							  "seconds"));
	char params[KEY_MAX];

	if (wall_s > 0) {
		e->cells = xrealloc(e->cells, e->nr + 1, sizeof(*e->cells));
		make_key(e->cells[e->nr].key, run_cell_text(&c, "guest"),
			 run_cell_int(&c, "memory_mib"), run_cell_text(&c, "workload"),
			 run_cell_params(&c, params, sizeof(params)));
		e->cells[e->nr++].wall_s = wall_s;
	}
	json_decref(c.json);
}

void estimates_load(struct estimates *e, const char *results)
{
	char *pattern = xasprintf("%s/2*/cells/*/*/cell.json", results);
	glob_t g;

	*e = (struct estimates){ .nr = 0 };
	if (!glob(pattern, 0, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc; i++)
			add_cell(e, g.gl_pathv[i]);
		globfree(&g);
	}
	free(pattern);
}

void estimates_free(struct estimates *e)
{
	free(e->cells);
	memset(e, 0, sizeof(*e));
}

double estimate_s(const struct estimates *e, const struct cell *c)
{
	char key[KEY_MAX], params[KEY_MAX];

	make_key(key, guest_names[c->guest], c->memory_bytes >> 20, c->workload,
		 cell_params(c, params, sizeof(params)));
	for (size_t i = e->nr; i-- > 0;)	/* glob() sorts: the newest run is last */
		if (!strcmp(e->cells[i].key, key))
			return e->cells[i].wall_s;
	return ESTIMATE_NONE;
}
