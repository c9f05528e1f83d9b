// SPDX-License-Identifier: GPL-2.0-only
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "stats.h"

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void stats_sort(uint64_t *x, size_t n)
{
	qsort(x, n, sizeof(*x), compare_u64);
}

uint64_t stats_quantile(const uint64_t *sorted, size_t n, double p)
{
	double rank = ceil(n * p * (1 - 4 * DBL_EPSILON));

	if (rank < 1)
		rank = 1;
	if (rank > n)
		rank = n;
	return sorted[(size_t)rank - 1];
}

double stats_mean(const uint64_t *x, size_t n)
{
	double sum = 0, lost = 0;

	for (size_t i = 0; i < n; i++) {
		double v = x[i], next = sum + v;

		lost += sum >= v ? (sum - next) + v : (v - next) + sum;
		sum = next;
	}
	return (sum + lost) / n;
}

size_t stats_ecdf(const uint64_t *sorted, size_t n, struct ecdf_point *out, size_t max)
{
	size_t steps = 0, nr = 0, kept = 0, gap = 1;

	for (size_t i = 0; i < n; i++)
		steps += i + 1 == n || sorted[i + 1] != sorted[i];
	if (steps > max)
		gap = (n + max - 3) / (max - 2);

	for (size_t i = 0; i < n; i++) {
		bool last = i + 1 == n;

		if (!last && (sorted[i + 1] == sorted[i] || (nr && i + 1 - kept < gap)))
			continue;
		out[nr++] = (struct ecdf_point){ .x = sorted[i], .f = (double)(i + 1) / n };
		kept = i + 1;
	}
	return nr;
}
