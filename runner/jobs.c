// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <unistd.h>

#include "jobs.h"
#include "util.h"

static int64_t jobs_that_fit(const struct host_config *host)
{
	return memory_available_bytes() / (host->memory_bytes + HOST_OVERHEAD_BYTES);
}

int jobs_default(const struct settings *s, const struct host_config *host)
{
	int64_t cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t fit = jobs_that_fit(host);

	if (s->jobs)
		return s->jobs;
	if (host->clock == CLOCK_WALL)
		return 1;
	if (fit < cpus)
		cpus = fit;
	return cpus > 0 ? cpus : 1;
}

int jobs_check(const struct settings *s, const struct plan *p, char *err)
{
	int64_t executions = p->nr * p->repeats, fit = jobs_that_fit(&p->host);
	int64_t at_once = s->jobs < executions ? s->jobs : executions;

	if (s->jobs <= 1)
		return 0;
	if (s->host == HOST_LOCAL)
		return errf(err, -EINVAL, "--jobs: found '%lld', allowed with --host local: 1 "
			    "(pins are counted for the whole machine)", (long long)s->jobs);
	if (at_once > 1 && at_once > fit)
		return errf(err, -ENOMEM, "--jobs: found '%lld', allowed: 1 to %lld, no more hosts "
			    "of %lld MiB fit in free memory", (long long)s->jobs,
			    fit > 1 ? (long long)fit : 1,
			    (long long)(p->host.memory_bytes + HOST_OVERHEAD_BYTES) >> 20);
	return 0;
}
