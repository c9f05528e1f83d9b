// SPDX-License-Identifier: GPL-2.0-only
/* metrics.csv, figures and page of a run: from a few cells, from none, from odd ones. */
#include <errno.h>
#include <sys/stat.h>

#include "plot.h"
#include "report_html.h"
#include "report_model.h"
#include "rundir.h"

#define METRICS_HEADER \
	"run,cell,kernel,strategy,guest,memory_mib,workload,params,repeat,metric,unit,better," \
	"value,status,reused\r\n"

static const struct cell_row seq_128 = {
	.id = "a-seq-128M", .kernel = "v6.12", .strategy = "upfront", .workload = "touch-seq",
	.type = "touch", .params = "\"refaults\":\"1\",\"pattern\":\"sequential\"",
	.status = "pass", .reason = "", .memory_mib = 128, .repeat = 1,
	.metrics = METRIC("startup_ns", "virtual ns", "5000000") ","
		   METRIC("npf_first_mean_ns", "virtual ns", "6543.25"),
};

static void test_tables(void **state)
{
	struct fixture *f = *state;
	struct cell_row c = seq_128;
	char *text;

	put_cell(f, &c);
	c.repeat = 10;
	c.metrics = METRIC("startup_ns", "virtual ns", "5000001");
	put_cell(f, &c);
	c.repeat = 9;
	c.status = "host-exit";
	c.metrics = "";
	put_cell(f, &c);
	c.id = ".tmp";
	put_cell(f, &c);
	assert_int_equal(result_tables(f->run, f->err), 0);
	text = get(f, "metrics.csv");
#define A "run<&>,a-seq-128M,v6.12,upfront,sev,128,touch-seq,\"pattern=sequential,refaults=1\","
	assert_string_equal(text, METRICS_HEADER
			    A "1,startup_ns,virtual ns,lower,5000000,pass,\r\n"
			    A "1,npf_first_mean_ns,virtual ns,lower,6543.25,pass,\r\n"
			    A "9,,,,,host-exit,\r\n"
			    A "10,startup_ns,virtual ns,lower,5000001,pass,\r\n");
#undef A
	free(text);
}

static void test_tables_of_nothing(void **state)
{
	struct fixture *f = *state;
	char *text;

	assert_int_equal(result_tables(f->run, f->err), 0);
	text = get(f, "metrics.csv");
	assert_string_equal(text, METRICS_HEADER);
	free(text);
	assert_int_equal(result_tables("/nonexistent", f->err), -ENOENT);
	assert_non_null(strstr(f->err, "/nonexistent: cannot read the run"));
}

static void test_tables_of_bad_cells(void **state)
{
	struct fixture *f = *state;

	put_cell(f, &seq_128);
	put(f, "cells/a-seq-128M/1/cell.json", "{\"schema\":2}");
	assert_int_equal(result_tables(f->run, f->err), -EINVAL);
	assert_non_null(strstr(f->err, "a-seq-128M/1/cell.json: found schema 2, allowed: 1"));
	put(f, "cells/a-seq-128M/1/cell.json", "{\n\"schema\":");
	assert_int_equal(result_tables(f->run, f->err), -EINVAL);
	assert_non_null(strstr(f->err, "cell.json:2: "));
}

static void with_model(struct fixture *f, void (*check)(struct fixture *f, struct model *m))
{
	struct run_cells run;
	struct model m;

	assert_int_equal(run_cells_load(&run, f->run, f->err), 0);
	assert_int_equal(model_build(&m, &run, f->run, f->err), 0);
	check(f, &m);
	model_free(&m);
	run_cells_free(&run);
}

static void check_labels(struct fixture *f, struct model *m)
{
	double v;

	(void)f;
	assert_int_equal(m->nr_series, 3);
	assert_string_equal(m->series[0].label, "none");
	assert_string_equal(m->series[1].label, "upfront (v6.1)");
	assert_string_equal(m->series[2].label, "upfront (v6.12)");
	assert_int_equal(m->series[2].variant, 1);
	assert_int_equal(m->nr_groups, 4);
	assert_string_equal(m->groups[0].label, "touch-seq pages=100%");
	assert_int_equal(m->groups[0].memory_mib, 128);
	assert_int_equal(m->groups[1].memory_mib, 1024);
	assert_string_equal(m->groups[2].label, "touch-seq pages=50%");
	assert_string_equal(m->groups[2].name, "touch-seq-pages=50--128M");

	assert_string_equal(m->groups[3].label, "touch-seq on the host");

	assert_true(model_value(m, 0, 0, "startup_ns", &v));
	assert_true(v == 20);		/* median of 10, 20, 30; 99 hung */
	assert_int_equal(model_cell(m, 0, 0)->nr, 4);
	assert_false(model_value(m, 0, 0, "npf_total", &v));
	assert_int_equal(model_cell(m, 2, 0)->nr, 0);
}

