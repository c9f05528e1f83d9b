// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collector proc: memory of the VMM and of the host, from /proc.
 *
 * vmstat's counters are kept per CPU and folded in only now and then, so that a plain read can be
 * some dozen pages off: stat_refresh folds them before each read. VmRSS has the same error on
 * kernels from 6.2 on (up to 32 pages a CPU) and nothing to refresh it with; Pss (collector smaps)
 * is exact.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "collect.h"

#define SETTLE_NS	50000000L
#define SETTLE_TRIES	20

enum vmstat_row { VS_PGFAULT, VS_MIGRATED, VS_THP, VS_ACQUIRED, VS_RELEASED, VS_ROWS };

static const struct {
	const char *key;
	enum timeline_column column;
} vmstat_rows[VS_ROWS] = {
	[VS_PGFAULT] = { "pgfault", TL_PGFAULT },
	[VS_MIGRATED] = { "pgmigrate_success", TL_MIGRATED_PAGES },
	[VS_THP] = { "thp_fault_alloc", TL_THP_FAULT_ALLOC },
	[VS_ACQUIRED] = { "nr_foll_pin_acquired", TL_PIN_ACQUIRED_PAGES },
	[VS_RELEASED] = { "nr_foll_pin_released", TL_PIN_RELEASED_PAGES },
};

static const struct {
	const char *key;
	enum timeline_column column;
} status_rows[] = {
	{ "\nVmRSS:", TL_RSS_KIB },
	{ "\nVmHWM:", TL_HWM_KIB },
	{ "\nVmLck:", TL_LOCKED_KIB },
	{ "\nVmPin:", TL_VMPIN_KIB },
};

struct proc {
	int vmstat_fd, meminfo_fd, refresh_fd;
	int status_fd, stat_fd;		/* of the VMM; -1 when it is gone */
	struct record_sample last, start;
	char text[65536];
};

static int proc_probe(struct agent *a, void *state)
{
	struct proc *p = state;

	p->status_fd = p->stat_fd = -1;
	p->vmstat_fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	p->meminfo_fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	p->refresh_fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	if (p->vmstat_fd < 0 || p->meminfo_fd < 0)
		return agent_fail(a, STATUS_ERROR, "/proc/vmstat or /proc/meminfo: %s",
				  strerror(errno));
	if (p->refresh_fd < 0)
		emit_remark(a, "/proc/sys/vm/stat_refresh: %s; page counts can be some dozen off",
			    strerror(errno));
	return 0;
}

static int open_of(pid_t pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int proc_start(struct agent *a, void *state)
{
	struct proc *p = state;

	p->status_fd = open_of(a->vmm.pid, "status");
	p->stat_fd = open_of(a->vmm.pid, "stat");
	return 0;
}

static bool slurp(struct proc *p, int fd)
{
	return fd >= 0 && fd_read_at_0(fd, p->text, sizeof(p->text)) > 0;
}

/* Rows come in no fixed order, so that each line is held against each key. */
static void read_vmstat(struct proc *p, struct record_sample *s)
{
	if (p->refresh_fd >= 0)
		(void)!write(p->refresh_fd, "1", 1);
	if (!slurp(p, p->vmstat_fd))
		return;
	for (char *line = p->text; line && *line; line = strchr(line, '\n')) {
		size_t len;

		line += *line == '\n';
		len = strcspn(line, " \n");
		for (int i = 0; i < VS_ROWS; i++)
			if (!strncmp(line, vmstat_rows[i].key, len) && !vmstat_rows[i].key[len])
				s->column[vmstat_rows[i].column] = strtoll(line + len, NULL, 10);
	}
	if (s->column[TL_PIN_ACQUIRED_PAGES] != RECORD_MISSING &&
	    s->column[TL_PIN_RELEASED_PAGES] != RECORD_MISSING)
		s->column[TL_PINNED_PAGES] = s->column[TL_PIN_ACQUIRED_PAGES] -
					     s->column[TL_PIN_RELEASED_PAGES];
}

/* "PID (comm) S ...": fields 10 and 12 are the faults; comm may hold anything but is in (). */
static void read_stat(struct proc *p, struct record_sample *s)
{
	long long minflt, majflt;
	char *after;

	if (!slurp(p, p->stat_fd))
		return;
	after = strrchr(p->text, ')');
	if (after && sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %lld %*d %lld", &minflt,
			    &majflt) == 2) {
		s->column[TL_MINFLT] = minflt;
		s->column[TL_MAJFLT] = majflt;
	}
}

