// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "patches/series.h"

static const struct git no_tree = { .tree = NULL };

static bool is_id(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return len >= 7 && len < GIT_ID_MAX;
}

/* Trailers stand at the start of a line, in a mail's text or behind its diff. */
static void take_trailers(struct series *s, const char *text)
{
	static const char base[] = "base-commit: ", prerequisite[] = "prerequisite-patch-id: ";

	while (*text) {
		size_t len = strcspn(text, "\r\n"), n = strlen(base);

		if (!strncmp(text, base, n) && is_id(text + n, len - n))
			snprintf(s->base, sizeof(s->base), "%.*s", (int)(len - n), text + n);
		s->prerequisites += !strncmp(text, prerequisite, strlen(prerequisite));
		text += len;
		text += strspn(text, "\r\n");
	}
}

/* The N/M of "[RFC PATCH v2 N/M] subject", wherever it stands in the brackets. */
static void take_number(struct patch *p, const char *subject)
{
	const char *s = subject[0] == '[' ? subject : "";

	while (*s && *s != ']') {
		int number, count, len = 0;

		s++;
		if (sscanf(s, "%4d/%4d%n", &number, &count, &len) == 2 && number > 0 &&
		    (s[len] == ']' || s[len] == ' ')) {
			p->number = number;
			p->count = count;
			return;
		}
		s += strcspn(s, " ]");
	}
}

static const char *subject_bare(const char *subject)
{
	while (*subject == '[' && strchr(subject, ']')) {
		subject = strchr(subject, ']') + 1;
		subject += strspn(subject, " ");
	}
	return subject;
}

/* The stable id of a diff; it names no commit, as there is none. */
static int take_patch_id(struct patch *p, char *err)
{
	struct git_child c;
	int ret = git_start(&no_tree, &c, true, GIT_ARGS("patch-id", "--stable"), err), fd;

	if (ret)
		return ret;
	fflush(c.in);
	fd = fileno(c.in);
	ret = file_append(fd, p->diff, err);
	fclose(c.in);
	c.in = NULL;
	if (!ret && fscanf(c.out, "%64[0-9a-f]", p->id) != 1)
		p->id[0] = '\0';
	git_end(&c, NULL);
	return ret;
}

/* As diff and quilt write it: without the ids and modes that only git tells. */
static bool is_bare_diff(const char *text)
{
	const char *minus = strstr(text, "--- "), *plus = minus ? strstr(minus, "\n+++ ") : NULL;

	return plus && strstr(plus, "\n@@ -");
}

/* Where a diff comes from, for messages. */
struct place {
	const char *file, *mail;	/* its name; with the number of the mail, if it has some */
	const char *text;		/* all of the file */
};

/* The lines of the file before the diff; -1: it is not there as it stands, but encoded. */
static int lines_before(const struct place *at, const char *diff)
{
	const char *found = strstr(at->text, diff);
	int lines = found ? 0 : -1;

	for (const char *s = at->text; found && s < found; s++)
		lines += *s == '\n';
	return lines;
}

/* Keep a diff as a patch of the series; one without a change is none. */
static int add_patch(struct series *s, const char *file, const char *subject, const char *diff,
		     const struct place *at, char *err)
{
	struct patch p = { .subject = xstrdup(subject_bare(subject)), .diff = xstrdup(file) };
	int before = lines_before(at, diff);
	int ret = patch_parse(&p, diff, before < 0 ? at->mail : at->file,
			      before < 0 ? 0 : before, err);

	take_number(&p, subject);

	if (!ret && !p.nr && is_bare_diff(diff))
		ret = errf(err, -EINVAL, "%s: a diff that git did not make (no 'diff --git' line): "
			   "give what git format-patch wrote", at->mail);
	if (!ret && p.nr)
		ret = take_patch_id(&p, err);
	if (ret || !p.nr) {
		patch_free(&p);
		return ret;
	}
	s->patches = xrealloc(s->patches, s->nr + 1, sizeof(p));
	s->patches[s->nr++] = p;
	return 0;
}

