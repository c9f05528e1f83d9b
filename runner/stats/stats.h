// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics of integer observations (ns, counts): arrays in, numbers out, no files.
 *
 * On the virtual clock every observation is exact, so the quantiles here are always values that
 * were observed, never interpolated ones.
 */
#ifndef PINLAB_STATS_H
#define PINLAB_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Sort ascending, in place. */
void stats_sort(uint64_t *x, size_t n);

/*
 * The quantile of order p (0 < p <= 1) of n >= 1 ascending values: the least x[k] with at least a
 * share p of the values <= x[k], that is k = ceil(n p) - 1. This is type 1 (inverse of the
 * empirical distribution function, "nearest rank") of R. J. Hyndman and Y. Fan, "Sample Quantiles
 * in Statistical Packages", The American Statistician 50 (1996) 361-365.
 * n p is rounded down by 4 units in the last place first, as p = 0.99 is not a binary fraction.
 */
uint64_t stats_quantile(const uint64_t *sorted, size_t n, double p);

/*
 * Arithmetic mean of n >= 1 values, by compensated summation: A. Neumaier, "Rundungsfehleranalyse
 * einiger Verfahren zur Summation endlicher Summen", ZAMM 54 (1974) 39-51. The relative error is
 * about 2 eps, independent of n (as long as n eps << 1) and of the order of the values.
 */
double stats_mean(const uint64_t *x, size_t n);

/* A step of an empirical distribution function: a share f of all values is <= x. */
struct ecdf_point {
	uint64_t x;
	double f;
};

/*
 * The empirical distribution function F(x) = #{x_i <= x} / n of n >= 1 ascending values, as its
 * steps in ascending order, in at most max >= 3 points. All steps are kept if they fit; otherwise
 * steps are left out so that F of the points nowhere differs from the true F by as much as
 * 1 / (max - 2); the least and the greatest value stay. Returns the number of points.
 */
size_t stats_ecdf(const uint64_t *sorted, size_t n, struct ecdf_point *out, size_t max);

#endif
