/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fx - what a core wants done.
 *
 * Source  DESIGN: the core interface.
 * Shape   A core calls fx->emit for each effect, in order. emit must not call
 *         back into the core; it may copy bytes, which are valid during the
 *         call only. Effects with a key (FX_FDB) may be repeated harmlessly.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/mac.h"
#include "core/ev.h"
#include "core/forwarding.h"
#include "core/note.h"
#include "core/tunnel.h"

enum fx_kind {
	FX_SEND,     /* a frame out of a mesh port */
	FX_DELIVER,  /* a frame to the LAN, out of the cloud port */
	FX_FDB,	     /* tell the bridge that a client is behind the cloud port now, or lost */
	FX_ECHO,     /* the answer to EV_ECHO */
	FX_NOTE,     /* something worth telling people; never acted on */
	FX_DATAGRAM, /* to core/share of another node, or of all */
	FX_LEASE,    /* keep this over a restart; left_s 0: forget it */
	FX_RESERVE,  /* tell the DHCP server whose an address is */
	FX_RANGES,   /* tell the DHCP server which addresses it may give to new clients */
	FX_NAME,     /* tell the DNS server whose a name is */
	FX_HELLO,    /* tell other nodes on a cable of the LAN that we are there */
	FX_LAN_ROLE, /* what a port of the LAN is for */
	FX_NETWORK,  /* of core/l3 */
	FX_TUNNEL,   /* of core/gw */
	FX_UPLINK,   /* of core/uplink */
	/* what a data path outside of the engine must know */
	FX_FORWARDING,
};

/* The frame from its Ethernet destination on, without the port's VLAN tag. */
struct fx_frame {
	uint8_t port; /* PORT_CLOUD for FX_DELIVER */
	const uint8_t *data;
	size_t len;
};

struct fx_fdb {
	struct mac mac;
	uint16_t vid;
	bool lost; /* nobody has it any more: it may be anywhere, here too */
};

enum echo_result { ECHO_REPLY, ECHO_TTL_EXCEEDED, ECHO_UNREACHABLE };

struct fx_echo {
	uint32_t token;
	uint16_t seqno;
	enum echo_result result;
	struct mac from; /* who answered */
	uint8_t ttl;	 /* left in the answer */
};

struct fx_note {
	enum note what;
	struct mac subject;	     /* a client, an originator */
	struct mac object;	     /* the node it is about */
	uint32_t value;		     /* port, vid, seqno; see core/note.h */
	struct note_gateway gateway; /* of a gateway; its names are valid during the call */
};

struct fx_datagram {
	struct mac to; /* MAC_BROADCAST: all nodes of the cloud, by multicast */
	const uint8_t *data;
	size_t len;
};

/* Key: mac. gone: nobody's any more, as far as this MAC goes. */
struct fx_reserve {
	struct mac mac;
	struct ipv4 ip;
	bool gone;
};

struct range {
	struct ipv4 first, last;
};

/* All ranges that hold from now on. */
struct fx_ranges {
	const struct range *at;
	size_t count;
};

/* Key: name and ip4. name: one label, without the domain. */
struct fx_name {
	const char *name;
	struct ipv4 ip4;
	struct ipv6 ip6; /* all zero: none */
	bool gone;
};

/* Out of one port of the LAN, by broadcast, ethertype CABLE_ETHERTYPE. */
struct fx_hello {
	uint8_t port;
	const uint8_t *data; /* after the Ethernet header */
	size_t len;
};

enum lan_role {
	LAN_ALONE,	/* no other node is there: a port of the bridge like any other */
	LAN_DESIGNATED, /* others are; this node serves the clients there: in the bridge */
	LAN_STANDBY,	/* another node serves them: not in the bridge */
	LAN_LISTENING,	/* just plugged in, or unplugged: not in the bridge yet */
};

/* Key: port. */
struct fx_lan_role {
	uint8_t port;
	enum lan_role role;
	bool mesh;	 /* nodes of our cloud are there (DESIGNATED, STANDBY): a mesh port too */
	bool quiet;	 /* DESIGNATED without any client: nothing of the gateway leaves here */
	uint8_t changes; /* when it does: what was where on the segment may be elsewhere now */
};

struct effect {
	enum fx_kind kind;
	union {
		struct fx_frame frame;
		struct fx_fdb fdb;
		struct fx_echo echo;
		struct fx_note note;
		struct fx_datagram datagram;
		struct lease lease;
		struct fx_reserve reserve;
		struct fx_ranges ranges;
		struct fx_name name;
		struct fx_hello hello;
		struct fx_lan_role lan_role;
		struct fx_network network;
		struct fx_tunnel tunnel;
		struct fx_uplink uplink;
		struct fx_forwarding forwarding;
	};
};

struct fx {
	void (*emit)(struct fx *fx, const struct effect *e);
};
