// SPDX-License-Identifier: GPL-2.0-only
/* --dashboard: the runs of the results folder as a site of static pages. */
#include <stdio.h>

#include "pinlab.h"
#include "site/site.h"
#include "util.h"

int cmd_dashboard(const struct settings *s)
{
	char err[OPT_ERR_MAX];

	if (site_build(s->results, s->arg, s->baseline, err))
		return usage_error("%s", err);
	printf("%s/index.html\n", path_shown(s->arg));
	return 0;
}
