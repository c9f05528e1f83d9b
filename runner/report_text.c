// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report_text.h"

void html_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '\'':
			fputs("&#39;", f);
			break;
		default:
			/* HTML has no place for control characters, escaped or not. */
			putc(iscntrl((unsigned char)*text) && !strchr("\n\t", *text) ? '?' : *text,
			     f);
		}
	}
}

void html_printf(FILE *f, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	html_text(f, text);
	free(text);
}

void html_path(FILE *f, const char *path)
{
	for (; *path; path++) {
		if (isalnum((unsigned char)*path) || strchr("/._-~", *path))
			putc(*path, f);
		else
			fprintf(f, "%%%02X", (unsigned char)*path);
	}
}

void html_number(FILE *f, double v, int decimals)
{
	char text[400];
	size_t whole;

	snprintf(text, sizeof(text), "%.*f", decimals, fabs(v));
	if (v < 0)
		fputs("\u2212", f);
	whole = strcspn(text, ".");
	for (size_t i = 0; i < whole; i++) {
		if (i && (whole - i) % 3 == 0)
			fputs("\u202f", f);
		putc(text[i], f);
	}
	fputs(text + whole, f);
}
