/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * note - the events that a core tells people about.
 *
 * Source  ours.
 * Shape   a closed list; what subject, object and value mean stands beside.
 */
#pragma once

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
	NOTE_TABLE_FULL,	/* value: enum err of the table's counter; rate limited */
};

/* A short lower-case name for logs and JSON: "client-roamed-in". */
const char *note_name(enum note n);
