// SPDX-License-Identifier: GPL-2.0-only
/* The commit that a series is based on, in small repositories with branches, renames and all. */
#include <errno.h>

#include "fixture.h"
#include "patches/base.h"

/*
 * one -> two -> three -> four (main) and two -> side (branch): the series "topic" is made on three;
 * four changes a.c, so that HEAD does not have what the series was made on.
 */
static const char make_repo[] =
	"set -e; exec >log 2>&1\n"
	"export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null\n"
	"export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t\n"
	"export GIT_COMMITTER_EMAIL=t@t\n"
	"n=1000000000\n"
	"commit() { n=$((n + 100)); git add -A; GIT_AUTHOR_DATE=\"$n +0000\" "
	"GIT_COMMITTER_DATE=\"$n +0000\" git commit -q -m \"$1\"; git tag \"$1\"; }\n"
	"git init -q -b main repo; cd repo\n"
	"seq 1 60 >a.c; seq 100 160 >b.c; seq 7 77 >old.c; echo x >README; commit one\n"
	"sed -i 's/^30$/thirty/' a.c; commit two\n"
	"sed -i 's/^150$/b-fifty/' b.c; commit three\n"
	"echo y >README; commit unrelated\n"
	"git checkout -q -b topic\n"
	"sed -i 's/^3$/three/; s/^50$/fifty/' a.c; commit first\n"
	"sed -i 's/^10$/ten/' a.c; seq 5 >new.c; commit second\n"
	"git mv old.c moved.c; sed -i 's/^70$/seventy/' moved.c; echo 6 >>new.c; commit third\n"
	"git format-patch -q -M -o ../series unrelated..topic\n"
	"git format-patch -q -M --base=unrelated --stdout unrelated..topic >../trailer.mbox\n"
	"git format-patch -q -M --base=two --stdout unrelated..topic >../early.mbox\n"
	"git format-patch -q -N --full-index --stdout unrelated..topic >../full.mbox\n"
	"git checkout -q main; sed -i 's/^10$/X/' a.c; commit four\n"
	"git checkout -q -b side two; sed -i 's/^31$/side/' a.c; commit side\n"
	"git checkout -q main; git branch -q -D topic; git tag -d first second third >/dev/null\n";

struct lab {
	struct fixture *f;
	char *repo;
};

static int setup(void **state)
{
	struct lab *l = xrealloc(NULL, 1, sizeof(*l));
	void *f = NULL;
	char *command;

	assert_int_equal(fixture_setup(&f), 0);
	l->f = f;
	fixture_script(l->f, "make-repo", make_repo);
	command = xasprintf("cd %s && ./make-repo || { cat log >&2; exit 1; }", l->f->root);
	assert_int_equal(system(command), 0);
	l->repo = xasprintf("%s/repo", l->f->root);
	free(command);
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	struct lab *l = *state;
	void *f = l->f;

	fixture_teardown(&f);
	free(l->repo);
	free(l);
	return 0;
}

static void run(const struct lab *l, const char *script)
{
	char *command = xasprintf("cd %s && { %s; } >/dev/null", l->f->root, script);

	assert_int_equal(system(command), 0);
	free(command);
}

struct answer {
	struct git git;
	struct series series;
	struct base base;
	struct applied applied;
	char err[OPT_ERR_MAX];
};

static int ask(const struct lab *l, struct answer *a, const char *file, const char *rev)
{
	char *path = xasprintf("%s/%s", l->f->root, file);
	const char *const paths[] = { path };
	int ret;

	memset(a, 0, sizeof(*a));
	ret = git_open(&a->git, l->repo, a->err);
	if (!ret)
		ret = series_read(&a->series, paths, 1, a->err);
	if (!ret)
		ret = base_find(&a->base, &a->series, &a->git, rev, a->err);
	if (!ret && a->base.commit[0])
		ret = series_apply(&a->series, &a->git, a->base.commit, &a->applied, a->err);
	free(path);
	return ret;
}

static void done(struct answer *a)
{
	base_free(&a->base);
	series_free(&a->series);
	git_close(&a->git);
}

static void assert_commit(const struct answer *a, const char *rev)
{
	char id[GIT_ID_MAX], err[OPT_ERR_MAX];

	assert_int_equal(git_commit(&a->git, rev, id, err), 0);
	assert_string_equal(a->base.commit, id);
}

