// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "host.h"

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
