// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collectors vmstat, buddy, smaps, cgroup and sched: text files of the kernel that are read before
 * the VMM starts, while it stands still at the end of the workload, and when it is gone, but at no
 * other time, so that they cost the phases `stop` and `leak-check` alone.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "procfs.h"

#define CGROUPS		"/sys/fs/cgroup"
#define TEXT_MAX	65536
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

struct row {
	const char *metric, *key;
};

#define VMSTAT(k)	{ "vmstat_" k, k }

/* What pins prevent, or what is done in their place. */
static const struct row vmstat_rows[] = {
	VMSTAT("pgfault"), VMSTAT("pgmigrate_fail"),
	VMSTAT("compact_stall"), VMSTAT("compact_success"), VMSTAT("compact_fail"),
	VMSTAT("compact_migrate_scanned"), VMSTAT("compact_free_scanned"),
	VMSTAT("compact_isolated"),
	VMSTAT("thp_fault_fallback"), VMSTAT("thp_collapse_alloc"), VMSTAT("thp_split_page"),
	VMSTAT("thp_split_pmd"), VMSTAT("thp_zero_page_alloc"), VMSTAT("thp_migration_success"),
	VMSTAT("pswpin"), VMSTAT("pswpout"), VMSTAT("numa_hint_faults"),
	VMSTAT("numa_pages_migrated"),
};

static const struct row smaps_rows[] = {
	{ "pss_workload_kib", "Pss" },
	{ "smaps_rss_kib", "Rss" },
	{ "smaps_anonymous_kib", "Anonymous" },
	{ "smaps_anon_huge_kib", "AnonHugePages" },
	{ "smaps_shmem_huge_kib", "ShmemPmdMapped" },
	{ "smaps_swap_kib", "Swap" },
	{ "smaps_locked_kib", "Locked" },
};

static const struct row softirq_rows[] = {
	{ "softirq_timer", "TIMER" },
	{ "softirq_sched", "SCHED" },
	{ "softirq_rcu", "RCU" },
};

struct vmstat {
	int64_t start[COUNT(vmstat_rows)];
};

struct sched {
	int64_t start[COUNT(softirq_rows)];
};

/* A file's text, valid until the next call; "" with the reason in *why. */
static const char *text_of(const char *path, const char **why)
{
	static char text[TEXT_MAX];
	ssize_t n = file_read(path, text, sizeof(text));

	*why = n < 0 ? strerror(-n) : "it has no such line";
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void tell(struct agent *a, const char *metric, int64_t v, const char *path, const char *why)
{
	if (v == RECORD_MISSING)
		emit_missing(a, metric, "%s: %s", path, why);
	else
		emit_metric(a, metric, v);
}

static int64_t rise(int64_t from, int64_t to)
{
	return from == RECORD_MISSING || to == RECORD_MISSING ? RECORD_MISSING : to - from;
}

static void vmstat_mark(struct agent *a, void *state, enum mark mark)
{
	static const char path[] = "/proc/vmstat";
	struct vmstat *s = state;
	const char *text, *why;

	if (mark != MARK_START && mark != MARK_GONE)
		return;
	text = text_of(path, &why);
	for (size_t i = 0; i < COUNT(vmstat_rows); i++) {
		int64_t v = procfs_value(text, vmstat_rows[i].key);

		if (mark == MARK_START)
			s->start[i] = v;
		else
			tell(a, vmstat_rows[i].metric, rise(s->start[i], v), path, why);
	}
}

static void buddy_mark(struct agent *a, void *state, enum mark mark)
{
	static const char *const metrics_at[] = {
		[MARK_START] = "buddy_start_huge", [MARK_DATA_READY] = NULL,
		[MARK_WORKLOAD_END] = "buddy_workload_huge", [MARK_GONE] = "buddy_end_huge",
	};
	static const char path[] = "/proc/buddyinfo";
	const char *text, *why;

	(void)state;
	if (!metrics_at[mark])
		return;
	text = text_of(path, &why);
	tell(a, metrics_at[mark], procfs_buddy_huge(text), path, why);
}

static void smaps_mark(struct agent *a, void *state, enum mark mark)
{
	const char *text, *why;
	char path[64];

	(void)state;
	if (mark != MARK_WORKLOAD_END)
		return;
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", a->vmm.pid);
	text = text_of(path, &why);
	for (size_t i = 0; i < COUNT(smaps_rows); i++)
		tell(a, smaps_rows[i].metric, procfs_value(text, smaps_rows[i].key),
		     "smaps_rollup", why);
}

static int64_t whole_file(const char *text)
{
	char *end;
	int64_t v = strtoll(text, &end, 10);

	return end == text ? RECORD_MISSING : v;
}

/* Of the cgroup that the VMM is in: none is made for it, as that would charge its page faults. */
static void cgroup_mark(struct agent *a, void *state, enum mark mark)
{
	static const struct {
		const char *metric, *file, *key;	/* NULL: the file is one number of bytes */
	} rows[] = {
		{ "cgroup_memory_kib", "memory.current", NULL },
		{ "cgroup_memory_peak_kib", "memory.peak", NULL },
		{ "cgroup_sev_asids", "misc.current", "sev" },
	};
	char path[PATH_MAX], group[PATH_MAX - 64] = "/";
	const char *why;

	(void)state;
	if (mark != MARK_WORKLOAD_END)
		return;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", a->vmm.pid);
	procfs_cgroup(text_of(path, &why), group, sizeof(group));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text;
		int64_t v;

		snprintf(path, sizeof(path), CGROUPS "%s%s%s", group, group[1] ? "/" : "",
			 rows[i].file);
		text = text_of(path, &why);
		v = rows[i].key ? procfs_value(text, rows[i].key) : whole_file(text);
		if (!rows[i].key && v != RECORD_MISSING)
			v /= 1024;
		tell(a, rows[i].metric, v, path, why);
	}
}

