/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/note.h"

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
	case NOTE_TABLE_FULL: return "table-full";
	}
	return "?";
}
