// SPDX-License-Identifier: GPL-2.0-only
#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/opt.h"
#include "csvfile.h"

static int path_error(char *err, const char *path, const char *what, int error)
{
	snprintf(err, OPT_ERR_MAX, "%.300s: %s: %s", path, what, strerror(error));
	return -error;
}

int outfile_open(struct outfile *o, const char *dir, const char *name, char *err)
{
	int n = snprintf(o->path, sizeof(o->path), "%s/%s", dir, name);
	int t = snprintf(o->temp, sizeof(o->temp), "%s/.%s.tmp", dir, name);

	o->f = NULL;
	o->row_started = false;
	if (n >= (int)sizeof(o->path) || t >= (int)sizeof(o->temp))
		return path_error(err, dir, "cannot create a file", ENAMETOOLONG);
	o->f = fopen(o->temp, "we");
	if (!o->f)
		return path_error(err, o->path, "cannot create", errno);
	return 0;
}

int outfile_close(struct outfile *o, char *err)
{
	bool failed = fflush(o->f) || ferror(o->f);
	int error = failed ? (errno ? errno : EIO) : 0;

	if (fclose(o->f) && !error)
		error = errno;
	o->f = NULL;
	if (!error && rename(o->temp, o->path))
		error = errno;
	if (!error)
		return 0;
	unlink(o->temp);
	return path_error(err, o->path, "cannot write", error);
}

void outfile_abort(struct outfile *o)
{
	if (!o->f)
		return;
	fclose(o->f);
	o->f = NULL;
	unlink(o->temp);
}

static void next_field(struct outfile *o)
{
	if (o->row_started)
		putc_unlocked(',', o->f);
	o->row_started = true;
}

static void put(struct outfile *o, const char *text, size_t len)
{
	next_field(o);
	fwrite_unlocked(text, 1, len, o->f);
}

void csv_text(struct outfile *o, const char *text)
{
	size_t len = strlen(text);

	if (!strpbrk(text, ",\"\r\n") && text[0] != ' ' && (!len || text[len - 1] != ' ')) {
		put(o, text, len);
		return;
	}
	next_field(o);
	csv_fwrite(o->f, text, len);
}

void csv_u64(struct outfile *o, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = '0' + v % 10;
		v /= 10;
	} while (v);
	put(o, digits + n, sizeof(digits) - n);
}

void csv_i64(struct outfile *o, int64_t v)
{
	char text[CSV_NUMBER_MAX];

	if (v >= 0)
		csv_u64(o, v);
	else
		put(o, text, snprintf(text, sizeof(text), "%lld", (long long)v));
}

void csv_hex(struct outfile *o, uint64_t v)
{
	char digits[18];
	size_t n = sizeof(digits);

	do {
		digits[--n] = "0123456789abcdef"[v % 16];
		v /= 16;
	} while (v);
	digits[--n] = 'x';
	digits[--n] = '0';
	put(o, digits + n, sizeof(digits) - n);
}

void csv_number(struct outfile *o, double v)
{
	char text[CSV_NUMBER_MAX];

	csv_format_number(v, text);
	put(o, text, strlen(text));
}

void csv_empty(struct outfile *o)
{
	next_field(o);
}

void csv_end_row(struct outfile *o)
{
	fwrite_unlocked("\r\n", 1, 2, o->f);
	o->row_started = false;
}

void csv_header(struct outfile *o, const char *const *names)
{
	for (; *names; names++)
		csv_text(o, *names);
	csv_end_row(o);
}

bool csv_is_integer(double v)
{
	return fabs(v) <= CSV_INTEGER_MAX && v == floor(v);
}

char *csv_format_number(double v, char *buf)
{
	if (csv_is_integer(v)) {
		snprintf(buf, CSV_NUMBER_MAX, "%lld", (long long)v);
		return buf;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, CSV_NUMBER_MAX, "%.*g", digits, v);
		if (strtod(buf, NULL) == v)
			break;
	}
	return buf;
}
