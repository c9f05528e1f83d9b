// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_KMSG_H
#define PINLAB_KMSG_H

#include <stddef.h>

#define KMSG_RECORD_MAX	8192	/* of /dev/kmsg, in bytes */
#define KMSG_LINE_MAX	(KMSG_RECORD_MAX + 32)

/*
 * A record of /dev/kmsg, "prio,seq,usec,flags;text\n KEY=value\n", as dmesg would print it:
 * "[   12.345678] text\n". `record` is changed. Returns the line's length; 0 if it is no record.
 */
size_t kmsg_format(char line[KMSG_LINE_MAX], char *record);

#endif
