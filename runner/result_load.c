// SPDX-License-Identifier: GPL-2.0-only
/* From stream.bin to struct cell_data: every record is checked before it is believed. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/frame.h"
#include "csvfile.h"
#include "result.h"

#define READ_BYTES	(256 * 1024)

struct loader {
	struct cell_data *d;
	const char *dir;
	char *err;
	bool hello_seen;
	size_t cap_phases, cap_samples, cap_faults, cap_guests, cap_touches, cap_metrics;
	size_t cap_absent;
	struct outfile logs[LOG_STREAMS];
};

static int bad_record(struct loader *l, const char *what)
{
	snprintf(l->err, OPT_ERR_MAX, "record stream: %s", what);
	return -EBADMSG;
}

/* Append n elements to *array, which holds *nr and has room for *cap. */
static int append(void *array, size_t *nr, size_t *cap, size_t size, const void *from, size_t n)
{
	char **base = array;

	if (*nr + n > *cap) {
		size_t want = *nr + n + *cap / 2;
		char *grown = reallocarray(*base, want, size);

		if (!grown)
			return -ENOMEM;
		*base = grown;
		*cap = want;
	}
	memcpy(*base + *nr * size, from, n * size);
	*nr += n;
	return 0;
}

static int load_hello(struct loader *l, const struct frame *f)
{
	struct record_hello *h = &l->d->hello;

	if (l->hello_seen)
		return bad_record(l, "a second hello record");
	memcpy(h, f->payload, sizeof(*h));
	h->kernel[sizeof(h->kernel) - 1] = '\0';
	h->host_cpu[sizeof(h->host_cpu) - 1] = '\0';
	if (h->protocol != RECORD_PROTOCOL) {
		snprintf(l->err, OPT_ERR_MAX, "record stream: agent speaks protocol %u, runner %d",
			 h->protocol, RECORD_PROTOCOL);
		return -EBADMSG;
	}
	l->hello_seen = true;
	return 0;
}

static int load_phase(struct loader *l, const struct frame *f)
{
	struct cell_data *d = l->d;
	struct record_phase p;

	memcpy(&p, f->payload, sizeof(p));
	if (p.phase >= PHASES)
		return bad_record(l, "unknown phase");
	p.reserved = d->nr_phases;	/* order of arrival, for phases of the same t_ns */
	return append(&d->phases, &d->nr_phases, &l->cap_phases, sizeof(p), &p, 1);
}

static int load_sample(struct loader *l, const struct frame *f)
{
	struct cell_data *d = l->d;

	return append(&d->samples, &d->nr_samples, &l->cap_samples,
		      sizeof(struct record_sample), f->payload, 1);
}

static int load_faults(struct loader *l, const struct frame *f)
{
	struct cell_data *d = l->d;
	size_t n = f->len / sizeof(struct record_fault), first = d->nr_faults;
	int ret;

	if (f->len % sizeof(struct record_fault))
		return bad_record(l, "faults record of a wrong length");
	ret = append(&d->faults, &d->nr_faults, &l->cap_faults, sizeof(struct record_fault),
		     f->payload, n);
	for (size_t i = first; !ret && i < d->nr_faults; i++) {
		if (d->faults[i].kind >= FAULT_KINDS) {
			d->nr_faults = i;
			ret = bad_record(l, "unknown kind of fault");
		}
	}
	return ret;
}

static int load_guest(struct loader *l, const struct frame *f)
{
	struct cell_data *d = l->d;

	return append(&d->guests, &d->nr_guests, &l->cap_guests, sizeof(struct record_guest),
		      f->payload, 1);
}

static int load_touches(struct loader *l, const struct frame *f)
{
	struct cell_data *d = l->d;
	size_t first = d->nr_touches;
	int ret;

	if (f->len % sizeof(struct record_touch))
		return bad_record(l, "touches record of a wrong length");
	ret = append(&d->touches, &d->nr_touches, &l->cap_touches, sizeof(struct record_touch),
		     f->payload, f->len / sizeof(struct record_touch));
	for (size_t i = first; i < d->nr_touches; i++)
		d->touches[i].npf_ns = 0;
	return ret;
}

