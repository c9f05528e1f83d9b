// SPDX-License-Identifier: GPL-2.0-only
/*
 * OpenMetrics 1.0 text (https://prometheus.io/docs/specs/om/open_metrics_spec/): gauges of the
 * latest run of each track. A number that was not measured has no sample.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csvfile.h"
#include "site/page.h"
#include "site/site.h"
#include "util.h"

/* A family's name must end in its unit; ours may not hold a space. "" is a number without one. */
static const struct {
	const char *unit, *suffix, *cut;	/* cut: a suffix of our names that says the same */
} units[] = {
	{ "virtual ns", "virtual_ns", "_ns" },
	{ "ns", "ns", "_ns" },
	{ "pages", "pages", "_pages" },
	{ "2M pages", "pages_2m", NULL },
	{ "KiB", "kib", "_kib" },
	{ "KiB/s", "kib_per_s", "_kib_per_s" },
	{ "1/s", "per_s", "_per_s" },
	{ "bytes", "bytes", "_bytes" },
};

static void put_escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			putc('\\', f);
		if (*text == '\n')
			fputs("\\n", f);
		else
			putc(*text, f);
	}
}

static void put_label(FILE *f, const char *name, const char *value, bool first)
{
	fprintf(f, "%s%s=\"", first ? "" : ",", name);
	put_escaped(f, value);
	putc('"', f);
}

static void put_family(FILE *f, const char *name, const char *type, const char *unit,
		       const char *help)
{
	fprintf(f, "# TYPE %s %s\n", name, type);
	if (unit[0])
		fprintf(f, "# UNIT %s %s\n", name, unit);
	fprintf(f, "# HELP %s ", name);
	put_escaped(f, help);
	putc('\n', f);
}

static void put_track_labels(FILE *f, const struct site_track *t)
{
	put_label(f, "config", t->config, true);
	put_label(f, "host", t->host, false);
	put_label(f, "time_unit", t->time_unit, false);
}

static void put_cell_labels(FILE *f, const struct site_track *t, const struct site_series *s)
{
	char memory[32];

	snprintf(memory, sizeof(memory), "%lld", s->memory_mib);
	put_track_labels(f, t);
	put_label(f, "cell", s->id, false);
	put_label(f, "kernel", s->kernel, false);
	put_label(f, "strategy", s->strategy, false);
	put_label(f, "guest", s->guest, false);
	put_label(f, "memory_mib", memory, false);
	put_label(f, "workload", s->workload, false);
}

static char *family_name(const char *metric, const char *unit, const char **suffix)
{
	size_t len = strlen(metric), cut;

	*suffix = "";
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(units[i].unit, unit))
			continue;
		*suffix = units[i].suffix;
		cut = units[i].cut ? strlen(units[i].cut) : 0;
		if (cut && len > cut && !strcmp(metric + len - cut, units[i].cut))
			len -= cut;
	}
	return xasprintf("pinlab_%.*s%s%s", (int)len, metric, **suffix ? "_" : "", *suffix);
}

/* One metric of all tracks that count in this unit. */
static void put_metric(FILE *f, const struct site *s, size_t metric, const char *unit)
{
	char *name = NULL, number[CSV_NUMBER_MAX];
	const char *suffix;

	for (size_t i = 0; i < s->nr_tracks; i++) {
		const struct site_track *t = &s->track[i];

		for (size_t k = 0; k < t->nr_series; k++) {
			double v = site_value(t->latest, t->order[k], metric);

			if (isnan(v) || strcmp(page_unit(t, metric), unit))
				continue;
			if (!name) {
				name = family_name(metrics[metric].name, unit, &suffix);
				put_family(f, name, "gauge", suffix, metrics[metric].what);
			}
			fprintf(f, "%s{", name);
			put_cell_labels(f, t, &t->series[t->order[k]]);
			fprintf(f, "} %s\n", csv_format_number(v, number));
		}
	}
	free(name);
}

static void put_metrics(FILE *f, const struct site *s)
{
	for (size_t m = 0; m < site_nr_metrics(); m++) {
		if (strcmp(metrics[m].unit, "ns")) {
			put_metric(f, s, m, metrics[m].unit);
		} else {
			put_metric(f, s, m, "virtual ns");
			put_metric(f, s, m, "ns");
		}
	}
}

static void put_runs(FILE *f, const struct site *s)
{
	put_family(f, "pinlab_run", "info", "", "the latest run of each config, clock and host");
	for (size_t i = 0; i < s->nr_tracks; i++) {
		const struct site_track *t = &s->track[i];

		fputs("pinlab_run_info{", f);
		put_track_labels(f, t);
		put_label(f, "run", t->latest->name, false);
		put_label(f, "version", site_text(t->latest->json, "version"), false);
		put_label(f, "started", site_text(t->latest->json, "started"), false);
		put_label(f, "baseline", t->baseline ? t->baseline->name : "", false);
		fputs("} 1\n", f);
	}
}

/* What a comparison with the baseline found, by change; nothing where there is none. */
static void put_changes(FILE *f, const struct site *s)
{
	put_family(f, "pinlab_changes", "gauge", "",
		   "metrics that judge, by how they changed against the baseline");
	for (size_t i = 0; i < s->nr_tracks; i++) {
		const struct site_track *t = &s->track[i];

		for (int change = 0; t->compare && change < CHANGES; change++) {
			fputs("pinlab_changes{", f);
			put_track_labels(f, t);
			put_label(f, "change", change_names[change], false);
			fprintf(f, "} %zu\n", compare_count(t->compare, change, true));
		}
	}
}

static void put_statuses(FILE *f, const struct site *s)
{
	put_family(f, "pinlab_cell_passed", "gauge", "",
		   "1 if the cell ended as it should in the latest run, else 0");
	for (size_t i = 0; i < s->nr_tracks; i++) {
		const struct site_track *t = &s->track[i];

		for (size_t k = 0; k < t->nr_series; k++) {
			const struct site_point *p = site_point(t->latest, t->order[k]);

			if (!p)
				continue;
			fputs("pinlab_cell_passed{", f);
			put_cell_labels(f, t, &t->series[t->order[k]]);
			put_label(f, "status", p->status, false);
			fprintf(f, "} %d\n", page_good(p->status));
		}
	}
}

static void put_alerts(FILE *f, const struct site *s)
{
	size_t count[ALERTS] = { 0 };

	for (size_t i = 0; i < s->nr_alerts; i++)
		count[s->alert[i].kind]++;
	put_family(f, "pinlab_alerts", "gauge", "", "alerts of the dashboard, by kind");
	for (int kind = 0; kind < ALERTS; kind++) {
		fputs("pinlab_alerts{", f);
		put_label(f, "kind", alert_names[kind], true);
		fprintf(f, "} %zu\n", count[kind]);
	}
}

int site_openmetrics(const struct site *s, char *err)
{
	struct outfile o;
	int ret = outfile_open(&o, s->out, "metrics.prom", err);

	if (ret)
		return ret;
	put_runs(o.f, s);
	put_alerts(o.f, s);
	put_changes(o.f, s);
	put_statuses(o.f, s);
	put_metrics(o.f, s);
	fputs("# EOF\n", o.f);
	return outfile_close(&o, err);
}
