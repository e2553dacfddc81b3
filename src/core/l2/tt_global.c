/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/tt_global.h"
#include <assert.h>
#include "core/l2/internal.h"
#include "core/l2/keep.h"

enum {
	FADE_PER_CALL = 32,
	EVICT_TRIES = 8,
	HOMES_PER_CLIENT = 2, /* on average, for the bound of homes */
	TEMPORARY_SHARE = 4,  /* one in so many clients may be fading */
};

enum err tt_global_init(struct l2 *l2)
{
	struct tt_global *t = &l2->global;

	*t = (struct tt_global){0};
	map_init(&t->map, &l2->pool, prng_u64(&l2->prng));
	list_init(&t->fading);
	return timer_init(&l2->timers, &t->fade, TIMER_TT_FADE) ? OK : ERR_FULL;
}

struct global_client *tt_global_find(const struct l2 *l2, struct mac mac, uint16_t vid)
{
	const struct map *m = &l2->global.map;

	for (struct map_node *n = map_first(m, tt_client_hash(m, mac, vid)); n; n = map_next(n)) {
		struct global_client *g = container_of(n, struct global_client, node);

		if (mac_equal(g->mac, mac) && g->vid == vid)
			return g;
	}
	return NULL;
}

static struct tt_home *home_find(const struct global_client *g, const struct originator *o)
{
	list_each (h, &g->homes, struct tt_home, of_client) {
		if (h->originator == o)
			return h;
	}
	return NULL;
}

/* Is h, announced earlier than best (may be NULL), the better home all the same? */
static bool home_beats(const struct tt_home *h, const struct tt_home *best)
{
	if (!best || h->left != best->left)
		return !best || best->left;
	span later = instant_since(h->originator->tt.told, best->originator->tt.told);

	return span_less(span_s(TT_HOME_SILENT_S), later);
}

struct tt_home *tt_global_home(const struct global_client *g)
{
	struct tt_home *best = NULL;

	list_each (h, &g->homes, struct tt_home, of_client) {
		if (originator_router(h->originator, OIF_DEFAULT) && home_beats(h, best))
			best = h;
	}
	return best;
}

/* ---- counting ---- */

static void home_uncount(struct tt_home *h)
{
	struct tt_remote *r = &h->originator->tt;
	uint16_t vid = h->client->vid;

	if (!h->counted)
		return;
	tt_vlan_uncount(tt_vlans_find(&r->vlans, vid), h->client->mac, h->flags);
	tt_vlans_leave(&r->vlans, vid);
	assert(r->client_count > 0);
	r->client_count--;
	h->counted = false;
}

/* Counts h with these flags. false: a VLAN too many; h is unchanged. */
static bool home_count(struct l2 *l2, struct tt_home *h, uint8_t flags)
{
	struct tt_remote *r = &h->originator->tt;
	struct tt_vlan *v = tt_vlans_join(&l2->pool, &r->vlans, l2->conf.vlans_max, h->client->vid);

	if (!v)
		return false;
	r->client_count++;
	tt_vlan_count(v, h->client->mac, flags);
	home_uncount(h); /* it may have been counted with other flags */
	h->counted = true;
	h->flags = flags;
	return true;
}

/* ---- making and freeing ---- */

static void fade_arm(struct l2 *l2)
{
	struct tt_global *t = &l2->global;
	struct global_client *first = container_of(t->fading.next, struct global_client, fading);

	if (list_empty(&t->fading))
		timer_cancel(&l2->timers, &t->fade);
	else
		timer_set(&l2->timers, &t->fade, instant_add(first->since, span_s(TT_HINT_KEEP_S)));
}

static void fading_leave(struct l2 *l2, struct global_client *g)
{
	struct tt_global *t = &l2->global;

	if (list_empty(&g->fading))
		return;
	list_del(&g->fading);
	if (--t->fading_count == 0)
		timer_cancel(&l2->timers, &t->fade);
}

/* An entry fades while one of its homes is not counted: nobody would withdraw it. */
static void fading_update(struct l2 *l2, instant now, struct global_client *g)
{
	struct tt_global *t = &l2->global;
	bool hint = false;

	forwarding_mark_client(l2, g->mac, g->vid);
	list_each (h, &g->homes, struct tt_home, of_client) {
		hint = hint || !h->counted;
	}
	if (!hint) {
		fading_leave(l2, g);
	} else if (list_empty(&g->fading)) {
		g->since = now;
		list_append(&t->fading, &g->fading);
		t->fading_count++;
		if (!timer_is_set(&t->fade))
			fade_arm(l2);
	}
}

