// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/cell.h"
#include "compare/select.h"
#include "run.h"
#include "util.h"

#define AXIS_VALUE_MAX	256

/* Axes beside these are a cell's parameters, the MMU and the kind of start included. */
static const char *const fixed_axes[] = {
	"kernel", "guest", "strategy", "memory", "workload", NULL
};

/* What an axis decides, too: a strategy is a kernel and a kind of guest. */
static const char *const implied[][3] = {
	{ "kernel", "strategy" },
	{ "strategy", "kernel", "guest" },
	{ "guest", "strategy" },
};

static const json_t *params_of(const struct run_cell *c)
{
	return json_object_get(c->json, "params");
}

/* The value of an axis, or NULL where the cell has no such axis. */
static const char *axis_value(const struct run_cell *c, const char *axis, char *buf)
{
	long long mib = run_cell_int(c, "memory_mib");

	if (!strcmp(axis, "memory")) {
		snprintf(buf, AXIS_VALUE_MAX, mib % 1024 || !mib ? "%lldM" : "%lldG",
			 mib % 1024 ? mib : mib / 1024);
		return buf;
	}
	for (size_t i = 0; fixed_axes[i]; i++)
		if (!strcmp(axis, fixed_axes[i]))
			return run_cell_text(c, axis);
	return json_string_value(json_object_get(params_of(c), axis));
}

static bool has(const struct strv *s, const char *word)
{
	for (size_t i = 0; i < s->nr; i++)
		if (!strcmp(s->v[i], word))
			return true;
	return false;
}

/* The axes that any cell of either side has. */
static void list_axes(const struct compare *c, struct strv *axes)
{
	for (size_t i = 0; fixed_axes[i]; i++)
		strv_add(axes, "%s", fixed_axes[i]);
	for (int side = 0; side < SIDES; side++) {
		const struct run_cells *cells = &c->half[side].cells;

		for (size_t i = 0; i < cells->nr; i++) {
			const char *name;
			json_t *value;

			json_object_foreach((json_t *)params_of(&cells->cell[i]), name, value)
				if (!has(axes, name))
					strv_add(axes, "%s", name);
		}
	}
}

static int unknown_axis(const struct compare *c, const char *word, char *err)
{
	struct strv axes = { .nr = 0 };
	char names[OPT_ERR_MAX] = "";
	size_t n = 0;

	list_axes(c, &axes);
	if (has(&axes, word)) {
		strv_free(&axes);
		return 0;
	}
	for (size_t i = 0; i < axes.nr && n < sizeof(names); i++)
		n += snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "", axes.v[i]);
	strv_free(&axes);
	return errf(err, -EINVAL, "no cell has an axis '%.64s'; there are: %.350s", word, names);
}

/* Does a cell match one TERM: key=glob, or a glob of its id? */
static bool term_matches(const struct run_cell *c, const char *term)
{
	char buf[AXIS_VALUE_MAX], key[AXIS_VALUE_MAX];
	const char *eq = strchr(term, '='), *value;

	if (eq) {
		snprintf(key, sizeof(key), "%.*s", (int)(eq - term), term);
		value = axis_value(c, key, buf);
		if (value)
			return !fnmatch(eq + 1, value, 0);
	}
	return !fnmatch(term, run_cell_text(c, "cell"), 0);
}

static bool selected(const struct run_cell *c, const struct strv *terms)
{
	for (size_t i = 0; i < terms->nr; i++)
		if (!term_matches(c, terms->v[i]))
			return false;
	return true;
}

static void take_cells(struct compare_half *h, const struct strv *terms)
{
	h->cell = xrealloc(NULL, h->cells.nr + 1, sizeof(*h->cell));
	h->nr = 0;
	for (size_t i = 0; i < h->cells.nr; i++) {
		const struct run_cell *rc = &h->cells.cell[i];
		const char *id = run_cell_text(rc, "cell");

		if (!selected(rc, terms))
			continue;
		if (!h->nr || strcmp(h->cell[h->nr - 1].id, id))
			h->cell[h->nr++] = (struct compare_cell){ .id = id, .repeat = rc };
		h->cell[h->nr - 1].nr++;
	}
}

