// SPDX-License-Identifier: GPL-2.0-only
/* The text for a cover letter tells what got worse as plainly as what got better, in 72 columns. */
#include "compareruns.h"

#include <math.h>

#include "compare/review.h"

#define TREE	"23481b65e33b461f4934938716acfba8fe6d61dd"
#define COMMIT	"38b04de1910e05d5722c330623fefcf36c93f150"
#define SAVED	"startup_ns"

static const char run_json[] =
	"{\"schema\":1,\"run\":\"run\",\"version\":\"v1\",\"clock\":\"virtual\","
	"\"emulator\":{\"version\":\"QEMU emulator version 7.2.22\"},\"image\":\"image-1\","
	"\"config\":{\"name\":\"mine\",\"text\":\"\"},\"kernels\":{"
	"\"k-base\":{\"name\":\"k-base\",\"what\":\"git 1111 Linux\",\"key\":\"1\"},"
	"\"k\":{\"name\":\"k\",\"what\":\"git 38b0 a subject that is so long that no mail can have "
	"it in one line of seventy-two columns\",\"key\":\"2\",\"scope\":\"modules\","
	"\"spec\":\"TREE@38b04de1910e\","
	"\"base_commit\":\"5fd23882d1e4c45907a766dcf35d407c2ee1abfa\",\"commit\":\"" COMMIT "\","
	"\"tree\":\"" TREE "\",\"patch_ids\":[{\"patch\":\"KVM: SVM: <Pin> on demand, and a "
	"subject that is too long for a line\","
	"\"id\":\"f00a5d26865d130541135216701b0236e9f2a5ab\"}]}}}";

static void put_one(struct fixture *f, const char *kernel, const char *workload,
		    const char *status, const char *metrics)
{
	char *id = xasprintf("%s-sev-128M-%s", kernel, workload);
	struct cell_row row = {
		.id = id, .kernel = kernel, .strategy = "upfront", .workload = workload,
		.type = "touch", .params = "\"mmu\":\"tdp\"", .status = status,
		.reason = "WARNING in kvm", .metrics = metrics, .memory_mib = 128, .repeat = 1,
	};

	put_cell(f, &row);
	free(id);
}

static const char *const workloads[] = {
	"touch", "a-workload-with-a-name-that-is-too-long-for-a-column-of-a-mail",
};

static void put_all(struct fixture *f, const char *status)
{
	put(f, "run.json", run_json);
	for (size_t i = 0; i < ARRAY_SIZE(workloads); i++) {
		put_one(f, "k-base", workloads[i], "pass",
			METRIC("npf_first_p50_ns", "virtual ns", "5558") ","
			METRIC(SAVED, "virtual ns", "1877602360000") ","
			METRIC("pinned_leaked_pages", "pages", "0"));
		put_one(f, "k", workloads[i], i ? "pass" : status,
			METRIC("npf_first_p50_ns", "virtual ns", "7541") ","
			METRIC(SAVED, "virtual ns", "1424015") ","
			METRIC("pinned_leaked_pages", "pages", "0"));
	}
}

static void review_of(const struct compare *c,
		      void (*print)(const struct compare *, const char *, FILE *), char **text)
{
	size_t len;
	FILE *out = open_memstream(text, &len);

	print(c, "--review run --by kernel=k-base,k", out);
	fclose(out);
}

static char *review(struct fixture *f, void (*print)(const struct compare *, const char *, FILE *))
{
	struct compare_request q = { .results = f->dir, .spec = { f->run },
				     .by = "kernel=k-base,k" };
	struct compare c;
	char *text;

	if (compare_make(&c, &q, f->err))
		fail_msg("%s", f->err);
	review_of(&c, print, &text);
	compare_free(&c);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static void assert_fits(const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > REVIEW_COLUMNS)
			fail_msg("%.*s", (int)strcspn(line, "\n"), line);
}

