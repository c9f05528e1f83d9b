// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "frame.h"
#include "opt.h"
#include "record.h"

#define FRAME_MAGIC	0x4e50	/* "PN" */

struct frame_header {
	uint16_t magic;
	uint16_t type;
	uint32_t seq;
	uint32_t len;
	uint32_t crc;
};
_Static_assert(sizeof(struct frame_header) == FRAME_HEADER_BYTES, "no padding");

static int write_full(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= n;
	}
	return 0;
}

int frame_write(struct frame_writer *w, uint16_t type, const void *part1, size_t len1,
		const void *part2, size_t len2)
{
	struct frame_header h = { .magic = FRAME_MAGIC, .type = type, .seq = w->seq };
	uLong crc = crc32(0, NULL, 0);
	int ret;

	if (len1 + len2 > FRAME_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (len1)
		crc = crc32(crc, part1, len1);
	if (len2)
		crc = crc32(crc, part2, len2);
	h.len = len1 + len2;
	h.crc = crc;

	ret = write_full(w->fd, &h, sizeof(h));
	if (!ret)
		ret = write_full(w->fd, part1, len1);
	if (!ret)
		ret = write_full(w->fd, part2, len2);
	if (!ret)
		w->seq++;
	return ret;
}

void frame_reader_free(struct frame_reader *r)
{
	free(r->buf);
	memset(r, 0, sizeof(*r));
}

int frame_feed(struct frame_reader *r, const void *data, size_t len)
{
	if (r->start) {
		memmove(r->buf, r->buf + r->start, r->end - r->start);
		r->end -= r->start;
		r->start = 0;
	}
	if (r->end + len > r->size) {
		size_t size = 2 * (r->end + len);
		uint8_t *buf = realloc(r->buf, size);

		if (!buf)
			return -ENOMEM;
		r->buf = buf;
		r->size = size;
	}
	memcpy(r->buf + r->end, data, len);
	r->end += len;
	return 0;
}

static const char *header_fault(const struct frame_reader *r, const struct frame_header *h)
{
	if (h->magic != FRAME_MAGIC)
		return "no frame starts here";
	if (h->type == 0 || h->type >= RECORD_TYPES)
		return "unknown record type";
	if (h->len > FRAME_PAYLOAD_MAX)
		return "frame longer than allowed";
	if (h->seq != r->seq)
		return "frames are missing";
	return NULL;
}

int frame_next(struct frame_reader *r, struct frame *f, char *err)
{
	struct frame_header h;
	const char *fault;

	if (frame_pending(r) < sizeof(h))
		return 0;
	memcpy(&h, r->buf + r->start, sizeof(h));
	fault = header_fault(r, &h);
	if (!fault) {
		if (frame_pending(r) < sizeof(h) + h.len)
			return 0;
		if (crc32(crc32(0, NULL, 0), r->buf + r->start + sizeof(h), h.len) != h.crc)
			fault = "checksum does not match";
	}
	if (fault) {
		snprintf(err, OPT_ERR_MAX, "record stream, byte %llu: %s",
			 (unsigned long long)r->offset, fault);
		return -EBADMSG;
	}
	*f = (struct frame){
		.type = h.type, .len = h.len, .payload = r->buf + r->start + sizeof(h),
	};
	r->start += sizeof(h) + h.len;
	r->offset += sizeof(h) + h.len;
	r->seq++;
	return 1;
}
