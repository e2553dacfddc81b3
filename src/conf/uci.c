/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/uci.h"
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What went wrong in a word. */
enum word_fault { WORD_GOOD, WORD_ABSENT, WORD_LONG, WORD_OPEN, WORD_ZERO };

struct word {
	char *out;
	size_t room;
	size_t len;
	bool too_long;
	bool zero;
};

void uci_reader_init(struct uci_reader *r, const char *text, size_t len)
{
	*r = (struct uci_reader){.at = text, .end = text + len, .line = 1};
}

/* The character at hand, or -1 at the end. */
static int peek(const struct uci_reader *r)
{
	return r->at < r->end ? (unsigned char)*r->at : -1;
}

static void step(struct uci_reader *r)
{
	assert(r->at < r->end);
	if (*r->at == '\n')
		r->line++;
	r->at++;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Blanks, and line's ends that a backslash hides. */
static void skip_blank(struct uci_reader *r)
{
	for (;;) {
		bool joined = peek(r) == '\\' && r->end - r->at > 1 && r->at[1] == '\n';

		if (joined)
			step(r);
		else if (!is_blank(peek(r)))
			return;
		step(r);
	}
}

/* To the newline, which stays. */
static void skip_line(struct uci_reader *r)
{
	while (peek(r) != -1 && peek(r) != '\n')
		step(r);
}

static void add(struct word *w, char c)
{
	if (c == '\0')
		w->zero = true;
	else if (w->len + 1 < w->room)
		w->out[w->len++] = c;
	else
		w->too_long = true;
}

/* A backslash is at hand: what it hides is taken; a hidden line's end vanishes. */
static void take_escaped(struct uci_reader *r, struct word *w)
{
	step(r);
	if (peek(r) == -1)
		return;
	if (*r->at != '\n')
		add(w, *r->at);
	step(r);
}

/* A quote is at hand. false: the text ended before it did. */
static bool take_quoted(struct uci_reader *r, struct word *w)
{
	char quote = *r->at;

	step(r);
	while (peek(r) != -1) {
		if (*r->at == quote) {
			step(r);
			return true;
		}
		if (*r->at == '\\' && quote == '"') {
			take_escaped(r, w);
			continue;
		}
		add(w, *r->at);
		step(r);
	}
	return false;
}

static bool ends_word(int c)
{
	return c == -1 || c == '\n' || c == '#' || c == ';' || is_blank(c);
}

static enum word_fault take_word(struct uci_reader *r, char *out, size_t room)
{
	struct word w = {out, room, 0, false, false};

	skip_blank(r);
	out[0] = '\0';
	if (ends_word(peek(r)))
		return WORD_ABSENT;
	while (!ends_word(peek(r))) {
		if (*r->at == '\'' || *r->at == '"') {
			if (!take_quoted(r, &w)) {
				out[w.len] = '\0';
				return WORD_OPEN;
			}
		} else if (*r->at == '\\') {
			take_escaped(r, &w);
		} else {
			add(&w, *r->at);
			step(r);
		}
	}
	out[w.len] = '\0';
	if (w.zero)
		return WORD_ZERO;
	return w.too_long ? WORD_LONG : WORD_GOOD;
}

static void mistake(struct uci_reader *r, struct uci_statement *s, const char *text,
		    const char *remedy)
{
	s->kind = UCI_MISTAKE;
	snprintf(s->mistake, sizeof(s->mistake), "%s", text);
	snprintf(s->remedy, sizeof(s->remedy), "%s", remedy);
	skip_line(r);
}

/* Takes a word, or makes s a mistake. what names the word; size says how long it
 * may be. */
static bool want_word(struct uci_reader *r, struct uci_statement *s, const char *what, char *out,
		      size_t room)
{
	char text[UCI_MISTAKE_ROOM];

	switch (take_word(r, out, room)) {
	case WORD_GOOD: return true;
	case WORD_ABSENT:
		snprintf(text, sizeof(text), "the %s is missing", what);
		mistake(r, s, text,
			"write config TYPE 'NAME', option NAME 'VALUE' or list NAME 'VALUE'");
		return false;
	case WORD_LONG:
		snprintf(text, sizeof(text), "the %s has more than %zu bytes", what, room - 1);
		mistake(r, s, text, "shorten it");
		return false;
	case WORD_OPEN:
		snprintf(text, sizeof(text), "the quote of the %s is never closed", what);
		mistake(r, s, text, "close it with the quote that opened it");
		return false;
	case WORD_ZERO:
		snprintf(text, sizeof(text), "the %s holds a zero byte", what);
		mistake(r, s, text, "write the file as text");
		return false;
	}
	assert(false);
	return false;
}

bool uci_is_name(const char *name)
{
	if (*name == '\0')
		return false;
	for (const char *c = name; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || *c == '_' || *c == '-' || *c == '.'))
			return false;
	return true;
}

