/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Originator messages that we hear; ours are in ogm.c. */
#include <assert.h>
#include "base/crc32c.h"
#include "base/seqno.h"
#include "core/l2/internal.h"
#include "core/l2/ogm.h"
#include "core/l2/tq.h"

/* How many TTLs fewer a second copy may have to count as an alternative. */
enum { TTL_SLACK = 3 };

/* An echo tells that its sender hears the originator itself for this many of the
 * originator's intervals. */
enum { DIRECT_LASTS = 3 };

/* Was this number heard before: not at all, by another path only, by this one? */
enum dup { DUP_NONE, DUP_OTHER, DUP_SAME };

/* One OGM on its way through the passes, one for each OIF. */
struct hearing {
	struct l2 *l2;
	instant now;
	struct fx *fx;
	uint8_t port;
	struct mac src;
	struct neighbour *n; /* src on port; NULL: nobody who could be a next hop */
	struct batadv_ogm ogm;
	struct originator *o;	/* of the OGM */
	struct originator *hop; /* the neighbour as an originator; NULL: unknown */
	struct path *mine;	/* of o, over n; NULL: not found yet, or none */
	struct path *link;	/* of hop, over n; the same */
	bool direct;		/* both are the same */
	bool stale;		/* an older number than the newest heard */
	bool news;		/* the containers differ from those passed on last */
	uint32_t crc;		/* of the containers */
};

/* ---- one pass: sections 6 to 8 for one OIF ---- */

/* Marks the number in the windows of this OIF. ERR_PROTECTED: a jump too soon
 * after the last one; nothing changed. */
static enum err seqno_mark(struct hearing *h, unsigned oif, enum dup *dup)
{
	struct route *q = &h->o->route[oif];
	int32_t d = seqno_diff(h->ogm.seqno, q->last_seqno);
	bool restart = window_is_restart(d);

	*dup = DUP_NONE;
	if (list_empty(&h->o->paths))
		return OK;
	if (restart && q->started) {
		if (window_is_protected(q->was_reset, q->reset_at, h->now))
			return ERR_PROTECTED;
		q->was_reset = true;
		q->reset_at = h->now;
		h->o->bcast.was_reset = false; /* its broadcasts start anew, too */
	} else if (!restart && oif == OIF_DEFAULT) {
		h->stale = d < 0;
	}
	list_each (p, &h->o->paths, struct path, of_originator) {
		uint64_t *window = &p->oif[oif].window;
		bool same = p->neighbour == h->n;

		if (same)
			h->mine = p;
		if (!restart && window_has(*window, -d)) {
			if (same)
				*dup = DUP_SAME;
			else if (*dup == DUP_NONE)
				*dup = DUP_OTHER;
		}
		if (restart)
			*window = same;
		else if (d > 0)
			*window = window_shift(*window, d) | same;
		else if (same)
			*window |= UINT64_C(1) << -d;
	}
	if (restart || d > 0) {
		q->last_seqno = h->ogm.seqno;
		if (h->o->hurried)
			forwarding_mark_node(h->l2, h->o->mac);
		h->o->hurried = false;
	}
	/* SPEC: the first number ever heard uses up the allowance, and a node that starts
	 * anew soon is ignored for 30 s. OURS: it is no jump. */
	q->started = true;
	return OK;
}

/* Does the OGM come back to us in a circle: by our router for it, which had it
 * from itself, though it is not the originator?
 * SPEC: whatever the router does / OURS: not when it is doubted. A neighbour's second
 * port that fell silent looks just like this, and another who still hears that port
 * would be refused until the old path is forgotten, 200 s later. */
static bool is_circle(const struct hearing *h, unsigned oif)
{
	const struct path *router = originator_router(h->o, oif);

	if (!router || router->neighbour->doubted ||
	    !mac_equal(router->neighbour->mac, h->ogm.prev_sender) ||
	    mac_equal(h->ogm.orig, h->ogm.prev_sender))
		return false;
	const struct originator *r = originator_find(h->l2, router->neighbour->mac);
	const struct path *rr = r ? originator_router(r, oif) : NULL;

	return rr && mac_equal(rr->neighbour->mac, router->neighbour->mac);
}

