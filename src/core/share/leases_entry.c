/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entry - the leases; see leases_internal.h. */
#include <assert.h>
#include "core/share/leases_internal.h"

enum {
	RETELL_PART = 8 /* a renewal that adds less than this part of a lease is not told */
};

static uint8_t bucket_of(struct mac mac)
{
	return (uint8_t)(mac_mix(mac, 0) % LEASES_BUCKETS);
}

struct entry *entry_find(const struct leases *l, struct mac mac)
{
	struct map_node *n = map_first(&l->by_mac, map_hash(&l->by_mac, mac.b, sizeof(mac.b)));

	for (; n; n = map_next(n)) {
		struct entry *e = container_of(n, struct entry, by_mac);

		if (mac_equal(e->holder.mac, mac))
			return e;
	}
	return NULL;
}

const struct lease *static_find(const struct leases *l, struct mac mac)
{
	for (size_t i = 0; i < l->conf.reserved_count; i++)
		if (mac_equal(l->conf.reserved[i].mac, mac))
			return &l->conf.reserved[i];
	return NULL;
}

uint32_t entry_left_s(const struct entry *e, instant now)
{
	int64_t us = instant_since(e->end, now).us;

	return us > 0 ? (uint32_t)((us + 999999) / 1000000) : 0;
}

/* A new one holds nothing and is older than all that can be said. */
static struct entry *entry_new(struct leases *l, struct mac mac)
{
	struct entry *e;

	if (l->live >= l->conf.leases_max)
		return NULL;
	e = pool_alloc(&l->pool, sizeof(*e));
	if (!e)
		return NULL;
	*e = (struct entry){.holder = {.kind = HOLDER_CLIENT, .mac = mac},
			    .bucket = bucket_of(mac),
			    .ended = true,
			    .adopt = NEVER,
			    .end = NEVER};
	list_init(&e->of_teller);
	if (!timer_init(&l->timers, &e->timer, TIMER_ENTRY)) {
		pool_free(&l->pool, e, sizeof(*e));
		return NULL;
	}
	if (!map_add(&l->by_mac, &e->by_mac, map_hash(&l->by_mac, mac.b, sizeof(mac.b)))) {
		timer_fini(&l->timers, &e->timer);
		pool_free(&l->pool, e, sizeof(*e));
		return NULL;
	}
	list_append(&l->entries, &e->all);
	l->ended++;
	return e;
}

void entry_free(struct leases *l, instant now, struct entry *e, struct fx *fx)
{
	if (e->ended)
		l->ended--;
	else
		l->live--;
	address_leave(l, now, &e->holder, fx);
	list_del(&e->of_teller);
	list_del(&e->all);
	map_del(&l->by_mac, &e->by_mac);
	timer_fini(&l->timers, &e->timer);
	pool_free(&l->pool, e, sizeof(*e));
}

static struct lease lease_of(const struct entry *e, instant now)
{
	struct lease out = {.mac = e->holder.mac,
			    .ip = ipv4_from_u32(e->holder.ip, 32),
			    .since_unix_s = e->holder.since_unix_s,
			    .version = e->version,
			    .left_s = e->ended ? 0 : entry_left_s(e, now)};

	memcpy(out.name, e->name, sizeof(out.name));
	return out;
}

/* What we tell is kept over a restart, and nothing else. */
static void keep(struct leases *l, instant now, struct entry *e, struct fx *fx)
{
	bool wanted = e->teller == l->self && !e->ended;
	struct effect out = {.kind = FX_LEASE, .lease = lease_of(e, now)};

	if (!wanted && !e->kept)
		return;
	e->kept = wanted;
	if (!wanted)
		out.lease.left_s = 0;
	fx->emit(fx, &out);
}

/* Others hear of an end from who tells the lease; when they do not, it ends a little later. */
static void arm(struct leases *l, struct entry *e)
{
	instant end = e->end;

	if (e->teller != l->self && !e->ended)
		end = instant_add(end, span_s(OVERDUE_S));
	timer_set(&l->timers, &e->timer, instant_min(end, e->adopt));
}

