/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prng.h"
#include "node/record.h"

static uint64_t with(uint64_t d, uint64_t x)
{
	return prng_mix(d ^ x);
}

/* FNV-1a, 64 bits. */
static uint64_t with_bytes(uint64_t d, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 0x100000001b3;
	return with(with(d, len), h);
}

static uint64_t with_mac(uint64_t d, struct mac m)
{
	return with_bytes(d, m.b, sizeof(m.b));
}

static uint64_t with_ipv4(uint64_t d, struct ipv4 a)
{
	return with(with_bytes(d, a.b, sizeof(a.b)), a.bits);
}

static uint64_t with_ipv6(uint64_t d, struct ipv6 a)
{
	return with(with_bytes(d, a.b, sizeof(a.b)), a.bits);
}

static uint64_t with_prefix(uint64_t d, const struct prefix *p)
{
	return with_ipv6(with(d, p->v6), p->net);
}

static uint64_t with_digest(uint64_t d, const struct digest *x)
{
	return with_bytes(d, x->b, sizeof(x->b));
}

static uint64_t with_text(uint64_t d, const char *text)
{
	return with_bytes(d, text, strlen(text));
}

static uint64_t with_job_bytes(uint64_t d, const struct job_bytes *b)
{
	return with_bytes(d, b->at, b->len);
}

static uint64_t echo(uint64_t d, const struct fx_echo *e)
{
	d = with(with(with(d, e->token), e->seqno), e->result);
	return with(with_mac(d, e->from), e->ttl);
}

static uint64_t gateway_end(uint64_t d, const struct note_gateway_end *e)
{
	return with_text(with_digest(d, &e->id), e->name);
}

static uint64_t note(uint64_t d, const struct fx_note *n)
{
	const struct note_gateway *g = &n->gateway;

	if (note_is_of_gateway(n->what)) {
		d = with(with(with(with(d, n->what), g->v6), g->spare), g->why);
		return gateway_end(gateway_end(d, &g->from), &g->to);
	}
	return with(with_mac(with_mac(with(d, n->what), n->subject), n->object), n->value);
}

static uint64_t lease(uint64_t d, const struct lease *l)
{
	d = with_ipv4(with_mac(d, l->mac), l->ip);
	d = with(with(with(d, l->since_unix_s), l->version), l->left_s);
	return with_text(d, l->name);
}

static uint64_t ranges(uint64_t d, const struct fx_ranges *r)
{
	d = with(d, r->count);
	for (size_t i = 0; i < r->count; i++)
		d = with_ipv4(with_ipv4(d, r->at[i].first), r->at[i].last);
	return d;
}

static uint64_t name(uint64_t d, const struct fx_name *n)
{
	return with(with_ipv6(with_ipv4(with_text(d, n->name), n->ip4), n->ip6), n->gone);
}

static uint64_t lan_role(uint64_t d, const struct fx_lan_role *r)
{
	return with(with(with(with(with(d, r->port), r->role), r->mesh), r->quiet), r->changes);
}

/* ours is not in it: it may be a placeholder. */
static uint64_t job(uint64_t d, const struct job *j)
{
	d = with(with(with(d, j->id), j->kind), j->type);
	d = with_job_bytes(with_job_bytes(d, &j->public), &j->signature);
	return with_digest(d, &j->hash);
}

static uint64_t network(uint64_t d, const struct fx_network *n)
{
	d = with(d, n->kind);
	switch (n->kind) {
	case NETWORK_SEND: return with_bytes(with(d, n->send.port), n->send.data, n->send.len);
	case NETWORK_ROUTE:
		d = with_ipv6(with_ipv6(d, n->route.prefix), n->route.via);
		return with(with(d, n->route.port), n->route.gone);
	case NETWORK_ADDRESS:
		d = with_ipv6(d, n->address.address);
		return with(with(d, n->address.port), n->address.gone);
	case NETWORK_JOB: return job(d, &n->job);
	case NETWORK_KEEP: return with(d, n->keep.desc_sqn);
	case NETWORK_DESCRIBED:
		d = with_digest(d, &n->described.node);
		return with(with(d, n->described.description != NULL), n->described.metric);
	case NETWORK_PATH: return with(with_digest(d, &n->path.node), n->path.metric);
	case NETWORK_NOTE:
		d = with_digest(with(d, n->note.what), &n->note.node);
		return with(with_digest(d, &n->note.other), n->note.port);
	}
	return d;
}

