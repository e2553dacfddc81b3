/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/share/leases.h"
#include "base/prng.h"
#include "core/share/leases_internal.h"

enum {
	FLUSH_MS = 50,	      /* changes are collected for so long after the last ones went out */
	SILENCE_S = 5,	      /* between looks for silent nodes */
	REFUSED_MS = 1000,    /* core/share took a record not: once more after that */
	TIMERS_PER_CALL = 64, /* what is left is due at once */
	POOL_FIXED_BYTES = 1 << 20,
};

uint64_t mac_mix(struct mac mac, uint64_t salt)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < sizeof(mac.b); i++)
		v = v << 8 | mac.b[i];
	return prng_mix(v ^ prng_mix(salt));
}

void clock_hear(struct leases *l, instant now, uint32_t unix_s)
{
	int64_t origin = (int64_t)unix_s - now.us / 1000000;

	if (unix_s < CLOCK_MAX && origin > l->clock_s)
		l->clock_s = origin;
}

uint32_t clock_now(const struct leases *l, instant now)
{
	int64_t s = l->clock_s + now.us / 1000000;

	return s < CLOCK_MAX ? (uint32_t)s : CLOCK_MAX;
}

void telling_dirty(struct leases *l, uint32_t bits)
{
	l->dirty |= bits;
	if (!timer_is_set(&l->flush))
		timer_set(&l->timers, &l->flush, instant_add(l->flushed, span_ms(FLUSH_MS)));
}

/* ---- making ---- */

struct leases_conf leases_conf_default(void)
{
	return (struct leases_conf){
		.leases_max = 8192, .serve = true, .settle = span_s(2), .silent = span_s(22)};
}

/* Room for all that the limits allow: leases, remembered ends, claims, nodes, their names. */
static size_t pool_bytes(const struct leases_conf *conf)
{
	size_t entries = (size_t)conf->leases_max * 3 / 2;
	size_t each = sizeof(struct entry) + sizeof(struct name) + 16 * sizeof(void *);

	return sizeof(struct leases) + entries * each +
	       (size_t)conf->leases_max * (sizeof(struct claim) + 8 * sizeof(void *)) +
	       TELLERS_MAX *
		       (sizeof(struct teller) + sizeof(struct name) + 64 * sizeof(struct range)) +
	       conf->reserved_count * (sizeof(struct lease) + sizeof(struct holder)) +
	       SHARE_DATA_MAX + POOL_FIXED_BYTES;
}

static bool statics_copy(struct leases *l)
{
	size_t n = l->conf.reserved_count;
	struct lease *copy = pool_alloc(&l->pool, (n + 1) * sizeof(*copy));

	l->statics = pool_alloc(&l->pool, (n + 1) * sizeof(*l->statics));
	if (copy && n > 0)
		memcpy(copy, l->conf.reserved, n * sizeof(*copy));
	l->conf.reserved = copy;
	return copy && l->statics;
}

static void statics_free(struct leases *l)
{
	size_t n = l->conf.reserved_count;

	pool_free(&l->pool, (void *)(uintptr_t)l->conf.reserved, (n + 1) * sizeof(struct lease));
	pool_free(&l->pool, l->statics, (n + 1) * sizeof(*l->statics));
}

static bool leases_init(struct leases *l, instant now)
{
	if (!timer_init(&l->timers, &l->flush, TIMER_FLUSH) ||
	    !timer_init(&l->timers, &l->slices.timer, TIMER_SLICES) ||
	    !timer_init(&l->timers, &l->silence, TIMER_SILENCE) || !statics_copy(l) ||
	    !slices_init(l, now))
		return false;
	l->scratch = pool_alloc(&l->pool, SHARE_DATA_MAX);
	l->self = teller_get(l, l->conf.self);
	if (!l->scratch || !l->self)
		return false;
	l->self->alive = l->self->known = true;
	lease_name_clean(l->conf.hostname, strnlen(l->conf.hostname, LEASE_NAME_ROOM),
			 l->conf.hostname);
	memcpy(l->self->hostname, l->conf.hostname, LEASE_NAME_ROOM);
	l->self->ip6 = l->conf.own6;
	l->gateway = (struct holder){.kind = HOLDER_GATEWAY};
	timer_set(&l->timers, &l->flush, now);
	timer_set(&l->timers, &l->silence, instant_add(now, span_s(SILENCE_S)));
	return true;
}

