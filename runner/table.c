// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define TABLE_SCHEMA	1
#define COLUMNS_MAX	16

static void set_kind(struct table *t, char kind)
{
	t->kinds = xrealloc(t->kinds, t->cells.nr, 1);
	t->kinds[t->cells.nr - 1] = kind;
}

void table_text(struct table *t, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	strv_add(&t->cells, "%s", s);
	free(s);
	set_kind(t, 's');
}

void table_number(struct table *t, int decimals, double v)
{
	strv_add(&t->cells, "%.*f", decimals, v);
	set_kind(t, 'n');
}

void table_missing(struct table *t)
{
	strv_add(&t->cells, "?");
	set_kind(t, '-');
}

static size_t count_columns(const struct table *t)
{
	size_t n = 0;

	while (t->columns[n])
		n++;
	return n;
}

static void print_cell(FILE *f, const char *text, int width, bool number, bool last)
{
	if (number)
		fprintf(f, "%*s%s", width, text, last ? "\n" : "  ");
	else if (last)
		fprintf(f, "%s\n", text);
	else
		fprintf(f, "%-*s  ", width, text);
}

void table_print(const struct table *t, FILE *f)
{
	size_t n = count_columns(t), widths[COLUMNS_MAX];
	bool numbers[COLUMNS_MAX];

	for (size_t i = 0; i < n; i++) {
		widths[i] = strlen(t->columns[i]);
		numbers[i] = false;
	}
	for (size_t i = 0; i < t->cells.nr; i++) {
		size_t len = strlen(t->cells.v[i]);

		widths[i % n] = len > widths[i % n] ? len : widths[i % n];
		numbers[i % n] |= t->kinds[i] == 'n';
	}
	for (size_t i = 0; i < n; i++)
		print_cell(f, t->columns[i], widths[i], numbers[i], i == n - 1);
	for (size_t i = 0; i < t->cells.nr; i++)
		print_cell(f, t->cells.v[i], widths[i % n], numbers[i % n], i % n == n - 1);
}

void table_print_json(const struct table *t, const char *name, FILE *f)
{
	json_t *rows = json_array(), *row = NULL, *all;
	size_t n = count_columns(t);

	for (size_t i = 0; i < t->cells.nr; i++) {
		const char *text = t->cells.v[i];
		json_t *value;

		if (i % n == 0)
			json_array_append_new(rows, row = json_object());
		value = t->kinds[i] == '-' ? json_null() : t->kinds[i] == 's' ? json_string(text) :
			strchr(text, '.') ? json_real(strtod(text, NULL)) :
			json_integer(strtoll(text, NULL, 10));
		json_object_set_new(row, t->columns[i % n], value);
	}
	all = json_pack("{s:i, s:o}", "schema", TABLE_SCHEMA, name, rows);
	json_dumpf(all, f, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	fputc('\n', f);
	json_decref(all);
}

void table_free(struct table *t)
{
	strv_free(&t->cells);
	free(t->kinds);
	t->kinds = NULL;
}
