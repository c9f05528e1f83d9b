// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload types: what the agent can run. A named workload (bench/workloads/NAME.conf, or a
 * section of a config) is a type with parameters.
 */
#ifndef PINLAB_WORKLOAD_H
#define PINLAB_WORKLOAD_H

#include <stdbool.h>

#include "opt.h"

enum guest_kind {
	GUEST_HOST,		/* no guest: the workload runs on the bench host itself */
	GUEST_PLAIN,
	GUEST_SEV,
	GUEST_SEV_NOPIN,	/* wrong on purpose: only its image is registered, so pinned */
	GUEST_KINDS,
};

extern const char *const guest_names[GUEST_KINDS + 1];

/* Is its memory encrypted? */
static inline bool guest_is_sev(int64_t kind)
{
	return kind == GUEST_SEV || kind == GUEST_SEV_NOPIN;
}

enum workload_id {
	WORKLOAD_NULL,
	WORKLOAD_TOUCH,
	WORKLOAD_BOOT,
	WORKLOAD_SELFTEST,
	WORKLOAD_HAZARD,
	WORKLOAD_VIEWS,
	WORKLOAD_TORTURE,
	WORKLOAD_STRESS,
	WORKLOAD_FIO,
	WORKLOAD_CHURN,
	WORKLOAD_BALLOON,
	WORKLOAD_DENSITY,
	WORKLOADS,
};

/* Layers of the bench host's image beyond the base one. */
enum image_layer {
	LAYER_QEMU,		/* VMM, firmware, guest initramfs and disk */
	LAYER_GUEST_KERNEL,
	LAYER_SELFTESTS,
	LAYER_TOOLS,		/* initramfs of the guests that run fio and stress-ng */
	LAYERS,
};

enum null_outcome {
	NULL_PASS, NULL_FAIL, NULL_ERROR, NULL_HANG, NULL_PANIC, NULL_WARN, NULL_EXIT,
};

struct null_params {
	int64_t outcome;	/* enum null_outcome */
	int64_t samples;
	int64_t faults;
};

enum touch_pattern { TOUCH_SEQUENTIAL, TOUCH_RANDOM };
enum touch_access { TOUCH_READ, TOUCH_WRITE };

/* What userspace does about the memory of a guest, without KVM's help. */
enum ram_backing { BACKING_4K, BACKING_THP, BACKING_HUGETLB };
enum ram_prealloc { PREALLOC_OFF, PREALLOC_ON, PREALLOC_MLOCK };

struct ram_params {
	int64_t backing;	/* enum ram_backing: pages behind guest memory */
	int64_t prealloc;	/* enum ram_prealloc: of all of it, before it is registered */
};

#define TOUCH_VCPUS_MAX	4

struct touch_params {
	int64_t pattern;	/* enum touch_pattern */
	int64_t access;		/* enum touch_access */
	int64_t pages;		/* percent of guest memory */
	int64_t refaults;	/* passes after the first one, each behind a zap of all SPTEs */
	int64_t seed;		/* of the random order */
	struct ram_params ram;
	int64_t vcpus;		/* each touches a share of the pages */
};

/* What the host does to all of a QEMU guest's memory while the guest waits. */
enum boot_hazard { BOOT_SAFE, BOOT_COMPACT, BOOT_COLLAPSE, BOOT_PAGEOUT };

extern const char *const boot_hazard_names[];

struct boot_params {
	int64_t disk;		/* check the data of a virtio-blk disk */
	int64_t hazard;		/* enum boot_hazard */
	int64_t hazard_pages;	/* that the guest writes before and verifies after */
	int64_t touch_pages;	/* that the guest touches and times */
	struct ram_params ram;
};

struct selftest_params {
	char program[OPT_STR_MAX];
	char args[OPT_STR_MAX];
	char kvm[OPT_STR_MAX];
	int64_t hugepages;	/* of 2M, reserved before it starts */
};

/* How the host relocates the guest's pages, or tries to. */
enum hazard_mechanism {
	HAZARD_CONTROL,
	HAZARD_FORK,
	HAZARD_COMPACT,
	HAZARD_COLLAPSE,
	HAZARD_PAGEOUT,
	HAZARD_KSM,
	HAZARD_PUNCH,
	HAZARD_PUNCH_FORK,
	HAZARD_FALLOCATE,
	HAZARD_MEMCPY,
	HAZARD_PSP_COPY,
	HAZARD_MREMAP,
	HAZARD_INPLACE,
	HAZARD_ODIRECT,
	HAZARD_FLIP,
	HAZARD_HUGETLB,
	HAZARD_OFFLINE,
	HAZARDS,
};

extern const char *const hazard_names[HAZARDS + 1];

struct hazard_params {
	int64_t mechanism;	/* enum hazard_mechanism */
	int64_t pages;		/* that the guest writes and verifies, and the host relocates */
	struct ram_params ram;
};

