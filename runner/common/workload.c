// SPDX-License-Identifier: GPL-2.0-only
#include "workload.h"

#define GUESTS_QEMU	(1 << GUEST_PLAIN | 1 << GUEST_SEV)
#define GUESTS_MICRO	(GUESTS_QEMU | 1 << GUEST_SEV_NOPIN)
#define LAYERS_GUEST	(1 << LAYER_QEMU | 1 << LAYER_GUEST_KERNEL)
#define PARAM(f)	OPT_I64(union workload_params, f)

const char *const guest_names[GUEST_KINDS + 1] = {
	[GUEST_HOST] = "host",
	[GUEST_PLAIN] = "plain",
	[GUEST_SEV] = "sev",
	[GUEST_SEV_NOPIN] = "sev-nopin",
};

const char *const workload_type_names[WORKLOADS + 1] = {
	[WORKLOAD_NULL] = "null",
	[WORKLOAD_TOUCH] = "touch",
	[WORKLOAD_BOOT] = "boot",
	[WORKLOAD_SELFTEST] = "selftest",
	[WORKLOAD_HAZARD] = "hazard",
	[WORKLOAD_VIEWS] = "views",
	[WORKLOAD_TORTURE] = "torture",
	[WORKLOAD_STRESS] = "stress",
	[WORKLOAD_FIO] = "fio",
	[WORKLOAD_CHURN] = "churn",
	[WORKLOAD_BALLOON] = "balloon",
	[WORKLOAD_DENSITY] = "density",
};

static const char *const null_outcomes[] = {
	[NULL_PASS] = "pass",
	[NULL_FAIL] = "fail",
	[NULL_ERROR] = "error",
	[NULL_HANG] = "hang",
	[NULL_PANIC] = "panic",
	[NULL_WARN] = "warn",
	[NULL_EXIT] = "exit",
	NULL,
};

static const struct opt_desc null_params[] = {
	{ "outcome", OPT_ENUM, PARAM(null.outcome), 0, 0, null_outcomes, "pass",
	  "how the cell is to end" },
	{ "samples", OPT_INT, PARAM(null.samples), 0, 100000, NULL, "2",
	  "timeline samples to record" },
	{ "faults", OPT_INT, PARAM(null.faults), 0, 10000000, NULL, "0",
	  "fault records to make up" },
	{ .name = NULL },
};

static const char *const ram_backings[] = { "4k", "thp", "hugetlb", NULL };
static const char *const ram_preallocs[] = { "off", "on", "mlock", NULL };

#define RAM_PARAMS(f, usual) \
	{ "backing", OPT_ENUM, PARAM(f.backing), 0, 0, ram_backings, usual, \
	  "pages that the host has, or may have, behind guest memory" }, \
	{ "prealloc", OPT_ENUM, PARAM(f.prealloc), 0, 0, ram_preallocs, "off", \
	  "the VMM takes all guest memory before it is registered; mlock: and locks it" }

static const char *const touch_patterns[] = { "sequential", "random", NULL };
static const char *const touch_accesses[] = { "read", "write", NULL };

static const struct opt_desc touch_params[] = {
	{ "pattern", OPT_ENUM, PARAM(touch.pattern), 0, 0, touch_patterns, "sequential",
	  "order in which the pages are touched" },
	{ "access", OPT_ENUM, PARAM(touch.access), 0, 0, touch_accesses, "write",
	  "kind of the first access" },
	{ "pages", OPT_PERCENT, PARAM(touch.pages), 1, 100, NULL, "100%",
	  "share of guest memory that is touched" },
	{ "refaults", OPT_INT, PARAM(touch.refaults), 0, 100, NULL, "1",
	  "further passes, each after the host zapped all SPTEs" },
	{ "seed", OPT_INT, PARAM(touch.seed), 0, 1LL << 31, NULL, "1", "of the random order" },
	RAM_PARAMS(touch.ram, "4k"),
	{ "vcpus", OPT_INT, PARAM(touch.vcpus), 1, TOUCH_VCPUS_MAX, NULL, "1",
	  "vCPUs, each of which touches a share of the pages" },
	{ .name = NULL },
};

