// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload views: what the guest reads of its pages with and without the C-bit, and what the host
 * and the SEV firmware's debug commands read of them. A row of views[] is a check, in this order,
 * each a line of output. What it cannot show: caches, which no emulated host models.
 *
 *	$ micro --workload views --guest sev --memory 16M
 *	private view in turns with the shared one: 512, expected 512
 *	shared view in turns with the private one: 0, expected 0
 *	...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "micro.h"

#define VIEWS_PAGES	64
#define HOST_PAGE	5	/* written by the host */
#define FLIP_PAGE	6
#define DECRYPT_PAGE	8
#define ENCRYPT_PAGE	12	/* and the next one */
#define FLIP_AT		100
#define FETCH_SUM	(3 * FETCH_CALLS * (FETCH_CALLS + 1) / 2 + FETCH_CALLS)

struct views {
	uint32_t checks, wrong;
	char first[RECORD_REASON_MAX];	/* that was wrong */
	uint8_t *plain;			/* three pages of the host's */
};

/* A range of debug commands: what it begins with in the guest's pages and in the host's. */
struct range {
	size_t at, plain_at, len;
};

static const struct range decrypt_ranges[] = {
	{ 0, 0, 4096 }, { 16, 64, 32 }, { 0, 1, 16 }, { 3, 0, 1 }, { 5, 9, 7 }, { 15, 15, 2 },
	{ 16, 3, 17 }, { 1, 1, 4094 }, { 4095, 0, 1 }, { 4090, 4, 12 }, { 100, 7, 8000 },
};

/*
 * Within what Linux 6.12 gets right: its DBG_ENCRYPT forgets the last block of a range that begins
 * within one and whose length, rounded up to blocks, does not reach its end.
 */
static const struct range encrypt_ranges[] = {
	{ 0, 0, 16 }, { 32, 1, 5 }, { 67, 8, 13 }, { 103, 100, 1 }, { 128, 3, 100 },
	{ 257, 17, 31 }, { 512, 512, 2048 }, { 3071, 1025, 17 }, { 4075, 4075, 121 },
};

static unsigned long written(const struct micro *m, size_t page, size_t i)
{
	return guest_word(m->params.key, page * PAGE_WORDS + i);
}

static unsigned long *host_page(const struct micro *m, size_t page)
{
	return (unsigned long *)(data_memory(m) + page * GUEST_PAGE);
}

static uint32_t equal_words(const struct micro *m, size_t page)
{
	const unsigned long *w = host_page(m, page);
	uint32_t n = 0;

	for (size_t i = 0; i < PAGE_WORDS; i++)
		n += w[i] == written(m, page, i);
	return n;
}

static int host_reads(struct micro *m, uint32_t page, uint32_t *result)
{
	*result = equal_words(m, page);
	return 0;
}

static int host_reads_all(struct micro *m, uint32_t arg, uint32_t *result)
{
	(void)arg;
	*result = 0;
	for (size_t page = 0; page < VIEWS_PAGES; page++)
		*result += equal_words(m, page);
	return 0;
}

static int host_writes(struct micro *m, uint32_t page, uint32_t *result)
{
	for (size_t i = 0; i < PAGE_WORDS; i++)
		host_page(m, page)[i] = written(m, page, i);
	return host_reads(m, page, result);
}

static int host_flips(struct micro *m, uint32_t page, uint32_t *result)
{
	((uint8_t *)host_page(m, page))[FLIP_AT] ^= 1;
	if (guest_command(m, CMD_DIFFERENT_BYTES, page, result))
		return -1;
	if (block_is_garbled(*result))
		*result = CIPHER_BLOCK;
	return 0;
}

static int debug_command(struct micro *m, uint32_t id, const void *src, void *dst, size_t len)
{
	struct kvm_sev_dbg dbg = {
		.src_uaddr = (uintptr_t)src, .dst_uaddr = (uintptr_t)dst, .len = len,
	};

	return sev_command(m, id, &dbg);
}

