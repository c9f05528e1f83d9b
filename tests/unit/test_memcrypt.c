// SPDX-License-Identifier: GPL-2.0-only
/* The counters of the encryption model, in a device's configuration space. */
#include <errno.h>
#include <string.h>

#include "common/memcrypt.h"
#include "fixture.h"

#define CAP	0x80

struct config {
	uint8_t b[MEMCRYPT_CONFIG_BYTES];
};

/* A PSP with an MSI-X capability at 0x50 and the counters 1, 2, ... << 40 at CAP. */
static struct config psp(void)
{
	struct config c = { .b = { [0x06] = 0x10, [0x34] = 0x50, [0x50] = 0x11, [0x51] = CAP,
				   [CAP] = 0x09, 0x00, 64, 1, 'P', 'I', 'N', 'L' } };

	for (int i = 0; i < MEMCRYPT_COUNTERS; i++) {
		c.b[CAP + 8 + 8 * i] = i + 1;
		c.b[CAP + 8 + 8 * i + 5] = i + 1;
	}
	return c;
}

static void test_counters(void **state)
{
	uint64_t v[MEMCRYPT_COUNTERS];
	struct config c = psp();

	(void)state;
	assert_int_equal(memcrypt_parse(c.b, sizeof(c.b), v), 0);
	for (int i = 0; i < MEMCRYPT_COUNTERS; i++)
		assert_int_equal(v[i], (i + 1) * (1ULL + (1ULL << 40)));
}

/* Each is one byte that makes it another thing than our capability. */
static void test_none(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{ 0x06, 0 },		/* no capabilities at all */
		{ 0x34, 0 },		/* an empty list */
		{ 0x34, 0x20 },		/* a list in the header */
		{ 0x51, 0 },		/* only another capability */
		{ 0x51, 0x50 },		/* a list without an end */
		{ CAP, 0x0a },		/* another ID */
		{ CAP + 2, 56 },	/* too short */
		{ CAP + 2, 200 },	/* longer than the space */
		{ CAP + 3, 2 },		/* another version */
		{ CAP + 4, 'p' },	/* another magic */
	};
	uint64_t v[MEMCRYPT_COUNTERS];
	struct config c = psp();

	(void)state;
	assert_int_equal(memcrypt_parse(c.b, 64, v), -ENOENT);	/* what a user may read */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c = psp();
		c.b[rows[i].at] = rows[i].value;
		assert_int_equal(memcrypt_parse(c.b, sizeof(c.b), v), -ENOENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
