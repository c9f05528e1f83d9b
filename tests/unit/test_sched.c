// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole runner against an agent that is made up: every way in which a cell can end, several at
 * a time, interruption, resumption and exit statuses.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mount.h>

#include "rig.h"

static const struct {
	const char *play, *status, *reason;
	int exit;
} endings[] = {
	{ "pass", "pass", "", 0 },
	{ "slow", "pass", "", 0 },
	{ "huge", "pass", "", 0 },
	{ "orphan", "pass", "", 0 },
	{ "linger", "pass", "", 0 },
	{ "fail", "fail", "asked to fail", 1 },
	{ "error", "error", "asked for an error", 1 },
	{ "warn", "splat", "WARNING", 1 },
	{ "corrupt", "corrupt", "9 of 9 pages", 1 },
	{ "exit", "host-exit", "exit status 3: the agent gives up", 1 },
	{ "panic", "host-exit", "signal 6 (Aborted)", 1 },
	{ "hang", "timeout", "no end within 0.5 s of real time; last phase: workload", 1 },
	{ "garbage", "bad-stream", "no frame starts here", 1 },
	{ "cut", "host-exit", "without an end record: exit status 0", 1 },
	{ "crc", "bad-stream", "checksum does not match", 1 },
	{ "lost", "bad-stream", "frames are missing", 1 },
	{ "oversize", "bad-stream", "frame longer than allowed", 1 },
};

static void test_endings(void **state)
{
	struct rig *r = *state;

	null_config(r, "wall_timeout = 500ms\n");
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		int status;

		setenv("FAKE_AGENT", endings[i].play, 1);
		status = matrix(r, "1");
		if (status != endings[i].exit)
			fail_msg("%s: exit status %d: %s", endings[i].play, status, r->err);
		check_cell(r, endings[i].status, endings[i].reason);
		assert_tidy(r);
		dir_remove(r->out);
	}
}

static const struct {
	const char *play, *more, *status;
	int exit;
	const char *line, *ktap;
} verdicts[] = {
	{ "corrupt", "[null]\ncorrupts = upfront\n", "xfail", 0,
	  "1 cell: 0 passed, 1 failed as expected (xfail), 0 failed: ",
	  "ok 1 v6.12-sev-64M-null # XFAIL 9 of 9 pages\n" },
	{ "corrupt", "", "corrupt", 1, "1 cell: 0 passed, 1 failed: ",
	  "not ok 1 v6.12-sev-64M-null # corrupt: 9 of 9 pages\n" },
	{ "pass", "[null]\ncorrupts = nopin, upfront\n", "fail", 1, "1 cell: 0 passed, 1 failed: ",
	  "not ok 1 v6.12-sev-64M-null # fail: must corrupt under upfront, and did not\n" },
	{ "pass", "[null]\ncorrupts = upfront\n[host]\nencrypt = off\n", "skip", 1,
	  "1 cell: 0 passed, 1 skipped, 0 failed: ",
	  "ok 1 v6.12-sev-64M-null # SKIP memory encryption is not modelled" },
	{ "pass", "[host]\nencrypt = off\n", "pass", 0, "1 cell: 1 passed, 0 failed: ",
	  "ok 1 v6.12-sev-64M-null\n" },
};

/* The row's expectation reaches status, exit status, summary and KTAP, also of a resumed run. */
static void test_verdicts(void **state)
{
	struct rig *r = *state;
	char run[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		setenv("FAKE_AGENT", verdicts[i].play, 1);
		emulated_with(r, "sev", "256M", verdicts[i].more);
		r->format = "ktap";
		assert_int_equal(matrix(r, "1"), verdicts[i].exit);
		check_cell(r, verdicts[i].status, "");
		assert_ptr_equal(strstr(r->said, "KTAP version 1\n1..1\n"), r->said);
		assert_non_null(strstr(r->said, verdicts[i].ktap));
		assert_non_null(strstr(r->err, verdicts[i].line));
		r->format = "text";
		assert_int_equal(matches(r, "2*", run, sizeof(run)), 1);
		assert_int_equal(finish(r, start(r, "--resume", run, "1")), verdicts[i].exit);
		assert_non_null(strstr(r->said, verdicts[i].line));
		dir_remove(r->out);
	}
}

static const char many[] = "repeats = 2\n[null]\noutcome = pass, fail, exit, warn\n";

