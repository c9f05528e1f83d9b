// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's code: no operating system, no interrupts, no exception handlers (an exception ends
 * in a triple fault, which the VMM reports). It touches pages, in the order guest.h describes, or
 * serves commands.
 */
#include "serve.h"

void _start(unsigned long vcpu);

/* The VMM fills it in. */
static volatile struct guest_params params
	__attribute__((section(".params"))) = { .magic = PAYLOAD_MAGIC };

/* Returns 1 if the page had other data than an earlier pass wrote. */
static unsigned int touch(const struct guest_params *p, unsigned long pass, unsigned long i)
{
	volatile unsigned long *word = (void *)((p->first_page + i) * GUEST_PAGE);

	if (!p->write) {
		(void)*word;
		return 0;
	}
	if (pass == 0) {
		*word = guest_word(p->key, i);
		return 0;
	}
	return *word != guest_word(p->key, i);
}

/* Of the pages from first up to end. */
static unsigned int run_pass(const struct guest_params *p, unsigned long pass, unsigned long first,
			     unsigned long end)
{
	unsigned int corrupt = 0;
	unsigned long x = p->start;

	if (!p->random) {
		for (x = first; x < end; x++)
			corrupt += touch(p, pass, x);
		return corrupt;
	}
	for (unsigned long i = 0; i <= p->mask; i++) {
		x = (p->mult * x + p->inc) & p->mask;
		if (first + x < end)
			corrupt += touch(p, pass, first + x);
	}
	return corrupt;
}

static void touch_image(unsigned long pages)
{
	for (unsigned long i = 1; i < pages; i++)
		(void)*(volatile unsigned long *)(i * GUEST_PAGE);
}

__attribute__((section(".text.start"))) void _start(unsigned long vcpu)
{
	struct guest_params p = params;
	unsigned long first = vcpu * p.share, end = first + p.share;

	touch_image(p.image_pages);
	out32(PORT_READY, 0);
	if (p.mode != MODE_TOUCH)
		serve(&p);
	if (end > p.pages)
		end = p.pages;
	for (unsigned long pass = 0; pass < p.passes; pass++)
		out32(PORT_PASS, run_pass(&p, pass, first, end));
	for (;;)
		asm volatile("hlt");
}
