// SPDX-License-Identifier: GPL-2.0-only
/* compare/: which cells are partners, what differs, and who is worse, on runs made by hand. */
#include "compareruns.h"

static void test_verdicts(void **state)
{
	static const struct {
		const char *old, *new;
		enum change change, verdict;
		int exit;
	} cases[] = {
		{ NPF("5558"), NPF("5558"), CHANGE_SAME, CHANGE_SAME, 0 },
		{ NPF("5558"), NPF("5559"), CHANGE_WORSE, CHANGE_WORSE, 1 },
		{ NPF("5558"), NPF("5557"), CHANGE_BETTER, CHANGE_BETTER, 0 },
		{ NPF("5558") "," PINS("9"), NPF("5000") "," PINS("10"), CHANGE_BETTER,
		  CHANGE_WORSE, 1 },
		{ NPF("0"), NPF("1"), CHANGE_WORSE, CHANGE_WORSE, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compare c;

		put_side(&((struct world *)*state)->old, cases[i].old);
		put_side(&((struct world *)*state)->new, cases[i].new);
		c = made(*state, NULL);
		assert_int_equal(c.nr_pairs, 1);
		assert_int_equal(row(&c, 0, "npf_first_p50_ns")->change, cases[i].change);
		assert_int_equal(c.verdict, cases[i].verdict);
		assert_int_equal(compare_exit_status(&c), cases[i].exit);
		compare_free(&c);
	}
}

static void test_one_instruction(void **state)
{
	const struct compare_row *r;
	struct world *w = *state;
	struct compare c;

	put_side(&w->old, NPF("5558"));
	put_side(&w->new, NPF("5559"));
	c = made(w, NULL);
	r = row(&c, 0, "npf_first_p50_ns");
	assert_true(r->delta == 1);
	assert_string_equal(compare_delta_unit(&c, r), "instructions/fault");
	assert_true(r->judges);
	compare_free(&c);
}

static void test_direction_none(void **state)
{
	struct compare_request all = { .thresholds = "judge=npf_*" };
	struct world *w = *state;
	struct compare c;

	put_side(&w->old, METRIC("npf_exits", "count", "1"));
	put_side(&w->new, METRIC("npf_exits", "count", "2"));
	c = made(w, NULL);
	assert_int_equal(row(&c, 0, "npf_exits")->change, CHANGE_CHANGED);
	assert_false(row(&c, 0, "npf_exits")->judges);
	assert_int_equal(compare_exit_status(&c), 0);
	compare_free(&c);
	c = made(w, &all);
	assert_false(row(&c, 0, "npf_exits")->judges);
	assert_int_equal(compare_count(&c, CHANGE_CHANGED, true), 0);
	assert_int_equal(compare_count(&c, CHANGE_CHANGED, false), 1);
	compare_free(&c);
}

static void test_missing_is_not_zero(void **state)
{
	struct world *w = *state;
	struct compare c;

	put_side(&w->old, NPF("5558"));
	put_side(&w->new, NPF("5558") "," PINS("0"));
	c = made(w, NULL);
	assert_true(row(&c, 0, "pinned_workload_pages")->missing[SIDE_OLD]);
	assert_false(row(&c, 0, "pinned_workload_pages")->missing[SIDE_NEW]);
	assert_int_equal(row(&c, 0, "pinned_workload_pages")->change, CHANGE_CANNOT_TELL);
	assert_int_equal(compare_exit_status(&c), 0);
	compare_free(&c);
}

/* What judges and went away is no proof that all is well; what judges nothing may go. */
static void test_metric_gone(void **state)
{
	static const struct {
		const char *old, *new, *status, *metric;
		bool judges;
		int exit;
	} cases[] = {
		{ NPF("1") "," PINS("9"), NPF("1"), "pass", "pinned_workload_pages", true,
		  EXIT_CANNOT_TELL },
		{ NPF("1") "," PINS("9"), NPF("2"), "pass", "pinned_workload_pages", true, 1 },
		{ NPF("1") "," PINS("9"), NPF("1"), "splat", "pinned_workload_pages", false, 1 },
		{ NPF("1") "," METRIC("modules_ns", "virtual ns", "1"), NPF("1"), "pass",
		  "modules_ns", false, 0 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compare c;

		put_side(&w->old, cases[i].old);
		put_side(&w->new, cases[i].new);
		put_kernel_cell(&w->new, "k", "upfront", "t", cases[i].status, cases[i].new);
		c = made(w, NULL);
		assert_int_equal(row(&c, 0, cases[i].metric)->change, CHANGE_CANNOT_TELL);
		assert_int_equal(row(&c, 0, cases[i].metric)->judges, cases[i].judges);
		assert_string_equal(row(&c, 0, cases[i].metric)->why, "the new one has no value");
		assert_int_equal(compare_exit_status(&c), cases[i].exit);
		compare_free(&c);
	}
}

/* Of both kinds of faults together a percentile judges only where they are not known apart. */
static void test_both_kinds(void **state)
{
	static const char all[] = METRIC("npf_all_p50_ns", "virtual ns", "1");
	static const char more[] = METRIC("npf_all_p50_ns", "virtual ns", "1080");
	struct compare_request asked = { .thresholds = "judge=npf_*" };
	struct world *w = *state;
	char *both = xasprintf("%s,%s", NPF("5"), more);
	struct compare c;

	put_side(&w->old, all);
	put_side(&w->new, more);
	c = made(w, NULL);
	assert_int_equal(compare_exit_status(&c), 1);
	compare_free(&c);

	put_side(&w->new, both);
	free(both);
	both = xasprintf("%s,%s", NPF("5"), all);
	put_side(&w->old, both);
	c = made(w, NULL);
	assert_int_equal(row(&c, 0, "npf_all_p50_ns")->change, CHANGE_WORSE);
	assert_int_equal(compare_exit_status(&c), 0);
	compare_free(&c);
	c = made(w, &asked);
	assert_int_equal(compare_exit_status(&c), 1);
	compare_free(&c);
	free(both);
}

static void test_status(void **state)
{
	static const struct {
		const char *old, *new;
		int exit;
	} cases[] = {
		{ "pass", "pass", 0 }, { "pass", "xfail", 0 }, { "fail", "pass", 0 },
		{ "pass", "splat", 1 }, { "pass", "corrupt", 1 }, { "pass", "host-panic", 1 },
		{ "pass", "skip", EXIT_CANNOT_TELL }, { "pass", "host-exit", EXIT_CANNOT_TELL },
		{ "error", "pass", EXIT_CANNOT_TELL }, { "timeout", "splat", EXIT_CANNOT_TELL },
		{ "fail", "fail", 0 }, { "corrupt", "corrupt", 0 }, { "splat", "pass", 0 },
		{ "fail", "corrupt", 1 }, { "fail", "host-panic", 1 }, { "corrupt", "splat", 1 },
		{ "splat", "corrupt", 1 }, { "corrupt", "fail", EXIT_CANNOT_TELL },
		{ "splat", "fail", EXIT_CANNOT_TELL }, { "splat", "host-panic", EXIT_CANNOT_TELL },
		{ "splat", "splat", EXIT_CANNOT_TELL },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compare c;

		put_side(&w->old, NPF("1"));
		put_side(&w->new, NPF("1"));
		put_kernel_cell(&w->old, "k", "upfront", "t", cases[i].old, NPF("1"));
		put_kernel_cell(&w->new, "k", "upfront", "t", cases[i].new, NPF("1"));
		c = made(w, NULL);
		if (compare_exit_status(&c) != cases[i].exit)
			fail_msg("%s, then %s: %d", cases[i].old, cases[i].new,
				 compare_exit_status(&c));
		compare_free(&c);
	}
}

static void put_repeat(struct fixture *f, int repeat, const char *status, const char *metrics)
{
	struct cell_row r = {
		.id = "k-sev-128M-t", .kernel = "k", .strategy = "upfront", .workload = "t",
		.type = "touch", .params = "\"mmu\":\"tdp\"", .status = status, .reason = "why",
		.metrics = metrics, .memory_mib = 128, .repeat = repeat,
	};

	put_cell(f, &r);
}

/* A repeat that tells nothing hides no failure, and stands for no success. */
static void test_telling_repeats(void **state)
{
	static const struct {
		const char *old[3], *new[3], *why;
		size_t n;
		int exit;
	} cases[] = {
		{ { "pass", "pass", "pass" }, { "host-exit", "host-panic", "pass" },
		  "pass, then host-panic: why", 2, 1 },
		{ { "pass", "skip", "pass" }, { "pass", "pass", "splat" },
		  "skip, then splat: why", 3, 1 },
		{ { "pass", "pass", "pass" }, { "pass", "host-exit", "pass" },
		  "pass, then host-exit: why", 2, EXIT_CANNOT_TELL },
		{ { "pass", "fail", "pass" }, { "pass", "error", "pass" },
		  "fail, then error: why", 2, EXIT_CANNOT_TELL },
		{ { "pass", "pass", "pass" }, { "skip", "skip", "timeout" },
		  "pass, then skip: why", 0, EXIT_CANNOT_TELL },
		{ { "splat", "fail", "pass" }, { "pass", "corrupt", "pass" },
		  "splat, then corrupt: why", 3, 1 },
		{ { "fail", "fail", "pass" }, { "fail", "pass", "pass" },
		  "fail, then fail: why", 3, 0 },
	};
	struct world *w = *state;

	put_side(&w->old, NPF("1"));
	put_side(&w->new, NPF("1"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compare c;

		for (int k = 0; k < 3; k++) {
			put_repeat(&w->old, k + 1, cases[i].old[k], NPF("1"));
			put_repeat(&w->new, k + 1, cases[i].new[k], NPF("1"));
		}
		c = made(w, NULL);
		assert_string_equal(row(&c, 0, "passed")->why, cases[i].why);
		assert_int_equal(row(&c, 0, "passed")->n[SIDE_NEW], cases[i].n);
		assert_int_equal(row(&c, 0, "passed")->missing[SIDE_NEW], !cases[i].n);
		if (compare_exit_status(&c) != cases[i].exit)
			fail_msg("case %zu: %d", i, compare_exit_status(&c));
		compare_free(&c);
	}
}

/* A run that did less than the old one says nothing of the rest. */
static void test_less_than_old(void **state)
{
	struct compare_request filter = { .filter = "*-t" };
	struct world *w = *state;
	struct compare c;

	put_side(&w->old, NPF("1"));
	put_side(&w->new, NPF("1"));
	put_kernel_cell(&w->new, "k", "upfront", "more", "pass", NPF("1"));
	put_repeat(&w->new, 2, "pass", NPF("1"));
	c = made(w, NULL);
	assert_int_equal(compare_exit_status(&c), 0);
	compare_free(&c);

	put_kernel_cell(&w->old, "k", "upfront", "gone", "pass", NPF("1"));
	c = made(w, NULL);
	assert_int_equal(compare_exit_status(&c), EXIT_CANNOT_TELL);
	compare_free(&c);
	c = made(w, &filter);
	assert_int_equal(compare_exit_status(&c), 0);
	compare_free(&c);

	put_repeat(&w->old, 2, "pass", NPF("1"));
	put_repeat(&w->old, 3, "pass", NPF("1"));
	c = made(w, &filter);
	assert_int_equal(row(&c, 0, "passed")->change, CHANGE_CANNOT_TELL);
	assert_string_equal(row(&c, 0, "passed")->why, "new has 2 of 3 repeats");
	assert_int_equal(compare_exit_status(&c), EXIT_CANNOT_TELL);
	compare_free(&c);

	put_repeat(&w->new, 2, "splat", NPF("1"));
	c = made(w, NULL);
	assert_int_equal(compare_exit_status(&c), 1);
	compare_free(&c);
}

static void test_kernels_of_two_runs(void **state)
{
	struct world *w = *state;
	struct compare c;

	put_run(&w->old, "virtual", KERNEL("a", "1"), "");
	put_kernel_cell(&w->old, "a", "upfront", "t", "pass", NPF("10"));
	put_kernel_cell(&w->old, "a", "upfront", "lonely", "pass", NPF("10"));
	put_run(&w->new, "virtual", KERNEL("b", "2"), "");
	put_kernel_cell(&w->new, "b", "spte", "t", "pass", NPF("12"));
	c = made(w, NULL);
	assert_int_equal(c.by.nr, 1);
	assert_string_equal(c.by.v[0], "kernel");
	assert_int_equal(c.nr_pairs, 1);
	assert_string_equal(c.pair[0].label, "sev-128M-t");
	assert_int_equal(c.half[SIDE_OLD].only.nr, 1);
	assert_string_equal(c.half[SIDE_OLD].only.v[0], "a-sev-128M-lonely");
	assert_int_equal(c.nr_meta, 2);
	assert_string_equal(c.meta[0].key, "kernel.name");
	assert_string_equal(c.meta[1].key, "kernel.key");
	assert_string_equal(c.meta[1].value[SIDE_NEW], "2");
	compare_free(&c);
}

static void test_within_a_run(void **state)
{
	static const struct compare_request by[] = {
		{ .by = "kernel=a,b" }, { .by = "kernel=b,a" },
		{ .spec = { "old:kernel=a", "old:kernel=b" } },
		{ .spec = { "old:a-*", "old:b-*" } },
		{ .by = "strategy=upfront,spte" }, { .spec = { "old" }, .by = "kernel=a,b" },
	};
	struct world *w = *state;

	put_run(&w->old, "virtual", KERNEL("a", "1") "," KERNEL("b", "2"), "");
	put_kernel_cell(&w->old, "a", "upfront", "t", "pass", NPF("10"));
	put_kernel_cell(&w->old, "b", "spte", "t", "pass", NPF("12"));
	for (size_t i = 0; i < ARRAY_SIZE(by); i++) {
		struct compare c = made(w, &by[i]);

		assert_int_equal(c.nr_pairs, 1);
		assert_int_equal(compare_exit_status(&c), i == 1 ? 0 : 1);
		compare_free(&c);
	}
}

static void test_thresholds(void **state)
{
	static const struct {
		const char *config, *words;
		int exit;
	} cases[] = {
		{ "", NULL, 1 },
		{ "[compare]\\nmin_effect = 2%\\n", NULL, 0 },
		{ "[compare]\\nmin_effect = 2%\\nnpf_first_* = 0%\\n", NULL, 1 },
		{ "[compare]\\nmin_effect = 2%\\n", "min_effect=0.5%", 1 },
		{ "[compare]\\njudge = startup_ns,\\n  pinned_*\\n", NULL, 0 },
		{ "[compare]\\njudge = startup_ns\\n", "judge=npf_*", 1 },
		{ "", "npf_first_p50_ns=1.1%;alpha=1%", 0 },
	};
	struct world *w = *state;

	put_side(&w->old, NPF("100"));
	put_side(&w->new, NPF("101"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compare_request q = { .thresholds = cases[i].words };
		struct compare c;

		put_run(&w->new, "virtual", KERNEL("k", "1"), cases[i].config);
		c = made(w, &q);
		if (compare_exit_status(&c) != cases[i].exit)
			fail_msg("case %zu: exit status %d", i, compare_exit_status(&c));
		compare_free(&c);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		struct compare_request q;
		const char *why;
	} cases[] = {
		{ { .spec = { "old" } }, "needs --by" },
		{ { .spec = { "old", "gone" } }, "no run 'gone'" },
		{ { .spec = { "old", "wall" } }, "by the wall clock" },
		{ { .spec = { "old", "other" } }, "no cell of 'old' has a partner in 'other'" },
		{ { .spec = { "old:kernel=x", "old" } },
		  "'old:kernel=x' has no cell that matches" },
		{ { .spec = { "old:colour=red", "old" } },
		  "no cell has an axis 'colour'; there are: kernel, guest, strategy, memory, "
		  "workload, mmu" },
		{ { .spec = { "old", "old" }, .by = "colour" }, "no cell has an axis 'colour'" },
		{ { .spec = { "old" }, .by = "kernel=k" }, "say which two" },
		{ { .spec = { "old", "old" }, .thresholds = "alpha=9" },
		  "alpha: found '9', allowed: 0% to 50%" },
		{ { .spec = { "old", "old" }, .thresholds = "npf_frist_p50_ns=1%" },
		  "did you mean 'npf_first_p50_ns'?" },
		{ { .spec = { "old", "old" }, .thresholds = "alpha" }, "found 'alpha'" },
		{ { .spec = { "old", "old" }, .thresholds = "judge=npf_exits" },
		  "judge: found 'npf_exits', allowed: metrics of which less or more is better" },
		{ { .spec = { "old", "old" }, .thresholds = "judge=startup_ns npf_exit?" },
		  "judge: found 'npf_exit?'" },
		{ { .spec = { "old", "none" } },
		  "config of run.json:3: judge: found 'npf_exits', allowed: metrics of which" },
		{ { .spec = { "old", "old" }, .thresholds = "seed=9223372036854775808" },
		  "seed: found '9223372036854775808', allowed: 0 to 2^63 - 1" },
		{ { .spec = { "old", "bad" } }, "config of run.json:2: alpha: found 'x'" },
		{ { .spec = { "old", "schema" } }, "found schema 7, allowed: 1" },
	};
	struct world *w = *state;
	struct fixture extra = *w->dirs;
	static const char *const names[] = { "wall", "other", "bad", "schema", "none" };

	put_side(&w->old, NPF("1"));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		extra.run = xasprintf("%s/%s", w->dirs->dir, names[i]);
		assert_int_equal(dir_make(extra.run, extra.err), 0);
		put_side(&extra, NPF("1"));
		if (i == 0)
			put_run(&extra, "wall", "", "");
		if (i == 1)
			put_kernel_cell(&extra, "l", "spte", "u", "pass", NPF("1"));
		if (i == 2)
			put_run(&extra, "virtual", "", "[compare]\\nalpha = x\\n");
		if (i == 3)
			put(&extra, "run.json", "{\"schema\":7}");
		if (i == 4)
			put_run(&extra, "virtual", "",
				"[compare]\\nseed = 9223372036854775807\\njudge = npf_exits\\n");
		free(extra.run);
	}
	extra.run = xasprintf("%s/other/cells/k-sev-128M-t", w->dirs->dir);
	dir_remove(extra.run);
	free(extra.run);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		refused(w, &cases[i].q, cases[i].why);
}

/* As doubles 2^53 and 2^53 + 1 are the same: no verdict is right but that it cannot be read. */
static void test_large_numbers(void **state)
{
	static const struct compare_request q = { .spec = { "old", "new" } };
	static const struct {
		const char *value, *why;	/* why: NULL if it is exact */
	} cases[] = {
		{ "9007199254740991", NULL }, { "9007199254740992", NULL },
		{ "9007199254740993", "cell.json:3: metric 'startup_ns': found 9007199254740993, "
		  "allowed: whole numbers up to 9007199254740992" },
		{ "-9007199254740993",
		  "cell.json:3: metric 'startup_ns': found -9007199254740993" },
		{ "9223372036854775808", "cell.json:3: too big integer" },
		{ "1e999", "cell.json:3: real number overflow" },
	};
	struct world *w = *state;

	put_side(&w->old, NPF("1") "," METRIC("startup_ns", "virtual ns", "9007199254740992"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *metrics = xasprintf(NPF("1") ",\n\n" METRIC("startup_ns", "virtual ns", "%s"),
					  cases[i].value);
		struct compare c;

		put_side(&w->new, metrics);
		free(metrics);
		if (cases[i].why) {
			refused(w, &q, cases[i].why);
			continue;
		}
		c = made(w, &q);
		assert_int_equal((long)row(&c, 0, "startup_ns")->value[SIDE_NEW],
				 atol(cases[i].value));
		compare_free(&c);
	}
}

/* A folder's name may have colons; in terms there are none. */
static void test_colons(void **state)
{
	static const struct compare_request same[] = {
		{ .spec = { "a:b", "new" } }, { .spec = { "a:b:kernel=k", "new:kernel=*" } },
		{ .spec = { "a:b:*-t", "new:*-t" } },
	};
	static const struct compare_request gone = { .spec = { "gone:kernel=k", "new" } };
	struct world *w = *state;

	free(w->old.run);
	w->old.run = xasprintf("%s/a:b", w->dirs->dir);
	assert_int_equal(dir_make(w->old.run, w->old.err), 0);
	put_side(&w->old, NPF("11"));
	put_side(&w->new, NPF("10"));
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		struct compare c = made(w, &same[i]);

		assert_string_equal(c.half[SIDE_OLD].dir, w->old.run);
		assert_int_equal(c.verdict, CHANGE_BETTER);
		compare_free(&c);
	}
	refused(w, &gone, "no run 'gone': ");
}

/* A name is one among the results, whatever else has it where the command is given. */
static void test_names(void **state)
{
	static const struct { const char *old, *new; enum change verdict; } rows[] = {
		{ "old", "new", CHANGE_SAME }, { "old:kernel=k", "new:*", CHANGE_SAME },
		{ "./old", "new", CHANGE_BETTER }, { "only-here", "new", CHANGE_BETTER },
	};
	struct world *w = *state;
	char *here = xasprintf("%s/here", w->dirs->dir), *was = getcwd(NULL, 0);
	char *other[] = { xasprintf("%s/old", here), xasprintf("%s/only-here", here) };

	put_side(&w->old, NPF("10"));
	put_side(&w->new, NPF("10"));
	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		struct fixture f = { .run = other[i] };

		assert_int_equal(dir_make(f.run, f.err), 0);
		put_side(&f, NPF("11"));
	}
	assert_int_equal(chdir(here), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct compare_request q = { .spec = { rows[i].old, rows[i].new } };
		struct compare c = made(w, &q);

		if (c.verdict != rows[i].verdict)
			fail_msg("%s: %s", rows[i].old, change_names[c.verdict]);
		compare_free(&c);
	}
	assert_int_equal(chdir(was), 0);
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		free(other[i]);
	free(here);
	free(was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(test_verdicts),
		WORLD(test_one_instruction),
		WORLD(test_direction_none),
		WORLD(test_missing_is_not_zero),
		WORLD(test_metric_gone),
		WORLD(test_both_kinds),
		WORLD(test_status),
		WORLD(test_telling_repeats),
		WORLD(test_less_than_old),
		WORLD(test_kernels_of_two_runs),
		WORLD(test_within_a_run),
		WORLD(test_large_numbers),
		WORLD(test_colons),
		WORLD(test_names),
		WORLD(test_thresholds),
		WORLD(test_refusals),
	};

	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
