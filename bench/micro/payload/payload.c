// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's code: no operating system, no interrupts, no exception handlers (an exception ends
 * in a triple fault, which the VMM reports). It touches pages, in the order guest.h describes.
 */
#include "../guest.h"

void _start(void);

/* The VMM fills it in. */
static volatile struct guest_params params
	__attribute__((section(".params"))) = { .magic = PAYLOAD_MAGIC };

static inline void out32(unsigned short port, unsigned int value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static unsigned long page_data(const struct guest_params *p, unsigned long i)
{
	return (i + 1) * 0x9e3779b97f4a7c15UL ^ p->key;
}

/* Returns 1 if the page had other data than an earlier pass wrote. */
static unsigned int touch(const struct guest_params *p, unsigned long pass, unsigned long i)
{
	volatile unsigned long *word = (void *)((p->first_page + i) * GUEST_PAGE);

	if (!p->write) {
		(void)*word;
		return 0;
	}
	if (pass == 0) {
		*word = page_data(p, i);
		return 0;
	}
	return *word != page_data(p, i);
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
	for (unsigned long pass = 0; pass < p.passes; pass++)
		out32(PORT_PASS, run_pass(&p, pass));
	for (;;)
		asm volatile("hlt");
}
