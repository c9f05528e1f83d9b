// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that a QEMU guest runs as its workload: their command lines, and what they say in the
 * end, which comes from the guest and is not to be trusted. Pure.
 */
#ifndef PINLAB_TOOL_H
#define PINLAB_TOOL_H

#include <stddef.h>

#include "common/cell.h"

#define TOOL_OUTPUT_MAX		(256 * 1024)
#define TOOL_COMMAND_MAX	1024
#define TOOL_VALUES_MAX		20

struct tool_value {
	const char *metric;
	double value;
};

struct tool_values {
	struct tool_value v[TOOL_VALUES_MAX];
	size_t nr;
};

struct tool {
	const char *name;	/* of the program */
	const char *initramfs;	/* of the guest that has it */
	/* Its command line, in TOOL_COMMAND_MAX bytes; returns the length, as snprintf() does. */
	int (*command)(const struct cell *c, char *buf);
	/*
	 * Read what it wrote. Returns 0; -EBADMSG if that is not what the program writes; -EIO if
	 * it says that it failed; then the reason is in err (OPT_ERR_MAX bytes).
	 */
	int (*parse)(const struct cell *c, const char *text, size_t len, struct tool_values *out,
		     char *err);
};

extern const struct tool tool_stress, tool_fio;

/* The cell's tool; NULL for a workload that has none. */
const struct tool *tool_of(const struct cell *c);

void tool_add(struct tool_values *out, const char *metric, double value);

#endif
