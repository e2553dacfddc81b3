/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/share/share.h"
#include <assert.h>
#include "core/share/share_internal.h"

struct share_conf share_conf_default(void)
{
	return (struct share_conf){.announce = span_s(10),
				   .keep = span_s(600),
				   .peers_max = 1024,
				   .records_max = 16384,
				   .memory_max_bytes = (size_t)16 << 20};
}

/* ---- making and letting go ---- */

/* The timer of that kind that is the engine's own; NULL: there are no more. */
static struct timer *timer_own(struct share *s, unsigned kind)
{
	struct timer *const all[] = {[TIMER_ANNOUNCE] = &s->announce,
				     [TIMER_HURRY] = &s->hurry,
				     [TIMER_EDITION] = &s->edition,
				     [TIMER_PUSH] = &s->push,
				     [TIMER_WANT] = &s->want};

	return kind < sizeof(all) / sizeof(all[0]) ? all[kind] : NULL;
}

/* How many are registered: all, or as many as there was memory for. */
static unsigned timers_make(struct share *s)
{
	unsigned kind = 0;

	while (timer_own(s, kind) && timer_init(&s->timers, timer_own(s, kind), (uint8_t)kind))
		kind++;
	return kind;
}

/* A program started anew in the same boot gets the same seed; its edition is newer, as
 * time has passed. */
static uint32_t edition_first(instant now, uint64_t seed)
{
	const uint32_t edition = (uint32_t)prng_mix(seed) + (uint32_t)(now.us / 1000);

	return edition ? edition : 1;
}

static void share_dispose(struct share *s, unsigned timers)
{
	struct pool pool;

	for (unsigned kind = 0; kind < timers; kind++)
		timer_fini(&s->timers, timer_own(s, kind));
	pool_free(&s->pool, s->scratch, SHARE_DATAGRAM_MAX);
	map_fini(&s->records);
	map_fini(&s->peers);
	timers_fini(&s->timers);
	pool = s->pool;
	pool_free(&pool, s, sizeof(*s));
	pool_fini(&pool);
}

struct share *share_new(const struct share_conf *conf, const struct share_env *env, instant now,
			uint64_t seed)
{
	struct pool pool;
	struct share *s;
	unsigned timers;

	assert(mac_is_station(conf->self) && conf->announce.us > 0 && conf->keep.us > 0);
	pool_init(&pool, conf->memory_max_bytes);
	s = pool_alloc(&pool, sizeof(*s));
	if (!s)
		return NULL;
	*s = (struct share){.conf = *conf, .env = *env, .pool = pool};
	prng_seed(&s->prng, seed);
	timers_init(&s->timers, &s->pool);
	map_init(&s->records, &s->pool, prng_u64(&s->prng));
	map_init(&s->peers, &s->pool, prng_u64(&s->prng));
	list_init(&s->all);
	list_init(&s->all_peers);
	list_init(&s->behind);
	list_init(&s->recent);
	list_init(&s->errands);
	list_init(&s->mine.records);
	s->mine.edition = edition_first(now, seed);
	s->mine.seqno = s->sent = 1;
	for (unsigned i = 0; i < REPAIRS; i++)
		s->repair[i] = 1;
	s->tx = (uint16_t)prng_u64(&s->prng);
	s->edition_began = s->gathered = s->started = now;
	bucket_init(&s->multicasts, PUSH_MULTICASTS, span_ms(PUSH_MULTICAST_MS), now);
	bucket_init(&s->answers, PUSH_ANSWERS, span_ms(PUSH_ANSWER_MS), now);
	bucket_init(&s->datagrams, ALL_DATAGRAMS, span_us(ALL_DATAGRAM_US), now);
	bucket_init(&s->requests, ALL_REQUESTS, span_ms(ALL_REQUEST_MS), now);
	bucket_init(&s->hints, RECENT_HINTS, span_ms(RECENT_HINT_MS), now);
	s->scratch = pool_alloc(&s->pool, SHARE_DATAGRAM_MAX);
	timers = timers_make(s);
	if (!s->scratch || timer_own(s, timers)) {
		share_dispose(s, timers);
		return NULL;
	}
	timer_set(&s->timers, &s->announce, now);
	announce_soon(s, now);
	return s;
}

void share_free(struct share *s)
{
	s->seen = NULL;
	/* Nobody listens any more, and each record's end may take its peer along. */
	list_each (p, &s->all_peers, struct peer, all) {
		peer_heard(s, p->heard, p);
	}
	list_each (r, &s->all, struct record, all) {
		record_free(s, s->edition_began, r);
	}
	list_each (p, &s->all_peers, struct peer, all) {
		peer_free(s, p);
	}
	share_dispose(s, TIMER_WANT + 1);
}

/* ---- datagrams ---- */

/* The first TLV of a type behind the first of a datagram. */
static bool tlv_behind(struct rd r, uint8_t type, struct alfred_tlv *t)
{
	while (alfred_tlv_next(&r, t) == OK)
		if (t->type == type)
			return true;
	return false;
}

