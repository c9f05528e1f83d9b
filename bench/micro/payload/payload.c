// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's code: no operating system, no interrupts, no exception handlers (an exception ends
 * in a triple fault, which the VMM reports). It touches pages, in the order guest.h describes, or
 * serves commands.
 */
#include "serve.h"

void _start(void);

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

static unsigned int run_pass(const struct guest_params *p, unsigned long pass)
{
	unsigned int corrupt = 0;
	unsigned long x = p->start;

	if (!p->random) {
		for (x = 0; x < p->pages; x++)
			corrupt += touch(p, pass, x);
		return corrupt;
	}
	for (unsigned long i = 0; i <= p->mask; i++) {
		x = (p->mult * x + p->inc) & p->mask;
		if (x < p->pages)
			corrupt += touch(p, pass, x);
	}
	return corrupt;
}

static void touch_image(unsigned long pages)
{
	for (unsigned long i = 1; i < pages; i++)
		(void)*(volatile unsigned long *)(i * GUEST_PAGE);
}

__attribute__((section(".text.start"))) void _start(void)
{
	struct guest_params p = params;

	touch_image(p.image_pages);
	out32(PORT_READY, 0);
	if (p.mode != MODE_TOUCH)
		serve(&p);
	for (unsigned long pass = 0; pass < p.passes; pass++)
		out32(PORT_PASS, run_pass(&p, pass));
	for (;;)
		asm volatile("hlt");
}