static bool is_type(const char *type)
{
	if (*type == '\0')
		return false;
	for (const char *c = type; *c != '\0'; c++)
		if (*c < '!' || *c > '~')
			return false;
	return true;
}

/* Nothing but a comment may follow on the line. */
static bool want_end(struct uci_reader *r, struct uci_statement *s)
{
	skip_blank(r);
	int c = peek(r);
	if (c == -1 || c == '\n' || c == '#' || c == ';')
		return true;
	mistake(r, s, "there is more on the line than the statement needs",
		"put a value with spaces in quotes: 'like this'");
	return false;
}

static bool read_package(struct uci_reader *r, struct uci_statement *s)
{
	return want_word(r, s, "package's name", s->name, sizeof(s->name)) && want_end(r, s);
}

static bool read_config(struct uci_reader *r, struct uci_statement *s)
{
	r->section = UCI_LOST;
	if (!want_word(r, s, "section's type", s->name, sizeof(s->name)))
		return false;
	skip_blank(r);
	s->value[0] = '\0';
	bool named = !ends_word(peek(r));
	if (named && !want_word(r, s, "section's name", s->value, UCI_NAME_ROOM))
		return false;
	if (!want_end(r, s))
		return false;
	if (!is_type(s->name) || (named && s->value[0] != '\0' && !uci_is_name(s->value))) {
		mistake(r, s, "the section's type or name has characters that it may not have",
			"use letters, digits, _ - and . only");
		return false;
	}
	s->kind = UCI_CONFIG;
	r->section = UCI_INSIDE;
	return true;
}

static bool read_setting(struct uci_reader *r, struct uci_statement *s, enum uci_kind kind)
{
	if (!want_word(r, s, "option's name", s->name, sizeof(s->name)) ||
	    !want_word(r, s, "option's value", s->value, sizeof(s->value)) || !want_end(r, s))
		return false;
	if (!uci_is_name(s->name)) {
		mistake(r, s, "the option's name has characters that it may not have",
			"use letters, digits, _ - and . only");
		return false;
	}
	if (r->section == UCI_OUTSIDE) {
		mistake(r, s, "this option is in no section",
			"write config TYPE 'NAME' on a line before it");
		return false;
	}
	s->kind = kind;
	return true;
}

static bool is_keyword(const char *word, const char *keyword)
{
	return strcmp(word, keyword) == 0 || (word[0] == keyword[0] && word[1] == '\0');
}

/* Reads one statement. false: nothing to tell about it. */
static bool read_statement(struct uci_reader *r, struct uci_statement *s)
{
	char keyword[UCI_NAME_ROOM];

	if (!want_word(r, s, "keyword", keyword, sizeof(keyword)))
		return true;
	if (is_keyword(keyword, "package"))
		return !read_package(r, s);
	if (is_keyword(keyword, "config")) {
		read_config(r, s);
		return true;
	}
	if (is_keyword(keyword, "option") || is_keyword(keyword, "list")) {
		bool good = read_setting(r, s, keyword[0] == 'o' ? UCI_OPTION : UCI_LIST);
		/* Of a section whose line is wrong, nothing can be said. */
		return !good || r->section == UCI_INSIDE;
	}
	mistake(r, s, "a line must begin with config, option or list", "put # before a comment");
	return true;
}

void uci_next(struct uci_reader *r, struct uci_statement *s)
{
	for (;;) {
		int c = peek(r);

		if (c == -1) {
			s->kind = UCI_END;
			s->line = r->line;
			return;
		}
		if (c == '#') {
			skip_line(r);
		} else if (c == '\n' || c == ';' || is_blank(c)) {
			step(r);
		} else {
			s->line = r->line;
			if (read_statement(r, s))
				return;
		}
	}
}

char *uci_quote(const char *value, char *word, size_t room)
{
	size_t used = 0;

	assert(room >= 3);
	word[used++] = '\'';
	for (; *value != '\0'; value++) {
		const char *piece = *value == '\'' ? "'\\''" : NULL;
		size_t len = piece ? 4 : 1;

		if (used + len + 2 > room)
			break;
		memcpy(word + used, piece ? piece : value, len);
		used += len;
	}
	word[used++] = '\'';
	word[used] = '\0';
	return word;
}
