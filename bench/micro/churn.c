// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload churn: the guest writes its data, does one thing again and again, then verifies.
 *
 * Of operation none the guest reads CR0 twice, which no host intercepts: what is left is the way
 * into the guest and back, once. An operation that makes KVM drop its page tables shows as NPFs of
 * the verification, and as pins, where these go with the page tables.
 *
 * Operation convert rewrites a page by its mapping of the other C-bit, then by its own: what a
 * guest does that turns a page shared and private again. (Plain SEV has no hypercall for it.)
 *
 *	$ micro --workload churn --operation cr0-wp --guest sev
 *	churn_operations     10000
 *	churn_operation_ns   10260
 *	...
 */
#include <stdlib.h>

#include "micro.h"

struct churn {
	uint64_t operation_ns, verify_ns;	/* of all */
	uint32_t wrong;
};

static const enum guest_command commands[] = {
	[CHURN_NONE] = CMD_READ_CR0,
	[CHURN_CR0_WP] = CMD_FLIP_CR0_WP,
	[CHURN_CR4_PSE] = CMD_FLIP_CR4_PSE,
	[CHURN_EFER_NXE] = CMD_FLIP_EFER_NXE,
	[CHURN_CONVERT] = CMD_CONVERT,
};

static int churn_prepare(struct micro *m)
{
	const struct churn_params *p = &m->p.churn;

	m->state = calloc(1, sizeof(struct churn));
	if (!m->state)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	if (DATA_OFFSET + p->pages * GUEST_PAGE > (size_t)m->memory_bytes)
		return micro_fail(m, MICRO_HOST, "%lld pages of data in %lld MiB of memory, "
				  "allowed: 2 MiB less than memory", (long long)p->pages,
				  (long long)m->memory_bytes >> 20);
	m->params.pages = p->pages;
	m->params.shared = p->view == CHURN_SHARED;
	return 0;
}

static int timed(struct micro *m, enum guest_command command, uint32_t arg, uint32_t *result,
		 uint64_t *ns)
{
	uint64_t start_ns = report_now_ns();
	int ret = guest_command(m, command, arg, result);

	*ns = report_now_ns() - start_ns;
	return ret;
}

static int churn_run(struct micro *m)
{
	const struct churn_params *p = &m->p.churn;
	struct churn *c = m->state;
	uint32_t unused;

	report_phase(&m->report, PHASE_USERSPACE);
	if (guest_command(m, CMD_WRITE, 0, &unused) || micro_gate(m, PHASE_USERSPACE))
		return -1;
	report_phase(&m->report, PHASE_WORKLOAD);
	if (timed(m, commands[p->operation], p->count - 1, &unused, &c->operation_ns) ||
	    timed(m, CMD_VERIFY, 0, &c->wrong, &c->verify_ns))
		return -1;
	report_phase(&m->report, PHASE_STOP);
	return micro_gate(m, PHASE_WORKLOAD);
}

static int churn_report(struct micro *m)
{
	const struct churn_params *p = &m->p.churn;
	const struct churn *c = m->state;

	if (report_metric(&m->report, "churn_operations", p->count) ||
	    report_metric(&m->report, "churn_operation_ns", (double)c->operation_ns / p->count) ||
	    report_metric(&m->report, "churn_verify_ns", (double)c->verify_ns / p->pages) ||
	    report_metric(&m->report, "corrupt_pages", c->wrong))
		return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return 0;
}

const struct micro_workload churn_workload = {
	.mode = MODE_CHURN,
	.prepare = churn_prepare,
	.run = churn_run,
	.report = churn_report,
};
