// SPDX-License-Identifier: GPL-2.0-only
/* report.ktap: each status, odd reasons, incomplete runs; read back by another parser. */
#include <errno.h>

#include "rundir.h"

#define PARSER	"tests/lib/ktap.awk"

static void put_status(struct fixture *f, const char *id, const char *status, const char *reason,
		       int repeat)
{
	const struct cell_row c = {
		.id = id, .kernel = "v6.12", .strategy = "upfront", .workload = "w",
		.type = "touch", .params = "", .status = status, .reason = reason, .metrics = "",
		.memory_mib = 64, .repeat = repeat,
	};

	put_cell(f, &c);
}

/* "planned seen passed expected skipped failed", or what the parser has to say. */
static void assert_parsed(struct fixture *f, const char *want)
{
	char *path = xasprintf("%s/report.ktap", f->run), out[512], err[OPT_ERR_MAX];
	const char *const argv[] = { "awk", "-f", PARSER, path, NULL };

	assert_int_equal(result_tables(f->run, f->err), 0);
	command_run(argv, out, sizeof(out), err);
	out[strcspn(out, "\n")] = '\0';
	assert_string_equal(out, want);
	free(path);
}

static void test_statuses(void **state)
{
	struct fixture *f = *state;
	char *text;

	put_status(f, "a", "pass", "", 1);
	put_status(f, "b", "xfail", "867 of 1024 pages corrupt after compact", 1);
	put_status(f, "c", "skip", "no SEV here", 1);
	put_status(f, "d", "corrupt", "1 of 2 pages", 1);
	put_status(f, "e", "guest-hang", "no end within 5000 ms", 1);
	put_status(f, "f", "error", "no /dev/kvm", 1);
	put_status(f, "g", "splat", "", 1);
	put_status(f, "h", "of-a-later-version", "", 1);
	assert_parsed(f, "8 8 1 1 1 5");
	text = get(f, "report.ktap");
	assert_string_equal(text, "KTAP version 1\n1..8\n"
			    "ok 1 a\n"
			    "ok 2 b # XFAIL 867 of 1024 pages corrupt after compact\n"
			    "ok 3 c # SKIP no SEV here\n"
			    "not ok 4 d # corrupt: 1 of 2 pages\n"
			    "not ok 5 e # TIMEOUT guest-hang: no end within 5000 ms\n"
			    "not ok 6 f # ERROR error: no /dev/kvm\n"
			    "not ok 7 g # splat\n"
			    "not ok 8 h # of-a-later-version\n");
	free(text);
}

/* What comes from a guest must not be taken for a line or a directive. */
static void test_odd_reasons(void **state)
{
	struct fixture *f = *state;
	char *text;

	put_status(f, "a", "fail", "one\\nok 2 b\\ttwo \\u001b[31m # SKIP it", 1);
	put_status(f, "b", "fail", "SKIP me", 1);
	assert_parsed(f, "2 2 0 0 0 2");
	text = get(f, "report.ktap");
	assert_non_null(strstr(text, "not ok 1 a # fail: one ok 2 b two  [31m # SKIP it\n"));
	assert_non_null(strstr(text, "not ok 2 b # fail: SKIP me\n"));
	free(text);
}

static void test_incomplete(void **state)
{
	struct fixture *f = *state;
	char *text;

	assert_parsed(f, "0 0 0 0 0 0");
	put(f, "run.json", "{\"cells\":{\"total\":4},\"plan\":{\"repeats\":2}}");
	put_status(f, "a", "pass", "", 1);
	assert_parsed(f, "4 1 1 0 0 0");
	put_status(f, "a", "timeout", "x", 2);
	assert_parsed(f, "4 2 1 0 0 1");
	text = get(f, "report.ktap");
	assert_non_null(strstr(text, "\nok 1 a/1\nnot ok 2 a/2 # TIMEOUT timeout: x\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_statuses),
		TEST(test_odd_reasons),
		TEST(test_incomplete),
	};

	return cmocka_run_group_tests_name("ktap", tests, NULL, NULL);
}
