// SPDX-License-Identifier: GPL-2.0-only
/* run.json: what a run is, and what it was run with. */
#ifndef PINLAB_RUN_JSON_H
#define PINLAB_RUN_JSON_H

#include "run.h"

/* Fill plan, config and start time of r from r->dir/run.json. 0, or -EINVAL with err set. */
int run_json_load(struct run *r, char *err);

/*
 * How a kept execution ended, and whether it was taken from an earlier run; -ENOENT if there is no
 * cell.json that says so.
 */
int run_json_status(const struct run *r, const struct cell *c, int repeat, bool *reused);

#endif