static void test_model(void **state)
{
	static const char *const startup[] = { "30", "99", "10", "20" };
	static const char full[] = "\"pages\":\"100%\",\"pattern\":\"sequential\"";
	struct fixture *f = *state;
	struct cell_row c = seq_128;
	char metric[256];

	c.params = full;
	c.strategy = "none";
	c.metrics = metric;
	for (c.repeat = 1; c.repeat <= 4; c.repeat++) {
		snprintf(metric, sizeof(metric), METRIC("startup_ns", "virtual ns", "%s"),
			 startup[c.repeat - 1]);
		c.status = c.repeat == 2 ? "guest-hang" : c.repeat == 3 ? "fail" : "pass";
		put_cell(f, &c);
	}
	c = seq_128;
	c.params = full;
	c.id = "b";
	c.memory_mib = 1024;
	put_cell(f, &c);
	c.id = "c";
	c.kernel = "v6.1";
	c.memory_mib = 128;
	c.params = "\"pages\":\"50%\",\"pattern\":\"sequential\"";
	put_cell(f, &c);
	c.id = "d";
	c.guest = "host";
	c.params = "\"pattern\":\"sequential\"";
	put_cell(f, &c);
	with_model(f, check_labels);
}

static void test_model_refuses(void **state)
{
	struct fixture *f = *state;
	struct cell_row c = seq_128;
	struct run_cells run;
	struct model m;

	put_cell(f, &c);
	c.id = "b";
	c.repeat = 2;
	put_cell(f, &c);
	c.id = "ab";
	c.workload = "other";
	put_cell(f, &c);
	assert_int_equal(run_cells_load(&run, f->run, f->err), 0);
	assert_int_equal(model_build(&m, &run, f->run, f->err), -EINVAL);
	assert_non_null(strstr(f->err, "cells/b/2: same kernel, guest, workload"));
	run_cells_free(&run);
}

static void check_page(struct fixture *f, struct model *m)
{
	struct plots p = { .nr = 0 };
	char *page;

	assert_int_equal(report_html(m, &p, f->err), 0);
	page = get(f, "index.html");
	assert_non_null(strstr(page, "<title>pinlab: run&lt;&amp;&gt;</title>"));
	assert_non_null(strstr(page, "1 cell was run, of 3 planned"));
	assert_non_null(strstr(page, "killed by &lt;b&gt; &amp; &quot;c&quot;</td>"));
	assert_non_null(strstr(page, "<a href=\"cells/a-seq-128M/1/a%22%26%3F.log\">"
			       "a&quot;&amp;?.log</a>"));
	assert_non_null(strstr(page, "x&lt;y"));
	assert_null(strstr(page, "never shown"));
	assert_null(strstr(page, "<script"));
	free(page);
}

static void test_page_escapes(void **state)
{
	struct fixture *f = *state;
	struct cell_row c = seq_128;

	c.status = "splat";
	c.reason = "killed by <b> & \\\"c\\\"";
	put_cell(f, &c);
	put(f, "cells/a-seq-128M/1/a\"&?.log", "");
	put(f, "run.json", "{\"a\":{\"b\":\"x<y\"},\"cells\":{\"total\":3},"
	    "\"plan\":{\"cells\":\"never shown\"}}");
	with_model(f, check_page);
}

static void check_fit(struct fixture *f, struct model *m)
{
	struct plots none = { 0 };
	char *page, *table;

	assert_int_equal(report_html(m, &none, f->err), 0);
	page = get(f, "index.html");
	assert_non_null(strstr(page, "<td class=\"n\">3</td><td class=\"n\">8.000 (8.000 to "
			       "8.000)</td><td class=\"n\">8.000 (8.000 to 8.000)</td>"
			       "<td class=\"n\">4.000</td>"));
	table = strstr(page, "Startup against memory</h2>");
	assert_non_null(table);
	*strstr(table, "</table>") = '\0';
	assert_non_null(strstr(table, "pages=100%"));
	assert_null(strstr(table, "pages=50%"));
	free(page);
}

/* 4 ms and an ms for every 128 MiB; of another workload two sizes, through which any line goes. */
static void test_fit(void **state)
{
	static const long long sizes[] = { 128, 256, 512, 128, 256 };
	static const char *const ns[] = { "5000000", "6000000", "8000000", "1000000", "2000000" };
	struct fixture *f = *state;
	struct cell_row c = seq_128;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *id = xasprintf("c%zu", i);
		char *metrics = xasprintf(METRIC("startup_ns", "virtual ns", "%s"), ns[i]);

		c.id = id;
		c.memory_mib = sizes[i];
		c.metrics = metrics;
		c.params = i < 3 ? "\"pages\":\"100%\"" : "\"pages\":\"50%\"";
		put_cell(f, &c);
		free(metrics);
		free(id);
	}
	with_model(f, check_fit);
}

