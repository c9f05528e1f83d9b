// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compare/review.h"
#include "csvfile.h"

#define LABEL		28	/* characters of a cell's name, of a number, of a patch's subject */
#define NUMBER		14
#define SUBJECT		52
#define ID		12	/* characters of an object's id */

/* What a reader of a series asks for, in this order. */
static const struct {
	const char *metric, *text;
} asked[] = {
	{ "npf_first_p50_ns", "NPF, first touch of a page, median" },
	{ "npf_first_p99_ns", "NPF, first touch of a page, 99th percentile" },
	{ "npf_refault_p50_ns", "NPF, page was mapped before, median" },
	{ "npf_all_mean_ns", "NPF, any, mean" },
	{ "npf_first", "NPFs, first touch" },
	{ "startup_ns", "start: VMM to workload" },
	{ "register_ns", "in KVM_MEMORY_ENCRYPT_REG_REGION" },
	{ "launch_ns", "in the launch commands" },
	{ "workload_ns", "the workload" },
	{ "teardown_ns", "end of the VM" },
	{ "tool_guest_ns", "the guest's program, by its clock" },
	{ "stress_bogo_ops_per_s", "stress-ng, operations" },
	{ "fio_read_kib_per_s", "fio, reads" },
	{ "fio_write_kib_per_s", "fio, writes" },
	{ "pinned_workload_pages", "pinned pages, workload done" },
	{ "pinned_leaked_pages", "pinned pages, VM gone" },
	{ "rss_workload_kib", "RSS of the VMM" },
};

static const struct {
	enum change change;
	const char *title;
} sections[] = {
	{ CHANGE_WORSE, "Worse" },
	{ CHANGE_BETTER, "Better" },
	{ CHANGE_CHANGED, "Different" },
	{ CHANGE_CANNOT_TELL, "Cannot tell" },
};

/* Words to a line as they fit, later lines indented. */
struct filler {
	FILE *f;
	size_t indent, at;
};

static void fill(struct filler *p, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		if (p->at > p->indent && p->at + 2 + len > REVIEW_COLUMNS) {
			fprintf(p->f, "\n%*s", (int)p->indent, "");
			p->at = p->indent;
		} else if (p->at > p->indent) {
			fputc(' ', p->f);
			p->at++;
		}
		fprintf(p->f, "%.*s", (int)len, text);
		p->at += len;
		text += len + strspn(text + len, " ");
	}
}

