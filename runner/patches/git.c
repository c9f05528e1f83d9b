// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <signal.h>

#include "patches/git.h"

/* A user's settings that change what is printed, or that start programs of his. */
static const char *const settings[] = {
	"--no-pager", "-c", "core.quotePath=off", "-c", "core.fsmonitor=false", "-c",
	"log.showSignature=false", "-c", "diff.renames=false", "-c", "log.diffMerges=separate",
	"-c", "log.mailmap=false",
};

static void set_environment(const struct git *g)
{
	static const char *const unset[] = {
		"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS",
	};

	for (size_t i = 0; i < ARRAY_SIZE(unset); i++)
		unsetenv(unset[i]);
	setenv("LC_ALL", "C", 1);
	setenv("GIT_OPTIONAL_LOCKS", "0", 1);
	setenv("GIT_TERMINAL_PROMPT", "0", 1);
	if (g->index)
		setenv("GIT_INDEX_FILE", g->index, 1);
	if (g->objects) {
		setenv("GIT_OBJECT_DIRECTORY", g->objects, 1);
		setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", g->alternate, 1);
	}
}

/* SIGALRM ends it: an alarm outlives the exec. */
static void exec_git(const struct git *g, int in, int out, int errors, const char *const args[])
{
	struct strv argv = { .nr = 0 };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	dup2(in, 0);
	dup2(out, 1);
	dup2(errors, 2);
	set_environment(g);
	strv_add(&argv, "git");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		strv_add(&argv, "%s", settings[i]);
	if (g->tree) {
		strv_add(&argv, "-C");
		strv_add(&argv, "%s", g->tree);
	}
	while (*args)
		strv_add(&argv, "%s", *args++);
	alarm(GIT_TIMEOUT_S);
	execvp("git", argv.v);
	dprintf(2, "git: %s (apt-get install git)\n", strerror(errno));
	_exit(127);
}

static void close_both(int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int git_start(const struct git *g, struct git_child *c, bool feed, const char *const args[],
	      char *err)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };

	*c = (struct git_child){ .errors_fd = memfd_create("git", MFD_CLOEXEC) };
	if (!feed)
		in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (c->errors_fd < 0 || (feed ? pipe2(in, O_CLOEXEC) : in[0] < 0) ||
	    pipe2(out, O_CLOEXEC))
		goto err_close;
	fflush(NULL);
	c->pid = fork();
	if (c->pid == 0)
		exec_git(g, in[0], out[1], c->errors_fd, args);
	if (c->pid < 0)
		goto err_close;
	close(in[0]);
	close(out[1]);
	c->in = feed ? fdopen(in[1], "w") : NULL;
	c->out = fdopen(out[0], "r");
	if (!c->out || (feed && !c->in))
		abort();
	return 0;

err_close:
	errf(err, -errno, "git: cannot start it: %s", strerror(errno));
	close_both(in);
	close_both(out);
	if (c->errors_fd >= 0)
		close(c->errors_fd);
	return -EAGAIN;
}

static char *read_errors(int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st))
		st.st_size = 0;
	text = xrealloc(NULL, st.st_size + 1, 1);
	n = pread(fd, text, st.st_size, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

int git_end(struct git_child *c, char **errors)
{
	int status = 0;

	if (c->in)
		fclose(c->in);
	fclose(c->out);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (errors)
		*errors = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ?
			  xasprintf("git: no end within %d s", GIT_TIMEOUT_S) :
			  read_errors(c->errors_fd);
	close(c->errors_fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void last_line(char *text, char *err)
{
	size_t len = strlen(text);
	char *start;

	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	start = strrchr(text, '\n');
	snprintf(err, OPT_ERR_MAX, "%s", start ? start + 1 : text);
}

int git_text(const struct git *g, char **out, char *err, const char *const args[])
{
	struct git_child c;
	int ret = git_start(g, &c, false, args, err);
	char buf[4096], *errors;
	size_t n, len;
	FILE *all;

	*out = NULL;
	if (ret)
		return ret;
	all = open_memstream(out, &len);
	if (!all)
		abort();
	while ((n = fread(buf, 1, sizeof(buf), c.out)))
		fwrite(buf, 1, n, all);
	fclose(all);
	if (len && (*out)[len - 1] == '\n')
		(*out)[len - 1] = '\0';
	ret = git_end(&c, &errors);
	if (ret) {
		last_line(errors, err);
		free(*out);
		*out = NULL;
	}
	free(errors);
	return ret;
}

int git_open(struct git *g, const char *tree, char *err)
{
	struct git at = { .tree = (char *)tree };
	char *out, why[OPT_ERR_MAX];

	*g = (struct git){ .tree = NULL };
	if (git_text(&at, &out, why, GIT_ARGS("rev-parse", "--git-dir")))
		return errf(err, -EINVAL, "%s is no git tree: %.300s", tree, why);
	free(out);
	/* A bare repository has no top. */
	if (!git_text(&at, &out, why, GIT_ARGS("rev-parse", "--show-toplevel")))
		g->tree = out;
	else
		g->tree = xstrdup(tree);
	return 0;
}

int git_shadow(struct git *g, const char *dir, char *err)
{
	int ret = git_text(g, &g->alternate, err, GIT_ARGS("rev-parse", "--path-format=absolute",
							   "--git-path", "objects"));

	if (ret)
		return -EINVAL;
	g->index = xasprintf("%s/index", dir);
	g->objects = xasprintf("%s/objects", dir);
	return dir_make(g->objects, err);
}

void git_close(struct git *g)
{
	free(g->tree);
	free(g->index);
	free(g->objects);
	free(g->alternate);
	memset(g, 0, sizeof(*g));
}

int git_commit(const struct git *g, const char *rev, char id[GIT_ID_MAX], char *err)
{
	char *name = xasprintf("%s^{commit}", rev), *out, why[OPT_ERR_MAX];
	int ret = git_text(g, &out, why, GIT_ARGS("rev-parse", "--verify", "--quiet",
						  "--end-of-options", name));

	if (ret)
		errf(err, -EINVAL, "%s has no revision '%s'%s%.200s", g->tree, rev,
		     why[0] ? ": " : "", why);
	else
		snprintf(id, GIT_ID_MAX, "%s", strrchr(out, '\n') ? strrchr(out, '\n') + 1 : out);
	free(out);
	free(name);
	return ret ? -EINVAL : 0;
}

void git_split(const char *spec, char **tree, const char **rev)
{
	const char *at = NULL;
	struct stat st;

	*rev = NULL;
	if (stat(spec, &st)) {
		for (const char *s = strchr(spec, '@'); s && !at; s = strchr(s + 1, '@')) {
			char *path = xasprintf("%.*s", (int)(s - spec), spec);

			if (!stat(path, &st))
				at = s;
			free(path);
		}
		if (!at)
			at = strchr(spec, '@');
	}
	if (at)
		*rev = at + 1;
	*tree = at ? xasprintf("%.*s", (int)(at - spec), spec) : xstrdup(spec);
}
