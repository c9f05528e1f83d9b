// SPDX-License-Identifier: GPL-2.0-only
/* What a guest's program says in the end, whole and damaged, and what becomes of its cell. */
#include "agent/tool_run.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agent_stub.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

static struct tool_values emitted;
static int saves;

void emit_metric(struct agent *a, const char *name, double value)
{
	(void)a;
	assert_non_null(metric_find(name));
	tool_add(&emitted, name, value);
}

/* The resumed machine's cell; one without memory cannot be resumed. */
int machine_save(struct agent *a)
{
	saves++;
	a->cell.p.stress.stressor = STRESSOR_FORK;
	a->cell.p.stress.ops = 77;
	return a->cell.memory_bytes ? -1 : 0;
}

/* What tool_run_go() sends to the guest. */
static const char *tool_told(struct agent *a)
{
	static char text[2 * TOOL_COMMAND_MAX];
	int fd[2];
	ssize_t n;

	assert_int_equal(pipe(fd), 0);
	tool_run_go(a, fd[1]);
	close(fd[1]);
	n = read(fd[0], text, sizeof(text) - 1);
	close(fd[0]);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* As stress-ng 0.15.06 writes it. */
static const char yaml[] =
	"---\n"
	"system-info:\n"
	"      stress-ng-version: 0.15.06\n"
	"      version: '#1 SMP'\n"
	"\n"
	"metrics:\n"
	"    - stressor: vm\n"
	"      bogo-ops: 40960\n"
	"      bogo-ops-per-second-usr-sys-time: 6.255309\n"
	"      bogo-ops-per-second-real-time: 3.227877\n"
	"      wall-clock-time: 1.549006\n"
	"      user-time: 0.168285\n"
	"      system-time: 0.631036\n"
	"      cpu-usage-per-instance: 51.602197\n"
	"      max-rss: 18456\n"
	"\n"
	"...\n";

/* As fio 3.33 writes it, shortened. */
#define SIDE(ios, iops) \
	"{ \"total_ios\": " ios ", \"iops\": " iops ", \"bw_bytes\": 2048, \"clat_ns\":" \
	" { \"mean\": 5.5, \"percentile\": { \"50.000000\": 4, \"99.000000\": 9 } } }"
#define JOB(error, read) \
	"{ \"error\": " error ", \"read\": " read ", \"write\": { \"total_ios\": 0 }," \
	" \"job_runtime\": 3 }"
#define DOC(jobs)	"{ \"fio version\": \"fio-3.33\", \"jobs\": [" jobs "] }\n"

static const char json[] = DOC(JOB("0", SIDE("7", "3.5")));

/* One change to a good text and what the parser must say of it; of == NULL: the text as it is. */
struct damage {
	const char *of, *to;
	const char *reason;
	int ret;
};

static char *changed(const char *good, const struct damage *d, size_t *len)
{
	const char *at = d->of ? strstr(good, d->of) : good;
	char *text;

	assert_non_null(at);
	*len = asprintf(&text, "%.*s%s%s", (int)(at - good), good, d->of ? d->to : "",
			at + (d->of ? strlen(d->of) : 0));
	return text;
}

/* In memory of its exact size, so that a byte too far is seen. */
static int parse_exact(const struct tool *tool, const struct cell *c, const char *text, size_t len,
		       struct tool_values *out, char *err)
{
	char *exact = malloc(len ? len : 1);
	int ret;

	assert_non_null(exact);
	memcpy(exact, text, len);
	ret = tool->parse(c, exact, len, out, err);
	free(exact);
	return ret;
}

static void run_damages(const struct cell *c, const char *good, const struct damage *d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char err[OPT_ERR_MAX] = "", *text;
		struct tool_values out;
		size_t len;
		int ret;

		text = changed(good, &d[i], &len);
		ret = parse_exact(tool_of(c), c, text, len, &out, err);
		if (ret != d[i].ret || (ret && !strstr(err, d[i].reason)))
			fail_msg("row %zu: %d, %s", i, ret, err);
		free(text);
	}
}

