// SPDX-License-Identifier: GPL-2.0-only
/*
 * What two samples of measured values say of each other, with as few assumptions as can be: order
 * statistics, ranks, resampling. Arrays in, numbers out; all randomness comes from a seed.
 */
#ifndef PINLAB_RANK_H
#define PINLAB_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANK_EXACT_MAX	50	/* n1 + n2 up to which rank_test() counts all arrangements */

/* The median of n >= 1 ascending values: the middle one, or the mean of the middle two. */
double rank_median(const double *sorted, size_t n);

/*
 * The quantile of order p (0 <= p <= 1) of n >= 1 ascending values, interpolated: Hyndman and Fan's
 * type 7 (see stats.h), x[h] + (h - floor h)(x[h + 1] - x[h]) with h = (n - 1) p counted from 0.
 */
double rank_quantile7(const double *sorted, size_t n, double p);

/* An interval, and the probability with which such an interval holds the true value. */
struct rank_interval {
	double lo, hi, coverage;
};

/*
 * The confidence interval of the median from order statistics of n >= 1 ascending values: x_(k) to
 * x_(n + 1 - k) with the greatest k for which 1 - 2 P(B <= k - 1) >= 1 - alpha, B binomial (n,
 * 1/2). It assumes no distribution. H. A. David and H. N. Nagaraja, "Order Statistics", 3rd ed.
 * (2003), 7.1. Returns false if not even the least to the greatest value covers enough (n < 6 at
 * alpha 5 %); then the interval is that.
 */
bool rank_median_interval(const double *sorted, size_t n, double alpha, struct rank_interval *ci);

struct rank_test {
	double u;	/* of the second sample: pairs in which it is greater, ties count 1/2 */
	double p;	/* two-sided */
	bool exact;
};

/*
 * The Mann-Whitney U test of two ascending samples, n1, n2 >= 1, ties by midranks: H. B. Mann and
 * D. R. Whitney, Annals of Mathematical Statistics 18 (1947) 50-60.
 *
 * Up to RANK_EXACT_MAX values in all p is exact, given the ties: all C(n1 + n2, n1) arrangements
 * are counted by their rank sum, and p = min(1, 2 min(P(S <= s), P(S >= s))). Beyond, U is taken as
 * normal with mean n1 n2 / 2 and variance n1 n2 / 12 (N + 1 - sum (t^3 - t) / (N (N - 1))), t the
 * sizes of the groups of ties, with a continuity correction of 1/2: E. L. Lehmann,
 * "Nonparametrics" (1975), 1.2-1.4. All values alike: p = 1. Returns 0 or -ENOMEM.
 */
int rank_test(const double *x1, size_t n1, const double *x2, size_t n2, struct rank_test *t);

/*
 * The least two-sided p that rank_test() can give for samples of these sizes without ties:
 * 2 / C(n1 + n2, n1).
 */
double rank_test_least_p(size_t n1, size_t n2);

/* The next number of splitmix64 (Steele, Lea, Flood, OOPSLA 2014); *state is the seed at first. */
uint64_t rank_random(uint64_t *state);

/*
 * The percentile bootstrap interval of median(x2) / median(x1): B. Efron and R. J. Tibshirani, "An
 * Introduction to the Bootstrap" (1993), 13.3. Both samples (ascending, n >= 1) are drawn from with
 * replacement, first x1, then x2, `draws` >= 1 times; index i of n is the upper half of the 128-bit
 * product of n and a number of splitmix64. The ends are type 7 quantiles of orders alpha / 2 and
 * 1 - alpha / 2. Returns 0, -ENOMEM, or -EDOM if a drawn median of x1 was 0.
 */
int rank_ratio_interval(const double *x1, size_t n1, const double *x2, size_t n2, double alpha,
			uint64_t seed, size_t draws, struct rank_interval *ci);

/*
 * Adjust n p-values in place for having been tested together: S. Holm, "A simple sequentially
 * rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979) 65-70. The i-th
 * least becomes the greatest of min(1, (n + 1 - k) p_(k)), k <= i. Returns 0 or -ENOMEM.
 */
int rank_holm(double *p, size_t n);

#endif
