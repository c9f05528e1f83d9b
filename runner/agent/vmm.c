// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define GRACE_NS	10000000000ULL	/* for the VMM to end, and 1 ns a byte to free */
#define PAUSE_POLL_NS	100000L

void vmm_arg(struct agent *a, const char *fmt, ...)
{
	struct vmm *v = &a->vmm;
	char *arg = NULL;
	va_list ap;
	int n = 0;

	va_start(ap, fmt);
	if (vasprintf(&arg, fmt, ap) < 0)
		arg = NULL;
	va_end(ap);
	while (v->argv[n])
		n++;
	if (arg && n < VMM_ARGS_MAX - 1)
		v->argv[n] = arg;
}

void vmm_keep(struct agent *a, int fd)
{
	if (a->vmm.nr_keep < VMM_KEEP_MAX)
		a->vmm.keep[a->vmm.nr_keep++] = fd;
}

static void vmm_kill(struct agent *a, int sig)
{
	if (a->vmm.pid > 0)
		kill(a->vmm.pid, sig);
}

static uint64_t grace_ns(const struct agent *a)
{
	return GRACE_NS + a->cell.memory_bytes;
}

void vmm_expect_end(struct agent *a)
{
	a->vmm.stop_asked = true;
	a->deadline_ns = now_ns() + grace_ns(a);
}

void vmm_stop(struct agent *a)
{
	vmm_expect_end(a);
	vmm_kill(a, SIGTERM);
	vmm_resume(a);	/* it may be paused */
}

void vmm_abort(struct agent *a)
{
	vmm_expect_end(a);
	vmm_kill(a, SIGKILL);
}

int vmm_pause(struct agent *a)
{
	const struct timespec wait = { .tv_nsec = PAUSE_POLL_NS };
	uint64_t end_ns = now_ns() + grace_ns(a);
	siginfo_t si = { .si_pid = 0 };

	if (a->vmm.pid <= 0)
		return -1;
	kill(a->vmm.pid, SIGSTOP);
	while (!waitid(P_PID, a->vmm.pid, &si, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) &&
	       !si.si_pid && now_ns() < end_ns)
		nanosleep(&wait, NULL);
	return si.si_pid ? 0 : agent_fail(a, STATUS_ERROR, "the VMM cannot be stopped");
}

void vmm_resume(struct agent *a)
{
	vmm_kill(a, SIGCONT);
}

/*
 * Waits for the go, so that perf can be attached to it first. The agent's ends of the pipes must
 * not stay open here: they would keep the end of file away.
 */
static void child(const struct vmm *v, pid_t agent, const int go[2], const int log[2])
{
	int null = open("/dev/null", O_RDONLY);
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(go[1]);
	close(log[0]);
	if (getppid() != agent || read(go[0], &byte, 1) != 1)
		_exit(127);
	dup2(null, 0);
	dup2(log[1], 1);
	dup2(log[1], 2);
	for (int i = 0; i < v->nr_keep; i++)
		fcntl(v->keep[i], F_SETFD, 0);
	execv(v->argv[0], (char *const *)v->argv);
	dprintf(2, "%s: %s\n", v->argv[0], strerror(errno));
	_exit(127);
}

static int output_readable(struct agent *a, int fd, void *data)
{
	struct vmm *v = data;
	char text[4096], *line, *save = NULL;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	emit_log(a, LOG_VMM, text, n);
	for (line = strtok_r(text, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save))
		snprintf(v->last_line, sizeof(v->last_line), "%.200s", line);
	return 0;
}

static int sample_due(struct agent *a, int fd, void *data)
{
	uint64_t ticks;

	(void)data;
	if (read(fd, &ticks, sizeof(ticks)) == sizeof(ticks))
		collect_sample(a);
	return 0;
}

static int exited(struct agent *a, int fd, void *data)
{
	(void)a;
	(void)fd;
	*(bool *)data = true;
	return -1;
}

static int sampler_open(struct agent *a)
{
	int64_t ns = a->cell.sample_interval_ns;
	struct itimerspec every = {
		.it_interval = { ns / 1000000000, ns % 1000000000 },
		.it_value = { ns / 1000000000, ns % 1000000000 },
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &every, NULL))
		return agent_fail(a, STATUS_ERROR, "timerfd: %s", strerror(errno));
	return fd;
}

/* Forks the VMM up to its execve(); returns the pipe for the go, or -1. */
static int vmm_fork(struct agent *a, int *out)
{
	pid_t agent = getpid();
	int go[2], log[2];

	if (pipe2(go, O_CLOEXEC) || pipe2(log, O_CLOEXEC))
		return agent_fail(a, STATUS_ERROR, "pipe: %s", strerror(errno));
	a->vmm.pid = fork();
	if (a->vmm.pid < 0)
		return agent_fail(a, STATUS_ERROR, "fork: %s", strerror(errno));
	if (a->vmm.pid == 0)
		child(&a->vmm, agent, go, log);
	close(go[0]);
	close(log[1]);
	for (int i = 0; i < a->vmm.nr_keep; i++)
		close(a->vmm.keep[i]);
	fcntl(log[0], F_SETFL, O_NONBLOCK);	/* a child left behind may hold the other end */
	*out = log[0];
	return go[1];
}

