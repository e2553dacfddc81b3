/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "l3_town.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/cheap_crypto.h"
#include "wire/bmx7.h"

struct finished {
	uint32_t id;
	struct job_result result;
};

static struct ipv6 address_of(uint16_t node, uint8_t port)
{
	return (struct ipv6){{0xfe, 0x80, [12] = (uint8_t)(node >> 8), [13] = (uint8_t)node,
			      [15] = (uint8_t)(port + 1)},
			     64};
}

static int32_t node_of(const struct ipv6 *link_local)
{
	return link_local->b[12] << 8 | link_local->b[13];
}

void l3_town_init(struct l3_town *t, uint64_t seed)
{
	*t = (struct l3_town){.now = {1000000}, .conf = l3_conf_default()};
	prng_seed(&t->prng, seed);
	for (size_t i = 0; i < sizeof(t->job_us) / sizeof(t->job_us[0]); i++)
		t->job_us[i] = L3_TOWN_JOB_US;
}

void l3_town_fini(struct l3_town *t)
{
	for (uint16_t i = 0; i < t->nodes; i++) {
		l3_town_kill(t, i);
		free(t->place[i]);
	}
	queue_fini(&t->queue);
}

/* ---- effects ---- */

/* A packet that was heard from an address reaches port `port` of a node after us. */
static void hand(struct l3_town *t, uint16_t to, uint8_t port, const struct ipv6 *from,
		 const struct fx_network_send *s, int64_t us, bool forged)
{
	struct item *it = item_new(ITEM_ARRIVE, sizeof(*from) + s->len);

	it->node = to;
	it->port = port;
	it->life = t->place[to]->life;
	memcpy(it->bytes, from, sizeof(*from));
	memcpy(it->bytes + sizeof(*from), s->data, s->len);
	if (forged)
		it->bytes[sizeof(*from) + prng_below(&t->prng, (uint32_t)s->len)] ^=
			(uint8_t)(1 + prng_below(&t->prng, 255));
	queue_put(&t->queue, instant_add(t->now, span_us(us)), it);
}

static bool happens(struct l3_town *t, uint8_t percent)
{
	return percent > 0 && prng_below(&t->prng, 100) < percent;
}

static void send(struct l3_place *p, const struct fx_network_send *s)
{
	struct l3_town *t = p->town;
	const struct l3_segment *g = &t->segment[p->segment[s->port]];
	struct ipv6 from = address_of(p->index, s->port);

	p->tx_packets++;
	p->tx_bytes += s->len + 48;
	if (t->sent)
		t->sent(t->who, p->index, s->data, s->len);
	for (unsigned i = 0; g->up && i < g->count; i++) {
		uint16_t to = g->member[i].node;
		uint8_t port = g->member[i].port;

		if (to == p->index || !t->place[to]->alive || happens(t, g->loss_percent))
			continue;
		int64_t us = g->delay_us + prng_below(&t->prng, (uint32_t)g->spread_us + 1);

		hand(t, to, port, &from, s, us, false);
		if (happens(t, g->double_percent))
			hand(t, to, port, &from, s, us + g->spread_us, false);
		if (happens(t, g->replay_percent))
			hand(t, to, port, &from, s,
			     prng_below(&t->prng, L3_TOWN_REPLAY_S * 1000000), false);
		if (happens(t, g->forge_percent))
			hand(t, to, port, &from, s, us, true);
	}
}

static void route(struct l3_place *p, const struct fx_network_route *r)
{
	struct l3_town *t = p->town;

	for (uint16_t i = 0; i < t->nodes; i++) {
		if (memcmp(t->place[i]->primary.b, r->prefix.b, 16) != 0)
			continue;
		assert(i != p->index);
		p->via[i] = r->gone ? -1 : node_of(&r->via);
	}
}

/* When a job is done: on the core that is free first. */
static instant job_end(struct l3_place *p, enum job_kind kind)
{
	struct l3_town *t = p->town;
	instant *core = t->cores > 0 ? &t->core_free[0] : &p->core_free;

	for (unsigned i = 1; i < t->cores; i++) {
		if (instant_before(t->core_free[i], *core))
			core = &t->core_free[i];
	}
	if (instant_before(*core, t->now))
		*core = t->now;
	*core = instant_add(*core, span_us(t->job_us[kind]));
	return *core;
}

