/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sim/pcap.h"
#include "sim/world_internal.h"

enum {
	PREAMBLE_BYTES = 24, /* preamble, frame check sequence and gap, IEEE 802.3 */
	DATAGRAM_HEADERS = ETHERNET_HEADER + 40 + 8,
	QUEUE_DEFAULT_MS = 500,
	MANY = 10000, /* of the shares of faults */
	REPLAY_MAX_S = 30,
};

/* What leaves a port. */
struct parcel {
	enum item_kind kind;
	struct place *from;
	uint8_t port;
	const uint8_t *data;
	size_t len;
	size_t air_bytes; /* with all headers */
	uint16_t vid;	  /* only those hear it who have the same; 0: all */
	struct carried *carried;
	struct item *together; /* for those whom it reaches undisturbed, all at once */
};

struct member *medium_member(struct place *p, unsigned port)
{
	return &p->world->segment[p->segment_of[port]].member[p->member_of[port]];
}

void segment_fini(struct segment *s)
{
	for (unsigned i = 0; i < s->members; i++)
		free(s->member[i].ear);
	free(s->member);
	if (s->pcap)
		pcap_close(s->pcap);
}

/* ---- who hears whom ---- */

/* Where the ear of a member is, or would be. */
static unsigned ear_place(const struct member *m, unsigned member)
{
	unsigned low = 0, high = m->ears;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (m->ear[middle].member < member)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct ear *ear_find(const struct member *m, unsigned member)
{
	unsigned i = ear_place(m, member);

	return i < m->ears && m->ear[i].member == member ? &m->ear[i] : NULL;
}

static void ear_set(struct member *m, unsigned member, uint16_t loss)
{
	unsigned i = ear_place(m, member);

	if (i == m->ears || m->ear[i].member != member) {
		world_grow(&m->ear, m->ears, &m->ear_room, sizeof(*m->ear));
		memmove(m->ear + i + 1, m->ear + i, (m->ears - i) * sizeof(*m->ear));
		m->ears++;
	}
	m->ear[i] = (struct ear){.member = (uint16_t)member, .loss = loss};
}

static void ear_del(struct member *m, unsigned member)
{
	unsigned i = ear_place(m, member);

	if (i == m->ears || m->ear[i].member != member)
		return;
	m->ears--;
	memmove(m->ear + i, m->ear + i + 1, (m->ears - i) * sizeof(*m->ear));
}

unsigned world_segment(struct world *w, const struct segment_conf *conf)
{
	assert(w->segments < WORLD_NOWHERE);
	world_grow(&w->segment, w->segments, &w->segment_room, sizeof(*w->segment));
	w->segment[w->segments] = (struct segment){.conf = *conf};
	return w->segments++;
}

/* The node's port on a segment, or PORT_MAX. */
static unsigned port_on(const struct place *p, unsigned segment)
{
	for (unsigned i = 0; i < p->ports; i++)
		if (p->segment_of[i] == segment)
			return i;
	return PORT_MAX;
}

unsigned world_join(struct world *w, unsigned node, unsigned segment)
{
	struct place *p = w->place[node];
	struct segment *s = &w->segment[segment];
	unsigned self = s->members;

	assert(p->ports < p->conf.l2.ports_max && port_on(p, segment) == PORT_MAX);
	assert(self < WORLD_NOWHERE);
	world_grow(&s->member, self, &s->room, sizeof(*s->member));
	s->member[self] = (struct member){
		.node = (uint16_t)node, .vid = p->node.plan.cloud_vid, .port = p->ports};
	s->members++;
	for (unsigned i = 0; !s->conf.sparse && i < self; i++) {
		ear_set(&s->member[i], self, 0);
		ear_set(&s->member[self], i, 0);
	}
	p->segment_of[p->ports] = (uint16_t)segment;
	p->member_of[p->ports] = (uint16_t)self;
	p->ports++;
	host_port_tell(p, p->ports - 1u);
	return p->ports - 1u;
}

static struct member *member_of(struct world *w, unsigned node, unsigned segment)
{
	unsigned port = port_on(w->place[node], segment);

	assert(port < PORT_MAX);
	return medium_member(w->place[node], port);
}

static unsigned number_of(const struct segment *s, const struct member *m)
{
	return (unsigned)(m - s->member);
}

void world_deaf_one_way(struct world *w, unsigned segment, unsigned a, unsigned b)
{
	ear_del(member_of(w, a, segment),
		number_of(&w->segment[segment], member_of(w, b, segment)));
}

void world_deaf(struct world *w, unsigned segment, unsigned a, unsigned b)
{
	world_deaf_one_way(w, segment, a, b);
	world_deaf_one_way(w, segment, b, a);
}

void world_hear_one_way(struct world *w, unsigned segment, unsigned a, unsigned b, uint16_t loss)
{
	assert(a != b);
	ear_set(member_of(w, a, segment), number_of(&w->segment[segment], member_of(w, b, segment)),
		loss);
}

void world_hear(struct world *w, unsigned segment, unsigned a, unsigned b, uint16_t loss)
{
	world_hear_one_way(w, segment, a, b, loss);
	world_hear_one_way(w, segment, b, a, loss);
}

static bool is_open(const struct world *w, const struct member *from, const struct member *to)
{
	bool sides = from->side == to->side || (from->side == 0 && to->side == WORLD_SIDE_HEARS);

	return !from->cut && !from->mute && !to->cut && sides && w->place[to->node]->alive &&
	       !w->place[to->node]->hangs;
}

bool world_linked(const struct world *w, unsigned a, unsigned b)
{
	const struct place *p = w->place[a];

	for (unsigned i = 0; i < p->ports; i++) {
		const struct segment *s = &w->segment[p->segment_of[i]];
		const struct member *from = &s->member[p->member_of[i]];
		unsigned port = port_on(w->place[b], p->segment_of[i]);

		if (port < PORT_MAX && ear_find(from, w->place[b]->member_of[port]) &&
		    is_open(w, from, &s->member[w->place[b]->member_of[port]]))
			return true;
	}
	return false;
}

unsigned world_neighbours(const struct world *w, unsigned node, uint16_t *out, unsigned max)
{
	const struct place *p = w->place[node];
	unsigned count = 0;

	for (unsigned i = 0; i < p->ports; i++) {
		const struct segment *s = &w->segment[p->segment_of[i]];
		const struct member *from = &s->member[p->member_of[i]];

		for (unsigned k = 0; k < from->ears; k++) {
			const struct member *to = &s->member[from->ear[k].member];

			if (!is_open(w, from, to))
				continue;
			if (count < max)
				out[count] = to->node;
			count++;
		}
	}
	return count;
}

/* ---- what happens to a segment ---- */

void world_change(struct world *w, unsigned segment, const struct segment_conf *conf)
{
	struct segment *s = &w->segment[segment];
	bool told = s->conf.mtu_bytes != conf->mtu_bytes || s->conf.rate_bps != conf->rate_bps;

	assert(s->conf.sparse == conf->sparse);
	s->conf = *conf;
	for (unsigned i = 0; told && i < s->members; i++)
		host_port_tell(w->place[s->member[i].node], s->member[i].port);
}

const struct segment_conf *world_segment_conf(const struct world *w, unsigned segment)
{
	return &w->segment[segment].conf;
}

void world_cut(struct world *w, unsigned node, unsigned segment, bool carrier)
{
	struct member *m = member_of(w, node, segment);

	m->cut = true;
	m->down |= carrier;
	if (carrier)
		host_port_tell(w->place[node], m->port);
}

void world_heal(struct world *w, unsigned node, unsigned segment)
{
	struct member *m = member_of(w, node, segment);

	m->cut = m->down = false;
	host_port_tell(w->place[node], m->port);
}

void world_side(struct world *w, unsigned node, unsigned segment, uint8_t side)
{
	member_of(w, node, segment)->side = side;
}

void world_mute(struct world *w, unsigned node, unsigned segment, bool mute)
{
	member_of(w, node, segment)->mute = mute;
}

unsigned world_segments_of(const struct world *w, unsigned node, uint16_t out[PORT_MAX])
{
	memcpy(out, w->place[node]->segment_of, w->place[node]->ports * sizeof(*out));
	return w->place[node]->ports;
}

bool world_pcap(struct world *w, unsigned segment, const char *path)
{
	struct segment *s = &w->segment[segment];

	if (s->pcap)
		pcap_close(s->pcap);
	s->pcap = path ? pcap_open(path) : NULL;
	return !path || s->pcap;
}

uint64_t world_overflows(const struct world *w, unsigned segment)
{
	return w->segment[segment].overflows;
}

/* ---- sending ---- */

/* Gilbert's channel: bursts of conf->burst_frames frames on average, in which all is lost, so
 * often that the share of lost frames is the same as without bursts. */
static bool in_burst(struct world *w, const struct segment_conf *c, struct ear *e)
{
	uint32_t all = WORLD_LOSS_ALL;
	uint32_t other = c->loss_percent * all / 100;
	uint32_t loss = e->loss + other - (uint32_t)((uint64_t)e->loss * other / all);
	uint32_t leave = all / c->burst_frames;
	uint32_t enter = loss >= all ? all : (uint32_t)((uint64_t)leave * loss / (all - loss));
	bool turns = prng_below(&w->prng, all) < (e->burst ? leave : enter);

	e->burst = loss > 0 && e->burst != turns;
	return e->burst;
}

static bool try_is_lost(struct world *w, const struct segment_conf *c, struct ear *e)
{
	if (c->burst_frames > 1)
		return in_burst(w, c, e);
	if (c->loss_percent > 0 && prng_below(&w->prng, 100) < c->loss_percent)
		return true;
	return e->loss > 0 && prng_below(&w->prng, WORLD_LOSS_ALL) < e->loss;
}

static bool is_lost(struct world *w, const struct segment_conf *c, struct ear *e, bool unicast)
{
	for (unsigned tries = unicast ? 1 + c->retries : 1; tries > 0; tries--)
		if (!try_is_lost(w, c, e))
			return false;
	return true;
}

bool medium_hop(const struct place *from, const struct place *to, span *takes)
{
	struct world *w = from->world;

	for (unsigned i = 0; i < from->ports; i++) {
		struct segment *s = &w->segment[from->segment_of[i]];
		const struct member *m = &s->member[from->member_of[i]];
		unsigned port = port_on(to, from->segment_of[i]);
		struct ear *e = port < PORT_MAX ? ear_find(m, to->member_of[port]) : NULL;

		if (!e || !is_open(w, m, &s->member[e->member]))
			continue;
		takes->us += s->conf.delay.us;
		return !is_lost(w, &s->conf, e, true);
	}
	return false;
}

static bool by_chance(struct world *w, uint16_t share)
{
	return share > 0 && prng_below(&w->prng, MANY) < share;
}

/* Will reach at most so many. */
static struct item *item_for(const struct parcel *x, unsigned most, struct carried *c)
{
	struct item *it = item_new(x->kind, most * sizeof(struct hearer));

	it->len = 0;
	it->from = x->from->index;
	it->from_port = x->port;
	item_carry(it, c);
	return it;
}

static void hearer_add(const struct world *w, struct item *it, const struct member *to)
{
	const struct hearer h = {w->place[to->node]->life, to->node, to->port};

	memcpy(it->bytes + it->len, &h, sizeof(h));
	it->len += sizeof(h);
}

static void arrive_alone(const struct parcel *x, struct carried *c, const struct member *to,
			 instant at)
{
	struct world *w = x->from->world;
	struct item *it = item_for(x, 1, c);

	hearer_add(w, it, to);
	queue_put(&w->queue, at, it);
}

static struct carried *corrupted(const struct parcel *x)
{
	struct prng *prng = &x->from->world->prng;
	struct carried *c = carried_new(x->data, x->len);

	c->bytes[prng_below(prng, (uint32_t)x->len)] ^= (uint8_t)(1u << prng_below(prng, 8));
	return c;
}

static void arrive_later(const struct parcel *x, const struct segment_conf *c,
			 const struct member *to, instant sent)
{
	struct world *w = x->from->world;
	instant at = instant_add(sent, c->delay);
	bool late = c->jitter.us > 0, bad;

	if (late)
		at = instant_add(at, prng_span(&w->prng, span_us(0), c->jitter));
	bad = by_chance(w, c->corrupt);
	if (bad || late)
		arrive_alone(x, bad ? corrupted(x) : x->carried, to, at);
	else
		hearer_add(w, x->together, to);
	if (by_chance(w, c->twice))
		arrive_alone(x, x->carried, to, instant_add(at, c->delay));
	if (by_chance(w, c->replay))
		arrive_alone(x, x->carried, to,
			     instant_add(at, prng_span(&w->prng, span_s(1), span_s(REPLAY_MAX_S))));
}

/* When the frame has left; NEVER: the queue is full. Who hears it waits that long: the places of
 * a shared medium are given in the order of asking, so that a frame that waits keeps its
 * neighbours waiting too. Senders that do not hear each other do not disturb each other. */
static instant air_time(struct world *w, struct segment *s, struct member *from, size_t bytes)
{
	const struct segment_conf *c = &s->conf;
	span queue = c->queue.us > 0 ? c->queue : span_ms(QUEUE_DEFAULT_MS);
	instant start = instant_before(from->busy, w->now) ? w->now : from->busy, end;

	if (c->rate_bps == 0)
		return w->now;
	if (span_less(queue, instant_since(start, w->now)))
		return NEVER;
	end = instant_add(start,
			  span_us((int64_t)((bytes + PREAMBLE_BYTES) * 8000000 / c->rate_bps)));
	from->busy = end;
	for (unsigned i = 0; c->wifi && i < from->ears; i++) {
		struct member *to = &s->member[from->ear[i].member];

		if (instant_before(to->busy, end))
			to->busy = end;
	}
	return end;
}

static void send_to(const struct parcel *x, struct segment *s, const struct member *from,
		    struct ear *e, bool unicast, instant sent)
{
	struct world *w = x->from->world;
	const struct member *to = &s->member[e->member];

	if (!is_open(w, from, to) || (x->vid && x->vid != to->vid))
		return;
	if (!is_lost(w, &s->conf, e, unicast))
		arrive_later(x, &s->conf, to, sent);
}

/* The ear of the port that it is for, or NULL. */
static struct ear *ear_of(const struct world *w, const struct segment *s, const struct member *from,
			  struct mac dst)
{
	unsigned to, port;

	if (world_node_of(w, dst) == WORLD_NOWHERE)
		return NULL;
	port = host_port_of(dst, &to);
	if (&w->segment[w->place[to]->segment_of[port]] != s)
		return NULL;
	return ear_find(from, w->place[to]->member_of[port]);
}

/* dst: the port that it is for, or a group. */
static void send(struct parcel *x, struct mac dst)
{
	struct world *w = x->from->world;
	struct segment *s = &w->segment[x->from->segment_of[x->port]];
	struct member *from = medium_member(x->from, x->port);
	bool group = mac_is_multicast(dst);
	struct ear *ear = group ? from->ear : ear_of(w, s, from, dst);
	unsigned ears = group ? from->ears : ear != NULL;
	instant sent;

	if (x->air_bytes > ETHERNET_HEADER + (size_t)segment_mtu(&s->conf)) {
		x->from->traffic[x->port].too_big++;
		return;
	}
	sent = air_time(w, s, from, x->air_bytes);
	if (sent.us == NEVER.us) {
		s->overflows++;
		return;
	}
	x->carried = carried_new(x->data, x->len);
	x->together = item_for(x, ears, x->carried);
	for (unsigned i = 0; i < ears; i++)
		send_to(x, s, from, &ear[i], !group, sent);
	if (x->together->len > 0)
		queue_put(&w->queue, instant_add(sent, s->conf.delay), x->together);
	else
		item_free(x->together);
}

void medium_frame(struct place *p, uint8_t port, const uint8_t *data, size_t len)
{
	const struct plan *plan = &p->node.plan;
	const struct segment *s = &p->world->segment[p->segment_of[port]];
	struct parcel x = {.kind = ITEM_ARRIVE,
			   .from = p,
			   .port = port,
			   .data = data,
			   .len = len,
			   .air_bytes = len,
			   .vid = plan->cloud_vid};

	if (medium_member(p, port)->cut)
		return;
	if (s->pcap)
		pcap_frame(s->pcap, p->world->now, plan->cloud_tpid, plan->cloud_vid, data, len);
	send(&x, mac_from(data));
}

void medium_datagram(struct place *p, uint8_t port, const uint8_t *data, size_t len)
{
	const struct segment *s = &p->world->segment[p->segment_of[port]];
	struct world_traffic *t = &p->traffic[port];
	struct parcel x = {.kind = ITEM_DATAGRAM,
			   .from = p,
			   .port = port,
			   .data = data,
			   .len = len,
			   .air_bytes = len + DATAGRAM_HEADERS};

	t->datagrams++;
	t->datagram_bytes += x.air_bytes;
	if (medium_member(p, port)->cut)
		return;
	if (s->pcap)
		pcap_datagram(s->pcap, p->world->now, host_port_mac(p->index, port), data, len);
	send(&x, MAC_BROADCAST);
}
