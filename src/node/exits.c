/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/exits.h"
#include "base/bytes.h"
#include "base/list.h"
#include "base/map.h"
#include "base/prng.h"

enum {
	GATES = TUNNEL_CLIENT_TABLES,
	GATE_NOWHERE = 0, /* its routes are unreachable ones */
	POOL_FIXED_BYTES = 1 << 16,
};

/* What a client uses of one family. */
struct used {
	enum pin_cause cause;
	struct digest to;
	instant since;
	instant seen;  /* it sent something, here; NEVER: not yet */
	instant busy;  /* that, or when it came */
	uint8_t table; /* as told: the gate + 1; 0: none */
};

struct client {
	struct map_node by_mac;
	struct list all;
	struct mac mac;
	bool here;
	instant arrived;
	instant said;	       /* that others say something else of it was answered */
	struct pins_exit exit; /* while it is here ours, else the cloud's */
	bool wished;
	struct pins_wish wish;
	struct used used[2];
};

struct gate {
	bool there;
	struct digest id;
	uint32_t users[2], here[2]; /* while clients are looked at, and as told */
	bool routed[2];
	struct tunnel_to to[2];
};

/* A gateway that was asked for, so that a look costs each only once. */
struct fitness {
	struct digest id;
	bool v6, unjudged, fit;
	struct tunnel_to to;
};

struct exits {
	struct pool pool;
	struct exits_conf conf;
	struct exits_env env;
	struct pins *pins;
	struct tunnels *tunnels; /* NULL: not yet, or never */
	struct digest self;
	struct map by_mac;
	struct list all;
	struct gate gate[GATES];
	bool due;
	bool own[2]; /* our own uplink works */
	uint64_t decisions;
	instant look;
	struct exits_counters count;
	/* during a look */
	instant now;
	struct fx *fx;
	bool has_best[2];
	struct tunnel_to best[2];
	struct fitness known[GATES];
	unsigned knowns;
};

/* ---- clients ---- */

static struct client *client_find(const struct exits *x, struct mac mac)
{
	struct map_node *m = map_first(&x->by_mac, map_hash(&x->by_mac, mac.b, sizeof(mac.b)));

	for (; m; m = map_next(m)) {
		struct client *c = container_of(m, struct client, by_mac);

		if (mac_equal(c->mac, mac))
			return c;
	}
	return NULL;
}

static struct client *client_get(struct exits *x, struct mac mac)
{
	struct client *c = client_find(x, mac);

	if (c)
		return c;
	c = x->by_mac.count < x->conf.clients_max ? pool_alloc(&x->pool, sizeof(*c)) : NULL;
	if (c) {
		c->mac = mac;
		c->said = (instant){0};
		for (unsigned v6 = 0; v6 < 2; v6++)
			c->used[v6].seen = NEVER;
	}
	if (c && map_add(&x->by_mac, &c->by_mac, map_hash(&x->by_mac, mac.b, sizeof(mac.b)))) {
		list_append(&x->all, &c->all);
		return c;
	}
	pool_free(&x->pool, c, sizeof(*c));
	x->count.refused++;
	return NULL;
}

static void client_free(struct exits *x, struct client *c)
{
	map_del(&x->by_mac, &c->by_mac);
	list_del(&c->all);
	pool_free(&x->pool, c, sizeof(*c));
}

/* ---- making ---- */

static void pin_changed(void *ctx, instant now, struct mac mac)
{
	struct exits *x = ctx;

	(void)now;
	(void)client_get(x, mac);
	x->due = true;
}

static void wish_keep(void *ctx, struct mac mac, uint32_t version, const struct pins_wish *wish,
		      struct fx *fx)
{
	struct effect e = {.kind = FX_TUNNEL, .tunnel = {.kind = TUNNEL_KEEP_CLIENT}};

	(void)ctx;
	e.tunnel.keep_client = (struct tunnel_client_preference){
		mac, version, {wish->any, wish->strict, wish->gateway}};
	fx->emit(fx, &e);
}