static void job(struct l3_place *p, const struct job *j)
{
	struct item *it = item_new(ITEM_JOB, sizeof(struct finished));
	struct finished *f = calloc(1, sizeof(*f));

	assert(f);
	f->id = j->id;
	cheap_job(&p->town->prng, j, &f->result);
	it->node = p->index;
	it->life = p->life;
	memcpy(it->bytes, f, sizeof(*f));
	free(f);
	queue_put(&p->town->queue, job_end(p, j->kind), it);
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct l3_place *p = (struct l3_place *)(void *)fx;
	const struct fx_network *n = &e->network;

	assert(e->kind == FX_NETWORK);
	switch (n->kind) {
	case NETWORK_SEND: send(p, &n->send); break;
	case NETWORK_ROUTE: route(p, &n->route); break;
	case NETWORK_ADDRESS: p->listed[n->address.port] = !n->address.gone; break;
	case NETWORK_JOB: job(p, &n->job); break;
	case NETWORK_KEEP: p->desc_sqn_kept = n->keep.desc_sqn; break;
	case NETWORK_DESCRIBED:
	case NETWORK_PATH:
		if (p->town->hear)
			p->town->hear(p->town->hear_ctx, p->index, n);
		break;
	case NETWORK_NOTE:
		if (getenv("NUVOL_NOTES"))
			printf("%9.3f %u %s %02x%02x %02x%02x\n", (double)p->town->now.us / 1e6,
			       p->index, network_note_name(n->note.what), n->note.node.b[0],
			       n->note.node.b[1], n->note.other.b[0], n->note.other.b[1]);
		break;
	}
}

/* ---- what happens ---- */

static void wake_later(struct l3_place *p)
{
	struct l3_town *t = p->town;
	instant at = l3_deadline(p->l3);

	if (at.us == NEVER.us)
		return;
	if (instant_before(at, t->now))
		at = t->now;
	if (p->wake.us > t->now.us && p->wake.us <= at.us)
		return;
	struct item *it = item_new(ITEM_WAKE, 0);

	it->node = p->index;
	it->life = p->life;
	p->wake = at;
	queue_put(&t->queue, at, it);
}

static void tell(struct l3_place *p, const struct ev *ev)
{
	l3_handle(p->l3, p->town->now, ev, &p->fx);
	wake_later(p);
}

void l3_town_leave(struct l3_town *t, uint16_t node)
{
	const struct ev ev = {.kind = EV_NETWORK, .network = {.kind = NETWORK_LEAVE}};

	tell(t->place[node], &ev);
}

static void port_tell(struct l3_place *p, uint8_t port)
{
	const struct l3_segment *g = &p->town->segment[p->segment[port]];
	struct ev ev = {.kind = EV_NETWORK,
			.network = {.kind = NETWORK_PORT,
				    .port = {.port = port,
					     .up = g->carrier,
					     .link_local = address_of(p->index, port)}}};

	tell(p, &ev);
}

static void item_do(struct l3_town *t, const struct item *it)
{
	struct l3_place *p = t->place[it->node];
	struct ev ev = {.kind = EV_DEADLINE};
	struct finished f;
	struct ipv6 from;

	if (!p->alive || p->life != it->life)
		return;
	switch (it->kind) {
	case ITEM_LAN_TX:
	case ITEM_LAN_RX:
	case ITEM_CLIENT:
	case ITEM_DATAGRAM:
	case ITEM_PACKET:
	case ITEM_SEEN:
	case ITEM_INTERNET: assert(false); break; /* of worlds */
	case ITEM_WAKE: break;
	case ITEM_ARRIVE:
		memcpy(&from, it->bytes, sizeof(from));
		ev.kind = EV_NETWORK;
		ev.network.kind = NETWORK_DATAGRAM;
		ev.network.datagram = (struct ev_network_datagram){
			it->port, from, it->bytes + sizeof(from), it->len - sizeof(from)};
		break;
	case ITEM_JOB:
		memcpy(&f, it->bytes, sizeof(f));
		ev.kind = EV_NETWORK;
		ev.network.kind = NETWORK_JOB_DONE;
		ev.network.done = job_result_done(f.id, &f.result);
		break;
	}
	tell(p, &ev);
}

