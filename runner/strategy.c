// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "strategy.h"

const char *const strategy_names[STRATEGIES + 1] = {
	[STRATEGY_NONE] = "none",
	[STRATEGY_UPFRONT] = "upfront",
	[STRATEGY_SPTE] = "spte",
	[STRATEGY_MEMSLOT] = "memslot",
	[STRATEGY_NOPIN] = "nopin",
};

int strategy_find(const char *name)
{
	for (int i = 0; i < STRATEGIES; i++)
		if (!strcmp(strategy_names[i], name))
			return i;
	return -EINVAL;
}

const char *strategy_list(enum strategy first)
{
	static char list[64];
	size_t n = 0;

	for (int i = first; i < STRATEGIES; i++)
		n += snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "",
			      strategy_names[i]);
	return list;
}
