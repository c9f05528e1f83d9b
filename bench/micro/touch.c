// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload touch: all pages once, then again after the host zapped the SPTEs. Each vCPU has a
 * thread and a share of the pages; they begin each pass together.
 *
 * With instruction counting the processors of an emulated host run one after another, so that its
 * virtual clock shows the work of several vCPUs, and none of their waiting for each other.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hazard.h"

struct touch {
	struct hazard host;		/* settings to be restored */
	struct touch_vcpu {
		struct micro vm;	/* as its thread sees it, with its own failure */
		pthread_t thread;
		struct touch *all;
		uint64_t corrupt;
	} vcpu[TOUCH_VCPUS_MAX - 1];	/* beside the first one */
	int started;
	pthread_barrier_t begin, end;	/* of a pass */
	bool stop;
	uint64_t corrupt, first_ns, refault_ns;
};

static int touch_prepare(struct micro *m)
{
	struct touch *t = m->state = calloc(1, sizeof(*t));

	if (!t)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	return ram_back(m, &t->host) || ram_prealloc(m) ? -1 : 0;
}

static void *vcpu_thread(void *arg)
{
	struct touch_vcpu *v = arg;
	uint32_t wrong;

	for (;;) {
		pthread_barrier_wait(&v->all->begin);
		if (v->all->stop)
			return NULL;
		if (!v->vm.failure && !vcpu_run(&v->vm, PORT_PASS, &wrong))
			v->corrupt += wrong;
		pthread_barrier_wait(&v->all->end);
	}
}

/* Its image is touched, as that of the first one is. */
static int vcpu_start(struct micro *m, struct touch *t, int i)
{
	struct touch_vcpu *v = &t->vcpu[i];
	uint32_t value;
	int ret;

	v->all = t;
	v->vm = *m;
	v->vm.vcpu_fd = -1;
	v->vm.run = NULL;
	v->vm.vcpu_id = i + 1;
	v->vm.stack_below = v->vm.vcpu_id * STACK_BYTES;
	t->started++;
	if (vcpu_open(&v->vm) || vcpu_run(&v->vm, PORT_READY, &value))
		return micro_fail(m, v->vm.failure, "%s", v->vm.reason);
	ret = pthread_create(&v->thread, NULL, vcpu_thread, v);
	return ret ? micro_fail(m, MICRO_RUN, "no thread for a vCPU: %s", strerror(ret)) : 0;
}

static int run_pass(struct micro *m, struct touch *t, uint64_t *ns)
{
	uint64_t start_ns = report_now_ns();
	uint32_t wrong;
	int ret;

	if (t->started)
		pthread_barrier_wait(&t->begin);
	ret = vcpu_run(m, PORT_PASS, &wrong);
	if (t->started)
		pthread_barrier_wait(&t->end);
	*ns += report_now_ns() - start_ns;
	if (!ret)
		t->corrupt += wrong;
	for (int i = 0; i < t->started; i++)
		if (t->vcpu[i].vm.failure)
			ret = micro_fail(m, t->vcpu[i].vm.failure, "vCPU %d: %s", i + 1,
					 t->vcpu[i].vm.reason);
	return ret;
}

static int passes(struct micro *m, struct touch *t)
{
	for (int64_t i = 0; i < 1 + m->p.touch.refaults; i++) {
		if (i && memory_zap(m))
			return -1;
		if (run_pass(m, t, i ? &t->refault_ns : &t->first_ns))
			return -1;
	}
	return 0;
}

static void vcpus_stop(struct touch *t)
{
	t->stop = true;
	if (t->started)
		pthread_barrier_wait(&t->begin);
	for (int i = 0; i < t->started; i++) {
		pthread_join(t->vcpu[i].thread, NULL);
		t->corrupt += t->vcpu[i].corrupt;
		vcpu_close(&t->vcpu[i].vm);
	}
}

static int touch_run(struct micro *m)
{
	struct touch *t = m->state;
	int vcpus = m->p.touch.vcpus, ret;

	pthread_barrier_init(&t->begin, NULL, vcpus);
	pthread_barrier_init(&t->end, NULL, vcpus);
	for (int i = 0; i < vcpus - 1; i++)
		if (vcpu_start(m, t, i))
			return -1;
	report_phase(&m->report, PHASE_WORKLOAD);
	ret = passes(m, t);
	report_phase(&m->report, PHASE_STOP);
	if (!ret)
		ret = micro_gate(m, PHASE_WORKLOAD);
	vcpus_stop(t);
	return ret;
}

static int touch_report(struct micro *m)
{
	const struct guest_params *g = &m->params;
	const struct touch *t = m->state;
	const struct {
		const char *name;
		double value;
		bool known;
	} rows[] = {
		{ "touched_pages", g->pages, true },
		{ "corrupt_pages", t->corrupt, g->write && g->passes > 1 },
		{ "touch_first_pass_ns", t->first_ns, true },
		{ "touch_refault_pass_ns", (double)t->refault_ns / (g->passes - 1),
		  g->passes > 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].known && report_metric(&m->report, rows[i].name, rows[i].value))
			return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return 0;
}

static void touch_undo(struct micro *m)
{
	struct touch *t = m->state;

	if (t)
		host_restore(&t->host);
}

const struct micro_workload touch_workload = {
	.mode = MODE_TOUCH,
	.prepare = touch_prepare,
	.run = touch_run,
	.report = touch_report,
	.undo = touch_undo,
};