static void records_rx(struct share *s, instant now, const struct origin *from,
		       const struct alfred_push *push, struct fx *fx)
{
	struct rd r = rd_over(push->records, push->len);
	struct alfred_record x;

	while (alfred_record_next(&r, &x))
		record_rx(s, now, from, &x, fx);
	if (rd_left(&r) > 0)
		s->count[SHARE_MALFORMED]++;
}

static void range_rx(struct share *s, instant now, struct peer *sender,
		     const struct alfred_range *range, const struct alfred_push *push,
		     struct fx *fx)
{
	struct peer *publisher = sender;

	if (mac_equal(range->publisher, sender->mac))
		peer_is_primary(s, now, sender, true, false, fx);
	else
		publisher = peer_find(s, range->publisher);
	if (!publisher || !range_open(s, now, sender, publisher, range))
		return;
	const struct origin from = {sender, publisher, range->edition, range->upto};
	records_rx(s, now, &from, push, fx);
	range_close(s, now, sender, publisher, range);
}

/* Its records are taken as they come; alfred waits for the end of the transaction, and
 * forgets all of it when a part was lost. */
static enum err push_rx(struct share *s, instant now, struct peer *p, const struct alfred_tlv *t,
			struct rd more, struct fx *fx)
{
	struct alfred_push push;
	struct alfred_range range;
	struct alfred_tlv behind;
	enum err e = alfred_push_parse(t, &push);

	if (e == OK && tlv_behind(more, ALFRED_RANGE, &behind)) {
		e = alfred_range_parse(&behind, &range);
		if (e == OK)
			range_rx(s, now, p, &range, &push, fx);
	} else if (e == OK) {
		const struct origin from = {p, p->primary ? p : NULL, 0, 0};
		records_rx(s, now, &from, &push, fx);
	}
	return e;
}

static enum err announce_rx(struct share *s, instant now, struct peer *p, struct rd more,
			    struct fx *fx)
{
	struct alfred_tlv behind;
	struct alfred_state state = {0};
	const bool ours = tlv_behind(more, ALFRED_STATE, &behind);
	const enum err e = ours ? alfred_state_parse(&behind, &state) : OK;
	const bool met = ours && !p->primary;

	if (e != OK)
		return e;
	peer_is_primary(s, now, p, ours, state.flags & ALFRED_STATE_GREETING, fx);
	if (ours)
		state_rx(s, now, p, state);
	if (tlv_behind(more, ALFRED_HAVE, &behind))
		recent_rx(s, now, rd_over(behind.value, behind.len));
	if (met)
		announce_met(s, now, state);
	return OK;
}

static enum err request_rx(struct share *s, instant now, struct peer *p, const struct alfred_tlv *t,
			   struct rd more, struct fx *fx)
{
	struct alfred_request q;
	struct alfred_tlv behind;
	const enum err e = alfred_request_parse(t, &q);

	if (e != OK)
		return e;
	if (!bucket_take(&p->requests, now) || !bucket_take(&s->requests, now))
		return ERR_RATE;
	if (tlv_behind(more, ALFRED_WANT, &behind)) {
		peer_is_primary(s, now, p, true, false, fx);
		push_wants(s, now, p, rd_over(behind.value, behind.len));
	} else {
		push_answer(s, now, p, q);
	}
	return OK;
}

static enum err datagram_rx(struct share *s, instant now, const struct ev_datagram *d,
			    struct fx *fx)
{
	struct rd r = rd_over(d->data, d->len);
	struct alfred_tlv t;
	struct peer *p;
	enum err e = alfred_tlv_next(&r, &t);

	if (e != OK)
		return e;
	if (t.type > ALFRED_STATUS_TXEND)
		return ERR_MALFORMED;
	p = peer_find(s, d->from);
	if (!bucket_take(&s->datagrams, now) || (p && !bucket_take(&p->rx, now)))
		return ERR_RATE;
	if (!p)
		p = peer_get(s, now, d->from);
	if (!p)
		return OK;
	peer_heard(s, now, p);
	if (t.type == ALFRED_PUSH_DATA)
		return push_rx(s, now, p, &t, r, fx);
	if (t.type == ALFRED_ANNOUNCE_PRIMARY)
		return announce_rx(s, now, p, r, fx);
	if (t.type == ALFRED_REQUEST)
		return request_rx(s, now, p, &t, r, fx);
	return OK;
}

static void datagram_count(struct share *s, instant now, const struct ev_datagram *d, struct fx *fx)
{
	enum err e;

	if (mac_equal(d->from, s->conf.self))
		return;
	s->count[SHARE_RX]++;
	s->count[SHARE_RX_BYTES] += d->len;
	if (!mac_is_station(d->from) || !s->env.admits(s->env.ctx, d->from)) {
		s->count[SHARE_STRANGER]++;
		return;
	}
	e = datagram_rx(s, now, d, fx);
	if (e == ERR_RATE)
		s->count[SHARE_RATE]++;
	else if (e != OK)
		s->count[SHARE_MALFORMED]++;
}

/* ---- time ---- */

