// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "process.h"
#include "progress.h"
#include "sched.h"
#include "task.h"

#define TICK_NS		100000000
#define DISK_MIN_BYTES	(1 << 20)	/* with less, no cell is started */

static const int waited_signals[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP };

struct sched {
	struct run *run;
	struct host *host;
	const struct estimates *estimates;
	struct progress progress;
	struct task *tasks;		/* run->jobs slots */
	size_t running;
	size_t next;			/* execution to look at: repeat by repeat, cell by cell */
	bool stopping;
	int error;			/* why nothing more can be written */
	char *err;
};

static void waited_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(waited_signals); i++)
		sigaddset(set, waited_signals[i]);
}

int signals_open(void)
{
	sigset_t set;
	int fd;

	waited_set(&set);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &set, NULL);
	return fd;
}

void signals_close(int signal_fd)
{
	sigset_t set;

	close(signal_fd);
	waited_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

bool signals_stop(int signal_fd)
{
	struct signalfd_siginfo info;
	bool stop = false;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
		stop |= info.ssi_signo != SIGCHLD;
	return stop;
}

static void stop_all(struct sched *s, const char *reason)
{
	for (int i = 0; i < s->run->jobs; i++) {
		struct task *t = &s->tasks[i];

		if (!t->child.pid)
			continue;
		if (s->stopping && !t->signals)
			t->signals = 1;		/* asked twice: no more patience */
		t->next_signal_s = 0;
		task_stop(t, STATUS_INTERRUPTED, reason);
		task_tick(t);
	}
	s->stopping = true;
}

/* Remember the first error; without results there is no use in going on. */
static void give_up(struct sched *s, int error, const char *err)
{
	if (s->error)
		return;
	s->error = error;
	snprintf(s->err, OPT_ERR_MAX, "%s", err);
	stop_all(s, err);
}

static bool next_execution(struct sched *s, const struct cell **cell, int *repeat)
{
	const struct plan *p = &s->run->plan;

	for (; s->next < p->nr * p->repeats; s->next++) {
		*cell = &p->cells[s->next % p->nr];
		*repeat = s->next / p->nr + 1;
		if (!run_has(s->run, *cell, *repeat))
			return true;
	}
	return false;
}

static void start_more(struct sched *s)
{
	const struct cell *cell;
	char err[OPT_ERR_MAX];
	int repeat, ret;

	for (int i = 0; i < s->run->jobs && !s->stopping; i++) {
		struct task *t = &s->tasks[i];

		if (t->child.pid || !next_execution(s, &cell, &repeat))
			continue;
		if (disk_free_bytes(s->run->dir) < DISK_MIN_BYTES)
			ret = errf(err, -ENOSPC, "%s: %s", path_shown(s->run->dir),
				   strerror(ENOSPC));
		else
			ret = task_start(t, s->run, s->host, cell, repeat, err);
		if (ret) {
			give_up(s, ret, err);
			return;
		}
		t->estimate_s = estimate_s(s->estimates, cell);
		s->running++;
		s->next++;
	}
}

static void look_after(struct sched *s)
{
	char err[OPT_ERR_MAX];

	for (int i = 0; i < s->run->jobs; i++) {
		struct task *t = &s->tasks[i];
		int ret;

		if (!t->child.pid)
			continue;
		if (t->stream_fd >= 0)
			task_read(t);
		if (t->copy_error)
			task_stop(t, STATUS_INTERRUPTED, "its records cannot be written");
		task_tick(t);
		ret = task_reap(t, s->run, s->host, s->stopping, err);
		if (!ret)
			continue;
		if (ret > 0 && !s->stopping)
			progress_done(&s->progress, t);
		task_free(t);
		s->running--;
		if (ret < 0)
			give_up(s, ret, err);
	}
}

/* What is left to do, as far as earlier runs tell. */
static double left_s(const struct sched *s)
{
	const struct plan *p = &s->run->plan;
	double sum = 0;

	for (size_t i = s->next; i < p->nr * p->repeats; i++) {
		double one = estimate_s(s->estimates, &p->cells[i % p->nr]);

		if (one < 0)
			return ESTIMATE_NONE;
		sum += one;
	}
	for (int i = 0; i < s->run->jobs; i++) {
		const struct task *t = &s->tasks[i];
		double elapsed = now_s() - t->start_s;

		if (!t->child.pid)
			continue;
		if (t->estimate_s < 0)
			return ESTIMATE_NONE;
		if (t->estimate_s > elapsed)
			sum += t->estimate_s - elapsed;
	}
	return sum / s->run->jobs;
}

static void wait_for_news(struct sched *s, int signal_fd, int timer_fd)
{
	struct pollfd *p = xrealloc(NULL, s->run->jobs + 2, sizeof(*p));
	uint64_t ticks;
	size_t n = 0;

	p[n++] = (struct pollfd){ .fd = signal_fd, .events = POLLIN };
	p[n++] = (struct pollfd){ .fd = timer_fd, .events = POLLIN };
	for (int i = 0; i < s->run->jobs; i++)
		if (s->tasks[i].child.pid && s->tasks[i].copy_fd >= 0)
			p[n++] = (struct pollfd){ .fd = s->tasks[i].stream_fd, .events = POLLIN };
	poll(p, n, -1);
	if (read(timer_fd, &ticks, sizeof(ticks)) < 0)
		ticks = 0;	/* not due yet */
	free(p);
}

int sched_run(struct run *r, struct host *h, const struct estimates *e, int signal_fd, char *err)
{
	struct sched s = { .run = r, .host = h, .estimates = e, .err = err };
	struct itimerspec tick = { { 0, TICK_NS }, { 0, TICK_NS } };
	int timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (timer_fd < 0)
		return errf(err, -errno, "timerfd: %s", strerror(errno));
	timerfd_settime(timer_fd, 0, &tick, NULL);
	s.tasks = xrealloc(NULL, r->jobs, sizeof(*s.tasks));
	for (int i = 0; i < r->jobs; i++)
		s.tasks[i] = (struct task){ .stream_fd = -1, .copy_fd = -1 };
	progress_open(&s.progress, r->plan.nr * r->plan.repeats, run_done(r));

	start_more(&s);
	while (s.running) {
		if (progress_due(&s.progress))
			progress_draw(&s.progress, s.tasks, r->jobs, left_s(&s));
		wait_for_news(&s, signal_fd, timer_fd);
		if (signals_stop(signal_fd))
			stop_all(&s, "stopped by the user");
		look_after(&s);
		start_more(&s);
	}
	progress_clear(&s.progress);
	free(s.tasks);
	close(timer_fd);
	return s.error ? s.error : s.stopping ? -EINTR : 0;
}
