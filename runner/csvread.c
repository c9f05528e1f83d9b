// SPDX-License-Identifier: GPL-2.0-only
#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/opt.h"
#include "csvread.h"

#define COLUMNS_MAX	64

struct reader {
	const char *path;
	const char *const *wanted;
	const char *(*row)(void *user, const char *const *field);
	void *user;
	char *err;
	int ret;

	size_t line;			/* rows that ended so far */
	size_t columns;			/* of the header */
	size_t place[COLUMNS_MAX];	/* of wanted[i] in the header */

	char *text;			/* the row's fields, each with its NUL */
	size_t len, size;
	size_t start[COLUMNS_MAX];	/* of each field in text */
	size_t nr;			/* fields of this row */
};

static void broken(struct reader *r, const char *what)
{
	if (!r->ret)
		snprintf(r->err, OPT_ERR_MAX, "%.300s:%zu: %s", r->path, r->line + 1, what);
	r->ret = -EINVAL;
}

static void on_field(void *data, size_t len, void *user)
{
	struct reader *r = user;

	if (r->ret)
		return;
	if (r->nr == COLUMNS_MAX) {
		broken(r, "too many columns");
		return;
	}
	if (r->len + len + 1 > r->size) {
		size_t size = 2 * (r->len + len + 1);
		char *grown = realloc(r->text, size);

		if (!grown) {
			r->ret = -ENOMEM;
			return;
		}
		r->text = grown;
		r->size = size;
	}
	r->start[r->nr++] = r->len;
	memcpy(r->text + r->len, data, len);
	r->len += len;
	r->text[r->len++] = '\0';
}

static void take_header(struct reader *r)
{
	char what[128];
	size_t at;

	r->columns = r->nr;
	for (size_t i = 0; r->wanted[i]; i++) {
		for (at = 0; at < r->nr; at++)
			if (!strcmp(r->text + r->start[at], r->wanted[i]))
				break;
		if (at == r->nr) {
			snprintf(what, sizeof(what), "no column '%.64s'", r->wanted[i]);
			broken(r, what);
			return;
		}
		r->place[i] = at;
	}
}

static void on_row(int end, void *user)
{
	struct reader *r = user;
	const char *field[COLUMNS_MAX], *wrong;

	if (r->ret)
		return;
	if (r->line == 0) {
		take_header(r);
	} else if (r->nr != r->columns) {
		broken(r, "another number of fields than in the header");
	} else if (end < 0) {
		broken(r, "the file ends within this row");
	} else {
		for (size_t i = 0; r->wanted[i]; i++)
			field[i] = r->text + r->start[r->place[i]];
		wrong = r->row(r->user, field);
		if (wrong)
			broken(r, wrong);
	}
	r->line++;
	r->nr = 0;
	r->len = 0;
}

int csv_read(const char *path, const char *const *wanted,
	     const char *(*row)(void *user, const char *const *field), void *user, char *err)
{
	struct reader r = { .path = path, .wanted = wanted, .row = row, .user = user, .err = err };
	struct csv_parser parser;
	char buf[65536];
	size_t n;
	FILE *f = fopen(path, "re");

	if (!f || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL)) {
		r.ret = f ? -ENOMEM : -errno;
		snprintf(err, OPT_ERR_MAX, "%.300s: cannot open: %s", path, strerror(-r.ret));
		if (f)
			fclose(f);
		return r.ret;
	}
	while (!r.ret && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		if (csv_parse(&parser, buf, n, on_field, on_row, &r) != n)
			broken(&r, csv_strerror(csv_error(&parser)));
	if (!r.ret && (ferror(f) || csv_fini(&parser, on_field, on_row, &r)))
		broken(&r, ferror(f) ? "cannot be read" : "ends within a quoted field");
	if (!r.ret && r.line == 0)
		broken(&r, "no header row");
	csv_free(&parser);
	fclose(f);
	free(r.text);
	if (r.ret == -ENOMEM)
		snprintf(err, OPT_ERR_MAX, "%.300s: out of memory", path);
	return r.ret;
}
