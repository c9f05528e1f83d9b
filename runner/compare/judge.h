// SPDX-License-Identifier: GPL-2.0-only
/* From the pairs to rows with verdicts. */
#ifndef PINLAB_JUDGE_H
#define PINLAB_JUDGE_H

#include "compare/compare.h"

/* A row for each metric of each pair, and the overall verdict. */
void judge_pairs(struct compare *c);

#endif