static void test_text(void **state)
{
	struct fixture *f = *state;
	const char *worse, *better;
	char *text;

	put_all(f, "pass");
	text = review(f, review_print_text);
	assert_has(text, "Times are virtual ns: 1 instruction = 1 ns.");
	assert_has(text, "base commit 5fd23882d1e4c45907a766dcf35d407c2ee1abfa\n");
	assert_has(text, "commit " COMMIT "\n");
	assert_has(text, "tree " TREE "\n");
	assert_has(text, "f00a5d26865d  KVM: SVM: <Pin> on demand");
	assert_has(text, "runner --matrix mine.conf --kernel k=TREE@38b04de1910e\n");
	assert_has(text, "runner --review run --by kernel=k-base,k\n");
	assert_has(text, "The same in all cells\n  pinned pages, VM gone\n");
	assert_null(strstr(text, "FAILED"));
	worse = strstr(text, "\nWorse ");
	better = strstr(text, "\nBetter ");
	assert_true(worse && better && worse < better);
	assert_true(strstr(text, "7541  +35.7 %") > worse);
	assert_true(strstr(text, "7541  +35.7 %") < better);
	assert_true(strstr(better, "1877602360000       1424015  -100 %") != NULL);
	assert_has(text, " +1 ");	/* both cells have the same numbers */
	free(text);
}

/* Lost data is in no list of what readers ask for, and is told all the same. */
static void test_what_judges_is_told(void **state)
{
	struct fixture *f = *state;
	char *text;

	put(f, "run.json", run_json);
	put_one(f, "k-base", "touch", "pass", METRIC("corrupt_pages", "pages", "0"));
	put_one(f, "k", "touch", "pass", METRIC("corrupt_pages", "pages", "9"));
	text = review(f, review_print_text);
	assert_has(text, "\nWorse ");
	assert_has(text, "corrupt_pages [pages]\n  sev-128M-touch ");
	assert_null(strstr(text, "Worse: nothing"));
	assert_has(text, "Better: nothing");
	free(text);
}

static void test_fits_a_mail(void **state)
{
	struct fixture *f = *state;
	char *text;

	put_all(f, "splat");
	text = review(f, review_print_text);
	assert_has(text, "FAILED    k-sev-128M-touch (patched): splat: WARNING in kvm\n");
	assert_fits(text);
	free(text);
}

static void test_html(void **state)
{
	struct fixture *f = *state;
	char *text;

	put_all(f, "pass");
	assert_int_equal(dir_make(f->run, f->err), 0);
	text = xasprintf("%s/plots", f->run);
	assert_int_equal(dir_make(text, f->err), 0);
	free(text);
	put(f, "plots/latency.svg", "<svg/>");
	text = review(f, review_print_html);
	assert_has(text, "KVM: SVM: &lt;Pin> on demand");
	assert_has(text, "src=\"data:image/svg+xml;base64,PHN2Zy8+\"");
	assert_null(strstr(text, "http"));
	free(text);
}

/*
 * By the wall clock a change is as good as its interval. Of these numbers, each side a block that
 * the other does not reach, it is known beforehand: from 120/109 to 129/100 at most.
 */
static void test_intervals(void **state)
{
	static const double old[] = { 100, 101, 102, 103, 104, 105, 106, 107, 108, 109 };
	static const double new[] = { 120, 121, 122, 123, 124, 125, 126, 127, 128, 129 };
	static const double pins[] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 };
	struct compare_request q = { .spec = { "old", "new" } };
	struct world *w = *state;

	for (int repeats = 10; repeats >= 3; repeats -= 7) {
		double lo = NAN, hi = NAN;
		const char *line;
		struct compare c;
		char *text;

		put_wall(&w->old, old, pins, repeats);
		put_wall(&w->new, new, pins, repeats);
		put_run(&w->old, "wall", "\"k\":{\"release\":\"6.1\"}", "");
		c = made(w, &q);
		review_of(&c, review_print_text, &text);
		assert_has(text, "Below each: the 95 % interval of");
		assert_has(text, "base      the kernel that ran there: 6.1\n");
		line = strstr(text, "  +19.1 %\n");
		if (repeats == 10) {
			assert_non_null(line);
			line = strchr(line, '\n');
			assert_int_equal(sscanf(line, "%lf %% to %lf %%\n", &lo, &hi), 2);
			assert_float_equal(lo, (row(&c, 0, "npf_first_p50_ns")->ratio_lo - 1) * 100,
					   0.06);
			assert_float_equal(hi, (row(&c, 0, "npf_first_p50_ns")->ratio_hi - 1) * 100,
					   0.06);
			assert_true(lo > 10 && lo < 19.1 && hi > 19.1 && hi < 29);
		} else {
			assert_null(strstr(text, " % to "));
		}
		assert_fits(text);
		free(text);
		compare_free(&c);
		dir_remove(w->old.run);
		dir_remove(w->new.run);
		assert_int_equal(dir_make(w->old.run, w->old.err), 0);
		assert_int_equal(dir_make(w->new.run, w->new.err), 0);
	}
}

