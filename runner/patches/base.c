// SPDX-License-Identifier: GPL-2.0-only
/*
 * The newest commit with all of some blobs is a tip, or the parent of a commit that changed one of
 * them to something else: one walk through the history of the paths finds those, and only those
 * are looked at whole.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "patches/base.h"

struct search {
	struct base *b;
	const struct git *g;
	const char *rev;		/* NULL: all */
	struct git_child cat;		/* answers what is where */
	struct preimage *probe;		/* needs, for a commit that is looked at */
	size_t most;			/* needs that can be met at all */
	bool hope;			/* one of them is a blob */
	long long best_time;
	char last[GIT_ID_MAX];		/* commit that was looked at last */
	char *err;
};

/* Ask for the object that `name` names; id is "" if there is none. */
static int ask(struct search *s, char id[GIT_ID_MAX], const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int ask(struct search *s, char id[GIT_ID_MAX], const char *fmt, ...)
{
	char *line = NULL, type[16] = "";
	size_t size = 0;
	va_list ap;
	int ret = 0;

	va_start(ap, fmt);
	vfprintf(s->cat.in, fmt, ap);
	va_end(ap);
	fputc('\n', s->cat.in);
	fflush(s->cat.in);
	id[0] = '\0';
	if (getline(&line, &size, s->cat.out) < 0)
		ret = errf(s->err, -EIO, "git cat-file ended early");
	else if (sscanf(line, "%64[0-9a-f] %15s", id, type) != 2 || strcmp(type, "blob"))
		id[0] = '\0';
	free(line);
	return ret;
}

static int find_objects(struct search *s)
{
	int ret = 0;

	for (size_t i = 0; i < s->b->nr && !ret; i++) {
		struct preimage *n = &s->b->needs[i];
		char id[GIT_ID_MAX];

		n->exists = preimage_holds(n);	/* nothing is always there to be had */
		if (!n->exists) {
			ret = ask(s, id, "%s", n->id);
			n->exists = id[0];
			s->hope |= n->exists;
		}
		s->most += n->exists;
	}
	return ret;
}

static int commit_time(const struct search *s, const char *commit, long long *time)
{
	char *out;
	int ret = git_text(s->g, &out, s->err, GIT_ARGS("log", "-1", "--format=%ct", commit, "--"));

	*time = ret ? 0 : atoll(out);
	free(out);
	return ret ? -EINVAL : 0;
}

/* Look at a commit whole, and keep it if it is the best so far. */
static int look_at(struct search *s, const char *commit)
{
	struct base *b = s->b;
	size_t have = 0, blobs = 0;
	long long time;
	int ret = 0;

	if (!strcmp(s->last, commit))
		return 0;
	snprintf(s->last, sizeof(s->last), "%s", commit);
	for (size_t i = 0; i < b->nr && !ret; i++) {
		ret = ask(s, s->probe[i].found, "%s:%s", commit, s->probe[i].path);
		have += preimage_holds(&s->probe[i]);
		blobs += s->probe[i].found[0] && preimage_holds(&s->probe[i]);
	}
	/* That a file is missing tells nothing by itself. */
	if (ret || have < b->have || !blobs)
		return ret;
	ret = commit_time(s, commit, &time);
	if (ret || (have == b->have && time <= s->best_time))
		return ret;
	b->have = have;
	s->best_time = time;
	snprintf(b->commit, sizeof(b->commit), "%s", commit);
	for (size_t i = 0; i < b->nr; i++)
		strcpy(b->needs[i].found, s->probe[i].found);
	return 0;
}

static void add_refs(struct strv *argv, const char *rev)
{
	if (rev) {
		strv_add(argv, "%s", rev);
		return;
	}
	strv_add(argv, "--branches");
	strv_add(argv, "--tags");
	strv_add(argv, "--remotes");
	strv_add(argv, "HEAD");
}

/* A child that failed is what is told, unless it was we who ended it. */
static int end_walk(struct search *s, struct git_child *c, bool stopped, int ret)
{
	char *errors;
	int status = git_end(c, &errors);

	if (!ret && status && !stopped)
		ret = errf(s->err, -EIO, "git: %.400s", errors);
	free(errors);
	return ret;
}

static int look_at_tips(struct search *s)
{
	struct strv argv = { .nr = 0 };
	struct git_child c;
	char *line = NULL;
	size_t size = 0;
	int ret;

	strv_add(&argv, "rev-list");
	strv_add(&argv, "--no-walk");
	add_refs(&argv, s->rev);
	ret = git_start(s->g, &c, false, (const char *const *)argv.v, s->err);
	strv_free(&argv);
	if (ret)
		return ret;
	while (!ret && getline(&line, &size, c.out) > 0) {
		line[strcspn(line, "\n")] = '\0';
		ret = look_at(s, line);
	}
	free(line);
	return end_walk(s, &c, ret != 0, ret);
}

/* ":MODE MODE OLD NEW S\tPATH": does it take away what is needed? */
static bool takes_away(const struct search *s, const char *line)
{
	char id[GIT_ID_MAX];
	const char *path = strchr(line, '\t');

	if (!path || sscanf(line, ":%*o %*o %64[0-9a-f]", id) != 1)
		return false;
	for (size_t i = 0; i < s->b->nr; i++) {
		struct preimage n = s->b->needs[i];

		if (strcmp(n.path, path + 1))
			continue;
		strcpy(n.found, strspn(id, "0") == strlen(id) ? "" : id);
		return preimage_holds(&n);
	}
	return false;
}

static int look_at_parents(struct search *s, const char *parents)
{
	char commit[GIT_ID_MAX];
	int at, ret = 0;

	while (!ret && sscanf(parents, " %64[0-9a-f]%n", commit, &at) == 1) {
		ret = look_at(s, commit);
		parents += at;
	}
	return ret;
}

/* Lines of commits, "C TIME PARENTS", each with the changes against one parent behind it. */
static int read_walk(struct search *s, FILE *f, bool *stopped)
{
	char *line = NULL, *parents = NULL;
	size_t size = 0;
	int ret = 0;

	while (!ret && !*stopped && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == 'C') {
			char *end;

			/* What comes now is older, and so are its parents. */
			*stopped = strtoll(line + 1, &end, 10) < s->best_time &&
				   s->b->have == s->most;
			free(parents);
			parents = xstrdup(end);
		} else if (parents && parents[0] && takes_away(s, line)) {
			ret = look_at_parents(s, parents);
			parents[0] = '\0';
		}
	}
	free(parents);
	free(line);
	return ret;
}

