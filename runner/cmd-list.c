// SPDX-License-Identifier: GPL-2.0-only
/* --list: the kernels, workloads, metrics and collectors that there are. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/metric.h"
#include "config.h"
#include "pinlab.h"
#include "strategy.h"
#include "suggest.h"
#include "table.h"

static int list_kernels(const struct settings *s, struct table *t, char *err)
{
	static const char *const columns[] = {
		"kernel", "strategy", "base", "series", "what", NULL
	};
	char **names = lab_names(s->root, "kernels", ".kernel");
	int ret = 0;

	t->columns = columns;
	for (char **n = names; *n && !ret; n++) {
		struct config c = { .root = s->root };
		struct item name = { .at = NULL };
		struct kernel k;

		snprintf(name.text, sizeof(name.text), "%s", *n);
		ret = kernel_load(&c, &name, &k, err);
		if (!ret) {
			table_text(t, "%s", *n);
			table_text(t, "%s", k.strategy);
			table_text(t, "%s", k.base);
			table_text(t, "%s", k.series);
			table_text(t, "%s", k.what);
		}
		config_free(&c);
	}
	names_free(names);
	return ret;
}

/* "pattern=sequential pages=25%,100%": as a cell gets them */
static void add_params(struct table *t, const struct workload *w)
{
	char text[1024] = "";
	size_t n = 0;

	for (size_t i = 0; i < w->nr_params && n < sizeof(text); i++) {
		const struct param_axis *a = &w->params[i];

		n += snprintf(text + n, sizeof(text) - n, "%s%s=", n ? " " : "", a->desc->name);
		if (!a->values.nr && n < sizeof(text))
			n += snprintf(text + n, sizeof(text) - n, "%s", a->desc->def);
		for (size_t v = 0; v < a->values.nr && n < sizeof(text); v++)
			n += snprintf(text + n, sizeof(text) - n, "%s%s", v ? "," : "",
				      a->values.items[v].text);
	}
	table_text(t, "%s", text);
}

static void add_guests(struct table *t, const struct workload_type *type)
{
	char text[64] = "";
	size_t n = 0;

	for (int g = 0; g < GUEST_KINDS; g++)
		if (type->guests & 1u << g)
			n += snprintf(text + n, sizeof(text) - n, "%s%s", n ? "," : "",
				      guest_names[g]);
	table_text(t, "%s", text);
}

static void add_corrupts(struct table *t, const struct workload *w)
{
	char text[64] = "";
	size_t n = 0;

	for (int s = 0; s < STRATEGIES; s++)
		if (w->corrupts & 1u << s)
			n += snprintf(text + n, sizeof(text) - n, "%s%s", n ? "," : "",
				      strategy_names[s]);
	table_text(t, "%s", n ? text : "-");
}

static int list_workloads(const struct settings *s, struct table *t, char *err)
{
	static const char *const columns[] = {
		"workload", "type", "guests", "params", "corrupts", "what", NULL
	};
	char **names = lab_names(s->root, "bench/workloads", ".conf");
	int ret = 0;

	t->columns = columns;
	for (char **n = names; *n && !ret; n++) {
		struct config c = { .root = s->root };
		struct item name = { .at = NULL };
		struct workload w;

		snprintf(name.text, sizeof(name.text), "%s", *n);
		ret = workload_load(&c, &name, &w, err);
		if (!ret) {
			table_text(t, "%s", *n);
			table_text(t, "%s", w.type->name);
			add_guests(t, w.type);
			add_params(t, &w);
			add_corrupts(t, &w);
			table_text(t, "%s", w.what[0] ? w.what : w.type->what);
		}
		workload_free(&w);
		config_free(&c);
	}
	names_free(names);
	return ret;
}

static int list_metrics(const struct settings *s, struct table *t, char *err)
{
	static const char *const columns[] = {
		"metric", "unit", "better", "source", "what", NULL
	};

	(void)s;
	(void)err;
	t->columns = columns;
	for (const struct metric_desc *m = metrics; m->name; m++) {
		table_text(t, "%s", m->name);
		table_text(t, "%s", m->unit);
		table_text(t, "%s", metric_better_names[m->better]);
		table_text(t, "%s", metric_source(m));
		table_text(t, "%s", m->what);
	}
	return 0;
}

static int list_collectors(const struct settings *s, struct table *t, char *err)
{
	static const char *const columns[] = { "collector", "default", "what", NULL };
	const struct opt_desc *d = opt_find(cell_fields, "collectors");
	struct cell c;

	(void)s;
	t->columns = columns;
	if (opt_set(d, &c, d->def, err))
		return -EINVAL;
	for (int i = 0; i < COLLECTORS; i++) {
		table_text(t, "%s", collector_names[i]);
		table_text(t, "%s", c.collectors & 1LL << i ? "on" : "off");
		table_text(t, "%s", collector_texts[i]);
	}
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(const struct settings *s, struct table *t, char *err);
} lists[] = {
	{ "kernels", list_kernels }, { "workloads", list_workloads }, { "metrics", list_metrics },
	{ "collectors", list_collectors },
};

int cmd_list(const struct settings *s)
{
	struct table t = { .columns = NULL };
	char err[OPT_ERR_MAX];
	size_t i = 0;
	int ret;

	while (i < ARRAY_SIZE(lists) && strcmp(lists[i].name, s->arg))
		i++;
	if (i == ARRAY_SIZE(lists))
		return usage_error("--list: found '%s', allowed: %s", s->arg, s->verb->arg);
	ret = lists[i].fn(s, &t, err);
	if (ret)
		usage_error("%s", err);
	else if (s->json)
		table_print_json(&t, lists[i].name, stdout);
	else
		table_print(&t, stdout);
	table_free(&t);
	return ret ? EXIT_USAGE : 0;
}
