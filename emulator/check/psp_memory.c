// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the PSP does to a guest's memory, as the host sees it.
 *
 * "views": what was encrypted for a guest is ciphertext to the host and to other guests, bound to
 * its address; DBG_DECRYPT, DBG_ENCRYPT and COPY are the ways around that. "secret": plays the
 * guest's owner, whose crypto is libcrypto's, so it shares no code with the PSP: the launch
 * measurement is the one of the data, and LAUNCH_SECRET takes what the owner made, and only that.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "psp_mailbox.h"

#define HEADER_OFF	0x1000
#define TRANS_OFF	0x10000		/* transport data */
#define PLAIN_OFF	0x20000		/* what DBG_DECRYPT gave */
#define INPUT_OFF	0x30000		/* for DBG_ENCRYPT */
#define OTHER_OFF	(DATA_OFF + 0x10000)	/* another place of the guest's memory */

#define BLOCK_BYTES	16
#define KEY_BYTES	16
#define SECRET_MAX	0x4000
#define BLOCKS		(DATA_BYTES / BLOCK_BYTES)

enum {
	INIT = 0x01, SHUTDOWN = 0x02, DF_FLUSH = 0x0a, ACTIVATE = 0x21, DEACTIVATE = 0x22,
	COPY = 0x24, LAUNCH_START = 0x30, LAUNCH_UPDATE_DATA = 0x31, LAUNCH_MEASURE = 0x33,
	LAUNCH_SECRET = 0x34, LAUNCH_FINISH = 0x35, DBG_DECRYPT = 0x60, DBG_ENCRYPT = 0x61,
};

enum {
	SUCCESS = 0, INVALID_GUEST_STATE = 2, INVALID_LEN = 4, INACTIVE = 8, INVALID_ADDRESS = 9,
	BAD_MEASUREMENT = 0xb, UNSUPPORTED = 0x15,
};

/* Command buffers of the SEV API: little endian, as the host is. */
struct cmd_words {
	uint32_t words[12];
};

struct cmd_launch {
	uint32_t handle, reserved;
	uint64_t addr;
	uint32_t len;
};

struct cmd_copy {
	uint32_t handle, len;
	uint64_t src, dst;
};

struct cmd_dbg {
	uint32_t handle, reserved;
	uint64_t src, dst;
	uint32_t len;
};

struct cmd_secret {
	uint32_t handle, reserved;
	uint64_t header_addr;
	uint32_t header_len, reserved2;
	uint64_t guest_addr;
	uint32_t guest_len, reserved3;
	uint64_t trans_addr;
	uint32_t trans_len;
};

struct secret_header {
	uint32_t flags;
	uint8_t iv[KEY_BYTES];
	uint8_t mac[SHA256_DIGEST_LENGTH];
};

static uint8_t data[DATA_BYTES];

#define run(psp, command, buffer)	psp_run(psp, command, &(buffer), sizeof(buffer))

static uint16_t psp_run(const struct psp *psp, uint32_t command, const void *buf, size_t len)
{
	memcpy(psp->page, buf, len);
	return psp_command(psp, command, psp->page_addr);
}

static uint16_t run_words(const struct psp *psp, uint32_t command, uint32_t word0, uint32_t word1)
{
	return run(psp, command, ((struct cmd_words){ { word0, word1 } }));
}

static uint16_t run_dbg(const struct psp *psp, uint32_t command, uint32_t handle, uint32_t src,
			uint32_t dst, uint32_t len)
{
	return run(psp, command, ((struct cmd_dbg){ .handle = handle, .len = len,
		.src = psp->page_addr + src, .dst = psp->page_addr + dst }));
}

static uint16_t run_copy(const struct psp *psp, uint32_t handle, uint32_t src, uint32_t dst,
			 uint32_t len)
{
	return run(psp, COPY, ((struct cmd_copy){ .handle = handle, .len = len,
		.src = psp->page_addr + src, .dst = psp->page_addr + dst }));
}