/* The "Subject: " of what mailinfo prints. */
static void find_subject(const char *info, char *subject, size_t len)
{
	const char *s = info;

	subject[0] = '\0';
	while (s && strncmp(s, "Subject: ", 9)) {
		s = strchr(s, '\n');
		s = s ? s + 1 : NULL;
	}
	if (s)
		snprintf(subject, len, "%.*s", (int)strcspn(s + 9, "\n"), s + 9);
}

/* git mailinfo reads the mail from its stdin. */
static int mail_info(const char *mail, const char *msg, const char *diff, char **info, char *err)
{
	struct git_child c;
	int ret = git_start(&no_tree, &c, true, GIT_ARGS("mailinfo", "-k", "--encoding=UTF-8", msg,
							 diff), err);
	size_t len;
	FILE *f;
	int ch;

	*info = NULL;
	if (ret)
		return ret;
	ret = file_append(fileno(c.in), mail, err);
	fclose(c.in);
	c.in = NULL;
	f = open_memstream(info, &len);
	while ((ch = getc(c.out)) != EOF)
		putc(ch, f);
	fclose(f);
	if (git_end(&c, NULL) && !ret)
		ret = errf(err, -EINVAL, "git mailinfo does not read it");
	return ret;
}

static int read_mail(struct series *s, const char *mail, const struct place *at, char *err)
{
	char *msg = xasprintf("%s.msg", mail), *diff = xasprintf("%s.diff", mail), *info = NULL;
	char *text[2] = { NULL, NULL }, subject[256], why[OPT_ERR_MAX];
	int ret = mail_info(mail, msg, diff, &info, why);

	if (!ret)
		ret = file_read(msg, &text[0], why);
	if (!ret)
		ret = file_read(diff, &text[1], why);
	if (ret) {
		errf(err, ret, "%s: %.400s", at->mail, why);
	} else {
		find_subject(info, subject, sizeof(subject));
		if (strncasecmp(subject, "Re:", 3)) {
			take_trailers(s, text[0]);
			take_trailers(s, text[1]);
			ret = add_patch(s, diff, subject, text[1], at, err);
		}
	}
	free(text[0]);
	free(text[1]);
	free(info);
	free(diff);
	free(msg);
	return ret;
}

static int read_mbox(struct series *s, const char *path, const char *text, size_t index,
		     char *err)
{
	char *out = xasprintf("%s/%zu", s->dir, index), *option = xasprintf("-o%s", out);
	char *said = NULL, why[OPT_ERR_MAX];
	int ret = dir_make(out, err);

	if (!ret && git_text(&no_tree, &said, why,
			     GIT_ARGS("mailsplit", option, path)))
		ret = errf(err, -EINVAL, "%s: %.400s", path_shown(path), why);
	for (int i = 1; !ret && i <= atoi(said); i++) {
		char *mail = xasprintf("%s/%04d", out, i);
		char *shown = xasprintf("%s (mail %d)", path_shown(path), i);
		struct place at = { .file = path_shown(path), .text = text };

		at.mail = atoi(said) > 1 ? shown : at.file;
		ret = read_mail(s, mail, &at, err);
		free(shown);
		free(mail);
	}
	free(said);
	free(option);
	free(out);
	return ret;
}

/* A plain diff has no mail around it. */
static int read_diff(struct series *s, const char *path, const char *text, char *err)
{
	struct place at = { .file = path_shown(path), .mail = path_shown(path), .text = text };
	const char *name = strrchr(path, '/');

	take_trailers(s, text);
	return add_patch(s, path, name ? name + 1 : path, text, &at, err);
}

static int read_file(struct series *s, const char *path, size_t index, char *err)
{
	size_t before = s->nr;
	char *text;
	int ret = file_read(path, &text, err);

	if (ret)
		return ret;
	if (!strncmp(text, "From ", 5))
		ret = read_mbox(s, path, text, index, err);
	else
		ret = read_diff(s, path, text, err);
	if (!ret && s->nr == before && !strstr(text, "Subject:"))
		ret = errf(err, -EINVAL, "%s: neither a mail nor a patch", path_shown(path));
	free(text);
	return ret;
}

