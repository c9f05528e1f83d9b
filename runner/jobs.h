// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_JOBS_H
#define PINLAB_JOBS_H

#include "pinlab.h"
#include "plan.h"

/* Memory that an emulated host takes beside that of the machine it models. */
#define HOST_OVERHEAD_BYTES	(384LL << 20)

/*
 * How many cells may run at once: what the user said, else all CPUs but no more hosts than fit in
 * free memory. Where real time is measured one cell at a time, so that they do not disturb it.
 */
int jobs_default(const struct settings *s, const struct host_config *host);

/*
 * Can what the user said with --jobs be? A local host takes one cell at a time, since its counters
 * of pins are of the whole machine; emulated hosts must fit in free memory. 0 or -errno, err set.
 */
int jobs_check(const struct settings *s, const struct plan *p, char *err);

#endif
