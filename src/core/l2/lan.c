/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lan - frames from the LAN that the fast verdict gave up to the engine.
 *
 * Source  specs/batman-adv.md 10.1; unknown clients: README.md "First contact".
 */
#include "core/l2/internal.h"
#include "wire/hello.h"

/* Loop-detect frames of bridge loop avoidance come from ba:be:random. */
static bool is_loop_detector(struct mac m)
{
	return m.b[0] == 0xba && m.b[1] == 0xbe;
}

/* The frame's source is attached here. ERR_DUPLICATE: it is not, the mesh brought
 * its frame to this LAN by another node. */
static enum err learn(struct l2 *l2, instant now, const struct ethernet *e, const uint8_t *frame,
		      size_t len, struct fx *fx)
{
	uint16_t vid = ethernet_batadv_vid(e);
	struct ev_client seen = {.change = CLIENT_SEEN, .mac = e->src, .vid = vid};

	if (!mac_is_station(e->src))
		return ERR_MALFORMED;
	if (is_loop_detector(e->src) || hello_is_source(e->src))
		return OK;
	const struct local_client *c = tt_local_find(l2, e->src, vid);
	if ((!c || c->leaving) && flood_heard(l2, now, frame, len))
		return ERR_DUPLICATE;
	return tt_local_seen(l2, now, &seen, fx);
}

/* Nobody announces the destination: it may be silent. */
static enum err unknown_tx(struct l2 *l2, instant now, const uint8_t *frame, size_t len,
			   struct fx *fx)
{
	if (!l2->conf.flood_unknown)
		return ERR_UNKNOWN;
	if (!bucket_take(&l2->flood.unknown, now))
		return ERR_RATE;
	enum err e = flood_tx(l2, now, frame, len, fx);
	if (e == OK)
		l2->count.flood_unknown++;
	return e;
}

static enum err unicast_tx(struct l2 *l2, const struct ethernet *e, const struct tt_home *home,
			   const uint8_t *frame, size_t len, struct fx *fx)
{
	struct batadv_unicast u;
	uint8_t *packet = l2_scratch(l2);
	struct wr w = wr_over(packet, FRAG_TOTAL_MAX);
	const struct local_client *from = tt_local_find(l2, e->src, ethernet_batadv_vid(e));

	unicast_head(l2, from, home, &u);
	batadv_unicast_write(&w, &u);
	wr_bytes(&w, frame, len);
	if (w.bad)
		return ERR_TOO_BIG;
	return l2_route(l2, u.dest, PORT_CLOUD, packet, wr_len(&w), frag_prio(e, frame), fx);
}

enum err lan_rx(struct l2 *l2, instant now, const uint8_t *frame, size_t len, struct fx *fx)
{
	struct ethernet e;
	enum err err = ethernet_parse(frame, len, &e);

	if (err == OK)
		err = guard_from_lan(l2, now, &e, frame, len, fx);
	if (err == OK)
		err = learn(l2, now, &e, frame, len, fx);
	if (err == OK)
		err = guard_keep(l2, &e);
	if (err != OK)
		return err;
	if (mac_is_multicast(e.dst))
		return flood_tx(l2, now, frame, len, fx);

	uint16_t vid = ethernet_batadv_vid(&e);
	const struct local_client *to = tt_local_find(l2, e.dst, vid);
	const struct global_client *g = tt_global_find(l2, e.dst, vid);
	const struct tt_home *home = g ? tt_global_home(g) : NULL;

	if (to && (!to->leaving || !home))
		return ERR_OWN; /* the bridge delivers it */
	if (!home)
		return unknown_tx(l2, now, frame, len, fx);
	return unicast_tx(l2, &e, home, frame, len, fx);
}
