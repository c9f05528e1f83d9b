// SPDX-License-Identifier: GPL-2.0-only
/* A table for the user: filled once, then shown as aligned text or as JSON. */
#ifndef PINLAB_TABLE_H
#define PINLAB_TABLE_H

#include <stdio.h>

#include "util.h"

struct table {
	const char *const *columns;	/* NULL-terminated; keys in JSON */
	struct strv cells;		/* row by row */
	char *kinds;			/* of each cell: text 's', number 'n', missing '-' */
};

/* Add the next cell of a row. */
void table_text(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_number(struct table *t, int decimals, double v);
void table_missing(struct table *t);

void table_print(const struct table *t, FILE *f);

/* {"schema": 1, "NAME": [{column: value, ...}, ...]} */
void table_print_json(const struct table *t, const char *name, FILE *f);

void table_free(struct table *t);

#endif
