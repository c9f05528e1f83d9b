// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page's first touch by a process is a fault of the guest's own kernel, which takes a page and
 * clears it; where the host has nothing behind that page, an NPF comes of the clearing. The gpa, by
 * which the two are put together, is what pagemap says when all is over.
 *
 * Ticks become ns by what the guest's clock gained over all touches.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "common/record.h"
#include "touch.h"

#define PAGE		4096UL
#define PFN_MASK	((1ULL << 55) - 1)
#define SETTLE_US	100000
#define AT_ONCE		(FRAME_PAYLOAD_MAX / sizeof(struct record_touch))

struct guest_touch {
	struct record_touch *row;
	size_t nr;
};

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void touch_all(struct guest_touch *t, volatile uint8_t *pages)
{
	uint64_t start_ns = clock_ns(), start = __rdtsc(), ticks, ns;

	for (size_t i = 0; i < t->nr; i++) {
		uint64_t before;

		_mm_lfence();
		before = __rdtsc();
		_mm_lfence();
		pages[i * PAGE] = 1;
		_mm_lfence();
		t->row[i].guest_ns = __rdtsc() - before;
	}
	ticks = __rdtsc() - start;
	ns = clock_ns() - start_ns;
	for (size_t i = 0; i < t->nr; i++)
		t->row[i].guest_ns = t->row[i].guest_ns * ((double)ns / ticks) + 0.5;
}

static int find_gpas(struct guest_touch *t, const void *pages)
{
	int fd = open("/proc/self/pagemap", O_RDONLY), ret = fd < 0 ? -1 : 0;
	uint64_t entry;

	for (size_t i = 0; i < t->nr && !ret; i++) {
		off_t at = ((uintptr_t)pages / PAGE + i) * sizeof(entry);

		if (pread(fd, &entry, sizeof(entry), at) != sizeof(entry) || !(entry & PFN_MASK))
			ret = -1;
		t->row[i].gpa = (entry & PFN_MASK) * PAGE;
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

struct guest_touch *touch_run(size_t nr)
{
	struct guest_touch *t = malloc(sizeof(*t));
	void *pages = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	if (!t || pages == MAP_FAILED)
		return NULL;
	t->nr = nr;
	t->row = mmap(NULL, nr * sizeof(*t->row), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (t->row == MAP_FAILED || madvise(pages, nr * PAGE, MADV_NOHUGEPAGE))
		return NULL;
	usleep(SETTLE_US);	/* the agent is to have seen that the workload begins */
	touch_all(t, pages);
	return find_gpas(t, pages) ? NULL : t;
}

void touch_send(struct guest_touch *t, struct frame_writer *out)
{
	for (size_t i = 0; i < t->nr; i += AT_ONCE) {
		size_t n = t->nr - i < AT_ONCE ? t->nr - i : AT_ONCE;

		frame_write(out, RECORD_TOUCHES, &t->row[i], n * sizeof(*t->row), NULL, 0);
	}
	free(t);
}