static void platform_init(struct psp *psp)
{
	run_words(psp, SHUTDOWN, 0, 0);
	expect_status(psp, "INIT", SUCCESS, run_words(psp, INIT, 0, 0));
	expect_status(psp, "DF_FLUSH", SUCCESS, run_words(psp, DF_FLUSH, 0, 0));
}

/* An active guest of no policy; returns its handle. */
static uint32_t guest_start(struct psp *psp, uint32_t asid)
{
	uint32_t handle;

	expect_status(psp, "LAUNCH_START", SUCCESS, run_words(psp, LAUNCH_START, 0, 0));
	memcpy(&handle, psp->page, sizeof(handle));
	expect_status(psp, "ACTIVATE", SUCCESS, run_words(psp, ACTIVATE, handle, asid));
	return handle;
}

/* The first half of data[] has no two equal blocks, the second is zeroes. */
static void guest_add_data(struct psp *psp, uint32_t handle)
{
	const struct cmd_launch update = {
		.handle = handle, .addr = psp->page_addr + DATA_OFF, .len = DATA_BYTES,
	};

	for (int i = 0; i < DATA_BYTES / 2; i++)
		data[i] = i * 7 + (i >> 4);
	memcpy(psp->page + DATA_OFF, data, DATA_BYTES);
	expect_status(psp, "LAUNCH_UPDATE_DATA", SUCCESS, run(psp, LAUNCH_UPDATE_DATA, update));
}

static int blocks_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	int equal = 0;

	for (size_t i = 0; i < len; i += BLOCK_BYTES)
		equal += !memcmp(a + i, b + i, BLOCK_BYTES);
	return equal;
}

/* How many blocks of data[] a guest would find at an offset; -1 if it may not be looked at. */
static int blocks_readable(const struct psp *psp, uint32_t handle, uint32_t off)
{
	memset(psp->page + PLAIN_OFF, 0xee, DATA_BYTES);
	if (run_dbg(psp, DBG_DECRYPT, handle, off, PLAIN_OFF, DATA_BYTES))
		return -1;
	return blocks_equal(psp->page + PLAIN_OFF, data, DATA_BYTES);
}

static bool zeroes_look_different(const uint8_t *zeroes, int blocks)
{
	for (int i = 0; i < blocks; i++) {
		for (int j = 0; j < i; j++) {
			if (!memcmp(zeroes + i * BLOCK_BYTES, zeroes + j * BLOCK_BYTES,
				    BLOCK_BYTES))
				return false;
		}
	}
	return true;
}

static void check_decrypt(struct psp *psp, uint32_t handle, uint32_t other)
{
	uint8_t *memory = psp->page + DATA_OFF, *plain = psp->page + PLAIN_OFF;
	uint8_t around[3 * BLOCK_BYTES];

	expect(psp, "the host reads no block in clear",
	       blocks_equal(memory, data, DATA_BYTES) == 0);
	expect(psp, "equal blocks do not look equal",
	       zeroes_look_different(memory + DATA_BYTES / 2, BLOCKS / 2));
	expect(psp, "DBG_DECRYPT gives the data", blocks_readable(psp, handle, DATA_OFF) == BLOCKS);
	expect(psp, "DBG_DECRYPT with another guest's key gives garbage",
	       blocks_readable(psp, other, DATA_OFF) == 0);

	memset(around, 0xee, sizeof(around));
	memcpy(plain, around, sizeof(around));
	memcpy(around + BLOCK_BYTES, data + 3 * BLOCK_BYTES, BLOCK_BYTES);
	expect_status(psp, "DBG_DECRYPT of one block", SUCCESS,
		      run_dbg(psp, DBG_DECRYPT, handle, DATA_OFF + 3 * BLOCK_BYTES,
			      PLAIN_OFF + BLOCK_BYTES, BLOCK_BYTES));
	expect(psp, "it is that block, and no more", !memcmp(plain, around, sizeof(around)));
	expect_status(psp, "DBG_DECRYPT from within a page into the next", SUCCESS,
		      run_dbg(psp, DBG_DECRYPT, handle, DATA_OFF + BLOCK_BYTES, PLAIN_OFF,
			      DATA_BYTES - 2 * BLOCK_BYTES));
	expect(psp, "it gives the data of both",
	       !memcmp(plain, data + BLOCK_BYTES, DATA_BYTES - 2 * BLOCK_BYTES));

	expect_status(psp, "DBG_DECRYPT of less than a block", INVALID_LEN,
		      run_dbg(psp, DBG_DECRYPT, handle, DATA_OFF, PLAIN_OFF, 15));
	expect_status(psp, "DBG_DECRYPT from an odd address", INVALID_ADDRESS,
		      run_dbg(psp, DBG_DECRYPT, handle, DATA_OFF + 8, PLAIN_OFF, 16));
	expect_status(psp, "DBG_DECRYPT to an odd address", INVALID_ADDRESS,
		      run_dbg(psp, DBG_DECRYPT, handle, DATA_OFF, PLAIN_OFF + 8, 16));
}

