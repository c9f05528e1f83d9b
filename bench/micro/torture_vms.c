// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two VMs of one encryption context on the same memory: a guest that is moved to another VM of this
 * host, and a mirror, in which a second vCPU runs with the guest's key.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "torture.h"

#define MIRROR_STACK	2048

void vm_discard(struct micro *vm)
{
	if (!vm)
		return;
	vcpu_close(vm);
	vm_close(vm);
	free(vm);
}

static void discard_other(struct torture *t)
{
	vm_discard(t->other);
	t->other = NULL;
}

static int context_from(struct micro *vm, const struct micro *from, uint32_t cap)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { from->vm_fd } };

	if (!ioctl(vm->vm_fd, KVM_ENABLE_CAP, &enable))
		return 0;
	return micro_fail(vm, MICRO_SEV_COMMAND, "%s: %s",
			  cap == KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM ?
			  "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM" : "KVM_CAP_VM_COPY_ENC_CONTEXT_FROM",
			  strerror(errno));
}

/* A VM on the same memory with the same context, and a vCPU that is at its start. */
static struct micro *vm_beside(struct micro *m, const struct torture *t, uint32_t cap)
{
	struct micro *vm = malloc(sizeof(*vm));

	if (!vm) {
		micro_fail(m, MICRO_MEMORY, "out of memory");
		return NULL;
	}
	*vm = *m;
	vm->vm_fd = vm->vcpu_fd = vm->sev_fd = -1;
	vm->run = NULL;
	vm->stack_below = MIRROR_STACK;
	if (!sev_vm_create_bare(vm) && !context_from(vm, m, cap) && !torture_slots(vm, t) &&
	    !vcpu_open(vm))
		return vm;
	micro_fail(m, vm->failure, "%s", vm->reason);
	vm_discard(vm);
	return NULL;
}

/* What an OUT still has to do is done when the vCPU is entered again. */
static int complete_io(struct micro *m)
{
	int ret;

	m->run->immediate_exit = 1;
	ret = ioctl(m->vcpu_fd, KVM_RUN, 0);
	m->run->immediate_exit = 0;
	return ret && errno == EINTR ? 0 : micro_fail(m, MICRO_RUN, "KVM_RUN went on, though it "
						     "was to exit at once");
}

static int vcpu_copy(struct micro *to, const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
	if (ioctl(to->vcpu_fd, KVM_SET_SREGS, sregs) || ioctl(to->vcpu_fd, KVM_SET_REGS, regs))
		return micro_fail(to, MICRO_VCPU, "registers of the new vCPU: %s",
				  strerror(errno));
	return 0;
}

/* *m goes on with the VM of *from. */
static void vm_take(struct micro *m, const struct micro *from)
{
	m->vm_fd = from->vm_fd;
	m->vcpu_fd = from->vcpu_fd;
	m->sev_fd = from->sev_fd;
	m->run = from->run;
	m->run_bytes = from->run_bytes;
}

/* The guest goes on in another VM; *m is that one, t->other the old one, which is dead. */
static int migrate(struct micro *m, struct torture *t)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct micro *to, from;

	if (complete_io(m))
		return -1;
	if (ioctl(m->vcpu_fd, KVM_GET_REGS, &regs) || ioctl(m->vcpu_fd, KVM_GET_SREGS, &sregs))
		return micro_fail(m, MICRO_VCPU, "KVM_GET_REGS: %s", strerror(errno));
	to = vm_beside(m, t, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM);
	if (!to)
		return -1;
	from = *m;
	vm_take(m, to);
	vm_take(to, &from);
	t->other = to;
	return vcpu_copy(m, &regs, &sregs);
}

/* The source is destroyed before the guest runs again, or after the next migration or the VM. */
int migrate_stress(struct micro *m, struct torture *t)
{
	discard_other(t);
	if (migrate(m, t))
		return -1;
	if (t->round % 2 == 0)
		discard_other(t);
	if (torture_relocate(m, t) || torture_verify(m, t, AREA_TARGET, "at the destination"))
		return -1;
	if (!t->registered || t->other)
		return 0;
	return torture_unregister(m, t) ? -1 : torture_reregister(m, t);
}

static int mirror_open(struct micro *m, struct torture *t)
{
	uint32_t value;

	t->other = vm_beside(m, t, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM);
	if (!t->other)
		return -1;
	return vcpu_run(t->other, PORT_READY, &value);
}

static int of_mirror(struct micro *m, struct torture *t, int ret)
{
	return ret ? micro_fail(m, t->other->failure, "mirror: %s", t->other->reason) : 0;
}

/* A mirror reads what the guest wrote, and the other way round. */
int mirror_stress(struct micro *m, struct torture *t)
{
	discard_other(t);
	if (mirror_open(m, t))
		return of_mirror(m, t, t->other ? -1 : 0) ?: -1;
	if (of_mirror(m, t, torture_verify(t->other, t, AREA_TARGET, "in the mirror")) ||
	    torture_relocate(m, t) ||
	    of_mirror(m, t, torture_verify(t->other, t, AREA_TARGET, "in the mirror, moved")))
		return -1;
	return of_mirror(m, t, torture_write(t->other, t, AREA_TARGET));
}

/*
 * TARGET is new memory, and the mirror touches it first. What both touch, and the image is of that,
 * may be pinned twice when the mirror is gone, as long as it is registered.
 */
static int mirror_first(struct micro *m, struct torture *t)
{
	t->spare = t->registered ? m->params.image_pages : 0;
	if (torture_renew(m, t))
		return -1;
	if (mirror_open(m, t))
		return of_mirror(m, t, t->other ? -1 : 0) ?: -1;
	return of_mirror(m, t, torture_write(t->other, t, AREA_TARGET));
}

int mirror_touch_stress(struct micro *m, struct torture *t)
{
	discard_other(t);
	if (mirror_first(m, t) || torture_relocate(m, t))
		return -1;
	return of_mirror(m, t, torture_verify(t->other, t, AREA_TARGET, "in the mirror"));
}

/*
 * What only the mirror has touched is the guest's when the mirror is gone; each second time the
 * guest has touched it, too.
 */
int mirror_gone_stress(struct micro *m, struct torture *t)
{
	bool both = t->round % 2;

	if (mirror_first(m, t))
		return -1;
	if (both && torture_verify(m, t, AREA_TARGET, "beside its mirror"))
		return -1;
	discard_other(t);
	if (both && t->registered)
		t->spare += t->h.pages;
	return torture_move(m, t, "when its mirror was gone");
}

/* One that is there to the end, which comes when the guest's memory is unmapped. */
int mirror_gone_finish(struct micro *m, struct torture *t)
{
	if (mirror_open(m, t))
		return of_mirror(m, t, t->other ? -1 : 0) ?: -1;
	return of_mirror(m, t, torture_verify(t->other, t, AREA_TARGET, "in a new mirror"));
}

/* The guest's own VM goes, and the mirror lives on. */
int mirror_finish(struct micro *m, struct torture *t)
{
	struct micro *mirror = t->other;

	vcpu_close(m);
	vm_close(m);
	t->orphaned = true;
	vm_take(m, mirror);
	free(mirror);
	t->other = NULL;
	return torture_relocate(m, t);
}
