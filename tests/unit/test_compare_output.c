// SPDX-License-Identifier: GPL-2.0-only
/* compare/: what is printed, and the single faults of faults.csv. */
#include "compareruns.h"

#include <math.h>

#include "compare/shape.h"

static char *printed(const struct compare *c, void (*print)(const struct compare *c, FILE *f))
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	print(c, f);
	fclose(f);
	return text;
}

static void print_json(const struct compare *c, FILE *f)
{
	assert_int_equal(compare_print_json(c, f), 0);
}

static void has_line(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("no '%s' in:\n%s", line, text);
}

static void test_outputs(void **state)
{
	struct world *w = *state;
	struct compare c;
	json_t *json;
	char *text;

	put_side(&w->old, NPF("5558") "," PINS("9"));
	put_side(&w->new, NPF("5559") "," PINS("8"));
	put_kernel_cell(&w->new, "k", "upfront", "more", "pass", NPF("1"));
	c = made(w, NULL);

	text = printed(&c, compare_print_text);
	has_line(text, "every difference is real");
	has_line(text, "both were made with the same kernel");
	has_line(text, "1 cell compared; 0 only in old, 1 only in new\n"
		 "  only in new: k-sev-128M-more\n");
	has_line(text, "\nWORSE: 1\n");
	has_line(text, "npf_first_p50_ns  5558  5559  +1     +0.018 %  instructions/fault\n");
	has_line(text, "\nBETTER: 1\n");
	has_line(text, "verdict: worse\n");
	free(text);

	text = printed(&c, compare_print_csv);
	has_line(text, "\r\nk-sev-128M-t,k-sev-128M-t,k-sev-128M-t,npf_first_p50_ns,virtual ns,"
		 "lower,yes,1,1,5558,5559,1,instructions/fault,"
		 "1.0001799208348328,0,,,,,worse,\r\n");
	free(text);

	text = printed(&c, print_json);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "verdict")), "worse");
	assert_int_equal(json_array_size(json_object_get(json, "rows")), 3);
	json_decref(json);
	free(text);

	text = printed(&c, compare_print_benchstat);
	has_line(text, "Unit npf_first_p50_ns better=lower\nUnit npf_first_p50_ns assume=exact\n");
	has_line(text, "run: old\nside: old\nBenchmarkCell/k-sev-128M-t 1 5558 npf_first_p50_ns "
		 "9 pinned_workload_pages\n"
		 "run: new\nside: new\nBenchmarkCell/k-sev-128M-t 1 5559 npf_first_p50_ns "
		 "8 pinned_workload_pages\n");
	free(text);
	compare_free(&c);
}

static void test_told_missing(void **state)
{
	struct world *w = *state;
	struct compare c;
	char *text;

	put_side(&w->old, NPF("1") "," PINS("9"));
	put_side(&w->new, NPF("1") "," METRIC("startup_ns", "virtual ns", "7"));
	c = made(w, NULL);
	text = printed(&c, compare_print_text);
	has_line(text, "\nCANNOT TELL: 1\n");
	has_line(text, "pinned_workload_pages  9    -    -      -       "
		 "the new one has no value\n");
	has_line(text, "\nonly new has, in so many cells: startup_ns (1)\n");
	has_line(text, "verdict: cannot-tell\n");
	free(text);
	compare_free(&c);

	put_kernel_cell(&w->old, "k", "upfront", "gone", "pass", NPF("1"));
	c = made(w, NULL);
	text = printed(&c, compare_print_text);
	has_line(text, "\n  only in old: k-sev-128M-gone\n");
	has_line(text, "verdict: cannot-tell (1 of old's cells is not in new)\n");
	free(text);
	compare_free(&c);
}

/* A patch is told by its subject, or its file's name, and the start of its hash. */
static void test_told_patches(void **state)
{
	struct world *w = *state;
	struct compare c;
	char *text;

	put_side(&w->old, NPF("1"));
	put_side(&w->new, NPF("1"));
	put_run(&w->new, "virtual", "\"k\":{\"name\":\"k\",\"key\":\"1\",\"patch_ids\":[{"
		"\"patch\":\"KVM: One\",\"id\":\"0123456789abcdef\"}],\"patches\":[{"
		"\"name\":\"a.diff\",\"sha256\":\"fedcba9876543210\"}]}", "");
	c = made(w, NULL);
	text = printed(&c, compare_print_text);
	has_line(text, "\nkernel.patch_ids  -    KVM: One (0123456789ab)\n");
	has_line(text, "\nkernel.patches    -    a.diff (fedcba987654)\n");
	free(text);
	compare_free(&c);
}

