// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/thresholds.h"
#include "config.h"
#include "suggest.h"
#include "user_kernel.h"
#include "util.h"

#define HOST(f)		OPT_I64(struct host_config, f)
#define CONFIG(f)	OPT_I64(struct config, f)
#define SECOND		1000000000LL

const char *const clock_names[] = { "virtual", "wall", NULL };

const struct opt_desc matrix_options[] = {
	{ "repeats", OPT_INT, CONFIG(repeats), 1, 10000, NULL, "1", "executions of each cell" },
	{ "host_memory", OPT_SIZE, CONFIG(host.memory_bytes), 256LL << 20, 1LL << 40, NULL, "2G",
	  "memory of the emulated bench host" },
	{ "sample_interval", OPT_TIME, CONFIG(cell.sample_interval_ns), 1000000, 3600 * SECOND,
	  NULL, "20ms", "between two timeline samples, in the bench host's time" },
	{ "timeout", OPT_TIME, CONFIG(cell.timeout_ns), 1000000, 86400 * SECOND, NULL, "300s",
	  "for a cell, in the bench host's time" },
	{ "wall_timeout", OPT_TIME, CONFIG(host.wall_timeout_ns), 100000000, 86400 * SECOND, NULL,
	  "1800s", "for a cell, in real time" },
	{ "collectors", OPT_SET, CONFIG(cell.collectors), 0, 0, collector_names,
	  COLLECTORS_DEFAULT, "what is read of host, VMM and guest" },
	{ CELL_START, OPT_ENUM, CONFIG(cell.start), 0, 0, start_names, "warm",
	  "of guests whose boot is not what is measured; warm: one of a kind boots, cold: each" },
	{ "seed", OPT_INT, CONFIG(cell.seed), 0, 1LL << 31, NULL, "42",
	  "of the emulated host's random numbers" },
	{ .name = NULL },
};

const struct opt_desc host_options[] = {
	{ "clock", OPT_ENUM, HOST(clock), 0, 0, clock_names, "virtual",
	  "virtual: 1 instruction is 1 ns; wall: real time" },
	{ "cpus", OPT_INT, HOST(cpus), 1, 8, NULL, "1", "CPUs of the emulated host" },
	{ "psp", OPT_BOOL, HOST(psp), 0, 0, NULL, "on", "the emulated host has a PSP" },
	{ "c_bit", OPT_INT, HOST(c_bit), 32, 51, NULL, "47", "position of the C-bit" },
	{ "asids", OPT_INT, HOST(asids), 1, 509, NULL, "15", "ASIDs for SEV guests" },
	{ "c_bit_strip", OPT_BOOL, HOST(c_bit_strip), 0, 0, NULL, "on",
	  "the emulated CPU honours the C-bit (off: a negative control)" },
	{ "encrypt", OPT_BOOL, HOST(encrypt), 0, 0, NULL, "on",
	  "guests' private memory is encrypted: a page that the host moves is garbage" },
	{ "encrypt_flush", OPT_BOOL, HOST(encrypt_flush), 0, 0, NULL, "on",
	  "a page that changes hands leaves the TLB (off: a negative control)" },
	{ .name = NULL },
};

const char *const axis_names[AXES] = {
	[AXIS_KERNELS] = "kernels", [AXIS_GUESTS] = "guests", [AXIS_MEMORY] = "memory",
	[AXIS_MMU] = "mmu",
};

int unknown_key(const struct ini_entry *e, const char *what, const char *const allowed[],
		char *err)
{
	const char *close = suggest(e->key, allowed);
	char names[OPT_ERR_MAX] = "";
	size_t n = 0;

	for (int i = 0; allowed[i] && n < sizeof(names); i++)
		n += snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "", allowed[i]);
	return ini_error(e, err, "unknown key '%.64s' in %s%s%s%s; allowed: %.300s", e->key, what,
			 close ? " (did you mean '" : "", close ? close : "", close ? "'?)" : "",
			 names);
}

