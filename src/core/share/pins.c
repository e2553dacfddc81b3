/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/share/pins.h"
#include <assert.h>
#include "base/bytes.h"
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/prng.h"
#include "core/share/leases_internal.h"

enum {
	RECORD_VERSION = 1,
	FLUSH_MS = 20, /* changes are collected for so long after the last ones went out */
	REFUSED_MS = 1000,
	CHORES_S = 5,
	NO_GATEWAY = 0xff, /* for an index */
	WISH_STRICT = 0x01,
	WISH_ANY = 0x02,
	PIN_BYTES = 6 + 4 + 1 + 1,
	WISH_BYTES = 6 + 4 + 1, /* and a gateway */
	DIGEST_BYTES = sizeof(struct digest),
	POOL_FIXED_BYTES = 1 << 16,
};
#define SALT UINT64_C(0x70696e73)

enum topic_kind { TOPIC_PIN, TOPIC_WISH, TOPICS };

/* What is said of a client. */
struct saying {
	struct mac mac;
	uint32_t version;
	struct pins_exit exit; /* of TOPIC_PIN */
	struct pins_wish wish; /* of TOPIC_WISH */
};

/* What of that holds, and who tells it. */
struct topic {
	bool known;
	bool listed; /* the record that is being read has it */
	uint32_t version;
	struct mac teller; /* zero: nobody any more ... */
	instant untold;	   /* ... since then */
	instant since;	   /* what holds */
};

struct client {
	struct map_node by_mac;
	struct list all;
	struct mac mac;
	struct topic topic[TOPICS];
	struct pins_exit exit;
	struct pins_wish wish;
	instant touched; /* of a pin that we tell */
};

struct pins {
	struct pins_conf conf;
	struct pins_env env;
	struct share *share;
	struct pool pool;
	struct map by_mac;
	struct list all;
	uint32_t dirty; /* bits: our records that differ from what share has, by type */
	instant flush;	/* NEVER: nothing is dirty */
	instant flushed, chores;
	uint8_t *scratch; /* SHARE_DATA_MAX bytes: a record under construction */
	uint64_t count[PINS_COUNTERS];
};

/* ---- clients ---- */

struct pins *pins_new(const struct pins_conf *conf, const struct pins_env *env, struct share *share,
		      instant now, uint64_t seed)
{
	struct pool pool;
	struct pins *p;

	pool_init(&pool, sizeof(*p) + SHARE_DATA_MAX + POOL_FIXED_BYTES +
				 conf->clients_max * (sizeof(struct client) + 8 * sizeof(void *)));
	p = pool_alloc(&pool, sizeof(*p));
	if (!p)
		return NULL;
	p->pool = pool;
	p->conf = *conf;
	p->env = *env;
	p->share = share;
	/* Who knew us before must hear that what we told of clients then holds no more. */
	p->dirty = (UINT32_C(1) << RECORD_PINS_COUNT) - 1;
	p->flush = instant_add(now, span_ms(FLUSH_MS));
	p->flushed = now;
	p->chores = instant_add(now, span_s(CHORES_S));
	map_init(&p->by_mac, &p->pool, prng_mix(seed));
	list_init(&p->all);
	p->scratch = pool_alloc(&p->pool, SHARE_DATA_MAX);
	if (p->scratch)
		return p;
	pins_free(p);
	return NULL;
}

static void client_free(struct pins *p, struct client *c)
{
	map_del(&p->by_mac, &c->by_mac);
	list_del(&c->all);
	pool_free(&p->pool, c, sizeof(*c));
}

void pins_free(struct pins *p)
{
	if (!p)
		return;
	list_each (c, &p->all, struct client, all) {
		client_free(p, c);
	}
	map_fini(&p->by_mac);
	if (p->scratch)
		pool_free(&p->pool, p->scratch, SHARE_DATA_MAX);
	struct pool pool = p->pool;

	pool_free(&pool, p, sizeof(*p));
	pool_fini(&pool);
}

static struct client *client_find(const struct pins *p, struct mac mac)
{
	struct map_node *m = map_first(&p->by_mac, map_hash(&p->by_mac, mac.b, sizeof(mac.b)));

	for (; m; m = map_next(m)) {
		struct client *c = container_of(m, struct client, by_mac);

		if (mac_equal(c->mac, mac))
			return c;
	}
	return NULL;
}

/* Finds or makes; NULL: no room, counted. */
static struct client *client_get(struct pins *p, struct mac mac)
{
	struct client *c = client_find(p, mac);