static bool lives(const struct teller *t)
{
	return t->alive && t->known;
}

/* When we tell what no living node tells: the nodes are put in an order by hash, and each
 * waits for those before it. */
static instant adoption(const struct leases *l, instant now, const struct entry *e, span turn)
{
	uint64_t salt = mac_mix(e->holder.mac, 1);
	uint64_t ours = mac_mix(l->self->holder.mac, salt);
	unsigned before = 0;

	list_each (t, &l->tellers, struct teller, all)
		before += lives(t) && t != e->teller && mac_mix(t->holder.mac, salt) > ours;
	return instant_add(now, span_us(turn.us * (1 + (int64_t)before)));
}

void entry_untold(struct leases *l, instant now, struct entry *e, span turn)
{
	if (e->teller == l->self || e->ended)
		return;
	e->adopt = instant_min(e->adopt, adoption(l, now, e, turn));
	arm(l, e);
}

void entry_contradicted(struct leases *l, instant now, struct entry *e)
{
	if (e->teller == l->self || e->adopt.us != NEVER.us)
		return;
	e->adopt = adoption(l, now, e, span_ms(CONTRADICT_MS));
	arm(l, e);
}

static void teller_set(struct leases *l, instant now, struct entry *e, struct teller *t)
{
	if (e->teller == l->self && t != l->self)
		telling_dirty(l, 1u << e->bucket);
	list_del(&e->of_teller);
	list_append(&t->entries, &e->of_teller);
	e->teller = t;
	e->adopt = NEVER;
	if (t == l->self)
		telling_dirty(l, 1u << e->bucket);
	else if (!t->alive)
		entry_untold(l, now, e, span_s(ADOPT_S));
}

void entry_told(struct leases *l, instant now, struct entry *e, struct teller *t, struct fx *fx)
{
	teller_set(l, now, e, t);
	arm(l, e);
	keep(l, now, e, fx);
}

int said_compare(const struct said *s, const struct entry *e)
{
	uint32_t ip = ipv4_to_u32(s->lease.ip);

	if (s->lease.version != e->version)
		return s->lease.version > e->version ? 1 : -1;
	/* A release and a grant that did not know of each other: it costs less to be wrong
	 * with a lease that lives. */
	if (s->ended || e->ended)
		return (int)e->ended - (int)s->ended;
	if (s->lease.since_unix_s != e->holder.since_unix_s)
		return s->lease.since_unix_s > e->holder.since_unix_s ? 1 : -1;
	return (ip > e->holder.ip) - (ip < e->holder.ip);
}

static enum err said_check(const struct leases *l, const struct said *s, const struct entry *e)
{
	uint32_t ip = ipv4_to_u32(s->lease.ip);
	const struct lease *reserved = static_find(l, s->lease.mac);
	bool here = e && e->holder.ip == ip;

	if (s->ended)
		return OK;
	if (ip == 0 || ip == l->gateway.ip ||
	    (!is_in_pool(l, ip) && (!reserved || ipv4_to_u32(reserved->ip) != ip)))
		return ERR_MALFORMED;
	return here || address_has_room(l, ip) ? OK : ERR_FULL;
}

/* The name of the configuration counts more than what the client calls itself. */
static void name_choose(const struct leases *l, const struct said *s, char out[LEASE_NAME_ROOM])
{
	const struct lease *reserved = static_find(l, s->lease.mac);
	const char *text = reserved && reserved->name[0] ? reserved->name : s->lease.name;

	lease_name_clean(text, strnlen(text, LEASE_NAME_ROOM), out);
}

static void entry_set(struct leases *l, instant now, struct entry *e, const struct said *s,
		      struct fx *fx)
{
	uint32_t ip = s->ended ? 0 : ipv4_to_u32(s->lease.ip);
	char name[LEASE_NAME_ROOM] = "";

