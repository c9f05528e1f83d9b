// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "perf.h"

static int perf_open(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int fd;

	attr->size = sizeof(*attr);
	attr->disabled = 1;
	attr->enable_on_exec = 1;
	attr->inherit = 1;
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void attr_sampled(struct perf_event_attr *attr, uint64_t watermark)
{
	attr->sample_period = 1;
	attr->sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW;
	attr->sample_id_all = 1;
	attr->use_clockid = 1;
	attr->clockid = CLOCK_MONOTONIC_RAW;
	attr->watermark = 1;
	attr->wakeup_watermark = watermark;
}

int perf_open_tracepoint(const struct tracepoint *tp, pid_t pid, int cpu, uint64_t watermark)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .config = tp->id };
	int fd, ret;

	if (cpu >= 0)
		attr_sampled(&attr, watermark);
	fd = perf_open(&attr, pid, cpu);
	if (fd < 0 || !tp->filter || !ioctl(fd, PERF_EVENT_IOC_SET_FILTER, tp->filter))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

int perf_open_ring_owner(pid_t pid, int cpu, uint64_t watermark, bool switches)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY,
		.context_switch = switches,
	};

	attr_sampled(&attr, watermark);
	return perf_open(&attr, pid, cpu);
}

int perf_open_counter(uint32_t type, uint64_t config, pid_t pid)
{
	struct perf_event_attr attr = {
		.type = type, .config = config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return perf_open(&attr, pid, -1);
}

char *perf_advice(int error, char *err, size_t len)
{
	char paranoid[16] = "?";

	if (error == -EACCES || error == -EPERM) {
		file_read("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
		paranoid[strcspn(paranoid, "\n")] = '\0';
		snprintf(err, len, "not permitted, perf_event_paranoid is %s; be root, or sysctl "
			 "kernel.perf_event_paranoid=-1", paranoid);
	} else if (error == -ENOENT || error == -EOPNOTSUPP || error == -ENODEV) {
		snprintf(err, len, "this CPU, or its kernel, has no such event (%s)",
			 strerror(-error));
	} else {
		snprintf(err, len, "%s", strerror(-error));
	}
	return err;
}

int perf_ring_open(struct perf_ring *r, int fd, uint64_t size)
{
	long page = sysconf(_SC_PAGESIZE);

	r->page = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (r->page == MAP_FAILED)
		return -errno;
	r->fd = fd;
	r->data = (uint8_t *)r->page + page;
	r->size = size;
	return 0;
}

int perf_ring_join(const struct perf_ring *r, int fd)
{
	return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, r->fd) ? -errno : 0;
}

/* The bytes at `at`, in one piece; a record too long for that is not ours: NULL. */
static const uint8_t *ring_bytes(struct perf_ring *r, uint64_t at, size_t len)
{
	uint64_t start = at & (r->size - 1), first = r->size - start;

	if (len <= first)
		return r->data + start;
	if (len > sizeof(r->bounce))
		return NULL;
	memcpy(r->bounce, r->data + start, first);
	memcpy(r->bounce + first, r->data, len - first);
	return r->bounce;
}

/* struct sample_id as attr_sampled() asks for it: u32 pid, tid; u64 time. */
#define ID_BYTES	16

static void parse_id(struct perf_record *rec, const uint8_t *id)
{
	memcpy(&rec->pid, id, 4);
	memcpy(&rec->tid, id + 4, 4);
	memcpy(&rec->t_ns, id + 8, 8);
}

static void parse_record(struct perf_record *rec, const struct perf_event_header *h,
			 const uint8_t *body)
{
	size_t len = h->size - sizeof(*h);
	uint32_t raw_len;

	*rec = (struct perf_record){ .type = h->type, .misc = h->misc };
	if (!body || len < ID_BYTES)
		return;
	if (h->type != PERF_RECORD_SAMPLE) {
		parse_id(rec, body + len - ID_BYTES);
		if (h->type == PERF_RECORD_LOST)
			memcpy(&rec->lost, body + 8, 8);	/* behind u64 id */
		else if (h->type == PERF_RECORD_LOST_SAMPLES)
			memcpy(&rec->lost, body, 8);
		return;
	}
	parse_id(rec, body);
	memcpy(&raw_len, body + ID_BYTES, 4);
	rec->raw = body + ID_BYTES + 4;
	rec->raw_len = raw_len <= len - ID_BYTES - 4 ? raw_len : 0;
}

const struct perf_record *perf_ring_peek(struct perf_ring *r)
{
	uint64_t head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = r->page->data_tail;
	struct perf_event_header h;
	const uint8_t *record;

	if (r->has_next)
		return &r->next;
	if (tail == head)
		return NULL;
	/* Records are multiples of 8 bytes: a header never wraps. */
	memcpy(&h, ring_bytes(r, tail, sizeof(h)), sizeof(h));
	record = ring_bytes(r, tail, h.size);
	parse_record(&r->next, &h, record ? record + sizeof(h) : NULL);
	r->has_next = true;
	return &r->next;
}

void perf_ring_take(struct perf_ring *r)
{
	uint64_t tail = r->page->data_tail;
	struct perf_event_header h;

	memcpy(&h, ring_bytes(r, tail, sizeof(h)), sizeof(h));
	__atomic_store_n(&r->page->data_tail, tail + h.size, __ATOMIC_RELEASE);
	r->has_next = false;
}

int perf_read_counter(int fd, struct perf_value *v)
{
	uint64_t raw[3];

	*v = (struct perf_value){ .raw = 0 };
	if (read(fd, raw, sizeof(raw)) != sizeof(raw))
		return -ENODATA;
	v->raw = raw[0];
	v->enabled_ns = raw[1];
	v->running_ns = raw[2];
	return perf_scale(v);
}