static void check_encrypt(struct psp *psp, uint32_t handle)
{
	const uint32_t at = 5 * BLOCK_BYTES, len = 2 * BLOCK_BYTES;
	uint8_t *memory = psp->page + DATA_OFF, before[DATA_BYTES];

	memcpy(before, memory, DATA_BYTES);
	memset(data + at, 0x5a, len);
	memcpy(psp->page + INPUT_OFF, data + at, len);
	expect_status(psp, "DBG_ENCRYPT of two blocks", SUCCESS,
		      run_dbg(psp, DBG_ENCRYPT, handle, INPUT_OFF, DATA_OFF + at, len));
	expect(psp, "DBG_DECRYPT gives them among the others",
	       blocks_readable(psp, handle, DATA_OFF) == BLOCKS);
	expect(psp, "the host sees that two blocks changed, and no clear text",
	       blocks_equal(memory, before, DATA_BYTES) == BLOCKS - 2 &&
	       blocks_equal(memory + at, data + at, len) == 0);
	expect_status(psp, "DBG_ENCRYPT of less than a block", INVALID_LEN,
		      run_dbg(psp, DBG_ENCRYPT, handle, INPUT_OFF, DATA_OFF, 15));

	memory[9 * BLOCK_BYTES + 3] ^= 1;
	expect(psp, "a byte that the host flips garbles one block",
	       blocks_readable(psp, handle, DATA_OFF) == BLOCKS - 1 &&
	       memcmp(psp->page + PLAIN_OFF + 9 * BLOCK_BYTES, data + 9 * BLOCK_BYTES,
		      BLOCK_BYTES));
	memory[9 * BLOCK_BYTES + 3] ^= 1;
	expect(psp, "flipped back, it is right again",
	       blocks_readable(psp, handle, DATA_OFF) == BLOCKS);
}

static void check_moves(struct psp *psp, uint32_t handle)
{
	uint8_t *memory = psp->page + DATA_OFF, *moved = psp->page + OTHER_OFF;
	uint8_t saved[DATA_BYTES];

	expect_status(psp, "COPY of two pages", SUCCESS,
		      run_copy(psp, handle, DATA_OFF, OTHER_OFF, DATA_BYTES));
	expect(psp, "the guest finds its data in the copy",
	       blocks_readable(psp, handle, OTHER_OFF) == BLOCKS);
	expect(psp, "to the host the copy looks different",
	       blocks_equal(memory, moved, DATA_BYTES) == 0 &&
	       blocks_equal(moved, data, DATA_BYTES) == 0);
	expect_status(psp, "COPY of part of a page", INVALID_LEN,
		      run_copy(psp, handle, DATA_OFF, OTHER_OFF, 16));
	expect_status(psp, "COPY to within a page", INVALID_ADDRESS,
		      run_copy(psp, handle, DATA_OFF, OTHER_OFF + 16, 4096));

	memcpy(moved, memory, DATA_BYTES);
	expect(psp, "copied by the host it is garbage",
	       blocks_readable(psp, handle, OTHER_OFF) == 0);
	memcpy(saved, memory, DATA_BYTES);
	memset(memory, 0, DATA_BYTES);
	expect(psp, "overwritten by the host it is garbage",
	       blocks_readable(psp, handle, DATA_OFF) == 0);
	memcpy(memory, saved, DATA_BYTES);
	expect(psp, "put back by the host it is right",
	       blocks_readable(psp, handle, DATA_OFF) == BLOCKS);
}

