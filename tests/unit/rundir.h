// SPDX-License-Identifier: GPL-2.0-only
/* A run's folder as the runner leaves it, made by hand. */
#ifndef PINLAB_TEST_RUNDIR_H
#define PINLAB_TEST_RUNDIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "result.h"
#include "util.h"

#include <cmocka.h>

#define FAULTS_HEADER	"t_ns,phase,gpa,error_code,kind,latency_ns\r\n"
#define TIMELINE_HEADER	"t_ns,phase,rss_kib,pinned_pages\r\n"

struct fixture {
	char *dir, *run;
	char err[OPT_ERR_MAX];
};

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = strdup("/tmp/pinlab-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->run = xasprintf("%s/run<&>", f->dir);
	assert_int_equal(dir_make(f->run, f->err), 0);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	dir_remove(f->dir);
	free(f->dir);
	free(f->run);
	free(f);
	return 0;
}

static inline void put(const struct fixture *f, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", f->run, name);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	free(path);
}

static inline char *get(const struct fixture *f, const char *name)
{
	char *path = xasprintf("%s/%s", f->run, name), *text = NULL, err[OPT_ERR_MAX];

	if (file_read(path, &text, err))
		fail_msg("%s", err);
	free(path);
	return text;
}

static inline bool exists(const struct fixture *f, const char *name)
{
	char *path = xasprintf("%s/%s", f->run, name);
	bool there = !access(path, F_OK);

	free(path);
	return there;
}

struct cell_row {
	const char *guest;	/* NULL: sev */
	const char *id, *kernel, *strategy, *workload, *type, *params, *status, *reason, *metrics;
	int memory_mib, repeat;
};

static inline void put_cell(struct fixture *f, const struct cell_row *c)
{
	char *dir = xasprintf("cells/%s/%d", c->id, c->repeat);
	char *full = xasprintf("%s/%s", f->run, dir), *name;
	char *text = xasprintf(
		"{\"schema\":1,\"cell\":\"%s\",\"kernel\":\"%s\",\"strategy\":\"%s\","
		"\"guest\":\"%s\",\"memory_mib\":%d,\"workload\":\"%s\",\"type\":\"%s\","
		"\"params\":{%s},\"repeat\":%d,\"status\":\"%s\","
		"\"reason\":\"%s\",\"time_unit\":\"virtual ns\",\"phases\":["
		"{\"name\":\"define\",\"t_ns\":0,\"length_ns\":100},"
		"{\"name\":\"workload\",\"t_ns\":100,\"length_ns\":900},"
		"{\"name\":\"done\",\"t_ns\":1000}],\"metrics\":[%s]}",
		c->id, c->kernel, c->strategy, c->guest ?: "sev", c->memory_mib, c->workload,
		c->type, c->params, c->repeat, c->status, c->reason, c->metrics);

	assert_int_equal(dir_make(full, f->err), 0);
	name = xasprintf("%s/cell.json", dir);
	put(f, name, text);
	free(name);
	name = xasprintf("%s/faults.csv", dir);
	put(f, name, FAULTS_HEADER);
	free(name);
	name = xasprintf("%s/timeline.csv", dir);
	put(f, name, TIMELINE_HEADER);
	free(name);
	free(text);
	free(full);
	free(dir);
}

#define METRIC(n, u, v)	"{\"name\":\"" n "\",\"unit\":\"" u "\"," \
			"\"better\":\"lower\",\"value\":" v "}"

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
