// SPDX-License-Identifier: GPL-2.0-only
#ifndef PINLAB_SUGGEST_H
#define PINLAB_SUGGEST_H

/* The name in a NULL-terminated list that word is probably meant to be, or NULL. */
const char *suggest(const char *word, const char *const names[]);

#endif