static void reap(struct agent *a)
{
	while (waitpid(a->vmm.pid, &a->vmm.wait_status, 0) < 0 && errno == EINTR)
		;
	a->vmm.pid = 0;
}

static void check_exit(struct agent *a)
{
	const struct vmm *v = &a->vmm;
	const char *name = strrchr(v->argv[0], '/') + 1, *last = v->last_line;

	if (a->status != STATUS_PASS || v->stop_asked)
		return;
	if (WIFSIGNALED(v->wait_status))
		agent_fail(a, STATUS_VMM_EXIT, "%s died of signal %d (%s)%s%.120s", name,
			   WTERMSIG(v->wait_status), strsignal(WTERMSIG(v->wait_status)),
			   last[0] ? ": " : "", last);
	else if (v->measured)
		agent_fail(a, STATUS_VMM_EXIT, "%s ended with status %d before the workload did%s%s"
			   "%.120s", name, WEXITSTATUS(v->wait_status),
			   WEXITSTATUS(v->wait_status) ? "" : " (the guest powered off or died)",
			   last[0] ? ": " : "", last);
}

/* Returns whether it is gone. */
static bool kill_and_wait(struct agent *a, int pidfd, const bool *gone)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	vmm_kill(a, SIGKILL);
	a->deadline_ns = now_ns() + grace_ns(a);
	loop_run(a, gone);
	/* With its channel broken the loop does not wait. */
	return *gone || poll(&p, 1, a->out_error ? grace_ns(a) / 1000000 : 0) > 0;
}

/* Returns whether it is gone and can be reaped. */
static bool wait_for_end(struct agent *a, int pidfd, const bool *gone)
{
	bool late = loop_run(a, gone) == -ETIME, asked = a->vmm.stop_asked, dead;

	if (late && !asked)
		emit_phase(a, PHASE_TEARDOWN, now_ns());
	dead = *gone || kill_and_wait(a, pidfd, gone);
	if (!dead)
		agent_fail(a, STATUS_ERROR, "the VMM cannot be killed");
	if (late && asked)
		agent_fail(a, STATUS_GUEST_HANG, "the VMM did not end when it was asked to");
	else if (late)
		agent_fail(a, STATUS_GUEST_HANG, "no end within %lld ms of the host's time",
			   (long long)a->cell.timeout_ns / 1000000);
	return dead;
}

static int vmm_start(struct agent *a, int go)
{
	struct vmm *v = &a->vmm;

	if (v->measured) {
		if (collect_start(a))
			return -1;
		collect_mark(a, MARK_START);
		v->timer_fd = sampler_open(a);
		if (v->timer_fd < 0 || loop_add(a, v->timer_fd, sample_due, NULL))
			return -1;
		emit_phase(a, PHASE_DEFINE, now_ns());
	}
	a->deadline_ns = now_ns() + a->cell.timeout_ns;
	return write(go, "g", 1) == 1 ? 0 : agent_fail(a, STATUS_ERROR, "the VMM did not start");
}

/* What it sent last may still be in its pipes. */
static void read_rest(struct agent *a)
{
	if (a->vmm.measured)
		loop_remove(a, a->vmm.timer_fd);
	loop_flush(a);
}

int vmm_run(struct agent *a)
{
	bool gone = false, started;
	int pidfd, out = -1, go = vmm_fork(a, &out);

	if (go < 0)
		return -1;
	pidfd = syscall(SYS_pidfd_open, a->vmm.pid, 0);
	if (pidfd < 0)
		agent_fail(a, STATUS_ERROR, "pidfd_open: %s", strerror(errno));
	started = pidfd >= 0 && !loop_add(a, pidfd, exited, &gone) &&
		  !loop_add(a, out, output_readable, &a->vmm) && !vmm_start(a, go);
	close(go);	/* with no go given, the child ends */
	if (!started) {
		reap(a);
		return -1;
	}
	if (!wait_for_end(a, pidfd, &gone)) {
		read_rest(a);
		return -1;
	}
	if (a->vmm.measured)
		emit_phase(a, PHASE_LEAK_CHECK, now_ns());
	reap(a);
	read_rest(a);
	check_exit(a);
	if (a->vmm.measured) {
		collect_stop(a);
		collect_mark(a, MARK_GONE);
		emit_phase(a, PHASE_DONE, now_ns());
	}
	close(pidfd);
	close(out);
	return a->status == STATUS_PASS ? 0 : -1;
}
