/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/network.h"

const char *network_note_name(enum network_note n)
{
	switch (n) {
	case NETWORK_NOTE_LINK_NEW: return "link-new";
	case NETWORK_NOTE_LINK_USABLE: return "link-usable";
	case NETWORK_NOTE_LINK_DOUBTED: return "link-doubted";
	case NETWORK_NOTE_LINK_GONE: return "link-gone";
	case NETWORK_NOTE_NODE_NEW: return "node-new";
	case NETWORK_NOTE_NODE_RESTART: return "node-restart";
	case NETWORK_NOTE_NODE_GONE: return "node-gone";
	case NETWORK_NOTE_NODE_BLOCKED: return "node-blocked";
	case NETWORK_NOTE_ROUTE: return "route";
	case NETWORK_NOTE_ROUTE_LOST: return "route-lost";
	case NETWORK_NOTE_ATTACK: return "attack";
	case NETWORK_NOTE_KEY_RENEWED: return "key-renewed";
	case NETWORK_NOTE_TABLE_FULL: return "table-full";
	}
	return "?";
}
