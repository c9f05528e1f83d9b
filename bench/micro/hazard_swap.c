// SPDX-License-Identifier: GPL-2.0-only
/* Hazards by way of a block device in memory (zram), which is made for them and removed again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include "hazard.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21	/* Linux 5.4 */
#endif

#define ZRAM_ADD	"/sys/class/zram-control/hot_add"
#define ZRAM_REMOVE	"/sys/class/zram-control/hot_remove"

#define SWAP_MAGIC	"SWAPSPACE2"
#define SWAP_MAGIC_AT	(GUEST_PAGE - 10)
#define SWAP_INFO_AT	1024		/* u32 version, last_page, nr_badpages */

/* Makes h->zram of that size; its path in dev. */
static int zram_make(struct micro *m, struct hazard *h, size_t bytes, char dev[32])
{
	long number = host_number(ZRAM_ADD);	/* reading it adds a device */
	char path[HOST_PATH_MAX], size[32];
	int ret;

	if (number < 0)
		return micro_fail(m, MICRO_HOST, ZRAM_ADD ": %s; enable zram (CONFIG_ZRAM)",
				  strerror(-number));
	h->zram = number + 1;
	snprintf(path, sizeof(path), "/sys/block/zram%ld/disksize", number);
	snprintf(size, sizeof(size), "%zu", bytes);
	snprintf(dev, 32, "/dev/zram%ld", number);
	ret = host_write(path, size);
	return ret ? micro_fail(m, MICRO_HOST, "%s: %s", path, strerror(-ret)) : 0;
}

void zram_undo(struct hazard *h)
{
	char number[16];

	if (h->swap[0])
		swapoff(h->swap);
	if (!h->zram)
		return;
	snprintf(number, sizeof(number), "%d", h->zram - 1);
	host_write(ZRAM_REMOVE, number);
}

static int swap_format(const char *dev, size_t bytes)
{
	const uint32_t info[3] = { 1, bytes / GUEST_PAGE - 1, 0 };
	char page[GUEST_PAGE] = { 0 };
	int fd = open(dev, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	memcpy(page + SWAP_INFO_AT, info, sizeof(info));
	memcpy(page + SWAP_MAGIC_AT, SWAP_MAGIC, strlen(SWAP_MAGIC));
	if (write(fd, page, sizeof(page)) != sizeof(page) || fsync(fd))
		ret = -EIO;
	close(fd);
	return ret;
}

/*
 * MADV_PAGEOUT alone does not move a page: the next to want memory is the guest, and the allocator
 * gives what was freed last. So somebody else takes the freed frames first.
 */
static int take_frames(struct micro *m, struct hazard *h)
{
	h->filler_bytes = 4 * h->bytes;
	h->filler = mmap(NULL, h->filler_bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (h->filler != MAP_FAILED)
		return 0;
	h->filler = NULL;
	return micro_fail(m, MICRO_MEMORY, "mmap: %s", strerror(errno));
}

int pageout_relocate(struct micro *m, struct hazard *h)
{
	size_t bytes = 2 * h->bytes;
	uint64_t *frames;
	char dev[32];
	int ret;

	if (zram_make(m, h, bytes, dev))
		return -1;
	ret = swap_format(dev, bytes);
	if (ret || swapon(dev, 0))
		return micro_fail(m, MICRO_HOST, "swapon of %s: %s", dev,
				  strerror(ret ? -ret : errno));
	strcpy(h->swap, dev);
	/* What reclaim leaves alone is refused here. */
	if (madvise(h->data, h->bytes, MADV_PAGEOUT) && !(errno == EINVAL && hazard_keeps(m, h)))
		return micro_fail(m, MICRO_MEMORY, "MADV_PAGEOUT: %s", strerror(errno));
	if (hazard_returned(m, h))
		return -1;
	frames = calloc(h->pages, sizeof(*frames));
	ret = frames ? hazard_frames(m, h->data, h->pages, frames, &h->swapped) :
	      micro_fail(m, MICRO_MEMORY, "out of memory");
	free(frames);
	return ret ? ret : take_frames(m, h);
}

static int odirect_failed(struct micro *m, const char *what)
{
	return micro_fail(m, MICRO_HOST, "O_DIRECT %s of guest memory: %s", what, strerror(errno));
}

/* A device reads the guest's memory and writes it back to where it was. */
int odirect_relocate(struct micro *m, struct hazard *h)
{
	char dev[32];
	int fd, ret = 0;

	if (zram_make(m, h, h->bytes, dev))
		return -1;
	fd = open(dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		return micro_fail(m, MICRO_HOST, "%s: %s", dev, strerror(errno));
	for (size_t at = 0; at < h->bytes && !ret; at += HUGE_2M)
		if (pwrite(fd, h->data + at, HUGE_2M, at) != HUGE_2M)
			ret = odirect_failed(m, "write");
	if (!ret)
		memset(h->data, 0x55, h->bytes);
	for (size_t at = 0; at < h->bytes && !ret; at += HUGE_2M)
		if (pread(fd, h->data + at, HUGE_2M, at) != HUGE_2M)
			ret = odirect_failed(m, "read");
	close(fd);
	return ret;
}
