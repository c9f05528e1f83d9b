// SPDX-License-Identifier: GPL-2.0-only
/* What a user waits for: startup by phase, and startup against memory. */
#include <errno.h>
#include <stdlib.h>

#include "plot.h"
#include "util.h"

/* The parts of startup_ns, in the order of phase_name[] in plots/style.gp from its second on. */
static const char *const startup_metrics[] = {
	"define_ns", "register_ns", "launch_ns", "firmware_ns", "kernel_ns", "userspace_ns",
};

static void put_or_missing(struct outfile *dat, const struct model *m, size_t group, size_t series,
			   const char *metric)
{
	double v;

	if (model_value(m, group, series, metric, &v))
		dat_number(dat, v / 1e6);
	else
		dat_missing(dat);
}

/* A row a bar: series, memory, each phase in ms; least, median, greatest total. */
static bool put_bars(struct outfile *dat, const struct model *m, size_t from, size_t to)
{
	double v, least, most;
	bool any = false;

	for (size_t g = from; g < to; g++) {
		for (size_t s = 0; s < m->nr_series; s++) {
			if (!model_spread(m, g, s, "startup_ns", &v, &least, &most))
				continue;
			dat_number(dat, s + 1);
			dat_number(dat, m->groups[g].memory_mib);
			for (size_t i = 0; i < ARRAY_SIZE(startup_metrics); i++)
				put_or_missing(dat, m, g, s, startup_metrics[i]);
			dat_number(dat, least / 1e6);
			dat_number(dat, v / 1e6);
			dat_number(dat, most / 1e6);
			dat_end_row(dat);
			any = true;
		}
	}
	if (any)
		dat_end_block(dat);
	return any;
}

int plot_startup_phases(struct plots *p, const struct model *m, char *err)
{
	static const struct plot plot = {
		.name = "startup-phases", .script = "startup-phases.gp",
		.title = "Startup by phase",
		.caption = "From the start of the VMM to the start of the workload; the total is "
			   "above each bar.",
	};
	const char **panel = xrealloc(NULL, m->nr_groups, sizeof(*panel));
	struct plot_input in;
	size_t nr = 0, end;
	int ret = plot_begin(&in, p, m, &plot, err);

	for (size_t g = 0; !ret && g < m->nr_groups; g = end) {
		end = model_panel_end(m, g);
		if (put_bars(&in.dat, m, g, end))
			panel[nr++] = m->groups[g].label;
	}
	if (!ret) {
		gp_texts(&in.gp, "panel_title", panel, nr);
		if (nr)
			ret = plot_end(&in, err);
		else
			plot_drop(&in, p);
	}
	free(panel);
	return ret;
}

/* A line: memory, startup in ms: median, least, greatest. */
static bool put_line(struct outfile *dat, const struct model *m, size_t from, size_t to,
		     size_t series)
{
	double v, least, most;
	bool any = false;

	for (size_t g = from; g < to; g++) {
		if (!model_spread(m, g, series, "startup_ns", &v, &least, &most))
			continue;
		dat_number(dat, m->groups[g].memory_mib);
		dat_number(dat, v / 1e6);
		dat_number(dat, least / 1e6);
		dat_number(dat, most / 1e6);
		dat_end_row(dat);
		any = true;
	}
	if (any)
		dat_end_block(dat);
	return any;
}

int plot_startup_memory(struct plots *p, const struct model *m, char *err)
{
	static const struct plot plot = {
		.name = "startup-memory", .script = "startup-memory.gp",
		.title = "Startup against guest memory",
		.caption = "Upfront pinning grows with memory; pinning on demand should not. "
			   "Workloads that ran with several sizes of memory.",
	};
	size_t lines = m->nr_groups * m->nr_series, nr = 0, panels = 0, end;
	const char **panel = xrealloc(NULL, m->nr_groups, sizeof(*panel));
	double *line_panel = xrealloc(NULL, lines, sizeof(double));
	double *line_series = xrealloc(NULL, lines, sizeof(double));
	struct plot_input in;
	int ret = plot_begin(&in, p, m, &plot, err);

	for (size_t g = 0; !ret && g < m->nr_groups; g = end) {
		size_t before = nr;

		end = model_panel_end(m, g);
		if (end == g + 1)	/* of one size: startup by phase shows it */
			continue;
		panel[panels] = m->groups[g].label;
		for (size_t s = 0; s < m->nr_series; s++) {
			if (!put_line(&in.dat, m, g, end, s))
				continue;
			line_panel[nr] = panels + 1;
			line_series[nr++] = s + 1;
		}
		panels += nr > before;
	}
	if (!ret) {
		gp_texts(&in.gp, "panel_title", panel, panels);
		gp_numbers(&in.gp, "line_panel", line_panel, nr);
		gp_numbers(&in.gp, "line_series", line_series, nr);
		if (nr)
			ret = plot_end(&in, err);
		else
			plot_drop(&in, p);
	}
	free(panel);
	free(line_panel);
	free(line_series);
	return ret;
}
