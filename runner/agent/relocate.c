// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "relocate.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25	/* Linux 6.1 */
#endif

#define PAGE		4096
#define HUGE		(512 * PAGE)
#define COMPACT		"/proc/sys/vm/compact_memory"
#define SWAP_SIZE	"/sys/block/zram0/disksize"
#define SWAP		"/dev/zram0"
#define SLACK		(256LL << 20)	/* for the VMM beside its guest, and for the host */
#define FRAGMENT	8		/* one page of so many stays used */

#define PAGEMAP_PRESENT	(1ULL << 63)
#define PAGEMAP_SWAPPED	(1ULL << 62)
#define PAGEMAP_FRAME	((1ULL << 55) - 1)

static int fail_at(struct agent *a, const char *what, int error)
{
	return agent_fail(a, STATUS_ERROR, "%s: %s", what, strerror(error));
}

static int write_to(struct agent *a, const char *path, const char *text)
{
	int ret = file_write(path, text);

	return ret ? fail_at(a, path, -ret) : 0;
}

static int64_t free_bytes(void)
{
	char text[4096], *at;

	if (file_read("/proc/meminfo", text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, "MemFree:");
	return at ? strtoll(at + 8, NULL, 10) * 1024 : 0;
}

static int fail_pagemap(struct agent *a, pid_t pid, int error)
{
	return agent_fail(a, STATUS_ERROR, "/proc/%d/pagemap: %s", pid, strerror(error));
}

static int read_pagemap(struct agent *a, pid_t pid, uintptr_t start, size_t pages, uint64_t *map)
{
	ssize_t bytes = pages * sizeof(*map), n = -1;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = pread(fd, map, bytes, start / PAGE * sizeof(*map));
		close(fd);
	}
	return n == bytes ? 0 : fail_pagemap(a, pid, n < 0 ? errno : EIO);
}

static int fill(struct agent *a, struct relocation *r, int64_t bytes)
{
	bytes &= -(int64_t)PAGE;
	if (bytes <= 0)
		return 0;
	r->filler = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (r->filler == MAP_FAILED) {
		r->filler = NULL;
		return fail_at(a, "mmap", errno);
	}
	r->filler_bytes = bytes;
	return 0;
}

static void unfill(struct relocation *r)
{
	if (r->filler)
		munmap(r->filler, r->filler_bytes);
	r->filler = NULL;
}

static int compare_frames(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void unfill_page(struct relocation *r, size_t page)
{
	madvise(r->filler + page * PAGE, PAGE, MADV_DONTNEED);
}

/*
 * Compaction moves pages from the low end of memory to holes at the high end, and to no block that
 * is free as a whole. So the guest gets the lowest memory that there is: all is filled, and the
 * lowest pages of that are given back.
 */
static int make_room_below(struct agent *a, struct relocation *r, size_t room)
{
	size_t pages = r->filler_bytes / PAGE;
	uint64_t *map = calloc(2 * pages + 1, sizeof(*map)), *sorted = map + pages;
	int ret;

	if (!map)
		return agent_fail(a, STATUS_ERROR, "out of memory");
	ret = read_pagemap(a, getpid(), (uintptr_t)r->filler, pages, map);
	if (!ret) {
		memcpy(sorted, map, pages * sizeof(*map));
		qsort(sorted, pages, sizeof(*sorted), compare_frames);
		for (size_t i = 0; i < pages && room < pages; i++)
			if (map[i] < sorted[room])
				unfill_page(r, i);
	}
	free(map);
	return ret;
}

/* Holes all over what is left of the filler. */
static void make_holes(struct relocation *r)
{
	for (size_t i = 0; i < r->filler_bytes / PAGE; i++)
		if (i % FRAGMENT)
			unfill_page(r, i);
}

/* What mkswap(8) writes: version 1, the last page, and the magic at the end of the first page. */
static int make_swap(struct agent *a, int64_t bytes)
{
	char header[PAGE] = "", size[32];
	uint32_t info[3] = { 1, bytes / PAGE - 1, 0 };
	int fd, ret = 0;

	snprintf(size, sizeof(size), "%lld", (long long)bytes);
	if (write_to(a, SWAP_SIZE, size))
		return -1;
	memcpy(header + 1024, info, sizeof(info));
	memcpy(header + PAGE - 10, "SWAPSPACE2", 10);
	fd = open(SWAP, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, header, PAGE) != PAGE)
		ret = fail_at(a, SWAP, errno);
	if (fd >= 0)
		close(fd);
	if (!ret && swapon(SWAP, 0))
		ret = fail_at(a, "swapon " SWAP, errno);
	return ret;
}

int relocate_prepare(struct agent *a, struct relocation *r, enum boot_hazard how)
{
	int64_t guest = a->cell.memory_bytes;

	*r = (struct relocation){ .how = how, .pidfd = -1 };
	if (how == BOOT_PAGEOUT)
		return make_swap(a, guest + guest / 4);
	if (how != BOOT_COMPACT)
		return 0;
	return fill(a, r, free_bytes() - SLACK / 2) ||
	       make_room_below(a, r, (guest + SLACK / 2) / PAGE) ? -1 : 0;
}

