/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/share/record.h"
#include <assert.h>
#include <string.h>
#include "core/share/share_internal.h"

static uint32_t key_hash(const struct share *s, struct mac source, uint8_t type)
{
	uint8_t key[sizeof(source.b) + 1];

	memcpy(key, source.b, sizeof(source.b));
	key[sizeof(source.b)] = type;
	return map_hash(&s->records, key, sizeof(key));
}

struct record *record_find(const struct share *s, struct mac source, uint8_t type)
{
	struct map_node *n = map_first(&s->records, key_hash(s, source, type));

	for (; n; n = map_next(n)) {
		struct record *r = container_of(n, struct record, node);
		if (r->type == type && mac_equal(r->source, source))
			return r;
	}
	return NULL;
}

bool record_same(const struct record *r, uint8_t version, const uint8_t *data, size_t len)
{
	return r->version == version && r->len == len &&
	       (len == 0 || memcmp(r->data, data, len) == 0);
}

/* When it was told of last: by a push, or by its publisher saying that all is as it was. */
static instant last_told(const struct record *r)
{
	if (r->charged && r->set == &r->charged->set && r->edition != 0 &&
	    r->edition == r->set->edition && instant_before(r->pushed, r->charged->confirmed))
		return r->charged->confirmed;
	return r->pushed;
}

struct share_record record_view(const struct record *r, instant now)
{
	instant since = r->class == SHARE_LOCAL ? r->changed : last_told(r);

	return (struct share_record){.source = r->source,
				     .type = r->type,
				     .version = r->version,
				     .class = r->class,
				     .data = r->data,
				     .len = r->len,
				     .age = instant_since(now, since)};
}

/* ---- memory ---- */

static size_t cost(size_t len)
{
	return sizeof(struct record) + len;
}

static void charge(struct share *s, struct record *r, struct peer *p)
{
	r->charged = p;
	if (!p)
		return;
	p->records++;
	p->bytes += cost(r->len);
	s->foreign_count++;
	s->foreign_bytes += cost(r->len);
}

static void discharge(struct share *s, struct record *r)
{
	struct peer *p = r->charged;

	if (!p)
		return;
	p->records--;
	p->bytes -= cost(r->len);
	s->foreign_count--;
	s->foreign_bytes -= cost(r->len);
	r->charged = NULL;
}

/* May p have len bytes in the place of r (NULL: besides all it has)? */
static bool has_room(const struct share *s, const struct peer *p, const struct record *r,
		     size_t len)
{
	const bool his = r && r->charged == p, foreign = r && r->charged;
	const size_t bytes_max = s->conf.memory_max_bytes / 4, count_max = s->conf.records_max / 4;

	if (!r && s->record_count >= s->conf.records_max)
		return false;
	if (!p)
		return true;
	return p->records + !his <= count_max && s->foreign_count + !foreign <= 3 * count_max &&
	       p->bytes - (his ? cost(r->len) : 0) + cost(len) <= bytes_max &&
	       s->foreign_bytes - (foreign ? cost(r->len) : 0) + cost(len) <= 3 * bytes_max;
}

static struct record *record_new(struct share *s, const struct alfred_record *x)
{
	struct record *r = pool_alloc(&s->pool, sizeof(*r));

	if (!r)
		return NULL;
	*r = (struct record){.source = x->source, .type = x->type};
	if (!timer_init(&s->timers, &r->expiry, TIMER_RECORD))
		goto no_timer;
	if (!map_add(&s->records, &r->node, key_hash(s, x->source, x->type)))
		goto no_map;
	list_append(&s->all, &r->all);
	list_init(&r->in_set);
	s->record_count++;
	return r;

no_map:
	timer_fini(&s->timers, &r->expiry);
no_timer:
	pool_free(&s->pool, r, sizeof(*r));
	return NULL;
}

static void class_set(struct share *s, struct record *r, enum share_class class)
{
	struct peer *source = peer_find(s, r->source);

	if (source) {
		source->first_hand -= r->class == SHARE_FIRST_HAND;
		source->first_hand += class == SHARE_FIRST_HAND;
	}
	r->class = class;
}

/* NULL: no room. *r may be made; its class and set are not right yet, nor who pays. */
static struct record *store(struct share *s, struct record *r, const struct peer *p,
			    const struct alfred_record *x)
{
	uint8_t *data = NULL;

	if (!has_room(s, p, r, x->len))
		return NULL;
	if (x->len > 0) {
		data = pool_alloc(&s->pool, x->len);
		if (!data)
			return NULL;
		memcpy(data, x->data, x->len);
	}
	if (!r) {
		r = record_new(s, x);
		if (!r) {
			pool_free(&s->pool, data, x->len);
			return NULL;
		}
		r->class = SHARE_SYNCED;
	}
	discharge(s, r);
	pool_free(&s->pool, r->data, r->len);
	r->data = data;
	r->len = x->len;
	r->version = x->version;
	return r;
}

/* ---- sets ---- */

/* Into a set, as the last that changed there; seqno 0: the next number of ours. */
static void set_join(struct share *s, instant now, struct record *r, struct set *set,
		     uint32_t edition, uint32_t seqno)
{
	const bool leaves = r->set == &s->mine && set != &s->mine;

	list_del(&r->in_set);
	list_append(&set->records, &r->in_set);
	r->set = set;
	r->edition = edition;
	r->seqno = seqno;
	if (set == &s->mine) {
		r->edition = s->mine.edition;
		r->seqno = ++s->mine.seqno;
		push_changed(s, now);
	}
	if (leaves)
		announce_withdrawn(s, now);
}