/* A kernel of the lab with patches has no commit; one without is named by the config alone. */
static void test_command_of_a_run(void **state)
{
	static const char own[] = "TREE@38b04de1910e\"";
	static const struct {
		const char *spec, *want;
	} runs[] = {
		{ "TREE@38b04de1910e+v2.mbox\"", " k=TREE@38b04de1910e+v2.mbox\n" },
		{ "v6.12+v2.mbox\"", " mine.conf --kernel k=v6.12+v2.mbox\n" },
		{ "v6.12+a b\"", " mine.conf --kernel 'k=v6.12+a b'\n" },
		{ "\"", "runner --matrix mine.conf\n" },
	};
	const char *at = strstr(run_json, own);
	struct fixture *f = *state;

	put_all(f, "pass");
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		char *text = xasprintf("%.*s%s%s", (int)(at - run_json), run_json, runs[i].spec,
				       at + strlen(own));

		put(f, "run.json", text);
		free(text);
		text = review(f, review_print_text);
		assert_has(text, runs[i].want);
		free(text);
	}
}

/* Two nights of the same kernels by name: their builds tell which one changed. */
static void test_several_kernels(void **state)
{
	struct compare_request q = { .spec = { "old", "new" } };
	struct world *w = *state;
	struct compare c;
	char *text;

	for (int side = 0; side < SIDES; side++) {
		struct fixture *f = side ? &w->new : &w->old;

		put_run(f, "virtual", side ? KERNEL("k", "1") "," KERNEL("l", "3") :
			KERNEL("k", "1") "," KERNEL("l", "2"), "");
		put_kernel_cell(f, "k", "upfront", "t", "pass", NPF("1"));
		put_kernel_cell(f, "l", "spte", "t", "pass", NPF("2"));
	}
	c = made(w, &q);
	review_of(&c, review_print_text, &text);
	assert_has(text, "base      several kernels of run old\n          k: build 1 ()\n"
		   "          l: build 2 ()\n");
	assert_has(text, "patched   several kernels of run new\n          k: build 1 ()\n"
		   "          l: build 3 ()\n");
	free(text);
	compare_free(&c);
}

/* What stands in a cover letter finds the same run elsewhere: no paths, and all of its name. */
static void test_command(void **state)
{
	static const struct {
		const char *dir, *terms, *want;
	} cases[] = {
		{ "plain", "", "--review plain --by kernel=k-base,k" },
		{ "plain/", ":guest=sev", "--review plain:guest=sev --by kernel=k-base,k" },
		{ "a:b", "", "--review a:b --by kernel=k-base,k" },
		{ "c:d/run", ":guest=sev,mmu=tdp",
		  "--review run:guest=sev,mmu=tdp --by kernel=k-base,k" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *spec = xasprintf("%s/%s%s", f->dir, cases[i].dir, cases[i].terms), *line;
		struct compare_request q = { .results = f->dir, .spec = { spec },
					     .by = "kernel=k-base,k" };
		struct compare c;

		free(f->run);
		f->run = xasprintf("%s/%s", f->dir, cases[i].dir);
		assert_int_equal(dir_make(f->run, f->err), 0);
		put_all(f, "pass");
		if (compare_make(&c, &q, f->err))
			fail_msg("%s: %s", spec, f->err);
		line = review_command(&c, &q);
		assert_string_equal(line, cases[i].want);
		free(line);
		compare_free(&c);
		free(spec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text),
		TEST(test_what_judges_is_told),
		TEST(test_fits_a_mail),
		TEST(test_html),
		TEST(test_command),
		TEST(test_command_of_a_run),
		WORLD(test_intervals),
		WORLD(test_several_kernels),
	};

	return cmocka_run_group_tests_name("review", tests, NULL, NULL);
}
