// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"
#include "util.h"

static int (*const makers[])(struct plots *p, const struct model *m, char *err) = {
	plot_startup_memory,
	plot_startup_phases,
	plot_latency_percentiles,
	plot_latency_cdf,
	plot_timelines,
};

int plots_write(struct plots *p, const struct model *m, const char *data_dir, char *err)
{
	int ret = 0;

	*p = (struct plots){ .data_dir = data_dir };
	for (size_t i = 0; !ret && i < ARRAY_SIZE(makers); i++)
		ret = makers[i](p, m, err);
	return ret;
}

static void plot_free(struct plot *plot)
{
	free((char *)plot->name);
	free((char *)plot->title);
	free((char *)plot->caption);
}

void plots_free(struct plots *p)
{
	for (size_t i = 0; i < p->nr; i++)
		plot_free(&p->plot[i]);
	free(p->plot);
	memset(p, 0, sizeof(*p));
}

static const char repeats_note[] = " With repeats: medians, and bars from the least value to the "
				   "greatest.";

static bool has_repeats(const struct model *m)
{
	for (size_t i = 0; i < m->nr_groups * m->nr_series; i++)
		if (m->cells[i].nr > 1)
			return true;
	return false;
}

int plot_begin(struct plot_input *in, struct plots *p, const struct model *m,
	       const struct plot *plot, char *err)
{
	char *dat = xasprintf("%s.dat", plot->name), *gp = xasprintf("%s.gp", plot->name);
	int ret;

	in->dat.f = in->gp.f = NULL;
	ret = outfile_open(&in->dat, p->data_dir, dat, err);
	if (!ret)
		ret = outfile_open(&in->gp, p->data_dir, gp, err);
	free(dat);
	free(gp);
	if (ret) {
		outfile_abort(&in->dat);
		return ret;
	}
	p->plot = xrealloc(p->plot, p->nr + 1, sizeof(*p->plot));
	p->plot[p->nr++] = (struct plot){
		.name = xstrdup(plot->name), .title = xstrdup(plot->title),
		.caption = xasprintf("%s%s Times are %s.", plot->caption,
				     has_repeats(m) ? repeats_note : "", m->virtual_clock ?
				     "virtual ns: 1 instruction = 1 ns" : "wall-clock ns"),
		.script = plot->script,
	};
	gp_text(&in->gp, "title", plot->title);
	gp_text(&in->gp, "clock_note", m->virtual_clock ?
		"times are in virtual ns (1 instruction = 1 ns)" : "times are in wall-clock ns");
	gp_text(&in->gp, "clock", m->virtual_clock ? "virtual " : "");
	gp_series(&in->gp, m);
	return 0;
}

int plot_end(struct plot_input *in, char *err)
{
	int ret = outfile_close(&in->dat, err);

	if (ret)
		outfile_abort(&in->gp);
	else
		ret = outfile_close(&in->gp, err);
	return ret;
}

void plot_drop(struct plot_input *in, struct plots *p)
{
	outfile_abort(&in->dat);
	outfile_abort(&in->gp);
	plot_free(&p->plot[--p->nr]);
}

/* Single quotes: gnuplot takes all else in them as it is. */
static void put_text(struct outfile *o, const char *text)
{
	putc('\'', o->f);
	for (; *text; text++) {
		if (*text == '\'')
			putc('\'', o->f);
		putc((unsigned char)*text < ' ' ? ' ' : *text, o->f);
	}
	putc('\'', o->f);
}

void gp_text(struct outfile *o, const char *name, const char *text)
{
	fprintf(o->f, "%s = ", name);
	put_text(o, text);
	putc('\n', o->f);
}

void gp_number(struct outfile *o, const char *name, double v)
{
	char text[CSV_NUMBER_MAX];

	fprintf(o->f, "%s = %s\n", name, csv_format_number(v, text));
}

/* gnuplot has no arrays of length 0. */
void gp_texts(struct outfile *o, const char *name, const char *const *text, size_t nr)
{
	fprintf(o->f, "%s_nr = %zu\n", name, nr);
	for (size_t i = 0; i < nr; i++) {
		if (i == 0)
			fprintf(o->f, "array %s[%zu] = [", name, nr);
		else
			fputs(", ", o->f);
		put_text(o, text[i]);
	}
	fputs(nr ? "]\n" : "", o->f);
}

void gp_numbers(struct outfile *o, const char *name, const double *v, size_t nr)
{
	char text[CSV_NUMBER_MAX];

	fprintf(o->f, "%s_nr = %zu\n", name, nr);
	if (nr)
		fprintf(o->f, "array %s[%zu] = [", name, nr);
	for (size_t i = 0; i < nr; i++)
		fprintf(o->f, "%s%s", i ? ", " : "", csv_format_number(v[i], text));
	fputs(nr ? "]\n" : "", o->f);
}

void gp_series(struct outfile *o, const struct model *m)
{
	const char **label = xrealloc(NULL, m->nr_series, sizeof(*label));
	const char **strategy = xrealloc(NULL, m->nr_series, sizeof(*strategy));
	double *variant = xrealloc(NULL, m->nr_series, sizeof(*variant));

	for (size_t i = 0; i < m->nr_series; i++) {
		label[i] = m->series[i].label;
		strategy[i] = m->series[i].strategy;
		variant[i] = m->series[i].variant;
	}
	gp_texts(o, "series_label", label, m->nr_series);
	gp_texts(o, "series_strategy", strategy, m->nr_series);
	gp_numbers(o, "series_variant", variant, m->nr_series);
	free(label);
	free(strategy);
	free(variant);
}

static void dat_separator(struct outfile *o)
{
	if (o->row_started)
		putc(' ', o->f);
	o->row_started = true;
}

void dat_number(struct outfile *o, double v)
{
	char text[CSV_NUMBER_MAX];

	dat_separator(o);
	fputs(csv_format_number(v, text), o->f);
}

void dat_missing(struct outfile *o)
{
	dat_separator(o);
	putc('?', o->f);
}

void dat_end_row(struct outfile *o)
{
	putc('\n', o->f);
	o->row_started = false;
}

void dat_end_block(struct outfile *o)
{
	fputs("\n\n", o->f);
}
