// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "record.h"

const char *const phase_names[PHASES + 1] = {
	[PHASE_MODULES] = "modules",
	[PHASE_DEFINE] = "define",
	[PHASE_REGISTER] = "register",
	[PHASE_LAUNCH] = "launch",
	[PHASE_FIRMWARE] = "firmware",
	[PHASE_KERNEL] = "kernel",
	[PHASE_USERSPACE] = "userspace",
	[PHASE_WORKLOAD] = "workload",
	[PHASE_STOP] = "stop",
	[PHASE_TEARDOWN] = "teardown",
	[PHASE_LEAK_CHECK] = "leak-check",
	[PHASE_DONE] = "done",
};

const char *const fault_kind_names[FAULT_KINDS + 1] = {
	[FAULT_FIRST] = "first",
	[FAULT_REFAULT] = "refault",
	[FAULT_MMIO] = "mmio",
	[FAULT_SPURIOUS] = "spurious",
};

const char *const log_stream_names[LOG_STREAMS + 1] = {
	[LOG_VMM] = "vmm",
	[LOG_GUEST] = "guest",
	[LOG_HOST_KERNEL] = "host-kernel",
	[LOG_AGENT] = "agent",
};

const char *const status_names[STATUSES + 1] = {
	[STATUS_PASS] = "pass",
	[STATUS_FAIL] = "fail",
	[STATUS_SKIP] = "skip",
	[STATUS_ERROR] = "error",
	[STATUS_VMM_EXIT] = "vmm-exit",
	[STATUS_GUEST_HANG] = "guest-hang",
	[STATUS_SPLAT] = "splat",
	[STATUS_LOST_EVENTS] = "lost-events",
	[STATUS_CORRUPT] = "corrupt",
	[STATUS_HOST_PANIC] = "host-panic",
	[STATUS_TIMEOUT] = "timeout",
	[STATUS_HOST_EXIT] = "host-exit",
	[STATUS_BAD_STREAM] = "bad-stream",
	[STATUS_INTERRUPTED] = "interrupted",
	[STATUS_XFAIL] = "xfail",
};

const char *const timeline_columns[TIMELINE_COLUMNS + 1] = {
	[TL_RSS_KIB] = "rss_kib",
	[TL_HWM_KIB] = "hwm_kib",
	[TL_LOCKED_KIB] = "locked_kib",
	[TL_VMPIN_KIB] = "vmpin_kib",
	[TL_PINNED_PAGES] = "pinned_pages",
	[TL_PIN_ACQUIRED_PAGES] = "pin_acquired_pages",
	[TL_PIN_RELEASED_PAGES] = "pin_released_pages",
	[TL_MINFLT] = "minflt",
	[TL_MAJFLT] = "majflt",
	[TL_MEM_FREE_KIB] = "mem_free_kib",
	[TL_PGFAULT] = "pgfault",
	[TL_MIGRATED_PAGES] = "migrated_pages",
	[TL_THP_FAULT_ALLOC] = "thp_fault_alloc",
	[TL_KVM_PF_TAKEN] = "kvm_pf_taken",
};
