// SPDX-License-Identifier: GPL-2.0-only
/* Strategies: what pins a guest's memory. The kernel and the kind of guest together make one. */
#ifndef PINLAB_STRATEGY_H
#define PINLAB_STRATEGY_H

enum strategy {
	STRATEGY_NONE,		/* a plain guest: nothing has to be pinned */
	STRATEGY_UPFRONT,	/* all memory, when it is registered */
	STRATEGY_SPTE,		/* a page while an SPTE maps it */
	STRATEGY_MEMSLOT,	/* a page from its first fault to the end of its memslot */
	STRATEGY_NOPIN,		/* wrong on purpose: an SEV guest of which nothing is pinned */
	STRATEGIES,
};

extern const char *const strategy_names[STRATEGIES + 1];	/* in the order of reports */

/* The strategy of that name, or -EINVAL. */
int strategy_find(const char *name);

/* "upfront, spte, ...": the names from `first` on, for messages. */
const char *strategy_list(enum strategy first);

#endif
