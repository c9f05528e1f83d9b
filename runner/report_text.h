// SPDX-License-Identifier: GPL-2.0-only
/* Pieces of HTML: text that is escaped, numbers that can be read. */
#ifndef PINLAB_REPORT_TEXT_H
#define PINLAB_REPORT_TEXT_H

#include <stdio.h>

/* The <style> of all pages: light and dark, wide and narrow. */
extern const char html_style[];

/* Write text so that HTML shows it as it is, in elements and in quoted attributes. */
void html_text(FILE *f, const char *text);

/* As fprintf(), but what fmt gives is escaped. */
void html_printf(FILE *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Escape a path for use in a link; slashes stay. */
void html_path(FILE *f, const char *path);

/* v with that many decimals, and digits in groups of three (narrow no-break spaces). */
void html_number(FILE *f, double v, int decimals);

#endif