static int load_metric(struct loader *l, const struct frame *f)
{
	struct cell_data *d = l->d;
	struct record_metric m;
	struct metric_value v;

	memcpy(&m, f->payload, sizeof(m));
	m.name[sizeof(m.name) - 1] = '\0';
	v = (struct metric_value){ .desc = metric_find(m.name), .value = m.value };
	if (!v.desc || v.desc->source != SOURCE_AGENT || !isfinite(v.value)) {
		snprintf(l->err, OPT_ERR_MAX, "record stream: metric '%s' %s", m.name,
			 !v.desc ? "is unknown" : isfinite(v.value) ? "is not the agent's to send" :
			 "is not a number");
		return -EBADMSG;
	}
	for (size_t i = 0; i < d->nr_metrics; i++) {
		if (d->metrics[i].desc == v.desc) {
			snprintf(l->err, OPT_ERR_MAX, "record stream: metric '%s' sent twice",
				 m.name);
			return -EBADMSG;
		}
	}
	return append(&d->metrics, &d->nr_metrics, &l->cap_metrics, sizeof(v), &v, 1);
}

/* Make one line of what a console may have written for a terminal; it ends within size. */
static void make_line(char *text, size_t size)
{
	char *to = text;

	text[size - 1] = '\0';
	for (const char *c = text; *c; c++)
		if (!iscntrl((unsigned char)*c))
			*to++ = *c;
	*to = '\0';
}

static int load_absent(struct loader *l, const struct frame *f)
{
	struct cell_data *d = l->d;
	struct record_absent r;
	struct metric_absent m;

	memcpy(&r, f->payload, sizeof(r));
	r.name[sizeof(r.name) - 1] = '\0';
	m.desc = metric_find(r.name);
	if (!m.desc || m.desc->source != SOURCE_AGENT) {
		snprintf(l->err, OPT_ERR_MAX, "record stream: missing metric '%s' %s", r.name,
			 m.desc ? "is not the agent's to send" : "is unknown");
		return -EBADMSG;
	}
	memcpy(m.reason, r.reason, sizeof(m.reason));
	make_line(m.reason, sizeof(m.reason));
	return append(&d->absent, &d->nr_absent, &l->cap_absent, sizeof(m), &m, 1);
}

static int load_log(struct loader *l, const struct frame *f)
{
	struct record_log log;
	struct outfile *o;
	char name[64];
	int ret;

	memcpy(&log, f->payload, sizeof(log));
	if (log.stream >= LOG_STREAMS)
		return bad_record(l, "unknown log stream");
	o = &l->logs[log.stream];
	if (!o->f) {
		snprintf(name, sizeof(name), "%s.log", log_stream_names[log.stream]);
		ret = outfile_open(o, l->dir, name, l->err);
		if (ret)
			return ret;
	}
	fwrite((const char *)f->payload + sizeof(log), 1, f->len - sizeof(log), o->f);
	return 0;
}

static int load_end(struct loader *l, const struct frame *f)
{
	struct record_end *end = &l->d->end;

	memcpy(end, f->payload, sizeof(*end));
	make_line(end->reason, sizeof(end->reason));
	if (end->status >= STATUS_HOST_PANIC) {
		memset(end, 0, sizeof(*end));
		return bad_record(l, "unknown status in the end record");
	}
	l->d->ended = true;
	return 0;
}

static const struct record_kind {
	int (*load)(struct loader *l, const struct frame *f);
	size_t bytes;		/* of the fixed part */
	bool variable;		/* more may follow */
} record_kinds[RECORD_TYPES] = {
	[RECORD_HELLO] = { load_hello, sizeof(struct record_hello), false },
	[RECORD_PHASE] = { load_phase, sizeof(struct record_phase), false },
	[RECORD_SAMPLE] = { load_sample, sizeof(struct record_sample), false },
	[RECORD_FAULTS] = { load_faults, 0, true },
	[RECORD_METRIC] = { load_metric, sizeof(struct record_metric), false },
	[RECORD_ABSENT] = { load_absent, sizeof(struct record_absent), false },
	[RECORD_LOG] = { load_log, sizeof(struct record_log), true },
	[RECORD_END] = { load_end, sizeof(struct record_end), false },
	[RECORD_GUEST] = { load_guest, sizeof(struct record_guest), false },
	[RECORD_TOUCHES] = { load_touches, 0, true },
};

