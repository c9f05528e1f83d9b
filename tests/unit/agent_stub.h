// SPDX-License-Identifier: GPL-2.0-only
/* What parts of the agent that are tested by themselves need of the rest. Once in a program. */
#ifndef PINLAB_TEST_AGENT_STUB_H
#define PINLAB_TEST_AGENT_STUB_H

#include <stdarg.h>
#include <stdio.h>

#include "agent/agent.h"

int agent_fail(struct agent *a, enum status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (a->status == STATUS_PASS) {
		a->status = status;
		vsnprintf(a->reason, sizeof(a->reason), fmt, ap);
	}
	va_end(ap);
	return -1;
}

#endif
