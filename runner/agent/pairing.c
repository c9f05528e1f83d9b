// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pairing.h"

#define PAGE_SHIFT	12
#define PID_SHIFT	(52 - PAGE_SHIFT)	/* gfns are below; pids have 22 bits */

int pairing_init(struct pairing *p, uint64_t memory_bytes)
{
	size_t size = 1024;

	while (size < 2 * (memory_bytes >> PAGE_SHIFT))
		size <<= 1;
	memset(p, 0, sizeof(*p));
	p->seen_size = size;
	p->seen = calloc(size, sizeof(*p->seen));
	p->threads = calloc(PAIRING_THREADS_MAX, sizeof(*p->threads));
	if (p->seen && p->threads)
		return 0;
	pairing_free(p);
	return -ENOMEM;
}

void pairing_free(struct pairing *p)
{
	free(p->seen);
	free(p->threads);
	memset(p, 0, sizeof(*p));
}

static uint64_t *seen_slot(uint64_t *set, size_t size, uint64_t key)
{
	size_t i = key * 0x9e3779b97f4a7c15ULL >> 20 & (size - 1);

	while (set[i] && set[i] != key)
		i = (i + 1) & (size - 1);
	return &set[i];
}

static void seen_grow(struct pairing *p)
{
	uint64_t *set = calloc(2 * p->seen_size, sizeof(*set));

	if (!set)
		return;		/* slower, but right until the set is full */
	for (size_t i = 0; i < p->seen_size; i++)
		if (p->seen[i])
			*seen_slot(set, 2 * p->seen_size, p->seen[i]) = p->seen[i];
	free(p->seen);
	p->seen = set;
	p->seen_size *= 2;
}

/* Returns whether that process's gfn had been added before. */
static bool seen_add(struct pairing *p, uint32_t pid, uint64_t gfn)
{
	uint64_t *slot, key = (uint64_t)pid << PID_SHIFT | (gfn + 1);

	if (p->nr_seen >= p->seen_size / 4 * 3)
		seen_grow(p);
	slot = seen_slot(p->seen, p->seen_size, key);
	if (*slot)
		return true;
	if (p->nr_seen < p->seen_size - 1) {
		*slot = key;
		p->nr_seen++;
	}
	return false;
}

static struct pairing_thread *thread_get(struct pairing *p, uint32_t tid, bool add)
{
	for (size_t i = 0; i < p->nr_threads; i++)
		if (p->threads[i].tid == tid)
			return &p->threads[i];
	if (!add || p->nr_threads == PAIRING_THREADS_MAX)
		return NULL;
	p->threads[p->nr_threads].tid = tid;
	return &p->threads[p->nr_threads++];
}

static bool handled_elsewhere(const struct pairing *p, const struct pairing_thread *t)
{
	for (size_t i = 0; i < p->nr_threads; i++) {
		const struct pairing_thread *o = &p->threads[i];

		if (o != t && o->open && o->pid == t->pid &&
		    o->fault.gpa >> PAGE_SHIFT == t->fault.gpa >> PAGE_SHIFT)
			return true;
	}
	return false;
}

void pairing_exit(struct pairing *p, uint32_t pid, uint32_t tid, uint32_t vcpu, uint64_t t_ns,
		  uint64_t gpa, uint64_t error_code)
{
	struct pairing_thread *t = thread_get(p, tid, true);

	p->exits++;
	p->not_reserved += !(error_code & NPF_ERROR_RSVD);
	if (!t)
		return;
	*t = (struct pairing_thread){
		.pid = pid, .tid = tid, .open = true, .mmio = error_code & NPF_ERROR_RSVD,
		.fault = { .t_ns = t_ns, .gpa = gpa, .error_code = error_code, .vcpu = vcpu },
	};
	t->spurious = handled_elsewhere(p, t);
}

void pairing_mmio(struct pairing *p, uint32_t tid)
{
	struct pairing_thread *t = thread_get(p, tid, false);

	if (t && t->open)
		t->mmio = true;
}

void pairing_switch(struct pairing *p, uint32_t tid, uint64_t t_ns, bool out, bool preempted)
{
	struct pairing_thread *t = thread_get(p, tid, false);

	if (!t || !t->open)
		return;
	if (out) {
		t->preempted = preempted;
		t->out_ns = t_ns;
	} else if (t->preempted) {
		t->lost_ns += t_ns - t->out_ns;
		t->preempted = false;
	}
}

bool pairing_entry(struct pairing *p, uint32_t tid, uint64_t t_ns, struct record_fault *f)
{
	struct pairing_thread *t = thread_get(p, tid, false);
	bool refault;

	if (!t || !t->open)
		return false;
	t->open = false;
	p->paired++;
	refault = !t->mmio && seen_add(p, t->pid, t->fault.gpa >> PAGE_SHIFT);
	*f = t->fault;
	f->latency_ns = t_ns - f->t_ns - t->lost_ns;
	f->kind = t->mmio ? FAULT_MMIO : t->spurious ? FAULT_SPURIOUS :
		  refault ? FAULT_REFAULT : FAULT_FIRST;
	return true;
}

void pairing_drop(struct pairing *p)
{
	for (size_t i = 0; i < p->nr_threads; i++)
		p->threads[i].open = false;
}