int check_views(struct psp *psp, char **args)
{
	uint32_t handle, other;

	(void)args;
	platform_init(psp);
	handle = guest_start(psp, 1);
	other = guest_start(psp, 2);
	guest_add_data(psp, handle);
	check_decrypt(psp, handle, other);
	check_encrypt(psp, handle);
	check_moves(psp, handle);
	expect_status(psp, "SHUTDOWN", SUCCESS, run_words(psp, SHUTDOWN, 0, 0));
	return psp->bad;
}

/* The owner of the guest: knows the keys, and what was launched. */
struct owner {
	uint8_t tik[KEY_BYTES], tek[KEY_BYTES];
	uint8_t measure[SHA256_DIGEST_LENGTH];
	uint8_t secret[SECRET_MAX + BLOCK_BYTES];
};

/*
 * A secret that the owner sends: right, but for what is here. Lengths are those of a right one if
 * they are 0.
 */
struct sending {
	const char *what;
	uint16_t status;	/* expected */
	uint32_t flags;
	uint32_t len, trans_len, header_len;
	uint32_t at;		/* in the guest's memory */
	uint32_t spoil;		/* byte of header and data to flip on the way; 0: none */
	bool other_launch;	/* the MAC is for another measurement */
};

#define SECRET_AT	32
#define SECRET_BYTES	48

static const struct sending refused[] = {
	{ "LAUNCH_SECRET, MAC spoilt", BAD_MEASUREMENT, .spoil = 20 },
	{ "LAUNCH_SECRET, MAC spoilt at its end", BAD_MEASUREMENT, .spoil = 51 },
	{ "LAUNCH_SECRET, IV spoilt", BAD_MEASUREMENT, .spoil = 19 },
	{ "LAUNCH_SECRET, flags spoilt", BAD_MEASUREMENT, .spoil = 3 },
	{ "LAUNCH_SECRET, data spoilt", BAD_MEASUREMENT, .spoil = 52 },
	{ "LAUNCH_SECRET, data spoilt at its end", BAD_MEASUREMENT, .spoil = 52 + 47 },
	{ "LAUNCH_SECRET for another launch", BAD_MEASUREMENT, .other_launch = true },
	{ "LAUNCH_SECRET, compressed", UNSUPPORTED, .flags = 1 },
	{ "LAUNCH_SECRET, odd length", INVALID_LEN, .len = 40 },
	{ "LAUNCH_SECRET over 16 KiB", INVALID_LEN, .len = SECRET_MAX + 16 },
	{ "LAUNCH_SECRET, more data than memory", INVALID_LEN, .trans_len = SECRET_BYTES + 16 },
	{ "LAUNCH_SECRET, less data than memory", INVALID_LEN, .trans_len = SECRET_BYTES - 16 },
	{ "LAUNCH_SECRET, short header", INVALID_LEN, .header_len = 51 },
	{ "LAUNCH_SECRET to an odd address", INVALID_ADDRESS, .at = SECRET_AT + 8 },
};

static void hmac_sha256(const uint8_t key[KEY_BYTES], const void *message, size_t len,
			uint8_t mac[SHA256_DIGEST_LENGTH])
{
	HMAC(EVP_sha256(), key, KEY_BYTES, message, len, mac, NULL);
}

static bool aes_128_ctr(const uint8_t key[KEY_BYTES], const uint8_t iv[KEY_BYTES],
			const uint8_t *in, uint8_t *out, int len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool done = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key, iv) &&
		    EVP_EncryptUpdate(ctx, out, &len, in, len);

	EVP_CIPHER_CTX_free(ctx);
	return done;
}

static uint8_t *put(uint8_t *end, const void *from, size_t len)
{
	memcpy(end, from, len);
	return end + len;
}