const char *const boot_hazard_names[] = {
	[BOOT_SAFE] = "none",
	[BOOT_COMPACT] = "compact",
	[BOOT_COLLAPSE] = "collapse",
	[BOOT_PAGEOUT] = "pageout",
	NULL,
};

static const struct opt_desc boot_params[] = {
	{ "disk", OPT_BOOL, PARAM(boot.disk), 0, 0, NULL, "on",
	  "read a virtio-blk disk in the guest and check its data" },
	{ "hazard", OPT_ENUM, PARAM(boot.hazard), 0, 0, boot_hazard_names, "none",
	  "what relocates the guest's memory while it waits" },
	{ "hazard_pages", OPT_INT, PARAM(boot.hazard_pages), 1, 1 << 20, NULL, "4096",
	  "data pages that the guest then verifies" },
	{ "touch_pages", OPT_INT, PARAM(boot.touch_pages), 0, 1 << 20, NULL, "0",
	  "pages that a process of the guest touches, each by its time" },
	RAM_PARAMS(boot.ram, "thp"),	/* QEMU asks for it */
	{ .name = NULL },
};

static const struct opt_desc selftest_params[] = {
	{ "program", OPT_STR, OPT_TEXT(union workload_params, selftest.program), 0, 0, NULL, NULL,
	  "KVM selftest to run" },
	{ "args", OPT_STR, OPT_TEXT(union workload_params, selftest.args), 0, 0, NULL, "",
	  "its arguments, separated by blanks" },
	{ "kvm", OPT_STR, OPT_TEXT(union workload_params, selftest.kvm), 0, 0, NULL, "",
	  "parameters that kvm is loaded with, beside the MMU's" },
	{ "hugepages", OPT_INT, PARAM(selftest.hugepages), 0, 1 << 20, NULL, "0",
	  "2M pages that the host reserves for it" },
	{ .name = NULL },
};

const char *const hazard_names[HAZARDS + 1] = {
	[HAZARD_CONTROL] = "control",
	[HAZARD_FORK] = "fork",
	[HAZARD_COMPACT] = "compact",
	[HAZARD_COLLAPSE] = "collapse",
	[HAZARD_PAGEOUT] = "pageout",
	[HAZARD_KSM] = "ksm",
	[HAZARD_PUNCH] = "punch",
	[HAZARD_PUNCH_FORK] = "punch-fork",
	[HAZARD_FALLOCATE] = "fallocate",
	[HAZARD_MEMCPY] = "memcpy",
	[HAZARD_PSP_COPY] = "psp-copy",
	[HAZARD_MREMAP] = "mremap",
	[HAZARD_INPLACE] = "inplace",
	[HAZARD_ODIRECT] = "odirect",
	[HAZARD_FLIP] = "flip",
	[HAZARD_HUGETLB] = "hugetlb",
	[HAZARD_OFFLINE] = "offline",
};

static const struct opt_desc hazard_params[] = {
	{ "mechanism", OPT_ENUM, PARAM(hazard.mechanism), 0, 0, hazard_names, NULL,
	  "how the host relocates the guest's pages" },
	{ "pages", OPT_INT, PARAM(hazard.pages), 512, 65536, NULL, "1024",
	  "data pages of the guest that it relocates" },
	RAM_PARAMS(hazard.ram, "4k"),
	{ .name = NULL },
};