/* Whatever becomes of cells, the others run; run.json and metrics.csv tell of all. */
static void test_matrix_goes_on(void **state)
{
	struct rig *r = *state;
	char path[PATH_MAX];
	json_int_t total, done, passed;
	json_t *j;

	emulated(r, "256M", many);
	assert_int_equal(matrix(r, "3"), 1);
	assert_int_equal(matches(r, "*/cells/*/[12]/cell.json", NULL, 0), 8);
	assert_int_equal(matches(r, "*/metrics.csv", NULL, 0), 1);
	assert_int_equal(matches(r, "*/run.json", path, sizeof(path)), 1);
	j = json_load_file(path, 0, NULL);
	assert_int_equal(json_unpack(j, "{s:{s:I, s:I, s:{s:I}}}", "cells", "total", &total, "done",
				     &done, "by_status", "pass", &passed), 0);
	assert_int_equal(total, 8);
	assert_int_equal(done, 8);
	assert_int_equal(passed, 2);
	assert_true(json_is_string(json_object_get(j, "ended")));
	json_decref(j);
	assert_tidy(r);
}

static void wait_for(const struct rig *r, const char *pattern)
{
	for (int i = 0; i < 500 && !matches(r, pattern, NULL, 0); i++)
		usleep(10000);
	assert_true(matches(r, pattern, NULL, 0));
}

/* No process has the lab's folder as its own any more. */
static void assert_no_process(const struct rig *r)
{
	char cwd[PATH_MAX];
	glob_t g;

	assert_int_equal(glob("/proc/[0-9]*/cwd", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		ssize_t n = readlink(g.gl_pathv[i], cwd, sizeof(cwd) - 1);

		cwd[n > 0 ? n : 0] = '\0';
		assert_null(strstr(cwd, r->lab.root));
	}
	globfree(&g);
}

static void test_interrupt_and_resume(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM };
	struct rig *r = *state;
	char path[PATH_MAX], run[PATH_MAX];
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		size_t done;

		null_config(r, "repeats = 4\n");
		setenv("FAKE_AGENT_DELAY_MS", "150", 1);
		pid = start(r, "--matrix", r->lab.conf, "1");
		wait_for(r, "*/cells/*/1/cell.json");
		kill(pid, signals[i]);
		assert_int_equal(finish(r, pid), 130);
		assert_non_null(strstr(r->err, "go on with --resume"));
		assert_tidy(r);
		assert_no_process(r);
		done = matches(r, "*/cells/*/*/cell.json", path, sizeof(path));
		assert_in_range(done, 1, 3);
		assert_int_equal(matches(r, "*/metrics.csv", NULL, 0), 1);

		assert_int_equal(matches(r, "2*", run, sizeof(run)), 1);
		setenv("FAKE_AGENT_DELAY_MS", "0", 1);
		/* what is complete is not done again: the first cell would fail now */
		setenv("FAKE_AGENT", "fail", 1);
		assert_int_equal(finish(r, start(r, "--resume", strrchr(run, '/') + 1, "1")), 1);
		assert_int_equal(matches(r, "*/cells/*/*/cell.json", NULL, 0), 4);
		unsetenv("FAKE_AGENT");
		check_cell(r, "pass", "");
		assert_tidy(r);
		/* nothing is left to do: as it stands */
		assert_int_equal(finish(r, start(r, "--resume", run, "1")), 1);
		dir_remove(r->out);
	}
}

/* A cell of which a crash of the machine left half is run again. */
static void test_damaged_cell(void **state)
{
	static const char *const damages[] = { "", "{\"status\": \"pa", "{}" };
	struct rig *r = *state;
	char run[PATH_MAX], path[PATH_MAX], err[OPT_ERR_MAX];

	null_config(r, "repeats = 2\n");
	assert_int_equal(matrix(r, "1"), 0);
	assert_int_equal(matches(r, "2*", run, sizeof(run)), 1);
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		assert_int_equal(matches(r, "*/cells/*/1/cell.json", path, sizeof(path)), 1);
		assert_int_equal(file_replace(path, damages[i], err), 0);
		assert_int_equal(finish(r, start(r, "--resume", run, "1")), 0);
		check_cell(r, "pass", "");
		assert_tidy(r);
	}
}

/* What was begun with one agent is not gone on with by another: the cells could not be compared. */
static void test_other_builds(void **state)
{
	struct rig *r = *state;
	char run[PATH_MAX], agent[PATH_MAX];
	int fd;

	null_config(r, "");
	snprintf(agent, sizeof(agent), "%s/agent", r->lab.root);
	copy(r->agent, agent);
	strcpy(r->agent, agent);
	assert_int_equal(matrix(r, "1"), 0);
	assert_int_equal(matches(r, "2*", run, sizeof(run)), 1);
	assert_int_equal(finish(r, start(r, "--resume", run, "2")), 2);
	assert_non_null(strstr(r->err, "allowed with --host local: 1"));
	strcpy(r->agent, r->runner);
	assert_int_equal(finish(r, start(r, "--resume", run, "1")), 2);
	assert_non_null(strstr(r->err, "'agent' is no longer what the run was made with"));
	strcpy(r->agent, agent);
	assert_int_equal(finish(r, start(r, "--resume", run, "1")), 0);
	fd = open(agent, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "", 1), 1);
	close(fd);
	assert_int_equal(finish(r, start(r, "--resume", run, "1")), 2);
	assert_non_null(strstr(r->err, "'agent' is no longer what the run was made with"));
}