/* HMAC(TIK; 0x01 || flags || IV || guest len || trans len || data || measurement) */
static void sign_secret(const struct owner *owner, struct secret_header *header, uint32_t guest_len,
			uint32_t trans_len, const uint8_t *trans)
{
	static uint8_t message[128 + sizeof(owner->secret)];
	uint8_t *end = message;

	*end++ = 0x01;
	end = put(end, &header->flags, sizeof(header->flags));
	end = put(end, header->iv, sizeof(header->iv));
	end = put(end, &guest_len, sizeof(guest_len));
	end = put(end, &trans_len, sizeof(trans_len));
	end = put(end, trans, trans_len);
	end = put(end, owner->measure, sizeof(owner->measure));
	hmac_sha256(owner->tik, message, end - message, header->mac);
}

static uint16_t send_secret(struct psp *psp, const struct owner *owner, uint32_t handle,
			    const struct sending *s)
{
	uint32_t len = s->len ? s->len : SECRET_BYTES;
	uint32_t trans_len = s->trans_len ? s->trans_len : len;
	struct secret_header header = { .flags = s->flags };
	struct owner signer = *owner;
	struct cmd_secret buf = {
		.handle = handle,
		.header_addr = psp->page_addr + HEADER_OFF,
		.header_len = s->header_len ? s->header_len : sizeof(header),
		.guest_addr = psp->page_addr + DATA_OFF + (s->at ? s->at : SECRET_AT),
		.guest_len = len,
		.trans_addr = psp->page_addr + TRANS_OFF,
		.trans_len = trans_len,
	};

	/* the counter carries through all of its bytes after 16 blocks */
	memset(header.iv, 0xff, sizeof(header.iv));
	header.iv[15] = 0xf0;
	if (!aes_128_ctr(owner->tek, header.iv, owner->secret, psp->page + TRANS_OFF, trans_len))
		return ~0;
	signer.measure[0] ^= s->other_launch;
	sign_secret(&signer, &header, len, trans_len, psp->page + TRANS_OFF);
	memcpy(psp->page + HEADER_OFF, &header, sizeof(header));
	if (s->spoil >= sizeof(header))
		psp->page[TRANS_OFF + s->spoil - sizeof(header)] ^= 0x80;
	else if (s->spoil)
		psp->page[HEADER_OFF + s->spoil] ^= 0x80;
	return run(psp, LAUNCH_SECRET, buf);
}

/* HMAC(TIK; 0x04 || API major, minor, build || policy || digest of the data || nonce) */
static void check_measurement(struct psp *psp, struct owner *owner, uint32_t handle)
{
	const uint8_t *result = psp->page + RESULT_OFF;
	uint8_t message[8 + SHA256_DIGEST_LENGTH + 16] = { 0x04, 0, 24, 1 };
	const struct cmd_launch measure = {
		.handle = handle, .addr = psp->page_addr + RESULT_OFF, .len = MEASUREMENT_BYTES,
	};

	expect_status(psp, "LAUNCH_MEASURE", SUCCESS, run(psp, LAUNCH_MEASURE, measure));
	SHA256(data, DATA_BYTES, message + 8);
	memcpy(message + 8 + SHA256_DIGEST_LENGTH, result + SHA256_DIGEST_LENGTH, 16);
	hmac_sha256(owner->tik, message, sizeof(message), owner->measure);
	expect(psp, "the measurement is the owner's",
	       !memcmp(result, owner->measure, SHA256_DIGEST_LENGTH));
}

static void check_refused(struct psp *psp, const struct owner *owner, uint32_t handle)
{
	static uint8_t before[DATA_BYTES + SECRET_MAX];
	const uint8_t *memory = psp->page + DATA_OFF;

	memcpy(before, memory, sizeof(before));
	for (const struct sending *s = refused; s < refused + ARRAY_SIZE(refused); s++)
		expect_status(psp, s->what, s->status, send_secret(psp, owner, handle, s));
	expect(psp, "the refused ones left no trace in the guest's memory",
	       !memcmp(before, memory, sizeof(before)));
}

