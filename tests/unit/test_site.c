// SPDX-License-Identifier: GPL-2.0-only
/* The dashboard: from several runs, from one, from none, from damaged ones, and the same twice. */
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <sys/stat.h>

#include "site/site.h"
#include "rundir.h"

static const struct cell_row seq = {
	.id = "v6.12-sev-128M-touch-seq", .kernel = "v6.12", .strategy = "upfront",
	.workload = "touch-seq", .type = "touch", .params = "\"pages\":\"100%\",\"mmu\":\"tdp\"",
	.status = "pass", .reason = "", .memory_mib = 128, .repeat = 1,
	.metrics = METRIC("startup_ns", "virtual ns", "1000") ","
		   METRIC("npf_first_p50_ns", "virtual ns", "5000"),
};

/* Make f->run a new run of results/ that started on that day of a month. */
static void new_run(struct fixture *f, const char *name, int day, const char *config)
{
	char *text = xasprintf("{\"schema\":1,\"run\":\"%s\",\"version\":\"<b>&\","
			       "\"config\":{\"name\":\"%s\",\"text\":\"\"},\"clock\":\"virtual\","
			       "\"time_unit\":\"virtual ns (1 instruction = 1 ns)\","
			       "\"host\":\"emulated\",\"kernels\":{\"v6.12\":{\"name\":\"v6.12\","
			       "\"base_version\":\"6.12.1\",\"key\":\"key%d\",\"patches\":[1,2]}},"
			       "\"started\":\"2026-01-%02dT03:00:00Z\",\"cells\":{\"total\":1}}",
			       name, config, day, day);

	free(f->run);
	f->run = xasprintf("%s/results/%s", f->dir, name);
	assert_int_equal(dir_make(f->run, f->err), 0);
	put(f, "run.json", text);
	free(text);
}

static void new_cell(struct fixture *f, const char *startup)
{
	struct cell_row c = seq;
	char *metrics = xasprintf(METRIC("startup_ns", "virtual ns", "%s") ","
				  METRIC("npf_first_p50_ns", "virtual ns", "5000"), startup);

	c.metrics = metrics;
	put_cell(f, &c);
	free(metrics);
}

static int build(struct fixture *f, const char *dir, const char *baseline)
{
	char *results = xasprintf("%s/results", f->dir), *out = xasprintf("%s/%s", f->dir, dir);
	int ret;

	assert_int_equal(dir_make(results, f->err), 0);
	ret = site_build(results, out, baseline, f->err);
	free(results);
	free(out);
	return ret;
}

static void pin(struct fixture *f, const char *text)
{
	char *path = xasprintf("%s/results/baseline", f->dir);

	assert_int_equal(file_replace(path, text, f->err), 0);
	free(path);
}

/* Text of a page of the site. The caller frees it. */
static char *page(struct fixture *f, const char *name)
{
	char *path = xasprintf("%s/site/%s", f->dir, name), *text;

	if (file_read(path, &text, f->err))
		fail_msg("%s", f->err);
	free(path);
	return text;
}

static void assert_in(struct fixture *f, const char *name, const char *what, bool there)
{
	char *text = page(f, name);

	if (!strstr(text, what) == there)
		fail_msg("%s: '%s' is %s: %s", name, what, there ? "not there" : "there",
			 strstr(text, "<body>") ?: text);
	free(text);
}

static void test_empty(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(build(f, "site", NULL), 0);
	assert_in(f, "index.html", "There are no runs yet", true);
	assert_in(f, "index.html", "No alerts", true);
	assert_in(f, "metrics.prom", "# EOF\n", true);
}

static void test_no_results(void **state)
{
	struct fixture *f = *state;
	char *out = xasprintf("%s/site", f->dir);

	assert_int_equal(site_build("/nonexistent", out, NULL, f->err), -ENOENT);
	assert_non_null(strstr(f->err, "/nonexistent: No such file"));
	assert_int_not_equal(access(out, F_OK), 0);
	free(out);
}

