// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"
#include "run_json.h"
#include "util.h"

#define NAME_TRIES	1000

int run_lock(const char *dir, int *fd, char *err)
{
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return errf(err, -errno, "%s: %s", path_shown(dir), strerror(errno));
	if (!flock(*fd, LOCK_EX | LOCK_NB))
		return 0;
	close(*fd);
	*fd = -1;
	return errf(err, -EBUSY, "%s: another runner is at work on it", path_shown(dir));
}

static int make_tmp(struct run *r, char *err)
{
	r->tmp_dir = xasprintf("%s/.tmp", r->dir);
	dir_remove(r->tmp_dir);		/* of a runner that was killed */
	return dir_make(r->tmp_dir, err);
}

/* RESULTS/TIME-NAME, with a number behind it if that exists. */
static int make_dir(struct run *r, char *err)
{
	char stamp[32];
	struct tm tm;
	int ret;

	r->made_results = access(r->settings->results, F_OK);
	ret = dir_make(r->settings->results, err);
	gmtime_r(&r->started, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	for (int i = 1; !ret && i < NAME_TRIES; i++) {
		free(r->name);
		free(r->dir);
		r->name = i == 1 ? xasprintf("%s-%s", stamp, r->config_name) :
			xasprintf("%s-%s-%d", stamp, r->config_name, i);
		r->dir = xasprintf("%s/%s", r->settings->results, r->name);
		if (!mkdir(r->dir, 0777)) {
			r->created = true;
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	return ret ? ret : errf(err, -errno, "%s: %s", path_shown(r->dir), strerror(errno));
}

int run_create(struct run *r, const struct settings *s, struct request *request, char *err)
{
	int ret;

	*r = (struct run){ .settings = s, .dir_fd = -1, .started = time(NULL) };
	r->config_name = xstrdup(request->config.name);
	r->config_text = xstrdup(request->config.text);
	r->plan = request->plan;
	request->plan = (struct plan){ .nr = 0 };
	ret = make_dir(r, err);
	if (!ret)
		ret = run_lock(r->dir, &r->dir_fd, err);
	if (!ret)
		ret = make_tmp(r, err);
	if (ret)
		run_close(r);
	return ret;
}

static int check_run(const char *dir, const char *name, char *err)
{
	char *json = xasprintf("%s/run.json", dir);
	int ret = access(json, R_OK) ? -errno : 0;

	if (ret)
		errf(err, ret, "no run '%.200s': %s: %s", name, path_shown(json), strerror(-ret));
	free(json);
	return ret;
}

int run_find(const char *results, const char *name, char **dir, char *err)
{
	bool path = strchr(name, '/');
	int ret;

	*dir = path ? path_absolute(name) : xasprintf("%s/%s", results, name);
	for (size_t n = strlen(*dir); n > 1 && (*dir)[n - 1] == '/'; n--)
		(*dir)[n - 1] = '\0';
	ret = check_run(*dir, name, err);
	if (ret && !path && !access(name, F_OK)) {
		free(*dir);
		*dir = path_absolute(name);
		ret = check_run(*dir, name, err);
	}
	if (ret) {
		free(*dir);
		*dir = NULL;
	}
	return ret;
}

/* Count the executions that are there. */
static void count_kept(struct run *r)
{
	for (size_t i = 0; i < r->plan.nr; i++) {
		for (int repeat = 1; repeat <= r->plan.repeats; repeat++) {
			bool reused;
			int status = run_json_status(r, &r->plan.cells[i], repeat, &reused);

			if (status < 0)
				continue;
			r->by_status[status]++;
			r->reused += reused;
		}
	}
}

int run_open(struct run *r, const struct settings *s, const char *name, char *err)
{
	int ret;

	*r = (struct run){ .settings = s, .dir_fd = -1, .kept = true };
	ret = run_find(s->results, name, &r->dir, err);
	if (ret)
		return ret;
	r->name = xstrdup(strrchr(r->dir, '/') + 1);
	ret = run_lock(r->dir, &r->dir_fd, err);
	if (!ret)
		ret = run_json_load(r, err);
	if (!ret)
		ret = make_tmp(r, err);
	if (ret)
		run_close(r);
	else
		count_kept(r);
	return ret;
}

static char *cell_dir(const struct run *r, const struct cell *c, int repeat)
{
	return xasprintf("%s/cells/%s/%d", r->dir, c->id, repeat);
}

bool run_has(const struct run *r, const struct cell *c, int repeat)
{
	bool reused;

	return run_json_status(r, c, repeat, &reused) >= 0;
}

int run_place(struct run *r, const struct cell *c, int repeat, enum status status, const char *dir,
	      char *err)
{
	char *target = cell_dir(r, c, repeat), *parent = xasprintf("%s/cells/%s", r->dir, c->id);
	int ret = dir_make(parent, err);

	if (!ret)
		dir_remove(target);	/* what a crash of the machine left of it */
	if (!ret && rename(dir, target))
		ret = errf(err, -errno, "%s: %s", path_shown(target), strerror(errno));
	if (!ret) {
		r->kept = true;
		r->by_status[status]++;
	} else {
		rmdir(parent);
	}
	free(parent);
	free(target);
	return ret;
}

int run_keep(struct run *r, const struct cell *c, int repeat, enum status status, const char *dir,
	     char *err)
{
	return dir_sync(dir, err) ?: run_place(r, c, repeat, status, dir, err);
}

size_t run_done(const struct run *r)
{
	size_t n = 0;

	for (int i = 0; i < STATUSES; i++)
		n += r->by_status[i];
	return n;
}

void run_close(struct run *r)
{
	if (r->tmp_dir)
		dir_remove(r->tmp_dir);
	if (r->created && !r->kept) {
		dir_remove(r->dir);
		if (r->made_results)
			rmdir(r->settings->results);
	}
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	plan_free(&r->plan);
	json_decref(r->earlier);
	free(r->config_name);
	free(r->config_text);
	free(r->tmp_dir);
	free(r->name);
	free(r->dir);
	memset(r, 0, sizeof(*r));
	r->dir_fd = -1;
}
