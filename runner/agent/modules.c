// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent.h"

#define DEP_MAX		(1 << 20)

static const char *const wanted[] = { "ccp", "kvm", "kvm-amd" };

static const char *module_params(const struct agent *a, const char *file)
{
	static char params[2 * OPT_STR_MAX];
	const char *slash = strrchr(file, '/');

	if (!slash || strcmp(slash, "/kvm.ko"))
		return "";
	snprintf(params, sizeof(params), "tdp_mmu=%d %s", a->cell.mmu == MMU_TDP,
		 a->cell.type == WORKLOAD_SELFTEST ? a->cell.p.selftest.kvm : "");
	return params;
}

static int insert(const struct agent *a, const char *dir, const char *file)
{
	char path[512];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, module_params(a, file), 0) ? -errno : 0;
	close(fd);
	return ret == -EEXIST ? 0 : ret;
}

/* The line of modules.dep for `name`: "a/b/name.ko: a/dep2.ko a/dep1.ko", or NULL. */
static char *find_line(char *deps, const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "/%s.ko:", name);
	for (char *line = deps; line; line = strchr(line, '\n')) {
		char *hit;

		line += *line == '\n';
		hit = strstr(line, file);
		if (!hit)
			return NULL;
		if (hit < line + strcspn(line, ":\n"))
			return line;
	}
	return NULL;
}

/* Dependencies stand behind the module, the last first to be loaded. */
static int load(struct agent *a, const char *dir, char *line)
{
	char *files[32], *save = NULL, copy[4096];
	int n = 0, ret = 0;

	snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "\n"), line);
	*strchr(copy, ':') = ' ';
	for (char *f = strtok_r(copy, " ", &save); f && n < 32; f = strtok_r(NULL, " ", &save))
		files[n++] = f;
	while (n-- && !ret) {
		ret = insert(a, dir, files[n]);
		if (ret)
			agent_fail(a, STATUS_ERROR, "loading %s/%s: %s; the kernel log says why",
				   dir, files[n], strerror(-ret));
	}
	return ret;
}

int modules_load(struct agent *a)
{
	static char deps[DEP_MAX];
	char dir[128], path[160];
	struct utsname u;

	uname(&u);
	snprintf(dir, sizeof(dir), "/lib/modules/%.64s", u.release);
	snprintf(path, sizeof(path), "%s/modules.dep", dir);
	if (file_read(path, deps, sizeof(deps)) < 0)
		return 0;	/* all built in, or loaded already: host_check() tells */
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		char sys[64], *line = find_line(deps, wanted[i]);

		snprintf(sys, sizeof(sys), "/sys/module/%s", wanted[i]);
		if (strchr(sys, '-'))
			*strchr(sys, '-') = '_';
		if (line && access(sys, F_OK) && load(a, dir, line))
			return -1;
	}
	return 0;
}

static int check_kvm(struct agent *a)
{
	int vm, kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0)
		return agent_fail(a, STATUS_ERROR, "/dev/kvm: %s; %s", strerror(errno),
				  errno == EACCES ? "be root or in group kvm" :
				  "enable SVM in the firmware, load kvm-amd");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	close(kvm);
	if (vm < 0)
		return agent_fail(a, STATUS_ERROR, "/dev/kvm opens, but KVM_CREATE_VM: %s",
				  strerror(errno));
	close(vm);
	return 0;
}

/* As it is once kvm-amd is loaded: without nested paging there is no TDP MMU. */
static int check_mmu(struct agent *a)
{
	char text[8] = "";
	enum mmu mmu = MMU_LEGACY;	/* a kernel without the parameter has no other */

	file_read("/sys/module/kvm/parameters/tdp_mmu", text, sizeof(text));
	if (text[0] == 'Y' || text[0] == '1')
		mmu = MMU_TDP;
	emit_remark(a, "kvm.tdp_mmu=%d", mmu == MMU_TDP);
	if (a->cell.mmu == mmu)
		return 0;
	return agent_fail(a, STATUS_ERROR, "the cell wants mmu = %s, but KVM has mmu = %s; load "
			  "kvm with tdp_mmu=%d", mmu_names[a->cell.mmu], mmu_names[mmu],
			  a->cell.mmu == MMU_TDP);
}

int host_check(struct agent *a)
{
	char sev[8] = "";

	if (check_kvm(a) || check_mmu(a))
		return -1;
	file_read("/sys/module/kvm_amd/parameters/sev", sev, sizeof(sev));
	sev[strcspn(sev, "\n")] = '\0';
	emit_remark(a, "kvm_amd.sev=%s", sev[0] ? sev : "(no such parameter)");
	if (!guest_is_sev(a->cell.guest))
		return 0;
	if (sev[0] != 'Y' && sev[0] != '1')
		return agent_fail(a, STATUS_ERROR, "kvm_amd.sev is off; load ccp, then kvm-amd "
				  "with sev=1, with SEV enabled in the firmware");
	if (access("/dev/sev", R_OK | W_OK))
		return agent_fail(a, STATUS_ERROR, "/dev/sev: %s; load ccp, be root",
				  strerror(errno));
	return 0;
}
