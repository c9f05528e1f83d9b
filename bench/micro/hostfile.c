// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hazard.h"

int host_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int host_read(const char *path, char *text, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, len - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return n < 0 ? n : 0;
}

long host_number(const char *path)
{
	char text[64];
	int ret = host_read(path, text, sizeof(text));

	return ret ? ret : strtol(text, NULL, 10);
}

int host_set(struct micro *m, struct hazard *h, const char *path, const char *text)
{
	char *old = h->saved[h->nr_saved].old;
	int ret = host_read(path, old, sizeof(h->saved[0].old));

	if (!ret)
		ret = host_write(path, text);
	if (ret)
		return micro_fail(m, MICRO_HOST, "%s: %s; this host cannot do what the hazard "
				  "needs", path, strerror(-ret));
	snprintf(h->saved[h->nr_saved++].path, HOST_PATH_MAX, "%s", path);
	return 0;
}

void host_restore(struct hazard *h)
{
	while (h->nr_saved--)
		host_write(h->saved[h->nr_saved].path, h->saved[h->nr_saved].old);
	h->nr_saved = 0;
}

long host_free_pages(void)
{
	char text[256], *at;
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	at = strstr(text, "MemFree:");
	return at ? strtol(at + 8, NULL, 10) / 4 : -ENOENT;
}

long host_unused_pages(void)
{
	long free = host_free_pages(), count, pages = 0;
	FILE *zones = fopen("/proc/zoneinfo", "re");
	char line[256];

	if (!zones)
		return -errno;
	while (fgets(line, sizeof(line), zones))
		if (sscanf(line, " count: %ld", &count) == 1)
			pages += count;
	fclose(zones);
	return free < 0 ? free : free + pages;
}

long process_rss_pages(pid_t pid)
{
	char path[64], line[256];
	long kib = -ENOENT;
	FILE *f;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	else
		snprintf(path, sizeof(path), "/proc/self/smaps_rollup");
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (kib < 0 && fgets(line, sizeof(line), f))
		sscanf(line, "Rss: %ld", &kib);
	fclose(f);
	return kib < 0 ? kib : kib / 4;
}
