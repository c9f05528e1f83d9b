// SPDX-License-Identifier: GPL-2.0-only
/* The text for a cover letter: what a series costs and saves, and how to see it again. */
#ifndef PINLAB_REVIEW_H
#define PINLAB_REVIEW_H

#include "compare/compare.h"

#define REVIEW_COLUMNS	72

/*
 * The words, less the program, that ask for the same comparison again wherever the lab is: runs by
 * their names alone. The caller frees it.
 */
char *review_command(const struct compare *c, const struct compare_request *q);

/*
 * Print the review of a comparison: no line is longer than REVIEW_COLUMNS. command is that of
 * review_command().
 */
void review_print_text(const struct compare *c, const char *command, FILE *f);

/* The same as a page, with the plots of both runs side by side, all in one file. */
void review_print_html(const struct compare *c, const char *command, FILE *f);

#endif
