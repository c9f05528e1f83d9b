// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_MICRO_H
#define PINLAB_MICRO_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cell.h"
#include "common/frame.h"
#include "common/metric.h"
#include "common/record.h"
#include "guest.h"

/* Exit statuses; each failure also gives one line on stderr and in the end record. */
enum micro_exit {
	MICRO_OK = 0,
	MICRO_USAGE = 2,
	MICRO_NO_KVM = 10,	/* /dev/kvm cannot be opened */
	MICRO_NO_VM = 11,	/* KVM_CREATE_VM fails */
	MICRO_NO_SEV = 12,	/* no SEV on this host, or /dev/sev cannot be opened */
	MICRO_SEV_COMMAND = 13,	/* KVM_MEMORY_ENCRYPT_OP fails */
	MICRO_REGISTER = 14,	/* KVM_MEMORY_ENCRYPT_REG_REGION fails */
	MICRO_MEMORY = 15,	/* guest memory cannot be had */
	MICRO_VCPU = 16,	/* the vCPU cannot be created or set up */
	MICRO_RUN = 17,		/* KVM_RUN fails */
	MICRO_GUEST = 18,	/* the guest ended by itself */
	MICRO_AGENT = 19,	/* the agent's channel broke */
	MICRO_HOST = 20,	/* the host has not what the hazard needs */
	MICRO_WRONG = 21,	/* a check did not hold */
	MICRO_NO_ASID = 23,	/* all ASIDs for SEV guests are taken */
	MICRO_CORRUPT = 22,	/* the guest's data did not survive the relocation */
};

#define REPORT_MARKS	64

/*
 * Phase stamps are kept back and sent at gates, so that taking one costs no more than reading the
 * clock. Without an agent they are printed.
 */
struct report {
	struct frame_writer out;	/* fd <= 0: print text */
	struct record_phase marks[REPORT_MARKS];
	size_t nr_marks;
};

struct micro;

/* A type of workload. Each function returns 0, or -1 with m->failure set; NULL: nothing to do. */
struct micro_workload {
	enum guest_mode mode;
	bool bare;				/* the VMM has no guest of its own */
	int (*prepare)(struct micro *m);	/* there is guest memory, not registered yet */
	bool (*untyped)(const struct micro *m);	/* SEV_INIT, not SEV_INIT2; NULL: no */
	int (*enroll)(struct micro *m);		/* registers guest memory; NULL: all of it */
	int (*run)(struct micro *m);		/* the guest is ready; ends with a gate */
	int (*report)(struct micro *m);		/* metrics, when all is over */
	int (*verdict)(struct micro *m);	/* what the metrics mean */
	void (*undo)(struct micro *m);		/* of what was changed on the host */
};

extern const struct micro_workload touch_workload, hazard_workload, views_workload;
extern const struct micro_workload torture_workload, churn_workload, balloon_workload;
extern const struct micro_workload density_workload;

struct micro {
	const struct micro_workload *ops;
	void *state;			/* of the workload */
	int64_t workload;		/* enum workload_id */
	int64_t guest;			/* enum guest_kind */
	int64_t memory_bytes;
	int64_t fd;
	union workload_params p;

	struct report report;
	enum micro_exit failure;
	char reason[RECORD_REASON_MAX];

	int kvm_fd, vm_fd, vcpu_fd, sev_fd;
	struct kvm_run *run;
	size_t run_bytes;
	struct kvm_cpuid2 *cpuid;
	uint64_t cbit;			/* mask; 0 for a plain guest */
	uint64_t cr3;			/* without the C-bit */

	void *map;			/* as mmap() gave it */
	size_t map_bytes;
	uint8_t *mem;			/* guest memory, 2M-aligned */
	uint64_t registered_bytes;	/* that the VMM asked to be registered */
	struct guest_params params;	/* as given to the guest */
	uint32_t command;		/* what the guest's next IN gets */
	uint64_t stack_below;		/* room above its stack for another vCPU's */
	uint32_t vcpu_id;
};

/* Go through a gate (report_gate()). */
int micro_gate(struct micro *m, enum phase phase);

/*
 * All up to a vCPU that was never entered, and its undoing, which puts the times of its start,
 * of the VM's end and of its own end in ns.
 */
int micro_define(struct micro *m);
void micro_teardown(struct micro *m, uint64_t ns[3]);

/* Record the first failure and return -1. */
int micro_fail(struct micro *m, enum micro_exit why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* kvm.c: 0, or -1 with m->failure set. Undone by the *_close() and memory_free(). */
int vm_open(struct micro *m);
int memory_alloc(struct micro *m);
int vcpu_open(struct micro *m);
int vcpu_run(struct micro *m, uint16_t port, uint32_t *value);	/* to an OUT on this port */
/* Have the guest execute a command of guest.h. */
int guest_command(struct micro *m, enum guest_command command, uint32_t arg, uint32_t *result);
void vcpu_close(struct micro *m);
void vm_close(struct micro *m);
void memory_free(struct micro *m);

/* ram.c: what is wanted of guest memory; 4K pages that nobody takes in advance, if nothing is. */
const struct ram_params *ram_params(const struct micro *m);

/* Zap all SPTEs of the guest and keep its pages. */
int memory_zap(struct micro *m);

/* The memory behind the guest's data, which begins at the second 2M. */
#define DATA_OFFSET	(2UL << 20)
static inline uint8_t *data_memory(const struct micro *m)
{
	return m->mem + DATA_OFFSET;
}

/* image.c: fill the pages that the guest starts from. */
int image_build(struct micro *m);

/* sev.c */
int sev_vm_create(struct micro *m);	/* vm_fd of a VM ready for SEV; sets cbit */
int sev_vm_create_bare(struct micro *m);	/* the same before SEV_INIT2 */
int sev_register(struct micro *m, size_t offset, size_t bytes);	/* of guest memory */
/* KVM_MEMORY_ENCRYPT_REG_REGION or _UNREG_REGION. Returns 0 or -errno. */
int sev_region(const struct micro *m, unsigned long request, size_t offset, size_t bytes);
int sev_launch(struct micro *m);	/* LAUNCH_START to LAUNCH_FINISH over the image */
int sev_command(struct micro *m, uint32_t id, void *data);

/* report.c */
uint64_t report_now_ns(void);		/* CLOCK_MONOTONIC_RAW */
void report_phase(struct report *r, enum phase phase);
int report_metric(struct report *r, const char *name, double value);
int report_guest(struct report *r, const struct record_guest *g);
int report_flush(struct report *r);
/* Tell the agent that `phase` is over and wait for its go: it reads counters meanwhile. */
int report_gate(struct report *r, enum phase phase);
int report_end(struct report *r, enum status status, const char *reason);

#define CIPHER_BLOCK	16	/* bytes that one flipped bit of ciphertext changes in plain text */

/* Is it a block that this many bytes changed in? One in 256 is by chance what it was. */
static inline bool block_is_garbled(uint32_t bytes)
{
	return bytes > CIPHER_BLOCK - 5 && bytes <= CIPHER_BLOCK;
}

#endif
