// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

#define COPY_BYTES	(1 << 20)
#define TAIL_BYTES	8192

int errf(char *err, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, OPT_ERR_MAX, fmt, ap);
	va_end(ap);
	return ret;
}

static void *no_null(void *p)
{
	if (!p) {
		fputs("pinlab: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
	return no_null(reallocarray(p, n ? n : 1, size));
}

char *xstrdup(const char *s)
{
	return no_null(strdup(s));
}

static char *format(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	return no_null(s);
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = format(fmt, ap);
	va_end(ap);
	return s;
}

void strv_add(struct strv *s, const char *fmt, ...)
{
	va_list ap;

	s->v = xrealloc(s->v, s->nr + 2, sizeof(*s->v));
	va_start(ap, fmt);
	s->v[s->nr++] = format(fmt, ap);
	va_end(ap);
	s->v[s->nr] = NULL;
}

void strv_free(struct strv *s)
{
	for (size_t i = 0; i < s->nr; i++)
		free(s->v[i]);
	free(s->v);
	memset(s, 0, sizeof(*s));
}

static bool shell_plain(const char *word)
{
	return word[0] && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789@%+=:,./_-")];
}

char *strv_quote(const struct strv *s)
{
	char *line = NULL;
	size_t len;
	FILE *f = no_null(open_memstream(&line, &len));

	for (size_t i = 0; i < s->nr; i++) {
		const char *word = s->v[i];

		if (i)
			fputc(' ', f);
		if (shell_plain(word)) {
			fputs(word, f);
			continue;
		}
		fputc('\'', f);
		for (; *word; word++)
			fputs(*word == '\'' ? "'\\''" : (char[]){ *word, '\0' }, f);
		fputc('\'', f);
	}
	fclose(f);
	return no_null(line);
}

double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

int file_read(const char *path, char **text, char *err)
{
	FILE *in = fopen(path, "re"), *out;
	char buf[4096];
	size_t n, len;
	int ret = 0;

	*text = NULL;
	if (!in)
		return errf(err, -errno, "%s: %s", path_shown(path), strerror(errno));
	out = no_null(open_memstream(text, &len));
	while ((n = fread(buf, 1, sizeof(buf), in)))
		fwrite(buf, 1, n, out);
	if (ferror(in))
		ret = errf(err, -errno, "%s: %s", path_shown(path), strerror(errno));
	fclose(out);
	fclose(in);
	if (ret) {
		free(*text);
		*text = NULL;
	}
	return ret;
}

int file_replace(const char *path, const char *text, char *err)
{
	char *tmp = xasprintf("%s.%d", path, (int)getpid());
	FILE *f = fopen(tmp, "we");
	int ret = 0;

	if (!f) {
		ret = -errno;
	} else {
		if (fputs(text, f) == EOF || fflush(f))
			ret = -errno;
		if (fclose(f) && !ret)
			ret = -errno;
		if (!ret && rename(tmp, path))
			ret = -errno;
		if (ret)
			unlink(tmp);
	}
	free(tmp);
	return ret ? errf(err, ret, "%s: %s", path_shown(path), strerror(-ret)) : 0;
}

static int copy_fd(int out, int in, char *buf)
{
	ssize_t n, done;

	while ((n = read(in, buf, COPY_BYTES)) > 0) {
		for (ssize_t at = 0; at < n; at += done) {
			done = write(out, buf + at, n - at);
			if (done < 0)
				return -errno;
		}
	}
	return n < 0 ? -errno : 0;
}

int file_append(int fd, const char *src, char *err)
{
	int in = open(src, O_RDONLY | O_CLOEXEC), ret;
	char *buf;

	if (in < 0)
		return errf(err, -errno, "%s: %s", src, strerror(errno));
	buf = xrealloc(NULL, COPY_BYTES, 1);
	ret = copy_fd(fd, in, buf);
	free(buf);
	close(in);
	return ret ? errf(err, ret, "copy of %s: %s", src, strerror(-ret)) : 0;
}

int file_link(const char *from, const char *to, char *err)
{
	int fd, ret;

	if (!link(from, to))
		return 0;
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return errf(err, -errno, "%s: %s", path_shown(to), strerror(errno));
	ret = file_append(fd, from, err);
	if (close(fd) && !ret)
		ret = errf(err, -errno, "%s: %s", path_shown(to), strerror(errno));
	return ret;
}

int dir_make(const char *path, char *err)
{
	char *p = xstrdup(path);
	int ret = 0;

	for (char *slash = strchr(p + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(p, 0777);
		*slash = '/';
	}
	if (mkdir(p, 0777) && errno != EEXIST)
		ret = errf(err, -errno, "%s: %s", path_shown(path), strerror(errno));
	free(p);
	return ret;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void dir_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int sync_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	int fd, ret = 0;

	(void)st;
	(void)ftw;
	if (type != FTW_F && type != FTW_DP)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* Not every file system syncs folders. */
	if (fd < 0 || (fsync(fd) && errno != EINVAL))
		ret = errno;
	if (fd >= 0)
		close(fd);
	return ret;
}

int dir_sync(const char *path, char *err)
{
	int ret = nftw(path, sync_one, 16, FTW_DEPTH | FTW_PHYS);

	if (ret < 0)
		ret = errno;
	return ret ? errf(err, -ret, "%s: %s", path_shown(path), strerror(ret)) : 0;
}

int64_t disk_free_bytes(const char *path)
{
	struct statvfs v;

	if (statvfs(path, &v))
		return 0;
	return (int64_t)v.f_bavail * v.f_frsize;
}

int64_t memory_available_bytes(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	long long kib = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lld kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib << 10;
}

const char *path_shown(const char *path)
{
	static char cwd[PATH_MAX];
	size_t len;

	if (!getcwd(cwd, sizeof(cwd)))
		return path;
	len = strlen(cwd);
	if (!strncmp(path, cwd, len) && path[len] == '/' && path[len + 1])
		return path + len + 1;
	return path;
}

char *path_absolute(const char *path)
{
	char cwd[PATH_MAX];

	if (path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		return xstrdup(path);
	return xasprintf("%s/%s", cwd, path);
}

char *file_last_line(const char *path, char *line, size_t len)
{
	char buf[TAIL_BYTES + 1], *end, *start;
	FILE *f = fopen(path, "re");
	size_t n = 0;

	line[0] = '\0';
	if (!f)
		return line;
	if (fseek(f, -TAIL_BYTES, SEEK_END))
		rewind(f);
	n = fread(buf, 1, TAIL_BYTES, f);
	fclose(f);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)buf[i] < ' ' && buf[i] != '\n')
			buf[i] = ' ';
	buf[n] = '\0';
	end = buf + n;
	while (end > buf && (end[-1] == ' ' || end[-1] == '\n'))
		end--;
	*end = '\0';
	start = strrchr(buf, '\n');
	snprintf(line, len, "%s", start ? start + 1 : buf);
	return line;
}
