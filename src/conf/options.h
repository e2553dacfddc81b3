/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options - the table of all options, and how a value of each kind is read and
 * written. Parser, checks, printing and manual all come from here.
 *
 * Source  DESIGN 4; LibreMesh's names where it has them: specs/libremesh.md 1, 3.
 * Shape   a constant table. A row's place is an offset into struct conf, or for sections that an
 *         operator names into their struct (conf/section.h). The defaults are
 *         text and go through the same reader as an operator's.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conf/conf.h"

enum option_kind {
	OPTION_TEXT,	      /* min..max bytes, no control characters */
	OPTION_TEMPLATE,      /* the same, and the plan can be made with it */
	OPTION_DOMAIN,	      /* a DNS name */
	OPTION_PATH,	      /* absolute */
	OPTION_INTERFACE,     /* a Linux interface name; "" when min is 0 */
	OPTION_NUMBER,	      /* min..max, stored times scale */
	OPTION_MS,	      /* a span of min..max milliseconds */
	OPTION_FLAG,	      /* 1 or 0 */
	OPTION_CHOICE,	      /* one of words, stored as its position in an enum */
	OPTION_MAC,	      /* the primary MAC, or "" */
	OPTION_FIXED,	      /* only its default is possible; nothing is stored */
	OPTION_NETWORK,	      /* of a search: a prefix of either family; no default */
	OPTION_NODE_ID,	      /* of a search: 56 hex digits, or "" */
	OPTION_TABLE_RULE,    /* of a search: PREFERENCE/TABLE */
	OPTION_INTERFACES,    /* list of Linux interface names */
	OPTION_RESOLVERS,     /* list of IPv4 and IPv6 addresses */
	OPTION_TARGETS,	      /* list of targets of an uplink's checks: target_value.h */
	OPTION_DHCP_HOSTS,    /* list of MAC,IPv4[,name] */
	OPTION_PROTOCOLS,     /* list of LibreMesh's protocols for the whole node */
	OPTION_NET_PROTOCOLS, /* the same for one interface */
};

struct option {
	const char *type;    /* of the section: config TYPE 'SECTION' */
	const char *section; /* NULL: any name, a struct for each */
	const char *name;
	enum option_kind kind;
	uint8_t width; /* of a number: 1, 2, 4 or 8 bytes */
	uint32_t scale;
	int64_t min, max;
	const char *value; /* the default; lists: divided by spaces */
	const char *unit;  /* NULL: none */
	const char *const *words;
	size_t offset;
	size_t room;	  /* of a text and its NUL */
	const char *help; /* one line, no markup, ends without a full stop */
};

/* What came of a value. */
struct option_answer {
	enum { ANSWER_OK, ANSWER_NOTE, ANSWER_ERROR } kind;
	char text[CONF_TEXT_ROOM];
	char remedy[CONF_TEXT_ROOM];
};

const struct option *option_table(size_t *count);
/* The row, or NULL. Sections lime and lime-* are the same; net and tunOut have any name. */
const struct option *option_find(const char *type, const char *section, const char *name);

bool option_is_list(const struct option *o);

/* Sets o to one value, a list to this one item. base is the struct that o's offset
 * is into. On ANSWER_ERROR a scalar is as before. */
void option_set(const struct option *o, void *base, const char *value, struct option_answer *a);
/* For lists: empties, and adds an item. */
void option_clear(const struct option *o, void *base);
void option_add(const struct option *o, void *base, const char *value, struct option_answer *a);
/* The index'th value in force into text: scalars have one (or none, when unset),
 * lists as many as they are long. false: there is none. */
bool option_get(const struct option *o, const void *base, unsigned index, char *text, size_t room);

void option_default(const struct option *o, void *base);