const char *const torture_names[TORTURES + 1] = {
	[TORTURE_SLOT_DELETE] = "slot-delete",
	[TORTURE_SLOT_MOVE] = "slot-move",
	[TORTURE_SLOT_COMPACT] = "slot-compact",
	[TORTURE_REGION] = "region",
	[TORTURE_REGION_LIVE] = "region-live",
	[TORTURE_LATE_REGION] = "late-region",
	[TORTURE_PUNCH] = "punch",
	[TORTURE_PUNCH_LIVE] = "punch-live",
	[TORTURE_PUNCH_FORK] = "punch-fork",
	[TORTURE_FALLOCATE] = "fallocate",
	[TORTURE_KILL] = "kill",
	[TORTURE_FORK_FIRST] = "fork-first",
	[TORTURE_FORK_LAST] = "fork-last",
	[TORTURE_MEMLOCK] = "memlock",
	[TORTURE_MIGRATE] = "migrate",
	[TORTURE_MIRROR] = "mirror",
	[TORTURE_MIRROR_TOUCH] = "mirror-touch",
	[TORTURE_MIRROR_GONE] = "mirror-gone",
	[TORTURE_THP] = "thp",
	[TORTURE_HUGETLB] = "hugetlb",
	[TORTURE_THP_SPLIT] = "thp-split",
	[TORTURE_THP_EDGE] = "thp-edge",
	[TORTURE_CHURN_NONE] = "churn-none",
	[TORTURE_CHURN_WP] = "churn-wp",
	[TORTURE_CHURN_PSE] = "churn-pse",
	[TORTURE_CHURN_NXE] = "churn-nxe",
	[TORTURE_CHURN_SREGS] = "churn-sregs",
	[TORTURE_CHURN_CPUID] = "churn-cpuid",
	[TORTURE_CHURN_NX_HUGE] = "churn-nx-huge",
	[TORTURE_CHURN_SLOT] = "churn-slot",
	[TORTURE_CHURN_ZAP] = "churn-zap",
	[TORTURE_CHURN_SHRINK] = "churn-shrink",
	[TORTURE_CHURN_MMU_PAGES] = "churn-mmu-pages",
};

static const struct opt_desc torture_params[] = {
	{ "mechanism", OPT_ENUM, PARAM(torture.mechanism), 0, 0, torture_names, NULL,
	  "what is done to the running guest's memory" },
	{ "rounds", OPT_INT, PARAM(torture.rounds), 1, 255, NULL, "20", "how often" },
	{ "pages", OPT_INT, PARAM(torture.pages), 512, 16384, NULL, "1024",
	  "pages of each of the areas that the guest writes and verifies" },
	{ "seed", OPT_INT, PARAM(torture.seed), 0, 1LL << 31, NULL, "1",
	  "of delays, holes and moments to die at" },
	{ .name = NULL },
};

const char *const stressor_names[] = {
	[STRESSOR_VM] = "vm",
	[STRESSOR_MMAP] = "mmap",
	[STRESSOR_BIGHEAP] = "bigheap",
	[STRESSOR_FORK] = "fork",
	NULL,
};

const char *const vm_methods[] = {
	"all", "flip", "gray", "inc-nybble", "incdec", "modulo-x", "move-inv", "prime-0",
	"rand-set", "rand-sum", "read64", "ror", "swap", "walk-0a", "walk-0d", "walk-1a", "walk-1d",
	"write64", "zero-one", NULL,
};

/* Of the host: without it, memory that is pinned before it is written gets huge pages, too. */
#define ZERO_PAGE(f)	{ "zero_page", OPT_BOOL, PARAM(f), 0, 0, NULL, "on", \
	"transparent_hugepage/use_zero_page of the bench host" }

static const struct opt_desc stress_params[] = {
	{ "stressor", OPT_ENUM, PARAM(stress.stressor), 0, 0, stressor_names, "vm",
	  "of stress-ng, one instance" },
	{ "method", OPT_ENUM, PARAM(stress.method), 0, 0, vm_methods, "write64",
	  "--vm-method of stressor vm" },
	{ "populate", OPT_BOOL, PARAM(stress.populate), 0, 0, NULL, "off",
	  "stressor vm maps its memory with MAP_POPULATE" },
	{ "bytes", OPT_SIZE, PARAM(stress.bytes), 4096, 1LL << 40, NULL, "64M",
	  "memory of vm and mmap; by which bigheap grows in an operation" },
	{ "ops", OPT_INT, PARAM(stress.ops), 1, 1LL << 31, NULL, NULL,
	  "bogo operations, after which it ends" },
	ZERO_PAGE(stress.zero_page),
	{ .name = NULL },
};