	if (!s->ended)
		name_choose(l, s, name);
	if (e->ended != s->ended) {
		l->live += s->ended ? 0 : 1;
		l->live -= s->ended ? 1 : 0;
		l->ended += s->ended ? 1 : 0;
		l->ended -= s->ended ? 0 : 1;
	}
	e->ended = s->ended;
	e->version = s->lease.version;
	e->end = instant_add(now, span_s(s->ended ? ENDED_KEEP_S : s->lease.left_s));
	if (s->ended)
		e->here_until = (instant){0};
	if (e->holder.ip == ip && e->holder.since_unix_s == s->lease.since_unix_s &&
	    strcmp(e->name, name) == 0)
		return;
	address_leave(l, now, &e->holder, fx);
	memcpy(e->name, name, sizeof(name));
	e->holder.since_unix_s = s->lease.since_unix_s;
	e->holder.ip = ip;
	if (ip != 0)
		address_enter(l, now, &e->holder, fx);
}

enum err entry_say(struct leases *l, instant now, const struct said *s, struct teller *t,
		   struct fx *fx, struct entry **out)
{
	struct entry *e = entry_find(l, s->lease.mac);
	enum err err = said_check(l, s, e);

	if (out)
		*out = NULL;
	if (err == OK && e && e->ended && !s->ended && l->live >= l->conf.leases_max)
		err = ERR_FULL;
	if (err == OK && !e) {
		/* Ends are remembered as far as there is room. */
		if (!s->ended || l->ended < l->conf.leases_max / 2)
			e = entry_new(l, s->lease.mac);
		if (!e)
			err = ERR_FULL;
	}
	if (err != OK) {
		l->count[err == ERR_FULL ? LEASES_FULL : LEASES_OUTSIDE]++;
		return err;
	}
	entry_set(l, now, e, s, fx);
	teller_set(l, now, e, t);
	arm(l, e);
	keep(l, now, e, fx);
	if (out)
		*out = e;
	return OK;
}

/* A version that is newer than what is known here, and, where clocks are right, than what a
 * partition that we have not heard may have said before. */
static uint32_t version_next(const struct leases *l, instant now, const struct entry *e)
{
	uint32_t version = e && e->version < VERSION_MAX - 1 ? e->version + 1 : 1;
	uint32_t clock = clock_now(l, now);

	return clock > version ? clock : version;
}

/* version: of what ends it. */
static void entry_end(struct leases *l, instant now, struct entry *e, uint32_t version,
		      struct fx *fx)
{
	struct said s = {.ended = true, .lease = {.mac = e->holder.mac, .version = version}};

	if (l->ended >= l->conf.leases_max / 2) {
		e->ended = true;
		l->live--;
		l->ended++;
		keep(l, now, e, fx);
		telling_dirty(l, 1u << e->bucket);
		entry_free(l, now, e, fx);
		return;
	}
	entry_say(l, now, &s, l->self, fx, NULL);
}

static void entry_over(struct leases *l, instant now, struct entry *e, struct fx *fx)
{
	bool ours = e->teller == l->self;

	if (e->ended) {
		entry_free(l, now, e, fx);
	} else if (ours && instant_before(now, e->here_until)) {
		/* It was renewed, too little to be told then. */
		e->end = e->here_until;
		e->version = version_next(l, now, e);
		entry_told(l, now, e, l->self, fx);
	} else if (ours) {
		/* Nobody has done anything: a renewal that we have not heard of counts more. */
		entry_end(l, now, e, e->version + (e->version < VERSION_MAX - 1), fx);
	} else if (instant_reached(instant_add(e->end, span_s(OVERDUE_S)), now)) {
		entry_free(l, now, e, fx);
	} else {
		e->adopt = NEVER; /* not any more */
		arm(l, e);
	}
}

