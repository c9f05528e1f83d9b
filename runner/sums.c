// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csvfile.h"
#include "sums.h"
#include "util.h"

#define CHUNK		(256 * 1024)
#define HASH_BYTES	32
#define SEPARATOR	"  "

static void to_hex(const unsigned char *hash, char *hex)
{
	for (int i = 0; i < HASH_BYTES; i++)
		sprintf(hex + 2 * i, "%02x", hash[i]);
}

void sha256_text(const void *data, size_t n, char *hex)
{
	unsigned char hash[HASH_BYTES];

	if (!EVP_Digest(data, n, hash, NULL, EVP_sha256(), NULL))
		abort();
	to_hex(hash, hex);
}

int sha256_file(const char *path, char *hex)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char *buf = xrealloc(NULL, CHUNK, 1);
	unsigned char hash[HASH_BYTES];
	FILE *f = fopen(path, "re");
	int ret = f ? 0 : -errno;
	size_t n;

	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		abort();
	while (f && (n = fread(buf, 1, CHUNK, f)) > 0)
		if (!EVP_DigestUpdate(ctx, buf, n))
			abort();
	if (f && ferror(f))
		ret = -EIO;
	if (f)
		fclose(f);
	if (!EVP_DigestFinal_ex(ctx, hash, NULL))
		abort();
	to_hex(hash, hex);
	EVP_MD_CTX_free(ctx);
	free(buf);
	return ret;
}

static int is_summed(const struct dirent *e)
{
	return e->d_name[0] != '.' && e->d_type != DT_DIR && strcmp(e->d_name, SUMS_FILE);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int sums_files(const char *dir, struct strv *names, char *err)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, is_summed, by_name);

	*names = (struct strv){ .nr = 0 };
	if (n < 0)
		return errf(err, -errno, "%s: %s", path_shown(dir), strerror(errno));
	for (int i = 0; i < n; i++) {
		strv_add(names, "%s", list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return 0;
}

static int put_sum(struct outfile *o, const char *dir, const char *name, char *err)
{
	char *path = xasprintf("%s/%s", dir, name), hex[SHA256_HEX_MAX];
	int ret = sha256_file(path, hex);

	if (ret)
		errf(err, ret, "%s: %s", path_shown(path), strerror(-ret));
	else
		fprintf(o->f, "%s" SEPARATOR "%s\n", hex, name);
	free(path);
	return ret;
}

static int finish(struct outfile *o, int ret, char *err)
{
	if (!ret)
		return outfile_close(o, err);
	outfile_abort(o);
	return ret;
}

int sums_write(const char *dir, char *err)
{
	struct strv names;
	struct outfile o;
	int ret = sums_files(dir, &names, err);

	if (ret)
		return ret;
	ret = outfile_open(&o, dir, SUMS_FILE, err);
	for (size_t i = 0; i < names.nr && !ret; i++)
		ret = put_sum(&o, dir, names.v[i], err);
	strv_free(&names);
	return finish(&o, ret, err);
}

int sums_copy(const char *from, const char *dir, const char *but, char *err)
{
	char *path = xasprintf("%s/" SUMS_FILE, from), *text, *at, *line;
	struct outfile o;
	int ret = file_read(path, &text, err);

	free(path);
	if (ret)
		return ret;
	ret = outfile_open(&o, dir, SUMS_FILE, err);
	at = text;
	while (!ret && (line = strsep(&at, "\n")) && *line) {
		const char *name = strstr(line, SEPARATOR);

		if (name && !strcmp(name + strlen(SEPARATOR), but))
			ret = put_sum(&o, dir, but, err);
		else
			fprintf(o.f, "%s\n", line);
	}
	free(text);
	return finish(&o, ret, err);
}

/* Take the name out of the list, if it is there. */
static bool strike(struct strv *names, const char *name)
{
	for (size_t i = 0; i < names->nr; i++) {
		if (!strcmp(names->v[i], name)) {
			free(names->v[i]);
			memmove(&names->v[i], &names->v[i + 1],
				(names->nr-- - i) * sizeof(*names->v));
			return true;
		}
	}
	return false;
}

static int check_line(const char *dir, char *line, struct strv *unlisted, char *err)
{
	char *name = strstr(line, SEPARATOR), *path, hex[SHA256_HEX_MAX];
	int ret;

	if (!name || strchr(name, '/'))
		return errf(err, -EBADMSG, SUMS_FILE " is damaged");
	*name = '\0';
	name += strlen(SEPARATOR);
	path = xasprintf("%s/%s", dir, name);
	ret = sha256_file(path, hex);
	free(path);
	if (ret)
		return errf(err, -EBADMSG, "%.100s: %s", name, strerror(-ret));
	if (!strike(unlisted, name))
		return errf(err, -EBADMSG, SUMS_FILE " must not list %.100s, or just once", name);
	return strcmp(hex, line) ? errf(err, -EBADMSG, "%.100s is not as it was written", name) : 0;
}

int sums_check(const char *dir, char *err)
{
	char *path = xasprintf("%s/" SUMS_FILE, dir), *text = NULL, *at, *line;
	struct strv unlisted = { .nr = 0 };
	int ret = 0;

	if (file_read(path, &text, err))
		ret = errf(err, -EBADMSG, "it has no " SUMS_FILE);
	else
		ret = sums_files(dir, &unlisted, err);
	at = text;
	while (!ret && (line = strsep(&at, "\n")) && *line)
		ret = check_line(dir, line, &unlisted, err);
	if (!ret && unlisted.nr)
		ret = errf(err, -EBADMSG, SUMS_FILE " does not list %.100s", unlisted.v[0]);
	strv_free(&unlisted);
	free(text);
	free(path);
	return ret;
}
