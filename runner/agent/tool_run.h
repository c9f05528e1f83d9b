// SPDX-License-Identifier: GPL-2.0-only
/* A cell whose guest runs a program: workloads stress and fio, on top of wl_boot.c. */
#ifndef PINLAB_TOOL_RUN_H
#define PINLAB_TOOL_RUN_H

#include "agent.h"
#include "tool.h"

#define TOOL_RUN_DISK	"/tmp/tool-disk.img"	/* that the guest may write */

struct tool_run {
	bool started, ended;	/* the program, with exit status `exit` */
	bool told;		/* what came of it, in tool_run_end() */
	double exit;
	char *output;		/* its results so far: TOOL_OUTPUT_MAX bytes at most */
	size_t len;
	bool said;		/* all of its messages, but for very long ones */
	char message[160];	/* the last line of them */
};

/* Look for the guest's initramfs, set up the host, make the disk. 0, or -1 with the cell failed. */
int tool_run_prepare(struct agent *a);
bool tool_run_has_disk(const struct agent *a);

/*
 * The guest waits at fd for what to run: tell it, if the cell starts warm as soon as the machine
 * was saved and resumed. 0, or -1 with the cell failed.
 */
int tool_run_go(struct agent *a, int fd);

/* What comes from the guest. 0 or -errno with the reason in err (OPT_ERR_MAX bytes). */
int tool_run_output(struct tool_run *t, const void *data, size_t len, char *err);
/* The first text is the program's messages, what follows is not. */
void tool_run_message(struct tool_run *t, const char *text, size_t len);

/* The guest is done: metrics of the results, or why there are none. */
void tool_run_end(struct agent *a, struct tool_run *t);

/* The VMM is gone. Without an end before, the cell's reason gets how far the program was. */
void tool_run_lost(struct agent *a, const struct tool_run *t);
void tool_run_free(struct tool_run *t);

#endif
