// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/rank.h"
#include "stats/slope.h"

static double polynomial(const double *c, size_t n, double x)
{
	double v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * x + c[i];
	return v;
}

/* Acklam's approximation for p <= 1/2; its relative error is below 1.15e-9. */
static double normal_quantile_near(double p)
{
	static const double a[] = { -3.969683028665376e+01, 2.209460984245205e+02,
				    -2.759285104469687e+02, 1.383577518672690e+02,
				    -3.066479806614716e+01, 2.506628277459239e+00 };
	static const double b[] = { -5.447609879822406e+01, 1.615858368580409e+02,
				    -1.556989798598866e+02, 6.680131188771972e+01,
				    -1.328068155288572e+01, 1 };
	static const double c[] = { -7.784894002430293e-03, -3.223964580411365e-01,
				    -2.400758277161838e+00, -2.549732539343734e+00,
				    4.374664141464968e+00, 2.938163982698783e+00 };
	static const double d[] = { 7.784695709041462e-03, 3.224671290700398e-01,
				    2.445134137142996e+00, 3.754408661907416e+00, 1 };
	double q;

	if (p < 0.02425) {
		q = sqrt(-2 * log(p));
		return polynomial(c, 6, q) / polynomial(d, 5, q);
	}
	q = p - 0.5;
	return q * polynomial(a, 6, q * q) / polynomial(b, 6, q * q);
}

double slope_normal_quantile(double p)
{
	double tail = fmin(p, 1 - p), z = normal_quantile_near(tail);

	for (int i = 0; i < 2; i++) {
		double e = erfc(-z / M_SQRT2) / 2 - tail;
		double u = e * sqrt(2 * M_PI) * exp(z * z / 2);

		z -= u / (1 + z * u / 2);
	}
	return p < 0.5 ? z : -z;
}

/* The continued fraction of the incomplete beta function. */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1), h;

	d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
	h = d;
	for (int m = 1; m < 10000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
		c = fabs(c) < DBL_MIN ? DBL_MIN : c;
		h *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
		c = fabs(c) < DBL_MIN ? DBL_MIN : c;
		h *= d * c;
		if (fabs(d * c - 1) < DBL_EPSILON)
			break;
	}
	return h;
}

/* I_x(a, b). */
static double beta_regularized(double a, double b, double x)
{
	double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));

	if (x <= 0)
		return 0;
	if (x >= 1)
		return 1;
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* P(T > t) for t >= 0. */
static double t_tail(double t, double df)
{
	return beta_regularized(df / 2, 0.5, df / (df + t * t)) / 2;
}

double slope_t_quantile(double p, double df)
{
	double tail = fmin(p, 1 - p), lo = 0, hi = 1;

	while (t_tail(hi, df) > tail)
		hi *= 2;
	for (int i = 0; i < 200 && lo < hi; i++) {
		double mid = (lo + hi) / 2;

		if (mid == lo || mid == hi)
			break;
		if (t_tail(mid, df) > tail)
			lo = mid;
		else
			hi = mid;
	}
	return p < 0.5 ? -hi : hi;
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double *sorted_copy(const double *x, size_t n)
{
	double *copy = malloc(n * sizeof(*copy));

	if (copy) {
		memcpy(copy, x, n * sizeof(*copy));
		qsort(copy, n, sizeof(*copy), compare_double);
	}
	return copy;
}

/* The sum of k (k - 1) (2 k + 5) over the groups of ties. */
static double tie_sum(const double *sorted, size_t n)
{
	double sum = 0;

	for (size_t i = 0, end; i < n; i = end) {
		double k;

		for (end = i; end < n && sorted[end] == sorted[i]; end++)
			;
		k = end - i;
		sum += k * (k - 1) * (2 * k + 5);
	}
	return sum;
}

/* The slopes of all pairs with different x, ascending. */
static size_t pair_slopes(const double *x, const double *y, size_t n, double *slope)
{
	size_t nr = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (x[i] != x[k])
				slope[nr++] = (y[i] - y[k]) / (x[i] - x[k]);
	qsort(slope, nr, sizeof(*slope), compare_double);
	return nr;
}

int slope_theil_sen(const double *x, const double *y, size_t n, double alpha, struct slope *s)
{
	double *slope = malloc((n * n / 2 + 1) * sizeof(*slope));
	double *xs = sorted_copy(x, n), *ys = sorted_copy(y, n), spread, var;
	size_t nr = slope && xs && ys ? pair_slopes(x, y, n, slope) : 0;
	int ret = slope && xs && ys ? nr ? 0 : -EDOM : -ENOMEM;

	if (!ret) {
		s->slope = rank_median(slope, nr);
		s->intercept = rank_median(ys, n) - s->slope * rank_median(xs, n);
		var = ((double)n * (n - 1) * (2.0 * n + 5) - tie_sum(xs, n) - tie_sum(ys, n)) / 18;
		spread = slope_normal_quantile(1 - alpha / 2) * sqrt(var);
		s->lo = var < 0 ? NAN : slope[(size_t)fmax(rint((nr - spread) / 2) - 1, 0)];
		s->hi = var < 0 ? NAN : slope[(size_t)fmin(rint((nr + spread) / 2), nr - 1)];
	}
	free(slope);
	free(xs);
	free(ys);
	return ret;
}

static double mean(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return sum / n;
}

int slope_least_squares(const double *x, const double *y, size_t n, double alpha, struct slope *s)
{
	double mx, my, sxx = 0, sxy = 0, sse = 0, width;

	if (n < 3)
		return -EDOM;
	mx = mean(x, n);
	my = mean(y, n);
	for (size_t i = 0; i < n; i++) {
		sxx += (x[i] - mx) * (x[i] - mx);
		sxy += (x[i] - mx) * (y[i] - my);
	}
	if (sxx == 0)
		return -EDOM;
	s->slope = sxy / sxx;
	s->intercept = my - s->slope * mx;
	for (size_t i = 0; i < n; i++) {
		double e = y[i] - my - s->slope * (x[i] - mx);

		sse += e * e;
	}
	width = slope_t_quantile(1 - alpha / 2, n - 2) * sqrt(sse / (n - 2) / sxx);
	s->lo = s->slope - width;
	s->hi = s->slope + width;
	return 0;
}
