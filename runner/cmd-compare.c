// SPDX-License-Identifier: GPL-2.0-only
/* --compare: two runs, or two sets of cells, held against each other. */
#include <errno.h>
#include <stdio.h>

#include "compare/compare.h"
#include "pinlab.h"
#include "util.h"

static int print(const struct settings *s, const struct compare *c)
{
	if (s->json)
		return compare_print_json(c, stdout);
	if (s->format == FORMAT_CSV)
		compare_print_csv(c, stdout);
	else if (s->format == FORMAT_BENCHSTAT)
		compare_print_benchstat(c, stdout);
	else
		compare_print_text(c, stdout);
	return 0;
}

int cmd_compare(const struct settings *s)
{
	struct compare_request q = {
		.results = s->results, .by = s->by,
		.spec = { s->arg, s->nr_more ? s->more[0] : NULL },
		.filter = s->filter, .faults = s->faults, .thresholds = s->thresholds,
	};
	char err[OPT_ERR_MAX];
	struct compare c;
	int status;

	if (compare_make(&c, &q, err))
		return usage_error("%s", err);
	status = print(s, &c) == -EINVAL ? usage_error("the comparison does not fit into JSON") :
		 compare_exit_status(&c);
	compare_free(&c);
	return fflush(stdout) || ferror(stdout) ? usage_error("cannot write: %m") : status;
}