/* 'unrelated' is newer than 'three' and has the same files: it is the base; both are named. */
static void test_blobs(void **state)
{
	static const char *const files[] = { "series", "full.mbox" };
	const struct lab *l = *state;
	char id[GIT_ID_MAX];
	struct answer a;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		assert_int_equal(ask(l, &a, files[i], NULL), 0);
		assert_commit(&a, "unrelated");
		assert_false(a.base.trailer);
		assert_int_equal(a.base.nr, 3);	/* a.c, new.c (none), old.c; not what they made */
		assert_int_equal(a.base.have, 3);
		assert_int_equal(git_commit(&a.git, "two", id, a.err), 0);
		assert_string_equal(a.base.since, id);	/* b.c is not of the series */
		assert_true(a.applied.all);
		assert_int_equal(a.applied.moved, 0);
		assert_int_equal(a.series.nr, 3);
		assert_string_equal(a.series.patches[1].subject, "second");
		done(&a);
	}
}

static void test_trailer(void **state)
{
	struct answer a;

	assert_int_equal(ask(*state, &a, "trailer.mbox", NULL), 0);
	assert_commit(&a, "unrelated");
	assert_true(a.base.trailer);
	assert_true(a.applied.all);
	done(&a);
}

/* A trailer that is wrong is followed, and the blob that is not there is told. */
static void test_wrong_trailer(void **state)
{
	const struct lab *l = *state;
	struct answer a;

	run(l, "sed \"s/^base-commit:.*/base-commit: $(git -C repo rev-parse one)/\" "
	       "trailer.mbox >at-one.mbox");
	assert_int_equal(ask(l, &a, "at-one.mbox", NULL), 0);
	assert_true(a.base.trailer);
	assert_commit(&a, "one");
	assert_int_equal(a.base.have + 1, a.base.nr);
	done(&a);
}

/* A base that is not here is told by the blobs; what it needs before it is counted. */
static void test_trailer_elsewhere(void **state)
{
	const struct lab *l = *state;
	struct answer a;

	run(l, "sed 's/^base-commit: .*/base-commit: 0123456789012345678901234567890123456789/' "
	       "early.mbox >elsewhere.mbox");
	assert_int_equal(ask(l, &a, "elsewhere.mbox", NULL), 0);
	assert_false(a.base.trailer);
	assert_commit(&a, "unrelated");
	assert_string_equal(a.series.base, "0123456789012345678901234567890123456789");
	assert_int_equal(a.series.prerequisites, 2);
	done(&a);
}

static void test_hunk_is_named(void **state)
{
	const struct lab *l = *state;
	struct answer a;

	run(l, "sed \"s/^base-commit:.*/base-commit: $(git -C repo rev-parse four)/\" "
	       "trailer.mbox >at-four.mbox");
	assert_int_equal(ask(l, &a, "at-four.mbox", NULL), 0);
	assert_commit(&a, "four");
	assert_false(a.applied.all);
	assert_int_equal(a.applied.patch, 1);
	assert_string_equal(a.applied.why,
			    "hunk 1 of 1 in a.c (at its line 7) finds other lines there");
	done(&a);
}

/* Only what rev reaches counts; there the nearest is told, with what it lacks. */
static void test_nearest(void **state)
{
	const struct lab *l = *state;
	struct answer a;

	assert_int_equal(ask(l, &a, "series", "one"), 0);
	assert_commit(&a, "one");
	assert_int_equal(a.base.nr, 3);
	assert_int_equal(a.base.have, 2);
	for (size_t i = 0; i < a.base.nr; i++)
		assert_int_equal(preimage_holds(&a.base.needs[i]),
				 strcmp(a.base.needs[i].path, "a.c") != 0);
	done(&a);
	assert_int_equal(ask(l, &a, "series", "side"), 0);
	assert_commit(&a, "two");
	assert_int_equal(a.base.have, 3);
	done(&a);
}

static void test_nothing_known(void **state)
{
	const struct lab *l = *state;
	struct answer a;

	fixture_write(l->f, "foreign.patch",
		      "diff --git a/z.c b/z.c\nindex 0123456789ab..ba9876543210 100644\n"
		      "--- a/z.c\n+++ b/z.c\n@@ -1 +1 @@\n-x\n+y\n");
	assert_int_equal(ask(l, &a, "foreign.patch", NULL), 0);
	assert_string_equal(a.base.commit, "");
	assert_int_equal(a.base.have, 0);
	done(&a);
}