/* Each text that ends early is refused, wherever it ends. */
static void run_cuts(const struct cell *c, const char *good, size_t whole)
{
	for (size_t len = 0; len < whole; len++) {
		char err[OPT_ERR_MAX] = "";
		struct tool_values out;

		if (parse_exact(tool_of(c), c, good, len, &out, err) != -EBADMSG || !err[0])
			fail_msg("cut at %zu: '%s'", len, err);
	}
}

static void check_values(const struct tool_values *out, const struct tool_value *want, size_t n)
{
	assert_int_equal(out->nr, n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(out->v[i].metric, want[i].metric);
		assert_true(out->v[i].value == want[i].value);
	}
}

static void test_stress(void **state)
{
	static const struct damage damages[] = {
		{ NULL, NULL, NULL, 0 },
		{ "bogo-ops: 40960", "bogo-ops: many", "not a number: '      bogo-ops: many'",
		  -EBADMSG },
		{ "bogo-ops: 40960", "bogo-ops: 40959", "40959 of 40960 operations were done",
		  -EIO },
		{ "bogo-ops: 40960", "bogo-ops: 1e999", "not a number", -EBADMSG },
		{ "bogo-ops: 40960", "bogo-ops: -1", "not a number", -EBADMSG },
		{ "bogo-ops: 40960", "bogo-ops: ", "not a number", -EBADMSG },
		{ "bogo-ops: 40960", "bogo-ops", "no key and value", -EBADMSG },
		{ "      user-time: 0.168285\n", "", "no 'user-time' among the metrics", -EBADMSG },
		{ "      user-time", "      max-rss", "a key twice", -EBADMSG },
		{ "      max-rss", "   max-rss", "an unknown line among the metrics", -EBADMSG },
		{ "stressor: vm", "stressor: vmx", "not the stressor that was asked for",
		  -EBADMSG },
		{ "\n...", "\n    - stressor: vm\n...", "a second stressor", -EBADMSG },
		{ "    - stressor: vm\n", "", "an unknown line among the metrics", -EBADMSG },
		{ "metrics:", "times:", "no 'bogo-ops' among the metrics", -EBADMSG },
		{ "...\n", "...\nmore\n", "text after the document's end", -EBADMSG },
		{ "...\n", "", "it has no end", -EBADMSG },
		{ "      cpu-usage", "      other: text\n      cpu-usage", NULL, 0 },
	};
	static const struct tool_value want[] = {
		{ "stress_bogo_ops", 40960 }, { "stress_bogo_ops_per_cpu_s", 6.255309 },
		{ "stress_bogo_ops_per_s", 3.227877 }, { "stress_wall_ns", 1549006000 },
		{ "stress_user_ns", 168285000 }, { "stress_system_ns", 631036000 },
		{ "stress_max_rss_kib", 18456 },
	};
	struct cell c = { .type = WORKLOAD_STRESS, .p.stress.ops = 40960 };
	char err[OPT_ERR_MAX], line[400];
	struct tool_values out;

	(void)state;
	assert_int_equal(tool_stress.parse(&c, yaml, strlen(yaml), &out, err), 0);
	check_values(&out, want, ROWS(want));
	run_damages(&c, yaml, damages, ROWS(damages));
	run_cuts(&c, yaml, strlen(yaml));
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	assert_int_equal(tool_stress.parse(&c, line, sizeof(line), &out, err), -EBADMSG);
	assert_int_equal(tool_stress.parse(&c, "-\0-\n", 4, &out, err), -EBADMSG);
	assert_string_equal(err, "a line that is no text");
}

