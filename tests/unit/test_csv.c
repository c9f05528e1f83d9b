// SPDX-License-Identifier: GPL-2.0-only
/* CSV out and in, and output files that are whole or not there. */
#include <errno.h>
#include <float.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/opt.h"
#include "csvfile.h"
#include "csvread.h"

struct fixture {
	char dir[64];
	char path[PATH_MAX];	/* of t.csv in it */
	char err[OPT_ERR_MAX];
	char seen[1024];	/* by the reader */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/pinlab-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/t.csv", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	assert_int_equal(rmdir(f->dir), 0);	/* nothing else was left behind */
	free(f);
	return 0;
}

static void put(const struct fixture *f, const char *text)
{
	FILE *out = fopen(f->path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void assert_text(const struct fixture *f, const char *want)
{
	FILE *in = fopen(f->path, "r");
	char have[1024] = "";

	assert_non_null(in);
	assert_true(fread(have, 1, sizeof(have) - 1, in) < sizeof(have) - 1);
	fclose(in);
	assert_string_equal(have, want);
}

static void test_fields(void **state)
{
	struct fixture *f = *state;
	struct outfile o;

	assert_int_equal(outfile_open(&o, f->dir, "t.csv", f->err), 0);
	csv_text(&o, "plain text");
	csv_text(&o, "a,b");
	csv_text(&o, "say \"no\"");
	csv_text(&o, "two\nlines");
	csv_text(&o, " space");
	csv_text(&o, "");
	csv_end_row(&o);
	csv_i64(&o, INT64_MIN);
	csv_i64(&o, 0);
	csv_u64(&o, UINT64_MAX);
	csv_hex(&o, 0);
	csv_hex(&o, UINT64_MAX);
	csv_empty(&o);
	csv_end_row(&o);
	assert_int_equal(outfile_close(&o, f->err), 0);
	assert_text(f, "plain text,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",\" space\",\r\n"
		    "-9223372036854775808,0,18446744073709551615,0x0,0xffffffffffffffff,\r\n");
}

static void test_numbers(void **state)
{
	static const struct { double v; const char *text; } rows[] = {
		{ 0, "0" }, { -0.0, "0" }, { 1, "1" }, { -3, "-3" }, { 0.5, "0.5" },
		{ 0.1, "0.1" }, { 1.0 / 3, "0.3333333333333333" }, { 1e15, "1000000000000000" },
		{ 9007199254740992.0, "9007199254740992" }, { 1e17, "1e+17" }, { 1e-7, "1e-07" },
		{ 0.1 + 0.2, "0.30000000000000004" },
	};
	char text[CSV_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		csv_format_number(rows[i].v, text);
		assert_string_equal(text, rows[i].text);
		assert_true(strtod(text, NULL) == rows[i].v);
	}
	csv_format_number(-DBL_MAX, text);
	assert_true(strtod(text, NULL) == -DBL_MAX);
}

static const char *on_row(void *user, const char *const *field)
{
	struct fixture *f = user;
	size_t n = strlen(f->seen);

	snprintf(f->seen + n, sizeof(f->seen) - n, "[%s|%s]", field[0], field[1]);
	return strcmp(field[0], "bad") ? NULL : "c: found 'bad'";
}

static int read_back(struct fixture *f)
{
	static const char *const wanted[] = { "c", "a", NULL };

	f->seen[0] = '\0';
	return csv_read(f->path, wanted, on_row, f, f->err);
}

static void test_read_by_name(void **state)
{
	struct fixture *f = *state;

	put(f, "a,b,c\r\n1,2,3\r\n,,\r\n\"x,\"\"y\"\"\",b,\"l1\nl2\"\r\n");
	assert_int_equal(read_back(f), 0);
	assert_string_equal(f->seen, "[3|1][|][l1\nl2|x,\"y\"]");
	put(f, "a,b,c\n1,2,3\n");	/* plain line feeds: read as well */
	assert_int_equal(read_back(f), 0);
	assert_string_equal(f->seen, "[3|1]");
	put(f, "c,a\r\n");
	assert_int_equal(read_back(f), 0);
	assert_string_equal(f->seen, "");
}

static void test_read_bad(void **state)
{
	static const struct { const char *text, *what; } rows[] = {
		{ "", "t.csv:1: no header row" },
		{ "a,b\r\n1,2\r\n", "t.csv:1: no column 'c'" },
		{ "a,c\r\n1,2\r\n1,2,3\r\n", "t.csv:3: another number of fields" },
		{ "a,c\r\n1,2\r\n1\r\n", "t.csv:3: another number of fields" },
		{ "a,c\r\n1,\"2\r\n", "t.csv:2: ends within a quoted field" },
		{ "a,c\r\n1,2\"3\r\n", "t.csv:2: " },
		{ "a,c\r\n1,2\r\n3,4", "t.csv:3: the file ends within this row" },
		{ "a,c\r\n1,2\r\n3,bad\r\n", "t.csv:3: c: found 'bad'" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(f, rows[i].text);
		assert_int_equal(read_back(f), -EINVAL);
		if (!strstr(f->err, rows[i].what))
			fail_msg("row %zu: %s", i, f->err);
	}
	unlink(f->path);
	assert_int_equal(read_back(f), -ENOENT);
	assert_non_null(strstr(f->err, "t.csv: cannot open: No such file"));
}

static void test_old_file_stays(void **state)
{
	static const struct rlimit small = { 10, RLIM_INFINITY };
	static const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct fixture *f = *state;
	struct outfile o;
	int ret;

	put(f, "old");
	assert_int_equal(outfile_open(&o, f->dir, "t.csv", f->err), 0);
	csv_text(&o, "new");
	outfile_abort(&o);
	outfile_abort(&o);
	assert_text(f, "old");

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(outfile_open(&o, f->dir, "t.csv", f->err), 0);
	csv_text(&o, "longer than what fits");
	setrlimit(RLIMIT_FSIZE, &small);
	ret = outfile_close(&o, f->err);
	setrlimit(RLIMIT_FSIZE, &all);
	assert_int_equal(ret, -EFBIG);
	assert_non_null(strstr(f->err, "t.csv: cannot write: File too large"));
	assert_text(f, "old");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fields),
		cmocka_unit_test(test_numbers),
		TEST(test_read_by_name),
		TEST(test_read_bad),
		TEST(test_old_file_stays),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
