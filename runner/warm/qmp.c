// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "qmp.h"
#include "util.h"

#define POLL_NS		20000000L
#define BANDWIDTH	(1LL << 33)	/* bytes a second; the default is far less than a disk's */

/* The next message: a line. NULL with *ret set at the end, or if it is none. */
static json_t *receive(struct qmp *q, int *ret, char *err)
{
	json_error_t why;
	json_t *message;
	char *end;
	size_t used;

	while (!(end = memchr(q->buf, '\n', q->len))) {
		ssize_t n = q->len < sizeof(q->buf) ?
			    read(q->fd, q->buf + q->len, sizeof(q->buf) - q->len) : -1;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			*ret = -EPIPE;
			return NULL;
		}
		q->len += n;
	}
	used = end - q->buf + 1;
	message = json_loadb(q->buf, used, 0, &why);
	if (!message)
		*ret = errf(err, -EBADMSG, "the emulator's monitor: %s", why.text);
	memmove(q->buf, q->buf + used, q->len - used);
	q->len -= used;
	return message;
}

static void see_event(struct qmp *q, const json_t *message)
{
	const char *event = json_string_value(json_object_get(message, "event"));

	if (event && !strcmp(event, "STOP"))
		q->stopped = true;
}

/* Sends the text, with a descriptor if pass is not negative. */
static int send_text(const struct qmp *q, const char *text, int pass)
{
	struct iovec iov = { .iov_base = (char *)text, .iov_len = strlen(text) };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = { 0 } };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (pass >= 0) {
		struct cmsghdr *c = &control.align;

		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass, sizeof(int));
	}
	do {
		n = sendmsg(q->fd, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)iov.iov_len ? 0 : -EPIPE;
}

/* Executes a command; its "return" goes to *reply (may be NULL), which the caller drops. */
static int command(struct qmp *q, const char *text, int pass, json_t **reply, char *err)
{
	int ret = send_text(q, text, pass);
	json_t *message;

	while (!ret && (message = receive(q, &ret, err))) {
		json_t *error = json_object_get(message, "error");
		json_t *value = json_object_get(message, "return");

		see_event(q, message);
		if (error)
			ret = errf(err, -EIO, "%s: %s", text,
				   json_string_value(json_object_get(error, "desc")) ?: "error");
		if (value && reply)
			*reply = json_incref(value);
		json_decref(message);
		if (value || error)
			return ret;
	}
	if (ret == -EPIPE)
		errf(err, ret, "%s: the emulator has ended", text);
	return ret;
}

/* Asks again and again until the status is first, then returns 0, or second, then returns 1. */
static int await(struct qmp *q, const char *query, const char *first, const char *second, char *err)
{
	const struct timespec wait = { .tv_nsec = POLL_NS };

	for (;;) {
		json_t *reply = NULL;
		const char *status;
		int ret = command(q, query, -1, &reply, err), found = -1;

		if (ret)
			return ret;
		status = json_string_value(json_object_get(reply, "status"));
		if (status && !strcmp(status, first))
			found = 0;
		else if (status && !strcmp(status, second))
			found = 1;
		json_decref(reply);
		if (found >= 0)
			return found;
		nanosleep(&wait, NULL);
	}
}

int qmp_open(struct qmp *q, int fd, char *err)
{
	json_t *greeting;
	int ret = 0;

	*q = (struct qmp){ .fd = fd };
	greeting = receive(q, &ret, err);
	json_decref(greeting);
	if (ret == -EPIPE)
		return errf(err, ret, "the emulator did not start");
	return ret ? ret : command(q, "{\"execute\":\"qmp_capabilities\"}", -1, NULL, err);
}

int qmp_wait_stopped(struct qmp *q, char *err)
{
	int ret = 0;

	while (!ret && !q->stopped) {
		json_t *message = receive(q, &ret, err);

		see_event(q, message);
		json_decref(message);
	}
	return ret;
}

int qmp_save(struct qmp *q, int file_fd, char *err)
{
	char *limit = xasprintf("{\"execute\":\"migrate-set-parameters\","
				"\"arguments\":{\"max-bandwidth\":%lld}}", BANDWIDTH);
	int ret = command(q, limit, -1, NULL, err);

	free(limit);
	if (!ret)
		ret = command(q, "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"state\"}}",
			      file_fd, NULL, err);
	if (!ret)
		ret = command(q, "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:state\"}}",
			      -1, NULL, err);
	if (!ret)
		ret = await(q, "{\"execute\":\"query-migrate\"}", "completed", "failed", err);
	return ret <= 0 ? ret : errf(err, -EIO, "the emulator could not save its machine");
}

int qmp_resume(struct qmp *q, char *err)
{
	int ret = await(q, "{\"execute\":\"query-status\"}", "guest-panicked", "paused", err);

	return ret < 0 ? ret : command(q, "{\"execute\":\"cont\"}", -1, NULL, err);
}