/* Tells the handlers of the containers. Late copies say nothing new: with extra
 * OGMs they come often, and what they say about clients is outdated. */
static void containers_take(struct hearing *h)
{
	struct rd r = rd_over(h->ogm.tvlv, h->ogm.tvlv_len);
	struct batadv_gw gw = {0};
	struct batadv_tt tt;
	struct batadv_tvlv t;
	bool told = false;

	if (h->stale)
		return;
	if (h->ogm.tvlv_len == 0) {
		tt_sync_untold(h->l2, h->now, h->o, h->fx);
		return;
	}
	while (batadv_tvlv_next(&r, &t)) {
		if (t.version != 1)
			continue;
		if (t.type == TVLV_GW && batadv_gw_parse(t.value, t.len, &gw) != OK)
			gw = (struct batadv_gw){0};
		if (t.type != TVLV_TT || told)
			continue; /* unknown ones are passed on as they are */
		told = true;
		if (batadv_tt_parse(t.value, t.len, &tt) == OK)
			tt_sync_ogm(h->l2, h->now, h->o, &tt, h->fx);
		else
			h->l2->count.dropped[ERR_MALFORMED]++;
	}
	h->o->gw_down_100kbit = gw.down_100kbit;
	h->o->gw_up_100kbit = gw.up_100kbit;
}

/* What the link to the neighbour leaves of the TQ; makes the neighbour's path to
 * itself. ERR_FULL: no memory for it. */
static enum err link_judge(struct hearing *h, unsigned oif, uint8_t *tq)
{
	const struct port *port = &h->l2->ports.at[h->port];

	if (!h->link)
		h->link = path_get(h->l2, h->hop, h->n);
	if (!h->link)
		return ERR_FULL;
	if (h->direct)
		h->link->last_seen = h->now;
	h->o->last_seen = h->now;
	h->hop->last_seen = h->now;
	*tq = tq_over_link(h->ogm.tq, window_count(h->link->oif[oif].window),
			   window_count(h->n->own_window), port->hop_penalty,
			   port->wifi && oif == oif_of_port(h->port), h->l2->conf.hop_penalty);
	return OK;
}

static enum err route_update(struct hearing *h, unsigned oif, enum dup dup, uint8_t tq)
{
	struct route *q = &h->o->route[oif];

	if (dup != DUP_NONE &&
	    (q->last_seqno != h->ogm.seqno || q->last_ttl > h->ogm.ttl + TTL_SLACK))
		return OK;
	if (!h->mine)
		h->mine = path_get(h->l2, h->o, h->n);
	if (!h->mine)
		return ERR_FULL;
	h->mine->last_seen = h->now;
	if (dup == DUP_NONE) {
		list_each (p, &h->o->paths, struct path, of_originator) {
			if (p != h->mine)
				path_push(&p->oif[oif], 0);
		}
		q->last_ttl = h->ogm.ttl;
	}
	path_push(&h->mine->oif[oif], tq);
	route_offer(h->l2, h->now, h->o, oif, h->mine, h->fx);
	return OK;
}

/* ---- passing on ---- */

/* Does every other neighbour on the port hear the originator itself, so that only
 * the originator waits for the echo? */
static bool is_pure_echo(const struct hearing *h)
{
	const struct port *port = &h->l2->ports.at[h->port];
	span interval = h->l2->conf.orig_interval;
	uint32_t others = 0, hear_it = 0;

	if (h->ogm.ttl <= OGM_SHORT_TTL)
		return true; /* nobody passes these on */
	if (span_less(interval, h->n->pace.interval))
		interval = h->n->pace.interval;
	list_each (n, &port->neighbours, struct neighbour, on_port)
		others += n != h->n && !n->doubted;
	list_each (p, &h->o->paths, struct path, of_originator) {
		if (p->neighbour == h->n || p->neighbour->port != h->port ||
		    p->neighbour->doubted || !p->direct)
			continue;
		hear_it += instant_since(h->now, p->direct_at).us <= interval.us * DIRECT_LASTS;
	}
	return hear_it == others;
}

