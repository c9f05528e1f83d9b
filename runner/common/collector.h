// SPDX-License-Identifier: GPL-2.0-only
/* Names of what the agent reads of host, VMM and guest; each can be switched off for a run. */
#ifndef PINLAB_COLLECTOR_H
#define PINLAB_COLLECTOR_H

/* In the order in which they are read: what npf drains before a sample belongs before that. */
enum collector_id {
	COLLECTOR_NPF,
	COLLECTOR_KVM,
	COLLECTOR_PERF,
	COLLECTOR_TRACE,
	COLLECTOR_PROC,
	COLLECTOR_MEMCRYPT,
	COLLECTOR_VMSTAT,
	COLLECTOR_BUDDY,
	COLLECTOR_SMAPS,
	COLLECTOR_CGROUP,
	COLLECTOR_SCHED,
	COLLECTOR_GUEST,
	COLLECTORS,
};

/* What is on unless a config says otherwise: all that adds nothing to the faults it measures. */
#define COLLECTORS_DEFAULT	"all,-trace"

extern const char *const collector_names[COLLECTORS + 1];
extern const char *const collector_texts[COLLECTORS];	/* what it reads, one line */

#endif
