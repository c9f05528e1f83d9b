// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an agent says to the runner: frames on a byte stream, each one record.
 *
 * All times are of the bench host's CLOCK_MONOTONIC_RAW: on an emulated host virtual ns (one
 * instruction is 1 ns), on a local one wall-clock ns. Integers are little-endian.
 */
#ifndef PINLAB_RECORD_H
#define PINLAB_RECORD_H

#include <stdint.h>

#define RECORD_PROTOCOL		1
#define RECORD_NAME_MAX		48
#define RECORD_REASON_MAX	240
#define RECORD_MISSING		INT64_MIN	/* a sample's column that could not be read */

enum record_type {
	RECORD_HELLO = 1,	/* struct record_hello: first, once */
	RECORD_PHASE,		/* struct record_phase: may come late; the reader sorts by t_ns */
	RECORD_SAMPLE,		/* struct record_sample */
	RECORD_FAULTS,		/* array of struct record_fault */
	RECORD_METRIC,		/* struct record_metric */
	RECORD_LOG,		/* struct record_log, then text */
	RECORD_END,		/* struct record_end: last, once */
	RECORD_GATE,		/* struct record_gate: from a VMM to the agent only */
	RECORD_ABSENT,		/* struct record_absent: a metric that cannot be measured */
	RECORD_OUTPUT,		/* from a guest to the agent only: text, a program's results */
	RECORD_GUEST,		/* struct record_guest */
	RECORD_TOUCHES,		/* array of struct record_touch */
	RECORD_TYPES,
};

/* The order in which a cell goes through them; a phase may be entered more than once. */
enum phase {
	PHASE_MODULES,
	PHASE_DEFINE,
	PHASE_REGISTER,
	PHASE_LAUNCH,
	PHASE_FIRMWARE,
	PHASE_KERNEL,
	PHASE_USERSPACE,
	PHASE_WORKLOAD,
	PHASE_STOP,
	PHASE_TEARDOWN,
	PHASE_LEAK_CHECK,
	PHASE_DONE,		/* closes the phase before it; has no length of its own */
	PHASES,
};

enum fault_kind {
	FAULT_FIRST,		/* first NPF on this gfn */
	FAULT_REFAULT,		/* gfn faulted before */
	FAULT_MMIO,		/* no memslot behind it */
	FAULT_SPURIOUS,		/* another vCPU was handling the same gfn at the same time */
	FAULT_KINDS,
};

enum log_stream {
	LOG_VMM,		/* what the VMM wrote to stdout and stderr */
	LOG_GUEST,		/* the guest's console */
	LOG_HOST_KERNEL,	/* the bench host's kernel log */
	LOG_AGENT,		/* remarks of the agent itself */
	LOG_STREAMS,
};

/* How a cell ended. The agent reports the first group, the runner finds the second. */
enum status {
	STATUS_PASS,
	STATUS_FAIL,		/* ran to its end, a check did not hold */
	STATUS_SKIP,		/* this host cannot run it */
	STATUS_ERROR,		/* the agent could not set it up */
	STATUS_VMM_EXIT,	/* the VMM ended before the workload did */
	STATUS_GUEST_HANG,	/* no end within the cell's timeout */
	STATUS_SPLAT,		/* WARNING, BUG, Oops, ... in a kernel log */
	STATUS_LOST_EVENTS,	/* the fault records are incomplete */
	STATUS_CORRUPT,		/* the guest's data did not survive what the host did */

	STATUS_HOST_PANIC,	/* the bench host's kernel died */
	STATUS_TIMEOUT,		/* the bench host gave no end within the wall-clock limit */
	STATUS_HOST_EXIT,	/* the bench host ended without an end record */
	STATUS_BAD_STREAM,	/* the record stream is damaged */
	STATUS_INTERRUPTED,	/* the user stopped the run */
	STATUS_XFAIL,		/* corrupt, and the workload says that it must be */
	STATUSES,
};

/* Columns of a timeline sample, in order; timeline_columns[] names them. */
enum timeline_column {
	TL_RSS_KIB,
	TL_HWM_KIB,
	TL_LOCKED_KIB,
	TL_VMPIN_KIB,
	TL_PINNED_PAGES,
	TL_PIN_ACQUIRED_PAGES,
	TL_PIN_RELEASED_PAGES,
	TL_MINFLT,
	TL_MAJFLT,
	TL_MEM_FREE_KIB,
	TL_PGFAULT,
	TL_MIGRATED_PAGES,
	TL_THP_FAULT_ALLOC,
	TL_KVM_PF_TAKEN,
	TIMELINE_COLUMNS,
};

struct record_hello {
	uint32_t protocol;
	uint32_t reserved;
	char kernel[64];	/* uname -r */
	char host_cpu[64];	/* model name */
};

struct record_phase {
	uint64_t t_ns;
	uint32_t phase;
	uint32_t reserved;
};

struct record_sample {
	uint64_t t_ns;
	int64_t column[TIMELINE_COLUMNS];
};

struct record_fault {
	uint64_t t_ns;		/* #VMEXIT */
	uint64_t gpa;
	uint64_t error_code;	/* EXITINFO1 */
	uint64_t latency_ns;	/* #VMEXIT to re-entry, less the time that it was preempted */
	uint32_t kind;
	uint32_t vcpu;
};

struct record_metric {
	char name[RECORD_NAME_MAX];	/* a row of metrics[] */
	double value;
};

struct record_absent {
	char name[RECORD_NAME_MAX];	/* a row of metrics[] */
	char reason[RECORD_REASON_MAX];	/* one line */
};

struct record_log {
	uint32_t stream;
	uint32_t reserved;
};

struct record_end {
	uint32_t status;
	uint32_t reserved;
	char reason[RECORD_REASON_MAX];	/* one line; empty for a pass */
};

/* Of several guests that run at the same time, in the order of their start. */
struct record_guest {
	uint64_t start_ns;	/* start of its VMM to its first exit */
	uint64_t touch_ns;	/* in which it then writes its data */
	uint64_t rss_kib;	/* of its VMM, when all run */
	int64_t pinned_pages;	/* of the host, when it has written its data */
	int64_t mem_free_kib;	/* as pinned_pages, per-CPU lists included */
};

/* A first touch, as its guest saw it. */
struct record_touch {
	uint64_t gpa;
	uint64_t guest_ns;	/* before to after the access, by the guest's TSC */
	uint64_t npf_ns;	/* for the reader: latency of that page's NPF, 0: none */
};

/* The VMM stands still until it reads one byte: the agent samples what it keeps meanwhile. */
struct record_gate {
	uint32_t phase;		/* that is over */
	uint32_t reserved;
};

extern const char *const phase_names[PHASES + 1];
extern const char *const fault_kind_names[FAULT_KINDS + 1];
extern const char *const log_stream_names[LOG_STREAMS + 1];	/* also file names: NAME.log */
extern const char *const status_names[STATUSES + 1];
extern const char *const timeline_columns[TIMELINE_COLUMNS + 1];

#endif
