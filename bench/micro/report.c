// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "micro.h"

uint64_t report_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void report_phase(struct report *r, enum phase phase)
{
	if (r->nr_marks < REPORT_MARKS)
		r->marks[r->nr_marks++] = (struct record_phase){
			.t_ns = report_now_ns(), .phase = phase,
		};
}

int report_metric(struct report *r, const char *name, double value)
{
	struct record_metric rec = { .value = value };

	if (r->out.fd <= 0) {
		printf("%-20s %.0f\n", name, value);
		return 0;
	}
	snprintf(rec.name, sizeof(rec.name), "%s", name);
	return frame_write(&r->out, RECORD_METRIC, &rec, sizeof(rec), NULL, 0);
}

int report_guest(struct report *r, const struct record_guest *g)
{
	if (r->out.fd > 0)
		return frame_write(&r->out, RECORD_GUEST, g, sizeof(*g), NULL, 0);
	printf("guest: start %llu ns, Rss %llu KiB\n", (unsigned long long)g->start_ns,
	       (unsigned long long)g->rss_kib);
	return 0;
}

static void print_mark(const struct record_phase *mark, const struct record_phase *next)
{
	if (next)
		printf("phase %-14s %12llu ns\n", phase_names[mark->phase],
		       (unsigned long long)(next->t_ns - mark->t_ns));
}

int report_flush(struct report *r)
{
	int ret = 0;

	if (r->out.fd <= 0)
		return 0;	/* lengths are printed at the end */
	for (size_t i = 0; !ret && i < r->nr_marks; i++)
		ret = frame_write(&r->out, RECORD_PHASE, &r->marks[i], sizeof(r->marks[i]), NULL,
				  0);
	r->nr_marks = 0;
	return ret;
}

int report_gate(struct report *r, enum phase phase)
{
	struct record_gate gate = { .phase = phase };
	char go;
	ssize_t n;
	int ret;

	if (r->out.fd <= 0)
		return 0;
	ret = report_flush(r);
	if (!ret)
		ret = frame_write(&r->out, RECORD_GATE, &gate, sizeof(gate), NULL, 0);
	if (ret)
		return ret;
	do {
		n = read(r->out.fd, &go, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : -EPIPE;
}

int report_end(struct report *r, enum status status, const char *reason)
{
	struct record_end end = { .status = status };
	int ret;

	if (r->out.fd <= 0) {
		for (size_t i = 0; i < r->nr_marks; i++)
			print_mark(&r->marks[i], i + 1 < r->nr_marks ? &r->marks[i + 1] : NULL);
		return 0;
	}
	snprintf(end.reason, sizeof(end.reason), "%s", reason);
	ret = report_flush(r);
	return ret ? ret : frame_write(&r->out, RECORD_END, &end, sizeof(end), NULL, 0);
}
