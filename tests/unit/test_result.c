// SPDX-License-Identifier: GPL-2.0-only
/* From a record stream to a cell's files: whole, cut, damaged, foreign, empty, on a full disk. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/frame.h"
#include "csvfile.h"
#include "result.h"

#define T0	1000000000ULL	/* of the host when the cell starts */

struct fixture {
	char dir[64];
	char err[OPT_ERR_MAX];
	struct cell cell;
	struct execution ex;
	struct frame_writer w;
};

static char *slurp(const struct fixture *f, const char *name)
{
	char path[PATH_MAX], *text = calloc(1, 1 << 20);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	in = fopen(path, "r");
	if (!in) {
		free(text);
		return NULL;
	}
	assert_true(fread(text, 1, (1 << 20) - 1, in) < (1 << 20) - 1);
	fclose(in);
	return text;
}

static void assert_file(const struct fixture *f, const char *name, const char *want)
{
	char *have = slurp(f, name);

	assert_non_null(have);
	assert_string_equal(have, want);
	free(have);
}

static bool exists(const struct fixture *f, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return !access(path, F_OK);
}

static void new_stream(struct fixture *f)
{
	char path[PATH_MAX];

	if (f->w.fd > 0)
		close(f->w.fd);
	snprintf(path, sizeof(path), "%s/stream.bin", f->dir);
	f->w = (struct frame_writer){
		.fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600),
	};
	assert_true(f->w.fd >= 0);
	f->ex.status = STATUS_PASS;
	f->ex.reason[0] = '\0';
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/pinlab-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(cell_parse(&f->cell, "[cell]\nid=c\nkernel=v6.12\nstrategy=upfront\n"
				    "workload=touch-seq\ntype=touch\nguest=sev\nmemory=128M\n",
				    f->err), 0);
	f->ex = (struct execution){
		.cell = &f->cell, .repeat = 1, .command = strdup("pinlab --matrix x"),
		.virtual_clock = true, .wall_s = 1.5,
	};
	new_stream(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {
		"stream.bin", "faults.csv", "timeline.csv", "cell.json", "vmm.log", "guest.log",
	};
	struct fixture *f = *state;
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		unlink(path);
	}
	close(f->w.fd);
	free(f->ex.command);
	assert_int_equal(rmdir(f->dir), 0);	/* nothing else was left behind */
	free(f);
	return 0;
}

static void put(struct fixture *f, enum record_type type, const void *data, size_t len)
{
	assert_int_equal(frame_write(&f->w, type, data, len, NULL, 0), 0);
}

static void put_hello(struct fixture *f)
{
	struct record_hello h = { .protocol = RECORD_PROTOCOL, .kernel = "6.12.1",
				  .host_cpu = "EPYC" };

	put(f, RECORD_HELLO, &h, sizeof(h));
}

static void put_phase(struct fixture *f, uint64_t t_ns, enum phase phase)
{
	struct record_phase p = { .t_ns = T0 + t_ns, .phase = phase };

	put(f, RECORD_PHASE, &p, sizeof(p));
}

static void put_sample(struct fixture *f, uint64_t t_ns, int64_t rss_kib, int64_t pinned_pages)
{
	struct record_sample s = { .t_ns = T0 + t_ns };

	for (size_t i = 0; i < TIMELINE_COLUMNS; i++)
		s.column[i] = RECORD_MISSING;
	s.column[TL_RSS_KIB] = rss_kib;
	s.column[TL_PINNED_PAGES] = pinned_pages;
	put(f, RECORD_SAMPLE, &s, sizeof(s));
}

static void put_fault(struct fixture *f, uint64_t t_ns, enum fault_kind kind, uint64_t latency_ns)
{
	struct record_fault r = { .t_ns = T0 + t_ns, .gpa = 0x1000 * t_ns, .error_code = kind == FAULT_MMIO ? 0xd : 0x6,
				  .latency_ns = latency_ns, .kind = kind };

	put(f, RECORD_FAULTS, &r, sizeof(r));
}

static void put_metric(struct fixture *f, const char *name, double value)
{
	struct record_metric m = { .value = value };

	strncpy(m.name, name, sizeof(m.name) - 1);
	put(f, RECORD_METRIC, &m, sizeof(m));
}

static void put_log(struct fixture *f, enum log_stream stream, const char *text)
{
	struct record_log log = { .stream = stream };

	assert_int_equal(frame_write(&f->w, RECORD_LOG, &log, sizeof(log), text, strlen(text)), 0);
}

static void put_end(struct fixture *f, enum status status, const char *reason)
{
	struct record_end e = { .status = status };

	strncpy(e.reason, reason, sizeof(e.reason) - 1);
	put(f, RECORD_END, &e, sizeof(e));
}

