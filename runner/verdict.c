// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

enum status verdict(const struct cell *c, bool encrypted, enum status status, char *reason)
{
	if (c->expect != EXPECT_CORRUPT)
		return status;
	if (status == STATUS_CORRUPT)
		return STATUS_XFAIL;
	if (status != STATUS_PASS)
		return status;
	if (!encrypted) {
		snprintf(reason, RECORD_REASON_MAX,
			 "memory encryption is not modelled (encrypt = off): no corruption to see");
		return STATUS_SKIP;
	}
	snprintf(reason, RECORD_REASON_MAX, "must corrupt under %s, and did not", c->strategy);
	return STATUS_FAIL;
}

int status_find(const char *name)
{
	for (int i = 0; i < STATUSES; i++)
		if (!strcmp(status_names[i], name))
			return i;
	return -EINVAL;
}
