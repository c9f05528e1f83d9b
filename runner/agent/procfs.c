// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/record.h"
#include "procfs.h"

#define HUGE_ORDER	9	/* of 4K pages */
#define ORDERS_MAX	32

/* The number at *s, which is moved behind it; false: none there, or one that does not fit. */
static bool take_number(const char **s, int64_t *v)
{
	const char *at = *s + strspn(*s, " \t");
	char *end;

	if (*at < '0' || *at > '9')
		return false;
	errno = 0;
	*v = strtoll(at, &end, 10);
	*s = end;
	return !errno;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* What follows KEY or KEY: in a line that begins with it, after blanks; or NULL. */
static const char *after_key(const char *line, const char *key)
{
	size_t len = strlen(key);

	line += strspn(line, " \t");
	if (strncmp(line, key, len))
		return NULL;
	line += len + (line[len] == ':');
	return *line == ' ' || *line == '\t' ? line : NULL;
}

int64_t procfs_value(const char *text, const char *key)
{
	for (; *text; text = next_line(text)) {
		const char *at = after_key(text, key);
		int64_t v;

		if (at)
			return take_number(&at, &v) ? v : RECORD_MISSING;
	}
	return RECORD_MISSING;
}

/* "Node 0, zone   Normal    216     55 ...": a count for each order */
static bool buddy_line(const char *line, int64_t *huge)
{
	const char *at = strstr(line, ", zone");
	int order = 0;
	int64_t v;

	if (!at || at > next_line(line))
		return false;
	at += strlen(", zone");
	at += strspn(at, " ");
	at += strcspn(at, " \n");
	for (; order < ORDERS_MAX && take_number(&at, &v); order++)
		if (order >= HUGE_ORDER)
			*huge += v << (order - HUGE_ORDER);
	at += strspn(at, " ");
	return order > HUGE_ORDER && (*at == '\n' || !*at);
}

int64_t procfs_buddy_huge(const char *text)
{
	int64_t huge = 0;

	if (!*text)
		return RECORD_MISSING;
	for (; *text; text = next_line(text))
		if (!buddy_line(text, &huge))
			return RECORD_MISSING;
	return huge;
}

int64_t procfs_softirqs(const char *text, const char *name)
{
	int64_t sum = 0, v;

	for (; *text; text = next_line(text)) {
		const char *at = after_key(text, name);
		bool any = false;

		if (!at)
			continue;
		for (; take_number(&at, &v); any = true)
			sum += v;
		return any ? sum : RECORD_MISSING;
	}
	return RECORD_MISSING;
}

bool procfs_schedstat(const char *text, struct schedstat *s)
{
	int64_t run, wait, slices;

	if (!take_number(&text, &run) || !take_number(&text, &wait) || !take_number(&text, &slices))
		return false;
	if (!run && !slices)	/* all tasks have run */
		return false;
	s->run_ns += run;
	s->wait_ns += wait;
	s->slices += slices;
	return true;
}

bool procfs_cgroup(const char *text, char *buf, size_t len)
{
	for (; *text; text = next_line(text)) {
		size_t n = strcspn(text, "\n");

		if (strncmp(text, "0::/", 4))
			continue;
		if (n - 3 >= len)
			return false;
		memcpy(buf, text + 3, n - 3);
		buf[n - 3] = '\0';
		return true;
	}
	return false;
}
