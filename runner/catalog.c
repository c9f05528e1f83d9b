// SPDX-License-Identifier: GPL-2.0-only
/* Named kernels and workloads: the files of the lab and the sections of a config. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "strategy.h"
#include "suggest.h"
#include "user_kernel.h"
#include "util.h"

#define KERNEL(f)	OPT_TEXT(struct kernel, f)

const struct opt_desc kernel_options[] = {
	{ "what", OPT_STR, KERNEL(what), 0, 0, NULL, NULL, "the kernel in one line" },
	{ "base", OPT_STR, KERNEL(base), 0, 0, NULL, NULL, "package with its source" },
	{ "git", OPT_STR, KERNEL(git), 0, 0, NULL, "", "git tree and revision with its source" },
	{ "config", OPT_STR, KERNEL(config), 0, 0, NULL, NULL, "config fragments" },
	{ "series", OPT_STR, KERNEL(series), 0, 0, NULL, "", "folder of patches" },
	{ "strategy", OPT_STR, KERNEL(strategy), 0, 0, NULL, NULL, "what pins SEV guests" },
	{ .name = NULL },
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **lab_names(const char *root, const char *dir, const char *suffix)
{
	char *path = xasprintf("%s/%s", root, dir);
	struct strv names = { .nr = 0 };
	DIR *d = opendir(path);
	struct dirent *entry;

	names.v = xrealloc(NULL, 1, sizeof(*names.v));
	names.v[0] = NULL;
	while (d && (entry = readdir(d))) {
		size_t len = strlen(entry->d_name), tail = strlen(suffix);

		if (len > tail && !strcmp(entry->d_name + len - tail, suffix))
			strv_add(&names, "%.*s", (int)(len - tail), entry->d_name);
	}
	if (d)
		closedir(d);
	free(path);
	qsort(names.v, names.nr, sizeof(*names.v), by_name);
	return names.v;
}

void names_free(char **names)
{
	for (char **n = names; *n; n++)
		free(*n);
	free(names);
}

/* A name that is to become part of a path. */
static bool name_plain(const char *name)
{
	return name[0] && name[0] != '.' && !strchr(name, '/');
}

static int no_such(const struct config *c, const char *kind, const struct item *name,
		   const char *dir, const char *suffix, char *err)
{
	char **names = lab_names(c->root, dir, suffix), list[OPT_ERR_MAX] = "none";
	const char *close = suggest(name->text, (const char *const *)names);
	size_t n = 0;

	for (char **s = names; *s && n < sizeof(list); s++)
		n += snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", *s);
	if (name->at)
		ini_error(name->at, err, "no %s '%s'%s%s%s; there are: %.250s", kind, name->text,
			  close ? " (did you mean '" : "", close ? close : "",
			  close ? "'?)" : "", list);
	else
		errf(err, -ENOENT, "no %s '%s'; there are: %.250s", kind, name->text, list);
	names_free(names);
	return -ENOENT;
}

/* The doc of a lab file; NULL with err set, or with err empty if there is no such file. */
static struct ini_doc *lab_file(struct config *c, const char *dir, const char *name,
				const char *suffix, char *err)
{
	char *path = xasprintf("%s/%s/%s%s", c->root, dir, name, suffix), *text = NULL;
	struct ini_doc *doc = NULL;

	err[0] = '\0';
	if (name_plain(name) && !access(path, F_OK) && !file_read(path, &text, err) &&
	    !config_doc_add(c, path_shown(path), text, err))
		doc = c->docs[c->nr_docs - 1];
	free(text);
	free(path);
	return doc;
}

static int kernel_entry(struct kernel *k, const struct ini_entry *e, char *err)
{
	const struct opt_desc *d = opt_find(kernel_options, e->key);
	const char *allowed[ARRAY_SIZE(kernel_options)];
	char what[OPT_ERR_MAX];

	if (!strcmp(e->key, "strategy") && strategy_find(e->value) <= STRATEGY_NONE)
		return ini_error(e, err, "strategy: found '%.64s', allowed: %s", e->value,
				 strategy_list(STRATEGY_UPFRONT));
	if (d && !opt_set(d, k, e->value, what))
		return 0;
	if (d)
		return ini_error(e, err, "%s: %.400s", e->key, what);
	for (size_t i = 0; i < ARRAY_SIZE(kernel_options); i++)
		allowed[i] = kernel_options[i].name;
	return unknown_key(e, "a kernel file", allowed, err);
}