static void test_one_run(void **state)
{
	struct fixture *f = *state;

	new_run(f, "one", 1, "default");
	new_cell(f, "1000");
	assert_int_equal(build(f, "site", NULL), 0);
	assert_in(f, "alerts.html", "none is pinned: write the name of a run, such as one", true);
	assert_in(f, "track-default/index.html", "1\u202f000 ns", true);
	assert_in(f, "track-default/index.html", "1 instruction = 1 ns", true);
	assert_in(f, "track-default/trend-startup_ns.html", "<circle class=\"s-upfront\"", true);
	assert_in(f, "track-default/cell-v6.12-sev-128M-touch-seq.html", "cell.json</a>", true);
	assert_in(f, "run/one.html", "6.12.1 + 2 patches (key1)", true);
}

static void test_trend_and_comparison(void **state)
{
	struct fixture *f = *state;

	new_run(f, "b-later", 3, "default");
	new_cell(f, "1100");
	new_run(f, "c-first", 1, "default");
	new_cell(f, "1000");
	new_run(f, "a-other", 4, "other");
	new_cell(f, "7");
	pin(f, "# pinned\n  c-first # why\nnowhere\n");
	assert_int_equal(build(f, "site", NULL), 0);
	assert_in(f, "track-default/index.html", "b-later against c-first", true);
	assert_in(f, "track-default/index.html",
		  "<td class=\"n w3\" title=\"worse: 1\u202f000 ns \u2192 1\u202f100 ns\">"
		  "+10 %</td>", true);
	assert_in(f, "alerts.html", "startup_ns +10 %, against c-first", true);
	assert_in(f, "alerts.html", "results/baseline:3: no such run", true);
	assert_in(f, "track-default/trend-startup_ns.html",
		  "b-later: v6.12 is 6.12.1 + 2 patches (key3)", true);
	assert_in(f, "track-other/index.html", "No baseline is pinned", true);
	assert_in(f, "metrics.prom", "pinlab_changes{config=\"default\",host=\"emulated\","
		  "time_unit=\"virtual ns\",change=\"worse\"} 1\n", true);
}

static void test_baseline_option(void **state)
{
	struct fixture *f = *state;

	new_run(f, "one", 1, "default");
	new_cell(f, "1000");
	assert_int_equal(build(f, "site", "two"), -ENOENT);
	assert_non_null(strstr(f->err, "--baseline two: no such run"));
	assert_int_equal(build(f, "site", "one"), 0);
	assert_in(f, "index.html", "No alerts", true);
	assert_in(f, "track-default/index.html", "<td class=\"n e\" title=\"same: ", true);
}

/* Only what is the same or better looks like it. */
static void test_verdicts(void **state)
{
	static const struct { const char *status, *startup, *shown; } rows[] = {
		{ "pass", "1000", "<span class=\"pass\">same</span>" },
		{ "pass", "999", "<span class=\"pass\">better</span>" },
		{ "pass", "1001", "<span class=\"bad\">worse</span>" },
		{ "skip", "1000", "<span class=\"unsure\">cannot-tell</span>" },
	};
	struct fixture *f = *state;

	new_run(f, "old", 1, "default");
	new_cell(f, "1000");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cell_row c = seq;
		char *metrics = xasprintf(METRIC("startup_ns", "virtual ns", "%s") ","
					  METRIC("npf_first_p50_ns", "virtual ns", "5000"),
					  rows[i].startup);

		c.metrics = metrics;
		c.status = rows[i].status;
		new_run(f, "new", 2, "default");
		put_cell(f, &c);
		free(metrics);
		assert_int_equal(build(f, "site", "old"), 0);
		assert_in(f, "index.html", rows[i].shown, true);
		assert_in(f, "track-default/index.html", rows[i].shown, true);
	}
}

/* Pages are of the results, whatever has a run's name where they are made. */
static void test_names(void **state)
{
	static const char *const names[] = { "a:b", "later" };
	struct fixture *f = *state;
	char *here = xasprintf("%s/here/a:b", f->dir), *was = getcwd(NULL, 0);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		new_run(f, names[i], i + 1, "default");
		new_cell(f, "1000");
	}
	assert_int_equal(dir_make(here, f->err), 0);
	*strrchr(here, '/') = '\0';
	assert_int_equal(chdir(here), 0);
	assert_int_equal(build(f, "site", "a:b"), 0);
	assert_int_equal(chdir(was), 0);
	assert_in(f, "index.html", "No alerts", true);
	assert_in(f, "track-default/index.html", "later against a:b", true);
	free(here);
	free(was);
}