	if (c)
		return c;
	c = p->by_mac.count < p->conf.clients_max ? pool_alloc(&p->pool, sizeof(*c)) : NULL;
	if (c)
		c->mac = mac;
	if (c && map_add(&p->by_mac, &c->by_mac, map_hash(&p->by_mac, mac.b, sizeof(mac.b)))) {
		list_append(&p->all, &c->all);
		return c;
	}
	pool_free(&p->pool, c, sizeof(*c));
	p->count[PINS_FULL]++;
	return NULL;
}

/* ---- records: which, and what they hold ---- */

static unsigned records_of(enum topic_kind k)
{
	return k == TOPIC_PIN ? RECORD_PINS_COUNT : RECORD_WISHES_COUNT;
}

static uint8_t type_of(enum topic_kind k, struct mac mac)
{
	return (uint8_t)((k == TOPIC_PIN ? RECORD_PINS : RECORD_WISHES) +
			 mac_mix(mac, SALT) % records_of(k));
}

static uint32_t bit_of(uint8_t type)
{
	return UINT32_C(1) << (type - RECORD_PINS);
}

/* false: the type is none of ours. */
static bool kind_of(uint8_t type, enum topic_kind *k)
{
	if (type < RECORD_PINS || type >= RECORD_WISHES + RECORD_WISHES_COUNT)
		return false;
	*k = type < RECORD_WISHES ? TOPIC_PIN : TOPIC_WISH;
	return true;
}

static void dirty(struct pins *p, enum topic_kind k, struct mac mac)
{
	p->dirty |= bit_of(type_of(k, mac));
	p->flush = instant_min(p->flush, instant_add(p->flushed, span_ms(FLUSH_MS)));
}

bool pins_exit_equal(const struct pins_exit *a, const struct pins_exit *b)
{
	for (unsigned v6 = 0; v6 < 2; v6++)
		if (a->there[v6] != b->there[v6] ||
		    (a->there[v6] && !digest_equal(&a->gateway[v6], &b->gateway[v6])))
			return false;
	return true;
}

/* An order that means nothing, but is the same everywhere. */
static int exit_compare(const struct pins_exit *a, const struct pins_exit *b)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		int order = a->there[v6] - b->there[v6];

		if (order == 0 && a->there[v6])
			order = digest_compare(&a->gateway[v6], &b->gateway[v6]);
		if (order != 0)
			return order;
	}
	return 0;
}

static int wish_compare(const struct pins_wish *a, const struct pins_wish *b)
{
	if (a->any != b->any)
		return b->any - a->any;
	if (a->any)
		return 0;
	if (a->strict != b->strict)
		return a->strict - b->strict;
	return digest_compare(&a->gateway, &b->gateway);
}

/* ---- writing ---- */

static bool is_ours(const struct pins *p, const struct client *c, enum topic_kind k, uint8_t type)
{
	const struct topic *t = &c->topic[k];

	return t->known && mac_equal(t->teller, p->conf.self) && type_of(k, c->mac) == type;
}

/* The index of a gateway in the list at the record's head; NO_GATEWAY: no room for one more. */
static uint8_t index_get(struct digest *list, uint8_t *count, const struct digest *gateway)
{
	for (uint8_t i = 0; i < *count; i++)
		if (digest_equal(&list[i], gateway))
			return i;
	if (*count == NO_GATEWAY)
		return NO_GATEWAY;
	list[*count] = *gateway;
	return (*count)++;
}

static size_t pins_write(struct pins *p, uint8_t type)
{
	struct digest list[NO_GATEWAY];
	uint8_t count = 0, index[PINS_RECORD_MAX][2];
	const struct client *in[PINS_RECORD_MAX];
	struct wr w = wr_over(p->scratch, SHARE_DATA_MAX);
	unsigned n = 0;

	list_each (c, &p->all, struct client, all) {
		if (!is_ours(p, c, TOPIC_PIN, type))
			continue;
		if (n == PINS_RECORD_MAX) {
			p->count[PINS_FULL]++;
			break;
		}
		for (unsigned v6 = 0; v6 < 2; v6++)
			index[n][v6] = c->exit.there[v6]
					       ? index_get(list, &count, &c->exit.gateway[v6])
					       : NO_GATEWAY;
		in[n++] = c;
	}
	wr_u8(&w, count);
	for (uint8_t i = 0; i < count; i++)
		wr_bytes(&w, list[i].b, DIGEST_BYTES);
	for (unsigned i = 0; i < n; i++) {
		wr_mac(&w, in[i]->mac);
		wr_u32(&w, in[i]->topic[TOPIC_PIN].version);
		wr_u8(&w, index[i][0]);
		wr_u8(&w, index[i][1]);
	}
	assert(!w.bad);
	return wr_len(&w);
}

