// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload hazard: the guest writes its data, the host does to the pages what a row of hazard_ops[]
 * says, the guest verifies.
 *
 * Whether a page moved is what /proc/self/pagemap says before and after, and nothing else: most of
 * these ways leave a page where it was as often as not. What it cannot show: a page that moved and
 * came back in between.
 *
 *	$ micro --workload hazard --mechanism fork --guest sev-nopin
 *	hazard_pages         1024
 *	hazard_moved_pages   1024
 *	...
 *	micro: 1024 of 1024 pages corrupt after fork
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hazard.h"

#define PAGEMAP_PRESENT	(1ULL << 63)
#define PAGEMAP_SWAPPED	(1ULL << 62)
#define PAGEMAP_FRAME	((1ULL << 55) - 1)

/* The image with its page tables must fit below the data. */
#define MEMORY_MAX	(64LL << 30)

const struct hazard_ops hazard_ops[HAZARDS] = {
	[HAZARD_CONTROL] = { .moves = MOVES_NONE },
	[HAZARD_FORK] = { .relocate = fork_relocate, .moves = MOVES_UNPINNED },
	[HAZARD_COMPACT] = { .prepare = spread_prepare, .place = spread_place,
			     .relocate = compact_relocate, .moves = MOVES_UNPINNED,
			     .keeps = KEEPS_THP | KEEPS_HUGETLB },
	[HAZARD_COLLAPSE] = { .relocate = collapse_relocate, .moves = MOVES_UNPINNED,
			      .keeps = KEEPS_THP },
	[HAZARD_PAGEOUT] = { .relocate = pageout_relocate, .moves = MOVES_UNPINNED,
			     .keeps = KEEPS_HUGETLB | KEEPS_MLOCK,
			     .facts = FACT_SWAPPED | FACT_RETURNED },
	[HAZARD_KSM] = { .relocate = ksm_relocate, .verdict = ksm_verdict, .equal = true,
			 .facts = FACT_KSM },
	[HAZARD_PUNCH] = { .discard = punch_discard, .facts = FACT_RETURNED },
	[HAZARD_PUNCH_FORK] = { .discard = punch_discard, .relocate = fork_relocate,
				.moves = MOVES_UNPINNED, .facts = FACT_RETURNED },
	[HAZARD_FALLOCATE] = { .prepare = fallocate_prepare, .discard = fallocate_discard,
			       .facts = FACT_RETURNED },
	[HAZARD_MEMCPY] = { .relocate = memcpy_relocate, .moves = MOVES_ALL },
	[HAZARD_PSP_COPY] = { .relocate = psp_copy_relocate, .moves = MOVES_ALL },
	[HAZARD_MREMAP] = { .relocate = mremap_relocate },
	[HAZARD_INPLACE] = { .relocate = inplace_relocate },
	[HAZARD_ODIRECT] = { .relocate = odirect_relocate },
	[HAZARD_FLIP] = { .relocate = flip_relocate, .verdict = flip_verdict,
			  .facts = FACT_FLIPPED },
	[HAZARD_HUGETLB] = { .prepare = spread_prepare, .place = spread_place,
			     .relocate = hugetlb_relocate, .moves = MOVES_UNPINNED,
			     .keeps = KEEPS_THP | KEEPS_HUGETLB, .facts = FACT_HUGE },
	[HAZARD_OFFLINE] = { .prepare = offline_prepare, .place = offline_place,
			     .relocate = offline_relocate, .moves = MOVES_UNPINNED },
};

int hazard_frames(struct micro *m, const void *addr, size_t pages, uint64_t *frame,
		  uint64_t *swapped)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t at = (uintptr_t)addr / GUEST_PAGE;
	ssize_t bytes = pages * sizeof(*frame), n = -1;

	if (fd >= 0) {
		n = pread(fd, frame, bytes, at * sizeof(*frame));
		close(fd);
	}
	if (n != bytes)
		return micro_fail(m, MICRO_HOST, "/proc/self/pagemap: %s; be root",
				  strerror(errno));
	*swapped = 0;
	for (size_t i = 0; i < pages; i++) {
		*swapped += !!(frame[i] & PAGEMAP_SWAPPED);
		frame[i] = frame[i] & PAGEMAP_PRESENT ? frame[i] & PAGEMAP_FRAME : 0;
	}
	return 0;
}

