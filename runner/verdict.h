// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts: how a cell ended, held against what its workload's row says of its strategy. Pure.
 */
#ifndef PINLAB_VERDICT_H
#define PINLAB_VERDICT_H

#include <stdbool.h>

#include "common/cell.h"
#include "common/record.h"

/*
 * The status of a cell that ended with `status`. Corruption that the row asks for is STATUS_XFAIL;
 * a guest that had to lose its data and did not makes STATUS_FAIL, or STATUS_SKIP on a host that
 * does not encrypt, where nobody could tell. All else stays what it is. Where the status becomes
 * one of these two, reason (RECORD_REASON_MAX bytes) is written.
 */
enum status verdict(const struct cell *c, bool encrypted, enum status status, char *reason);

/* Did a cell end as it should? */
static inline bool status_is_success(enum status status)
{
	return status == STATUS_PASS || status == STATUS_XFAIL;
}

/* Did it run to its end, so that its numbers describe the whole of it? */
static inline bool status_is_complete(enum status status)
{
	return status_is_success(status) || status == STATUS_FAIL || status == STATUS_CORRUPT;
}

/* The status of that name, or -EINVAL. */
int status_find(const char *name);

#endif
