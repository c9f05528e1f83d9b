// SPDX-License-Identifier: GPL-2.0-only
/* --resume: run what a run still lacks, by the plan and on the builds that it was made with. */
#include <errno.h>
#include <string.h>

#include "jobs.h"
#include "pinlab.h"
#include "sched.h"
#include "session.h"
#include "util.h"

/* All of a run is measured in one way. */
static int check_settings(const struct settings *s, const struct run *r, char *err)
{
	const struct opt_desc *d = opt_find(cell_fields, "collectors");
	char text[OPT_STR_MAX];

	if (s->collectors == COLLECTORS_AS_CONFIGURED ||
	    s->collectors == r->plan.cells[0].collectors)
		return 0;
	opt_format(d, &r->plan.cells[0], text, sizeof(text));
	return errf(err, -EINVAL, "--collectors: allowed with --resume %s: %s, as it was made with",
		    r->name, text);
}

static int resume_init(struct run *r, struct host *h, const struct settings *s, char *err)
{
	int ret = session_check(s, err);

	if (!ret)
		ret = run_open(r, s, s->arg, err);
	if (ret)
		return ret;
	ret = check_settings(s, r, err);
	if (!ret)
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
