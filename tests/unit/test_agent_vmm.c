// SPDX-License-Identifier: GPL-2.0-only
/* Start, pause and end of the process under test; a shell plays the VMM. */
#include "agent/loop.c"
#include "agent/vmm.c"

#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

#include "agent_stub.h"

#define LIMIT_S	20	/* a hang is a failure */

static int start_ret;
static void (*on_sample)(struct agent *a);

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void emit_phase(struct agent *a, enum phase phase, uint64_t t_ns)
{
	(void)a;
	(void)phase;
	(void)t_ns;
}

void emit_log(struct agent *a, enum log_stream stream, const char *text, size_t len)
{
	(void)a;
	(void)stream;
	(void)text;
	(void)len;
}

int collect_start(struct agent *a)
{
	return start_ret ? agent_fail(a, STATUS_ERROR, "no collector") : 0;
}

void collect_sample(struct agent *a)
{
	if (on_sample && !a->vmm.stop_asked && a->vmm.last_line[0])
		on_sample(a);
}

void collect_mark(struct agent *a, enum mark mark)
{
	(void)a;
	(void)mark;
}

void collect_stop(struct agent *a)
{
	(void)a;
}

/* Runs `sh -c script` as a measured VMM; returns what vmm_run() does. */
static int run(struct agent *a, const char *script, void (*sample)(struct agent *a))
{
	static struct loop loop;
	int ret;

	memset(a, 0, sizeof(*a));
	memset(&loop, 0, sizeof(loop));
	a->loop = &loop;
	a->cell.sample_interval_ns = 10000000;
	a->cell.timeout_ns = 10000000000;
	a->vmm.measured = true;
	on_sample = sample;
	vmm_arg(a, "/bin/sh");
	vmm_arg(a, "-c");
	vmm_arg(a, "%s", script);
	alarm(LIMIT_S);
	ret = vmm_run(a);
	alarm(0);
	for (int i = 0; a->vmm.argv[i]; i++)
		free((void *)a->vmm.argv[i]);
	return ret;
}

static void test_start_fails(void **state)
{
	struct agent a;

	(void)state;
	start_ret = -1;
	assert_int_equal(run(&a, "echo never", NULL), -1);
	start_ret = 0;
	assert_string_equal(a.reason, "no collector");
	assert_string_equal(a.vmm.last_line, "");
	assert_int_equal(WEXITSTATUS(a.vmm.wait_status), 127);
}

static void test_ends_early(void **state)
{
	struct agent a;

	(void)state;
	assert_int_equal(run(&a, "echo sorry; exit 3", NULL), -1);
	assert_int_equal(a.status, STATUS_VMM_EXIT);
	assert_string_equal(a.reason, "sh ended with status 3 before the workload did: sorry");
}

static void pause_and_stop(struct agent *a)
{
	char path[64], text[256] = "";
	FILE *f;

	assert_int_equal(vmm_pause(a), 0);
	snprintf(path, sizeof(path), "/proc/%d/stat", a->vmm.pid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_non_null(strstr(text, ") T "));
	vmm_stop(a);
}

static void test_pause(void **state)
{
	struct agent a;

	(void)state;
	assert_int_equal(run(&a, "echo up; exec sleep 60", pause_and_stop), 0);
	assert_int_equal(a.status, STATUS_PASS);
	assert_int_equal(WTERMSIG(a.vmm.wait_status), SIGTERM);
}

static void stop_soon(struct agent *a)
{
	vmm_stop(a);
	a->deadline_ns = now_ns() + 100000000;
}

static void test_will_not_end(void **state)
{
	struct agent a;

	(void)state;
	assert_int_equal(run(&a, "trap '' TERM; echo up; exec sleep 60", stop_soon), -1);
	assert_int_equal(a.status, STATUS_GUEST_HANG);
	assert_string_equal(a.reason, "the VMM did not end when it was asked to");
	assert_int_equal(WTERMSIG(a.vmm.wait_status), SIGKILL);
}

static void fail_and_abort(struct agent *a)
{
	agent_fail(a, STATUS_ERROR, "bad stream");
	vmm_abort(a);
}

static void test_abort(void **state)
{
	struct agent a;

	(void)state;
	assert_int_equal(run(&a, "trap '' TERM; echo up; exec sleep 60", fail_and_abort), -1);
	assert_string_equal(a.reason, "bad stream");
	assert_int_equal(WTERMSIG(a.vmm.wait_status), SIGKILL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_fails),
		cmocka_unit_test(test_ends_early),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_will_not_end),
		cmocka_unit_test(test_abort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
