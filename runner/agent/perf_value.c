// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "perf.h"

/*
 * raw * enabled / running, as perf_event_open(2) has it: right if the event was as frequent while
 * it was not on a counter.
 */
int perf_scale(struct perf_value *v)
{
	unsigned __int128 scaled;

	if (!v->running_ns)
		return -ENODATA;
	scaled = ((unsigned __int128)v->raw * v->enabled_ns + v->running_ns / 2) / v->running_ns;
	v->scaled = scaled > UINT64_MAX ? UINT64_MAX : (uint64_t)scaled;
	return 0;
}
