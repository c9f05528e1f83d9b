// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "metric.h"

const char *const metric_better_names[] = {
	[BETTER_LOWER] = "lower",
	[BETTER_HIGHER] = "higher",
	[BETTER_NONE] = "none",
};

#define COLLECT(c, n, u, b, w)	{ n, u, BETTER_##b, SOURCE_AGENT, w, COLLECTOR_##c }
#define AGENT(n, u, b, w)	{ n, u, BETTER_##b, SOURCE_AGENT, w, COLLECTORS }
#define PHASE(n, w)		{ n, "ns", BETTER_LOWER, SOURCE_PHASES, w, COLLECTORS }
#define FAULTS(n, u, b, w)	{ n, u, BETTER_##b, SOURCE_FAULTS, w, COLLECTOR_NPF }

#define LATENCY(kind, text) \
	FAULTS("npf_" kind "_p50_ns", "ns", LOWER, "median latency of " text), \
	FAULTS("npf_" kind "_p90_ns", "ns", LOWER, "90th percentile of the latency of " text), \
	FAULTS("npf_" kind "_p99_ns", "ns", LOWER, "99th percentile of the latency of " text), \
	FAULTS("npf_" kind "_max_ns", "ns", LOWER, "greatest latency of " text), \
	FAULTS("npf_" kind "_mean_ns", "ns", LOWER, "mean latency of " text)

#define FIO(dir) \
	AGENT("fio_" dir "_ios", "count", NONE, dir "s that fio completed"), \
	AGENT("fio_" dir "_iops", "1/s", HIGHER, dir "s in a second of the guest's clock"), \
	AGENT("fio_" dir "_kib_per_s", "KiB/s", HIGHER, "bandwidth of " dir "s, by that clock"), \
	AGENT("fio_" dir "_clat_mean_ns", "ns", LOWER, "mean time to complete a " dir), \
	AGENT("fio_" dir "_clat_p50_ns", "ns", LOWER, \
	      "median time to complete a " dir ", to 1.6 % (fio's bins)"), \
	AGENT("fio_" dir "_clat_p99_ns", "ns", LOWER, "99th percentile, to 1.6 %")