/* The guest's memory is the first anonymous mapping that is large enough. */
static int find_memory(struct agent *a, struct relocation *r)
{
	char path[64], line[512];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", a->vmm.pid);
	maps = fopen(path, "re");
	while (maps && !r->pages && fgets(line, sizeof(line), maps)) {
		unsigned long start, end, inode;

		if (sscanf(line, "%lx-%lx rw-p %*x %*x:%*x %lu", &start, &end, &inode) != 3 ||
		    inode || end - start < (uint64_t)a->cell.memory_bytes)
			continue;
		r->start = start;
		r->pages = a->cell.memory_bytes / PAGE;
	}
	if (maps)
		fclose(maps);
	r->before = calloc(r->pages + 1, sizeof(*r->before));
	r->after = calloc(r->pages + 1, sizeof(*r->after));
	if (!r->pages || !r->before || !r->after)
		return agent_fail(a, STATUS_ERROR, "%s: the guest's memory is not there", path);
	return 0;
}

static int read_frames(struct agent *a, const struct relocation *r, uint64_t *map)
{
	return read_pagemap(a, a->vmm.pid, r->start, r->pages, map);
}

/*
 * What cannot be moved is told by the page frames; only a refusal of it all is an error. A part at
 * a time, as MADV_COLLAPSE gives up at the first that it cannot do.
 */
static int advise(struct agent *a, const struct relocation *r, int advice, const char *name)
{
	size_t all = r->pages * PAGE;

	for (size_t at = 0; at < all; at += HUGE) {
		const struct iovec part = { (void *)(r->start + at),
					    all - at < HUGE ? all - at : HUGE };

		if (syscall(SYS_process_madvise, r->pidfd, &part, 1, advice, 0) < 0 &&
		    (errno == EPERM || errno == ENOSYS || errno == ESRCH))
			return fail_at(a, name, errno);
	}
	return 0;
}

/* Read a byte of each page that is in swap, so that it comes back before the guest wants it. */
static int swap_in(struct agent *a, struct relocation *r)
{
	char path[64], byte;
	int fd, ret = 0;

	snprintf(path, sizeof(path), "/proc/%d/mem", a->vmm.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_at(a, path, errno);
	for (size_t i = 0; i < r->pages && !ret; i++)
		if (r->after[i] & PAGEMAP_SWAPPED &&
		    pread(fd, &byte, 1, r->start + i * PAGE) != 1)
			ret = fail_at(a, path, errno);
	close(fd);
	return ret;
}

/*
 * A page that comes back at once gets the frame that it left, from the allocator's hot end. So what
 * was freed is taken first.
 */
static int pageout(struct agent *a, struct relocation *r)
{
	int64_t freed, room;

	if (advise(a, r, MADV_PAGEOUT, "MADV_PAGEOUT") || read_frames(a, r, r->after))
		return -1;
	for (size_t i = 0; i < r->pages; i++)
		r->swapped += !!(r->after[i] & PAGEMAP_SWAPPED);
	freed = r->swapped * PAGE;
	room = free_bytes() - freed - SLACK / 4;
	return fill(a, r, freed < room ? freed : room) || swap_in(a, r) ? -1 : 0;
}

static int relocate(struct agent *a, struct relocation *r)
{
	switch (r->how) {
	case BOOT_COMPACT:
		make_holes(r);
		return write_to(a, COMPACT, "1");
	case BOOT_COLLAPSE:
		return advise(a, r, MADV_COLLAPSE, "MADV_COLLAPSE");
	case BOOT_PAGEOUT:
		return pageout(a, r);
	default:
		return 0;
	}
}

static void report(struct agent *a, struct relocation *r)
{
	for (size_t i = 0; i < r->pages; i++) {
		if (!(r->before[i] & PAGEMAP_PRESENT))
			continue;
		r->present++;
		r->moved += r->after[i] & PAGEMAP_PRESENT &&
			    (r->before[i] ^ r->after[i]) & PAGEMAP_FRAME;
	}
	emit_metric(a, "hazard_pages", r->present);
	emit_metric(a, "hazard_moved_pages", r->moved);
	emit_metric(a, "hazard_refused_pages", r->present - r->moved);
	if (r->how == BOOT_PAGEOUT)
		emit_metric(a, "hazard_swapped_pages", r->swapped);
}

int relocate_run(struct agent *a, struct relocation *r)
{
	r->pidfd = syscall(SYS_pidfd_open, a->vmm.pid, 0);
	if (r->pidfd < 0)
		return fail_at(a, "pidfd_open", errno);
	if (find_memory(a, r) || read_frames(a, r, r->before) || relocate(a, r) ||
	    read_frames(a, r, r->after))
		return -1;
	report(a, r);
	return 0;
}

void relocate_free(struct relocation *r)
{
	unfill(r);
	if (r->pidfd >= 0)
		close(r->pidfd);
	free(r->before);
	free(r->after);
}
