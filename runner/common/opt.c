// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opt.h"

struct suffix {
	const char *text;
	int64_t factor;
};

/* Largest first: opt_format() takes the first that divides the value. */
static const struct suffix size_suffixes[] = {
	{ "G", 1LL << 30 }, { "M", 1LL << 20 }, { "K", 1LL << 10 }, { NULL, 0 },
};

static const struct suffix time_suffixes[] = {
	{ "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 }, { NULL, 0 },
};

static const struct suffix percent_suffixes[] = { { "%", 1 }, { NULL, 0 } };
static const struct suffix int_suffixes[] = { { "", 1 }, { NULL, 0 } };
static const char *const bool_choices[] = { "off", "on", NULL };

static const struct suffix *const type_suffixes[] = {
	[OPT_INT] = int_suffixes,
	[OPT_SIZE] = size_suffixes,
	[OPT_TIME] = time_suffixes,
	[OPT_PERCENT] = percent_suffixes,
	[OPT_STR] = NULL,
};

const struct opt_desc *opt_find(const struct opt_desc *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

char *opt_names(const struct opt_desc *table, char *buf, size_t len)
{
	size_t n = 0;

	buf[0] = '\0';
	for (; table->name && n < len; table++)
		n += snprintf(buf + n, len - n, "%s%s", n ? ", " : "", table->name);
	return buf;
}

static int format_scaled(const struct suffix *s, int64_t v, char *buf, size_t len)
{
	while (s[1].text && (v == 0 || v % s->factor))
		s++;
	return snprintf(buf, len, "%lld%s", (long long)(v / s->factor), s->text);
}

static int parse_scaled(const struct suffix *s, const char *text, int64_t *out)
{
	char *end;
	long long v;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (errno)
		return -EINVAL;
	for (; s->text; s++) {
		if (strcmp(end, s->text))
			continue;
		if (__builtin_mul_overflow(v, s->factor, out))
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

static int set_choice(const char *const *choices, const char *text, int64_t *out, char *err)
{
	size_t n;

	for (int i = 0; choices[i]; i++) {
		if (!strcmp(choices[i], text)) {
			*out = i;
			return 0;
		}
	}
	n = snprintf(err, OPT_ERR_MAX, "found '%.64s', allowed:", text);
	for (int i = 0; choices[i] && n < OPT_ERR_MAX; i++)
		n += snprintf(err + n, OPT_ERR_MAX - n, "%s %s", i ? "," : "", choices[i]);
	return -EINVAL;
}

static int64_t set_of_all(const char *const *choices)
{
	int64_t all = 0;

	for (int i = 0; choices[i]; i++)
		all |= 1LL << i;
	return all;
}

/* "all", "none", NAME or -NAME; false: none of these. */
static bool set_word(const char *const *choices, const char *word, bool first, int64_t *set)
{
	bool minus = word[0] == '-';
	int i = 0;

	while (choices[i] && strcmp(choices[i], word + minus))
		i++;
	if (choices[i])
		*set = minus ? *set & ~(1LL << i) : *set | 1LL << i;
	else if (!strcmp(word, "all"))
		*set = set_of_all(choices);
	else
		return first && !strcmp(word, "none");
	return true;
}

/* A list that begins with -NAME changes the default, which itself does not begin so; or all. */
static int set_set(const struct opt_desc *d, const char *text, int64_t *out, char *err)
{
	const char *s = text + strspn(text, " \t");
	const char *const *choices = d->choices;
	char word[OPT_STR_MAX];
	bool first = true;
	int64_t set = 0;
	size_t len, n;

	if (*s == '-' && !d->def)
		set = set_of_all(choices);
	else if (*s == '-')
		set_set(d, d->def, &set, err);
	do {
		s += strspn(s, " \t");
		len = strcspn(s, ",");
		n = len < sizeof(word) ? len : sizeof(word) - 1;
		memcpy(word, s, n);
		while (n && strchr(" \t", word[n - 1]))
			n--;
		word[n] = '\0';
		if (!set_word(choices, word, first, &set)) {
			n = snprintf(err, OPT_ERR_MAX, "found '%.64s', allowed: all, none, or of "
				     "these, with - before those to leave out:", word);
			for (int i = 0; choices[i] && n < OPT_ERR_MAX; i++)
				n += snprintf(err + n, OPT_ERR_MAX - n, "%s %s", i ? "," : "",
					      choices[i]);
			return -EINVAL;
		}
		first = false;
		s += len;
	} while (*s++);
	*out = set;
	return 0;
}

static int format_set(const char *const *choices, int64_t set, char *buf, size_t len)
{
	size_t n = 0;

	if (!set || set == set_of_all(choices))
		return snprintf(buf, len, set ? "all" : "none");
	for (int i = 0; choices[i]; i++)
		if (set & 1LL << i)
			n += snprintf(n < len ? buf + n : NULL, n < len ? len - n : 0, "%s%s",
				      n ? "," : "", choices[i]);
	return n;
}

static int set_scaled(const struct opt_desc *d, const char *text, int64_t *out, char *err)
{
	const struct suffix *s = type_suffixes[d->type];
	bool bounded = d->min || d->max;
	int64_t min = bounded ? d->min : 0, max = bounded ? d->max : INT64_MAX, v;
	char lo[32], hi[32];

	if (!parse_scaled(s, text, &v) && v >= min && v <= max) {
		*out = v;
		return 0;
	}
	format_scaled(s, min, lo, sizeof(lo));
	format_scaled(s, max, hi, sizeof(hi));
	if (bounded)
		snprintf(err, OPT_ERR_MAX, "found '%.64s', allowed: %s to %s", text, lo, hi);
	else
		snprintf(err, OPT_ERR_MAX, "found '%.64s', allowed: a number%s", text,
			 d->type == OPT_SIZE ? " with K, M or G" :
			 d->type == OPT_TIME ? " with ns, us, ms or s" : "");
	return -EINVAL;
}

int opt_set(const struct opt_desc *d, void *base, const char *text, char *err)
{
	void *field = (char *)base + d->offset;

	switch (d->type) {
	case OPT_BOOL:
		return set_choice(bool_choices, text, field, err);
	case OPT_ENUM:
		return set_choice(d->choices, text, field, err);
	case OPT_SET:
		return set_set(d, text, field, err);
	case OPT_STR:
		if (strlen(text) >= OPT_STR_MAX || strpbrk(text, "\n\r\"")) {
			snprintf(err, OPT_ERR_MAX,
			"found '%.64s', allowed: up to %d characters, no quotes or line ends",
			text, OPT_STR_MAX - 1);
			return -EINVAL;
		}
		strcpy(field, text);
		return 0;
	default:
		return set_scaled(d, text, field, err);
	}
}

void opt_defaults(const struct opt_desc *table, void *base)
{
	char err[OPT_ERR_MAX];

	for (; table->name; table++)
		if (table->def && opt_set(table, base, table->def, err))
			abort();
}

int opt_format(const struct opt_desc *d, const void *base, char *buf, size_t len)
{
	const void *field = (const char *)base + d->offset;

	switch (d->type) {
	case OPT_BOOL:
		return snprintf(buf, len, "%s", bool_choices[*(const int64_t *)field]);
	case OPT_ENUM:
		return snprintf(buf, len, "%s", d->choices[*(const int64_t *)field]);
	case OPT_SET:
		return format_set(d->choices, *(const int64_t *)field, buf, len);
	case OPT_STR:
		return snprintf(buf, len, "%s", (const char *)field);
	default:
		return format_scaled(type_suffixes[d->type], *(const int64_t *)field, buf, len);
	}
}
