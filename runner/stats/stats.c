// SPDX-License-Identifier: GPL-2.0-only
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "stats.h"

#define RADIX_MIN	1000	/* values from which it takes less time than qsort() */

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Move n values from one array to the other, ordered by the byte at shift, else as they were. */
static void sort_by_byte(const uint64_t *from, uint64_t *to, size_t n, int shift)
{
	size_t place[256] = { 0 }, at = 0;

	for (size_t i = 0; i < n; i++)
		place[from[i] >> shift & 0xff]++;
	for (int b = 0; b < 256; b++) {
		size_t count = place[b];

		place[b] = at;
		at += count;
	}
	for (size_t i = 0; i < n; i++)
		to[place[from[i] >> shift & 0xff]++] = from[i];
}

/* Two bytes at a time, so that the values end where they began. */
static bool radix_sort(uint64_t *x, size_t n)
{
	uint64_t *spare = malloc(n * sizeof(*spare)), all = 0;

	if (!spare)
		return false;
	for (size_t i = 0; i < n; i++)
		all |= x[i];
	for (int shift = 0; shift < 64 && all >> shift; shift += 16) {
		sort_by_byte(x, spare, n, shift);
		sort_by_byte(spare, x, n, shift + 8);
	}
	free(spare);
	return true;
}

void stats_sort(uint64_t *x, size_t n)
{
	if (n < RADIX_MIN || !radix_sort(x, n))
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
