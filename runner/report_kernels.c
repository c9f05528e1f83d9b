// SPDX-License-Identifier: GPL-2.0-only
/* The kernels of a run on its page, as run.json has them: what each one's source is. */
#include <jansson.h>
#include <stdlib.h>

#include "report_html.h"
#include "report_text.h"
#include "util.h"

static void put_id(FILE *f, const json_t *kernel, const char *key)
{
	const char *id = json_string_value(json_object_get(kernel, key));

	fputs("<td class=\"k\">", f);
	html_text(f, id && id[0] ? id : "\u2013");
	fputs("</td>", f);
}

static void put_patches(FILE *f, const json_t *kernel)
{
	const json_t *ids = json_object_get(kernel, "patch_ids"), *p;
	size_t i;

	fputs("<td>", f);
	if (json_array_size(ids))
		fprintf(f, "<details><summary>%zu</summary>", json_array_size(ids));
	json_array_foreach(ids, i, p) {
		const char *id = json_string_value(json_object_get(p, "id"));
		const char *name = json_string_value(json_object_get(p, "patch"));

		fprintf(f, "%s%.12s ", i ? "<br>" : "", id ? id : "");
		html_text(f, name ? name : "");
	}
	fputs(json_array_size(ids) ? "</details></td>" : "\u2013</td>", f);
}

void report_kernels(FILE *f, const char *run_dir)
{
	static const char *const keys[] = {
		"base", "base_version", "base_commit", "commit", "tree", "key",
	};
	char *path = xasprintf("%s/run.json", run_dir);
	json_t *run = json_load_file(path, 0, NULL), *kernel;
	json_t *kernels = json_object_get(run, "kernels");
	const char *name;

	if (json_object_size(kernels)) {
		fputs("<h2>Kernels</h2>\n<div class=\"wide\"><table><thead><tr><th>kernel</th>"
		      "<th>base</th><th>version</th><th>base commit</th><th>commit</th>"
		      "<th>tree</th><th>build</th><th>patch-ids</th></tr></thead><tbody>\n", f);
		json_object_foreach(kernels, name, kernel) {
			fputs("<tr><td class=\"k\">", f);
			html_text(f, name);
			fputs("</td>", f);
			for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
				put_id(f, kernel, keys[i]);
			put_patches(f, kernel);
			fputs("</tr>\n", f);
		}
		fputs("</tbody></table></div>\n<p class=\"dim\"><b>tree</b>: id of the source's "
		      "git tree. <b>patch-ids</b>: git patch-id --stable.</p>\n", f);
	}
	json_decref(run);
	free(path);
}
