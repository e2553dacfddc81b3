/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/tt_local.h"
#include <assert.h>
#include "core/l2/internal.h"
#include "core/l2/keep.h"

enum {
	IDLE_PER_CALL = 32,
	/* UNICAST_TVLV with one TT container, before its VLANs */
	TABLE_HEADERS = BATADV_UTVLV_LEN + BATADV_TVLV_LEN + BATADV_TT_LEN,
	MTU_WITHOUT_PORT = 1500,
};

enum err tt_local_init(struct l2 *l2, instant now)
{
	struct tt_local *t = &l2->local;

	*t = (struct tt_local){0};
	map_init(&t->map, &l2->pool, prng_u64(&l2->prng));
	list_init(&t->all);
	list_init(&t->leaving);
	list_init(&t->changes);
	bucket_init(&t->answers, TT_ANSWERS_BURST, span_ms(TT_ANSWERS_MS), now);
	return timer_init(&l2->timers, &t->idle, TIMER_TT_IDLE) ? OK : ERR_FULL;
}

struct local_client *tt_local_find(const struct l2 *l2, struct mac mac, uint16_t vid)
{
	const struct map *m = &l2->local.map;

	for (struct map_node *n = map_first(m, tt_client_hash(m, mac, vid)); n; n = map_next(n)) {
		struct local_client *c = container_of(n, struct local_client, node);

		if (mac_equal(c->mac, mac) && c->vid == vid)
			return c;
	}
	return NULL;
}

static void client_free(struct l2 *l2, struct local_client *c)
{
	struct tt_local *t = &l2->local;

	if (!list_empty(&c->change)) {
		list_del(&c->change);
		t->change_count--;
	}
	forwarding_mark_client(l2, c->mac, c->vid);
	list_del(&c->all);
	map_del(&t->map, &c->node);
	tt_vlans_leave(&t->vlans, c->vid);
	t->count--;
	t->permanent_count -= c->permanent;
	pool_free(&l2->pool, c, sizeof(*c));
}

static void list_free(struct l2 *l2, struct list *head)
{
	list_each (c, head, struct local_client, all) {
		if (!c->fresh)
			tt_vlan_uncount(tt_vlans_find(&l2->local.vlans, c->vid), c->mac,
					c->announced_flags);
		client_free(l2, c);
	}
}

void tt_local_fini(struct l2 *l2)
{
	struct tt_local *t = &l2->local;

	list_free(l2, &t->all);
	list_free(l2, &t->leaving);
	assert(t->count == 0 && t->change_count == 0 && t->permanent_count == 0);
	pool_free(&l2->pool, t->last, t->last_room * sizeof(*t->last));
	tt_vlans_fini(&l2->pool, &t->vlans);
	map_fini(&t->map);
	timer_fini(&l2->timers, &t->idle);
}

size_t tt_table_max(const struct l2 *l2)
{
	size_t mtu = SIZE_MAX, max;

	for (unsigned i = 0; i < l2->conf.ports_max; i++) {
		const struct port *p = &l2->ports.at[i];

		if (p->up && p->mtu_bytes < mtu)
			mtu = p->mtu_bytes;
	}
	if (mtu == SIZE_MAX)
		mtu = MTU_WITHOUT_PORT;
	max = mtu;
	if (l2->conf.fragmentation) {
		size_t piece = mtu < FRAG_MTU_MAX ? mtu : FRAG_MTU_MAX;

		max = FRAG_PIECES_MAX * (piece - BATADV_FRAG_LEN);
	}
	return max < FRAG_TOTAL_MAX ? max : FRAG_TOTAL_MAX;
}

bool tt_local_changed(const struct local_client *c)
{
	return c->fresh || c->leaving || c->again ||
	       (c->flags & TT_CLIENT_SYNC_MASK) != c->announced_flags;
}

/* Puts c into the list of changes when a commit would say something about it. */
static void change_update(struct tt_local *t, struct local_client *c)
{
	bool changed = tt_local_changed(c);
	bool queued = !list_empty(&c->change);

	if (changed && !queued) {
		list_append(&t->changes, &c->change);
		t->change_count++;
	} else if (!changed && queued) {
		list_del(&c->change);
		t->change_count--;
	}
}

static void idle_arm(struct l2 *l2)
{
	struct tt_local *t = &l2->local;
	struct local_client *first = container_of(t->all.next, struct local_client, all);

	if (list_empty(&t->all))
		timer_cancel(&l2->timers, &t->idle);
	else
		timer_set(&l2->timers, &t->idle,
			  instant_add(first->last_seen, span_s(TT_LOCAL_IDLE_S)));
}

