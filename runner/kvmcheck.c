// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvmcheck.h"
#include "util.h"

#define CHECK_S		5
#define GUEST_PAGE	4096

static int check_run(int kvm, int vm, int vcpu, char *err)
{
	long size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;
	struct kvm_userspace_memory_region region = { .memory_size = GUEST_PAGE };
	unsigned char *page = mmap(NULL, GUEST_PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_run *run = mmap(NULL, size > 0 ? size : GUEST_PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, vcpu, 0);

	if (page == MAP_FAILED || run == MAP_FAILED)
		return errf(err, -errno, "memory of the vCPU: %s", strerror(errno));
	page[0] = 0xf4;		/* HLT */
	region.userspace_addr = (uintptr_t)page;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) || ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return errf(err, -errno, "guest set-up: %s", strerror(errno));
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs))
		return errf(err, -errno, "guest registers: %s", strerror(errno));
	if (ioctl(vcpu, KVM_RUN, 0))
		return errf(err, -errno, "KVM_RUN: %s", strerror(errno));
	if (run->exit_reason != KVM_EXIT_HLT)
		return errf(err, -EIO, "HLT gave exit reason %u", run->exit_reason);
	return 0;
}

/* In a process of its own: the kernel closes what it opens, and an alarm ends it if it hangs. */
static int check(char *err)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, vcpu;

	if (kvm < 0)
		return errf(err, -errno, "/dev/kvm: %s", strerror(errno));
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return errf(err, -errno, "/dev/kvm opens, but KVM_CREATE_VM fails: %s",
			    strerror(errno));
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		return errf(err, -errno, "KVM_CREATE_VCPU: %s", strerror(errno));
	return check_run(kvm, vm, vcpu, err);
}

int kvm_check(char *err)
{
	int p[2], status, ret;
	ssize_t n;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC))
		return errf(err, -errno, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		char why[OPT_ERR_MAX];

		alarm(CHECK_S);
		ret = check(why);
		if (ret && write(p[1], why, strlen(why)) < 0)
			_exit(255);
		_exit(-ret);
	}
	close(p[1]);
	n = pid > 0 ? read(p[0], err, OPT_ERR_MAX - 1) : 0;
	err[n > 0 ? n : 0] = '\0';
	close(p[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errf(err, -EAGAIN, "cannot try it");
	if (!WIFEXITED(status))
		return errf(err, -ETIME, "the guest's HLT did not return within %d s", CHECK_S);
	return -WEXITSTATUS(status);
}
