// SPDX-License-Identifier: GPL-2.0-only
/* Which cells are compared: selection of either side's, and who is whose partner. */
#ifndef PINLAB_COMPARE_SELECT_H
#define PINLAB_COMPARE_SELECT_H

#include "compare/compare.h"

/* Read both runs and select their cells. 0 or -errno, err set. */
int select_halves(struct compare *c, const struct compare_request *q, char *err);

/* Find the axes that are compared, and pair the cells. 0, or -EINVAL with err set. */
int select_pairs(struct compare *c, const struct compare_request *q, char *err);

#endif
