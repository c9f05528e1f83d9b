// SPDX-License-Identifier: GPL-2.0-only
/* --reuse: what is taken from an earlier run, what is not, and how it is marked. */
#include <dirent.h>

#include "rig.h"

static int reuse(struct rig *r)
{
	char *verb = xasprintf("--matrix=%s", r->lab.conf);
	int status = finish(r, start(r, verb, "--reuse", "1"));

	free(verb);
	return status;
}

/* The newest run: of one second, the one with the largest number. */
static char *newest(const struct rig *r)
{
	struct dirent **runs;
	int n = scandir(r->out, &runs, NULL, versionsort);
	char *name;

	assert_true(n > 2);
	name = xstrdup(runs[n - 1]->d_name);
	for (int i = 0; i < n; i++)
		free(runs[i]);
	free(runs);
	return name;
}

static json_t *json_of(const struct rig *r, const char *run, const char *file)
{
	char *path = xasprintf("%s/%s/%s", r->out, run, file);
	json_t *j = json_load_file(path, 0, NULL);

	if (!j)
		fail_msg("no %s", path);
	free(path);
	return j;
}

static size_t reused(const struct rig *r, const char *run)
{
	json_t *j = json_of(r, run, "run.json");
	size_t n = json_integer_value(json_object_get(json_object_get(j, "cells"), "reused"));

	json_decref(j);
	return n;
}

static void broken_emulator(struct rig *r)
{
	fixture_script(&r->lab, "built/bin/qemu-system-x86_64",
		       "case $* in *version*) exit ;; esac\nexit 9");
}

#define CELL	"cells/v6.12-host-null/%d"

static ino_t inode(const struct rig *r, const char *run, const char *file)
{
	char *path = xasprintf("%s/%s/" CELL "/%s", r->out, run, 1, file);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	free(path);
	return st.st_ino;
}

static void check_marked(const struct rig *r, const char *run, const char *from)
{
	char *text, *path, *end = xasprintf(",pass,%s\r\n", from), err[OPT_ERR_MAX];
	char *check = xasprintf("cd %s/%s/" CELL " && sha256sum --quiet --strict -c sha256sums",
				r->out, run, 2);

	for (int repeat = 1; repeat <= 2; repeat++) {
		char *name = xasprintf(CELL "/cell.json", repeat);
		json_t *j = json_of(r, run, name);

		assert_string_equal(json_string_value(json_object_get(j, "reused")), from);
		assert_int_equal(json_integer_value(json_object_get(j, "repeat")), repeat);
		json_decref(j);
		free(name);
	}
	path = xasprintf("%s/%s/metrics.csv", r->out, run);
	assert_int_equal(file_read(path, &text, err), 0);
	assert_non_null(strstr(text, end));
	assert_int_equal(system(check), 0);
	free(check);
	free(text);
	free(path);
	free(end);
}

/* No host is started, and each later run tells of the one that measured. */
static void test_reused(void **state)
{
	struct rig *r = *state;
	char *first, *second, *third, *gone, *line;

	emulated(r, "256M", "repeats = 2\n");
	assert_int_equal(matrix(r, "1"), 0);
	first = newest(r);
	assert_int_equal(reused(r, first), 0);
	broken_emulator(r);
	assert_int_equal(reuse(r), 0);
	second = newest(r);
	assert_string_not_equal(first, second);
	assert_int_equal(reused(r, second), 2);
	check_marked(r, second, first);
	assert_int_equal(inode(r, first, "timeline.csv"), inode(r, second, "timeline.csv"));
	line = xasprintf("[2/2] pass        v6.12-host-null #2  reused, from %s\n", first);
	assert_non_null(strstr(r->err, line));
	assert_non_null(strstr(r->said, "\n2 cells (2 reused): 2 passed, 0 failed: "));

	gone = xasprintf("%s/%s", r->out, first);
	dir_remove(gone);
	assert_int_equal(reuse(r), 0);
	third = newest(r);
	check_marked(r, third, first);
	assert_tidy(r);
	free(line);
	free(gone);
	free(first);
	free(second);
	free(third);
}

/* What is changed after a first run, whose config ends with `first`. */
static const struct {
	const char *first, *second;	/* first NULL: as the row before left it */
	const char *play;		/* of the first run's agent */
	const char *script, *builds;	/* whose builds are there for the second */
	size_t reused;
} changes[] = {
	{ "", "", NULL, NULL, NULL, 1 },
	{ NULL, "wall_timeout = 77s\n", NULL, NULL, NULL, 1 },
	{ NULL, "timeout = 77s\n", NULL, NULL, NULL, 0 },
	{ NULL, "sample_interval = 30ms\n", NULL, NULL, NULL, 0 },
	{ NULL, "collectors = npf\n", NULL, NULL, NULL, 0 },
	{ NULL, "seed = 43\n", NULL, NULL, NULL, 0 },
	{ NULL, "[host]\ncpus = 2\n", NULL, NULL, NULL, 0 },
	{ NULL, "[host]\nencrypt = off\n", NULL, NULL, NULL, 0 },
	{ NULL, "", NULL, "kernels/build.sh", "elsewhere/built", 1 },
	{ NULL, "", NULL, "kernels/build.sh", "other", 0 },
	{ NULL, "", NULL, "bench/build.sh", "other", 0 },
	{ NULL, "", NULL, "emulator/build.sh", "other", 0 },
	{ "seed = 44\n", "seed = 44\n", "fail", NULL, NULL, 0 },
	{ "[host]\nclock = wall\n", "[host]\nclock = wall\n", NULL, NULL, NULL, 0 },
};