/* RUN or RUN:TERM,...: RUN has as many of the colons as make the name of one that is there. */
static int find_run(struct compare_half *h, const char *results, char *err)
{
	const char *slash = strrchr(h->spec, '/'), *base = slash ?: h->spec;
	const char *end = strchr(h->spec, '\0');
	char *run;
	int ret;

	do {
		run = xasprintf("%.*s", (int)(end - h->spec), h->spec);
		ret = run_find(results, run, &h->dir, err);
		free(run);
		if (!ret)
			h->terms = *end ? end + 1 : end;
		else
			end = memrchr(base, ':', end - base);
	} while (ret && end);
	return ret;
}

static void split_terms(const char *text, struct strv *terms)
{
	char *words = xstrdup(text), *save;

	for (char *word = strtok_r(words, ",", &save); word; word = strtok_r(NULL, ",", &save))
		strv_add(terms, "%s", word);
	free(words);
}

static int load_run_json(struct compare_half *h, char *err)
{
	char *path = xasprintf("%s/run.json", h->dir);
	json_error_t why;
	json_int_t schema;
	int ret = 0;

	h->run = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	schema = json_integer_value(json_object_get(h->run, "schema"));
	if (!h->run)
		ret = errf(err, -EINVAL, "%s:%d: %s", path_shown(path), why.line, why.text);
	else if (schema != 1)
		ret = errf(err, -EINVAL, "%s: found schema %lld, allowed: 1", path_shown(path),
			   (long long)schema);
	free(path);
	return ret;
}

static int load_half(struct compare_half *h, const char *results, const char *spec,
		     struct strv *terms, char *err)
{
	int ret;

	h->spec = xstrdup(spec);
	ret = find_run(h, results, err);
	if (ret)
		return ret;
	split_terms(h->terms, terms);
	ret = load_run_json(h, err);
	if (!ret)
		ret = run_cells_load(&h->cells, h->dir, err);
	return ret;
}

static int select_half(struct compare *c, enum compare_side side, struct strv *terms,
		       const char *filter, char *err)
{
	struct compare_half *h = &c->half[side];

	for (size_t i = 0; i < terms->nr; i++) {
		char *eq = strchr(terms->v[i], '=');
		int ret = 0;

		/* Parameters stand in ids as name=value, too. */
		if (eq && !memchr(terms->v[i], '*', eq - terms->v[i])) {
			*eq = '\0';
			ret = unknown_axis(c, terms->v[i], err);
			*eq = '=';
		}
		if (ret)
			return ret;
	}
	if (filter)
		strv_add(terms, "%s", filter);
	take_cells(h, terms);
	if (!h->nr)
		return errf(err, -EINVAL, "'%.200s' has no cell%s", h->spec,
			    h->cells.nr ? " that matches" : "");
	return 0;
}

/* The two values of --by AXIS=OLD,NEW, or of --by AXIS in a run that has just two. */
static int add_by_terms(const struct compare *c, const char *by, struct strv *terms, char *err)
{
	const struct run_cells *cells = &c->half[SIDE_OLD].cells;
	char axis[AXIS_VALUE_MAX], buf[AXIS_VALUE_MAX], names[OPT_ERR_MAX] = "";
	const char *eq = strchr(by, '='), *comma = eq ? strchr(eq, ',') : NULL;
	struct strv values = { .nr = 0 };
	size_t n = 0;
	int ret = 0;

	snprintf(axis, sizeof(axis), "%.*s", (int)strcspn(by, "="), by);
	ret = unknown_axis(c, axis, err);
	for (size_t i = 0; i < cells->nr && !eq; i++) {
		const char *value = axis_value(&cells->cell[i], axis, buf);

		if (value && !has(&values, value))
			strv_add(&values, "%s", value);
	}
	if (comma) {
		strv_add(&values, "%.*s", (int)(comma - eq - 1), eq + 1);
		strv_add(&values, "%s", comma + 1);
	}
	for (size_t i = 0; i < values.nr && n < sizeof(names); i++)
		n += snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "", values.v[i]);
	if (!ret && values.nr != SIDES)
		ret = errf(err, -EINVAL, "--by %.64s: say which two, as in --by %.64s=OLD,NEW%s"
			   "%.300s", by, axis, eq ? "" : "; the run has: ", names);
	for (int side = 0; side < SIDES && !ret; side++)
		strv_add(&terms[side], "%s=%s", axis, values.v[side]);
	strv_free(&values);
	return ret;
}

