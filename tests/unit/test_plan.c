// SPDX-License-Identifier: GPL-2.0-only
/* From a config to cells: which there are, in which order, with which names and parameters. */
#include <errno.h>

#include "config.h"
#include "fixture.h"
#include "plan.h"

static const struct {
	const char *text, *filter;
	enum host_kind host;
	const char *ids;	/* in order, separated by blanks */
} plans[] = {
	{ "kernels = v6.12\nguests = plain, sev\nmemory = 64M, 128M\nworkloads = touch-seq\n", NULL,
	  HOST_EMULATED,
	  "v6.12-plain-64M-touch-seq v6.12-sev-64M-touch-seq "
	  "v6.12-plain-128M-touch-seq v6.12-sev-128M-touch-seq" },
	/* kernels are side by side, so that their repeats are interleaved */
	{ "kernels = v6.12, v6.12-spte\nguests = sev\nmemory = 64M, 128M\nworkloads = touch-seq\n",
	  NULL, HOST_EMULATED,
	  "v6.12-sev-64M-touch-seq v6.12-spte-sev-64M-touch-seq "
	  "v6.12-sev-128M-touch-seq v6.12-spte-sev-128M-touch-seq" },
	/* a workload's own section and file win over [matrix] */
	{ "kernels = v6.12\nguests = sev\nmemory = 64M, 128M\nworkloads = touch-seq, boot, smoke\n"
	  "[boot]\nmemory = 256M\n", NULL, HOST_EMULATED,
	  "v6.12-sev-64M-touch-seq v6.12-sev-128M-touch-seq v6.12-sev-256M-boot v6.12-host-smoke" },
	/* parameters are axes, the last one fastest; only those that vary are in the name */
	{ "kernels = v6.12\nguests = sev\nmemory = 64M\nworkloads = touch-seq\n"
	  "[touch-seq]\npattern = random\npages = 25%, 100%\naccess = read, write\n", NULL,
	  HOST_EMULATED,
	  "v6.12-sev-64M-touch-seq-access=read-pages=25p "
	  "v6.12-sev-64M-touch-seq-access=read-pages=100p "
	  "v6.12-sev-64M-touch-seq-access=write-pages=25p "
	  "v6.12-sev-64M-touch-seq-access=write-pages=100p" },
	/* a host has no guest memory that could vary */
	{ "kernels = v6.12\nguests = host\nmemory = 64M, 128M\nworkloads = null\n", NULL,
	  HOST_EMULATED, "v6.12-host-null" },
	/* excludes: all terms of a rule, globs, impossible cells */
	{ "kernels = v6.12, v6.12-spte\nguests = plain, sev\nmemory = 64M\n"
	  "workloads = touch-seq, boot\n"
	  "exclude = kernel=v6.12-spte guest=plain, guest=sev workload=b*t\n", NULL, HOST_EMULATED,
	  "v6.12-plain-64M-touch-seq v6.12-sev-64M-touch-seq v6.12-spte-sev-64M-touch-seq "
	  "v6.12-plain-64M-boot" },
	{ "kernels = v6.12\nguests = sev\nmemory = 64M\nworkloads = touch-seq\n"
	  "exclude = pages=5%\n[touch-seq]\npages = 5%, 6%\n", NULL, HOST_EMULATED,
	  "v6.12-sev-64M-touch-seq-pages=6p" },
	/* a list over several lines, and a comment */
	{ "kernels = v6.12\nguests = sev\nmemory = 64M,\n  128M\n# no\n\t256M\nworkloads = boot\n",
	  NULL, HOST_EMULATED, "v6.12-sev-64M-boot v6.12-sev-128M-boot v6.12-sev-256M-boot" },
	{ "kernels = v6.12\nguests = plain, sev\nmemory = 64M, 128M\nworkloads = touch-seq\n",
	  "*-sev-128M-*", HOST_EMULATED, "v6.12-sev-128M-touch-seq" },
	/* a local host is not limited by host_memory */
	{ "kernels = running\nguests = sev\nmemory = 64G\nworkloads = touch-seq\n", NULL,
	  HOST_LOCAL, "running-sev-64G-touch-seq" },
	/* an SEV guest that registers nothing: whatever the kernel would pin */
	{ "kernels = v6.12\nguests = plain, sev, sev-nopin\nmemory = 64M\nworkloads = touch-seq\n"
	  "[touch-seq]\ncorrupts = nopin, spte\n", NULL, HOST_EMULATED,
	  "v6.12-plain-64M-touch-seq v6.12-sev-64M-touch-seq v6.12-sev-nopin-64M-touch-seq" },
	/* the MMU that is not KVM's own choice shows in the name; a workload's section wins */
	{ "kernels = v6.12, v6.12-spte\nguests = sev\nmemory = 64M\nmmu = tdp, legacy\n"
	  "workloads = touch-seq, boot\nexclude = kernel=v6.12 mmu=leg*\n[boot]\nmmu = tdp\n",
	  NULL, HOST_EMULATED,
	  "v6.12-sev-64M-touch-seq v6.12-spte-sev-64M-touch-seq "
	  "v6.12-spte-sev-64M-touch-seq-mmu=legacy v6.12-sev-64M-boot v6.12-spte-sev-64M-boot" },
	/* a workload that is only in the config */
	{ "kernels = v6.12\nguests = sev\nmemory = 64M\nworkloads = mine\n[mine]\ntype = touch\n",
	  NULL, HOST_EMULATED, "v6.12-sev-64M-mine" },
	/* one machine is saved for two of these, another for the third */
	{ "kernels = v6.12\nguests = sev\nmemory = 256M\nworkloads = boot, few, many, disk\n"
	  "[few]\ntype = stress\nops = 1\n[many]\ntype = stress\nops = 9\n[disk]\ntype = fio\n"
	  "rw = randwrite\n",
	  NULL, HOST_EMULATED,
	  "v6.12-sev-256M-boot v6.12-sev-256M-few v6.12-sev-256M-many v6.12-sev-256M-disk" },
};

