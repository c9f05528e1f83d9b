// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_SPLAT_H
#define PINLAB_SPLAT_H

/*
 * Does this line of a kernel log say that the kernel found itself broken? Returns the kind
 * ("WARNING", "BUG", ...), or NULL. Pure.
 */
const char *splat_kind(const char *line);

#endif
