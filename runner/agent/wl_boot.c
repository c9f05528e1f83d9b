// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload boot: QEMU, OVMF and Linux, up to the probe (bench/guest/probe.c) in its initramfs.
 *
 * Phases: define, register and launch come from QEMU's ioctls, firmware from the first kvm_entry
 * (npf.c). The guest kernel's start is the moment at which the probe's hello arrives less the
 * guest's uptime at that point; what lies between, firmware and kernel decompression, is phase
 * firmware. Userspace starts with the hello: the guest's init is part of phase kernel.
 *
 * Workloads stress and fio: the same, but that the guest runs a program (tool_run.c).
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"
#include "inbound.h"
#include "relocate.h"
#include "tool_run.h"

#define QEMU		"/qemu/bin/qemu-system-x86_64"
#define FIRMWARE	"/qemu/share"
#define OVMF_CODE	"/guest/OVMF_CODE.fd"
#define OVMF_VARS	"/guest/OVMF_VARS.fd"
#define OVMF_VARS_COPY	"/tmp/OVMF_VARS.fd"
#define KERNEL		"/guest/bzImage"
#define INITRAMFS	"/guest/initramfs.cpio"
#define DISK		"/guest/disk.img"
#define THP		"/sys/kernel/mm/transparent_hugepage/enabled"
#define NR_HUGEPAGES	"/proc/sys/vm/nr_hugepages"
#define HUGE_2M		(2LL << 20)
#define CMDLINE		"console=ttyS0 quiet panic=-1"

/* For a guest to verify its data, once it goes on after its memory was relocated. */
#define VERIFY_NS	2000000000ULL

/* What SEV needs; a plain guest has it too, so that the two differ in nothing else. */
#define VIRTIO		",disable-legacy=on,iommu_platform=on"

static const char *const needed[] = { QEMU, OVMF_CODE, OVMF_VARS, KERNEL, INITRAMFS, DISK };

/* A guest speaks for itself alone. */
static const char *const guest_metrics[] = {
	"guest_uptime_ns", "guest_memory_total_kib", "guest_disk_ok", "guest_disk_kib",
	"guest_memory_available_start_kib", "guest_memory_available_end_kib", "guest_swiotlb_kib",
	"guest_swiotlb_used_kib", "guest_swiotlb_peak_kib", "guest_sev_active",
	"hazard_corrupt_pages", "tool_exit", "tool_guest_ns", NULL,
};

struct boot {
	struct inbound in;
	struct splat_scan console, kmsg;
	uint64_t hello_ns;
	bool disk_checked, sev_told, verified;
	struct relocation relocation;
	bool relocated;		/* the relocation has begun */
	struct tool_run tool;
	size_t touched;		/* pages that the guest has told of */
};

static bool is_hazard(const struct agent *a)
{
	return a->cell.type == WORKLOAD_BOOT && a->cell.p.boot.hazard != BOOT_SAFE;
}

static int64_t touch_pages(const struct agent *a)
{
	return a->cell.type == WORKLOAD_BOOT ? a->cell.p.boot.touch_pages : 0;
}

static bool has_data_disk(const struct agent *a)
{
	return a->cell.type == WORKLOAD_BOOT && a->cell.p.boot.disk;
}

/* Does the guest wait for an answer, once it is in userspace? */
static bool waits(const struct agent *a)
{
	return is_hazard(a) || tool_of(&a->cell);
}

static const char *hazard_name(const struct agent *a)
{
	return boot_hazard_names[a->cell.p.boot.hazard];
}

/* A guest that had to lose its data may do anything from then on: that it does is the loss. */
static enum status guest_status(const struct agent *a, const struct boot *b, enum status status)
{
	return b->relocated && a->cell.expect == EXPECT_CORRUPT ? STATUS_CORRUPT : status;
}

