// SPDX-License-Identifier: GPL-2.0-only
/* What makes KVM free or rebuild the roots of a guest's nested page tables. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "torture.h"

#define CR0_WP		(1UL << 16)
#define CR4_PSE		(1UL << 4)
#define MMU_PAGES_MIN	64
#define NX_HUGE		"/sys/module/kvm/parameters/nx_huge_pages"

static int flip(struct micro *m, struct torture *t, enum guest_command command)
{
	uint32_t result;

	(void)t;
	return guest_command(m, command, 0, &result);
}

int churn_wp_stress(struct micro *m, struct torture *t)
{
	return flip(m, t, CMD_FLIP_CR0_WP);
}

int churn_pse_stress(struct micro *m, struct torture *t)
{
	return flip(m, t, CMD_FLIP_CR4_PSE);
}

int churn_nxe_stress(struct micro *m, struct torture *t)
{
	return flip(m, t, CMD_FLIP_EFER_NXE);
}

static int set_sregs(struct micro *m, const struct kvm_sregs *s)
{
	return ioctl(m->vcpu_fd, KVM_SET_SREGS, s) ?
	       micro_fail(m, MICRO_VCPU, "KVM_SET_SREGS: %s", strerror(errno)) : 0;
}

/* The guest runs in between with the other bits, and touches something. */
int churn_sregs_stress(struct micro *m, struct torture *t)
{
	struct kvm_sregs was, other;
	uint32_t wrong;

	if (ioctl(m->vcpu_fd, KVM_GET_SREGS, &was))
		return micro_fail(m, MICRO_VCPU, "KVM_GET_SREGS: %s", strerror(errno));
	other = was;
	other.cr0 ^= CR0_WP;
	other.cr4 ^= CR4_PSE;
	if (set_sregs(m, &other) || guest_command(m, CMD_PAGE_VERIFY, PAGE_ARG(0,
	    t->generation[AREA_WORK]), &wrong))
		return -1;
	return set_sregs(m, &was);
}

int churn_cpuid_stress(struct micro *m, struct torture *t)
{
	(void)t;
	return ioctl(m->vcpu_fd, KVM_SET_CPUID2, m->cpuid) ?
	       micro_fail(m, MICRO_VCPU, "KVM_SET_CPUID2: %s", strerror(errno)) : 0;
}

/* Each change invalidates all roots of all VMs. */
int churn_nx_huge_stress(struct micro *m, struct torture *t)
{
	int ret = host_write(NX_HUGE, t->round % 2 ? "off" : "force");

	if (!ret && t->round + 1 == (uint32_t)m->p.torture.rounds)
		ret = host_write(NX_HUGE, "off");
	return ret ? micro_fail(m, MICRO_HOST, NX_HUGE ": %s", strerror(-ret)) : 0;
}

/* A slot of which the guest knows nothing comes and goes: a new generation of slots, twice. */
int churn_slot_stress(struct micro *m, struct torture *t)
{
	uint64_t gpa = torture_offset(t, AREAS) + m->memory_bytes;
	int ret = memslot_set(m, SLOT_OTHER, gpa, 0, HUGE_2M, 0);

	if (!ret)
		ret = memslot_set(m, SLOT_OTHER, gpa, 0, 0, 0);
	return ret ? micro_fail(m, MICRO_MEMORY, "KVM_SET_USER_MEMORY_REGION: %s",
				strerror(-ret)) : 0;
}

int churn_zap_stress(struct micro *m, struct torture *t)
{
	(void)t;
	return memory_zap(m);
}

/* The shrinkers of all caches, KVM's shadow pages among them. */
int churn_shrink_stress(struct micro *m, struct torture *t)
{
	int ret = host_write("/proc/sys/vm/drop_caches", "2");

	(void)t;
	return ret ? micro_fail(m, MICRO_HOST, "drop_caches: %s", strerror(-ret)) : 0;
}

/* Of no effect on the TDP MMU, nor where fewer page tables are in use. */
int churn_mmu_pages_stress(struct micro *m, struct torture *t)
{
	(void)t;
	return ioctl(m->vm_fd, KVM_SET_NR_MMU_PAGES, MMU_PAGES_MIN) ?
	       micro_fail(m, MICRO_MEMORY, "KVM_SET_NR_MMU_PAGES: %s", strerror(errno)) : 0;
}
