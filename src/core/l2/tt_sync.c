/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/tt_sync.h"
#include <assert.h>
#include "core/l2/internal.h"

/* VLANs in a request, as many as an OGM can list in one frame. */
enum { REQUEST_VLANS_MAX = 255 };

void tt_remote_init(struct tt_remote *t)
{
	*t = (struct tt_remote){0};
	list_init(&t->homes);
}

void tt_remote_forget(struct tt_remote *t)
{
	t->known = false;
	t->ttvn = 0;
	t->requested = false;
	t->useless = 0;
	t->hold_until = (instant){0};
	t->last_count = 0;
}

void tt_remote_fini(struct l2 *l2, struct tt_remote *t)
{
	tt_global_drop(l2, t);
	pool_free(&l2->pool, t->last, t->last_room * sizeof(*t->last));
	t->last = NULL;
	t->last_count = t->last_room = 0;
	tt_vlans_fini(&l2->pool, &t->vlans);
}

/* ---- sending ---- */

enum err tt_send(struct l2 *l2, struct mac src, struct mac dst, const uint8_t *tvlv, size_t len,
		 struct fx *fx)
{
	uint8_t *packet = l2_scratch(l2);
	struct wr w = wr_over(packet, FRAG_TOTAL_MAX);
	struct batadv_utvlv u = {
		.ttl = BATADV_TTL, .dst = dst, .src = src, .tvlv = tvlv, .tvlv_len = (uint16_t)len};

	if (BATADV_UTVLV_LEN + len > FRAG_TOTAL_MAX)
		return ERR_TOO_BIG;
	batadv_utvlv_write(&w, &u);
	assert(!w.bad);
	return l2_route(l2, dst, PORT_CLOUD, packet, wr_len(&w), 0, fx);
}

/* Asks o for the table that tt, of an OGM, describes. */
static void request(struct l2 *l2, instant now, struct originator *o, const struct batadv_tt *tt,
		    bool full, struct fx *fx)
{
	uint8_t tvlv[BATADV_TVLV_LEN + BATADV_TT_LEN + REQUEST_VLANS_MAX * BATADV_TT_VLAN_LEN];
	struct wr w = wr_over(tvlv, sizeof(tvlv));
	struct tt_remote *r = &o->tt;
	size_t len = BATADV_TT_LEN + tt->vlan_count * (size_t)BATADV_TT_VLAN_LEN;

	if (r->requested &&
	    span_less(instant_since(now, r->requested_at), span_ms(TT_REQUEST_TIMEOUT_MS)))
		return;
	if (instant_before(now, r->hold_until) || tt->vlan_count > REQUEST_VLANS_MAX)
		return;
	batadv_tvlv_write(&w, TVLV_TT, TT_TVLV_VERSION, (uint16_t)len);
	batadv_tt_write(&w, TT_REQUEST | (full ? TT_FULL : 0), tt->ttvn, tt->vlan_count);
	for (size_t i = 0; i < tt->vlan_count; i++)
		batadv_tt_vlan_write(&w, batadv_tt_vlan_at(tt, i));
	if (tt_send(l2, l2_primary_mac(l2), o->mac, tvlv, wr_len(&w), fx) != OK)
		return;
	r->requested = true;
	r->requested_at = now;
	l2->count.tt_request_tx++;
}

/* ---- a table under construction ---- */

struct answer {
	uint8_t *tvlv;
	size_t size;
	struct wr w;
};

