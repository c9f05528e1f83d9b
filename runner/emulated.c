// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulated.h"
#include "user_kernel.h"

/*
 * Features of an EPYC that TCG lacks are off, or it warns of each. RDRAND stays: Linux as an SEV
 * guest needs it (sev_verify_cbit), and TCG takes its bits from -seed.
 */
#define CPU	"EPYC,svm=on,npt=on,nrip-save=on,flushbyasid=on,decodeassists=on," \
		"svme-addr-chk=on,vgif=on,-sha-ni,-fxsr-opt,-misalignsse,-3dnowprefetch,-osvw," \
		"-topoext,-xsavec,-rdseed"
#define CMDLINE	"console=ttyS0 panic=-1 nokaslr norandmaps"

#define BUILD_TIMEOUT	"14400"	/* seconds that building a user's kernel may take */

struct layer {
	unsigned int bit;	/* 0: always */
	const char *file;
};

/* In the order in which they are unpacked. */
static const struct layer image_layers[] = {
	{ 0, "host.cpio" },
	{ 1 << LAYER_QEMU, "qemu.cpio" },
	{ 1 << LAYER_TOOLS, "tools.cpio" },
};

/* Ask a build script for an existing build. */
static int ask(const char *root, const char *script, const char *const args[], const char *target,
	       char **dir, char *err)
{
	char out[PATH_MAX], why[OPT_ERR_MAX] = "", *path = xasprintf("%s/%s", root, script);
	const char *argv[8] = { path };
	size_t n = 1;
	int ret;

	while (*args)
		argv[n++] = *args++;
	ret = command_run(argv, out, sizeof(out), why);
	free(path);
	out[strcspn(out, "\n")] = '\0';
	if (ret || !out[0])
		return errf(err, -ENOENT, "%.300s (or: make %s)", why[0] ? why : script, target);
	*dir = xstrdup(out);
	return 0;
}

static bool has_sandbox(const char *emulator)
{
	char *qemu = xasprintf("%s/bin/qemu-system-x86_64", emulator);
	const char *const argv[] = { qemu, "-sandbox", "on", "-version", NULL };
	char out[256], err[OPT_ERR_MAX];
	bool has = !command_run(argv, out, sizeof(out), err);

	free(qemu);
	return has;
}

int builds_find(struct builds *b, const char *root, const char *const *user_kernels, char *err)
{
	static const char *const print[] = { "--print", NULL };
	int ret;

	*b = (struct builds){ .user_kernels = user_kernels };
	ret = ask(root, "emulator/build.sh", print, "emulator", &b->emulator, err);
	if (!ret) {
		const char *const args[] = { "--print", "--emulator", b->emulator, NULL };

		b->sandbox = has_sandbox(b->emulator);
		ret = ask(root, "bench/build.sh", args, "images", &b->image, err);
	}
	return ret;
}

/* A user's kernel is built here and now: what it is may change from one call to the next. */
static int build_user(const struct builds *b, const char *root, const char *name, bool selftests,
		      char **dir, char *err)
{
	char *script = xasprintf("%s/kernels/build.sh", root);
	struct strv argv = { .nr = 0 };
	char out[PATH_MAX];
	int ret;

	strv_add(&argv, "timeout");
	strv_add(&argv, "-k10");
	strv_add(&argv, BUILD_TIMEOUT);
	strv_add(&argv, "%s", script);
	if (selftests)
		strv_add(&argv, "--selftests");
	strv_add(&argv, "--kernel");
	strv_add(&argv, "%s", user_kernel_find(b->user_kernels, name, NULL));
	strv_add(&argv, "%s", name);
	ret = command_run_shown((const char *const *)argv.v, out, sizeof(out), err);
	out[strcspn(out, "\n")] = '\0';
	if (!ret)
		*dir = xstrdup(out);
	strv_free(&argv);
	free(script);
	return ret ? -ENOENT : 0;
}

