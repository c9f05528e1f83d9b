// SPDX-License-Identifier: GPL-2.0-only
/* Bench hosts: where cells run. A kind of host is a row of functions, called in this order. */
#ifndef PINLAB_HOST_H
#define PINLAB_HOST_H

#include <jansson.h>
#include <sys/types.h>

#include "common/record.h"
#include "pinlab.h"
#include "plan.h"

#define HOST_LOG	"host.log"	/* output of the host's process */
#define HOST_CONSOLE	"console.log"	/* of an emulated host */
#define HOST_STREAM	"stream.bin"
#define HOST_CELL	"cell.ini"
#define HOST_SAVED_CELL	"start.ini"	/* cell_to_save() of a warm one */

struct host {
	const struct host_ops *ops;
	const struct settings *settings;
	const struct plan *plan;
	void *priv;
};

struct host_child {
	pid_t pid;
	int stream_fd;	/* a pipe that carries the stream, or -1: dir/stream.bin grows by itself */
};

struct host_ops {
	const char *name;
	/* Find what the plan's cells need; what is missing is named in err. 0 or -errno. */
	int (*probe)(struct host *h, char *err);
	/* Make what the cells share, in tmp_dir. 0 or -errno, err set. */
	int (*prepare)(struct host *h, const char *tmp_dir, char *err);
	/* Execute a cell; dir is its folder and holds HOST_CELL. 0 or -errno, err set. */
	int (*start)(struct host *h, const struct cell *c, const char *dir,
		     struct host_child *child, char *err);
	/* The command that does the same, run in the cell's folder. The caller frees it. */
	char *(*command)(const struct host *h, const struct cell *c);
	/* Why the host ended without an end record; reason has RECORD_REASON_MAX bytes. */
	enum status (*classify)(const char *dir, int wait_status, char *reason);
	/*
	 * All that decides a cell's records but its description; NULL: they differ each time. The
	 * caller frees it. May be NULL: they always do.
	 */
	char *(*inputs)(const struct host *h, const struct cell *c);
	/* What the host is made of, for run.json: an object. */
	json_t *(*describe)(const struct host *h);
	void (*free)(struct host *h);
};

extern const struct host_ops host_emulated, host_local;

/* A host for the plan. 0, or -errno with what is missing in err. */
int host_open(struct host *h, const struct settings *s, const struct plan *plan, char *err);
void host_close(struct host *h);

/* Write the cell's description to the file dir/name. 0 or -errno, err set. */
int host_write_cell(const struct cell *c, const char *dir, const char *name, char *err);

#endif
