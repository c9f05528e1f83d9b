// SPDX-License-Identifier: GPL-2.0-only
/* What --matrix and --plan are asked for: config and plan, checked. */
#ifndef PINLAB_REQUEST_H
#define PINLAB_REQUEST_H

#include "pinlab.h"
#include "plan.h"

struct request {
	struct config config;
	struct plan plan;
};

/* Returns 0, or -errno with err set. */
int request_make(struct request *r, const struct settings *s, char *err);
void request_free(struct request *r);

#endif