static enum lane lane_choose(const struct hearing *h, bool echo, bool first_route)
{
	if (echo && is_pure_echo(h))
		return LANE_ECHO;
	return h->news || first_route ? LANE_NEWS : LANE_STEADY;
}

/* Queues the OGM for the port of this OIF, if that is of use there. best: it came
 * by the best next hop. */
static enum err pass_on(struct hearing *h, unsigned oif, uint8_t tq, bool best, bool first_route)
{
	struct l2 *l2 = h->l2;
	bool echo = h->direct && oif == oif_of_port(h->port);
	struct batadv_ogm out = h->ogm;

	/* What is no route for others is good only as an echo. */
	if (!echo && (!best || (h->direct && h->ogm.ttl <= OGM_SHORT_TTL)))
		return OK;
	if (h->ogm.ttl <= 1)
		return ERR_TTL;
	out.ttl--;
	out.prev_sender = h->src;
	out.tq = tq_penalise(tq, l2->conf.hop_penalty);
	out.flags &= (uint8_t) ~(OGM_DIRECTLINK | OGM_NOT_BEST_NEXT_HOP);
	if (echo)
		out.flags |= OGM_DIRECTLINK;
	if (!best)
		out.flags |= OGM_NOT_BEST_NEXT_HOP;
	enum err e = outbox_put(l2, h->now, l2->ports.at[oif - 1].outbox, &out,
				lane_choose(h, echo, first_route), h->fx);

	if (e == OK && h->ogm.tvlv_len > 0)
		h->o->news = h->crc;
	return e;
}

static enum err pass(struct hearing *h, unsigned oif)
{
	const struct path *router = originator_router(h->o, oif);
	enum dup dup;
	uint8_t tq = 0;
	enum err e = seqno_mark(h, oif, &dup);

	if (e != OK)
		return e;
	if (h->ogm.tq == 0)
		return OK;
	bool best = router && router->oif[oif].tq != 0 && mac_equal(router->neighbour->mac, h->src);

	if (is_circle(h, oif))
		return ERR_LOOP;
	if (!h->direct && !(h->hop && originator_router(h->hop, oif)))
		return ERR_UNKNOWN;
	assert(h->n);
	if (oif == OIF_DEFAULT)
		containers_take(h);
	e = link_judge(h, oif, &tq);
	if (e == OK && tq > 0)
		e = route_update(h, oif, dup, tq);
	bool first_route = !router && originator_router(h->o, oif);

	/* Now that there is a way to it, it can be asked for its table. */
	if (oif == OIF_DEFAULT && first_route)
		containers_take(h);
	if (e != OK || oif == OIF_DEFAULT)
		return e;
	if (!h->direct && (tq == 0 || dup == DUP_SAME))
		return OK;
	return pass_on(h, oif, tq, best, first_route);
}

/* ---- an OGM, a frame ---- */

static bool is_routed(const struct l2 *l2, const struct originator *o)
{
	for (unsigned oif = 0; o && oif < oif_count(l2); oif++) {
		if (originator_router(o, oif))
			return true;
	}
	return false;
}

/* One of ours came back. When it left on this port and its sender heard it there,
 * the link works both ways. */
static enum err own_rx(struct hearing *h)
{
	const struct port *port = &h->l2->ports.at[h->port];
	int32_t age = seqno_diff(port->ogm_seqno, h->ogm.seqno);

	if (!(h->ogm.flags & OGM_DIRECTLINK) || !mac_equal(h->ogm.orig, port->mac))
		return OK;
	/* The first thing heard from a neighbour does not count, as in the kernel. */
	bool known = h->n || h->hop;

	if (!h->n)
		h->n = neighbour_get(h->l2, h->now, h->src, h->port, h->fx);
	if (!h->n)
		return ERR_FULL;
	if (known && age >= 0 && age < WINDOW_BITS)
		h->n->own_window |= UINT64_C(1) << age;
	return OK;
}

