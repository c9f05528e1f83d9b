// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_SERVE_H
#define PINLAB_SERVE_H

#include "../guest.h"

static inline void out32(unsigned short port, unsigned int value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline unsigned int in32(unsigned short port)
{
	unsigned int value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

/* Execute the VMM's commands, for ever. */
void serve(const struct guest_params *p) __attribute__((noreturn));

#endif
