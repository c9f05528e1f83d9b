// SPDX-License-Identifier: GPL-2.0-only
/* fio: one job, bounded by its size; results from its JSON. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/opt.h"
#include "tool.h"

/* fio's words; a table in workload.c has ours. */
static const char *const rws[] = {
	[FIO_RANDREAD] = "randread",
	[FIO_RANDWRITE] = "randwrite",
	[FIO_RANDRW] = "randrw",
	[FIO_SEQREAD] = "read",
	[FIO_SEQWRITE] = "write",
};

static const char *const engines[] = {
	[FIO_LIBAIO] = "libaio",
	[FIO_IO_URING] = "io_uring",
	[FIO_PSYNC] = "psync",
};

struct number {
	const char *metric;
	const char *path[3];	/* of keys, NULL behind the last */
	double scale;
};

#define DIRECTION(d) { \
	{ "fio_" d "_iops", { "iops" }, 1 }, \
	{ "fio_" d "_kib_per_s", { "bw_bytes" }, 1.0 / 1024 }, \
	{ "fio_" d "_clat_mean_ns", { "clat_ns", "mean" }, 1 }, \
	{ "fio_" d "_clat_p50_ns", { "clat_ns", "percentile", "50.000000" }, 1 }, \
	{ "fio_" d "_clat_p99_ns", { "clat_ns", "percentile", "99.000000" }, 1 }, \
}

static const struct direction {
	const char *key;
	struct number ios;
	struct number numbers[5];
} directions[] = {
	{ "read", { "fio_read_ios", { "total_ios" }, 1 }, DIRECTION("read") },
	{ "write", { "fio_write_ios", { "total_ios" }, 1 }, DIRECTION("write") },
};

static int fio_command(const struct cell *c, char *buf)
{
	const struct fio_params *p = &c->p.fio;
	bool disk = p->target == FIO_DISK;

	return snprintf(buf, TOOL_COMMAND_MAX,
			"fio --name=pinlab --filename=%s --direct=%d --rw=%s --ioengine=%s"
			" --bs=%lld --iodepth=%lld --size=%lld --randseed=%lld --fallocate=none"
			" --percentile_list=50:99 --disk_util=0 --eta=never"
			" --output-format=json --output=/result",
			disk ? "/dev/vda" : "/tmp/fio", disk, rws[p->rw], engines[p->engine],
			(long long)p->bs, (long long)p->depth, (long long)p->size,
			(long long)p->seed);
}

static int number(const json_t *in, const struct number *n, double *v, char *err)
{
	const json_t *at = in;
	const char *key = "";

	for (int i = 0; i < 3 && n->path[i] && at; i++)
		at = json_object_get(at, key = n->path[i]);
	*v = json_number_value(at);
	if (json_is_number(at) && isfinite(*v) && *v >= 0)
		return 0;
	snprintf(err, OPT_ERR_MAX, "no number '%s' for %s", key, n->metric);
	return -EBADMSG;
}

static int take(const json_t *in, const struct number *n, struct tool_values *out, char *err)
{
	double v;
	int ret = number(in, n, &v, err);

	if (!ret)
		tool_add(out, n->metric, v * n->scale);
	return ret;
}

/* Of a direction without I/O there is nothing to tell: fio has zeros there. */
static int take_direction(const json_t *job, const struct direction *d, struct tool_values *out,
			  char *err)
{
	const json_t *in = json_object_get(job, d->key);
	double ios;
	int ret = number(in, &d->ios, &ios, err);

	if (ret || !ios)
		return ret;
	tool_add(out, d->ios.metric, ios);
	for (size_t i = 0; i < sizeof(d->numbers) / sizeof(d->numbers[0]) && !ret; i++)
		ret = take(in, &d->numbers[i], out, err);
	return ret;
}

static int take_job(const json_t *job, struct tool_values *out, char *err)
{
	static const struct number error = { "fio_errors", { "error" }, 1 };
	static const struct number runtime = { "fio_runtime_ns", { "job_runtime" }, 1e6 };
	int ret = take(job, &error, out, err);

	for (size_t i = 0; i < sizeof(directions) / sizeof(directions[0]) && !ret; i++)
		ret = take_direction(job, &directions[i], out, err);
	if (!ret)
		ret = take(job, &runtime, out, err);
	if (!ret && out->v[0].value) {
		snprintf(err, OPT_ERR_MAX, "the job failed with error %.0f (%s)", out->v[0].value,
			 strerror((int)fmin(out->v[0].value, 4095)));
		ret = -EIO;
	}
	return ret;
}

static int fio_parse(const struct cell *c, const char *text, size_t len, struct tool_values *out,
		     char *err)
{
	json_error_t at;
	json_t *doc = json_loadb(text, len, 0, &at), *jobs;
	int ret = -EBADMSG;

	(void)c;
	out->nr = 0;
	if (!doc) {
		snprintf(err, OPT_ERR_MAX, "line %d: %.150s", at.line, at.text);
		return ret;
	}
	jobs = json_object_get(doc, "jobs");
	if (json_array_size(jobs) == 1)
		ret = take_job(json_array_get(jobs, 0), out, err);
	else
		snprintf(err, OPT_ERR_MAX, "%zu jobs where one was run", json_array_size(jobs));
	json_decref(doc);
	return ret;
}

const struct tool tool_fio = {
	.name = "fio",
	.initramfs = "/guest/fio.cpio",
	.command = fio_command,
	.parse = fio_parse,
};