/* What a run reads is a setting of all of it, which --resume cannot change. */
static void test_collectors(void **state)
{
	struct rig *r = *state;
	char run[PATH_MAX], *resume, *path, *names, *verb;
	json_t *j;

	null_config(r, "collectors = -npf\n");
	verb = xasprintf("--matrix=%s", r->lab.conf);
	assert_int_equal(finish(r, start(r, verb, "--collectors=proc,npf", "1")), 0);
	free(verb);
	assert_int_equal(matches(r, "2*", run, sizeof(run)), 1);
	path = xasprintf("%s/run.json", run);
	j = json_load_file(path, 0, NULL);
	names = json_dumps(json_object_get(j, "collectors"), JSON_COMPACT);
	assert_string_equal(names, "[\"npf\",\"proc\"]");
	free(names);
	json_decref(j);
	resume = xasprintf("--resume=%s", run);
	assert_int_equal(finish(r, start(r, resume, "--collectors=npf,proc", "1")), 0);
	assert_int_equal(finish(r, start(r, resume, "--collectors=all", "1")), 2);
	assert_non_null(strstr(r->err, ": npf,proc, as it was made with"));
	free(resume);
	free(path);
}

/* An agent that ignores SIGTERM is ended too; a run without a complete cell leaves nothing. */
static void test_stubborn(void **state)
{
	struct rig *r = *state;
	pid_t pid;

	null_config(r, "");
	setenv("FAKE_AGENT", "stubborn", 1);
	pid = start(r, "--matrix", r->lab.conf, "1");
	wait_for(r, "*/.tmp/*/stream.bin");
	usleep(50000);
	kill(pid, SIGINT);
	usleep(200000);
	kill(pid, SIGINT);
	assert_int_equal(finish(r, pid), 130);
	assert_no_process(r);
	assert_int_equal(matches(r, "*", NULL, 0), 0);
}

/* A runner that is killed takes its children along, and its leavings are cleared by --resume. */
static void test_killed(void **state)
{
	struct rig *r = *state;
	char run[PATH_MAX];
	pid_t pid;

	null_config(r, "repeats = 2\n");
	setenv("FAKE_AGENT", "hang", 1);
	pid = start(r, "--matrix", r->lab.conf, "1");
	wait_for(r, "*/.tmp/*/stream.bin");
	wait_for(r, "*/run.json");
	kill(pid, SIGKILL);
	assert_int_equal(finish(r, pid), -SIGKILL);
	usleep(100000);
	assert_no_process(r);
	assert_int_equal(matches(r, "2*", run, sizeof(run)), 1);
	unsetenv("FAKE_AGENT");
	assert_int_equal(finish(r, start(r, "--resume", run, "1")), 0);
	assert_tidy(r);
}

/* Two runners do not work on one run, nor measure one machine. */
static void test_locked(void **state)
{
	static const char *const verbs[] = { "--resume", "--report" };
	struct rig *r = *state;
	char run[PATH_MAX];
	pid_t pid;

	null_config(r, "repeats = 2\n");
	setenv("FAKE_AGENT", "hang", 1);
	pid = start(r, "--matrix", r->lab.conf, "1");
	wait_for(r, "*/.tmp/*/stream.bin");
	wait_for(r, "*/run.json");
	assert_int_equal(matches(r, "2*", run, sizeof(run)), 1);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		assert_int_equal(finish(r, start(r, verbs[i], run, "1")), 2);
		assert_non_null(strstr(r->err, "another runner is at work on it"));
	}
	assert_int_equal(matrix(r, "1"), 2);
	assert_non_null(strstr(r->err, "another runner measures this machine"));
	assert_int_equal(matches(r, "2*", NULL, 0), 1);
	kill(pid, SIGTERM);
	assert_int_equal(finish(r, pid), 130);
}

