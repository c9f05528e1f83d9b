// SPDX-License-Identifier: GPL-2.0-only
/* Record streams that are cut, damaged or of something else. */
#include "stream.h"

/* Every prefix of a stream is a cut one: it converts, and is never a pass nor damaged. */
static void test_cut_anywhere(void **state)
{
	struct fixture *f = *state;
	off_t whole;

	put_body(f);
	put_end(f, STATUS_PASS, "");
	whole = lseek(f->w.fd, 0, SEEK_CUR);
	for (off_t len = whole - 1; len >= 0; len -= 7) {
		struct cell_data d;

		assert_int_equal(ftruncate(f->w.fd, len), 0);
		assert_int_equal(cell_data_load(&d, f->dir, f->err), 0);
		assert_false(d.ended);
		assert_int_equal(cell_data_derive(&d), 0);
		cell_data_free(&d);
	}
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_HOST_EXIT);
	assert_false(exists(f, "stream.bin"));
}

/* Any byte that flips is noticed, what was good before it is kept, and so is the stream. */
static void test_damaged_anywhere(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX];
	off_t whole;
	int fd;

	put_body(f);
	put_end(f, STATUS_PASS, "");
	whole = lseek(f->w.fd, 0, SEEK_CUR);
	snprintf(path, sizeof(path), "%s/stream.bin", f->dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	for (off_t at = 0; at < whole; at += 5) {
		struct cell_data d;
		char byte, flipped;
		int ret;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		flipped = byte ^ 0x40;
		assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
		ret = cell_data_load(&d, f->dir, f->err);
		if (ret == 0)	/* a longer length looks like a cut */
			assert_false(d.ended);
		else
			assert_int_equal(ret, -EBADMSG);
		cell_data_free(&d);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(pwrite(fd, "xxxx", 4, whole - 4), 4);
	close(fd);
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_BAD_STREAM);
	assert_non_null(strstr(f->ex.reason, "checksum"));
	assert_true(exists(f, "stream.bin"));
	assert_true(exists(f, "faults.csv"));
}

static void bad_length(struct fixture *f)
{
	put_hello(f);
	put(f, RECORD_PHASE, "x", 1);
}

static void bad_first(struct fixture *f)
{
	put_phase(f, 0, PHASE_DEFINE);
}

static void bad_second_hello(struct fixture *f)
{
	put_hello(f);
	put_hello(f);
}

static void bad_protocol(struct fixture *f)
{
	struct record_hello h = { .protocol = RECORD_PROTOCOL + 1 };

	put(f, RECORD_HELLO, &h, sizeof(h));
}

static void bad_phase(struct fixture *f)
{
	put_hello(f);
	put_phase(f, 0, PHASES);
}

static void bad_kind(struct fixture *f)
{
	put_hello(f);
	put_fault(f, 0, FAULT_KINDS, 1);
}

static void bad_log(struct fixture *f)
{
	put_hello(f);
	put_log(f, LOG_STREAMS, "../../etc/passwd");
}

static void bad_metric(struct fixture *f)
{
	put_hello(f);
	put_metric(f, "bogomips", 1);
}

static void bad_derived_metric(struct fixture *f)
{
	put_hello(f);
	put_metric(f, "startup_ns", 1);
}

static void bad_metric_twice(struct fixture *f)
{
	put_hello(f);
	put_metric(f, "npf_lost", 0);
	put_metric(f, "npf_lost", 0);
}

static void bad_nan(struct fixture *f)
{
	put_hello(f);
	put_metric(f, "npf_lost", 0.0 / 0.0);
}

static void bad_status(struct fixture *f)
{
	put_hello(f);
	put_end(f, STATUS_HOST_PANIC, "");
}

static void bad_after_end(struct fixture *f)
{
	put_hello(f);
	put_end(f, STATUS_PASS, "");
	put_metric(f, "npf_lost", 0);
}

static void bad_gate(struct fixture *f)
{
	put_hello(f);
	put(f, RECORD_GATE, "", 0);
}

static void bad_tail(struct fixture *f)
{
	put_hello(f);
	put_end(f, STATUS_PASS, "");
	assert_int_equal(write(f->w.fd, "tail", 4), 4);
}

static void bad_foreign(struct fixture *f)
{
	static const char elf[64] = "\177ELF\2\1\1";

	assert_int_equal(write(f->w.fd, elf, sizeof(elf)), (int)sizeof(elf));
}

static void put_absent(struct fixture *f, const char *name)
{
	struct record_absent r = { .reason = "no such event" };

	strncpy(r.name, name, sizeof(r.name) - 1);
	memset(r.reason + 13, 'x', sizeof(r.reason) - 13);	/* no end */
	put(f, RECORD_ABSENT, &r, sizeof(r));
}

static void bad_absent(struct fixture *f)
{
	put_hello(f);
	put_absent(f, "bogomips");
}

static void bad_derived_absent(struct fixture *f)
{
	put_hello(f);
	put_absent(f, "startup_ns");
}

/* A metric that could not be measured: its reason is kept, and it has no value. */
static void test_absent(void **state)
{
	struct fixture *f = *state;
	char *text;

	put_body(f);
	put_absent(f, "cycles");
	put_end(f, STATUS_PASS, "");
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_PASS);
	text = slurp(f, "cell.json");
	assert_non_null(strstr(text, "\"reason\": \"no such eventxxx"));
	assert_null(strstr(strstr(text, "\"cycles\"") + 1, "\"cycles\""));
	free(text);
}

static void test_foreign_records(void **state)
{
	static const struct {
		void (*put)(struct fixture *f);
		const char *reason;
	} rows[] = {
		{ bad_length, "record of a wrong length" },
		{ bad_first, "does not start with a hello" },
		{ bad_second_hello, "a second hello" },
		{ bad_protocol, "agent speaks protocol 2, runner 1" },
		{ bad_phase, "unknown phase" },
		{ bad_kind, "unknown kind of fault" },
		{ bad_log, "unknown log stream" },
		{ bad_metric, "metric 'bogomips' is unknown" },
		{ bad_derived_metric, "metric 'startup_ns' is not the agent's" },
		{ bad_metric_twice, "metric 'npf_lost' sent twice" },
		{ bad_absent, "missing metric 'bogomips' is unknown" },
		{ bad_derived_absent, "missing metric 'startup_ns' is not the agent's" },
		{ bad_nan, "metric 'npf_lost' is not a number" },
		{ bad_status, "unknown status" },
		{ bad_after_end, "a record after the end" },
		{ bad_gate, "a record that is not the agent's to send" },
		{ bad_tail, "bytes after the end" },
		{ bad_foreign, "byte 0: no frame starts here" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		new_stream(f);
		rows[i].put(f);
		assert_int_equal(finish(f), 0);
		assert_int_equal(f->ex.status, STATUS_BAD_STREAM);
		if (!strstr(f->ex.reason, rows[i].reason))
			fail_msg("row %zu: %s", i, f->ex.reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cut_anywhere),
		TEST(test_damaged_anywhere),
		TEST(test_foreign_records),
		TEST(test_absent),
	};

	return cmocka_run_group_tests_name("result_stream", tests, NULL, NULL);
}
