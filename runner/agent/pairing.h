// SPDX-License-Identifier: GPL-2.0-only
/*
 * From events of vCPU threads to fault records.
 *
 *	kvm_exit (NPF)   t0 ---- handling ----  kvm_entry t1
 *	        switched out, still runnable |---|
 *
 * latency = t1 - t0 - the time the thread was preempted; a thread that went to sleep did so for the
 * fault's sake (a page to be read, a lock), and that time stays in. Pure: no clock, no files.
 *
 * Invariants: a thread has at most one fault open; faults are given out in the order of their
 * kvm_entry; a gfn is `seen` from its first NPF on that was not MMIO. A process is a guest: gfns of
 * another one are others.
 */
#ifndef PINLAB_PAIRING_H
#define PINLAB_PAIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/record.h"

#define PAIRING_THREADS_MAX	1024
#define NPF_ERROR_RSVD		(1UL << 3)

struct pairing_thread {
	uint32_t pid, tid;
	bool open, mmio, spurious, preempted;
	uint64_t out_ns;	/* switched out at */
	uint64_t lost_ns;	/* to preemption since the exit */
	struct record_fault fault;
};

struct pairing {
	struct pairing_thread *threads;
	size_t nr_threads;
	uint64_t *seen;		/* open-addressing set of pid and gfn + 1 */
	size_t nr_seen, seen_size;
	uint64_t exits, not_reserved;	/* all, and those without NPF_ERROR_RSVD */
	uint64_t paired;		/* exits given out as a fault */
};

/* Room for the gfns of memory_bytes is taken at once. Returns 0 or -ENOMEM. */
int pairing_init(struct pairing *p, uint64_t memory_bytes);
void pairing_free(struct pairing *p);

void pairing_exit(struct pairing *p, uint32_t pid, uint32_t tid, uint32_t vcpu, uint64_t t_ns,
		  uint64_t gpa, uint64_t error_code);
/* kvm_mmio on tid: what is open was no fault on memory. */
void pairing_mmio(struct pairing *p, uint32_t tid);
void pairing_switch(struct pairing *p, uint32_t tid, uint64_t t_ns, bool out, bool preempted);
/* Returns true with *f set when a fault is complete. */
bool pairing_entry(struct pairing *p, uint32_t tid, uint64_t t_ns, struct record_fault *f);
/* Give up what is open: its latency would not be the fault's. */
void pairing_drop(struct pairing *p);

/* Exits that gave no fault so far: open, dropped, no entry seen, no room to track. */
static inline uint64_t pairing_unpaired(const struct pairing *p)
{
	return p->exits - p->paired;
}

#endif
