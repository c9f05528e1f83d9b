// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "estimate.h"
#include "jobs.h"
#include "result.h"
#include "reuse.h"
#include "sched.h"
#include "session.h"
#include "util.h"

int session_check(const struct settings *s, char *err)
{
	return s->plots ? report_check(err) : 0;
}

/* Tables and plots of what there is; after an error only as far as they go. */
static int finish(struct run *r, char *err)
{
	int ret = result_tables(r->dir, err);

	if (!ret && r->settings->plots)
		ret = report_build(r->dir, r->settings->reuse ? r->settings->results : NULL,
				   err);
	r->ended = time(NULL);
	if (!ret)
		ret = run_write(r, err);
	return ret;
}

static bool all_done(const struct run *r)
{
	return run_done(r) == r->plan.nr * r->plan.repeats;
}

/* What earlier runs have needs no host. */
static int prepare(struct run *r, struct host *h, char *err)
{
	int ret = r->settings->reuse ? reuse_take(r, h, err) : 0;

	if (!ret && !all_done(r))
		ret = h->ops->prepare(h, r->tmp_dir, err);
	return ret ? ret : run_write(r, err);
}

static int execute(struct run *r, struct host *h, int signal_fd, char *err)
{
	struct estimates e;
	int ret;

	if (all_done(r))
		return 0;
	estimates_load(&e, r->settings->results);
	ret = sched_run(r, h, &e, signal_fd, err);
	estimates_free(&e);
	return ret;
}

/* The last line, and the exit status: a skipped cell has no verdict, so it is no success. */
static int tell_end(const struct run *r)
{
	size_t done = run_done(r), xfail = r->by_status[STATUS_XFAIL];
	size_t passed = r->by_status[STATUS_PASS], skipped = r->by_status[STATUS_SKIP];
	FILE *f = r->settings->format == FORMAT_KTAP ? stderr : stdout;

	fprintf(f, "\n%zu cell%s", done, done == 1 ? "" : "s");
	if (r->reused)
		fprintf(f, " (%zu reused)", r->reused);
	fprintf(f, ": %zu passed, ", passed);
	if (xfail)
		fprintf(f, "%zu failed as expected (xfail), ", xfail);
	if (skipped)
		fprintf(f, "%zu skipped, ", skipped);
	fprintf(f, "%zu failed: %s\n", done - passed - xfail - skipped, path_shown(r->dir));
	return passed + xfail == done ? EXIT_PASSED : EXIT_NOT_PASSED;
}

/* A CI system wants what there is: the plan line tells that more was to come. */
static bool to_show(const struct run *r, int stopped, int unfinished)
{
	return r->settings->format == FORMAT_KTAP ? r->kept && !unfinished : !stopped;
}

int session_run(struct run *r, struct host *h, int signal_fd)
{
	char err[OPT_ERR_MAX], later[OPT_ERR_MAX];
	int ret, finished = 0;

	r->jobs = jobs_default(r->settings, &r->plan.host);
	ret = prepare(r, h, err);
	if (signals_stop(signal_fd))
		return EXIT_INTERRUPTED;
	if (ret)
		return usage_error("%s", err);

	ret = execute(r, h, signal_fd, err);
	if (r->kept)
		finished = finish(r, later);
	if (ret && ret != -EINTR)
		return usage_error("%s", err);
	if (ret == -EINTR)
		fprintf(stderr, "pinlab: stopped, %zu of %zu executions are done%s%s\n",
			run_done(r), r->plan.nr * (size_t)r->plan.repeats,
			r->kept ? "; go on with --resume " : "", r->kept ? r->name : "");
	if (to_show(r, ret, finished) && summary_print(r->settings, r->dir, err))
		return usage_error("%s", err);
	if (finished)
		return usage_error("%s", later);
	if (ret)
		return EXIT_INTERRUPTED;
	return tell_end(r);
}
