// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/metric.h"
#include "compare/thresholds.h"
#include "suggest.h"

#define DEFAULT_ALPHA		0.05
#define DEFAULT_WALL_EFFECT	0.02
#define DEFAULT_SEED		1
#define SECTION			"compare"

/*
 * What decides a verdict unless a config says otherwise: data, faults, time, memory. All that a
 * tick of the host's clock moves at random (greatest latencies, scheduling, vmstat) only explains.
 */
static const char *const default_judges[] = {
	"corrupt_pages", "hazard_corrupt_pages", "torture_corrupt_pages", "views_wrong",
	"npf_workload", "npf_*_p50_ns", "npf_*_p90_ns", "npf_*_mean_ns",
	"startup_ns", "register_ns", "launch_ns", "workload_ns", "teardown_ns",
	"pinned_workload_pages", "pinned_leaked_pages", "rss_workload_kib", NULL
};

/*
 * The least effects by the virtual clock, the first that matches. One instruction in a fault shows
 * in the percentiles. A sum of many holds ticks of the host's timer, which fall elsewhere when
 * anything before them changes; all of that is real, and little of it means something.
 */
static const struct {
	const char *glob;
	double min_effect;
} exact_effects[] = {
	{ "npf_*_p??_ns", 0 },
	{ "*_ns", 0.001 },
	{ "*", 0 },
};

static const char *const keys[] = { "alpha", "min_effect", "seed", "judge", NULL };

static void add_rule(struct thresholds *t, const char *glob, double min_effect)
{
	struct threshold_rule *r;

	t->rule = xrealloc(t->rule, t->nr_rules + 1, sizeof(*t->rule));
	r = &t->rule[t->nr_rules++];
	snprintf(r->glob, sizeof(r->glob), "%s", glob);
	r->min_effect = min_effect;
}

void thresholds_init(struct thresholds *t)
{
	*t = (struct thresholds){ .alpha = DEFAULT_ALPHA, .min_effect = NAN, .seed = DEFAULT_SEED };
	for (size_t i = 0; default_judges[i]; i++)
		strv_add(&t->judge, "%s", default_judges[i]);
}

void thresholds_free(struct thresholds *t)
{
	strv_free(&t->judge);
	free(t->rule);
	t->rule = NULL;
	t->nr_rules = 0;
}

static int parse_share(const char *key, const char *text, double max, double *share, char *err)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || strcmp(end, "%") || !(v >= 0 && v <= max * 100))
		return errf(err, -EINVAL, "%s: found '%.64s', allowed: 0%% to %g%%", key, text,
			    max * 100);
	*share = v / 100;
	return 0;
}

static int parse_seed(const char *text, uint64_t *seed, char *err)
{
	char *end;

	errno = 0;
	*seed = strtoull(text, &end, 10);
	if (end == text || *end || text[0] == '-' || errno || *seed > INT64_MAX)
		return errf(err, -EINVAL, "seed: found '%.64s', allowed: 0 to 2^63 - 1", text);
	return 0;
}

static bool matches_metric(const char *glob)
{
	for (const struct metric_desc *m = metrics; m->name; m++)
		if (!fnmatch(glob, m->name, 0))
			return true;
	return false;
}

static int check_glob(const char *what, const char *glob, char *err)
{
	const char *names[512], *close;
	size_t n = 0;

	if (matches_metric(glob))
		return 0;
	for (const char *const *k = keys; *k; k++)
		names[n++] = *k;
	for (const struct metric_desc *m = metrics; m->name && n < ARRAY_SIZE(names) - 1; m++)
		names[n++] = m->name;
	names[n] = NULL;
	close = suggest(glob, names);
	return errf(err, -EINVAL, "%s: found '%.64s'%s%s%s, allowed: alpha, min_effect, seed, "
		    "judge and metrics (--list metrics), with * and ?", what, glob,
		    close ? " (did you mean '" : "", close ? close : "", close ? "'?)" : "");
}

/* Of a metric that has no better direction nothing can be judged. */
static int check_judge(const char *glob, char *err)
{
	int ret = check_glob("judge", glob, err);

	if (ret)
		return ret;
	for (const struct metric_desc *m = metrics; m->name; m++)
		if (m->better != BETTER_NONE && !fnmatch(glob, m->name, 0))
			return 0;
	return errf(err, -EINVAL, "judge: found '%.64s', allowed: metrics of which less or more is "
		    "better (--list metrics)", glob);
}

