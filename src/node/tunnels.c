/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdio.h>
#include "base/bucket.h"
#include "base/list.h"
#include "base/map.h"
#include "base/prng.h"
#include "core/steer.h"
#include "node/tunnels_internal.h"

enum {
	NETWORK_BLOCK_BITS = 12, /* primary and dummy addresses of all nodes */
	CLOUD_NETWORKS = 2,
	BANDWIDTH_MOST = 255,
	CLIENT_METRIC = 1024,
};

/* ---- making ---- */

static void local_add(struct tunnels *t, struct prefix p, uint8_t bits)
{
	assert(t->locals < GW_LOCALS_MAX);
	t->local[t->locals++] = prefix_cut(p, bits);
}

static struct prefix host4(struct ipv4 a)
{
	a.bits = 32;
	return prefix_of4(a);
}

static struct prefix host6(struct ipv6 a)
{
	a.bits = 128;
	return prefix_of6(a);
}

/* Where nobody's tunnel leads: our cloud is here, and some addresses never leave a host or a link.
 * Not the block of primary addresses: of 256 clouds 16 have their prefix there (fd%N1), and what
 * l3 has routes for is in a table that is asked before. */
static void locals_set(struct tunnels *t)
{
	local_add(t, prefix_of4(t->plan->prefix4), t->plan->prefix4.bits);
	local_add(t, prefix_of6(t->plan->prefix6), t->plan->prefix6.bits);
	local_add(t, host4((struct ipv4){{127}, 32}), 8);
	local_add(t, host4((struct ipv4){{169, 254}, 32}), 16);
	local_add(t, host4((struct ipv4){{224}, 32}), 3); /* multicast, reserved */
	local_add(t, host6((struct ipv6){{0xfe, 0x80}, 128}), 10);
	local_add(t, host6((struct ipv6){{0xff}, 128}), 8);
	gw_locals_set(t->gw, t->local, t->locals);
}

static void searches_set(struct tunnels *t)
{
	const struct prefix source[] = {host4(t->plan->ipv4), host6(t->plan->ipv6)};

	gw_sources_set(t->gw, source, sizeof(source) / sizeof(source[0]));
	for (unsigned i = 0; i < t->conf.searches; i++)
		gw_search_set(t->gw, i, &t->conf.search[i]);
}

static void proving_set(struct tunnels *t, const struct uplink_conf *u)
{
	proofs_init(&t->proofs);
	for (unsigned i = 0; t->conf.prove && i < u->targets; i++) {
		bool v6 = u->target[i].at.v6;

		t->target[v6][t->targets[v6]++] = u->target[i];
	}
	for (unsigned v6 = 0; v6 < 2; v6++) {
		proofs_set(&t->proofs, v6, t->targets[v6] > 0);
		gw_prove(t->gw, v6, t->targets[v6] > 0);
	}
}

void tunnels_offer(struct tunnels *t, const struct gw_network *network, size_t count)
{
	assert(count <= TUNNEL_OFFERED_MAX - CLOUD_NETWORKS);
	t->offered[0] = (struct gw_network){.prefix = prefix_of4(t->plan->prefix4),
					    .bandwidth = BANDWIDTH_MOST};
	t->offered[1] = (struct gw_network){.prefix = prefix_of6(t->plan->prefix6),
					    .bandwidth = BANDWIDTH_MOST};
	t->offers = CLOUD_NETWORKS;
	for (size_t i = 0; i < count; i++)
		t->offered[t->offers++] = network[i];
	t->published = false;
}