/* A thread as an archive has it: out of order, a reply in between, one mail in base64. */
static void test_thread(void **state)
{
	const struct lab *l = *state;
	struct answer a;

	run(l, "cd series && set -- * && { cat $3 $1; printf 'From x Mon Sep 17 00:00:00 2001\n"
	       "From: r <r@r>\nSubject: Re: [PATCH 1/3] first\n\nYes.\ndiff --git a/q b/q\n"
	       "index 1234567..7654321\n--- a/q\n+++ b/q\n@@ -1 +1 @@\n-x\n+y\n\n'; "
	       "sed '/^$/,$d' $2; printf 'MIME-Version: 1.0\nContent-Type: text/plain; "
	       "charset=UTF-8\nContent-Transfer-Encoding: base64\n\n'; "
	       "sed '1,/^$/d' $2 | base64; } >../thread.mbox");
	if (ask(l, &a, "thread.mbox", NULL))
		fail_msg("%s", a.err);
	assert_int_equal(a.series.nr, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(a.series.patches[i].number, i + 1);
	assert_commit(&a, "unrelated");
	assert_true(a.applied.all);
	done(&a);
}

/* A patch that the others promise is named, whether or not the rest applies without it. */
static void test_not_given(void **state)
{
	static const struct {
		const char *keep, *missing;	/* of the files of series/ */
	} cases[] = {
		{ "$1 $2 $3", NULL }, { "$3 $2 $1", NULL }, { "$1", "2-3 of 3" },
		{ "$1 $2", "3 of 3" }, { "$2 $3", "1 of 3" }, { "$1 $3", "2 of 3" },
		{ "$2", "1, 3 of 3" },
	};
	const struct lab *l = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *script = xasprintf("cd series && set -- * && cat %s >../some.mbox",
					 cases[i].keep);
		char *missing;

		run(l, script);
		free(script);
		if (ask(l, &a, "some.mbox", NULL))
			fail_msg("%s: %s", cases[i].keep, a.err);
		missing = series_missing(&a.series);
		if (cases[i].missing)
			assert_string_equal(missing ?: "none", cases[i].missing);
		else
			assert_null(missing);
		free(missing);
		done(&a);
	}
}

/* As git am, which takes them off. */
static void test_crlf_mail(void **state)
{
	const struct lab *l = *state;
	struct answer a;

	run(l, "sed 's/$/\\r/' full.mbox >crlf.mbox");
	if (ask(l, &a, "crlf.mbox", NULL))
		fail_msg("%s", a.err);
	assert_commit(&a, "unrelated");
	assert_true(a.applied.all);
	done(&a);
}

/* The user's repository is as it was: no object, no index, no ref more. */
static void test_repository_untouched(void **state)
{
	static const char list[] = "find repo -type f | sort | xargs sha256sum";
	const struct lab *l = *state;
	char *before = xasprintf("%s >before", list), *after;
	struct answer a;

	after = xasprintf("%s | cmp - before", list);
	fixture_script(l->f, "list", before);
	fixture_script(l->f, "compare", after);
	run(l, "./list");
	assert_int_equal(ask(l, &a, "series", NULL), 0);
	assert_true(a.applied.all);
	assert_int_equal(strlen(a.applied.tree), 40);
	run(l, "./compare");
	done(&a);
	free(before);
	free(after);
}

/* The same change has the same id wherever it is, as git patch-id has it. */
static void test_patch_ids(void **state)
{
	const struct lab *l = *state;
	struct answer a;
	char *want;

	run(l, "git patch-id --stable <full.mbox | cut -d' ' -f1 >ids");
	assert_int_equal(ask(l, &a, "full.mbox", NULL), 0);
	want = xasprintf("%s\n%s\n%s\n", a.series.patches[0].id, a.series.patches[1].id,
			 a.series.patches[2].id);
	fixture_write(l->f, "found", want);
	run(l, "cmp ids found");
	free(want);
	done(&a);
}

