/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network_town.h"
#include <assert.h>
#include "base/list.h"
#include "conf/conf.h"
#include "core/l3/content.h"
#include "wire/bmx7_prefix.h"

enum { TLV_ROOM = 256, LINK_QUALITY = 250 };

static void publish(struct network_town *t, unsigned node, uint8_t type, const struct wr *w)
{
	enum err e =
		content_publish(t->town.place[node]->l3, t->town.now, type, w->start, wr_len(w));

	assert(e == OK && !w->bad);
}

static void publish_network(struct network_town *t, unsigned node)
{
	uint8_t data[TLV_ROOM];
	struct wr w = wr_over(data, sizeof(data));
	struct bmx7_hna h = {.net = {{0}, 0}};
	bool good = ipv6_parse(NETWORK_TOWN_ADDRESS, &h.net);

	assert(good);
	bmx7_hna_write(&w, &h);
	publish(t, node, BMX7_HNA6, &w);
}

static void publish_links(struct network_town *t, unsigned node, unsigned one, unsigned other)
{
	uint8_t data[TLV_ROOM];
	struct wr w = wr_over(data, sizeof(data));
	struct bmx7_topology link = {.tx_bandwidth = bmx7_bandwidth_byte(100000000),
				     .rx_bandwidth = bmx7_bandwidth_byte(50000000),
				     .tq = LINK_QUALITY,
				     .rq = LINK_QUALITY};

	bmx7_topology_begin(&w);
	link.neighbour = network_town_id(t, one);
	bmx7_topology_write(&w, &link);
	link.neighbour = network_town_id(t, other);
	bmx7_topology_write(&w, &link);
	publish(t, node, BMX7_TOPOLOGY, &w);
}

/* ---- tunnels ---- */

struct offer {
	const char *network;
	uint64_t bandwidth;
};

static void publish_offers(struct network_town *t, unsigned node, const struct offer *offer,
			   size_t count)
{
	static struct tunnel_tlv tlv[TUNNEL_TLVS];
	struct gw_network network[TUNNEL_OFFERED_MAX];
	struct ipv6 primary = t->town.place[node]->primary;

	for (size_t i = 0; i < count; i++) {
		bool good = prefix_parse(offer[i].network, &network[i].prefix);

		assert(good);
		network[i].proto = network[i].tunnel = 0;
		network[i].bandwidth = bmx7_bandwidth_byte(offer[i].bandwidth);
	}
	primary.bits = 128;
	tunnel_tlv_write(primary, network, count, tlv);
	for (unsigned i = 0; i < TUNNEL_TLVS; i++) {
		enum err e = content_publish(t->town.place[node]->l3, t->town.now, tlv[i].type,
					     tlv[i].data, tlv[i].len);

		assert(e == OK);
	}
}

static void hear(void *ctx, uint16_t node, const struct fx_network *said)
{
	struct network_town *t = ctx;
	struct tunnels *tunnels = t->lab->nodes[0].tunnels;

	if (node == 0 && tunnels)
		tunnels_heard(tunnels, t->town.now, said);
}

/* What the engine says goes to the town; there is no driver of tunnels. */
static void emit(struct fx *fx, const struct effect *e)
{
	struct network_town *t = container_of(fx, struct network_town, fx);
	struct fx *place = &t->town.place[0]->fx;

	if (e->kind == FX_NETWORK)
		place->emit(place, e);
}

static void tunnels_start(struct network_town *t)
{
	struct node *node = &t->lab->nodes[0];
	static struct conf defaults;

	conf_init_defaults(&defaults);
	node->conf.tunnel = defaults.node.tunnel;
	node->conf.network.nodes_max = 2000;
	node->tunnels = tunnels_new(&node->conf, &node->plan, t->town.place[0]->l3, 1);
	assert(node->tunnels);
	const struct digest self = l3_id(t->town.place[0]->l3);

	if (node->exits)
		exits_network(node->exits, node->tunnels, &self);
	t->fx.emit = emit;
	t->town.hear = hear;
	t->town.hear_ctx = t;
}

void network_town_init(struct network_town *t, struct lab *lab)
{
	struct l3_town *town = &t->town;

	t->lab = lab;
	l3_town_init(town, 1);
	for (unsigned i = 0; i < NETWORK_TOWN_NODES; i++)
		l3_town_node(town);
	t->near = l3_town_link(town, 0, 1);
	t->far = l3_town_link(town, 0, 2);
	l3_town_link(town, 1, 3);
	l3_town_link(town, 2, 3);
	l3_town_link(town, 3, 4);
	l3_town_start_all(town);
	tunnels_start(t);
	l3_town_run(town, span_s(1));
	publish_network(t, 4);
	publish_offers(t, 1,
		       (const struct offer[]){{NETWORK_TOWN_CLOUD4, METRIC_MAX},
					      {NETWORK_TOWN_CLOUD6, METRIC_MAX}},
		       2);
	publish_offers(t, 3,
		       (const struct offer[]){{NETWORK_TOWN_CLOUD4, METRIC_MAX},
					      {NETWORK_TOWN_ODD, METRIC_MAX},
					      {"0.0.0.0/0", 10000000}},
		       3);
	publish_links(t, 3, 1, 4);
	l3_town_run(town, span_s(15));
	if (instant_before(town->now, lab->now))
		l3_town_run(town, instant_since(lab->now, town->now));
	lab->nodes[0].l3 = town->place[0]->l3;
	lab->nodes[0].conf.plan.network = true;
	network_town_run(t, span_s(1));
}

void network_town_fini(struct network_town *t)
{
	if (t->lab->nodes[0].exits)
		exits_network(t->lab->nodes[0].exits, NULL, &(struct digest){{0}});
	tunnels_free(t->lab->nodes[0].tunnels);
	t->lab->nodes[0].tunnels = NULL;
	t->lab->nodes[0].l3 = NULL;
	l3_town_fini(&t->town);
}

void network_town_run(struct network_town *t, span time)
{
	instant end = instant_add(t->town.now, time);
	struct tunnels *tunnels = t->lab->nodes[0].tunnels;

	while (instant_before(t->town.now, end)) {
		l3_town_run(&t->town, span_ms(100));
		if (instant_reached(tunnels_deadline(tunnels), t->town.now))
			tunnels_run(tunnels, t->town.now, &t->fx);
	}
	t->lab->now = t->town.now;
}

struct digest network_town_id(const struct network_town *t, unsigned node)
{
	return l3_id(t->town.place[node]->l3);
}
