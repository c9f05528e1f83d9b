// SPDX-License-Identifier: GPL-2.0-only
/*
 * Option tables: one row describes a key of a config file or cell description, and the same row
 * parses it, checks its range, prints it back in canonical form and documents it.
 */
#ifndef PINLAB_OPT_H
#define PINLAB_OPT_H

#include <stddef.h>
#include <stdint.h>

#define OPT_STR_MAX	128	/* bytes, with the terminating NUL */
#define OPT_ERR_MAX	512

enum opt_type {
	OPT_INT,	/* int64_t: decimal */
	OPT_SIZE,	/* int64_t: bytes; text has a suffix K, M or G */
	OPT_TIME,	/* int64_t: ns; text has a suffix ns, us, ms or s */
	OPT_PERCENT,	/* int64_t: text ends in % */
	OPT_BOOL,	/* int64_t: on, off */
	OPT_ENUM,	/* int64_t: index into choices */
	OPT_SET,	/* int64_t: 1 << index into choices; text: all, none, NAME, -NAME, ... */
	OPT_STR,	/* char[OPT_STR_MAX] */
};

struct opt_desc {
	const char *name;
	enum opt_type type;
	size_t offset;
	int64_t min, max;		/* in the stored unit; both 0: any value >= 0 */
	const char *const *choices;	/* OPT_ENUM, OPT_SET: NULL-terminated */
	const char *def;		/* as the user would write it; NULL: must be given */
	const char *help;
};

/* offsetof() that fails to compile when the field has another type than the row stores. */
#define OPT_FIELD(s, f, t) \
	(offsetof(s, f) + 0 * sizeof(char[__builtin_types_compatible_p( \
		__typeof__(((s *)0)->f), t) ? 1 : -1]))
#define OPT_I64(s, f)	OPT_FIELD(s, f, int64_t)
#define OPT_TEXT(s, f)	OPT_FIELD(s, f, char[OPT_STR_MAX])

/* The row called name in a table that ends with a row without a name, or NULL. */
const struct opt_desc *opt_find(const struct opt_desc *table, const char *name);

/*
 * Store text into the field of base that desc describes.
 * Returns 0, or -EINVAL with what was found and what is allowed in err (OPT_ERR_MAX bytes).
 */
int opt_set(const struct opt_desc *desc, void *base, const char *text, char *err);

/* Store the default of every row that has one. A default that does not parse is a bug: abort(). */
void opt_defaults(const struct opt_desc *table, void *base);

/*
 * Write the field in canonical text, which opt_set() reads back to the same value.
 * Returns the length, as snprintf() does.
 */
int opt_format(const struct opt_desc *desc, const void *base, char *buf, size_t len);

/* "a, b, c": the names of a table's rows, for messages. Returns buf. */
char *opt_names(const struct opt_desc *table, char *buf, size_t len);

#endif
