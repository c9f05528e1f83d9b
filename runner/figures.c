// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "reuse.h"

#define FIGURES_JSON	"figures.json"

static int is_script(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot && !strcmp(dot, ".gp");
}

static bool add_file(FILE *f, const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name), hex[SHA256_HEX_MAX];
	bool ok = !sha256_file(path, hex);

	if (ok)
		fprintf(f, "%s %s\n", hex, name);
	free(path);
	return ok;
}

static bool add_program(FILE *f)
{
	static const char *const argv[] = { "gnuplot", "--version", NULL };
	char version[100], dir[PATH_MAX], err[OPT_ERR_MAX];
	struct dirent **scripts;
	bool ok;
	int n;

	if (command_run(argv, version, sizeof(version), err) || plots_scripts(dir, err))
		return false;
	fputs(version, f);
	n = scandir(dir, &scripts, is_script, alphasort);
	ok = n > 0 && add_file(f, "/proc/self", "exe");
	for (int i = 0; i < n; i++) {
		ok = ok && add_file(f, dir, scripts[i]->d_name);
		free(scripts[i]);
	}
	if (n >= 0)
		free(scripts);
	return ok;
}

/* Without cell.json, which says where all comes from, and else follows from the others. */
static bool add_sums(FILE *f, const char *dir)
{
	char *path = xasprintf("%s/" SUMS_FILE, dir), *text, err[OPT_ERR_MAX];
	bool ok = !file_read(path, &text, err);

	free(path);
	if (!ok)
		return false;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (!strstr(line, "  cell.json"))
			fprintf(f, "%s\n", line);
	free(text);
	return true;
}

static bool add_cell(FILE *f, const struct run_cell *c, const char *run_dir)
{
	const char *id = run_cell_text(c, "cell"), *key = run_cell_text(c, "key");
	long long repeat = run_cell_int(c, "repeat");
	char *dir = xasprintf("%s/cells/%s/%lld", run_dir, id, repeat);
	bool ok = key[0] && add_sums(f, dir);

	fprintf(f, "%s %lld %s\n", id, repeat, key);
	free(dir);
	return ok;
}

void figures_key(const struct run_cells *run, const char *run_dir, char key[SHA256_HEX_MAX])
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	bool ok = add_program(f);

	for (size_t i = 0; ok && i < run->nr; i++)
		ok = add_cell(f, &run->cell[i], run_dir);
	fclose(f);
	key[0] = '\0';
	if (ok)
		sha256_text(text, len, key);
	free(text);
}

int figures_save(const struct plots *p, const char *key, const char *dir, char *err)
{
	json_t *list = json_array(), *j = json_pack("{s:s, s:o}", "key", key, "figures", list);
	char *path = xasprintf("%s/" FIGURES_JSON, dir), *text;
	int ret;

	for (size_t i = 0; i < p->nr; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", p->plot[i].name,
						      "title", p->plot[i].title,
						      "caption", p->plot[i].caption));
	text = json_dumps(j, JSON_INDENT(2));
	ret = file_replace(path, text, err);
	if (!ret)
		ret = sums_write(dir, err);
	free(text);
	free(path);
	json_decref(j);
	return ret;
}

static bool take_files(const char *from, const char *to)
{
	char err[OPT_ERR_MAX];
	struct strv names;
	bool ok = !dir_make(to, err) && !sums_files(from, &names, err);

	if (!ok)
		return false;
	for (size_t i = 0; ok && i < names.nr; i++) {
		char *src = xasprintf("%s/%s", from, names.v[i]);
		char *dst = xasprintf("%s/%s", to, names.v[i]);

		ok = !file_link(src, dst, err);
		free(src);
		free(dst);
	}
	strv_free(&names);
	return ok;
}

static bool list(struct plots *p, const json_t *j)
{
	const char *name, *title, *caption;
	json_t *figure;
	size_t i;

	json_array_foreach(json_object_get(j, "figures"), i, figure) {
		if (json_unpack(figure, "{s:s, s:s, s:s}", "name", &name, "title", &title,
				"caption", &caption))
			return false;
		p->plot = xrealloc(p->plot, p->nr + 1, sizeof(*p->plot));
		p->plot[p->nr++] = (struct plot){
			.name = xstrdup(name), .title = xstrdup(title), .caption = xstrdup(caption),
		};
	}
	return true;
}

static bool take(struct plots *p, const char *key, const char *from, const char *to)
{
	char *path = xasprintf("%s/" FIGURES_JSON, from), *data = xasprintf("%s/data", from);
	char *sums = xasprintf("%s/" SUMS_FILE, from), *to_sums = xasprintf("%s/" SUMS_FILE, to);
	char *to_data = xasprintf("%s/data", to), err[OPT_ERR_MAX];
	json_t *j = json_load_file(path, 0, NULL);
	const char *have = json_string_value(json_object_get(j, "key"));
	bool ok = have && !strcmp(have, key) && !sums_check(from, err) && take_files(from, to) &&
		  !file_link(sums, to_sums, err) && take_files(data, to_data) && list(p, j);

	json_decref(j);
	free(path);
	free(data);
	free(sums);
	free(to_sums);
	free(to_data);
	return ok;
}

int figures_take(struct plots *p, const char *key, const char *results, const char *dir)
{
	struct dirent **runs;
	int n = reuse_runs(results, &runs), taken = 0;

	for (int i = 0; i < n; i++) {
		char *from = xasprintf("%s/%s/plots", results, runs[i]->d_name);

		if (!taken) {
			taken = take(p, key, from, dir);
			if (!taken) {
				dir_remove(dir);
				plots_free(p);
			}
		}
		free(from);
		free(runs[i]);
	}
	if (n >= 0)
		free(runs);
	return taken;
}