static int is_patch(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return len > 6 && d->d_name[0] != '.' && !strcmp(d->d_name + len - 6, ".patch");
}

static int read_path(struct series *s, const char *path, size_t *index, char *err)
{
	struct dirent **names;
	struct stat st;
	int n, ret = 0;

	if (stat(path, &st))
		return errf(err, -errno, "%s: %s", path_shown(path), strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return read_file(s, path, ++*index, err);
	n = scandir(path, &names, is_patch, alphasort);
	if (n <= 0)
		ret = errf(err, -EINVAL, "%s: no *.patch in this folder", path_shown(path));
	for (int i = 0; i < n; i++) {
		char *file = xasprintf("%s/%s", path, names[i]->d_name);

		if (!ret)
			ret = read_file(s, file, ++*index, err);
		free(file);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return ret;
}

/* A thread comes in the order in which it arrived: its numbers tell the right one. */
static int check_order(struct series *s, char *err)
{
	for (size_t i = 1; i < s->nr; i++) {
		struct patch p = s->patches[i];
		size_t at = i;

		while (p.number && at && s->patches[at - 1].number > p.number) {
			s->patches[at] = s->patches[at - 1];
			at--;
		}
		s->patches[at] = p;
	}
	for (size_t i = 1; i < s->nr; i++)
		if (s->patches[i].number && s->patches[i].number == s->patches[i - 1].number)
			return errf(err, -EINVAL, "patch %d is there twice ('%.100s' and "
				    "'%.100s'): give one version of the series",
				    s->patches[i].number,
				    s->patches[i - 1].subject, s->patches[i].subject);
	return 0;
}

static void find_missing(struct series *s)
{
	size_t at = 0;

	for (size_t i = 0; i < s->nr; i++)
		if (s->patches[i].count > s->count)
			s->count = s->patches[i].count;
	s->missing = xrealloc(NULL, s->count + 1, sizeof(*s->missing));
	for (int n = 1; n <= s->count; n++) {
		while (at < s->nr && s->patches[at].number < n)
			at++;
		if (at == s->nr || s->patches[at].number != n)
			s->missing[s->nr_missing++] = n;
	}
}

char *series_missing(const struct series *s)
{
	char *text = NULL;
	size_t len;
	FILE *f = s->nr_missing ? open_memstream(&text, &len) : NULL;

	if (!f)
		return NULL;
	for (size_t i = 0, last; i < s->nr_missing; i = last + 1) {
		for (last = i; last + 1 < s->nr_missing &&
		     s->missing[last + 1] == s->missing[last] + 1; last++)
			;
		fprintf(f, "%s%d", i ? ", " : "", s->missing[i]);
		if (last > i)
			fprintf(f, "-%d", s->missing[last]);
	}
	fprintf(f, " of %d", s->count);
	fclose(f);
	return text;
}

int series_read(struct series *s, const char *const paths[], size_t nr, char *err)
{
	const char *tmp = getenv("TMPDIR");
	size_t index = 0;
	int ret = 0;

	*s = (struct series){ .dir = xasprintf("%s/pinlab-series.XXXXXX",
					       tmp && tmp[0] == '/' ? tmp : "/tmp") };
	if (!mkdtemp(s->dir))
		ret = errf(err, -errno, "%s: %s", s->dir, strerror(errno));
	for (size_t i = 0; i < nr && !ret; i++) {
		char *path = path_absolute(paths[i]);

		ret = read_path(s, path, &index, err);
		free(path);
	}
	if (!ret && !s->nr)
		ret = errf(err, -EINVAL, "%s: no patch in it", paths[0]);
	if (!ret)
		ret = check_order(s, err);
	if (!ret)
		find_missing(s);
	else
		series_free(s);
	return ret;
}

void series_free(struct series *s)
{
	for (size_t i = 0; i < s->nr; i++)
		patch_free(&s->patches[i]);
	free(s->patches);
	free(s->missing);
	if (s->dir)
		dir_remove(s->dir);
	free(s->dir);
	memset(s, 0, sizeof(*s));
}