struct tunnels *tunnels_new(const struct node_conf *conf, const struct plan *plan, struct l3 *l3,
			    uint64_t seed)
{
	const struct gw_conf gw = {
		.self = l3_id(l3),
		.nodes_max = conf->network.nodes_max,
		.per_node = TUNNEL_NETWORKS_MAX,
		.matches_max = TUNNELS_MATCHES_MAX,
		.hash_key = prng_mix(seed ^ 1),
	};
	struct pool pool;

	pool_init(&pool, TUNNELS_MEMORY_MAX);
	struct tunnels *t = pool_alloc(&pool, sizeof(*t));

	if (!t)
		return NULL;
	*t = (struct tunnels){.conf = conf->tunnel, .plan = plan, .l3 = l3, .decide_at = NEVER};
	t->pool = pool;
	t->gw = gw_new(&t->pool, &gw);
	map_init(&t->outs, &t->pool, prng_mix(seed ^ 2));
	map_init(&t->routes, &t->pool, prng_mix(seed ^ 3));
	list_init(&t->all_outs);
	list_init(&t->all_routes);
	list_init(&t->idle);
	bucket_init(&t->notes, TUNNELS_NOTES, span_s(TUNNELS_NOTES_S), (instant){0});
	if (!t->gw) {
		tunnels_free(t);
		return NULL;
	}
	locals_set(t);
	searches_set(t);
	proving_set(t, &conf->uplink);
	tunnels_offer(t, NULL, 0);
	return t;
}

/* ---- tables ---- */

static uint32_t out_hash(const struct tunnels *t, const struct digest *node)
{
	return map_hash(&t->outs, node->b, sizeof(node->b));
}

static struct out *out_find(const struct tunnels *t, const struct tunnel_to *to)
{
	for (struct map_node *m = map_first(&t->outs, out_hash(t, &to->node)); m; m = map_next(m)) {
		struct out *o = container_of(m, struct out, by_node);

		if (digest_equal(&o->is.to.node, &to->node) &&
		    ipv6_equal(o->is.to.dummy, to->dummy))
			return o;
	}
	return NULL;
}

static void out_free(struct tunnels *t, struct out *o)
{
	assert(o->routes == 0);
	map_del(&t->outs, &o->by_node);
	list_del(&o->all);
	list_del(&o->idle);
	pool_free(&t->pool, o, sizeof(*o));
	t->room = true;
}

static void route_free(struct tunnels *t, struct route *r)
{
	map_del(&t->routes, &r->by_key);
	list_del(&r->all);
	pool_free(&t->pool, r, sizeof(*r));
	t->room = true;
}

void tunnels_free(struct tunnels *t)
{
	if (!t)
		return;
	list_each (r, &t->all_routes, struct route, all) {
		if (r->out)
			r->out->routes--;
		route_free(t, r);
	}
	list_each (o, &t->all_outs, struct out, all)
		out_free(t, o);
	map_fini(&t->routes);
	map_fini(&t->outs);
	gw_free(t->gw);
	struct pool pool = t->pool;

	pool_free(&pool, t, sizeof(*t));
	pool_fini(&pool);
}

/* ---- what l3 says ---- */

static void decide_by(struct tunnels *t, instant at)
{
	t->decide_at = instant_min(t->decide_at, at);
}

/* A tunnel to it has routes. */
static bool is_used(const struct tunnels *t, const struct digest *node)
{
	for (struct map_node *m = map_first(&t->outs, out_hash(t, node)); m; m = map_next(m)) {
		const struct out *o = container_of(m, struct out, by_node);

		if (o->routes > 0 && digest_equal(&o->is.to.node, node))
			return true;
	}
	return false;
}

/* At once where packets go nowhere, else with what else changes. */
static void changed(struct tunnels *t, instant now, const struct digest *node, uint64_t metric)
{
	bool lost = metric <= METRIC_ROUTABLE && is_used(t, node);

	if (gw_due(t->gw))
		decide_by(t, lost ? now : instant_add(now, span_ms(TUNNELS_COLLECT_MS)));
}

