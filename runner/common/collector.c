// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "collector.h"

const char *const collector_names[COLLECTORS + 1] = {
	[COLLECTOR_NPF] = "npf",
	[COLLECTOR_KVM] = "kvm",
	[COLLECTOR_PERF] = "perf",
	[COLLECTOR_TRACE] = "trace",
	[COLLECTOR_PROC] = "proc",
	[COLLECTOR_MEMCRYPT] = "memcrypt",
};
