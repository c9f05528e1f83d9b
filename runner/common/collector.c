// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "collector.h"

const char *const collector_names[COLLECTORS + 1] = {
	[COLLECTOR_NPF] = "npf",
	[COLLECTOR_KVM] = "kvm",
	[COLLECTOR_PERF] = "perf",
	[COLLECTOR_TRACE] = "trace",
	[COLLECTOR_PROC] = "proc",
	[COLLECTOR_MEMCRYPT] = "memcrypt",
	[COLLECTOR_VMSTAT] = "vmstat",
	[COLLECTOR_BUDDY] = "buddy",
	[COLLECTOR_SMAPS] = "smaps",
	[COLLECTOR_CGROUP] = "cgroup",
	[COLLECTOR_SCHED] = "sched",
	[COLLECTOR_GUEST] = "guest",
};

const char *const collector_texts[COLLECTORS] = {
	[COLLECTOR_NPF] = "each nested page fault, by perf on KVM's tracepoints",
	[COLLECTOR_KVM] = "the VM's statistics in debugfs",
	[COLLECTOR_PERF] = "hardware and software events of the VMM's tasks, guest included",
	[COLLECTOR_TRACE] = "counts of KVM's tracepoints; costs time in the faults measured",
	[COLLECTOR_PROC] = "memory, pins and page faults of VMM and host",
	[COLLECTOR_MEMCRYPT] = "what the emulated host's model of memory encryption did",
	[COLLECTOR_VMSTAT] = "what the host's memory management did: compaction, huge pages, swap",
	[COLLECTOR_BUDDY] = "the host's free memory in blocks of 2M or more",
	[COLLECTOR_SMAPS] = "smaps_rollup of the VMM at the end of the workload",
	[COLLECTOR_CGROUP] = "memory and SEV ASIDs of the VMM's cgroup",
	[COLLECTOR_SCHED] = "run and wait times of the VMM's threads, softirqs of the host",
	[COLLECTOR_GUEST] = "memory and bounce buffers as a QEMU guest's own kernel sees them",
};