/* Did the last event make a circle for anybody? */
static void watch(struct l3_town *t, uint16_t node)
{
	for (uint16_t to = 0; to < t->nodes; to++) {
		if (to != node && l3_town_walk(t, node, to) == -2)
			t->circles++;
	}
}

void l3_town_run(struct l3_town *t, span time)
{
	instant end = instant_add(t->now, time);

	while (queue_peek(&t->queue) && instant_reached(queue_peek(&t->queue)->at, end)) {
		struct item *it = queue_take(&t->queue);
		uint64_t changes = 0;
		struct l3_place *p = t->place[it->node];

		t->now = it->at;
		if (p->alive)
			changes = l3_counters(p->l3)->route_changes;
		item_do(t, it);
		if (p->alive && l3_counters(p->l3)->route_changes != changes)
			watch(t, it->node);
		item_free(it);
	}
	t->now = end;
}

/* ---- the town ---- */

uint16_t l3_town_node(struct l3_town *t)
{
	struct l3_place *p = calloc(1, sizeof(*p));
	struct job make = {.kind = JOB_RSA_KEY, .type = BMX7_RSA2048};

	assert(p && t->nodes < L3_TOWN_NODES);
	p->fx.emit = emit;
	p->town = t;
	p->index = t->nodes;
	cheap_job(&t->prng, &make, &p->key);
	assert(p->key.ok);
	for (unsigned i = 0; i < L3_TOWN_NODES; i++)
		p->via[i] = -1;
	t->place[t->nodes] = p;
	return t->nodes++;
}

uint16_t l3_town_segment(struct l3_town *t, uint8_t loss_percent)
{
	assert(t->segments < L3_TOWN_SEGMENTS);
	t->segment[t->segments] = (struct l3_segment){.up = true,
						      .carrier = true,
						      .loss_percent = loss_percent,
						      .delay_us = 200,
						      .spread_us = 300};
	return t->segments++;
}

void l3_town_join(struct l3_town *t, uint16_t node, uint16_t segment)
{
	struct l3_segment *g = &t->segment[segment];
	struct l3_place *p = t->place[node];

	assert(g->count < L3_TOWN_MEMBERS && p->ports < PORT_MAX);
	g->member[g->count].node = node;
	g->member[g->count++].port = p->ports;
	p->segment[p->ports++] = segment;
}

uint16_t l3_town_link(struct l3_town *t, uint16_t a, uint16_t b)
{
	uint16_t g = l3_town_segment(t, 0);

	l3_town_join(t, a, g);
	l3_town_join(t, b, g);
	return g;
}

void l3_town_line(struct l3_town *t, uint16_t nodes)
{
	for (uint16_t i = 0; i < nodes; i++) {
		l3_town_node(t);
		if (i > 0)
			l3_town_link(t, (uint16_t)(i - 1), i);
	}
}

void l3_town_grid(struct l3_town *t, uint16_t width, uint16_t height)
{
	for (uint16_t i = 0; i < width * height; i++) {
		l3_town_node(t);
		if (i % width > 0)
			l3_town_link(t, (uint16_t)(i - 1), i);
		if (i >= width)
			l3_town_link(t, (uint16_t)(i - width), i);
	}
}

/* ---- nodes anywhere ---- */

struct pair {
	uint16_t a, b;
	uint64_t distance2;
};

static int pair_compare(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;

	if (a->distance2 != b->distance2)
		return a->distance2 < b->distance2 ? -1 : 1;
	return a->a != b->a ? a->a - b->a : a->b - b->b;
}

/* All pairs, the nearest first. */
static struct pair *pairs_thrown(struct prng *r, uint16_t nodes, size_t *count)
{
	struct pair *all = calloc((size_t)nodes * nodes, sizeof(*all));
	struct {
		int64_t x, y;
	} at[L3_TOWN_NODES];

