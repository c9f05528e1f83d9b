// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc and of cgroups: as they are, cut short, and of another kind. */
#include "agent/procfs.h"
#include "common/record.h"
#include "fixture.h"

static const struct {
	const char *text, *key;
	int64_t value;
} values[] = {
	{ "pgfault 12\npgmajfault 3\n", "pgfault", 12 },
	{ "pgmajfault 3\npgfault 12", "pgfault", 12 },
	{ "Rss:                1024 kB\nPss:     77 kB\n", "Pss", 77 },
	{ "sev 3\nsev_es 4\n", "sev", 3 },
	{ "sev_es 4\nsev 3\n", "sev", 3 },
	{ "sev_es 4\n", "sev", RECORD_MISSING },
	{ "pgfault 0\n", "pgfault", 0 },
	{ "", "pgfault", RECORD_MISSING },
	{ "pgfault", "pgfault", RECORD_MISSING },
	{ "pgfault ", "pgfault", RECORD_MISSING },
	{ "pgfault\n12\n", "pgfault", RECORD_MISSING },
	{ "pgfault -1\n", "pgfault", RECORD_MISSING },
	{ "pgfault x\n", "pgfault", RECORD_MISSING },
	{ "pgfault 99999999999999999999\n", "pgfault", RECORD_MISSING },
	{ "xpgfault 12\n", "pgfault", RECORD_MISSING },
	{ "pgfault:12\n", "pgfault", RECORD_MISSING },
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (procfs_value(values[i].text, values[i].key) != values[i].value)
			fail_msg("'%s' of '%s'", values[i].key, values[i].text);
}

#define DMA	"Node 0, zone      DMA      1      1      1      0      2      1      1      0" \
		"      1      1      3 \n"
#define NORMAL	"Node 0, zone   Normal      0      0      0      0      0      0      0      0" \
		"      0      5      0 \n"

static const struct {
	const char *text;
	int64_t huge;
} buddies[] = {
	{ DMA, 1 + 2 * 3 },
	{ DMA NORMAL, 1 + 2 * 3 + 5 },
	{ NORMAL, 5 },
	{ "", RECORD_MISSING },
	{ "Node 0, zone DMA 1 2 3\n", RECORD_MISSING },	/* an order less than 2M: not of 4K pages */
	{ DMA "Node 0, zone   Nor", RECORD_MISSING },
	{ DMA "garbage\n", RECORD_MISSING },
	{ "garbage\n" DMA, RECORD_MISSING },
	{ "Node 0, zone DMA 1 1 1 0 2 1 1 0 1 1 x\n", RECORD_MISSING },
	{ "Node 0, zone DMA 1 1 1 0 2 1 1 0 1 -1 3\n", RECORD_MISSING },
};

static void test_buddy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(buddies); i++)
		if (procfs_buddy_huge(buddies[i].text) != buddies[i].huge)
			fail_msg("row %zu: %lld", i,
				 (long long)procfs_buddy_huge(buddies[i].text));
}

static void test_softirqs(void **state)
{
	static const char text[] =
		"                    CPU0       CPU1\n"
		"          HI:          0          1\n"
		"       TIMER:        100         23\n"
		"     HRTIMER:          7          7\n"
		"         RCU:\n"
		"       SCHED:          5          x\n";

	(void)state;
	assert_int_equal(procfs_softirqs(text, "TIMER"), 123);
	assert_int_equal(procfs_softirqs(text, "HI"), 1);
	assert_int_equal(procfs_softirqs(text, "SCHED"), 5);
	assert_true(procfs_softirqs(text, "RCU") == RECORD_MISSING);
	assert_true(procfs_softirqs(text, "BLOCK") == RECORD_MISSING);
	assert_true(procfs_softirqs("", "TIMER") == RECORD_MISSING);
}

static void test_schedstat(void **state)
{
	static const char *const bad[] = { "", "\n", "1 2", "1 2 x\n", "-1 2 3\n", "0 0 0\n" };
	struct schedstat s = { .slices = 1 };

	(void)state;
	assert_true(procfs_schedstat("100 20 3\n", &s));
	assert_true(procfs_schedstat("5 0 1", &s));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(procfs_schedstat(bad[i], &s));
	assert_int_equal(s.run_ns, 105);
	assert_int_equal(s.wait_ns, 20);
	assert_int_equal(s.slices, 5);
}

static void test_cgroup(void **state)
{
	char path[8];

	(void)state;
	assert_true(procfs_cgroup("0::/\n", path, sizeof(path)));
	assert_string_equal(path, "/");
	assert_true(procfs_cgroup("1:cpu:/x\n0::/a/b\n", path, sizeof(path)));
	assert_string_equal(path, "/a/b");
	assert_true(procfs_cgroup("0::/123456", path, sizeof(path)));
	assert_string_equal(path, "/123456");
	assert_false(procfs_cgroup("0::/1234567\n", path, sizeof(path)));
	assert_false(procfs_cgroup("1:cpu:/x\n", path, sizeof(path)));
	assert_false(procfs_cgroup("0::", path, sizeof(path)));
	assert_false(procfs_cgroup("", path, sizeof(path)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_buddy),
		cmocka_unit_test(test_softirqs),
		cmocka_unit_test(test_schedstat),
		cmocka_unit_test(test_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
