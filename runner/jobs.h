// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_JOBS_H
#define PINLAB_JOBS_H

#include "config.h"
#include "pinlab.h"

/* Memory that an emulated host takes beside that of the machine it models. */
#define HOST_OVERHEAD_BYTES	(384LL << 20)

/*
 * How many cells may run at once: what the user said, else all CPUs but no more hosts than fit in
 * free memory. Where real time is measured one cell at a time, so that they do not disturb it.
 */
int jobs_default(const struct settings *s, const struct host_config *host);

#endif
