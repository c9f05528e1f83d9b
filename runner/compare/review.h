// SPDX-License-Identifier: GPL-2.0-only
/* The text for a cover letter: what a series costs and saves, and how to see it again. */
#ifndef PINLAB_REVIEW_H
#define PINLAB_REVIEW_H

#include "compare/compare.h"

#define REVIEW_COLUMNS	72

/*
 * Print the review of a comparison: no line is longer than REVIEW_COLUMNS. command is the one that
 * was given, less the program.
 */
void review_print_text(const struct compare *c, const char *command, FILE *f);

/* The same as a page, with the plots of both runs side by side, all in one file. */
void review_print_html(const struct compare *c, const char *command, FILE *f);

#endif