static void test_fio(void **state)
{
	static const struct damage damages[] = {
		{ "3.5", "\"fast\"", "no number 'iops' for fio_read_iops", -EBADMSG },
		{ "3.5", "-3.5", "no number 'iops' for fio_read_iops", -EBADMSG },
		{ "99.000000", "98.000000", "no number '99.000000' for fio_read_clat_p99_ns",
		  -EBADMSG },
		{ "total_ios\": 0", "ios\": 0", "no number 'total_ios' for fio_write_ios",
		  -EBADMSG },
		{ "\"jobs\"", "\"job\"", "0 jobs where one was run", -EBADMSG },
		{ "[{", "[1, {", "2 jobs where one was run", -EBADMSG },
		{ "] }\n", "] }\nfio: bye\n", "line 2", -EBADMSG },
		{ "\"error\": 0", "\"error\": 5",
		  "the job failed with error 5 (Input/output error)", -EIO },
		{ "\"error\": 0", "\"error\": 1e300", "the job failed with error 1", -EIO },
		{ "{ \"fio", "[[[[ \"fio", "line 1", -EBADMSG },
	};
	static const struct tool_value want[] = {
		{ "fio_errors", 0 }, { "fio_read_ios", 7 }, { "fio_read_iops", 3.5 },
		{ "fio_read_kib_per_s", 2 }, { "fio_read_clat_mean_ns", 5.5 },
		{ "fio_read_clat_p50_ns", 4 }, { "fio_read_clat_p99_ns", 9 },
		{ "fio_runtime_ns", 3000000 },
	};
	struct cell c = { .type = WORKLOAD_FIO };
	char err[OPT_ERR_MAX];
	struct tool_values out;

	(void)state;
	assert_int_equal(tool_fio.parse(&c, json, strlen(json), &out, err), 0);
	check_values(&out, want, ROWS(want));
	run_damages(&c, json, damages, ROWS(damages));
	run_cuts(&c, json, strlen(json) - 1);
}

static void test_commands(void **state)
{
	static const struct {
		int type;
		const char *params, *has;
	} rows[] = {
		{ WORKLOAD_STRESS, "stressor=vm method=flip populate=on bytes=1M ops=3",
		  "stress-ng --vm 1 --vm-ops 3 --vm-method flip --vm-populate"
		  " --vm-bytes 1048576 " },
		{ WORKLOAD_STRESS, "stressor=bigheap bytes=64K ops=3",
		  "--bigheap 1 --bigheap-ops 3 --bigheap-growth 65536 --no-rand-seed" },
		{ WORKLOAD_STRESS, "stressor=fork ops=9", "--fork 1 --fork-ops 9 --no-rand-seed" },
		{ WORKLOAD_FIO, "rw=seqwrite", "--filename=/dev/vda --direct=1 --rw=write" },
		{ WORKLOAD_FIO, "rw=randrw target=tmpfs engine=psync bs=8K depth=2 seed=7",
		  "--filename=/tmp/fio --direct=0 --rw=randrw --ioengine=psync --bs=8192"
		  " --iodepth=2 --size=16777216 --randseed=7 " },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct opt_desc *table = workload_types[rows[i].type].params;
		struct agent a = { .cell.type = rows[i].type };
		char params[128], err[OPT_ERR_MAX], *save = NULL;
		const char *told;

		opt_defaults(table, &a.cell.p);
		snprintf(params, sizeof(params), "%s", rows[i].params);
		for (char *p = strtok_r(params, " =", &save); p; p = strtok_r(NULL, " =", &save))
			assert_int_equal(opt_set(opt_find(table, p), &a.cell.p,
						 strtok_r(NULL, " =", &save), err), 0);
		told = tool_told(&a);
		if (!strstr(told, rows[i].has) || strchr(told, '\n') != told + strlen(told) - 1)
			fail_msg("row %zu: %s", i, told);
	}
	assert_null(tool_of(&(struct cell){ .type = WORKLOAD_BOOT }));
}

/* A warm cell's guest is told what to run by the resumed machine, whose cell it then has. */
static void test_warm(void **state)
{
	struct agent a = { .cell.type = WORKLOAD_STRESS, .cell.start = START_WARM };

	(void)state;
	opt_defaults(workload_types[WORKLOAD_STRESS].params, &a.cell.p);
	saves = 0;
	assert_non_null(strstr(tool_told(&a), "--fork-ops 77 "));
	assert_int_equal(saves, 1);
	a.cell.memory_bytes = 1;
	assert_string_equal(tool_told(&a), "");
	assert_int_equal(saves, 2);
}

