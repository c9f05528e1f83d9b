// SPDX-License-Identifier: GPL-2.0-only
/* gnuplot as a child: with a time limit, and its complaint as the error. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plot.h"
#include "util.h"

#define GNUPLOT		"gnuplot"
#define LIMIT_MS	120000	/* a figure takes a second or two */

int plots_scripts(char dir[PATH_MAX], char *err)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		return errf(err, -errno, "/proc/self/exe: %s", strerror(errno));
	path[n] = '\0';
	for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
		*slash = '\0';
		if (snprintf(dir, PATH_MAX, "%s/plots/style.gp", path) < PATH_MAX &&
		    !access(dir, R_OK)) {
			*strrchr(dir, '/') = '\0';
			return 0;
		}
	}
	return errf(err, -ENOENT, "no plots/style.gp above the folder of this program");
}

static void child(const char *const *argv, int out)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("GNUTERM");
	unsetenv("GNUPLOT_LIB");
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

/* Wait for the child to end and return its status, or -ETIMEDOUT after killing it. */
static int await(pid_t pid)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	double deadline = now_s() + LIMIT_MS / 1e3;
	bool late = false;
	int status, n = 0;

	while (p.fd >= 0 && !late) {
		double left_s = deadline - now_s();

		n = left_s > 0 ? poll(&p, 1, (int)(left_s * 1e3) + 1) : 0;
		late = n == 0;
		if (n > 0)
			break;
	}
	if (late)
		kill(pid, SIGKILL);
	if (p.fd >= 0)
		close(p.fd);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return late ? -ETIMEDOUT : WIFEXITED(status) ? WEXITSTATUS(status) :
	       128 + WTERMSIG(status);
}

/* The first line that gnuplot wrote which says more than where it is. */
static void complaint(FILE *log, char *line, size_t len)
{
	char text[240];

	snprintf(line, len, "no message");
	rewind(log);
	while (fgets(text, sizeof(text), log)) {
		text[strcspn(text, "\n")] = '\0';
		if (strlen(text) > 3 && text[strspn(text, " \t^")]) {
			snprintf(line, len, "%s", text);
			if (strstr(text, "line "))
				break;
		}
	}
}

/* Run gnuplot. Returns 0, or -errno with what (a figure, ...) and its complaint in err. */
static int run(const char *const *argv, const char *what, char *err)
{
	FILE *log = tmpfile();
	char line[256];
	int status;
	pid_t pid;

	if (!log)
		return errf(err, -errno, "cannot create a temporary file: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		child(argv, fileno(log));
	status = pid < 0 ? -errno : await(pid);
	complaint(log, line, sizeof(line));
	fclose(log);
	if (status == 0)
		return 0;
	if (status == 127)
		return errf(err, -ENOENT, "no gnuplot: install gnuplot-nox (apt-get install "
			    "gnuplot-nox), or say --no-plots");
	if (status == -ETIMEDOUT)
		return errf(err, status, "%s: gnuplot took more than %d s", what, LIMIT_MS / 1000);
	if (status < 0)
		return errf(err, status, "%s: cannot run gnuplot: %s", what, strerror(-status));
	return errf(err, -EIO, "%s: gnuplot ended with status %d: %s", what, status, line);
}

int plots_check(char *err)
{
	static const char *const argv[] = {
		GNUPLOT, "-d", "-e", "set terminal svg; set terminal pngcairo", NULL
	};
	int ret = run(argv, "gnuplot", err);

	if (ret == -EIO)
		return errf(err, -ENOENT, "this gnuplot cannot write SVG and PNG: install "
			    "gnuplot-nox (apt-get install gnuplot-nox)");
	return ret;
}

static int draw(const struct plots *p, const struct plot *plot, const char *scripts,
		const char *out_dir, char *err)
{
	char *script = xasprintf("%s/%s", scripts, plot->script);
	char *data = xasprintf("%s/%s", p->data_dir, plot->name);
	char *out = xasprintf("%s/%s", out_dir, plot->name);
	const char *const argv[] = { GNUPLOT, "-d", "-c", script, data, out, NULL };
	int ret = run(argv, plot->name, err);

	free(script);
	free(data);
	free(out);
	return ret;
}

int plots_draw(const struct plots *p, const char *out_dir, char *err)
{
	char scripts[PATH_MAX];
	int ret = plots_scripts(scripts, err);

	for (size_t i = 0; !ret && i < p->nr; i++)
		ret = draw(p, &p->plot[i], scripts, out_dir, err);
	return ret;
}