const struct metric_desc metrics[] = {
	PHASE("modules_ns", "load ccp, kvm and kvm-amd; INIT of the PSP"),
	PHASE("define_ns", "VMM set-up outside of registration and launch commands"),
	PHASE("register_ns", "in KVM_MEMORY_ENCRYPT_REG_REGION"),
	PHASE("launch_ns", "in KVM_MEMORY_ENCRYPT_OP (LAUNCH_*)"),
	PHASE("firmware_ns", "first KVM_RUN to the guest kernel's start of time keeping"),
	PHASE("kernel_ns",
	      "guest kernel's start of time keeping to its first program, init included"),
	PHASE("userspace_ns", "first program to the start of the workload"),
	PHASE("workload_ns", "the workload itself"),
	PHASE("stop_ns", "end of the workload to the start of the teardown"),
	PHASE("teardown_ns", "VM destroyed, memory given back, VMM reaped"),
	PHASE("leak_check_ns", "settling and reading of the counters after teardown"),
	PHASE("startup_ns", "define to the start of the workload: what a user waits for"),

	FAULTS("npf_total", "count", LOWER, "nested page faults of all kinds"),
	FAULTS("npf_first", "count", LOWER, "NPFs on a gfn for the first time"),
	FAULTS("npf_refault", "count", LOWER, "NPFs on a gfn that faulted before"),
	FAULTS("npf_mmio", "count", LOWER, "NPFs with no memslot behind the gfn"),
	FAULTS("npf_spurious", "count", LOWER, "NPFs while another vCPU was handling the same gfn"),
	FAULTS("npf_not_reserved", "count", LOWER,
	       "NPFs without the reserved bit of an MMIO SPTE, all of which KVM takes as faults"),
	FAULTS("npf_workload", "count", LOWER, "NPFs on memory in the workload phase"),
	LATENCY("first", "first-touch NPFs in the workload phase"),
	LATENCY("refault", "refault NPFs in the workload phase"),
	LATENCY("all", "all NPFs on memory, any phase"),

	COLLECT(NPF, "npf_lost", "count", LOWER, "events lost by the perf ring buffers"),
	COLLECT(NPF, "npf_exits", "count", NONE, "kvm:kvm_exit with reason NPF, as a perf count"),
	COLLECT(NPF, "npf_unpaired", "count", NONE,
	      "NPF exits without a fault record: no re-entry of the vCPU, or a pause before it"),
	COLLECT(NPF, "npf_exits_end", "count", NONE, "NPF exits up to the end of the workload"),
	COLLECT(NPF, "npf_not_reserved_end", "count", NONE,
	      "of npf_exits_end, those without the reserved bit of an MMIO SPTE"),
	COLLECT(NPF, "kvm_entry_events", "count", NONE, "kvm:kvm_entry, as a perf count"),
	COLLECT(NPF, "kvm_page_fault_events", "count", NONE, "kvm:kvm_page_fault, as a perf count"),
	COLLECT(KVM, "kvm_exits", "count", LOWER, "KVM's exits statistic of all vCPUs"),
	COLLECT(KVM, "kvm_pf_taken", "count", LOWER, "KVM's pf_taken statistic of all vCPUs"),
	COLLECT(KVM, "kvm_pf_fixed", "count", LOWER, "KVM's pf_fixed statistic of all vCPUs"),
	COLLECT(KVM, "kvm_pf_spurious", "count", LOWER, "KVM's pf_spurious statistic of all vCPUs"),
	COLLECT(KVM, "kvm_pf_mmio_spte_created", "count", LOWER,
	      "KVM's pf_mmio_spte_created statistic of all vCPUs"),
	COLLECT(KVM, "kvm_mmio_exits", "count", LOWER, "KVM's mmio_exits statistic of all vCPUs"),
	COLLECT(KVM, "kvm_io_exits", "count", LOWER, "KVM's io_exits statistic of all vCPUs"),
	COLLECT(KVM, "kvm_pages_4k", "pages", NONE,
	      "KVM's pages_4k statistic at the end of the workload"),
	COLLECT(KVM, "kvm_pages_2m", "2M pages", NONE,
	      "KVM's pages_2m statistic at the end of the workload"),
	COLLECT(KVM, "kvm_pages_pinned", "pages", LOWER,
	      "KVM's pages_pinned statistic at the end of the workload, where the kernel has it"),
	COLLECT(TRACE, "kvm_exit_events", "count", LOWER,
	      "kvm:kvm_exit by the VMM's tasks for any reason, as a perf count"),
	COLLECT(TRACE, "kvm_pin_events", "count", LOWER,
	      "kvm:kvm_pin by the VMM's tasks, as a perf count; an SPTE took over its pages' pins"),
	COLLECT(TRACE, "kvm_pin_drop_events", "count", LOWER,
	      "kvm:kvm_pin_drop: pins were released"),
	COLLECT(TRACE, "kvm_pin_zap_events", "count", LOWER,
	      "kvm:kvm_pin_zap: an SPTE was zapped and kept its pins"),
	COLLECT(TRACE, "kvm_pin_unzap_events", "count", LOWER,
	      "kvm:kvm_pin_unzap: a zapped SPTE maps its pages again"),

	AGENT("guest_memory_pages", "pages", NONE, "guest memory in 4K pages"),
	AGENT("registered_pages", "pages", LOWER, "4K pages in KVM_MEMORY_ENCRYPT_REG_REGION"),
	AGENT("touched_pages", "pages", NONE, "pages that the workload touched in its first pass"),
	AGENT("launch_pages", "pages", NONE, "pages loaded into the guest before its first run"),
	AGENT("corrupt_pages", "pages", LOWER, "pages whose data was wrong in a later pass"),

	AGENT("teardown_vm_ns", "ns", LOWER, "last close of the VM's files: pins are dropped here"),
	AGENT("teardown_unmap_ns", "ns", LOWER, "munmap() of guest memory after that"),

	COLLECT(PROC, "pinned_start_pages", "pages", NONE,
	      "nr_foll_pin_acquired - nr_foll_pin_released before the VMM starts"),
	COLLECT(PROC, "pinned_register_pages", "pages", LOWER,
	      "rise of pinned pages from start to after the launch"),
	COLLECT(PROC, "pinned_workload_pages", "pages", LOWER,
	      "rise of pinned pages from start to the end of the workload"),
	COLLECT(PROC, "pinned_leaked_pages", "pages", LOWER,
	      "rise of pinned pages from start to after the teardown"),
	COLLECT(PROC, "pin_acquired_pages", "pages", LOWER, "pins taken over the whole cell"),
	COLLECT(PROC, "pin_released_pages", "pages", NONE, "pins dropped over the whole cell"),

	COLLECT(PROC, "rss_launch_kib", "KiB", LOWER,
	      "VmRSS of the VMM after the launch (since Linux 6.2 up to 32 pages a CPU off)"),
	COLLECT(PROC, "rss_workload_kib", "KiB", LOWER,
	      "VmRSS of the VMM at the end of the workload"),
	COLLECT(PROC, "rss_peak_kib", "KiB", LOWER, "VmHWM of the VMM"),
	COLLECT(PROC, "pss_workload_kib", "KiB", LOWER,
	      "Pss of the VMM (smaps_rollup) at the end of the workload"),
	COLLECT(PROC, "vmm_minflt", "count", LOWER, "minor faults of the VMM"),
	COLLECT(PROC, "vmm_majflt", "count", LOWER, "major faults of the VMM"),
	COLLECT(PROC, "mem_free_start_kib", "KiB", NONE,
	      "free pages of the host before the VMM starts, per-CPU lists included"),
	COLLECT(PROC, "mem_free_end_kib", "KiB", HIGHER,
	      "as mem_free_start_kib, after the teardown"),
	COLLECT(PROC, "migrated_pages", "pages", LOWER, "rise of pgmigrate_success over the cell"),
	COLLECT(PROC, "thp_fault_alloc", "2M pages", NONE, "rise of thp_fault_alloc over the cell"),

	AGENT("guest_sev_active", "bool", NONE, "the guest kernel reports AMD SEV as active"),
	AGENT("guest_disk_ok", "bool", HIGHER, "the virtio-blk disk's data had the right checksum"),
	AGENT("guest_disk_kib", "KiB", NONE, "read from the virtio-blk disk"),
	AGENT("guest_swiotlb_peak_kib", "KiB", NONE, "greatest use of the guest's bounce buffers"),
	AGENT("guest_memory_total_kib", "KiB", HIGHER, "MemTotal in the guest"),
	AGENT("guest_uptime_ns", "ns", LOWER, "guest kernel's clock when its first process starts"),

	FAULTS("guest_touch_npfs", "count", NONE,
	       "first touches by the guest's process that made an NPF, joined by gpa"),
	FAULTS("guest_touch_p50_ns", "ns", LOWER,
	       "median time of a first touch by the guest's TSC, the guest's own fault included"),
	FAULTS("guest_touch_p99_ns", "ns", LOWER, "as before, 99th percentile"),
	FAULTS("guest_touch_npf_p50_ns", "ns", LOWER, "as before, median of those with an NPF"),
	FAULTS("guest_touch_hit_p50_ns", "ns", LOWER, "as before, median of those without"),
	FAULTS("guest_touch_own_p50_ns", "ns", LOWER,
	       "median of touch less NPF, by page: the guest's fault and the way to the host"),

	AGENT("hazard_pages", "pages", NONE,
	      "data pages of the guest that the host was to relocate"),
	AGENT("hazard_moved_pages", "pages", NONE,
	      "data pages that have another page frame after the relocation (pagemap)"),
	AGENT("hazard_refused_pages", "pages", NONE,
	      "data pages that were to move and have the page frame of before"),
	AGENT("hazard_returned_pages", "pages", HIGHER,
	      "page frames of the data that the host got back (kpageflags)"),
	AGENT("hazard_swapped_pages", "pages", NONE, "data pages that were in swap (pagemap)"),
	AGENT("hazard_corrupt_pages", "pages", LOWER,
	      "data pages that were wrong after the relocation"),
	AGENT("hazard_corrupt_bytes", "bytes", LOWER,
	      "bytes that were wrong after the relocation"),
	AGENT("hazard_flipped_bytes", "bytes", NONE,
	      "bytes that the guest saw change when the host flipped one bit"),
	AGENT("hazard_huge_pages", "2M pages", HIGHER,
	      "huge pages that the host got from fragmented memory"),
	AGENT("hazard_ksm_shared_pages", "pages", HIGHER, "KSM's pages_shared: pages kept"),
	AGENT("hazard_ksm_sharing_pages", "pages", HIGHER, "KSM's pages_sharing: pages saved"),
	COLLECT(PROC, "pinned_hazard_pages", "pages", LOWER,
	      "rise of pinned pages from start to just before the relocation or operations"),

	AGENT("torture_rounds", "count", NONE, "rounds of torture that were gone through"),
	AGENT("torture_passes", "count", NONE,
	      "times that the guest wrote and verified an area while it was tortured"),
	AGENT("torture_corrupt_pages", "pages", LOWER, "pages that were wrong after a round"),
	AGENT("torture_pinned_pages", "pages", LOWER,
	      "rise of pinned pages from the VM's creation to the end of the workload (vmstat)"),
	AGENT("torture_stat_pages", "pages", LOWER,
	      "pages_pinned statistics of all VMs at the end of the workload"),
	AGENT("torture_pins_taken", "count", LOWER, "pins taken during the rounds (vmstat)"),
	AGENT("torture_pins_dropped", "count", LOWER, "pins dropped during the rounds (vmstat)"),
	AGENT("torture_kvm_pin", "count", LOWER, "kvm:kvm_pin during the rounds"),
	AGENT("torture_kvm_pin_drop", "count", LOWER, "kvm:kvm_pin_drop during the rounds"),
	AGENT("torture_kvm_pin_zap", "count", LOWER, "kvm:kvm_pin_zap during the rounds"),
	AGENT("torture_kvm_pin_unzap", "count", LOWER, "kvm:kvm_pin_unzap during the rounds"),
	AGENT("torture_faults", "count", LOWER, "kvm:kvm_page_fault during the rounds"),
	AGENT("torture_huge_sptes", "2M pages", HIGHER,
	      "KVM's pages_2m statistic, the most of all rounds"),
	AGENT("torture_kills", "count", NONE, "guests that were killed"),
	AGENT("torture_kills_define", "count", NONE,
	      "of these before the launch commands, registration included"),
	AGENT("torture_kills_launch", "count", NONE, "of these between launch and first entry"),
	AGENT("torture_kills_run", "count", NONE, "of these after the guest had begun its work"),

	AGENT("touch_first_pass_ns", "ns", LOWER, "first pass, from the first vCPU's start to the "
	      "last one's end"),
	AGENT("touch_refault_pass_ns", "ns", LOWER, "as before, mean of the later passes"),

	AGENT("churn_operations", "count", NONE, "operations of the guest"),
	AGENT("churn_operation_ns", "ns", LOWER, "mean time of an operation, exits included"),
	AGENT("churn_verify_ns", "ns", LOWER,
	      "mean time to verify a page after the operations, NPFs included"),

	AGENT("balloon_pages", "pages", NONE, "data pages of the guest that the VMM gave back"),
	AGENT("balloon_inflate_ns", "ns", LOWER, "mean time to give back a page"),
	AGENT("balloon_returned_pages", "pages", HIGHER,
	      "page frames of balloon_pages that the host got back (kpageflags)"),
	AGENT("balloon_free_pages", "pages", HIGHER,
	      "rise of the host's free pages by that, per-CPU lists included"),
	AGENT("balloon_rss_pages", "pages", HIGHER, "fall of the VMM's Rss by that (smaps_rollup)"),
	AGENT("balloon_unpinned_pages", "pages", HIGHER, "fall of pinned pages by that (vmstat)"),
	AGENT("balloon_deflate_ns", "ns", LOWER,
	      "mean time in which the guest writes one of these pages anew, NPF included"),
	AGENT("balloon_repinned_pages", "pages", LOWER,
	      "rise of pinned pages when the guest wrote them anew (vmstat)"),
	AGENT("balloon_lost_pages", "pages", LOWER,
	      "free pages that the host has less after that than before it all"),

	AGENT("density_guests", "count", HIGHER, "guests that ran at the same time"),
	AGENT("density_limit", "code", NONE,
	      "why there is not one more: 1 all asked for run, 2 no ASID, 3 no memory"),
	AGENT("density_start_first_ns", "ns", LOWER,
	      "fork of the VMM to its guest's first exit, of the first guest"),
	AGENT("density_start_last_ns", "ns", LOWER, "as before, of the last guest that ran"),
	AGENT("density_start_mean_ns", "ns", LOWER, "as before, mean of all"),
	AGENT("density_touch_mean_ns", "ns", LOWER, "mean time in which a guest writes its data"),
	AGENT("density_rss_kib", "KiB", LOWER, "mean Rss of the VMMs that ran (smaps_rollup)"),
	AGENT("density_pinned_pages", "pages", LOWER, "rise of pinned pages, of all guests"),
	AGENT("density_host_kib", "KiB", LOWER,
	      "fall of the host's free memory by all guests, divided by their number"),

	COLLECT(MEMCRYPT, "memcrypt_to_guest_pages", "pages", NONE,
	      "pages that the model of memory encryption turned to a guest's view"),
	COLLECT(MEMCRYPT, "memcrypt_to_host_pages", "pages", NONE, "as before, to the host's view"),
	COLLECT(MEMCRYPT, "memcrypt_rekeyed_pages", "pages", NONE,
	      "as before, from one guest's to another's"),
	COLLECT(MEMCRYPT, "memcrypt_tlb_flushes", "count", NONE, "TLB flushes for that"),
	COLLECT(MEMCRYPT, "memcrypt_code_flushes", "count", NONE,
	      "translated code dropped for that"),
	COLLECT(MEMCRYPT, "memcrypt_dma_reads", "count", NONE, "DMA reads of private blocks"),
	COLLECT(MEMCRYPT, "memcrypt_dma_writes", "count", NONE, "DMA writes to private blocks"),

	AGENT("tool_exit", "code", NONE,
	      "exit status of the guest's program (stress, fio), 128 and more: a signal"),
	AGENT("tool_guest_ns", "ns", LOWER, "its run by the guest's clock, from fork to exit"),
	AGENT("stress_bogo_ops", "count", NONE, "operations of stress-ng, which end its run"),
	AGENT("stress_bogo_ops_per_s", "1/s", HIGHER, "of them in a second of the guest's clock"),
	AGENT("stress_bogo_ops_per_cpu_s", "1/s", HIGHER,
	      "of them in a second of the stressor's CPU time"),
	AGENT("stress_wall_ns", "ns", LOWER, "run of the stressor by the guest's clock"),
	AGENT("stress_user_ns", "ns", LOWER, "CPU time of the stressor in user mode"),
	AGENT("stress_system_ns", "ns", LOWER, "CPU time of the stressor in the guest's kernel"),
	AGENT("stress_max_rss_kib", "KiB", NONE, "greatest RSS of the stressor in the guest"),
	FIO("read"),
	FIO("write"),
	AGENT("fio_runtime_ns", "ns", LOWER, "fio's run time of the job, in steps of 1 ms"),
	AGENT("fio_errors", "code", LOWER, "fio's error of the job, an errno"),

	AGENT("views_checks", "count", NONE, "views of the guest's memory that were checked"),
	AGENT("views_wrong", "count", LOWER, "views_checks that gave another value than expected"),

	AGENT("selftest_exit", "code", NONE, "exit status of the selftest: 0 passed, 4 skipped"),

	COLLECT(PERF, "task_clock_ns", "ns", LOWER, "CPU time of the VMM (perf software counter)"),
	COLLECT(PERF, "context_switches", "count", LOWER, "of the VMM (perf software counter)"),
	COLLECT(PERF, "cpu_migrations", "count", NONE, "of the VMM (perf software counter)"),
	COLLECT(PERF, "page_faults", "count", LOWER,
	      "of the VMM's own instructions, not of KVM's for it (perf software counter)"),
	COLLECT(PERF, "page_faults_minor", "count", LOWER, "of page_faults, those without I/O"),
	COLLECT(PERF, "page_faults_major", "count", LOWER, "of page_faults, those with I/O"),
	COLLECT(PERF, "instructions", "count", LOWER,
	      "retired by the VMM and its guest (perf hardware counter, where there is one)"),
	COLLECT(PERF, "cycles", "count", LOWER, "as instructions"),
	COLLECT(PERF, "cache_misses", "count", LOWER, "as instructions; last-level cache"),
	COLLECT(PERF, "branch_misses", "count", LOWER, "as instructions; mispredicted branches"),
	COLLECT(PERF, "dtlb_misses", "count", LOWER, "as instructions; loads that missed the TLB"),
	{ .name = NULL },
};

const struct metric_desc *metric_find(const char *name)
{
	for (const struct metric_desc *m = metrics; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

const char *metric_source(const struct metric_desc *m)
{
	if (m->collector < COLLECTORS)
		return collector_names[m->collector];
	return m->source == SOURCE_PHASES ? "phases" : "workload";
}
