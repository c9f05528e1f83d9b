// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "util.h"

static const struct host_ops *const kinds[] = {
	[HOST_EMULATED] = &host_emulated,
	[HOST_LOCAL] = &host_local,
};

int host_open(struct host *h, const struct settings *s, const struct plan *plan, char *err)
{
	int ret;

	*h = (struct host){ .ops = kinds[s->host], .settings = s, .plan = plan };
	ret = h->ops->probe(h, err);
	if (ret)
		host_close(h);
	return ret;
}

void host_close(struct host *h)
{
	if (h->ops)
		h->ops->free(h);
	memset(h, 0, sizeof(*h));
}

int host_write_cell(const struct cell *c, const char *dir, const char *name, char *err)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "we");
	int ret = f ? cell_write(c, f) : -errno;

	if (f && fclose(f) && !ret)
		ret = -errno;
	if (ret)
		errf(err, ret, "%s: %s", path_shown(path), strerror(-ret));
	free(path);
	return ret;
}
