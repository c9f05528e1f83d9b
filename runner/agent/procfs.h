// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands in files of /proc and of cgroups, by their text. Pure. A number that is not there is
 * RECORD_MISSING, never 0.
 */
#ifndef PINLAB_PROCFS_H
#define PINLAB_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of the line "KEY 12" or "KEY: 12 kB" (vmstat, smaps_rollup, misc.current). */
int64_t procfs_value(const char *text, const char *key);

/*
 * /proc/buddyinfo: free memory of all zones in 2M pages, as far as it is in blocks of 2M or more,
 * which alone can become huge pages at once.
 */
int64_t procfs_buddy_huge(const char *text);

/* /proc/softirqs: how often on all CPUs. */
int64_t procfs_softirqs(const char *text, const char *name);

struct schedstat {
	int64_t run_ns, wait_ns, slices;
};

/* /proc/PID/task/TID/schedstat, added to *s; false: no such text, or nothing was counted. */
bool procfs_schedstat(const char *text, struct schedstat *s);

/* /proc/PID/cgroup: the path in the unified hierarchy, which fits in buf; false: none. */
bool procfs_cgroup(const char *text, char *buf, size_t len);

#endif