void record_free(struct share *s, instant now, struct record *r)
{
	struct peer *p = r->charged;
	const bool mine = r->set == &s->mine;

	push_forget(s, r);
	class_set(s, r, SHARE_SYNCED);
	discharge(s, r);
	list_del(&r->in_set);
	list_del(&r->all);
	map_del(&s->records, &r->node);
	timer_fini(&s->timers, &r->expiry);
	s->record_count--;
	pool_free(&s->pool, r->data, r->len);
	pool_free(&s->pool, r, sizeof(*r));
	if (mine)
		announce_withdrawn(s, now);
	if (p)
		peer_release(s, p);
}

static void tell(struct share *s, instant now, const struct record *r, bool gone, struct fx *fx)
{
	const struct share_record view = record_view(r, now);

	if (s->seen)
		s->seen(s->seen_ctx, r->source, r->type);
	if (!mac_equal(r->source, s->conf.self))
		s->env.changed(s->env.ctx, now, &view, gone, fx);
}

void record_expire(struct share *s, instant now, struct record *r, struct fx *fx)
{
	const instant at = instant_add(last_told(r), s->conf.keep);

	if (!instant_reached(at, now)) {
		timer_set(&s->timers, &r->expiry, at);
		return;
	}
	tell(s, now, r, true, fx);
	record_free(s, now, r);
}

static void expiry_arm(struct share *s, struct record *r, bool expires)
{
	r->expires = expires;
	if (!expires)
		timer_cancel(&s->timers, &r->expiry);
	else if (!timer_is_set(&r->expiry))
		timer_set(&s->timers, &r->expiry, instant_add(r->pushed, s->conf.keep));
}

/* Ours are ours; what its living source said itself nobody else may change. */
static bool may_replace(const struct share *s, const struct record *r, bool first_hand)
{
	const struct peer *source;

	if (r->class == SHARE_LOCAL)
		return false;
	if (r->class != SHARE_FIRST_HAND || first_hand)
		return true;
	source = peer_find(s, r->source);
	return !source || !peer_alive(source);
}

/* A program may speak neither for the node itself, nor for another that lives and spoke itself. */
static bool may_give(const struct share *s, const struct record *r)
{
	return r->class == SHARE_LOCAL ? r->expires : may_replace(s, r, false);
}

enum err record_put(struct share *s, instant now, const struct alfred_record *x, bool expires,
		    struct fx *fx)
{
	struct record *r = record_find(s, x->source, x->type);
	struct peer *payer = r ? r->charged : NULL;
	const bool same = r && record_same(r, x->version, x->data, x->len);

	if (r && expires && !may_give(s, r)) {
		s->count[SHARE_FORGED]++;
		return ERR_TAKEN;
	}
	if (!same) {
		r = store(s, r, NULL, x);
		if (!r) {
			s->count[SHARE_FULL]++;
			return ERR_FULL;
		}
		r->changed = now;
	}
	discharge(s, r);
	r->pushed = now;
	expiry_arm(s, r, expires);
	if (!same || r->class != SHARE_LOCAL) {
		class_set(s, r, SHARE_LOCAL);
		set_join(s, now, r, &s->mine, 0, 0);
	}
	if (payer)
		peer_release(s, payer);
	if (!same)
		tell(s, now, r, false, fx);
	return OK;
}

/* ---- of the network ---- */

/* Has it been so for long enough that all know it? */
static bool stable(const struct share *s, instant now, const struct record *r)
{
	return instant_since(now, r->changed).us > share_intervals(s, STABLE_ANNOUNCES).us;
}

/* What alfred heard of us it pushes back, perhaps a little late: only what cannot be
 * late is forged. */
static void own_rx(struct share *s, instant now, const struct alfred_record *x)
{
	const struct record *r = record_find(s, x->source, x->type);

	if (r && !record_same(r, x->version, x->data, x->len) && stable(s, now, r))
		s->count[SHARE_FORGED]++;
}

static struct peer *origin_payer(const struct origin *from)
{
	return from->publisher ? from->publisher : from->sender;
}

/* Into the set of who publishes it: a secondary's is ours to push on. */
static void settle(struct share *s, instant now, struct record *r, const struct origin *from,
		   bool changed)
{
	struct set *set = from->publisher ? &from->publisher->set : &s->mine;

	discharge(s, r);
	charge(s, r, origin_payer(from));
	if (changed || r->set != set || from->edition != 0)
		set_join(s, now, r, set, from->edition, from->seqno);
}

void record_rx(struct share *s, instant now, const struct origin *from,
	       const struct alfred_record *x, struct fx *fx)
{
	const bool first_hand = mac_equal(from->sender->mac, x->source);
	struct peer *payer = origin_payer(from), *before;
	struct record *r;
	bool same;

	if (!mac_is_station(x->source)) {
		s->count[SHARE_MALFORMED]++;
		return;
	}
	if (x->len > SHARE_DATA_MAX) {
		s->count[SHARE_TOO_BIG]++;
		return;
	}
	r = record_find(s, x->source, x->type);
	if (mac_equal(x->source, s->conf.self)) {
		own_rx(s, now, x);
		return;
	}
	same = r && record_same(r, x->version, x->data, x->len);
	if (r && !may_replace(s, r, first_hand)) {
		if (!same && stable(s, now, r))
			s->count[SHARE_FORGED]++;
		return;
	}
	before = r ? r->charged : NULL;
	if (!same || (before != payer && !has_room(s, payer, r, x->len))) {
		r = store(s, r, payer, x);
		if (!r) {
			s->count[SHARE_FULL]++;
			return;
		}
		r->changed = now;
	}
	r->pushed = now;
	class_set(s, r, first_hand ? SHARE_FIRST_HAND : SHARE_SYNCED);
	settle(s, now, r, from, !same);
	expiry_arm(s, r, true);
	if (before)
		peer_release(s, before);
	if (!same)
		tell(s, now, r, false, fx);
}
