// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "csvfile.h"
#include "result_internal.h"
#include "sums.h"

/* The first finding stands. */
static void found(struct execution *ex, enum status status, const char *reason)
{
	if (ex->status != STATUS_PASS || status == STATUS_PASS)
		return;
	ex->status = status;
	snprintf(ex->reason, sizeof(ex->reason), "%.*s", (int)sizeof(ex->reason) - 1, reason);
}

static void put_time_phase(struct outfile *o, const struct cell_data *d, uint64_t origin,
			   size_t *cursor, uint64_t t_ns)
{
	int phase = cell_data_phase(d, cursor, t_ns);

	csv_i64(o, (int64_t)(t_ns - origin));
	if (phase == NO_PHASE)
		csv_empty(o);
	else
		csv_text(o, phase_names[phase]);
}

static int write_faults(const struct cell_data *d, const char *dir, char *err)
{
	static const char *const header[] = {
		"t_ns", "phase", "gpa", "error_code", "kind", "latency_ns", "vcpu",
		NULL
	};
	uint64_t origin = cell_data_origin(d);
	size_t cursor = 0;
	struct outfile o;
	int ret = outfile_open(&o, dir, "faults.csv", err);

	if (ret)
		return ret;
	csv_header(&o, header);
	for (size_t i = 0; i < d->nr_faults; i++) {
		const struct record_fault *f = &d->faults[i];

		put_time_phase(&o, d, origin, &cursor, f->t_ns);
		csv_hex(&o, f->gpa);
		csv_hex(&o, f->error_code);
		csv_text(&o, fault_kind_names[f->kind]);
		csv_u64(&o, f->latency_ns);
		csv_u64(&o, f->vcpu);
		csv_end_row(&o);
	}
	return outfile_close(&o, err);
}

static int write_timeline(const struct cell_data *d, const char *dir, char *err)
{
	uint64_t origin = cell_data_origin(d);
	size_t cursor = 0;
	struct outfile o;
	int ret = outfile_open(&o, dir, "timeline.csv", err);

	if (ret)
		return ret;
	csv_text(&o, "t_ns");
	csv_text(&o, "phase");
	csv_header(&o, timeline_columns);
	for (size_t i = 0; i < d->nr_samples; i++) {
		const struct record_sample *s = &d->samples[i];

		put_time_phase(&o, d, origin, &cursor, s->t_ns);
		for (size_t k = 0; k < TIMELINE_COLUMNS; k++) {
			if (s->column[k] == RECORD_MISSING)
				csv_empty(&o);
			else
				csv_i64(&o, s->column[k]);
		}
		csv_end_row(&o);
	}
	return outfile_close(&o, err);
}

/* Only where there are several. */
static int write_guests(const struct cell_data *d, const char *dir, char *err)
{
	static const char *const header[] = {
		"guest", "start_ns", "touch_ns", "rss_kib", "pinned_pages", "mem_free_kib", NULL
	};
	struct outfile o;
	int ret;

	if (!d->nr_guests)
		return 0;
	ret = outfile_open(&o, dir, "guests.csv", err);
	if (ret)
		return ret;
	csv_header(&o, header);
	for (size_t i = 0; i < d->nr_guests; i++) {
		const struct record_guest *g = &d->guests[i];

		csv_u64(&o, i + 1);
		csv_u64(&o, g->start_ns);
		csv_u64(&o, g->touch_ns);
		csv_u64(&o, g->rss_kib);
		csv_i64(&o, g->pinned_pages);
		csv_i64(&o, g->mem_free_kib);
		csv_end_row(&o);
	}
	return outfile_close(&o, err);
}

static int remove_stream(const char *dir, char *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/stream.bin", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (!unlink(path) || errno == ENOENT)
		return 0;
	snprintf(err, OPT_ERR_MAX, "%.300s: cannot remove: %s", path, strerror(errno));
	return -errno;
}

int result_finish(struct execution *ex, const char *dir, char *err)
{
	struct cell_data d;
	bool damaged;
	int ret;

	ret = cell_data_load(&d, dir, err);
	damaged = ret == -EBADMSG;
	if (damaged)
		found(ex, STATUS_BAD_STREAM, err);
	else if (ret)
		goto out;
	else if (!d.ended)
		found(ex, STATUS_HOST_EXIT, d.hello.protocol ?
		      "the bench host ended without an end record" :
		      "the bench host ended without sending anything");
	else
		found(ex, d.end.status, d.end.reason);

	ret = cell_data_derive(&d);
	if (ret) {
		snprintf(err, OPT_ERR_MAX, "%.300s: out of memory", dir);
		goto out;
	}
	result_judge(ex, &d);
	ret = write_faults(&d, dir, err);
	if (!ret)
		ret = write_timeline(&d, dir, err);
	if (!ret)
		ret = write_guests(&d, dir, err);
	if (!ret)
		ret = result_write_touches(&d, dir, err);
	if (!ret)
		ret = result_write_json(ex, &d, dir, err);
	if (!ret && !damaged)
		ret = remove_stream(dir, err);
	if (!ret && ex->key[0])
		ret = sums_write(dir, err);
out:
	cell_data_free(&d);
	return ret;
}