static void check_accepted(struct psp *psp, const struct owner *owner, uint32_t handle)
{
	static const struct sending largest = { .len = SECRET_MAX, .at = DATA_BYTES - BLOCK_BYTES };
	const uint8_t *memory = psp->page + DATA_OFF;
	uint8_t before[DATA_BYTES];

	memcpy(before, memory, DATA_BYTES);
	expect_status(psp, "LAUNCH_SECRET within a page", SUCCESS,
		      send_secret(psp, owner, handle, &(struct sending){ 0 }));
	memcpy(data + SECRET_AT, owner->secret, SECRET_BYTES);
	expect(psp, "the guest finds the secret among its data",
	       blocks_readable(psp, handle, DATA_OFF) == BLOCKS);
	expect(psp, "the host sees that three blocks changed, to neither secret nor transport data",
	       blocks_equal(memory, before, DATA_BYTES) == BLOCKS - SECRET_BYTES / BLOCK_BYTES &&
	       !memcmp(memory, before, SECRET_AT) &&
	       !memcmp(memory + SECRET_AT + SECRET_BYTES, before + SECRET_AT + SECRET_BYTES,
		       DATA_BYTES - SECRET_AT - SECRET_BYTES) &&
	       !blocks_equal(memory + SECRET_AT, owner->secret, SECRET_BYTES) &&
	       !blocks_equal(memory + SECRET_AT, psp->page + TRANS_OFF, SECRET_BYTES));

	expect_status(psp, "LAUNCH_SECRET of 16 KiB across pages", SUCCESS,
		      send_secret(psp, owner, handle, &largest));
	expect_status(psp, "DBG_DECRYPT of 16 KiB across pages", SUCCESS,
		      run_dbg(psp, DBG_DECRYPT, handle, DATA_OFF + largest.at, PLAIN_OFF,
			      SECRET_MAX));
	expect(psp, "the guest finds the large secret",
	       !memcmp(psp->page + PLAIN_OFF, owner->secret, SECRET_MAX));
}

static void check_secret_states(struct psp *psp, const struct owner *owner, uint32_t handle)
{
	static const struct sending right = { 0 };

	expect_status(psp, "DEACTIVATE", SUCCESS, run_words(psp, DEACTIVATE, handle, 0));
	expect_status(psp, "LAUNCH_SECRET of an inactive guest", INACTIVE,
		      send_secret(psp, owner, handle, &right));
	expect_status(psp, "DF_FLUSH", SUCCESS, run_words(psp, DF_FLUSH, 0, 0));
	expect_status(psp, "ACTIVATE with another ASID", SUCCESS,
		      run_words(psp, ACTIVATE, handle, 2));
	expect_status(psp, "LAUNCH_SECRET again", SUCCESS,
		      send_secret(psp, owner, handle, &right));
	expect_status(psp, "LAUNCH_FINISH", SUCCESS, run_words(psp, LAUNCH_FINISH, handle, 0));
	expect_status(psp, "LAUNCH_SECRET of a running guest", INVALID_GUEST_STATE,
		      send_secret(psp, owner, handle, &right));
	expect_status(psp, "SHUTDOWN", SUCCESS, run_words(psp, SHUTDOWN, 0, 0));
}

static bool parse_key(const char *hex, uint8_t key[KEY_BYTES])
{
	size_t len;

	return OPENSSL_hexstr2buf_ex(key, KEY_BYTES, &len, hex, '\0') && len == KEY_BYTES;
}

int check_secret(struct psp *psp, char **args)
{
	static struct owner owner;
	uint32_t handle;

	if (!parse_key(args[0], owner.tik) || !parse_key(args[1], owner.tek)) {
		fprintf(stderr, "psp_check: TIK and TEK are 32 hex digits each\n");
		return 1;
	}
	for (size_t i = 0; i < sizeof(owner.secret); i++)
		owner.secret[i] = 'A' + i % 23 + i / 509;
	platform_init(psp);
	handle = guest_start(psp, 1);
	guest_add_data(psp, handle);
	expect_status(psp, "LAUNCH_SECRET before LAUNCH_MEASURE", INVALID_GUEST_STATE,
		      send_secret(psp, &owner, handle, &(struct sending){ 0 }));
	check_measurement(psp, &owner, handle);
	check_refused(psp, &owner, handle);
	check_accepted(psp, &owner, handle);
	check_secret_states(psp, &owner, handle);
	return psp->bad;
}
