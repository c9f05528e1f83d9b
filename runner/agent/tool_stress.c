// SPDX-License-Identifier: GPL-2.0-only
/* stress-ng: one stressor, bounded by its operations; results from its YAML. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/opt.h"
#include "tool.h"

#define LINE_MAX_BYTES	256
#define SECTION		"metrics:"
#define ITEM		"    - stressor: "
#define KEY_INDENT	"      "
#define DOCUMENT_END	"..."

enum { KEY_OPS };

static const struct {
	const char *key, *metric;
	double scale;
} keys[] = {
	[KEY_OPS] = { "bogo-ops", "stress_bogo_ops", 1 },
	{ "bogo-ops-per-second-real-time", "stress_bogo_ops_per_s", 1 },
	{ "bogo-ops-per-second-usr-sys-time", "stress_bogo_ops_per_cpu_s", 1 },
	{ "wall-clock-time", "stress_wall_ns", 1e9 },
	{ "user-time", "stress_user_ns", 1e9 },
	{ "system-time", "stress_system_ns", 1e9 },
	{ "max-rss", "stress_max_rss_kib", 1 },
};

#define KEYS	(sizeof(keys) / sizeof(keys[0]))

struct yaml {
	const char *stressor;
	struct tool_values *out;
	unsigned int had;	/* 1 << index in keys */
	double done;		/* operations */
	bool section, item, end;
};

static int stress_command(const struct cell *c, char *buf)
{
	const struct stress_params *p = &c->p.stress;
	const char *name = stressor_names[p->stressor];
	int n = snprintf(buf, TOOL_COMMAND_MAX, "stress-ng --%s 1 --%s-ops %lld", name, name,
			 (long long)p->ops);

	if (p->stressor == STRESSOR_VM)
		n += snprintf(buf + n, TOOL_COMMAND_MAX - n, " --vm-method %s%s",
			      vm_methods[p->method], p->populate ? " --vm-populate" : "");
	if (p->stressor != STRESSOR_FORK)
		n += snprintf(buf + n, TOOL_COMMAND_MAX - n, " --%s-%s %lld", name,
			      p->stressor == STRESSOR_BIGHEAP ? "growth" : "bytes",
			      (long long)p->bytes);
	return n + snprintf(buf + n, TOOL_COMMAND_MAX - n, " --no-rand-seed --oomable"
			    " --timeout 0 --temp-path /tmp --metrics --yaml /result");
}

static int bad(char *err, const char *line, const char *what)
{
	snprintf(err, OPT_ERR_MAX, "%s: '%.80s'", what, line);
	return -EBADMSG;
}

static int on_key(struct yaml *y, const char *line, const char *text, char *err)
{
	const char *colon = strstr(text, ": ");
	char *end;
	double v;

	if (!colon)
		return bad(err, line, "no key and value");
	for (size_t i = 0; i < KEYS; i++) {
		if (strlen(keys[i].key) != (size_t)(colon - text) ||
		    strncmp(keys[i].key, text, colon - text))
			continue;
		v = strtod(colon + 2, &end);
		if (end == colon + 2 || *end || !isfinite(v) || v < 0)
			return bad(err, line, "not a number");
		if (y->had & 1U << i)
			return bad(err, line, "a key twice");
		y->had |= 1U << i;
		if (i == KEY_OPS)
			y->done = v;
		tool_add(y->out, keys[i].metric, keys[i].scale == 1 ? v : rint(v * keys[i].scale));
	}
	return 0;
}

static int on_item(struct yaml *y, const char *line, char *err)
{
	if (y->item)
		return bad(err, line, "a second stressor");
	if (strcmp(line + strlen(ITEM), y->stressor))
		return bad(err, line, "not the stressor that was asked for");
	y->item = true;
	return 0;
}

static int on_line(struct yaml *y, const char *line, char *err)
{
	if (y->end)
		return line[0] ? bad(err, line, "text after the document's end") : 0;
	if (!strcmp(line, DOCUMENT_END))
		y->end = true;
	else if (line[0] && line[0] != ' ')
		y->section = !strcmp(line, SECTION);
	else if (!y->section || !line[0])
		return 0;
	else if (!strncmp(line, ITEM, strlen(ITEM)))
		return on_item(y, line, err);
	else if (y->item && !strncmp(line, KEY_INDENT, strlen(KEY_INDENT)))
		return on_key(y, line, line + strlen(KEY_INDENT), err);
	else
		return bad(err, line, "an unknown line among the metrics");
	return 0;
}

/* stress-ng ends well, too, when its stressor ended early for want of memory. */
static int check_whole(const struct yaml *y, int64_t ops, char *err)
{
	for (size_t i = 0; i < KEYS && y->end; i++)
		if (!(y->had & 1U << i)) {
			snprintf(err, OPT_ERR_MAX, "no '%s' among the metrics", keys[i].key);
			return -EBADMSG;
		}
	if (!y->end) {
		snprintf(err, OPT_ERR_MAX, "it has no end");
		return -EBADMSG;
	}
	if (y->done >= ops)
		return 0;
	snprintf(err, OPT_ERR_MAX, "%.0f of %lld operations were done", y->done, (long long)ops);
	return -EIO;
}

static int stress_parse(const struct cell *c, const char *text, size_t len,
			struct tool_values *out, char *err)
{
	struct yaml y = { .stressor = stressor_names[c->p.stress.stressor], .out = out };
	char line[LINE_MAX_BYTES];
	int ret = 0;

	out->nr = 0;
	while (len && !ret) {
		const char *nl = memchr(text, '\n', len);
		size_t n = nl ? (size_t)(nl - text) : len;

		if (!nl || n >= sizeof(line) || memchr(text, '\0', n)) {
			snprintf(err, OPT_ERR_MAX, "a line %s",
				 nl ? "that is no text" : "without an end");
			return -EBADMSG;
		}
		memcpy(line, text, n);
		line[n] = '\0';
		ret = on_line(&y, line, err);
		text += n + 1;
		len -= n + 1;
	}
	if (ret)
		return ret;
	return check_whole(&y, c->p.stress.ops, err);
}

const struct tool tool_stress = {
	.name = "stress-ng",
	.initramfs = "/guest/stress-ng.cpio",
	.command = stress_command,
	.parse = stress_parse,
};