/* A second repeat that took 7 ms, and a cell of another size of memory. */
static void put_more(struct fixture *f)
{
	struct cell_row c = seq_128;

	c.repeat = 2;
	c.metrics = METRIC("startup_ns", "virtual ns", "7000000");
	put_cell(f, &c);
	c.repeat = 1;
	c.id = "a-seq-256M";
	c.memory_mib = 256;
	c.metrics = METRIC("startup_ns", "virtual ns", "11000000");
	put_cell(f, &c);
}

static void check_inputs(struct fixture *f, struct model *m)
{
	char *data = xasprintf("%s/data", f->run), *text;
	struct plots p;

	assert_int_equal(dir_make(data, f->err), 0);
	assert_int_equal(plots_write(&p, m, data, f->err), 0);
	assert_int_equal(p.nr, 4);	/* no percentiles: the cells have no npf_ metrics */
	assert_non_null(strstr(p.plot[0].caption, "virtual ns: 1 instruction"));
	assert_string_equal(p.plot[2].name, "npf-latency-cdf");
	text = get(f, "data/npf-latency-cdf.dat");
	assert_string_equal(text, "50 0\n50 0.5\n70 1\n\n\n20 0\n20 1\n\n\n");
	free(text);
	text = get(f, "data/timeline-touch-seq-128M.dat");
	assert_string_equal(text, "0.0001 1 ?\n0.0005 2 128\n\n\n");
	free(text);
	text = get(f, "data/startup-phases.dat");
	assert_string_equal(text, "1 128 ? ? ? ? ? ? 5 5 7\n1 256 ? ? ? ? ? ? 11 11 11\n\n\n");
	free(text);
	text = get(f, "data/startup-memory.dat");
	assert_string_equal(text, "128 5 5 7\n256 11 11 11\n\n\n");
	free(text);
	plots_free(&p);
	free(data);
}

static void test_figure_inputs(void **state)
{
	struct fixture *f = *state;

	put_cell(f, &seq_128);
	put_more(f);
	put(f, "cells/a-seq-128M/1/faults.csv", FAULTS_HEADER
	    "50,define,0x0,0x6,first,9000\r\n110,workload,0x1000,0x6,first,70\r\n"
	    "200,workload,0x2000,0x6,first,50\r\n300,workload,0x1000,0x6,refault,20\r\n"
	    "400,workload,0xfee00000,0x6,mmio,99000\r\n");
	put(f, "cells/a-seq-128M/1/timeline.csv", TIMELINE_HEADER
	    "50,define,,\r\n100,workload,1024,\r\n500,workload,2048,32768\r\n");
	with_model(f, check_inputs);
}

static void test_damaged_rows(void **state)
{
	struct fixture *f = *state;

	if (report_check(f->err))
		skip();
	put_cell(f, &seq_128);
	put(f, "cells/a-seq-128M/1/faults.csv", "t_ns,phase\r\n1,2\r\n");
	assert_int_equal(report_build(f->run, NULL, f->err), -EINVAL);
	assert_non_null(strstr(f->err, "faults.csv:1: no column 'kind'"));
	put(f, "cells/a-seq-128M/1/faults.csv", FAULTS_HEADER
	    "110,workload,0x1000,0x6,first,7O\r\n");
	assert_int_equal(report_build(f->run, NULL, f->err), -EINVAL);
	assert_non_null(strstr(f->err, "faults.csv:2: latency_ns: found '7O'"));
	put(f, "cells/a-seq-128M/1/faults.csv", FAULTS_HEADER);
	put(f, "cells/a-seq-128M/1/timeline.csv", TIMELINE_HEADER
	    "100,workload,1024,0\r\n200,workload,1o24,0\r\n");
	assert_int_equal(report_build(f->run, NULL, f->err), -EINVAL);
	assert_non_null(strstr(f->err, "timeline.csv:3: t_ns, rss_kib and pinned_pages must be"));
	assert_false(exists(f, ".plots.tmp"));
	assert_false(exists(f, "plots"));
	assert_false(exists(f, "index.html"));
}

/* A run of which nothing can be drawn still has its page. */
static void test_build_of_nothing(void **state)
{
	struct fixture *f = *state;
	struct cell_row c = seq_128;
	char *page;

	if (report_check(f->err))
		skip();
	assert_int_equal(report_build(f->run, NULL, f->err), 0);
	page = get(f, "index.html");
	assert_non_null(strstr(page, "0 cells were run"));
	free(page);
	c.metrics = "";
	c.params = "";
	c.type = c.workload = "null";
	put_cell(f, &c);
	assert_int_equal(report_build(f->run, NULL, f->err), 0);
	page = get(f, "index.html");
	assert_non_null(strstr(page, "1 cell was run: 1 <span class=\"pass\">pass</span>"));
	assert_null(strstr(page, "<figure>"));
	free(page);
}