/* Bytes that DBG_DECRYPT gives wrong, and those next to the range that it changes. */
static int host_decrypts(struct micro *m, uint32_t row, uint32_t *result)
{
	const struct range *r = &decrypt_ranges[row];
	struct views *v = m->state;
	unsigned long model[3 * PAGE_WORDS];

	for (size_t i = 0; i < 3 * PAGE_WORDS; i++)
		model[i] = written(m, DECRYPT_PAGE, i);
	memset(v->plain, 0, 3 * GUEST_PAGE);
	if (debug_command(m, KVM_SEV_DBG_DECRYPT,
			  (uint8_t *)host_page(m, DECRYPT_PAGE) + r->at, v->plain + r->plain_at,
			  r->len))
		return -1;
	*result = 0;
	for (size_t i = 0; i < 3 * GUEST_PAGE; i++) {
		bool in = i >= r->plain_at && i < r->plain_at + r->len;
		uint8_t want = in ? ((uint8_t *)model)[i - r->plain_at + r->at] : 0;

		*result += v->plain[i] != want;
	}
	return 0;
}

static uint32_t model_sum(const unsigned long *words)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < PAGE_WORDS; i++)
		sum = guest_sum(sum, words[i]);
	return sum;
}

/* Pages that the guest reads other than written, after all of the ranges. */
static int host_encrypts(struct micro *m, uint32_t arg, uint32_t *result)
{
	unsigned long model[2 * PAGE_WORDS];
	struct views *v = m->state;
	uint32_t sum;

	(void)arg;
	for (size_t i = 0; i < 2 * PAGE_WORDS; i++)
		model[i] = written(m, ENCRYPT_PAGE, i);
	for (size_t i = 0; i < 2 * PAGE_WORDS; i++)
		((unsigned long *)v->plain)[i] = guest_word(~m->params.key, i);
	for (size_t i = 0; i < sizeof(encrypt_ranges) / sizeof(encrypt_ranges[0]); i++) {
		const struct range *r = &encrypt_ranges[i];

		if (debug_command(m, KVM_SEV_DBG_ENCRYPT, v->plain + r->plain_at,
				  (uint8_t *)host_page(m, ENCRYPT_PAGE) + r->at, r->len))
			return -1;
		memcpy((uint8_t *)model + r->at, v->plain + r->plain_at, r->len);
	}
	*result = 0;
	for (size_t page = 0; page < 2; page++) {
		if (guest_command(m, CMD_SUM, ENCRYPT_PAGE + page, &sum))
			return -1;
		*result += sum != model_sum(model + page * PAGE_WORDS);
	}
	return 0;
}