struct exits *exits_new(const struct exits_conf *conf, const struct exits_env *env, instant now,
			uint64_t seed)
{
	const struct pins_conf pins = {conf->self, conf->clients_max};
	struct pool pool;
	struct exits *x;

	pool_init(&pool, sizeof(*x) + POOL_FIXED_BYTES +
				 conf->clients_max * (sizeof(struct client) + 8 * sizeof(void *)));
	x = pool_alloc(&pool, sizeof(*x));
	if (!x)
		return NULL;
	x->pool = pool;
	x->conf = *conf;
	x->env = *env;
	x->look = NEVER;
	map_init(&x->by_mac, &x->pool, prng_mix(seed));
	list_init(&x->all);
	x->gate[GATE_NOWHERE].there = true;
	x->pins = pins_new(&pins, &(struct pins_env){x, pin_changed, wish_keep}, env->share, now,
			   prng_mix(seed + 1));
	if (x->pins)
		return x;
	exits_free(x);
	return NULL;
}

void exits_free(struct exits *x)
{
	if (!x)
		return;
	list_each (c, &x->all, struct client, all) {
		client_free(x, c);
	}
	map_fini(&x->by_mac);
	pins_free(x->pins);
	struct pool pool = x->pool;

	pool_free(&pool, x, sizeof(*x));
	pool_fini(&pool);
}

void exits_network(struct exits *x, struct tunnels *t, const struct digest *self)
{
	x->tunnels = t;
	x->self = *self;
	x->due = true;
}

/* ---- gateways ---- */

static bool is_self(const struct exits *x, const struct digest *id)
{
	return digest_equal(&x->self, id);
}

/* Of another node: to is where its tunnel leads. unjudged: what we found out does not count. */
static bool other_fit(struct exits *x, bool v6, const struct digest *id, bool unjudged,
		      struct tunnel_to *to)
{
	struct fitness f = {.id = *id, .v6 = v6, .unjudged = unjudged};

	for (unsigned i = 0; i < x->knowns; i++) {
		const struct fitness *k = &x->known[i];

		if (k->v6 == v6 && k->unjudged == unjudged && digest_equal(&k->id, id)) {
			*to = k->to;
			return k->fit;
		}
	}
	f.fit = gw_fit(tunnels_gw(x->tunnels), v6, id, unjudged, &f.to);
	if (x->knowns < GATES)
		x->known[x->knowns++] = f;
	*to = f.to;
	return f.fit;
}

static struct pin_gateway gateway_of(struct exits *x, bool v6, bool there, const struct digest *id,
				     bool unjudged)
{
	struct pin_gateway g = {.there = there};
	struct tunnel_to to;

	if (!there)
		return g;
	g.id = *id;
	g.fit = is_self(x, id) ? x->own[v6] : other_fit(x, v6, id, unjudged, &to);
	return g;
}

static struct pin_gateway best_of(const struct exits *x, bool v6)
{
	if (x->own[v6])
		return (struct pin_gateway){true, true, x->self};
	return (struct pin_gateway){x->has_best[v6], x->has_best[v6], x->best[v6].node};
}

/* ---- gates ---- */

static bool gate_route(struct exits *x, unsigned g, bool v6, const struct tunnel_to *to, bool lost)
{
	const struct tunnel_client_route r = {TUNNEL_CLIENT_TABLE + g, v6, lost, to};

	return tunnels_client_route(x->tunnels, x->now, &r, x->fx);
}

/* By its id, so that it is most often the same as before a restart. GATES: there is no room. */
static unsigned gate_get(struct exits *x, const struct digest *id)
{
	unsigned fresh = GATES, first = (id->b[0] * 256u + id->b[1]) % (GATES - 1);

	for (unsigned n = 0; n < GATES - 1; n++) {
		unsigned i = 1 + (first + n) % (GATES - 1);

		if (!x->gate[i].there && fresh == GATES)
			fresh = i;
		if (x->gate[i].there && digest_equal(&x->gate[i].id, id))
			return i;
	}
	if (fresh < GATES)
		x->gate[fresh] = (struct gate){.there = true, .id = *id};
	return fresh;
}

