// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the PSP of the emulated SEV host from inside, through its registers:
 *
 *   psp_check states         walk a guest through its life, and off the path
 *   psp_check views          what is encrypted, for whom, and bound to which address
 *   psp_check secret TIK TEK launch measurement and LAUNCH_SECRET, as the guest's owner sees them
 *   psp_check fuzz SEED N    send N commands with garbage in them
 *
 * Runs as root on a host whose ccp driver is idle (no kvm-amd), with a free
 * 2 MiB huge page, which is where buffers and data are. "states" ends with the
 * launch measurement of DATA_BYTES known bytes; with -device amd-psp,x-tik=
 * whoever started the host can verify it. "secret" needs the keys that the
 * host was started with: x-tik= and x-tek=. "fuzz" shows that nothing sent to
 * the mailbox ends QEMU, it cannot show that no memory was overwritten: the
 * kernel's own survival is the only sign of that. No address that is sent lets
 * the PSP write outside the huge page.
 *
 * Sample output:
 *   ok LAUNCH_START
 *   ...
 *   measurement 68e22608...
 *   PASS
 */
#include <stdlib.h>

#include "psp_mailbox.h"

#define BUFFER_BYTES	64

/* One command of "states". The buffer is words[], with an address put in. */
struct step {
	const char *what;
	uint16_t command;
	uint16_t status;	/* expected */
	uint8_t addr_at;	/* byte of the buffer that takes the address; 0: none */
	uint32_t addr_off;	/* of the address in the huge page */
	uint32_t words[13];
};

static const struct step steps[] = {
	{ "SHUTDOWN", 0x02, .status = 0 },
	{ "LAUNCH_START before INIT", 0x30, .status = 1 },
	{ "INIT", 0x01, .status = 0 },
	{ "INIT again", 0x01, .status = 1 },
	{ "ACTIVATE without a guest", 0x21, .status = 1, .words = { 1, 1 } },
	{ "LAUNCH_START for SEV-ES", 0x30, .status = 0x15, .words = { 0, 4 } },
	{ "LAUNCH_START for a newer API", 0x30, .status = 7, .words = { 0, 0xff << 16 } },
	{ "LAUNCH_START sharing no guest's key", 0x30, .status = 0x10, .words = { 77 } },
	{ "LAUNCH_START", 0x30, .status = 0 },
	{ "ACTIVATE ASID 0", 0x21, .status = 0xd, .words = { 1, 0 } },
	{ "ACTIVATE ASID -1", 0x21, .status = 0xd, .words = { 1, ~0u } },
	{ "ACTIVATE before DF_FLUSH", 0x21, .status = 0xf, .words = { 1, 1 } },
	{ "DF_FLUSH", 0x0a, .status = 0 },
	{ "LAUNCH_UPDATE_DATA of an inactive guest", 0x31, 8, 8, DATA_OFF,
	  { 1, [4] = DATA_BYTES } },
	{ "ACTIVATE of no guest", 0x21, .status = 0x10, .words = { 2, 1 } },
	{ "ACTIVATE", 0x21, .status = 0, .words = { 1, 1 } },
	{ "ACTIVATE again", 0x21, .status = 0x12, .words = { 1, 2 } },
	{ "LAUNCH_UPDATE_DATA, odd length", 0x31, 4, 8, DATA_OFF, { 1, [4] = DATA_BYTES - 1 } },
	{ "LAUNCH_UPDATE_DATA, odd address", 0x31, 9, 8, DATA_OFF + 8, { 1, [4] = DATA_BYTES } },
	{ "LAUNCH_UPDATE_DATA of MMIO", 0x31, .status = 9, .words = { 1, 0, 0xfee00000, 0, 4096 } },
	{ "LAUNCH_UPDATE_DATA past all memory", 0x31, .status = 9,
	  .words = { 1, 0, 0, 0x4000, 4096 } },
	{ "LAUNCH_UPDATE_DATA", 0x31, 0, 8, DATA_OFF, { 1, [4] = DATA_BYTES } },
	{ "LAUNCH_FINISH before LAUNCH_MEASURE", 0x35, .status = 2, .words = { 1 } },
	{ "LAUNCH_SECRET before LAUNCH_MEASURE", 0x34, .status = 2, .words = { 1 } },
	{ "LAUNCH_MEASURE, short buffer", 0x33, 4, 8, RESULT_OFF, { 1, [4] = 47 } },
	{ "LAUNCH_MEASURE to ROM", 0x33, .status = 9, .words = { 1, 0, 0xffff0000, 0, 48 } },
	{ "LAUNCH_MEASURE", 0x33, 0, 8, RESULT_OFF, { 1, [4] = 48 } },
	{ "LAUNCH_MEASURE again", 0x33, 2, 8, RESULT_OFF, { 1, [4] = 48 } },
	{ "LAUNCH_SECRET of no guest", 0x34, .status = 0x10, .words = { 2 } },
	{ "LAUNCH_SECRET, short header", 0x34, 4, 8, RESULT_OFF,
	  { 1, [4] = 51, [8] = 16, [12] = 16 } },
	{ "LAUNCH_SECRET of nothing", 0x34, 4, 8, RESULT_OFF, { 1, [4] = 52 } },
	{ "LAUNCH_FINISH", 0x35, .status = 0, .words = { 1 } },
	{ "LAUNCH_SECRET of a running guest", 0x34, .status = 2, .words = { 1 } },
	{ "LAUNCH_UPDATE_DATA of a running guest", 0x31, 2, 8, DATA_OFF, { 1, [4] = 4096 } },
	{ "LAUNCH_START of a second guest", 0x30, .status = 0, .words = { 0, 1 } },
	{ "ACTIVATE a used ASID", 0x21, .status = 0xc, .words = { 2, 1 } },
	{ "DBG_DECRYPT against the policy", 0x60, 7, 8, DATA_OFF, { 2, [6] = 16 } },
	{ "DBG_ENCRYPT against the policy", 0x61, 7, 8, DATA_OFF, { 2, [6] = 16 } },
	{ "COPY of an inactive guest", 0x24, 8, 8, DATA_OFF, { 2, 4096 } },
	{ "COPY of part of a page", 0x24, 4, 8, DATA_OFF, { 1, 16 } },
	{ "COPY from within a page", 0x24, 9, 8, DATA_OFF + 16, { 1, 4096 } },
	{ "DECOMMISSION of an active guest", 0x20, .status = 0x12, .words = { 1 } },
	{ "DEACTIVATE", 0x22, .status = 0, .words = { 1 } },
	{ "DEACTIVATE again", 0x22, .status = 8, .words = { 1 } },
	{ "ACTIVATE a used ASID before DF_FLUSH", 0x21, .status = 0xf, .words = { 2, 1 } },
	{ "DECOMMISSION", 0x20, .status = 0, .words = { 1 } },
	{ "DECOMMISSION again", 0x20, .status = 0x10, .words = { 1 } },
	{ "DECOMMISSION of the last guest", 0x20, .status = 0, .words = { 2 } },
	{ "DF_FLUSH", 0x0a, .status = 0 },
	{ "SNP_INIT", 0x81, .status = 0x11 },
	{ "SHUTDOWN", 0x02, .status = 0 },
};

