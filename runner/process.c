// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

static void set_limit(int which, int64_t bytes)
{
	struct rlimit l = { .rlim_cur = bytes, .rlim_max = bytes };

	if (bytes)
		setrlimit(which, &l);
}

static void exec_child(const struct strv *argv, const char *dir, int log_fd, int stream_fd,
		       const struct process_limits *limits, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	dup2(null, 0);
	dup2(log_fd, 1);
	dup2(log_fd, 2);
	/* dup2() onto itself would leave O_CLOEXEC on. */
	if (stream_fd == PROCESS_STREAM_FD)
		fcntl(stream_fd, F_SETFD, 0);
	else if (stream_fd >= 0)
		dup2(stream_fd, PROCESS_STREAM_FD);
	set_limit(RLIMIT_AS, limits->memory_bytes);
	set_limit(RLIMIT_FSIZE, limits->file_bytes);
	if (!chdir(dir))
		execvp(argv->v[0], argv->v);
	dprintf(2, "%s: %s\n", argv->v[0], strerror(errno));
	_exit(127);
}

int process_start(const struct strv *argv, const char *dir, const char *log, int stream_fd,
		  const struct process_limits *limits, pid_t *pid, char *err)
{
	char *path = xasprintf("%s/%s", dir, log);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), ret = 0;
	pid_t parent = getpid();

	if (fd < 0) {
		ret = errf(err, -errno, "%s: %s", path_shown(path), strerror(errno));
		goto out_free_path;
	}
	fflush(NULL);
	*pid = fork();
	if (*pid == 0)
		exec_child(argv, dir, fd, stream_fd, limits, parent);
	if (*pid < 0)
		ret = errf(err, -errno, "%s: cannot start it: %s", argv->v[0], strerror(errno));
	else
		setpgid(*pid, *pid);	/* in both, so that neither waits for the other */
	close(fd);
out_free_path:
	free(path);
	return ret;
}

void process_signal(pid_t pid, int sig)
{
	kill(-pid, sig);
}

bool process_ended(pid_t pid, int *status)
{
	siginfo_t info = { .si_pid = 0 };

	/* The zombie holds the group's id until it is reaped: the signal cannot hit a stranger. */
	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT | WNOHANG) || !info.si_pid)
		return false;
	process_signal(pid, SIGKILL);
	return waitpid(pid, status, 0) == pid;
}

char *process_status_text(int status, char *buf, size_t len)
{
	if (WIFSIGNALED(status))
		snprintf(buf, len, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(buf, len, "exit status %d", WEXITSTATUS(status));
	return buf;
}
