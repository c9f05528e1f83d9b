// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe: the program of a guest's initramfs. It says when userspace is reached, checks that the
 * guest is what it was meant to be, and waits for its VMM to be ended (the agent first reads what
 * the host keeps of this VM).
 *
 * It talks in frames over the virtio-serial port org.pinlab.guest: hello and guest_uptime_ns, then
 * phase workload around the disk check (its times are the guest's and mean nothing on the host: the
 * agent goes by when the record arrives), metrics, the guest's kernel log, end. With
 * pinlab.hazard_pages=N on the kernel's command line it writes that many pages, waits at a gate
 * while the host relocates the guest's memory, and tells how many of them are wrong. With
 * pinlab.touch_pages=N it touches that many, and tells what each took.
 *
 * Built as toolprobe it runs a program in place of the disk check (tool.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/frame.h"
#include "common/kmsg.h"
#include "common/record.h"
#include "data.h"
#include "splitmix.h"
#include "tool.h"
#include "touch.h"

#define PORT		"/dev/virtio-ports/org.pinlab.guest"
#define DISK		"/dev/vda"
#define SWIOTLB		"/sys/kernel/debug/swiotlb/io_tlb_"
#define SWIOTLB_KIB	2	/* a slot */
#define NO_READINGS_KEY	"pinlab.readings="	/* there, it is 0 */
#define HAZARD_KEY	"pinlab.hazard_pages="
#define TOUCH_KEY	"pinlab.touch_pages="
#define READ_BYTES	(256 * 1024)

static struct frame_writer out = { .fd = -1 };

static uint64_t uptime_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void send_metric(const char *name, double value)
{
	struct record_metric m = { .value = value };

	snprintf(m.name, sizeof(m.name), "%s", name);
	frame_write(&out, RECORD_METRIC, &m, sizeof(m), NULL, 0);
}

static void send_phase(enum phase phase)
{
	struct record_phase p = { .t_ns = uptime_ns(), .phase = phase };

	frame_write(&out, RECORD_PHASE, &p, sizeof(p), NULL, 0);
}

static void send_hello(void)
{
	struct record_hello h = { .protocol = RECORD_PROTOCOL };
	struct utsname u;

	if (!uname(&u))
		snprintf(h.kernel, sizeof(h.kernel), "%.63s", u.release);
	frame_write(&out, RECORD_HELLO, &h, sizeof(h), NULL, 0);
}

#define TEXT_MAX	4096

static const char *text_of(const char *path, char text[TEXT_MAX])
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, TEXT_MAX - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* The number behind `key`, or -1. */
static long long number_behind(const char *text, const char *key)
{
	const char *at = text[0] ? strstr(text, key) : NULL;

	return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

static long long number_in(const char *path, const char *key)
{
	char text[TEXT_MAX];

	return number_behind(text_of(path, text), key);
}

/* What the guest's kernel says of its memory; those of the start are sent with those of the end. */
struct readings {
	bool off;
	long long available_kib;	/* at the start */
};

static void send_known(const char *name, long long v, int scale)
{
	if (v >= 0)
		send_metric(name, v * scale);
}

static void readings_start(struct readings *r)
{
	char text[TEXT_MAX];

	r->off = number_in("/proc/cmdline", NO_READINGS_KEY) == 0;
	if (r->off)
		return;
	text_of("/proc/meminfo", text);
	r->available_kib = number_behind(text, "MemAvailable:");
	send_known("guest_memory_total_kib", number_behind(text, "MemTotal:"), 1);
}

static void readings_end(const struct readings *r)
{
	if (r->off)
		return;
	send_known("guest_swiotlb_peak_kib", number_in(SWIOTLB "used_hiwater", ""), SWIOTLB_KIB);
	send_known("guest_swiotlb_used_kib", number_in(SWIOTLB "used", ""), SWIOTLB_KIB);
	send_known("guest_swiotlb_kib", number_in(SWIOTLB "nslabs", ""), SWIOTLB_KIB);
	send_known("guest_memory_available_start_kib", r->available_kib, 1);
	send_known("guest_memory_available_end_kib",
		   number_in("/proc/meminfo", "MemAvailable:"), 1);
}

/* The disk holds the sequence of splitmix64 from 0. */
static bool matches(const uint64_t *word, size_t n, uint64_t *state)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		ok &= word[i] == splitmix64(state);
	return ok;
}

/* Past the page cache, so that all of it goes through the device (and an SEV guest's SWIOTLB). */
static void check_disk(void)
{
	static uint64_t buf[READ_BYTES / 8] __attribute__((aligned(4096)));
	int fd = open(DISK, O_RDONLY | O_DIRECT);
	uint64_t bytes = 0, done = 0, state = 0;
	bool ok = true;

	if (fd < 0)
		return;
	ok = !ioctl(fd, BLKGETSIZE64, &bytes) && bytes;
	while (ok && done < bytes) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		ok = matches(buf, n / 8, &state);
		done += n;
	}
	close(fd);
	send_metric("guest_disk_ok", ok && done == bytes);
	send_metric("guest_disk_kib", done / 1024);
}

