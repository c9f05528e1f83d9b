// SPDX-License-Identifier: GPL-2.0-only
/*
 * micro: a VMM that runs one workload and no guest operating system, so that a cell isolates one
 * mechanism: an NPF on first touch, or again after the host zapped the SPTEs; a page that the host
 * moves; a page that is read with and without the C-bit.
 *
 * As an SEV guest it goes the way of QEMU: SEV_INIT2 (or SEV_INIT), memslot, REG_REGION of all
 * memory, LAUNCH_START, LAUNCH_UPDATE_DATA of the image, LAUNCH_MEASURE, LAUNCH_FINISH. What it
 * cannot show: cost of firmware and of a guest's own drivers.
 *
 *	$ micro --guest sev --memory 64M --pattern random
 *	registered_pages     16384
 *	...
 *	phase register         4710482 ns
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "micro.h"

static const struct micro_workload *const workloads[WORKLOADS] = {
	[WORKLOAD_TOUCH] = &touch_workload,
	[WORKLOAD_HAZARD] = &hazard_workload,
	[WORKLOAD_VIEWS] = &views_workload,
	[WORKLOAD_TORTURE] = &torture_workload,
	[WORKLOAD_CHURN] = &churn_workload,
	[WORKLOAD_BALLOON] = &balloon_workload,
	[WORKLOAD_DENSITY] = &density_workload,
};

static const struct opt_desc micro_options[] = {
	{ "workload", OPT_ENUM, OPT_I64(struct micro, workload), 0, 0, workload_type_names,
	  "touch", "type of workload; its parameters follow" },
	{ "guest", OPT_ENUM, OPT_I64(struct micro, guest), 0, 0, guest_names, "plain",
	  "kind of guest" },
	{ "memory", OPT_SIZE, OPT_I64(struct micro, memory_bytes), 16LL << 20, 1LL << 40, NULL,
	  "64M", "guest memory" },
	{ "fd", OPT_INT, OPT_I64(struct micro, fd), 0, 1 << 20, NULL, "0",
	  "socket of the agent; 0: print text" },
	{ .name = NULL },
};

int micro_fail(struct micro *m, enum micro_exit why, const char *fmt, ...)
{
	va_list ap;

	if (m->failure)
		return -1;
	m->failure = why;
	va_start(ap, fmt);
	vsnprintf(m->reason, sizeof(m->reason), fmt, ap);
	va_end(ap);
	return -1;
}

static void usage(FILE *f)
{
	const struct opt_desc *tables[] = {
		micro_options, workload_types[WORKLOAD_TOUCH].params,
		workload_types[WORKLOAD_HAZARD].params,
		workload_types[WORKLOAD_TORTURE].params,
		workload_types[WORKLOAD_CHURN].params,
		workload_types[WORKLOAD_BALLOON].params,
		workload_types[WORKLOAD_DENSITY].params,
	};

	fprintf(f, "usage: micro [--workload TYPE] [--KEY VALUE]...\n");
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct opt_desc *d = tables[t]; d->name; d++)
			fprintf(f, "  --%-10s %s (default %s)\n", d->name, d->help,
				d->def ? d->def : "none");
}

static int parse_args(struct micro *m, int argc, char **argv)
{
	const struct opt_desc *params;
	int64_t type = WORKLOAD_TOUCH;
	char err[OPT_ERR_MAX];

	opt_defaults(micro_options, m);
	params = workload_types[m->workload].params;
	opt_defaults(params, &m->p);
	for (int i = 1; i < argc; i += 2) {
		const char *key = strncmp(argv[i], "--", 2) ? "" : argv[i] + 2;
		const struct opt_desc *own = opt_find(micro_options, key);
		const struct opt_desc *param = own ? NULL : opt_find(params, key);

		if ((!own && !param) || i + 1 == argc) {
			usage(stderr);
			return -1;
		}
		if (opt_set(own ? own : param, own ? (void *)m : &m->p, argv[i + 1], err)) {
			fprintf(stderr, "micro: --%s: %s\n", key, err);
			return -1;
		}
		if (m->workload != type) {
			type = m->workload;
			params = workload_types[type].params;
			opt_defaults(params, &m->p);
		}
	}
	if (!workloads[m->workload] || m->guest == GUEST_HOST || m->memory_bytes % (2 << 20)) {
		fprintf(stderr, "micro: workload is one of a micro guest, guest plain, sev or "
			"sev-nopin, memory a multiple of 2M\n");
		return -1;
	}
	return 0;
}

int micro_gate(struct micro *m, enum phase phase)
{
	if (report_gate(&m->report, phase))
		return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return 0;
}

static int register_image(struct micro *m)
{
	return sev_register(m, 0, m->params.image_pages * GUEST_PAGE);
}

static int register_all(struct micro *m)
{
	return sev_register(m, 0, m->memory_bytes);
}

static int register_by(struct micro *m, int (*enroll)(struct micro *m))
{
	int ret;

	report_phase(&m->report, PHASE_REGISTER);
	ret = enroll(m);
	report_phase(&m->report, PHASE_DEFINE);
	return ret;
}

int micro_define(struct micro *m)
{
	report_phase(&m->report, PHASE_DEFINE);
	if (vm_open(m) || memory_alloc(m) || (m->ops->prepare && m->ops->prepare(m)))
		return -1;
	if (m->guest == GUEST_SEV && register_by(m, m->ops->enroll ?: register_all))
		return -1;
	if (image_build(m))
		return -1;
	/* The guest's code must stay where it is, or the guest cannot tell of its data. */
	if (m->guest == GUEST_SEV_NOPIN && register_by(m, register_image))
		return -1;
	if (guest_is_sev(m->guest)) {
		report_phase(&m->report, PHASE_LAUNCH);
		if (sev_launch(m))
			return -1;
		report_phase(&m->report, PHASE_DEFINE);
	}
	return vcpu_open(m);
}

