// SPDX-License-Identifier: GPL-2.0-only
/* VMMs that die, that fork, and that may not lock memory. */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "torture.h"

#define POLL_US		200
#define PAUSE_US	1500
#define HEALTHY_PASSES	3

/* A VMM that is a child of this one, in memory that both have. */
struct victim {
	struct micro vm;
	pid_t pid, child;		/* and a child of its own */
	uint32_t ready, go;
	int errno_of_child;
	uint64_t start_ns, launched_ns;
};

static void set_flag(uint32_t *flag)
{
	__atomic_store_n(flag, 1, __ATOMIC_RELEASE);
}

static bool is_set(uint32_t *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static struct victim *victim_new(struct micro *m)
{
	struct victim *v = mmap(NULL, sizeof(*v), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (v == MAP_FAILED) {
		micro_fail(m, MICRO_MEMORY, "mmap: %s", strerror(errno));
		return NULL;
	}
	v->vm = (struct micro){
		.ops = m->ops, .workload = m->workload, .guest = m->guest,
		.memory_bytes = m->memory_bytes, .p = m->p, .kvm_fd = -1, .vm_fd = -1,
		.vcpu_fd = -1, .sev_fd = -1,
	};
	return v;
}

static int victim_start(struct micro *m, struct victim *v, void (*body)(struct victim *v))
{
	pid_t pid = fork();	/* not into memory that the child has, too */

	if (pid < 0)
		return micro_fail(m, MICRO_HOST, "fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		v->start_ns = report_now_ns();
		body(v);
		_exit(v->vm.failure);
	}
	v->pid = pid;
	return 0;
}

/* What it failed of is the cell's failure. */
static int victim_end(struct micro *m, struct victim *v, bool ends_by_itself)
{
	int status = 0, ret = 0;

	if (waitpid(v->pid, &status, 0) < 0)
		return micro_fail(m, MICRO_HOST, "waitpid: %s", strerror(errno));
	if (v->vm.failure)
		ret = micro_fail(m, v->vm.failure, "a VMM of its own: %s", v->vm.reason);
	else if (WIFSIGNALED(status) && (ends_by_itself || WTERMSIG(status) != SIGKILL))
		ret = micro_fail(m, MICRO_WRONG, "a VMM of its own died of signal %d",
				 WTERMSIG(status));
	munmap(v, sizeof(*v));
	return ret;
}

static int work(struct victim *v)
{
	struct torture *t = v->vm.state;

	return torture_write(&v->vm, t, AREA_WORK) || torture_write(&v->vm, t, AREA_TARGET) ||
	       torture_verify(&v->vm, t, AREA_WORK, "in WORK") ||
	       torture_verify(&v->vm, t, AREA_TARGET, "in TARGET") ? -1 : 0;
}

static int launch(struct victim *v)
{
	uint32_t value;

	if (micro_define(&v->vm) || vcpu_run(&v->vm, PORT_READY, &value))
		return -1;
	report_phase(&v->vm.report, PHASE_WORKLOAD);
	v->launched_ns = report_now_ns();
	return 0;
}

/* Slots come and go, too: a kill is to meet that as well. */
static void kill_body(struct victim *v)
{
	struct torture *t;

	if (launch(v))
		return;
	t = v->vm.state;
	for (;;) {
		if (work(v) || torture_slot(&v->vm, t, t->at, 0, 0) ||
		    torture_slot(&v->vm, t, t->at, t->bytes, 0))
			return;
		set_flag(&v->ready);
	}
}

static void healthy_body(struct victim *v)
{
	uint64_t ns[3];

	if (launch(v))
		return;
	for (int i = 0; i < HEALTHY_PASSES; i++)
		if (work(v))
			return;
	micro_teardown(&v->vm, ns);
}

/* SEV_INIT2 is a launch command that comes before all others. */
static enum torture_stage stage_of(const struct victim *v)
{
	const struct report *r = &v->vm.report;
	size_t launches = 0;

	for (size_t i = 0; i < r->nr_marks; i++) {
		launches += r->marks[i].phase == PHASE_LAUNCH;
		if (r->marks[i].phase == PHASE_WORKLOAD)
			return STAGE_RUN;
	}
	return launches > 1 ? STAGE_LAUNCH : STAGE_DEFINE;
}

/*
 * The first one is let through its launch, to see how long that takes. Of the others each second
 * one dies in its launch.
 */
static void wait_to_kill(struct torture *t, struct victim *v)
{
	struct timespec ts;
	uint64_t ns;

	if (!t->life_ns) {
		while (!is_set(&v->ready) && !v->vm.failure)
			usleep(POLL_US);
		t->life_ns = report_now_ns() - v->start_ns;
		t->launch_ns = v->launched_ns - v->start_ns;
		return;
	}
	ns = (t->round % 2 ? t->launch_ns : t->life_ns) / 1000 * torture_random(t, 1100);
	ts = (struct timespec){ ns / 1000000000, ns % 1000000000 };
	nanosleep(&ts, NULL);
}

int kill_stress(struct micro *m, struct torture *t)
{
	struct victim *v = victim_new(m);

	if (!v || victim_start(m, v, kill_body))
		return -1;
	wait_to_kill(t, v);
	kill(v->pid, SIGKILL);
	t->kills[stage_of(v)]++;
	return victim_end(m, v, false);
}

int kill_finish(struct micro *m, struct torture *t)
{
	struct victim *v = victim_new(m);

	(void)t;
	return !v || victim_start(m, v, healthy_body) ? -1 : victim_end(m, v, true);
}

/* A child with all that the VMM has lives on while the guest runs; TARGET's pages are to move. */
int fork_first_stress(struct micro *m, struct torture *t)
{
	torture_pause(t, PAUSE_US);
	t->child = fork();
	if (t->child < 0)
		return micro_fail(m, MICRO_HOST, "fork: %s", strerror(errno));
	if (!t->child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	for (size_t i = 0; i < t->h.pages; i++) {
		volatile uint8_t *p = t->h.data + i * GUEST_PAGE;

		*p = *p;
	}
	torture_pause(t, PAUSE_US);
	return 0;
}

int fork_first_settle(struct micro *m, struct torture *t)
{
	int ret = torture_check(m, t);

	kill(t->child, SIGKILL);
	waitpid(t->child, NULL, 0);
	return ret;
}

/* It has the descriptors of a VM whose memory is another process's. */
static void orphan(struct victim *v)
{
	while (!is_set(&v->go))
		usleep(POLL_US);
	v->errno_of_child = ioctl(v->vm.vcpu_fd, KVM_RUN, 0) ? errno : 0;
	_exit(0);
}

static void fork_last_body(struct victim *v)
{
	struct torture *t;
	pid_t child;

	if (launch(v) || work(v))
		return;
	t = v->vm.state;
	child = fork();
	if (!child)
		orphan(v);
	v->child = child;
	for (size_t i = 0; i < t->h.pages; i++) {
		volatile uint8_t *p = t->h.data + i * GUEST_PAGE;

		*p = *p;
	}
	if (torture_verify(&v->vm, t, AREA_TARGET, "with a child that has it, too"))
		return;
	set_flag(&v->ready);
	while (v->vm.p.torture.seed)	/* until it is killed */
		usleep(POLL_US);
}

/* The VMM ends, or is killed, and its child has the VM for a while. */
int fork_last_stress(struct micro *m, struct torture *t)
{
	struct victim *v = victim_new(m);
	int err;

	if (!v)
		return -1;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	v->vm.p.torture.seed = t->round % 2;
	if (victim_start(m, v, fork_last_body))
		return -1;
	while (!is_set(&v->ready) && !v->vm.failure)
		usleep(POLL_US);
	if (t->round % 2)
		kill(v->pid, SIGKILL);
	waitid(P_PID, v->pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	torture_pause(t, PAUSE_US);
	set_flag(&v->go);
	if (v->child > 0 && waitpid(v->child, NULL, 0) < 0)
		return micro_fail(m, MICRO_HOST, "waitpid: %s", strerror(errno));
	err = v->errno_of_child;
	if (victim_end(m, v, false))
		return -1;
	if (err == EIO)
		return 0;
	return micro_fail(m, MICRO_WRONG, "KVM_RUN by a child of the VMM: %s, expected: %s",
			  strerror(err), strerror(EIO));
}

static int drop_ipc_lock(struct micro *m)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct cap[2];

	if (syscall(SYS_capget, &head, cap))
		return micro_fail(m, MICRO_HOST, "capget: %s", strerror(errno));
	cap[0].effective &= ~(1U << CAP_IPC_LOCK);
	cap[0].permitted &= ~(1U << CAP_IPC_LOCK);
	if (syscall(SYS_capset, &head, cap))
		return micro_fail(m, MICRO_HOST, "capset: %s", strerror(errno));
	return 0;
}

/* A step: a limit, then a region that is registered or unregistered. */
static int limited(struct micro *m, size_t limit, unsigned long request, size_t at, size_t bytes,
		   int want)
{
	struct rlimit r;
	int ret;

	if (getrlimit(RLIMIT_MEMLOCK, &r))
		return micro_fail(m, MICRO_HOST, "getrlimit: %s", strerror(errno));
	r.rlim_cur = limit;
	if (setrlimit(RLIMIT_MEMLOCK, &r))
		return micro_fail(m, MICRO_HOST, "setrlimit: %s", strerror(errno));
	ret = sev_region(m, request, at, bytes);
	if (ret == want)
		return 0;
	return micro_fail(m, MICRO_WRONG, "%s of %zu KiB with RLIMIT_MEMLOCK at %zu KiB: %s, "
			  "expected: %s", request == KVM_MEMORY_ENCRYPT_REG_REGION ?
			  "KVM_MEMORY_ENCRYPT_REG_REGION" : "KVM_MEMORY_ENCRYPT_UNREG_REGION",
			  bytes >> 10, limit >> 10, strerror(-ret), strerror(-want));
}

static int memlock_steps(struct micro *m)
{
	struct torture *t = m->state;
	size_t target = torture_offset(t, AREA_TARGET), bytes = t->bytes;
	const struct {
		size_t limit, at;
		unsigned long request;
		int want;
	} steps[] = {
		{ 0, target, KVM_MEMORY_ENCRYPT_REG_REGION, -ENOMEM },
		{ bytes - GUEST_PAGE, target, KVM_MEMORY_ENCRYPT_REG_REGION, -ENOMEM },
		{ bytes, target, KVM_MEMORY_ENCRYPT_REG_REGION, 0 },
		{ bytes, DATA_OFFSET, KVM_MEMORY_ENCRYPT_REG_REGION, -ENOMEM },
		{ bytes, target, KVM_MEMORY_ENCRYPT_UNREG_REGION, 0 },
		{ bytes, DATA_OFFSET, KVM_MEMORY_ENCRYPT_REG_REGION, 0 },
		{ 0, DATA_OFFSET, KVM_MEMORY_ENCRYPT_UNREG_REGION, 0 },
		{ bytes, target, KVM_MEMORY_ENCRYPT_REG_REGION, 0 },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (limited(m, steps[i].limit, steps[i].request, steps[i].at, bytes,
			    steps[i].want))
			return -1;
	return 0;
}

/* It ends with a region registered, and with a launch that the limit may stop, but nothing else. */
static void memlock_body(struct victim *v)
{
	struct micro *m = &v->vm;

	if (vm_open(m) || memory_alloc(m) || m->ops->prepare(m) || drop_ipc_lock(m) ||
	    memlock_steps(m) || image_build(m))
		return;
	if (sev_launch(m) && m->failure == MICRO_SEV_COMMAND)
		m->failure = MICRO_OK;
}

int memlock_stress(struct micro *m, struct torture *t)
{
	struct victim *v = victim_new(m);

	(void)t;
	return !v || victim_start(m, v, memlock_body) ? -1 : victim_end(m, v, true);
}
