// SPDX-License-Identifier: GPL-2.0-only
/* Data in the guest's memory that must survive what the host does to its pages. */
#ifndef PINLAB_GUEST_DATA_H
#define PINLAB_GUEST_DATA_H

#include <stddef.h>

struct guest_data {
	void *pages;
	size_t nr;
};

/* Write nr pages, no two alike. 0 or -errno. */
int data_write(struct guest_data *d, size_t nr);

/* How many of them are wrong now. */
size_t data_wrong(const struct guest_data *d);

#endif
