// SPDX-License-Identifier: GPL-2.0-only
/* The emulated host: a patched QEMU whose TCG models an SEV machine, one process a cell. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulated.h"
#include "process.h"

/* A host that runs wild must not take the machine along. */
#define SPACE_BYTES	(4LL << 30)	/* beside its memory: translated code, stacks, libraries */
#define FILE_BYTES	(4LL << 30)	/* of console or records */

struct initrd {
	const struct kernel_build *kernel;
	unsigned int layers;
	char *path;
};

struct emulated {
	struct builds builds;
	char *starts;		/* folder of the saved machines */
	struct initrd *initrds;
	size_t nr_initrds;
};

static unsigned int cell_layers(const struct cell *c)
{
	return workload_types[c->type].layers;
}

static int emulated_probe(struct host *h, char *err)
{
	struct emulated *e = xrealloc(NULL, 1, sizeof(*e));
	int ret;

	*e = (struct emulated){ .nr_initrds = 0 };
	h->priv = e;
	ret = builds_find(&e->builds, h->settings->root, h->settings->kernels, err);
	for (size_t i = 0; i < h->plan->nr && !ret; i++) {
		const struct cell *c = &h->plan->cells[i];

		ret = builds_add_kernel(&e->builds, h->settings->root, c->kernel,
					cell_layers(c) & 1 << LAYER_SELFTESTS, err);
	}
	return ret;
}

static const struct initrd *find_initrd(const struct emulated *e, const struct cell *c)
{
	for (size_t i = 0; i < e->nr_initrds; i++)
		if (e->initrds[i].layers == cell_layers(c) &&
		    !strcmp(e->initrds[i].kernel->name, c->kernel))
			return &e->initrds[i];
	return NULL;
}

static int emulated_prepare(struct host *h, const char *tmp_dir, char *err)
{
	struct emulated *e = h->priv;
	int ret;

	e->starts = xasprintf("%s/starts", tmp_dir);
	ret = dir_make(e->starts, err);
	for (size_t i = 0; i < h->plan->nr && !ret; i++) {
		const struct cell *c = &h->plan->cells[i];
		struct initrd new = { .layers = cell_layers(c) };
		char name[32];

		if (find_initrd(e, c))
			continue;
		snprintf(name, sizeof(name), "initrd-%zu.cpio", e->nr_initrds + 1);
		new.kernel = builds_kernel(&e->builds, c->kernel);
		new.path = xasprintf("%s/%s", tmp_dir, name);
		e->initrds = xrealloc(e->initrds, e->nr_initrds + 1, sizeof(new));
		e->initrds[e->nr_initrds++] = new;
		ret = initrd_make(&e->builds, new.kernel, new.layers, tmp_dir, name, err);
	}
	return ret;
}

/* A warm cell's machine is started by warm-start, with the folder of the saved one. */
static void cell_args(const struct host *h, const struct cell *c, const char *initrd,
		      const char *starts, struct strv *argv)
{
	const struct emulated *e = h->priv;
	bool warm = c->start == START_WARM;

	if (warm) {
		strv_add(argv, "%s/runner/warm-start", h->settings->root);
		strv_add(argv, "%s/%s", starts, cell_to_save(c).id);
	}
	emulator_args(argv, &e->builds, builds_kernel(&e->builds, c->kernel), &h->plan->host,
		      warm ? CONSOLE_SAVED : CONSOLE_FILE, c->seed, initrd);
}

static int emulated_start(struct host *h, const struct cell *c, const char *dir,
			  struct host_child *child, char *err)
{
	const struct process_limits limits = {
		.memory_bytes = h->plan->host.memory_bytes + SPACE_BYTES,
		.file_bytes = FILE_BYTES + h->plan->host.memory_bytes,	/* it may be saved */
	};
	const struct emulated *e = h->priv;
	struct strv argv = { .nr = 0 };
	const struct cell saved = cell_to_save(c);
	int ret = c->start == START_WARM ?
		  host_write_cell(&saved, dir, HOST_SAVED_CELL, err) : 0;

	if (ret)
		return ret;
	cell_args(h, c, find_initrd(e, c)->path, e->starts, &argv);
	child->stream_fd = -1;
	ret = process_start(&argv, dir, HOST_LOG, -1, &limits, &child->pid, err);
	strv_free(&argv);
	return ret;
}

static char *emulated_command(const struct host *h, const struct cell *c)
{
	const struct emulated *e = h->priv;
	char *initrd = initrd_command(&e->builds, builds_kernel(&e->builds, c->kernel),
				      cell_layers(c), "initrd.cpio");
	struct strv argv = { .nr = 0 };
	char *line, *command;

	cell_args(h, c, "initrd.cpio", "starts", &argv);
	line = strv_quote(&argv);
	command = xasprintf("%s && %s", initrd, line);
	free(line);
	free(initrd);
	strv_free(&argv);
	return command;
}

