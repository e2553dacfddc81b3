/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network_town.h"
#include <assert.h>
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
	l3_town_run(town, span_s(1));
	publish_network(t, 4);
	publish_links(t, 3, 1, 4);
	l3_town_run(town, span_s(15));
	if (instant_before(town->now, lab->now))
		l3_town_run(town, instant_since(lab->now, town->now));
	lab->now = town->now;
	lab->nodes[0].l3 = town->place[0]->l3;
	lab->nodes[0].conf.plan.network = true;
}

void network_town_fini(struct network_town *t)
{
	t->lab->nodes[0].l3 = NULL;
	l3_town_fini(&t->town);
}

void network_town_run(struct network_town *t, span time)
{
	l3_town_run(&t->town, time);
	t->lab->now = t->town.now;
}

struct digest network_town_id(const struct network_town *t, unsigned node)
{
	return l3_id(t->town.place[node]->l3);
}