void entry_expire(struct leases *l, instant now, struct entry *e, struct fx *fx)
{
	if (instant_reached(e->end, now)) {
		entry_over(l, now, e, fx);
	} else if (instant_reached(e->adopt, now)) {
		l->count[LEASES_ADOPTED] += !e->ended;
		entry_told(l, now, e, l->self, fx);
	} else {
		arm(l, e);
	}
}

bool entry_defend(struct leases *l, instant now, struct entry *e, const struct said *s,
		  struct fx *fx)
{
	if (!s->ended || e->ended || e->teller != l->self || !instant_before(now, e->here_until) ||
	    !instant_before(now, instant_add(e->here_since, span_s(DEFEND_S))))
		return false;
	e->version = s->lease.version;
	e->version = version_next(l, now, e);
	entry_told(l, now, e, l->self, fx);
	return true;
}

/* ---- what our DHCP server, or what was kept, says ---- */

/* Clients that renew all the time cost the cloud nothing. */
static bool is_worth_telling(const struct leases *l, instant now, const struct entry *e,
			     const struct said *s)
{
	char name[LEASE_NAME_ROOM];
	span more = instant_since(instant_add(now, span_s(s->lease.left_s)), e->end);

	name_choose(l, s, name);
	return e->ended || e->teller != l->self || e->holder.ip != ipv4_to_u32(s->lease.ip) ||
	       strcmp(e->name, name) != 0 || span_less(more, span_us(0)) ||
	       more.us > span_s(s->lease.left_s).us / RETELL_PART;
}

static void granted(struct leases *l, instant now, const struct lease *lease, struct fx *fx)
{
	struct entry *e = entry_find(l, lease->mac);
	struct said s = {.lease = *lease};
	instant until = instant_add(now, span_s(lease->left_s));

	s.lease.since_unix_s = clock_now(l, now);
	s.lease.version = version_next(l, now, e);
	if (e && !e->ended && e->holder.ip == ipv4_to_u32(lease->ip)) {
		s.lease.since_unix_s = e->holder.since_unix_s;
		if (s.lease.name[0] == '\0')
			memcpy(s.lease.name, e->name, sizeof(s.lease.name));
	}
	if ((!e || is_worth_telling(l, now, e, &s)) && entry_say(l, now, &s, l->self, fx, &e) != OK)
		return;
	e->here_until = until;
	e->here_since = now;
}

static void dropped(struct leases *l, instant now, const struct lease *lease, struct fx *fx)
{
	struct entry *e = entry_find(l, lease->mac);

	if (!e || e->ended || e->holder.ip != ipv4_to_u32(lease->ip))
		return;
	entry_end(l, now, e, version_next(l, now, e), fx);
}

static void remembered(struct leases *l, instant now, const struct lease *lease, struct fx *fx)
{
	struct entry *e = entry_find(l, lease->mac);
	struct said s = {.lease = *lease};

	if (lease->version >= VERSION_MAX)
		return;
	clock_hear(l, now, lease->version);
	if (!e || said_compare(&s, e) > 0)
		entry_say(l, now, &s, l->self, fx, NULL);
}

void entry_event(struct leases *l, instant now, const struct ev_lease *ev, struct fx *fx)
{
	struct lease lease = ev->lease;

	if (!mac_is_station(lease.mac))
		return;
	if (lease.left_s > LEFT_MAX_S)
		lease.left_s = LEFT_MAX_S;
	lease.name[LEASE_NAME_ROOM - 1] = '\0';
	if (ev->change != LEASE_REMEMBERED)
		clock_hear(l, now, lease.since_unix_s);
	switch (ev->change) {
	case LEASE_GRANTED:
		if (lease.left_s > 0)
			granted(l, now, &lease, fx);
		else
			dropped(l, now, &lease, fx);
		break;
	case LEASE_DROPPED: dropped(l, now, &lease, fx); break;
	case LEASE_REMEMBERED:
		if (lease.left_s > 0)
			remembered(l, now, &lease, fx);
		break;
	}
}
