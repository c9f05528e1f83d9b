// SPDX-License-Identifier: GPL-2.0-only
/* Every status, with and without the wish to see data lost, on hosts that encrypt or do not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "strategy.h"
#include "verdict.h"

static enum status judge(enum expectation expect, bool encrypted, enum status status, char *reason)
{
	const struct cell c = { .strategy = "nopin", .expect = expect };

	strcpy(reason, "as it was");
	return verdict(&c, encrypted, status, reason);
}

static void test_intact(void **state)
{
	char reason[RECORD_REASON_MAX];

	(void)state;
	for (int s = 0; s < STATUSES; s++) {
		assert_int_equal(judge(EXPECT_INTACT, true, s, reason), s);
		assert_int_equal(judge(EXPECT_INTACT, false, s, reason), s);
		assert_string_equal(reason, "as it was");
	}
}

static void test_corrupt(void **state)
{
	char reason[RECORD_REASON_MAX];

	(void)state;
	for (int s = 0; s < STATUSES; s++) {
		if (s == STATUS_PASS)
			continue;
		assert_int_equal(judge(EXPECT_CORRUPT, true, s, reason),
				 s == STATUS_CORRUPT ? STATUS_XFAIL : s);
		assert_int_equal(judge(EXPECT_CORRUPT, false, s, reason),
				 s == STATUS_CORRUPT ? STATUS_XFAIL : s);
		assert_string_equal(reason, "as it was");
	}
	assert_int_equal(judge(EXPECT_CORRUPT, true, STATUS_PASS, reason), STATUS_FAIL);
	assert_string_equal(reason, "must corrupt under nopin, and did not");
	assert_int_equal(judge(EXPECT_CORRUPT, false, STATUS_PASS, reason), STATUS_SKIP);
	assert_non_null(strstr(reason, "memory encryption is not modelled (encrypt = off)"));
}

static void test_success(void **state)
{
	(void)state;
	for (int s = 0; s < STATUSES; s++) {
		assert_int_equal(status_is_success(s), s == STATUS_PASS || s == STATUS_XFAIL);
		assert_int_equal(status_find(status_names[s]), s);
		assert_true(status_is_complete(s) || !status_is_success(s));
	}
	assert_true(status_is_complete(STATUS_CORRUPT));
	assert_false(status_is_complete(STATUS_GUEST_HANG));
	assert_int_equal(status_find("passed"), -EINVAL);
	assert_int_equal(status_find(""), -EINVAL);
}

static void test_strategies(void **state)
{
	(void)state;
	for (int s = 0; s < STRATEGIES; s++)
		assert_int_equal(strategy_find(strategy_names[s]), s);
	assert_int_equal(strategy_find("pin"), -EINVAL);
	assert_string_equal(strategy_list(STRATEGY_SPTE), "spte, memslot, nopin");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intact),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_strategies),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