int builds_add_kernel(struct builds *b, const char *root, const char *name, bool selftests,
		      char *err)
{
	const char *const print[] = { "--print", name, NULL };
	const char *const print_tests[] = { "--print", "--selftests", name, NULL };
	struct kernel_build *k = (struct kernel_build *)builds_kernel(b, name);
	bool user = user_kernel_find(b->user_kernels, name, NULL);
	int ret = 0;

	if (!k) {
		char *dir;

		ret = user ? build_user(b, root, name, false, &dir, err) :
		      ask(root, "kernels/build.sh", print, "kernels", &dir, err);
		if (ret)
			return ret;
		b->kernels = xrealloc(b->kernels, b->nr_kernels + 1, sizeof(*k));
		k = &b->kernels[b->nr_kernels++];
		*k = (struct kernel_build){ .name = xstrdup(name), .dir = dir };
	}
	if (!ret && selftests && !k->selftests && user)
		ret = build_user(b, root, name, true, &k->selftests, err);
	else if (!ret && selftests && !k->selftests)
		ret = ask(root, "kernels/build.sh", print_tests, "selftests", &k->selftests, err);
	return ret;
}

const struct kernel_build *builds_kernel(const struct builds *b, const char *name)
{
	for (size_t i = 0; i < b->nr_kernels; i++)
		if (!strcmp(b->kernels[i].name, name))
			return &b->kernels[i];
	return NULL;
}

void builds_free(struct builds *b)
{
	for (size_t i = 0; i < b->nr_kernels; i++) {
		free(b->kernels[i].name);
		free(b->kernels[i].dir);
		free(b->kernels[i].selftests);
	}
	free(b->kernels);
	free(b->emulator);
	free(b->image);
	memset(b, 0, sizeof(*b));
}

char *initrd_command(const struct builds *b, const struct kernel_build *k, unsigned int layers,
		     const char *initrd)
{
	struct strv cat = { .nr = 0 }, copy = { .nr = 0 };
	char *cat_line, *copy_line, *command;

	strv_add(&cat, "cat");
	for (size_t i = 0; i < ARRAY_SIZE(image_layers); i++)
		if (!image_layers[i].bit || layers & image_layers[i].bit)
			strv_add(&cat, "%s/%s", b->image, image_layers[i].file);
	strv_add(&cat, "%s/modules.cpio", k->dir);
	if (layers & 1 << LAYER_SELFTESTS)
		strv_add(&cat, "%s/selftests.cpio", k->selftests);
	strv_add(&copy, "cp");
	strv_add(&copy, "%s/bzImage", k->dir);
	strv_add(&copy, "guest/");
	cat_line = strv_quote(&cat);
	copy_line = strv_quote(&copy);
	if (layers & 1 << LAYER_GUEST_KERNEL)
		command = xasprintf("mkdir -p guest && %s && touch -d @0 guest guest/bzImage && "
				    "{ %s && printf 'guest\\nguest/bzImage\\n' | "
				    "cpio -o -H newc --reproducible -R 0:0 --quiet; } >%s",
				    copy_line, cat_line, initrd);
	else
		command = xasprintf("%s >%s", cat_line, initrd);
	free(cat_line);
	free(copy_line);
	strv_free(&cat);
	strv_free(&copy);
	return command;
}

int initrd_make(const struct builds *b, const struct kernel_build *k, unsigned int layers,
		const char *dir, const char *initrd, char *err)
{
	char *command = initrd_command(b, k, layers, initrd);
	char *script = xasprintf("cd \"$0\" && %s", command);
	const char *const argv[] = { "sh", "-c", script, dir, NULL };
	char out[64], why[OPT_ERR_MAX] = "";
	int ret = command_run(argv, out, sizeof(out), why);

	free(script);
	free(command);
	return ret ? errf(err, -EIO, "initrd in %.200s: %.200s", path_shown(dir), why) : 0;
}