/* The guest's data stands still until the host says go on; what comes after may be garbage. */
static void hazard(size_t pages)
{
	struct record_gate gate = { .phase = PHASE_USERSPACE };
	struct guest_data data;
	char go;

	if (data_write(&data, pages) || data_wrong(&data))
		return;
	frame_write(&out, RECORD_GATE, &gate, sizeof(gate), NULL, 0);
	if (read(out.fd, &go, 1) == 1)
		send_metric("hazard_corrupt_pages", data_wrong(&data));
}

static void send_log(const char *text, size_t len)
{
	struct record_log log = { .stream = LOG_GUEST };

	frame_write(&out, RECORD_LOG, &log, sizeof(log), text, len);
}

/* Sends the guest's kernel log; says what it tells of SEV. */
static void read_kernel_log(void)
{
	static char text[64 * 1024];
	char record[KMSG_RECORD_MAX + 1], line[KMSG_LINE_MAX];
	size_t used = 0;
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	bool sev = false;
	ssize_t n;

	while (fd >= 0 && ((n = read(fd, record, KMSG_RECORD_MAX)) > 0 ||
			   (n < 0 && errno == EPIPE))) {
		size_t len;

		if (n < 0)
			continue;	/* overwritten before it was read */
		record[n] = '\0';
		len = kmsg_format(line, record);
		if (strstr(line, "Memory Encryption Features active:") && strstr(line, "SEV"))
			sev = true;
		if (used + len > sizeof(text)) {
			send_log(text, used);
			used = 0;
		}
		memcpy(text + used, line, len);
		used += len;
	}
	send_log(text, used);
	if (fd >= 0) {
		close(fd);
		send_metric("guest_sev_active", sev);
	}
}

int main(void)
{
	struct record_end end = { .status = STATUS_PASS };
	struct guest_touch *touch = NULL;
	uint64_t start_ns = uptime_ns();
	struct readings readings;
	long long v;

	out.fd = open(PORT, O_RDWR);
	if (out.fd < 0) {
		perror("probe: " PORT);
		return 1;
	}
	send_hello();
	send_metric("guest_uptime_ns", start_ns);
	if (PROBE_TOOL)
		tool_wait(&out);
	readings_start(&readings);
	send_phase(PHASE_WORKLOAD);
	if (PROBE_TOOL)
		tool_run(&out);
	else
		check_disk();
	v = number_in("/proc/cmdline", HAZARD_KEY);
	if (v > 0)
		hazard(v);
	v = number_in("/proc/cmdline", TOUCH_KEY);
	if (v > 0)
		touch = touch_run(v);
	send_phase(PHASE_STOP);
	readings_end(&readings);
	if (touch)
		touch_send(touch, &out);
	if (PROBE_TOOL)
		tool_send(&out);
	read_kernel_log();
	frame_write(&out, RECORD_END, &end, sizeof(end), NULL, 0);
	for (;;)
		pause();
}
