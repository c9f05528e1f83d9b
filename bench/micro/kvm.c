// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "micro.h"

#define HUGE_2M		(2UL << 20)
#define CPUID_ENTRIES	256

#define CR0_PE		(1UL << 0)
#define CR0_ET		(1UL << 4)
#define CR0_WP		(1UL << 16)
#define CR0_PG		(1UL << 31)
#define CR4_PAE		(1UL << 5)
#define EFER_LME	(1UL << 8)
#define EFER_LMA	(1UL << 10)

static int read_cpuid(struct micro *m)
{
	m->cpuid = calloc(1, sizeof(*m->cpuid) + CPUID_ENTRIES * sizeof(m->cpuid->entries[0]));
	if (!m->cpuid)
		return micro_fail(m, MICRO_VCPU, "out of memory");
	m->cpuid->nent = CPUID_ENTRIES;
	if (ioctl(m->kvm_fd, KVM_GET_SUPPORTED_CPUID, m->cpuid))
		return micro_fail(m, MICRO_VCPU, "KVM_GET_SUPPORTED_CPUID: %s", strerror(errno));
	return 0;
}

int vm_open(struct micro *m)
{
	m->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (m->kvm_fd < 0)
		return micro_fail(m, MICRO_NO_KVM, "/dev/kvm: %s; %s", strerror(errno),
				  errno == EACCES ? "be root or in group kvm" : "load kvm-amd");
	if (read_cpuid(m))
		return -1;
	if (guest_is_sev(m->guest))
		return sev_vm_create(m);
	m->vm_fd = ioctl(m->kvm_fd, KVM_CREATE_VM, 0);
	if (m->vm_fd < 0)
		return micro_fail(m, MICRO_NO_VM, "/dev/kvm opens, but KVM_CREATE_VM: %s",
				  strerror(errno));
	return 0;
}

/*
 * Private anonymous memory, as QEMU's default RAM is. Aligned so that the host can use 2M pages
 * for all of it where it is allowed to.
 */
int memory_alloc(struct micro *m)
{
	int advice = ram_params(m)->backing == BACKING_THP ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;
	struct kvm_userspace_memory_region region = { .memory_size = m->memory_bytes };

	m->map_bytes = m->memory_bytes + HUGE_2M;
	m->map = mmap(NULL, m->map_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->map == MAP_FAILED)
		return micro_fail(m, MICRO_MEMORY, "mmap of %lld bytes: %s",
				  (long long)m->memory_bytes, strerror(errno));
	m->mem = (uint8_t *)(((uintptr_t)m->map + HUGE_2M - 1) & ~(HUGE_2M - 1));
	if (madvise(m->mem, m->memory_bytes, advice))
		return micro_fail(m, MICRO_MEMORY, "madvise(%s): %s",
				  advice == MADV_HUGEPAGE ? "MADV_HUGEPAGE" : "MADV_NOHUGEPAGE",
				  strerror(errno));
	region.userspace_addr = (uintptr_t)m->mem;
	if (ioctl(m->vm_fd, KVM_SET_USER_MEMORY_REGION, &region))
		return micro_fail(m, MICRO_MEMORY, "KVM_SET_USER_MEMORY_REGION: %s",
				  strerror(errno));
	return 0;
}

/*
 * mprotect() makes the mmu notifier zap every SPTE of the range, as ksm, NUMA balancing and
 * migration do, but leaves the pages where they are: what follows are pure refaults. (Deleting and
 * setting the memslot again would also throw away what a strategy keeps per memslot.)
 */
int memory_zap(struct micro *m)
{
	if (mprotect(m->mem, m->memory_bytes, PROT_NONE) ||
	    mprotect(m->mem, m->memory_bytes, PROT_READ | PROT_WRITE))
		return micro_fail(m, MICRO_MEMORY, "mprotect: %s", strerror(errno));
	return 0;
}

void memory_free(struct micro *m)
{
	if (m->map && m->map != MAP_FAILED)
		munmap(m->map, m->map_bytes);
	m->map = NULL;
}

