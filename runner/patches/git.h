// SPDX-License-Identifier: GPL-2.0-only
/*
 * git as a library of programs. What is run reads a user's tree and writes nothing to it: an index
 * and an object store of one's own take what has to be written.
 */
#ifndef PINLAB_PATCHES_GIT_H
#define PINLAB_PATCHES_GIT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "util.h"

#define GIT_ID_MAX	65	/* of an object's id in hexadecimal, SHA-256 too, with the NUL */
#define GIT_TIMEOUT_S	300	/* that a git program may take before it is ended */

struct git {
	char *tree;		/* the top of the repository */
	char *index;		/* path of an index to use instead of its own; may be NULL */
	char *objects;		/* folder that takes new objects; may be NULL */
	char *alternate;	/* with objects: where the repository has its own */
};

/* A git program at work. */
struct git_child {
	pid_t pid;
	FILE *in;		/* what it reads; NULL: nothing */
	FILE *out;		/* what it prints */
	int errors_fd;
};

/*
 * Start git with the words args (without 'git', ends with NULL). feed: it reads what is written to
 * c->in. 0, or -errno with err set.
 */
int git_start(const struct git *g, struct git_child *c, bool feed, const char *const args[],
	      char *err);

/*
 * Close its pipes and wait for its end. Returns its exit status, 128 + N for signal N; *errors (may
 * be NULL) is what it said on stderr, the caller frees it.
 */
int git_end(struct git_child *c, char **errors);

/*
 * Run git to its end; *out is all that it printed, without a last line feed; the caller frees it.
 * Returns its exit status, or -errno; if that is not 0, err has what it said last.
 */
int git_text(const struct git *g, char **out, char *err, const char *const args[]);
#define GIT_ARGS(...)	((const char *const[]){ __VA_ARGS__, NULL })

/* Find the repository that the folder tree is in. 0, or -EINVAL with err set. */
int git_open(struct git *g, const char *tree, char *err);

/* Let what is written go to the folder dir, which is there. 0, or -errno with err set. */
int git_shadow(struct git *g, const char *dir, char *err);
void git_close(struct git *g);

/* The commit that rev names, in full. 0, or -EINVAL with err set. */
int git_commit(const struct git *g, const char *rev, char id[GIT_ID_MAX], char *err);

/*
 * Split "TREE" or "TREE@REV" at the first @ that ends the name of a file or folder that exists (at
 * the first of all, if none does), unless all of it is one. *tree is the caller's to free; *rev
 * points into spec, or is NULL.
 */
void git_split(const char *spec, char **tree, const char **rev);

#endif