/* Separated by commas or spaces. */
static int set_judges(struct thresholds *t, const char *value, char *err)
{
	char *copy = xstrdup(value), *save, *word;
	struct strv judge = { .nr = 0 };
	int ret = 0;

	for (word = strtok_r(copy, ", \t", &save); word && !ret;
	     word = strtok_r(NULL, ", \t", &save)) {
		ret = check_judge(word, err);
		strv_add(&judge, "%s", word);
	}
	free(copy);
	if (!ret && !judge.nr)
		ret = errf(err, -EINVAL, "judge: has no value");
	if (ret) {
		strv_free(&judge);
		return ret;
	}
	strv_free(&t->judge);
	t->judge = judge;
	t->judge_given = true;
	return 0;
}

int thresholds_set(struct thresholds *t, const char *key, const char *value, char *err)
{
	double share;
	int ret;

	if (!strcmp(key, "alpha"))
		return parse_share(key, value, 0.5, &t->alpha, err);
	if (!strcmp(key, "min_effect"))
		return parse_share(key, value, 1, &t->min_effect, err);
	if (!strcmp(key, "seed"))
		return parse_seed(value, &t->seed, err);
	if (!strcmp(key, "judge"))
		return set_judges(t, value, err);
	ret = check_glob("[" SECTION "]", key, err);
	if (!ret)
		ret = parse_share(key, value, 1, &share, err);
	if (!ret)
		add_rule(t, key, share);
	return ret;
}

/* The value at i, with those of the lines in which it goes on. */
static char *whole_value(const struct ini_doc *doc, size_t i)
{
	char *text = xstrdup(doc->entries[i].value);

	while (++i < doc->nr && doc->entries[i].more) {
		char *longer = xasprintf("%s %s", text, doc->entries[i].value);

		free(text);
		text = longer;
	}
	return text;
}

int thresholds_config(struct thresholds *t, const char *file, const char *text, char *err)
{
	char why[OPT_ERR_MAX];
	struct ini_doc doc;
	int ret = ini_doc_parse(&doc, file, text, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < doc.nr && !ret; i++) {
		const struct ini_entry *e = &doc.entries[i];
		char *value;

		if (strcmp(e->section, SECTION) || e->more)
			continue;
		value = whole_value(&doc, i);
		if (thresholds_set(t, e->key, value, why))
			ret = ini_error(e, err, "%.400s", why);
		free(value);
	}
	ini_doc_free(&doc);
	return ret;
}

int thresholds_words(struct thresholds *t, const char *words, char *err)
{
	char *copy = xstrdup(words), *save, *word;
	int ret = 0;

	for (word = strtok_r(copy, ";", &save); word && !ret; word = strtok_r(NULL, ";", &save)) {
		char *key = word + strspn(word, " "), *value = strchr(key, '=');

		if (!value) {
			ret = errf(err, -EINVAL, "--thresholds: found '%.64s', allowed: "
				   "KEY=VALUE;..., such as 'alpha=1%%;judge=startup_ns'", key);
			continue;
		}
		*value++ = '\0';
		key[strcspn(key, " ")] = '\0';
		ret = thresholds_set(t, key, value + strspn(value, " "), err);
	}
	free(copy);
	return ret;
}

double thresholds_min_effect(const struct thresholds *t, const char *metric, bool virtual_clock)
{
	for (size_t i = t->nr_rules; i-- > 0;)
		if (!fnmatch(t->rule[i].glob, metric, 0))
			return t->rule[i].min_effect;
	if (!isnan(t->min_effect))
		return t->min_effect;
	if (!virtual_clock)
		return DEFAULT_WALL_EFFECT;
	for (size_t i = 0;; i++)
		if (!fnmatch(exact_effects[i].glob, metric, 0))
			return exact_effects[i].min_effect;
}

bool thresholds_judges(const struct thresholds *t, const char *metric)
{
	const struct metric_desc *m = metric_find(metric);

	if (m && m->better == BETTER_NONE)
		return false;
	for (size_t i = 0; i < t->judge.nr; i++)
		if (!fnmatch(t->judge.v[i], metric, 0))
			return true;
	return false;
}
