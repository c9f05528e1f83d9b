// SPDX-License-Identifier: GPL-2.0-only
#include "report_html.h"

int report_html(const struct model *m, const struct plots *p, char *err)
{
	struct outfile o;
	int ret = outfile_open(&o, m->run_dir, "index.html", err);

	(void)p;
	return ret ? ret : outfile_close(&o, err);
}
