// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "suggest.h"

#define WORD_MAX	64

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits between two words: insert, delete, replace, or swap of two neighbours. */
static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	size_t d[3][WORD_MAX + 1];

	for (size_t j = 0; j <= lb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *row = d[i % 3], *above = d[(i + 2) % 3], *above2 = d[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				      above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    above2[j - 2] + 1 < row[j])
				row[j] = above2[j - 2] + 1;
		}
	}
	return d[la % 3][lb];
}

const char *suggest(const char *word, const char *const names[])
{
	size_t len = strlen(word), best = len / 3 + 2;
	const char *found = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (; *names; names++) {
		size_t d;

		if (strlen(*names) > WORD_MAX)
			continue;
		d = distance(word, *names);
		if (d < best) {
			best = d;
			found = *names;
		}
	}
	return found;
}
