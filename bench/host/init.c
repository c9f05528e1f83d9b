// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the bench host and of its guests: mounts, names the virtio-serial ports, runs the one
 * program of the image and powers off. /bin/agent makes it a bench host, /bin/probe a guest. A
 * bench host without a cell, or with pinlab.shell on the kernel's command line, gets a shell.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CELL	"/sys/firmware/qemu_fw_cfg/by_name/opt/pinlab/cell/raw"
#define PORTS	"/sys/class/virtio-ports"

/* A port gets its name from the hypervisor after the device has come up. */
#define PORT_WAIT_NS	(10 * 1000 * 1000L)
#define PORT_WAITS	200

static const struct {
	const char *type, *dir;
} mounts[] = {
	{ "proc", "/proc" },
	{ "sysfs", "/sys" },
	{ "devtmpfs", "/dev" },
	{ "tmpfs", "/tmp" },
	{ "debugfs", "/sys/kernel/debug" },
	{ "tracefs", "/sys/kernel/tracing" },
	{ "cgroup2", "/sys/fs/cgroup" },
};

static const char *const shell[] = { "/bin/busybox", "sh", "/etc/shell", NULL };
static const char *const agent[] = { "/bin/agent", NULL };
static const char *const probe[] = { "/bin/probe", NULL };

static void mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0, NULL) && errno != EBUSY)
			fprintf(stderr, "init: mount %s on %s: %m\n", mounts[i].type,
				mounts[i].dir);
	}
}

/*
 * The lab wants the same bytes in each run, and machines without a source of randomness would
 * spend a second of each boot gathering jitter.
 */
static void seed_random(void)
{
	static const struct {
		struct rand_pool_info info;
		unsigned char bytes[32];
	} seed = {
		.info = { .entropy_count = 256, .buf_size = 32 },
		.bytes = "pinlab: a fixed, public seed...",
	};
	int fd = open("/dev/random", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &seed))
		fprintf(stderr, "init: seeding /dev/random: %m\n");
	if (fd >= 0)
		close(fd);
}

/* Reads a small file without its line end; false if there is nothing in it. */
static bool read_line(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	buf[n] = 0;
	buf[strcspn(buf, "\n")] = 0;
	return buf[0];
}

/* Links /dev/virtio-ports/NAME for each named port; the number of ports that have no name yet. */
static int link_ports(void)
{
	char path[512], name[128], dev[300], link[200];
	DIR *dir = opendir(PORTS);
	struct dirent *e;
	int nameless = 0;

	if (!dir)
		return 0;
	mkdir("/dev/virtio-ports", 0755);
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), PORTS "/%s/name", e->d_name);
		if (!read_line(path, name, sizeof(name)) || strchr(name, '/')) {
			nameless++;
			continue;
		}
		snprintf(dev, sizeof(dev), "../%s", e->d_name);
		snprintf(link, sizeof(link), "/dev/virtio-ports/%s", name);
		if (symlink(dev, link) && errno != EEXIST)
			fprintf(stderr, "init: %s: %m\n", link);
	}
	closedir(dir);
	return nameless;
}

static bool have_ports(void)
{
	DIR *dir = opendir("/dev/virtio-ports");
	int n = 0;

	if (!dir)
		return false;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n > 2;
}

static void name_ports(void)
{
	const struct timespec wait = { .tv_nsec = PORT_WAIT_NS };

	for (int i = 0; i < PORT_WAITS; i++) {
		if (!link_ports() && have_ports())
			return;
		nanosleep(&wait, NULL);
	}
}

static bool shell_wanted(void)
{
	char cmdline[4096];

	return access(CELL, R_OK) ||
	       (read_line("/proc/cmdline", cmdline, sizeof(cmdline)) &&
		strstr(cmdline, "pinlab.shell"));
}

static void run(const char *const argv[])
{
	static const char *const env[] = { "PATH=/bin", "HOME=/", "TERM=linux", NULL };
	pid_t pid = fork(), got;
	int status;

	if (!pid) {
		execve(argv[0], (char *const *)argv, (char *const *)env);
		fprintf(stderr, "init: %s: %m\n", argv[0]);
		_exit(127);
	}
	do {
		got = wait(&status);
	} while (got != pid && (got >= 0 || errno == EINTR));
	if (got == pid && status)
		fprintf(stderr, "init: %s ended with wait status %#x\n", argv[0], status);
}

int main(void)
{
	mount_all();
	seed_random();
	name_ports();
	if (!access(probe[0], X_OK))
		run(probe);
	else
		run(shell_wanted() ? shell : agent);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
