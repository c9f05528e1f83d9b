// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cell: kernel x guest x workload x parameters, the unit that an agent executes. The runner
 * writes it as an ini text, which the agent reads back.
 */
#ifndef PINLAB_CELL_H
#define PINLAB_CELL_H

#include <stdio.h>

#include "collector.h"
#include "opt.h"
#include "workload.h"

/* What the guest's data must be after the workload. */
enum expectation { EXPECT_INTACT, EXPECT_CORRUPT };

extern const char *const expectation_names[];

/* Which of KVM's two MMUs maps guest memory: kvm.ko's tdp_mmu=1 or 0. */
enum mmu { MMU_TDP, MMU_LEGACY };

extern const char *const mmu_names[];

/*
 * Where the guest comes from: booted for this cell, or from a machine that was saved when such a
 * guest had come to userspace.
 */
enum start { START_COLD, START_WARM };

extern const char *const start_names[];

/* What they are called in cells and params; the MMU in exclude rules, too. */
#define CELL_MMU	"mmu"
#define CELL_START	"start"

/* A warm cell's text has as many bytes as that of any other: it changes under a saved machine. */
#define CELL_TEXT_BYTES	4096

struct cell {
	char id[OPT_STR_MAX];		/* unique in a run; safe as a folder's name */
	char kernel[OPT_STR_MAX];
	char strategy[OPT_STR_MAX];
	char workload[OPT_STR_MAX];
	int64_t type;			/* enum workload_id */
	int64_t guest;			/* enum guest_kind */
	int64_t mmu;			/* enum mmu */
	int64_t start;			/* enum start */
	int64_t memory_bytes;
	int64_t sample_interval_ns;	/* between timeline samples, in the bench host's time */
	int64_t timeout_ns;		/* for the workload, in the bench host's time */
	int64_t collectors;		/* 1 << COLLECTOR_*: those that are on */
	int64_t seed;			/* of the emulated host's and so of all random numbers */
	int64_t expect;			/* enum expectation */
	union workload_params p;
};

extern const struct opt_desc cell_fields[];	/* all but p */

/*
 * Write the cell as ini text, a warm one's padded to CELL_TEXT_BYTES. Returns 0, or -EIO if f took
 * not all of it.
 */
int cell_write(const struct cell *c, FILE *f);

/*
 * Read what cell_write() wrote. Returns 0, or -EINVAL with line number, what was found and what is
 * allowed in err (OPT_ERR_MAX bytes).
 */
int cell_parse(struct cell *c, const char *text, char *err);

/*
 * The cell whose machine is saved for c to start from: it does nothing of its own. Two cells can
 * start from the same one if the ids that it has are the same.
 */
struct cell cell_to_save(const struct cell *c);

/*
 * The parameters as "mmu=tdp,pattern=sequential,pages=100%", mmu first, start if the workload can
 * start warm, then in the table's order, for the params column of metrics.csv. Returns buf.
 */
char *cell_params(const struct cell *c, char *buf, size_t len);

#endif