static int check_states(struct psp *psp, char **args)
{
	(void)args;
	for (int i = 0; i < DATA_BYTES; i++)
		psp->page[DATA_OFF + i] = i * 7 + (i >> 8);

	for (const struct step *s = steps; s < steps + ARRAY_SIZE(steps); s++) {
		uint64_t addr = psp->page_addr + s->addr_off;

		memcpy(psp->page, s->words, sizeof(s->words));
		if (s->addr_at)
			memcpy(psp->page + s->addr_at, &addr, sizeof(addr));
		expect_status(psp, s->what, s->status,
			      psp_command(psp, s->command, psp->page_addr));
	}
	printf("measurement ");
	for (int i = 0; i < MEASUREMENT_BYTES; i++)
		printf("%02x", psp->page[RESULT_OFF + i]);
	printf("\n");
	return psp->bad;
}

static uint64_t fuzz_state;

static uint32_t fuzz_u32(void)
{
	fuzz_state ^= fuzz_state << 13;
	fuzz_state ^= fuzz_state >> 7;
	fuzz_state ^= fuzz_state << 17;
	return fuzz_state >> 16;
}

/* Our page, and what is surely not RAM: the kernel's memory must stay as it is. */
static uint64_t fuzz_addr(const struct psp *psp)
{
	static const uint64_t odd[] = {
		~0ull, ~15ull, 0xfee00000, 0xfec00000, 0xfed00000, 0xfffc0000, 0xfffffff0, 0xa0000,
		1ull << 46, (1ull << 47) - 16, (1ull << 48) - 16, 1ull << 48, 0xfffffffffffff000,
	};
	uint64_t addr = psp->page_addr + fuzz_u32() % PAGE_BYTES / 2;

	switch (fuzz_u32() % 4) {
	case 0:
		return odd[fuzz_u32() % ARRAY_SIZE(odd)];
	case 1:
		return addr & ~4095ull;
	case 2:
		return (addr & ~15ull) | 1ull << 47;
	default:
		return addr;
	}
}

static const uint32_t fuzz_len[] = {
	0, 1, 15, 16, 17, 47, 48, 52, 128, 4095, 4096, 4112, 0x10000, 0x100000,
	0x7ffffff0, 0x80000000, 0xfffffff0, 0xffffffff,
};
#define FUZZ_LEN_IN_PAGE	14	/* so many of them do not leave the page */

static void fuzz_put_len(uint8_t *len, unsigned int choices)
{
	uint32_t word = fuzz_len[fuzz_u32() % choices];

	memcpy(len, &word, sizeof(word));
}

static void fuzz_put_addr(const struct psp *psp, uint8_t *at)
{
	uint64_t addr = fuzz_addr(psp);

	memcpy(at, &addr, sizeof(addr));
}

