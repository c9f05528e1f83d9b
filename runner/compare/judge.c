// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts. By the virtual clock what was executed is the same in every repeat, so two values
 * differ or they do not, and a difference is as real at one instruction as at a million.
 *
 * By the wall clock a verdict takes two things: Mann-Whitney's test, adjusted by Holm for all that
 * judge, says that there is a difference, and the ratio of the medians is beyond the least effect.
 * `same` needs proof, too: a bootstrap interval of the ratio that is within the least effect.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/judge.h"
#include "stats/rank.h"
#include "util.h"
#include "verdict.h"

#define PASSED		"passed"
#define DRAWS		2000	/* of the bootstrap */

/* The values of a metric in the repeats that ran to their end, ascending. */
struct sample {
	double *v;
	size_t nr;
};

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct sample sample_of(const struct compare_cell *cell, const char *metric)
{
	struct sample s = { .v = xrealloc(NULL, cell->nr + 1, sizeof(*s.v)) };

	for (size_t i = 0; i < cell->nr; i++) {
		const json_t *v = run_cell_metric(&cell->repeat[i], metric);

		if (compare_complete(&cell->repeat[i]) && json_is_number(v))
			s.v[s.nr++] = json_number_value(v);
	}
	qsort(s.v, s.nr, sizeof(*s.v), compare_double);
	return s;
}

static enum change direction(const struct compare_row *r)
{
	if (r->better == BETTER_NONE)
		return CHANGE_CHANGED;
	return (r->delta < 0) == (r->better == BETTER_LOWER) ? CHANGE_BETTER : CHANGE_WORSE;
}