/* Has a route for this family, which goes to `to`. */
static bool gate_open(struct exits *x, unsigned g, bool v6, const struct tunnel_to *to)
{
	struct gate *gate = &x->gate[g];
	bool lost = g == GATE_NOWHERE;

	if (gate->routed[v6] && (lost || ipv6_equal(gate->to[v6].dummy, to->dummy)))
		return true;
	gate->routed[v6] = gate_route(x, g, v6, lost ? NULL : to, lost);
	gate->to[v6] = *to;
	return gate->routed[v6];
}

/* What the node itself uses may be one that is known to be bad, where nobody is good. */
static bool end_of(struct exits *x, bool v6, const struct digest *id, struct tunnel_to *to)
{
	if (!x->has_best[v6] || !digest_equal(&x->best[v6].node, id))
		return other_fit(x, v6, id, true, to);
	*to = x->best[v6];
	return true;
}

/* The table of what the client uses; 0: none, or no room for one more. */
static uint8_t table_of(struct exits *x, bool v6, const struct pin_choice *choice)
{
	struct tunnel_to to = {.dummy = {{0}, 0}};
	unsigned g = GATE_NOWHERE;

	if (choice->cause == PIN_NONE || is_self(x, &choice->to))
		return 0;
	if (choice->cause != PIN_LOST) {
		if (!end_of(x, v6, &choice->to, &to))
			return 0;
		g = gate_get(x, &choice->to);
	}
	if (g < GATES && gate_open(x, g, v6, &to))
		return (uint8_t)(g + 1);
	x->count.refused++;
	return 0;
}

static void gates_begin(struct exits *x)
{
	for (unsigned g = 0; g < GATES; g++)
		for (unsigned v6 = 0; v6 < 2; v6++)
			x->gate[g].users[v6] = x->gate[g].here[v6] = 0;
}

/* Tells core/gw how many use each; those that nobody uses end. */
static void gates_end(struct exits *x)
{
	for (unsigned g = 0; g < GATES; g++) {
		struct gate *gate = &x->gate[g];

		for (unsigned v6 = 0; v6 < 2 && gate->there; v6++) {
			if (g != GATE_NOWHERE)
				tunnels_clients_set(x->tunnels, x->now, v6, &gate->id,
						    gate->users[v6], gate->here[v6] > 0);
			if (gate->users[v6] == 0 && gate->routed[v6])
				gate->routed[v6] = !gate_route(x, g, v6, NULL, false);
		}
		gate->there = g == GATE_NOWHERE || gate->routed[0] || gate->routed[1];
	}
}

/* ---- a look at each client ---- */

static void table_tell(struct exits *x, const struct client *c, bool v6)
{
	struct effect e = {.kind = FX_TUNNEL, .tunnel = {.kind = TUNNEL_CLIENT}};
	uint8_t table = c->used[v6].table;

	e.tunnel.client =
		(struct tunnel_client){c->mac, v6, table ? TUNNEL_CLIENT_TABLE + table - 1u : 0};
	x->fx->emit(x->fx, &e);
}

/* It came only now. */
static bool is_late(const struct exits *x, const struct client *c)
{
	return !instant_reached(instant_add(c->arrived, span_ms(EXITS_LATE_MS)), x->now);
}

/* Where it is, and what the cloud says of it. false: nothing any more. */
static bool client_follow(struct exits *x, struct client *c)
{
	bool here = l2_owner(x->env.l2, c->mac).here;
	struct pins_view v = {.pinned = false};
	bool known = pins_find(x->pins, c->mac, &v);
	if (here && !c->here)
		c->arrived = x->now;
	if (!here || !c->here || (is_late(x, c) && v.pinned))
		c->exit = v.exit;
	if (here && !c->here)
		for (unsigned v6 = 0; v6 < 2; v6++)
			c->used[v6].busy = x->now;
	c->here = here;
	c->wished = v.wished;
	c->wish = v.wish;
	return known || here;
}