/* Remembers whether the neighbour hears the originator itself, and best so. */
static void direct_note(struct hearing *h)
{
	struct path *p = h->n && h->o && !h->direct ? path_find(h->o, h->n) : NULL;

	if (!p)
		return;
	p->direct = mac_equal(h->ogm.prev_sender, h->ogm.orig) &&
		    !(h->ogm.flags & OGM_NOT_BEST_NEXT_HOP);
	p->direct_at = h->now;
}

static enum err member_rx(struct hearing *h)
{
	struct l2 *l2 = h->l2;

	h->direct = mac_equal(h->src, h->ogm.orig);
	if (!h->n)
		h->n = neighbour_find(l2, h->src, h->port);
	if (!h->hop)
		h->hop = originator_find(l2, h->src);
	if (h->n)
		neighbour_heard(l2, h->now, h->n, h->fx);
	if (port_of_mac(l2, h->ogm.orig) >= 0)
		return own_rx(h);
	h->o = h->direct ? h->hop : originator_find(l2, h->ogm.orig);
	direct_note(h);
	if (port_of_mac(l2, h->ogm.prev_sender) >= 0 || h->ogm.flags & OGM_NOT_BEST_NEXT_HOP)
		return OK;
	bool trusted = h->direct || is_routed(l2, h->hop);

	if (trusted && !h->n)
		h->n = neighbour_get(l2, h->now, h->src, h->port, h->fx);
	if (trusted && !h->n)
		return ERR_FULL;
	/* A stranger cannot fill the table. */
	if (!h->o && !trusted)
		return ERR_UNKNOWN;
	if (!h->o)
		h->o = originator_get(l2, h->now, h->ogm.orig, h->fx);
	if (!h->o)
		return ERR_FULL;
	if (h->direct) {
		h->hop = h->o;
		neighbour_paced(l2, h->now, h->n, h->ogm.seqno, h->ogm.ttl > OGM_SHORT_TTL);
	}
	h->crc = crc32c(0, h->ogm.tvlv, h->ogm.tvlv_len);
	h->news = h->ogm.tvlv_len > 0 && h->crc != h->o->news;
	enum err e = pass(h, OIF_DEFAULT);

	for (uint8_t i = 0; i < l2->conf.ports_max; i++) {
		if (l2->ports.at[i].up)
			(void)pass(h, oif_of_port(i));
	}
	return e;
}

/* Takes the members that are echoes of ours, or all others. Gives what ended the
 * walk, and how many members there were. */
static enum err members_rx(struct hearing *frame, struct rd r, bool echoes, unsigned *members)
{
	enum err bad;

	for (*members = 0;; ++*members) {
		struct hearing h = *frame;

		bad = batadv_ogm_parse(&r, &h.ogm);
		if (bad != OK)
			return bad;
		if ((port_of_mac(h.l2, h.ogm.orig) >= 0) != echoes)
			continue;
		enum err e = member_rx(&h);

		if (e != OK)
			h.l2->count.dropped[e]++;
		frame->n = h.n;
		frame->hop = h.hop;
	}
}

enum err ogm_rx(struct l2 *l2, instant now, uint8_t port, struct mac src, const uint8_t *packet,
		size_t len, struct fx *fx)
{
	struct hearing frame = {.l2 = l2, .now = now, .fx = fx, .port = port, .src = src};
	struct rd r = rd_over(packet, len);
	unsigned members;

	if (port >= l2->conf.ports_max || !l2->ports.at[port].up)
		return ERR_UNKNOWN;
	if (!mac_is_station(src))
		return ERR_MALFORMED;
	if (port_of_mac(l2, src) >= 0)
		return ERR_OWN;
	/* Echoes first: the others are judged by them, and came no earlier. */
	enum err bad = members_rx(&frame, r, true, &members);

	if (members == 0)
		return bad;
	(void)members_rx(&frame, r, false, &members);
	l2->count.mgmt_rx++;
	l2->count.mgmt_rx_bytes += len + ETHERNET_HEADER;
	return OK;
}