/* A small cell: define, register (late), workload with four faults, done. */
static void put_body(struct fixture *f)
{
	put_hello(f);
	put_phase(f, 0, PHASE_DEFINE);
	put_phase(f, 300, PHASE_WORKLOAD);
	put_phase(f, 100, PHASE_REGISTER);
	put_phase(f, 200, PHASE_DEFINE);
	put_sample(f, 150, 1024, RECORD_MISSING);
	put_sample(f, 400, 2048, 32768);
	put_fault(f, 310, FAULT_FIRST, 50);
	put_fault(f, 330, FAULT_FIRST, 70);
	put_fault(f, 320, FAULT_REFAULT, 20);
	put_fault(f, 250, FAULT_MMIO, 900);
	put_metric(f, "npf_lost", 0);
	put_metric(f, "kvm_page_fault_events", 4);
	put_log(f, LOG_VMM, "one\n");
	put_log(f, LOG_VMM, "two\n");
	put_phase(f, 1000, PHASE_DONE);
}

static int finish(struct fixture *f)
{
	return result_finish(&f->ex, f->dir, f->err);
}

static json_t *cell_json(const struct fixture *f)
{
	char *text = slurp(f, "cell.json");
	json_t *j = json_loads(text, 0, NULL);

	assert_non_null(j);
	free(text);
	return j;
}

static double metric_of(const json_t *j, const char *name)
{
	json_t *m;
	size_t i;

	json_array_foreach(json_object_get(j, "metrics"), i, m)
		if (!strcmp(json_string_value(json_object_get(m, "name")), name))
			return json_number_value(json_object_get(m, "value"));
	return -1;
}

static void test_files(void **state)
{
	struct fixture *f = *state;

	put_body(f);
	put_end(f, STATUS_PASS, "");
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_PASS);
	assert_file(f, "faults.csv",
		    "t_ns,phase,gpa,error_code,kind,latency_ns\r\n"
		    "250,define,0xfa000,0xd,mmio,900\r\n"
		    "310,workload,0x136000,0x6,first,50\r\n"
		    "320,workload,0x140000,0x6,refault,20\r\n"
		    "330,workload,0x14a000,0x6,first,70\r\n");
	assert_file(f, "timeline.csv",
		    "t_ns,phase,rss_kib,hwm_kib,locked_kib,vmpin_kib,pinned_pages,"
		    "pin_acquired_pages,pin_released_pages,minflt,majflt,mem_free_kib,pgfault,"
		    "migrated_pages,thp_fault_alloc,kvm_pf_taken\r\n"
		    "150,register,1024,,,,,,,,,,,,,\r\n"
		    "400,workload,2048,,,,32768,,,,,,,,,\r\n");
	assert_file(f, "vmm.log", "one\ntwo\n");
	assert_false(exists(f, "guest.log"));
	assert_false(exists(f, "stream.bin"));
}

static void test_derived(void **state)
{
	static const struct { const char *name; double value; } want[] = {
		{ "define_ns", 200 }, { "register_ns", 100 }, { "workload_ns", 700 },
		{ "startup_ns", 300 }, { "modules_ns", -1 }, { "npf_total", 4 },
		{ "npf_first", 2 }, { "npf_refault", 1 }, { "npf_mmio", 1 },
		{ "npf_spurious", 0 }, { "npf_workload", 3 }, { "npf_first_p50_ns", 50 },
		{ "npf_first_p90_ns", 70 }, { "npf_first_max_ns", 70 },
		{ "npf_first_mean_ns", 60 }, { "npf_refault_p99_ns", 20 },
		{ "npf_all_p50_ns", 50 }, { "npf_all_max_ns", 70 }, { "npf_lost", 0 },
	};
	struct fixture *f = *state;
	json_t *j;

	put_body(f);
	put_end(f, STATUS_PASS, "");
	assert_int_equal(finish(f), 0);
	j = cell_json(f);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		if (metric_of(j, want[i].name) != want[i].value)
			fail_msg("%s is %g", want[i].name, metric_of(j, want[i].name));
	assert_string_equal(json_string_value(json_object_get(j, "time_unit")), "virtual ns");
	json_decref(j);
}

static void test_open_phase_has_no_length(void **state)
{
	struct fixture *f = *state;
	json_t *j;

	put_hello(f);
	put_phase(f, 0, PHASE_DEFINE);
	put_phase(f, 100, PHASE_FIRMWARE);
	put_end(f, STATUS_GUEST_HANG, "no sign of life");
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_GUEST_HANG);
	assert_string_equal(f->ex.reason, "no sign of life");
	j = cell_json(f);
	assert_true(metric_of(j, "define_ns") == 100);
	assert_true(metric_of(j, "firmware_ns") == -1);
	assert_true(metric_of(j, "startup_ns") == -1);
	assert_true(metric_of(j, "npf_total") == -1);	/* nobody counted */
	json_decref(j);
}

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
		{ bad_nan, "metric 'npf_lost' is not a number" },
		{ bad_status, "unknown status" },
		{ bad_after_end, "a record after the end" },
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

static void test_no_stream(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/stream.bin", f->dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_HOST_EXIT);
	assert_file(f, "faults.csv", "t_ns,phase,gpa,error_code,kind,latency_ns\r\n");
}