static size_t wishes_write(struct pins *p, uint8_t type)
{
	struct wr w = wr_over(p->scratch, SHARE_DATA_MAX);
	unsigned n = 0;

	list_each (c, &p->all, struct client, all) {
		if (!is_ours(p, c, TOPIC_WISH, type))
			continue;
		if (n++ == PINS_RECORD_MAX) {
			p->count[PINS_FULL]++;
			break;
		}
		wr_mac(&w, c->mac);
		wr_u32(&w, c->topic[TOPIC_WISH].version);
		wr_u8(&w, c->wish.any ? WISH_ANY : c->wish.strict ? WISH_STRICT : 0);
		if (!c->wish.any)
			wr_bytes(&w, c->wish.gateway.b, DIGEST_BYTES);
	}
	assert(!w.bad);
	return wr_len(&w);
}

static void flush(struct pins *p, instant now, struct fx *fx)
{
	p->flushed = now;
	p->flush = NEVER;
	for (uint8_t type = RECORD_PINS; type < RECORD_WISHES + RECORD_WISHES_COUNT; type++) {
		uint32_t bit = bit_of(type);
		enum topic_kind k;
		size_t len;

		if (!(p->dirty & bit))
			continue;
		(void)kind_of(type, &k);
		len = k == TOPIC_PIN ? pins_write(p, type) : wishes_write(p, type);
		if (share_put(p->share, now, type, RECORD_VERSION, p->scratch, len, fx) != OK)
			continue;
		p->dirty &= ~bit;
	}
	if (p->dirty) {
		p->count[PINS_FULL]++;
		p->flush = instant_add(now, span_ms(REFUSED_MS));
	}
}

/* ---- reading ---- */

static bool gateway_read(uint8_t index, const uint8_t *list, uint8_t count, bool *there,
			 struct digest *gateway)
{
	*there = index != NO_GATEWAY;
	if (*there && index >= count)
		return false;
	if (*there)
		*gateway = digest_from(list + (size_t)index * DIGEST_BYTES);
	return true;
}

/* One client of a record; list: its gateways. */
static bool said_read(struct rd *r, enum topic_kind k, const uint8_t *list, uint8_t count,
		      struct saying *s)
{
	const uint8_t *gateway;
	uint8_t flags;
	bool good = true;

	*s = (struct saying){.mac = rd_mac(r)};
	s->version = rd_u32(r);
	if (k == TOPIC_PIN) {
		for (unsigned v6 = 0; v6 < 2; v6++)
			good &= gateway_read(rd_u8(r), list, count, &s->exit.there[v6],
					     &s->exit.gateway[v6]);
		return good && !r->bad && mac_is_station(s->mac);
	}
	flags = rd_u8(r);
	s->wish.any = flags & WISH_ANY;
	s->wish.strict = !s->wish.any && flags & WISH_STRICT;
	gateway = s->wish.any ? NULL : rd_take(r, DIGEST_BYTES);
	if (gateway)
		s->wish.gateway = digest_from(gateway);
	return !r->bad && mac_is_station(s->mac);
}

static bool is_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* What the teller itself says anew counts, older or not: it may have forgotten. And what nobody
 * tells any more gives way to anything. */
static bool is_believed(const struct client *c, enum topic_kind k, const struct saying *s,
			struct mac teller)
{
	const struct topic *t = &c->topic[k];
	int order = k == TOPIC_PIN ? exit_compare(&s->exit, &c->exit)
				   : wish_compare(&s->wish, &c->wish);

	if (!t->known || is_newer(s->version, t->version) || mac_equal(t->teller, teller))
		return true;
	if (mac_is_zero(t->teller))
		return k == TOPIC_PIN || s->version == t->version;
	return s->version == t->version && order > 0;
}

/* What s says holds from now on, and teller tells it; true: it is news. */
static bool topic_say(struct client *c, instant now, enum topic_kind k, const struct saying *s,
		      struct mac teller)
{
	struct topic *t = &c->topic[k];
	bool news = !t->known || (k == TOPIC_PIN ? !pins_exit_equal(&s->exit, &c->exit)
						 : wish_compare(&s->wish, &c->wish) != 0);

	if (k == TOPIC_PIN)
		c->exit = s->exit;
	else
		c->wish = s->wish;
	t->known = true;
	t->version = s->version;
	t->teller = teller;
	t->untold = now;
	if (news)
		t->since = now;
	return news;
}

