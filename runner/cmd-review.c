// SPDX-License-Identifier: GPL-2.0-only
/* --review: what a series costs and saves, as text for its cover letter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/review.h"
#include "pinlab.h"
#include "util.h"

/* A run by its name alone: RUN of a path that ends in RUN or RUN:TERMS. */
static const char *run_name(const char *spec)
{
	const char *end = spec + strcspn(spec, ":"), *name = end;

	while (name > spec && name[-1] != '/')
		name--;
	return name < end ? name : spec;
}

/* The words that ask for the same again, wherever the lab is. */
static char *command_of(const struct settings *s)
{
	struct strv words = { .nr = 0 };
	char *line;

	strv_add(&words, "--review");
	strv_add(&words, "%s", run_name(s->arg));
	if (s->nr_more)
		strv_add(&words, "%s", run_name(s->more[0]));
	if (s->by) {
		strv_add(&words, "--by");
		strv_add(&words, "%s", s->by);
	}
	if (s->filter) {
		strv_add(&words, "--filter");
		strv_add(&words, "%s", s->filter);
	}
	if (s->thresholds) {
		strv_add(&words, "--thresholds");
		strv_add(&words, "%s", s->thresholds);
	}
	line = strv_quote(&words);
	strv_free(&words);
	return line;
}

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
	command = command_of(s);
	if (s->format == FORMAT_HTML)
		review_print_html(&c, command, stdout);
	else
		review_print_text(&c, command, stdout);
	free(command);
	compare_free(&c);
	return fflush(stdout) || ferror(stdout) ? usage_error("cannot write: %m") : EXIT_PASSED;
}
