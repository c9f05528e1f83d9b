// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which commit is a series based on? A patch's index lines name the blobs that it was made on; the
 * series is based on a commit whose tree has all of those that no earlier patch of it made.
 */
#ifndef PINLAB_PATCHES_BASE_H
#define PINLAB_PATCHES_BASE_H

#include "patches/series.h"

/* What the base must have at a path: a blob (id, maybe short), or nothing (id of zeros). */
struct preimage {
	const char *path;	/* of the series */
	const char *id;
	size_t patch;		/* that needs it, from 0 */
	bool exists;		/* the tree's history has such an object */
	char found[GIT_ID_MAX];	/* what the base has there; "": nothing */
};

struct base {
	struct preimage *needs;
	size_t nr;
	bool trailer;		/* base-commit: said so */
	char commit[GIT_ID_MAX];	/* "": none has any of them */
	char since[GIT_ID_MAX];	/* the oldest in its history with the same needs; "" if not all */
	size_t have;		/* needs that it has */
};

/*
 * The needs of a series. 0; -EINVAL, err set: a patch does not continue what an earlier one left,
 * or no patch tells ids and there is no trailer.
 */
int preimages_find(struct base *b, const struct series *s, char *err);

/* Does the base have, of what it was looked up for, what n wants? */
bool preimage_holds(const struct preimage *n);

/*
 * Find the base of s in g: the commit of the trailer, if g has it, or else of those that rev
 * reaches (NULL: all branches, tags and HEAD) the newest that has all needs, or else one that has
 * the most, the newest of these. "Newest" is by commit date. 0 or -errno, err set; b->commit is ""
 * if not one need is met anywhere.
 */
int base_find(struct base *b, const struct series *s, const struct git *g, const char *rev,
	      char *err);
void base_free(struct base *b);

/* How a series applies to a commit, exactly as git apply does: lines may have moved, no fuzz. */
struct applied {
	bool all;
	size_t patch;			/* that does not apply, from 0 */
	char why[OPT_ERR_MAX];		/* "hunk 2 of 3 in FILE (its line 40) ..." */
	size_t moved;			/* hunks that apply at another line than they say */
	char tree[GIT_ID_MAX];		/* id of the tree with the series, if all apply */
};

/* 0 or -errno with err set; nothing is written to the repository. */
int series_apply(const struct series *s, const struct git *g, const char *commit,
		 struct applied *a, char *err);

#endif
