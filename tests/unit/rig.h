// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole runner with a lab of its own and an agent that is made up. Runner and fake agent are
 * those of the build folder that the test is in.
 */
#ifndef PINLAB_TEST_RIG_H
#define PINLAB_TEST_RIG_H

#include <fcntl.h>
#include <glob.h>
#include <jansson.h>
#include <sys/wait.h>

#include "fixture.h"

struct rig {
	struct fixture lab;
	char runner[128], agent[PATH_MAX], out[128];
	const char *host, *format;
	char said[4096], err[4096];	/* stdout and stderr of the last run */
};

static inline void copy(const char *from, const char *to)
{
	char err[OPT_ERR_MAX];
	int fd = open(to, O_WRONLY | O_CREAT, 0755);

	assert_int_equal(file_append(fd, from, err), 0);
	close(fd);
}

static inline int rig_setup(void **state)
{
	char build[PATH_MAX] = "", *path;
	struct rig *r = xrealloc(NULL, 1, sizeof(*r));
	void *lab;

	memset(r, 0, sizeof(*r));
	fixture_setup(&lab);
	r->lab = *(struct fixture *)lab;
	free(lab);
	assert_true(readlink("/proc/self/exe", build, sizeof(build) - 1) > 0);
	*strrchr(build, '/') = '\0';
	*strrchr(build, '/') = '\0';
	fixture_write(&r->lab, "runner/README", "");
	snprintf(r->runner, sizeof(r->runner), "%s/runner/runner", r->lab.root);
	snprintf(r->out, sizeof(r->out), "%s/out", r->lab.root);
	path = xasprintf("%s/runner", build);
	copy(path, r->runner);
	free(path);
	path = xasprintf("%s/fake-agent", build);
	snprintf(r->agent, sizeof(r->agent), "%s", path);
	free(path);
	r->host = "local";
	r->format = "text";
	unsetenv("FAKE_AGENT");
	unsetenv("FAKE_AGENT_DELAY_MS");
	setenv("PINLAB_LOCK", r->lab.root, 1);	/* not to meet other tests of this machine */
	*state = r;
	return 0;
}

static inline int rig_teardown(void **state)
{
	struct rig *r = *state;

	dir_remove(r->lab.root);
	free(r);
	return 0;
}

static inline pid_t start(struct rig *r, const char *verb, const char *arg, const char *jobs)
{
	char *log = xasprintf("%s/stderr", r->lab.root), *out = xasprintf("%s/stdout", r->lab.root);
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	int out_fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	pid_t pid = fork();

	if (pid == 0) {
		dup2(out_fd, 1);
		dup2(fd, 2);
		execl(r->runner, r->runner, verb, arg, "--host", r->host, "--agent", r->agent, "-o",
		      r->out, "--no-plots", "-j", jobs, "--format", r->format, NULL);
		_exit(99);
	}
	close(fd);
	close(out_fd);
	free(log);
	free(out);
	return pid;
}

static inline void read_back(const struct rig *r, const char *name, char *to, size_t len)
{
	char *path = xasprintf("%s/%s", r->lab.root, name), *text, err[OPT_ERR_MAX];

	assert_int_equal(file_read(path, &text, err), 0);
	snprintf(to, len, "%s", text);
	free(text);
	free(path);
}

static inline int finish(struct rig *r, pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	read_back(r, "stderr", r->err, sizeof(r->err));
	read_back(r, "stdout", r->said, sizeof(r->said));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline void null_config(struct rig *r, const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text), "[matrix]\nkernels = running\nguests = host\nmemory = 64M\n"
		 "workloads = null\n%s", more);
	fixture_write(&r->lab, "test.conf", text);
}

/* An emulated host whose emulator is the fake agent, and a config for it. */
static inline void emulated_with(struct rig *r, const char *guest, const char *memory,
				 const char *more)
{
	char *builds = xasprintf("echo %s/built", r->lab.root), text[1024];
	char *emulator = xasprintf("case $* in *version*) exit ;; esac\n"
				   "exec %s --cell cell.ini --fd 3 3>stream.bin", r->agent);

	fixture_script(&r->lab, "emulator/build.sh", builds);
	fixture_script(&r->lab, "bench/build.sh", builds);
	fixture_script(&r->lab, "kernels/build.sh", builds);
	fixture_script(&r->lab, "built/bin/qemu-system-x86_64", emulator);
	fixture_write(&r->lab, "built/host.cpio", "");
	fixture_write(&r->lab, "built/modules.cpio", "");
	snprintf(text, sizeof(text), "[matrix]\nkernels = v6.12\nguests = %s\nmemory = 64M\n"
		 "workloads = null\nhost_memory = %s\n%s", guest, memory, more);
	fixture_write(&r->lab, "test.conf", text);
	r->host = "emulated";
	free(builds);
	free(emulator);
}

static inline void emulated(struct rig *r, const char *memory, const char *more)
{
	emulated_with(r, "host", memory, more);
}

static inline int matrix(struct rig *r, const char *jobs)
{
	return finish(r, start(r, "--matrix", r->lab.conf, jobs));
}

/* The files below the results folder that match; the count. */
static inline size_t matches(const struct rig *r, const char *pattern, char *first, size_t len)
{
	char *path = xasprintf("%s/%s", r->out, pattern);
	size_t n = 0;
	glob_t g;

	if (!glob(path, GLOB_PERIOD, NULL, &g)) {
		n = g.gl_pathc;
		if (first)
			snprintf(first, len, "%s", g.gl_pathv[0]);
		globfree(&g);
	}
	free(path);
	return n;
}

static inline void assert_tidy(const struct rig *r)
{
	assert_int_equal(matches(r, "*/.tmp", NULL, 0), 0);
	assert_int_equal(matches(r, "*/*.[0-9]*", NULL, 0), 0);
}

static inline void check_cell(const struct rig *r, const char *status, const char *reason)
{
	char path[PATH_MAX];
	json_t *j;

	assert_int_equal(matches(r, "*/cells/*/1/cell.json", path, sizeof(path)), 1);
	j = json_load_file(path, 0, NULL);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "status")), status);
	if (!strstr(json_string_value(json_object_get(j, "reason")), reason))
		fail_msg("reason: %s", json_string_value(json_object_get(j, "reason")));
	json_decref(j);
}

#endif