static const char *const fio_rws[] = {
	[FIO_RANDREAD] = "randread",
	[FIO_RANDWRITE] = "randwrite",
	[FIO_RANDRW] = "randrw",
	[FIO_SEQREAD] = "seqread",
	[FIO_SEQWRITE] = "seqwrite",
	NULL,
};

static const char *const fio_targets[] = { "disk", "tmpfs", NULL };
static const char *const fio_engines[] = { "libaio", "io_uring", "psync", NULL };

static const struct opt_desc fio_params[] = {
	{ "rw", OPT_ENUM, PARAM(fio.rw), 0, 0, fio_rws, NULL, "order and kind of the I/O" },
	{ "target", OPT_ENUM, PARAM(fio.target), 0, 0, fio_targets, "disk",
	  "a virtio-blk disk of the guest, past its page cache, or a file in its tmpfs" },
	{ "engine", OPT_ENUM, PARAM(fio.engine), 0, 0, fio_engines, "libaio", "ioengine of fio" },
	{ "bs", OPT_SIZE, PARAM(fio.bs), 512, 1 << 20, NULL, "4K", "size of an I/O" },
	{ "depth", OPT_INT, PARAM(fio.depth), 1, 64, NULL, "4", "I/Os in flight" },
	{ "size", OPT_SIZE, PARAM(fio.size), 1 << 20, 256 << 20, NULL, "16M",
	  "of the disk or file, all of which is gone through once" },
	{ "seed", OPT_INT, PARAM(fio.seed), 0, 1LL << 31, NULL, "1", "of the random order" },
	ZERO_PAGE(fio.zero_page),
	{ .name = NULL },
};

static const char *const churn_operations[] = {
	[CHURN_NONE] = "none",
	[CHURN_CR0_WP] = "cr0-wp",
	[CHURN_CR4_PSE] = "cr4-pse",
	[CHURN_EFER_NXE] = "efer-nxe",
	[CHURN_CONVERT] = "convert",
	NULL,
};

static const char *const churn_views[] = { "private", "shared", NULL };

static const struct opt_desc churn_params[] = {
	{ "operation", OPT_ENUM, PARAM(churn.operation), 0, 0, churn_operations, NULL,
	  "what the guest does again and again" },
	{ "count", OPT_INT, PARAM(churn.count), 1, 1 << 24, NULL, "10000", "how often" },
	{ "pages", OPT_INT, PARAM(churn.pages), 1, 1 << 24, NULL, "1024",
	  "pages of data that the guest writes before and verifies after" },
	{ "view", OPT_ENUM, PARAM(churn.view), 0, 0, churn_views, "private",
	  "mapping that the data is written through: with or without the C-bit" },
	{ .name = NULL },
};

static const char *const balloon_hows[] = { "dontneed", "fallocate", NULL };

static const struct opt_desc balloon_params[] = {
	{ "pages", OPT_INT, PARAM(balloon.pages), 512, 1 << 24, NULL, "4096",
	  "pages of data that the guest writes" },
	{ "share", OPT_PERCENT, PARAM(balloon.share), 1, 100, NULL, "50%",
	  "share of them that the VMM gives back" },
	{ "how", OPT_ENUM, PARAM(balloon.how), 0, 0, balloon_hows, "dontneed",
	  "MADV_DONTNEED of private memory, or a hole in a memfd" },
	{ "chunk", OPT_SIZE, PARAM(balloon.chunk_bytes), 4096, 2 << 20, NULL, "4K",
	  "bytes that are given back at once" },
	{ .name = NULL },
};