static const struct {
	const char *text, *message;
} mistakes[] = {
	{ "", "neither a mail nor a patch" },
	{ "hello\n", "neither a mail nor a patch" },
	{ "From x Mon Sep 17 00:00:00 2001\nSubject: cover\n\nno diff\n", "no patch in it" },
	{ "From x Mon Sep 17 00:00:00 2001\nSubject: [PATCH] of quilt\n\n--- a/a.c\n+++ b/a.c\n"
	  "@@ -1 +1 @@\n-1\n+one\n", "a diff that git did not make" },
	{ "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-1\n+one\n",
	  "neither a base-commit: trailer nor index lines" },
	{ "diff --git a/a.c b/a.c\nindex nonsense\n--- a/a.c\n", "m.patch:2: no 'index OLD..NEW'" },
	{ "diff --git a/a.c b/a.c\nindex 1234567..2345678 100644\n--- a/a.c\n+++ b/a.c\n"
	  "@@ -1,3 +1,3 @@\n 1\n", "m.patch:6: the patch ends within a hunk" },
	{ "diff --git a/a.c b/a.c\nindex 1234567..2345678 100644\n--- a/a.c\n+++ b/a.c\n"
	  "@@ -x +1 @@\n", "m.patch:5: no hunk" },
	{ "diff --git \"a/a\\tc\" \"b/a\\tc\"\n", "m.patch:1: a name in quotes is not supported" },
	{ "diff --git a/a.c b/a.c\nindex 1234567..2345678 100644\n--- a/a.c\n+++ b/a.c\n"
	  "@@ -1 +1 @@\n-1\n+one\ndiff --git a/a.c b/a.c\nindex 3456789..4567890 100644\n"
	  "--- a/a.c\n+++ b/a.c\n@@ -2 +2 @@\n-2\n+two\n",
	  "is made on another a.c than patch 1 left: a patch is missing, or" },
	{ "From x Mon Sep 17 00:00:00 2001\nSubject: [PATCH 1/4] one\n\n"
	  "diff --git a/a.c b/a.c\nindex 1234567..2345678 100644\n--- a/a.c\n+++ b/a.c\n"
	  "@@ -1 +1 @@\n-1\n+one\n\n"
	  "From x Mon Sep 17 00:00:00 2001\nSubject: [PATCH 03/04 v2] three\n\n"
	  "diff --git a/a.c b/a.c\nindex 3456789..4567890 100644\n--- a/a.c\n+++ b/a.c\n"
	  "@@ -2 +2 @@\n-2\n+two\n",
	  "another a.c than patch 1 left: not given: patch 2, 4 of 4" },
	{ "diff --git a/../../x b/../../x\nindex 1234567..2345678 100644\n",
	  "m.patch:1: a name that leads out of the tree: '../../x'" },
	{ "diff --git a/a.c b/b.c\nrename from a.c\nrename to b/../../b.c\n",
	  "m.patch:3: a name that leads out of the tree: 'b/../../b.c'" },
	{ "diff --git a/a.c b/b.c\nindex 1234567..2345678\n--- a/..\n",
	  "m.patch:3: a name that leads out of the tree: '..'" },
	{ "diff --git a//etc/x b//etc/x\n", "m.patch:1: a name that leads out of the tree: '/etc" },
	{ "From x Mon Sep 17 00:00:00 2001\nSubject: [PATCH 1/2] one\n\n"
	  "diff --git a/..c b/..c\nindex 1234567..2345678 100644\n--- a/..c\n+++ b/..c\n"
	  "@@ -1 +1 @@\n--- a/../x\n+one\n\n"
	  "From x Mon Sep 17 00:00:00 2001\nSubject: [PATCH 2/2] two\n\n"
	  "diff --git a/y/../../x b/y/../../x\nnew file mode 100644\nindex 0000000..4567890\n",
	  "m.patch:15: a name that leads out of the tree: 'y/../../x'" },
	{ "From x Mon Sep 17 00:00:00 2001\nSubject: [PATCH] one\n"
	  "Content-Transfer-Encoding: base64\n\n"
	  "ZGlmZiAtLWdpdCBhLy4uL3ggYi8uLi94Cg==\n\n"
	  "From x Mon Sep 17 00:00:00 2001\nSubject: [PATCH] two\n\nempty\n",
	  "m.patch (mail 1):1: a name that leads out of the tree: '../x'" },
};

static void test_mistakes(void **state)
{
	const struct lab *l = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		fixture_write(l->f, "m.patch", mistakes[i].text);
		if (!ask(l, &a, "m.patch", NULL))
			fail_msg("accepted: %s", mistakes[i].text);
		if (!strstr(a.err, mistakes[i].message))
			fail_msg("'%s' is not in '%s'", mistakes[i].message, a.err);
		done(&a);
	}
	assert_int_not_equal(ask(l, &a, "series", "nix"), 0);
	assert_non_null(strstr(a.err, "has no revision 'nix'"));
	done(&a);
	assert_int_not_equal(git_open(&a.git, "/proc", a.err), 0);
	assert_non_null(strstr(a.err, "/proc is no git tree"));
}

static void test_split(void **state)
{
	const struct lab *l = *state;
	char *spec = xasprintf("%s@v6.12", l->repo), *tree;
	const char *rev;

	git_split(spec, &tree, &rev);
	assert_string_equal(tree, l->repo);
	assert_string_equal(rev, "v6.12");
	free(tree);
	git_split(l->repo, &tree, &rev);
	assert_null(rev);
	free(tree);
	free(spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blobs),
		cmocka_unit_test(test_trailer),
		cmocka_unit_test(test_wrong_trailer),
		cmocka_unit_test(test_trailer_elsewhere),
		cmocka_unit_test(test_hunk_is_named),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_not_given),
		cmocka_unit_test(test_crlf_mail),
		cmocka_unit_test(test_repository_untouched),
		cmocka_unit_test(test_patch_ids),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests_name("find_base", tests, setup, teardown);
}
