// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames: records on a byte stream (a virtio-serial port, a pipe, a file that grows).
 *
 * A frame is a header of 16 bytes - magic, type, sequence number, payload length, CRC-32 of the
 * payload - and the payload. Sequence numbers start at 0 and leave no gaps, so a reader tells a
 * damaged or shortened stream from a whole one.
 */
#ifndef PINLAB_FRAME_H
#define PINLAB_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_BYTES	16
#define FRAME_PAYLOAD_MAX	(256 * 1024)

struct frame {
	uint16_t type;		/* enum record_type */
	uint32_t len;		/* bytes of payload */
	const void *payload;	/* valid until the next call on the reader */
};

struct frame_writer {
	int fd;
	uint32_t seq;
};

/*
 * Write one frame whole; EINTR and short writes are handled. part2 (may be NULL) follows part1 in
 * the payload. Returns 0, -EMSGSIZE for a payload over FRAME_PAYLOAD_MAX, or -errno of write().
 */
int frame_write(struct frame_writer *w, uint16_t type, const void *part1, size_t len1,
		const void *part2, size_t len2);

struct frame_reader {
	uint8_t *buf;
	size_t start, end, size;	/* unread bytes are buf[start..end) */
	uint32_t seq;
	uint64_t offset;		/* of buf[start] in the stream, for messages */
};

/* Zero a reader before first use; frame_reader_free() of a zeroed one is fine. */
void frame_reader_free(struct frame_reader *r);

/* Append bytes from the stream. Returns 0 or -ENOMEM. */
int frame_feed(struct frame_reader *r, const void *data, size_t len);

/*
 * Take the next frame. Returns 1 with *f set, 0 if more bytes are needed, or -EBADMSG with what is
 * wrong and at which offset in err (OPT_ERR_MAX bytes); after that the stream is unusable.
 */
int frame_next(struct frame_reader *r, struct frame *f, char *err);

/* Bytes fed but not yet taken: not 0 at the end of the stream means that it was cut. */
static inline size_t frame_pending(const struct frame_reader *r)
{
	return r->end - r->start;
}

#endif
