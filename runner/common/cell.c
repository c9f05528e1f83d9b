// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <string.h>

#include "cell.h"

#define CELL(f)	OPT_I64(struct cell, f)

const char *const expectation_names[] = {
	[EXPECT_INTACT] = "intact",
	[EXPECT_CORRUPT] = "corrupt",
	NULL,
};

const char *const mmu_names[] = { [MMU_TDP] = "tdp", [MMU_LEGACY] = "legacy", NULL };

const char *const start_names[] = { [START_COLD] = "cold", [START_WARM] = "warm", NULL };

const struct opt_desc cell_fields[] = {
	{ "id", OPT_STR, OPT_TEXT(struct cell, id), 0, 0, NULL, NULL, "name in the run" },
	{ "kernel", OPT_STR, OPT_TEXT(struct cell, kernel), 0, 0, NULL, NULL, "kernel under test" },
	{ "strategy", OPT_STR, OPT_TEXT(struct cell, strategy), 0, 0, NULL, NULL, "what pins" },
	{ "workload", OPT_STR, OPT_TEXT(struct cell, workload), 0, 0, NULL, NULL,
	  "name of the workload" },
	{ "type", OPT_ENUM, CELL(type), 0, 0, workload_type_names, NULL, "type of the workload" },
	{ "guest", OPT_ENUM, CELL(guest), 0, 0, guest_names, NULL, "kind of guest" },
	{ CELL_MMU, OPT_ENUM, CELL(mmu), 0, 0, mmu_names, "tdp", "KVM's MMU" },
	{ CELL_START, OPT_ENUM, CELL(start), 0, 0, start_names, "cold",
	  "cold: the guest boots; warm: its machine was saved when it had" },
	{ "memory", OPT_SIZE, CELL(memory_bytes), 16LL << 20, 1LL << 40, NULL, NULL,
	  "guest memory" },
	{ "sample_interval", OPT_TIME, CELL(sample_interval_ns), 1000000, 3600000000000, NULL,
	  "20ms", "between two timeline samples" },
	{ "timeout", OPT_TIME, CELL(timeout_ns), 1000000, 86400000000000, NULL, "300s",
	  "for one cell, in the bench host's time" },
	{ "collectors", OPT_SET, CELL(collectors), 0, 0, collector_names,
	  COLLECTORS_DEFAULT, "what is read while it runs" },
	{ "seed", OPT_INT, CELL(seed), 0, 1LL << 31, NULL, "42", "of the host's random numbers" },
	{ "expect", OPT_ENUM, CELL(expect), 0, 0, expectation_names, "intact",
	  "what the guest's data must be after the workload" },
	{ .name = NULL },
};

static void write_section(FILE *f, const char *name, const struct opt_desc *table,
			  const void *base)
{
	char text[OPT_STR_MAX];

	fprintf(f, "[%s]\n", name);
	for (; table->name; table++) {
		opt_format(table, base, text, sizeof(text));
		fprintf(f, "%s = %s\n", table->name, text);
	}
}

int cell_write(const struct cell *c, FILE *f)
{
	write_section(f, "cell", cell_fields, c);
	write_section(f, "params", workload_types[c->type].params, &c->p);
	for (long at = ftell(f); c->start == START_WARM && at < CELL_TEXT_BYTES; at++)
		fputc('\n', f);
	return fflush(f) || ferror(f) ? -EIO : 0;
}

struct cell_parser {
	struct cell *cell;
	bool typed;		/* [params] is read by the table of the cell's type */
	char *err;
};

static int cell_key(void *user, const char *section, const char *name, const char *value)
{
	struct cell_parser *p = user;
	const struct opt_desc *table = NULL, *d;
	void *base = p->cell;

	if (p->err[0])
		return 0;	/* inih goes on after an error; the first one is told */
	if (!strcmp(section, "cell")) {
		table = cell_fields;
	} else if (!strcmp(section, "params") && p->typed) {
		table = workload_types[p->cell->type].params;
		base = &p->cell->p;
	}
	d = table ? opt_find(table, name) : NULL;
	if (!d) {
		snprintf(p->err, OPT_ERR_MAX, "unknown key '%.64s' in [%.64s]", name, section);
		return 0;
	}
	if (opt_set(d, base, value, p->err))
		return 0;
	if (d->offset == offsetof(struct cell, type) && base == (void *)p->cell) {
		p->typed = true;
		opt_defaults(workload_types[p->cell->type].params, &p->cell->p);
	}
	return 1;
}

int cell_parse(struct cell *c, const char *text, char *err)
{
	struct cell_parser p = { .cell = c, .err = err };
	char what[OPT_ERR_MAX];
	int line;

	memset(c, 0, sizeof(*c));
	opt_defaults(cell_fields, c);
	err[0] = '\0';
	line = ini_parse_string(text, cell_key, &p);
	if (line) {
		memcpy(what, err, sizeof(what));
		snprintf(err, OPT_ERR_MAX, "cell description:%d: %.400s", line,
			 what[0] ? what : "not a 'key = value' line");
		return -EINVAL;
	}
	if (!p.typed || !c->id[0] || !c->memory_bytes) {
		snprintf(err, OPT_ERR_MAX, "cell description: id, type or memory is missing");
		return -EINVAL;
	}
	return 0;
}

struct cell cell_to_save(const struct cell *c)
{
	struct cell s = *c;
	char disk[32] = "none";

	memset(&s.p, 0, sizeof(s.p));
	opt_defaults(workload_types[c->type].params, &s.p);
	if (c->type == WORKLOAD_STRESS)
		s.p.stress.ops = 1;	/* has no default */
	if (c->type == WORKLOAD_FIO) {
		s.p.fio.target = c->p.fio.target;
		s.p.fio.size = c->p.fio.size;
	}
	if (c->type == WORKLOAD_FIO && c->p.fio.target == FIO_DISK)
		snprintf(disk, sizeof(disk), "%lldK", (long long)c->p.fio.size >> 10);
	s.expect = EXPECT_INTACT;
	snprintf(s.workload, sizeof(s.workload), "start");
	snprintf(s.id, sizeof(s.id), "%.60s-%s-%lldM-%s-disk=%s-" CELL_MMU "=%s", c->kernel,
		 guest_names[c->guest], (long long)c->memory_bytes >> 20,
		 workload_types[c->type].name, disk, mmu_names[c->mmu]);
	return s;
}

char *cell_params(const struct cell *c, char *buf, size_t len)
{
	const struct opt_desc *d = workload_types[c->type].params;
	char text[OPT_STR_MAX];
	size_t n = snprintf(buf, len, CELL_MMU "=%s", mmu_names[c->mmu]);

	if (workload_types[c->type].warm)
		n += snprintf(buf + n, len - n, "," CELL_START "=%s", start_names[c->start]);
	for (; d->name && n < len; d++) {
		opt_format(d, &c->p, text, sizeof(text));
		n += snprintf(buf + n, len - n, ",%s=%s", d->name, text);
	}
	return buf;
}