/* Makes room and writes all but the n entries. */
static enum err answer_begin(struct l2 *l2, struct answer *a, bool full, uint8_t ttvn,
			     const struct tt_vlans *vlans, size_t n)
{
	uint32_t listed = tt_vlans_listed(vlans);
	size_t len = BATADV_TT_LEN + listed * (size_t)BATADV_TT_VLAN_LEN + n * BATADV_TT_CHANGE_LEN;

	a->size = BATADV_TVLV_LEN + len;
	if (BATADV_UTVLV_LEN + a->size > tt_table_max(l2))
		return ERR_TOO_BIG;
	a->tvlv = pool_alloc(&l2->pool, a->size);
	if (!a->tvlv)
		return ERR_FULL;
	a->w = wr_over(a->tvlv, a->size);
	batadv_tvlv_write(&a->w, TVLV_TT, TT_TVLV_VERSION, (uint16_t)len);
	batadv_tt_write(&a->w, TT_RESPONSE | (full ? TT_FULL : 0), ttvn, (uint16_t)listed);
	tt_vlans_write(vlans, &a->w);
	return OK;
}

static enum err answer_send(struct l2 *l2, struct answer *a, struct mac src, struct mac dst,
			    struct fx *fx)
{
	enum err e;

	assert(!a->w.bad && wr_left(&a->w) == 0);
	e = tt_send(l2, src, dst, a->tvlv, a->size, fx);
	pool_free(&l2->pool, a->tvlv, a->size);
	if (e == OK)
		l2->count.tt_response_tx++;
	return e;
}

static void write_changes(struct wr *w, const struct batadv_tt_change *c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		batadv_tt_change_write(w, c[i]);
}

static void write_announced(struct wr *w, const struct list *clients)
{
	list_each (c, clients, struct local_client, all) {
		struct batadv_tt_change e = {c->announced_flags, c->mac, c->vid};

		if (!c->fresh)
			batadv_tt_change_write(w, e);
	}
}

static void write_homes(struct wr *w, const struct list *homes)
{
	list_each (h, homes, struct tt_home, of_originator) {
		struct batadv_tt_change e = {h->flags, h->client->mac, h->client->vid};

		if (h->counted)
			batadv_tt_change_write(w, e);
	}
}

/* A request for our own table. */
/* SPEC: a full answer is the table of the last commit. OURS: what changed since is
 * committed first. The asker may have taken clients over from us, which is why our
 * CRCs puzzled it; to list these once more would make it give them up. */
static enum err answer_own(struct l2 *l2, instant now, struct mac asker, const struct batadv_tt *tt,
			   struct fx *fx)
{
	const struct tt_local *t = &l2->local;
	bool full = (tt->flags & TT_FULL) || tt->ttvn != t->ttvn || t->last_count == 0;
	uint32_t announced = 0;
	struct answer a;
	enum err e;

	if (full && t->change_count > 0) {
		tt_local_commit(l2, now);
		ogm_hasten(l2, now);
	}
	for (uint32_t i = 0; i < t->vlans.used; i++)
		announced += t->vlans.at[i].count;
	e = answer_begin(l2, &a, full, t->ttvn, &t->vlans, full ? announced : t->last_count);
	if (e != OK)
		return e;
	if (full) {
		write_announced(&a.w, &t->all);
		write_announced(&a.w, &t->leaving);
	} else {
		write_changes(&a.w, t->last, t->last_count);
	}
	return answer_send(l2, &a, l2_primary_mac(l2), asker, fx);
}

/* Do we hold exactly the table that is asked for? */
static bool can_answer(const struct originator *o, const struct batadv_tt *tt)
{
	return o && o->tt.known && o->tt.ttvn == tt->ttvn && tt_vlans_match(&o->tt.vlans, tt);
}

/* A request for the table of o on its way through us. */
static enum err answer_for(struct l2 *l2, const struct originator *o, struct mac asker,
			   const struct batadv_tt *tt, struct fx *fx)
{
	const struct tt_remote *r = &o->tt;
	bool full = (tt->flags & TT_FULL) || r->last_count == 0;
	struct answer a;
	enum err e = answer_begin(l2, &a, full, r->ttvn, &r->vlans,
				  full ? r->client_count : r->last_count);

	if (e != OK)
		return e;
	if (!full)
		write_changes(&a.w, r->last, r->last_count);
	else
		write_homes(&a.w, &r->homes);
	return answer_send(l2, &a, o->mac, asker, fx);
}

/* ---- receiving tables ---- */

