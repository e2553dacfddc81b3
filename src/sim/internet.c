/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Internet, and a node's way there: one interface with IPv4. */
#include <assert.h>
#include "sim/ip_packet.h"
#include "sim/world_internal.h"

enum {
	RTT_LEAST_MS = 15,
	RTT_MOST_MS = 30,
	SLOT = 0, /* of core/uplink */
	CHECK_BYTES = 5,
};

/* ---- what is behind an uplink ---- */

/* Does somebody answer the node's own check, and what? false: silence. */
static bool check_is_answered(enum world_uplink kind, enum uplink_means means,
			      enum uplink_result *result)
{
	*result = UPLINK_GOOD;
	switch (kind) {
	case WORLD_UPLINK_WORKS:
	case WORLD_UPLINK_LIES: return true;
	case WORLD_UPLINK_NO_DNS: return means == UPLINK_PING || means == UPLINK_TCP;
	case WORLD_UPLINK_PORTAL:
		*result = means == UPLINK_WEB ? UPLINK_OTHER : UPLINK_GOOD;
		return true;
	case WORLD_UPLINK_NONE:
	case WORLD_UPLINK_SILENT: break;
	}
	return false;
}

bool internet_carries(const struct place *p, const struct ip_packet *k)
{
	enum world_uplink kind = p->uplink.kind;

	return kind == WORLD_UPLINK_WORKS || (kind == WORLD_UPLINK_NO_DNS &&
					      !(k->kind == PACKET_PROBE && k->means == UPLINK_DNS));
}

span internet_rtt(struct world *w)
{
	return prng_span(&w->prng, span_ms(RTT_LEAST_MS), span_ms(RTT_MOST_MS));
}

static void check_begin(struct place *p, const struct fx_uplink_check *c)
{
	struct world *w = p->world;
	struct item *it = item_new(ITEM_INTERNET, CHECK_BYTES);
	struct wr out = wr_over(it->bytes, CHECK_BYTES);

	wr_u32(&out, c->token);
	wr_u8(&out, (uint8_t)c->target.means);
	it->node = p->index;
	it->life = p->life;
	queue_put(&w->queue, instant_add(w->now, internet_rtt(w)), it);
}

void internet_happen(struct place *p, const struct item *it)
{
	struct ev ev = {.kind = EV_UPLINK, .uplink = {.kind = UPLINK_RESULT}};
	struct rd r = rd_over(it->bytes, it->len);

	ev.uplink.result.token = rd_u32(&r);
	if (check_is_answered(p->uplink.kind, (enum uplink_means)rd_u8(&r),
			      &ev.uplink.result.result))
		host_tell(p, &ev);
}

/* ---- the node ---- */

void internet_effect(struct place *p, const struct fx_uplink *u)
{
	switch (u->kind) {
	case UPLINK_CHECK: check_begin(p, &u->check); break;
	case UPLINK_USE:
		if (!u->use.v6)
			p->uplink.used = !u->use.none;
		break;
	case UPLINK_OFFER:
	case UPLINK_NOTE: break;
	}
}

void world_resolver_add(struct uplink_conf *conf)
{
	assert(conf->targets < UPLINK_TARGETS_MAX);
	conf->target[conf->targets++] = (struct uplink_target){
		.means = UPLINK_DNS, .at = prefix_of4((struct ipv4){{9, 9, 9, 9}, 32})};
}

static void way_tell(struct place *p)
{
	struct ev ev = {.kind = EV_UPLINK, .uplink = {.kind = UPLINK_WAY}};

	ev.uplink.way = (struct ev_uplink_way){
		.slot = SLOT, .up = p->uplink.kind != WORLD_UPLINK_NONE, .name = "wan"};
	host_tell(p, &ev);
}

void internet_tell(struct place *p)
{
	struct ev ev = {.kind = EV_UPLINK, .uplink = {.kind = UPLINK_CARRIES}};

	ev.uplink.carries = (struct ev_uplink_carries){.v6 = false, .yes = true};
	host_tell(p, &ev);
	way_tell(p);
}

void internet_boot(struct place *p)
{
	p->uplink.used = false;
	if (p->uplink.kind != WORLD_UPLINK_NONE)
		internet_tell(p);
}

void world_uplink(struct world *w, unsigned node, const struct world_uplink_conf *conf)
{
	struct place *p = w->place[node];
	bool was = p->uplink.kind != WORLD_UPLINK_NONE;

	if (p->uplink.kind != conf->kind)
		p->uplink.since = w->now;
	p->uplink.kind = conf->kind;
	p->conf.uplink.bandwidth_bps = conf->bandwidth_bps;
	if (!p->alive)
		return;
	p->node.uplink.conf.bandwidth_bps = conf->bandwidth_bps;
	if (!was)
		internet_boot(p);
	else if (conf->kind == WORLD_UPLINK_NONE)
		way_tell(p);
}

enum world_uplink world_uplink_of(const struct world *w, unsigned node, instant *since)
{
	*since = w->place[node]->uplink.since;
	return w->place[node]->uplink.kind;
}

struct world_internet world_internet(const struct world *w)
{
	return w->internet;
}

uint64_t world_carried(const struct world *w, unsigned node)
{
	return w->place[node]->uplink.carried;
}
