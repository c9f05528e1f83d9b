// SPDX-License-Identifier: GPL-2.0-only
/* Frames: whole streams come through in any pieces; damaged ones are told apart and never crash. */
#include <errno.h>

#include "common/frame.h"
#include "common/record.h"
#include "fixture.h"

#define FRAMES	5

/* A stream of FRAMES samples in memory. */
static size_t make_stream(uint8_t *bytes, size_t size)
{
	struct frame_writer w;
	int p[2];
	ssize_t n;

	assert_int_equal(pipe(p), 0);
	w = (struct frame_writer){ .fd = p[1] };
	for (uint64_t i = 0; i < FRAMES; i++) {
		struct record_phase phase = { .t_ns = i, .phase = PHASE_DEFINE };

		/* one and two parts give the same frame */
		assert_int_equal(frame_write(&w, RECORD_PHASE, &phase, 8, (char *)&phase + 8,
					     sizeof(phase) - 8), 0);
	}
	n = read(p[0], bytes, size);
	assert_int_equal(n, FRAMES * (FRAME_HEADER_BYTES + sizeof(struct record_phase)));
	close(p[0]);
	close(p[1]);
	return n;
}

/* Feed the bytes step by step; returns the frames taken, and how it ended in *ret. */
static int take_all(const uint8_t *bytes, size_t len, size_t step, int *ret, char *err)
{
	struct frame_reader r = { 0 };
	struct frame f;
	int frames = 0;

	*ret = 0;
	for (size_t at = 0; at < len && *ret >= 0; at += step) {
		assert_int_equal(frame_feed(&r, bytes + at, len - at < step ? len - at : step), 0);
		while ((*ret = frame_next(&r, &f, err)) > 0) {
			struct record_phase p;

			if (f.type == RECORD_PHASE && f.len == sizeof(p)) {
				memcpy(&p, f.payload, sizeof(p));
				assert_int_equal(p.t_ns, frames);
			}
			frames++;
		}
	}
	if (!*ret && frame_pending(&r))
		*ret = -ENODATA;
	frame_reader_free(&r);
	return frames;
}

static void test_pieces(void **state)
{
	char err[OPT_ERR_MAX];
	uint8_t bytes[512];
	size_t len = make_stream(bytes, sizeof(bytes));
	int ret;

	(void)state;
	for (size_t step = 1; step <= len; step++) {
		assert_int_equal(take_all(bytes, len, step, &ret, err), FRAMES);
		assert_int_equal(ret, 0);
	}
	for (size_t cut = 1; cut < len; cut++) {
		take_all(bytes, cut, cut, &ret, err);
		assert_true(ret == -ENODATA || cut % (len / FRAMES) == 0);
	}
}

/* Every single bit matters: none may change unseen. */
static void test_bit_flips(void **state)
{
	char err[OPT_ERR_MAX];
	uint8_t bytes[512];
	size_t len = make_stream(bytes, sizeof(bytes));
	int ret, frames;

	(void)state;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		frames = take_all(bytes, len, len, &ret, err);
		/* The checksum does not cover the type: another valid one goes unseen. */
		assert_true(ret < 0 || frames == FRAMES);
		if (ret == 0)
			assert_int_equal(bit / 8 % (len / FRAMES), 2);
		bytes[bit / 8] ^= 1 << bit % 8;
	}
}

static void test_lost(void **state)
{
	char err[OPT_ERR_MAX];
	uint8_t bytes[512];
	size_t len = make_stream(bytes, sizeof(bytes)), one = len / FRAMES;
	int ret;

	(void)state;
	memmove(bytes + one, bytes + 2 * one, len - 2 * one);
	assert_int_equal(take_all(bytes, len - one, len, &ret, err), 1);
	assert_int_equal(ret, -EBADMSG);
	assert_string_equal(err, "record stream, byte 32: frames are missing");
}

static void test_noise(void **state)
{
	char err[OPT_ERR_MAX];
	uint8_t bytes[4096];
	int ret;

	(void)state;
	srandom(7);
	for (int i = 0; i < 2000; i++) {
		size_t len = random() % sizeof(bytes);

		for (size_t b = 0; b < len; b++)
			bytes[b] = random();
		if (len >= 4 && i % 2)		/* past the first check */
			memcpy(bytes, "\x50\x4e\x02\x00", 4);
		take_all(bytes, len, 1 + random() % 600, &ret, err);
		assert_true(ret <= 0);
	}
}

static void test_limits(void **state)
{
	static uint8_t big[FRAME_PAYLOAD_MAX + 1];
	struct frame_writer w = { .fd = -1 };
	uint32_t header[4] = { 0x00024e50, 0, FRAME_PAYLOAD_MAX + 1, 0 };
	char err[OPT_ERR_MAX];
	int ret;

	(void)state;
	assert_int_equal(frame_write(&w, RECORD_LOG, big, sizeof(big), NULL, 0), -EMSGSIZE);
	assert_int_equal(frame_write(&w, RECORD_LOG, big, sizeof(big) - 8, big, 9), -EMSGSIZE);
	assert_int_equal(frame_write(&w, RECORD_LOG, big, 8, NULL, 0), -EBADF);
	assert_int_equal(w.seq, 0);
	take_all((uint8_t *)header, sizeof(header), 16, &ret, err);
	assert_int_equal(ret, -EBADMSG);
	assert_non_null(strstr(err, "frame longer than allowed"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_bit_flips),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
