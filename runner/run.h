// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run on disk: RESULTS/RUN/ with run.json and cells/ID/REPEAT/. What is being made lies in
 * RUN/.tmp/ and is renamed into place when it is whole; an open run is locked.
 */
#ifndef PINLAB_RUN_H
#define PINLAB_RUN_H

#include <jansson.h>
#include <time.h>

#include "common/record.h"
#include "host.h"
#include "request.h"

#define RUN_SCHEMA	1

struct run {
	const struct settings *settings;
	char *name;
	char *dir;
	char *tmp_dir;
	int dir_fd;		/* holds the lock */
	bool created;		/* by this process */
	bool made_results;	/* the folder of all runs too */
	bool kept;		/* something in it is worth keeping */
	char *config_name, *config_text;
	struct plan plan;
	const struct host *host;
	int jobs;
	json_t *earlier;	/* run.json of a run that is resumed */
	time_t started, ended;	/* ended: 0 while it runs */
	size_t by_status[STATUSES];	/* executions done, earlier ones included */
	size_t reused;		/* of them, taken from earlier runs */
};

/* A new run of the request, which gives its plan and config text away. 0 or -errno, err set. */
int run_create(struct run *r, const struct settings *s, struct request *request, char *err);

/* An existing run, by name or path, with the plan it was made with. 0 or -errno, err set. */
int run_open(struct run *r, const struct settings *s, const char *name, char *err);

/*
 * The folder of a run given by path or name; a name is one in results before it is one in the
 * current folder. The caller frees it. 0, or -errno with err set and *dir NULL.
 */
int run_find(const char *results, const char *name, char **dir, char *err);

/* Lock a run's folder until *fd is closed. 0, or -errno with err set and *fd -1. */
int run_lock(const char *dir, int *fd, char *err);

/* Write run.json, for the first time or anew. 0 or -errno, err set. */
int run_write(const struct run *r, char *err);

/* Is what this run's hosts are made of as it was? 0, or -EINVAL with what differs in err. */
int run_check_host(const struct run *r, char *err);

/* Has this execution been kept, whole? */
bool run_has(const struct run *r, const struct cell *c, int repeat);

/* Take a finished execution's folder into the run. 0 or -errno, err set. */
int run_keep(struct run *r, const struct cell *c, int repeat, enum status status, const char *dir,
	     char *err);

/* The same, but that a crash of the machine may cost it: it can be had again. */
int run_place(struct run *r, const struct cell *c, int repeat, enum status status, const char *dir,
	      char *err);

/* Remove what is temporary; a new run of which nothing was kept goes as a whole. */
void run_close(struct run *r);

/* How many executions were done, and how many passed. */
size_t run_done(const struct run *r);

#endif
