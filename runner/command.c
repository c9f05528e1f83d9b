// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

#define ERRORS_MAX	8192	/* bytes of stderr that are kept */

/* What a pipe of the child's has given so far. */
struct capture {
	int fd;
	char *buf;
	size_t len, size;
	bool keep_last;		/* when full, forget what is oldest, not what comes */
	bool show;		/* each line on stderr, when the next one comes */
	size_t shown;		/* bytes of buf that were */
};

/* All lines but the last, which may be the reason of a failure. */
static void show_lines(struct capture *c)
{
	size_t last = c->len;

	if (last && c->buf[last - 1] == '\n')
		last--;
	while (last > c->shown && c->buf[last - 1] != '\n')
		last--;
	if (last <= c->shown)
		return;
	fwrite(c->buf + c->shown, 1, last - c->shown, stderr);
	c->shown = last;
}

static void capture_add(struct capture *c, const char *data, size_t n)
{
	if (c->keep_last && c->len + n >= c->size) {
		size_t half = (c->size - 1) / 2, keep = c->len < half ? c->len : half;

		if (n > half) {
			data += n - half;
			n = half;
		}
		memmove(c->buf, c->buf + c->len - keep, keep);
		c->shown = c->shown > c->len - keep ? c->shown - (c->len - keep) : 0;
		c->len = keep;
	}
	if (n > c->size - 1 - c->len)
		n = c->size - 1 - c->len;
	memcpy(c->buf + c->len, data, n);
	c->len += n;
	if (c->show)
		show_lines(c);
}

static void capture_all(struct capture *c, size_t nr)
{
	struct pollfd p[2];
	size_t open_fds = nr;
	char data[1024];

	for (size_t i = 0; i < nr; i++)
		p[i] = (struct pollfd){ .fd = c[i].fd, .events = POLLIN };
	while (open_fds) {
		if (poll(p, nr, -1) < 0 && errno != EINTR)
			return;
		for (size_t i = 0; i < nr; i++) {
			ssize_t n;

			if (p[i].fd < 0 || !p[i].revents)
				continue;
			n = read(p[i].fd, data, sizeof(data));
			if (n > 0) {
				capture_add(&c[i], data, n);
			} else if (n == 0 || errno != EINTR) {
				p[i].fd = -1;
				open_fds--;
			}
		}
	}
}

static void last_line(char *text, size_t len, char *err)
{
	char *start;

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	text[len] = '\0';
	start = strrchr(text, '\n');
	snprintf(err, OPT_ERR_MAX, "%.*s", OPT_ERR_MAX - 1, start ? start + 1 : text);
}

static void exec_child(const char *const argv[], int out, int errors)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(null, 0);
	dup2(out, 1);
	dup2(errors, 2);
	execvp(argv[0], (char **)argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int run(const char *const argv[], bool show, char *out, size_t len, char *err)
{
	char errors[ERRORS_MAX];
	int pipes[2][2], status;
	struct capture c[2];
	pid_t pid;

	if (pipe2(pipes[0], O_CLOEXEC))
		return errf(err, -errno, "pipe: %s", strerror(errno));
	if (pipe2(pipes[1], O_CLOEXEC)) {
		close(pipes[0][0]);
		close(pipes[0][1]);
		return errf(err, -errno, "pipe: %s", strerror(errno));
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		exec_child(argv, pipes[0][1], pipes[1][1]);
	close(pipes[0][1]);
	close(pipes[1][1]);
	c[0] = (struct capture){ .fd = pipes[0][0], .buf = out, .size = len };
	c[1] = (struct capture){ .fd = pipes[1][0], .buf = errors, .size = sizeof(errors),
				 .keep_last = true, .show = show };
	if (pid > 0)
		capture_all(c, 2);
	out[c[0].len] = '\0';
	close(pipes[0][0]);
	close(pipes[1][0]);
	if (pid < 0)
		return errf(err, -EAGAIN, "%s: cannot start it", argv[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		last_line(errors, c[1].len, err);
	else if (show)
		fwrite(errors + c[1].shown, 1, c[1].len - c[1].shown, stderr);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int command_run(const char *const argv[], char *out, size_t len, char *err)
{
	return run(argv, false, out, len, err);
}

int command_run_shown(const char *const argv[], char *out, size_t len, char *err)
{
	return run(argv, true, out, len, err);
}
