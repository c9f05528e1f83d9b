// SPDX-License-Identifier: GPL-2.0-only
/* A lab of its own for a test: a temporary folder with kernels, workloads and configs. */
#ifndef PINLAB_TEST_FIXTURE_H
#define PINLAB_TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util.h"

struct fixture {
	char root[64];
	char conf[128];		/* root/test.conf */
};

static inline void fixture_write(const struct fixture *f, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", f->root, name), *dir = xstrdup(path);
	char err[OPT_ERR_MAX];

	*strrchr(dir, '/') = '\0';
	assert_int_equal(dir_make(dir, err), 0);
	assert_int_equal(file_replace(path, text, err), 0);
	free(dir);
	free(path);
}

/* A program that sh runs. */
static inline void fixture_script(const struct fixture *f, const char *name, const char *body)
{
	char *path = xasprintf("%s/%s", f->root, name), *text = xasprintf("#!/bin/sh\n%s\n", body);

	fixture_write(f, name, text);
	assert_int_equal(chmod(path, 0755), 0);
	free(text);
	free(path);
}

static inline int fixture_setup(void **state)
{
	static const char *const files[][2] = {
		{ "kernels/v6.12.kernel", "what = a\nbase = b\nconfig = c\nstrategy = upfront\n" },
		{ "kernels/v6.12-spte.kernel",
		  "what = a\nbase = b\nconfig = c\nstrategy = spte\n" },
		{ "bench/workloads/touch-seq.conf", "type = touch\npattern = sequential\n" },
		{ "bench/workloads/boot.conf", "type = boot\n" },
		{ "bench/workloads/null.conf", "type = null\n" },
		{ "bench/workloads/smoke.conf",
		  "type = selftest\nguests = host\nmemory = 64M\nprogram = sev_smoke_test\n" },
	};
	struct fixture *f = xrealloc(NULL, 1, sizeof(*f));

	strcpy(f->root, "/tmp/pinlab-unit.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	snprintf(f->conf, sizeof(f->conf), "%s/test.conf", f->root);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		fixture_write(f, files[i][0], files[i][1]);
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	dir_remove(f->root);
	free(f);
	return 0;
}

#endif
