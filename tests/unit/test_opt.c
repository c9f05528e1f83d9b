// SPDX-License-Identifier: GPL-2.0-only
/* Option tables, and the cell description that is made of them. */
#include <errno.h>

#include "common/cell.h"
#include "fixture.h"

struct target {
	int64_t number;
	char text[OPT_STR_MAX];
};

static const char *const choices[] = { "red", "green", NULL };

#define NUMBER	OPT_I64(struct target, number)

static const struct {
	struct opt_desc desc;
	const char *text;
	int64_t value;		/* -1: refused */
	const char *back;	/* canonical text, or what the message holds */
} values[] = {
	{ { "n", OPT_INT, NUMBER, 0, 0, NULL, NULL, "" }, "12", 12, "12" },
	{ { "n", OPT_INT, NUMBER, 0, 0, NULL, NULL, "" }, "007", 7, "7" },
	{ { "n", OPT_INT, NUMBER, 0, 0, NULL, NULL, "" }, "", -1, "found '', allowed: a number" },
	{ { "n", OPT_INT, NUMBER, 0, 0, NULL, NULL, "" }, "-1", -1, "found '-1'" },
	{ { "n", OPT_INT, NUMBER, 0, 0, NULL, NULL, "" }, " 1", -1, "found ' 1'" },
	{ { "n", OPT_INT, NUMBER, 0, 0, NULL, NULL, "" }, "1 ", -1, "found '1 '" },
	{ { "n", OPT_INT, NUMBER, 0, 0, NULL, NULL, "" }, "0x10", -1, "found '0x10'" },
	{ { "n", OPT_INT, NUMBER, 0, 0, NULL, NULL, "" }, "9223372036854775808", -1, "found" },
	{ { "n", OPT_INT, NUMBER, 2, 5, NULL, NULL, "" }, "6", -1, "found '6', allowed: 2 to 5" },
	{ { "n", OPT_SIZE, NUMBER, 0, 0, NULL, NULL, "" }, "1024M", 1LL << 30, "1G" },
	{ { "n", OPT_SIZE, NUMBER, 0, 0, NULL, NULL, "" }, "1536M", 3LL << 29, "1536M" },
	{ { "n", OPT_SIZE, NUMBER, 0, 0, NULL, NULL, "" }, "0K", 0, "0K" },
	{ { "n", OPT_SIZE, NUMBER, 0, 0, NULL, NULL, "" }, "12", -1, "a number with K, M or G" },
	{ { "n", OPT_SIZE, NUMBER, 0, 0, NULL, NULL, "" }, "9999999999999G", -1, "found" },
	{ { "n", OPT_TIME, NUMBER, 0, 0, NULL, NULL, "" }, "1500ms", 1500000000, "1500ms" },
	{ { "n", OPT_TIME, NUMBER, 0, 0, NULL, NULL, "" }, "2000ms", 2000000000, "2s" },
	{ { "n", OPT_TIME, NUMBER, 0, 0, NULL, NULL, "" }, "7ns", 7, "7ns" },
	{ { "n", OPT_TIME, NUMBER, 1000000, 2000000000, NULL, NULL, "" }, "3s", -1,
	  "allowed: 1ms to 2s" },
	{ { "n", OPT_PERCENT, NUMBER, 1, 100, NULL, NULL, "" }, "25%", 25, "25%" },
	{ { "n", OPT_PERCENT, NUMBER, 1, 100, NULL, NULL, "" }, "25", -1, "allowed: 1% to 100%" },
	{ { "n", OPT_BOOL, NUMBER, 0, 0, NULL, NULL, "" }, "on", 1, "on" },
	{ { "n", OPT_BOOL, NUMBER, 0, 0, NULL, NULL, "" }, "yes", -1, "allowed: off, on" },
	{ { "n", OPT_ENUM, NUMBER, 0, 0, choices, NULL, "" }, "green", 1, "green" },
	{ { "n", OPT_ENUM, NUMBER, 0, 0, choices, NULL, "" }, "blue", -1, "allowed: red, green" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "all", 3, "all" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "none", 0, "none" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, " green ,red", 3, "all" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "green", 2, "green" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "-green", 1, "red" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "-green,-red", 0, "none" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "green,-green", 0, "none" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "-green, green", 3, "all" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "", -1, "found '', allowed: all" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "red,", -1, "found ''" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "-", -1, "found '-'" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "red,none", -1, "found 'none'" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, NULL, "" }, "red, blue", -1,
	  "found 'blue', allowed: all, none, or of these, with - before those to leave out: red," },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, "all,-red", "" }, "-green", 0, "none" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, "all,-red", "" }, "all,-green", 1, "red" },
	{ { "n", OPT_SET, NUMBER, 0, 0, choices, "red", "" }, "-green", 1, "red" },
};

