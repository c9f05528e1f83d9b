// SPDX-License-Identifier: GPL-2.0-only
/* Torture: which pages a region takes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bench/micro/torture.h"

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
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests_name("torture", tests, NULL, NULL);
}
