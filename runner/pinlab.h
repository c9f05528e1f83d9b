// SPDX-License-Identifier: GPL-2.0-only
/* The program: verbs, and what the command line resolves to. */
#ifndef PINLAB_PINLAB_H
#define PINLAB_PINLAB_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum exit_status {
	EXIT_PASSED = 0,
	EXIT_NOT_PASSED = 1,	/* some cell did not pass */
	EXIT_USAGE = 2,		/* usage, config, or a machine that cannot do it */
	EXIT_INTERRUPTED = 130,
};

#define CLOCK_AS_CONFIGURED	(-1)
#define COLLECTORS_AS_CONFIGURED	(-1)
#define USER_KERNELS_MAX	8

/* Of what a verb prints. */
enum format { FORMAT_TEXT, FORMAT_KTAP, FORMAT_CSV, FORMAT_BENCHSTAT, FORMAT_HTML };

struct settings {
	char root[PATH_MAX];	/* of the lab */
	const struct verb *verb;
	const char *arg;	/* of the verb; NULL: none given */
	char **more;		/* its further arguments, as many as its row allows */
	int nr_more;
	int64_t jobs;		/* 0: as many as this machine takes */
	int64_t host;		/* enum host_kind */
	int64_t clock;		/* enum clock_mode or CLOCK_AS_CONFIGURED */
	int64_t collectors;	/* 1 << COLLECTOR_*, or COLLECTORS_AS_CONFIGURED */
	int64_t plots;
	int64_t reuse;		/* take unchanged cells from earlier runs */
	int64_t json;
	int64_t format;		/* enum format */
	int64_t faults;		/* compare single faults, too */
	const char *results;
	const char *baseline;	/* a run; may be NULL */
	const char *filter;	/* may be NULL */
	const char *by;		/* axis that is compared; may be NULL */
	const char *thresholds;	/* may be NULL */
	const char *agent;
	const char *kernels[USER_KERNELS_MAX + 1];	/* NAME=SPEC; ends with NULL */
};

struct verb {
	const char *name;
	const char *arg;	/* one or two; "[CONF]": may be left out; NULL: takes none */
	int (*fn)(const struct settings *s);	/* returns the exit status */
	const char *help;
	const char *example;
	int more_min, more_max;	/* arguments beyond the first */
	unsigned int formats;	/* 1 << FORMAT_* that it prints beside text */
};

extern const struct verb verbs[];	/* ends with a row without a name */

int cmd_matrix(const struct settings *s);
int cmd_plan(const struct settings *s);
int cmd_resume(const struct settings *s);
int cmd_report(const struct settings *s);
int cmd_compare(const struct settings *s);
int cmd_dashboard(const struct settings *s);
int cmd_review(const struct settings *s);
int cmd_shell(const struct settings *s);
int cmd_doctor(const struct settings *s);
int cmd_list(const struct settings *s);
int cmd_find_base(const struct settings *s);

/* Print "pinlab: message" and return EXIT_USAGE. */
int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The lab's version as git describes it, or "unknown". */
const char *lab_version(const char *root);

#endif