static void test_values(void **state)
{
	char err[OPT_ERR_MAX], back[OPT_STR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct target t = { .number = -7 };
		int ret = opt_set(&values[i].desc, &t, values[i].text, err);

		if (values[i].value < 0) {
			assert_int_equal(ret, -EINVAL);
			assert_int_equal(t.number, -7);
			if (!strstr(err, values[i].back))
				fail_msg("'%s' gave: %s", values[i].text, err);
			continue;
		}
		assert_int_equal(ret, 0);
		assert_int_equal(t.number, values[i].value);
		opt_format(&values[i].desc, &t, back, sizeof(back));
		assert_string_equal(back, values[i].back);
	}
}

static void test_text(void **state)
{
	static const struct opt_desc d = { "s", OPT_STR, OPT_TEXT(struct target, text), 0, 0, NULL,
					   NULL, "" };
	char err[OPT_ERR_MAX], text[OPT_STR_MAX + 1];
	struct target t = { .text = "" };

	(void)state;
	assert_int_equal(opt_set(&d, &t, "a b", err), 0);
	assert_string_equal(t.text, "a b");
	assert_int_equal(opt_set(&d, &t, "a\nb", err), -EINVAL);
	memset(text, 'x', sizeof(text));
	text[OPT_STR_MAX] = '\0';
	assert_int_equal(opt_set(&d, &t, text, err), -EINVAL);
	text[OPT_STR_MAX - 1] = '\0';
	assert_int_equal(opt_set(&d, &t, text, err), 0);
}

/* Every table of the lab: defaults parse, and what is printed reads back to itself. */
static void test_tables(void **state)
{
	char err[OPT_ERR_MAX], text[OPT_STR_MAX], again[OPT_STR_MAX];
	union workload_params p;

	(void)state;
	for (int type = 0; type < WORKLOADS; type++) {
		const struct opt_desc *d = workload_types[type].params;

		memset(&p, 0, sizeof(p));
		opt_defaults(d, &p);
		for (; d->name; d++) {
			if (!d->def)
				continue;
			opt_format(d, &p, text, sizeof(text));
			assert_int_equal(opt_set(d, &p, text, err), 0);
			opt_format(d, &p, again, sizeof(again));
			assert_string_equal(text, again);
		}
	}
}

static const struct {
	const char *text, *message;
} bad_cells[] = {
	{ "", "id, type or memory is missing" },
	{ "[cell]\nid = x\n", "id, type or memory is missing" },
	{ "[cell]\nid = x\nbogus = 1\n", "cell description:3: unknown key 'bogus' in [cell]" },
	{ "[cell]\ntype = touch\nmemory = 1\n", "cell description:3: found '1'" },
	{ "[params]\npages = 5%\n", "cell description:2: unknown key 'pages' in [params]" },
	{ "[cell]\ntype = boot\n[params]\npages = 5%\n", ":4: unknown key 'pages'" },
	{ "[cell]\nwhat\n", "cell description:2: not a 'key = value' line" },
};

static void test_bad_cells(void **state)
{
	char err[OPT_ERR_MAX];
	struct cell c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_cells); i++) {
		assert_int_equal(cell_parse(&c, bad_cells[i].text, err), -EINVAL);
		if (!strstr(err, bad_cells[i].message))
			fail_msg("'%s' gave: %s", bad_cells[i].text, err);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_bad_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