/* "NAME      text of as many lines as it takes" */
static void field(FILE *f, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void field(FILE *f, const char *name, const char *fmt, ...)
{
	struct filler p = { .f = f, .indent = 10, .at = 10 };
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	fprintf(f, "%-*s", (int)p.indent, name);
	fill(&p, text);
	fputc('\n', f);
	free(text);
}

static const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

/* The kernel of a side, if all its cells are of one: else NULL. */
static const json_t *kernel_of(const struct compare_half *h)
{
	const char *name = h->nr ? run_cell_text(h->cell[0].repeat, "kernel") : "";

	for (size_t i = 1; i < h->nr; i++)
		if (strcmp(name, run_cell_text(h->cell[i].repeat, "kernel")))
			return NULL;
	return json_object_get(json_object_get(h->run, "kernels"), name);
}

/* Of several kernels what tells them apart: the same name may stand for another build. */
static void print_kernels(const struct compare_half *h, const char *role, FILE *f)
{
	const char *name;
	json_t *kernel;

	field(f, role, "several kernels of run %s", h->cells.run);
	json_object_foreach(json_object_get(h->run, "kernels"), name, kernel)
		field(f, "", "%s: build %s (%s)", name, text_of(kernel, "key"),
		      text_of(kernel, "scope"));
}

static void print_source(const struct compare_half *h, const char *role, FILE *f)
{
	const json_t *k = kernel_of(h);

	if (!k) {
		print_kernels(h, role, f);
		return;
	}
	if (!text_of(k, "key")[0]) {
		field(f, role, "the kernel that ran there: %s", text_of(k, "release"));
		return;
	}
	field(f, role, "%s: %s", text_of(k, "name"), text_of(k, "what"));
	field(f, "", "%s %s%s%s", text_of(k, "base"), text_of(k, "base_version"),
	      text_of(k, "series")[0] ? " + " : "", text_of(k, "series"));
	if (text_of(k, "base_commit")[0])
		field(f, "", "base commit %s", text_of(k, "base_commit"));
	if (text_of(k, "commit")[0])
		field(f, "", "commit %s", text_of(k, "commit"));
	if (text_of(k, "tree")[0])
		field(f, "", "tree %s", text_of(k, "tree"));
	field(f, "", "build %s (%s)", text_of(k, "key"), text_of(k, "scope"));
}

static void print_head(const struct compare *c, FILE *f)
{
	const struct compare_half *new = &c->half[SIDE_NEW];
	const json_t *emulator = json_object_get(new->run, "emulator");
	struct filler p = { .f = f };
	char *host = json_is_object(emulator) ?
		     xasprintf("an emulated SEV host (%s)", text_of(emulator, "version")) :
		     xasprintf("%s", text_of(new->run, "machine_cpu"));
	char *text = xasprintf("Measured with pinlab %s on %s.", text_of(new->run, "version"),
			       host);
	char *interval = NULL;

	fill(&p, text);
	fill(&p, c->virtual_clock ?
	     "Times are virtual ns: 1 instruction = 1 ns. They count the work that the host's "
	     "kernel does, exactly: every difference is real. They know nothing of caches, TLBs "
	     "or memory bandwidth, and are no latencies of hardware." :
	     "Times are ns of real time: medians of the repeats. A change is one that the test "
	     "of its ranks confirms, of all metrics together (Holm).");
	if (!c->virtual_clock) {
		interval = xasprintf("Below each: the %g %% interval of the ratio of the medians "
				     "(bootstrap).", (1 - c->thresholds.alpha) * 100);
		fill(&p, interval);
	}
	fputs("\n\n", f);
	print_source(&c->half[SIDE_OLD], "base", f);
	print_source(new, "patched", f);
	free(interval);
	free(text);
	free(host);
}

static bool passed(const struct run_cell *cell)
{
	const char *status = run_cell_text(cell, "status");

	return !strcmp(status, "pass") || !strcmp(status, "xfail");
}

/* Every execution that did not end well, of either side: it is worse than any number. */
static void print_failures(const struct compare *c, FILE *f)
{
	for (int side = 0; side < SIDES; side++) {
		const struct compare_half *h = &c->half[side];

		for (size_t i = 0; i < h->nr; i++)
			for (size_t r = 0; r < h->cell[i].nr; r++)
				if (!passed(&h->cell[i].repeat[r]))
					field(f, "FAILED", "%s (%s): %s: %s", h->cell[i].id,
					      side == SIDE_OLD ? "base" : "patched",
					      run_cell_text(&h->cell[i].repeat[r], "status"),
					      run_cell_text(&h->cell[i].repeat[r], "reason"));
	}
}

static void print_cells(const struct compare *c, FILE *f)
{
	field(f, "cells", "%zu of each, compared one by one; without a partner: %zu of base, "
	      "%zu of patched", c->nr_pairs, c->half[SIDE_OLD].only.nr, c->half[SIDE_NEW].only.nr);
	print_failures(c, f);
	for (size_t i = 0; i < c->nr_meta; i++)
		if (strncmp(c->meta[i].key, "kernel", 6) && strncmp(c->meta[i].key, "cell.", 5))
			field(f, "differs", "%s: %.80s, %.80s", c->meta[i].key,
			      c->meta[i].value[SIDE_OLD] ?: "-",
			      c->meta[i].value[SIDE_NEW] ?: "-");
}

static void number(FILE *f, double v, bool missing)
{
	char text[32];

	if (missing)
		strcpy(text, "-");
	else
		snprintf(text, sizeof(text), csv_is_integer(v) ? "%.0f" : "%.1f", v);
	fprintf(f, " %*s", NUMBER - 1, text);
}

/* Under the change that it is of; by the virtual clock, or of too few repeats, there is none. */
static void print_interval(const struct compare_row *r, FILE *f)
{
	char text[64];

	if (isnan(r->ratio_lo))
		return;
	snprintf(text, sizeof(text), "%+.3g %% to %+.3g %%", (r->ratio_lo - 1) * 100,
		 (r->ratio_hi - 1) * 100);
	fprintf(f, "%*s\n", REVIEW_COLUMNS, text);
}

static void print_row(const struct compare_row *r, size_t more, FILE *f)
{
	char also[24] = "";
	int room;

	if (more)
		snprintf(also, sizeof(also), " +%zu", more);
	room = LABEL - (int)strlen(also);
	fprintf(f, "  %.*s%-*s", room, r->pair->label,
		LABEL - (int)strnlen(r->pair->label, room), also);
	number(f, r->value[SIDE_OLD], r->missing[SIDE_OLD]);
	number(f, r->value[SIDE_NEW], r->missing[SIDE_NEW]);
	if (!isnan(r->ratio))
		fprintf(f, "  %+.3g %%\n", (r->ratio - 1) * 100);
	else
		fputs("\n", f);
	print_interval(r, f);
}

static bool same_bound(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool alike(const struct compare_row *a, const struct compare_row *b)
{
	return !strcmp(a->metric, b->metric) && a->change == b->change &&
	       !memcmp(a->missing, b->missing, sizeof(a->missing)) &&
	       (a->missing[SIDE_OLD] || a->value[SIDE_OLD] == b->value[SIDE_OLD]) &&
	       (a->missing[SIDE_NEW] || a->value[SIDE_NEW] == b->value[SIDE_NEW]) &&
	       same_bound(a->ratio_lo, b->ratio_lo) && same_bound(a->ratio_hi, b->ratio_hi);
}

static const struct compare_row *row_of(const struct compare *c, size_t pair, const char *metric,
					enum change change)
{
	const struct compare_row *r = compare_find(c, &c->pair[pair], metric);

	return r && r->change == change ? r : NULL;
}

/* Cells with the same numbers share a line. Returns the rows that it found. */
static size_t print_metric(const struct compare *c, const char *metric, const char *text,
			   enum change change, FILE *f)
{
	size_t found = 0;

	for (size_t i = 0; i < c->nr_pairs; i++) {
		const struct compare_row *r = row_of(c, i, metric, change), *other;
		size_t more = 0;
		bool shown = false;

		for (size_t j = 0; r && j < c->nr_pairs; j++) {
			other = row_of(c, j, metric, change);
			if (j == i || !other || !alike(r, other))
				continue;
			shown |= j < i;
			more += j > i;
		}
		if (!r || shown)
			continue;
		if (!found++)
			fprintf(f, "%s [%s]\n", text, r->unit);
		print_row(r, more, f);
	}
	return found;
}

static bool is_asked(const char *metric)
{
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
		if (!strcmp(metric, asked[i].metric))
			return true;
	return false;
}

/* What judges is told, asked for or not: lost data, a test that no longer passes, ... */
static size_t print_others(const struct compare *c, enum change change, FILE *f)
{
	size_t found = 0;

	for (size_t i = 0; i < c->nr_rows; i++) {
		const struct compare_row *r = &c->row[i];
		bool told = !r->judges || r->change != change || is_asked(r->metric);

		for (size_t j = 0; j < i && !told; j++)
			told = c->row[j].change == change && !strcmp(c->row[j].metric, r->metric);
		if (!told)
			found += print_metric(c, r->metric, r->metric, change, f);
	}
	return found;
}

static void print_section(const struct compare *c, size_t s, FILE *f)
{
	char *text = NULL;
	size_t len, found = 0;
	FILE *m = open_memstream(&text, &len);

	if (!m)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
		found += print_metric(c, asked[i].metric, asked[i].text, sections[s].change, m);
	found += print_others(c, sections[s].change, m);
	fclose(m);
	if (found)
		fprintf(f, "\n%-*s %*s %*s  change\n%s", LABEL + 2, sections[s].title, NUMBER - 1,
			"base", NUMBER - 1, "patched", text);
	else if (sections[s].change <= CHANGE_WORSE)
		fprintf(f, "\n%s: nothing\n", sections[s].title);
	free(text);
}

static void print_same(const struct compare *c, FILE *f)
{
	struct filler p = { .f = f, .indent = 2, .at = 2 };
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		size_t there = 0, same = 0;

		for (size_t j = 0; j < c->nr_pairs; j++) {
			there += compare_find(c, &c->pair[j], asked[i].metric) != NULL;
			same += row_of(c, j, asked[i].metric, CHANGE_SAME) != NULL;
		}
		if (!there || same < there)
			continue;
		if (!any)
			fprintf(f, "\nThe same in all cells\n%*s", (int)p.indent, "");
		if (any)
			fputs(";", f);
		p.at += any;
		fill(&p, asked[i].text);
		any = true;
	}
	if (any)
		fputs("\n", f);
}

/* How to make the run of a side again. */
static void print_run(const struct compare_half *h, const char *role, FILE *f)
{
	const json_t *k = kernel_of(h);
	const char *spec = text_of(k, "spec");
	struct strv words = { .nr = 0 };
	char *line;

	strv_add(&words, "--matrix");
	strv_add(&words, "%s.conf", text_of(json_object_get(h->run, "config"), "name"));
	if (spec[0]) {
		strv_add(&words, "--kernel");
		strv_add(&words, "%s=%s", text_of(k, "name"), spec);
	}
	line = strv_quote(&words);
	field(f, role, "runner %s", line);
	field(f, "", "run %s, lab %s%s%s", h->cells.run, text_of(h->run, "version"),
	      text_of(h->run, "image")[0] ? ", image " : "", text_of(h->run, "image"));
	free(line);
	strv_free(&words);
}

static void print_patches(const struct compare *c, FILE *f)
{
	const json_t *ids = json_object_get(kernel_of(&c->half[SIDE_NEW]), "patch_ids"), *p;
	size_t i;

	if (!json_array_size(ids))
		return;
	fputs("\nPatches (git patch-id --stable)\n", f);
	json_array_foreach(ids, i, p)
		fprintf(f, "  %.*s  %.*s\n", ID, text_of(p, "id"), SUBJECT, text_of(p, "patch"));
}

char *review_command(const struct compare *c, const struct compare_request *q)
{
	const struct {
		const char *option, *value;
	} options[] = {
		{ "--by", q->by }, { "--filter", q->filter }, { "--thresholds", q->thresholds },
	};
	struct strv words = { .nr = 0 };
	char *line;

	strv_add(&words, "--review");
	for (int side = 0; side < SIDES; side++) {
		const struct compare_half *h = &c->half[side];

		if (q->spec[side])
			strv_add(&words, "%s%s%s", h->cells.run, h->terms[0] ? ":" : "", h->terms);
	}
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (!options[i].value)
			continue;
		strv_add(&words, "%s", options[i].option);
		strv_add(&words, "%s", options[i].value);
	}
	line = strv_quote(&words);
	strv_free(&words);
	return line;
}

void review_print_text(const struct compare *c, const char *command, FILE *f)
{
	const json_t *old = c->half[SIDE_OLD].run, *new = c->half[SIDE_NEW].run;

	print_head(c, f);
	print_cells(c, f);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		print_section(c, i, f);
	print_same(c, f);
	fputs("\nCell +N: the same numbers in N more cells. All metrics: runner --compare\n\n", f);
	if (!strcmp(text_of(old, "run"), text_of(new, "run"))) {
		print_run(&c->half[SIDE_NEW], "again", f);
	} else {
		print_run(&c->half[SIDE_OLD], "base", f);
		print_run(&c->half[SIDE_NEW], "patched", f);
	}
	field(f, "text", "runner %s", command);
	print_patches(c, f);
}
