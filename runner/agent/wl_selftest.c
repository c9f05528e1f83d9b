// SPDX-License-Identifier: GPL-2.0-only
/* Workload selftest: one of the kernel's own KVM selftests; kselftest's exit statuses decide. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"

#define SELFTESTS	"/selftests"
#define NR_HUGEPAGES	"/proc/sys/vm/nr_hugepages"
#define KSFT_PASS	0
#define KSFT_SKIP	4

static int reserve_hugepages(struct agent *a)
{
	long long want = a->cell.p.selftest.hugepages;
	char text[32] = "";

	if (!want)
		return 0;
	snprintf(text, sizeof(text), "%lld", want);
	if (file_write(NR_HUGEPAGES, text) < 0 || file_read(NR_HUGEPAGES, text, sizeof(text)) < 0 ||
	    atoll(text) < want)
		return agent_fail(a, STATUS_ERROR, NR_HUGEPAGES ": %lld pages cannot be had", want);
	return 0;
}

static void add_args(struct agent *a)
{
	char args[OPT_STR_MAX], *save = NULL;

	strcpy(args, a->cell.p.selftest.args);
	for (char *s = strtok_r(args, " ", &save); s; s = strtok_r(NULL, " ", &save))
		vmm_arg(a, "%s", s);
}

void selftest_run(struct agent *a)
{
	const char *program = a->cell.p.selftest.program;
	int status;

	emit_phase(a, PHASE_MODULES, now_ns());
	if (modules_load(a) || host_check(a))
		return;
	if (strchr(program, '/')) {
		agent_fail(a, STATUS_ERROR, "selftest '%s': a file's name in " SELFTESTS
			   " is wanted", program);
		return;
	}
	vmm_arg(a, SELFTESTS "/%s", program);
	if (access(a->vmm.argv[0], X_OK)) {
		agent_fail(a, STATUS_ERROR, "%s is not in this image", a->vmm.argv[0]);
		return;
	}
	add_args(a);
	if (reserve_hugepages(a))
		return;
	emit_phase(a, PHASE_WORKLOAD, now_ns());
	vmm_run(a);
	emit_phase(a, PHASE_DONE, now_ns());
	if (!WIFEXITED(a->vmm.wait_status) || a->status != STATUS_PASS)
		return;
	status = WEXITSTATUS(a->vmm.wait_status);
	emit_metric(a, "selftest_exit", status);
	if (status == KSFT_SKIP)
		agent_fail(a, STATUS_SKIP, "%s skipped: %.160s", program, a->vmm.last_line);
	else if (status != KSFT_PASS)
		agent_fail(a, STATUS_FAIL, "%s ended with status %d: %.160s", program, status,
			   a->vmm.last_line);
}
