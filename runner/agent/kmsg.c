// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "common/kmsg.h"
#include "splat.h"

void splat_scan(struct agent *a, struct splat_scan *s, const char *who, const char *text,
		size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *kind;

		if (text[i] != '\n') {
			if (s->len < sizeof(s->line) - 1)
				s->line[s->len++] = text[i];
			continue;
		}
		s->line[s->len] = '\0';
		kind = splat_kind(s->line);
		if (kind)
			agent_fail(a, s->status ?: STATUS_SPLAT, "%s kernel: %s: %.180s", who, kind,
				   s->line);
		s->len = 0;
	}
}

/* An emulated host's log is the cell's from the first line on; a local one's from now on. */
void kmsg_open(struct agent *a)
{
	a->kmsg_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (a->kmsg_fd < 0)
		emit_remark(a, "/dev/kmsg: %s; kernel splats go unseen", strerror(errno));
	else if (a->local)
		lseek(a->kmsg_fd, 0, SEEK_END);
}

void kmsg_drain(struct agent *a)
{
	static char out[64 * 1024];
	char record[KMSG_RECORD_MAX + 1], line[KMSG_LINE_MAX];
	struct splat_scan scan = { .len = 0 };
	size_t n = 0;

	while (a->kmsg_fd >= 0) {
		ssize_t got = read(a->kmsg_fd, record, KMSG_RECORD_MAX);
		size_t len;

		if (got < 0 && errno == EPIPE) {
			emit_remark(a, "kernel log lines were overwritten before they were read");
			continue;
		}
		if (got <= 0)
			break;
		record[got] = '\0';
		len = kmsg_format(line, record);
		if (n + len > sizeof(out)) {
			emit_log(a, LOG_HOST_KERNEL, out, n);
			n = 0;
		}
		memcpy(out + n, line, len);
		n += len;
		splat_scan(a, &scan, "host", line, len);
	}
	emit_log(a, LOG_HOST_KERNEL, out, n);
}
