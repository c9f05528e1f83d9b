// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collector npf: one record for each nested page fault, from kvm:kvm_exit with reason NPF and the
 * kvm:kvm_entry that follows on the same thread, by perf on the VMM's threads alone.
 *
 * Each CPU has one ring buffer (64 MiB in all, 1 to 16 MiB a CPU) for all events. A fault takes
 * about 170 bytes of it; it is drained at each timeline sample and at a quarter full. What the
 * kernel could not store is counted in npf_lost. A thread may change its CPU between exit and
 * entry, so rings are merged by time, up to the time of the drain before: what is older is in.
 *
 * For a VMM that does not stamp its phases, the same rings carry its ioctls. That part is at work
 * even where the collector is switched off.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "collect.h"
#include "launchphase.h"
#include "pairing.h"
#include "perf.h"

#define RINGS_BYTES	(64UL << 20)
#define RING_MIN_BYTES	(1UL << 20)
#define RING_MAX_BYTES	(16UL << 20)
#define BATCH		4096

enum npf_event { EV_EXIT, EV_ENTRY, EV_MMIO, EV_IOCTL, EV_IOCTL_RET, EV_PAGE_FAULT, EVENTS };
enum { EXIT_REASON_F, EXIT_GPA, EXIT_ERROR, EXIT_VCPU };

static const struct tracepoint wanted[EVENTS] = {
	[EV_EXIT] = { "kvm", "kvm_exit", { "exit_reason", "info2", "info1", "vcpu_id" },
		      "exit_reason == 0x400", 0, {} },
	[EV_ENTRY] = { "kvm", "kvm_entry", { NULL }, NULL, 0, {} },
	[EV_MMIO] = { "kvm", "kvm_mmio", { NULL }, NULL, 0, {} },
	[EV_IOCTL] = { "syscalls", "sys_enter_ioctl", { "cmd" },
		       LAUNCHPHASE_FILTER, 0, {} },
	[EV_IOCTL_RET] = { "syscalls", "sys_exit_ioctl", { NULL }, NULL, 0, {} },
	[EV_PAGE_FAULT] = { "kvm", "kvm_page_fault", { NULL }, NULL, 0, {} },
};

struct npf {
	struct tracepoint tp[EVENTS];
	bool use[EVENTS];
	bool faults;			/* or for the phases of the launch alone */
	struct perf_ring *rings;
	int nr_cpus;
	int (*fds)[EVENTS];		/* one row a CPU; 0: none */
	int page_fault_fd;
	struct pairing pairing;
	struct launchphase launch;
	bool launched;			/* the mark is due */
	uint64_t drained_ns;		/* the drain before */
	uint64_t lost;
	struct record_fault batch[BATCH];
	size_t nr_batch;
};

/* A VMM that does not tell its phases: they are read off its ioctls and its first kvm_entry. */
static bool stamps_launch(const struct agent *a)
{
	return workload_types[a->cell.type].layers & 1 << LAYER_QEMU;
}

static int npf_probe(struct agent *a, void *state)
{
	struct npf *n = state;
	char err[RECORD_REASON_MAX];

	n->faults = collector_on(a, COLLECTOR_NPF);
	n->nr_cpus = sysconf(_SC_NPROCESSORS_CONF);
	n->rings = calloc(n->nr_cpus, sizeof(*n->rings));
	n->fds = calloc(n->nr_cpus, sizeof(*n->fds));
	if (!n->rings || !n->fds || pairing_init(&n->pairing, a->cell.memory_bytes))
		return agent_fail(a, STATUS_ERROR, "out of memory");
	for (int e = 0; e < EVENTS; e++) {
		n->tp[e] = wanted[e];
		n->use[e] = e == EV_IOCTL || e == EV_IOCTL_RET ? stamps_launch(a) :
			    e == EV_ENTRY || n->faults;
		if (n->use[e] && tracefs_load(&n->tp[e], err, sizeof(err)))
			return agent_fail(a, STATUS_ERROR, "%s", err);
	}
	return 0;
}

static void flush_batch(struct agent *a, struct npf *n)
{
	emit_faults(a, n->batch, n->nr_batch);
	n->nr_batch = 0;
}