static void add_machine(struct strv *argv, const struct host_config *host)
{
	strv_add(argv, "-machine");
	strv_add(argv, "q35");
	strv_add(argv, "-accel");
	strv_add(argv, "tcg,thread=single");
	strv_add(argv, "-cpu");
	strv_add(argv, CPU ",phys-bits=%lld,x-sev-host=on,x-sev-cbitpos=%lld,x-sev-asids=%lld%s",
		 (long long)host->c_bit + 1, (long long)host->c_bit, (long long)host->asids,
		 host->c_bit_strip ? "" : ",x-sev-strip-cbit=off");
	strv_add(argv, "-smp");
	strv_add(argv, "%lld", (long long)host->cpus);
	strv_add(argv, "-m");
	strv_add(argv, "%lldM", (long long)host->memory_bytes >> 20);
	if (host->psp) {
		strv_add(argv, "-device");
		strv_add(argv, "amd-psp%s%s", host->encrypt ? "" : ",encrypt=off",
			 host->encrypt_flush ? "" : ",x-flush-on-convert=off");
	}
}

static void add_clock(struct strv *argv, enum clock_mode clock, int64_t seed)
{
	if (clock == CLOCK_VIRTUAL) {
		strv_add(argv, "-icount");
		strv_add(argv, "shift=0,sleep=off");
		strv_add(argv, "-rtc");
		strv_add(argv, "base=2026-01-01,clock=vm");
	}
	strv_add(argv, "-seed");
	strv_add(argv, "%lld", (long long)seed);
}

static void add_channels(struct strv *argv, enum console console)
{
	static const char *const to_file[] = {
		"-chardev", "file,id=console,path=" HOST_CONSOLE,
		"-serial", "chardev:console",
		/* Without ioeventfd the guest's kick is handled at once: deterministic. */
		"-device", "virtio-serial-pci,ioeventfd=off",
		"-chardev", "file,id=agent,path=" HOST_STREAM,
		"-device", "virtserialport,chardev=agent,name=org.pinlab.agent",
		"-fw_cfg", "name=opt/pinlab/cell,file=" HOST_CELL, NULL,
	};
	static const char *const to_stdio[] = {
		"-chardev", "stdio,id=console,signal=off,mux=on",
		"-serial", "chardev:console", "-mon", "chardev=console", NULL,
	};

	/* Its records go on where they were; by pvpanic the agent says when it is to be saved. */
	static const char *const to_append[] = {
		"-chardev", "file,id=console,append=on,path=" HOST_CONSOLE,
		"-serial", "chardev:console",
		"-device", "virtio-serial-pci,ioeventfd=off",
		"-chardev", "file,id=agent,append=on,path=" HOST_STREAM,
		"-device", "virtserialport,chardev=agent,name=org.pinlab.agent",
		"-fw_cfg", "name=opt/pinlab/cell,file=" HOST_CELL,
		"-device", "pvpanic-pci", "-action", "panic=pause", NULL,
	};
	static const char *const *const tables[] = {
		[CONSOLE_FILE] = to_file, [CONSOLE_SAVED] = to_append, [CONSOLE_STDIO] = to_stdio,
	};

	for (const char *const *a = tables[console]; *a; a++)
		strv_add(argv, "%s", *a);
}

void emulator_args(struct strv *argv, const struct builds *b, const struct kernel_build *k,
		   const struct host_config *host, enum console console, int64_t cell_seed,
		   const char *initrd)
{
	strv_add(argv, "%s/bin/qemu-system-x86_64", b->emulator);
	strv_add(argv, "-L");
	strv_add(argv, "%s/share", b->emulator);
	strv_add(argv, "-nodefaults");
	strv_add(argv, "-no-user-config");
	strv_add(argv, "-no-reboot");
	strv_add(argv, "-display");
	strv_add(argv, "none");
	if (b->sandbox) {
		strv_add(argv, "-sandbox");
		strv_add(argv, "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
			 "resourcecontrol=deny");
	}
	add_machine(argv, host);
	add_clock(argv, host->clock, cell_seed);
	strv_add(argv, "-kernel");
	strv_add(argv, "%s/bzImage", k->dir);
	strv_add(argv, "-initrd");
	strv_add(argv, "%s", initrd);
	strv_add(argv, "-append");
	strv_add(argv, CMDLINE "%s%s",
		 host->clock == CLOCK_VIRTUAL ? " tsc_early_khz=1000000" : "",
		 console == CONSOLE_STDIO ? " pinlab.shell" : "");
	add_channels(argv, console);
}