static void fuzz_buffer(const struct psp *psp, uint32_t command, uint8_t *buf)
{
	for (int i = 0; i < BUFFER_BYTES; i += 4) {
		uint32_t word = fuzz_u32() % 40;

		memcpy(buf + i, &word, sizeof(word));
		if (fuzz_u32() % 4 == 0)
			fuzz_put_len(buf + i, ARRAY_SIZE(fuzz_len));
	}
	if (fuzz_u32() % 2) {	/* a handle that a guest may have */
		uint32_t handle = 1 + fuzz_u32() % 4;

		memcpy(buf, &handle, sizeof(handle));
	}
	fuzz_put_addr(psp, buf + 8);
	if (fuzz_u32() % 2)
		fuzz_put_len(buf + 16, fuzz_u32() % 256 ? FUZZ_LEN_IN_PAGE : ARRAY_SIZE(fuzz_len));

	/* what these write, and where to, must not be left to chance; nor that there are guests */
	switch (command) {
	case 0x01:	/* INIT */
		memset(buf, 0, 4);
		break;
	case 0x30:	/* LAUNCH_START */
		if (fuzz_u32() % 2) {
			memset(buf, 0, 4);
			memset(buf + 8, 0, 8);
		}
		break;
	case 0x0c:	/* GET_ID */
		fuzz_put_addr(psp, buf);
		break;
	case 0x24:	/* COPY */
		fuzz_put_len(buf + 4, FUZZ_LEN_IN_PAGE);
		fuzz_put_addr(psp, buf + 16);
		break;
	case 0x31:	/* LAUNCH_UPDATE_DATA: encrypts in place */
		fuzz_put_len(buf + 16, FUZZ_LEN_IN_PAGE);
		break;
	case 0x34:	/* LAUNCH_SECRET */
		fuzz_put_addr(psp, buf + 24);
		fuzz_put_len(buf + 32, FUZZ_LEN_IN_PAGE);
		fuzz_put_addr(psp, buf + 40);
		memcpy(buf + 48, buf + 32, 4);
		break;
	case 0x60:	/* DBG_DECRYPT */
	case 0x61:	/* DBG_ENCRYPT */
		fuzz_put_addr(psp, buf + 16);
		fuzz_put_len(buf + 24, FUZZ_LEN_IN_PAGE);
		break;
	}
}

static void fuzz_register(const struct psp *psp)
{
	uint32_t reg = fuzz_u32() % PSP_BAR_BYTES;

	if (reg / 8 == REG_CMDRESP / 8)
		return;
	if (fuzz_u32() % 2)
		psp->bar[reg] = fuzz_u32();
	else
		reg_write(psp, reg & ~3u, fuzz_u32());
	reg_read(psp, reg & ~3u);
}

static int check_fuzz(struct psp *psp, char **args)
{
	unsigned long statuses[256] = { 0 };
	long commands = atol(args[1]);

	fuzz_state = strtoull(args[0], NULL, 0) * 0x9e3779b97f4a7c15 + 1;
	for (long i = 0; i < commands; i++) {
		uint32_t command = fuzz_u32() % 8 ? steps[fuzz_u32() % ARRAY_SIZE(steps)].command
						  : fuzz_u32() % 0x800;
		uint32_t off = fuzz_u32() % (PAGE_BYTES / 2) & ~15u;
		uint64_t addr = fuzz_u32() % 8 ? psp->page_addr + off : fuzz_addr(psp);

		if (command == 2 && fuzz_u32() % 64)
			continue;
		fuzz_buffer(psp, command, psp->page + off);
		statuses[psp_command(psp, command, addr) & 0xff]++;
		if (i % 7 == 0)
			fuzz_register(psp);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (statuses[i])
			printf("status %#x: %lu\n", i, statuses[i]);
	}
	return 0;
}

static const struct mode {
	const char *name, *args;
	int nr_args;
	int (*run)(struct psp *psp, char **args);	/* how many checks failed */
} modes[] = {
	{ "states", "", 0, check_states },
	{ "views", "", 0, check_views },
	{ "secret", " TIK TEK", 2, check_secret },
	{ "fuzz", " SEED COMMANDS", 2, check_fuzz },
};

int main(int argc, char **argv)
{
	const struct mode *m = modes;
	struct psp psp;
	int bad;

	while (m < modes + ARRAY_SIZE(modes) &&
	       (argc != 2 + m->nr_args || strcmp(argv[1], m->name)))
		m++;
	if (m == modes + ARRAY_SIZE(modes)) {
		for (m = modes; m < modes + ARRAY_SIZE(modes); m++)
			fprintf(stderr, "usage: psp_check %s%s\n", m->name, m->args);
		return 2;
	}
	if (psp_open(&psp)) {
		perror("psp_check: no PSP, or no huge page");
		return 1;
	}
	bad = m->run(&psp, argv + 2);
	printf("%s\n", bad ? "FAIL" : "PASS");
	return bad ? 1 : 0;
}
