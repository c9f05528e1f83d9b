// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records that come in from the guest or the VMM, and what they must be: whole frames of a kind
 * that this peer may send, long enough, each metric of its list once and finite, nothing after the
 * end. Pure.
 */
#ifndef PINLAB_INBOUND_H
#define PINLAB_INBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/frame.h"
#include "common/record.h"

struct inbound {
	const char *const *metrics;	/* that it may send: 32 at most, then NULL */
	unsigned int types;		/* 1 << RECORD_*: that it may send */
	struct frame_reader reader;
	uint64_t had;		/* 1 << index in metrics */
	bool hello, ended;
};

/*
 * Take the next record, after frame_feed() on `reader`. Returns 1 with *f set, whose payload holds
 * at least the type's struct with its strings terminated and its numbers in range; 0 if more bytes
 * are needed; -EBADMSG with the reason in err (OPT_ERR_MAX bytes).
 */
int inbound_next(struct inbound *in, struct frame *f, char *err);

#endif
