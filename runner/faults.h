// SPDX-License-Identifier: GPL-2.0-only
/* The latencies of a cell's faults.csv, by kind. */
#ifndef PINLAB_FAULTS_H
#define PINLAB_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/record.h"

struct latencies {
	uint64_t *ns;		/* as in the file, until faults_sort() */
	size_t nr, cap;
};

struct fault_rows {
	bool workload_only;	/* leave out what is not of the workload's phase */
	struct latencies kind[FAULT_KINDS];
	char why[128];		/* what is wrong with a row */
};

/*
 * Add the rows of the file at path. Returns 0, -errno, or -EINVAL with file, line and what was
 * found in err.
 */
int faults_read(struct fault_rows *r, const char *path, char *err);
void faults_sort(struct fault_rows *r);
void faults_free(struct fault_rows *r);

#endif
