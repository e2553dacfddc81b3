/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/topology.h"
#include "core/l3/internal.h"

enum {
	FIRST_PART = 10, /* of the period */
	HEAD_LEN = 2,
	LINK_LEN = 44,
};

enum err topology_init(struct l3 *l3, instant now)
{
	struct topology *t = &l3->topology;

	if (!timer_init(&l3->timers, &t->look, TIMER_TOPOLOGY))
		return ERR_FULL;
	if (l3->conf.topology_period.us > 0)
		timer_set(&l3->timers, &t->look,
			  instant_add(now, span_us(l3->conf.topology_period.us / FIRST_PART)));
	return OK;
}

void topology_fini(struct l3 *l3)
{
	timer_fini(&l3->timers, &l3->topology.look);
}

/* Links both ends of which hear each other, and whose neighbour is described. */
static uint32_t links_now(const struct l3 *l3, instant now, struct topology_link *out)
{
	uint32_t count = 0;

	for (uint8_t i = 0; i < PORT_MAX; i++) {
		list_each (k, &l3->port[i].links, struct l3_link, of_port) {
			uint8_t tq = l3_link_tq(l3, now, k);

			if (tq == 0 || !k->near->node->description || count == TOPOLOGY_LINKS_MAX)
				continue;
			out[count++] = (struct topology_link){k->near->node->id, i, k->dev_idx, tq,
							      l3_link_rq(l3, now, k)};
		}
	}
	return count;
}

static bool far_apart(uint8_t a, uint8_t b)
{
	return a > b ? a - b > TOPOLOGY_STEP : b - a > TOPOLOGY_STEP;
}

static const struct topology_link *same_link(const struct topology_link *in, uint32_t count,
					     const struct topology_link *k)
{
	for (uint32_t i = 0; i < count; i++) {
		if (in[i].port == k->port && in[i].dev_idx == k->dev_idx &&
		    digest_equal(&in[i].neighbour, &k->neighbour))
			return &in[i];
	}
	return NULL;
}

/* Is there a link in `in` that was told otherwise, or not at all, in `than`? */
static bool differs(const struct topology_link *in, uint32_t count,
		    const struct topology_link *than, uint32_t than_count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct topology_link *k = same_link(than, than_count, &in[i]);

		if (!k || far_apart(k->tq, in[i].tq) || far_apart(k->rq, in[i].rq))
			return true;
	}
	return false;
}

static void publish(struct l3 *l3, instant now)
{
	const struct topology *t = &l3->topology;
	uint8_t bytes[HEAD_LEN + TOPOLOGY_LINKS_MAX * LINK_LEN];
	struct wr w = wr_over(bytes, sizeof(bytes));

	bmx7_topology_begin(&w);
	for (uint32_t i = 0; i < t->count; i++) {
		const struct topology_link *k = &t->told[i];
		const struct l3_node *n = l3_node_by_id(l3, &k->neighbour);
		const struct l3_port *p = &l3->port[k->port];
		struct bmx7_topology one = {
			.neighbour = k->neighbour,
			.desc_sqn = n->description->version.desc_sqn,
			.neighbour_dev = k->dev_idx,
			.dev = (uint8_t)(k->port + 1),
			.tx_bandwidth = bmx7_bandwidth_byte(p->rate_bps / 255 * k->tq),
			.rx_bandwidth = bmx7_bandwidth_byte(p->rate_bps / 255 * k->rq),
			.tq = k->tq,
			.rq = k->rq,
			.channel = p->channel,
		};

		bmx7_topology_write(&w, &one);
	}
	enum err e = content_publish(l3, now, BMX7_TOPOLOGY, bytes, t->count > 0 ? wr_len(&w) : 0);

	if (e != OK)
		l3->count.dropped[e]++;
}

void topology_due(struct l3 *l3, instant now)
{
	struct topology *t = &l3->topology;
	struct topology_link links[TOPOLOGY_LINKS_MAX];
	uint32_t count = links_now(l3, now, links);

	timer_set(&l3->timers, &t->look, instant_add(now, l3->conf.topology_period));
	if (!differs(links, count, t->told, t->count) && !differs(t->told, t->count, links, count))
		return;
	memcpy(t->told, links, count * sizeof(links[0]));
	t->count = count;
	publish(l3, now);
}