/* Would a table with one more client, of this VLAN, still fit everywhere? */
static bool has_room(const struct l2 *l2, uint16_t vid)
{
	const struct tt_local *t = &l2->local;
	size_t vlans = t->vlans.used + !tt_vlans_find(&t->vlans, vid);
	size_t clients = (size_t)t->count + 1;

	return clients <= l2->conf.clients_here_max &&
	       TABLE_HEADERS + BATADV_TT_VLAN_LEN * vlans + BATADV_TT_CHANGE_LEN * clients <=
		       tt_table_max(l2);
}

/* NULL: no room. */
static struct local_client *client_new(struct l2 *l2, instant now, const struct ev_client *ev)
{
	struct tt_local *t = &l2->local;
	struct local_client *c;

	if (!has_room(l2, ev->vid))
		return NULL;
	c = pool_alloc(&l2->pool, sizeof(*c));
	if (!c)
		return NULL;
	*c = (struct local_client){.mac = ev->mac, .vid = ev->vid, .fresh = true, .since = now};
	list_init(&c->change);
	list_init(&c->all);
	if (!tt_vlans_join(&l2->pool, &t->vlans, l2->conf.vlans_max, c->vid)) {
		pool_free(&l2->pool, c, sizeof(*c));
		return NULL;
	}
	if (!map_add(&t->map, &c->node, tt_client_hash(&t->map, c->mac, c->vid))) {
		tt_vlans_leave(&t->vlans, c->vid);
		pool_free(&l2->pool, c, sizeof(*c));
		return NULL;
	}
	t->count++;
	return c;
}

static enum err refuse(struct l2 *l2, const struct ev_client *ev, struct fx *fx)
{
	l2->count.tt_full++;
	if (!l2->local.told_full)
		l2_note(fx, NOTE_TABLE_FULL, ev->mac, l2_primary_mac(l2), ERR_FULL);
	l2->local.told_full = true;
	return ERR_FULL;
}

/* A client that was not here a moment ago: who had it must know. */
static void arrived(struct l2 *l2, instant now, struct local_client *c, struct fx *fx)
{
	struct global_client *g = tt_global_find(l2, c->mac, c->vid);

	if (g && !c->permanent) {
		c->again = !c->fresh;
		change_update(&l2->local, c);
		tt_roam_in(l2, now, c->mac, c->vid, fx);
	} else {
		l2_note(fx, NOTE_CLIENT_NEW, c->mac, l2_primary_mac(l2), c->vid);
	}
	ogm_hasten(l2, now);
}

enum err tt_local_seen(struct l2 *l2, instant now, const struct ev_client *ev, struct fx *fx)
{
	struct tt_local *t = &l2->local;
	struct local_client *c;
	bool comes;

	if (!mac_is_station(ev->mac) || !tt_vid_valid(ev->vid))
		return ERR_MALFORMED;
	/* It is on every node. */
	if (keep_is_anycast(&l2->conf.anycast, ev->mac))
		return ERR_KEPT;
	c = tt_local_find(l2, ev->mac, ev->vid);
	if (ev->change == CLIENT_GONE) {
		if (c && !c->permanent && !c->leaving)
			tt_local_remove(l2, now, c, false, fx);
		return OK;
	}
	comes = !c || c->leaving;
	if (!c)
		c = client_new(l2, now, ev);
	if (!c)
		return refuse(l2, ev, fx);
	if (c->leaving) {
		c->leaving = false;
		c->flags &= (uint8_t)~TT_CLIENT_ROAM;
		c->since = now;
	}
	if (ev->change == CLIENT_PERMANENT && !c->permanent) {
		c->permanent = true;
		t->permanent_count++;
	}
	if (ev->wifi)
		c->flags |= TT_CLIENT_WIFI;
	tt_local_touch(t, c, now);
	change_update(t, c);
	if (!timer_is_set(&t->idle))
		idle_arm(l2);
	if (comes || ev->change == CLIENT_PERMANENT)
		forwarding_mark_client(l2, c->mac, c->vid);
	if (comes)
		arrived(l2, now, c, fx);
	return OK;
}

void tt_local_give_up(struct l2 *l2, instant now, struct local_client *c, bool roamed)
{
	struct tt_local *t = &l2->local;

	if (c->fresh) {
		client_free(l2, c);
		t->told_full = false;
		return;
	}
	if (roamed)
		c->flags |= TT_CLIENT_ROAM;
	if (!c->leaving) {
		c->leaving = true;
		list_del(&c->all);
		list_append(&t->leaving, &c->all);
		forwarding_mark_client(l2, c->mac, c->vid);
		change_update(t, c);
		ogm_hasten(l2, now);
	}
}

