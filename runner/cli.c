// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "plan.h"
#include "suggest.h"
#include "util.h"

#define FIELD(f)	OPT_I64(struct settings, f)
#define TEXT(f)		OPT_FIELD(struct settings, f, const char *)
#define OPTIONS_MAX	64

static const char *const format_names[] = { [FORMAT_TEXT] = "text", [FORMAT_KTAP] = "ktap",
					    [FORMAT_CSV] = "csv",
					    [FORMAT_BENCHSTAT] = "benchstat",
					    [FORMAT_HTML] = "html", NULL };

const struct verb verbs[] = {
	{ "matrix", "[CONF]", cmd_matrix,
	  "run the cells of a config (default: configs/default.conf)",
	  "--matrix configs/smoke.conf -j2", 0, 0, 1 << FORMAT_KTAP },
	{ "plan", "[CONF]", cmd_plan, "show the cells and the estimated time, run nothing",
	  "--plan --filter '*-sev-*'", 0, 0, 0 },
	{ "resume", "RUN", cmd_resume, "run what is not complete in a run",
	  "--resume 20261122T131500Z-default", 0, 0, 1 << FORMAT_KTAP },
	{ "report", "RUN", cmd_report, "make the tables, plots and page of a run again",
	  NULL, 0, 0, 1 << FORMAT_KTAP },
	{ "compare", "OLD [NEW]", cmd_compare,
	  "what got better and worse; OLD and NEW are RUN or RUN:kernel=NAME,GLOB...",
	  "--compare 20261122T131500Z-default --by kernel=v6.12,v6.12-spte", 0, 1,
	  1 << FORMAT_CSV | 1 << FORMAT_BENCHSTAT },
	{ "dashboard", "DIR", cmd_dashboard,
	  "make DIR a site of static pages: trends and alerts of all runs",
	  "--dashboard site --baseline 20261122T131500Z-default", 0, 0, 0 },
	{ "review", "BASE [PATCHED]", cmd_review,
	  "the text for a series' cover letter; html: with the plots side by side",
	  "--review 20261122T131500Z-default --by kernel=v6.12,v6.12-spte", 0, 1,
	  1 << FORMAT_HTML },
	{ "shell", "KERNEL", cmd_shell, "a shell on an emulated SEV host, in real time",
	  "--shell v6.12", 0, 0, 0 },
	{ "doctor", NULL, cmd_doctor, "what this machine can do, and what to fix", NULL, 0, 0, 0 },
	{ "list", "kernels|workloads|metrics|collectors", cmd_list, "what there is to choose from",
	  "--list metrics --json", 0, 0, 0 },
	{ "find-base", "SERIES... TREE[@REV]", cmd_find_base,
	  "the commit that a patch series is based on", "--find-base v2.mbox ~/linux", 1, 1000, 0 },
	{ .name = NULL },
};

/* A text option's desc is only name, offset and help; with a value, it may be given as often. */
struct cli_option {
	char letter;
	const char *arg;	/* NULL: a flag, which sets value */
	bool text;
	int64_t value;
	struct opt_desc desc;
};

