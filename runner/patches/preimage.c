// SPDX-License-Identifier: GPL-2.0-only
/* What a series needs its base to have. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "patches/base.h"

static const char absent[] = "0000000";

/* What the patches so far have left at a path. */
struct left {
	const char *path;
	const char *id;		/* "": not told */
	size_t patch;
};

struct lefts {
	struct left *v;
	size_t nr;
};

static struct left *find(const struct lefts *l, const char *path)
{
	for (size_t i = 0; i < l->nr; i++)
		if (!strcmp(l->v[i].path, path))
			return &l->v[i];
	return NULL;
}

static void leave(struct lefts *l, const char *path, const char *id, size_t patch)
{
	struct left *at = find(l, path);

	if (!at) {
		l->v = xrealloc(l->v, l->nr + 1, sizeof(*l->v));
		at = &l->v[l->nr++];
	}
	*at = (struct left){ path, id, patch };
}

/* Ids may be cut: the shorter one decides. */
static bool same_id(const char *a, const char *b)
{
	size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return !strncmp(a, b, n);
}

static int not_continued(const struct series *s, size_t patch, const struct left *at, char *err)
{
	char *missing = series_missing(s);
	int ret = errf(err, -EINVAL, "patch %zu ('%.100s') is made on another %.200s than patch "
		       "%zu left: %s%s", patch + 1, s->patches[patch].subject, at->path,
		       at->patch + 1, missing ? "not given: patch " :
		       "a patch is missing, or their order is wrong", missing ?: "");

	free(missing);
	return ret;
}

static int add_need(struct base *b, const struct lefts *l, const struct series *s, size_t patch,
		    const char *path, const char *id, char *err)
{
	const struct left *at = find(l, path);

	if (at && same_id(at->id, id))
		return 0;
	if (at)
		return not_continued(s, patch, at, err);
	if (!id[0])
		return 0;
	b->needs = xrealloc(b->needs, b->nr + 1, sizeof(*b->needs));
	b->needs[b->nr++] = (struct preimage){ .path = path, .id = id, .patch = patch };
	return 0;
}

static int take_change(struct base *b, struct lefts *l, const struct series *s, size_t patch,
		       const struct file_change *c, char *err)
{
	bool moved = strcmp(c->old_path, c->new_path);
	int ret = add_need(b, l, s, patch, c->old_path, c->created ? absent : c->old_id, err);

	if (ret)
		return ret;
	if (c->deleted || (moved && !c->copied))
		leave(l, c->old_path, absent, patch);
	if (!c->deleted)
		leave(l, c->new_path, c->new_id, patch);
	return 0;
}

int preimages_find(struct base *b, const struct series *s, char *err)
{
	struct lefts l = { .nr = 0 };
	bool told = false;
	int ret = 0;

	*b = (struct base){ .trailer = false };
	for (size_t p = 0; p < s->nr && !ret; p++)
		for (size_t i = 0; i < s->patches[p].nr && !ret; i++)
			ret = take_change(b, &l, s, p, &s->patches[p].changes[i], err);
	free(l.v);
	for (size_t i = 0; i < b->nr; i++)
		told |= b->needs[i].id != absent;
	if (!ret && !told && !s->base[0])
		ret = errf(err, -EINVAL, "the patches have neither a base-commit: trailer nor "
			   "index lines with the ids of what they were made on");
	if (ret)
		base_free(b);
	return ret;
}

bool preimage_holds(const struct preimage *n)
{
	if (n->id == absent)
		return !n->found[0];
	return n->found[0] && same_id(n->found, n->id);
}

void base_free(struct base *b)
{
	free(b->needs);
	memset(b, 0, sizeof(*b));
}