int select_halves(struct compare *c, const struct compare_request *q, char *err)
{
	const char *second = q->spec[SIDE_NEW] ?: q->spec[SIDE_OLD];
	bool within = !q->spec[SIDE_NEW] || (q->by && strchr(q->by, '='));
	struct strv terms[SIDES] = { { .nr = 0 } };
	int ret;

	if (!q->spec[SIDE_NEW] && !q->by)
		return errf(err, -EINVAL, "--compare with one run needs --by AXIS=OLD,NEW; "
			    "or give two: --compare OLD NEW");
	ret = load_half(&c->half[SIDE_OLD], q->results, q->spec[SIDE_OLD], &terms[SIDE_OLD], err);
	if (!ret)
		ret = load_half(&c->half[SIDE_NEW], q->results, second, &terms[SIDE_NEW], err);
	if (!ret && within)
		ret = add_by_terms(c, q->by, terms, err);
	for (int side = 0; side < SIDES && !ret; side++)
		ret = select_half(c, side, &terms[side], q->filter, err);
	for (int side = 0; side < SIDES; side++)
		strv_free(&terms[side]);
	return ret;
}

/* The one value that an axis has in the selected cells of a side, or NULL. buf: AXIS_VALUE_MAX. */
static const char *only_value(const struct compare_half *h, const char *axis, char *buf)
{
	char other[AXIS_VALUE_MAX];
	const char *value = axis_value(h->cell[0].repeat, axis, buf);

	for (size_t i = 1; i < h->nr && value; i++) {
		const char *v = axis_value(h->cell[i].repeat, axis, other);

		if (!v || strcmp(v, value))
			return NULL;
	}
	return value;
}

/* Must partners be equal in this axis? */
static bool ignored(const struct compare *c, const char *axis)
{
	if (has(&c->by, axis))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(implied); i++)
		for (size_t k = 1; k < ARRAY_SIZE(implied[i]) && implied[i][k]; k++)
			if (has(&c->by, implied[i][0]) && !strcmp(axis, implied[i][k]))
				return true;
	return false;
}

/* Unasked, only what is under test is compared, never one workload with another. */
static void infer_axes(struct compare *c)
{
	static const char *const axes[] = { "kernel", "guest", "strategy" };
	char buf[SIDES][AXIS_VALUE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(axes); i++) {
		const char *old = only_value(&c->half[SIDE_OLD], axes[i], buf[SIDE_OLD]);
		const char *new = only_value(&c->half[SIDE_NEW], axes[i], buf[SIDE_NEW]);

		if (old && new && strcmp(old, new) && !ignored(c, axes[i]))
			strv_add(&c->by, "%s", axes[i]);
	}
}

/* Parameters are a workload's own, but for those that every guest has. */
static bool param_ignored(const struct compare *c, const char *name)
{
	return ignored(c, name) || (has(&c->by, "workload") && strcmp(name, CELL_MMU) &&
				    strcmp(name, CELL_START));
}