static int copy_vars(struct agent *a)
{
	int in = open(OVMF_VARS, O_RDONLY | O_CLOEXEC);
	int out = open(OVMF_VARS_COPY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = 1;

	while (in >= 0 && out >= 0 && n > 0)
		n = sendfile(out, in, NULL, 1 << 20);
	if (in >= 0)
		close(in);
	if (out < 0 || close(out) || n)
		return agent_fail(a, STATUS_ERROR, "copying " OVMF_VARS " to " OVMF_VARS_COPY
				  ": %s", strerror(errno));
	return 0;
}

/* Of the workloads here, stress and fio leave memory to QEMU. */
static const struct ram_params *ram_params(const struct agent *a)
{
	static const struct ram_params usual = { .backing = BACKING_THP };

	return a->cell.type == WORKLOAD_BOOT ? &a->cell.p.boot.ram : &usual;
}

/* What no option of QEMU's says. The host ends with its cell: there is nothing to put back. */
static int back_memory(struct agent *a)
{
	long long pages = a->cell.memory_bytes / HUGE_2M;
	char text[32];
	int ret;

	switch (ram_params(a)->backing) {
	case BACKING_4K:
		ret = file_write(THP, "never");
		if (ret)
			return agent_fail(a, STATUS_ERROR, THP ": %s", strerror(-ret));
		break;
	case BACKING_HUGETLB:
		snprintf(text, sizeof(text), "%lld", pages);
		if (file_write(NR_HUGEPAGES, text) < 0 ||
		    file_read(NR_HUGEPAGES, text, sizeof(text)) < 0 || atoll(text) < pages)
			return agent_fail(a, STATUS_ERROR, NR_HUGEPAGES
					  ": %lld pages cannot be had", pages);
		if (is_hazard(a))
			return agent_fail(a, STATUS_ERROR, "hazard=%s with backing=hugetlb, "
					  "allowed: 4k, thp", hazard_name(a));
		break;
	}
	return 0;
}

/* As long as nothing is said of it, QEMU has its memory as it has it by default. */
static void memory_args(struct agent *a)
{
	const struct ram_params *ram = ram_params(a);
	bool hugetlb = ram->backing == BACKING_HUGETLB, prealloc = ram->prealloc == PREALLOC_ON;

	vmm_arg(a, "-m");
	vmm_arg(a, "%lldM", (long long)a->cell.memory_bytes >> 20);
	if (hugetlb || prealloc) {
		vmm_arg(a, "-object");
		vmm_arg(a, "memory-backend-%s,id=ram,size=%lldM,prealloc=%s",
			hugetlb ? "memfd,hugetlb=on,hugetlbsize=2M" : "ram",
			(long long)a->cell.memory_bytes >> 20, prealloc ? "on" : "off");
		vmm_arg(a, "-machine");
		vmm_arg(a, "memory-backend=ram");
	}
	if (ram->prealloc == PREALLOC_MLOCK) {
		vmm_arg(a, "-overcommit");
		vmm_arg(a, "mem-lock=on");
	}
}

/* The guest must be told where the C-bit is on this host. */
static void sev_args(struct agent *a)
{
	unsigned int eax, ebx = 0, ecx, edx;

	__get_cpuid_count(0x8000001f, 0, &eax, &ebx, &ecx, &edx);
	vmm_arg(a, "-machine");
	vmm_arg(a, "memory-encryption=sev0");
	vmm_arg(a, "-object");
	vmm_arg(a, "sev-guest,id=sev0,cbitpos=%u,reduced-phys-bits=%u,policy=0", ebx & 63,
		ebx >> 6 & 63);
}

static void machine_args(struct agent *a)
{
	static const char *const fixed[] = {
		QEMU, "-L", FIRMWARE, "-nodefaults", "-no-user-config", "-display", "none",
		"-no-reboot", "-accel", "kvm", "-machine", "q35", "-cpu", "host", "-smp", "1",
		"-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" OVMF_CODE,
		"-drive", "if=pflash,unit=1,format=raw,file=" OVMF_VARS_COPY,
		"-kernel", KERNEL, "-initrd",
	};
	const char *cmdline = collector_on(a, COLLECTOR_GUEST) ? CMDLINE :
			      CMDLINE " pinlab.readings=0";
	const struct tool *tool = tool_of(&a->cell);

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		vmm_arg(a, "%s", fixed[i]);
	vmm_arg(a, "%s", tool ? tool->initramfs : INITRAMFS);
	vmm_arg(a, "-append");
	if (is_hazard(a))
		vmm_arg(a, "%s pinlab.hazard_pages=%lld", cmdline,
			(long long)a->cell.p.boot.hazard_pages);
	else if (touch_pages(a))
		vmm_arg(a, "%s pinlab.touch_pages=%lld", cmdline, (long long)touch_pages(a));
	else
		vmm_arg(a, "%s", cmdline);
	memory_args(a);
	if (guest_is_sev(a->cell.guest))
		sev_args(a);
}

static void device_args(struct agent *a, int console, int probe)
{
	vmm_arg(a, "-chardev");
	vmm_arg(a, "file,id=console,path=/proc/self/fd/%d", console);
	vmm_arg(a, "-serial");
	vmm_arg(a, "chardev:console");
	vmm_arg(a, "-chardev");
	if (waits(a))
		vmm_arg(a, "socket,id=probe,fd=%d", probe);
	else
		vmm_arg(a, "file,id=probe,path=/proc/self/fd/%d", probe);
	vmm_arg(a, "-device");
	vmm_arg(a, "virtio-serial-pci" VIRTIO);
	vmm_arg(a, "-device");
	vmm_arg(a, "virtserialport,chardev=probe,name=org.pinlab.guest");
	if (!has_data_disk(a) && !tool_run_has_disk(a))
		return;
	vmm_arg(a, "-drive");
	if (has_data_disk(a))
		vmm_arg(a, "if=none,id=disk,format=raw,readonly=on,file=" DISK);
	else
		vmm_arg(a, "if=none,id=disk,format=raw,file=" TOOL_RUN_DISK);
	vmm_arg(a, "-device");
	vmm_arg(a, "virtio-blk-pci,drive=disk" VIRTIO);
}

static int on_uptime(struct agent *a, const struct boot *b, double uptime_ns, char *err)
{
	if (!b->in.hello || uptime_ns < 0 || uptime_ns > b->hello_ns) {
		snprintf(err, OPT_ERR_MAX, "an uptime of %.0f ns, %s", uptime_ns,
			 b->in.hello ? "the host's is less" : "before a hello");
		return -EBADMSG;
	}
	emit_phase(a, PHASE_KERNEL, b->hello_ns - (uint64_t)uptime_ns);
	emit_phase(a, PHASE_USERSPACE, b->hello_ns);
	return 0;
}

static int on_metric(struct agent *a, struct boot *b, const struct record_metric *m, char *err)
{
	bool sev = guest_is_sev(a->cell.guest);

	if (!strcmp(m->name, "guest_uptime_ns") && on_uptime(a, b, m->value, err))
		return -EBADMSG;
	emit_metric(a, m->name, m->value);
	if (!strcmp(m->name, "guest_disk_ok")) {
		b->disk_checked = true;
		if (m->value != 1)
			agent_fail(a, guest_status(a, b, STATUS_FAIL),
				   "the guest read wrong data from its disk");
	} else if (!strcmp(m->name, "guest_sev_active")) {
		b->sev_told = true;
		if ((m->value == 1) != sev)
			agent_fail(a, guest_status(a, b, STATUS_FAIL),
				   "SEV is %s in the guest, the cell's guest is %s",
				   m->value == 1 ? "active" : "off", guest_names[a->cell.guest]);
	} else if (!strcmp(m->name, "tool_exit")) {
		b->tool.ended = true;
		b->tool.exit = m->value;
	} else if (!strcmp(m->name, "hazard_corrupt_pages")) {
		b->verified = true;
		if (m->value)
			agent_fail(a, STATUS_CORRUPT, "%.0f of %lld pages corrupt after %s",
				   m->value, (long long)a->cell.p.boot.hazard_pages,
				   hazard_name(a));
	}
	return 0;
}

static void on_log(struct agent *a, struct boot *b, const struct frame *f)
{
	const char *text = (const char *)f->payload + sizeof(struct record_log);
	size_t len = f->len - sizeof(struct record_log);

	emit_log(a, LOG_GUEST, text, len);
	splat_scan(a, &b->kmsg, "guest", text, len);
	if (tool_of(&a->cell))
		tool_run_message(&b->tool, text, len);
}

static int on_touches(struct agent *a, struct boot *b, const struct frame *f, char *err)
{
	size_t n = f->len / sizeof(struct record_touch);

	b->touched += n;
	if (f->len % sizeof(struct record_touch) || b->touched > (size_t)touch_pages(a)) {
		snprintf(err, OPT_ERR_MAX, "it tells of %zu touched pages, of %lld", b->touched,
			 (long long)touch_pages(a));
		return -EBADMSG;
	}
	emit_touches(a, f->payload, f->len);
	return 0;
}

static void on_end(struct agent *a, struct boot *b)
{
	if (!b->sev_told)
		agent_fail(a, guest_status(a, b, STATUS_FAIL),
			   "the guest could not tell whether SEV is active");
	if (tool_of(&a->cell))
		tool_run_end(a, &b->tool);
	if (has_data_disk(a) && !b->disk_checked)
		agent_fail(a, STATUS_FAIL, "the guest has no disk to check");
	if (b->touched != (size_t)touch_pages(a))
		agent_fail(a, STATUS_FAIL, "the guest told of %zu touched pages, of %lld",
			   b->touched, (long long)touch_pages(a));
	if (is_hazard(a) && !b->verified)
		agent_fail(a, guest_status(a, b, STATUS_FAIL), "the guest did not verify its data");
	if (!vmm_pause(a))	/* faults and what KVM counts of them must be of one moment */
		collect_mark(a, MARK_WORKLOAD_END);
	emit_phase(a, PHASE_TEARDOWN, now_ns());
	vmm_stop(a);
}

/* The guest has written its data and waits. */
static void on_gate(struct agent *a, struct boot *b, int fd)
{
	struct relocation *r = &b->relocation;
	bool failed = vmm_pause(a);

	if (!failed) {
		collect_mark(a, MARK_DATA_READY);
		b->relocated = true;
		b->console.status = b->kmsg.status = guest_status(a, b, STATUS_SPLAT);
		failed = relocate_run(a, r);
	}
	if (failed) {
		vmm_abort(a);
		return;
	}
	if (!r->moved && (a->cell.guest == GUEST_PLAIN || a->cell.expect == EXPECT_CORRUPT))
		agent_fail(a, STATUS_FAIL, "%s moved nothing", hazard_name(a));
	a->deadline_ns = now_ns() + VERIFY_NS;
	vmm_resume(a);
	if (write(fd, "g", 1) != 1)
		emit_remark(a, "the guest's channel is closed");
}

/* A guest that died of the relocation, or does not answer, has lost more than its data. */
static void tell_loss(struct agent *a, const struct boot *b)
{
	bool hang = a->status == STATUS_GUEST_HANG;

	if ((!hang && a->status != STATUS_VMM_EXIT) ||
	    guest_status(a, b, a->status) != STATUS_CORRUPT)
		return;
	emit_remark(a, "%s: %s", status_names[a->status], a->reason);
	a->status = STATUS_CORRUPT;
	snprintf(a->reason, sizeof(a->reason), "the guest %s after %s moved %zu of %zu pages",
		 hang ? "hung" : "died", hazard_name(a), b->relocation.moved,
		 b->relocation.present);
}

static int on_frame(struct agent *a, struct boot *b, const struct frame *f, int fd, char *err)
{
	struct record_metric metric;
	struct record_phase phase;

	switch (f->type) {
	case RECORD_HELLO:
		b->hello_ns = now_ns();
		break;
	case RECORD_METRIC:
		memcpy(&metric, f->payload, sizeof(metric));
		return on_metric(a, b, &metric, err);
	case RECORD_PHASE:
		/* The guest's times are not the host's: what counts is when it arrives. */
		memcpy(&phase, f->payload, sizeof(phase));
		if (phase.phase == PHASE_WORKLOAD || phase.phase == PHASE_STOP)
			emit_phase(a, phase.phase, now_ns());
		b->tool.started |= phase.phase == PHASE_WORKLOAD;
		break;
	case RECORD_LOG:
		on_log(a, b, f);
		break;
	case RECORD_GATE:
		if (is_hazard(a))
			on_gate(a, b, fd);
		else if (tool_run_go(a, fd))
			vmm_abort(a);
		break;
	case RECORD_OUTPUT:
		return tool_run_output(&b->tool, f->payload, f->len, err);
	case RECORD_TOUCHES:
		return on_touches(a, b, f, err);
	case RECORD_END:
		on_end(a, b);
		break;
	}
	return 0;
}

static int probe_readable(struct agent *a, int fd, void *data)
{
	struct boot *b = data;
	char buf[8192], err[OPT_ERR_MAX] = "out of memory";
	ssize_t n = read(fd, buf, sizeof(buf));
	struct frame f;
	int ret;

	if (n <= 0)
		return -1;
	ret = frame_feed(&b->in.reader, buf, n);
	while (!ret && (ret = inbound_next(&b->in, &f, err)) > 0)
		ret = on_frame(a, b, &f, fd, err);
	if (ret) {
		agent_fail(a, guest_status(a, b, STATUS_ERROR), "from the guest: %s", err);
		vmm_abort(a);
	}
	return ret;
}

static int console_readable(struct agent *a, int fd, void *data)
{
	struct boot *b = data;
	char text[4096];
	ssize_t n = read(fd, text, sizeof(text));

	if (n <= 0)
		return -1;
	emit_log(a, LOG_GUEST, text, n);
	splat_scan(a, &b->console, "guest", text, n);
	return 0;
}

static int check_image(struct agent *a)
{
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (access(needed[i], R_OK))
			return agent_fail(a, STATUS_ERROR, "%s: %s; boot needs the image layers "
					  "qemu and guest kernel", needed[i], strerror(errno));
	return 0;
}

static int open_channel(struct agent *a, int fd[2])
{
	return waits(a) ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) :
	       pipe2(fd, O_CLOEXEC);
}

