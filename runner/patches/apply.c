// SPDX-License-Identifier: GPL-2.0-only
/* git apply, patch by patch, on an index of our own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "patches/base.h"

/* "error: patch failed: FILE:LINE" tells the hunk by its first line in the old file. */
static bool name_hunk(const struct patch *p, const char *failed, char *why)
{
	for (size_t i = 0; i < p->nr; i++) {
		const struct file_change *c = &p->changes[i];
		size_t len = strlen(c->old_path);
		long line;

		if (strncmp(failed, c->old_path, len) || failed[len] != ':')
			continue;
		line = atol(failed + len + 1);
		for (size_t h = 0; h < c->nr_hunks; h++) {
			if (c->hunks[h] != line)
				continue;
			snprintf(why, OPT_ERR_MAX, "hunk %zu of %zu in %s (at its line %ld) finds "
				 "other lines there", h + 1, c->nr_hunks, c->old_path, line);
			return true;
		}
	}
	return false;
}

static void explain(const struct patch *p, const char *errors, char *why)
{
	static const char failed[] = "error: patch failed: ", error[] = "error: ";
	const char *at = strstr(errors, failed);

	if (at && name_hunk(p, at + strlen(failed), why))
		return;
	at = strstr(errors, error);
	at = at ? at + strlen(error) : errors;
	snprintf(why, OPT_ERR_MAX, "%.*s", (int)strcspn(at, "\n"), at);
}

static size_t count_moved(const char *said)
{
	size_t n = 0;

	while ((said = strstr(said, " succeeded at "))) {
		n++;
		said++;
	}
	return n;
}

static int apply_one(const struct git *g, const struct series *s, size_t i, struct applied *a,
		     char *err)
{
	struct git_child c;
	char *said;
	int ret = git_start(g, &c, false, GIT_ARGS("apply", "--cached", "--verbose",
						   "--whitespace=nowarn", "--", s->patches[i].diff),
			    err);

	if (ret)
		return ret;
	if (git_end(&c, &said)) {
		a->all = false;
		a->patch = i;
		explain(&s->patches[i], said, a->why);
	}
	a->moved += count_moved(said);
	free(said);
	return 0;
}

static int write_tree(const struct git *g, struct applied *a, char *err)
{
	char *out;
	int ret = git_text(g, &out, err, GIT_ARGS("write-tree"));

	if (!ret)
		snprintf(a->tree, sizeof(a->tree), "%s", out);
	free(out);
	return ret ? -EIO : 0;
}

int series_apply(const struct series *s, const struct git *g, const char *commit,
		 struct applied *a, char *err)
{
	struct git shadow = { .tree = xstrdup(g->tree) };
	char *out = NULL;
	int ret = git_shadow(&shadow, s->dir, err);

	*a = (struct applied){ .all = true };
	if (!ret && git_text(&shadow, &out, err, GIT_ARGS("read-tree", commit)))
		ret = -EIO;
	free(out);
	for (size_t i = 0; i < s->nr && !ret && a->all; i++)
		ret = apply_one(&shadow, s, i, a, err);
	if (!ret && a->all)
		ret = write_tree(&shadow, a, err);
	git_close(&shadow);
	return ret;
}
