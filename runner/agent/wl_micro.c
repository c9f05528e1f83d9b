// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workloads of the micro guest: its VMM, which stamps its own phases and waits at gates.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"
#include "inbound.h"

static const char *const micro_metrics[] = {
	"guest_memory_pages", "registered_pages", "launch_pages", "touched_pages",
	"corrupt_pages", "teardown_vm_ns", "teardown_unmap_ns", "hazard_pages",
	"hazard_moved_pages", "hazard_refused_pages", "hazard_returned_pages",
	"hazard_swapped_pages", "hazard_corrupt_pages", "hazard_corrupt_bytes",
	"hazard_flipped_bytes", "hazard_huge_pages", "hazard_ksm_shared_pages",
	"hazard_ksm_sharing_pages", "views_checks", "views_wrong", "torture_rounds",
	"torture_passes", "torture_corrupt_pages", "torture_pinned_pages", "torture_stat_pages",
	"torture_pins_taken", "torture_pins_dropped", "torture_kvm_pin", "torture_kvm_pin_drop",
	"torture_kvm_pin_zap", "torture_kvm_pin_unzap", "torture_faults", "torture_huge_sptes",
	"torture_kills", "torture_kills_define", "torture_kills_launch", "torture_kills_run",
	"touch_first_pass_ns", "touch_refault_pass_ns", "churn_operations", "churn_operation_ns",
	"churn_verify_ns", "balloon_pages", "balloon_inflate_ns", "balloon_returned_pages",
	"balloon_free_pages", "balloon_rss_pages", "balloon_unpinned_pages",
	"balloon_deflate_ns", "balloon_repinned_pages", "balloon_lost_pages",
	"density_guests", "density_limit", "density_start_first_ns", "density_start_last_ns",
	"density_start_mean_ns", "density_touch_mean_ns", "density_rss_kib",
	"density_pinned_pages", "density_host_kib", NULL,
};

struct micro {
	struct inbound in;
	bool done;		/* the workload went through */
};

static void on_metric(struct agent *a, const struct record_metric *m)
{
	emit_metric(a, m->name, m->value);
	if (!strcmp(m->name, "corrupt_pages") && m->value > 0)
		agent_fail(a, STATUS_FAIL, "%.0f pages of the guest had wrong data", m->value);
}

static void on_gate(struct agent *a, struct micro *m, const struct record_gate *g, int fd)
{
	collect_mark(a, g->phase == PHASE_WORKLOAD ? MARK_WORKLOAD_END :
		     g->phase == PHASE_USERSPACE ? MARK_DATA_READY : MARK_LAUNCHED);
	m->done |= g->phase == PHASE_WORKLOAD;
	if (write(fd, "g", 1) != 1)
		emit_remark(a, "micro did not wait at its gate");
}

static void on_end(struct agent *a, struct micro *m, const struct record_end *e)
{
	if (e->status != STATUS_PASS)
		agent_fail(a, e->status, "%s", e->reason);
	if (m->done)
		vmm_expect_end(a);
}

static void on_frame(struct agent *a, struct micro *m, const struct frame *f, int fd)
{
	union {
		struct record_phase phase;
		struct record_metric metric;
		struct record_gate gate;
		struct record_end end;
		struct record_guest guest;
	} r = { .phase = { 0 } };

	memcpy(&r, f->payload, f->len < sizeof(r) ? f->len : sizeof(r));
	switch (f->type) {
	case RECORD_PHASE:
		if (r.phase.phase != PHASE_DONE)
			emit_phase(a, r.phase.phase, r.phase.t_ns);
		break;
	case RECORD_METRIC:
		on_metric(a, &r.metric);
		break;
	case RECORD_GATE:
		on_gate(a, m, &r.gate, fd);
		break;
	case RECORD_GUEST:
		emit_guest(a, &r.guest);
		break;
	case RECORD_END:
		on_end(a, m, &r.end);
		break;
	}
}

static int channel_readable(struct agent *a, int fd, void *data)
{
	struct micro *m = data;
	char buf[8192], err[OPT_ERR_MAX] = "out of memory";
	ssize_t n = read(fd, buf, sizeof(buf));
	struct frame f;
	int ret;

	if (n <= 0)
		return -1;
	ret = frame_feed(&m->in.reader, buf, n);
	while (!ret && (ret = inbound_next(&m->in, &f, err)) > 0) {
		on_frame(a, m, &f, fd);
		ret = 0;
	}
	if (ret) {
		agent_fail(a, STATUS_ERROR, "from micro: %s", err);
		vmm_abort(a);
	}
	return ret;
}

void micro_run(struct agent *a)
{
	const struct opt_desc *d = workload_types[a->cell.type].params;
	struct micro m = {
		.in = {
			.metrics = micro_metrics,
			.types = 1 << RECORD_PHASE | 1 << RECORD_METRIC | 1 << RECORD_GATE |
				 1 << RECORD_GUEST | 1 << RECORD_END,
		},
	};
	char text[OPT_STR_MAX];
	int sock[2];

	emit_phase(a, PHASE_MODULES, now_ns());
	if (modules_load(a) || host_check(a) || collect_probe(a))
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock)) {
		agent_fail(a, STATUS_ERROR, "socketpair failed");
		return;
	}
	vmm_arg(a, "%s/micro", a->bin_dir);
	vmm_arg(a, "--workload");
	vmm_arg(a, "%s", workload_type_names[a->cell.type]);
	vmm_arg(a, "--guest");
	vmm_arg(a, "%s", guest_names[a->cell.guest]);
	vmm_arg(a, "--memory");
	vmm_arg(a, "%lldK", (long long)a->cell.memory_bytes >> 10);
	vmm_arg(a, "--fd");
	vmm_arg(a, "%d", sock[1]);
	for (; d->name; d++) {
		opt_format(d, &a->cell.p, text, sizeof(text));
		vmm_arg(a, "--%s", d->name);
		vmm_arg(a, "%s", text);
	}
	vmm_keep(a, sock[1]);
	a->vmm.measured = true;
	if (!loop_add(a, sock[0], channel_readable, &m))
		vmm_run(a);
	frame_reader_free(&m.in.reader);
}
