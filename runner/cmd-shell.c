// SPDX-License-Identifier: GPL-2.0-only
/* --shell: an interactive shell on an emulated SEV host, with everything that cells can use. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/opt.h"
#include "emulated.h"
#include "pinlab.h"

struct shell {
	struct config config;
	struct builds builds;
	const struct kernel_build *kernel;
	unsigned int layers;
	char *tmp_dir;
};

static int shell_init(struct shell *sh, const struct settings *s, char *err)
{
	char template[] = "/var/tmp/pinlab-shell.XXXXXX", without[OPT_ERR_MAX];
	struct item name = { .at = NULL };
	struct kernel k;
	int ret;

	*sh = (struct shell){ .config = { .root = s->root } };
	snprintf(name.text, sizeof(name.text), "%s", s->arg);
	ret = kernel_load(&sh->config, &name, &k, err);
	if (!ret)
		ret = builds_find(&sh->builds, s->root, err);
	if (!ret)
		ret = builds_add_kernel(&sh->builds, s->root, s->arg, false, err);
	if (ret)
		return ret;
	sh->layers = 1 << LAYER_QEMU | 1 << LAYER_GUEST_KERNEL;
	if (!builds_add_kernel(&sh->builds, s->root, s->arg, true, without))
		sh->layers |= 1 << LAYER_SELFTESTS;
	sh->kernel = builds_kernel(&sh->builds, s->arg);
	if (!mkdtemp(template))
		return errf(err, -errno, "%s: %s", template, strerror(errno));
	sh->tmp_dir = xstrdup(template);
	return initrd_make(&sh->builds, sh->kernel, sh->layers, sh->tmp_dir, "initrd.cpio", err);
}

static void shell_args(const struct shell *sh, const struct settings *s, struct strv *argv)
{
	struct config c = { .repeats = 1 };
	char *initrd = xasprintf("%s/initrd.cpio", sh->tmp_dir);

	opt_defaults(matrix_options, &c);
	opt_defaults(host_options, &c.host);
	/* One waits for it: real time, unless the user wants to see the other. */
	c.host.clock = s->clock == CLOCK_AS_CONFIGURED ? CLOCK_WALL : s->clock;
	emulator_args(argv, &sh->builds, sh->kernel, &c.host, CONSOLE_STDIO, c.cell.seed, initrd);
	free(initrd);
}

/* The emulator has the terminal; a key that interrupts is for what runs in it. */
static int shell_work(const struct strv *argv)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		execv(argv->v[0], argv->v);
		_exit(usage_error("%s: %s", argv->v[0], strerror(errno)));
	}
	if (pid < 0)
		return usage_error("%s: cannot start it: %s", argv->v[0], strerror(errno));
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NOT_PASSED;
}

static void shell_exit(struct shell *sh)
{
	if (sh->tmp_dir)
		dir_remove(sh->tmp_dir);
	free(sh->tmp_dir);
	builds_free(&sh->builds);
	config_free(&sh->config);
}

int cmd_shell(const struct settings *s)
{
	struct strv argv = { .nr = 0 };
	char err[OPT_ERR_MAX];
	struct shell sh;
	int status;

	if (s->host != HOST_EMULATED)
		return usage_error("--shell: allowed: --host emulated");
	if (shell_init(&sh, s, err)) {
		status = usage_error("%s", err);
	} else {
		shell_args(&sh, s, &argv);
		fprintf(stderr, "pinlab: Ctrl-A X ends the host, Ctrl-A C is QEMU's monitor\n");
		status = shell_work(&argv);
	}
	strv_free(&argv);
	shell_exit(&sh);
	return status;
}