static void timer_fired(struct share *s, instant now, struct timer *t, struct fx *fx)
{
	switch ((enum share_timer)t->kind) {
	case TIMER_ANNOUNCE: announce_period(s, now, fx); break;
	case TIMER_HURRY: announce_hurry(s, now, fx); break;
	case TIMER_EDITION: announce_edition(s, now); break;
	case TIMER_PUSH: push_run(s, now, fx); break;
	case TIMER_WANT: want_ask(s, now, fx); break;
	case TIMER_SILENCE: peer_silent(s, now, container_of(t, struct peer, silence), fx); break;
	case TIMER_GREET: announce_greet(s, now, container_of(t, struct peer, greet), fx); break;
	case TIMER_RECORD: record_expire(s, now, container_of(t, struct record, expiry), fx); break;
	}
}

static void expire(struct share *s, instant now, struct fx *fx)
{
	for (unsigned i = 0; i < TIMERS_PER_CALL; i++) {
		struct timer *t = timers_pop(&s->timers, now);
		if (!t)
			break;
		timer_fired(s, now, t, fx);
	}
}

void share_handle(struct share *s, instant now, const struct ev *ev, struct fx *fx)
{
	switch (ev->kind) {
	case EV_DATAGRAM: datagram_count(s, now, &ev->datagram, fx); break;
	case EV_DEADLINE: expire(s, now, fx); break;
	case EV_PORT:
	case EV_FRAME:
	case EV_CLIENT:
	case EV_STATION:
	case EV_ECHO:
	case EV_LEASE:
	case EV_LAN_PORT:
	case EV_HELLO:
	case EV_NETWORK:
	case EV_UPLINK:
	case EV_TUNNEL: break;
	}
}

instant share_deadline(const struct share *s)
{
	return timers_next(&s->timers);
}

/* ---- our records ---- */

void share_watch(struct share *s, void (*seen)(void *ctx, struct mac source, uint8_t type),
		 void *ctx)
{
	s->seen = seen;
	s->seen_ctx = ctx;
}

enum err share_put_for(struct share *s, instant now, struct mac source, uint8_t type,
		       uint8_t version, const uint8_t *data, size_t len, struct fx *fx)
{
	if (mac_is_zero(source))
		source = s->conf.self;
	if (len > SHARE_DATA_MAX || !mac_is_station(source)) {
		s->count[SHARE_TOO_BIG] += len > SHARE_DATA_MAX;
		return len > SHARE_DATA_MAX ? ERR_TOO_BIG : ERR_MALFORMED;
	}
	const struct alfred_record x = {source, type, version, data, (uint16_t)len};
	return record_put(s, now, &x, true, fx);
}

enum err share_put(struct share *s, instant now, uint8_t type, uint8_t version, const uint8_t *data,
		   size_t len, struct fx *fx)
{
	const struct alfred_record x = {s->conf.self, type, version, data, (uint16_t)len};

	if (len > SHARE_DATA_MAX) {
		s->count[SHARE_TOO_BIG]++;
		return ERR_TOO_BIG;
	}
	return record_put(s, now, &x, false, fx);
}

void share_withdraw(struct share *s, uint8_t type)
{
	struct record *r = record_find(s, s->conf.self, type);

	if (r)
		record_free(s, s->edition_began, r);
}

/* ---- views ---- */

void share_each(const struct share *s, instant now, int type,
		bool (*show)(void *ctx, const struct share_record *r), void *ctx)
{
	list_each (r, &s->all, struct record, all) {
		const struct share_record view = record_view(r, now);
		if ((type < 0 || type == r->type) && !show(ctx, &view))
			break;
	}
}

void share_each_peer(const struct share *s, instant now,
		     bool (*show)(void *ctx, const struct share_peer *p), void *ctx)
{
	list_each (p, &s->all_peers, struct peer, all) {
		const struct share_peer view = {p->mac, instant_since(now, p->heard), p->ours,
						p->first_hand};
		if (p->primary && !show(ctx, &view))
			break;
	}
}

bool share_find(const struct share *s, instant now, struct mac source, uint8_t type,
		struct share_record *r)
{
	const struct record *found = record_find(s, source, type);

	if (found)
		*r = record_view(found, now);
	return found != NULL;
}

uint64_t share_count(const struct share *s, enum share_counter c)
{
	return s->count[c];
}

const char *share_counter_name(enum share_counter c)
{
	static const char *const names[] = {
		[SHARE_RX] = "rx",
		[SHARE_TX] = "tx",
		[SHARE_RX_BYTES] = "rx_bytes",
		[SHARE_TX_BYTES] = "tx_bytes",
		[SHARE_STRANGER] = "stranger",
		[SHARE_MALFORMED] = "malformed",
		[SHARE_TOO_BIG] = "too_big",
		[SHARE_FULL] = "full",
		[SHARE_RATE] = "rate",
		[SHARE_FORGED] = "forged",
		[SHARE_LOST] = "lost",
	};

	assert(c < SHARE_COUNTERS);
	return names[c];
}

size_t share_memory(const struct share *s)
{
	return s->pool.used_bytes;
}
