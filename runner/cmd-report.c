// SPDX-License-Identifier: GPL-2.0-only
/* --report: make tables, plots and page of a run again from its cells. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pinlab.h"
#include "result.h"
#include "session.h"
#include "util.h"

int cmd_report(const struct settings *s)
{
	char err[OPT_ERR_MAX], *dir = NULL;
	int ret = session_check(s, err), lock_fd = -1;

	if (!ret)
		ret = run_find(s->results, s->arg, &dir, err);
	if (!ret)
		ret = run_lock(dir, &lock_fd, err);
	if (!ret)
		ret = result_tables(dir, err);
	if (!ret && s->plots)
		ret = report_build(dir, NULL, err);
	if (!ret)
		ret = summary_print(s, dir, err);
	if (lock_fd >= 0)
		close(lock_fd);
	free(dir);
	return ret ? usage_error("%s", err) : 0;
}