static int load_frame(struct loader *l, const struct frame *f)
{
	const struct record_kind *k = &record_kinds[f->type];

	if (l->d->ended)
		return bad_record(l, "a record after the end record");
	if (!l->hello_seen && f->type != RECORD_HELLO)
		return bad_record(l, "does not start with a hello record");
	if (!k->load)
		return bad_record(l, "a record that is not the agent's to send");
	if (f->len < k->bytes || (f->len > k->bytes && !k->variable))
		return bad_record(l, "record of a wrong length");
	return k->load(l, f);
}

static int load_frames(struct loader *l, struct frame_reader *r)
{
	struct frame f;
	int ret;

	do {
		ret = frame_next(r, &f, l->err);
		if (ret == 1)
			ret = load_frame(l, &f) ?: 1;
	} while (ret == 1);
	return ret;
}

static int load_stream(struct loader *l, int fd, const char *path)
{
	struct frame_reader reader = { 0 };
	char *buf = malloc(READ_BYTES);
	int ret = buf ? 0 : -ENOMEM;
	ssize_t n;

	while (!ret) {
		n = read(fd, buf, READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			ret = -errno;
			snprintf(l->err, OPT_ERR_MAX, "%.300s: cannot read: %s", path,
				 strerror(errno));
		}
		if (n <= 0)
			break;
		ret = frame_feed(&reader, buf, n);
		if (!ret)
			ret = load_frames(l, &reader);
	}
	if (!ret && l->d->ended && frame_pending(&reader))
		ret = bad_record(l, "bytes after the end record");
	frame_reader_free(&reader);
	free(buf);
	return ret;
}

static int compare_phases(const void *a, const void *b)
{
	const struct record_phase *x = a, *y = b;

	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	return (x->reserved > y->reserved) - (x->reserved < y->reserved);
}

/* Ties are ordered by content, so that files do not depend on the order of arrival. */
static int compare_samples(const void *a, const void *b)
{
	const struct record_sample *x = a, *y = b;

	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	return memcmp(x->column, y->column, sizeof(x->column));
}

static int compare_faults(const void *a, const void *b)
{
	const struct record_fault *x = a, *y = b;

	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	if (x->vcpu != y->vcpu)
		return x->vcpu < y->vcpu ? -1 : 1;
	if (x->gpa != y->gpa)
		return x->gpa < y->gpa ? -1 : 1;
	return memcmp(x, y, sizeof(*x));
}

static void sort_data(struct cell_data *d)
{
	if (d->nr_phases)
		qsort(d->phases, d->nr_phases, sizeof(*d->phases), compare_phases);
	if (d->nr_samples)
		qsort(d->samples, d->nr_samples, sizeof(*d->samples), compare_samples);
	if (d->nr_faults)
		qsort(d->faults, d->nr_faults, sizeof(*d->faults), compare_faults);
}

int cell_data_load(struct cell_data *d, const char *dir, char *err)
{
	struct loader l = { .d = d, .dir = dir, .err = err };
	char path[PATH_MAX];
	int fd, ret, closed;

	memset(d, 0, sizeof(*d));
	err[0] = '\0';
	if (snprintf(path, sizeof(path), "%s/stream.bin", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0) {
		ret = -errno;
		snprintf(err, OPT_ERR_MAX, "%.300s: cannot open: %s", path, strerror(errno));
		return ret;
	}

	ret = load_stream(&l, fd, path);
	close(fd);
	for (size_t i = 0; i < LOG_STREAMS; i++) {
		if (ret && ret != -EBADMSG)
			outfile_abort(&l.logs[i]);
		if (!l.logs[i].f)
			continue;
		closed = outfile_close(&l.logs[i], l.err);
		if (closed)
			ret = closed;
	}
	sort_data(d);
	if (ret == -ENOMEM)
		snprintf(err, OPT_ERR_MAX, "%.300s: out of memory", path);
	return ret;
}

void cell_data_free(struct cell_data *d)
{
	free(d->phases);
	free(d->samples);
	free(d->faults);
	free(d->guests);
	free(d->touches);
	free(d->metrics);
	free(d->absent);
	memset(d, 0, sizeof(*d));
}