static void test_told_statuses(void **state)
{
	struct world *w = *state;
	struct compare c;
	char *text;

	put_side(&w->old, NPF("1"));
	put_side(&w->new, NPF("1"));
	put_kernel_cell(&w->new, "k", "upfront", "t", "xfail", NPF("1"));
	c = made(w, NULL);
	text = printed(&c, compare_print_text);
	has_line(text, "\n  k-sev-128M-t ended as pass, then xfail\n");
	has_line(text, "verdict: same\n");
	free(text);
	compare_free(&c);
}

/* A time up to a panic is no time of the cell. */
static void test_benchstat_complete(void **state)
{
	static const char *const statuses[] = { "splat", "timeout", "fail", "corrupt", "xfail" };
	static const char *const ends[] = {
		"run: new\nside: new\n",
		"run: new\nside: new\nBenchmarkCell/k-sev-128M-t 1 1 npf_first_p50_ns\n",
	};
	struct world *w = *state;
	struct compare c;
	char *text;

	put_side(&w->old, NPF("5558"));
	put_side(&w->new, NPF("1"));
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		put_kernel_cell(&w->new, "k", "upfront", "t", statuses[i], NPF("1"));
		c = made(w, NULL);
		text = printed(&c, compare_print_benchstat);
		has_line(text, "side: old\nBenchmarkCell/k-sev-128M-t 1 5558 npf_first_p50_ns\n");
		assert_string_equal(text + strlen(text) - strlen(ends[i > 1]), ends[i > 1]);
		free(text);
		compare_free(&c);
	}
}

/* Folders have any name, and a ratio of two finite numbers need not be one. */
static void test_unfit_for_json(void **state)
{
	static const char metrics[] = NPF("1e-300") "," PINS("9");
	struct world *w = *state;
	struct fixture odd = *w->dirs;
	struct compare_request q = { .spec = { "\xff\x80k", "new" } };
	const json_t *npf;
	struct compare c;
	json_t *json;
	char *text;

	odd.run = xasprintf("%s/%s", w->dirs->dir, q.spec[SIDE_OLD]);
	assert_int_equal(dir_make(odd.run, odd.err), 0);
	put_side(&odd, metrics);
	free(odd.run);
	put_side(&w->new, NPF("1e300") "," PINS("9"));
	c = made(w, &q);
	assert_true(isinf(row(&c, 0, "npf_first_p50_ns")->ratio));
	text = printed(&c, print_json);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "old")), "\\xff\\x80k");
	npf = json_array_get(json_object_get(json, "rows"), 1);
	assert_string_equal(json_string_value(json_object_get(npf, "metric")), "npf_first_p50_ns");
	assert_true(json_is_null(json_object_get(npf, "ratio")));
	assert_int_equal(json_array_size(json_object_get(json, "rows")), 3);
	json_decref(json);
	free(text);
	compare_free(&c);
}

/* A delta that is not 0 does not look like it. */
static void test_tiny_delta(void **state)
{
	struct world *w = *state;
	struct compare c;
	char *text;

	put_side(&w->old, METRIC("npf_first_mean_ns", "virtual ns", "0.50025"));
	put_side(&w->new, METRIC("npf_first_mean_ns", "virtual ns", "0.5"));
	c = made(w, &(struct compare_request){ .thresholds = "npf_first_mean_ns=0%" });
	text = printed(&c, compare_print_text);
	has_line(text, "npf_first_mean_ns  0.500  0.500  -0.00025  -0.05 %  ");
	free(text);
	compare_free(&c);
}

#define FAULT(phase, kind, ns)	"1," phase ",0x0,0x4," kind "," ns "\r\n"

static void put_faults(struct fixture *f, const char *text)
{
	put(f, "cells/k-sev-128M-t/1/faults.csv", text);
}

