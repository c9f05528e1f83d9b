// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload balloon: the guest writes its data, the VMM gives a part of it back to the host as a
 * balloon device does, the guest writes that part anew and verifies everything.
 *
 * What comes back is told in four ways: page frames that the host has got back (/proc/kpageflags),
 * the rise of its free memory, the fall of the VMM's Rss and of pinned pages. A VMM that gave back
 * pages which stay pinned looks smaller by Rss, and the host has no page more.
 *
 *	$ micro --workload balloon --guest sev
 *	balloon_pages        4096
 *	balloon_returned_pages 0
 *	...
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "torture.h"

struct footprint {
	long free_pages, rss_pages;
	struct pins pins;
};

struct balloon {
	struct hazard h;		/* the part that is given back */
	struct footprint full, inflated, deflated;
	uint64_t inflate_ns, deflate_ns;
	uint32_t wrong;
};

static int balloon_prepare(struct micro *m)
{
	const struct balloon_params *p = &m->p.balloon;
	struct balloon *b = m->state = calloc(1, sizeof(*b));

	if (!b)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	b->h.data = data_memory(m);
	b->h.pages = p->pages * p->share / 100;
	b->h.bytes = b->h.pages * GUEST_PAGE;
	if (DATA_OFFSET + p->pages * GUEST_PAGE > (size_t)m->memory_bytes ||
	    !b->h.pages || b->h.bytes % p->chunk_bytes)
		return micro_fail(m, MICRO_HOST, "%zu of %lld pages of data in %lld MiB of memory "
				  "are given back, allowed: whole chunks, data 2 MiB less than "
				  "memory", b->h.pages, (long long)p->pages,
				  (long long)m->memory_bytes >> 20);
	b->h.before = calloc(b->h.pages, sizeof(*b->h.before));
	if (!b->h.before)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	m->params.pages = p->pages;
	return p->how == BALLOON_FALLOCATE ? fallocate_prepare(m, &b->h) : 0;
}

static int look(struct micro *m, struct footprint *f)
{
	if (pins_read(m, &f->pins))
		return -1;
	f->free_pages = host_unused_pages();
	f->rss_pages = process_rss_pages(0);
	if (f->free_pages < 0 || f->rss_pages < 0)
		return micro_fail(m, MICRO_HOST, "/proc/meminfo, zoneinfo or smaps_rollup: %s",
				  strerror(f->free_pages < 0 ? -f->free_pages : -f->rss_pages));
	return 0;
}

static int give_back(struct micro *m, struct balloon *b)
{
	size_t chunk = m->p.balloon.chunk_bytes;
	int ret = 0;

	for (size_t at = 0; at < b->h.bytes && !ret; at += chunk)
		ret = b->h.memfd ? fallocate(b->h.memfd - 1, FALLOC_FL_PUNCH_HOLE |
					     FALLOC_FL_KEEP_SIZE, at, chunk) :
		      madvise(b->h.data + at, chunk, MADV_DONTNEED);
	return ret ? micro_fail(m, MICRO_MEMORY, "a hole in guest memory: %s", strerror(errno)) : 0;
}

static int inflate(struct micro *m, struct balloon *b)
{
	/* Much longer than a kernel takes that unpins freed pages some time later. */
	const struct timespec settle = { .tv_sec = 1 };
	uint64_t start_ns, unused;

	if (look(m, &b->full) || hazard_frames(m, b->h.data, b->h.pages, b->h.before, &unused))
		return -1;
	start_ns = report_now_ns();
	if (give_back(m, b))
		return -1;
	b->inflate_ns = report_now_ns() - start_ns;
	nanosleep(&settle, NULL);
	return look(m, &b->inflated) ? -1 : hazard_returned(m, &b->h);
}

static int deflate(struct micro *m, struct balloon *b)
{
	uint64_t start_ns = report_now_ns();
	uint32_t unused;

	if (guest_command(m, CMD_WRITE, b->h.pages, &unused))
		return -1;
	b->deflate_ns = report_now_ns() - start_ns;
	return look(m, &b->deflated) ? -1 : guest_command(m, CMD_VERIFY, 0, &b->wrong);
}

static int balloon_run(struct micro *m)
{
	struct balloon *b = m->state;
	uint32_t unused;

	report_phase(&m->report, PHASE_USERSPACE);
	if (guest_command(m, CMD_WRITE, 0, &unused) || micro_gate(m, PHASE_USERSPACE))
		return -1;
	report_phase(&m->report, PHASE_WORKLOAD);
	if (inflate(m, b) || deflate(m, b))
		return -1;
	report_phase(&m->report, PHASE_STOP);
	return micro_gate(m, PHASE_WORKLOAD);
}

static long pinned(const struct footprint *f)
{
	return f->pins.taken - f->pins.dropped;
}

static int balloon_report(struct micro *m)
{
	const struct balloon *b = m->state;
	const struct footprint *full = &b->full, *in = &b->inflated, *out = &b->deflated;
	const struct {
		const char *name;
		double value;
	} rows[] = {
		{ "balloon_pages", b->h.pages },
		{ "balloon_inflate_ns", (double)b->inflate_ns / b->h.pages },
		{ "balloon_returned_pages", b->h.returned },
		{ "balloon_free_pages", in->free_pages - full->free_pages },
		{ "balloon_rss_pages", full->rss_pages - in->rss_pages },
		{ "balloon_unpinned_pages", pinned(full) - pinned(in) },
		{ "balloon_deflate_ns", (double)b->deflate_ns / b->h.pages },
		{ "balloon_repinned_pages", pinned(out) - pinned(in) },
		{ "balloon_lost_pages", full->free_pages - out->free_pages },
		{ "corrupt_pages", b->wrong },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (report_metric(&m->report, rows[i].name, rows[i].value))
			return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return 0;
}

static void balloon_undo(struct micro *m)
{
	struct balloon *b = m->state;

	if (!b)
		return;
	if (b->h.memfd)
		close(b->h.memfd - 1);
	free(b->h.before);
}

const struct micro_workload balloon_workload = {
	.mode = MODE_HAZARD,
	.prepare = balloon_prepare,
	.run = balloon_run,
	.report = balloon_report,
	.undo = balloon_undo,
};
