// SPDX-License-Identifier: GPL-2.0-only
/*
 * warm-start DIR EMULATOR ARGS...: runs an emulated host from the saved one in DIR. If there is
 * none yet, it is started and saved first: its agent says when, by stopping the machine (pvpanic).
 *
 * It works in the cell's folder. The host that is saved is given start.ini in place of cell.ini,
 * and both write to the same console and stream; what was written up to the save is kept in DIR
 * with the state, so that each host which starts from it begins with the same records. A second
 * process that wants the same DIR waits for the first.
 *
 * Exit status: the emulator's, 128 + N if signal N ended it; 1 if it could not be saved or resumed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "qmp.h"
#include "util.h"

#define STATE	"state"

/* What a machine writes, and reads back as its past when it is resumed. */
static const char *const records[] = { HOST_STREAM, HOST_CONSOLE };

struct machine {
	pid_t pid;
	struct qmp qmp;
};

static void exec_machine(char *const words[], int monitor, int state, bool save)
{
	struct strv argv = { .nr = 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (; *words; words++) {
		const char *file = strstr(*words, ",file=" HOST_CELL);

		if (file && save)
			strv_add(&argv, "%.*s,file=" HOST_SAVED_CELL, (int)(file - *words), *words);
		else
			strv_add(&argv, "%s", *words);
	}
	strv_add(&argv, "-chardev");
	strv_add(&argv, "socket,id=qmp,fd=%d", monitor);
	strv_add(&argv, "-mon");
	strv_add(&argv, "chardev=qmp,mode=control");
	if (!save) {
		strv_add(&argv, "-incoming");
		strv_add(&argv, "fd:%d", state);
		fcntl(state, F_SETFD, 0);
	}
	fcntl(monitor, F_SETFD, 0);
	execvp(argv.v[0], argv.v);
	dprintf(2, "%s: %s\n", argv.v[0], strerror(errno));
	_exit(127);
}

/* state: open for writing if the machine is to be saved, for reading if it is to be resumed. */
static int machine_start(struct machine *m, char *const words[], int state, bool save, char *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return errf(err, -errno, "socketpair: %s", strerror(errno));
	m->pid = fork();
	if (m->pid < 0)
		return errf(err, -errno, "fork: %s", strerror(errno));
	if (!m->pid)
		exec_machine(words, pair[1], state, save);
	close(pair[1]);
	return qmp_open(&m->qmp, pair[0], err);
}

/* Its exit status as a shell would tell it. */
static int machine_wait(struct machine *m)
{
	int status = 0;

	while (waitpid(m->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(m->qmp.fd);
	m->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Nothing that it could still do is of use. */
static void machine_end(struct machine *m)
{
	if (m->pid > 0 && !kill(m->pid, SIGKILL))
		machine_wait(m);
}

static int copy(const char *from_dir, const char *to_dir, const char *name, char *err)
{
	char *from = xasprintf("%s/%s", from_dir, name), *to = xasprintf("%s/%s", to_dir, name);
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int ret = fd < 0 ? errf(err, -errno, "%s: %s", to, strerror(errno)) : 0;

	if (!ret)
		ret = file_append(fd, from, err);
	if (fd >= 0 && close(fd) && !ret)
		ret = errf(err, -errno, "%s: %s", to, strerror(errno));
	free(from);
	free(to);
	return ret;
}

static int copy_records(const char *from_dir, const char *to_dir, char *err)
{
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(records) && !ret; i++)
		ret = copy(from_dir, to_dir, records[i], err);
	return ret;
}

/*
 * Makes the saved machine in dir, complete or not at all. *status is the machine's if it ended
 * unsaved, which is for the runner to explain.
 */
static int save(const char *dir, char *const words[], int *status, char *err)
{
	char *part = xasprintf("%s.part", dir), *path = xasprintf("%s/" STATE, part);
	struct machine m = { 0 };
	int fd = -1, ret;

	dir_remove(part);
	ret = dir_make(part, err);
	if (!ret) {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		ret = fd < 0 ? errf(err, -errno, "%s: %s", path, strerror(errno)) : 0;
	}
	if (!ret) {
		ret = machine_start(&m, words, fd, true, err);
		if (!ret)
			ret = qmp_wait_stopped(&m.qmp, err);
		*status = ret == -EPIPE ? machine_wait(&m) : -1;
	}
	if (!ret)
		ret = qmp_save(&m.qmp, fd, err);
	machine_end(&m);
	if (!ret)
		ret = copy_records(".", part, err);
	if (!ret && rename(part, dir))
		ret = errf(err, -errno, "%s: %s", dir, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (ret)
		dir_remove(part);
	free(path);
	free(part);
	return ret;
}

static int resume(const char *dir, char *const words[], int *status, char *err)
{
	char *path = xasprintf("%s/" STATE, dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	struct machine m = { 0 };

	ret = fd < 0 ? errf(err, -errno, "%s: %s", path, strerror(errno)) :
	      machine_start(&m, words, fd, false, err);
	if (!ret)
		ret = qmp_resume(&m.qmp, err);
	if (!ret || ret == -EPIPE)
		*status = machine_wait(&m);
	machine_end(&m);
	if (fd >= 0)
		close(fd);
	free(path);
	return ret;
}

static int lock(const char *dir, char *err)
{
	char *path = xasprintf("%s.lock", dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || flock(fd, LOCK_EX))
		fd = errf(err, -errno, "%s: %s", path, strerror(errno));
	free(path);
	return fd;
}

int main(int argc, char **argv)
{
	char err[OPT_ERR_MAX] = "";
	int status = -1, fd, ret;
	struct stat st;

	if (argc < 3) {
		fprintf(stderr, "usage: warm-start DIR EMULATOR ARGS...\n");
		return 2;
	}
	fd = lock(argv[1], err);
	ret = fd < 0 ? fd : 0;
	if (!ret && stat(argv[1], &st))
		ret = save(argv[1], argv + 2, &status, err);
	else if (!ret)
		ret = copy_records(argv[1], ".", err);
	if (fd >= 0)
		close(fd);
	if (!ret)
		ret = resume(argv[1], argv + 2, &status, err);
	if (status >= 0)
		return status;
	fprintf(stderr, "warm-start: %s\n", err);
	return 1;
}
