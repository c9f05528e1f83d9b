// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a difference must be to count: the [compare] section of a config, and --thresholds.
 *
 *	[compare]
 *	alpha            = 5%
 *	min_effect       = 2%
 *	judge            = npf_*_p50_ns, startup_ns
 *	npf_first_p50_ns = 0.1%
 */
#ifndef PINLAB_THRESHOLDS_H
#define PINLAB_THRESHOLDS_H

#include <stdbool.h>
#include <stdint.h>

#include "inidoc.h"
#include "util.h"

struct threshold_rule {
	char glob[OPT_STR_MAX];	/* of metrics */
	double min_effect;
};

struct thresholds {
	double alpha;		/* of all tests of a comparison together */
	double min_effect;	/* share of old; NAN: the default of the clock */
	uint64_t seed;		/* of the bootstrap, <= INT64_MAX, as JSON has no more */
	struct strv judge;	/* globs of metrics that decide the verdict */
	bool judge_given;	/* by the user */
	struct threshold_rule *rule;	/* the last that matches counts */
	size_t nr_rules;
};

void thresholds_init(struct thresholds *t);
void thresholds_free(struct thresholds *t);

/*
 * Set key, which is alpha, min_effect, seed, judge or a glob of metrics. Returns 0, or -EINVAL with
 * what was found and what is allowed in err.
 */
int thresholds_set(struct thresholds *t, const char *key, const char *value, char *err);

/* Take the [compare] section of a config's text; file names it in messages. 0 or -EINVAL. */
int thresholds_config(struct thresholds *t, const char *file, const char *text, char *err);

/* Take "KEY=VALUE;..." of the command line. 0 or -EINVAL. */
int thresholds_words(struct thresholds *t, const char *words, char *err);

/*
 * The least effect that counts, as a share of old, and whether the metric judges: one that has no
 * better direction never does, whatever globs it matches.
 */
double thresholds_min_effect(const struct thresholds *t, const char *metric, bool virtual_clock);
bool thresholds_judges(const struct thresholds *t, const char *metric);

#endif
