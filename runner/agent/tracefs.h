// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints by name: their ids and the places of their fields, from tracefs. The layout of a
 * tracepoint is no ABI, so that no offset is ever assumed.
 */
#ifndef PINLAB_TRACEFS_H
#define PINLAB_TRACEFS_H

#include <stddef.h>
#include <stdint.h>

#define TP_FIELDS_MAX	4

struct tp_field {
	uint16_t offset, size;		/* bytes */
};

struct tracepoint {
	const char *system, *name;
	const char *fields[TP_FIELDS_MAX];	/* wanted; the first NULL ends them */
	const char *filter;			/* for perf; NULL: none */
	uint64_t id;
	struct tp_field at[TP_FIELDS_MAX];
};

/*
 * Read the text of a "format" file. Returns 0, or -ENOENT with the name of what is missing in
 * *missing.
 */
int tracefs_parse(struct tracepoint *tp, const char *text, const char **missing);

/* Find tp on this host. Returns 0 or -errno with one line of advice in err (len bytes). */
int tracefs_load(struct tracepoint *tp, char *err, size_t len);

/* An unsigned field of up to 8 bytes of a raw sample; 0 when the sample is too short for it. */
uint64_t tracefs_field(const struct tracepoint *tp, int field, const void *raw, size_t len);

#endif