/* The first line of the console that tells of the kernel's death; "" if none does. */
static void find_panic(const char *console, char *line, size_t len)
{
	FILE *f = fopen(console, "re");
	char *text = NULL;
	size_t size = 0;

	line[0] = '\0';
	while (f && !line[0] && getline(&text, &size, f) > 0) {
		if (!strstr(text, "Kernel panic") && !strstr(text, "Oops"))
			continue;
		text[strcspn(text, "\r\n")] = '\0';
		snprintf(line, len, "%s", text);
	}
	free(text);
	if (f)
		fclose(f);
}

static enum status emulated_classify(const char *dir, int wait_status, char *reason)
{
	char *console = xasprintf("%s/" HOST_CONSOLE, dir), *log = xasprintf("%s/" HOST_LOG, dir);
	enum status status = STATUS_HOST_PANIC;
	char line[128], how[64];

	find_panic(console, line, sizeof(line));
	if (line[0]) {
		snprintf(reason, RECORD_REASON_MAX, "%s", line);
	} else {
		status = STATUS_HOST_EXIT;
		file_last_line(log, line, sizeof(line));
		if (!line[0])
			file_last_line(console, line, sizeof(line));
		snprintf(reason, RECORD_REASON_MAX,
			 "the host ended without an end record: %s%s%s",
			 process_status_text(wait_status, how, sizeof(how)), line[0] ? ": " : "",
			 line);
	}
	free(console);
	free(log);
	return status;
}

/* The last part of a build's folder is its name and key. */
static const char *folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Builds are named by what went into them; where they lie changes nothing. */
static char *emulated_inputs(const struct host *h, const struct cell *c)
{
	const struct builds *b = &((const struct emulated *)h->priv)->builds;
	const struct kernel_build *k = builds_kernel(b, c->kernel);
	bool warm = c->start == START_WARM;
	struct kernel_build kernel = { .dir = (char *)folder(k->dir) };
	struct builds named = {
		.emulator = (char *)folder(b->emulator), .image = (char *)folder(b->image),
	};
	struct strv argv = { .nr = 0 };
	char *initrd, *line, *inputs;

	if (h->plan->host.clock != CLOCK_VIRTUAL)
		return NULL;
	if (k->selftests)
		kernel.selftests = (char *)folder(k->selftests);
	initrd = initrd_command(&named, &kernel, cell_layers(c), "initrd.cpio");
	emulator_args(&argv, &named, &kernel, &h->plan->host, warm ? CONSOLE_SAVED : CONSOLE_FILE,
		      c->seed, "initrd.cpio");
	line = strv_quote(&argv);
	inputs = xasprintf("%s && %s", initrd, line);
	free(line);
	free(initrd);
	strv_free(&argv);
	return inputs;
}

static json_t *emulator_version(const struct builds *b)
{
	char *qemu = xasprintf("%s/bin/qemu-system-x86_64", b->emulator);
	const char *const argv[] = { qemu, "--version", NULL };
	char out[256], err[OPT_ERR_MAX];
	int ret = command_run(argv, out, sizeof(out), err);

	free(qemu);
	out[strcspn(out, "\n")] = '\0';
	return ret ? json_null() : json_string(out);
}

static json_t *emulated_describe(const struct host *h)
{
	const struct builds *b = &((const struct emulated *)h->priv)->builds;
	json_t *kernels = json_object();

	for (size_t i = 0; i < b->nr_kernels; i++) {
		char *path = xasprintf("%s/kernel.json", b->kernels[i].dir);
		json_t *k = json_load_file(path, 0, NULL);

		if (k && b->kernels[i].selftests)
			json_object_set_new(k, "selftests",
					    json_string(folder(b->kernels[i].selftests)));
		json_object_set_new(kernels, b->kernels[i].name, k ? k : json_null());
		free(path);
	}
	return json_pack("{s:{s:s, s:o}, s:s, s:o}", "emulator", "key", folder(b->emulator),
			 "version", emulator_version(b), "image", folder(b->image),
			 "kernels", kernels);
}

static void emulated_free(struct host *h)
{
	struct emulated *e = h->priv;

	if (!e)
		return;
	for (size_t i = 0; i < e->nr_initrds; i++)
		free(e->initrds[i].path);
	free(e->initrds);
	free(e->starts);
	builds_free(&e->builds);
	free(e);
}

const struct host_ops host_emulated = {
	.name = "emulated",
	.probe = emulated_probe,
	.prepare = emulated_prepare,
	.start = emulated_start,
	.command = emulated_command,
	.classify = emulated_classify,
	.inputs = emulated_inputs,
	.describe = emulated_describe,
	.free = emulated_free,
};
