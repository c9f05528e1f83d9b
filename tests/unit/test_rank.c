// SPDX-License-Identifier: GPL-2.0-only
/* Statistics of two samples against tests/golden/rank.txt, from scipy, numpy and R. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stats/distance.h"
#include "stats/rank.h"
#include "stats/slope.h"
#include "stats/stats.h"

#define GOLDEN		"tests/golden/rank.txt"
#define SAMPLE_MAX	512
#define TOLERANCE	1e-9

/* The fields of a case after its name, in order. */
enum field {
	SEED, N1, N2, LEVELS, MEDIAN1, MEDIAN2, QUANTILE, COVERS, LO, HI, COVERAGE, U, P, EXACT,
	DRAWS, RATIO_LO, RATIO_HI, KS, WASSERSTEIN, TS_SLOPE, TS_INTERCEPT, TS_LO, TS_HI, LS_SLOPE,
	LS_INTERCEPT, LS_LO, LS_HI, FIELDS
};

struct samples {
	uint64_t whole[2][SAMPLE_MAX];
	double raw[2][SAMPLE_MAX], sorted[2][SAMPLE_MAX];
	size_t n[2];
};

static unsigned int cases, with_ties, biggest;

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void draw(struct samples *s, const double *want)
{
	uint64_t state = want[SEED], levels = want[LEVELS];

	s->n[0] = want[N1];
	s->n[1] = want[N2];
	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < s->n[k]; i++) {
			s->whole[k][i] = rank_random(&state) % levels;
			if (k)
				s->whole[k][i] += (uint64_t)want[SEED] % 5;
			s->raw[k][i] = s->whole[k][i] * 0.37 + 1;
		}
		memcpy(s->sorted[k], s->raw[k], sizeof(s->raw[k]));
		qsort(s->sorted[k], s->n[k], sizeof(double), compare_double);
		stats_sort(s->whole[k], s->n[k]);
	}
}

static void close_to(const char *what, double seed, double have, double want, double scale)
{
	if (isnan(want) && isnan(have))
		return;
	if (!(fabs(have - want) <= TOLERANCE * fmax(fabs(want), scale)))
		fail_msg("%s of %g: %.17g, must be %.17g", what, seed, have, want);
}

static void check_one_sample(const struct samples *s, const double *want)
{
	struct rank_interval ci;
	bool covers = rank_median_interval(s->sorted[0], s->n[0], 0.05, &ci);

	close_to("median", want[SEED], rank_median(s->sorted[0], s->n[0]), want[MEDIAN1], 0);
	close_to("median", want[SEED], rank_median(s->sorted[1], s->n[1]), want[MEDIAN2], 0);
	close_to("quantile", want[SEED], rank_quantile7(s->sorted[0], s->n[0], 0.1),
		 want[QUANTILE], 0);
	close_to("covers", want[SEED], covers, want[COVERS], 0);
	close_to("lo", want[SEED], ci.lo, want[LO], 0);
	close_to("hi", want[SEED], ci.hi, want[HI], 0);
	close_to("coverage", want[SEED], ci.coverage, want[COVERAGE], 0);
}

static void check_two_samples(const struct samples *s, const double *want)
{
	struct rank_interval ci;
	struct rank_test t;

	assert_int_equal(rank_test(s->sorted[0], s->n[0], s->sorted[1], s->n[1], &t), 0);
	close_to("U", want[SEED], t.u, want[U], 0);
	close_to("p", want[SEED], t.p, want[P], 0);
	close_to("exact", want[SEED], t.exact, want[EXACT], 0);
	assert_int_equal(rank_ratio_interval(s->sorted[0], s->n[0], s->sorted[1], s->n[1], 0.1,
					     want[SEED], want[DRAWS], &ci), 0);
	close_to("ratio, low", want[SEED], ci.lo, want[RATIO_LO], 0);
	close_to("ratio, high", want[SEED], ci.hi, want[RATIO_HI], 0);
}

static void check_distance(const struct samples *s, const double *want)
{
	struct distance d = distance_of(s->whole[0], s->n[0], s->whole[1], s->n[1]);

	close_to("KS", want[SEED], d.ks, want[KS], 0);
	close_to("Wasserstein", want[SEED], d.wasserstein, want[WASSERSTEIN], 0);
}

