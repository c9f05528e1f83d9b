// SPDX-License-Identifier: GPL-2.0-only
/* Hazards that a host's kernel brings on its guests: compaction, merging, memory that goes away. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "hazard.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23	/* Linux 5.14 */
#endif

#define FILLER_MAX	(2UL << 30)
#define SPREAD_MAX	(384UL << 20)
#define HOST_NEEDS	(96L << 20)
#define HUGE_PAGES	(HUGE_2M / GUEST_PAGE)

#define COMPACT		"/proc/sys/vm/compact_memory"
#define NR_HUGEPAGES	"/proc/sys/vm/nr_hugepages"
#define KSM		"/sys/kernel/mm/ksm/"
#define BLOCKS		"/sys/devices/system/memory/"

/* A merge takes three scans: checksum, unstable tree, merge. */
#define KSM_SCANS	4
#define KSM_WAIT_US	20000
#define KSM_WAITS	500

#define BLOCK_INDEX_MAX	16384
#define OFFLINE_US	1000000

/* The memory that is free but for room for the guest and what the host itself wants. */
static int filler_map(struct micro *m, struct hazard *h, size_t max)
{
	long free = host_free_pages() * (long)GUEST_PAGE;
	long bytes = free - HOST_NEEDS - m->memory_bytes;

	if (bytes < (long)h->bytes)
		return micro_fail(m, MICRO_HOST, "%ld MiB of the host are free, wanted are %lld",
				  free >> 20, ((long long)HOST_NEEDS + m->memory_bytes +
				  (long long)h->bytes) >> 20);
	h->filler_bytes = ((size_t)bytes < max ? (size_t)bytes : max) & ~(HUGE_2M - 1);
	h->filler = mmap(NULL, h->filler_bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (h->filler == MAP_FAILED) {
		h->filler = NULL;
		return micro_fail(m, MICRO_MEMORY, "mmap: %s", strerror(errno));
	}
	madvise(h->filler, h->filler_bytes, MADV_NOHUGEPAGE);
	return 0;
}

static void filler_free(struct hazard *h)
{
	munmap(h->filler, h->filler_bytes);
	h->filler = NULL;
}

int spread_prepare(struct micro *m, struct hazard *h)
{
	return filler_map(m, h, SPREAD_MAX);
}

/* The data gets pages that lie among many others; when these are freed, memory is fragmented. */
int spread_place(struct micro *m, struct hazard *h)
{
	size_t each = h->filler_bytes / GUEST_PAGE / h->pages, at = 0;

	(void)m;
	for (size_t page = 0; page < h->pages; page++) {
		for (size_t i = 0; i < each; i++, at += GUEST_PAGE)
			h->filler[at] = 1;
		h->data[page * GUEST_PAGE] = 1;
	}
	return 0;
}

int compact_relocate(struct micro *m, struct hazard *h)
{
	int ret;

	filler_free(h);
	ret = host_write(COMPACT, "1");
	return ret ? micro_fail(m, MICRO_HOST, COMPACT ": %s", strerror(-ret)) : 0;
}

/* Somebody wants huge pages, which fragmented memory has only if pages are moved. */
int hugetlb_relocate(struct micro *m, struct hazard *h)
{
	long old = host_number(NR_HUGEPAGES), got;
	char want[32];

	filler_free(h);
	snprintf(want, sizeof(want), "%ld", old + host_free_pages() / (long)HUGE_PAGES);
	if (host_set(m, h, NR_HUGEPAGES, want))
		return -1;
	got = host_number(NR_HUGEPAGES);
	h->huge_pages = got > old ? got - old : 0;
	return 0;
}

int ksm_relocate(struct micro *m, struct hazard *h)
{
	long shared = host_number(KSM "pages_shared"), sharing = host_number(KSM "pages_sharing");
	long scans = host_number(KSM "full_scans");
	char batch[32];

	snprintf(batch, sizeof(batch), "%zu", 2 * h->pages);
	if (scans < 0 || madvise(h->data, h->bytes, MADV_MERGEABLE))
		return micro_fail(m, MICRO_HOST, "no KSM on this host: enable CONFIG_KSM");
	if (host_set(m, h, KSM "sleep_millisecs", "1") ||
	    host_set(m, h, KSM "pages_to_scan", batch) || host_set(m, h, KSM "run", "1"))
		return -1;
	for (int i = 0; host_number(KSM "full_scans") < scans + KSM_SCANS; i++) {
		if (i == KSM_WAITS)
			return micro_fail(m, MICRO_HOST, "KSM does not scan");
		usleep(KSM_WAIT_US);
	}
	h->ksm_shared = host_number(KSM "pages_shared") - shared;
	h->ksm_sharing = host_number(KSM "pages_sharing") - sharing;
	return 0;
}

/* Equal pages of one guest must merge, unless the host cannot see that they are equal. */
int ksm_verdict(struct micro *m, const struct hazard *h)
{
	bool sev = guest_is_sev(m->guest);

	if (sev == !h->ksm_sharing)
		return 0;
	return micro_fail(m, MICRO_WRONG, sev ? "KSM merged %lu pages of an encrypted guest" :
			  "KSM merged %lu of the guest's equal pages", h->ksm_sharing);
}

/* Interrupts a write() that would go on for ever. */
static void on_alarm(int sig)
{
	(void)sig;
}

/* It is tried until it succeeds, a signal comes, or a page turns out to be the kernel's own. */
static int block_offline(const char *state)
{
	const struct itimerval limit = { .it_value = { .tv_sec = OFFLINE_US / 1000000 } };
	const struct sigaction sa = { .sa_handler = on_alarm };
	const struct itimerval none = { .it_value = { .tv_sec = 0 } };
	int ret;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &limit, NULL);
	ret = host_write(state, "offline");
	setitimer(ITIMER_REAL, &none, NULL);
	return ret;
}