void tt_local_remove(struct l2 *l2, instant now, struct local_client *c, bool roamed, struct fx *fx)
{
	if (!c->leaving) {
		struct global_client *g = tt_global_find(l2, c->mac, c->vid);

		if (g)
			tt_global_unmark_roaming(l2, now, g);
		l2_note(fx, NOTE_CLIENT_GONE, c->mac, l2_primary_mac(l2), c->vid);
	}
	tt_local_give_up(l2, now, c, roamed);
}

void tt_local_idle(struct l2 *l2, instant now, struct fx *fx)
{
	struct tt_local *t = &l2->local;

	for (unsigned i = 0; i < IDLE_PER_CALL && !list_empty(&t->all); i++) {
		struct local_client *c = container_of(t->all.next, struct local_client, all);

		if (!instant_reached(instant_add(c->last_seen, span_s(TT_LOCAL_IDLE_S)), now))
			break;
		if (c->permanent)
			tt_local_touch(t, c, now);
		else
			tt_local_remove(l2, now, c, false, fx);
	}
	idle_arm(l2);
}

static bool last_reserve(struct l2 *l2, uint32_t n)
{
	struct tt_local *t = &l2->local;
	struct batadv_tt_change *last;

	if (n <= t->last_room)
		return true;
	last = pool_alloc(&l2->pool, n * sizeof(*last));
	if (!last)
		return false;
	pool_free(&l2->pool, t->last, t->last_room * sizeof(*t->last));
	t->last = last;
	t->last_room = n;
	return true;
}

/* The change that a commit of c announces. */
static struct batadv_tt_change change_of(const struct local_client *c)
{
	uint8_t flags = c->flags;

	if (c->leaving)
		flags |= TT_CLIENT_DEL;
	return (struct batadv_tt_change){.flags = flags, .mac = c->mac, .vid = c->vid};
}

static void client_commit(struct l2 *l2, struct local_client *c)
{
	struct tt_local *t = &l2->local;
	struct tt_vlan *v = tt_vlans_find(&t->vlans, c->vid);

	assert(v && !(c->fresh && c->leaving));
	if (!c->fresh)
		tt_vlan_uncount(v, c->mac, c->announced_flags);
	if (c->leaving) {
		client_free(l2, c);
		return;
	}
	if (c->fresh)
		forwarding_mark_client(l2, c->mac, c->vid);
	c->fresh = false;
	c->again = false;
	c->announced_flags = c->flags & TT_CLIENT_SYNC_MASK;
	tt_vlan_count(v, c->mac, c->announced_flags);
	change_update(t, c);
	assert(list_empty(&c->change));
}

void tt_local_commit(struct l2 *l2, instant now)
{
	struct tt_local *t = &l2->local;
	bool kept;

	if (list_empty(&t->changes))
		return;
	kept = last_reserve(l2, t->change_count);
	t->last_count = 0;
	list_each (c, &t->changes, struct local_client, change) {
		if (kept)
			t->last[t->last_count++] = change_of(c);
		client_commit(l2, c);
	}
	assert(t->change_count == 0 && list_empty(&t->leaving));
	t->told_full = false;
	t->ttvn++;
	forwarding_mark_cloud(l2);
	t->committed = now;
	t->repeats_left = TT_REPEATS;
}

void tt_local_write_ogm(struct l2 *l2, struct wr *w, size_t max_len)
{
	struct tt_local *t = &l2->local;
	uint32_t vlans = tt_vlans_listed(&t->vlans);
	uint32_t changes = t->repeats_left > 0 ? t->last_count : 0;
	size_t len = BATADV_TT_LEN + BATADV_TT_VLAN_LEN * (size_t)vlans;

	if (BATADV_TVLV_LEN + len > max_len)
		return;
	if (BATADV_TVLV_LEN + len + BATADV_TT_CHANGE_LEN * (size_t)changes > max_len)
		changes = 0;
	if (t->repeats_left > 0)
		t->repeats_left--;
	len += BATADV_TT_CHANGE_LEN * (size_t)changes;
	batadv_tvlv_write(w, TVLV_TT, TT_TVLV_VERSION, (uint16_t)len);
	batadv_tt_write(w, TT_OGM_DIFF, t->ttvn, (uint16_t)vlans);
	tt_vlans_write(&t->vlans, w);
	for (uint32_t i = 0; i < changes; i++)
		batadv_tt_change_write(w, t->last[i]);
}
