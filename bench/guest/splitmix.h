// SPDX-License-Identifier: GPL-2.0-only
/* The generator of the guest's data: splitmix64 (Steele et al., OOPSLA 2014). */
#ifndef PINLAB_GUEST_SPLITMIX_H
#define PINLAB_GUEST_SPLITMIX_H

#include <stdint.h>

/* The next word; *state starts at any value. */
static inline uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

#endif
