// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/psp-sev.h>
#include <string.h>
#include <sys/ioctl.h>

#include "micro.h"

/* Newer than the headers of Debian 12. */
#define VM_TYPE_SEV		2
#define CAP_VM_TYPES		235
#define SEV_INIT2		22
struct sev_init2 {
	uint64_t vmsa_features;
	uint32_t flags;
	uint16_t ghcb_version;
	uint16_t pad1;
	uint32_t pad2[8];
};

static const char *const command_names[] = {
	[KVM_SEV_INIT] = "SEV_INIT",
	[KVM_SEV_LAUNCH_START] = "LAUNCH_START",
	[KVM_SEV_LAUNCH_UPDATE_DATA] = "LAUNCH_UPDATE_DATA",
	[KVM_SEV_LAUNCH_MEASURE] = "LAUNCH_MEASURE",
	[KVM_SEV_GUEST_STATUS] = "GUEST_STATUS",
	[KVM_SEV_DBG_DECRYPT] = "DBG_DECRYPT",
	[KVM_SEV_DBG_ENCRYPT] = "DBG_ENCRYPT",
	[KVM_SEV_LAUNCH_FINISH] = "LAUNCH_FINISH",
	[SEV_INIT2] = "SEV_INIT2",
};

/* AMD's "Secure Encrypted Virtualization API", status codes. */
static const char *const firmware_errors[] = {
	[SEV_RET_SUCCESS] = "SUCCESS",
	[SEV_RET_INVALID_PLATFORM_STATE] = "INVALID_PLATFORM_STATE",
	[SEV_RET_INVALID_GUEST_STATE] = "INVALID_GUEST_STATE",
	[SEV_RET_INAVLID_CONFIG] = "INVALID_CONFIG",
	[SEV_RET_INVALID_LEN] = "INVALID_LEN",
	[SEV_RET_ALREADY_OWNED] = "ALREADY_OWNED",
	[SEV_RET_INVALID_CERTIFICATE] = "INVALID_CERTIFICATE",
	[SEV_RET_POLICY_FAILURE] = "POLICY_FAILURE",
	[SEV_RET_INACTIVE] = "INACTIVE",
	[SEV_RET_INVALID_ADDRESS] = "INVALID_ADDRESS",
	[SEV_RET_BAD_SIGNATURE] = "BAD_SIGNATURE",
	[SEV_RET_BAD_MEASUREMENT] = "BAD_MEASUREMENT",
	[SEV_RET_ASID_OWNED] = "ASID_OWNED",
	[SEV_RET_INVALID_ASID] = "INVALID_ASID",
	[SEV_RET_WBINVD_REQUIRED] = "WBINVD_REQUIRED",
	[SEV_RET_DFFLUSH_REQUIRED] = "DFFLUSH_REQUIRED",
	[SEV_RET_INVALID_GUEST] = "INVALID_GUEST",
	[SEV_RET_INVALID_COMMAND] = "INVALID_COMMAND",
	[SEV_RET_ACTIVE] = "ACTIVE",
	[SEV_RET_HWSEV_RET_PLATFORM] = "HWERROR_PLATFORM",
	[SEV_RET_HWSEV_RET_UNSAFE] = "HWERROR_UNSAFE",
	[SEV_RET_UNSUPPORTED] = "UNSUPPORTED",
	[SEV_RET_INVALID_PARAM] = "INVALID_PARAM",
	[SEV_RET_RESOURCE_LIMIT] = "RESOURCE_LIMIT",
	[SEV_RET_SECURE_DATA_INVALID] = "SECURE_DATA_INVALID",
};

#define NAME(table, i) \
	((i) < sizeof(table) / sizeof(table[0]) && (table)[i] ? (table)[i] : "unknown")

static int sev_try(struct micro *m, uint32_t id, void *data, uint32_t *fw_error)
{
	struct kvm_sev_cmd cmd = { .id = id, .data = (uintptr_t)data, .sev_fd = m->sev_fd };
	int ret = ioctl(m->vm_fd, KVM_MEMORY_ENCRYPT_OP, &cmd) ? -errno : 0;

	*fw_error = cmd.error;
	return ret;
}

static int command_failed(struct micro *m, uint32_t id, int ret, uint32_t fw)
{
	return micro_fail(m, MICRO_SEV_COMMAND, "%s: %s, SEV firmware error %#x (%s)",
			  NAME(command_names, id), strerror(-ret), fw, NAME(firmware_errors, fw));
}

