// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "splat.h"

/* As the kernel prints them (lib/bug.c, mm/kasan/report.c, kernel/locking/lockdep.c, ...). */
static const struct {
	const char *text;
	const char *kind;
} patterns[] = {
	{ "WARNING: CPU: ", "WARNING" },
	{ "WARNING: possible circular locking", "lockdep" },
	{ "WARNING: possible recursive locking", "lockdep" },
	{ "WARNING: possible irq lock inversion", "lockdep" },
	{ "WARNING: inconsistent lock state", "lockdep" },
	{ "WARNING: suspicious RCU usage", "lockdep" },
	{ "WARNING: bad unlock balance", "lockdep" },
	{ "WARNING: kernel stack", "WARNING" },
	{ "BUG: KASAN:", "KASAN" },
	{ "BUG: KCSAN:", "KCSAN" },
	{ "BUG: KFENCE:", "KFENCE" },
	{ "UBSAN: ", "UBSAN" },
	{ "BUG: ", "BUG" },
	{ "kernel BUG at ", "BUG" },
	{ "Oops: ", "Oops" },
	{ "general protection fault", "Oops" },
	{ "Unable to handle kernel", "Oops" },
	{ "Kernel panic - not syncing", "panic" },
	{ "detected stalls on CPUs/tasks", "RCU stall" },
	{ "self-detected stall on CPU", "RCU stall" },
	{ "blocked for more than ", "hung task" },
	{ "unreferenced object 0x", "kmemleak" },
};

const char *splat_kind(const char *line)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (strstr(line, patterns[i].text))
			return patterns[i].kind;
	return NULL;
}
