// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/opt.h"
#include "inbound.h"

static const size_t sizes[RECORD_TYPES] = {
	[RECORD_HELLO] = sizeof(struct record_hello),
	[RECORD_PHASE] = sizeof(struct record_phase),
	[RECORD_METRIC] = sizeof(struct record_metric),
	[RECORD_LOG] = sizeof(struct record_log),
	[RECORD_END] = sizeof(struct record_end),
	[RECORD_GATE] = sizeof(struct record_gate),
	[RECORD_GUEST] = sizeof(struct record_guest),
	[RECORD_TOUCHES] = sizeof(struct record_touch),
};

static int bad(char *err, const char *what)
{
	snprintf(err, OPT_ERR_MAX, "%s", what);
	return -EBADMSG;
}

static bool terminated(const char *s, size_t size)
{
	return memchr(s, '\0', size);
}

static int check_metric(struct inbound *in, const struct frame *f, char *err)
{
	const char *what = NULL;
	struct record_metric m;
	int i = 0;

	memcpy(&m, f->payload, sizeof(m));
	if (!terminated(m.name, sizeof(m.name)))
		return bad(err, "a metric's name has no end");
	while (in->metrics[i] && strcmp(in->metrics[i], m.name))
		i++;
	if (!in->metrics[i])
		what = "is not its to send";
	else if (in->had & 1ULL << i)
		what = "sent twice";
	else if (!isfinite(m.value))
		what = "is not a number";
	if (what) {
		snprintf(err, OPT_ERR_MAX, "metric '%s' %s", m.name, what);
		return -EBADMSG;
	}
	in->had |= 1ULL << i;
	return 0;
}

static int check_phase(const struct frame *f, char *err)
{
	struct record_phase p;

	memcpy(&p, f->payload, sizeof(p));
	return p.phase < PHASES ? 0 : bad(err, "unknown phase");
}

static int check_end(struct inbound *in, const struct frame *f, char *err)
{
	struct record_end e;

	memcpy(&e, f->payload, sizeof(e));
	if (e.status >= STATUS_HOST_PANIC || !terminated(e.reason, sizeof(e.reason)))
		return bad(err, "unknown status");
	in->ended = true;
	return 0;
}

int inbound_next(struct inbound *in, struct frame *f, char *err)
{
	int ret = frame_next(&in->reader, f, err);

	if (ret <= 0)
		return ret;
	if (in->ended)
		return bad(err, "a record after the end");
	if (!(in->types & 1U << f->type))
		return bad(err, "a record that is not its to send");
	if (f->len < sizes[f->type])
		return bad(err, "record of a wrong length");
	if (f->type == RECORD_HELLO && in->hello)
		return bad(err, "a second hello");
	in->hello |= f->type == RECORD_HELLO;
	if (f->type == RECORD_METRIC)
		ret = check_metric(in, f, err);
	else if (f->type == RECORD_PHASE)
		ret = check_phase(f, err);
	else if (f->type == RECORD_END)
		ret = check_end(in, f, err);
	else
		ret = 0;
	return ret ? ret : 1;
}