/* What the VMM and the host do to a running guest's memory, again and again. */
enum torture_mechanism {
	TORTURE_SLOT_DELETE,
	TORTURE_SLOT_MOVE,
	TORTURE_SLOT_COMPACT,
	TORTURE_REGION,
	TORTURE_REGION_LIVE,
	TORTURE_LATE_REGION,
	TORTURE_PUNCH,
	TORTURE_PUNCH_LIVE,
	TORTURE_PUNCH_FORK,
	TORTURE_FALLOCATE,
	TORTURE_KILL,
	TORTURE_FORK_FIRST,
	TORTURE_FORK_LAST,
	TORTURE_MEMLOCK,
	TORTURE_MIGRATE,
	TORTURE_MIRROR,
	TORTURE_MIRROR_TOUCH,
	TORTURE_MIRROR_GONE,
	TORTURE_THP,
	TORTURE_HUGETLB,
	TORTURE_THP_SPLIT,
	TORTURE_THP_EDGE,
	TORTURE_CHURN_NONE,
	TORTURE_CHURN_WP,
	TORTURE_CHURN_PSE,
	TORTURE_CHURN_NXE,
	TORTURE_CHURN_SREGS,
	TORTURE_CHURN_CPUID,
	TORTURE_CHURN_NX_HUGE,
	TORTURE_CHURN_SLOT,
	TORTURE_CHURN_ZAP,
	TORTURE_CHURN_SHRINK,
	TORTURE_CHURN_MMU_PAGES,
	TORTURES,
};

extern const char *const torture_names[TORTURES + 1];

struct torture_params {
	int64_t mechanism;	/* enum torture_mechanism */
	int64_t rounds;
	int64_t pages;		/* of each area that the guest writes and verifies */
	int64_t seed;		/* of delays, holes, and moments to die at */
};

enum stressor { STRESSOR_VM, STRESSOR_MMAP, STRESSOR_BIGHEAP, STRESSOR_FORK };

extern const char *const stressor_names[];
extern const char *const vm_methods[];	/* --vm-method of stress-ng */

struct stress_params {
	int64_t stressor;	/* enum stressor */
	int64_t method;		/* index in vm_methods, stressor vm */
	int64_t populate;	/* MAP_POPULATE, stressor vm */
	int64_t bytes;		/* vm, mmap: of memory; bigheap: by which it grows */
	int64_t ops;		/* bogo operations, after which it ends */
	int64_t zero_page;	/* of the host's huge pages */
};

enum fio_rw { FIO_RANDREAD, FIO_RANDWRITE, FIO_RANDRW, FIO_SEQREAD, FIO_SEQWRITE };
enum fio_target { FIO_DISK, FIO_TMPFS };
enum fio_engine { FIO_LIBAIO, FIO_IO_URING, FIO_PSYNC };

struct fio_params {
	int64_t rw;		/* enum fio_rw */
	int64_t target;		/* enum fio_target */
	int64_t engine;		/* enum fio_engine */
	int64_t bs;		/* bytes of an I/O */
	int64_t depth;		/* I/Os in flight */
	int64_t size;		/* bytes of the disk or file, all of which is gone through once */
	int64_t seed;		/* of the random order */
	int64_t zero_page;	/* of the host's huge pages */
};

/* What the guest does again and again. */
enum churn_operation {
	CHURN_NONE, CHURN_CR0_WP, CHURN_CR4_PSE, CHURN_EFER_NXE, CHURN_CONVERT,
};

enum churn_view { CHURN_PRIVATE, CHURN_SHARED };

struct churn_params {
	int64_t operation;	/* enum churn_operation */
	int64_t count;		/* of operations */
	int64_t pages;		/* of data */
	int64_t view;		/* enum churn_view: that the data is written through */
};

enum balloon_how { BALLOON_DONTNEED, BALLOON_FALLOCATE };

struct balloon_params {
	int64_t pages;		/* of data */
	int64_t share;		/* percent of them that are given back */
	int64_t how;		/* enum balloon_how */
	int64_t chunk_bytes;	/* given back at once */
};

#define DENSITY_GUESTS_MAX	512

struct density_params {
	int64_t count;		/* of guests, at most */
	int64_t touched;	/* percent of each guest's memory */
};

union workload_params {
	struct null_params null;
	struct touch_params touch;
	struct boot_params boot;
	struct selftest_params selftest;
	struct hazard_params hazard;
	struct torture_params torture;
	struct stress_params stress;
	struct fio_params fio;
	struct churn_params churn;
	struct balloon_params balloon;
	struct density_params density;
};

struct workload_type {
	const char *name;
	const char *what;		/* what it measures and how, one line */
	const struct opt_desc *params;	/* offsets into union workload_params */
	unsigned int layers;		/* 1 << LAYER_*: what the host image needs */
	unsigned int guests;		/* 1 << GUEST_*: where it can run */
	bool warm;			/* can start from a saved machine */
	int64_t host_extra_mib;		/* memory that the bench host needs beyond the guest's */
	int64_t guest_min_mib;		/* memory without which the guest does not start */
};

extern const struct workload_type workload_types[WORKLOADS];
extern const char *const workload_type_names[WORKLOADS + 1];

#endif