static int load_file(struct config *c, const char *name, struct kernel *k, char *err)
{
	struct ini_doc *doc = lab_file(c, "kernels", name, ".kernel", err);

	if (!doc)
		return err[0] ? -EINVAL : -ENOENT;
	for (size_t i = 0; i < doc->nr; i++)
		if (kernel_entry(k, &doc->entries[i], err))
			return -EINVAL;
	if (!k->strategy[0])
		return errf(err, -EINVAL, "%s: 'strategy' is missing", doc->file);
	return 0;
}

/*
 * What a user gave pins as kernels/NAME.kernel says, if there is one, or as the kernel of the lab
 * that it starts from; a base as the latter; otherwise they pin as mainline does.
 */
static int load_user(struct config *c, const char *entry, bool base, struct kernel *k, char *err)
{
	const char *spec = user_kernel_spec(entry);
	char *named = xasprintf("%.*s", (int)(spec - entry - 1), entry);
	char *from = xasprintf("%.*s", (int)strcspn(spec, "+"), spec);
	int ret = base ? -ENOENT : load_file(c, named, k, err);

	if (ret == -ENOENT)
		ret = load_file(c, from, k, err);
	if (ret == -ENOENT) {
		strcpy(k->strategy, strategy_names[STRATEGY_UPFRONT]);
		ret = 0;
	}
	snprintf(k->what, sizeof(k->what), "%s%s", base ? "what is built on in " : "", spec);
	free(from);
	free(named);
	return ret;
}

int kernel_load(struct config *c, const struct item *name, struct kernel *k, char *err)
{
	const char *user;
	bool base = false;
	int ret;

	*k = (struct kernel){ .name = *name };
	user = user_kernel_find(c->user_kernels, name->text, &base);
	if (user)
		return load_user(c, user, base, k, err);
	if (!strcmp(name->text, CONFIG_RUNNING_KERNEL)) {
		strcpy(k->what, "the kernel that this machine runs");
		strcpy(k->strategy, "upfront");
		return 0;
	}
	ret = load_file(c, name->text, k, err);
	return ret != -ENOENT ? ret : no_such(c, "kernel", name, "kernels", ".kernel", err);
}

static int set_type(struct workload *w, const struct ini_entry *e, char *err)
{
	char allowed[128] = "";
	const struct opt_desc *d;
	size_t n = 0;

	for (int i = 0; i < WORKLOADS; i++) {
		if (strcmp(workload_types[i].name, e->value))
			continue;
		w->type = &workload_types[i];
		for (d = w->type->params; d->name && w->nr_params < CONFIG_PARAMS_MAX; d++)
			w->params[w->nr_params++].desc = d;
		return 0;
	}
	for (int i = 0; i < WORKLOADS; i++)
		n += snprintf(allowed + n, sizeof(allowed) - n, "%s%s", n ? ", " : "",
			      workload_type_names[i]);
	return ini_error(e, err, "type: found '%.64s', allowed: %s", e->value, allowed);
}

/* What a later source says of a key replaces what an earlier one said. */
static int set_list(struct list *l, const struct ini_entry *e, char *err)
{
	if (!e->more)
		l->nr = 0;
	return list_add(l, e, err);
}

static int set_param(struct param_axis *a, const struct ini_entry *e, char *err)
{
	union workload_params scratch;
	char what[OPT_ERR_MAX];
	int ret = set_list(&a->values, e, err);

	for (size_t i = 0; i < a->values.nr && !ret; i++)
		if (opt_set(a->desc, &scratch, a->values.items[i].text, what))
			ret = ini_error(e, err, "%s: %.400s", e->key, what);
	return ret;
}

static int set_corrupts(struct workload *w, const struct ini_entry *e, char *err)
{
	struct list names = { .nr = 0 };
	int ret = list_add(&names, e, err);

	if (!e->more)
		w->corrupts = 0;
	for (size_t i = 0; i < names.nr && !ret; i++) {
		int s = strategy_find(names.items[i].text);

		if (s < 0)
			ret = ini_error(e, err, "corrupts: found '%.64s', allowed: %s",
					names.items[i].text, strategy_list(STRATEGY_NONE));
		else
			w->corrupts |= 1u << s;
	}
	free(names.items);
	return ret;
}

