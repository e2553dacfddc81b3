/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/tt_roam.h"
#include "core/l2/internal.h"

/* The record of (mac, vid) within the window; made over the oldest when there is none. */
static struct tt_roam *roam_get(struct tt_roams *rs, instant now, struct mac mac, uint16_t vid)
{
	struct tt_roam *r;

	for (unsigned i = 0; i < TT_ROAMS; i++) {
		r = &rs->at[i];
		if (r->count == 0 || !mac_equal(r->mac, mac) || r->vid != vid)
			continue;
		if (!span_less(instant_since(now, r->since), span_s(TT_ROAM_WINDOW_S))) {
			r->count = 0;
			r->since = now;
		}
		return r;
	}
	r = &rs->at[rs->next];
	rs->next = (rs->next + 1) % TT_ROAMS;
	*r = (struct tt_roam){.mac = mac, .vid = vid, .since = now};
	return r;
}

static void advertise(struct l2 *l2, const struct originator *to, struct mac mac, uint16_t vid,
		      struct fx *fx)
{
	uint8_t tvlv[BATADV_TVLV_LEN + BATADV_ROAM_LEN];
	struct wr w = wr_over(tvlv, sizeof(tvlv));

	batadv_tvlv_write(&w, TVLV_ROAM, ROAM_TVLV_VERSION, BATADV_ROAM_LEN);
	batadv_roam_write(&w, (struct batadv_roam){.client = mac, .vid = vid});
	if (tt_send(l2, l2_primary_mac(l2), to->mac, tvlv, wr_len(&w), fx) == OK)
		l2->count.tt_roam_adv_tx++;
}

void tt_roam_in(struct l2 *l2, instant now, struct mac mac, uint16_t vid, struct fx *fx)
{
	struct global_client *g = tt_global_find(l2, mac, vid);
	struct tt_home *from;
	struct tt_roam *r;

	if (!g)
		return;
	from = tt_global_home(g);
	l2_note(fx, NOTE_CLIENT_ROAMED_IN, mac, from ? from->originator->mac : (struct mac){{0}},
		vid);
	r = roam_get(&l2->global.roams, now, mac, vid);
	list_each (h, &g->homes, struct tt_home, of_client) {
		if (h->left || r->count >= TT_ROAM_MAX)
			continue;
		r->count++;
		advertise(l2, h->originator, mac, vid, fx);
	}
	tt_global_mark_roaming(l2, now, g);
}

/* Does another node than o announce (mac, vid), and we believe that it is there? */
static bool is_elsewhere(const struct l2 *l2, const struct originator *o, struct mac mac,
			 uint16_t vid)
{
	const struct global_client *g = tt_global_find(l2, mac, vid);

	if (!g)
		return false;
	list_each (h, &g->homes, struct tt_home, of_client) {
		if (h->counted && !h->left && h->originator != o)
			return true;
	}
	return false;
}

enum err tt_roam_rx(struct l2 *l2, instant now, const struct batadv_utvlv *u,
		    const struct batadv_tvlv *t, struct fx *fx)
{
	struct originator *o = originator_find(l2, u->src);
	struct batadv_roam roam;
	const struct local_client *c;
	enum err e = batadv_roam_parse(t->value, t->len, &roam);

	if (e != OK)
		return e;
	if (!o)
		return ERR_UNKNOWN;
	if (!mac_is_station(roam.client) || !tt_vid_valid(roam.vid))
		return ERR_MALFORMED;
	c = tt_local_find(l2, roam.client, roam.vid);
	if (c && c->permanent)
		return ERR_BLOCKED;
	/* An announcement has overtaken it. */
	if ((!c || c->leaving) && is_elsewhere(l2, o, roam.client, roam.vid))
		return ERR_OLD;
	l2->count.tt_roam_adv_rx++;
	return tt_global_add(l2, now, o, roam.client, roam.vid, 0, (uint8_t)(o->tt.ttvn + 1), true,
			     fx);
}