/* A frame that is given back loses its flags; one that a pin holds keeps them, mapped or not. */
int hazard_returned(struct micro *m, struct hazard *h)
{
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t flags;

	if (fd < 0)
		return micro_fail(m, MICRO_HOST, "/proc/kpageflags: %s", strerror(errno));
	h->returned = 0;
	for (size_t i = 0; i < h->pages; i++) {
		if (!h->before[i] || pread(fd, &flags, sizeof(flags),
					   h->before[i] * sizeof(flags)) != sizeof(flags))
			continue;
		h->returned += !(flags & (1ULL << KPF_ANON | 1ULL << KPF_SWAPBACKED));
	}
	close(fd);
	return 0;
}

bool hazard_keeps(const struct micro *m, const struct hazard *h)
{
	const struct ram_params *ram = ram_params(m);
	unsigned int have = (ram->backing == BACKING_THP ? KEEPS_THP : 0) |
			    (ram->backing == BACKING_HUGETLB ? KEEPS_HUGETLB : 0) |
			    (ram->prealloc == PREALLOC_MLOCK ? KEEPS_MLOCK : 0);

	return h->ops->keeps & have;
}

static int back_memory(struct micro *m, struct hazard *h)
{
	if (h->memfd && ram_params(m)->backing != BACKING_4K)
		return micro_fail(m, MICRO_HOST, "%s has the guest's data in a memfd, allowed: "
				  "backing=4k", hazard_names[m->p.hazard.mechanism]);
	if (ram_back(m, h) || (h->ops->place && h->ops->place(m, h)))
		return -1;
	return ram_prealloc(m);
}

static int hazard_prepare(struct micro *m)
{
	const struct hazard_params *p = &m->p.hazard;
	struct hazard *h = m->state = calloc(1, sizeof(*h));

	if (!h)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	h->ops = &hazard_ops[p->mechanism];
	h->pages = p->pages;
	h->bytes = h->pages * GUEST_PAGE;
	h->data = data_memory(m);
	if (h->bytes % HUGE_2M || DATA_OFFSET + h->bytes > (size_t)m->memory_bytes ||
	    m->memory_bytes > MEMORY_MAX)
		return micro_fail(m, MICRO_HOST, "%zu pages of data in %lld MiB of memory, "
				  "allowed: a multiple of 512, 2 MiB less than memory, which is "
				  "64 GiB at most", h->pages, (long long)m->memory_bytes >> 20);
	h->before = calloc(h->pages, sizeof(*h->before));
	h->after = calloc(h->pages, sizeof(*h->after));
	h->spared = calloc(h->pages, sizeof(*h->spared));
	if (!h->before || !h->after || !h->spared)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	m->params.pages = h->pages;
	m->params.equal = h->ops->equal;
	return (h->ops->prepare && h->ops->prepare(m, h)) || back_memory(m, h) ? -1 : 0;
}

/* The guest writes its data, and reads it right before anything happens to it. */
static int write_data(struct micro *m, struct hazard *h)
{
	uint32_t wrong;

	if (guest_command(m, CMD_WRITE, 0, &wrong) || guest_command(m, CMD_VERIFY, 0, &wrong))
		return -1;
	if (wrong)
		return micro_fail(m, MICRO_WRONG, "%u of %zu pages were wrong before the "
				  "relocation", wrong, h->pages);
	return 0;
}

static int relocate(struct micro *m, struct hazard *h)
{
	const struct hazard_ops *ops = h->ops;
	uint64_t swapped;

	if (hazard_frames(m, h->data, h->pages, h->before, &swapped))
		return -1;
	if (ops->discard && (ops->discard(m, h) || hazard_returned(m, h) || write_data(m, h)))
		return -1;
	if (!ops->relocate)
		return 0;
	if (ops->discard && hazard_frames(m, h->data, h->pages, h->before, &swapped))
		return -1;
	return ops->relocate(m, h);
}