struct leases *leases_new(const struct leases_conf *conf, struct share *share, instant now,
			  uint64_t seed)
{
	struct pool pool;
	struct leases *l;

	pool_init(&pool, pool_bytes(conf));
	l = pool_alloc(&pool, sizeof(*l));
	if (!l)
		return NULL;
	l->pool = pool;
	l->conf = *conf;
	l->share = share;
	l->serve = conf->serve;
	l->flushed = now;
	l->boot = (uint32_t)prng_mix(seed ^ (uint64_t)now.us);
	timers_init(&l->timers, &l->pool);
	map_init(&l->by_mac, &l->pool, prng_mix(seed));
	map_init(&l->by_ip, &l->pool, prng_mix(seed + 1));
	map_init(&l->by_name, &l->pool, prng_mix(seed + 2));
	map_init(&l->tellers_by_mac, &l->pool, prng_mix(seed + 3));
	list_init(&l->entries);
	list_init(&l->tellers);
	if (leases_init(l, now))
		return l;
	leases_free(l);
	return NULL;
}

static void discard(struct fx *fx, const struct effect *e)
{
	(void)fx;
	(void)e;
}

void leases_free(struct leases *l)
{
	struct fx nowhere = {discard};
	instant now = {0};
	struct pool pool;

	if (!l)
		return;
	list_each (e, &l->entries, struct entry, all)
		entry_free(l, now, e, &nowhere);
	list_each (t, &l->tellers, struct teller, all) {
		for (uint8_t type = RECORD_LEGACY_HOSTS; type <= RECORD_LEGACY_HOSTS_FILE; type++)
			legacy_read(l, now, t, type, NULL, 0, &nowhere);
		t->records = 0;
		t->alive = false;
		if (t == l->self)
			l->self = NULL;
		teller_forget(l, now, t, &nowhere);
	}
	for (size_t i = 0; l->statics && i < l->conf.reserved_count; i++)
		address_leave(l, now, &l->statics[i], &nowhere);
	address_leave(l, now, &l->gateway, &nowhere);
	if (l->scratch)
		pool_free(&l->pool, l->scratch, SHARE_DATA_MAX);
	slices_fini(l);
	statics_free(l);
	if (l->timers.registered > 2)
		timer_fini(&l->timers, &l->silence);
	if (l->timers.registered > 1)
		timer_fini(&l->timers, &l->slices.timer);
	if (l->timers.registered > 0)
		timer_fini(&l->timers, &l->flush);
	timers_fini(&l->timers);
	map_fini(&l->by_mac);
	map_fini(&l->by_ip);
	map_fini(&l->by_name);
	map_fini(&l->tellers_by_mac);
	pool = l->pool;
	pool_free(&pool, l, sizeof(*l));
	pool_fini(&pool);
}

/* ---- work ---- */

/* What is known from the beginning is told with the first event. */
static void start(struct leases *l, instant now, struct fx *fx)
{
	struct holder *self = &l->self->holder;

	l->started = true;
	l->gateway.ip = ipv4_to_u32(l->conf.gateway);
	if (l->gateway.ip)
		address_enter(l, now, &l->gateway, fx);
	for (size_t i = 0; i < l->conf.reserved_count; i++) {
		struct holder *h = &l->statics[i];
		const struct lease *r = &l->conf.reserved[i];

		*h = (struct holder){
			.kind = HOLDER_STATIC, .mac = r->mac, .ip = ipv4_to_u32(r->ip)};
		if (h->ip)
			address_enter(l, now, h, fx);
	}
	self->ip = ipv4_to_u32(l->conf.own);
	if (self->ip)
		address_enter(l, now, self, fx);
	telling_dirty(l, DIRTY_NODE);
}