static const struct view {
	const char *name;
	uint32_t expected;
	enum guest_command command;	/* or */
	int (*host)(struct micro *m, uint32_t arg, uint32_t *result);
	uint32_t arg;
} views[] = {
#define GUEST(command, arg)	command, NULL, arg
#define HOST(fn, arg)	0, fn, arg
	{ "wrong pages, private view", 0, GUEST(CMD_VERIFY, 0) },
	{ "right words, shared view of private data", 0, GUEST(CMD_EQUAL_SHARED, 0) },
	{ "right words, private view in turns with the shared one", 512,
	  GUEST(CMD_TURNS_PRIVATE, 0) },
	{ "right words, shared view in turns with the private one", 0,
	  GUEST(CMD_TURNS_SHARED, 0) },
	{ "right words, host's view of all private data", 0, HOST(host_reads_all, 0) },
	{ "right words after a copy in place through the shared view", 512,
	  GUEST(CMD_COPY_IN_PLACE, 1) },
	{ "right words of ciphertext that went to another page", 0,
	  GUEST(CMD_COPY_TO_NEXT, 2) },
	{ "right words of the page it came from", 512, GUEST(CMD_EQUAL_PRIVATE, 2) },
	{ "right words, private view of what the shared view wrote", 0,
	  GUEST(CMD_WRITE_SHARED, 4) },
	{ "right words, shared view of it", 512, GUEST(CMD_EQUAL_SHARED, 4) },
	{ "right words, host's view of it", 512, HOST(host_reads, 4) },
	{ "right words that the host wrote", 512, HOST(host_writes, HOST_PAGE) },
	{ "right words, shared view of it", 512, GUEST(CMD_EQUAL_SHARED, HOST_PAGE) },
	{ "right words, private view of it", 0, GUEST(CMD_EQUAL_PRIVATE, HOST_PAGE) },
	{ "sum of a function fetched without the C-bit", FETCH_SUM, GUEST(CMD_FETCH_SHARED, 0) },
	{ "bytes that differ when the host flips one bit", CIPHER_BLOCK,
	  HOST(host_flips, FLIP_PAGE) },
	{ "bytes that differ when it flips it back", 0, HOST(host_flips, FLIP_PAGE) },
	{ "wrong bytes, DBG_DECRYPT of a page", 0, HOST(host_decrypts, 0) },
	{ "wrong bytes, DBG_DECRYPT of two blocks", 0, HOST(host_decrypts, 1) },
	{ "wrong bytes, DBG_DECRYPT of a block to an odd address", 0,
	  HOST(host_decrypts, 2) },
	{ "wrong bytes, DBG_DECRYPT of a byte", 0, HOST(host_decrypts, 3) },
	{ "wrong bytes, DBG_DECRYPT of 7 bytes", 0, HOST(host_decrypts, 4) },
	{ "wrong bytes, DBG_DECRYPT across blocks", 0, HOST(host_decrypts, 5) },
	{ "wrong bytes, DBG_DECRYPT of 17 bytes", 0, HOST(host_decrypts, 6) },
	{ "wrong bytes, DBG_DECRYPT of 4094 bytes", 0, HOST(host_decrypts, 7) },
	{ "wrong bytes, DBG_DECRYPT of the last byte", 0, HOST(host_decrypts, 8) },
	{ "wrong bytes, DBG_DECRYPT across pages", 0, HOST(host_decrypts, 9) },
	{ "wrong bytes, DBG_DECRYPT of 8000 bytes", 0, HOST(host_decrypts, 10) },
	{ "wrong pages after DBG_ENCRYPT of parts of them", 0, HOST(host_encrypts, 0) },
	/* 3, 4, HOST_PAGE, ENCRYPT_PAGE and the next one */
	{ "pages that are other than at first", 5, GUEST(CMD_VERIFY, 0) },
#undef GUEST
#undef HOST
};

static int views_prepare(struct micro *m)
{
	struct views *v = m->state = calloc(1, sizeof(*v));

	if (!v)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	if (!guest_is_sev(m->guest))
		return micro_fail(m, MICRO_HOST, "views needs an SEV guest");
	v->plain = mmap(NULL, 3 * GUEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	if (v->plain == MAP_FAILED)
		return micro_fail(m, MICRO_MEMORY, "out of memory");
	m->params.pages = VIEWS_PAGES;
	return 0;
}

static int check_view(struct micro *m, const struct view *view)
{
	struct views *v = m->state;
	char line[RECORD_REASON_MAX];
	uint32_t got;

	if (view->host ? view->host(m, view->arg, &got) :
	    guest_command(m, view->command, view->arg, &got))
		return -1;
	v->checks++;
	snprintf(line, sizeof(line), "%s: %u, expected %u", view->name, got, view->expected);
	printf("%s\n", line);
	if (got != view->expected && !v->wrong++)
		memcpy(v->first, line, sizeof(line));
	return 0;
}

static int views_run(struct micro *m)
{
	uint32_t result;

	report_phase(&m->report, PHASE_WORKLOAD);
	if (guest_command(m, CMD_WRITE, 0, &result))
		return -1;
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (check_view(m, &views[i]))
			return -1;
	fflush(stdout);
	report_phase(&m->report, PHASE_STOP);
	return micro_gate(m, PHASE_WORKLOAD);
}

static int views_report(struct micro *m)
{
	const struct views *v = m->state;

	if (report_metric(&m->report, "views_checks", v->checks) ||
	    report_metric(&m->report, "views_wrong", v->wrong))
		return micro_fail(m, MICRO_AGENT, "the agent is gone");
	return 0;
}

static int views_verdict(struct micro *m)
{
	const struct views *v = m->state;

	return v->wrong ? micro_fail(m, MICRO_WRONG, "%s", v->first) : 0;
}

const struct micro_workload views_workload = {
	.mode = MODE_VIEWS,
	.prepare = views_prepare,
	.run = views_run,
	.report = views_report,
	.verdict = views_verdict,
};
