/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uci - reads UCI's syntax, one statement at a time; it knows no option.
 *
 * Source  OpenWrt's UCI file format, as its documentation and libuci read it:
 *         config TYPE ['NAME'], option NAME 'VALUE', list NAME 'VALUE', package.
 *         Words are bare, 'single' or "double" quoted, or a mix without space;
 *         \ takes the next character as it is (not inside single quotes), before
 *         a line's end it joins the lines; quotes may span lines; # outside of
 *         quotes begins a comment; ; ends a statement. Keywords may be cut to
 *         their first letter.
 * Shape   a cursor over the caller's text. After a mistake it goes on at the next
 *         line, so that one run shows all mistakes.
 * Memory  words are copied into the statement, nothing is allocated.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum {
	UCI_NAME_ROOM = 64,   /* a type, section or option name and its NUL */
	UCI_VALUE_ROOM = 512, /* a value and its NUL */
	UCI_MISTAKE_ROOM = 160,
};

enum uci_kind {
	UCI_END,     /* of the text */
	UCI_CONFIG,  /* name: type; value: the section's name, "" when it has none */
	UCI_OPTION,  /* name, value */
	UCI_LIST,    /* name, value */
	UCI_MISTAKE, /* mistake and remedy say what is wrong */
};

enum uci_section {
	UCI_OUTSIDE, /* before the first config line */
	UCI_INSIDE,
	UCI_LOST, /* after a wrong config line: its options are passed over */
};

struct uci_reader {
	const char *at;
	const char *end;
	unsigned line; /* of at; 1.. */
	enum uci_section section;
};

struct uci_statement {
	enum uci_kind kind;
	unsigned line; /* where it begins */
	char name[UCI_NAME_ROOM];
	char value[UCI_VALUE_ROOM];
	char mistake[UCI_MISTAKE_ROOM];
	char remedy[UCI_MISTAKE_ROOM];
};

void uci_reader_init(struct uci_reader *r, const char *text, size_t len);
/* The next statement into s. Names are made of [A-Za-z0-9_.-], types of any
 * printable character; options outside of a section are mistakes. */
void uci_next(struct uci_reader *r, struct uci_statement *s);

/* May it be the name of a section or an option? */
bool uci_is_name(const char *name);

/* Writes value as one quoted word that uci_next reads back: 'it'\''s'. At most
 * 4 * strlen(value) + 3 bytes with the NUL; cut to room. Returns word. */
char *uci_quote(const char *value, char *word, size_t room);