static const struct opt_desc density_params[] = {
	{ "count", OPT_INT, PARAM(density.count), 1, DENSITY_GUESTS_MAX, NULL, "64",
	  "start no more than these" },
	{ "touched", OPT_PERCENT, PARAM(density.touched), 1, 90, NULL, "25%",
	  "share of its memory that each guest writes" },
	{ .name = NULL },
};

static const struct opt_desc views_params[] = {
	{ .name = NULL },
};

const struct workload_type workload_types[WORKLOADS] = {
	[WORKLOAD_NULL] = {
		.name = "null",
		.what = "no guest at all: exercises the runner, in every way a cell can end",
		.params = null_params,
		.guests = 1 << GUEST_HOST | GUESTS_QEMU,
		.host_extra_mib = 64,
	},
	[WORKLOAD_TOUCH] = {
		.name = "touch",
		.what = "micro guest touches its pages: NPF latency by first touch and refault",
		.params = touch_params,
		.guests = GUESTS_MICRO,
		.host_extra_mib = 512,
	},
	[WORKLOAD_BOOT] = {
		.name = "boot",
		.what = "QEMU, OVMF and Linux to userspace: launch time by phase",
		.params = boot_params,
		.layers = LAYERS_GUEST,
		.guests = GUESTS_QEMU,
		.host_extra_mib = 768,
	},
	[WORKLOAD_SELFTEST] = {
		.name = "selftest",
		.what = "one of the kernel's own KVM selftests, by its exit status",
		.params = selftest_params,
		.layers = 1 << LAYER_SELFTESTS,
		.guests = 1 << GUEST_HOST,
		.host_extra_mib = 512,
	},
	[WORKLOAD_HAZARD] = {
		.name = "hazard",
		.what = "micro guest verifies its data after the host relocated the pages",
		.params = hazard_params,
		.guests = GUESTS_MICRO,
		.host_extra_mib = 512,
	},
	[WORKLOAD_VIEWS] = {
		.name = "views",
		.what = "private and shared views of the same pages, from the guest and the host",
		.params = views_params,
		.guests = 1 << GUEST_SEV | 1 << GUEST_SEV_NOPIN,
		.host_extra_mib = 512,
	},
	[WORKLOAD_TORTURE] = {
		.name = "torture",
		.what = "micro guest verifies its data while its memory is pulled from under it",
		.params = torture_params,
		.guests = GUESTS_MICRO,
		.host_extra_mib = 512,
	},
	[WORKLOAD_CHURN] = {
		.name = "churn",
		.what = "micro guest does one thing again and again: time of each, the NPFs after",
		.params = churn_params,
		.guests = GUESTS_MICRO,
		.host_extra_mib = 512,
	},
	[WORKLOAD_BALLOON] = {
		.name = "balloon",
		.what = "the VMM punches holes in a micro guest's memory: what the host gets back",
		.params = balloon_params,
		.guests = GUESTS_MICRO,
		.host_extra_mib = 512,
	},
	[WORKLOAD_DENSITY] = {
		.name = "density",
		.what = "micro guests are started until one fails: how many, and what each takes",
		.params = density_params,
		.guests = GUESTS_MICRO,
		.host_extra_mib = 512,
	},
	[WORKLOAD_STRESS] = {
		.name = "stress",
		.what = "stress-ng in the full guest: operations on memory, by its own count",
		.params = stress_params,
		.warm = true,
		.layers = LAYERS_GUEST | 1 << LAYER_TOOLS,
		.guests = GUESTS_QEMU,
		.host_extra_mib = 832,
		.guest_min_mib = 256,
	},
	[WORKLOAD_FIO] = {
		.name = "fio",
		.what = "fio in the full guest: I/O to virtio-blk or tmpfs, by its own figures",
		.params = fio_params,
		.warm = true,
		.layers = LAYERS_GUEST | 1 << LAYER_TOOLS,
		.guests = GUESTS_QEMU,
		.host_extra_mib = 1088,
		.guest_min_mib = 256,
	},
};
