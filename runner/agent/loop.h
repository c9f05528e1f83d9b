// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_LOOP_H
#define PINLAB_LOOP_H

#include <poll.h>

#include "agent.h"

#define LOOP_SOURCES_MAX	640	/* a ring for each CPU, and a few more */

struct loop {
	struct pollfd fds[LOOP_SOURCES_MAX];
	loop_fn fn[LOOP_SOURCES_MAX];
	void *data[LOOP_SOURCES_MAX];
	int n;
};

#endif
