// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SEV firmware's COPY command moves pages of a guest and keeps them right. Linux has no use for
 * it, so that it is given to the PSP through its mailbox, behind the ccp driver's back. That is for
 * an emulated host only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <linux/psp-sev.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/memcrypt.h"
#include "hazard.h"

#define HUGE_PAGES	(HUGE_2M / GUEST_PAGE)

#define MAILBOX_BYTES	0x100000
#define REG_CMDRESP	0x10580
#define REG_CMDBUF_LO	0x105e0
#define REG_CMDBUF_HI	0x105e4

#define PSP_COPY	0x24
struct psp_copy {
	uint32_t handle;
	uint32_t len;
	uint64_t src, dst;	/* physical */
};

struct mailbox {
	volatile uint8_t *regs;
	struct psp_copy *buffer;	/* a page of its own */
	uint64_t buffer_addr;		/* physical */
};

static int mailbox_open(struct micro *m, struct mailbox *box)
{
	uint64_t counters[MEMCRYPT_COUNTERS], frame, swapped;
	char dir[256], path[300];
	int fd;

	if (memcrypt_read(counters) || memcrypt_psp(dir, sizeof(dir)))
		return micro_fail(m, MICRO_HOST, "psp-copy needs an emulated host that models "
				  "memory encryption: it sends commands to the PSP itself");
	snprintf(path, sizeof(path), "%s/resource2", dir);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return micro_fail(m, MICRO_HOST, "%s: %s", path, strerror(errno));
	box->regs = mmap(NULL, MAILBOX_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	box->buffer = mmap(NULL, GUEST_PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
	if (box->regs == MAP_FAILED || box->buffer == MAP_FAILED)
		return micro_fail(m, MICRO_HOST, "mmap of the PSP's mailbox: %s", strerror(errno));
	if (hazard_frames(m, box->buffer, 1, &frame, &swapped))
		return -1;
	box->buffer_addr = frame * GUEST_PAGE;
	return 0;
}

static void mailbox_close(struct mailbox *box)
{
	munmap((void *)box->regs, MAILBOX_BYTES);
	munmap(box->buffer, GUEST_PAGE);
}

/* Returns the firmware's status. */
static uint16_t mailbox_command(struct mailbox *box, uint32_t command)
{
	*(volatile uint32_t *)(box->regs + REG_CMDBUF_LO) = box->buffer_addr;
	*(volatile uint32_t *)(box->regs + REG_CMDBUF_HI) = box->buffer_addr >> 32;
	*(volatile uint32_t *)(box->regs + REG_CMDRESP) = command << 16;
	return *(volatile uint32_t *)(box->regs + REG_CMDRESP);
}

/* Let the PSP copy 2M of data to other pages, which take their place. */
static int copy_chunk(struct micro *m, struct mailbox *box, uint32_t handle, uint8_t *data)
{
	uint64_t from[HUGE_PAGES], to[HUGE_PAGES], swapped;
	uint8_t *copy = mmap(NULL, HUGE_2M, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (copy == MAP_FAILED)
		return micro_fail(m, MICRO_MEMORY, "mmap: %s", strerror(errno));
	if (hazard_frames(m, data, HUGE_PAGES, from, &swapped) ||
	    hazard_frames(m, copy, HUGE_PAGES, to, &swapped))
		return -1;
	for (size_t i = 0; i < HUGE_PAGES; i++) {
		uint16_t status;

		*box->buffer = (struct psp_copy){
			.handle = handle, .len = GUEST_PAGE,
			.src = from[i] * GUEST_PAGE, .dst = to[i] * GUEST_PAGE,
		};
		status = mailbox_command(box, PSP_COPY);
		if (status)
			return micro_fail(m, MICRO_HOST, "the PSP's COPY: status %#x", status);
	}
	if (mremap(copy, HUGE_2M, HUGE_2M, MREMAP_MAYMOVE | MREMAP_FIXED, data) == MAP_FAILED)
		return micro_fail(m, MICRO_MEMORY, "mremap: %s", strerror(errno));
	return 0;
}

int psp_copy_relocate(struct micro *m, struct hazard *h)
{
	struct kvm_sev_guest_status status = { .handle = 0 };
	struct mailbox box;
	int ret = 0;

	if (!guest_is_sev(m->guest))
		return micro_fail(m, MICRO_HOST, "psp-copy needs an SEV guest");
	if (sev_command(m, KVM_SEV_GUEST_STATUS, &status) || mailbox_open(m, &box))
		return -1;
	for (size_t at = 0; at < h->bytes && !ret; at += HUGE_2M)
		ret = copy_chunk(m, &box, status.handle, h->data + at);
	mailbox_close(&box);
	return ret;
}
