/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal - what the nouns of the layer 2 engine share among themselves.
 *
 * Source  ours. Nobody outside core/l2 includes this.
 */
#pragma once
#include "core/l2/forward.h"
#include "core/l2/l2.h"
#include "wire/batadv.h"
#include "wire/ethernet.h"

/* What a timer is for; timer.kind. */
enum l2_timer {
	TIMER_PORT_OGM,	    /* struct port.ogm_timer */
	TIMER_PORT_WARM,    /* struct port.warm_timer */
	TIMER_OGM_EXTRA,    /* struct ogm.extra_timer */
	TIMER_OUTBOX,	    /* struct outbox.due */
	TIMER_NEIGHBOUR,    /* struct neighbour.silence */
	TIMER_ORIGINATOR,   /* struct originator.expiry */
	TIMER_TT_IDLE,	    /* struct tt_local.idle */
	TIMER_TT_FADE,	    /* struct tt_global.fade */
	TIMER_FLOOD_REPEAT, /* struct flood.repeat */
	TIMER_FRAG,	    /* struct frags.expiry */
	TIMER_GUARD,	    /* struct guard.open */
};

/* A packet under construction of at most FRAG_TOTAL_MAX bytes, with room for an
 * Ethernet header before it. It is handed down to l2_route or port_send at once,
 * never kept; l2_pass_on and lan, unicast, flood and echo use it. */
static inline uint8_t *l2_scratch(const struct l2 *l2)
{
	return l2->scratch + ETHERNET_HEADER;
}

/* The largest batman packet that we build in a buffer on the stack, with an
 * Ethernet header before it. */
enum { PACKET_MAX = 2048 };

/* A batman packet (behind ethertype 0x4305) from the mesh, by src, addressed to
 * the Ethernet address dst: dispatch by type. */
enum err l2_packet(struct l2 *l2, instant now, uint8_t port, struct mac src, struct mac dst,
		   const uint8_t *packet, size_t len, struct fx *fx);

/* A client's frame goes to the LAN, if the guard lets it; counted. */
void l2_deliver(struct l2 *l2, const uint8_t *frame, size_t len, struct fx *fx);

/* A frame from the LAN that the fast verdict gave up to the engine. */
enum err lan_rx(struct l2 *l2, instant now, const uint8_t *frame, size_t len, struct fx *fx);

/* UNICAST and UNICAST_4ADDR that the fast verdict gave up to the engine. */
enum err unicast_rx(struct l2 *l2, instant now, uint8_t port, const uint8_t *packet, size_t len,
		    struct fx *fx);

/* The header for a frame to a client at home. from: the client here that sent it,
 * or NULL. Frames of a client that others may not know yet leave as UNICAST_4ADDR:
 * receivers learn from them where it is. */
void unicast_head(const struct l2 *l2, const struct local_client *from, const struct tt_home *home,
		  struct batadv_unicast *u);

/* Until when a client here that was announced introduces itself so. */
instant unicast_young_until(const struct l2 *l2, const struct local_client *c);

/* Sends a routed packet (ttl and dest as they are) towards originator dest by the
 * best next hop, in pieces if need be. Room for an Ethernet header lies before
 * packet. in_port: the port it came in by, or PORT_CLOUD for our own.
 * ERR_NO_ROUTE: no such originator or no route. */
enum err l2_route(struct l2 *l2, struct mac dest, uint8_t in_port, uint8_t *packet, size_t len,
		  uint8_t prio, struct fx *fx);

/* Takes ttl - 1 and passes on a routed packet of any type that is not for us.
 * ERR_TTL: used up. */
enum err l2_pass_on(struct l2 *l2, uint8_t in_port, const uint8_t *packet, size_t len,
		    struct fx *fx);

/* Where a counter of ours starts: at random for each boot, but ahead of what we sent
 * before when only the program was started anew (its host gives the same seed until
 * the next boot). Peers believe in one restart each 30 s; a counter that goes on is
 * none to them. */
uint32_t l2_seqno_start(const struct l2 *l2, instant now);

static inline unsigned oif_of_port(uint8_t port)
{
	return port == PORT_CLOUD ? OIF_DEFAULT : port + 1u;
}

static inline unsigned oif_count(const struct l2 *l2)
{
	return l2->conf.ports_max + 1u;
}

/* The path to o for what came in by in_port. Routers are chosen for each port as
 * the neighbours there were told; a port without a choice of its own takes ours. */
static inline struct path *l2_next_hop(const struct originator *o, uint8_t in_port)
{
	struct path *p = originator_router(o, oif_of_port(in_port));

	return p ? p : originator_router(o, OIF_DEFAULT);
}

/* Tells people. */
void l2_note(struct fx *fx, enum note what, struct mac subject, struct mac object, uint32_t value);
