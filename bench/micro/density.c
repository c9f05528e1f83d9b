// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload density: guests of a process each are started one after the other and write their data,
 * until as many run as were asked for, or one fails. Then each that runs verifies its data.
 *
 * The VMM that the agent started is there to start the others, and has no guest. When memory ends
 * the OOM killer is to take the guest that is being started, and never the agent; should it take
 * another guest, that one is not counted either.
 *
 *	$ micro --workload density --guest sev --memory 64M
 *	density_guests       15
 *	density_limit        2
 *	...
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "torture.h"

#define OOM_SCORE	"/proc/self/oom_score_adj"
#define OOM_FIRST	"1000"
#define OOM_NEXT	"500"

enum limit { LIMIT_ASKED = 1, LIMIT_ASID, LIMIT_MEMORY };

/* Of the host. */
struct footprint {
	struct pins pins;
	long free_pages;
};

/* In memory that a guest's VMM and its starter both have. */
struct seat {
	enum micro_exit failure;
	char reason[RECORD_REASON_MAX];
	uint64_t forked_ns, ready_ns, written_ns;
	struct footprint then;		/* of the host, when its data was written */
	long rss_pages;
	uint32_t wrong;
};

struct density {
	struct seat *seat;
	pid_t pid[DENSITY_GUESTS_MAX];	/* 0: it runs no more */
	int say[DENSITY_GUESTS_MAX];	/* a byte: verify; the end: go */
	int hear[DENSITY_GUESTS_MAX];	/* a byte: done */
	uint32_t started, running;
	enum limit limit;
	struct footprint before, after;
	uint64_t wrong;
};

/* Of each guest. */
static int density_prepare(struct micro *m)
{
	m->params.pages = m->memory_bytes / GUEST_PAGE * m->p.density.touched / 100;
	if (DATA_OFFSET + m->params.pages * GUEST_PAGE > (size_t)m->memory_bytes)
		m->params.pages = (m->memory_bytes - DATA_OFFSET) / GUEST_PAGE;
	return 0;
}

static int launch(struct micro *vm, struct seat *s)
{
	uint32_t value;

	if (micro_define(vm) || vcpu_run(vm, PORT_READY, &value))
		return -1;
	s->ready_ns = report_now_ns();
	if (guest_command(vm, CMD_WRITE, 0, &value))
		return -1;
	s->written_ns = report_now_ns();
	return 0;
}

/* Each byte that is read is answered by one. */
static void serve(struct micro *vm, struct seat *s, int in, int out)
{
	char byte = 0;

	while (write(out, &byte, 1) == 1 && read(in, &byte, 1) == 1)
		if (guest_command(vm, CMD_VERIFY, 0, &s->wrong))
			break;
}

static void guest_process(const struct micro *m, struct seat *s, int in, int out)
{
	struct micro vm = {
		.ops = m->ops, .workload = m->workload, .guest = m->guest,
		.memory_bytes = m->memory_bytes, .p = m->p, .kvm_fd = -1, .vm_fd = -1,
		.vcpu_fd = -1, .sev_fd = -1,
	};
	uint64_t ns[3];
	int ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	host_write(OOM_SCORE, OOM_FIRST);
	ret = launch(&vm, s);
	host_write(OOM_SCORE, OOM_NEXT);
	if (!ret)
		serve(&vm, s, in, out);
	micro_teardown(&vm, ns);
	snprintf(s->reason, sizeof(s->reason), "%s", vm.reason);
	s->failure = vm.failure;
	_exit(vm.failure);
}

