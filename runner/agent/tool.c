// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "tool.h"

static const struct tool *const tools[WORKLOADS] = {
	[WORKLOAD_STRESS] = &tool_stress,
	[WORKLOAD_FIO] = &tool_fio,
};

const struct tool *tool_of(const struct cell *c)
{
	return tools[c->type];
}

void tool_add(struct tool_values *out, const char *metric, double value)
{
	if (out->nr == TOOL_VALUES_MAX)
		abort();
	out->v[out->nr++] = (struct tool_value){ .metric = metric, .value = value };
}
