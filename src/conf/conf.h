/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf - the configuration: UCI's syntax, one table of options.
 *
 * Source  DESIGN 4; specs/libremesh.md 3; the table is options.c.
 * Shape   Start with the defaults, then parse each file over it, lowest layer
 *         first: an option in a higher file wins, a list replaces the whole list.
 *         Parsing never stops at the first mistake.
 * Memory  plain data; conf_print allocates its text, the caller frees.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "conf/host_conf.h"
#include "conf/searches.h"
#include "core/crypto.h"
#include "node/node_conf.h"

enum {
	CONF_FILE_MAX = 65536, /* bytes of one file */
	CONF_VALUE_ROOM = 512, /* bytes of one word */
	CONF_PROBLEMS_MAX = 32,
	CONF_TEXT_ROOM = 240,
	CONF_NAME_ROOM = 256,
};

struct conf {
	struct node_conf node; /* node.tunnel.search is made of searches, when all is read */
	struct host_conf host;
	struct conf_searches searches;
};

/* Which file it is, for the words of the problems. */
enum conf_layer { CONF_DEFAULTS, CONF_COMMUNITY, CONF_NODE };

enum conf_severity {
	CONF_NOTE,  /* accepted, but without effect here, or worth a look */
	CONF_ERROR, /* refused */
};

struct conf_problem {
	enum conf_severity severity;
	char file[CONF_NAME_ROOM];
	unsigned line;		     /* 1..; 0: the file, or all of them together */
	char text[CONF_TEXT_ROOM];   /* what is wrong */
	char remedy[CONF_TEXT_ROOM]; /* what would be right */
};

struct conf_problems {
	struct conf_problem at[CONF_PROBLEMS_MAX];
	unsigned count;
	unsigned errors;  /* also those that did not fit */
	unsigned dropped; /* that did not fit */
};

void conf_problems_init(struct conf_problems *p);
/* "FILE:LINE: error: TEXT; REMEDY" into text, cut to fit; returns text. */
char *conf_problem_print(const struct conf_problem *p, char *text, size_t room);

void conf_init_defaults(struct conf *c);

/* Reads one file's text over c. file_name is for the problems only. false: there
 * was an error, and c is unchanged; all its problems are added to p. */
bool conf_parse(struct conf *c, const char *file_name, const char *text, size_t len,
		enum conf_layer layer, struct conf_problems *p);

/* What no single option shows: templates that give no address, names used twice.
 * The plan's own warnings are in the plan. false: an error was added to p. */
bool conf_check(const struct conf *c, const struct crypto *crypto, struct conf_problems *p);

/* All that is in force, in UCI's syntax with a comment for each unit; parsing it
 * over the defaults gives c again. NULL: no memory. */
char *conf_print(const struct conf *c);

/* The options as an mdoc list, for nuvol.conf(5). NULL: no memory. */
char *conf_manual(void);

bool conf_equal(const struct conf *a, const struct conf *b);