/* The last block that can go offline, as no page of the kernel's is in it; it is empty then. */
static int find_block(struct micro *m, struct hazard *h)
{
	for (int i = BLOCK_INDEX_MAX; i >= 0; i--) {
		snprintf(h->block, sizeof(h->block), BLOCKS "memory%d/state", i);
		if (block_offline(h->block))
			continue;
		if (!host_write(h->block, "online_kernel"))
			return i;
		return micro_fail(m, MICRO_HOST, "%s: does not go online again", h->block);
	}
	h->block[0] = '\0';
	return micro_fail(m, MICRO_HOST, "no memory block of this host can go offline");
}

static bool in_block(uint64_t frame, int block, uint64_t bytes)
{
	return frame * GUEST_PAGE / bytes == (uint64_t)block;
}

/* Take memory until it comes from that block; then let the guest's data have it from there. */
static int fill_up_to(struct micro *m, struct hazard *h, uint64_t bytes)
{
	uint64_t frames[HUGE_PAGES], swapped;

	for (size_t at = 0; at < h->filler_bytes; at += HUGE_2M) {
		if (madvise(h->filler + at, HUGE_2M, MADV_POPULATE_WRITE))
			return micro_fail(m, MICRO_MEMORY, "MADV_POPULATE_WRITE: %s",
					  strerror(errno));
		if (hazard_frames(m, h->filler + at, HUGE_PAGES, frames, &swapped))
			return -1;
		if (in_block(frames[HUGE_PAGES - 1], h->block_index, bytes))
			return 0;
	}
	return micro_fail(m, MICRO_HOST, "no memory could be had of %s", h->block);
}

static uint64_t block_bytes(void)
{
	char text[32] = "";

	host_read(BLOCKS "block_size_bytes", text, sizeof(text));
	return strtoull(text, NULL, 16);
}

int offline_prepare(struct micro *m, struct hazard *h)
{
	uint64_t bytes = block_bytes();

	if (!bytes)
		return micro_fail(m, MICRO_HOST, "no memory blocks on this host: enable "
				  "CONFIG_MEMORY_HOTREMOVE");
	h->block_index = find_block(m, h);
	return h->block_index < 0 || filler_map(m, h, FILLER_MAX) || fill_up_to(m, h, bytes) ?
	       -1 : 0;
}

int offline_place(struct micro *m, struct hazard *h)
{
	uint64_t bytes = block_bytes(), swapped;

	for (size_t i = 0; i < h->pages; i++)
		h->data[i * GUEST_PAGE] = 1;
	if (hazard_frames(m, h->data, h->pages, h->before, &swapped))
		return -1;
	for (size_t i = 0; i < h->pages; i++)
		h->spared[i] = !in_block(h->before[i], h->block_index, bytes);
	return 0;
}

int offline_relocate(struct micro *m, struct hazard *h)
{
	int ret;

	filler_free(h);
	ret = block_offline(h->block);
	if (!ret) {
		snprintf(h->saved[h->nr_saved].path, HOST_PATH_MAX, "%s", h->block);
		strcpy(h->saved[h->nr_saved++].old, "online");
	} else if (ret != -EINTR && ret != -EBUSY) {
		return micro_fail(m, MICRO_HOST, "%s: %s", h->block, strerror(-ret));
	}
	return 0;
}
