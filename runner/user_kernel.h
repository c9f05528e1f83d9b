// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user's own kernels, NAME=SPEC: kernels/build.sh says what a SPEC is. NAME is the kernel, and
 * NAME-base what it is held against.
 */
#ifndef PINLAB_USER_KERNEL_H
#define PINLAB_USER_KERNEL_H

#include "config.h"

#define USER_KERNEL_BASE	"-base"

/* Is each of the list (ends with NULL) NAME=SPEC, its name used once? 0 or -EINVAL, err set. */
int user_kernels_check(const char *const *kernels, char *err);

/*
 * The entry of the list that defines the kernel `name`, or NULL. *base (may be NULL): name is that
 * of its base.
 */
const char *user_kernel_find(const char *const *kernels, const char *name, bool *base);

/* The SPEC of NAME=SPEC. */
const char *user_kernel_spec(const char *entry);

/* "kernels = a-base, a, b-base, b", for all of the list; the caller frees it. */
char *user_kernels_axis(const char *const *kernels);

#endif
