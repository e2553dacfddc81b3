/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * note - the events that a core tells people about.
 *
 * Source  ours.
 * Shape   a closed list; what subject, object and value mean stands beside. Of gateways to the
 *         Internet none of these says enough: they have struct note_gateway.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "base/digest.h"

enum note {
	NOTE_NEIGHBOUR_NEW,	/* subject: neighbour's port MAC; value: our port */
	NOTE_NEIGHBOUR_DOUBTED, /* silent, alternatives are used; same */
	NOTE_NEIGHBOUR_GONE,	/* same */
	NOTE_NODE_NEW,		/* subject: originator */
	NOTE_NODE_GONE,		/* subject: originator */
	NOTE_ROUTE_CHANGED,	/* subject: originator; object: next hop; value: port */
	NOTE_ROUTE_LOST,	/* subject: originator */
	NOTE_CLIENT_NEW,	/* subject: client here; value: vid */
	NOTE_CLIENT_GONE,	/* subject: client no longer here; value: vid */
	NOTE_CLIENT_ROAMED_IN,	/* subject: client; object: the node it came from; value: vid */
	NOTE_CLIENT_ROAMED_OUT, /* subject: client; object: the node it went to; value: vid */
	NOTE_LAN_BLOCKED,	/* subject: the foreign gateway whose claim we saw */
	NOTE_LAN_OPEN,		/* claims have stopped */
	NOTE_GATEWAY_TAKEN,   /* gateway: what is sent to the Internet goes by `to`; none before */
	NOTE_GATEWAY_CHANGED, /* gateway: ... by `to`, and by `from` no more */
	NOTE_GATEWAY_LOST,    /* gateway: ... by none */
	NOTE_TABLE_FULL,      /* value: enum err of the table's counter; rate limited */
};

/* Why `from` was left, or `to` taken. */
enum gateway_why {
	GATEWAY_FOUND,	     /* the first one */
	GATEWAY_AGAIN,	     /* there was none for a while */
	GATEWAY_SILENT,	     /* nothing of the Internet answered through it */
	GATEWAY_GONE,	     /* it offers the Internet no more */
	GATEWAY_UNREACHABLE, /* the network has no way to it */
	GATEWAY_BETTER,	     /* another one was worth more for long enough */
	GATEWAY_PREFERRED,   /* people prefer another */
	GATEWAY_UNWISHED,    /* people want another or none */
};

struct note_gateway_end {
	struct digest id; /* all zero: none */
	const char *name; /* "": has none */
};

struct note_gateway {
	bool v6;
	bool spare; /* our own uplink is used; this is for when it fails */
	enum gateway_why why;
	struct note_gateway_end from, to;
};

/* A short lower-case name for logs and JSON: "client-roamed-in". */
const char *note_name(enum note n);

static inline bool note_is_of_gateway(enum note n)
{
	return n == NOTE_GATEWAY_TAKEN || n == NOTE_GATEWAY_CHANGED || n == NOTE_GATEWAY_LOST;
}

/* "silent" */
const char *gateway_why_name(enum gateway_why why);
/* A sentence without its full stop; returns text. */
enum { NOTE_GATEWAY_TEXT = 300 };
char *note_gateway_print(const struct note_gateway *g, char text[NOTE_GATEWAY_TEXT]);
