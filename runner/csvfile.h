// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output files that are whole or not there, and CSV rows in them.
 *
 * A file is written beside its name and renamed on outfile_close(), which is also where every write
 * error (disk full, ...) comes out; writers in between need not check.
 *
 * CSV is RFC 4180: comma, CRLF, a header row, fields quoted only where they must be. Numbers are
 * never quoted; a missing value is an empty field.
 */
#ifndef PINLAB_CSVFILE_H
#define PINLAB_CSVFILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CSV_NUMBER_MAX	32	/* bytes of csv_format_number(), with the NUL */

struct outfile {
	FILE *f;			/* NULL: not open */
	bool row_started;
	char path[PATH_MAX];
	char temp[PATH_MAX];
};

/* Open dir/name for writing. Returns 0 or -errno with the path in err (OPT_ERR_MAX bytes). */
int outfile_open(struct outfile *o, const char *dir, const char *name, char *err);

/* Flush, check and rename into place. Returns 0, or -errno with err set and nothing left behind. */
int outfile_close(struct outfile *o, char *err);

/* Give up: nothing is left behind. Fine on a file that is not open. */
void outfile_abort(struct outfile *o);

void csv_text(struct outfile *o, const char *text);
void csv_i64(struct outfile *o, int64_t v);
void csv_u64(struct outfile *o, uint64_t v);
void csv_hex(struct outfile *o, uint64_t v);	/* 0x... */
void csv_number(struct outfile *o, double v);
void csv_empty(struct outfile *o);
void csv_end_row(struct outfile *o);

/* A header row from a list that ends with NULL. */
void csv_header(struct outfile *o, const char *const *names);

/* 2^53: up to here a double holds every whole number. */
#define CSV_INTEGER_MAX	9007199254740992LL

/* Is v an integer that a double holds exactly? */
bool csv_is_integer(double v);

/*
 * Write v so that it reads back to the same double: without a point if it is an integer, else with
 * the fewest digits. buf has CSV_NUMBER_MAX bytes. Returns buf.
 */
char *csv_format_number(double v, char *buf);

#endif