static void described(struct tunnels *t, instant now, const struct fx_network_described *d)
{
	struct tunnel_offer *o = &t->reading;

	o->offer.networks = 0;
	if (d->description) {
		tunnel_offer_read(d, o);
		t->count.ends_refused += o->ends_refused;
		t->count.networks_refused += o->refused;
	}
	/* What cannot be entered anew is out of date. */
	if (o->offer.networks == 0 || gw_offer_set(t->gw, &o->offer) != OK)
		gw_offer_gone(t->gw, &d->node);
	changed(t, now, &d->node, o->offer.networks > 0 ? d->metric : 0);
}

void tunnels_heard(struct tunnels *t, instant now, const struct fx_network *said)
{
	switch (said->kind) {
	case NETWORK_DESCRIBED: described(t, now, &said->described); break;
	case NETWORK_PATH:
		gw_metric_set(t->gw, &said->path.node, said->path.metric);
		changed(t, now, &said->path.node, said->path.metric);
		break;
	case NETWORK_SEND:
	case NETWORK_ROUTE:
	case NETWORK_ADDRESS:
	case NETWORK_JOB:
	case NETWORK_KEEP:
	case NETWORK_NOTE: break;
	}
}

/* ---- what is told ---- */

static void out_tell(struct tunnels *t, const struct out *o, bool gone)
{
	struct effect e = {.kind = FX_TUNNEL, .tunnel = {.kind = TUNNEL_OUT, .out = o->is}};

	e.tunnel.out.gone = gone;
	t->fx->emit(t->fx, &e);
}

static void route_tell(struct tunnels *t, const struct route *r, bool gone)
{
	struct effect e = {.kind = FX_TUNNEL, .tunnel = {.kind = TUNNEL_ROUTE}};

	e.tunnel.route = (struct tunnel_route){.gone = gone, .lost = !r->out, .key = r->key};
	if (r->out)
		e.tunnel.route.to = r->out->is.to;
	t->fx->emit(t->fx, &e);
}

struct tunnel_end tunnels_end(const struct tunnels *t)
{
	struct ipv6 primary = l3_primary(t->l3);

	primary.bits = 128;
	return (struct tunnel_end){.primary = primary,
				   .dummy = tunnel_dummy(primary),
				   .inner4 = t->plan->ipv4,
				   .inner6 = t->plan->ipv6};
}

static void local_tell(struct tunnels *t, const struct gw_search *s, struct prefix p)
{
	/* Not 0, which IPv6 takes for 1024; and never the key of a route into a tunnel. */
	const uint32_t metric = s->ip_metric == 1 ? 2 : 1;
	struct effect e = {.kind = FX_TUNNEL, .tunnel = {.kind = TUNNEL_ROUTE}};

	e.tunnel.route =
		(struct tunnel_route){.local = true, .key = {s->preference, s->table, metric, p}};
	t->fx->emit(t->fx, &e);
}

/* A table that the kernel asks before its main one would be asked for our cloud's addresses, and
 * perhaps for nodes, too. */
static void locals_tell(struct tunnels *t, const struct gw_search *s)
{
	if (s->table == ROUTE_TABLE_MAIN || s->preference >= ROUTE_MAIN_PRIORITY)
		return;
	for (uint32_t i = 0; i < t->locals; i++) {
		if (t->local[i].v6 == s->prefix.v6)
			local_tell(t, s, t->local[i]);
	}
	if (s->prefix.v6)
		local_tell(t, s, prefix_cut(host6(l3_primary(t->l3)), NETWORK_BLOCK_BITS));
}

static void end_tell(struct tunnels *t)
{
	struct effect e = {.kind = FX_TUNNEL,
			   .tunnel = {.kind = TUNNEL_END, .end = tunnels_end(t)}};

	t->fx->emit(t->fx, &e);
	for (unsigned i = 0; i < t->conf.searches; i++)
		locals_tell(t, &t->conf.search[i]);
	t->told = true;
}

