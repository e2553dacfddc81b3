/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unicast - client frames from the mesh that the fast verdict gave up to the
 * engine: redirected to where their client is now, delivered, or passed on.
 *
 * Source  specs/batman-adv.md 10.2; DHT subtypes 13.
 */
#include "base/seqno.h"
#include "core/l2/internal.h"

enum { FRESH_INTERVALS = 3 };

/* A version too old makes a home that the client left send the frame on. */
static uint8_t version_for(const struct tt_home *home)
{
	return (uint8_t)(home->originator->tt.ttvn - home->left);
}

instant unicast_young_until(const struct l2 *l2, const struct local_client *c)
{
	return instant_add(c->since, span_us(l2->conf.orig_interval.us * FRESH_INTERVALS));
}

void unicast_head(const struct l2 *l2, const struct local_client *from, const struct tt_home *home,
		  struct batadv_unicast *u)
{
	/* The clock of a client is its own last frame: this runs in a pure verdict. */
	bool young = from && instant_before(from->last_seen, unicast_young_until(l2, from));

	*u = (struct batadv_unicast){
		.ttl = BATADV_TTL,
		.ttvn = version_for(home),
		.dest = home->originator->mac,
		.has_src = from && !from->leaving && (from->fresh || young),
		.src = l2_primary_mac(l2),
		.subtype = BATADV_4ADDR_DATA,
	};
}

static void readdress(struct l2 *l2, struct batadv_unicast *u, const struct tt_home *home)
{
	if (!mac_equal(u->dest, home->originator->mac))
		l2->count.tt_reroute++;
	u->dest = home->originator->mac;
	u->ttvn = version_for(home);
}

/* Its sender knew an older table than we: where does the client live now?
 * SPEC: a packet on its way to the home that we too believe in, older version, is
 * dropped. OURS: it goes on with the version that we know, because a client that
 * did not move must lose nothing when another one at its node did. */
static enum err look_again(struct l2 *l2, const struct local_client *here,
			   const struct global_client *g, struct batadv_unicast *u)
{
	const struct tt_home *home = g ? tt_global_home(g) : NULL;

	if (here && (!here->leaving || !home)) {
		u->dest = l2_primary_mac(l2);
		u->ttvn = l2->local.ttvn;
		return OK;
	}
	if (!home)
		return ERR_UNKNOWN;
	readdress(l2, u, home);
	return OK;
}

/* The rules of ttvn: may change u's dest and ttvn. */
static enum err redirect(struct l2 *l2, const struct ethernet *e, struct batadv_unicast *u)
{
	uint16_t vid = ethernet_batadv_vid(e);
	const struct local_client *here = tt_local_find(l2, e->dst, vid);
	const struct global_client *g = tt_global_find(l2, e->dst, vid);
	uint8_t current = l2->local.ttvn;

	if (here && here->leaving && (here->flags & TT_CLIENT_ROAM)) {
		const struct tt_home *home = g ? tt_global_home(g) : NULL;

		if (home) {
			readdress(l2, u, home);
			return OK;
		}
	}
	if (port_of_mac(l2, u->dest) < 0) {
		const struct originator *o = originator_find(l2, u->dest);

		if (!o)
			return ERR_UNKNOWN;
		current = o->tt.ttvn;
	}
	return ttvn_older(u->ttvn, current) ? look_again(l2, here, g, u) : OK;
}

/* May it go to the LAN? What is stored in a distributed ARP table, or answered from
 * it, is for a client here or for nobody. And nodes with such a table answer for
 * clients of ours in their name: our bridge would look for these in the mesh then. */
static enum err arp_check(const struct l2 *l2, const struct ethernet *e,
			  const struct batadv_unicast *u, uint16_t vid)
{
	const struct local_client *from = tt_local_find(l2, e->src, vid);
	bool stored = u->has_src &&
		      (u->subtype == BATADV_4ADDR_DHT_PUT || u->subtype == BATADV_4ADDR_DHT_REPLY);

	if (e->inner_type == ETHERTYPE_ARP && from && !from->leaving)
		return ERR_OWN;
	return stored && !tt_local_find(l2, e->dst, vid) ? ERR_UNKNOWN : OK;
}

static enum err deliver(struct l2 *l2, instant now, const struct ethernet *e,
			const struct batadv_unicast *u, struct fx *fx)
{
	uint16_t vid = ethernet_batadv_vid(e);
	struct originator *from = u->has_src ? originator_find(l2, u->src) : NULL;
	enum err err = arp_check(l2, e, u, vid);

	if (err != OK)
		return err;
	if (from && u->subtype == BATADV_4ADDR_DATA && !l2->guard.blocked)
		tt_global_add_temporary(l2, now, from, e->src, vid, fx);
	l2_deliver(l2, u->frame, u->frame_len, fx);
	return OK;
}

static enum err pass_on(struct l2 *l2, uint8_t port, const struct ethernet *e,
			struct batadv_unicast *u, struct fx *fx)
{
	uint8_t *packet = l2_scratch(l2);
	struct wr w = wr_over(packet, FRAG_TOTAL_MAX);

	if (u->ttl < 2)
		return ERR_TTL;
	u->ttl--;
	batadv_unicast_write(&w, u);
	wr_bytes(&w, u->frame, u->frame_len);
	if (w.bad)
		return ERR_TOO_BIG;
	enum err err = l2_route(l2, u->dest, port, packet, wr_len(&w), frag_prio(e, u->frame), fx);
	if (err == OK) {
		l2->count.forward++;
		l2->count.forward_bytes += wr_len(&w);
	}
	return err;
}

enum err unicast_rx(struct l2 *l2, instant now, uint8_t port, const uint8_t *packet, size_t len,
		    struct fx *fx)
{
	struct batadv_unicast u;
	struct ethernet e;
	enum err err = batadv_unicast_parse(packet, len, &u);

	if (err == OK)
		err = ethernet_parse(u.frame, u.frame_len, &e);
	if (err == OK && !mac_is_multicast(e.dst))
		err = redirect(l2, &e, &u);
	if (err != OK)
		return err;
	if (port_of_mac(l2, u.dest) >= 0)
		return deliver(l2, now, &e, &u, fx);
	return pass_on(l2, port, &e, &u, fx);
}