static const struct cli_option options[] = {
	{ 'j', "N", false, 0, { "jobs", OPT_INT, FIELD(jobs), 1, 1024, NULL, NULL,
	  "cells that run at once (default: CPUs, less if memory is short)" } },
	{ 'o', "DIR", true, 0, { .name = "output", .offset = TEXT(results),
	  .help = "where runs are (default: results/ of the lab)" } },
	{ 0, "HOST", false, 0, { "host", OPT_ENUM, FIELD(host), 0, 0, host_kind_names, "emulated",
	  "emulated (default): QEMU as an SEV host; local: this machine" } },
	{ 0, "CLOCK", false, 0, { "clock", OPT_ENUM, FIELD(clock), 0, 0, clock_names, NULL,
	  "virtual or wall, instead of the config's" } },
	{ 0, "LIST", false, 0, { "collectors", OPT_SET, FIELD(collectors), 0, 0, collector_names,
	  COLLECTORS_DEFAULT, "all, none, names, or -NAME to leave it out, for the config's" } },
	{ 0, "GLOB", true, 0, { .name = "filter", .offset = TEXT(filter),
	  .help = "only cells whose id matches" } },
	{ 0, "NAME=SPEC", true, USER_KERNELS_MAX, { .name = "kernel",
	  .offset = OPT_FIELD(struct settings, kernels[0], const char *),
	  .help = "a kernel of yours: TREE[@[BASE..]REV], v6.12+SERIES, ..." } },
	{ 0, "FILE", true, 0, { .name = "agent", .offset = TEXT(agent),
	  .help = "agent of a local host (default: build/agent of the lab)" } },
	{ 0, NULL, false, 0, { "no-plots", OPT_BOOL, FIELD(plots), 0, 0, NULL, NULL,
	  "tables only: needs no gnuplot" } },
	{ 0, "AXIS", true, 0, { .name = "by", .offset = TEXT(by),
	  .help = "--compare: kernel, strategy, guest, ...; AXIS=OLD,NEW within one run" } },
	{ 0, NULL, false, 1, { "faults", OPT_BOOL, FIELD(faults), 0, 0, NULL, NULL,
	  "--compare: the latencies of all single faults, too" } },
	{ 0, "LIST", true, 0, { .name = "thresholds", .offset = TEXT(thresholds),
	  .help = "--compare: 'KEY=VALUE;...' for the [compare] section of the config" } },
	{ 0, NULL, false, 1, { "reuse", OPT_BOOL, FIELD(reuse), 0, 0, NULL, NULL,
	  "take cells from earlier runs where nothing that they depend on has changed" } },
	{ 0, "RUN", true, 0, { .name = "baseline", .offset = TEXT(baseline),
	  .help = "--dashboard: what the latest run of its config is compared with" } },
	{ 0, "FORMAT", false, 0, { "format", OPT_ENUM, FIELD(format), 0, 0, format_names, "text",
	  "text (default); ktap of a run; csv or benchstat of --compare; html of --review" } },
	{ 0, NULL, false, FORMAT_CSV, { "csv", OPT_BOOL, FIELD(format), 0, 0, NULL, NULL,
	  "as --format csv" } },
	{ 0, NULL, false, 1, { "json", OPT_BOOL, FIELD(json), 0, 0, NULL, NULL,
	  "JSON instead of text: --plan, --list, --doctor, --compare, --find-base" } },
};

int usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("pinlab: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

const char *lab_version(const char *root)
{
	static char version[128];
	const char *const argv[] = { "git", "-C", root, "describe", "--always", "--tags", "--dirty",
				     NULL };
	char err[OPT_ERR_MAX];

	if (command_run(argv, version, sizeof(version), err))
		return "unknown";
	version[strcspn(version, "\n")] = '\0';
	return version;
}

static void print_help(void)
{
	char name[64];

	puts("pinlab measures how KVM pins the memory of SEV guests.\n\n"
	     "usage: runner VERB [OPTION]...\n");
	for (const struct verb *v = verbs; v->name; v++) {
		snprintf(name, sizeof(name), "--%s %s", v->name, v->arg ? v->arg : "");
		printf("  %-44s %s\n", name, v->help);
	}
	puts("");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct cli_option *o = &options[i];
		char letter[8] = "    ";

		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(name, sizeof(name), "%s--%s %s", letter, o->desc.name,
			 o->arg ? o->arg : "");
		printf("  %-44s %s\n", name, o->desc.help);
	}
	printf("  %-44s %s\n  %-44s %s\n", "-h, --help", "this text", "    --version",
	       "version of the lab");
	puts("\nExamples:");
	for (const struct verb *v = verbs; v->name; v++)
		if (v->example)
			printf("  runner %s\n", v->example);
	puts("\nExit status: 0 all cells passed, 1 some did not, 2 usage, config or machine, "
	     "130 interrupted;\n"
	     "of --compare: 0 same or better, 1 worse, 2 usage, 125 cannot tell.");
}

static int bad_option(char **argv)
{
	const char *word = argv[optind - 1], *names[OPTIONS_MAX], *close = NULL;
	size_t n = 0;

	for (const struct verb *v = verbs; v->name; v++)
		names[n++] = v->name;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		names[n++] = options[i].desc.name;
	names[n] = NULL;
	if (optopt && isalnum(optopt))
		return usage_error("option -%c is unknown or has no value; see --help", optopt);
	if (!strncmp(word, "--", 2))
		close = suggest(word + 2, names);
	return usage_error("option %s is unknown or lacks its value%s%s%s; see --help", word,
			   close ? " (did you mean --" : "", close ? close : "", close ? "?)" : "");
}

static int set_text(struct settings *s, const struct cli_option *o, const char *value)
{
	const char **texts = (const char **)((char *)s + o->desc.offset);
	int64_t n = 0;

	while (o->value && n < o->value && texts[n])
		n++;
	if (n && n == o->value)
		return usage_error("--%s: at most %lld", o->desc.name, (long long)o->value);
	texts[n] = value;
	return 0;
}

static int set_option(struct settings *s, const struct cli_option *o, const char *value)
{
	char err[OPT_ERR_MAX];

	if (o->text)
		return set_text(s, o, value);
	if (!o->arg)
		*(int64_t *)((char *)s + o->desc.offset) = o->value;
	else if (opt_set(&o->desc, s, value, err))
		return usage_error("--%s: %s", o->desc.name, err);
	return 0;
}