/*
 * The guest is entered first to touch its own image, so that the workload phase has the faults of
 * the workload alone.
 */
static int run(struct micro *m)
{
	uint32_t value;

	if (m->ops->bare)
		report_phase(&m->report, PHASE_DEFINE);
	else if (micro_define(m) || vcpu_run(m, PORT_READY, &value))
		return -1;
	return micro_gate(m, PHASE_DEFINE) ? -1 : m->ops->run(m);
}

void micro_teardown(struct micro *m, uint64_t ns[3])
{
	report_phase(&m->report, PHASE_TEARDOWN);
	ns[0] = report_now_ns();
	vcpu_close(m);
	vm_close(m);
	ns[1] = report_now_ns();
	memory_free(m);
	ns[2] = report_now_ns();
	report_phase(&m->report, PHASE_DONE);
}

static int report_results(struct micro *m, const uint64_t ns[3])
{
	const struct {
		const char *name;
		uint64_t value;
		bool known;
	} rows[] = {
		{ "guest_memory_pages", m->memory_bytes / GUEST_PAGE, true },
		{ "registered_pages", m->registered_bytes / GUEST_PAGE,
		  guest_is_sev(m->guest) && !m->ops->bare },
		{ "launch_pages", m->params.image_pages, !m->ops->bare },
		{ "teardown_vm_ns", ns[1] - ns[0], !m->ops->bare },
		{ "teardown_unmap_ns", ns[2] - ns[1], !m->ops->bare },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].known && report_metric(&m->report, rows[i].name, rows[i].value))
			return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return m->ops->report(m);
}

static enum status end_status(enum micro_exit why)
{
	switch (why) {
	case MICRO_OK:
		return STATUS_PASS;
	case MICRO_GUEST:
		return STATUS_VMM_EXIT;
	case MICRO_WRONG:
		return STATUS_FAIL;
	case MICRO_CORRUPT:
		return STATUS_CORRUPT;
	default:
		return STATUS_ERROR;
	}
}

int main(int argc, char **argv)
{
	struct micro m = { .kvm_fd = -1, .vm_fd = -1, .vcpu_fd = -1, .sev_fd = -1 };
	uint64_t ns[3];
	bool done;

	if (parse_args(&m, argc, argv))
		return MICRO_USAGE;
	m.ops = workloads[m.workload];
	m.report.out.fd = m.fd;
	done = !run(&m);
	micro_teardown(&m, ns);
	if (done && !report_results(&m, ns) && m.ops->verdict)
		m.ops->verdict(&m);
	if (m.ops->undo)
		m.ops->undo(&m);
	if (m.failure)
		fprintf(stderr, "micro: %s\n", m.reason);
	report_end(&m.report, end_status(m.failure), m.reason);
	free(m.cpuid);
	free(m.state);
	if (m.kvm_fd >= 0)
		close(m.kvm_fd);
	return m.failure;
}