static struct pin_choice client_choose(struct exits *x, const struct client *c, bool v6)
{
	const struct used *u = &c->used[v6];
	const instant idle = instant_add(u->busy, span_s(PIN_IDLE_S));
	bool flows = c->exit.there[v6] || u->seen.us != NEVER.us;
	/* Where others see its flows carried, what we found out before may be out of date. */
	bool theirs = !c->here || is_late(x, c);
	struct pin_case is = {
		.wish = gateway_of(x, v6, c->wished, &c->wish.gateway, false),
		.strict = c->wished && c->wish.strict,
		.pin = gateway_of(x, v6, c->exit.there[v6], &c->exit.gateway[v6], theirs),
		.best = best_of(x, v6),
		.here = c->here,
		.busy = c->here && flows && !instant_reached(idle, x->now),
	};

	return pin_choose(&is);
}

static void client_use(struct exits *x, struct client *c, bool v6, const struct pin_choice *choice)
{
	struct used *u = &c->used[v6];
	bool moved = u->cause != PIN_NONE && !digest_equal(&u->to, &choice->to);
	uint8_t table = table_of(x, v6, choice), before = u->table;

	if (u->cause == PIN_NONE || moved)
		u->since = x->now;
	x->count.moves += moved && c->here && choice->cause != PIN_NONE;
	u->cause = choice->cause;
	u->to = choice->to;
	u->table = table;
	if (table != before)
		table_tell(x, c, v6);
	if (table > 0) {
		x->gate[table - 1].users[v6]++;
		x->gate[table - 1].here[v6] += c->here;
	}
	if (c->here && (u->cause == PIN_BEST || u->cause == PIN_PEOPLE)) {
		c->exit.there[v6] = true;
		c->exit.gateway[v6] = u->to;
	}
}

/* Others hear of it when that is news to them. Two that say different things of one client do not
 * outshout each other. */
static void client_say(struct exits *x, struct client *c)
{
	const instant again = instant_add(c->said, span_ms(EXITS_SAY_MS));
	struct pins_view v = {.pinned = false};

	if (!c->here || (!c->exit.there[0] && !c->exit.there[1]))
		return;
	(void)pins_find(x->pins, c->mac, &v);
	if (v.pinned && pins_exit_equal(&v.exit, &c->exit)) {
		pins_touch(x->pins, x->now, c->mac);
		return;
	}
	if (v.pinned && !mac_equal(v.pin_node, x->conf.self) && !instant_reached(again, x->now))
		return;
	c->said = x->now;
	(void)pins_put(x->pins, x->now, c->mac, &c->exit);
}

static void client_look(struct exits *x, struct client *c)
{
	bool known = client_follow(x, c);

	for (unsigned v6 = 0; v6 < 2; v6++) {
		const struct pin_choice choice = client_choose(x, c, v6);

		client_use(x, c, v6, &choice);
	}
	client_say(x, c);
	if (!known && c->used[0].table == 0 && c->used[1].table == 0)
		client_free(x, c);
}

static void look(struct exits *x, instant now, struct fx *fx)
{
	x->now = now;
	x->fx = fx;
	x->due = false;
	x->decisions = tunnels_decisions(x->tunnels);
	x->knowns = 0;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		x->own[v6] = x->env.uplink->family[v6].used;
		x->has_best[v6] = gw_best(tunnels_gw(x->tunnels), v6, &x->best[v6]);
	}
	gates_begin(x);
	list_each (c, &x->all, struct client, all) {
		client_look(x, c);
	}
	gates_end(x);
	x->look = list_empty(&x->all) ? NEVER : instant_add(now, span_ms(EXITS_LOOK_MS));
	x->fx = NULL;
}

/* ---- events ---- */

static void seen(struct exits *x, instant now, const struct ev_tunnel_seen *e)
{
	struct rd r = rd_over(e->macs, e->len);

	while (rd_left(&r) >= sizeof(struct mac)) {
		const struct mac mac = rd_mac(&r);
		struct client *c = client_find(x, mac);
		struct used *u;

		/* Only what is a client here: anybody may write any address into a frame. */
		if (!c && l2_owner(x->env.l2, mac).here)
			c = client_get(x, mac);
		if (!c)
			continue;
		u = &c->used[e->v6];
		x->due |= u->seen.us == NEVER.us || !c->here;
		u->seen = u->busy = now;
	}
}