/* The launch is over: a running VMM's ioctls are KVM_RUN, one a userspace exit. */
static void ioctls_off(struct npf *n)
{
	for (int cpu = 0; cpu < n->nr_cpus; cpu++)
		for (int e = 0; e < EVENTS; e++)
			if (n->fds[cpu][e] && (!n->faults || e == EV_IOCTL || e == EV_IOCTL_RET))
				ioctl(n->fds[cpu][e], PERF_EVENT_IOC_DISABLE, 0);
}

static void take_sample(struct agent *a, struct npf *n, const struct perf_record *r)
{
	const struct tracepoint *tp = n->tp;
	enum phase phase;
	uint16_t id;

	if (r->raw_len < sizeof(id))
		return;
	memcpy(&id, r->raw, sizeof(id));	/* common_type */
	if (id == tp[EV_EXIT].id) {
		pairing_exit(&n->pairing, r->pid, r->tid,
			     tracefs_field(&tp[EV_EXIT], EXIT_VCPU, r->raw, r->raw_len), r->t_ns,
			     tracefs_field(&tp[EV_EXIT], EXIT_GPA, r->raw, r->raw_len),
			     tracefs_field(&tp[EV_EXIT], EXIT_ERROR, r->raw, r->raw_len));
	} else if (id == tp[EV_ENTRY].id) {
		if (n->use[EV_IOCTL] && launchphase_run(&n->launch, &phase)) {
			emit_phase(a, phase, r->t_ns);
			ioctls_off(n);
			n->launched = true;
		}
		if (pairing_entry(&n->pairing, r->tid, r->t_ns, &n->batch[n->nr_batch]) &&
		    ++n->nr_batch == BATCH)
			flush_batch(a, n);
	} else if (id == tp[EV_MMIO].id) {
		pairing_mmio(&n->pairing, r->tid);
	} else if (n->use[EV_IOCTL] && id == tp[EV_IOCTL].id) {
		if (launchphase_enter(&n->launch, r->tid,
				      tracefs_field(&tp[EV_IOCTL], 0, r->raw, r->raw_len), &phase))
			emit_phase(a, phase, r->t_ns);
	} else if (n->use[EV_IOCTL_RET] && id == tp[EV_IOCTL_RET].id) {
		if (launchphase_exit(&n->launch, r->tid, &phase))
			emit_phase(a, phase, r->t_ns);
	}
}

static void take(struct agent *a, struct npf *n, const struct perf_record *r)
{
	switch (r->type) {
	case PERF_RECORD_SAMPLE:
		take_sample(a, n, r);
		break;
	case PERF_RECORD_SWITCH:
		pairing_switch(&n->pairing, r->tid, r->t_ns, r->misc & PERF_RECORD_MISC_SWITCH_OUT,
			       r->misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT);
		break;
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
		n->lost += r->lost;
		break;
	}
}

/* The ring whose oldest record is the oldest of all. */
static struct perf_ring *oldest(struct npf *n, uint64_t bound_ns)
{
	const struct perf_record *first = NULL;
	struct perf_ring *ring = NULL;

	for (int i = 0; i < n->nr_cpus; i++) {
		const struct perf_record *r =
			n->rings[i].page ? perf_ring_peek(&n->rings[i]) : NULL;

		if (r && r->t_ns <= bound_ns && (!first || r->t_ns < first->t_ns)) {
			first = r;
			ring = &n->rings[i];
		}
	}
	return ring;
}

static void drain(struct agent *a, struct npf *n, bool all)
{
	uint64_t start_ns = now_ns();
	uint64_t bound_ns = all || n->nr_cpus == 1 ? UINT64_MAX : n->drained_ns;
	struct perf_ring *r;

	while ((r = oldest(n, bound_ns))) {
		take(a, n, &r->next);
		perf_ring_take(r);
	}
	n->drained_ns = start_ns;
	flush_batch(a, n);
	if (n->launched) {
		n->launched = false;
		collect_mark(a, MARK_LAUNCHED);
	}
}

static int ring_readable(struct agent *a, int fd, void *data)
{
	(void)fd;
	drain(a, data, false);
	return 0;
}