static void last_keep(struct l2 *l2, struct tt_remote *r, const struct batadv_tt *tt)
{
	uint32_t n = (uint32_t)tt->change_count;

	r->last_count = 0;
	if (n > r->last_room) {
		struct batadv_tt_change *last = pool_alloc(&l2->pool, n * sizeof(*last));

		if (!last)
			return;
		pool_free(&l2->pool, r->last, r->last_room * sizeof(*r->last));
		r->last = last;
		r->last_room = n;
	}
	for (uint32_t i = 0; i < n; i++)
		r->last[i] = batadv_tt_change_at(tt, i);
	r->last_count = n;
}

static void apply(struct l2 *l2, instant now, struct originator *o, const struct batadv_tt *tt,
		  struct fx *fx)
{
	for (size_t i = 0; i < tt->change_count; i++) {
		struct batadv_tt_change c = batadv_tt_change_at(tt, i);

		if (c.flags & TT_CLIENT_DEL)
			tt_global_del(l2, now, o, c.mac, c.vid, c.flags, fx);
		else
			tt_global_add(l2, now, o, c.mac, c.vid, c.flags, tt->ttvn, false, fx);
	}
}

/* Is version ttvn the one right behind what we have? Plain integers: the wrap from
 * 255 to 0 is left to a full request, as in the kernel. */
static bool is_next(const struct tt_remote *r, uint8_t ttvn)
{
	return r->known ? ttvn == r->ttvn + 1 : ttvn == 1;
}

static void apply_diff(struct l2 *l2, instant now, struct originator *o, const struct batadv_tt *tt,
		       struct fx *fx)
{
	apply(l2, now, o, tt, fx);
	o->tt.known = true;
	o->tt.ttvn = tt->ttvn;
	forwarding_mark_node(l2, o->mac);
	last_keep(l2, &o->tt, tt);
}

static void hold(struct tt_remote *r, instant now)
{
	int64_t s = TT_HOLD_S;

	if (r->useless < UINT8_MAX)
		r->useless++;
	for (unsigned i = 2; i < r->useless && s < TT_HOLD_MAX_S; i++)
		s *= 2;
	if (r->useless >= 2)
		r->hold_until = instant_add(now, span_s(s < TT_HOLD_MAX_S ? s : TT_HOLD_MAX_S));
}

static void apply_full(struct l2 *l2, instant now, struct originator *o, const struct batadv_tt *tt,
		       struct fx *fx)
{
	struct tt_remote *r = &o->tt;

	tt_global_unlist(o);
	apply(l2, now, o, tt, fx);
	tt_global_sweep(l2, now, o, fx);
	r->known = true;
	r->ttvn = tt->ttvn;
	forwarding_mark_node(l2, o->mac);
	r->last_count = 0;
	if (tt_vlans_match(&r->vlans, tt)) {
		r->useless = 0;
		return;
	}
	l2->count.tt_crc_mismatch++;
	hold(r, now);
}

void tt_sync_ogm(struct l2 *l2, instant now, struct originator *o, const struct batadv_tt *tt,
		 struct fx *fx)
{
	struct tt_remote *r = &o->tt;

	r->told = now;
	if (is_next(r, tt->ttvn)) {
		if (tt->change_count == 0) {
			request(l2, now, o, tt, false, fx);
			return;
		}
		apply_diff(l2, now, o, tt, fx);
	}
	if (r->known && r->ttvn == tt->ttvn) {
		if (tt_vlans_match(&r->vlans, tt))
			return;
		l2->count.tt_crc_mismatch++;
	}
	request(l2, now, o, tt, true, fx);
}

void tt_sync_untold(struct l2 *l2, instant now, struct originator *o, struct fx *fx)
{
	span silence = instant_since(now, o->tt.told);

	if (o->tt.known && span_less(span_s(TT_UNTOLD_S), silence))
		tt_global_clear(l2, now, o, fx);
}

/* ---- packets ---- */

