// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated PSP tells in its PCI configuration space what its model of memory encryption has
 * done: a vendor-specific capability (ID 9) of at least 64 bytes, little-endian:
 *	+0	u8 ID, u8 next, u8 length, u8 version (1)
 *	+4	u32 magic, "PINL"
 *	+8	u64 counters, in the order of enum memcrypt_counter
 * A real PSP has none, nor has a host that does not model encryption.
 */
#ifndef PINLAB_MEMCRYPT_H
#define PINLAB_MEMCRYPT_H

#include <stddef.h>
#include <stdint.h>

#define MEMCRYPT_CONFIG_BYTES	256

enum memcrypt_counter {
	MEMCRYPT_TO_GUEST,
	MEMCRYPT_TO_HOST,
	MEMCRYPT_REKEYED,
	MEMCRYPT_TLB_FLUSHES,
	MEMCRYPT_CODE_FLUSHES,
	MEMCRYPT_DMA_READS,
	MEMCRYPT_DMA_WRITES,
	MEMCRYPT_COUNTERS,
};

/*
 * Read the counters out of a device's configuration space. Returns 0, or -ENOENT if it has no such
 * capability.
 */
int memcrypt_parse(const uint8_t *config, size_t len, uint64_t counters[MEMCRYPT_COUNTERS]);

/* The folder of the PSP below /sys. Returns 0, or -ENOENT if there is no PSP. */
int memcrypt_psp(char *dir, size_t len);

/* The counters of this host. Returns 0, or -errno: -ENOENT if there are none. */
int memcrypt_read(uint64_t counters[MEMCRYPT_COUNTERS]);

#endif
