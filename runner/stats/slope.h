// SPDX-License-Identifier: GPL-2.0-only
/* Straight lines through points, such as startup time against memory, with what they may be off. */
#ifndef PINLAB_SLOPE_H
#define PINLAB_SLOPE_H

#include <stddef.h>

struct slope {
	double slope, intercept;
	double lo, hi;		/* confidence interval of the slope; NAN: there is none */
};

/*
 * The z with P(Z <= z) = p of the standard normal distribution, 0 < p < 1, to about 1e-15: P. J.
 * Acklam's rational approximation (2003), then two steps of Halley's method on erfc.
 */
double slope_normal_quantile(double p);

/*
 * The t with P(T <= t) = p of Student's t distribution with df >= 1 degrees of freedom, 0 < p < 1,
 * to about 1e-12: bisection on the distribution function, which is the regularized incomplete beta
 * function by Lentz's continued fraction (W. H. Press et al., "Numerical Recipes", 3rd ed., 6.4).
 */
double slope_t_quantile(double p, double df);

/*
 * Theil-Sen: the median of the slopes of all pairs of points with different x, and the intercept
 * median(y) - slope median(x). The interval is P. K. Sen's ("Estimates of the regression
 * coefficient based on Kendall's tau", JASA 63 (1968) 1379-1389), its ranks rounded half to even,
 * with his variance for ties (2.6); there is none where ties make that negative. Returns 0,
 * -ENOMEM, or -EDOM if all x are the same.
 */
int slope_theil_sen(const double *x, const double *y, size_t n, double alpha, struct slope *s);

/*
 * Least squares of y on x, n >= 3; the interval is slope -+ t(1 - alpha/2, n - 2) times its
 * standard error sqrt(SSE / (n - 2) / Sxx): N. R. Draper and H. Smith, "Applied Regression
 * Analysis", 3rd ed. (1998), 1.4. Returns 0, or -EDOM if all x are the same or n < 3.
 */
int slope_least_squares(const double *x, const double *y, size_t n, double alpha, struct slope *s);

#endif