/* Append the comma-separated values of an entry. */
int list_add(struct list *l, const struct ini_entry *e, char *err)
{
	const char *s = e->value;
	bool any = false;

	while (*s) {
		size_t len = strcspn(s, ","), start = strspn(s, " \t"), text;
		struct item item = { .at = e };

		text = len > start ? len - start : 0;
		while (text && strchr(" \t", s[start + text - 1]))
			text--;
		if (text >= sizeof(item.text))
			return ini_error(e, err, "'%s': a value of %zu characters, allowed: %zu",
					 e->key, text, sizeof(item.text) - 1);
		if (text) {
			memcpy(item.text, s + start, text);
			l->items = xrealloc(l->items, l->nr + 1, sizeof(item));
			l->items[l->nr++] = item;
			any = true;
		} else if (s[len]) {
			return ini_error(e, err, "'%s': a value is missing before a comma", e->key);
		}
		s += len + (s[len] == ',');
	}
	return any ? 0 : ini_error(e, err, "'%s' has no value", e->key);
}

int config_doc_add(struct config *c, const char *file, const char *text, char *err)
{
	struct ini_doc *doc = xrealloc(NULL, 1, sizeof(*doc));
	int ret = ini_doc_parse(doc, file, text, err);

	if (ret) {
		free(doc);
		return ret;
	}
	c->docs = xrealloc(c->docs, c->nr_docs + 1, sizeof(doc));
	c->docs[c->nr_docs++] = doc;
	return 0;
}

static int add_term(struct exclude *x, const char *word, char *err)
{
	const char *eq = strchr(word, '=');
	struct exclude_term t = { .key = "" };

	if (!eq || eq == word || !eq[1])
		return ini_error(x->text.at, err,
				 "exclude: found '%.64s', allowed: key=pattern terms, such as "
				 "guest=sev workload=touch-*", word);
	snprintf(t.key, sizeof(t.key), "%.*s", (int)(eq - word), word);
	snprintf(t.glob, sizeof(t.glob), "%s", eq + 1);
	x->terms = xrealloc(x->terms, x->nr + 1, sizeof(t));
	x->terms[x->nr++] = t;
	return 0;
}

static int add_exclude(struct config *c, const struct item *text, char *err)
{
	char words[OPT_STR_MAX], *save, *word;
	struct exclude *x;
	int ret = 0;

	c->excludes = xrealloc(c->excludes, c->nr_excludes + 1, sizeof(*x));
	x = &c->excludes[c->nr_excludes++];
	*x = (struct exclude){ .text = *text };
	strcpy(words, text->text);
	word = strtok_r(words, " \t", &save);
	while (word && !ret) {
		ret = add_term(x, word, err);
		word = strtok_r(NULL, " \t", &save);
	}
	return ret;
}

static int set_exclude(struct config *c, const struct ini_entry *e, char *err)
{
	struct list l = { .nr = 0 };
	int ret = list_add(&l, e, err);

	for (size_t i = 0; i < l.nr && !ret; i++)
		ret = add_exclude(c, &l.items[i], err);
	free(l.items);
	return ret;
}

/* An entry of a table's option; -ENOENT if the table has none of that name. */
static int set_option(const struct opt_desc *table, void *base, const struct ini_entry *e,
		      char *err)
{
	const struct opt_desc *d = opt_find(table, e->key);
	char what[OPT_ERR_MAX];

	if (!d)
		return -ENOENT;
	if (opt_set(d, base, e->value, what))
		return ini_error(e, err, "%s: %.400s", e->key, what);
	return 0;
}

static int matrix_entry(struct config *c, const struct ini_entry *e, char *err)
{
	const char *allowed[ARRAY_SIZE(matrix_options) + AXES + 3];
	size_t n = 0;
	int ret;

	for (int i = 0; i < AXES; i++)
		if (!strcmp(e->key, axis_names[i]))
			return list_add(&c->axes[i], e, err);
	if (!strcmp(e->key, "workloads"))
		return list_add(&c->workload_names, e, err);
	if (!strcmp(e->key, "exclude"))
		return set_exclude(c, e, err);
	ret = set_option(matrix_options, c, e, err);
	if (ret != -ENOENT)
		return ret;

	for (int i = 0; i < AXES; i++)
		allowed[n++] = axis_names[i];
	allowed[n++] = "workloads";
	allowed[n++] = "exclude";
	for (const struct opt_desc *d = matrix_options; d->name; d++)
		allowed[n++] = d->name;
	allowed[n] = NULL;
	return unknown_key(e, "[matrix]", allowed, err);
}