static void prefer(struct exits *x, instant now, const struct ev_tunnel *ev, struct fx *fx)
{
	const struct tunnel_client_preference *c = &ev->client;
	const struct pins_wish wish = {c->wish.any, c->wish.strict, c->wish.node};

	if (!mac_is_station(c->mac) || !client_get(x, c->mac))
		return;
	if (ev->kind == TUNNEL_PREFER_CLIENT)
		(void)pins_wish(x->pins, now, c->mac, &wish, fx);
	else
		pins_recall(x->pins, now, c->mac, c->version, &wish);
	x->due = true;
}

static bool is_due(const struct exits *x, instant now)
{
	if (x->due || instant_reached(x->look, now) ||
	    x->decisions != tunnels_decisions(x->tunnels))
		return true;
	for (unsigned v6 = 0; v6 < 2; v6++)
		if (x->own[v6] != x->env.uplink->family[v6].used)
			return true;
	return false;
}

void exits_handle(struct exits *x, instant now, const struct ev *ev, struct fx *fx)
{
	if (ev->kind == EV_TUNNEL && ev->tunnel.kind == TUNNEL_SEEN)
		seen(x, now, &ev->tunnel.seen);
	else if (ev->kind == EV_TUNNEL && (ev->tunnel.kind == TUNNEL_PREFER_CLIENT ||
					   ev->tunnel.kind == TUNNEL_RECALL_CLIENT))
		prefer(x, now, &ev->tunnel, fx);
	if (x->tunnels && is_due(x, now))
		look(x, now, fx);
	pins_handle(x->pins, now, ev, fx);
}

void exits_record(struct exits *x, instant now, const struct share_record *r, bool gone,
		  struct fx *fx)
{
	pins_record(x->pins, now, r, gone, fx);
}

instant exits_deadline(const struct exits *x)
{
	instant next = pins_deadline(x->pins);

	if (!x->tunnels)
		return next;
	return x->due ? (instant){0} : instant_min(next, x->look);
}

/* ---- views ---- */

static void view_fill(const struct exits *x, instant now, const struct client *c,
		      struct exits_view *v)
{
	*v = (struct exits_view){.mac = c->mac,
				 .here = c->here,
				 .wished = c->wished,
				 .wish = {!c->wished, c->wish.strict, c->wish.gateway}};
	for (unsigned v6 = 0; v6 < 2; v6++) {
		const struct used *u = &c->used[v6];
		struct exits_family_view *f = &v->family[v6];

		f->cause = u->cause;
		f->to = u->to;
		f->own = u->cause != PIN_NONE && u->cause != PIN_LOST && is_self(x, &u->to);
		f->since = instant_since(now, u->since);
		f->seen = c->here && u->seen.us != NEVER.us;
		f->quiet = f->seen ? instant_since(now, u->seen) : span_us(0);
	}
}

bool exits_find(const struct exits *x, instant now, struct mac mac, struct exits_view *v)
{
	const struct client *c = client_find(x, mac);

	if (c)
		view_fill(x, now, c, v);
	return c != NULL;
}

void exits_each(const struct exits *x, instant now,
		bool (*show)(void *ctx, const struct exits_view *v), void *ctx)
{
	list_each (c, &x->all, struct client, all) {
		struct exits_view v;

		view_fill(x, now, c, &v);
		if (!show(ctx, &v))
			return;
	}
}

uint32_t exits_users(const struct exits *x, bool v6, const struct digest *gateway)
{
	uint32_t users = 0;

	list_each (c, &x->all, struct client, all) {
		const struct used *u = &c->used[v6];

		users += u->cause != PIN_NONE && u->cause != PIN_LOST &&
			 digest_equal(&u->to, gateway);
	}
	return users;
}

struct exits_counters exits_counters(const struct exits *x)
{
	struct exits_counters c = x->count;

	c.clients = x->by_mac.count;
	c.refused += pins_count(x->pins, PINS_FULL);
	c.malformed = pins_count(x->pins, PINS_MALFORMED);
	return c;
}
