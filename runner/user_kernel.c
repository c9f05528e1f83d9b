// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user_kernel.h"
#include "util.h"

static size_t name_len(const char *entry)
{
	return strcspn(entry, "=");
}

static bool name_good(const char *entry)
{
	size_t n = name_len(entry);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)entry[i]) && (!i || !strchr("._-", entry[i])))
			return false;
	return n && n + strlen(USER_KERNEL_BASE) < OPT_STR_MAX / 2 && entry[n] == '=' &&
	       entry[n + 1];
}

int user_kernels_check(const char *const *kernels, char *err)
{
	for (size_t i = 0; kernels[i]; i++) {
		char name[OPT_STR_MAX];

		if (!name_good(kernels[i]))
			return errf(err, -EINVAL, "--kernel: found '%.200s', allowed: "
				    "NAME=TREE[@REV] or NAME=BASE+SERIES", kernels[i]);
		snprintf(name, sizeof(name), "%.*s", (int)name_len(kernels[i]), kernels[i]);
		if (user_kernel_find(kernels, name, NULL) != kernels[i])
			return errf(err, -EINVAL, "--kernel: '%s' is there twice", name);
	}
	return 0;
}

const char *user_kernel_find(const char *const *kernels, const char *name, bool *base)
{
	size_t len = strlen(name), tail = strlen(USER_KERNEL_BASE);

	for (size_t i = 0; kernels && kernels[i]; i++) {
		size_t n = name_len(kernels[i]);
		bool is_base = len == n + tail && !strcmp(name + n, USER_KERNEL_BASE);

		if (strncmp(kernels[i], name, n) || (len != n && !is_base))
			continue;
		if (base)
			*base = is_base;
		return kernels[i];
	}
	return NULL;
}

const char *user_kernel_spec(const char *entry)
{
	return entry + name_len(entry) + 1;
}

char *user_kernels_axis(const char *const *kernels)
{
	char *text = xstrdup("kernels =");

	for (size_t i = 0; kernels[i]; i++) {
		int n = name_len(kernels[i]);
		char *more = xasprintf("%s%s %.*s" USER_KERNEL_BASE ", %.*s", text, i ? "," : "", n,
				       kernels[i], n, kernels[i]);

		free(text);
		text = more;
	}
	return text;
}