static void client_free(struct l2 *l2, struct global_client *g)
{
	struct tt_global *t = &l2->global;

	assert(list_empty(&g->homes));
	forwarding_mark_client(l2, g->mac, g->vid);
	fading_leave(l2, g);
	map_del(&t->map, &g->node);
	t->count--;
	t->told_full = false;
	pool_free(&l2->pool, g, sizeof(*g));
}

/* Nobody has it any more. A bridge that looked for it behind the cloud port would lose what is
 * flooded to find it, when it sits silent on that bridge's own LAN. */
static void client_lost(struct l2 *l2, struct global_client *g, struct fx *fx)
{
	const struct local_client *c = tt_local_find(l2, g->mac, g->vid);
	const struct effect e = {.kind = FX_FDB,
				 .fdb = {.mac = g->mac, .vid = g->vid, .lost = true}};

	if (mac_is_station(g->mac) && (!c || c->leaving))
		fx->emit(fx, &e);
	client_free(l2, g);
}

/* Its client stays, perhaps without a home. */
static void home_free(struct l2 *l2, struct tt_home *h)
{
	home_uncount(h);
	list_del(&h->of_client);
	list_del(&h->of_originator);
	l2->global.home_count--;
	pool_free(&l2->pool, h, sizeof(*h));
}

/* A home goes; its client goes with the last. */
static void home_drop(struct l2 *l2, instant now, struct tt_home *h, struct fx *fx)
{
	struct global_client *g = h->client;

	home_free(l2, h);
	if (list_empty(&g->homes))
		client_lost(l2, g, fx);
	else
		fading_update(l2, now, g);
}

/* The hints of g go; g too when it has nothing else. */
static void client_fade(struct l2 *l2, instant now, struct global_client *g, struct fx *fx)
{
	bool somewhere = false;

	list_each (h, &g->homes, struct tt_home, of_client) {
		if (!h->counted)
			home_free(l2, h);
		else
			somewhere = somewhere || !h->left;
	}
	if (list_empty(&g->homes)) {
		client_lost(l2, g, fx);
		return;
	}
	g->temporary = false;
	g->roaming = g->roaming && !somewhere;
	fading_update(l2, now, g);
}

void tt_global_fade(struct l2 *l2, instant now, struct fx *fx)
{
	struct tt_global *t = &l2->global;

	for (unsigned i = 0; i < FADE_PER_CALL && !list_empty(&t->fading); i++) {
		struct global_client *g =
			container_of(t->fading.next, struct global_client, fading);

		if (!instant_reached(instant_add(g->since, span_s(TT_HINT_KEEP_S)), now))
			break;
		client_fade(l2, now, g, fx);
	}
	fade_arm(l2);
}

/* Makes room for one more client, at the cost of the oldest hints. */
static bool evict(struct l2 *l2, instant now, struct fx *fx)
{
	struct tt_global *t = &l2->global;

	for (unsigned i = 0; i < EVICT_TRIES && t->count >= l2->conf.clients_max; i++) {
		if (list_empty(&t->fading))
			return false;
		client_fade(l2, now, container_of(t->fading.next, struct global_client, fading),
			    fx);
	}
	return t->count < l2->conf.clients_max;
}

static struct global_client *client_new(struct l2 *l2, instant now, struct mac mac, uint16_t vid,
					struct fx *fx)
{
	struct tt_global *t = &l2->global;
	struct global_client *g;

	if (t->count >= l2->conf.clients_max && !evict(l2, now, fx))
		return NULL;
	g = pool_alloc(&l2->pool, sizeof(*g));
	if (!g)
		return NULL;
	g->mac = mac;
	g->vid = vid;
	list_init(&g->fading);
	list_init(&g->homes);
	if (!map_add(&t->map, &g->node, tt_client_hash(&t->map, mac, vid))) {
		pool_free(&l2->pool, g, sizeof(*g));
		return NULL;
	}
	t->count++;
	return g;
}

/* The home of (mac, vid) at o; made, uncounted, when there is none. NULL: no room. */
static struct tt_home *home_get(struct l2 *l2, instant now, struct originator *o, struct mac mac,
				uint16_t vid, struct fx *fx)
{
	struct tt_global *t = &l2->global;
	struct global_client *g = tt_global_find(l2, mac, vid);
	struct tt_home *h = g ? home_find(g, o) : NULL;
	bool made = !g;

	if (h)
		return h;
	if (t->home_count / HOMES_PER_CLIENT >= l2->conf.clients_max)
		return NULL;
	if (made)
		g = client_new(l2, now, mac, vid, fx);
	if (!g)
		return NULL;
	h = pool_alloc(&l2->pool, sizeof(*h));
	if (!h) {
		if (made)
			client_free(l2, g);
		return NULL;
	}
	h->originator = o;
	h->client = g;
	list_prepend(&g->homes, &h->of_client);
	list_append(&o->tt.homes, &h->of_originator);
	t->home_count++;
	return h;
}