static int open_cpu(struct agent *a, struct npf *n, int cpu, uint64_t ring_bytes)
{
	struct perf_ring *ring = &n->rings[cpu];
	pid_t pid = a->vmm.pid;
	char advice[160];
	int fd, ret;

	fd = perf_open_ring_owner(pid, cpu, ring_bytes / 4, n->faults);
	if (fd == -ENODEV)
		return 0;	/* an absent CPU */
	ret = fd < 0 ? fd : perf_ring_open(ring, fd, ring_bytes);
	for (int e = 0; !ret && e < EV_PAGE_FAULT; e++) {
		if (!n->use[e])
			continue;
		ret = fd = perf_open_tracepoint(&n->tp[e], pid, cpu, ring_bytes / 4);
		if (fd >= 0)
			ret = perf_ring_join(ring, fd);
		if (fd >= 0)
			n->fds[cpu][e] = fd;
	}
	if (ret)
		return agent_fail(a, STATUS_ERROR, "perf events of the VMM on CPU %d: %s", cpu,
				  perf_advice(ret, advice, sizeof(advice)));
	return loop_add(a, ring->fd, ring_readable, n);
}

static int npf_start(struct agent *a, void *state)
{
	struct npf *n = state;
	uint64_t bytes = RING_MAX_BYTES;
	char advice[160];

	while (bytes > RING_MIN_BYTES && bytes * n->nr_cpus > RINGS_BYTES)
		bytes /= 2;
	for (int cpu = 0; cpu < n->nr_cpus; cpu++)
		if (open_cpu(a, n, cpu, bytes))
			return -1;
	if (!n->faults)
		return 0;
	n->page_fault_fd = perf_open_tracepoint(&n->tp[EV_PAGE_FAULT], a->vmm.pid, -1, 0);
	if (n->page_fault_fd < 0)
		return agent_fail(a, STATUS_ERROR, "perf count of kvm_page_fault: %s",
				  perf_advice(n->page_fault_fd, advice, sizeof(advice)));
	return 0;
}

static void npf_sample(struct agent *a, void *state, struct record_sample *s)
{
	(void)s;
	drain(a, state, false);
}

/*
 * The VMM stands still: what KVM counted up to here are the exits up to here. An exit whose entry
 * comes when it goes on would have the pause in its latency.
 */
static void npf_mark(struct agent *a, void *state, enum mark mark)
{
	struct npf *n = state;

	if (mark != MARK_WORKLOAD_END || !n->faults)
		return;
	drain(a, n, true);
	pairing_drop(&n->pairing);
	emit_metric(a, "npf_exits_end", n->pairing.exits);
	emit_metric(a, "npf_not_reserved_end", n->pairing.not_reserved);
}

static uint64_t read_count(int fd)
{
	uint64_t v = 0;

	return fd > 0 && read(fd, &v, sizeof(v)) == sizeof(v) ? v : 0;
}

static void emit_counts(struct agent *a, const struct npf *n)
{
	uint64_t exits = 0, entries = 0;

	for (int cpu = 0; cpu < n->nr_cpus; cpu++) {
		exits += read_count(n->fds[cpu][EV_EXIT]);
		entries += read_count(n->fds[cpu][EV_ENTRY]);
	}
	emit_metric(a, "npf_exits", exits);
	emit_metric(a, "kvm_entry_events", entries);
	emit_metric(a, "kvm_page_fault_events", read_count(n->page_fault_fd));
	emit_metric(a, "npf_unpaired", pairing_unpaired(&n->pairing));
	emit_metric(a, "npf_lost", n->lost);
}

static void npf_stop(struct agent *a, void *state)
{
	struct npf *n = state;

	drain(a, n, true);
	if (n->faults)
		emit_counts(a, n);
	if (n->lost)
		agent_fail(a, STATUS_LOST_EVENTS, "%llu fault events lost by full perf buffers",
			   (unsigned long long)n->lost);
}

const struct collector npf_collector = {
	.state_bytes = sizeof(struct npf),
	.needed = stamps_launch,
	.probe = npf_probe,
	.start = npf_start,
	.sample = npf_sample,
	.mark = npf_mark,
	.stop = npf_stop,
};
