// SPDX-License-Identifier: GPL-2.0-only
/* What a diff in git's format says of files, blob ids and hunks. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "patches/series.h"

struct parser {
	struct patch *patch;
	struct file_change *c;		/* the file being read; NULL before the first */
	long old_left, new_left;	/* lines that its hunk still has */
	const char *file;
	int line;
	char *err;
};

static int complain(const struct parser *p, const char *what, const char *text)
{
	return errf(p->err, -EINVAL, "%s:%d: %s: '%.*s'", p->file, p->line, what,
		    (int)strcspn(text, "\n"), text);
}

/* Does a name stay in the tree: no component "..", and not absolute? */
static bool stays(const char *name)
{
	if (*name == '/')
		return false;
	for (size_t len; *name; name += len + (name[len] == '/')) {
		len = strcspn(name, "/");
		if (len == 2 && !strncmp(name, "..", 2))
			return false;
	}
	return true;
}

static int set_path(const struct parser *p, char **path, const char *s, size_t len)
{
	free(*path);
	*path = xasprintf("%.*s", (int)len, s);
	return stays(*path) ? 0 : complain(p, "a name that leads out of the tree", *path);
}

/* "diff --git a/NAME b/NAME": both names are the same unless a rename line says otherwise. */
static int start_file(struct parser *p, const char *s, size_t len)
{
	size_t name = len / 2 >= 2 ? len / 2 - 2 : 0;
	struct patch *patch = p->patch;

	if (s[0] == '"')
		return complain(p, "a name in quotes is not supported", s);
	patch->changes = xrealloc(patch->changes, patch->nr + 1, sizeof(*patch->changes));
	p->c = &patch->changes[patch->nr++];
	*p->c = (struct file_change){ .nr_hunks = 0 };
	if (!(len % 2) || !name || strncmp(s + 2, s + name + 5, name))
		return 0;
	return set_path(p, &p->c->old_path, s + 2, name) ?:
	       set_path(p, &p->c->new_path, s + 2, name);
}

/* "OLD..NEW" or "OLD..NEW MODE" */
static int take_ids(struct parser *p, const char *s)
{
	char ids[2][GIT_ID_MAX];
	int at = 0;

	if (sscanf(s, "%64[0-9a-f]..%64[0-9a-f]%n", ids[0], ids[1], &at) != 2 ||
	    (s[at] && !isspace((unsigned char)s[at])))
		return complain(p, "no 'index OLD..NEW'", s);
	strcpy(p->c->old_id, ids[0]);
	strcpy(p->c->new_id, ids[1]);
	return 0;
}

/* A name of a --- or +++ line ends at a tab; /dev/null is none. */
static int take_name(struct parser *p, char **path, const char *s, size_t len)
{
	const char *tab = memchr(s, '\t', len);

	if (tab)
		len = tab - s;
	if (len == 9 && !strncmp(s, "/dev/null", 9))
		return 0;
	if (len < 3 || s[1] != '/')
		return complain(p, "a name that does not start with a/ or b/", s);
	return set_path(p, path, s + 2, len - 2);
}

static int take_hunk(struct parser *p, const char *s)
{
	long old = 0, old_nr = 1, new_nr = 1;
	struct file_change *c = p->c;
	char *end;

	old = strtol(s, &end, 10);
	if (*end == ',')
		old_nr = strtol(end + 1, &end, 10);
	if (strncmp(end, " +", 2))
		return complain(p, "no hunk", s);
	strtol(end + 2, &end, 10);
	if (*end == ',')
		new_nr = strtol(end + 1, &end, 10);
	if (strncmp(end, " @@", 3) || old < 0 || old_nr < 0 || new_nr < 0)
		return complain(p, "no hunk", s);
	c->hunks = xrealloc(c->hunks, c->nr_hunks + 1, sizeof(*c->hunks));
	c->hunks[c->nr_hunks++] = old;
	p->old_left = old_nr;
	p->new_left = new_nr;
	return 0;
}

