// SPDX-License-Identifier: GPL-2.0-only
/* Torture: its matrix has all of its rows, and which pages a region takes in. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../bench/micro/torture.h"
#include "config.h"
#include "plan.h"

#define CONF	"configs/torture.conf"

/* A mechanism without a workload, or one that is left out of the matrix, would never run. */
static void test_rows(void **state)
{
	char err[OPT_ERR_MAX], name[OPT_STR_MAX];
	size_t cells[TORTURES] = { 0 };
	struct config c;
	struct plan p;

	(void)state;
	if (config_load(&c, ".", CONF, err) || plan_make(&p, &c, HOST_EMULATED, NULL, err))
		fail_msg("%s", err);
	for (size_t i = 0; i < p.nr; i++) {
		int64_t row = p.cells[i].p.torture.mechanism;

		snprintf(name, sizeof(name), "torture-%s", torture_names[row]);
		assert_string_equal(p.cells[i].workload, name);
		cells[row]++;
	}
	for (size_t row = 0; row < TORTURES; row++)
		if (!cells[row])
			fail_msg("%s has no row %s", CONF, torture_names[row]);
	plan_free(&p);
	config_free(&c);
}

static bool has_byte_in(const struct torture *t, size_t page)
{
	size_t margin = t->ops->margin;

	return (page + 1) * GUEST_PAGE > margin && page * GUEST_PAGE < t->h.bytes - margin;
}

/* A page counts if one byte of it is registered. */
static void test_pages(void **state)
{
	static const size_t margins[] = {
		0, 1, GUEST_PAGE - 1, GUEST_PAGE, GUEST_PAGE + 1, 2 * GUEST_PAGE - 1,
		128 * GUEST_PAGE, 256 * GUEST_PAGE - 1,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(margins) / sizeof(margins[0]); i++) {
		const struct torture_ops ops = { .margin = margins[i] };
		const struct torture t = {
			.ops = &ops, .h = { .pages = 512, .bytes = 512 * GUEST_PAGE },
		};

		for (size_t page = 0; page < t.h.pages; page++)
			assert_int_equal(page - torture_first(&t) < torture_pages(&t),
					 has_byte_in(&t, page));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests_name("torture", tests, NULL, NULL);
}