/* Puts what has changed. A bucket that was never used is not put. */
static void flush(struct leases *l, instant now, struct fx *fx)
{
	l->flushed = now;
	if (l->slices.review)
		slices_review(l, now, fx);
	timer_cancel(&l->timers, &l->flush);
	for (uint32_t i = LEASES_BUCKETS + 1; i-- > 0;) { /* that we are new comes first */
		uint32_t bit = 1u << i;
		uint8_t type = bit == DIRTY_NODE ? RECORD_NODE : (uint8_t)(RECORD_LEASES + i);
		size_t len;

		if (!(l->dirty & bit))
			continue;
		l->dirty &= ~bit;
		len = telling_write(l, now, bit, l->scratch, SHARE_DATA_MAX);
		if (len == 0 && !(l->put & bit))
			continue;
		if (share_put(l->share, now, type, 1, l->scratch, len, fx) == OK)
			l->put |= bit;
		else
			l->dirty |= bit;
	}
	if (l->dirty) {
		l->count[LEASES_FULL]++;
		timer_set(&l->timers, &l->flush, instant_add(now, span_ms(REFUSED_MS)));
	}
}

/* The nodes that nobody hears of any more; few, and by the minute. */
static void tellers_forget(struct leases *l, instant now, struct fx *fx)
{
	list_each (t, &l->tellers, struct teller, all)
		teller_forget(l, now, t, fx);
}

static void work(struct leases *l, instant now, struct fx *fx)
{
	struct timer *t;

	if (!l->started)
		start(l, now, fx);
	for (unsigned i = 0; i < TIMERS_PER_CALL; i++) {
		t = timers_pop(&l->timers, now);
		if (!t)
			break;
		switch ((enum leases_timer)t->kind) {
		case TIMER_ENTRY:
			entry_expire(l, now, container_of(t, struct entry, timer), fx);
			break;
		case TIMER_FLUSH: flush(l, now, fx); break;
		case TIMER_SILENCE:
			tellers_doubt(l, now);
			timer_set(&l->timers, &l->silence, instant_add(now, span_s(SILENCE_S)));
			break;
		case TIMER_SLICES:
			tellers_forget(l, now, fx);
			slices_review(l, now, fx);
			break;
		}
	}
}

void leases_handle(struct leases *l, instant now, const struct ev *ev, struct fx *fx)
{
	if (ev->kind != EV_LEASE && ev->kind != EV_DEADLINE)
		return;
	if (!l->started)
		start(l, now, fx);
	if (ev->kind == EV_LEASE)
		entry_event(l, now, &ev->lease, fx);
	work(l, now, fx);
}

instant leases_deadline(const struct leases *l)
{
	return timers_next(&l->timers);
}

/* ---- what core/share says ---- */

void leases_record(struct leases *l, instant now, const struct share_record *r, bool gone,
		   struct fx *fx)
{
	uint32_t bit = telling_bit(r->type);
	struct teller *t;

	if (!bit || mac_equal(r->source, l->conf.self))
		return;
	t = gone ? teller_find(l, r->source) : teller_get(l, r->source);
	if (!t)
		return;
	if (!gone) {
		t->records |= bit;
		if (r->class == SHARE_FIRST_HAND)
			teller_alive(l, now, t, true);
		telling_read(l, now, t, r, fx);
	} else {
		t->records &= ~bit;
		if (bit == DIRTY_NODE)
			teller_clear(l, now, t, fx);
		else if (bit > DIRTY_NODE)
			legacy_read(l, now, t, r->type, NULL, 0, fx);
		else
			list_each (e, &t->entries, struct entry, of_teller)
				if (1u << e->bucket == bit)
					entry_untold(l, now, e, span_s(ADOPT_S));
	}
	if (bit >= DIRTY_NODE) /* what leases do to slices, address_enter says */
		slices_changed(l);
}

void leases_peer(struct leases *l, instant now, struct mac mac, bool gone, struct fx *fx)
{
	struct teller *t = gone ? teller_find(l, mac) : teller_get(l, mac);
	struct share_record r;

	if (!t || t == l->self)
		return;
	teller_alive(l, now, t, !gone);
	slices_changed(l);
	/* What it told before it fell silent may be true again, and is not told twice. */
	for (uint8_t i = 0; !gone && i < RECORD_LEASES_COUNT; i++) {
		uint8_t type = (uint8_t)(RECORD_LEASES + i);

		if (share_find(l->share, now, mac, type, &r))
			telling_read(l, now, t, &r, fx);
	}
}

void leases_serve(struct leases *l, instant now, bool serve, struct fx *fx)
{
	if (l->serve == serve)
		return;
	l->serve = serve;
	telling_dirty(l, DIRTY_NODE);
	slices_changed(l);
	work(l, now, fx);
}
