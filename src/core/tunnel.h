/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel - the one-way tunnels that a node wants: its own end, those to others, what goes there.
 *
 * Source  specs/bmx7.md 8.1, 8.3; DESIGN 1.
 * Shape   FX_TUNNEL carries one of these. An effect is a wish with a key: repeating it is
 *         harmless, and another wish of that key takes the place of the one before.
 *         IPv4 or IPv6 inside, IPv6 outside, nothing between (protocols 4 and 41). The outer source
 *         of all that reaches an end is the end's own dummy address, whoever sends; so a
 *         tunnel needs no handshake, and an end knows of nobody.
 * Order   a tunnel is wished before routes go into it, and gone after they are.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"
#include "base/mac.h"
#include "base/prefix.h"
#include "core/uplink.h"

enum tunnel_fx_kind {
	TUNNEL_END,	    /* one, ours */
	TUNNEL_OUT,	    /* key: node and dummy */
	TUNNEL_ROUTE,	    /* key: struct tunnel_key */
	TUNNEL_PROBE,	    /* ask somebody on the Internet through a tunnel */
	TUNNEL_KEEP,	    /* what people prefer is to be known after a restart */
	TUNNEL_CLIENT,	    /* key: MAC and family. Where packets of a client go */
	TUNNEL_KEEP_CLIENT, /* key: MAC. What people prefer for a client, likewise */
};

struct tunnel_end {
	bool gone;
	struct ipv6 primary; /* outer destination of what comes */
	struct ipv6 dummy;   /* outer source of what comes */
	struct ipv4 inner4;  /* ours, of what we send into tunnels ourselves; all zero: none */
	struct ipv6 inner6;
};

/* A gateway's end. */
struct tunnel_to {
	struct digest node;
	struct ipv6 dummy; /* outer source of what we send */
};

struct tunnel_out {
	bool gone;
	struct tunnel_to to;
	struct ipv6 primary; /* of that node: outer destination */
};

struct tunnel_key {
	uint32_t preference; /* of the rule that leads to the table; 32767 and table 254: the
				kernel's own rule */
	uint32_t table;
	uint32_t ip_metric;
	struct prefix prefix;
};

bool tunnel_key_equal(const struct tunnel_key *a, const struct tunnel_key *b);
/* For a hash; of this host only. */
enum { TUNNEL_KEY_BYTES = 30 };
void tunnel_key_bytes(const struct tunnel_key *k, uint8_t bytes[TUNNEL_KEY_BYTES]);

struct tunnel_route {
	bool gone;
	bool lost;  /* no tunnel: who sends there is to be told at once that there is no way; to is
		       not set */
	bool local; /* no tunnel: to is not set, and these addresses are looked for in the tables
		       that come after this one (RTN_THROW); never in table 254 */
	struct tunnel_key key;
	struct tunnel_to to;
};

/* From our inner address, into that tunnel whatever routes say; the answer comes to our inner
 * address by any way. */
struct tunnel_probe {
	uint32_t token;
	struct tunnel_to to;
	struct uplink_target target; /* no UPLINK_WEB */
};

/* Which gateway people prefer for the Internet. */
struct tunnel_preference {
	bool any;    /* none is preferred, the best is used */
	bool strict; /* rather nothing than another one */
	struct digest node;
};

/* Tables of gateways that clients are pinned to, with a default route each. What a client sends
 * is looked for there after all that is no default route, and before those of the node. */
enum {
	TUNNEL_CLIENT_TABLE = 0x4e5600, /* the first one */
	TUNNEL_CLIENT_TABLES = 32,
	TUNNEL_CLIENT_PREFERENCE = 32754, /* of the rules that lead there */
};

/* Of clients that have a gateway of their own? */
static inline bool tunnel_table_is_clients(uint32_t table)
{
	return table >= TUNNEL_CLIENT_TABLE && table < TUNNEL_CLIENT_TABLE + TUNNEL_CLIENT_TABLES;
}

struct tunnel_client {
	struct mac mac;
	bool v6;
	uint32_t table; /* 0: as what the node sends itself */
};

/* What people prefer for one client, wherever in the cloud it is. */
struct tunnel_client_preference {
	struct mac mac;
	uint32_t version; /* of core/share/pins.h; when people say so, it means nothing */
	struct tunnel_preference wish;
};

struct fx_tunnel {
	enum tunnel_fx_kind kind;
	union {
		struct tunnel_end end;
		struct tunnel_out out;
		struct tunnel_route route;
		struct tunnel_probe probe;
		struct tunnel_preference keep;
		struct tunnel_client client;
		struct tunnel_client_preference keep_client;
	};
};

enum tunnel_ev_kind {
	TUNNEL_ANSWER,	      /* to TUNNEL_PROBE; silence is not told */
	TUNNEL_PREFER,	      /* people say so, or what was kept */
	TUNNEL_PREFER_CLIENT, /* people say so */
	TUNNEL_RECALL_CLIENT, /* what was kept */
	TUNNEL_SEEN,	      /* who has sent something to the Internet since it was told last */
};

struct ev_tunnel_answer {
	uint32_t token;
	bool unsent; /* it could not even be sent */
};

enum { TUNNEL_SEEN_MAX = 4096 };

struct ev_tunnel_seen {
	bool v6;
	const uint8_t *macs; /* 6 bytes each */
	size_t len;	     /* of all, at most TUNNEL_SEEN_MAX times 6 */
};

struct ev_tunnel {
	enum tunnel_ev_kind kind;
	union {
		struct ev_tunnel_answer answer;
		struct tunnel_preference prefer;
		struct tunnel_client_preference client;
		struct ev_tunnel_seen seen;
	};
};