static void count_frames(struct hazard *h)
{
	for (size_t i = 0; i < h->pages; i++) {
		bool moved = h->before[i] != h->after[i];

		h->moved += moved;
		h->refused += !moved && !h->spared[i];
	}
}

static int hazard_run(struct micro *m)
{
	struct hazard *h = m->state;
	uint64_t swapped;

	report_phase(&m->report, PHASE_USERSPACE);
	if (write_data(m, h) || micro_gate(m, PHASE_USERSPACE))
		return -1;
	report_phase(&m->report, PHASE_WORKLOAD);
	if (relocate(m, h) || guest_command(m, CMD_VERIFY, 0, &h->corrupt_pages) ||
	    guest_command(m, CMD_WRONG_BYTES, 0, &h->corrupt_bytes) ||
	    hazard_frames(m, h->data, h->pages, h->after, &swapped))
		return -1;
	count_frames(h);
	report_phase(&m->report, PHASE_STOP);
	return micro_gate(m, PHASE_WORKLOAD);
}

static int hazard_report(struct micro *m)
{
	const struct hazard *h = m->state;
	unsigned int facts = h->ops->facts;
	const struct {
		const char *name;
		uint64_t value;
		bool known;
	} rows[] = {
		{ "hazard_pages", h->pages, true },
		{ "hazard_moved_pages", h->moved, true },
		{ "hazard_refused_pages", h->refused, h->ops->moves != MOVES_NONE },
		{ "hazard_returned_pages", h->returned, facts & FACT_RETURNED },
		{ "hazard_swapped_pages", h->swapped, facts & FACT_SWAPPED },
		{ "hazard_corrupt_pages", h->corrupt_pages, true },
		{ "hazard_corrupt_bytes", h->corrupt_bytes, true },
		{ "hazard_flipped_bytes", h->flipped_bytes, facts & FACT_FLIPPED },
		{ "hazard_huge_pages", h->huge_pages, facts & FACT_HUGE },
		{ "hazard_ksm_shared_pages", h->ksm_shared, facts & FACT_KSM },
		{ "hazard_ksm_sharing_pages", h->ksm_sharing, facts & FACT_KSM },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].known && report_metric(&m->report, rows[i].name, rows[i].value))
			return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return 0;
}

/* What was to move must have moved, or intact data would prove nothing. */
static int check_moved(struct micro *m, const struct hazard *h, const char *name)
{
	if (h->ops->moves == MOVES_ALL && h->refused)
		return micro_fail(m, MICRO_WRONG, "%s left %lu of %zu pages where they were", name,
				  h->refused, h->pages);
	if (hazard_keeps(m, h))
		return h->moved ? micro_fail(m, MICRO_WRONG, "%s moved %lu of %zu pages that it "
					     "cannot move", name, h->moved, h->pages) : 0;
	if (h->ops->moves == MOVES_UNPINNED && m->guest != GUEST_SEV && !h->moved)
		return micro_fail(m, MICRO_WRONG, "%s moved nothing", name);
	return 0;
}

static int hazard_verdict(struct micro *m)
{
	const struct hazard *h = m->state;
	const char *name = hazard_names[m->p.hazard.mechanism];

	if (h->corrupt_pages)
		return micro_fail(m, MICRO_CORRUPT, "%u of %zu pages corrupt after %s",
				  h->corrupt_pages, h->pages, name);
	return h->ops->verdict ? h->ops->verdict(m, h) : check_moved(m, h, name);
}

static void hazard_undo(struct micro *m)
{
	struct hazard *h = m->state;

	if (!h)
		return;
	host_restore(h);
	zram_undo(h);
	if (h->filler)
		munmap(h->filler, h->filler_bytes);
	if (h->memfd)
		close(h->memfd - 1);
	free(h->before);
	free(h->after);
	free(h->spared);
}

const struct micro_workload hazard_workload = {
	.mode = MODE_HAZARD,
	.prepare = hazard_prepare,
	.run = hazard_run,
	.report = hazard_report,
	.verdict = hazard_verdict,
	.undo = hazard_undo,
};
