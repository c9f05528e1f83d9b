// SPDX-License-Identifier: GPL-2.0-only
/* From a record stream to a cell's files and its status. */
#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>

#include "stream.h"

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
		    "t_ns,phase,gpa,error_code,kind,latency_ns,vcpu\r\n"
		    "250,define,0xfa000,0xd,mmio,900,0\r\n"
		    "310,workload,0x136000,0x6,first,50,0\r\n"
		    "320,workload,0x140000,0x6,refault,20,0\r\n"
		    "330,workload,0x14a000,0x6,first,70,0\r\n");
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

/* Several guests have a table, one has none. */
static void test_guests(void **state)
{
	static const struct record_guest guests[] = {
		{ 100, 2000, 4096, 16, 90000 }, { 110, 2100, 4100, -1, 80000 },
	};
	struct fixture *f = *state;

	put_body(f);
	put_end(f, STATUS_PASS, "");
	assert_int_equal(finish(f), 0);
	assert_false(exists(f, "guests.csv"));
	new_stream(f);
	put_body(f);
	for (size_t i = 0; i < 2; i++)
		put(f, RECORD_GUEST, &guests[i], sizeof(guests[i]));
	put_end(f, STATUS_PASS, "");
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_PASS);
	assert_file(f, "guests.csv",
		    "guest,start_ns,touch_ns,rss_kib,pinned_pages,mem_free_kib\r\n"
		    "1,100,2000,4096,16,90000\r\n"
		    "2,110,2100,4100,-1,80000\r\n");
}

/* A touch meets the first NPF of the workload on its page, and no other. */
static void test_touches(void **state)
{
	static const struct record_touch touches[] = {
		{ 0x136000, 90, 0 }, { 0x999000, 20, 0 }, { 0x14a000, 130, 77 },
		{ 0xfa000, 30, 0 },
	};
	struct fixture *f = *state;
	json_t *j;

	put_body(f);
	put(f, RECORD_TOUCHES, touches, sizeof(touches));
	put_end(f, STATUS_PASS, "");
	assert_int_equal(finish(f), 0);
	assert_file(f, "guest_touch.csv",
		    "gpa,guest_ns,npf_ns\r\n"
		    "0x136000,90,50\r\n"
		    "0x999000,20,\r\n"
		    "0x14a000,130,70\r\n"
		    "0xfa000,30,\r\n");
	j = cell_json(f);
	assert_int_equal(metric_of(j, "guest_touch_npfs"), 2);
	assert_int_equal(metric_of(j, "guest_touch_p50_ns"), 30);
	assert_int_equal(metric_of(j, "guest_touch_npf_p50_ns"), 90);
	assert_int_equal(metric_of(j, "guest_touch_hit_p50_ns"), 20);
	assert_int_equal(metric_of(j, "guest_touch_own_p50_ns"), 40);
	json_decref(j);
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

static void test_no_stream(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/stream.bin", f->dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_HOST_EXIT);
	assert_file(f, "faults.csv", "t_ns,phase,gpa,error_code,kind,latency_ns,vcpu\r\n");
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
		  "npf_total + npf_unpaired is 4 and must equal npf_exits, 5: every NPF exit" },
		{ "kvm_pf_taken", 4, GUEST_SEV, STATUS_PASS, "" },
		{ "kvm_pf_taken", 3, GUEST_SEV, STATUS_PASS, "" },
		{ "kvm_pf_taken", 2, GUEST_SEV, STATUS_FAIL,
		  "npf_not_reserved_end is 3 and must not exceed kvm_pf_taken, 2" },
		{ "kvm_pf_taken", 5, GUEST_PLAIN, STATUS_FAIL,
		  "kvm_pf_taken is 5 and must not exceed npf_exits_end, 4" },
		{ "corrupt_pages", 0, GUEST_SEV, STATUS_PASS, "" },
		{ "corrupt_pages", 2, GUEST_SEV, STATUS_CORRUPT,
		  "corrupt_pages is 2 and must equal 0" },
		{ "hazard_corrupt_pages", 0, GUEST_SEV, STATUS_PASS, "" },
		{ "hazard_corrupt_pages", 867, GUEST_PLAIN, STATUS_CORRUPT,
		  "hazard_corrupt_pages is 867 and must equal 0" },
		{ "pinned_leaked_pages", 3, GUEST_SEV_NOPIN, STATUS_FAIL, "leaked_pages is 3" },
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

/* A guest that must lose its data: what was lost counts, and so do all other numbers. */
static void test_verdicts(void **state)
{
	static const struct {
		enum status end;
		const char *metric;
		double value;
		bool encrypted;
		enum status status;
		const char *reason;
	} rows[] = {
		{ STATUS_CORRUPT, "hazard_corrupt_pages", 9, true, STATUS_XFAIL, "by the agent" },
		{ STATUS_PASS, "hazard_corrupt_pages", 9, true, STATUS_XFAIL,
		  "hazard_corrupt_pages is 9" },
		{ STATUS_PASS, "hazard_corrupt_pages", 0, true, STATUS_FAIL,
		  "must corrupt under upfront, and did not" },
		{ STATUS_PASS, "hazard_corrupt_pages", 0, false, STATUS_SKIP, "encrypt = off" },
		{ STATUS_CORRUPT, "hazard_corrupt_pages", 9, false, STATUS_XFAIL, "by the agent" },
		{ STATUS_CORRUPT, "pinned_leaked_pages", 3, true, STATUS_FAIL,
		  "pinned_leaked_pages is 3" },
		{ STATUS_SPLAT, "hazard_corrupt_pages", 9, true, STATUS_SPLAT, "by the agent" },
	};
	struct fixture *f = *state;

	f->cell.expect = EXPECT_CORRUPT;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		new_stream(f);
		f->ex.encrypted = rows[i].encrypted;
		put_body(f);
		put_metric(f, rows[i].metric, rows[i].value);
		put_end(f, rows[i].end, rows[i].end == STATUS_PASS ? "" : "by the agent");
		assert_int_equal(finish(f), 0);
		if (f->ex.status != rows[i].status || !strstr(f->ex.reason, rows[i].reason))
			fail_msg("row %zu: %s: %s", i, status_names[f->ex.status], f->ex.reason);
	}
}

/* A fault that is open when the VMM ends is an exit, but no record. */
static void test_check_unpaired(void **state)
{
	struct fixture *f = *state;

	put_hello(f);
	put_fault(f, 310, FAULT_FIRST, 50);
	put_metric(f, "npf_lost", 0);
	put_metric(f, "npf_exits", 2);
	put_metric(f, "kvm_page_fault_events", 2);
	put_metric(f, "npf_unpaired", 1);
	put_end(f, STATUS_PASS, "");
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->ex.status, STATUS_PASS);
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

/* A console ends lines in CR LF, and colours them. */
static void test_reason_is_a_line(void **state)
{
	struct fixture *f = *state;

	put_body(f);
	put_end(f, STATUS_SPLAT, "panic: \033[31mcrash\r; fio was\nrunning\t\x7f");
	assert_int_equal(finish(f), 0);
	assert_string_equal(f->ex.reason, "panic: [31mcrash; fio wasrunning");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files), TEST(test_guests), TEST(test_touches),
		TEST(test_derived),
		TEST(test_open_phase_has_no_length),
		TEST(test_no_stream),
		TEST(test_own_finding_first),
		TEST(test_checks),
		TEST(test_verdicts),
		TEST(test_check_unpaired),
		TEST(test_lost_events),
		TEST(test_json_deterministic),
		TEST(test_reason_is_a_line),
		TEST(test_full_disk),
		TEST(test_folder_gone),
	};

	return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
