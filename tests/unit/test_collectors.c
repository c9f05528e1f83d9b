// SPDX-License-Identifier: GPL-2.0-only
/* Counters that a host does not have, or that did not always count. */
#include "agent/perfcount.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct {
	char text[4096];	/* "name=value\n" and "name: reason\n" */
	uint32_t no_type;	/* events of this type are refused */
	int refusal;
	uint64_t counter[3];	/* what a counter reads as */
} host;

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	size_t len = strlen(host.text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(host.text + len, sizeof(host.text) - len, fmt, ap);
	va_end(ap);
}

void emit_metric(struct agent *a, const char *name, double value)
{
	(void)a;
	assert_non_null(metric_find(name));
	say("%s=%.0f\n", name, value);
}

void emit_missing(struct agent *a, const char *name, const char *fmt, ...)
{
	char reason[RECORD_REASON_MAX];
	va_list ap;

	(void)a;
	assert_non_null(metric_find(name));
	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	say("%s: %s\n", name, reason);
}

void emit_remark(struct agent *a, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	(void)a;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say("# %s\n", text);
}

/* A file stands for the counter. */
static int counter_fd(void)
{
	FILE *f = tmpfile();
	int fd = dup(fileno(f));

	assert_int_equal(write(fd, host.counter, sizeof(host.counter)), sizeof(host.counter));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	fclose(f);
	return fd;
}

int perf_open_counter(uint32_t type, uint64_t config, pid_t pid)
{
	(void)config;
	(void)pid;
	return type == host.no_type ? host.refusal : counter_fd();
}

int perf_open_tracepoint(const struct tracepoint *tp, pid_t pid, int cpu, uint64_t watermark)
{
	(void)tp;
	(void)pid;
	(void)cpu;
	(void)watermark;
	return counter_fd();
}

int perf_read_counter(int fd, struct perf_value *v)
{
	*v = (struct perf_value){ .scaled = 0 };
	assert_int_equal(read(fd, v, sizeof(host.counter)), sizeof(host.counter));
	return perf_scale(v);
}

char *perf_advice(int error, char *err, size_t len)
{
	snprintf(err, len, "%s", strerror(-error));
	return err;
}

int tracefs_load(struct tracepoint *tp, char *err, size_t len)
{
	if (!strcmp(tp->name, "kvm_exit"))
		return 0;
	snprintf(err, len, "no right to %s", tp->name);
	return strcmp(tp->name, "kvm_pin") ? -EACCES : -ENOENT;
}

static void play(const struct collector *c)
{
	struct agent a = { .status = STATUS_PASS };
	void *state = calloc(1, c->state_bytes);

	assert_int_equal(c->start(&a, state), 0);
	c->stop(&a, state);
	assert_int_equal(a.status, STATUS_PASS);
	free(state);
}

static void assert_said(const char *line, bool said)
{
	if (!strstr(host.text, line) == said)
		fail_msg("'%s' %s:\n%s", line, said ? "missing" : "not wanted", host.text);
}

/* A host without hardware counters: no value, a reason, and the cell goes on. */
static void test_no_hardware(void **state)
{
	(void)state;
	memset(&host, 0, sizeof(host));
	host.no_type = PERF_TYPE_HARDWARE;
	host.refusal = -ENOENT;
	memcpy(host.counter, (uint64_t[]){ 7, 100, 100 }, sizeof(host.counter));
	play(&perf_collector);
	assert_said("instructions: No such file or directory\n", true);
	assert_said("cycles: No such file or directory\n", true);
	assert_said("cycles=", false);
	assert_said("page_faults_major=7\n", true);
	assert_said("dtlb_misses=7\n", true);
	assert_said("# ", false);
}

/* Multiplexed: scaled, and said so. Never on a counter: no value, not 0. */
static void test_multiplexed(void **state)
{
	(void)state;
	memset(&host, 0, sizeof(host));
	host.no_type = UINT32_MAX;
	memcpy(host.counter, (uint64_t[]){ 10, 300, 100 }, sizeof(host.counter));
	play(&perf_collector);
	assert_said("cycles=30\n# cycles: counted for 100 of 300 ns", true);
	memset(&host, 0, sizeof(host));
	host.no_type = UINT32_MAX;
	play(&perf_collector);
	assert_said("cycles: it was never on a counter", true);
	assert_said("cycles=", false);
}

static void test_tracepoints(void **state)
{
	(void)state;
	memset(&host, 0, sizeof(host));
	memcpy(host.counter, (uint64_t[]){ 12, 0, 0 }, sizeof(host.counter));
	play(&trace_collector);
	assert_string_equal(host.text,
			    "kvm_pin_events: this kernel has no tracepoint kvm:kvm_pin\n"
			    "kvm_pin_drop_events: no right to kvm_pin_drop\n"
			    "kvm_pin_zap_events: no right to kvm_pin_zap\n"
			    "kvm_pin_unzap_events: no right to kvm_pin_unzap\n"
			    "kvm_exit_events=12\n");
}

static void test_scale(void **state)
{
	static const struct {
		struct perf_value v;
		int ret;
		uint64_t scaled;
	} rows[] = {
		{ { .raw = 5, .enabled_ns = 10, .running_ns = 10 }, 0, 5 },
		{ { .raw = 5, .enabled_ns = 10, .running_ns = 5 }, 0, 10 },
		{ { .raw = 1, .enabled_ns = 3, .running_ns = 2 }, 0, 2 },	/* 1.5 */
		{ { .raw = 0, .enabled_ns = 3, .running_ns = 2 }, 0, 0 },
		{ { .raw = 5, .enabled_ns = 10 }, -ENODATA, 0 },
		{ { .raw = 0 }, -ENODATA, 0 },
		{ { .raw = UINT64_MAX, .enabled_ns = 7, .running_ns = 7 }, 0, UINT64_MAX },
		{ { .raw = UINT64_MAX, .enabled_ns = UINT64_MAX, .running_ns = 1 }, 0, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct perf_value v = rows[i].v;

		assert_int_equal(perf_scale(&v), rows[i].ret);
		assert_int_equal(v.scaled, rows[i].scaled);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_hardware),
		cmocka_unit_test(test_multiplexed),
		cmocka_unit_test(test_tracepoints),
		cmocka_unit_test(test_scale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
