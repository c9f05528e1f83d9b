/* SPDX-License-Identifier: GPL-2.0-only */
/* The mailbox of the PSP, and the huge page where command buffers and data are. */
#ifndef PSP_MAILBOX_H
#define PSP_MAILBOX_H

#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PSP_BAR_BYTES	0x100000
#define REG_CMDRESP	0x10580
#define REG_CMDBUF_LO	0x105e0
#define REG_CMDBUF_HI	0x105e4

#define PAGE_BYTES	0x200000
#define DATA_OFF	0x100000	/* a guest's memory */
#define DATA_BYTES	8192
#define RESULT_OFF	0x180000
#define MEASUREMENT_BYTES	48

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct psp {
	volatile uint8_t *bar;
	uint8_t *page;
	uint64_t page_addr;	/* physical */
	int bad;		/* checks that failed */
};

static inline uint32_t reg_read(const struct psp *psp, uint32_t reg)
{
	return *(volatile uint32_t *)(psp->bar + reg);
}

static inline void reg_write(const struct psp *psp, uint32_t reg, uint32_t val)
{
	*(volatile uint32_t *)(psp->bar + reg) = val;
}

/* Run a command whose buffer is at a physical address; returns its status. */
static inline uint16_t psp_command(const struct psp *psp, uint32_t command, uint64_t addr)
{
	uint16_t status;

	reg_write(psp, REG_CMDBUF_LO, addr);
	reg_write(psp, REG_CMDBUF_HI, addr >> 32);
	__asm__ volatile("" : : : "memory");
	reg_write(psp, REG_CMDRESP, command << 16);
	status = reg_read(psp, REG_CMDRESP);
	__asm__ volatile("" : : : "memory");
	return status;
}

/* One line of a result, counted in psp->bad. */
static inline void expect_status(struct psp *psp, const char *what, uint16_t expected,
				 uint16_t status)
{
	if (status == expected)
		printf("ok %s\n", what);
	else
		printf("BAD %s: status %#x, not %#x\n", what, status, expected);
	psp->bad += status != expected;
}

static inline void expect(struct psp *psp, const char *what, bool holds)
{
	printf("%s %s\n", holds ? "ok" : "BAD", what);
	psp->bad += !holds;
}

/* 0, or -1 if there is no PSP with an idle driver, or no free huge page. */
static inline int psp_open(struct psp *psp)
{
	uint64_t entry;
	glob_t found;
	int fd;

	if (glob("/sys/bus/pci/drivers/ccp/0000:*/resource2", 0, NULL, &found))
		return -1;
	fd = open(found.gl_pathv[0], O_RDWR | O_SYNC);
	globfree(&found);
	psp->bar = mmap(NULL, PSP_BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (psp->bar == MAP_FAILED)
		return -1;
	psp->page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (psp->page == MAP_FAILED)
		return -1;
	fd = open("/proc/self/pagemap", O_RDONLY);
	if (pread(fd, &entry, 8, (uintptr_t)psp->page / 4096 * 8) != 8)
		return -1;
	close(fd);
	psp->page_addr = (entry & ((1ull << 55) - 1)) * 4096;
	psp->bad = 0;
	return 0;
}

/* In psp_memory.c: the modes "views" and "secret TIK TEK". */
int check_views(struct psp *psp, char **args);
int check_secret(struct psp *psp, char **args);

#endif
