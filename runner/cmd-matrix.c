// SPDX-License-Identifier: GPL-2.0-only
/* --matrix: run the cells of a config. */
#include <string.h>

#include "pinlab.h"
#include "sched.h"
#include "session.h"
#include "util.h"

/* All that can be refused is refused before the first file is written. */
static int matrix_init(struct request *request, struct host *h, const struct settings *s, char *err)
{
	int ret = request_make(request, s, err);

	if (ret)
		return ret;
	ret = session_check(s, err);
	if (!ret)
		ret = host_open(h, s, &request->plan, err);
	if (ret)
		request_free(request);
	return ret;
}

static int matrix_work(struct request *request, struct host *h, const struct settings *s)
{
	int signal_fd = signals_open(), status;
	char err[OPT_ERR_MAX];
	struct run r;

	if (signal_fd < 0)
		return usage_error("signalfd: %s", strerror(-signal_fd));
	if (run_create(&r, s, request, err)) {
		status = usage_error("%s", err);
	} else {
		r.host = h;
		h->plan = &r.plan;
		status = session_run(&r, h, signal_fd);
		run_close(&r);
	}
	signals_close(signal_fd);
	return status;
}

int cmd_matrix(const struct settings *s)
{
	struct request request;
	char err[OPT_ERR_MAX];
	struct host h;
	int status;

	if (matrix_init(&request, &h, s, err))
		return usage_error("%s", err);
	status = matrix_work(&request, &h, s);
	host_close(&h);
	request_free(&request);
	return status;
}
