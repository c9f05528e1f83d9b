// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracefs.h"

/*
 * "\tfield:unsigned long rip;\toffset:16;\tsize:8;\tsigned:0;": the name is the last word of the
 * declaration, an array's has its length behind it.
 */
static int parse_field(const char *line, const char *name, struct tp_field *f)
{
	const char *decl = strstr(line, "field:"), *end = decl ? strchr(decl, ';') : NULL, *start;
	unsigned int offset, size;
	size_t len = strlen(name);

	if (!end)
		return -ENOENT;
	for (start = end; start > decl && !isspace((unsigned char)start[-1]) && start[-1] != '*';)
		start--;
	if (strncmp(start, name, len) || (start[len] != ';' && start[len] != '['))
		return -ENOENT;
	if (sscanf(end + 1, " offset:%u; size:%u;", &offset, &size) != 2)
		return -ENOENT;
	f->offset = offset;
	f->size = size;
	return 0;
}

static int find_field(const char *text, const char *name, struct tp_field *f)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		char one[256];
		size_t n;

		line += *line == '\n';
		n = strcspn(line, "\n");
		snprintf(one, sizeof(one), "%.*s", (int)n, line);
		if (!parse_field(one, name, f))
			return 0;
	}
	return -ENOENT;
}

int tracefs_parse(struct tracepoint *tp, const char *text, const char **missing)
{
	const char *id = strstr(text, "ID:");

	*missing = "ID";
	if (!id)
		return -ENOENT;
	tp->id = strtoull(id + 3, NULL, 10);
	for (int i = 0; i < TP_FIELDS_MAX && tp->fields[i]; i++) {
		*missing = tp->fields[i];
		if (find_field(text, tp->fields[i], &tp->at[i]))
			return -ENOENT;
	}
	*missing = NULL;
	return 0;
}

uint64_t tracefs_field(const struct tracepoint *tp, int field, const void *raw, size_t len)
{
	const struct tp_field *f = &tp->at[field];
	uint64_t v = 0;

	if (f->size > sizeof(v) || (size_t)f->offset + f->size > len)
		return 0;
	memcpy(&v, (const char *)raw + f->offset, f->size);
	return v;
}
