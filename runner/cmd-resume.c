// SPDX-License-Identifier: GPL-2.0-only
/* --resume: run what a run still lacks, by the plan and on the builds that it was made with. */
#include <string.h>

#include "jobs.h"
#include "pinlab.h"
#include "sched.h"
#include "session.h"
#include "util.h"

static int resume_init(struct run *r, struct host *h, const struct settings *s, char *err)
{
	int ret = session_check(s, err);

	if (!ret)
		ret = run_open(r, s, s->arg, err);
	if (ret)
		return ret;
	ret = jobs_check(s, &r->plan, err);
	if (!ret)
		ret = host_open(h, s, &r->plan, err);
	if (!ret) {
		r->host = h;
		ret = run_check_host(r, err);
		if (ret)
			host_close(h);
	}
	if (ret)
		run_close(r);
	return ret;
}

int cmd_resume(const struct settings *s)
{
	int signal_fd = signals_open(), status;
	char err[OPT_ERR_MAX];
	struct host h;
	struct run r;

	if (signal_fd < 0)
		return usage_error("signalfd: %s", strerror(-signal_fd));
	if (resume_init(&r, &h, s, err)) {
		status = usage_error("%s", err);
	} else {
		status = session_run(&r, &h, signal_fd);
		host_close(&h);
		run_close(&r);
	}
	signals_close(signal_fd);
	return status;
}
