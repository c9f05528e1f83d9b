// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inidoc.h"
#include "util.h"

struct parser {
	struct ini_doc *doc;
	const char *next;	/* unread text */
	int line, section_line;
	bool indented;
	char *err;
};

int ini_error(const struct ini_entry *e, char *err, const char *fmt, ...)
{
	char what[OPT_ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return errf(err, -EINVAL, "%s:%d: %.400s", e->file, e->line, what);
}

/* fgets() for inih: it asks for a line at a time, so that a handler knows which one it was. */
static char *read_line(char *buf, int num, void *user)
{
	struct parser *p = user;
	const char *end = strchr(p->next, '\n');
	size_t len = end ? (size_t)(end - p->next) : strlen(p->next);

	if (!*p->next || p->err[0])
		return NULL;
	p->line++;
	if (len > (size_t)num - 2) {
		snprintf(p->err, OPT_ERR_MAX, "%s:%d: line of %zu characters, allowed: %d",
			 p->doc->file, p->line, len, num - 2);
		return NULL;
	}
	memcpy(buf, p->next, len);
	strcpy(buf + len, "\n");
	p->next += len + (end != NULL);
	if (buf[strspn(buf, " \t")] == '[')
		p->section_line = p->line;
	p->indented = buf[0] == ' ' || buf[0] == '\t';
	return buf;
}

static int add_entry(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;
	struct ini_doc *doc = p->doc;
	struct ini_entry e = { .file = doc->file, .line = p->line,
			       .section_line = p->section_line };
	const struct ini_entry *last = doc->nr ? &doc->entries[doc->nr - 1] : NULL;

	e.more = p->indented && last && !strcmp(last->section, section) && !strcmp(last->key, name);
	for (size_t i = 0; i < doc->nr && !e.more; i++) {
		const struct ini_entry *o = &doc->entries[i];

		if (!strcmp(o->section, section) && !strcmp(o->key, name)) {
			ini_error(&e, p->err, "'%.64s' was given in line %d already: found '%.64s'",
				  name, o->line, value);
			return 0;
		}
	}
	e.section = xstrdup(section);
	e.key = xstrdup(name);
	e.value = xstrdup(value);
	doc->entries = xrealloc(doc->entries, doc->nr + 1, sizeof(e));
	doc->entries[doc->nr++] = e;
	return 1;
}

int ini_doc_parse(struct ini_doc *doc, const char *file, const char *text, char *err)
{
	struct parser p = { .doc = doc, .next = text, .err = err };
	int line;

	*doc = (struct ini_doc){ .file = xstrdup(file) };
	err[0] = '\0';
	line = ini_parse_stream(read_line, &p, add_entry, &p);
	if (line > 0 && !err[0])
		errf(err, -EINVAL, "%s:%d: found no 'key = value', [section] or # comment", file,
		     line);
	if (err[0]) {
		ini_doc_free(doc);
		return -EINVAL;
	}
	return 0;
}

void ini_doc_free(struct ini_doc *doc)
{
	for (size_t i = 0; i < doc->nr; i++) {
		free(doc->entries[i].section);
		free(doc->entries[i].key);
		free(doc->entries[i].value);
	}
	free(doc->entries);
	free(doc->file);
	memset(doc, 0, sizeof(*doc));
}
