// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "jobs.h"
#include "util.h"

int jobs_default(const struct settings *s, const struct host_config *host)
{
	int64_t cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t fit = memory_available_bytes() / (host->memory_bytes + HOST_OVERHEAD_BYTES);

	if (s->jobs)
		return s->jobs;
	if (host->clock == CLOCK_WALL)
		return 1;
	if (fit < cpus)
		cpus = fit;
	return cpus > 0 ? cpus : 1;
}