static void publish(struct tunnels *t)
{
	struct tunnel_tlv tlv[TUNNEL_TLVS];

	t->published = true;
	tunnel_tlv_write(tunnels_end(t).primary, t->offered, t->offers, tlv);
	for (unsigned i = 0; i < TUNNEL_TLVS; i++) {
		struct ev ev = {.kind = EV_NETWORK, .network = {.kind = NETWORK_PUBLISH}};

		ev.network.publish =
			(struct ev_network_publish){tlv[i].type, tlv[i].data, tlv[i].len};
		l3_handle(t->l3, t->now, &ev, t->fx);
	}
}

/* ---- tunnels to others ---- */

static void out_end(struct tunnels *t, struct out *o)
{
	out_tell(t, o, true);
	out_free(t, o);
}

static struct out *out_make(struct tunnels *t, const struct tunnel_to *to)
{
	if (t->outs.count >= TUNNELS_OUT_MAX && !list_empty(&t->idle))
		out_end(t, container_of(t->idle.next, struct out, idle));
	if (t->outs.count >= TUNNELS_OUT_MAX)
		return NULL;
	struct out *o = pool_alloc(&t->pool, sizeof(*o));

	if (!o)
		return NULL;
	o->is = (struct tunnel_out){.to = *to, .primary = l3_primary_of(t->l3, &to->node)};
	snprintf(o->name, sizeof(o->name), "%s", gw_name(t->gw, &to->node));
	o->made = o->idle_since = t->now;
	if (!map_add(&t->outs, &o->by_node, out_hash(t, &to->node))) {
		pool_free(&t->pool, o, sizeof(*o));
		return NULL;
	}
	list_append(&t->all_outs, &o->all);
	list_append(&t->idle, &o->idle);
	out_tell(t, o, false);
	return o;
}

static void out_use(struct out *o)
{
	if (!o)
		return;
	o->routes++;
	list_del(&o->idle);
}

static void out_leave(struct tunnels *t, struct out *o)
{
	if (!o || --o->routes > 0)
		return;
	o->idle_since = t->now;
	list_append(&t->idle, &o->idle);
}

static void outs_expire(struct tunnels *t)
{
	list_each (o, &t->idle, struct out, idle) {
		if (!instant_reached(instant_add(o->idle_since, span_s(TUNNELS_HOLD_S)), t->now))
			return;
		out_end(t, o);
	}
}

/* ---- routes ---- */

static uint32_t route_hash(const struct tunnels *t, const struct tunnel_key *key)
{
	uint8_t bytes[TUNNEL_KEY_BYTES];

	tunnel_key_bytes(key, bytes);
	return map_hash(&t->routes, bytes, sizeof(bytes));
}

static struct route *route_find(const struct tunnels *t, const struct tunnel_key *key)
{
	for (struct map_node *m = map_first(&t->routes, route_hash(t, key)); m; m = map_next(m)) {
		struct route *r = container_of(m, struct route, by_key);

		if (tunnel_key_equal(&r->key, key))
			return r;
	}
	return NULL;
}

static void route_end(struct tunnels *t, struct route *r)
{
	route_tell(t, r, true);
	out_leave(t, r->out);
	route_free(t, r);
}

/* o: NULL when it is lost. */
static bool route_make(struct tunnels *t, const struct tunnel_key *key, struct out *o)
{
	struct route *r = pool_alloc(&t->pool, sizeof(*r));

	if (!r)
		return false;
	r->key = *key;
	if (!map_add(&t->routes, &r->by_key, route_hash(t, key))) {
		pool_free(&t->pool, r, sizeof(*r));
		return false;
	}
	list_append(&t->all_routes, &r->all);
	r->out = o;
	r->since = t->now;
	out_use(o);
	route_tell(t, r, false);
	return true;
}

static void route_move(struct tunnels *t, struct route *r, struct out *o)
{
	struct out *was = r->out;

	if (was == o)
		return;
	r->out = o;
	r->since = t->now;
	out_use(o);
	route_tell(t, r, false);
	out_leave(t, was);
}

/* ---- what people are told ---- */

