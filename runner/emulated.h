// SPDX-License-Identifier: GPL-2.0-only
/* The parts of an emulated host: builds, initrds and QEMU's command line. */
#ifndef PINLAB_EMULATED_H
#define PINLAB_EMULATED_H

#include "host.h"
#include "util.h"

struct kernel_build {
	char *name;
	char *dir;		/* as kernels/build.sh prints it */
	char *selftests;	/* NULL if no cell needs them */
};

struct builds {
	char *emulator;		/* the folders that the build scripts print */
	char *image;
	bool sandbox;		/* this QEMU has -sandbox */
	const char *const *user_kernels;	/* built when they are added; may be NULL */
	struct kernel_build *kernels;
	size_t nr_kernels;
};

/*
 * Find existing builds. Returns 0, or -errno with what is not built and the make target in err;
 * what was found stays in *b.
 */
int builds_find(struct builds *b, const char *root, const char *const *user_kernels, char *err);
int builds_add_kernel(struct builds *b, const char *root, const char *name, bool selftests,
		      char *err);
const struct kernel_build *builds_kernel(const struct builds *b, const char *name);
void builds_free(struct builds *b);

/* A shell command that puts the layers together to the file initrd, in the current folder. */
char *initrd_command(const struct builds *b, const struct kernel_build *k, unsigned int layers,
		     const char *initrd);

/* Run initrd_command() in dir. 0 or -errno, err set. */
int initrd_make(const struct builds *b, const struct kernel_build *k, unsigned int layers,
		const char *dir, const char *initrd, char *err);

/* CONSOLE_SAVED: as CONSOLE_FILE, of a machine that can save itself and be resumed. */
enum console { CONSOLE_FILE, CONSOLE_SAVED, CONSOLE_STDIO };

/* QEMU's command line, to be run in a cell's folder. cell_seed is the cell's; see struct cell. */
void emulator_args(struct strv *argv, const struct builds *b, const struct kernel_build *k,
		   const struct host_config *host, enum console console, int64_t cell_seed,
		   const char *initrd);

#endif