/* 64-bit mode with paging on: no boot code is needed. */
static int set_registers(struct micro *m)
{
	struct kvm_segment cs = { .limit = ~0U, .selector = 8, .type = 11, .present = 1, .s = 1,
				  .l = 1, .g = 1 };
	struct kvm_segment ds = { .limit = ~0U, .selector = 16, .type = 3, .present = 1, .s = 1,
				  .db = 1, .g = 1 };
	struct kvm_regs regs = { .rip = ENTRY_GPA, .rsp = ENTRY_GPA - 8 - m->stack_below,
				 .rflags = 2, .rdi = m->vcpu_id };
	struct kvm_sregs s;

	if (ioctl(m->vcpu_fd, KVM_GET_SREGS, &s))
		return micro_fail(m, MICRO_VCPU, "KVM_GET_SREGS: %s", strerror(errno));
	s.cs = cs;
	s.ds = s.es = s.fs = s.gs = s.ss = ds;
	s.cr3 = m->cr3 | m->cbit;
	s.cr4 = CR4_PAE;
	s.cr0 = CR0_PE | CR0_ET | CR0_WP | CR0_PG;
	s.efer = EFER_LME | EFER_LMA;
	if (ioctl(m->vcpu_fd, KVM_SET_SREGS, &s))
		return micro_fail(m, MICRO_VCPU, "KVM_SET_SREGS: %s", strerror(errno));
	if (ioctl(m->vcpu_fd, KVM_SET_REGS, &regs))
		return micro_fail(m, MICRO_VCPU, "KVM_SET_REGS: %s", strerror(errno));
	return 0;
}

int vcpu_open(struct micro *m)
{
	int bytes = ioctl(m->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);

	if (bytes < 0)
		return micro_fail(m, MICRO_VCPU, "KVM_GET_VCPU_MMAP_SIZE: %s", strerror(errno));
	m->vcpu_fd = ioctl(m->vm_fd, KVM_CREATE_VCPU, m->vcpu_id);
	if (m->vcpu_fd < 0)
		return micro_fail(m, MICRO_VCPU, "KVM_CREATE_VCPU: %s", strerror(errno));
	m->run = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu_fd, 0);
	if (m->run == MAP_FAILED) {
		m->run = NULL;
		return micro_fail(m, MICRO_VCPU, "mmap of the vCPU: %s", strerror(errno));
	}
	m->run_bytes = bytes;
	for (uint32_t i = 0; i < m->cpuid->nent; i++)
		if (m->cpuid->entries[i].function == 0x8000001f && !m->cbit)
			m->cpuid->entries[i].eax = 0;
	if (ioctl(m->vcpu_fd, KVM_SET_CPUID2, m->cpuid))
		return micro_fail(m, MICRO_VCPU, "KVM_SET_CPUID2: %s", strerror(errno));
	return set_registers(m);
}

static int guest_died(struct micro *m)
{
	struct kvm_run *run = m->run;

	switch (run->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
		return micro_fail(m, MICRO_GUEST, "the guest died of a triple fault");
	case KVM_EXIT_FAIL_ENTRY:
		return micro_fail(m, MICRO_RUN, "the processor refuses to enter the guest: %#llx",
				  (unsigned long long)
				  run->fail_entry.hardware_entry_failure_reason);
	case KVM_EXIT_INTERNAL_ERROR:
		return micro_fail(m, MICRO_GUEST, "KVM internal error, suberror %u",
				  run->internal.suberror);
	case KVM_EXIT_MMIO:
		return micro_fail(m, MICRO_GUEST, "the guest left its memory, at gpa %#llx",
				  (unsigned long long)run->mmio.phys_addr);
	default:
		return micro_fail(m, MICRO_GUEST, "unexpected exit from the guest, reason %u",
				  run->exit_reason);
	}
}

int vcpu_run(struct micro *m, uint16_t port, uint32_t *value)
{
	struct kvm_run *run = m->run;
	void *data;

	for (;;) {
		if (ioctl(m->vcpu_fd, KVM_RUN, 0)) {
			if (errno == EINTR)
				continue;
			return micro_fail(m, MICRO_RUN, "the vCPU is there, but KVM_RUN: %s",
					  strerror(errno));
		}
		if (run->exit_reason != KVM_EXIT_IO)
			return guest_died(m);
		data = (uint8_t *)run + run->io.data_offset;
		if (run->io.direction == KVM_EXIT_IO_OUT)
			break;
		memcpy(data, &m->command, sizeof(m->command));
	}
	if (run->io.port != port)
		return micro_fail(m, MICRO_GUEST, "the guest wrote to port %#x, expected %#x",
				  run->io.port, port);
	memcpy(value, data, sizeof(*value));
	return 0;
}

int guest_command(struct micro *m, enum guest_command command, uint32_t arg, uint32_t *result)
{
	m->command = COMMAND(command, arg);
	return vcpu_run(m, PORT_RESULT, result);
}

/* The mapping of the vCPU holds a reference on the VM just as the descriptor does. */
void vcpu_close(struct micro *m)
{
	if (m->run)
		munmap(m->run, m->run_bytes);
	if (m->vcpu_fd >= 0)
		close(m->vcpu_fd);
	m->run = NULL;
	m->vcpu_fd = -1;
}

void vm_close(struct micro *m)
{
	if (m->vm_fd >= 0)
		close(m->vm_fd);
	if (m->sev_fd >= 0)
		close(m->sev_fd);
	m->vm_fd = m->sev_fd = -1;
}