static struct note_gateway_end end_of(const struct out *o)
{
	if (!o)
		return (struct note_gateway_end){.name = ""};
	return (struct note_gateway_end){o->is.to.node, o->name};
}

/* was, o: NULL, none. */
static void gateway_note(struct tunnels *t, const struct tunnel_key *key, const struct out *was,
			 const struct out *o)
{
	const bool v6 = key->prefix.v6;
	struct effect e = {.kind = FX_NOTE};
	struct note_gateway *g = &e.note.gateway;

	if (key->prefix.net.bits != 0 || was == o || tunnel_table_is_clients(key->table))
		return;
	*g = (struct note_gateway){.v6 = v6, .from = end_of(was), .to = end_of(o)};
	g->why = was	      ? gw_why_left(t->gw, key, &was->is.to, o ? &o->is.to : NULL)
		 : t->had[v6] ? GATEWAY_AGAIN
			      : GATEWAY_FOUND;
	e.note.what = !o ? NOTE_GATEWAY_LOST : !was ? NOTE_GATEWAY_TAKEN : NOTE_GATEWAY_CHANGED;
	t->had[v6] |= o != NULL;
	if (bucket_take(&t->notes, t->now))
		t->fx->emit(t->fx, &e);
	else
		t->count.notes_untold++;
}

/* core/gw has chosen. */
static void chosen(void *ctx, const struct tunnel_key *key, const struct tunnel_to *to, bool lost)
{
	struct tunnels *t = ctx;
	struct route *r = route_find(t, key);
	const struct out *was = r ? r->out : NULL;
	struct out *o = to ? out_find(t, to) : NULL;

	if (to && !o)
		o = out_make(t, to);
	if (r && (o || lost))
		route_move(t, r, o);
	else if (r)
		route_end(t, r);
	if ((!to && !lost) || ((o || lost) && (r || route_make(t, key, o)))) {
		gateway_note(t, key, was, o);
		return;
	}
	t->starved = true;
	t->count.routes_refused++;
}

/* ---- routes of clients ---- */

bool tunnels_client_route(struct tunnels *t, instant now, const struct tunnel_client_route *r,
			  struct fx *fx)
{
	const struct tunnel_key key = {
		TUNNEL_CLIENT_PREFERENCE, r->table, CLIENT_METRIC, {.v6 = r->v6}};
	const struct route *is;

	assert(tunnel_table_is_clients(key.table));
	t->now = now;
	t->fx = fx;
	chosen(t, &key, r->to, r->lost);
	t->fx = NULL;
	is = route_find(t, &key);
	return (!r->to && !r->lost) || (is && (r->to != NULL) == (is->out != NULL));
}

void tunnels_clients_set(struct tunnels *t, instant now, bool v6, const struct digest *node,
			 uint32_t clients, bool here)
{
	const bool is_new = gw_pinned_set(t->gw, v6, node, here);

	gw_users_set(t->gw, v6, node, clients);
	/* Not at once both ways: the caller looks at its clients after each decision, for ever. */
	if (is_new && here)
		decide_by(t, now);
	else if (is_new || gw_due(t->gw))
		decide_by(t, instant_add(now, span_ms(TUNNELS_COLLECT_MS)));
}

uint64_t tunnels_decisions(const struct tunnels *t)
{
	return t->decisions;
}

/* ---- proving gateways for the Internet ---- */

static void probe_ask(void *ctx, const struct proof_probe *p)
{
	struct tunnels *t = ctx;
	struct out *o = out_find(t, &p->to);
	struct effect e = {.kind = FX_TUNNEL, .tunnel = {.kind = TUNNEL_PROBE}};

	/* Not instead of another one's. */
	if (!o && t->outs.count < TUNNELS_OUT_MAX)
		o = out_make(t, &p->to);
	if (!o) {
		proofs_unsent(&t->proofs, p->token);
		return;
	}
	if (o->routes == 0) { /* it is not idle */
		o->idle_since = t->now;
		list_del(&o->idle);
		list_append(&t->idle, &o->idle);
	}
	e.tunnel.probe = (struct tunnel_probe){p->token, p->to,
					       t->target[p->v6][p->turn % t->targets[p->v6]]};
	t->fx->emit(t->fx, &e);
}