static int host_entry(struct config *c, const struct ini_entry *e, char *err)
{
	const char *allowed[ARRAY_SIZE(host_options)];
	int ret = set_option(host_options, &c->host, e, err);

	if (ret != -ENOENT)
		return ret;
	for (size_t i = 0; i < ARRAY_SIZE(host_options); i++)
		allowed[i] = host_options[i].name;
	return unknown_key(e, "[host]", allowed, err);
}

static int unknown_section(const struct config *c, const struct ini_entry *e, char *err)
{
	const char *allowed[64] = { "matrix", "host", "compare" };
	struct ini_entry header = *e;
	const char *close;
	size_t n = 3;

	if (!e->section[0])
		return ini_error(e, err, "'%.64s' stands before any [section]", e->key);
	header.line = e->section_line;
	for (size_t i = 0; i < c->workload_names.nr && n < ARRAY_SIZE(allowed) - 1; i++)
		allowed[n++] = c->workload_names.items[i].text;
	close = suggest(e->section, allowed);
	return ini_error(&header, err,
			 "unknown section [%.64s]%s%s%s; allowed: matrix, host, compare or a "
			 "workload",
			 e->section, close ? " (did you mean '" : "", close ? close : "",
			 close ? "'?)" : "");
}

/* Is it none of a workload? */
static bool is_own_section(const char *name)
{
	return !strcmp(name, "matrix") || !strcmp(name, "host") || !strcmp(name, "compare");
}

/* What [compare] says is taken from the run's copy of the text; here it only has to be right. */
static int check_thresholds(const struct config *c, char *err)
{
	struct thresholds t;
	int ret;

	thresholds_init(&t);
	ret = thresholds_config(&t, c->docs[0]->file, c->text, err);
	thresholds_free(&t);
	return ret;
}

static int read_sections(struct config *c, char *err)
{
	const struct ini_doc *doc = c->docs[0];
	int ret = check_thresholds(c, err);

	for (size_t i = 0; i < doc->nr && !ret; i++) {
		const struct ini_entry *e = &doc->entries[i];

		if (!strcmp(e->section, "matrix"))
			ret = matrix_entry(c, e, err);
		else if (!strcmp(e->section, "host"))
			ret = host_entry(c, e, err);
	}
	for (size_t i = 0; i < doc->nr && !ret; i++) {
		const struct ini_entry *e = &doc->entries[i];

		if (!is_own_section(e->section) && !workload_known(c, e->section))
			ret = unknown_section(c, e, err);
	}
	return ret;
}

static int load_workloads(struct config *c, char *err)
{
	const struct list *names = &c->workload_names;
	int ret = 0;

	c->workloads = xrealloc(NULL, names->nr, sizeof(*c->workloads));
	for (size_t i = 0; i < names->nr && !ret; i++)
		ret = workload_load(c, &names->items[i], &c->workloads[c->nr_workloads++], err);
	return ret;
}

static int load_kernels(struct config *c, const struct list *names, char *err)
{
	for (size_t i = 0; i < names->nr; i++) {
		size_t known = 0;
		int ret;

		while (known < c->nr_kernels &&
		       strcmp(c->kernels[known].name.text, names->items[i].text))
			known++;
		if (known < c->nr_kernels)
			continue;
		c->kernels = xrealloc(c->kernels, c->nr_kernels + 1, sizeof(*c->kernels));
		ret = kernel_load(c, &names->items[i], &c->kernels[c->nr_kernels++], err);
		if (ret)
			return ret;
	}
	return 0;
}