static void check_slopes(const struct samples *s, const double *want)
{
	size_t n = s->n[0] < s->n[1] ? s->n[0] : s->n[1];
	struct slope ts, ls;
	double scale;

	if (isnan(want[LS_SLOPE])) {
		assert_int_not_equal(slope_least_squares(s->raw[0], s->raw[1], n, 0.05, &ls), 0);
		return;
	}
	assert_int_equal(slope_theil_sen(s->raw[0], s->raw[1], n, 0.05, &ts), 0);
	assert_int_equal(slope_least_squares(s->raw[0], s->raw[1], n, 0.05, &ls), 0);
	close_to("Theil-Sen", want[SEED], ts.slope, want[TS_SLOPE], 0);
	close_to("its intercept", want[SEED], ts.intercept, want[TS_INTERCEPT], 0);
	close_to("its low end", want[SEED], ts.lo, want[TS_LO], 0);
	close_to("its high end", want[SEED], ts.hi, want[TS_HI], 0);
	/* Sums that cancel are as good as what they are made of. */
	scale = fmax(fabs(want[LS_LO]), fabs(want[LS_HI]));
	close_to("least squares", want[SEED], ls.slope, want[LS_SLOPE], scale);
	close_to("its intercept", want[SEED], ls.intercept, want[LS_INTERCEPT],
		 fabs(s->raw[1][0]));
	close_to("its low end", want[SEED], ls.lo, want[LS_LO], scale);
	close_to("its high end", want[SEED], ls.hi, want[LS_HI], scale);
}

static size_t numbers(char *text, double *out, size_t max)
{
	size_t n = 0;

	for (char *word = strtok(text, " \n"); word; word = strtok(NULL, " \n")) {
		assert_true(n < max);
		out[n++] = strtod(word, NULL);
	}
	return n;
}

static void check_case(char *text)
{
	static struct samples s;
	double want[FIELDS];

	assert_int_equal(numbers(text, want, FIELDS), FIELDS);
	draw(&s, want);
	check_one_sample(&s, want);
	check_two_samples(&s, want);
	check_distance(&s, want);
	check_slopes(&s, want);
	cases++;
	with_ties += want[LEVELS] <= 100;
	biggest = fmax(biggest, want[N1]);
}

static void check_holm(char *text)
{
	double p[64], want[64];
	char *second = strchr(text, ':');
	size_t n;

	assert_non_null(second);
	*second++ = '\0';
	n = numbers(text, p, 64);
	assert_int_equal(numbers(second, want, 64), n);
	assert_int_equal(rank_holm(p, n), 0);
	for (size_t i = 0; i < n; i++)
		close_to("Holm", n, p[i], want[i], 0);
}

static void check_normal(char *text)
{
	double v[2];

	assert_int_equal(numbers(text, v, 2), 2);
	close_to("normal quantile", v[0], slope_normal_quantile(v[0]), v[1], 0.1);
}

static void check_t(char *text)
{
	double v[3];

	assert_int_equal(numbers(text, v, 3), 3);
	close_to("t quantile", v[0], slope_t_quantile(v[0], v[1]), v[2], 0.1);
}

static void check_least(char *text)
{
	double v[3];

	assert_int_equal(numbers(text, v, 3), 3);
	close_to("least p", v[0], rank_test_least_p(v[0], v[1]), v[2], 0);
}

static void test_golden(void **state)
{
	static const struct {
		const char *word;
		void (*check)(char *text);
	} lines[] = {
		{ "case ", check_case }, { "holm ", check_holm }, { "normal ", check_normal },
		{ "t ", check_t }, { "least ", check_least },
	};
	FILE *f = fopen(GOLDEN, "r");
	char *line = NULL;
	size_t size = 0;

	(void)state;
	assert_non_null(f);
	while (getline(&line, &size, f) > 0) {
		size_t i = 0;

		while (strncmp(line, lines[i].word, strlen(lines[i].word)))
			assert_true(++i < sizeof(lines) / sizeof(lines[0]));
		lines[i].check(line + strlen(lines[i].word));
	}
	free(line);
	fclose(f);
	assert_true(cases >= 200);
	assert_true(with_ties >= 50);
	assert_int_equal(biggest, 500);
}

static void test_undefined(void **state)
{
	double zero[] = { 0, 0, 0 }, one[] = { 1, 2, 3 };
	struct rank_interval ci;
	struct slope s;

	(void)state;
	assert_int_equal(rank_ratio_interval(zero, 3, one, 3, 0.05, 1, 10, &ci), -EDOM);
	assert_int_equal(slope_theil_sen(zero, one, 3, 0.05, &s), -EDOM);
	assert_int_equal(slope_least_squares(zero, one, 3, 0.05, &s), -EDOM);
	assert_int_equal(slope_least_squares(one, one, 2, 0.05, &s), -EDOM);
	assert_int_equal(rank_holm(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_undefined),
	};

	return cmocka_run_group_tests_name("rank", tests, NULL, NULL);
}