static void one_read(struct pins *p, instant now, enum topic_kind k, const struct saying *s,
		     struct mac teller, struct fx *fx)
{
	struct client *c = client_get(p, s->mac);

	if (!c)
		return;
	if (!is_believed(c, k, s, teller))
		return;
	if (mac_equal(c->topic[k].teller, p->conf.self))
		dirty(p, k, c->mac); /* we tell it no more */
	bool news = topic_say(c, now, k, s, teller);

	c->topic[k].listed = true;
	if (!news)
		return;
	if (k == TOPIC_WISH)
		p->env.keep(p->env.ctx, c->mac, s->version, &c->wish, fx);
	p->env.changed(p->env.ctx, now, c->mac);
}

static enum err record_read(struct pins *p, instant now, const struct share_record *r,
			    enum topic_kind k, struct fx *fx)
{
	struct rd all = rd_over(r->data, r->len), check;
	uint8_t count = k == TOPIC_PIN ? rd_u8(&all) : 0;
	const uint8_t *list = rd_take(&all, (size_t)count * DIGEST_BYTES);
	struct saying s;
	unsigned n = 0;

	check = all;
	while (!check.bad && rd_left(&check) > 0)
		if (!said_read(&check, k, list, count, &s) || type_of(k, s.mac) != r->type ||
		    ++n > PINS_RECORD_MAX)
			return ERR_MALFORMED;
	if (check.bad)
		return ERR_MALFORMED;
	while (rd_left(&all) > 0) {
		said_read(&all, k, list, count, &s);
		one_read(p, now, k, &s, r->source, fx);
	}
	return OK;
}

static void listed_clear(struct pins *p, enum topic_kind k)
{
	list_each (c, &p->all, struct client, all)
		c->topic[k].listed = false;
}

/* What the teller told in records of this type, and does not any more; true: there is some. */
static bool sweep(struct pins *p, instant now, struct mac teller, enum topic_kind k, uint8_t type)
{
	bool any = false;

	list_each (c, &p->all, struct client, all) {
		struct topic *t = &c->topic[k];

		if (t->known && !t->listed && mac_equal(t->teller, teller) &&
		    type_of(k, c->mac) == type) {
			t->teller = (struct mac){{0}};
			t->untold = now;
			any = true;
		}
	}
	listed_clear(p, k);
	return any;
}

struct reading {
	struct pins *p;
	instant now;
	struct mac but; /* not what this one tells */
	enum topic_kind k;
	struct fx *fx;
};

static bool read_again(void *ctx, const struct share_record *r)
{
	const struct reading *x = ctx;

	if (!mac_equal(r->source, x->p->conf.self) && !mac_equal(r->source, x->but) &&
	    r->version == RECORD_VERSION)
		(void)record_read(x->p, x->now, r, x->k, x->fx); /* counted when it came */
	return true;
}

void pins_record(struct pins *p, instant now, const struct share_record *r, bool gone,
		 struct fx *fx)
{
	enum topic_kind k;

	if (!kind_of(r->type, &k) || mac_equal(r->source, p->conf.self))
		return;
	if (!gone && (r->version != RECORD_VERSION || record_read(p, now, r, k, fx) != OK)) {
		p->count[PINS_MALFORMED]++;
		return;
	}
	if (!sweep(p, now, r->source, k, r->type))
		return;
	/* Others may have told it all along, and were not believed. */
	share_each(p->share, now, r->type, read_again, &(struct reading){p, now, r->source, k, fx});
	listed_clear(p, k);
}

/* ---- what we say ---- */

static void tell_ourselves(struct pins *p, struct client *c, enum topic_kind k)
{
	c->topic[k].teller = p->conf.self;
	dirty(p, k, c->mac);
}

enum err pins_put(struct pins *p, instant now, struct mac mac, const struct pins_exit *exit)
{
	struct client *c = client_get(p, mac);
	struct saying s = {.mac = mac, .version = 1, .exit = *exit};

	if (!c)
		return ERR_FULL;
	const struct topic *t = &c->topic[TOPIC_PIN];

	c->touched = now;
	if (t->known && pins_exit_equal(&c->exit, exit)) {
		if (mac_is_zero(t->teller))
			tell_ourselves(p, c, TOPIC_PIN);
		return OK;
	}
	if (t->known)
		s.version = t->version + 1;
	topic_say(c, now, TOPIC_PIN, &s, p->conf.self);
	dirty(p, TOPIC_PIN, mac);
	return OK;
}

