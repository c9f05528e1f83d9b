// SPDX-License-Identifier: GPL-2.0-only
/* Pins: as the host counts them, as KVM does, and the events that make them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "torture.h"

#define SETTLE_US	50000
#define SETTLE_TRIES	20

static const char *const event_names[TORTURE_EVENTS] = {
	[EVENT_PIN] = "kvm_pin",
	[EVENT_DROP] = "kvm_pin_drop",
	[EVENT_ZAP] = "kvm_pin_zap",
	[EVENT_UNZAP] = "kvm_pin_unzap",
	[EVENT_FAULT] = "kvm_page_fault",
};

static bool find_count(const char *text, const char *key, uint64_t *value)
{
	const char *at = strstr(text, key);

	if (at)
		*value = strtoull(at + strlen(key), NULL, 10);
	return at;
}

/* The counters are kept by processor; stat_refresh has them added up. */
int pins_read(struct micro *m, struct pins *pins)
{
	char text[16384];
	int fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, got = 0;

	host_write("/proc/sys/vm/stat_refresh", "1");
	while (fd >= 0 && (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += got;
	if (fd >= 0)
		close(fd);
	text[n] = '\0';
	if (!find_count(text, "\nnr_foll_pin_acquired ", &pins->taken) ||
	    !find_count(text, "\nnr_foll_pin_released ", &pins->dropped))
		return micro_fail(m, MICRO_HOST, "/proc/vmstat tells of no pins");
	return 0;
}

int pins_held(struct micro *m, const struct torture *t, uint64_t *pages)
{
	struct pins now;

	if (pins_read(m, &now))
		return -1;
	*pages = now.taken - now.dropped - (t->base.taken - t->base.dropped);
	return 0;
}

/* Pages of a process that died may be given back late. */
int pins_settle(struct micro *m, const struct torture *t, uint64_t want, uint64_t *pages)
{
	for (int i = 0; i < SETTLE_TRIES; i++) {
		if (pins_held(m, t, pages))
			return -1;
		if (*pages == want)
			break;
		usleep(SETTLE_US);
	}
	return 0;
}

static int64_t stat_value(int fd, const struct kvm_stats_header *h, const char *name)
{
	size_t size = sizeof(struct kvm_stats_desc) + h->name_size;
	struct kvm_stats_desc *d = calloc(1, size + 1);
	int64_t value = -1;

	for (uint32_t i = 0; d && i < h->num_desc; i++) {
		if (pread(fd, d, size, h->desc_offset + i * size) != (ssize_t)size)
			break;
		if (strcmp(d->name, name))
			continue;
		if (pread(fd, &value, sizeof(value), h->data_offset + d->offset) != sizeof(value))
			value = -1;
		break;
	}
	free(d);
	return value;
}

/* The descriptor holds the VM, so that it is opened anew each time. */
int64_t vm_stat(const struct micro *m, const char *name)
{
	int fd = ioctl(m->vm_fd, KVM_GET_STATS_FD, NULL);
	struct kvm_stats_header h;
	int64_t value = -1;

	if (fd < 0)
		return -1;
	if (pread(fd, &h, sizeof(h), 0) == sizeof(h))
		value = stat_value(fd, &h, name);
	close(fd);
	return value;
}

static int event_open(const char *name, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .disabled = 1,
	};
	char path[HOST_PATH_MAX];
	long id;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/kvm/%s/id", name);
	id = host_number(path);
	if (id < 0)
		return -ENOENT;
	attr.config = id;
	return syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* On all processors, whoever it is that does it. A kernel without such an event has no count. */
void events_open(struct torture *t)
{
	t->nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	t->event_fd = calloc(TORTURE_EVENTS * t->nr_cpus, sizeof(*t->event_fd));
	for (int e = 0; t->event_fd && e < TORTURE_EVENTS; e++) {
		t->event_known[e] = true;
		for (int cpu = 0; cpu < t->nr_cpus; cpu++) {
			int fd = event_open(event_names[e], cpu);

			t->event_fd[e * t->nr_cpus + cpu] = fd;
			t->event_known[e] &= fd >= 0;
		}
	}
}

static void events_ioctl(const struct torture *t, unsigned long request)
{
	for (int i = 0; t->event_fd && i < TORTURE_EVENTS * t->nr_cpus; i++)
		if (t->event_fd[i] >= 0)
			ioctl(t->event_fd[i], request, 0);
}

void events_start(struct torture *t)
{
	events_ioctl(t, PERF_EVENT_IOC_ENABLE);
}

void events_stop(struct torture *t)
{
	events_ioctl(t, PERF_EVENT_IOC_DISABLE);
	for (int i = 0; t->event_fd && i < TORTURE_EVENTS * t->nr_cpus; i++) {
		uint64_t n;

		if (t->event_fd[i] >= 0 && read(t->event_fd[i], &n, sizeof(n)) == sizeof(n))
			t->events[i / t->nr_cpus] += n;
	}
}

void events_close(struct torture *t)
{
	for (int i = 0; t->event_fd && i < TORTURE_EVENTS * t->nr_cpus; i++)
		if (t->event_fd[i] >= 0)
			close(t->event_fd[i]);
	free(t->event_fd);
}
