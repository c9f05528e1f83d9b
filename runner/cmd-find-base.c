// SPDX-License-Identifier: GPL-2.0-only
/*
 * --find-base: the commit that a series is based on, and whether it applies there.
 *
 *	base     94b06a0f5d1e KVM: x86: Say what is meant
 *	         2026-11-02, v6.12-rc3-17-g94b06a0f5d1e
 *	found by the blobs that the patches were made on: it has 14 of 14
 *	since    0c7dd00de018 KVM: x86/mmu: Say less
 *	tree     1d6f92b8... with the series: 75ab2e19...
 *	applies  11 of 11 patches, without fuzz
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "patches/base.h"
#include "pinlab.h"

struct find_base {
	struct git git;
	struct series series;
	struct base base;
	struct applied applied;
	char *rev_tree;			/* without @REV */
	const char *rev;
};

/* What git says of a commit, by a format of git log; never NULL. */
static char *about(const struct git *g, const char *commit, const char *format)
{
	char *option = xasprintf("--format=%s", format), *out, err[OPT_ERR_MAX];

	if (git_text(g, &out, err, GIT_ARGS("log", "-1", "--abbrev=12", "--date=short", option,
					    commit, "--")))
		out = xstrdup("?");
	free(option);
	return out;
}

static char *describe(const struct git *g, const char *commit)
{
	char *out, err[OPT_ERR_MAX];

	if (git_text(g, &out, err, GIT_ARGS("describe", "--tags", "--abbrev=12", commit)))
		out = NULL;
	return out;
}

