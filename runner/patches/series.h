// SPDX-License-Identifier: GPL-2.0-only
/*
 * A patch series as it was mailed: what each patch changes, by file, blob id and hunk. Mails are
 * taken apart by git mailsplit and git mailinfo, so encodings are theirs to know.
 *
 * Invariants: patches are in the order in which they apply; a path is never empty; an id is "" if
 * the patch does not tell it, else hexadecimal, as short as the patch has it.
 */
#ifndef PINLAB_PATCHES_SERIES_H
#define PINLAB_PATCHES_SERIES_H

#include "patches/git.h"

struct file_change {
	char *old_path, *new_path;	/* equal but for a rename or copy */
	char old_id[GIT_ID_MAX], new_id[GIT_ID_MAX];
	bool created, deleted, copied;
	long *hunks;			/* line of the old file at which each starts */
	size_t nr_hunks;
};

struct patch {
	char *subject;		/* without [PATCH ...] */
	char *diff;		/* file that holds it */
	char id[GIT_ID_MAX];	/* git patch-id --stable; "" if there is none */
	int number, count;	/* of [PATCH number/count]; 0: not told */
	struct file_change *changes;
	size_t nr;
};

struct series {
	char *dir;		/* temporary: holds the diffs */
	struct patch *patches;
	size_t nr;
	char base[GIT_ID_MAX];	/* of the base-commit: trailer, or "" */
	size_t prerequisites;	/* prerequisite-patch-id: trailers */
	int *missing;		/* numbers that [PATCH number/count] promises; ascending */
	size_t nr_missing;
	int count;		/* the largest that was told */
};

/*
 * Read mboxes, patch files and folders of *.patch, in this order; a mail without a diff gives its
 * trailers alone, replies count for nothing. 0, or -errno with "file: what" in err.
 */
int series_read(struct series *s, const char *const paths[], size_t nr, char *err);
void series_free(struct series *s);

/* "3, 5-7 of 9", or NULL if none is missing; the caller frees it. */
char *series_missing(const struct series *s);

/*
 * The parser below it: the changes of a diff, as text. file is for messages, as are the lines
 * of it before the diff. 0, or -EINVAL with "file:line: what" in err.
 */
int patch_parse(struct patch *p, const char *text, const char *file, int before, char *err);
void patch_free(struct patch *p);

#endif