static uint64_t tunnel_to(uint64_t d, const struct tunnel_to *t)
{
	return with_ipv6(with_digest(d, &t->node), t->dummy);
}

static uint64_t target(uint64_t d, const struct uplink_target *t)
{
	return with(with_prefix(with(d, t->means), &t->at), t->port);
}

static uint64_t tunnel_route(uint64_t d, const struct tunnel_route *r)
{
	d = with(with(with(d, r->gone), r->lost), r->local);
	d = with(with(with(d, r->key.preference), r->key.table), r->key.ip_metric);
	d = with_prefix(d, &r->key.prefix);
	return r->lost || r->local ? d : tunnel_to(d, &r->to);
}

static uint64_t tunnel(uint64_t d, const struct fx_tunnel *t)
{
	d = with(d, t->kind);
	switch (t->kind) {
	case TUNNEL_END:
		d = with_ipv6(with_ipv6(with(d, t->end.gone), t->end.primary), t->end.dummy);
		return with_ipv6(with_ipv4(d, t->end.inner4), t->end.inner6);
	case TUNNEL_OUT:
		return with_ipv6(tunnel_to(with(d, t->out.gone), &t->out.to), t->out.primary);
	case TUNNEL_ROUTE: return tunnel_route(d, &t->route);
	case TUNNEL_PROBE:
		return target(tunnel_to(with(d, t->probe.token), &t->probe.to), &t->probe.target);
	case TUNNEL_KEEP:
		return with_digest(with(with(d, t->keep.any), t->keep.strict), &t->keep.node);
	case TUNNEL_CLIENT:
		return with(with(with_mac(d, t->client.mac), t->client.v6), t->client.table);
	case TUNNEL_KEEP_CLIENT:
		d = with(with_mac(d, t->keep_client.mac), t->keep_client.version);
		d = with(with(d, t->keep_client.wish.any), t->keep_client.wish.strict);
		return with_digest(d, &t->keep_client.wish.node);
	}
	return d;
}

static uint64_t uplink(uint64_t d, const struct fx_uplink *u)
{
	d = with(d, u->kind);
	switch (u->kind) {
	case UPLINK_CHECK:
		return target(with(with(d, u->check.token), u->check.slot), &u->check.target);
	case UPLINK_USE: return with(with(with(d, u->use.v6), u->use.none), u->use.slot);
	case UPLINK_OFFER:
		return with(with(with(d, u->offer.v6), u->offer.on), u->offer.bandwidth_bps);
	case UPLINK_NOTE:
		d = with(with_text(d, u->note.name), u->note.v6);
		return with(with(d, u->note.state), u->note.fault);
	}
	return d;
}

uint64_t record_effect_mix(uint64_t d, const struct effect *e)
{
	d = with(d, e->kind);
	switch (e->kind) {
	case FX_SEND:
	case FX_DELIVER: return with_bytes(with(d, e->frame.port), e->frame.data, e->frame.len);
	case FX_FDB: return with(with(with_mac(d, e->fdb.mac), e->fdb.vid), e->fdb.lost);
	case FX_ECHO: return echo(d, &e->echo);
	case FX_NOTE: return note(d, &e->note);
	case FX_DATAGRAM:
		return with_bytes(with_mac(d, e->datagram.to), e->datagram.data, e->datagram.len);
	case FX_LEASE: return lease(d, &e->lease);
	case FX_RESERVE:
		return with(with_ipv4(with_mac(d, e->reserve.mac), e->reserve.ip), e->reserve.gone);
	case FX_RANGES: return ranges(d, &e->ranges);
	case FX_NAME: return name(d, &e->name);
	case FX_HELLO: return with_bytes(with(d, e->hello.port), e->hello.data, e->hello.len);
	case FX_LAN_ROLE: return lan_role(d, &e->lan_role);
	case FX_NETWORK: return network(d, &e->network);
	case FX_TUNNEL: return tunnel(d, &e->tunnel);
	case FX_UPLINK: return uplink(d, &e->uplink);
	case FX_FORWARDING: break; /* no part of a record */
	}
	return d;
}
