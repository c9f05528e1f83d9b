// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collector memcrypt: what the emulated host's model of memory encryption did, from the VMM's start
 * until it is gone. A host without the model gives no metric.
 */
#include "collect.h"
#include "common/memcrypt.h"

static const char *const counter_metrics[MEMCRYPT_COUNTERS] = {
	[MEMCRYPT_TO_GUEST] = "memcrypt_to_guest_pages",
	[MEMCRYPT_TO_HOST] = "memcrypt_to_host_pages",
	[MEMCRYPT_REKEYED] = "memcrypt_rekeyed_pages",
	[MEMCRYPT_TLB_FLUSHES] = "memcrypt_tlb_flushes",
	[MEMCRYPT_CODE_FLUSHES] = "memcrypt_code_flushes",
	[MEMCRYPT_DMA_READS] = "memcrypt_dma_reads",
	[MEMCRYPT_DMA_WRITES] = "memcrypt_dma_writes",
};

struct memcrypt {
	bool there;
	uint64_t start[MEMCRYPT_COUNTERS];
};

static void memcrypt_mark(struct agent *a, void *state, enum mark mark)
{
	struct memcrypt *c = state;
	uint64_t now[MEMCRYPT_COUNTERS];

	if (mark == MARK_START)
		c->there = !memcrypt_read(c->start);
	if (mark != MARK_GONE || !c->there || memcrypt_read(now))
		return;
	for (int i = 0; i < MEMCRYPT_COUNTERS; i++)
		emit_metric(a, counter_metrics[i], now[i] - c->start[i]);
}

const struct collector memcrypt_collector = {
	.state_bytes = sizeof(struct memcrypt),
	.mark = memcrypt_mark,
};
