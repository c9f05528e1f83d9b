// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "estimate.h"
#include "progress.h"
#include "util.h"

#define DRAW_S		0.25
#define LINE_MAX_CHARS	200

void progress_open(struct progress *p, size_t total, size_t done)
{
	const char *term = getenv("TERM");

	*p = (struct progress){ .total = total, .done = done };
	p->tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
}

void progress_clear(struct progress *p)
{
	if (p->lines)
		fprintf(stderr, "\033[%dA\033[J", p->lines);
	p->lines = 0;
}

void progress_done(struct progress *p, const struct task *t)
{
	const struct execution *ex = &t->ex;

	progress_clear(p);
	p->done++;
	fprintf(stderr, "[%zu/%zu] %-11s %s #%d  %.1f s%s%s\n", p->done, p->total,
		status_names[ex->status], ex->cell->id, ex->repeat, ex->wall_s,
		ex->reason[0] ? ": " : "", ex->reason);
	p->drawn_s = 0;
}

void progress_reused(struct progress *p, const struct cell *c, int repeat, enum status status,
		     const char *run)
{
	fprintf(stderr, "[%zu/%zu] %-11s %s #%d  reused, from %s\n", ++p->done, p->total,
		status_names[status], c->id, repeat, run);
}

static int columns(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) || w.ws_col < 20 || w.ws_col > LINE_MAX_CHARS)
		return 80;
	return w.ws_col;
}

/* A line that does not wrap: it could not be drawn over. */
static void draw_line(struct progress *p, const char *line)
{
	fprintf(stderr, "%.*s\n", columns() - 1, line);
	p->lines++;
}

static void eta_text(double s, char *text, size_t len)
{
	if (s < 0)
		snprintf(text, len, "eta ?");
	else
		snprintf(text, len, "eta %.0f s", s);
}

static void draw_task(struct progress *p, const struct task *t)
{
	double elapsed = now_s() - t->start_s, left = t->estimate_s - elapsed;
	char line[LINE_MAX_CHARS + OPT_STR_MAX], eta[32];

	eta_text(t->estimate_s < 0 ? ESTIMATE_NONE : left > 0 ? left : 0, eta, sizeof(eta));
	snprintf(line, sizeof(line), "  %-10s %5.0f s  %-9s %s #%d",
		 t->signals ? "stopping" : t->begun ? phase_names[t->phase] : "starting", elapsed,
		 eta, t->ex.cell->id, t->ex.repeat);
	draw_line(p, line);
}

bool progress_due(const struct progress *p)
{
	return p->tty && now_s() >= p->drawn_s + DRAW_S;
}

void progress_draw(struct progress *p, const struct task *tasks, size_t nr, double left_s)
{
	char line[LINE_MAX_CHARS], eta[32];

	p->drawn_s = now_s();
	progress_clear(p);
	eta_text(left_s, eta, sizeof(eta));
	snprintf(line, sizeof(line), "%zu of %zu done, %s", p->done, p->total, eta);
	draw_line(p, line);
	for (size_t i = 0; i < nr; i++)
		if (tasks[i].child.pid)
			draw_task(p, &tasks[i]);
}
