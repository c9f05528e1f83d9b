// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collector kvm: the VM's statistics in debugfs, kvm/PID-FD/. They vanish with the VM, so that they
 * are read while it stands still at the end of the workload, and never after that: an open file
 * there holds the VM, and the one who closes it last tears the VM down. (Binary statistics would do
 * without debugfs but need the VM's descriptor, which is the VMM's.)
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect.h"

#define KVM_DEBUGFS	"/sys/kernel/debug/kvm"

static const struct {
	const char *file, *metric;
} stats[] = {
	{ "exits", "kvm_exits" },
	{ "pf_taken", "kvm_pf_taken" },
	{ "pf_fixed", "kvm_pf_fixed" },
	{ "pf_spurious", "kvm_pf_spurious" },
	{ "pf_mmio_spte_created", "kvm_pf_mmio_spte_created" },
	{ "mmio_exits", "kvm_mmio_exits" },
	{ "io_exits", "kvm_io_exits" },
	{ "pages_4k", "kvm_pages_4k" },
	{ "pages_2m", "kvm_pages_2m" },
	{ "pages_pinned", "kvm_pages_pinned" },
	{ "pin_metadata_bytes", "kvm_pin_metadata_bytes" },
};

struct kvmstat {
	char dir[128];
	bool over;
};

static int kvmstat_probe(struct agent *a, void *state)
{
	(void)state;
	if (access(KVM_DEBUGFS, R_OK | X_OK))
		emit_remark(a, KVM_DEBUGFS ": %s; no KVM statistics: mount debugfs, be root",
			    strerror(errno));
	return 0;
}

/* PID-FD of the VMM's first VM, or "". It exists once the VMM has created the VM. */
static void find_dir(struct agent *a, struct kvmstat *k)
{
	DIR *d = opendir(KVM_DEBUGFS);
	char prefix[16];
	struct dirent *e;

	snprintf(prefix, sizeof(prefix), "%d-", a->vmm.pid);
	while (d && !k->dir[0] && (e = readdir(d)))
		if (!strncmp(e->d_name, prefix, strlen(prefix)))
			snprintf(k->dir, sizeof(k->dir), KVM_DEBUGFS "/%.64s", e->d_name);
	if (d)
		closedir(d);
}

static int64_t read_stat(const struct kvmstat *k, const char *file)
{
	char path[256], text[32];

	snprintf(path, sizeof(path), "%s/%s", k->dir, file);
	return file_read(path, text, sizeof(text)) > 0 ? strtoll(text, NULL, 10) : RECORD_MISSING;
}

static void kvmstat_sample(struct agent *a, void *state, struct record_sample *s)
{
	struct kvmstat *k = state;

	if (a->vmm.pid <= 0 || k->over)
		return;
	if (!k->dir[0])
		find_dir(a, k);
	if (k->dir[0])
		s->column[TL_KVM_PF_TAKEN] = read_stat(k, "pf_taken");
}

static void kvmstat_mark(struct agent *a, void *state, enum mark mark)
{
	struct kvmstat *k = state;

	if (mark != MARK_WORKLOAD_END)
		return;
	k->over = true;
	/* It makes several VMs, one after the other: the first one's numbers are not the cell's. */
	if (a->cell.type == WORKLOAD_TORTURE)
		return;
	for (size_t i = 0; k->dir[0] && i < sizeof(stats) / sizeof(stats[0]); i++) {
		int64_t v = read_stat(k, stats[i].file);

		if (v != RECORD_MISSING)
			emit_metric(a, stats[i].metric, v);
	}
}

const struct collector kvmstat_collector = {
	.state_bytes = sizeof(struct kvmstat),
	.probe = kvmstat_probe,
	.sample = kvmstat_sample,
	.mark = kvmstat_mark,
};
