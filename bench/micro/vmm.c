// SPDX-License-Identifier: GPL-2.0-only
/*
 * micro: a VMM that runs one workload and no guest operating system, so that a cell isolates one
 * mechanism of KVM: an NPF on first touch, or again after the host zapped the SPTEs.
 *
 * As an SEV guest it goes the way of QEMU: SEV_INIT2 (or SEV_INIT), memslot, REG_REGION of all
 * memory, LAUNCH_START, LAUNCH_UPDATE_DATA of the image, LAUNCH_MEASURE, LAUNCH_FINISH. What it
 * cannot show: cost of firmware and of a guest's own drivers, several vCPUs.
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
	if (m->workload != WORKLOAD_TOUCH || m->guest == GUEST_HOST ||
	    m->memory_bytes % (2 << 20)) {
		fprintf(stderr, "micro: workload is touch, guest plain, sev or sev-nopin, memory "
			"a multiple of 2M\n");
		return -1;
	}
	return 0;
}

static int gate(struct micro *m, enum phase phase)
{
	if (report_gate(&m->report, phase))
		return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return 0;
}

static int define(struct micro *m)
{
	report_phase(&m->report, PHASE_DEFINE);
	if (vm_open(m) || memory_alloc(m))
		return -1;
	if (m->guest == GUEST_SEV) {
		report_phase(&m->report, PHASE_REGISTER);
		if (sev_register(m))
			return -1;
		report_phase(&m->report, PHASE_DEFINE);
	}
	if (image_build(m))
		return -1;
	if (guest_is_sev(m->guest)) {
		report_phase(&m->report, PHASE_LAUNCH);
		if (sev_launch(m))
			return -1;
		report_phase(&m->report, PHASE_DEFINE);
	}
	return vcpu_open(m);
}

static int expect(struct micro *m, uint16_t want, uint32_t *value)
{
	uint16_t port;

	if (vcpu_run(m, &port, value))
		return -1;
	if (port != want)
		return micro_fail(m, MICRO_GUEST, "the guest wrote to port %#x, expected %#x", port,
				  want);
	return 0;
}

/*
 * The guest is entered first to touch its own image, so that the workload phase has the faults of
 * the workload alone.
 */
static int workload(struct micro *m, uint64_t *corrupt)
{
	unsigned long passes = 1 + m->p.touch.refaults;
	uint32_t value;

	if (expect(m, PORT_READY, &value) || gate(m, PHASE_DEFINE))
		return -1;
	report_phase(&m->report, PHASE_WORKLOAD);
	for (unsigned long pass = 0; pass < passes; pass++) {
		if (pass && memory_zap(m))
			return -1;
		if (expect(m, PORT_PASS, &value))
			return -1;
		*corrupt += value;
	}
	report_phase(&m->report, PHASE_STOP);
	return gate(m, PHASE_WORKLOAD);
}

static void teardown(struct micro *m, uint64_t ns[3])
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

static int report_results(struct micro *m, uint64_t corrupt, const uint64_t ns[3])
{
	const struct guest_params *g = &m->params;
	uint64_t memory_pages = m->memory_bytes / GUEST_PAGE;
	const struct {
		const char *name;
		uint64_t value;
		bool known;
	} rows[] = {
		{ "guest_memory_pages", memory_pages, true },
		{ "registered_pages", memory_pages, m->guest == GUEST_SEV },
		{ "launch_pages", g->image_pages, true },
		{ "touched_pages", g->pages, true },
		{ "corrupt_pages", corrupt, g->write && g->passes > 1 },
		{ "teardown_vm_ns", ns[1] - ns[0], true },
		{ "teardown_unmap_ns", ns[2] - ns[1], true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].known && report_metric(&m->report, rows[i].name, rows[i].value))
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct micro m = { .kvm_fd = -1, .vm_fd = -1, .vcpu_fd = -1, .sev_fd = -1 };
	uint64_t corrupt = 0, ns[3];
	bool done;

	if (parse_args(&m, argc, argv))
		return MICRO_USAGE;
	m.report.out.fd = m.fd;
	done = !define(&m) && !workload(&m, &corrupt);
	teardown(&m, ns);
	if (done && report_results(&m, corrupt, ns))
		micro_fail(&m, MICRO_AGENT, "the agent is gone");
	if (m.failure)
		fprintf(stderr, "micro: %s\n", m.reason);
	report_end(&m.report, m.failure == MICRO_OK ? STATUS_PASS :
		   m.failure == MICRO_GUEST ? STATUS_VMM_EXIT : STATUS_ERROR, m.reason);
	free(m.cpuid);
	if (m.kvm_fd >= 0)
		close(m.kvm_fd);
	return m.failure;
}
