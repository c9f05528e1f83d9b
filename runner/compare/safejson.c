// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/safejson.h"
#include "csvfile.h"
#include "util.h"

json_t *safejson_text(const char *text)
{
	json_t *v = text ? json_string(text) : json_null();
	char *ascii, *at;

	if (v)
		return v;
	ascii = at = xrealloc(NULL, strlen(text) + 1, sizeof("\\xff") - 1);
	for (; *text; text++)
		at += sprintf(at, *text & 0x80 ? "\\x%02x" : "%c", (unsigned char)*text);
	*at = '\0';
	v = json_string(ascii);
	free(ascii);
	return v;
}

json_t *safejson_number(double v)
{
	if (!isfinite(v))
		return json_null();
	return csv_is_integer(v) ? json_integer(v) : json_real(v);
}

void safejson_append(json_t **list, json_t *item)
{
	if (json_array_append_new(*list, item)) {
		json_decref(*list);
		*list = NULL;
	}
}