static enum err refuse(struct l2 *l2, struct mac mac, const struct originator *o, struct fx *fx)
{
	l2->count.tt_full++;
	if (!l2->global.told_full)
		l2_note(fx, NOTE_TABLE_FULL, mac, o->mac, ERR_FULL);
	l2->global.told_full = true;
	return ERR_FULL;
}

/* ---- what originators say ---- */

/* The client is at h now: hints of other homes go, announced ones were left. */
static void home_prefer(struct l2 *l2, struct tt_home *h)
{
	list_each (other, &h->client->homes, struct tt_home, of_client) {
		if (other == h)
			continue;
		if (other->counted)
			other->left = true;
		else
			home_free(l2, other);
	}
	h->left = false;
}

/* Another node has the client: it leaves here, and the bridge learns where it went. */
static void local_yield(struct l2 *l2, instant now, const struct originator *o, struct mac mac,
			uint16_t vid, bool roam, struct fx *fx)
{
	struct local_client *c = tt_local_find(l2, mac, vid);
	struct effect e = {.kind = FX_FDB, .fdb = {.mac = mac, .vid = vid}};

	if (!c || c->permanent || mac_is_multicast(mac))
		return;
	if (!c->leaving) {
		fx->emit(fx, &e);
		l2_note(fx, NOTE_CLIENT_ROAMED_OUT, mac, o->mac, vid);
	}
	tt_local_give_up(l2, now, c, roam);
}

/* A roam advertisement: the client is at h, which may not have announced it yet. */
static void home_roamed(struct l2 *l2, instant now, struct tt_home *h, uint8_t flags)
{
	struct global_client *g = h->client;

	home_prefer(l2, h);
	if (h->counted) { /* it has: nothing new, but that the client came back perhaps */
		g->roaming = false;
	} else {
		h->flags = flags;
		g->roaming = true;
		fading_leave(l2, g); /* a new hint: its time begins now */
	}
	g->temporary = false;
	fading_update(l2, now, g);
}

/* An announcement; h is counted already. renewed: it was before, too. */
static void home_announced(struct l2 *l2, instant now, struct tt_home *h, bool renewed)
{
	struct global_client *g = h->client;

	if (renewed) {
		list_del(&h->of_client);
		list_prepend(&g->homes, &h->of_client);
	}
	if (g->roaming || g->temporary)
		home_prefer(l2, h);
	h->left = false;
	g->roaming = false;
	g->temporary = false;
	fading_update(l2, now, g);
}

/* An announcement that says at once that the client is about to leave. */
static void home_leaving(struct l2 *l2, instant now, struct tt_home *h)
{
	struct global_client *g = h->client;
	bool alone = g->homes.next->next == &g->homes;

	h->left = true;
	if (alone) {
		g->roaming = true;
		g->temporary = false;
	}
	fading_update(l2, now, g);
}

enum err tt_global_add(struct l2 *l2, instant now, struct originator *o, struct mac mac,
		       uint16_t vid, uint8_t flags, uint8_t ttvn, bool roam, struct fx *fx)
{
	struct tt_home *h = home_get(l2, now, o, mac, vid, fx);
	uint8_t sync = flags & TT_CLIENT_SYNC_MASK;
	bool leaving = !roam && (flags & TT_CLIENT_ROAM);

	if (!h)
		return refuse(l2, mac, o, fx);
	/* While a full table is read, what was announced before is no news. */
	bool renewed = h->counted && h->listed;

	if (!roam && !(h->counted && h->flags == sync) && !home_count(l2, h, sync)) {
		/* Never counted, and no VLAN for it: no hint either, and no room for others. */
		bool told = l2->global.told_full;

		home_drop(l2, now, h, fx);
		l2->global.told_full = told;
		return refuse(l2, mac, o, fx);
	}
	h->ttvn = ttvn;
	h->listed = true;
	if (roam)
		home_roamed(l2, now, h, sync);
	else if (leaving)
		home_leaving(l2, now, h);
	else
		home_announced(l2, now, h, renewed);
	if (!leaving)
		local_yield(l2, now, o, mac, vid, roam, fx);
	return OK;
}

