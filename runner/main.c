// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>

#include "cli.h"
#include "pinlab.h"

int main(int argc, char **argv)
{
	struct settings s;
	int status;

	/* A full pipe or disk is an error to report, not a reason to die. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (cli_parse(&s, argc, argv, &status))
		return status;
	status = s.verb->fn(&s);
	cli_free(&s);
	return status;
}
