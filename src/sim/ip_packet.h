/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ip_packet - an IPv4 packet that nodes route: to the Internet and back.
 *
 * Source  ours; forward.h says where a node sends it.
 * Shape   A node's probe through the tunnel of a gateway, or a client's question; what comes back
 *         from the Internet is the same packet with `back`, to whom sent it. In a tunnel it
 *         passes all hops at once: each loses and delays it as a frame to that neighbour would,
 *         but it takes no air. On a LAN it is a frame, and cloud and air carry that.
 *         A node decides about a packet each time that it routes it towards the Internet; the
 *         same node twice is a loop.
 * Memory  plain data; as bytes it has a sum, so that damaged ones are dropped.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/ip.h"
#include "core/uplink.h"

enum { ETHERTYPE_PACKET = 0x88b7 /* IEEE: "OUI extended" */, PACKET_DECISIONS = 4 };

enum ip_packet_kind { PACKET_PROBE, PACKET_FLOW };

struct ip_packet {
	enum ip_packet_kind kind;
	enum uplink_means means; /* of a probe */
	bool back;		 /* from the Internet */
	uint16_t sender;	 /* node of a probe, client of a flow */
	uint32_t life;		 /* of the node */
	uint32_t number;	 /* a probe's token, a flow's number */
	struct ipv4 ip;		 /* the sender's */
	uint16_t exit;		 /* node by whose uplink it left, or WORLD_NOWHERE */
	uint8_t decisions;
	uint16_t by[PACKET_DECISIONS]; /* nodes */
};

enum { PACKET_BYTES = 32 };

/* PACKET_BYTES. */
void ip_packet_write(const struct ip_packet *k, uint8_t *bytes);
/* false: it is damaged, or none. */
bool ip_packet_read(const uint8_t *bytes, size_t len, struct ip_packet *k);
