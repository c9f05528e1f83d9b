// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "micro.h"

#define PTE_PRESENT	(1UL << 0)
#define PTE_WRITE	(1UL << 1)
#define PTE_ACCESSED	(1UL << 5)
#define PTE_DIRTY	(1UL << 6)
#define PTE_LARGE	(1UL << 7)
#define PTE_TABLE	(PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)
#define PTE_PAGE_2M	(PTE_TABLE | PTE_DIRTY | PTE_LARGE)

#define ENTRIES		512UL
#define PDPT_SPAN	(ENTRIES << 30)		/* bytes that one PDPT maps */

/* Full period by Hull and Dobell (guest.h); the multiplier is Knuth's, TAOCP vol. 2, 3.3.4. */
#define LCG_MULT	1664525UL

extern const uint8_t payload_start[], payload_end[];

/* Spread the bits of a small seed (splitmix64's finaliser, Steele et al., OOPSLA 2014). */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static size_t page_round(size_t bytes)
{
	return (bytes + GUEST_PAGE - 1) & ~(GUEST_PAGE - 1);
}

/*
 * PDPTs and page directories from gpa `end` on, mapping all memory at va with 2M pages, private or
 * not. The tables are private. The accessed and dirty bits are set beforehand: the guest's page
 * walks then only read. Returns the tables' end.
 */
static uint64_t map_memory(struct micro *m, uint64_t va, uint64_t cbit, uint64_t end)
{
	uint64_t *pml4 = (uint64_t *)(m->mem + m->cr3), *pdpt = NULL, *pd = NULL;

	for (uint64_t gpa = 0; gpa < (uint64_t)m->memory_bytes; gpa += 2 << 20) {
		if (gpa % PDPT_SPAN == 0) {
			pml4[(va + gpa) / PDPT_SPAN] = end | PTE_TABLE | m->cbit;
			pdpt = (uint64_t *)(m->mem + end);
			end += GUEST_PAGE;
		}
		if (gpa % (1 << 30) == 0) {
			pdpt[(gpa >> 30) % ENTRIES] = end | PTE_TABLE | m->cbit;
			pd = (uint64_t *)(m->mem + end);
			end += GUEST_PAGE;
		}
		pd[(gpa >> 21) % ENTRIES] = gpa | PTE_PAGE_2M | cbit;
	}
	return end;
}

static uint64_t build_tables(struct micro *m)
{
	uint64_t end = map_memory(m, 0, m->cbit, m->cr3 + GUEST_PAGE);

	if (m->ops->mode == MODE_VIEWS || m->ops->mode == MODE_CHURN)
		end = map_memory(m, SHARED_VIEW, 0, end);
	return end;
}

static void set_order(struct guest_params *g, const struct touch_params *t)
{
	uint64_t size = 1;

	while (size < g->share)
		size <<= 1;
	g->random = t->pattern == TOUCH_RANDOM;
	g->mask = size - 1;
	g->mult = LCG_MULT;
	g->inc = mix(t->seed) | 1;
	g->start = mix(t->seed + 1) & g->mask;
	g->key = mix(t->seed + 2);
}

/* What touch is to do: all of memory that is not the image. */
static void set_touch(struct guest_params *g, const struct touch_params *t, uint64_t total)
{
	g->first_page = g->image_pages;
	g->pages = total * t->pages / 100;
	if (g->pages > total - g->first_page)
		g->pages = total - g->first_page;
	g->share = (g->pages + t->vcpus - 1) / t->vcpus;
	g->passes = 1 + t->refaults;
	g->write = t->access == TOUCH_WRITE;
	set_order(g, t);
}

int image_build(struct micro *m)
{
	struct guest_params *g;

	/* 1 page directory a GiB, 1 PDPT for 512 of them: far below any memory size allowed. */
	memcpy(m->mem + ENTRY_GPA, payload_start, payload_end - payload_start);
	g = (struct guest_params *)(m->mem + PARAMS_GPA);
	if (g->magic != PAYLOAD_MAGIC)
		return micro_fail(m, MICRO_GUEST, "the payload's parameters are not at %#lx",
				  PARAMS_GPA);
	m->cr3 = ENTRY_GPA + page_round(payload_end - payload_start);
	g->image_pages = build_tables(m) / GUEST_PAGE;
	g->mode = m->ops->mode;
	if (g->mode == MODE_TOUCH) {
		set_touch(g, &m->p.touch, m->memory_bytes / GUEST_PAGE);
	} else {
		g->first_page = DATA_OFFSET / GUEST_PAGE;
		g->pages = m->params.pages;
		g->equal = m->params.equal;
		g->shared = m->params.shared;
		g->key = mix(0);
	}
	m->params = *g;		/* the launch encrypts the guest's */
	return 0;
}
