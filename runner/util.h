// SPDX-License-Identifier: GPL-2.0-only
/* Files, folders, strings and child processes: what the verbs share. */
#ifndef PINLAB_UTIL_H
#define PINLAB_UTIL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/opt.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Write the message to err (OPT_ERR_MAX bytes) and return ret: one line reports and fails. */
int errf(char *err, int ret, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* malloc() and friends that end the program when there is no memory. */
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A growing list of strings, NULL-terminated: a command line. Zero one before first use. */
struct strv {
	char **v;
	size_t nr;
};

void strv_add(struct strv *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_free(struct strv *s);

/* The words as one line that a shell reads back to the same words. The caller frees it. */
char *strv_quote(const struct strv *s);

/* Seconds of the monotonic clock. */
double now_s(void);

/* Read a whole file, NUL-terminated, into *text (the caller frees it). 0 or -errno with err set. */
int file_read(const char *path, char **text, char *err);

/* Write a file whole by way of a temporary one beside it, or not at all. 0 or -errno, err set. */
int file_replace(const char *path, const char *text, char *err);

/* Append the file src to fd. 0 or -errno, err set. */
int file_append(int fd, const char *src, char *err);

/* Make `to` the same file as `from`, or a copy where there are no links. 0 or -errno, err set. */
int file_link(const char *from, const char *to, char *err);

/* mkdir -p. 0 or -errno, err set. */
int dir_make(const char *path, char *err);

/* rm -rf; what is not there is fine. */
void dir_remove(const char *path);

/* Have all files of a folder written to the disk. 0 or -errno, err set. */
int dir_sync(const char *path, char *err);

/* Bytes that an unprivileged write to the file system of path can still take. */
int64_t disk_free_bytes(const char *path);

/* MemAvailable. */
int64_t memory_available_bytes(void);

/*
 * Run argv to its end; the first len - 1 bytes of its stdout go to out. Returns its exit status
 * (128 + N for signal N), or -errno with err set. If the status is not 0, err holds the last line
 * of its stderr.
 */
int command_run(const char *const argv[], char *out, size_t len, char *err);

/*
 * As command_run(), but shows on stderr what argv says there, while it runs; if it fails, all but
 * the last line, which is in err.
 */
int command_run_shown(const char *const argv[], char *out, size_t len, char *err);

/* The path as the user would write it: below the current folder, relative to it. */
const char *path_shown(const char *path);

/* The path from the root of the file system; it need not exist. The caller frees it. */
char *path_absolute(const char *path);

/* The last line of a file that is not blank, cut to len - 1 bytes; "" if there is none. */
char *file_last_line(const char *path, char *line, size_t len);

#endif