/* Codes that getopt_long() returns: letters as they are, then verbs, options, and these. */
enum { CODE_VERB = 256, CODE_OPTION = 512, CODE_VERSION = 1024 };

static void getopt_table(struct option *longs, char *shorts)
{
	size_t n = 0;

	for (size_t i = 0; verbs[i].name; i++)
		longs[n++] = (struct option){ verbs[i].name, verbs[i].arg ? optional_argument :
					      no_argument, NULL, CODE_VERB + i };
	*shorts++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct cli_option *o = &options[i];

		longs[n++] = (struct option){ o->desc.name, o->arg ? required_argument :
					      no_argument, NULL, CODE_OPTION + i };
		if (o->letter) {
			*shorts++ = o->letter;
			*shorts++ = ':';
		}
	}
	longs[n++] = (struct option){ "help", no_argument, NULL, 'h' };
	longs[n++] = (struct option){ "version", no_argument, NULL, CODE_VERSION };
	longs[n] = (struct option){ 0 };
	strcpy(shorts, "h");
}

static const struct cli_option *option_of(int code)
{
	if (code >= CODE_OPTION)
		return &options[code - CODE_OPTION];
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].letter == code)
			return &options[i];
	return NULL;
}

static int set_verb(struct settings *s, const struct verb *v)
{
	if (s->verb)
		return usage_error("--%s and --%s: one at a time", s->verb->name, v->name);
	s->verb = v;
	s->arg = optarg;
	return 0;
}

/* The verb's argument may stand apart from it, as in --matrix CONF. */
static int take_arguments(struct settings *s, int argc, char **argv)
{
	if (!s->verb)
		return usage_error("nothing to do: give a verb, such as --matrix; see --help");
	if (s->verb->arg && !s->arg && optind < argc)
		s->arg = argv[optind++];
	s->more = argv + optind;
	s->nr_more = argc - optind;
	if (s->nr_more > s->verb->more_max)
		return usage_error("unexpected argument '%s'; see --help",
				   s->more[s->verb->more_max]);
	if (s->nr_more < s->verb->more_min ||
	    (s->verb->arg && s->verb->arg[0] != '[' && !s->arg))
		return usage_error("--%s needs %s", s->verb->name, s->verb->arg);
	if (s->format && !(s->verb->formats & 1 << s->format))
		return usage_error("--%s does not print %s", s->verb->name,
				   format_names[s->format]);
	return 0;
}

/* The lab is the folder above the one that holds this program. */
static int find_root(char *root)
{
	ssize_t n = readlink("/proc/self/exe", root, PATH_MAX - 1);

	if (n < 0)
		return usage_error("cannot find the lab: /proc/self/exe: %m");
	root[n] = '\0';
	for (int up = 0; up < 2 && strrchr(root, '/'); up++)
		*strrchr(root, '/') = '\0';
	return 0;
}

static int parse_words(struct settings *s, int argc, char **argv, int *status)
{
	struct option longs[OPTIONS_MAX];
	char shorts[OPTIONS_MAX];
	int code;

	getopt_table(longs, shorts);
	opterr = 0;
	*status = EXIT_USAGE;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		switch (code) {
		case 'h':
			print_help();
			*status = 0;
			return 1;
		case CODE_VERSION:
			printf("pinlab %s\n", lab_version(s->root));
			*status = 0;
			return 1;
		case '?':
		case ':':
			bad_option(argv);
			return 1;
		}
		if (code >= CODE_VERB && code < CODE_OPTION ?
		    set_verb(s, &verbs[code - CODE_VERB]) : set_option(s, option_of(code), optarg))
			return 1;
	}
	return take_arguments(s, argc, argv) != 0;
}

int cli_parse(struct settings *s, int argc, char **argv, int *status)
{
	*s = (struct settings){ .clock = CLOCK_AS_CONFIGURED, .plots = 1, .host = HOST_EMULATED,
				.collectors = COLLECTORS_AS_CONFIGURED };
	*status = EXIT_USAGE;
	if (find_root(s->root) || parse_words(s, argc, argv, status))
		return 1;
	/* Children run in other folders: their paths must not depend on this one. */
	s->results = s->results ? path_absolute(s->results) : xasprintf("%s/results", s->root);
	s->agent = s->agent ? path_absolute(s->agent) : xasprintf("%s/build/agent", s->root);
	return 0;
}

void cli_free(struct settings *s)
{
	free((char *)s->results);
	free((char *)s->agent);
}