int sev_command(struct micro *m, uint32_t id, void *data)
{
	uint32_t fw = 0;
	int ret = sev_try(m, id, data, &fw);

	return ret ? command_failed(m, id, ret, fw) : 0;
}

static int find_cbit(struct micro *m)
{
	for (uint32_t i = 0; i < m->cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &m->cpuid->entries[i];

		if (e->function != 0x8000001f || !(e->eax & 2))
			continue;
		m->cbit = 1UL << (e->ebx & 63);
		return 0;
	}
	return micro_fail(m, MICRO_NO_SEV,
			  "KVM offers no SEV (CPUID 0x8000001f); load kvm-amd with sev=1");
}

static bool has_sev_type(const struct micro *m)
{
	int types = ioctl(m->kvm_fd, KVM_CHECK_EXTENSION, CAP_VM_TYPES);

	if (m->ops->untyped && m->ops->untyped(m))
		return false;
	return types > 0 && types & 1 << VM_TYPE_SEV;
}

int sev_vm_create_bare(struct micro *m)
{
	if (find_cbit(m))
		return -1;
	m->sev_fd = open("/dev/sev", O_RDWR | O_CLOEXEC);
	if (m->sev_fd < 0)
		return micro_fail(m, MICRO_NO_SEV, "/dev/sev: %s; load ccp", strerror(errno));
	m->vm_fd = ioctl(m->kvm_fd, KVM_CREATE_VM, has_sev_type(m) ? VM_TYPE_SEV : 0);
	if (m->vm_fd < 0)
		return micro_fail(m, MICRO_NO_VM, "/dev/kvm opens, but KVM_CREATE_VM: %s",
				  strerror(errno));
	return 0;
}

/* SEV_INIT2 wants a VM created as an SEV VM; a kernel that has no such type wants SEV_INIT. */
int sev_vm_create(struct micro *m)
{
	struct sev_init2 init2 = { 0 };
	uint32_t fw = 0, id;
	int ret;

	if (sev_vm_create_bare(m))
		return -1;
	id = has_sev_type(m) ? SEV_INIT2 : KVM_SEV_INIT;
	report_phase(&m->report, PHASE_LAUNCH);
	ret = sev_try(m, id, id == SEV_INIT2 ? &init2 : NULL, &fw);
	if (ret == -EBUSY)
		return micro_fail(m, MICRO_NO_ASID, "%s: all ASIDs for SEV guests are taken",
				  command_names[id]);
	if (ret)
		return command_failed(m, id, ret, fw);
	report_phase(&m->report, PHASE_DEFINE);
	return 0;
}

int sev_region(const struct micro *m, unsigned long request, size_t offset, size_t bytes)
{
	struct kvm_enc_region region = { .addr = (uintptr_t)m->mem + offset, .size = bytes };

	return ioctl(m->vm_fd, request, &region) ? -errno : 0;
}

int sev_register(struct micro *m, size_t offset, size_t bytes)
{
	int ret = sev_region(m, KVM_MEMORY_ENCRYPT_REG_REGION, offset, bytes);

	m->registered_bytes += bytes;
	if (!ret)
		return 0;
	return micro_fail(m, MICRO_REGISTER, "KVM_MEMORY_ENCRYPT_REG_REGION of %zu KiB: %s%s",
			  bytes >> 10, strerror(-ret), ret == -ENOMEM ?
			  "; raise RLIMIT_MEMLOCK or give the host more memory" : "");
}

int sev_launch(struct micro *m)
{
	struct kvm_sev_launch_start start = { .policy = 0 };
	struct kvm_sev_launch_update_data update = {
		.uaddr = (uintptr_t)m->mem, .len = m->params.image_pages * GUEST_PAGE,
	};
	uint8_t measurement[64];
	struct kvm_sev_launch_measure measure = {
		.uaddr = (uintptr_t)measurement, .len = sizeof(measurement),
	};

	if (sev_command(m, KVM_SEV_LAUNCH_START, &start) ||
	    sev_command(m, KVM_SEV_LAUNCH_UPDATE_DATA, &update) ||
	    sev_command(m, KVM_SEV_LAUNCH_MEASURE, &measure) ||
	    sev_command(m, KVM_SEV_LAUNCH_FINISH, NULL))
		return -1;
	return 0;
}