/* Its process has ended, or does so now. Returns the signal that ended it, or 0. */
static int guest_end(struct density *d, uint32_t i)
{
	int status = 0;

	close(d->say[i]);
	close(d->hear[i]);
	while (waitpid(d->pid[i], &status, 0) < 0 && errno == EINTR)
		;
	d->pid[i] = 0;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Returns whether the guest answered; if not, its process is gone or goes. */
static bool answered(const struct density *d, uint32_t i)
{
	char byte;
	ssize_t n;

	do {
		n = read(d->hear[i], &byte, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1;
}

/* The others' ends of pipes are closed on this side, and must not stay open in guest i either. */
static int guest_start(struct micro *m, struct density *d, uint32_t i)
{
	int to[2], from[2];
	pid_t pid;

	if (pipe(to) || pipe(from))
		return micro_fail(m, MICRO_HOST, "pipe: %s", strerror(errno));
	d->seat[i].forked_ns = report_now_ns();
	pid = fork();
	if (pid < 0)
		return micro_fail(m, MICRO_HOST, "fork: %s", strerror(errno));
	if (!pid) {
		for (uint32_t k = 0; k < i; k++)
			if (d->pid[k]) {
				close(d->say[k]);
				close(d->hear[k]);
			}
		close(to[1]);
		close(from[0]);
		guest_process(m, &d->seat[i], to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	d->pid[i] = pid;
	d->say[i] = to[1];
	d->hear[i] = from[0];
	return 0;
}

/* What the guest died of that is not to run any more. */
static int find_limit(struct micro *m, struct density *d, uint32_t i)
{
	const struct seat *s = &d->seat[i];
	int sig = guest_end(d, i);

	if (sig == SIGKILL || s->failure == MICRO_MEMORY || s->failure == MICRO_REGISTER)
		d->limit = LIMIT_MEMORY;
	else if (s->failure == MICRO_NO_ASID)
		d->limit = LIMIT_ASID;
	else
		return micro_fail(m, s->failure ?: MICRO_RUN, "guest %u: %s", i + 1,
				  s->failure ? s->reason : "its VMM died");
	fprintf(stderr, "guest %u: %s\n", i + 1, sig ? "killed for want of memory" : s->reason);
	return 0;
}

static int look(struct micro *m, struct footprint *f)
{
	if (pins_read(m, &f->pins))
		return -1;
	f->free_pages = host_unused_pages();
	return f->free_pages < 0 ? micro_fail(m, MICRO_HOST, "/proc/zoneinfo: %s",
					      strerror(-f->free_pages)) : 0;
}

/* Returns whether a guest that ran was taken by the OOM killer. */
static bool some_died(struct density *d)
{
	uint32_t was = d->running;

	for (uint32_t i = 0; i < d->started; i++) {
		siginfo_t si = { .si_pid = 0 };

		if (!d->pid[i] || waitid(P_PID, d->pid[i], &si, WEXITED | WNOHANG | WNOWAIT) ||
		    !si.si_pid)
			continue;
		guest_end(d, i);
		d->running--;
	}
	return d->running < was;
}

static int start_all(struct micro *m, struct density *d)
{
	while (d->started < (uint32_t)m->p.density.count) {
		uint32_t i = d->started;

		if (guest_start(m, d, i))
			return -1;
		if (!answered(d, i))
			return find_limit(m, d, i);
		if (look(m, &d->seat[i].then))
			return -1;
		d->started++;
		d->running++;
		if (some_died(d)) {
			d->limit = LIMIT_MEMORY;
			return 0;
		}
	}
	d->limit = LIMIT_ASKED;
	return 0;
}

static int verify_all(struct micro *m, struct density *d)
{
	some_died(d);
	for (uint32_t i = 0; i < d->started; i++) {
		if (!d->pid[i])
			continue;
		d->seat[i].rss_pages = process_rss_pages(d->pid[i]);
		if (write(d->say[i], "v", 1) != 1 || !answered(d, i))
			return micro_fail(m, MICRO_GUEST, "guest %u died beside the others",
					  i + 1);
		d->wrong += d->seat[i].wrong;
	}
	return 0;
}

static int crowd(struct micro *m, struct density *d)
{
	if (look(m, &d->before) || start_all(m, d) || look(m, &d->after) || verify_all(m, d))
		return -1;
	report_phase(&m->report, PHASE_STOP);
	return micro_gate(m, PHASE_WORKLOAD);
}

static int density_run(struct micro *m)
{
	struct density *d = m->state = calloc(1, sizeof(*d));
	int ret;

	if (!d)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	d->seat = mmap(NULL, m->p.density.count * sizeof(*d->seat), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (d->seat == MAP_FAILED)
		return micro_fail(m, MICRO_MEMORY, "mmap: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	report_phase(&m->report, PHASE_WORKLOAD);
	ret = crowd(m, d);
	for (uint32_t i = 0; i < d->started; i++)
		if (d->pid[i])
			guest_end(d, i);
	return ret;
}

static long pinned(const struct footprint *f)
{
	return f->pins.taken - f->pins.dropped;
}

static int report_guests(struct micro *m, const struct density *d)
{
	int ret = 0;

	for (uint32_t i = 0; i < d->started && !ret; i++) {
		const struct seat *s = &d->seat[i];
		const struct record_guest g = {
			.start_ns = s->ready_ns - s->forked_ns,
			.touch_ns = s->written_ns - s->ready_ns,
			.rss_kib = s->rss_pages * 4,
			.pinned_pages = pinned(&s->then),
			.mem_free_kib = s->then.free_pages * 4,
		};

		ret = report_guest(&m->report, &g);
	}
	return ret;
}

/* Means are of all guests that were started, and what the host has less is of those that run. */
static int density_report(struct micro *m)
{
	const struct density *d = m->state;
	const struct seat *first = d->seat, *last = d->seat + d->started - 1;
	double start_ns = 0, touch_ns = 0, rss_pages = 0;

	for (uint32_t i = 0; i < d->started; i++) {
		start_ns += d->seat[i].ready_ns - d->seat[i].forked_ns;
		touch_ns += d->seat[i].written_ns - d->seat[i].ready_ns;
		rss_pages += d->seat[i].rss_pages;
	}
	const struct {
		const char *name;
		double value;
		bool known;
	} rows[] = {
		{ "density_guests", d->running, true },
		{ "density_limit", d->limit, true },
		{ "corrupt_pages", d->wrong, true },
		{ "density_pinned_pages", pinned(&d->after) - pinned(&d->before), true },
		{ "density_start_first_ns", first->ready_ns - first->forked_ns, d->started },
		{ "density_start_last_ns", d->started ? last->ready_ns - last->forked_ns : 0,
		  d->started },
		{ "density_start_mean_ns", start_ns / d->started, d->started },
		{ "density_touch_mean_ns", touch_ns / d->started, d->started },
		{ "density_rss_kib", rss_pages * 4 / d->running, d->running },
		{ "density_host_kib",
		  (d->before.free_pages - d->after.free_pages) * 4.0 / d->running, d->running },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].known && report_metric(&m->report, rows[i].name, rows[i].value))
			return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return report_guests(m, d) ? micro_fail(m, MICRO_AGENT, "the agent is gone") : 0;
}

const struct micro_workload density_workload = {
	.mode = MODE_HAZARD,
	.bare = true,
	.prepare = density_prepare,
	.run = density_run,
	.report = density_report,
};
