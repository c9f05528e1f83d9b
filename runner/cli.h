// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_CLI_H
#define PINLAB_CLI_H

#include "pinlab.h"

/*
 * Resolve the command line. Returns 0, or 1 when there is nothing more to do (--help, a usage
 * error): then *status is the exit status.
 */
int cli_parse(struct settings *s, int argc, char **argv, int *status);
void cli_free(struct settings *s);

#endif