static void test_own_finding_first(void **state)
{
	struct fixture *f = *state;

	f->ex.status = STATUS_TIMEOUT;
	strcpy(f->ex.reason, "no end within 60 s");
	put_body(f);
	put_metric(f, "corrupt_pages", 3);
	assert_int_equal(write(f->w.fd, "garbage garbage garbage", 23), 23);
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_TIMEOUT);
	assert_string_equal(f->ex.reason, "no end within 60 s");
	assert_true(exists(f, "stream.bin"));
}

static void test_checks(void **state)
{
	static const struct {
		const char *metric;
		double value;
		enum guest_kind guest;
		enum status status;
		const char *reason;
	} rows[] = {
		{ "npf_exits", 4, GUEST_SEV, STATUS_PASS, "" },
		{ "npf_exits", 5, GUEST_SEV, STATUS_FAIL,
		  "npf_total is 4 and must equal npf_exits, 5: every NPF exit is one fault" },
		{ "kvm_pf_taken", 4, GUEST_SEV, STATUS_PASS, "" },
		{ "kvm_pf_taken", 3, GUEST_SEV, STATUS_PASS, "" },
		{ "kvm_pf_taken", 2, GUEST_SEV, STATUS_FAIL,
		  "npf_not_reserved is 3 and must not exceed kvm_pf_taken, 2" },
		{ "kvm_pf_taken", 5, GUEST_PLAIN, STATUS_FAIL,
		  "kvm_pf_taken is 5 and must not exceed npf_total, 4" },
		{ "corrupt_pages", 0, GUEST_SEV, STATUS_PASS, "" },
		{ "corrupt_pages", 2, GUEST_SEV, STATUS_FAIL, "corrupt_pages is 2 and must equal 0" },
		{ "pinned_leaked_pages", -3, GUEST_SEV, STATUS_FAIL,
		  "pinned_leaked_pages is -3 and must equal 0" },
		{ "pinned_leaked_pages", 3, GUEST_PLAIN, STATUS_FAIL, "pinned_leaked_pages is 3" },
		{ "pinned_leaked_pages", 3, GUEST_HOST, STATUS_PASS, "" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		new_stream(f);
		f->cell.guest = rows[i].guest;
		put_body(f);
		put_metric(f, rows[i].metric, rows[i].value);
		put_end(f, STATUS_PASS, "");
		assert_int_equal(finish(f), 0);
		if (f->ex.status != rows[i].status || !strstr(f->ex.reason, rows[i].reason))
			fail_msg("row %zu: %s: %s", i, status_names[f->ex.status], f->ex.reason);
	}
}

static void test_lost_events(void **state)
{
	struct fixture *f = *state;

	put_hello(f);
	put_metric(f, "npf_lost", 7);
	put_end(f, STATUS_PASS, "");
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_LOST_EVENTS);
	assert_non_null(strstr(f->ex.reason, "npf_lost is 7"));
}

/* All but the wall object is the same from run to run. */
static void test_json_deterministic(void **state)
{
	struct fixture *f = *state;
	char *first, *second;
	json_t *a, *b;

	put_body(f);
	put_end(f, STATUS_FAIL, "caf\351 \"quoted\"");
	assert_int_equal(finish(f), 0);
	first = slurp(f, "cell.json");
	new_stream(f);
	put_body(f);
	put_end(f, STATUS_FAIL, "caf\351 \"quoted\"");
	f->ex.wall_s = 99;
	assert_int_equal(finish(f), 0);
	second = slurp(f, "cell.json");
	assert_string_not_equal(first, second);
	a = json_loads(first, 0, NULL);
	b = json_loads(second, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(a, "reason")), "caf? \"quoted\"");
	json_object_del(a, "wall");
	json_object_del(b, "wall");
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	free(first);
	free(second);
}

static void test_full_disk(void **state)
{
	static const struct rlimit none = { 100, RLIM_INFINITY }, all = { RLIM_INFINITY,
									  RLIM_INFINITY };
	struct fixture *f = *state;

	put_body(f);
	put_end(f, STATUS_PASS, "");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(finish(f), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_non_null(strstr(f->err, "faults.csv: cannot write: File too large"));
	assert_false(exists(f, "faults.csv"));
	assert_false(exists(f, "cell.json"));
	assert_true(exists(f, "stream.bin"));
}

static void test_folder_gone(void **state)
{
	struct fixture *f = *state;
	int ret = result_finish(&f->ex, "/nonexistent", f->err);

	assert_int_equal(ret, -ENOENT);
	assert_non_null(strstr(f->err, "/nonexistent/faults.csv: cannot create"));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files),
		TEST(test_derived),
		TEST(test_open_phase_has_no_length),
		TEST(test_cut_anywhere),
		TEST(test_damaged_anywhere),
		TEST(test_foreign_records),
		TEST(test_no_stream),
		TEST(test_own_finding_first),
		TEST(test_checks),
		TEST(test_lost_events),
		TEST(test_json_deterministic),
		TEST(test_full_disk),
		TEST(test_folder_gone),
	};

	return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
