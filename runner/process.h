// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children that run in a folder of their own and in a process group of their own, which dies with
 * the runner and is ended as a whole.
 */
#ifndef PINLAB_PROCESS_H
#define PINLAB_PROCESS_H

#include <sys/types.h>

#include "util.h"

#define PROCESS_STREAM_FD	3	/* where a child finds stream_fd */

/* What a child may take; 0: as much as it wants. */
struct process_limits {
	int64_t memory_bytes;	/* of address space */
	int64_t file_bytes;	/* of each file that it writes */
};

/*
 * Start argv in dir, its output in dir/log. stream_fd (-1: none) becomes its descriptor
 * PROCESS_STREAM_FD. Returns 0 with *pid set, or -errno with err set.
 */
int process_start(const struct strv *argv, const char *dir, const char *log, int stream_fd,
		  const struct process_limits *limits, pid_t *pid, char *err);

/* Send the group a signal. */
void process_signal(pid_t pid, int sig);

/*
 * If the child has ended, end what is left of its group, reap it and return true with *status as
 * waitpid() gives it.
 */
bool process_ended(pid_t pid, int *status);

/* "exit status 3", "signal 9 (Killed)". Returns buf. */
char *process_status_text(int status, char *buf, size_t len);

#endif
