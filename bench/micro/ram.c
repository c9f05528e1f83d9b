// SPDX-License-Identifier: GPL-2.0-only
/*
 * What userspace can do about a guest's memory without KVM: take it in advance, lock it, have huge
 * pages behind it. As QEMU's prealloc=on, mem-lock=on and hugetlb=on do.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "hazard.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23	/* Linux 5.14 */
#endif

#define NR_HUGEPAGES	"/proc/sys/vm/nr_hugepages"

const struct ram_params *ram_params(const struct micro *m)
{
	static const struct ram_params none = { .backing = BACKING_4K };

	switch (m->workload) {
	case WORKLOAD_TOUCH:
		return &m->p.touch.ram;
	case WORKLOAD_HAZARD:
		return &m->p.hazard.ram;
	default:
		return &none;
	}
}

int ram_back(struct micro *m, struct hazard *host)
{
	long have = host_number(NR_HUGEPAGES);
	char want[32];

	if (ram_params(m)->backing != BACKING_HUGETLB)
		return 0;
	snprintf(want, sizeof(want), "%lld", (have > 0 ? have : 0) +
		 (long long)m->memory_bytes / (long long)HUGE_2M);
	if (host_set(m, host, NR_HUGEPAGES, want))
		return -1;
	if (mmap(m->mem, m->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED |
		 MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) == MAP_FAILED)
		return micro_fail(m, MICRO_MEMORY, "mmap of %lld MiB of huge pages: %s; the host "
				  "has too few", (long long)m->memory_bytes >> 20, strerror(errno));
	return 0;
}

int ram_prealloc(struct micro *m)
{
	switch (ram_params(m)->prealloc) {
	case PREALLOC_ON:
		if (madvise(m->mem, m->memory_bytes, MADV_POPULATE_WRITE))
			return micro_fail(m, MICRO_MEMORY, "MADV_POPULATE_WRITE: %s",
					  strerror(errno));
		break;
	case PREALLOC_MLOCK:
		if (mlock(m->mem, m->memory_bytes))
			return micro_fail(m, MICRO_MEMORY, "mlock of %lld MiB: %s; raise "
					  "RLIMIT_MEMLOCK or give the host more memory",
					  (long long)m->memory_bytes >> 20, strerror(errno));
		break;
	}
	return 0;
}