static void test_single_faults(void **state)
{
	struct compare_request q = { .faults = true };
	const struct shape *shape;
	struct world *w = *state;
	struct compare c;

	put_side(&w->old, NPF("10"));
	put_side(&w->new, NPF("10"));
	put_faults(&w->old, FAULTS_HEADER FAULT("launch", "first", "30")
		   FAULT("workload", "first", "10")
		   FAULT("workload", "first", "10") FAULT("workload", "first", "20")
		   FAULT("workload", "refault", "5"));
	put_faults(&w->new, FAULTS_HEADER FAULT("workload", "first", "11")
		   FAULT("workload", "first", "31") FAULT("workload", "first", "11")
		   FAULT("workload", "first", "21"));
	c = made(w, &q);
	assert_int_equal(c.shapes->nr, 1);
	shape = &c.shapes->shape[0];
	assert_int_equal(shape->kind, FAULT_FIRST);
	for (int i = 0; i < SHAPE_PERCENTILES; i++)
		assert_int_equal(shape->value[SIDE_NEW][i], shape->value[SIDE_OLD][i] + 1);
	assert_int_equal(shape->value[SIDE_OLD][SHAPE_PERCENTILES - 1], 30);
	assert_float_equal(shape->mean[SIDE_NEW], 18.5, 1e-12);
	assert_float_equal(shape->distance.wasserstein, 1, 1e-12);
	assert_float_equal(shape->distance.ks, 0.5, 1e-12);
	compare_free(&c);
}

static void test_bad_faults(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "faults.csv:1: no header row" },
		{ "a,b\r\n1,2\r\n", "faults.csv:1: no column 'phase'" },
		{ FAULTS_HEADER FAULT("workload", "first", "12x"),
		  "faults.csv:2: latency_ns: found '12x'" },
		{ FAULTS_HEADER FAULT("workload", "first", "-1"),
		  "faults.csv:2: latency_ns: found '-1'" },
		{ FAULTS_HEADER FAULT("workload", "first", ""),
		  "faults.csv:2: latency_ns: found ''" },
		{ FAULTS_HEADER FAULT("workload", "first", "1") FAULT("workload", "first",
								      "9007199254740993"),
		  "faults.csv:3: latency_ns: found '9007199254740993', allowed: whole numbers up "
		  "to 9007199254740992" },
		{ FAULTS_HEADER FAULT("workload", "last", "1"),
		  "faults.csv:2: kind: found 'last'" },
		{ FAULTS_HEADER "1,workload,0x0\r\n", "faults.csv:2: another number of fields" },
		{ FAULTS_HEADER "1,workload,0x0,0x4,first,1",
		  "faults.csv:2: the file ends within" },
		{ "\x7f" "ELF\x02\x01", "faults.csv:1: " },
	};
	struct world *w = *state;

	put_side(&w->old, NPF("10"));
	put_side(&w->new, NPF("10"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compare_request q = { .spec = { "old", "new" }, .faults = true };

		put_faults(&w->new, cases[i].text);
		refused(w, &q, cases[i].why);
	}
}

/* A file that lost its last rows, whole ones. */
static void test_short_faults(void **state)
{
	struct compare_request q = { .spec = { "old", "old" }, .faults = true };
	struct world *w = *state;
	char *text, *with;

	put_side(&w->old, NPF("10"));
	put_faults(&w->old, FAULTS_HEADER FAULT("workload", "first", "10"));
	text = get(&w->old, "cells/k-sev-128M-t/1/cell.json");
	text[strlen(text) - 1] = '\0';
	with = xasprintf("%s,\"counts\":{\"faults\":2}}", text);
	put(&w->old, "cells/k-sev-128M-t/1/cell.json", with);
	refused(w, &q, "faults.csv:2: ends after 1 rows; cell.json says 2");
	free(with);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(test_outputs),
		WORLD(test_told_missing),
		WORLD(test_told_patches),
		WORLD(test_told_statuses),
		WORLD(test_benchstat_complete),
		WORLD(test_unfit_for_json),
		WORLD(test_tiny_delta),
		WORLD(test_single_faults),
		WORLD(test_bad_faults),
		WORLD(test_short_faults),
	};

	return cmocka_run_group_tests_name("compare_output", tests, NULL, NULL);
}
