// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as text for people: what got worse as plainly as what got better. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "compare/shape.h"
#include "csvfile.h"
#include "table.h"

#define META_WIDTH	48	/* characters of a value */
#define ONLY_SHOWN	8	/* ids of cells without a partner */

static char *joined(const struct strv *s, const char *between)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < s->nr; i++) {
		char *longer = xasprintf("%s%s%s", text, i ? between : "", s->v[i]);

		free(text);
		text = longer;
	}
	return text;
}

static void print_head(const struct compare *c, FILE *f)
{
	for (int side = 0; side < SIDES; side++) {
		const struct compare_half *h = &c->half[side];

		fprintf(f, "%s  %s", side_names[side], h->cells.run);
		for (size_t i = 0; i < c->by.nr; i++)
			if (h->by_value.v[i][0])
				fprintf(f, "  %s=%s", c->by.v[i], h->by_value.v[i]);
		fputc('\n', f);
	}
	fputs(c->virtual_clock ?
	      "     virtual clock: 1 instruction is 1 ns, every difference is real\n" :
	      "     wall clock: medians of the repeats; intervals and p by resampling and ranks\n",
	      f);
}

static void meta_value(struct table *t, const char *value)
{
	if (value && strlen(value) > META_WIDTH)
		table_text(t, "%.*s...", META_WIDTH - 3, value);
	else
		table_text(t, "%s", value && value[0] ? value : "-");
}

static void print_meta(const struct compare *c, FILE *f)
{
	static const char *const columns[] = { "what differs", "old", "new", NULL };
	struct table t = { .columns = columns };

	for (size_t i = 0; i < c->nr_meta; i++) {
		table_text(&t, "%s", c->meta[i].key);
		meta_value(&t, c->meta[i].value[SIDE_OLD]);
		meta_value(&t, c->meta[i].value[SIDE_NEW]);
	}
	fputc('\n', f);
	if (c->nr_meta)
		table_print(&t, f);
	else
		fputs("both were made with the same kernel, host, config and tools\n", f);
	table_free(&t);
}

static void print_only(const struct strv *only, const char *side, FILE *f)
{
	if (!only->nr)
		return;
	fprintf(f, "  only in %s:", side);
	for (size_t i = 0; i < only->nr && i < ONLY_SHOWN; i++)
		fprintf(f, " %s", only->v[i]);
	if (only->nr > ONLY_SHOWN)
		fprintf(f, " and %zu more", only->nr - ONLY_SHOWN);
	fputc('\n', f);
}

static void print_cells(const struct compare *c, FILE *f)
{
	char *by = joined(&c->by, ", ");

	fprintf(f, "\n%zu cell%s compared%s%s; %zu only in old, %zu only in new\n", c->nr_pairs,
		c->nr_pairs == 1 ? "" : "s", by[0] ? " by " : "", by, c->half[SIDE_OLD].only.nr,
		c->half[SIDE_NEW].only.nr);
	for (int side = 0; side < SIDES; side++)
		print_only(&c->half[side].only, side_names[side], f);
	free(by);
}

/* Other ends that are no better or worse; those that are have a row below. */
static void print_statuses(const struct compare *c, FILE *f)
{
	for (size_t i = 0; i < c->nr_pairs; i++) {
		const struct compare_row *r = compare_find(c, &c->pair[i], "passed");

		if (r->change == CHANGE_SAME && r->why)
			fprintf(f, "  %s ended as %s\n", c->pair[i].label, r->why);
	}
}

static void number(struct table *t, double v, const char *sign)
{
	if (isnan(v))
		table_text(t, "-");
	else if (csv_is_integer(v))
		table_text(t, "%s%.0f", v > 0 ? sign : "", v);
	else
		table_text(t, fabs(v) < 0.1 ? "%s%.3g" : "%s%.3f", v > 0 ? sign : "", v);
}

static void percent(struct table *t, double ratio)
{
	if (isnan(ratio))
		table_text(t, "-");
	else
		table_text(t, "%+.3g %%", (ratio - 1) * 100);
}

