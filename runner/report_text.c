// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report_text.h"

const char html_style[] =
"<style>\n"
":root{color-scheme:light dark;--bg:#fff;--fg:#1b1b1b;--dim:#5c5c5c;--line:#d9d9d9;"
"--alt:#f5f5f5;--link:#0059a3;--ok:#00664b;--bad:#a63f00}\n"
"@media(prefers-color-scheme:dark){:root{--bg:#16181b;--fg:#e6e6e6;--dim:#a0a0a0;--line:#3a3d42;"
"--alt:#1f2226;--link:#7cc0f0;--ok:#4cc9a0;--bad:#ff9b5c}}\n"
"body{margin:0 auto;max-width:74rem;padding:1rem;background:var(--bg);color:var(--fg);"
"font:16px/1.5 system-ui,sans-serif}\n"
"h1{font-size:1.5rem;margin:.5rem 0;overflow-wrap:anywhere}\n"
"h2{font-size:1.2rem;margin:2rem 0 .5rem}\n"
"a{color:var(--link)}p{max-width:50rem}.dim{color:var(--dim)}\n"
".wide{overflow-x:auto;margin:.5rem 0}\n"
"table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}\n"
"th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;"
"vertical-align:top}\n"
"thead th{border-bottom:2px solid var(--line);vertical-align:bottom}\n"
"thead .u,.m{display:block;font-weight:normal;color:var(--dim);font-size:.8rem}\n"
".n{text-align:right;white-space:nowrap}.k{white-space:nowrap}\n"
"tbody tr:nth-child(even){background:var(--alt)}\n"
".pass{color:var(--ok)}.bad{color:var(--bad);font-weight:600}\n"
"figure{margin:1.5rem 0}\n"
"figure .wide{background:#fff;border:1px solid var(--line);border-radius:.3rem}\n"
"figure img{display:block;max-width:100%;height:auto;margin:auto}\n"
"figcaption{font-size:.9rem;color:var(--dim)}\n"
"@media(max-width:45rem){body{padding:.6rem}figure img{max-width:none;width:44rem}}\n"
"pre{overflow-x:auto;background:var(--alt);padding:.6rem;font-size:.8rem;margin:0}\n"
".meta td{overflow-wrap:anywhere}dt{font-weight:600}dd{margin:0 0 .5rem 1rem}\n"
"</style>\n";

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