/* Drawing twice gives the same bytes. */
static void test_build_again(void **state)
{
	struct fixture *f = *state;
	char *first, *second;

	if (report_check(f->err))
		skip();
	put_cell(f, &seq_128);
	put_more(f);
	if (report_build(f->run, NULL, f->err))
		fail_msg("%s", f->err);
	first = get(f, "plots/startup-memory.svg");
	assert_int_equal(report_build(f->run, NULL, f->err), 0);
	second = get(f, "plots/startup-memory.svg");
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "virtual ns (1 instruction = 1 ns)"));
	free(first);
	free(second);
	second = get(f, "plots/startup-memory.png");
	assert_memory_equal(second, "\211PNG\r\n", 6);
	free(second);
}

static ino_t figure(const struct fixture *f, const char *run)
{
	char *path = xasprintf("%s/results/%s/plots/startup-memory.svg", f->dir, run);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 1000);
	free(path);
	return st.st_ino;
}

static void report(struct fixture *f, const char *run, bool reuse)
{
	char *results = xasprintf("%s/results", f->dir), *dir = xasprintf("%s/%s", results, run);

	if (report_build(dir, reuse ? results : NULL, f->err))
		fail_msg("%s", f->err);
	free(dir);
	free(results);
}

static void shell(const struct fixture *f, const char *command)
{
	char *text = xasprintf("set -e; cd '%s'; %s", f->dir, command);

	assert_int_equal(system(text), 0);
	free(text);
}

/* Figures of the same data are taken from an earlier run if they are whole. */
static void test_figures_taken(void **state)
{
	struct fixture *f = *state;
	ino_t first;

	if (report_check(f->err))
		skip();
	put_cell(f, &seq_128);
	put_more(f);
	shell(f, "cd run*; for d in cells/*/*; do (cd $d; sed -i '1s/{/{\"key\":\"k\",/' cell.json;"
		 "sha256sum * >sha256sums); done; cd ..; mkdir results;"
		 "for run in 1 2 3 4 5; do cp -r run* results/$run; done;"
		 "cd results/5/cells; cd $(ls | head -n 1)/1; rm sha256sums;"
		 "echo 1 >more; sha256sum * >sha256sums");
	report(f, "1", true);
	first = figure(f, "1");
	report(f, "2", true);
	assert_true(figure(f, "2") == first);
	shell(f, "for run in 1 2; do grep -v '<h1>\\|<title>' results/$run/index.html >$run; done;"
		 "cmp 1 2; grep -q '<figure' 1; diff -r results/1/plots results/2/plots");
	report(f, "3", false);
	assert_true(figure(f, "3") != first);
	report(f, "5", true);
	assert_true(figure(f, "5") != first);
	shell(f, "rm -r results/3; echo >>results/1/plots/startup-memory.svg");
	report(f, "4", true);
	assert_true(figure(f, "4") != first);
	shell(f, "cmp results/4/plots/startup-memory.svg results/5/plots/startup-memory.svg");
}

static void test_no_gnuplot(void **state)
{
	struct fixture *f = *state;
	char *path = strdup(getenv("PATH")), *gnuplot;

	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(report_check(f->err), -ENOENT);
	assert_non_null(strstr(f->err, "no gnuplot: install gnuplot-nox"));
	assert_int_equal(report_build(f->run, NULL, f->err), -ENOENT);

	/* One that is there, but can do nothing. */
	put(f, "gnuplot", "#!/bin/sh\necho 'line 0: unknown terminal type' >&2\nexit 1\n");
	gnuplot = xasprintf("%s/gnuplot", f->run);
	assert_int_equal(chmod(gnuplot, 0700), 0);
	setenv("PATH", f->run, 1);
	assert_int_equal(report_check(f->err), -ENOENT);
	assert_non_null(strstr(f->err, "this gnuplot cannot write SVG and PNG: install"));
	setenv("PATH", path, 1);
	free(gnuplot);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tables),
		TEST(test_tables_of_nothing),
		TEST(test_tables_of_bad_cells),
		TEST(test_model),
		TEST(test_model_refuses),
		TEST(test_page_escapes),
		TEST(test_fit),
		TEST(test_figure_inputs),
		TEST(test_damaged_rows),
		TEST(test_build_of_nothing),
		TEST(test_build_again),
		TEST(test_figures_taken),
		TEST(test_no_gnuplot),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
