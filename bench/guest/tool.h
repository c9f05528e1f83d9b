// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of toolprobe that probe has not: the program that the host asks for, "PROGRAM ARGS" and
 * a newline, once the guest has said by a gate that it waits. The tables of boot cells know probe
 * to the instruction, so that it is compiled without (PROBE_TOOL=0).
 */
#ifndef PINLAB_GUEST_TOOL_H
#define PINLAB_GUEST_TOOL_H

#include "common/frame.h"

#if PROBE_TOOL

/* Wait for what to run. */
void tool_wait(struct frame_writer *out);

/* Run the program of /bin to its end; send how it ended and what it took by the guest's clock. */
void tool_run(struct frame_writer *out);

/* Send what it wrote: its results as RECORD_OUTPUT, its messages to the log. */
void tool_send(struct frame_writer *out);

#else

static inline void tool_wait(struct frame_writer *out)
{
	(void)out;
}

static inline void tool_run(struct frame_writer *out)
{
	(void)out;
}

static inline void tool_send(struct frame_writer *out)
{
	(void)out;
}

#endif

#endif
