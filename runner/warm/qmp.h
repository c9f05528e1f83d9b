// SPDX-License-Identifier: GPL-2.0-only
/* The few commands of QEMU's monitor that saving and resuming a machine takes. */
#ifndef PINLAB_QMP_H
#define PINLAB_QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define QMP_LINE_MAX	(64 * 1024)

struct qmp {
	int fd;			/* a connected socket */
	char buf[QMP_LINE_MAX];
	size_t len;
	bool stopped;		/* an event said so since qmp_open() */
};

/* Greet the monitor at fd. 0, or -errno with the reason in err (OPT_ERR_MAX bytes); so do all. */
int qmp_open(struct qmp *q, int fd, char *err);

/* Wait until the machine stops by itself. -EPIPE: it ended before that; err is not set then. */
int qmp_wait_stopped(struct qmp *q, char *err);

/* Save the machine, which stands still, to a file that is open for writing. */
int qmp_save(struct qmp *q, int file_fd, char *err);

/* Wait until a machine that was started with -incoming has all of its state; let it go on. */
int qmp_resume(struct qmp *q, char *err);

#endif
