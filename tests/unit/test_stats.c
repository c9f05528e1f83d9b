// SPDX-License-Identifier: GPL-2.0-only
/* Statistics against tests/golden/stats.txt, which gen.py beside it makes with numpy. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stats/rank.h"
#include "stats/stats.h"

#define GOLDEN		"tests/golden/stats.txt"
#define VALUES_MAX	1000

struct golden {
	char name[64];
	uint64_t raw[VALUES_MAX], sorted[VALUES_MAX];
	size_t nr, steps;
	struct ecdf_point ecdf[VALUES_MAX];
	size_t nr_ecdf;
	unsigned int checked;
};

static void next_data(struct golden *g, char *line)
{
	char *word = strtok(line, " \n");

	assert_int_equal(g->steps, g->nr_ecdf);	/* of the one before */
	g->nr = g->steps = 0;
	snprintf(g->name, sizeof(g->name), "%s", word);
	while ((word = strtok(NULL, " \n"))) {
		assert_true(g->nr < VALUES_MAX);
		g->raw[g->nr++] = strtoull(word, NULL, 10);
	}
	memcpy(g->sorted, g->raw, sizeof(g->raw));
	stats_sort(g->sorted, g->nr);
	g->nr_ecdf = stats_ecdf(g->sorted, g->nr, g->ecdf, VALUES_MAX);
}

static void check_quantile(struct golden *g, const char *text)
{
	char *rest;
	double p = strtod(text, &rest);
	uint64_t want = strtoull(rest, NULL, 10), have = stats_quantile(g->sorted, g->nr, p);

	if (have != want)
		fail_msg("%s: quantile %g is %ju, not %ju", g->name, p, (uintmax_t)want,
			 (uintmax_t)have);
}

static void check_mean(struct golden *g, const char *text)
{
	double want = strtod(text, NULL), have = stats_mean(g->raw, g->nr);

	if (fabs(have - want) > 2 * DBL_EPSILON * want)
		fail_msg("%s: mean is %.17g, not %.17g", g->name, want, have);
}

static void check_step(struct golden *g, const char *text)
{
	char *rest;
	uint64_t x = strtoull(text, &rest, 10);

	assert_true(g->steps < g->nr_ecdf);
	assert_true(g->ecdf[g->steps].x == x);
	assert_true(g->ecdf[g->steps].f == strtod(rest, NULL));
	g->steps++;
}

static void test_golden(void **state)
{
	static struct golden g;
	static char line[VALUES_MAX * 20];
	FILE *f = fopen(GOLDEN, "r");

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *rest = strchr(line, ' ');

		assert_non_null(rest);
		*rest++ = '\0';
		if (!strcmp(line, "data"))
			next_data(&g, rest);
		else if (!strcmp(line, "quantile"))
			check_quantile(&g, rest);
		else if (!strcmp(line, "mean"))
			check_mean(&g, rest);
		else if (!strcmp(line, "step"))
			check_step(&g, rest);
		else
			fail_msg("'%s'?", line);
		g.checked++;
	}
	fclose(f);
	assert_int_equal(g.steps, g.nr_ecdf);
	assert_true(g.checked > 500);
}

/* Values from a small generator, so that the data is the same everywhere. */
static uint64_t *skewed(size_t n)
{
	uint64_t *x = calloc(n, sizeof(*x)), r = 88172645463325252ULL;

	assert_non_null(x);
	for (size_t i = 0; i < n; i++) {
		r ^= r << 13;
		r ^= r >> 7;
		r ^= r << 17;
		x[i] = 5000 + (uint64_t)(exp((r >> 40) / 3e6) * 100) + (r % 3 ? 0 : r % 1000);
	}
	stats_sort(x, n);
	return x;
}

/* With fewer points, no share is off by as much as is promised, and the ends stay. */
static void test_ecdf_fewer_points(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 10, 499, 500, 501, 20000, 100003 };
	static const size_t maxima[] = { 3, 10, 500, 2000 };
	static struct ecdf_point point[2000];

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		size_t n = sizes[s];
		uint64_t *x = skewed(n);

		for (size_t m = 0; m < sizeof(maxima) / sizeof(maxima[0]); m++) {
			size_t max = maxima[m], nr = stats_ecdf(x, n, point, max), at = 0;
			double worst = 0;

			assert_in_range(nr, 1, max);
			assert_true(point[0].x == x[0] && point[nr - 1].x == x[n - 1]);
			assert_true(point[nr - 1].f == 1);
			for (size_t i = 0; i < n; i++) {
				if (i + 1 < n && x[i + 1] == x[i])
					continue;
				while (at + 1 < nr && point[at + 1].x <= x[i])
					at++;
				worst = fmax(worst, fabs((double)(i + 1) / n - point[at].f));
			}
			assert_true(worst < 1.0 / (max - 2));
		}
		free(x);
	}
}

/* Long samples are sorted in another way than short ones. */
static void test_sort_long(void **state)
{
	static const int shifts[] = { 0, 30, 48, 56 };
	static uint64_t x[20000];

	(void)state;
	for (size_t s = 0; s < sizeof(shifts) / sizeof(shifts[0]); s++) {
		uint64_t sum = 0, sorted_sum = 0, state64 = s;

		for (size_t i = 0; i < 20000; i++) {
			x[i] = rank_random(&state64) >> shifts[s];
			sum += x[i] * x[i];
		}
		stats_sort(x, 20000);
		for (size_t i = 0; i < 20000; i++) {
			assert_true(!i || x[i - 1] <= x[i]);
			sorted_sum += x[i] * x[i];
		}
		assert_true(sum == sorted_sum);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_ecdf_fewer_points),
		cmocka_unit_test(test_sort_long),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
