// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare/meta.h"
#include "inidoc.h"
#include "util.h"

/*
 * Members of run.json, in the order in which they are told. What says when it ran, or how far it
 * got, is none; kernels, config and plan are taken apart below.
 */
static const struct {
	const char *key;
	bool wall_only;		/* virtual time does not depend on it */
} members[] = {
	{ "host", false }, { "clock", false }, { "encrypt", false }, { "collectors", false },
	{ "emulator", false }, { "image", false }, { "agent", false }, { "version", false },
	{ "machine_cpu", true }, { "machine_cpus", true }, { "machine_kernel", true },
	{ "jobs", true },
};

/* An object as one line: what has a name and a hash, such as a patch, by these. */
static char *object_text(const json_t *v)
{
	const char *name = json_string_value(json_object_get(v, "name") ?:
					     json_object_get(v, "patch"));
	const char *hash = json_string_value(json_object_get(v, "sha256") ?:
					     json_object_get(v, "id"));

	if (name && hash)
		return xasprintf("%s (%.12s)", name, hash);
	return json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS);
}

/* A value as one line, or NULL where there is none. */
static char *value_text(const json_t *v)
{
	char *text = NULL;
	const json_t *item;
	size_t i;

	if (!v || json_is_null(v))
		return NULL;
	if (json_is_object(v))
		return object_text(v);
	if (json_is_string(v))
		return xstrdup(json_string_value(v));
	if (!json_is_array(v))
		return json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	text = xstrdup("");
	json_array_foreach(v, i, item) {
		char *word = value_text(item), *longer;

		longer = xasprintf("%s%s%s", text, i ? ", " : "", word ? word : "");
		free(text);
		free(word);
		text = longer;
	}
	return text;
}

static void add_meta(struct compare *c, const char *key, const char *old, const char *new)
{
	struct compare_meta *m;

	for (size_t i = 0; i < c->nr_meta; i++) {
		m = &c->meta[i];
		if (!strcmp(m->key, key) && !strcmp(m->value[SIDE_OLD] ?: "", old ?: "") &&
		    !strcmp(m->value[SIDE_NEW] ?: "", new ?: ""))
			return;
	}
	c->meta = xrealloc(c->meta, c->nr_meta + 1, sizeof(*c->meta));
	m = &c->meta[c->nr_meta++];
	m->key = xstrdup(key);
	m->value[SIDE_OLD] = old ? xstrdup(old) : NULL;
	m->value[SIDE_NEW] = new ? xstrdup(new) : NULL;
}

/* Add what differs between two values; objects member by member. */
static void diff(struct compare *c, const char *key, const json_t *old, const json_t *new)
{
	const char *name;
	json_t *value;
	char *text[SIDES];

	if (json_is_object(old) && json_is_object(new)) {
		json_object_foreach((json_t *)old, name, value) {
			char *path = xasprintf("%s.%s", key, name);

			diff(c, path, value, json_object_get(new, name));
			free(path);
		}
		json_object_foreach((json_t *)new, name, value) {
			char *path = xasprintf("%s.%s", key, name);

			if (!json_object_get(old, name))
				diff(c, path, NULL, value);
			free(path);
		}
		return;
	}
	text[SIDE_OLD] = value_text(old);
	text[SIDE_NEW] = value_text(new);
	if (strcmp(text[SIDE_OLD] ?: "", text[SIDE_NEW] ?: ""))
		add_meta(c, key, text[SIDE_OLD], text[SIDE_NEW]);
	free(text[SIDE_OLD]);
	free(text[SIDE_NEW]);
}

static const json_t *member(const struct compare *c, enum compare_side side, const char *key)
{
	return json_object_get(c->half[side].run, key);
}

static const json_t *kernel_of(const struct compare *c, enum compare_side side,
			       const struct compare_pair *p)
{
	return json_object_get(member(c, side, "kernels"),
			       run_cell_text(p->cell[side]->repeat, "kernel"));
}

/* The text of a cell's description in the plan, or NULL. */
static const char *plan_text(const struct compare *c, enum compare_side side, const char *id)
{
	const json_t *cells = json_object_get(member(c, side, "plan"), "cells"), *cell;
	size_t i, len = strlen(id);

	json_array_foreach(cells, i, cell) {
		const char *text = json_string_value(cell);
		const char *at = text ? strstr(text, "\nid = ") : NULL;

		if (at && !strncmp(at + 6, id, len) && at[6 + len] == '\n')
			return text;
	}
	return NULL;
}

