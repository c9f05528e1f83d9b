// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "tracefs.h"

static const char *const mounts[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

int tracefs_load(struct tracepoint *tp, char *err, size_t len)
{
	char path[256], text[8192];
	const char *missing;
	ssize_t n = -ENOENT;

	for (int i = 0; n < 0 && i < 2; i++) {
		snprintf(path, sizeof(path), "%s/events/%s/%s/format", mounts[i], tp->system,
			 tp->name);
		n = file_read(path, text, sizeof(text));
	}
	if (n < 0) {
		snprintf(err, len, "tracepoint %s:%s: %s; be root, mount tracefs on %s, load kvm",
			 tp->system, tp->name, strerror(-n), mounts[0]);
		return n;
	}
	n = tracefs_parse(tp, text, &missing);
	if (n)
		snprintf(err, len, "tracepoint %s:%s has no field '%s'", tp->system, tp->name,
			 missing);
	return n;
}
