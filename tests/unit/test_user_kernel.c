// SPDX-License-Identifier: GPL-2.0-only
/* A user's own kernels take the place of those that a config names. */
#include <errno.h>

#include "fixture.h"
#include "plan.h"
#include "user_kernel.h"

static const char conf[] =
	"[matrix]\nkernels = v6.12\nguests = plain, sev\nmemory = 64M\n"
	"workloads = touch-seq, boot\nexclude = kernel=v6.12 guest=plain workload=boot\n"
	"[boot]\nkernels = v6.12-spte\n"
	"memory = 256M\n";

static int plan(const struct fixture *f, const char *const *kernels, struct plan *p, char *err)
{
	struct config c;
	int ret;

	fixture_write(f, "test.conf", conf);
	ret = config_load_kernels(&c, f->root, f->conf, kernels, err);
	if (ret)
		return ret;
	ret = plan_make(p, &c, HOST_EMULATED, NULL, err);
	config_free(&c);
	return ret;
}

static void assert_cells(void **state, const char *kernel, const char *const *cells)
{
	const char *const kernels[] = { kernel, NULL };
	char err[OPT_ERR_MAX] = "";
	struct plan p;
	size_t n = 0;

	if (plan(*state, kernels, &p, err))
		fail_msg("%s", err);
	for (; cells[n]; n++) {
		char line[256];

		assert_true(n < p.nr);
		snprintf(line, sizeof(line), "%s %s", p.cells[n].id, p.cells[n].strategy);
		assert_string_equal(line, cells[n]);
	}
	assert_int_equal(p.nr, n);
	plan_free(&p);
}

/* Base and kernel, for every workload; the rule that named another kernel is no mistake. */
static void test_replaces(void **state)
{
	static const char *const cells[] = {
		"mine-base-plain-64M-touch-seq none", "mine-plain-64M-touch-seq none",
		"mine-base-sev-64M-touch-seq upfront", "mine-sev-64M-touch-seq upfront",
		"mine-base-plain-256M-boot none", "mine-plain-256M-boot none",
		"mine-base-sev-256M-boot upfront", "mine-sev-256M-boot upfront", NULL
	};

	assert_cells(state, "mine=/linux@topic", cells);
}

/* The name of a kernel of the lab says how it pins; of a plain guest it pins nothing. */
static void test_strategy_of_name(void **state)
{
	static const char *const cells[] = {
		"v6.12-spte-base-plain-64M-touch-seq none",
		"v6.12-spte-base-sev-64M-touch-seq upfront",
		"v6.12-spte-sev-64M-touch-seq spte",
		"v6.12-spte-base-plain-256M-boot none",
		"v6.12-spte-base-sev-256M-boot upfront", "v6.12-spte-sev-256M-boot spte", NULL
	};

	assert_cells(state, "v6.12-spte=/linux@topic", cells);
}

/* A series on a kernel of the lab pins as that does. */
static void test_strategy_of_source(void **state)
{
	static const char *const cells[] = {
		"fix-base-sev-64M-touch-seq spte", "fix-sev-64M-touch-seq spte",
		"fix-base-sev-256M-boot spte", "fix-sev-256M-boot spte", NULL
	};

	assert_cells(state, "fix=v6.12-spte+fix.mbox", cells);
}

static void test_mistakes(void **state)
{
	static const char *const lists[][3] = {
		{ "mine" }, { "=x" }, { "mine=" }, { "a/b=x" }, { ".a=x" }, { "a b=x" },
		{ "a=x", "a=y" }, { "a=x", "a-base=y" },
	};
	char err[OPT_ERR_MAX];
	struct plan p;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (!plan(*state, lists[i], &p, err))
			fail_msg("accepted: %s", lists[i][0]);
		assert_non_null(strstr(err, "--kernel: "));
	}
}

static void test_find(void **state)
{
	static const char *const list[] = { "a=x", "a-b=y=z", NULL };
	bool base = true;

	(void)state;
	assert_string_equal(user_kernel_find(list, "a-b", &base), "a-b=y=z");
	assert_false(base);
	assert_string_equal(user_kernel_spec(list[1]), "y=z");
	assert_string_equal(user_kernel_find(list, "a-base", &base), "a=x");
	assert_true(base);
	assert_null(user_kernel_find(list, "a-c", &base));
	assert_null(user_kernel_find(NULL, "a", &base));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replaces),
		cmocka_unit_test(test_strategy_of_name),
		cmocka_unit_test(test_strategy_of_source),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests_name("user_kernel", tests, fixture_setup, fixture_teardown);
}