/* The key by which partners find each other. */
static char *make_key(const struct compare *c, const struct run_cell *rc)
{
	json_t *key = json_object(), *value;
	char buf[AXIS_VALUE_MAX], *text;
	const char *name;

	for (size_t i = 0; fixed_axes[i]; i++)
		if (!ignored(c, fixed_axes[i]))
			json_object_set_new(key, fixed_axes[i],
					    json_string(axis_value(rc, fixed_axes[i], buf)));
	json_object_foreach((json_t *)params_of(rc), name, value)
		if (!param_ignored(c, name))
			json_object_set(key, name, value);
	text = json_dumps(key, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(key);
	return text;
}

static int make_keys(struct compare *c, struct compare_half *h, char *err)
{
	for (size_t i = 0; i < h->nr; i++) {
		h->cell[i].key = make_key(c, h->cell[i].repeat);
		for (size_t k = 0; k < i; k++)
			if (!strcmp(h->cell[i].key, h->cell[k].key))
				return errf(err, -EINVAL, "'%.64s': cells %.100s and %.100s differ "
					    "only in what is compared; select one, as in "
					    "RUN:kernel=NAME", h->spec, h->cell[k].id,
					    h->cell[i].id);
	}
	return 0;
}

/* Take "-NAME=VALUE" out of a label. */
static void cut_param(char *label, const char *name)
{
	char *word = xasprintf("-%s=", name), *at = strstr(label, word), *end;

	if (at) {
		end = at + 1 + strcspn(at + 1, "-");
		memmove(at, end, strlen(end) + 1);
	}
	free(word);
}

/*
 * Partners that share no id are called by the axes that they share, as ids are built, and by what
 * the old one's id has behind its workload.
 */
static char *make_label(const struct compare *c, const struct compare_cell *old,
			const struct compare_cell *new)
{
	const char *at = strstr(old->id, run_cell_text(old->repeat, "workload"));
	char buf[AXIS_VALUE_MAX], text[4 * AXIS_VALUE_MAX] = "", *label;
	size_t n = 0;

	if (!strcmp(old->id, new->id))
		return xstrdup(old->id);
	for (size_t i = 0; fixed_axes[i] && n < sizeof(text); i++)
		if (!ignored(c, fixed_axes[i]) && strcmp(fixed_axes[i], "strategy"))
			n += snprintf(text + n, sizeof(text) - n, "%s%s", n ? "-" : "",
				      axis_value(old->repeat, fixed_axes[i], buf));
	if (at)
		at += strlen(run_cell_text(old->repeat, "workload"));
	label = xasprintf("%s%s", text, at ? at : "");
	for (size_t i = 0; i < c->by.nr; i++)
		cut_param(label, c->by.v[i]);
	return label;
}

static void add_pair(struct compare *c, const struct compare_cell *old,
		     const struct compare_cell *new)
{
	struct compare_pair *p;
	char *label = make_label(c, old, new);

	c->pair = xrealloc(c->pair, c->nr_pairs + 1, sizeof(*c->pair));
	for (size_t i = 0; i < c->nr_pairs; i++) {
		if (!strcmp(c->pair[i].label, label)) {
			free(label);
			label = xasprintf("%s", old->id);
			break;
		}
	}
	p = &c->pair[c->nr_pairs++];
	*p = (struct compare_pair){ .label = label, .cell = { old, new } };
}

static int compare_pairs(const void *a, const void *b)
{
	return strcmp(((const struct compare_pair *)a)->label,
		      ((const struct compare_pair *)b)->label);
}

static const struct compare_cell *partner(const struct compare_half *h, const char *key)
{
	for (size_t i = 0; i < h->nr; i++)
		if (!strcmp(h->cell[i].key, key))
			return &h->cell[i];
	return NULL;
}

static int nothing_in_common(const struct compare *c, char *err)
{
	return errf(err, -EINVAL, "no cell of '%.100s' has a partner in '%.100s' (as %.80s and "
		    "%.80s); say what is compared with --by, or select with RUN:kernel=NAME",
		    c->half[SIDE_OLD].spec, c->half[SIDE_NEW].spec, c->half[SIDE_OLD].cell[0].id,
		    c->half[SIDE_NEW].cell[0].id);
}

static void note_values(struct compare *c)
{
	char buf[AXIS_VALUE_MAX];

	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < c->by.nr; i++)
			strv_add(&c->half[side].by_value, "%s",
				 only_value(&c->half[side], c->by.v[i], buf) ?: "");
}

int select_pairs(struct compare *c, const struct compare_request *q, char *err)
{
	struct compare_half *old = &c->half[SIDE_OLD], *new = &c->half[SIDE_NEW];
	int ret;

	if (q->by)
		strv_add(&c->by, "%.*s", (int)strcspn(q->by, "="), q->by);
	ret = q->by ? unknown_axis(c, c->by.v[0], err) : 0;
	if (!ret && !q->by)
		infer_axes(c);
	if (!ret)
		note_values(c);
	if (!ret)
		ret = make_keys(c, old, err);
	if (!ret)
		ret = make_keys(c, new, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < old->nr; i++) {
		const struct compare_cell *p = partner(new, old->cell[i].key);

		if (p)
			add_pair(c, &old->cell[i], p);
		else
			strv_add(&old->only, "%s", old->cell[i].id);
	}
	for (size_t i = 0; i < new->nr; i++)
		if (!partner(old, new->cell[i].key))
			strv_add(&new->only, "%s", new->cell[i].id);
	if (!c->nr_pairs)
		return nothing_in_common(c, err);
	qsort(c->pair, c->nr_pairs, sizeof(*c->pair), compare_pairs);
	return 0;
}