/* A run without the metric, and one without the cell, make a gap and no 0. */
static void test_missing_is_missing(void **state)
{
	struct fixture *f = *state;
	struct cell_row c = seq;

	new_run(f, "first", 1, "default");
	new_cell(f, "1000");
	new_run(f, "second", 2, "default");
	c.metrics = METRIC("npf_first_p50_ns", "virtual ns", "5000");
	put_cell(f, &c);
	new_run(f, "fifth", 5, "default");	/* has just begun */
	new_run(f, "third", 3, "default");
	new_run(f, "fourth", 4, "default");
	c.id = "v6.12-sev-256M-touch-seq";
	c.memory_mib = 256;
	put_cell(f, &c);
	pin(f, "first");
	assert_int_equal(build(f, "site", NULL), 0);
	assert_in(f, "track-default/trend-startup_ns.html", "third</a></td>", false);
	assert_in(f, "track-default/trend-startup_ns.html",
		  "fifth.html\">fifth</a></td><td class=\"n\">\u2013<", true);
	assert_in(f, "track-default/trend-startup_ns.html", "second: ", false);
	assert_in(f, "metrics.prom", "pinlab_startup_virtual_ns", false);
	assert_in(f, "metrics.prom", "pinlab_npf_first_p50_virtual_ns{", true);
	assert_in(f, "alerts.html", "v6.12-sev-128M-touch-seq: in first, not in fourth", false);
	assert_in(f, "run/third.html", "0 of 0 executions", true);
}

static void test_damaged(void **state)
{
	struct fixture *f = *state;

	new_run(f, "bad-cell", 2, "default");
	new_cell(f, "1000");
	put(f, "cells/v6.12-sev-128M-touch-seq/1/cell.json", "{\n\"schema\":");
	new_run(f, "bad-run", 3, "default");
	put(f, "run.json", "{\"schema\":1,\n,");
	new_run(f, "foreign", 4, "default");
	put(f, "run.json", "{\"schema\":9}");
	new_run(f, "good", 1, "default");
	new_cell(f, "1000");
	assert_int_equal(build(f, "site", "good"), 0);
	assert_in(f, "alerts.html",
		  ": bad-cell/cells/v6.12-sev-128M-touch-seq/1/cell.json:2: ", true);
	assert_in(f, "alerts.html", "bad-run/run.json:2: ", true);
	assert_in(f, "alerts.html", "foreign/run.json:1: found schema 9, allowed: 1", true);
	assert_in(f, "runs.html", "good", true);
	assert_in(f, "runs.html", "bad-", false);
	assert_in(f, "metrics.prom", "pinlab_alerts{kind=\"damaged run\"} 3\n", true);
	assert_int_equal(build(f, "site", "bad-run"), -ENOENT);
}

static void test_failed_and_escaped(void **state)
{
	struct fixture *f = *state;
	struct cell_row c = seq;

	new_run(f, "run<&>x", 1, "a<&>\\\"\\\\b");
	c.id = "<i>&'";
	c.workload = "w<&>\\\"\\n\\\\";
	c.status = "splat";
	c.reason = "<script>alert(1)</script> & \\\"more\\\"";
	put_cell(f, &c);
	assert_int_equal(build(f, "site", NULL), 0);
	assert_in(f, "index.html", "run&lt;&amp;&gt;x", true);
	assert_in(f, "index.html", "href=\"run/run%3C%26%3Ex.html\"", true);
	assert_in(f, "index.html", "<span class=\"bad\">failed</span> ", true);
	assert_in(f, "index.html", "&lt;b&gt;&amp;</td>", true);
	assert_in(f, "run/run<&>x.html", "&lt;script&gt;alert(1)&lt;/script&gt; &amp;", true);
	assert_in(f, "run/run<&>x.html", "<script>", false);
	assert_in(f, "track-a-----b/index.html", "&lt;i&gt;&amp;&#39;", true);
	assert_in(f, "metrics.prom", "config=\"a<&>\\\"\\\\b\"", true);
	assert_in(f, "metrics.prom", "workload=\"w<&>\\\"\\n\\\\\"", true);
	assert_in(f, "metrics.prom", "status=\"splat\"} 0\n", true);
}