static bool sum_schedstat(struct agent *a, struct schedstat *sum)
{
	char dir[64], path[PATH_MAX];
	struct dirent *e;
	bool all = true;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%d/task", a->vmm.pid);
	d = opendir(dir);
	if (!d)
		return false;
	while (all && (e = readdir(d))) {
		const char *why;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/schedstat", dir, e->d_name);
		all = procfs_schedstat(text_of(path, &why), sum);
	}
	closedir(d);
	return all;
}

static void tell_schedstat(struct agent *a)
{
	static const char why[] = "none, or zeros: it takes CONFIG_SCHEDSTATS or delayacct";
	struct schedstat s = { .run_ns = 0 };
	bool there = sum_schedstat(a, &s);

	tell(a, "sched_run_ns", there ? s.run_ns : RECORD_MISSING, "schedstat", why);
	tell(a, "sched_wait_ns", there ? s.wait_ns : RECORD_MISSING, "schedstat", why);
	tell(a, "sched_slices", there ? s.slices : RECORD_MISSING, "schedstat", why);
}

static void sched_mark(struct agent *a, void *state, enum mark mark)
{
	static const char path[] = "/proc/softirqs";
	struct sched *s = state;
	const char *text, *why;

	if (mark != MARK_START && mark != MARK_WORKLOAD_END)
		return;
	text = text_of(path, &why);
	for (size_t i = 0; i < COUNT(softirq_rows); i++) {
		int64_t v = procfs_softirqs(text, softirq_rows[i].key);

		if (mark == MARK_START)
			s->start[i] = v;
		else
			tell(a, softirq_rows[i].metric, rise(s->start[i], v), path, why);
	}
	if (mark == MARK_WORKLOAD_END)
		tell_schedstat(a);
}

const struct collector vmstat_collector = {
	.state_bytes = sizeof(struct vmstat),
	.mark = vmstat_mark,
};

const struct collector buddy_collector = { .state_bytes = 1, .mark = buddy_mark };
const struct collector smaps_collector = { .state_bytes = 1, .mark = smaps_mark };
const struct collector cgroup_collector = { .state_bytes = 1, .mark = cgroup_mark };

const struct collector sched_collector = {
	.state_bytes = sizeof(struct sched),
	.mark = sched_mark,
};