static void test_ends(void **state)
{
	static const struct {
		bool ended;
		double exit;
		const char *output, *message;
		enum status status;
		const char *reason;
		size_t metrics;
	} rows[] = {
		{ true, 0, json, "", STATUS_PASS, "", 8 },
		{ false, 0, json, "", STATUS_ERROR, "the guest did not run fio", 0 },
		{ true, 0, "", "", STATUS_ERROR, "results of fio: it wrote none", 0 },
		{ true, 0, "{ \"jobs\":", "", STATUS_ERROR, "results of fio: line 1: ", 0 },
		{ true, 137, "", "a\n\nfio: sorry\n\n", STATUS_FAIL,
		  "fio ended with status 137: fio: sorry", 0 },
		{ true, 1, DOC(JOB("5", SIDE("7", "1"))), "", STATUS_FAIL,
		  "fio ended with status 1", 8 },
		{ true, 0, DOC(JOB("5", SIDE("7", "1"))), "", STATUS_FAIL,
		  "fio: the job failed with error 5 (Input/output error)", 8 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct agent a = { .cell.type = WORKLOAD_FIO };
		struct tool_run t = { .ended = rows[i].ended, .exit = rows[i].exit };
		size_t half = strlen(rows[i].output) / 2;
		char err[OPT_ERR_MAX];

		emitted.nr = 0;
		tool_run_message(&t, rows[i].message, strlen(rows[i].message));
		tool_run_message(&t, "a kernel's line\n", 16);
		assert_int_equal(tool_run_output(&t, rows[i].output, half, err), 0);
		assert_int_equal(tool_run_output(&t, rows[i].output + half,
						 strlen(rows[i].output) - half, err), 0);
		tool_run_end(&a, &t);
		tool_run_free(&t);
		if (a.status != rows[i].status || emitted.nr != rows[i].metrics ||
		    strncmp(a.reason, rows[i].reason, strlen(rows[i].reason)))
			fail_msg("row %zu: %d, %s, %zu metrics", i, a.status, a.reason, emitted.nr);
	}
}

/* The VMM is gone: was the program to blame? */
static void test_lost(void **state)
{
	static const struct {
		struct tool_run t;
		enum status status;
		const char *reason;
	} rows[] = {
		{ { .started = false }, STATUS_VMM_EXIT, "gone; stress-ng had not started" },
		{ { .started = true }, STATUS_GUEST_HANG, "gone; stress-ng was running" },
		{ { .started = true, .ended = true }, STATUS_VMM_EXIT,
		  "gone; stress-ng had ended, its results did not come" },
		{ { .started = true, .ended = true, .told = true }, STATUS_SPLAT, "gone" },
		{ { .started = true, .ended = true, .told = true }, STATUS_PASS, "" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct agent a = { .cell.type = WORKLOAD_STRESS };

		if (rows[i].status != STATUS_PASS)
			agent_fail(&a, rows[i].status, "gone");
		tool_run_lost(&a, &rows[i].t);
		assert_string_equal(a.reason, rows[i].reason);
	}
}

static void test_output_bound(void **state)
{
	static char data[64 * 1024];
	struct tool_run t = { .len = 0 };
	char err[OPT_ERR_MAX];

	(void)state;
	for (size_t n = 0; n < TOOL_OUTPUT_MAX; n += sizeof(data))
		assert_int_equal(tool_run_output(&t, data, sizeof(data), err), 0);
	assert_int_equal(tool_run_output(&t, data, 1, err), -EBADMSG);
	assert_string_equal(err, "results of more than 262144 bytes");
	assert_int_equal(t.len, TOOL_OUTPUT_MAX);
	tool_run_free(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stress),
		cmocka_unit_test(test_fio),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_warm),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_output_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
