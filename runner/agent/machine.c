// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"

/* QEMU's device that is told of a panic, upon which the machine stops. */
#define PVPANIC_ID		"0x1b36 0x0011"
#define PVPANIC_PANICKED	1
#define PAGE_BYTES		4096UL

/* Is it in the sysfs folder dir? Then its address is in *start. */
static bool is_pvpanic(const char *dir, uint64_t *start)
{
	static const char *const files[] = { "vendor", "device", "resource" };
	char path[256], text[3][512], id[64];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%.200s/%s", dir, files[i]);
		if (file_read(path, text[i], sizeof(text[i])) < 0)
			return false;
	}
	snprintf(id, sizeof(id), "%.6s %.6s", text[0], text[1]);
	*start = strtoull(text[2], NULL, 16);
	return !strcmp(id, PVPANIC_ID);
}

/* The register, or NULL. */
static volatile uint8_t *pvpanic_map(void)
{
	volatile uint8_t *reg = NULL;
	uint64_t start;
	glob_t g;

	if (glob("/sys/bus/pci/devices/*", 0, NULL, &g))
		return NULL;
	for (size_t i = 0; i < g.gl_pathc && !reg; i++) {
		char path[256];
		void *page;
		int fd;

		if (!is_pvpanic(g.gl_pathv[i], &start))
			continue;
		snprintf(path, sizeof(path), "%.200s/enable", g.gl_pathv[i]);
		file_write(path, "1");
		snprintf(path, sizeof(path), "%.200s/resource0", g.gl_pathv[i]);
		fd = open(path, O_RDWR | O_CLOEXEC);
		page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (fd >= 0)
			close(fd);
		if (page != MAP_FAILED)
			reg = (uint8_t *)page + start % PAGE_BYTES;
	}
	globfree(&g);
	return reg;
}

int machine_save(struct agent *a)
{
	volatile uint8_t *reg = pvpanic_map();
	struct cell cell;

	if (!reg)
		return agent_fail(a, STATUS_ERROR, "no pvpanic device to stop this machine by: %s",
				  strerror(errno));
	*reg = PVPANIC_PANICKED;
	if (cell_read(a, &cell, CELL_FW_CFG))
		return -1;
	if (strcmp(cell_to_save(&cell).id, cell_to_save(&a->cell).id))
		return agent_fail(a, STATUS_ERROR, "cell %s cannot start from the machine saved "
				  "for %s", cell.id, cell_to_save(&a->cell).id);
	a->cell = cell;
	emit_remark(a, "started from a saved machine");
	return 0;
}