static int workload_entry(struct workload *w, const struct ini_entry *e, char *err)
{
	const char *allowed[AXES + CONFIG_PARAMS_MAX + 4];
	char section[OPT_STR_MAX + 16];
	size_t n = 0;

	if (!strcmp(e->key, "type"))
		return strcmp(e->value, w->type->name) ?
		       ini_error(e, err, "type: found '%.64s', but '%s' is of type '%s' already",
				 e->value, w->name.text, w->type->name) : 0;
	if (!strcmp(e->key, "what")) {
		snprintf(w->what, sizeof(w->what), "%s", e->value);
		return 0;
	}
	if (!strcmp(e->key, "corrupts"))
		return set_corrupts(w, e, err);
	for (int i = 0; i < AXES; i++)
		if (!strcmp(e->key, axis_names[i]))
			return set_list(&w->axes[i], e, err);
	for (size_t i = 0; i < w->nr_params; i++)
		if (!strcmp(e->key, w->params[i].desc->name))
			return set_param(&w->params[i], e, err);

	for (size_t i = 0; i < w->nr_params; i++)
		allowed[n++] = w->params[i].desc->name;
	for (int i = 0; i < AXES; i++)
		allowed[n++] = axis_names[i];
	allowed[n++] = "corrupts";
	allowed[n++] = "type";
	allowed[n++] = "what";
	allowed[n] = NULL;
	snprintf(section, sizeof(section), "workload '%s'", w->name.text);
	return unknown_key(e, section, allowed, err);
}

static int each_entry(struct workload *w, const struct ini_doc *doc, const char *section,
		      const char *only_key, int (*fn)(struct workload *, const struct ini_entry *,
						      char *), char *err)
{
	int ret = 0;

	for (size_t i = 0; doc && i < doc->nr && !ret; i++) {
		const struct ini_entry *e = &doc->entries[i];

		if (!strcmp(e->section, section) && (!only_key || !strcmp(e->key, only_key)))
			ret = fn(w, e, err);
	}
	return ret;
}

static int check_complete(const struct workload *w, const struct ini_doc *doc, char *err)
{
	for (size_t i = 0; i < w->nr_params; i++)
		if (!w->params[i].desc->def && !w->params[i].values.nr)
			return errf(err, -EINVAL, "%s: workload '%s' has no '%s'", doc->file,
				    w->name.text, w->params[i].desc->name);
	return 0;
}

static int other_section(const struct ini_doc *doc, char *err)
{
	for (size_t i = 0; i < doc->nr; i++)
		if (doc->entries[i].section[0])
			return ini_error(&doc->entries[i], err,
					 "found section [%s], allowed: no sections in this file",
					 doc->entries[i].section);
	return 0;
}

int workload_load(struct config *c, const struct item *name, struct workload *w, char *err)
{
	const struct ini_doc *file, *conf;
	int ret;

	*w = (struct workload){ .name = *name };
	file = lab_file(c, "bench/workloads", name->text, ".conf", err);
	if (!file && err[0])
		return -EINVAL;
	conf = c->nr_docs ? c->docs[0] : NULL;
	if (file == conf)
		conf = NULL;
	ret = file ? other_section(file, err) : 0;
	if (!ret)
		ret = each_entry(w, file, "", "type", set_type, err);
	if (!ret && !w->type)
		ret = each_entry(w, conf, name->text, "type", set_type, err);
	if (!ret && !w->type)
		ret = file ? errf(err, -EINVAL, "%s: 'type' is missing", file->file) :
		      no_such(c, "workload", name, "bench/workloads", ".conf", err);
	if (!ret)
		ret = each_entry(w, file, "", NULL, workload_entry, err);
	if (!ret)
		ret = each_entry(w, conf, name->text, NULL, workload_entry, err);
	return ret ? ret : check_complete(w, file ? file : conf, err);
}

void workload_free(struct workload *w)
{
	for (int i = 0; i < AXES; i++)
		free(w->axes[i].items);
	for (size_t i = 0; i < w->nr_params; i++)
		free(w->params[i].values.items);
	memset(w, 0, sizeof(*w));
}

bool workload_known(const struct config *c, const char *name)
{
	char *path = xasprintf("%s/bench/workloads/%s.conf", c->root, name);
	bool known = name_plain(name) && !access(path, F_OK);

	free(path);
	for (size_t i = 0; i < c->docs[0]->nr && !known; i++) {
		const struct ini_entry *e = &c->docs[0]->entries[i];

		known = !strcmp(e->section, name) && !strcmp(e->key, "type");
	}
	return known;
}
