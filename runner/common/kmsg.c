// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "kmsg.h"

size_t kmsg_format(char line[KMSG_LINE_MAX], char *record)
{
	char *text = strchr(record, ';');
	unsigned long long usec = 0;

	if (!text)
		return 0;
	sscanf(record, "%*u,%*u,%llu", &usec);
	text++;
	text[strcspn(text, "\n")] = '\0';
	snprintf(line, KMSG_LINE_MAX, "[%5llu.%06llu] %s\n", usec / 1000000, usec % 1000000, text);
	return strlen(line);
}