static void judged(void *ctx, bool v6, const struct proof *p)
{
	struct tunnels *t = ctx;

	gw_judge(t->gw, v6, &p->to.node, p->verdict);
	gw_damage_set(t->gw, v6, &p->to.node, proof_damage(p));
	decide_by(t, t->now);
}

static struct proof_env proof_env(struct tunnels *t)
{
	return (struct proof_env){t, probe_ask, judged};
}

void tunnels_answer(struct tunnels *t, instant now, const struct ev_tunnel_answer *answer)
{
	const struct proof_env env = proof_env(t);

	t->now = now;
	if (answer->unsent)
		proofs_unsent(&t->proofs, answer->token);
	else
		proofs_answer(&t->proofs, now, answer->token, &env);
}

void tunnels_prefer(struct tunnels *t, instant now, const struct tunnel_preference *p)
{
	gw_prefer(t->gw, p->any ? NULL : &p->node, p->strict);
	decide_by(t, now);
}

/* A node that offers anew is still who it was. */
static void verdicts_recall(struct tunnels *t, bool v6)
{
	for (unsigned i = 0; i < PROOFS_MAX; i++) {
		const struct proof *p = &t->proofs.family[v6].at[i];

		if (!p->there)
			continue;
		gw_judge(t->gw, v6, &p->to.node, p->verdict);
		gw_damage_set(t->gw, v6, &p->to.node, proof_damage(p));
	}
}

static void wishes_tell(struct tunnels *t, bool v6)
{
	const struct proof_env env = proof_env(t);
	struct proof_wish wish[PROOFS_MAX];

	proofs_wish(&t->proofs, t->now, v6, wish, gw_wishes(t->gw, v6, wish, PROOFS_MAX), &env);
}

static void decide(struct tunnels *t)
{
	bool again = t->starved && t->room;

	t->decisions++;
	t->room = false;
	t->decide_at = NEVER;
	for (unsigned v6 = 0; v6 < 2; v6++)
		verdicts_recall(t, v6);
	if (gw_evaluate(t->gw, t->now, chosen, t))
		decide_by(t, instant_add(t->now, span_ms(TUNNELS_COLLECT_MS)));
	if (!again)
		return;
	t->starved = false;
	gw_routes(t->gw, chosen, t);
}

static void prove(struct tunnels *t)
{
	const struct proof_env env = proof_env(t);

	if (instant_reached(proofs_deadline(&t->proofs), t->now))
		proofs_run(&t->proofs, t->now, &env);
}

void tunnels_run(struct tunnels *t, instant now, struct fx *fx)
{
	t->now = now;
	t->fx = fx;
	if (!t->told)
		end_tell(t);
	if (!t->published)
		publish(t);
	prove(t);
	if (instant_reached(instant_min(t->decide_at, gw_deadline(t->gw)), now)) {
		decide(t);
		for (unsigned v6 = 0; v6 < 2; v6++)
			wishes_tell(t, v6);
	}
	outs_expire(t);
	if (t->starved && t->room)
		decide_by(t, instant_add(now, span_ms(TUNNELS_COLLECT_MS)));
	t->fx = NULL;
}

instant tunnels_deadline(const struct tunnels *t)
{
	instant next = instant_min(t->decide_at, gw_deadline(t->gw));

	next = instant_min(next, proofs_deadline(&t->proofs));
	if (!t->published)
		return (instant){0};
	if (!list_empty(&t->idle)) {
		const struct out *o = container_of(t->idle.next, struct out, idle);

		next = instant_min(next, instant_add(o->idle_since, span_s(TUNNELS_HOLD_S)));
	}
	return next;
}