/* The last column: what there is to say, or what the delta is in, or how sure it is. */
static void remark(struct table *t, const struct compare *c, const struct compare_row *r)
{
	if (r->why)
		table_text(t, "%s", r->why);
	else if (isnan(r->p) || isnan(r->ratio_lo))
		table_text(t, "%s", compare_delta_unit(c, r));
	else
		table_text(t, "%s; %+.3g %% to %+.3g %%, p = %.2g", compare_delta_unit(c, r),
			   (r->ratio_lo - 1) * 100, (r->ratio_hi - 1) * 100, r->p_holm);
}

static void add_row(struct table *t, const struct compare *c, const struct compare_row *r)
{
	table_text(t, "%s", r->pair->label);
	table_text(t, "%s", r->metric);
	number(t, r->value[SIDE_OLD], "");
	number(t, r->value[SIDE_NEW], "");
	number(t, r->delta, "+");
	percent(t, r->ratio);
	remark(t, c, r);
}

static void print_rows(const struct compare *c, enum change change, const char *title, FILE *f)
{
	static const char *const columns[] = { "cell", "metric", "old", "new", "delta", "change",
					       "delta in", NULL };
	struct table t = { .columns = columns };
	size_t n = compare_count(c, change, true);

	if (!n)
		return;
	for (size_t i = 0; i < c->nr_rows; i++)
		if (c->row[i].judges && c->row[i].change == change)
			add_row(&t, c, &c->row[i]);
	fprintf(f, "\n%s: %zu\n", title, n);
	table_print(&t, f);
	table_free(&t);
}

/* Metrics by which nothing can be told, as only the new cells have them. */
static void print_came(const struct compare *c, FILE *f)
{
	size_t shown = 0;

	for (const struct metric_desc *m = metrics; m->name; m++) {
		size_t n = 0;

		for (size_t i = 0; i < c->nr_pairs; i++) {
			const struct compare_row *r = compare_find(c, &c->pair[i], m->name);

			n += r && r->missing[SIDE_OLD] && !r->missing[SIDE_NEW];
		}
		if (n && thresholds_judges(&c->thresholds, m->name))
			fprintf(f, "%s %s (%zu)", shown++ ? "," :
				"\nonly new has, in so many cells:", m->name, n);
	}
	if (shown)
		fputc('\n', f);
}

static void print_rest(const struct compare *c, FILE *f)
{
	size_t little = 0, differ = compare_count(c, CHANGE_BETTER, false) +
				    compare_count(c, CHANGE_WORSE, false) +
				    compare_count(c, CHANGE_CHANGED, false);

	for (size_t i = 0; i < c->nr_rows; i++)
		little += c->row[i].judges && c->row[i].change == CHANGE_SAME && c->row[i].delta;
	fprintf(f, "\nsame: %zu of the metrics that judge", compare_count(c, CHANGE_SAME, true));
	if (little)
		fprintf(f, ", %zu of them with less than the least effect that counts", little);
	if (differ)
		fprintf(f, "; %zu that do not judge differ", differ);
	fputs(little || differ ? " (--csv has them all)\n" : "\n", f);
}

void compare_print_text(const struct compare *c, FILE *f)
{
	print_head(c, f);
	print_meta(c, f);
	print_cells(c, f);
	print_statuses(c, f);
	print_rows(c, CHANGE_WORSE, "WORSE", f);
	print_rows(c, CHANGE_BETTER, "BETTER", f);
	print_rows(c, CHANGE_CANNOT_TELL, "CANNOT TELL", f);
	if (c->shapes)
		shapes_print_text(c->shapes, c, f);
	print_came(c, f);
	print_rest(c, f);
	fprintf(f, "verdict: %s", change_names[c->verdict]);
	if (c->half[SIDE_OLD].only.nr && c->verdict == CHANGE_CANNOT_TELL)
		fprintf(f, " (%zu of old's cells %s not in new)", c->half[SIDE_OLD].only.nr,
			c->half[SIDE_OLD].only.nr == 1 ? "is" : "are");
	fputc('\n', f);
}
