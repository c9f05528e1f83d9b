// SPDX-License-Identifier: GPL-2.0-only
/* How far two distributions of integer observations are from each other, in shape and in place. */
#ifndef PINLAB_DISTANCE_H
#define PINLAB_DISTANCE_H

#include <stddef.h>
#include <stdint.h>

struct distance {
	double ks;		/* greatest distance of the distribution functions, 0 to 1 */
	double wasserstein;	/* area between them, in the unit of the observations */
};

/*
 * Of two ascending samples, n >= 1 each: the Kolmogorov-Smirnov distance sup |F1 - F2|, and the
 * first Wasserstein (earth mover's) distance, the integral of |F1 - F2|: S. S. Vallender, Theory of
 * Probability and its Applications 18 (1974) 784-786. No p-value: faults of one run depend on each
 * other. One pass over both.
 */
struct distance distance_of(const uint64_t *x1, size_t n1, const uint64_t *x2, size_t n2);

#endif