/* A response for us. A diff that is not the next version any more came too late. */
static enum err response_rx(struct l2 *l2, instant now, const struct batadv_utvlv *u,
			    const struct batadv_tt *tt, struct fx *fx)
{
	struct originator *o = originator_find(l2, u->src);

	if (!o || !o->tt.requested)
		return ERR_UNKNOWN;
	o->tt.requested = false;
	l2->count.tt_response_rx++;
	if (tt->flags & TT_FULL)
		apply_full(l2, now, o, tt, fx);
	else if (is_next(&o->tt, tt->ttvn))
		apply_diff(l2, now, o, tt, fx);
	else
		return ERR_OLD;
	return OK;
}

static enum err request_rx(struct l2 *l2, instant now, const struct batadv_utvlv *u,
			   const struct batadv_tt *tt, struct fx *fx)
{
	l2->count.tt_request_rx++;
	if (!originator_find(l2, u->src))
		return ERR_UNKNOWN;
	if (!bucket_take(&l2->local.answers, now))
		return ERR_RATE;
	return answer_own(l2, now, u->src, tt, fx);
}

/* One container of a packet for us; those that we do not know say nothing. */
static enum err container_rx(struct l2 *l2, instant now, const struct batadv_utvlv *u,
			     const struct batadv_tvlv *t, struct fx *fx)
{
	struct batadv_tt tt;
	enum err e;

	if (t->type == TVLV_ROAM && t->version == ROAM_TVLV_VERSION)
		return tt_roam_rx(l2, now, u, t, fx);
	if (t->type != TVLV_TT || t->version != TT_TVLV_VERSION)
		return OK;
	e = batadv_tt_parse(t->value, t->len, &tt);
	if (e != OK)
		return e;
	switch (tt.flags & TT_TYPE_MASK) {
	case TT_REQUEST: return request_rx(l2, now, u, &tt, fx);
	case TT_RESPONSE: return response_rx(l2, now, u, &tt, fx);
	}
	return ERR_MALFORMED;
}

static enum err for_us(struct l2 *l2, instant now, const struct batadv_utvlv *u, struct fx *fx)
{
	struct rd r = rd_over(u->tvlv, u->tvlv_len);
	struct batadv_tvlv t;
	enum err first = OK;

	while (batadv_tvlv_next(&r, &t)) {
		enum err e = container_rx(l2, now, u, &t, fx);

		first = first == OK ? e : first;
	}
	return first;
}

/* Is the packet one TT request? */
static bool is_request(const struct batadv_utvlv *u, struct batadv_tt *tt)
{
	struct rd r = rd_over(u->tvlv, u->tvlv_len);
	struct batadv_tvlv t;

	return batadv_tvlv_next(&r, &t) && rd_left(&r) == 0 && t.type == TVLV_TT &&
	       t.version == TT_TVLV_VERSION && batadv_tt_parse(t.value, t.len, tt) == OK &&
	       (tt->flags & TT_TYPE_MASK) == TT_REQUEST;
}

enum err tt_sync_rx(struct l2 *l2, instant now, uint8_t port, const uint8_t *packet, size_t len,
		    struct fx *fx)
{
	struct batadv_utvlv u;
	struct batadv_tt tt;
	enum err e = batadv_utvlv_parse(packet, len, &u);

	if (e != OK)
		return e;
	if (!mac_is_station(u.src) || !mac_is_station(u.dst))
		return ERR_MALFORMED;
	if (port_of_mac(l2, u.src) >= 0)
		return ERR_OWN;
	if (port_of_mac(l2, u.dst) >= 0)
		return for_us(l2, now, &u, fx);
	if (is_request(&u, &tt)) {
		const struct originator *o = originator_find(l2, u.dst);

		if (can_answer(o, &tt) && originator_find(l2, u.src) &&
		    bucket_take(&l2->local.answers, now) && answer_for(l2, o, u.src, &tt, fx) == OK)
			return OK;
		l2->count.tt_request_fwd++;
	}
	return l2_pass_on(l2, port, packet, len, fx);
}