void tt_global_add_temporary(struct l2 *l2, instant now, struct originator *o, struct mac mac,
			     uint16_t vid, struct fx *fx)
{
	struct tt_global *t = &l2->global;
	struct local_client *c = tt_local_find(l2, mac, vid);
	struct global_client *g = tt_global_find(l2, mac, vid);
	struct tt_home *h = g ? home_find(g, o) : NULL;

	if (!mac_is_station(mac) || !tt_vid_valid(vid) || (c && !c->leaving))
		return;
	if (keep_is_anycast(&l2->conf.anycast, mac))
		return;
	if (h && h->counted && h->left) {
		/* It announced the client all the time: what led away from it was wrong. */
		home_prefer(l2, h);
		g->roaming = g->temporary = false;
		fading_update(l2, now, g);
		return;
	}
	if (g && !g->temporary && (h || !g->roaming))
		return;
	if (!g && t->fading_count > 0 && t->fading_count >= l2->conf.clients_max / TEMPORARY_SHARE)
		client_fade(l2, now, container_of(t->fading.next, struct global_client, fading),
			    fx);
	h = home_get(l2, now, o, mac, vid, fx);
	if (!h) {
		refuse(l2, mac, o, fx);
		return;
	}
	g = h->client;
	home_prefer(l2, h);
	h->ttvn = o->tt.ttvn;
	g->temporary = true;
	g->roaming = false;
	fading_leave(l2, g); /* its time begins anew */
	fading_update(l2, now, g);
}

void tt_global_del(struct l2 *l2, instant now, struct originator *o, struct mac mac, uint16_t vid,
		   uint8_t flags, struct fx *fx)
{
	struct global_client *g = tt_global_find(l2, mac, vid);
	struct tt_home *h = g ? home_find(g, o) : NULL;
	struct local_client *c = tt_local_find(l2, mac, vid);
	bool here = c && !c->leaving;

	if (!h)
		return;
	if ((flags & TT_CLIENT_ROAM) && !here && g->homes.next->next == &g->homes) {
		/* Its only home knows where it went: keep asking there. */
		home_uncount(h);
		h->left = true;
		g->roaming = true;
		g->temporary = false;
		fading_update(l2, now, g);
	} else {
		home_drop(l2, now, h, fx);
	}
}

void tt_global_drop(struct l2 *l2, struct tt_remote *r)
{
	list_each (h, &r->homes, struct tt_home, of_originator) {
		struct global_client *g = h->client;

		home_free(l2, h);
		if (list_empty(&g->homes))
			client_free(l2, g);
	}
	assert(r->client_count == 0 && r->vlans.used == 0);
}

void tt_global_clear(struct l2 *l2, instant now, struct originator *o, struct fx *fx)
{
	list_each (h, &o->tt.homes, struct tt_home, of_originator) {
		home_drop(l2, now, h, fx);
	}
	assert(o->tt.client_count == 0 && o->tt.vlans.used == 0);
	tt_remote_forget(&o->tt);
	forwarding_mark_node(l2, o->mac);
}

void tt_global_fini(struct l2 *l2)
{
	struct tt_global *t = &l2->global;

	assert(t->count == 0 && t->home_count == 0 && t->fading_count == 0);
	map_fini(&t->map);
	timer_fini(&l2->timers, &t->fade);
}

void tt_global_unlist(struct originator *o)
{
	list_each (h, &o->tt.homes, struct tt_home, of_originator) {
		h->listed = false;
	}
}

void tt_global_sweep(struct l2 *l2, instant now, struct originator *o, struct fx *fx)
{
	list_each (h, &o->tt.homes, struct tt_home, of_originator) {
		if (h->counted && !h->listed)
			home_drop(l2, now, h, fx);
	}
}

void tt_global_mark_roaming(struct l2 *l2, instant now, struct global_client *g)
{
	list_each (h, &g->homes, struct tt_home, of_client) {
		if (h->counted)
			h->left = true;
		else
			home_free(l2, h);
	}
	if (list_empty(&g->homes)) {
		client_free(l2, g);
		return;
	}
	g->roaming = true;
	g->temporary = false;
	fading_update(l2, now, g);
}

void tt_global_unmark_roaming(struct l2 *l2, instant now, struct global_client *g)
{
	list_each (h, &g->homes, struct tt_home, of_client) {
		if (h->counted) {
			h->left = false;
			g->roaming = false;
		}
	}
	fading_update(l2, now, g);
}
