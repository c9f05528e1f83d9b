// SPDX-License-Identifier: GPL-2.0-only
/* The local host: the agent is a child of the runner and measures the kernel that runs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host.h"
#include "process.h"

/* What only one runner at a time may watch; PINLAB_LOCK names another file, for tests. */
#define LOCK_FILE	"/proc/vmstat"
#define SHA256_HEX	64

/* PINLAB_KVM_MODULE names another folder, for tests. */
#define KVM_MODULE	"/sys/module/kvm"

struct local {
	int lock_fd;
};

/* Pins are counted for the whole machine: what two runners do at once cannot be told apart. */
static int lock_machine(struct local *l, char *err)
{
	const char *path = getenv("PINLAB_LOCK") ?: LOCK_FILE;

	l->lock_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (l->lock_fd < 0)
		return errf(err, -errno, "%s: %s", path, strerror(errno));
	if (flock(l->lock_fd, LOCK_EX | LOCK_NB))
		return errf(err, -errno, "another runner measures this machine (--host local)");
	return 0;
}

/*
 * The MMU is a parameter of kvm.ko and cannot be changed while that is loaded; if it is not, the
 * agent loads it with the right one.
 */
static int check_mmu(const struct plan *plan, char *err)
{
	const char *dir = getenv("PINLAB_KVM_MODULE") ?: KVM_MODULE;
	char *path = xasprintf("%s/parameters/tdp_mmu", dir), *text = NULL, why[OPT_ERR_MAX];
	bool loaded = !access(dir, F_OK);
	enum mmu mmu = MMU_LEGACY;	/* a kernel without the parameter has no other */
	int ret = 0;

	if (!file_read(path, &text, why) && strchr("Y1", text[0]))
		mmu = MMU_TDP;
	for (size_t i = 0; loaded && i < plan->nr && !ret; i++) {
		const struct cell *c = &plan->cells[i];

		if (c->type != WORKLOAD_NULL && c->mmu != mmu)
			ret = errf(err, -EINVAL, "cell %s: mmu = %s, but this machine's KVM has "
				   "mmu = %s (%s); say so, or load kvm with tdp_mmu=%d", c->id,
				   mmu_names[c->mmu], mmu_names[mmu], path, c->mmu == MMU_TDP);
	}
	free(text);
	free(path);
	return ret;
}

static int local_probe(struct host *h, char *err)
{
	const char *agent = h->settings->agent;
	struct local *l;

	if (access(agent, X_OK))
		return errf(err, -errno, "%s: %s: run make, or say --agent FILE",
			    path_shown(agent), strerror(errno));
	if (check_mmu(h->plan, err))
		return -EINVAL;
	l = xrealloc(NULL, 1, sizeof(*l));
	h->priv = l;
	return lock_machine(l, err);
}

static int local_prepare(struct host *h, const char *tmp_dir, char *err)
{
	(void)h;
	(void)tmp_dir;
	(void)err;
	return 0;
}

static void agent_args(const struct host *h, struct strv *argv)
{
	strv_add(argv, "%s", h->settings->agent);
	strv_add(argv, "--cell");
	strv_add(argv, HOST_CELL);
	strv_add(argv, "--fd");
	strv_add(argv, "%d", PROCESS_STREAM_FD);
}

static int local_start(struct host *h, const struct cell *c, const char *dir,
		       struct host_child *child, char *err)
{
	static const struct process_limits none = { .memory_bytes = 0 };
	struct strv argv = { .nr = 0 };
	int pipe_fds[2], ret;

	(void)c;
	if (pipe2(pipe_fds, O_CLOEXEC))
		return errf(err, -errno, "pipe: %s", strerror(errno));
	fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	agent_args(h, &argv);
	ret = process_start(&argv, dir, HOST_LOG, pipe_fds[1], &none, &child->pid, err);
	strv_free(&argv);
	close(pipe_fds[1]);
	if (ret)
		close(pipe_fds[0]);
	child->stream_fd = ret ? -1 : pipe_fds[0];
	return ret;
}

static char *local_command(const struct host *h, const struct cell *c)
{
	struct strv argv = { .nr = 0 };
	char *line, *command;

	(void)c;
	agent_args(h, &argv);
	line = strv_quote(&argv);
	command = xasprintf("%s %d>" HOST_STREAM, line, PROCESS_STREAM_FD);
	free(line);
	strv_free(&argv);
	return command;
}

static enum status local_classify(const char *dir, int wait_status, char *reason)
{
	char *log = xasprintf("%s/" HOST_LOG, dir), line[128], how[64];

	file_last_line(log, line, sizeof(line));
	free(log);
	snprintf(reason, RECORD_REASON_MAX, "the agent ended without an end record: %s%s%s",
		 process_status_text(wait_status, how, sizeof(how)), line[0] ? ": " : "", line);
	return STATUS_HOST_EXIT;
}

/* null: there is none. */
static json_t *sha256(const char *path)
{
	const char *const argv[] = { "sha256sum", path, NULL };
	char out[SHA256_HEX + 1], err[OPT_ERR_MAX];

	return command_run(argv, out, sizeof(out), err) ? json_null() : json_string(out);
}

/* Of the module's source, as its build hashed it; null: not a module, or not loaded. */
static json_t *srcversion(const char *module)
{
	char *path = xasprintf("/sys/module/%s/srcversion", module), *text, err[OPT_ERR_MAX];
	json_t *version = json_null();

	if (!file_read(path, &text, err)) {
		text[strcspn(text, "\n")] = '\0';
		version = json_string(text);
		free(text);
	}
	free(path);
	return version;
}

static json_t *local_describe(const struct host *h)
{
	const char *agent = h->settings->agent;
	char *micro = xasprintf("%.*s/micro", (int)(strrchr(agent, '/') - agent), agent);
	struct utsname u;
	json_t *all;

	uname(&u);
	all = json_pack("{s:{s:s, s:o, s:o}, s:{s:{s:s, s:o, s:o}}}",
			"agent", "path", agent, "sha256", sha256(agent),
			"micro_sha256", sha256(micro),
			"kernels", CONFIG_RUNNING_KERNEL, "release", u.release,
			"kvm_srcversion", srcversion("kvm"),
			"kvm_amd_srcversion", srcversion("kvm_amd"));
	free(micro);
	return all;
}

static void local_free(struct host *h)
{
	struct local *l = h->priv;

	if (l && l->lock_fd >= 0)
		close(l->lock_fd);
	free(l);
}

const struct host_ops host_local = {
	.name = "local",
	.probe = local_probe,
	.prepare = local_prepare,
	.start = local_start,
	.command = local_command,
	.classify = local_classify,
	.describe = local_describe,
	.free = local_free,
};