static void add_paths(const struct search *s, struct strv *argv)
{
	strv_add(argv, "--");
	for (size_t i = 0; i < s->b->nr; i++)
		strv_add(argv, ":(top,literal)%s", s->b->needs[i].path);
}

static int walk(struct search *s)
{
	static const char *const words[] = {
		"log", "--raw", "--no-abbrev", "--full-history", "-m", "--format=C %ct %P",
	};
	struct strv argv = { .nr = 0 };
	struct git_child c;
	bool stopped = false;
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_add(&argv, "%s", words[i]);
	add_refs(&argv, s->rev);
	add_paths(s, &argv);
	ret = git_start(s->g, &c, false, (const char *const *)argv.v, s->err);
	strv_free(&argv);
	if (ret)
		return ret;
	ret = read_walk(s, c.out, &stopped);
	return end_walk(s, &c, stopped || ret, ret);
}

/* The last commit that changed a needed path is the oldest that has what the base has. */
static int find_since(struct search *s)
{
	struct strv argv = { .nr = 0 };
	char *out;
	int ret;

	strv_add(&argv, "log");
	strv_add(&argv, "-1");
	strv_add(&argv, "--format=%%H");
	strv_add(&argv, "%s", s->b->commit);
	add_paths(s, &argv);
	ret = git_text(s->g, &out, s->err, (const char *const *)argv.v);
	if (!ret)
		snprintf(s->b->since, sizeof(s->b->since), "%s", out);
	free(out);
	strv_free(&argv);
	return ret ? -EINVAL : 0;
}

/* The trailer says which; if the tree has no such commit, the blobs have to. */
static int take_trailer(struct search *s, const struct series *series)
{
	char why[OPT_ERR_MAX];
	int ret = 0;

	if (!series->base[0] || git_commit(s->g, series->base, s->b->commit, why))
		return 0;
	s->b->trailer = true;
	for (size_t i = 0; i < s->b->nr && !ret; i++) {
		struct preimage *n = &s->b->needs[i];

		ret = ask(s, n->found, "%s:%s", s->b->commit, n->path);
		s->b->have += preimage_holds(n);
	}
	return ret;
}

static int search(struct search *s, const struct series *series)
{
	int ret = find_objects(s);

	if (!ret)
		ret = take_trailer(s, series);
	if (!ret && !s->b->trailer && s->hope) {
		ret = look_at_tips(s);
		if (!ret)
			ret = walk(s);
	}
	if (!ret && s->b->commit[0] && s->b->nr && s->b->have == s->b->nr)
		ret = find_since(s);
	return ret;
}

int base_find(struct base *b, const struct series *s, const struct git *g, const char *rev,
	      char *err)
{
	struct search search_state = { .b = b, .g = g, .rev = rev, .best_time = -1, .err = err };
	char commit[GIT_ID_MAX];
	int ret = preimages_find(b, s, err);

	if (ret)
		return ret;
	if (rev)
		ret = git_commit(g, rev, commit, err);
	if (!ret)
		ret = git_start(g, &search_state.cat, true,
				GIT_ARGS("cat-file", "--batch-check"), err);
	if (!ret) {
		search_state.rev = rev ? commit : NULL;
		search_state.probe = xrealloc(NULL, b->nr, sizeof(*b->needs));
		memcpy(search_state.probe, b->needs, b->nr * sizeof(*b->needs));
		ret = search(&search_state, s);
		free(search_state.probe);
		git_end(&search_state.cat, NULL);
	}
	if (ret)
		base_free(b);
	return ret;
}
