// SPDX-License-Identifier: GPL-2.0-only
/* Workload selftest: one of the kernel's own KVM selftests; kselftest's exit statuses decide. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"

#define SELFTESTS	"/selftests"
#define KSFT_PASS	0
#define KSFT_SKIP	4

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