static void make(const struct fixture *f, size_t i, struct config *c, struct plan *p)
{
	char err[OPT_ERR_MAX], text[1024];

	snprintf(text, sizeof(text), "[matrix]\n%s", plans[i].text);
	fixture_write(f, "test.conf", text);
	if (config_load(c, f->root, f->conf, err) ||
	    plan_make(p, c, plans[i].host, plans[i].filter, err))
		fail_msg("plan %zu: %s", i, err);
}

static void test_ids(void **state)
{
	char ids[2048];
	struct config c;
	struct plan p;

	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		size_t n = 0;

		make(*state, i, &c, &p);
		for (size_t k = 0; k < p.nr; k++)
			n += snprintf(ids + n, sizeof(ids) - n, "%s%s", k ? " " : "",
				      p.cells[k].id);
		assert_string_equal(ids, plans[i].ids);
		plan_free(&p);
		config_free(&c);
	}
}

static char *cell_text(const struct cell *c)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(cell_write(c, out), 0);
	fclose(out);
	return text;
}

/* What a cell says of itself survives the way to the agent and back. */
static void test_cells(void **state)
{
	char err[OPT_ERR_MAX], params[512], *text, *again;
	struct config c;
	struct cell back;
	struct plan p;

	make(*state, 5, &c, &p);
	assert_string_equal(p.cells[0].strategy, "none");
	assert_string_equal(p.cells[1].strategy, "upfront");
	assert_string_equal(p.cells[2].strategy, "spte");
	assert_int_equal(p.cells[2].memory_bytes, 64 << 20);
	assert_int_equal(p.cells[2].sample_interval_ns, 20000000);
	assert_string_equal(cell_params(&p.cells[2], params, sizeof(params)),
			    "mmu=tdp,pattern=sequential,access=write,pages=100%,refaults=1,seed=1,"
			    "backing=4k,prealloc=off,vcpus=1");
	for (size_t i = 0; i < p.nr; i++) {
		text = cell_text(&p.cells[i]);
		assert_int_equal(cell_parse(&back, text, err), 0);
		again = cell_text(&back);
		assert_string_equal(text, again);
		free(again);
		free(text);
	}
	plan_free(&p);
	config_free(&c);
}

/* The MMU reaches the agent and the tables. */
static void test_mmu(void **state)
{
	char err[OPT_ERR_MAX], params[512], *text;
	struct cell back;
	struct config c;
	struct plan p;
	size_t row = 0;

	while (!strstr(plans[row].text, "mmu ="))
		row++;
	make(*state, row, &c, &p);
	text = cell_text(&p.cells[2]);
	assert_int_equal(cell_parse(&back, text, err), 0);
	assert_int_equal(back.mmu, MMU_LEGACY);
	assert_memory_equal(cell_params(&back, params, sizeof(params)), "mmu=legacy,pattern=", 19);
	assert_int_equal(p.cells[1].mmu, MMU_TDP);
	free(text);
	plan_free(&p);
	config_free(&c);
}

