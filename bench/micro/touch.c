// SPDX-License-Identifier: GPL-2.0-only
/* Workload touch: all pages once, then again after the host zapped the SPTEs. */
#include <stdlib.h>

#include "micro.h"

static int touch_run(struct micro *m)
{
	unsigned long passes = 1 + m->p.touch.refaults;
	uint64_t *corrupt = m->state = calloc(1, sizeof(*corrupt));
	uint32_t value;

	if (!corrupt)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	report_phase(&m->report, PHASE_WORKLOAD);
	for (unsigned long pass = 0; pass < passes; pass++) {
		if (pass && memory_zap(m))
			return -1;
		if (vcpu_run(m, PORT_PASS, &value))
			return -1;
		*corrupt += value;
	}
	report_phase(&m->report, PHASE_STOP);
	return micro_gate(m, PHASE_WORKLOAD);
}

static int touch_report(struct micro *m)
{
	const struct guest_params *g = &m->params;
	const uint64_t *corrupt = m->state;

	if (report_metric(&m->report, "touched_pages", g->pages) ||
	    (g->write && g->passes > 1 && report_metric(&m->report, "corrupt_pages", *corrupt)))
		return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return 0;
}

const struct micro_workload touch_workload = {
	.mode = MODE_TOUCH,
	.run = touch_run,
	.report = touch_report,
};
