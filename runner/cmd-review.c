// SPDX-License-Identifier: GPL-2.0-only
/* --review: what a series costs and saves, as text for its cover letter. */
#include <stdio.h>
#include <stdlib.h>

#include "compare/review.h"
#include "pinlab.h"
#include "util.h"

int cmd_review(const struct settings *s)
{
	struct compare_request q = {
		.results = s->results, .spec = { s->arg, s->nr_more ? s->more[0] : NULL },
		.by = s->by, .filter = s->filter, .thresholds = s->thresholds,
	};
	char err[OPT_ERR_MAX], *command;
	struct compare c;

	if (compare_make(&c, &q, err))
		return usage_error("%s", err);
	command = review_command(&c, &q);
	if (s->format == FORMAT_HTML)
		review_print_html(&c, command, stdout);
	else
		review_print_text(&c, command, stdout);
	free(command);
	compare_free(&c);
	return fflush(stdout) || ferror(stdout) ? usage_error("cannot write: %m") : EXIT_PASSED;
}
