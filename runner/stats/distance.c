// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "stats/distance.h"

struct distance distance_of(const uint64_t *x1, size_t n1, const uint64_t *x2, size_t n2)
{
	struct distance d = { 0, 0 };
	size_t i = 0, k = 0;

	while (i < n1 || k < n2) {
		uint64_t x = k == n2 || (i < n1 && x1[i] <= x2[k]) ? x1[i] : x2[k], next;
		double apart;

		while (i < n1 && x1[i] == x)
			i++;
		while (k < n2 && x2[k] == x)
			k++;
		if (i == n1 && k == n2)
			break;
		next = k == n2 || (i < n1 && x1[i] <= x2[k]) ? x1[i] : x2[k];
		apart = fabs((double)i / n1 - (double)k / n2);
		d.ks = fmax(d.ks, apart);
		d.wasserstein += apart * (next - x);
	}
	return d;
}