/* Only what does not measure the boot starts warm; the same machine serves what needs the same. */
static void test_start(void **state)
{
	char err[OPT_ERR_MAX], params[512], *text;
	struct cell back, saved[4];
	struct config c;
	size_t row = 0;
	struct plan p;

	while (!strstr(plans[row].text, "type = fio"))
		row++;
	make(*state, row, &c, &p);
	assert_int_equal(p.nr, ARRAY_SIZE(saved));
	for (size_t i = 0; i < p.nr; i++) {
		assert_int_equal(p.cells[i].start, i ? START_WARM : START_COLD);
		text = cell_text(&p.cells[i]);
		assert_int_equal(cell_parse(&back, text, err), 0);
		assert_int_equal(back.start, p.cells[i].start);
		assert_true(i ? strlen(text) == CELL_TEXT_BYTES : strlen(text) < CELL_TEXT_BYTES);
		saved[i] = cell_to_save(&back);
		free(text);
		text = cell_text(&saved[i]);
		assert_int_equal(cell_parse(&back, text, err), 0);
		assert_string_equal(cell_to_save(&back).id, saved[i].id);
		free(text);
	}
	assert_string_equal(saved[1].id, saved[2].id);
	assert_memory_equal(&saved[1], &saved[2], sizeof(saved[1]));
	assert_string_not_equal(saved[2].id, saved[3].id);
	assert_memory_equal(cell_params(&p.cells[1], params, sizeof(params)), "mmu=tdp,start=warm,",
			    19);
	plan_free(&p);
	config_free(&c);
}

/* What must be lost is the row's word, held against the strategy that kernel and guest make. */
static void test_expectations(void **state)
{
	static const struct { const char *id, *strategy; enum expectation expect; } want[] = {
		{ "v6.12-plain-64M-touch-seq", "none", EXPECT_INTACT },
		{ "v6.12-sev-64M-touch-seq", "upfront", EXPECT_INTACT },
		{ "v6.12-sev-nopin-64M-touch-seq", "nopin", EXPECT_CORRUPT },
	};
	char err[OPT_ERR_MAX], *text;
	struct config c;
	struct cell back;
	struct plan p;
	size_t row = 0;

	while (!strstr(plans[row].text, "corrupts"))
		row++;
	make(*state, row, &c, &p);
	assert_int_equal(p.nr, ARRAY_SIZE(want));
	for (size_t i = 0; i < p.nr; i++) {
		assert_string_equal(p.cells[i].id, want[i].id);
		assert_string_equal(p.cells[i].strategy, want[i].strategy);
		text = cell_text(&p.cells[i]);
		assert_int_equal(cell_parse(&back, text, err), 0);
		assert_int_equal(back.expect, want[i].expect);
		free(text);
	}
	plan_free(&p);
	config_free(&c);
}

static void test_local(void **state)
{
	char err[OPT_ERR_MAX];
	struct config c;
	struct plan p, local;

	make(*state, 0, &c, &p);
	assert_int_equal(plan_make(&local, &c, HOST_LOCAL, NULL, err), -EINVAL);
	assert_non_null(strstr(err, "test.conf:2: impossible cell v6.12-plain-64M-touch-seq: a "
			       "local host"));
	assert_int_equal(plan_make(&local, &c, HOST_EMULATED, "nothing*", err), -EINVAL);
	assert_string_equal(err, "--filter: no cell matches 'nothing*'");
	plan_free(&p);
	config_free(&c);
}

/* Names that would not fit in a cell are refused, not cut. */
static void test_long_names(void **state)
{
	static const char name[] =
		"a-name-of-a-workload-that-is-as-long-as-one-may-well-be-and-then-longer-than-"
		"anyone-would-want-to-type-or-read-again";
	char err[OPT_ERR_MAX], text[1024];
	struct fixture *f = *state;
	struct config c;
	struct plan p;

	snprintf(text, sizeof(text), "[matrix]\nkernels = v6.12\nguests = sev\nmemory = 64M\n"
		 "workloads = %s\n[%.40s]\ntype = touch\n", name, name);
	fixture_write(f, "test.conf", text);
	assert_int_not_equal(config_load(&c, f->root, f->conf, err), 0);

	snprintf(text, sizeof(text), "type = touch\n");
	snprintf(err, sizeof(err), "bench/workloads/%s.conf", name);
	fixture_write(f, err, text);
	snprintf(text, sizeof(text), "[matrix]\nkernels = v6.12\nguests = sev\nmemory = 64M\n"
		 "workloads = %s\n", name);
	fixture_write(f, "test.conf", text);
	assert_int_equal(config_load(&c, f->root, f->conf, err), 0);
	assert_int_equal(plan_make(&p, &c, HOST_EMULATED, NULL, err), -EINVAL);
	assert_non_null(strstr(err, "test.conf:5: the cell's name 'v6.12-sev-64M-a-name"));
	assert_non_null(strstr(err, "is too long"));
	config_free(&c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ids, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_cells, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_expectations, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_mmu, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_start, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_local, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_long_names, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
