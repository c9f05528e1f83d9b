// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/opt.h"
#include "tool_run.h"

#define USE_ZERO_PAGE	"/sys/kernel/mm/transparent_hugepage/use_zero_page"

static bool has_zero_page(const struct cell *c)
{
	return c->type == WORKLOAD_STRESS ? c->p.stress.zero_page : c->p.fio.zero_page;
}

/* The host ends with its cell: there is nothing to put back. */
static int drop_zero_page(struct agent *a)
{
	int fd = open(USE_ZERO_PAGE, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0 || write(fd, "0", 1) != 1)
		ret = agent_fail(a, STATUS_ERROR, USE_ZERO_PAGE ": %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return ret;
}

int tool_run_prepare(struct agent *a)
{
	const struct tool *tool = tool_of(&a->cell);
	int fd, ret;

	if (access(tool->initramfs, R_OK))
		return agent_fail(a, STATUS_ERROR, "%s: %s; %s needs the image layer tools",
				  tool->initramfs, strerror(errno),
				  workload_type_names[a->cell.type]);
	if (!has_zero_page(&a->cell) && drop_zero_page(a))
		return -1;
	if (!tool_run_has_disk(a))
		return 0;
	fd = open(TOOL_RUN_DISK, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ret = fd < 0 ? errno : posix_fallocate(fd, 0, a->cell.p.fio.size);
	if (fd >= 0)
		close(fd);
	return ret ? agent_fail(a, STATUS_ERROR, TOOL_RUN_DISK ": %s", strerror(ret)) : 0;
}

bool tool_run_has_disk(const struct agent *a)
{
	return a->cell.type == WORKLOAD_FIO && a->cell.p.fio.target == FIO_DISK;
}

int tool_run_go(struct agent *a, int fd)
{
	char command[TOOL_COMMAND_MAX + 1];
	int len;

	if (a->cell.start == START_WARM && machine_save(a))
		return -1;
	len = tool_of(&a->cell)->command(&a->cell, command);
	command[len++] = '\n';
	return write(fd, command, len) == len ? 0 :
	       agent_fail(a, STATUS_ERROR, "the guest's channel is closed");
}

int tool_run_output(struct tool_run *t, const void *data, size_t len, char *err)
{
	char *grown;

	if (t->len + len > TOOL_OUTPUT_MAX) {
		snprintf(err, OPT_ERR_MAX, "results of more than %d bytes", TOOL_OUTPUT_MAX);
		return -EBADMSG;
	}
	grown = realloc(t->output, t->len + len + 1);
	if (!grown)
		return -ENOMEM;
	t->output = grown;
	memcpy(t->output + t->len, data, len);
	t->len += len;
	return 0;
}

void tool_run_message(struct tool_run *t, const char *text, size_t len)
{
	size_t start;

	while (len && (text[len - 1] == '\n' || text[len - 1] == '\0'))
		len--;
	for (start = len; start && text[start - 1] != '\n'; start--)
		;
	if (!t->said)
		snprintf(t->message, sizeof(t->message), "%.*s", (int)(len - start), text + start);
	t->said = true;
}

void tool_run_end(struct agent *a, struct tool_run *t)
{
	const struct tool *tool = tool_of(&a->cell);
	char err[OPT_ERR_MAX] = "it wrote none";
	struct tool_values values = { .nr = 0 };
	int ret = -EBADMSG;

	t->told = true;
	if (!t->ended) {
		agent_fail(a, STATUS_ERROR, "the guest did not run %s", tool->name);
		return;
	}
	if (t->len)
		ret = tool->parse(&a->cell, t->output, t->len, &values, err);
	for (size_t i = 0; i < values.nr && ret != -EBADMSG; i++)
		emit_metric(a, values.v[i].metric, values.v[i].value);
	if (t->exit)
		agent_fail(a, STATUS_FAIL, "%s ended with status %.0f%s%s", tool->name, t->exit,
			   t->message[0] ? ": " : "", t->message);
	if (ret == -EIO)
		agent_fail(a, STATUS_FAIL, "%s: %.180s", tool->name, err);
	else if (ret)
		agent_fail(a, STATUS_ERROR, "results of %s: %.180s", tool->name, err);
}

void tool_run_lost(struct agent *a, const struct tool_run *t)
{
	size_t len = strlen(a->reason);

	if (t->told || a->status == STATUS_PASS)
		return;
	snprintf(a->reason + len, sizeof(a->reason) - len, "; %s %s", tool_of(&a->cell)->name,
		 t->ended ? "had ended, its results did not come" :
		 t->started ? "was running" : "had not started");
}

void tool_run_free(struct tool_run *t)
{
	free(t->output);
	t->output = NULL;
}
