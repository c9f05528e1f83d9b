// SPDX-License-Identifier: GPL-2.0-only
/* Hazards that a VMM brings on itself. */
#include <errno.h>
#include <linux/falloc.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hazard.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25	/* Linux 6.1 */
#endif

/* A byte in the middle of a block of the cipher. */
#define FLIP_AT		(5 * GUEST_PAGE + 100)

static int memory_failed(struct micro *m, const char *what)
{
	return micro_fail(m, MICRO_MEMORY, "%s: %s", what, strerror(errno));
}

static void *map_pages(size_t bytes, int prot)
{
	void *p = mmap(NULL, bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

/* The child has the pages, the VMM's writes get others. Pinned ones are copied for the child. */
int fork_relocate(struct micro *m, struct hazard *h)
{
	pid_t child = fork();

	if (child < 0)
		return memory_failed(m, "fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);	/* it has the VM's descriptors, too */
		for (;;)
			pause();
	}
	for (size_t i = 0; i < h->pages; i++) {
		volatile uint8_t *p = h->data + i * GUEST_PAGE;

		*p = *p;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 0;
}

/* What a VMM must not do. It writes to the guest's memory itself, so that no pin can help. */
int memcpy_relocate(struct micro *m, struct hazard *h)
{
	for (size_t at = 0; at < h->bytes; at += HUGE_2M) {
		uint8_t *copy = map_pages(HUGE_2M, PROT_READ | PROT_WRITE);

		if (copy == MAP_FAILED)
			return memory_failed(m, "mmap");
		memcpy(copy, h->data + at, HUGE_2M);
		if (mremap(copy, HUGE_2M, HUGE_2M, MREMAP_MAYMOVE | MREMAP_FIXED, h->data + at) ==
		    MAP_FAILED)
			return memory_failed(m, "mremap");
	}
	return 0;
}

/* The mapping goes away and comes back, the pages stay. */
int mremap_relocate(struct micro *m, struct hazard *h)
{
	void *away = map_pages(h->bytes, PROT_NONE);

	if (away == MAP_FAILED)
		return memory_failed(m, "mmap");
	if (mremap(h->data, h->bytes, h->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, away) ==
	    MAP_FAILED ||
	    mremap(away, h->bytes, h->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, h->data) == MAP_FAILED)
		return memory_failed(m, "mremap");
	return 0;
}

/* The ciphertext is saved, overwritten and restored, all in one place. */
int inplace_relocate(struct micro *m, struct hazard *h)
{
	uint8_t *saved = map_pages(h->bytes, PROT_READ | PROT_WRITE);

	if (saved == MAP_FAILED)
		return memory_failed(m, "mmap");
	memcpy(saved, h->data, h->bytes);
	memset(h->data, 0, h->bytes);
	memcpy(h->data, saved, h->bytes);
	munmap(saved, h->bytes);
	return 0;
}

/* A pinned page makes it fail with EAGAIN, which is what it should do. */
int collapse_relocate(struct micro *m, struct hazard *h)
{
	if (madvise(h->data, h->bytes, MADV_HUGEPAGE))
		return memory_failed(m, "MADV_HUGEPAGE");
	for (size_t at = 0; at < h->bytes; at += HUGE_2M)
		if (madvise(h->data + at, HUGE_2M, MADV_COLLAPSE) && errno != EAGAIN &&
		    errno != EBUSY)
			return memory_failed(m, "MADV_COLLAPSE");
	return 0;
}

int punch_discard(struct micro *m, struct hazard *h)
{
	return madvise(h->data, h->bytes, MADV_DONTNEED) ? memory_failed(m, "MADV_DONTNEED") : 0;
}

/* Shared memory of a file, as QEMU's memory-backend-memfd has it. */
int fallocate_prepare(struct micro *m, struct hazard *h)
{
	int fd = memfd_create("guest", MFD_CLOEXEC);

	if (fd < 0)
		return memory_failed(m, "memfd_create");
	h->memfd = fd + 1;
	if (ftruncate(fd, h->bytes))
		return memory_failed(m, "ftruncate");
	if (mmap(h->data, h->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    MAP_FAILED)
		return memory_failed(m, "mmap of a memfd");
	return 0;
}

int fallocate_discard(struct micro *m, struct hazard *h)
{
	if (fallocate(h->memfd - 1, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, h->bytes))
		return memory_failed(m, "FALLOC_FL_PUNCH_HOLE");
	return 0;
}

/* The guest looks at the flipped bit here; what it verifies in the end is the bit flipped back. */
int flip_relocate(struct micro *m, struct hazard *h)
{
	uint32_t pages;

	h->data[FLIP_AT] ^= 1;
	if (guest_command(m, CMD_VERIFY, 0, &pages) ||
	    guest_command(m, CMD_WRONG_BYTES, 0, &h->flipped_bytes))
		return -1;
	h->data[FLIP_AT] ^= 1;
	return 0;
}

int flip_verdict(struct micro *m, const struct hazard *h)
{
	bool sev = guest_is_sev(m->guest);

	if (sev ? block_is_garbled(h->flipped_bytes) : h->flipped_bytes == 1)
		return 0;
	return micro_fail(m, MICRO_WRONG, "a bit that the host flipped changed %u bytes of the "
			  "guest, expected %s", h->flipped_bytes, sev ? "a block of 16" : "1");
}
