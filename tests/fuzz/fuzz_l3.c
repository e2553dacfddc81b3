/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine of the network hears its neighbours: rightly signed packets with any frames, claims
 * that make sense, any bytes; ports and neighbours come and go, and time passes. Whatever comes,
 * its tables stay within limits, what it tells is less than what it was told, and at the end all is
 * given back.
 */
#include "../unit/l3_rig.h"
#include "fuzz.h"

enum {
	NODES_MAX = 48,
	CLAIMS_MAX = 64,
	NEIGHBOURS_MAX = 12,
	FRAMES_MAX = 1100,
	STEPS_MAX = 64,
	SQN_RANGE = 20
};

enum op { OP_PASS, OP_HEAR, OP_BYTES, OP_CLAIM, OP_PORT, OP_LOST, OPS };

struct play {
	struct l3_rig rig;
	struct rd in;
};

static unsigned who(struct play *p)
{
	return rd_u8(&p->in) % RIG_NEIGHBOURS;
}

/* Frames of the input: a type, a length, bytes; their headers are right. */
static size_t frames(struct play *p, uint8_t *out)
{
	struct wr w = wr_over(out, FRAMES_MAX);
	unsigned count = rd_u8(&p->in) % 6;

	bmx7_aggregations_write(&w, (struct bmx7_aggregations){rd_u8(&p->in), rd_u8(&p->in)});
	for (unsigned i = 0; i < count; i++) {
		uint8_t type = rd_u8(&p->in) % 32;
		size_t len = rd_u8(&p->in) + 1u;
		const uint8_t *data = rd_take(&p->in, len);

		if (!data || wr_left(&w) < len + BMX7_TLV_HEADER)
			break;
		size_t opened = bmx7_open(&w, type);

		wr_bytes(&w, data, len);
		bmx7_close(&w, opened);
	}
	return wr_len(&w);
}

static void port(struct play *p)
{
	uint8_t i = (uint8_t)who(p);
	struct ev ev = {.kind = EV_NETWORK, .network = {.kind = NETWORK_PORT}};

	ev.network.port = (struct ev_network_port){.port = i,
						   .up = rd_u8(&p->in) & 1,
						   .wireless = rd_u8(&p->in) & 1,
						   .channel = rd_u8(&p->in),
						   .link_local = p->rig.l3->port[i].link_local};
	l3_handle(p->rig.l3, p->rig.now, &ev, &p->rig.fx);
}

static void lost(struct play *p)
{
	struct ev ev = {.kind = EV_NETWORK, .network = {.kind = NETWORK_LOST}};

	ev.network.lost.port = (uint8_t)who(p);
	ev.network.lost.unsure = rd_u8(&p->in) & 1;
	ev.network.lost.link_local = (struct ipv6){{0xfe, 0x80, [15] = rd_u8(&p->in)}, 128};
	l3_handle(p->rig.l3, p->rig.now, &ev, &p->rig.fx);
}

static void step(struct play *p)
{
	uint8_t bytes[FRAMES_MAX];
	const uint8_t *raw;
	unsigned i;
	size_t len;

	switch ((enum op)(rd_u8(&p->in) % OPS)) {
	case OP_PASS: l3_rig_pass(&p->rig, span_ms(rd_u8(&p->in) * 20)); break;
	case OP_HEAR:
		i = who(p);
		len = frames(p, bytes);
		l3_rig_hear(&p->rig, i, bytes, len);
		break;
	case OP_BYTES:
		i = who(p);
		len = rd_u8(&p->in);
		raw = rd_take(&p->in, len);
		if (raw)
			l3_rig_hear_bytes(&p->rig, i, raw, len);
		break;
	case OP_CLAIM:
		i = who(p);
		if (p->rig.neighbour[i]->near)
			l3_rig_claim(&p->rig, i, (uint16_t)(1 + rd_u8(&p->in)),
				     bmx7_metric_round(rd_u32(&p->in)));
		break;
	case OP_PORT: port(p); break;
	case OP_LOST: lost(p); break;
	case OPS: break;
	}
}

static void check(const struct l3 *l3)
{
	uint32_t claims = 0;

	must(l3->nodes.count <= NODES_MAX && l3->nears.count <= NEIGHBOURS_MAX);
	must(l3->claims.count <= CLAIMS_MAX && l3->posts.count <= 2 * POST_MAX);
	list_each (r, &l3->nears.all, struct near, all) {
		must(r->node->near == r && (!r->verified || !list_empty(&r->links)));
		claims += r->claims.count;
	}
	must(claims == l3->claims.count);
	list_each (n, &l3->nodes.all, struct l3_node, all) {
		const struct l3_route *r = &n->route;

		must(!r->link || (r->chosen && r->chosen->node == n && n->description));
		must(!r->link || r->link->near == claim_near(r->chosen));
		if (r->link && l3_route_metric(r) > METRIC_UNROUTABLE && r->sqn == r->chosen->sqn)
			must(l3_route_metric(r) < kept_path_metric(&r->chosen->path));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play *p = calloc(1, sizeof(*p));
	struct l3_conf conf = l3_conf_default();

	must(p);
	conf.sqn_range = SQN_RANGE;
	conf.nodes_max = NODES_MAX;
	conf.claims_max = CLAIMS_MAX;
	conf.neighbours_max = NEIGHBOURS_MAX;
	l3_rig_init(&p->rig, &conf, true);
	l3_rig_keep(&p->rig);
	p->in = rd_over(data, size);
	for (unsigned i = 0; i < STEPS_MAX && rd_left(&p->in) > 0; i++) {
		step(p);
		check(p->rig.l3);
	}
	l3_rig_fini(&p->rig);
	free(p);
	return 0;
}
