// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "jobs.h"
#include "request.h"
#include "util.h"

int request_make(struct request *r, const struct settings *s, char *err)
{
	char *path = s->arg ? xstrdup(s->arg) : xasprintf("%s/configs/default.conf", s->root);
	int ret = config_load_kernels(&r->config, s->root, path, s->kernels, err);

	free(path);
	if (ret)
		return ret;
	/* A local host has only real time. */
	if (s->host == HOST_LOCAL)
		r->config.host.clock = CLOCK_WALL;
	if (s->clock != CLOCK_AS_CONFIGURED)
		r->config.host.clock = s->clock;
	if (s->collectors != COLLECTORS_AS_CONFIGURED)
		r->config.cell.collectors = s->collectors;
	if (s->host == HOST_LOCAL && r->config.host.clock == CLOCK_VIRTUAL)
		ret = errf(err, -EINVAL, "--clock virtual: a local host has only --clock wall");
	if (!ret)
		ret = plan_make(&r->plan, &r->config, s->host, s->filter, err);
	if (ret) {
		config_free(&r->config);
		return ret;
	}
	ret = jobs_check(s, &r->plan, err);
	if (ret)
		request_free(r);
	return ret;
}

void request_free(struct request *r)
{
	plan_free(&r->plan);
	config_free(&r->config);
}