static void test_refused(void **state)
{
	struct rig *r = *state;

	null_config(r, "memroy = 1\n");
	assert_int_equal(matrix(r, "1"), 2);
	assert_non_null(strstr(r->err, "test.conf:6: unknown key 'memroy'"));
	null_config(r, "");
	assert_int_equal(matrix(r, "0"), 2);
	assert_non_null(strstr(r->err, "--jobs: found '0', allowed: 1 to 1024"));
	assert_int_equal(matrix(r, "2"), 2);
	assert_non_null(strstr(r->err, "--jobs: found '2', allowed with --host local: 1"));
	emulated(r, "1024G", "repeats = 2\n");
	assert_int_equal(matrix(r, "2"), 2);
	assert_non_null(strstr(r->err, "--jobs: found '2', allowed: 1 to 1, no more hosts of"));
	null_config(r, "");
	r->host = "local";
	strcpy(r->agent, "/nonexistent/agent");
	assert_int_equal(matrix(r, "1"), 2);
	assert_non_null(strstr(r->err, "/nonexistent/agent: No such file or directory: run make"));
	assert_int_equal(finish(r, start(r, "--resume", "none", "1")), 2);
	assert_non_null(strstr(r->err, "no run 'none'"));
	assert_int_equal(finish(r, start(r, "--frobnicate", "x", "1")), 2);
	assert_non_null(strstr(r->err, "--frobnicate is unknown"));
	assert_int_equal(access(r->out, F_OK), -1);
	fixture_write(&r->lab, "out", "a file, not a folder");
	strcpy(r->agent, r->runner);
	assert_int_equal(matrix(r, "1"), 2);
	assert_non_null(strstr(r->err, "out"));
}

/* Two runs within a second have names of their own. */
static void test_names(void **state)
{
	struct rig *r = *state;

	null_config(r, "");
	for (int i = 0; i < 3; i++)
		assert_int_equal(matrix(r, "1"), 0);
	assert_int_equal(matches(r, "2*-test*", NULL, 0), 3);
}

static void test_full_disk(void **state)
{
	static const struct { const char *size, *play; } disks[] = {
		{ "size=64k", "pass" },		/* no room for a cell */
		{ "size=3m", "huge" },		/* it breaks in the middle */
	};
	struct rig *r = *state;
	char err[OPT_ERR_MAX];

	null_config(r, "");
	assert_int_equal(dir_make(r->out, err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		if (mount("tmpfs", r->out, "tmpfs", 0, disks[i].size))
			skip();
		setenv("FAKE_AGENT", disks[i].play, 1);
		assert_int_equal(matrix(r, "1"), 2);
		if (!strstr(r->err, "No space left on device") || strchr(r->err, '\n')[1])
			fail_msg("%s: %s", disks[i].size, r->err);
		assert_int_equal(matches(r, "*", NULL, 0), 2);	/* . and .. */
		umount(r->out);
	}
}

static size_t shell_folders(void)
{
	size_t n = 0;
	glob_t g;

	if (!glob("/var/tmp/pinlab-shell.*", 0, NULL, &g)) {
		n = g.gl_pathc;
		globfree(&g);
	}
	return n;
}

/* Whoever ends a shell's runner ends its emulator; the initrd has no name while it runs. */
static void test_shell(void **state)
{
	static const struct { int signal, status; } ends[] = {
		{ SIGINT, 130 }, { SIGTERM, 130 }, { SIGHUP, 130 }, { SIGKILL, -SIGKILL },
	};
	struct rig *r = *state;
	char *emulator = xasprintf("case $* in *version*) exit ;; esac\n"
				   "while [ $1 != -initrd ]; do shift; done\n"
				   "cd %s && mkdir out && cp $2 out/initrd && : >out/ready\n"
				   "exec sleep 60", r->lab.root);
	char initrd[PATH_MAX], *text, err[OPT_ERR_MAX];

	emulated(r, "256M", "");
	fixture_script(&r->lab, "built/bin/qemu-system-x86_64", emulator);
	fixture_write(&r->lab, "built/host.cpio", "HOST");
	fixture_write(&r->lab, "built/qemu.cpio", "QEMU");
	fixture_write(&r->lab, "built/selftests.cpio", "");
	fixture_write(&r->lab, "built/bzImage", "");
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t before = shell_folders();
		pid_t pid = start(r, "--shell", "v6.12", "1");

		wait_for(r, "ready");
		assert_int_equal(shell_folders(), before);
		assert_int_equal(matches(r, "initrd", initrd, sizeof(initrd)), 1);
		assert_int_equal(file_read(initrd, &text, err), 0);
		assert_memory_equal(text, "HOSTQEMU", 8);
		free(text);
		kill(pid, ends[i].signal);
		assert_int_equal(finish(r, pid), ends[i].status);
		usleep(100000);
		assert_no_process(r);
		dir_remove(r->out);
	}
	free(emulator);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_endings, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_verdicts, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_matrix_goes_on, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_interrupt_and_resume, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_collectors, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_damaged_cell, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_other_builds, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_stubborn, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_killed, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_locked, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_refused, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_shell, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_names, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_full_disk, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
