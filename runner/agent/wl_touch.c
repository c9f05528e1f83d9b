// SPDX-License-Identifier: GPL-2.0-only
/* Workload touch: the micro VMM, which stamps its own phases and waits at gates. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"

struct touch {
	struct frame_reader reader;
	bool done;		/* the workload went through */
};

static void on_metric(struct agent *a, const struct record_metric *m)
{
	emit_metric(a, m->name, m->value);
	if (!strcmp(m->name, "corrupt_pages") && m->value > 0)
		agent_fail(a, STATUS_FAIL, "%.0f pages of the guest had wrong data", m->value);
}

static void on_gate(struct agent *a, struct touch *t, const struct record_gate *g, int fd)
{
	collect_mark(a, g->phase == PHASE_WORKLOAD ? MARK_WORKLOAD_END : MARK_LAUNCHED);
	t->done |= g->phase == PHASE_WORKLOAD;
	if (write(fd, "g", 1) != 1)
		emit_remark(a, "micro did not wait at its gate");
}

static void on_end(struct agent *a, struct touch *t, const struct record_end *e)
{
	if (e->status != STATUS_PASS)
		agent_fail(a, e->status, "%s", e->reason);
	a->vmm.stop_asked = t->done;
}

static void on_frame(struct agent *a, struct touch *t, const struct frame *f, int fd)
{
	union {
		struct record_phase phase;
		struct record_metric metric;
		struct record_gate gate;
		struct record_end end;
	} r;

	if (f->type == RECORD_PHASE && frame_record(f, &r, sizeof(r.phase))) {
		if (r.phase.phase != PHASE_DONE)
			emit_phase(a, r.phase.phase, r.phase.t_ns);
	} else if (f->type == RECORD_METRIC && frame_record(f, &r, sizeof(r.metric))) {
		on_metric(a, &r.metric);
	} else if (f->type == RECORD_GATE && frame_record(f, &r, sizeof(r.gate))) {
		on_gate(a, t, &r.gate, fd);
	} else if (f->type == RECORD_END && frame_record(f, &r, sizeof(r.end))) {
		on_end(a, t, &r.end);
	}
}

static int channel_readable(struct agent *a, int fd, void *data)
{
	struct touch *t = data;
	char buf[8192], err[OPT_ERR_MAX];
	ssize_t n = read(fd, buf, sizeof(buf));
	struct frame f;
	int ret;

	if (n <= 0 || frame_feed(&t->reader, buf, n))
		return -1;
	while ((ret = frame_next(&t->reader, &f, err)) > 0)
		on_frame(a, t, &f, fd);
	if (ret < 0)
		agent_fail(a, STATUS_ERROR, "from micro: %s", err);
	return ret;
}

void touch_run(struct agent *a)
{
	const struct opt_desc *d = workload_types[WORKLOAD_TOUCH].params;
	struct touch t = { .done = false };
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
	if (!loop_add(a, sock[0], channel_readable, &t))
		vmm_run(a);
	frame_reader_free(&t.reader);
}
