// SPDX-License-Identifier: GPL-2.0-only
/* --shell: an interactive shell on an emulated SEV host, with everything that cells can use. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/opt.h"
#include "emulated.h"
#include "pinlab.h"
#include "sched.h"

#define SIGTERM_MS	3000	/* from SIGTERM to SIGKILL */

struct shell {
	struct config config;
	struct builds builds;
	const struct kernel_build *kernel;
	unsigned int layers;
	int initrd_fd;		/* of a file that has no name any more, so that nothing stays */
};

static int make_initrd(struct shell *sh, char *err)
{
	char dir[] = "/var/tmp/pinlab-shell.XXXXXX", *path;
	int ret;

	if (!mkdtemp(dir))
		return errf(err, -errno, "%s: %s", dir, strerror(errno));
	path = xasprintf("%s/initrd.cpio", dir);
	ret = initrd_make(&sh->builds, sh->kernel, sh->layers, dir, "initrd.cpio", err);
	if (!ret) {
		sh->initrd_fd = open(path, O_RDONLY);
		if (sh->initrd_fd < 0)
			ret = errf(err, -errno, "%s: %s", path, strerror(errno));
	}
	dir_remove(dir);
	free(path);
	return ret;
}

static int shell_init(struct shell *sh, const struct settings *s, char *err)
{
	char without[OPT_ERR_MAX];
	struct item name = { .at = NULL };
	struct kernel k;
	int ret;

	*sh = (struct shell){ .config = { .root = s->root, .user_kernels = s->kernels },
			      .initrd_fd = -1 };
	snprintf(name.text, sizeof(name.text), "%s", s->arg);
	ret = kernel_load(&sh->config, &name, &k, err);
	if (!ret)
		ret = builds_find(&sh->builds, s->root, s->kernels, err);
	if (!ret)
		ret = builds_add_kernel(&sh->builds, s->root, s->arg, false, err);
	if (ret)
		return ret;
	sh->layers = 1 << LAYER_QEMU | 1 << LAYER_GUEST_KERNEL;
	if (!builds_add_kernel(&sh->builds, s->root, s->arg, true, without))
		sh->layers |= 1 << LAYER_SELFTESTS;
	sh->kernel = builds_kernel(&sh->builds, s->arg);
	return make_initrd(sh, err);
}

static void shell_args(const struct shell *sh, const struct settings *s, struct strv *argv)
{
	struct config c = { .repeats = 1 };
	char *initrd = xasprintf("/proc/self/fd/%d", sh->initrd_fd);

	opt_defaults(matrix_options, &c);
	opt_defaults(host_options, &c.host);
	/* One waits for it: real time, unless the user wants to see the other. */
	c.host.clock = s->clock == CLOCK_AS_CONFIGURED ? CLOCK_WALL : s->clock;
	emulator_args(argv, &sh->builds, sh->kernel, &c.host, CONSOLE_STDIO, c.cell.seed, initrd);
	free(initrd);
}

static void exec_emulator(const struct strv *argv, pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_USAGE);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(argv->v[0], argv->v);
	_exit(usage_error("%s: %s", argv->v[0], strerror(errno)));
}

/* Wait for its end; whoever wants us to end wants it to end. */
static int emulator_wait(pid_t pid, int signal_fd)
{
	struct pollfd p = { .fd = signal_fd, .events = POLLIN };
	bool stopping = false;
	int status = 0;

	while (!waitpid(pid, &status, WNOHANG)) {
		int late = !poll(&p, 1, stopping ? SIGTERM_MS : -1);

		if (signals_stop(signal_fd) || late) {
			kill(pid, stopping ? SIGKILL : SIGTERM);
			stopping = true;
		}
	}
	if (stopping)
		return EXIT_INTERRUPTED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NOT_PASSED;
}

/* The emulator has the terminal, so it stays in our process group. */
static int shell_work(const struct strv *argv, int signal_fd)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		exec_emulator(argv, parent);
	if (pid < 0)
		return usage_error("%s: cannot start it: %s", argv->v[0], strerror(errno));
	return emulator_wait(pid, signal_fd);
}

static void shell_exit(struct shell *sh)
{
	if (sh->initrd_fd >= 0)
		close(sh->initrd_fd);
	builds_free(&sh->builds);
	config_free(&sh->config);
}

int cmd_shell(const struct settings *s)
{
	struct strv argv = { .nr = 0 };
	char err[OPT_ERR_MAX];
	int signal_fd, ret, status;
	struct shell sh;

	if (s->host != HOST_EMULATED)
		return usage_error("--shell: allowed: --host emulated");
	signal_fd = signals_open();
	if (signal_fd < 0)
		return usage_error("signalfd: %s", strerror(-signal_fd));
	ret = shell_init(&sh, s, err);
	if (signals_stop(signal_fd)) {
		status = EXIT_INTERRUPTED;
	} else if (ret) {
		status = usage_error("%s", err);
	} else {
		shell_args(&sh, s, &argv);
		fprintf(stderr, "pinlab: Ctrl-A X ends the host, Ctrl-A C is QEMU's monitor\n");
		status = shell_work(&argv, signal_fd);
	}
	strv_free(&argv);
	shell_exit(&sh);
	signals_close(signal_fd);
	return status;
}