static void set_why(struct compare_row *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void set_why(struct compare_row *r, const char *fmt, ...)
{
	va_list ap;

	free(r->why);
	va_start(ap, fmt);
	if (vasprintf(&r->why, fmt, ap) < 0)
		abort();
	va_end(ap);
}

static bool varies(const struct sample *s)
{
	return s->nr && s->v[0] != s->v[s->nr - 1];
}

/*
 * One value only, in both: there is nothing to test, and as one of those tested together it would
 * make all others harder to tell.
 */
static bool is_constant(const struct sample *s)
{
	return !varies(&s[SIDE_OLD]) && !varies(&s[SIDE_NEW]) &&
	       s[SIDE_OLD].v[0] == s[SIDE_NEW].v[0];
}

/* Is the difference one that counts? A change from 0 always does. */
static bool counts(const struct compare_row *r)
{
	return r->delta != 0 && fabs(r->delta) >= r->min_effect * fabs(r->value[SIDE_OLD]);
}

static void judge_exact(struct compare_row *r, const struct sample *s)
{
	if (varies(&s[SIDE_OLD]) || varies(&s[SIDE_NEW])) {
		r->change = CHANGE_CANNOT_TELL;
		set_why(r, "repeats differ, which exact values must not");
		return;
	}
	r->change = counts(r) ? direction(r) : CHANGE_SAME;
	if (r->delta != 0 && !counts(r))
		set_why(r, "differs by less than the least effect that counts");
}

/* What the samples say; the verdict waits for the p-values of the other rows. */
static void measure_wall(const struct compare *c, struct compare_row *r, const struct sample *s)
{
	const struct thresholds *t = &c->thresholds;
	const struct sample *old = &s[SIDE_OLD], *new = &s[SIDE_NEW];
	double least = rank_test_least_p(old->nr, new->nr);
	struct rank_interval ci;
	struct rank_test test;

	for (int side = 0; side < SIDES; side++) {
		if (rank_median_interval(s[side].v, s[side].nr, t->alpha, &ci)) {
			r->lo[side] = ci.lo;
			r->hi[side] = ci.hi;
		}
	}
	r->change = CHANGE_CANNOT_TELL;
	if (least > t->alpha) {
		set_why(r, "%zu and %zu repeats: p cannot get below %.3g; alpha is %g", old->nr,
			new->nr, least, t->alpha);
		return;
	}
	if (!rank_ratio_interval(old->v, old->nr, new->v, new->nr, t->alpha, t->seed, DRAWS, &ci)) {
		r->ratio_lo = ci.lo;
		r->ratio_hi = ci.hi;
	}
	if (is_constant(s))
		r->change = CHANGE_SAME;
	else if (!rank_test(old->v, old->nr, new->v, new->nr, &test))
		r->p = test.p;
}

static void judge_wall(const struct compare *c, struct compare_row *r)
{
	bool within = r->ratio_lo >= 1 - r->min_effect && r->ratio_hi <= 1 + r->min_effect;
	bool differs = r->p_holm <= c->thresholds.alpha;

	if (isnan(r->p))
		return;
	if (differs && counts(r)) {
		r->change = direction(r);
	} else if (within) {
		r->change = CHANGE_SAME;
		if (differs)
			set_why(r, "differs by less than the least effect that counts");
	} else if (isnan(r->ratio_lo)) {
		set_why(r, "p = %.3g; old is 0, so there is no ratio", r->p_holm);
	} else {
		set_why(r, "p = %.3g; may be %+.3g %% to %+.3g %%: take more repeats", r->p_holm,
			(r->ratio_lo - 1) * 100, (r->ratio_hi - 1) * 100);
	}
}

/* Adjust the p-values of the rows that judge, or of the others, for each other. */
static void adjust(struct compare *c, bool judges)
{
	double *p = xrealloc(NULL, c->nr_rows + 1, sizeof(*p));
	size_t n = 0;

	for (size_t i = 0; i < c->nr_rows; i++)
		if (c->row[i].judges == judges && !isnan(c->row[i].p))
			p[n++] = c->row[i].p;
	if (!rank_holm(p, n))
		for (size_t i = c->nr_rows; i-- > 0;)
			if (c->row[i].judges == judges && !isnan(c->row[i].p))
				c->row[i].p_holm = p[--n];
	free(p);
}

static void judge_all_wall(struct compare *c)
{
	adjust(c, true);
	adjust(c, false);
	for (size_t i = 0; i < c->nr_rows; i++)
		judge_wall(c, &c->row[i]);
}

static void set_values(struct compare_row *r, const struct sample *s)
{
	for (int side = 0; side < SIDES; side++) {
		r->n[side] = s[side].nr;
		r->missing[side] = !s[side].nr;
		r->value[side] = s[side].nr ? rank_median(s[side].v, s[side].nr) : NAN;
	}
	r->delta = r->value[SIDE_NEW] - r->value[SIDE_OLD];
	r->ratio = r->value[SIDE_OLD] ? r->value[SIDE_NEW] / r->value[SIDE_OLD] : NAN;
}

static struct compare_row *new_row(struct compare *c, const struct compare_pair *p,
				   const char *metric, const char *unit, enum metric_better better)
{
	struct compare_row *r;

	c->row = xrealloc(c->row, c->nr_rows + 1, sizeof(*c->row));
	r = &c->row[c->nr_rows++];
	*r = (struct compare_row){
		.pair = p, .metric = metric, .unit = unit, .better = better,
		.judges = thresholds_judges(&c->thresholds, metric),
		.min_effect = thresholds_min_effect(&c->thresholds, metric, c->virtual_clock),
		.lo = { NAN, NAN }, .hi = { NAN, NAN }, .ratio_lo = NAN, .ratio_hi = NAN,
		.p = NAN, .p_holm = NAN,
	};
	return r;
}

/* The member of either cell's list of metrics that has this name, or NULL. */
static const json_t *find_metric(const struct compare_cell *cell, const char *name)
{
	const json_t *m;
	size_t i;

	for (size_t k = 0; k < cell->nr; k++) {
		json_array_foreach(json_object_get(cell->repeat[k].json, "metrics"), i, m) {
			const char *have = json_string_value(json_object_get(m, "name"));

			if (have && !strcmp(have, name))
				return m;
		}
	}
	return NULL;
}

/*
 * Of first touches and refaults together a percentile can jump from one kind to the other: it
 * judges only where they were not measured apart, unless a config asks for it.
 */
static bool is_of_both(const struct compare *c, const struct compare_pair *p, const char *metric)
{
	return !strncmp(metric, "npf_all_", strlen("npf_all_")) && !c->thresholds.judge_given &&
	       find_metric(p->cell[SIDE_OLD], "npf_first_p50_ns") &&
	       find_metric(p->cell[SIDE_NEW], "npf_first_p50_ns");
}

static size_t count_complete(const struct compare_cell *cell)
{
	size_t n = 0;

	for (size_t i = 0; i < cell->nr; i++)
		n += compare_complete(&cell->repeat[i]);
	return n;
}

/*
 * A value that went away judges: what is no longer measured may be worse. One that came has nothing
 * to be held against; and of a cell that did not come that far the row "passed" says so.
 */
static void judge_missing(struct compare_row *r)
{
	r->change = CHANGE_CANNOT_TELL;
	r->judges &= !r->missing[SIDE_OLD] && count_complete(r->pair->cell[SIDE_NEW]);
	set_why(r, r->missing[SIDE_OLD] ? "the old one has no value" :
		"the new one has no value");
}

static void add_metric(struct compare *c, const struct compare_pair *p,
		       const struct metric_desc *d)
{
	const json_t *old = find_metric(p->cell[SIDE_OLD], d->name);
	const json_t *new = find_metric(p->cell[SIDE_NEW], d->name);
	const char *unit = json_string_value(json_object_get(new ?: old, "unit"));
	struct sample s[SIDES];
	struct compare_row *r;

	if (!old && !new)
		return;
	r = new_row(c, p, d->name, unit ?: d->unit, d->better);
	r->judges &= !is_of_both(c, p, d->name);
	for (int side = 0; side < SIDES; side++)
		s[side] = sample_of(p->cell[side], d->name);
	set_values(r, s);
	if (r->missing[SIDE_OLD] || r->missing[SIDE_NEW]) {
		judge_missing(r);
	} else if (c->virtual_clock) {
		judge_exact(r, s);
	} else {
		measure_wall(c, r, s);
	}
	free(s[SIDE_OLD].v);
	free(s[SIDE_NEW].v);
}

/* The worse an end is the greater. Positive: it failed; 0: it says nothing about the kernel. */
static const int badness[STATUSES] = {
	[STATUS_PASS] = -1,
	[STATUS_XFAIL] = -1,
	[STATUS_FAIL] = 1,
	[STATUS_CORRUPT] = 2,
	[STATUS_VMM_EXIT] = 3,
	[STATUS_GUEST_HANG] = 4,
	[STATUS_SPLAT] = 5,
	[STATUS_HOST_PANIC] = 6,
};

/* How the repeats of a cell ended. */
struct ends {
	size_t nothing;		/* these say nothing, and are not counted below */
	size_t nr, passed, complete, corrupt;
	const struct run_cell *worst;
};

static struct ends ends_of(const struct compare_cell *cell)
{
	struct ends e = { .worst = cell->repeat };
	int worst = -1;

	for (size_t i = 0; i < cell->nr; i++) {
		int status = status_find(run_cell_text(&cell->repeat[i], "status"));
		int bad = status < 0 ? 0 : badness[status];

		if (bad > worst) {
			worst = bad;
			e.worst = &cell->repeat[i];
		}
		e.nothing += !bad;
		e.nr += bad != 0;
		e.passed += bad < 0;
		e.complete += compare_complete(&cell->repeat[i]);
		e.corrupt += status == STATUS_CORRUPT;
	}
	return e;
}

static double share(size_t part, size_t of)
{
	return of ? (double)part / of : NAN;
}

/* Of two kinds of failure it takes a clear step down to call the new one worse. */
static enum change change_of_ends(const struct ends *old, const struct ends *new)
{
	double before = share(old->passed, old->nr), after = share(new->passed, new->nr);

	if (after < before)
		return CHANGE_WORSE;
	if (before < 1 && after < 1) {
		if (share(new->complete, new->nr) < share(old->complete, old->nr) ||
		    share(new->corrupt, new->nr) > share(old->corrupt, old->nr))
			return CHANGE_WORSE;
		if (strcmp(run_cell_text(old->worst, "status"),
			   run_cell_text(new->worst, "status")) ||
		    (!old->complete && !new->complete))
			return CHANGE_CANNOT_TELL;
	}
	if (old->nothing || new->nothing)
		return CHANGE_CANNOT_TELL;
	return after > before ? CHANGE_BETTER : CHANGE_SAME;
}

static void tell_ends(struct compare_row *r, const struct ends *old, const struct ends *new)
{
	const char *before = run_cell_text(old->worst, "status");
	const char *after = run_cell_text(new->worst, "status");
	const char *reason = run_cell_text(new->worst, "reason");

	if (strcmp(before, after) || old->passed < old->nr || new->passed < new->nr ||
	    old->nothing || new->nothing)
		set_why(r, "%s, then %s%s%s", before, after, reason[0] ? ": " : "", reason);
}

/* How the cells ended: the share of repeats that succeeded. */
static void add_passed(struct compare *c, const struct compare_pair *p)
{
	struct compare_row *r = new_row(c, p, PASSED, "share", BETTER_HIGHER);
	struct ends e[SIDES];

	r->judges = true;
	for (int side = 0; side < SIDES; side++) {
		e[side] = ends_of(p->cell[side]);
		r->n[side] = e[side].nr;
		r->missing[side] = !e[side].nr;
		r->value[side] = share(e[side].passed, e[side].nr);
	}
	r->delta = r->value[SIDE_NEW] - r->value[SIDE_OLD];
	r->ratio = r->value[SIDE_OLD] ? r->value[SIDE_NEW] / r->value[SIDE_OLD] : NAN;
	r->change = change_of_ends(&e[SIDE_OLD], &e[SIDE_NEW]);
	tell_ends(r, &e[SIDE_OLD], &e[SIDE_NEW]);
	/* Those that are missing may have been the ones that failed. */
	if (p->cell[SIDE_NEW]->nr < p->cell[SIDE_OLD]->nr && r->change != CHANGE_WORSE) {
		r->change = CHANGE_CANNOT_TELL;
		set_why(r, "new has %zu of %zu repeats", p->cell[SIDE_NEW]->nr,
			p->cell[SIDE_OLD]->nr);
	}
}

static enum change overall(const struct compare *c)
{
	if (compare_count(c, CHANGE_WORSE, true))
		return CHANGE_WORSE;
	if (compare_count(c, CHANGE_CANNOT_TELL, true) || c->half[SIDE_OLD].only.nr)
		return CHANGE_CANNOT_TELL;
	if (compare_count(c, CHANGE_BETTER, true))
		return CHANGE_BETTER;
	return CHANGE_SAME;
}

void judge_pairs(struct compare *c)
{
	for (size_t i = 0; i < c->nr_pairs; i++) {
		add_passed(c, &c->pair[i]);
		for (const struct metric_desc *d = metrics; d->name; d++)
			add_metric(c, &c->pair[i], d);
	}
	if (!c->virtual_clock)
		judge_all_wall(c);
	c->verdict = overall(c);
}
