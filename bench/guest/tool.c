// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/record.h"
#include "tool.h"

#define RESULT		"/result"	/* not in /tmp, which fio may fill */
#define MESSAGES	"/messages"
#define ARGS_MAX	64
#define CHUNK		(64 * 1024)
#define NOT_RUN		127

static char command[4096];	/* that the host sent, with its newline */

static uint64_t boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void send_number(struct frame_writer *out, const char *name, double value)
{
	struct record_metric m = { .value = value };

	snprintf(m.name, sizeof(m.name), "%s", name);
	frame_write(out, RECORD_METRIC, &m, sizeof(m), NULL, 0);
}

void tool_wait(struct frame_writer *out)
{
	struct record_gate gate = { .phase = PHASE_USERSPACE };
	size_t len = 0;

	frame_write(out, RECORD_GATE, &gate, sizeof(gate), NULL, 0);
	while (len < sizeof(command) - 1 && !memchr(command, '\n', len)) {
		ssize_t n = read(out->fd, command + len, sizeof(command) - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		len += n;
	}
}

/* Its words; false if there are none. */
static bool split(char *text, char *argv[ARGS_MAX])
{
	char *save = NULL, *word = strtok_r(text, " \n", &save);
	int n = 0;

	for (; word && n < ARGS_MAX - 1; word = strtok_r(NULL, " \n", &save))
		argv[n++] = word;
	argv[n] = NULL;
	return n;
}

static void child(char *const argv[])
{
	static const char *const env[] = { "PATH=/bin", "HOME=/", "LC_ALL=C", NULL };
	int in = open("/dev/null", O_RDONLY), to = open(MESSAGES, O_WRONLY | O_CREAT, 0600);
	char path[64];

	dup2(in, 0);
	dup2(to, 1);
	dup2(to, 2);
	snprintf(path, sizeof(path), "/bin/%s", argv[0]);
	execve(path, argv, (char *const *)env);
	dprintf(2, "%s: %s\n", path, strerror(errno));
	_exit(NOT_RUN);
}

void tool_run(struct frame_writer *out)
{
	char *argv[ARGS_MAX];
	uint64_t start_ns;
	int status = 0;
	pid_t pid;

	if (!split(command, argv))
		return;
	start_ns = boot_ns();
	pid = fork();
	if (!pid)
		child(argv);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	send_number(out, "tool_guest_ns", boot_ns() - start_ns);
	send_number(out, "tool_exit", pid < 0 ? NOT_RUN : WIFSIGNALED(status) ?
		    128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static void send_file(struct frame_writer *out, const char *path, enum record_type type)
{
	static char text[CHUNK];
	struct record_log log = { .stream = LOG_GUEST };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	do {	/* an empty record, if there is nothing: what comes next is something else */
		n = fd < 0 ? 0 : read(fd, text, sizeof(text));
		frame_write(out, type, &log, type == RECORD_LOG ? sizeof(log) : 0, text,
			    n > 0 ? n : 0);
	} while (n > 0);
	if (fd >= 0)
		close(fd);
}

void tool_send(struct frame_writer *out)
{
	send_file(out, MESSAGES, RECORD_LOG);
	send_file(out, RESULT, RECORD_OUTPUT);
}
