// SPDX-License-Identifier: GPL-2.0-only
/* A thread in which the guest writes and verifies an area again and again, until it is stopped. */
#include <errno.h>
#include <string.h>

#include "torture.h"

static void *run(void *arg)
{
	struct runner *r = arg;
	uint32_t wrong = 0;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		r->generation++;
		if (guest_command(&r->vcpu, CMD_AREA_WRITE, AREA_ARG(r->area, r->generation),
				  &wrong) ||
		    guest_command(&r->vcpu, CMD_AREA_VERIFY, AREA_ARG(r->area, r->generation),
				  &wrong))
			break;
		r->passes++;
		if (wrong)
			r->wrong = wrong;
	}
	return NULL;
}

int runner_start(struct micro *m, struct torture *t, enum torture_area area)
{
	struct runner *r = &t->runner;
	int ret;

	*r = (struct runner){
		.vcpu = *m, .area = area == AREA_TARGET ? t->at : area,
		.generation = t->generation[area], .data = area,
	};
	ret = pthread_create(&r->thread, NULL, run, r);
	if (ret)
		return micro_fail(m, MICRO_RUN, "no thread for the vCPU: %s", strerror(ret));
	r->running = true;
	return 0;
}

/* Wrong data is for the caller to judge where holes are punched into what the guest writes. */
int runner_stop(struct micro *m, struct torture *t)
{
	struct runner *r = &t->runner;

	if (!r->running)
		return 0;
	__atomic_store_n(&r->stop, true, __ATOMIC_RELEASE);
	pthread_join(r->thread, NULL);
	r->running = false;
	t->generation[r->data] = r->generation;
	t->passes += r->passes;
	if (r->vcpu.failure)
		return micro_fail(m, r->vcpu.failure, "%s", r->vcpu.reason);
	if (!r->wrong || t->ops->holes_under_it)
		return 0;
	t->corrupt_pages += r->wrong;
	return micro_fail(m, MICRO_CORRUPT, "%u of %zu pages corrupt while the guest ran, in round "
			  "%u of %s", r->wrong, t->h.pages, t->round + 1,
			  torture_names[m->p.torture.mechanism]);
}
