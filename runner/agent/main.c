// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: executes one cell on the bench host.
 *
 *	agent			on an emulated host: the cell comes by fw_cfg, records leave by the
 *				virtio-serial port org.pinlab.agent
 *	agent --cell FILE --fd N	on a local host: a child of the runner; records go to N
 *
 * Exit status: 0 when an end record was sent, whatever it says; 1 when it could not be; 2 usage.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent.h"
#include "loop.h"

#define PORT_NAME	"org.pinlab.agent"
#define PORT_CLASS	"/sys/class/virtio-ports"
#define CELL_TEXT_MAX	65536

static const struct workload_ops workloads[WORKLOADS] = {
	[WORKLOAD_NULL] = { null_run },
	[WORKLOAD_TOUCH] = { micro_run },
	[WORKLOAD_BOOT] = { boot_run },
	[WORKLOAD_SELFTEST] = { selftest_run },
	[WORKLOAD_HAZARD] = { micro_run },
	[WORKLOAD_VIEWS] = { micro_run },
	[WORKLOAD_TORTURE] = { micro_run },
	[WORKLOAD_STRESS] = { boot_run },
	[WORKLOAD_FIO] = { boot_run },
	[WORKLOAD_CHURN] = { micro_run },
	[WORKLOAD_BALLOON] = { micro_run },
	[WORKLOAD_DENSITY] = { micro_run },
};

static int open_port(void)
{
	DIR *d = opendir(PORT_CLASS);
	struct dirent *e;
	int fd = -ENOENT;

	while (d && fd == -ENOENT && (e = readdir(d))) {
		char path[512], name[64] = "";

		snprintf(path, sizeof(path), PORT_CLASS "/%s/name", e->d_name);
		file_read(path, name, sizeof(name));
		name[strcspn(name, "\n")] = '\0';
		if (strcmp(name, PORT_NAME))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	if (d)
		closedir(d);
	return fd;
}

static void find_bin_dir(struct agent *a)
{
	ssize_t n = readlink("/proc/self/exe", a->bin_dir, sizeof(a->bin_dir) - 1);
	char *slash;

	a->bin_dir[n > 0 ? n : 0] = '\0';
	slash = strrchr(a->bin_dir, '/');
	if (slash)
		*slash = '\0';
}

/* A handful of perf events for each CPU of a big host is more than the usual 1024 descriptors. */
static void raise_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static int usage(void)
{
	fprintf(stderr, "usage: agent [--cell FILE --fd N]\n");
	return -1;
}

static int parse_args(struct agent *a, int argc, char **argv, const char **cell)
{
	static const struct option longs[] = {
		{ "cell", required_argument, NULL, 'c' },
		{ "fd", required_argument, NULL, 'f' },
		{ 0 },
	};
	int c;

	*cell = CELL_FW_CFG;
	a->out.fd = -1;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'c')
			*cell = optarg;
		else if (c == 'f')
			a->out.fd = atoi(optarg);
		else
			return usage();
	}
	a->local = a->out.fd > 2;
	if (optind != argc || a->local != (*cell != (const char *)CELL_FW_CFG))
		return usage();
	if (a->local)
		fcntl(a->out.fd, F_SETFD, FD_CLOEXEC);
	else
		a->out.fd = open_port();
	if (a->out.fd < 0) {
		fprintf(stderr, "agent: virtio-serial port " PORT_NAME ": %s\n",
			strerror(-a->out.fd));
		return -1;
	}
	return 0;
}

int cell_read(struct agent *a, struct cell *cell, const char *path)
{
	static char text[CELL_TEXT_MAX];
	char err[OPT_ERR_MAX];
	ssize_t n = file_read(path, text, sizeof(text));

	if (n < 0)
		return agent_fail(a, STATUS_ERROR, "cell description %s: %s", path, strerror(-n));
	if (cell_parse(cell, text, err))
		return agent_fail(a, STATUS_ERROR, "%.200s", err);
	return 0;
}

int main(int argc, char **argv)
{
	static struct agent a;
	static struct loop loop;
	const char *cell;

	a.loop = &loop;
	a.kmsg_fd = -1;
	signal(SIGPIPE, SIG_IGN);
	if (parse_args(&a, argc, argv, &cell))
		return 2;
	find_bin_dir(&a);
	raise_files();
	emit_hello(&a);
	kmsg_open(&a);
	if (!cell_read(&a, &a.cell, cell))
		workloads[a.cell.type].run(&a);
	kmsg_drain(&a);
	emit_end(&a);
	return a.out_error ? 1 : 0;
}