void pins_touch(struct pins *p, instant now, struct mac mac)
{
	struct client *c = client_find(p, mac);

	if (!c)
		return;
	c->touched = now;
	if (c->topic[TOPIC_PIN].known && mac_is_zero(c->topic[TOPIC_PIN].teller))
		tell_ourselves(p, c, TOPIC_PIN);
}

enum err pins_wish(struct pins *p, instant now, struct mac mac, const struct pins_wish *wish,
		   struct fx *fx)
{
	struct client *c = client_get(p, mac);
	struct saying s = {.mac = mac, .version = 1, .wish = *wish};

	if (!c)
		return ERR_FULL;
	if (c->topic[TOPIC_WISH].known)
		s.version = c->topic[TOPIC_WISH].version + 1;
	topic_say(c, now, TOPIC_WISH, &s, p->conf.self);
	dirty(p, TOPIC_WISH, mac);
	p->env.keep(p->env.ctx, mac, s.version, wish, fx);
	return OK;
}

void pins_recall(struct pins *p, instant now, struct mac mac, uint32_t version,
		 const struct pins_wish *wish)
{
	struct client *c = client_get(p, mac);
	struct saying s = {.mac = mac, .version = version, .wish = *wish};

	if (c && !c->topic[TOPIC_WISH].known)
		topic_say(c, now, TOPIC_WISH, &s, (struct mac){{0}});
}

/* ---- time ---- */

static void pin_chore(struct pins *p, instant now, struct client *c)
{
	struct topic *t = &c->topic[TOPIC_PIN];
	bool ours = mac_equal(t->teller, p->conf.self);

	if (ours && instant_reached(instant_add(c->touched, span_s(PINS_AWAY_S)), now)) {
		dirty(p, TOPIC_PIN, c->mac);
		t->known = false;
	} else if (mac_is_zero(t->teller) &&
		   instant_reached(instant_add(t->untold, span_s(PINS_KEEP_S)), now)) {
		t->known = false;
	}
	if (!t->known)
		p->env.changed(p->env.ctx, now, c->mac);
}

/* Of several that could, seldom two tell it at once, and then it does no harm. */
static void wish_chore(struct pins *p, instant now, struct client *c)
{
	struct topic *t = &c->topic[TOPIC_WISH];
	uint64_t turn = mac_mix(c->mac, mac_mix(p->conf.self, SALT)) % PINS_ADOPT_S;

	if (c->wish.any && instant_reached(instant_add(t->since, span_s(WISHES_KEEP_S)), now)) {
		if (mac_equal(t->teller, p->conf.self))
			dirty(p, TOPIC_WISH, c->mac);
		t->known = false;
		return;
	}
	if (mac_is_zero(t->teller) &&
	    instant_reached(instant_add(t->untold, span_s(PINS_ADOPT_S + (int64_t)turn)), now))
		tell_ourselves(p, c, TOPIC_WISH);
}

static void chores(struct pins *p, instant now)
{
	p->chores = instant_add(now, span_s(CHORES_S));
	list_each (c, &p->all, struct client, all) {
		if (c->topic[TOPIC_PIN].known)
			pin_chore(p, now, c);
		if (c->topic[TOPIC_WISH].known)
			wish_chore(p, now, c);
		if (!c->topic[TOPIC_PIN].known && !c->topic[TOPIC_WISH].known)
			client_free(p, c);
	}
}

void pins_handle(struct pins *p, instant now, const struct ev *ev, struct fx *fx)
{
	if (ev->kind != EV_DEADLINE)
		return;
	if (instant_reached(p->chores, now))
		chores(p, now);
	if (instant_reached(p->flush, now))
		flush(p, now, fx);
}

instant pins_deadline(const struct pins *p)
{
	return list_empty(&p->all) ? p->flush : instant_min(p->flush, p->chores);
}

/* ---- views ---- */

static void view_fill(const struct client *c, struct pins_view *v)
{
	const struct topic *pin = &c->topic[TOPIC_PIN], *wish = &c->topic[TOPIC_WISH];

	*v = (struct pins_view){
		.mac = c->mac, .pinned = pin->known, .wished = wish->known && !c->wish.any};
	if (v->pinned) {
		v->exit = c->exit;
		v->pin_node = pin->teller;
	}
	if (wish->known)
		v->wish = c->wish;
}

bool pins_find(const struct pins *p, struct mac mac, struct pins_view *v)
{
	const struct client *c = client_find(p, mac);

	if (c)
		view_fill(c, v);
	return c != NULL;
}

uint64_t pins_count(const struct pins *p, enum pins_counter c)
{
	return p->count[c];
}

uint32_t pins_clients(const struct pins *p)
{
	return p->by_mac.count;
}
