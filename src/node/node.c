/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/node.h"
#include "base/prng.h"

struct node_share_conf node_share_conf_default(void)
{
	const struct share_conf share = share_conf_default();
	const struct leases_conf leases = leases_conf_default();

	return (struct node_share_conf){.on = true,
					.announce = share.announce,
					.memory_max_bytes = share.memory_max_bytes,
					.leases_max = leases.leases_max,
					.settle = leases.settle};
}

/* ---- what core/share asks and tells ---- */

static bool share_admits(void *ctx, struct mac who)
{
	struct node *x = ctx;

	return admit_ask(&x->admit, x->now, who);
}

static void share_changed(void *ctx, instant now, const struct share_record *r, bool gone,
			  struct fx *fx)
{
	struct node *x = ctx;

	leases_record(x->leases, now, r, gone, fx);
	exits_record(x->exits, now, r, gone, fx);
}

static void share_peer(void *ctx, instant now, struct mac mac, bool gone, struct fx *fx)
{
	struct node *x = ctx;

	leases_peer(x->leases, now, mac, gone, fx);
}

/* ---- making ---- */

static enum err cloud_init(struct node *x, instant now, uint64_t seed)
{
	struct cable_conf cable = {.self = x->plan.primary_mac};
	struct l2_conf l2 = x->conf.l2;

	memcpy(cable.network_id, x->plan.network_id, sizeof(cable.network_id));
	cable_init(&x->cable, &cable);
	l2.anycast = (struct l2_anycast){
		.on = x->conf.plan.anygw,
		.mac = x->plan.anygw_mac,
		.ipv4 = x->plan.anygw_ipv4,
		.ipv6 = x->plan.anygw_ipv6,
		.link_local = x->plan.anygw_link_local,
	};
	return l2_init(&x->l2, &l2, now, seed);
}

static struct mac share_self(const struct node *x)
{
	return mac_is_zero(x->conf.share.self) ? x->plan.primary_mac : x->conf.share.self;
}

static struct leases_conf leases_conf_of(const struct node *x)
{
	struct leases_conf c = leases_conf_default();
	const struct plan *p = &x->plan;

	c.self = share_self(x);
	c.first = p->dhcp_first;
	c.last = p->dhcp_last;
	c.own = p->ipv4;
	c.own6 = p->ipv6;
	c.serve = x->conf.plan.anygw;
	if (x->conf.plan.anygw)
		c.gateway = p->anygw_ipv4;
	memcpy(c.hostname, p->hostname, sizeof(p->hostname));
	c.leases_max = x->conf.share.leases_max;
	c.settle = x->conf.share.settle;
	c.reserved = x->conf.share.reserved;
	c.reserved_count = x->conf.share.reserved_count;
	c.silent = span_us(x->conf.share.announce.us * 22 / 10);
	return c;
}

/* Without a MAC of our own there is nothing to share. */
static enum err records_init(struct node *x, instant now, uint64_t seed)
{
	const struct share_env env = {x, share_admits, share_changed, share_peer};
	const struct leases_conf leases = leases_conf_of(x);
	struct share_conf share = share_conf_default();
	const struct exits_conf exits = {leases.self, x->conf.share.leases_max};
	struct exits_env exits_env = {.l2 = &x->l2, .uplink = &x->uplink};

	x->share = NULL;
	x->leases = NULL;
	x->exits = NULL;
	if (!x->conf.share.on || !mac_is_station(share_self(x)))
		return OK;
	share.self = share_self(x);
	share.announce = x->conf.share.announce;
	share.memory_max_bytes = x->conf.share.memory_max_bytes;
	x->share = share_new(&share, &env, now, prng_mix(seed ^ 1));
	if (!x->share)
		return ERR_FULL;
	x->leases = leases_new(&leases, x->share, now, prng_mix(seed ^ 2));
	exits_env.share = x->share;
	x->exits = x->leases ? exits_new(&exits, &exits_env, now, prng_mix(seed ^ 4)) : NULL;
	if (!x->exits) {
		leases_free(x->leases);
		share_free(x->share);
		return ERR_FULL;
	}
	admit_init(&x->admit, &x->l2, prng_mix(seed ^ 3));
	return OK;
}

enum err node_init(struct node *x, const struct node_conf *conf, const struct node_env *env,
		   instant now, uint64_t seed)
{
	enum err e;

	x->conf = *conf;
	x->now = now;
	x->l3 = NULL;
	x->tunnels = NULL;
	x->crypto = env->crypto;
	x->shared = env->shared;
	x->witness = NULL;
	x->preference = (struct tunnel_preference){.any = true};
	uplink_init(&x->uplink, &conf->uplink);
	e = plan_init(&x->plan, &conf->plan, env->crypto);
	if (e == OK)
		e = cloud_init(x, now, seed);
	if (e != OK)
		return e;
	e = records_init(x, now, seed);
	if (e != OK)
		l2_fini(&x->l2);
	return e;
}