	assert(all);
	*count = 0;
	for (uint16_t i = 0; i < nodes; i++) {
		at[i].x = prng_below(r, 1000000);
		at[i].y = prng_below(r, 1000000);
		for (uint16_t k = 0; k < i; k++) {
			int64_t x = at[i].x - at[k].x, y = at[i].y - at[k].y;

			all[(*count)++] = (struct pair){k, i, (uint64_t)(x * x + y * y)};
		}
	}
	qsort(all, *count, sizeof(*all), pair_compare);
	return all;
}

/* Do the links hang together, with ports for all? */
static bool pairs_will_do(const struct pair *link, size_t links, uint16_t nodes)
{
	uint16_t group[L3_TOWN_NODES], groups = nodes;
	unsigned ports[L3_TOWN_NODES] = {0};

	for (uint16_t i = 0; i < nodes; i++)
		group[i] = i;
	for (size_t i = 0; i < links; i++) {
		uint16_t keep = group[link[i].a], lose = group[link[i].b];

		if (++ports[link[i].a] > PORT_MAX || ++ports[link[i].b] > PORT_MAX)
			return false;
		groups = (uint16_t)(groups - (keep != lose));
		for (uint16_t k = 0; k < nodes; k++) {
			if (group[k] == lose)
				group[k] = keep;
		}
	}
	return groups == 1;
}

void l3_town_geometric(struct l3_town *t, uint16_t nodes, unsigned degree)
{
	size_t links = (size_t)nodes * degree / 2, pairs;
	struct pair *link = pairs_thrown(&t->prng, nodes, &pairs);

	assert(links >= nodes && links <= pairs);
	while (!pairs_will_do(link, links, nodes)) {
		free(link);
		link = pairs_thrown(&t->prng, nodes, &pairs);
	}
	for (uint16_t i = 0; i < nodes; i++)
		l3_town_node(t);
	for (size_t i = 0; i < links; i++)
		l3_town_link(t, link[i].a, link[i].b);
	free(link);
}

void l3_town_start(struct l3_town *t, uint16_t node)
{
	struct l3_place *p = t->place[node];
	struct l3_conf conf = t->conf;

	conf.node_secret = (struct job_bytes){p->key.secret, p->key.secret_len};
	conf.node_public = (struct job_bytes){p->key.public, p->key.public_len};
	conf.desc_sqn_kept = p->desc_sqn_kept;
	if (conf.hostname[0] == '\0')
		snprintf(conf.hostname, sizeof(conf.hostname), "node-%u", node);
	p->l3 = l3_new(&conf, cheap_crypto(), t->now, prng_u64(&t->prng));
	assert(p->l3);
	p->primary = l3_primary(p->l3);
	p->alive = true;
	p->life++;
	p->wake = (instant){0};
	for (uint8_t i = 0; i < p->ports; i++)
		port_tell(p, i);
}

void l3_town_start_all(struct l3_town *t)
{
	for (uint16_t i = 0; i < t->nodes; i++)
		l3_town_start(t, i);
}

void l3_town_kill(struct l3_town *t, uint16_t node)
{
	struct l3_place *p = t->place[node];

	if (!p->alive)
		return;
	p->alive = false;
	l3_free(p->l3);
	p->l3 = NULL;
	for (unsigned i = 0; i < L3_TOWN_NODES; i++)
		p->via[i] = -1;
}

void l3_town_cut(struct l3_town *t, uint16_t segment, bool carrier)
{
	struct l3_segment *g = &t->segment[segment];

	g->up = false;
	g->carrier = g->carrier && !carrier;
	for (unsigned i = 0; carrier && i < g->count; i++) {
		if (t->place[g->member[i].node]->alive)
			port_tell(t->place[g->member[i].node], g->member[i].port);
	}
}

void l3_town_heal(struct l3_town *t, uint16_t segment)
{
	struct l3_segment *g = &t->segment[segment];
	bool had = g->carrier;

	g->up = g->carrier = true;
	for (unsigned i = 0; !had && i < g->count; i++) {
		if (t->place[g->member[i].node]->alive)
			port_tell(t->place[g->member[i].node], g->member[i].port);
	}
}

/* ---- what is seen ---- */

