// SPDX-License-Identifier: GPL-2.0-only
/* perf events of one process and all that it will clone, and their ring buffers. */
#ifndef PINLAB_PERF_H
#define PINLAB_PERF_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tracefs.h"

/* A record's place in time; the fields that follow depend on header.type. */
struct perf_record {
	uint16_t type, misc;
	uint32_t pid, tid;
	uint64_t t_ns;
	const void *raw;	/* PERF_RECORD_SAMPLE: a tracepoint's bytes */
	size_t raw_len;
	uint64_t lost;		/* PERF_RECORD_LOST, PERF_RECORD_LOST_SAMPLES */
};

struct perf_ring {
	int fd;			/* that owns the buffer; readable at the watermark */
	struct perf_event_mmap_page *page;
	const uint8_t *data;
	uint64_t size;
	struct perf_record next;
	bool has_next;
	uint8_t bounce[1024];	/* a record that wraps around */
};

/*
 * Events count from pid's next execve() on, in all its threads and children; times are of
 * CLOCK_MONOTONIC_RAW. cpu -1: any (then there is no ring). Return a descriptor or -errno.
 */
int perf_open_tracepoint(const struct tracepoint *tp, pid_t pid, int cpu, uint64_t watermark);
/* An event that owns a ring for others; with switches it records those of the tasks. */
int perf_open_ring_owner(pid_t pid, int cpu, uint64_t watermark, bool switches);
int perf_open_counter(uint32_t type, uint64_t config, pid_t pid);

/* What to do about an error of perf_event_open(); returns err. */
char *perf_advice(int error, char *err, size_t len);

/* A buffer of `size` bytes (a power of two) on fd; others join it with perf_ring_join(). */
int perf_ring_open(struct perf_ring *r, int fd, uint64_t size);
int perf_ring_join(const struct perf_ring *r, int fd);

/* The oldest record, or NULL. It stays until perf_ring_take(). */
const struct perf_record *perf_ring_peek(struct perf_ring *r);
void perf_ring_take(struct perf_ring *r);

struct perf_value {
	uint64_t raw, enabled_ns, running_ns;	/* as the kernel gives them */
	uint64_t scaled;	/* to enabled_ns, rounded; UINT64_MAX: more than that */
};

/* Set v->scaled from the others. Returns 0, or -ENODATA if the event never ran. */
int perf_scale(struct perf_value *v);

/* Read a counter. Returns 0, or -ENODATA: it has no value. */
int perf_read_counter(int fd, struct perf_value *v);

#endif
