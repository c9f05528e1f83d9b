// SPDX-License-Identifier: GPL-2.0-only
/*
 * --doctor: what this machine can do, and what to fix. Exit status 0 if the emulated host can run
 * default.conf.
 */
#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulated.h"
#include "jobs.h"
#include "kvmcheck.h"
#include "pinlab.h"
#include "result.h"
#include "table.h"

#define CPUID_SEV		0x8000001f
#define CPUID_SEV_EAX_SEV	(1 << 1)
#define DISK_WANTED_BYTES	(20LL << 30)	/* builds, caches and some runs */
#define TEXT_MAX		512

struct doctor {
	const struct settings *settings;
	struct builds builds;
	char found[TEXT_MAX];
	char fix[TEXT_MAX];
};

/* Each check fills found, and fix if there is something to fix; returns 0 if all is well. */

static int check_emulator(struct doctor *d)
{
	if (!d->builds.emulator) {
		strcpy(d->found, "not built");
		strcpy(d->fix, "make emulator");
		return -ENOENT;
	}
	snprintf(d->found, TEXT_MAX, "%s", path_shown(d->builds.emulator));
	return 0;
}

static int check_image(struct doctor *d)
{
	if (!d->builds.image) {
		strcpy(d->found, "not built");
		strcpy(d->fix, "make images");
		return -ENOENT;
	}
	snprintf(d->found, TEXT_MAX, "%s", path_shown(d->builds.image));
	return 0;
}

static int check_kernels(struct doctor *d)
{
	char **names = lab_names(d->settings->root, "kernels", ".kernel");
	size_t built = 0, all = 0, n = 0;

	for (char **k = names; *k; k++, all++) {
		char err[OPT_ERR_MAX];

		if (builds_add_kernel(&d->builds, d->settings->root, *k, false, err))
			continue;
		built++;
		if (n < TEXT_MAX)
			n += snprintf(d->found + n, TEXT_MAX - n, "%s%s", n ? ", " : "", *k);
	}
	names_free(names);
	if (!built)
		strcpy(d->found, "none is built");
	if (built < all)
		strcpy(d->fix, "make kernels");
	return built ? 0 : -ENOENT;
}

static int check_gnuplot(struct doctor *d)
{
	char err[OPT_ERR_MAX];

	if (report_check(err)) {
		snprintf(d->found, TEXT_MAX, "%s", err);
		strcpy(d->fix, "make deps, or run with --no-plots");
		return -ENOENT;
	}
	strcpy(d->found, "writes SVG and PNG");
	return 0;
}

static int check_cpio(struct doctor *d)
{
	const char *const argv[] = { "cpio", "--version", NULL };
	char out[TEXT_MAX], err[OPT_ERR_MAX];

	if (command_run(argv, out, sizeof(out), err)) {
		strcpy(d->found, "none");
		strcpy(d->fix, "make deps");
		return -ENOENT;
	}
	snprintf(d->found, TEXT_MAX, "%.*s", (int)strcspn(out, "\n"), out);
	return 0;
}

static int check_disk(struct doctor *d)
{
	const char *path = access(d->settings->results, F_OK) ? d->settings->root :
			   d->settings->results;
	int64_t have = disk_free_bytes(path);

	snprintf(d->found, TEXT_MAX, "%lld GiB free at %s", (long long)have >> 30,
		 path_shown(path));
	if (have >= DISK_WANTED_BYTES)
		return 0;
	snprintf(d->fix, TEXT_MAX, "free %lld GiB, or -o DIR and PINLAB_CACHE elsewhere",
		 (DISK_WANTED_BYTES - (long long)have) >> 30);
	return -ENOSPC;
}

static int check_memory(struct doctor *d)
{
	struct config c = { .repeats = 1 };
	int64_t have = memory_available_bytes(), one;
	int jobs;

	opt_defaults(matrix_options, &c);
	opt_defaults(host_options, &c.host);
	one = c.host.memory_bytes + HOST_OVERHEAD_BYTES;
	jobs = jobs_default(d->settings, &c.host);
	snprintf(d->found, TEXT_MAX, "%lld MiB free, -j%d takes %lld MiB", (long long)have >> 20,
		 jobs, (long long)(jobs * one) >> 20);
	if (have >= jobs * one)
		return 0;
	snprintf(d->fix, TEXT_MAX, have < one ? "free memory, or lower host_memory" :
		 "-j%lld", (long long)(have / one));
	return -ENOMEM;
}

static int check_kvm(struct doctor *d)
{
	char err[OPT_ERR_MAX];
	int ret = kvm_check(err);

	snprintf(d->found, TEXT_MAX, "%s", ret ? err : "a vCPU ran");
	if (ret)
		strcpy(d->fix, "only for --host local: a machine with AMD-V, kvm_amd loaded");
	return ret;
}

static int check_sev(struct doctor *d)
{
	unsigned int a, b, c, dx;

	strcpy(d->fix, "only for --host local: an EPYC with SEV on in its firmware");
	if (!__get_cpuid(CPUID_SEV, &a, &b, &c, &dx) || !(a & CPUID_SEV_EAX_SEV)) {
		strcpy(d->found, "CPU has no SEV");
		return -ENODEV;
	}
	snprintf(d->found, TEXT_MAX, "CPU has SEV: %u ASIDs, C-bit %u; /dev/sev %s", c, b & 0x3f,
		 access("/dev/sev", R_OK | W_OK) ? strerror(errno) : "can be opened");
	if (access("/dev/sev", R_OK | W_OK))
		return -ENODEV;
	d->fix[0] = '\0';
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct doctor *d);
	bool needed;		/* by the emulated host */
} checks[] = {
	{ "emulator", check_emulator, true },
	{ "images", check_image, true },
	{ "kernels", check_kernels, true },
	{ "gnuplot", check_gnuplot, true },
	{ "cpio", check_cpio, true },
	{ "disk", check_disk, false },
	{ "memory", check_memory, true },
	{ "kvm", check_kvm, false },
	{ "sev", check_sev, false },
};

int cmd_doctor(const struct settings *s)
{
	static const char *const columns[] = { "check", "state", "found", "fix", NULL };
	struct table t = { .columns = columns };
	struct doctor d = { .settings = s };
	char err[OPT_ERR_MAX];
	int status = 0;

	builds_find(&d.builds, s->root, NULL, err);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		int ret;

		d.found[0] = d.fix[0] = '\0';
		ret = checks[i].fn(&d);
		if (ret && checks[i].needed)
			status = EXIT_NOT_PASSED;
		table_text(&t, "%s", checks[i].name);
		table_text(&t, "%s", !ret ? "ok" : checks[i].needed ? "missing" : "no");
		table_text(&t, "%s", d.found);
		table_text(&t, "%s", d.fix);
	}
	if (s->json)
		table_print_json(&t, "checks", stdout);
	else
		table_print(&t, stdout);
	table_free(&t);
	builds_free(&d.builds);
	return status;
}
