// SPDX-License-Identifier: GPL-2.0-only
/* CSV tables read by column name. */
#ifndef PINLAB_CSVREAD_H
#define PINLAB_CSVREAD_H

/*
 * Read the CSV file at path and call row() for each row after the header with the fields of the
 * wanted columns (a list that ends with NULL), in that order; a field is "" where it is missing.
 * row() returns NULL, or what is wrong with the row, which ends the reading.
 * Returns 0, -errno, or -EINVAL (no such column, a row of another length than the header or that
 * is wrong, not CSV, a last row without its end) with path, line and reason in err (OPT_ERR_MAX
 * bytes).
 */
int csv_read(const char *path, const char *const *wanted,
	     const char *(*row)(void *user, const char *const *field), void *user, char *err);

#endif
