// SPDX-License-Identifier: GPL-2.0-only
/* First touches of pages by a process of the guest, timed by its TSC. */
#ifndef PINLAB_GUEST_TOUCH_H
#define PINLAB_GUEST_TOUCH_H

#include <stddef.h>

#include "common/frame.h"

struct guest_touch;

/* Touch nr pages. Returns NULL if they cannot be had or their addresses cannot be read. */
struct guest_touch *touch_run(size_t nr);

/* As RECORD_TOUCHES; frees t. */
void touch_send(struct guest_touch *t, struct frame_writer *out);

#endif
