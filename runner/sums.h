// SPDX-License-Identifier: GPL-2.0-only
/* The file sha256sums of a folder: its other files, in the format that `sha256sum -c` reads. */
#ifndef PINLAB_SUMS_H
#define PINLAB_SUMS_H

#include <stddef.h>

#include "util.h"

#define SUMS_FILE	"sha256sums"
#define SHA256_HEX_MAX	65	/* bytes, with the NUL */

/* SHA-256 of n bytes, in hexadecimal. */
void sha256_text(const void *data, size_t n, char *hex);

/* SHA-256 of a file, in hexadecimal. 0 or -errno. */
int sha256_file(const char *path, char *hex);

/* The files of dir, but for folders, sha256sums and those with a leading dot. 0 or -errno. */
int sums_files(const char *dir, struct strv *names, char *err);

/* Write dir/sha256sums. 0 or -errno, err set. */
int sums_write(const char *dir, char *err);

/*
 * Write dir/sha256sums as it is in `from`, but for one file, which is read: all others are the same
 * there and here. 0 or -errno, err set.
 */
int sums_copy(const char *from, const char *dir, const char *but, char *err);

/* Does dir/sha256sums list all other files there, as they are? 0, or -EBADMSG, err set. */
int sums_check(const char *dir, char *err);

#endif
