// SPDX-License-Identifier: GPL-2.0-only
/* --matrix: run the cells of a config. */
#include <string.h>

#include "pinlab.h"
#include "sched.h"
#include "session.h"
#include "util.h"

struct matrix {
	struct request request;
	struct host host;
	struct run run;
};

/* All that can be refused is refused before the first file is written. */
static int matrix_init(struct matrix *m, const struct settings *s, char *err)
{
	int ret = request_make(&m->request, s, err);

	if (ret)
		return ret;
	ret = session_check(s, err);
	if (!ret)
		ret = host_open(&m->host, s, &m->request.plan, err);
	if (ret)
		request_free(&m->request);
	return ret;
}

static int matrix_work(struct matrix *m, const struct settings *s)
{
	int signal_fd = signals_open(), status;
	char err[OPT_ERR_MAX];

	m->run = (struct run){ .dir_fd = -1 };
	if (signal_fd < 0)
		return usage_error("signalfd: %s", strerror(-signal_fd));
	if (run_create(&m->run, s, &m->request, err)) {
		status = usage_error("%s", err);
	} else {
		m->run.host = &m->host;
		m->host.plan = &m->run.plan;
		status = session_run(&m->run, &m->host, signal_fd);
	}
	signals_close(signal_fd);
	return status;
}

static void matrix_exit(struct matrix *m)
{
	host_close(&m->host);
	run_close(&m->run);
	request_free(&m->request);
}

int cmd_matrix(const struct settings *s)
{
	char err[OPT_ERR_MAX];
	struct matrix m;
	int status;

	if (matrix_init(&m, s, err))
		return usage_error("%s", err);
	status = matrix_work(&m, s);
	matrix_exit(&m);
	return status;
}