static void proc_sample(struct agent *a, void *state, struct record_sample *s)
{
	struct proc *p = state;
	char *at;

	(void)a;
	read_vmstat(p, s);
	if (slurp(p, p->status_fd))
		for (size_t i = 0; i < sizeof(status_rows) / sizeof(status_rows[0]); i++)
			if ((at = strstr(p->text, status_rows[i].key)))
				s->column[status_rows[i].column] =
					strtoll(strchr(at, ':') + 1, NULL, 10);
	read_stat(p, s);
	if (slurp(p, p->meminfo_fd) && (at = strstr(p->text, "MemFree:")))
		s->column[TL_MEM_FREE_KIB] = strtoll(at + 8, NULL, 10);
	p->last = *s;
}

static void metric_known(struct agent *a, const char *name, int64_t v)
{
	if (v != RECORD_MISSING)
		emit_metric(a, name, v);
}

static void metric_rise(struct agent *a, const struct proc *p, const char *name, int column)
{
	int64_t from = p->start.column[column], to = p->last.column[column];

	if (from != RECORD_MISSING && to != RECORD_MISSING)
		emit_metric(a, name, to - from);
}

/*
 * Free pages of the host, those on the per-CPU lists included: after a big VM went, these hold some
 * ten MiB that MemFree does not count.
 */
static int64_t mem_free_kib(const struct proc *p)
{
	int64_t free = p->last.column[TL_MEM_FREE_KIB], pages = 0;
	FILE *zones = fopen("/proc/zoneinfo", "re");
	char line[256];
	long long count;

	if (!zones)
		return RECORD_MISSING;
	while (fgets(line, sizeof(line), zones))
		if (sscanf(line, " count: %lld", &count) == 1)
			pages += count;
	if (ferror(zones))
		free = RECORD_MISSING;
	fclose(zones);
	return free == RECORD_MISSING ? free : free + pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The VMM is gone, but freed pages are handed back by RCU and per-CPU lists: give them time. */
static void leak_check(struct agent *a, struct proc *p)
{
	const struct timespec wait = { .tv_nsec = SETTLE_NS };

	for (int i = 0; i < SETTLE_TRIES; i++) {
		nanosleep(&wait, NULL);
		collect_sample(a);
		if (p->last.column[TL_PINNED_PAGES] == p->start.column[TL_PINNED_PAGES])
			break;
	}
	metric_rise(a, p, "pinned_leaked_pages", TL_PINNED_PAGES);
	metric_rise(a, p, "pin_acquired_pages", TL_PIN_ACQUIRED_PAGES);
	metric_rise(a, p, "pin_released_pages", TL_PIN_RELEASED_PAGES);
	metric_rise(a, p, "migrated_pages", TL_MIGRATED_PAGES);
	metric_rise(a, p, "thp_fault_alloc", TL_THP_FAULT_ALLOC);
	metric_known(a, "mem_free_end_kib", mem_free_kib(p));
}

static void metric_agent(struct agent *a)
{
	struct rusage u;

	if (!getrusage(RUSAGE_SELF, &u))
		emit_metric(a, "agent_rss_peak_kib", u.ru_maxrss);
}

static void proc_mark(struct agent *a, void *state, enum mark mark)
{
	struct proc *p = state;

	switch (mark) {
	case MARK_START:
		p->start = p->last;
		metric_known(a, "pinned_start_pages", p->start.column[TL_PINNED_PAGES]);
		metric_known(a, "mem_free_start_kib", mem_free_kib(p));
		break;
	case MARK_LAUNCHED:
		metric_rise(a, p, "pinned_register_pages", TL_PINNED_PAGES);
		metric_known(a, "rss_launch_kib", p->last.column[TL_RSS_KIB]);
		break;
	case MARK_DATA_READY:
		metric_rise(a, p, "pinned_hazard_pages", TL_PINNED_PAGES);
		break;
	case MARK_WORKLOAD_END:
		metric_rise(a, p, "pinned_workload_pages", TL_PINNED_PAGES);
		metric_known(a, "rss_workload_kib", p->last.column[TL_RSS_KIB]);
		metric_known(a, "rss_peak_kib", p->last.column[TL_HWM_KIB]);
		break;
	case MARK_GONE:
		leak_check(a, p);
		metric_agent(a);
		break;
	}
}

static void proc_stop(struct agent *a, void *state)
{
	struct proc *p = state;
	struct rusage u;

	close(p->status_fd);
	close(p->stat_fd);
	p->status_fd = p->stat_fd = -1;
	if (!getrusage(RUSAGE_CHILDREN, &u)) {
		emit_metric(a, "vmm_minflt", u.ru_minflt);
		emit_metric(a, "vmm_majflt", u.ru_majflt);
	}
}

const struct collector proc_collector = {
	.state_bytes = sizeof(struct proc),
	.probe = proc_probe,
	.start = proc_start,
	.sample = proc_sample,
	.mark = proc_mark,
	.stop = proc_stop,
};
