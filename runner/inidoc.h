// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ini file as a flat list of entries that know their line. A value that goes on in indented
 * lines gives one entry a line, the later ones with more set.
 */
#ifndef PINLAB_INIDOC_H
#define PINLAB_INIDOC_H

#include <stdbool.h>
#include <stddef.h>

struct ini_entry {
	char *section;		/* "" before the first */
	char *key;
	char *value;
	const char *file;	/* as shown to the user; lives as long as the doc */
	int line;
	int section_line;	/* of its [section] */
	bool more;
};

struct ini_doc {
	char *file;
	struct ini_entry *entries;
	size_t nr;
};

/*
 * Parse text. Fails on a line that is no 'key = value', on one that is too long, and on a key that
 * is given twice in a section. Returns 0 or -EINVAL with "file:line: ..." in err.
 */
int ini_doc_parse(struct ini_doc *doc, const char *file, const char *text, char *err);
void ini_doc_free(struct ini_doc *doc);

/* Set err to "file:line: message"; returns -EINVAL. */
int ini_error(const struct ini_entry *e, char *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
