// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload density: guests of a process each are started one after the other and write their data,
 * until as many run as were asked for, or one fails. Then each that runs verifies its data.
 *
 * The VMM that the agent started is there to start the others, and has no guest. The one that is
 * being started is what the OOM killer is to take, so that the others stay.
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
#define DENSITY_NO_GUEST_ROWS	3	/* metrics that there are when none could be started */

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
	pid_t pid[DENSITY_GUESTS_MAX];
	int say[DENSITY_GUESTS_MAX];	/* a byte: verify; the end: go */
	int hear[DENSITY_GUESTS_MAX];	/* a byte: done */
	uint32_t running;
	enum limit limit;
	struct footprint before;
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
	host_write(OOM_SCORE, "0");
	if (!ret)
		serve(&vm, s, in, out);
	micro_teardown(&vm, ns);
	snprintf(s->reason, sizeof(s->reason), "%s", vm.reason);
	s->failure = vm.failure;
	_exit(vm.failure);
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

	if (pipe(to) || pipe(from))
		return micro_fail(m, MICRO_HOST, "pipe: %s", strerror(errno));
	d->seat[i].forked_ns = report_now_ns();
	d->pid[i] = fork();
	if (d->pid[i] < 0)
		return micro_fail(m, MICRO_HOST, "fork: %s", strerror(errno));
	if (!d->pid[i]) {
		for (uint32_t k = 0; k < i; k++) {
			close(d->say[k]);
			close(d->hear[k]);
		}
		close(to[1]);
		close(from[0]);
		guest_process(m, &d->seat[i], to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	d->say[i] = to[1];
	d->hear[i] = from[0];
	return 0;
}

/* 0 or a signal that ended it. */
static int guest_end(struct density *d, uint32_t i)
{
	int status = 0;

	close(d->say[i]);
	close(d->hear[i]);
	while (waitpid(d->pid[i], &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
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

static int start_all(struct micro *m, struct density *d)
{
	while (d->running < (uint32_t)m->p.density.guests) {
		if (guest_start(m, d, d->running))
			return -1;
		if (!answered(d, d->running))
			return find_limit(m, d, d->running);
		if (look(m, &d->seat[d->running].then))
			return -1;
		d->running++;
	}
	d->limit = LIMIT_ASKED;
	return 0;
}

static int verify_all(struct micro *m, struct density *d)
{
	for (uint32_t i = 0; i < d->running; i++) {
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
	if (look(m, &d->before) || start_all(m, d) || verify_all(m, d))
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
	d->seat = mmap(NULL, m->p.density.guests * sizeof(*d->seat), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (d->seat == MAP_FAILED)
		return micro_fail(m, MICRO_MEMORY, "mmap: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	report_phase(&m->report, PHASE_WORKLOAD);
	ret = crowd(m, d);
	for (uint32_t i = 0; i < d->running; i++)
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

	for (uint32_t i = 0; i < d->running && !ret; i++) {
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

static int density_report(struct micro *m)
{
	const struct density *d = m->state;
	const struct seat *last = d->running ? &d->seat[d->running - 1] : NULL;
	double n = d->running, start_ns = 0, touch_ns = 0, rss_pages = 0;

	for (uint32_t i = 0; i < d->running; i++) {
		const struct seat *s = &d->seat[i];

		start_ns += s->ready_ns - s->forked_ns;
		touch_ns += s->written_ns - s->ready_ns;
		rss_pages += s->rss_pages;
	}
	const struct {
		const char *name;
		double value;
	} rows[] = {
		{ "density_guests", n },
		{ "density_limit", d->limit },
		{ "corrupt_pages", d->wrong },
		{ "density_start_first_ns", d->seat->ready_ns - d->seat->forked_ns },
		{ "density_start_last_ns", last ? last->ready_ns - last->forked_ns : 0 },
		{ "density_start_mean_ns", start_ns / n },
		{ "density_touch_mean_ns", touch_ns / n },
		{ "density_rss_kib", rss_pages * 4 / n },
		{ "density_pinned_pages", last ? pinned(&last->then) - pinned(&d->before) : 0 },
		{ "density_host_kib",
		  last ? (d->before.free_pages - last->then.free_pages) * 4 / n : 0 },
	};
	size_t nr = last ? sizeof(rows) / sizeof(rows[0]) : DENSITY_NO_GUEST_ROWS;

	for (size_t i = 0; i < nr; i++)
		if (report_metric(&m->report, rows[i].name, rows[i].value))
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