enum head {
	HEAD_FILE, HEAD_INDEX, HEAD_CREATED, HEAD_DELETED, HEAD_RENAME_FROM, HEAD_RENAME_TO,
	HEAD_COPY_FROM, HEAD_COPY_TO, HEAD_OLD, HEAD_NEW, HEAD_HUNK, HEADS,
};

static const char *const heads[HEADS] = {
	[HEAD_FILE] = "diff --git ", [HEAD_INDEX] = "index ", [HEAD_CREATED] = "new file mode ",
	[HEAD_DELETED] = "deleted file mode ", [HEAD_RENAME_FROM] = "rename from ",
	[HEAD_RENAME_TO] = "rename to ", [HEAD_COPY_FROM] = "copy from ",
	[HEAD_COPY_TO] = "copy to ", [HEAD_OLD] = "--- ", [HEAD_NEW] = "+++ ",
	[HEAD_HUNK] = "@@ -",
};

static int take_head(struct parser *p, enum head head, const char *s, size_t len)
{
	switch (head) {
	case HEAD_FILE:
		return start_file(p, s, len);
	case HEAD_INDEX:
		return take_ids(p, s);
	case HEAD_CREATED:
		p->c->created = true;
		return 0;
	case HEAD_DELETED:
		p->c->deleted = true;
		return 0;
	case HEAD_COPY_FROM:
		p->c->copied = true;
		/* fall through */
	case HEAD_RENAME_FROM:
		return set_path(p, &p->c->old_path, s, len);
	case HEAD_COPY_TO:
	case HEAD_RENAME_TO:
		return set_path(p, &p->c->new_path, s, len);
	case HEAD_OLD:
		return take_name(p, &p->c->old_path, s, len);
	case HEAD_NEW:
		return take_name(p, &p->c->new_path, s, len);
	case HEAD_HUNK:
		return take_hunk(p, s);
	case HEADS:
		break;
	}
	return 0;
}

static int take_line(struct parser *p, const char *s, size_t len)
{
	if (p->old_left > 0 || p->new_left > 0) {
		p->old_left -= *s != '+' && *s != '\\';
		p->new_left -= *s != '-' && *s != '\\';
		return 0;
	}
	for (int h = 0; h < HEADS; h++) {
		size_t n = strlen(heads[h]);

		if (len >= n && !strncmp(s, heads[h], n) && (p->c || h == HEAD_FILE))
			return take_head(p, h, s + n, len - n);
	}
	return 0;
}

static int check_names(const struct parser *p)
{
	for (size_t i = 0; i < p->patch->nr; i++) {
		const struct file_change *c = &p->patch->changes[i];

		if (!c->old_path || !c->new_path)
			return errf(p->err, -EINVAL, "%s: change %zu names no file", p->file,
				    i + 1);
	}
	return 0;
}

int patch_parse(struct patch *p, const char *text, const char *file, int before, char *err)
{
	struct parser parser = { .patch = p, .file = file, .line = before, .err = err };
	int ret = 0;

	while (*text && !ret) {
		size_t len = strcspn(text, "\n");

		parser.line++;
		ret = take_line(&parser, text, len && text[len - 1] == '\r' ? len - 1 : len);
		text += len + (text[len] == '\n');
	}
	if (!ret && (parser.old_left > 0 || parser.new_left > 0))
		ret = errf(err, -EINVAL, "%s:%d: the patch ends within a hunk", file, parser.line);
	return ret ? ret : check_names(&parser);
}

void patch_free(struct patch *p)
{
	for (size_t i = 0; i < p->nr; i++) {
		free(p->changes[i].old_path);
		free(p->changes[i].new_path);
		free(p->changes[i].hunks);
	}
	free(p->changes);
	free(p->subject);
	free(p->diff);
	memset(p, 0, sizeof(*p));
}
