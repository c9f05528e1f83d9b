// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "memcrypt.h"

#define PCI_DEVICES	"/sys/bus/pci/devices"
#define PSP_MODALIAS	"pci:v00001022d00001456"

#define PCI_STATUS	0x06
#define PCI_STATUS_CAPS	0x10
#define PCI_CAPS	0x34
#define PCI_HEADER	0x40	/* capabilities lie behind it */
#define CAP_VENDOR	0x09
#define CAP_BYTES	(8 + 8 * MEMCRYPT_COUNTERS)
#define CAPS_MAX	((MEMCRYPT_CONFIG_BYTES - PCI_HEADER) / 4)
#define MAGIC		0x4c4e4950
#define VERSION		1

static uint64_t little_endian(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

int memcrypt_parse(const uint8_t *config, size_t len, uint64_t counters[MEMCRYPT_COUNTERS])
{
	size_t at;

	if (len < MEMCRYPT_CONFIG_BYTES || !(config[PCI_STATUS] & PCI_STATUS_CAPS))
		return -ENOENT;
	at = config[PCI_CAPS] & ~3;
	for (int i = 0; at >= PCI_HEADER && i < CAPS_MAX; i++, at = config[at + 1] & ~3) {
		const uint8_t *cap = config + at;

		if (cap[0] != CAP_VENDOR || cap[2] < CAP_BYTES || at + cap[2] > len ||
		    cap[3] != VERSION || little_endian(cap + 4, 4) != MAGIC)
			continue;
		for (int c = 0; c < MEMCRYPT_COUNTERS; c++)
			counters[c] = little_endian(cap + 8 + 8 * c, 8);
		return 0;
	}
	return -ENOENT;
}

static ssize_t read_file(const char *path, void *buf, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, len);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

int memcrypt_psp(char *dir, size_t len)
{
	DIR *devices = opendir(PCI_DEVICES);
	struct dirent *e;
	int ret = -ENOENT;

	while (devices && ret && (e = readdir(devices))) {
		char path[512], alias[64] = "";

		snprintf(path, sizeof(path), PCI_DEVICES "/%s/modalias", e->d_name);
		if (read_file(path, alias, sizeof(alias) - 1) <= 0 ||
		    strncmp(alias, PSP_MODALIAS, strlen(PSP_MODALIAS)))
			continue;
		snprintf(dir, len, PCI_DEVICES "/%s", e->d_name);
		ret = 0;
	}
	if (devices)
		closedir(devices);
	return ret;
}

int memcrypt_read(uint64_t counters[MEMCRYPT_COUNTERS])
{
	uint8_t config[MEMCRYPT_CONFIG_BYTES];
	char dir[256], path[300];
	ssize_t n;

	if (memcrypt_psp(dir, sizeof(dir)))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/config", dir);
	n = read_file(path, config, sizeof(config));
	return n < 0 ? (int)n : memcrypt_parse(config, n, counters);
}
