/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/note.h"
#include <stdio.h>

const char *note_name(enum note n)
{
	switch (n) {
	case NOTE_NEIGHBOUR_NEW: return "neighbour-new";
	case NOTE_NEIGHBOUR_DOUBTED: return "neighbour-doubted";
	case NOTE_NEIGHBOUR_GONE: return "neighbour-gone";
	case NOTE_NODE_NEW: return "node-new";
	case NOTE_NODE_GONE: return "node-gone";
	case NOTE_ROUTE_CHANGED: return "route-changed";
	case NOTE_ROUTE_LOST: return "route-lost";
	case NOTE_CLIENT_NEW: return "client-new";
	case NOTE_CLIENT_GONE: return "client-gone";
	case NOTE_CLIENT_ROAMED_IN: return "client-roamed-in";
	case NOTE_CLIENT_ROAMED_OUT: return "client-roamed-out";
	case NOTE_LAN_BLOCKED: return "lan-blocked";
	case NOTE_LAN_OPEN: return "lan-open";
	case NOTE_GATEWAY_TAKEN: return "gateway-taken";
	case NOTE_GATEWAY_CHANGED: return "gateway-changed";
	case NOTE_GATEWAY_LOST: return "gateway-lost";
	case NOTE_TABLE_FULL: return "table-full";
	}
	return "?";
}

const char *gateway_why_name(enum gateway_why why)
{
	switch (why) {
	case GATEWAY_FOUND: return "found";
	case GATEWAY_AGAIN: return "again";
	case GATEWAY_SILENT: return "silent";
	case GATEWAY_GONE: return "gone";
	case GATEWAY_UNREACHABLE: return "unreachable";
	case GATEWAY_BETTER: return "better";
	case GATEWAY_PREFERRED: return "preferred";
	case GATEWAY_UNWISHED: return "unwished";
	}
	return "?";
}

/* ---- in words ---- */

enum { END_TEXT = 80, SHORT_ID = 8 /* digits */ };

static const char *end_print(const struct note_gateway_end *e, char text[END_TEXT])
{
	char id[DIGEST_TEXT];

	if (e->name && e->name[0] != '\0')
		return e->name;
	snprintf(text, END_TEXT, "%.*s", SHORT_ID, digest_print(&e->id, id));
	return text;
}

/* What is said of `from`. */
static const char *why_words(enum gateway_why why)
{
	switch (why) {
	case GATEWAY_SILENT: return "carries nothing to the Internet";
	case GATEWAY_GONE: return "offers it no more";
	case GATEWAY_UNREACHABLE: return "cannot be reached";
	case GATEWAY_BETTER: return "is worth less";
	case GATEWAY_PREFERRED: return "is not the one that people prefer";
	case GATEWAY_UNWISHED: return "is not the only one that people want";
	case GATEWAY_FOUND:
	case GATEWAY_AGAIN: break;
	}
	return "";
}

static bool is_none(const struct note_gateway_end *e)
{
	return digest_equal(&e->id, &(struct digest){{0}});
}

char *note_gateway_print(const struct note_gateway *g, char text[NOTE_GATEWAY_TEXT])
{
	const char family = g->v6 ? '6' : '4';
	const char *spare = g->spare ? " (our own uplink is used before it)" : "";
	char from[END_TEXT], to[END_TEXT];

	if (is_none(&g->to))
		snprintf(text, NOTE_GATEWAY_TEXT,
			 "no gateway carries IPv%c to the Internet any more: %s %s", family,
			 end_print(&g->from, from), why_words(g->why));
	else if (is_none(&g->from))
		snprintf(text, NOTE_GATEWAY_TEXT, "IPv%c to the Internet goes by %s%s%s", family,
			 end_print(&g->to, to), g->why == GATEWAY_AGAIN ? " again" : "", spare);
	else
		snprintf(text, NOTE_GATEWAY_TEXT, "IPv%c to the Internet goes by %s now: %s %s%s",
			 family, end_print(&g->to, to), end_print(&g->from, from),
			 why_words(g->why), spare);
	return text;
}
