// SPDX-License-Identifier: GPL-2.0-only
/* JSON of what need not be fit for it: names of files are bytes, and a quotient may be infinite. */
#ifndef PINLAB_SAFEJSON_H
#define PINLAB_SAFEJSON_H

#include <jansson.h>

/* A string; of text that is no UTF-8 each byte beyond ASCII as \xNN. NULL: null. */
json_t *safejson_text(const char *text);

/* An integer, a real, or null of what is not finite. */
json_t *safejson_number(double v);

/* Append to a list and take hold of item. *list becomes NULL where either was, or memory ends. */
void safejson_append(json_t **list, json_t *item);

#endif
