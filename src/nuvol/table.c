/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/table.h"
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include "nuvol/words.h"

enum { GAP = 2 };

struct cell {
	const char *text; /* allocated, but for titles */
	enum tone tone;
};

void table_init(struct table *t, const struct column *columns, unsigned width)
{
	assert(width > 0);
	*t = (struct table){.columns = columns, .width = width};
}

void table_fini(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free((char *)t->cells[i].text);
	free(t->cells);
	*t = (struct table){0};
}

static void no_memory(void)
{
	fprintf(stderr, "nuvol: no memory\n");
	exit(EXIT_FAILURE);
}

void table_add(struct table *t, enum tone tone, const char *format, ...)
{
	va_list args;
	char *text;

	if (t->count == t->room) {
		size_t room = t->room * 2 + 64;
		struct cell *grown = realloc(t->cells, room * sizeof(*grown));

		if (!grown)
			no_memory();
		t->cells = grown;
		t->room = room;
	}
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		no_memory();
	va_end(args);
	text_clean(text);
	t->cells[t->count++] = (struct cell){text, tone};
}

/* Characters, taking every byte that continues none as one. */
static int text_width(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static int column_width(const struct table *t, unsigned column)
{
	int widest = t->columns[0].title ? text_width(t->columns[column].title) : 0;

	for (size_t i = column; i < t->count; i += t->width) {
		int n = text_width(t->cells[i].text);

		widest = n > widest ? n : widest;
	}
	return widest;
}

const char *tone_begin(enum tone tone, bool colour)
{
	if (!colour)
		return "";
	switch (tone) {
	case TONE_PLAIN: return "";
	case TONE_GOOD: return "\033[32m";
	case TONE_BAD: return "\033[31m";
	case TONE_FAINT: return "\033[2m";
	case TONE_TITLE: return "\033[1m";
	}
	return "";
}

const char *tone_end(enum tone tone, bool colour)
{
	return colour && tone != TONE_PLAIN ? "\033[0m" : "";
}

static void cell_print(FILE *out, const struct cell *cell, bool colour, bool right, int width,
		       bool last)
{
	int blanks = width - text_width(cell->text);

	fprintf(out, "%*s%s%s%s", right ? blanks : 0, "", tone_begin(cell->tone, colour),
		cell->text, tone_end(cell->tone, colour));
	if (!last)
		fprintf(out, "%*s", (right ? 0 : blanks) + GAP, "");
}

/* Cells of one line, up to the last that is not empty, so that no blanks end it. */
static void line_print(const struct table *t, const struct cell *row, const int *widths, FILE *out,
		       bool colour, int indent)
{
	unsigned last = t->width - 1;

	while (last > 0 && row[last].text[0] == '\0')
		last--;
	fprintf(out, "%*s", indent, "");
	for (unsigned c = 0; c <= last; c++)
		cell_print(out, &row[c], colour, t->columns[c].right, widths[c], c == last);
	fputc('\n', out);
}

void table_print(const struct table *t, FILE *out, bool colour, int indent)
{
	int *widths = calloc(t->width, sizeof(*widths));
	struct cell *titles = calloc(t->width, sizeof(*titles));

	assert(t->count % t->width == 0);
	if (!widths || !titles)
		no_memory();
	for (unsigned c = 0; c < t->width; c++) {
		widths[c] = column_width(t, c);
		titles[c] = (struct cell){t->columns[c].title, TONE_TITLE};
	}
	if (t->columns[0].title)
		line_print(t, titles, widths, out, colour, indent);
	for (size_t row = 0; row < t->count; row += t->width)
		line_print(t, &t->cells[row], widths, out, colour, indent);
	free(titles);
	free(widths);
}
