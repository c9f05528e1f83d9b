// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm.h>
#include <stddef.h>

#include "launchphase.h"

static const struct {
	uint32_t cmd;
	enum phase phase;
} ioctl_phases[] = {
	{ KVM_MEMORY_ENCRYPT_REG_REGION, PHASE_REGISTER },
	{ KVM_MEMORY_ENCRYPT_OP, PHASE_LAUNCH },
};

bool launchphase_enter(struct launchphase *l, uint32_t tid, uint32_t cmd, enum phase *phase)
{
	if (l->running || l->tid)
		return false;
	for (size_t i = 0; i < sizeof(ioctl_phases) / sizeof(ioctl_phases[0]); i++) {
		if (ioctl_phases[i].cmd != cmd)
			continue;
		l->tid = tid;
		*phase = ioctl_phases[i].phase;
		return true;
	}
	return false;
}

bool launchphase_exit(struct launchphase *l, uint32_t tid, enum phase *phase)
{
	if (l->running || l->tid != tid)
		return false;
	l->tid = 0;
	*phase = PHASE_DEFINE;
	return true;
}

bool launchphase_run(struct launchphase *l, enum phase *phase)
{
	if (l->running)
		return false;
	l->running = true;
	*phase = PHASE_FIRMWARE;
	return true;
}