/* What our uplinks carry for others, beside our cloud's prefixes. */
static void uplinks_offer(struct node *x)
{
	struct gw_network network[2];
	size_t count = 0;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		const struct uplink_family *f = &x->uplink.family[v6];

		if (f->offered)
			network[count++] = (struct gw_network){
				.prefix.v6 = v6, .bandwidth = bmx7_bandwidth_byte(f->offered_bps)};
	}
	tunnels_offer(x->tunnels, network, count);
}

static enum err network_make(struct node *x, instant now, const struct node_key_bytes *key,
			     uint32_t desc_sqn, uint64_t seed)
{
	struct l3_conf c = l3_conf_default();

	c.node_secret = key->secret;
	c.node_public = key->public;
	c.shared = x->shared;
	c.desc_sqn_kept = desc_sqn;
	c.claims_max = c.claims_max / c.nodes_max * x->conf.network.nodes_max;
	c.nodes_max = x->conf.network.nodes_max;
	c.topology_period = span_s(x->conf.network.topology_period_s);
	c.memory_max_bytes = x->conf.network.memory_max_bytes;
	memcpy(c.hostname, x->plan.hostname, sizeof(x->plan.hostname));
	x->l3 = l3_new(&c, x->crypto, now, seed);
	if (!x->l3)
		return ERR_FULL;
	if (!x->conf.tunnel.on)
		return OK;
	x->tunnels = tunnels_new(&x->conf, &x->plan, x->l3, prng_mix(seed ^ 1));
	if (!x->tunnels) {
		l3_free(x->l3);
		x->l3 = NULL;
		return ERR_FULL;
	}
	tunnels_prefer(x->tunnels, now, &x->preference);
	uplinks_offer(x);
	if (x->exits) {
		const struct digest self = l3_id(x->l3);

		exits_network(x->exits, x->tunnels, &self);
	}
	return OK;
}

enum err node_network_start(struct node *x, instant now, const struct node_key_bytes *key,
			    uint32_t desc_sqn, uint64_t seed)
{
	const struct node_input in = {
		.kind = INPUT_NETWORK, .now = now, .network = {*key, desc_sqn, seed}};
	enum err e;

	if (x->witness)
		x->witness->told(x->witness, &in);
	e = network_make(x, now, key, desc_sqn, seed);
	if (x->witness)
		x->witness->done(x->witness, x);
	return e;
}

void node_fini(struct node *x)
{
	tunnels_free(x->tunnels);
	if (x->l3)
		l3_free(x->l3);
	if (x->share) {
		exits_free(x->exits);
		leases_free(x->leases);
		share_free(x->share);
		admit_fini(&x->admit);
	}
	l2_fini(&x->l2);
}

/* ---- running ---- */

/* The host's fx; what l3 and uplink say is heard by the tunnels too. */
struct node_fx {
	struct fx fx;
	struct fx *host;
	struct node *node;
};

/* Who has an uplink of his own needs no gateway, yet. */
static void note_emit(const struct node_fx *n, const struct effect *e)
{
	struct effect told = *e;

	told.note.gateway.spare = n->node->uplink.family[e->note.gateway.v6].used;
	n->host->emit(n->host, &told);
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct node_fx *n = container_of(fx, struct node_fx, fx);

	if (e->kind == FX_NOTE && note_is_of_gateway(e->note.what)) {
		note_emit(n, e);
		return;
	}
	n->host->emit(n->host, e);
	if (!n->node->tunnels)
		return;
	if (e->kind == FX_NETWORK)
		tunnels_heard(n->node->tunnels, n->node->now, &e->network);
	else if (e->kind == FX_UPLINK && e->uplink.kind == UPLINK_OFFER)
		uplinks_offer(n->node);
}

static void tunnel_handle(struct node *x, const struct ev_tunnel *ev, struct fx *fx)
{
	struct effect keep = {.kind = FX_TUNNEL, .tunnel = {.kind = TUNNEL_KEEP}};

	switch (ev->kind) {
	case TUNNEL_ANSWER:
		if (x->tunnels)
			tunnels_answer(x->tunnels, x->now, &ev->answer);
		break;
	case TUNNEL_PREFER:
		x->preference = keep.tunnel.keep = ev->prefer;
		if (x->tunnels)
			tunnels_prefer(x->tunnels, x->now, &ev->prefer);
		fx->emit(fx, &keep);
		break;
	case TUNNEL_PREFER_CLIENT:
	case TUNNEL_RECALL_CLIENT:
	case TUNNEL_SEEN: break; /* for exits */
	}
}

