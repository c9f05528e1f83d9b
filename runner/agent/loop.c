// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "loop.h"

int loop_add(struct agent *a, int fd, loop_fn fn, void *data)
{
	struct loop *l = a->loop;

	if (l->n == LOOP_SOURCES_MAX)
		return agent_fail(a, STATUS_ERROR, "more than %d descriptors to watch",
				  LOOP_SOURCES_MAX);
	l->fds[l->n] = (struct pollfd){ .fd = fd, .events = POLLIN };
	l->fn[l->n] = fn;
	l->data[l->n] = data;
	l->n++;
	return 0;
}

/* A source stays in its place, so that a loop over the sources may remove any of them. */
void loop_remove(struct agent *a, int fd)
{
	for (int i = 0; i < a->loop->n; i++)
		if (a->loop->fds[i].fd == fd)
			a->loop->fds[i].fd = -1;
}

static void dispatch(struct agent *a)
{
	struct loop *l = a->loop;
	int n = l->n;

	for (int i = 0; i < n; i++) {
		int fd = l->fds[i].fd;

		if (fd < 0 || !l->fds[i].revents)
			continue;
		if (l->fn[i](a, fd, l->data[i]) < 0 || !(l->fds[i].revents & POLLIN))
			loop_remove(a, fd);	/* hung up, with nothing left to read */
	}
}

int loop_run(struct agent *a, const bool *done)
{
	while (!*done && !a->out_error) {
		uint64_t now = now_ns();
		int ret, timeout_ms;

		if (now >= a->deadline_ns)
			return -ETIME;
		timeout_ms = (a->deadline_ns - now) / 1000000 < 1000000 ?
			     (int)((a->deadline_ns - now) / 1000000) + 1 : 1000000;
		ret = poll(a->loop->fds, a->loop->n, timeout_ms);
		if (ret < 0 && errno != EINTR)
			return agent_fail(a, STATUS_ERROR, "poll: %s", strerror(errno));
		if (ret > 0)
			dispatch(a);
	}
	return 0;
}

void loop_flush(struct agent *a)
{
	while (!a->out_error && poll(a->loop->fds, a->loop->n, 0) > 0)
		dispatch(a);
}