/* Other builds, with the same in them. */
static void other_builds(struct rig *r)
{
	static const char *const places[] = { "other", "elsewhere/built" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char *copy = xasprintf("mkdir -p %s/%s && cp -R %s/built/. %s/%s", r->lab.root,
				       places[i], r->lab.root, r->lab.root, places[i]);

		assert_int_equal(system(copy), 0);
		free(copy);
	}
}

static void test_changes(void **state)
{
	struct rig *r = *state;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		char *run, *body;

		if (changes[i].first) {
			if (changes[i].play)
				setenv("FAKE_AGENT", changes[i].play, 1);
			emulated(r, "256M", changes[i].first);
			assert_int_equal(matrix(r, "1"), changes[i].play ? 1 : 0);
			unsetenv("FAKE_AGENT");
			other_builds(r);
		}
		emulated(r, "256M", changes[i].second);
		if (changes[i].script) {
			body = xasprintf("echo %s/%s", r->lab.root, changes[i].builds);
			fixture_script(&r->lab, changes[i].script, body);
			free(body);
		}
		if (reuse(r))
			fail_msg("change %zu: %s", i, r->err);
		run = newest(r);
		if (reused(r, run) != changes[i].reused)
			fail_msg("change %zu: %zu reused", i, reused(r, run));
		free(run);
	}
}

/* What happened to a repeat of the earlier run, and what is said of it; the last is whole. */
static const struct { const char *command, *reason; } damages[] = {
	{ "echo x >timeline.csv.new; mv timeline.csv.new timeline.csv",
	  "/1 is not reused: timeline.csv is not as it was written\n" },
	{ ": >faults.csv", "/2 is not reused: faults.csv is not as it was written\n" },
	{ "rm timeline.csv", "/3 is not reused: timeline.csv: No such file or directory\n" },
	{ "sed -i s/unit/untt/ cell.json", "/4 is not reused: cell.json is not as it was" },
	{ "truncate -s 100 cell.json", "/5 is not reused: cell.json:" },
	{ "rm sha256sums", "/6 is not reused: it has no sha256sums\n" },
	{ "sed -i 2d sha256sums", "/7 is not reused: sha256sums does not list " },
	{ "echo cell.json >sha256sums", "/8 is not reused: sha256sums is damaged\n" },
	{ ": >more.log", "/9 is not reused: sha256sums does not list more.log\n" },
	{ ": >more.log; sed -i 1p sha256sums",
	  "/10 is not reused: sha256sums must not list cell.ini, or just once\n" },
	{ "sha256sum sha256sums >>sha256sums",
	  "/11 is not reused: sha256sums must not list sha256sums, or just once\n" },
	{ ":", "null #12  reused, from " },
};

/* What is damaged is told of and measured anew; what else is there is taken. */
static void test_damaged(void **state)
{
	char *more = xasprintf("repeats = %zu\n", ARRAY_SIZE(damages)), *run;
	struct rig *r = *state;

	emulated(r, "256M", more);
	assert_int_equal(matrix(r, "1"), 0);
	run = newest(r);
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		char *command = xasprintf("cd %s/%s/" CELL " && { %s; }", r->out, run, (int)i + 1,
					  damages[i].command);

		assert_int_equal(system(command), 0);
		free(command);
	}
	free(run);
	assert_int_equal(reuse(r), 0);
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++)
		if (!strstr(r->err, damages[i].reason))
			fail_msg("%s: %s", damages[i].reason, r->err);
	run = newest(r);
	assert_int_equal(reused(r, run), 1);
	free(run);
	free(more);
}

/* A run that lacks cells takes them, too; --resume without --reuse takes nothing. */
static void test_resume(void **state)
{
	static const struct { const char *option; int status; size_t reused; } rows[] = {
		{ "--no-plots", 1, 1 }, { "--reuse", 0, 2 },
	};
	struct rig *r = *state;

	emulated(r, "256M", "repeats = 2\n");
	assert_int_equal(matrix(r, "1"), 0);
	broken_emulator(r);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *run, *verb, *lost;

		assert_int_equal(reuse(r), 0);
		run = newest(r);
		lost = xasprintf("%s/%s/" CELL, r->out, run, 1);
		dir_remove(lost);
		verb = xasprintf("--resume=%s", run);
		assert_int_equal(finish(r, start(r, verb, rows[i].option, "1")), rows[i].status);
		assert_int_equal(reused(r, run), rows[i].reused);
		free(lost);
		free(verb);
		free(run);
	}
}

/* Real time is never the same again. */
static void test_wall(void **state)
{
	struct rig *r = *state;
	char *run;

	null_config(r, "");
	assert_int_equal(matrix(r, "1"), 0);
	assert_int_equal(reuse(r), 0);
	assert_non_null(strstr(r->err, "nothing is reused: only the virtual clock"));
	run = newest(r);
	assert_int_equal(reused(r, run), 0);
	free(run);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reused, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_changes, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_damaged, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_resume, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(test_wall, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
