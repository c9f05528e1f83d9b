// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>

#include "data.h"
#include "splitmix.h"

#define PAGE	4096
#define WORDS	(PAGE / sizeof(uint64_t))

int data_write(struct guest_data *d, size_t nr)
{
	uint64_t *word, state = 0;

	d->nr = nr;
	d->pages = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	if (d->pages == MAP_FAILED)
		return -errno;
	word = d->pages;
	for (size_t i = 0; i < nr * WORDS; i++)
		word[i] = splitmix64(&state);
	return 0;
}

size_t data_wrong(const struct guest_data *d)
{
	const volatile uint64_t *word = d->pages;
	uint64_t state = 0;
	size_t wrong = 0;

	for (size_t page = 0; page < d->nr; page++) {
		uint64_t differ = 0;

		for (size_t i = 0; i < WORDS; i++)
			differ |= *word++ ^ splitmix64(&state);
		wrong += !!differ;
	}
	return wrong;
}