static void network_handle(struct node *x, const struct ev *ev, struct fx *fx)
{
	struct node_fx heard = {{emit}, fx, x};

	if (ev->kind != EV_NETWORK && ev->kind != EV_UPLINK && ev->kind != EV_TUNNEL &&
	    ev->kind != EV_DEADLINE)
		return; /* what is due besides, EV_DEADLINE does */
	if (ev->kind == EV_TUNNEL)
		tunnel_handle(x, &ev->tunnel, fx);
	uplink_handle(&x->uplink, x->now, ev, &heard.fx);
	if (x->l3)
		l3_handle(x->l3, x->now, ev, &heard.fx);
	if (x->tunnels)
		tunnels_run(x->tunnels, x->now, &heard.fx);
	if (x->exits)
		exits_handle(x->exits, x->now, ev, &heard.fx);
}

static void handle(struct node *x, instant now, const struct ev *ev, struct fx *fx)
{
	x->now = now;
	l2_handle(&x->l2, now, ev, fx);
	cable_handle(&x->cable, now, ev, fx);
	if (x->share) {
		share_handle(x->share, now, ev, fx);
		leases_handle(x->leases, now, ev, fx);
	}
	network_handle(x, ev, fx);
}

/* ---- seen by a witness ---- */

struct seen_fx {
	struct fx fx;
	struct fx *host;
	struct node_witness *witness;
};

static void emit_seen(struct fx *fx, const struct effect *e)
{
	struct seen_fx *s = container_of(fx, struct seen_fx, fx);

	/* It tells what the host has asked for, which was no input. */
	if (e->kind != FX_FORWARDING)
		s->witness->emitted(s->witness, e);
	s->host->emit(s->host, e);
}

void node_handle(struct node *x, instant now, const struct ev *ev, struct fx *fx)
{
	struct node_witness *w = x->witness;
	struct seen_fx seen = {{emit_seen}, fx, w};

	if (!w) {
		handle(x, now, ev, fx);
		return;
	}
	w->told(w, &(struct node_input){.kind = INPUT_EVENT, .now = now, .event = *ev});
	handle(x, now, ev, &seen.fx);
	w->done(w, x);
}

void node_carried(struct node *x, instant now, const struct verdict *v, uint32_t frames,
		  uint64_t bytes)
{
	/* Without a client it only counts. */
	if (x->witness && v->kind == VERDICT_SEND && v->client)
		x->witness->told(x->witness,
				 &(struct node_input){.kind = INPUT_CARRIED,
						      .now = now,
						      .carried = {v->client->mac, v->client->vid}});
	l2_forwarded(&x->l2, now, v, frames, bytes);
}

void node_client_seen(struct node *x, instant now, struct mac mac, uint16_t vid)
{
	if (x->witness)
		x->witness->told(x->witness, &(struct node_input){.kind = INPUT_CARRIED,
								  .now = now,
								  .carried = {mac, vid}});
	l2_forwarding_seen(&x->l2, now, mac, vid);
}

enum err node_put(struct node *x, instant now, const struct node_input_put *put, struct fx *fx)
{
	struct node_witness *w = x->witness;
	struct seen_fx seen = {{emit_seen}, fx, w};
	enum err e;

	if (w)
		w->told(w, &(struct node_input){.kind = INPUT_PUT, .now = now, .put = *put});
	e = share_put_for(x->share, now, put->source, put->type, put->version, put->data, put->len,
			  w ? &seen.fx : fx);
	if (w)
		w->done(w, x);
	return e;
}

void node_take(struct node *x, const struct node_input *in, struct fx *fx)
{
	switch (in->kind) {
	case INPUT_EVENT: node_handle(x, in->now, &in->event, fx); return;
	case INPUT_CARRIED:
		l2_forwarding_seen(&x->l2, in->now, in->carried.mac, in->carried.vid);
		return;
	case INPUT_PUT:
		if (x->share)
			(void)node_put(x, in->now, &in->put, fx);
		return;
	case INPUT_NETWORK:
		if (!x->l3)
			(void)node_network_start(x, in->now, &in->network.key, in->network.desc_sqn,
						 in->network.seed);
		return;
	}
}

instant node_deadline(const struct node *x)
{
	instant next = instant_min(l2_deadline(&x->l2), cable_deadline(&x->cable));

	next = instant_min(next, uplink_deadline(&x->uplink));
	if (x->share)
		next = instant_min(
			next, instant_min(share_deadline(x->share), leases_deadline(x->leases)));
	if (x->l3)
		next = instant_min(next, l3_deadline(x->l3));
	if (x->tunnels)
		next = instant_min(next, tunnels_deadline(x->tunnels));
	if (x->exits)
		next = instant_min(next, exits_deadline(x->exits));
	return next;
}
