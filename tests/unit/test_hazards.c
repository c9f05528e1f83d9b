// SPDX-License-Identifier: GPL-2.0-only
/* The table of hazards: which rows and columns, what a cell says, as text and in the page. */
#include <errno.h>

#include "hazards.h"
#include "plot.h"
#include "report_html.h"
#include "rundir.h"

#define PAGES(n, v)	METRIC("hazard_" n "_pages", "pages", v)
#define ALL(v)		METRIC("hazard_pages", "pages", v)
#define MOVED(m, c)	ALL("1024") "," PAGES("moved", m) "," PAGES("corrupt", c)

static const struct cell_row rows[] = {
	{ "plain", "a", "v6.12", "none", "hazard-compact", "hazard",
	  "\"mechanism\":\"compact\"", "pass", "", MOVED("1016", "0"), 32, 1 },
	{ "sev", "b", "v6.12", "upfront", "hazard-compact", "hazard",
	  "\"mechanism\":\"compact\"", "pass", "", MOVED("0", "0") "," PAGES("refused", "1024") ","
	  METRIC("pinned_hazard_pages", "pages", "1089") "," PAGES("returned", "0"), 32, 1 },
	{ "sev-nopin", "c", "v6.12", "nopin", "hazard-compact", "hazard",
	  "\"mechanism\":\"compact\"", "xfail", "867 pages", MOVED("867", "867"), 32, 1 },
	{ "sev", "d", "v6.12-nopin", "nopin", "boot-compact", "boot",
	  "\"hazard\":\"compact\"", "xfail", "dead", ALL("8192"), 256, 1 },
	{ "sev", "e", "v6.12", "upfront", "hazard-<ksm>", "hazard", "\"mechanism\":\"ksm\"",
	  "error", "no KSM", "", 32, 1 },
	{ "plain", "f", "v6.12", "none", "touch-seq", "touch", "", "pass", "",
	  METRIC("touched_pages", "pages", "5"), 32, 1 },
};

static const struct cell_row views = {
	"sev", "v", "v6.12", "upfront", "views", "views", "", "pass", "", "", 32, 1
};

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

static void assert_text(const struct model *m, const char *want)
{
	char *text = NULL;
	struct hazards h;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	hazards_build(&h, m);
	hazards_print(&h, out);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
	hazards_free(&h);
}

static void check_text(struct fixture *f, struct model *m)
{
	(void)f;
	assert_text(m,
		    "pages moved/corrupt  none         upfront                     "
		    "          nopin\n"
		    "boot-compact         -            -                           "
		    "          -/- xfail\n"
		    "hazard-<ksm>         -            -/- error                   "
		    "          -\n"
		    "hazard-compact       1016/0 pass  0/0 pass (refused 1024, pinned 1089)"
		    "  867/867 xfail\n");
}

static void check_page(struct fixture *f, struct model *m)
{
	struct plots p = { .nr = 0 };
	char *page;

	assert_int_equal(report_html(m, &p, f->err), 0);
	page = get(f, "index.html");
	assert_non_null(strstr(page, "<h2>Hazards</h2>"));
	assert_non_null(strstr(page, "<th class=\"k\">nopin</th></tr>"));
	assert_non_null(strstr(page, "<td class=\"k\">hazard-&lt;ksm&gt;</td>"));
	assert_non_null(strstr(page, "867/867 <span class=\"pass\">xfail</span></td>"));
	assert_non_null(strstr(page, "0/0 <span class=\"pass\">pass</span><span class=\"m\">"
			       "refused 1024, pinned 1089</span></td>"));
	assert_non_null(strstr(page, "was <b>not modelled</b> (encrypt = off)"));
	free(page);
}

static void test_table(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put_cell(f, &rows[i]);
	put(f, "run.json", "{\"encrypt\":\"off\"}");
	with_model(f, check_text);
	with_model(f, check_page);
}

static void check_kernels(struct fixture *f, struct model *m)
{
	(void)f;
	assert_text(m, "pages moved/corrupt  upfront (v6.1)  upfront (v6.12)\n"
		    "hazard-compact       2/2 corrupt     0/0 pass (refused 1024, pinned 1089)\n");
}

/* Two kernels of one strategy that meet in a row have columns of their own; a failure is shown. */
static void test_kernels(void **state)
{
	struct fixture *f = *state;
	struct cell_row c = rows[1];

	put_cell(f, &c);
	c.id = "z";
	c.kernel = "v6.1";
	put_cell(f, &c);
	c.repeat = 2;
	c.status = "corrupt";
	c.metrics = MOVED("2", "2");
	put_cell(f, &c);
	with_model(f, check_kernels);
}

static void check_nothing(struct fixture *f, struct model *m)
{
	struct plots p = { .nr = 0 };
	char *page;

	assert_text(m, "");
	assert_int_equal(report_html(m, &p, f->err), 0);
	page = get(f, "index.html");
	assert_null(strstr(page, "Hazards"));
	assert_null(strstr(page, "not modelled"));
	free(page);
}

static void test_no_hazards(void **state)
{
	struct fixture *f = *state;

	put_cell(f, &rows[5]);
	with_model(f, check_nothing);
}

#define TIMELINE	TIMELINE_HEADER "100,workload,1024,5\r\n500,workload,2048,9\r\n"

/* Figures are of costs; the same samples of another workload give one. */
static void test_no_figures(void **state)
{
	struct fixture *f = *state;
	char *page;

	if (report_check(f->err))
		skip();
	put_cell(f, &rows[0]);
	put(f, "cells/a/1/timeline.csv", TIMELINE);
	put_cell(f, &views);
	put(f, "cells/v/1/timeline.csv", TIMELINE);
	assert_int_equal(report_build(f->run, NULL, f->err), 0);
	page = get(f, "index.html");
	assert_null(strstr(page, "<figure>"));
	free(page);
	put_cell(f, &rows[5]);
	put(f, "cells/f/1/timeline.csv", TIMELINE);
	assert_int_equal(report_build(f->run, NULL, f->err), 0);
	page = get(f, "index.html");
	assert_non_null(strstr(page, "plots/timeline-touch-seq-32M.svg"));
	assert_null(strstr(page, "timeline-hazard"));
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_table),
		TEST(test_kernels),
		TEST(test_no_hazards),
		TEST(test_no_figures),
	};

	return cmocka_run_group_tests_name("hazards", tests, NULL, NULL);
}