static char *all_bytes;
static size_t nr_bytes;

static int take_file(const char *path, const struct stat *st, int type, struct FTW *w)
{
	char *text, err[OPT_ERR_MAX];

	(void)st;
	if (type != FTW_F)
		return 0;
	assert_int_equal(file_read(path, &text, err), 0);
	all_bytes = xrealloc(all_bytes, nr_bytes + strlen(text) + strlen(path + w->base) + 1, 1);
	nr_bytes += sprintf(all_bytes + nr_bytes, "%s%s", path + w->base, text);
	free(text);
	return 0;
}

static char *bytes_of(struct fixture *f, const char *dir)
{
	char *path = xasprintf("%s/%s", f->dir, dir);

	all_bytes = NULL;
	nr_bytes = 0;
	assert_int_equal(nftw(path, take_file, 16, FTW_PHYS), 0);
	free(path);
	return all_bytes;
}

static void test_same_twice(void **state)
{
	struct fixture *f = *state;
	char *first, *second;

	new_run(f, "first", 1, "default");
	new_cell(f, "1000");
	new_run(f, "second", 2, "default");
	new_cell(f, "2000");
	assert_int_equal(build(f, "site", "first"), 0);
	first = bytes_of(f, "site");
	assert_int_equal(build(f, "site", "first"), 0);
	second = bytes_of(f, "site");
	assert_true(strlen(first) > 10000);
	assert_string_equal(first, second);
	free(first);
	free(second);
}

/* A folder that holds something else stays as it is. */
static void test_foreign_folder(void **state)
{
	struct fixture *f = *state;
	char *path = xasprintf("%s/site/mine.txt", f->dir), *text;

	new_run(f, "one", 1, "default");
	new_cell(f, "1000");
	free(f->run);
	f->run = xasprintf("%s/site", f->dir);
	assert_int_equal(dir_make(f->run, f->err), 0);
	put(f, "mine.txt", "kept");
	assert_int_equal(build(f, "site", NULL), -ENOTEMPTY);
	assert_non_null(strstr(f->err, "has other files than a dashboard (mine.txt)"));
	assert_int_equal(file_read(path, &text, f->err), 0);
	assert_string_equal(text, "kept");
	free(text);
	free(path);
}

/* The folders are those that a test has made, and a site that may be read by all. */
static void assert_left(struct fixture *f)
{
	static const char *const names[] = { "results", "run<&>", "site", "site.new", "site.old" };
	char *all = xasprintf("%s/*", f->dir), *site = xasprintf("%s/site", f->dir);
	mode_t mask = umask(0);
	struct stat st;
	glob_t g;

	umask(mask);
	assert_int_equal(stat(site, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0777 & ~mask);
	assert_int_equal(glob(all, 0, NULL, &g), 0);
	assert_int_equal(g.gl_pathc, ARRAY_SIZE(names));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(strrchr(g.gl_pathv[i], '/') + 1, names[i]);
	globfree(&g);
	free(site);
	free(all);
}

/* So does what is called like its neighbours, also a copy that somebody keeps of a dashboard. */
static void test_neighbours(void **state)
{
	static const char *const names[] = { "site.old", "site.new" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		free(f->run);
		f->run = xasprintf("%s/%s", f->dir, names[i]);
		assert_int_equal(dir_make(f->run, f->err), 0);
		put(f, ".pinlab-site", "");
		put(f, "mine.txt", "kept");
	}
	assert_int_equal(build(f, "site", NULL), 0);
	assert_int_equal(build(f, "site", NULL), 0);
	assert_int_equal(build(f, "site", "gone"), -ENOENT);
	assert_in(f, "index.html", "There are no runs yet", true);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		free(f->run);
		f->run = xasprintf("%s/%s", f->dir, names[i]);
		assert_true(exists(f, "mine.txt"));
	}
	assert_left(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_no_results),
		TEST(test_one_run),
		TEST(test_trend_and_comparison),
		TEST(test_baseline_option),
		TEST(test_verdicts),
		TEST(test_names),
		TEST(test_missing_is_missing),
		TEST(test_damaged),
		TEST(test_failed_and_escaped),
		TEST(test_same_twice),
		TEST(test_foreign_folder),
		TEST(test_neighbours),
	};

	return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
