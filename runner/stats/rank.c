// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "stats/rank.h"

double rank_median(const double *sorted, size_t n)
{
	double a = sorted[(n - 1) / 2], b = sorted[n / 2];

	return a == b ? a : (a + b) / 2;
}

double rank_quantile7(const double *sorted, size_t n, double p)
{
	double h = (n - 1) * p, low = floor(h);
	size_t i = low;

	if (i + 1 >= n)
		return sorted[n - 1];
	return sorted[i] + (h - low) * (sorted[i + 1] - sorted[i]);
}

/* P(B = k) for B binomial (n, 1/2). */
static double binomial_half(size_t n, size_t k)
{
	return exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) - n * M_LN2);
}

bool rank_median_interval(const double *sorted, size_t n, double alpha, struct rank_interval *ci)
{
	double tail = binomial_half(n, 0), more;
	bool covers = 2 * tail <= alpha;
	size_t k = 1;

	/* tail is P(B <= k - 1) */
	while (covers && 2 * k + 1 < n) {
		more = tail + binomial_half(n, k);
		if (2 * more > alpha)
			break;
		tail = more;
		k++;
	}
	ci->lo = sorted[k - 1];
	ci->hi = sorted[n - k];
	ci->coverage = 1 - 2 * tail;
	if (ci->coverage < 0)
		ci->coverage = 0;
	return covers;
}

/* Both samples as one, ascending: which it is from, and twice the midrank. */
struct ranked {
	double x;
	bool first;
	unsigned long rank2;
};

static int compare_ranked(const void *a, const void *b)
{
	double x = ((const struct ranked *)a)->x, y = ((const struct ranked *)b)->x;

	return (x > y) - (x < y);
}

/* Returns the sum of t^3 - t over the groups of ties. */
static double set_ranks(struct ranked *r, size_t n)
{
	double ties = 0;

	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && r[end].x == r[i].x; end++)
			;
		for (size_t k = i; k < end; k++)
			r[k].rank2 = i + 1 + end;
		ties += pow(end - i, 3) - (double)(end - i);
	}
	return ties;
}

static struct ranked *rank_both(const double *x1, size_t n1, const double *x2, size_t n2)
{
	struct ranked *r = calloc(n1 + n2, sizeof(*r));

	for (size_t i = 0; r && i < n1 + n2; i++)
		r[i] = (struct ranked){ .x = i < n1 ? x1[i] : x2[i - n1], .first = i < n1 };
	if (r)
		qsort(r, n1 + n2, sizeof(*r), compare_ranked);
	return r;
}

/*
 * ways[k * (max + 1) + s]: choices of k ranks that sum to s, in doubled ranks; taken rank by rank.
 * C(50, 25) < 2^53, so that the counts are exact.
 */
static int exact_p(const struct ranked *r, size_t n, size_t n1, unsigned long sum2, double *p)
{
	size_t width = n * (n + 1) + 1;
	double *ways = calloc((n1 + 1) * width, sizeof(*ways)), below = 0, above = 0, all = 0;

	if (!ways)
		return -ENOMEM;
	ways[0] = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = n1 < i + 1 ? n1 : i + 1; k > 0; k--)
			for (size_t s = width - 1; s >= r[i].rank2; s--)
				ways[k * width + s] += ways[(k - 1) * width + s - r[i].rank2];
	for (size_t s = 0; s < width; s++) {
		double w = ways[n1 * width + s];

		all += w;
		below += s <= sum2 ? w : 0;
		above += s >= sum2 ? w : 0;
	}
	free(ways);
	*p = fmin(1, 2 * fmin(below, above) / all);
	return 0;
}

static double normal_p(double u, double n1, double n2, double ties)
{
	double n = n1 + n2, var = n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1)));
	double z = (fabs(u - n1 * n2 / 2) - 0.5) / sqrt(var);

	return var > 0 ? fmin(1, erfc(z / M_SQRT2)) : 1;
}

int rank_test(const double *x1, size_t n1, const double *x2, size_t n2, struct rank_test *t)
{
	struct ranked *r = rank_both(x1, n1, x2, n2);
	unsigned long sum2 = 0;
	double ties;
	int ret = 0;

	if (!r)
		return -ENOMEM;
	ties = set_ranks(r, n1 + n2);
	for (size_t i = 0; i < n1 + n2; i++)
		sum2 += r[i].first ? r[i].rank2 : 0;
	/* U of the first sample is its rank sum less n1 (n1 + 1) / 2. */
	t->u = (double)n1 * n2 - (sum2 / 2.0 - n1 * (n1 + 1) / 2.0);
	t->exact = n1 + n2 <= RANK_EXACT_MAX;
	if (t->exact)
		ret = exact_p(r, n1 + n2, n1, sum2, &t->p);
	else
		t->p = normal_p(t->u, n1, n2, ties);
	free(r);
	return ret;
}

double rank_test_least_p(size_t n1, size_t n2)
{
	double arrangements = 1;

	for (size_t i = 1; i <= n1; i++)
		arrangements *= (double)(n2 + i) / i;
	return fmin(1, 2 / arrangements);
}

uint64_t rank_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* The k-th least of the drawn values, k from 0. */
static double drawn(const double *sorted, const unsigned int *count, size_t k)
{
	size_t i = 0;

	for (size_t seen = count[0]; seen <= k; seen += count[++i])
		;
	return sorted[i];
}

/* The median of n draws from a sample. count has room for n. */
static double drawn_median(const double *sorted, size_t n, uint64_t *state, unsigned int *count)
{
	double a, b;

	for (size_t i = 0; i < n; i++)
		count[i] = 0;
	for (size_t i = 0; i < n; i++)
		count[(size_t)((unsigned __int128)rank_random(state) * n >> 64)]++;
	a = drawn(sorted, count, (n - 1) / 2);
	b = drawn(sorted, count, n / 2);
	return a == b ? a : (a + b) / 2;
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int rank_ratio_interval(const double *x1, size_t n1, const double *x2, size_t n2, double alpha,
			uint64_t seed, size_t draws, struct rank_interval *ci)
{
	unsigned int *count = calloc(n1 > n2 ? n1 : n2, sizeof(*count));
	double *ratio = calloc(draws, sizeof(*ratio));
	int ret = count && ratio ? 0 : -ENOMEM;

	for (size_t i = 0; i < draws && !ret; i++) {
		double old = drawn_median(x1, n1, &seed, count);

		ratio[i] = drawn_median(x2, n2, &seed, count) / old;
		if (old == 0)
			ret = -EDOM;
	}
	if (!ret) {
		qsort(ratio, draws, sizeof(*ratio), compare_double);
		ci->lo = rank_quantile7(ratio, draws, alpha / 2);
		ci->hi = rank_quantile7(ratio, draws, 1 - alpha / 2);
		ci->coverage = 1 - alpha;
	}
	free(count);
	free(ratio);
	return ret;
}

static int compare_place(const void *a, const void *b)
{
	return compare_double(*(const double *const *)a, *(const double *const *)b);
}

int rank_holm(double *p, size_t n)
{
	double **place = calloc(n + 1, sizeof(*place)), greatest = 0;

	if (!place)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		place[i] = &p[i];
	qsort(place, n, sizeof(*place), compare_place);
	for (size_t i = 0; i < n; i++) {
		greatest = fmax(greatest, fmin(1, (n - i) * *place[i]));
		*place[i] = greatest;
	}
	free(place);
	return 0;
}
