// SPDX-License-Identifier: GPL-2.0-only
/* Workload null: no VMM. It ends in each way that a cell can end, to try the runner with. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

#define FAULT_NS	1000

static void make_samples(struct agent *a)
{
	for (int64_t i = 0; i < a->cell.p.null.samples; i++) {
		struct record_sample s = { .t_ns = now_ns() };

		for (int c = 0; c < TIMELINE_COLUMNS; c++)
			s.column[c] = c % 2 ? RECORD_MISSING : i;
		emit_sample(a, &s);
	}
}

static void make_faults(struct agent *a)
{
	struct record_fault batch[1024];
	uint64_t t = now_ns();
	int64_t left = a->cell.p.null.faults, i = 0;

	while (left) {
		size_t n = 0;

		for (; left && n < sizeof(batch) / sizeof(batch[0]); n++, left--, i++)
			batch[n] = (struct record_fault){
				.t_ns = t + i, .gpa = i << 12, .error_code = 4,
				.latency_ns = FAULT_NS + i % 100, .kind = FAULT_FIRST,
			};
		emit_faults(a, batch, n);
	}
}

/* The kernel has no way to warn at will: the line in its log is all that makes the cell a splat. */
static void fake_warning(struct agent *a)
{
	if (file_write("/dev/kmsg",
		       "WARNING: CPU: 0 PID: 1 at null workload, made up by the agent\n"))
		agent_fail(a, STATUS_ERROR, "/dev/kmsg cannot be written");
}

static void panic_host(struct agent *a)
{
	if (a->local)
		agent_fail(a, STATUS_ERROR, "will not panic a local host");
	else if (file_write("/proc/sysrq-trigger", "c"))
		agent_fail(a, STATUS_ERROR, "/proc/sysrq-trigger cannot be written");
}

/* Busy, so that both limits can be tried: the cell's in host time and the runner's in wall time. */
static void hang(struct agent *a)
{
	uint64_t end = now_ns() + a->cell.timeout_ns;

	while (now_ns() < end)
		;
	agent_fail(a, STATUS_GUEST_HANG, "no end within %lld ms of the host's time",
		   (long long)a->cell.timeout_ns / 1000000);
}

void null_run(struct agent *a)
{
	emit_phase(a, PHASE_DEFINE, now_ns());
	emit_phase(a, PHASE_WORKLOAD, now_ns());
	make_samples(a);
	make_faults(a);
	switch (a->cell.p.null.outcome) {
	case NULL_FAIL:
		agent_fail(a, STATUS_FAIL, "asked to fail");
		break;
	case NULL_ERROR:
		agent_fail(a, STATUS_ERROR, "asked for an error");
		break;
	case NULL_HANG:
		hang(a);
		break;
	case NULL_PANIC:
		panic_host(a);
		break;
	case NULL_WARN:
		fake_warning(a);
		break;
	case NULL_EXIT:
		_exit(1);
	}
	emit_phase(a, PHASE_STOP, now_ns());
	emit_phase(a, PHASE_TEARDOWN, now_ns());
	emit_phase(a, PHASE_LEAK_CHECK, now_ns());
	emit_phase(a, PHASE_DONE, now_ns());
}
