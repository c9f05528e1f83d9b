// SPDX-License-Identifier: GPL-2.0-only
/* compare/: verdicts by the wall clock, which take a test. */
#include "compareruns.h"

#include <math.h>

static const double base[] = { 100, 101, 102, 103, 104, 105, 106, 107, 108, 109 };
static const double slow[] = { 120, 121, 122, 123, 124, 125, 126, 127, 128, 129 };
static const double little[] = { 100.2, 101.2, 102.2, 103.2, 104.2, 105.2, 106.2, 107.2,
				 108.2, 109.2 };
static const double tight[] = { 100, 100.1, 100.2, 100.3, 100, 100.1, 100.2, 100.3, 100,
				100.1 };
static const double tight2[] = { 100.6, 100.7, 100.8, 100.9, 100.6, 100.7, 100.8, 100.9,
				 100.6, 100.7 };
/* Its median is 1 % above that of even, and may be 7 % above. */
static const double even[] = { 100, 100.1, 100.2, 100.3, 100.4, 100.5, 100.6, 100.7, 100.8,
			       100.9 };
static const double tail[] = { 101, 101.1, 101.2, 101.3, 101.4, 101.5, 108, 109, 110, 111 };
static const double pins[] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 };
static const double none[10];

static void test_wall_clock(void **state)
{
	static const struct {
		const double *old, *new, *pins;
		int repeats;
		enum change change;
		const char *why;	/* NULL: nothing to say */
		int exit;
	} cases[] = {
		{ base, slow, pins, 10, CHANGE_WORSE, NULL, 1 },
		{ slow, base, pins, 10, CHANGE_BETTER, NULL, 0 },
		{ base, base, pins, 10, CHANGE_CANNOT_TELL, "take more repeats", EXIT_CANNOT_TELL },
		{ base, little, pins, 10, CHANGE_CANNOT_TELL, "take more", EXIT_CANNOT_TELL },
		{ tight, tight, none, 10, CHANGE_SAME, NULL, 0 },
		{ tight, tight2, pins, 10, CHANGE_SAME, "less than the least effect", 0 },
		{ even, tail, pins, 10, CHANGE_CANNOT_TELL, " %: take more repeats",
		  EXIT_CANNOT_TELL },
		{ base, slow, pins, 3, CHANGE_CANNOT_TELL,
		  "3 and 3 repeats: p cannot get below 0.1; alpha is 0.05", EXIT_CANNOT_TELL },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct compare_row *r;
		struct compare c;

		dir_remove(w->old.run);
		dir_remove(w->new.run);
		assert_int_equal(dir_make(w->old.run, w->old.err), 0);
		assert_int_equal(dir_make(w->new.run, w->new.err), 0);
		put_wall(&w->old, cases[i].old, cases[i].pins, cases[i].repeats);
		put_wall(&w->new, cases[i].new, cases[i].pins, cases[i].repeats);
		c = made(w, NULL);
		r = row(&c, 0, "npf_first_p50_ns");
		if (r->change != cases[i].change || compare_exit_status(&c) != cases[i].exit)
			fail_msg("case %zu: %s (%s), exit status %d", i, change_names[r->change],
				 r->why, compare_exit_status(&c));
		if (!cases[i].why)
			assert_null(r->why);
		else if (!r->why || !strstr(r->why, cases[i].why))
			fail_msg("case %zu: '%s' does not say '%s'", i, r->why, cases[i].why);
		compare_free(&c);
	}
}

/* Holm: of two metrics that judge, each must be twice as sure, unless one is a constant. */
static void test_wall_family(void **state)
{
	static const double old[] = { 100, 101, 102, 103 }, new[] = { 120, 121, 122, 123 };
	static const double pins[] = { 7, 7, 7, 7 }, other[] = { 7, 8, 7, 8 };
	struct compare_request alone = { .thresholds = "judge=npf_first_p50_ns" };
	struct world *w = *state;
	struct compare c;

	put_wall(&w->old, old, pins, 4);
	put_wall(&w->new, new, other, 4);
	c = made(w, &alone);
	assert_float_equal(row(&c, 0, "npf_first_p50_ns")->p_holm, 2.0 / 70, 1e-12);
	assert_int_equal(c.verdict, CHANGE_WORSE);
	assert_string_equal(compare_delta_unit(&c, row(&c, 0, "npf_first_p50_ns")), "ns");
	compare_free(&c);
	c = made(w, NULL);
	assert_float_equal(row(&c, 0, "npf_first_p50_ns")->p_holm, 4.0 / 70, 1e-12);
	assert_int_equal(c.verdict, CHANGE_CANNOT_TELL);
	compare_free(&c);
	put_wall(&w->new, new, pins, 4);
	c = made(w, NULL);
	assert_float_equal(row(&c, 0, "npf_first_p50_ns")->p_holm, 2.0 / 70, 1e-12);
	assert_true(isnan(row(&c, 0, "pinned_workload_pages")->p));
	assert_int_equal(row(&c, 0, "pinned_workload_pages")->change, CHANGE_SAME);
	assert_int_equal(c.verdict, CHANGE_WORSE);
	compare_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(test_wall_clock),
		WORLD(test_wall_family),
	};

	return cmocka_run_group_tests_name("compare_wall", tests, NULL, NULL);
}
