// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "reuse.h"
#include "task.h"

#define GRACE_S		30.0	/* for a host to power off after the end record */
#define SIGTERM_S	3.0	/* from SIGTERM to SIGKILL */
#define NEVER_S		1e300

/* A pipe is read and kept by us; a file is only read. */
static int open_stream(struct task *t, char *err)
{
	char *path = xasprintf("%s/" HOST_STREAM, t->dir);
	int fd = open(path, (t->child.stream_fd < 0 ? O_RDONLY : O_WRONLY) | O_CREAT | O_CLOEXEC,
		      0666);
	int ret = fd < 0 ? errf(err, -errno, "%s: %s", path_shown(path), strerror(errno)) : 0;

	if (t->child.stream_fd < 0) {
		t->stream_fd = fd;
	} else {
		t->stream_fd = t->child.stream_fd;
		t->copy_fd = fd;
	}
	free(path);
	return ret;
}

void task_free(struct task *t)
{
	frame_reader_free(&t->reader);
	if (t->stream_fd >= 0)
		close(t->stream_fd);
	if (t->copy_fd >= 0)
		close(t->copy_fd);
	if (t->dir)
		dir_remove(t->dir);
	free(t->dir);
	free(t->ex.command);
	*t = (struct task){ .stream_fd = -1, .copy_fd = -1 };
}

int task_start(struct task *t, struct run *r, struct host *h, const struct cell *c, int repeat,
	       char *err)
{
	int ret;

	*t = (struct task){ .stream_fd = -1, .copy_fd = -1, .start_s = now_s(),
			    .next_signal_s = NEVER_S };
	t->ex = (struct execution){ .cell = c, .repeat = repeat, .status = STATUS_PASS,
				    .virtual_clock = r->plan.host.clock == CLOCK_VIRTUAL,
				    .encrypted = h->ops == &host_local || r->plan.host.encrypt };
	t->ex.command = h->ops->command(h, c);
	reuse_key(h, c, t->ex.key);
	t->deadline_s = t->start_s + r->plan.host.wall_timeout_ns * 1e-9;
	t->dir = xasprintf("%s/%s.%d", r->tmp_dir, c->id, repeat);
	ret = dir_make(t->dir, err);
	if (!ret)
		ret = host_write_cell(c, t->dir, HOST_CELL, err);
	if (!ret)
		ret = h->ops->start(h, c, t->dir, &t->child, err);
	if (ret) {
		task_free(t);
		return ret;
	}
	ret = open_stream(t, err);
	if (ret) {
		int status;

		process_signal(t->child.pid, SIGKILL);
		while (!process_ended(t->child.pid, &status))
			usleep(1000);
		task_free(t);
	}
	return ret;
}

void task_stop(struct task *t, enum status status, const char *reason)
{
	if (!t->ended && !t->broken && t->ex.status == STATUS_PASS) {
		t->ex.status = status;
		snprintf(t->ex.reason, sizeof(t->ex.reason), "%s", reason);
	}
	if (t->next_signal_s == NEVER_S || !t->signals)
		t->next_signal_s = now_s();
}

static void see_frame(struct task *t, const struct frame *f)
{
	struct record_phase p;

	if (f->type == RECORD_END) {
		t->ended = true;
		t->next_signal_s = now_s() + GRACE_S;
		if (t->next_signal_s > t->deadline_s)
			t->next_signal_s = t->deadline_s;
	} else if (f->type == RECORD_PHASE && f->len == sizeof(p)) {
		memcpy(&p, f->payload, sizeof(p));
		/* A phase that comes late is no step back. */
		if (p.phase < PHASES && (!t->begun || p.phase > t->phase))
			t->phase = p.phase;
		t->begun = true;
	}
}

/* What comes after damage, or after the end, is kept but not looked at. */
static void see_bytes(struct task *t, const char *data, size_t n)
{
	char err[OPT_ERR_MAX];
	struct frame f;
	int got;

	if (t->broken || t->ended)
		return;
	if (frame_feed(&t->reader, data, n))
		abort();
	while (!t->ended && (got = frame_next(&t->reader, &f, err)) > 0)
		see_frame(t, &f);
	if (!t->ended && got < 0) {
		task_stop(t, STATUS_BAD_STREAM, err);
		t->broken = true;
	}
}

static void keep_bytes(struct task *t, const char *data, size_t n)
{
	while (n && !t->copy_error) {
		ssize_t done = write(t->copy_fd, data, n);

		if (done < 0 && errno != EINTR) {
			t->copy_error = -errno;
		} else if (done > 0) {
			data += done;
			n -= done;
		}
	}
}

void task_read(struct task *t)
{
	char data[65536];
	ssize_t n;

	while ((n = read(t->stream_fd, data, sizeof(data))) > 0) {
		if (t->copy_fd >= 0)
			keep_bytes(t, data, n);
		see_bytes(t, data, n);
	}
	/* The pipe's other end is closed; the file is read again when it has grown. */
	if (n == 0 && t->copy_fd >= 0) {
		close(t->stream_fd);
		t->stream_fd = -1;
	}
}

void task_tick(struct task *t)
{
	double now = now_s();
	char reason[RECORD_REASON_MAX];

	if (now >= t->deadline_s && t->next_signal_s == NEVER_S) {
		snprintf(reason, sizeof(reason),
			 "no end within %.3g s of real time; last phase: %s",
			 t->deadline_s - t->start_s, t->begun ? phase_names[t->phase] : "none");
		task_stop(t, STATUS_TIMEOUT, reason);
	}
	if (now >= t->next_signal_s) {
		process_signal(t->child.pid, t->signals++ ? SIGKILL : SIGTERM);
		t->next_signal_s = now + SIGTERM_S;
	}
}

static void judge(struct task *t, const struct host *h, int wait_status)
{
	char reason[RECORD_REASON_MAX];
	enum status status;

	if (t->ended || t->broken)
		return;
	status = h->ops->classify(t->dir, wait_status, reason);
	/* A dead kernel explains a timeout; that we ended the host explains nothing. */
	if (t->ex.status == STATUS_PASS || status == STATUS_HOST_PANIC) {
		t->ex.status = status;
		memcpy(t->ex.reason, reason, sizeof(reason));
	}
}

/* Files that say nothing are not kept. */
static void drop_empty(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct stat st;

	if (!stat(path, &st) && !st.st_size)
		unlink(path);
	free(path);
}

static int keep(struct task *t, struct run *r, char *err)
{
	int ret = t->copy_error;

	if (ret)
		return errf(err, ret, "%s/" HOST_STREAM ": %s", path_shown(t->dir), strerror(-ret));
	drop_empty(t->dir, HOST_LOG);
	ret = result_finish(&t->ex, t->dir, err);
	/* A stream that broke off because the disk is full says nothing of its cell. */
	if (!ret && t->ex.status == STATUS_BAD_STREAM && !disk_free_bytes(t->dir))
		ret = errf(err, -ENOSPC, "%s: %s", path_shown(t->dir), strerror(ENOSPC));
	if (!ret)
		ret = run_keep(r, t->ex.cell, t->ex.repeat, t->ex.status, t->dir, err);
	return ret;
}

int task_reap(struct task *t, struct run *r, struct host *h, bool drop, char *err)
{
	int wait_status, ret = 0;

	if (!process_ended(t->child.pid, &wait_status))
		return 0;
	t->child.pid = 0;
	if (t->stream_fd >= 0)
		task_read(t);
	t->ex.wall_s = now_s() - t->start_s;
	judge(t, h, wait_status);
	if (!drop)
		ret = keep(t, r, err);
	return ret ? ret : 1;
}
