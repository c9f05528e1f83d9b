// SPDX-License-Identifier: GPL-2.0-only
/* The review as one file: its text, and the figures of both runs side by side, within it. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compare/review.h"
#include "util.h"

static void escaped(const char *s, FILE *f)
{
	for (; *s; s++) {
		if (*s == '<')
			fputs("&lt;", f);
		else if (*s == '&')
			fputs("&amp;", f);
		else if (*s == '"')
			fputs("&quot;", f);
		else
			fputc(*s, f);
	}
}

/* RFC 4648, with padding. */
static void base64(FILE *in, FILE *f)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char b[3];
	size_t n;

	while ((n = fread(b, 1, sizeof(b), in))) {
		unsigned int v = b[0] << 16 | (n > 1 ? b[1] << 8 : 0) | (n > 2 ? b[2] : 0);

		for (size_t i = 0; i < 4; i++)
			fputc(i <= n ? digits[v >> (18 - 6 * i) & 63] : '=', f);
	}
}

static void figure(const struct compare_half *h, const char *name, const char *role, FILE *f)
{
	char *path = xasprintf("%s/plots/%s", h->dir, name);
	FILE *in = fopen(path, "re");

	fprintf(f, "<figure><figcaption>%s: ", role);
	escaped(h->cells.run, f);
	fputs("</figcaption>", f);
	if (in) {
		fputs("<img alt=\"", f);
		escaped(name, f);
		fprintf(f, ", %s\" src=\"data:image/svg+xml;base64,", role);
		base64(in, f);
		fputs("\">", f);
		fclose(in);
	} else {
		fputs("<p>This run has no such figure.</p>", f);
	}
	fputs("</figure>\n", f);
	free(path);
}

static int is_svg(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return len > 4 && !strcmp(d->d_name + len - 4, ".svg");
}

static void figures(const struct compare *c, FILE *f)
{
	const struct compare_half *old = &c->half[SIDE_OLD], *new = &c->half[SIDE_NEW];
	char *dir = xasprintf("%s/plots", new->dir);
	bool one = !strcmp(old->dir, new->dir);
	struct dirent **names;
	int n = scandir(dir, &names, is_svg, alphasort);

	for (int i = 0; i < n; i++) {
		fputs("<div class=\"pair\">\n", f);
		if (!one)
			figure(old, names[i]->d_name, "base", f);
		figure(new, names[i]->d_name, one ? "base and patched" : "patched", f);
		fputs("</div>\n", f);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	free(dir);
}

void review_print_html(const struct compare *c, const char *command, FILE *f)
{
	char *text = NULL;
	size_t len;
	FILE *m = open_memstream(&text, &len);

	if (!m)
		abort();
	review_print_text(c, command, m);
	fclose(m);
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<title>pinlab: review</title>\n<style>\n"
	      "body { font-family: sans-serif; margin: 1em auto; max-width: 90em; "
	      "padding: 0 min(1em, 2vw) }\n"
	      /* 72 columns in any window: a table cut off at its numbers shows no change */
	      "pre { font-size: clamp(6px, 2.15vw, 14px); overflow-x: auto }\n"
	      ".pair { display: flex; flex-wrap: wrap; gap: 1em; border-top: 1px solid #ccc }\n"
	      "figure { flex: 1 1 24em; margin: 1em 0 }\n"
	      "figcaption { font-size: 0.9em; overflow-wrap: anywhere }\n"
	      "img { width: 100%; max-width: 56em }\n"
	      "</style>\n</head>\n<body>\n<pre>\n", f);
	escaped(text, f);
	fputs("</pre>\n", f);
	figures(c, f);
	fputs("</body>\n</html>\n", f);
	free(text);
}