static const char *plan_value(const struct ini_doc *d, const struct ini_entry *like)
{
	for (size_t i = 0; i < d->nr; i++)
		if (!strcmp(d->entries[i].section, like->section) &&
		    !strcmp(d->entries[i].key, like->key))
			return d->entries[i].value;
	return NULL;
}

/* What the cells of a pair were told to do, beside the collectors, which run.json has itself. */
static void diff_plans(struct compare *c, const struct compare_pair *p)
{
	struct ini_doc doc[SIDES];
	char err[OPT_ERR_MAX];
	const char *text;
	int loaded = 0;

	for (int side = 0; side < SIDES; side++) {
		text = plan_text(c, side, p->cell[side]->id);
		if (!text || ini_doc_parse(&doc[side], "plan", text, err))
			break;
		loaded++;
	}
	for (int side = 0; side < SIDES && loaded == SIDES; side++) {
		for (size_t i = 0; i < doc[side].nr; i++) {
			const struct ini_entry *e = &doc[side].entries[i];
			const char *other = plan_value(&doc[!side], e);
			char *key = xasprintf("cell.%s", e->key);

			if (strcmp(e->key, "id") && strcmp(e->key, "collectors") &&
			    strcmp(e->key, "kernel") && (!other || strcmp(e->value, other)))
				add_meta(c, key, side == SIDE_OLD ? e->value : other,
					 side == SIDE_OLD ? other : e->value);
			free(key);
		}
	}
	while (loaded-- > 0)
		ini_doc_free(&doc[loaded]);
}

static void diff_configs(struct compare *c)
{
	const json_t *old = member(c, SIDE_OLD, "config"), *new = member(c, SIDE_NEW, "config");
	const char *name[SIDES] = { json_string_value(json_object_get(old, "name")),
				    json_string_value(json_object_get(new, "name")) };
	bool same = json_equal(json_object_get(old, "text"), json_object_get(new, "text"));

	if (strcmp(name[SIDE_OLD] ?: "", name[SIDE_NEW] ?: ""))
		add_meta(c, "config", name[SIDE_OLD], name[SIDE_NEW]);
	else if (!same)
		add_meta(c, "config", name[SIDE_OLD], "the same name with another text");
}

static void diff_plan_hosts(struct compare *c)
{
	static const char *const keys[] = { "host", "host_memory_bytes", "repeats" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char *key = xasprintf("host.%s", keys[i]);

		diff(c, i ? key : "host", json_object_get(member(c, SIDE_OLD, "plan"), keys[i]),
		     json_object_get(member(c, SIDE_NEW, "plan"), keys[i]));
		free(key);
	}
}

void meta_compare(struct compare *c)
{
	for (size_t i = 0; i < c->nr_pairs; i++)
		diff(c, "kernel", kernel_of(c, SIDE_OLD, &c->pair[i]),
		     kernel_of(c, SIDE_NEW, &c->pair[i]));
	for (size_t i = 0; i < c->nr_pairs; i++)
		diff_plans(c, &c->pair[i]);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!members[i].wall_only || !c->virtual_clock)
			diff(c, members[i].key, member(c, SIDE_OLD, members[i].key),
			     member(c, SIDE_NEW, members[i].key));
	diff_plan_hosts(c);
	diff_configs(c);
}

static const char *clock_of(const struct compare *c, enum compare_side side)
{
	return json_string_value(member(c, side, "clock")) ?: "";
}

int meta_check(struct compare *c, char *err)
{
	const char *old = clock_of(c, SIDE_OLD), *new = clock_of(c, SIDE_NEW), *unit;

	if (strcmp(old, new))
		return errf(err, -EINVAL, "'%.150s' was measured by the %.20s clock, '%.150s' by "
			    "the %.20s clock: their times have nothing to do with each other",
			    c->half[SIDE_OLD].spec, old, c->half[SIDE_NEW].spec, new);
	c->virtual_clock = !strcmp(old, "virtual");
	c->time_unit = c->virtual_clock ? "virtual ns" : "ns";
	for (int side = 0; side < SIDES; side++) {
		const struct compare_half *h = &c->half[side];

		for (size_t i = 0; i < h->cells.nr; i++) {
			unit = run_cell_text(&h->cells.cell[i], "time_unit");
			if (strcmp(unit, c->time_unit))
				return errf(err, -EINVAL, "%.200s/%.200s: times are in '%.40s', "
					    "the run's clock is %.20s", path_shown(h->dir),
					    h->cells.cell[i].dir, unit, old);
		}
	}
	return 0;
}
