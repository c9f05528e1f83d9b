// SPDX-License-Identifier: GPL-2.0-only
/* What two runs, and their cells, were made with. */
#ifndef PINLAB_COMPARE_META_H
#define PINLAB_COMPARE_META_H

#include "compare/compare.h"

/* May these runs be compared at all? 0, or -EINVAL with err set. Sets the clock of *c. */
int meta_check(struct compare *c, char *err);

/* List what differs, of what matters to the pairs. */
void meta_compare(struct compare *c);

#endif