static bool are_linked(const struct l3_town *t, uint16_t a, uint16_t b)
{
	const struct l3_place *p = t->place[a];

	for (uint8_t i = 0; i < p->ports; i++) {
		const struct l3_segment *g = &t->segment[p->segment[i]];

		for (unsigned k = 0; g->up && k < g->count; k++) {
			if (g->member[k].node == b)
				return t->place[b]->alive;
		}
	}
	return false;
}

int l3_town_walk(const struct l3_town *t, uint16_t a, uint16_t b)
{
	uint16_t at = a;
	bool whole = true;

	for (int hops = 0; hops <= t->nodes; hops++) {
		if (at == b)
			return whole ? hops : -1;
		int32_t next = t->place[at]->via[b];

		if (next < 0 || !t->place[next]->alive)
			return -1;
		whole = whole && are_linked(t, at, (uint16_t)next);
		at = (uint16_t)next;
	}
	return -2;
}

static void part_mark(const struct l3_town *t, uint16_t from, uint16_t number, uint16_t *part)
{
	uint16_t todo[L3_TOWN_NODES];
	unsigned count = 0;

	part[from] = number;
	todo[count++] = from;
	while (count > 0) {
		const struct l3_place *p = t->place[todo[--count]];

		for (uint8_t i = 0; i < p->ports; i++) {
			const struct l3_segment *g = &t->segment[p->segment[i]];

			for (unsigned k = 0; g->up && k < g->count; k++) {
				uint16_t to = g->member[k].node;

				if (part[to] > 0 || !t->place[to]->alive)
					continue;
				part[to] = number;
				todo[count++] = to;
			}
		}
	}
}

void l3_town_parts(const struct l3_town *t, uint16_t part[L3_TOWN_NODES])
{
	uint16_t number = 0;

	memset(part, 0, L3_TOWN_NODES * sizeof(part[0]));
	for (uint16_t i = 0; i < t->nodes; i++) {
		if (t->place[i]->alive && part[i] == 0)
			part_mark(t, i, ++number, part);
	}
}

void l3_town_reach(const struct l3_town *t, uint16_t b, bool from[L3_TOWN_NODES])
{
	enum { UNKNOWN, ON_THE_WAY, LEADS, LEADS_NOT };
	uint8_t state[L3_TOWN_NODES] = {UNKNOWN};

	state[b] = t->place[b]->alive ? LEADS : LEADS_NOT;
	for (uint16_t a = 0; a < t->nodes; a++) {
		uint16_t at = a, way[L3_TOWN_NODES];
		unsigned hops = 0;

		while (state[at] == UNKNOWN) {
			int32_t next = t->place[at]->via[b];

			if (next < 0 || !t->place[at]->alive ||
			    !are_linked(t, at, (uint16_t)next)) {
				state[at] = LEADS_NOT;
				break;
			}
			state[at] = ON_THE_WAY;
			way[hops++] = at;
			at = (uint16_t)next;
		}
		bool leads = state[at] == LEADS; /* ON_THE_WAY: a circle */

		while (hops > 0)
			state[way[--hops]] = leads ? LEADS : LEADS_NOT;
	}
	for (uint16_t a = 0; a < t->nodes; a++)
		from[a] = state[a] == LEADS;
}

unsigned l3_town_missing(const struct l3_town *t)
{
	uint16_t part[L3_TOWN_NODES];
	bool from[L3_TOWN_NODES];
	unsigned missing = 0;

	l3_town_parts(t, part);
	for (uint16_t b = 0; b < t->nodes; b++) {
		if (!t->place[b]->alive)
			continue;
		l3_town_reach(t, b, from);
		for (uint16_t a = 0; a < t->nodes; a++)
			missing += part[a] == part[b] && !from[a];
	}
	return missing;
}

int64_t l3_town_settle_ms(struct l3_town *t, span most)
{
	instant start = t->now, end = instant_add(t->now, most);

	while (instant_before(t->now, end)) {
		l3_town_run(t, span_ms(20));
		if (l3_town_missing(t) == 0)
			return span_to_ms(instant_since(t->now, start));
	}
	return -1;
}