static int find(struct find_base *f, const struct settings *s, char *err)
{
	size_t nr = s->nr_more;
	const char **paths = xrealloc(NULL, nr, sizeof(*paths));
	int ret;

	paths[0] = s->arg;
	for (size_t i = 1; i < nr; i++)
		paths[i] = s->more[i - 1];
	git_split(s->more[nr - 1], &f->rev_tree, &f->rev);
	ret = git_open(&f->git, f->rev_tree, err);
	if (!ret)
		ret = series_read(&f->series, paths, nr, err);
	if (!ret)
		ret = base_find(&f->base, &f->series, &f->git, f->rev, err);
	if (!ret && f->base.commit[0])
		ret = series_apply(&f->series, &f->git, f->base.commit, &f->applied, err);
	free(paths);
	return ret;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_how(const struct find_base *f)
{
	const struct base *b = &f->base;

	if (b->trailer)
		printf("found by the base-commit: trailer");
	else
		printf("found by the blobs that the patches were made on");
	if (b->nr)
		printf(": it has %zu of %zu", b->have, b->nr);
	puts("");
	if (!b->trailer && f->series.base[0])
		printf("trailer  base-commit: %s is not in this tree\n", f->series.base);
	if (f->series.prerequisites)
		printf("needs    %zu patch%s before it (prerequisite-patch-id)\n",
		       f->series.prerequisites, f->series.prerequisites == 1 ? "" : "es");
}

static void print_found(const struct find_base *f, const struct preimage *n)
{
	if (f->base.commit[0])
		printf(", this commit has %.12s", n->found[0] ? n->found : "none");
	puts("");
}

static void print_missing(const struct find_base *f)
{
	for (size_t i = 0; i < f->base.nr; i++) {
		const struct preimage *n = &f->base.needs[i];
		bool nothing = !n->id[strspn(n->id, "0")];

		if (preimage_holds(n))
			continue;
		printf("missing  %s: patch %zu was made ", n->path, n->patch + 1);
		if (nothing)
			printf("where there is none");
		else
			printf("on %.12s%s", n->id,
			       n->exists ? "" : " (no such object in this tree)");
		print_found(f, n);
	}
}

static void print_applied(const struct find_base *f)
{
	const struct applied *a = &f->applied;
	size_t nr = f->series.nr;

	if (!a->all) {
		printf("applies  not: patch %zu of %zu ('%s'): %s\n", a->patch + 1, nr,
		       f->series.patches[a->patch].subject, a->why);
		return;
	}
	printf("applies  %zu patch%s, without fuzz", nr, nr == 1 ? "" : "es");
	if (a->moved)
		printf("; %zu hunk%s at another line than it says", a->moved, plural(a->moved));
	puts("");
}

static void print_not_given(const struct find_base *f)
{
	char *missing = series_missing(&f->series);

	if (missing)
		printf("lacks    patch%s %s: not given\n", f->series.nr_missing == 1 ? "" : "es",
		       missing);
	free(missing);
}

static void print_text(const struct find_base *f)
{
	const struct base *b = &f->base;
	char *base, *date, *tree, *near, *since;

	if (!b->commit[0]) {
		printf("base     none: no commit %s%s has any of the %zu blob%s that the series "
		       "was made on\n", f->rev ? "of " : "of this tree", f->rev ? f->rev : "",
		       b->nr, plural(b->nr));
		print_missing(f);
		print_not_given(f);
		return;
	}
	base = about(&f->git, b->commit, "%H%n         %s");
	date = about(&f->git, b->commit, "%cd");
	tree = about(&f->git, b->commit, "%T");
	near = describe(&f->git, b->commit);
	printf("%s %s\n         %s%s%s\n", b->have < b->nr ? "nearest " : "base    ", base, date,
	       near ? ", " : "", near ? near : "");
	print_how(f);
	if (b->since[0] && strcmp(b->since, b->commit)) {
		since = about(&f->git, b->since, "%h %s");
		printf("since    %s\n         (as good a base as any commit from there on)\n",
		       since);
		free(since);
	}
	print_missing(f);
	printf("tree     %s\n", tree);
	if (f->applied.all)
		printf("         %s with the series\n", f->applied.tree);
	print_applied(f);
	print_not_given(f);
	free(base);
	free(date);
	free(tree);
	free(near);
}

static json_t *text_or_null(const char *s)
{
	return s[0] ? json_string(s) : json_null();
}

static void print_json(const struct find_base *f)
{
	const struct applied *a = &f->applied;
	json_t *missing = json_array(), *patches = json_array(), *not_given = json_array(), *all;

	for (size_t i = 0; i < f->base.nr; i++) {
		const struct preimage *n = &f->base.needs[i];

		if (!preimage_holds(n))
			json_array_append_new(missing, json_pack("{s:s, s:I, s:s, s:o}", "path",
				n->path, "patch", (json_int_t)n->patch + 1, "wants", n->id,
				"found", text_or_null(n->found)));
	}
	for (size_t i = 0; i < f->series.nr; i++)
		json_array_append_new(patches, json_pack("{s:s, s:o}", "subject",
			f->series.patches[i].subject, "patch_id",
			text_or_null(f->series.patches[i].id)));
	for (size_t i = 0; i < f->series.nr_missing; i++)
		json_array_append_new(not_given, json_integer(f->series.missing[i]));
	all = json_pack("{s:i, s:o, s:o, s:s, s:I, s:I, s:o, s:b, s:o, s:I, s:o, s:o, s:o}",
		"schema", 1, "base_commit", text_or_null(f->base.commit),
		"since", text_or_null(f->base.since),
		"found_by", f->base.trailer ? "trailer" : "blobs",
		"blobs", (json_int_t)f->base.nr, "blobs_found", (json_int_t)f->base.have,
		"missing", missing, "applies", a->all, "reason", text_or_null(a->why),
		"hunks_moved", (json_int_t)a->moved, "tree", text_or_null(a->tree),
		"patches", patches, "patches_not_given", not_given);
	json_dumpf(all, stdout, JSON_INDENT(2));
	puts("");
	json_decref(all);
}

int cmd_find_base(const struct settings *s)
{
	struct find_base f = { .rev = NULL };
	char err[OPT_ERR_MAX];
	int status;

	if (find(&f, s, err)) {
		status = usage_error("%s", err);
	} else {
		s->json ? print_json(&f) : print_text(&f);
		status = f.applied.all && f.base.have == f.base.nr && !f.series.nr_missing ?
			 EXIT_PASSED : EXIT_NOT_PASSED;
	}
	base_free(&f.base);
	series_free(&f.series);
	git_close(&f.git);
	free(f.rev_tree);
	return status;
}