void boot_run(struct agent *a)
{
	struct boot b = {
		.in = {
			.metrics = guest_metrics,
			.types = 1 << RECORD_HELLO | 1 << RECORD_PHASE | 1 << RECORD_METRIC |
				 1 << RECORD_LOG | 1 << RECORD_END,
		},
		.relocation = { .pidfd = -1 },
	};
	int console[2], probe[2];

	emit_phase(a, PHASE_MODULES, now_ns());
	if (modules_load(a) || host_check(a) || check_image(a) || copy_vars(a) || back_memory(a) ||
	    collect_probe(a))
		return;
	if (is_hazard(a)) {
		b.in.types |= 1 << RECORD_GATE;
		if (relocate_prepare(a, &b.relocation, a->cell.p.boot.hazard))
			goto out;
	}
	if (touch_pages(a))
		b.in.types |= 1 << RECORD_TOUCHES;
	if (tool_of(&a->cell)) {
		b.in.types |= 1 << RECORD_GATE | 1 << RECORD_OUTPUT;
		if (tool_run_prepare(a))
			goto out;
	}
	if (pipe2(console, O_CLOEXEC) || open_channel(a, probe)) {
		agent_fail(a, STATUS_ERROR, "pipe: %s", strerror(errno));
		goto out;
	}
	machine_args(a);
	device_args(a, console[1], probe[1]);
	vmm_keep(a, console[1]);
	vmm_keep(a, probe[1]);
	a->vmm.measured = true;
	emit_metric(a, "guest_memory_pages", a->cell.memory_bytes / 4096);
	if (!loop_add(a, console[0], console_readable, &b) &&
	    !loop_add(a, probe[0], probe_readable, &b))
		vmm_run(a);
	tell_loss(a, &b);
	if (tool_of(&a->cell))
		tool_run_lost(a, &b.tool);
out:
	relocate_free(&b.relocation);
	tool_run_free(&b.tool);
	frame_reader_free(&b.in.reader);
}
