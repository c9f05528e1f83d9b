// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define LOG_CHUNK	(64 * 1024)

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void emit(struct agent *a, enum record_type type, const void *p1, size_t n1,
		 const void *p2, size_t n2)
{
	if (!a->out_error)
		a->out_error = frame_write(&a->out, type, p1, n1, p2, n2);
}

static void cpu_model(char *out, size_t len)
{
	char text[4096], *p, *end;

	out[0] = '\0';
	if (file_read("/proc/cpuinfo", text, sizeof(text)) < 0)
		return;
	p = strstr(text, "model name");
	p = p ? strchr(p, ':') : NULL;
	end = p ? strchr(p, '\n') : NULL;
	if (end)
		snprintf(out, len, "%.*s", (int)(end - p - 2), p + 2);
}

void emit_hello(struct agent *a)
{
	struct record_hello h = { .protocol = RECORD_PROTOCOL };
	struct utsname u;

	if (!uname(&u))
		snprintf(h.kernel, sizeof(h.kernel), "%.63s", u.release);
	cpu_model(h.host_cpu, sizeof(h.host_cpu));
	emit(a, RECORD_HELLO, &h, sizeof(h), NULL, 0);
}

void emit_phase(struct agent *a, enum phase phase, uint64_t t_ns)
{
	struct record_phase p = { .t_ns = t_ns, .phase = phase };

	emit(a, RECORD_PHASE, &p, sizeof(p), NULL, 0);
}

void emit_metric(struct agent *a, const char *name, double value)
{
	struct record_metric m = { .value = value };

	snprintf(m.name, sizeof(m.name), "%s", name);
	emit(a, RECORD_METRIC, &m, sizeof(m), NULL, 0);
}

void emit_missing(struct agent *a, const char *name, const char *fmt, ...)
{
	struct record_absent r = { .name = "" };
	va_list ap;

	snprintf(r.name, sizeof(r.name), "%s", name);
	va_start(ap, fmt);
	vsnprintf(r.reason, sizeof(r.reason), fmt, ap);
	va_end(ap);
	emit(a, RECORD_ABSENT, &r, sizeof(r), NULL, 0);
}

void emit_sample(struct agent *a, const struct record_sample *s)
{
	emit(a, RECORD_SAMPLE, s, sizeof(*s), NULL, 0);
}

void emit_faults(struct agent *a, const struct record_fault *f, size_t n)
{
	const size_t max = FRAME_PAYLOAD_MAX / sizeof(*f);

	while (n) {
		size_t part = n < max ? n : max;

		emit(a, RECORD_FAULTS, f, part * sizeof(*f), NULL, 0);
		f += part;
		n -= part;
	}
}

void emit_touches(struct agent *a, const void *touches, size_t bytes)
{
	emit(a, RECORD_TOUCHES, touches, bytes, NULL, 0);
}

void emit_guest(struct agent *a, const struct record_guest *g)
{
	emit(a, RECORD_GUEST, g, sizeof(*g), NULL, 0);
}

void emit_log(struct agent *a, enum log_stream stream, const char *text, size_t len)
{
	struct record_log l = { .stream = stream };

	while (len) {
		size_t part = len < LOG_CHUNK ? len : LOG_CHUNK;

		emit(a, RECORD_LOG, &l, sizeof(l), text, part);
		text += part;
		len -= part;
	}
}

void emit_remark(struct agent *a, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	emit_log(a, LOG_AGENT, line, n);
}

void emit_end(struct agent *a)
{
	struct record_end e = { .status = a->status };

	memcpy(e.reason, a->reason, sizeof(e.reason));
	emit(a, RECORD_END, &e, sizeof(e), NULL, 0);
}

int agent_fail(struct agent *a, enum status status, const char *fmt, ...)
{
	char line[RECORD_REASON_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (a->status == STATUS_PASS || (status == STATUS_SPLAT && a->status != STATUS_SPLAT)) {
		if (a->status != STATUS_PASS)
			emit_remark(a, "%s: %s", status_names[a->status], a->reason);
		a->status = status;
		memcpy(a->reason, line, sizeof(line));
	} else {
		emit_remark(a, "%s: %s", status_names[status], line);
	}
	return -1;
}

static ssize_t read_all(int fd, char *buf, size_t len, bool rewind)
{
	size_t done = 0;

	while (done < len - 1) {
		ssize_t n = rewind ? pread(fd, buf + done, len - 1 - done, done) :
				     read(fd, buf + done, len - 1 - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += n;
	}
	buf[done] = '\0';
	return done;
}

ssize_t fd_read_at_0(int fd, char *buf, size_t len)
{
	return read_all(fd, buf, len, true);
}

/* Plain reads: debugfs files cannot seek. */
ssize_t file_read(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read_all(fd, buf, len, false);
	close(fd);
	return n;
}

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? n : 0;
}