/* A section of a workload that is not run is still to be right. */
static int check_unused_sections(struct config *c, char *err)
{
	for (size_t i = 0; i < c->docs[0]->nr; i++) {
		const struct ini_entry *e = &c->docs[0]->entries[i];
		struct item name = { .at = e };
		struct workload w;
		bool used = is_own_section(e->section);
		int ret;

		for (size_t n = 0; n < c->nr_workloads && !used; n++)
			used = !strcmp(c->workloads[n].name.text, e->section);
		if (used)
			continue;
		snprintf(name.text, sizeof(name.text), "%s", e->section);
		ret = workload_load(c, &name, &w, err);
		workload_free(&w);
		if (ret)
			return ret;
	}
	return 0;
}

/* The user's kernels and their bases instead of those that the file names. */
static int take_user_kernels(struct config *c, char *err)
{
	struct list *kernels = &c->axes[AXIS_KERNELS];
	char *text;
	int ret;

	if (!c->user_kernels || !c->user_kernels[0])
		return 0;
	ret = user_kernels_check(c->user_kernels, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < c->nr_workloads; i++)
		c->workloads[i].axes[AXIS_KERNELS].nr = 0;
	kernels->nr = 0;
	text = user_kernels_axis(c->user_kernels);
	ret = config_doc_add(c, "--kernel", text, err);
	free(text);
	return ret ? ret : list_add(kernels, &c->docs[c->nr_docs - 1]->entries[0], err);
}

static int resolve(struct config *c, const char *path, char *err)
{
	int ret = read_sections(c, err);

	if (!ret && !c->workload_names.nr)
		ret = errf(err, -EINVAL, "%s: [matrix] has no 'workloads'", path_shown(path));
	if (!ret)
		ret = load_workloads(c, err);
	if (!ret)
		ret = check_unused_sections(c, err);
	if (!ret)
		ret = take_user_kernels(c, err);
	for (size_t i = 0; i < c->nr_workloads && !ret; i++) {
		struct workload *w = &c->workloads[i];

		for (int a = 0; a < AXES && !ret; a++)
			if (a != AXIS_MMU && !w->axes[a].nr && !c->axes[a].nr)
				ret = errf(err, -EINVAL, "%s: [matrix] has no '%s', and so has "
					   "workload '%s'", path_shown(path), axis_names[a],
					   w->name.text);
		if (!ret)
			ret = load_kernels(c, &w->axes[AXIS_KERNELS], err);
	}
	return ret ? ret : load_kernels(c, &c->axes[AXIS_KERNELS], err);
}

int config_load(struct config *c, const char *root, const char *path, char *err)
{
	return config_load_kernels(c, root, path, NULL, err);
}

int config_load_kernels(struct config *c, const char *root, const char *path,
			const char *const *kernels, char *err)
{
	const char *base = strrchr(path, '/');
	char *dot;
	int ret;

	*c = (struct config){ .root = root, .user_kernels = kernels };
	opt_defaults(matrix_options, c);
	opt_defaults(host_options, &c->host);
	snprintf(c->name, sizeof(c->name), "%s", base ? base + 1 : path);
	dot = strrchr(c->name, '.');
	if (dot && dot != c->name)
		*dot = '\0';
	ret = file_read(path, &c->text, err);
	if (!ret)
		ret = config_doc_add(c, path_shown(path), c->text, err);
	if (!ret)
		ret = resolve(c, path, err);
	if (ret)
		config_free(c);
	return ret;
}

void config_free(struct config *c)
{
	for (size_t i = 0; i < c->nr_workloads; i++)
		workload_free(&c->workloads[i]);
	for (size_t i = 0; i < c->nr_excludes; i++)
		free(c->excludes[i].terms);
	for (size_t i = 0; i < c->nr_docs; i++) {
		ini_doc_free(c->docs[i]);
		free(c->docs[i]);
	}
	for (int a = 0; a < AXES; a++)
		free(c->axes[a].items);
	free(c->workload_names.items);
	free(c->workloads);
	free(c->excludes);
	free(c->kernels);
	free(c->docs);
	free(c->text);
	memset(c, 0, sizeof(*c));
}
