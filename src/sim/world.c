/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/world.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "base/prng.h"
#include "sim/queue.h"
#include "sim/world_lan.h"
#include "wire/batadv.h"
#include "wire/ethernet.h"

enum {
	MTU_DEFAULT = 1532,
	ETHERTYPE_WORLD = 0x88b6, /* IEEE: for local experiments */
	CLIENT_HEADER = ETHERNET_HEADER + 6,
	WAKES_MAX = 100000, /* of one node at one instant: its deadline does not move */
};

struct member {
	uint16_t node;
	uint8_t port;
	uint8_t side;
	bool cut;
	bool down; /* cut, and the node knows */
};

struct segment {
	struct segment_conf conf;
	struct member *member;
	unsigned members;
	struct deaf {
		uint16_t a, b;
	} * deaf;
	unsigned deafs;
	FILE *pcap;
};

/* One node and what hosts it. */
struct place {
	struct fx fx; /* first: emit gets back to the place by it */
	struct world *world;
	struct node node;
	struct node_conf conf;
	struct stack lan;
	bool alive;
	uint16_t index;
	uint32_t life;
	uint64_t seed;
	instant wake; /* when the next ITEM_WAKE in the queue comes */
	instant woken;
	unsigned wakes; /* at that instant */
	uint16_t segment_of[PORT_MAX];
	uint8_t ports;
	struct world_traffic traffic[PORT_MAX];
};

struct client {
	struct mac mac;
	uint16_t node;
	struct world_inbox inbox;
};

struct world {
	instant now;
	struct queue queue;
	struct prng prng;
	struct place **place;
	unsigned places;
	struct segment *segment;
	unsigned segments;
	struct client *client;
	unsigned clients;
	uint64_t digest;
	void (*watch)(void *ctx, unsigned node, const struct effect *e);
	void *watch_ctx;
};

static void *grown(void *old, size_t count, size_t size)
{
	void *block = realloc(old, count * size);

	if (!block) {
		fputs("out of memory: try a smaller world\n", stderr);
		exit(1);
	}
	return block;
}

/* ---- frames on segments ---- */

static void pcap_frame(const struct world *w, FILE *f, const uint8_t *data, size_t len)
{
	uint32_t head[4] = {(uint32_t)(w->now.us / 1000000), (uint32_t)(w->now.us % 1000000),
			    (uint32_t)len, (uint32_t)len};

	fwrite(head, sizeof(head), 1, f);
	fwrite(data, len, 1, f);
}

static bool hears(const struct segment *s, const struct member *from, const struct member *to)
{
	uint16_t a = from->node, b = to->node;

	if (from->side != to->side)
		return false;
	for (unsigned i = 0; i < s->deafs; i++)
		if (s->deaf[i].a == a && s->deaf[i].b == b)
			return false;
	return true;
}

static struct member *member_of(struct segment *s, unsigned node)
{
	for (unsigned i = 0; i < s->members; i++)
		if (s->member[i].node == node)
			return &s->member[i];
	return NULL;
}

static struct mac port_mac(unsigned node, unsigned port)
{
	return (struct mac){{0x02, 0xba, (uint8_t)(node >> 8), (uint8_t)node, (uint8_t)port, 1}};
}

/* Of its LAN's bridge; the last bytes are its first port's, as LibreMesh has it. */
static struct mac bridge_mac(unsigned node)
{
	struct mac m = port_mac(node, 0);

	m.b[0] = 0x06;
	return m;
}

static void arrive_later(struct world *w, const struct segment *s, const struct member *m,
			 const uint8_t *data, size_t len)
{
	if (s->conf.loss_percent > 0 && prng_below(&w->prng, 100) < s->conf.loss_percent)
		return;
	struct item *it = item_new(ITEM_ARRIVE, len);
	span delay = s->conf.delay;

	if (s->conf.jitter.us > 0)
		delay.us += prng_span(&w->prng, span_us(0), s->conf.jitter).us;
	it->node = m->node;
	it->port = m->port;
	it->life = w->place[m->node]->life;
	memcpy(it->bytes, data, len);
	queue_put(&w->queue, instant_add(w->now, delay), it);
}

static void count_traffic(struct world_traffic *t, unsigned nodes, const uint8_t *data, size_t len)
{
	uint8_t type = data[ETHERNET_HEADER], ttl = data[ETHERNET_HEADER + 2];

	t->frames++;
	t->bytes += len;
	t->circled += type >= BATADV_UNICAST_MIN && ttl + nodes < BATADV_TTL;
	if (type == BATADV_IV_OGM) {
		t->ogm_frames++;
		t->ogm_bytes += len;
	} else if (type == BATADV_BCAST) {
		t->bcast_frames++;
	} else if (type == BATADV_UNICAST_TVLV &&
		   len > ETHERNET_HEADER + BATADV_UTVLV_LEN + BATADV_TVLV_LEN &&
		   data[ETHERNET_HEADER + BATADV_UTVLV_LEN] == TVLV_TT &&
		   (data[ETHERNET_HEADER + BATADV_UTVLV_LEN + BATADV_TVLV_LEN] & TT_REQUEST)) {
		t->tt_requests++;
	}
}

static void transmit(struct place *p, uint8_t port, const uint8_t *data, size_t len)
{
	struct world *w = p->world;
	struct segment *s = &w->segment[p->segment_of[port]];
	struct mac dst = mac_from(data);
	struct member *from = member_of(s, p->index);

	assert(len > ETHERNET_HEADER);
	count_traffic(&p->traffic[port], w->places, data, len);
	if (from->cut)
		return;
	if (s->pcap)
		pcap_frame(w, s->pcap, data, len);
	for (unsigned i = 0; i < s->members; i++) {
		const struct member *m = &s->member[i];

		if (m == from || m->cut || !w->place[m->node]->alive)
			continue;
		if (!mac_is_multicast(dst) && !mac_equal(dst, port_mac(m->node, m->port)))
			continue;
		if (hears(s, from, m))
			arrive_later(w, s, m, data, len);
	}
}

/* ---- clients ---- */

/* What a frame of len bytes carries behind its number and length. */
static void payload_fill(uint8_t *frame, size_t len, uint32_t number)
{
	for (size_t i = CLIENT_HEADER; i < len; i++)
		frame[i] = (uint8_t)(number + i * 7);
}

static bool payload_is_whole(const uint8_t *frame, size_t len, uint32_t number, size_t sent_len)
{
	for (size_t i = CLIENT_HEADER; i < sent_len && i < len; i++)
		if (frame[i] != (uint8_t)(number + i * 7))
			return false;
	return len == sent_len;
}

static void client_rx(struct world *w, struct client *c, const uint8_t *frame, size_t len)
{
	struct world_inbox *in = &c->inbox;
	struct rd r = rd_over(frame, len);

	rd_take(&r, ETHERNET_HEADER);
	uint32_t number = rd_u32(&r);
	size_t sent_len = rd_u16(&r);
	if (r.bad || frame[12] != ETHERTYPE_WORLD >> 8 || frame[13] != (ETHERTYPE_WORLD & 0xff))
		return;
	int64_t ahead = (int64_t)number - in->newest;

	if (in->frames == 0 || ahead > 0) {
		in->recent = in->frames == 0 || ahead > 63 ? 1 : in->recent << ahead | 1;
		in->newest = number;
	} else if (ahead > -64) {
		in->duplicates += in->recent >> -ahead & 1;
		in->recent |= 1ull << -ahead;
	}
	in->frames++;
	in->damaged += !payload_is_whole(frame, len, number, sent_len);
	in->last = w->now;
}

static void lan_later(struct place *p, enum item_kind kind, const uint8_t *frame, size_t len)
{
	struct item *it = item_new(kind, len);

	it->node = p->index;
	it->life = p->life;
	memcpy(it->bytes, frame, len);
	queue_put(&p->world->queue, p->world->now, it);
}

static void lan_tx_later(void *place, const uint8_t *frame, size_t len)
{
	lan_later(place, ITEM_LAN_TX, frame, len);
}

static void lan_deliver(struct place *p, const uint8_t *frame, size_t len,
			const struct client *except)
{
	struct mac dst = mac_from(frame);

	if (p->node.share && stack_is_ours(&p->lan, frame, len))
		lan_later(p, ITEM_LAN_RX, frame, len);

	for (unsigned i = 0; i < p->world->clients; i++) {
		struct client *c = &p->world->client[i];

		if (c->node == p->index && c != except &&
		    (mac_is_multicast(dst) || mac_equal(dst, c->mac)))
			client_rx(p->world, c, frame, len);
	}
}

/* ---- hosting a node ---- */

static void mix(struct world *w, uint64_t x)
{
	w->digest = prng_mix(w->digest ^ x);
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct place *p = container_of(fx, struct place, fx);

	switch (e->kind) {
	case FX_SEND: transmit(p, e->frame.port, e->frame.data, e->frame.len); break;
	case FX_DELIVER: lan_deliver(p, e->frame.data, e->frame.len, NULL); break;
	case FX_DATAGRAM: stack_send(&p->lan, &e->datagram, lan_tx_later, p); break;
	case FX_LEASE:
	case FX_RESERVE:
	case FX_RANGES:
	case FX_NAME:
		if (p->world->watch)
			p->world->watch(p->world->watch_ctx, p->index, e);
		break;
	case FX_NETWORK:
	case FX_TUNNEL:
	case FX_FDB:
	case FX_ECHO:
	case FX_NOTE:
	case FX_HELLO:
	case FX_LAN_ROLE: break;
	}
}

static void wake_later(struct place *p)
{
	instant at = node_deadline(&p->node);

	if (instant_before(at, p->world->now))
		at = p->world->now;
	if (!instant_before(at, p->wake))
		return;
	struct item *it = item_new(ITEM_WAKE, 0);

	it->node = p->index;
	it->life = p->life;
	p->wake = at;
	queue_put(&p->world->queue, at, it);
}

static void tell(struct place *p, const struct ev *ev)
{
	if (!p->alive)
		return;
	node_handle(&p->node, p->world->now, ev, &p->fx);
	wake_later(p);
}

/* What the portable data path does: ask for a verdict, else give it to the engine. */
static void payload(struct place *p, uint8_t port, const uint8_t *frame, size_t len)
{
	struct verdict v;
	uint8_t out[VERDICT_HEAD_MAX + 2048];

	if (!p->alive)
		return;
	l2_forward(&p->node.l2, port, frame, len, len, &v);
	switch (v.kind) {
	case VERDICT_UP:
		tell(p, &(struct ev){.kind = EV_FRAME, .frame = {port, frame, len}});
		return;
	case VERDICT_DROP: return;
	case VERDICT_SEND:
	case VERDICT_DELIVER: break;
	}
	size_t body = len - v.strip;
	assert(v.strip <= len && v.head_len + body <= sizeof(out));
	memcpy(out, v.head, v.head_len);
	memcpy(out + v.head_len, frame + v.strip, body);
	l2_forwarded(&p->node.l2, p->world->now, &v, 1, len);
	if (v.kind == VERDICT_SEND)
		transmit(p, v.port, out, v.head_len + body);
	else
		lan_deliver(p, out, v.head_len + body, NULL);
}

static void lan_happen(struct place *p, const struct item *it)
{
	struct ev ev = {.kind = EV_DATAGRAM};

	if (it->kind == ITEM_LAN_RX) {
		if (stack_rx(&p->lan, it->bytes, it->len, &ev.datagram))
			tell(p, &ev);
		return;
	}
	lan_deliver(p, it->bytes, it->len, NULL);
	payload(p, PORT_CLOUD, it->bytes, it->len);
	wake_later(p);
}

static void happen(struct world *w, const struct item *it)
{
	struct place *p = w->place[it->node];

	if (!p->alive || p->life != it->life)
		return;
	if (it->kind == ITEM_WAKE && it->at.us != p->wake.us)
		return; /* another one came before it */
	mix(w, (uint64_t)w->now.us);
	mix(w, (uint64_t)it->node << 32 | (uint64_t)it->kind << 24 | it->port);
	if (it->kind == ITEM_WAKE) {
		p->wakes = p->woken.us == w->now.us ? p->wakes + 1 : 0;
		p->woken = w->now;
		assert(p->wakes < WAKES_MAX);
		p->wake = NEVER;
		tell(p, &(struct ev){.kind = EV_DEADLINE});
		return;
	}
	mix(w, crc32c(0, it->bytes, it->len));
	if (it->kind != ITEM_ARRIVE) {
		lan_happen(p, it);
		return;
	}
	if (!member_of(&w->segment[p->segment_of[it->port]], it->node)->cut)
		payload(p, it->port, it->bytes, it->len);
}

/* ---- the public side ---- */

struct world *world_new(uint64_t seed)
{
	struct world *w = grown(NULL, 1, sizeof(*w));

	*w = (struct world){.now = {1000000}, .digest = seed};
	prng_seed(&w->prng, seed);
	return w;
}

void world_free(struct world *w)
{
	for (unsigned i = 0; i < w->places; i++) {
		if (w->place[i]->alive)
			node_fini(&w->place[i]->node);
		stack_fini(&w->place[i]->lan);
		free(w->place[i]);
	}
	for (unsigned i = 0; i < w->segments; i++) {
		free(w->segment[i].member);
		free(w->segment[i].deaf);
		if (w->segment[i].pcap)
			fclose(w->segment[i].pcap);
	}
	queue_fini(&w->queue);
	free(w->place);
	free(w->segment);
	free(w->client);
	free(w);
}

instant world_now(const struct world *w)
{
	return w->now;
}

/* Worlds need no identifiers of LibreMesh: a hash that is none will do. */
static void no_md5(const void *data, size_t len, uint8_t digest[16])
{
	uint32_t c = crc32c(0, data, len);

	for (unsigned i = 0; i < 16; i++)
		digest[i] = (uint8_t)(c >> (i % 4 * 8));
}

static void place_boot(struct place *p)
{
	static const struct crypto crypto = {.md5 = no_md5};
	struct node_env env = {.crypto = &crypto};
	enum err e = node_init(&p->node, &p->conf, &env, p->world->now, p->seed);

	assert(e == OK);
	p->alive = true;
	p->life++;
	p->wake = NEVER;
	if (p->node.share)
		tell(p, &(struct ev){.kind = EV_CLIENT,
				     .client = {CLIENT_PERMANENT, p->lan.self, 0, false}});
}

/* Tells the node of its port as it is now. */
static void port_tell(struct place *p, unsigned port)
{
	struct segment *s = &p->world->segment[p->segment_of[port]];
	struct ev_port ev = {.port = (uint8_t)port,
			     .up = !member_of(s, p->index)->down,
			     .wifi = s->conf.wifi,
			     .mac = port_mac(p->index, port),
			     .mtu_bytes = s->conf.mtu_bytes ? s->conf.mtu_bytes : MTU_DEFAULT};

	tell(p, &(struct ev){.kind = EV_PORT, .port = ev});
}

unsigned world_node_with(struct world *w, const struct node_conf *conf)
{
	assert(w->places < WORLD_NODES_MAX);
	w->place = grown(w->place, w->places + 1, sizeof(*w->place));

	struct place *p = grown(NULL, 1, sizeof(*p));
	*p = (struct place){.fx = {emit}, .world = w, .conf = *conf, .index = (uint16_t)w->places};
	p->lan.self = p->conf.plan.primary_mac = bridge_mac(p->index);
	w->place[w->places] = p;
	p->seed = prng_u64(&w->prng);
	place_boot(p);
	return w->places++;
}

unsigned world_node(struct world *w)
{
	struct node_conf conf = {.plan = plan_conf_default(), .l2 = l2_conf_default()};

	return world_node_with(w, &conf);
}

struct node *world_node_at(struct world *w, unsigned node)
{
	assert(node < w->places);
	return &w->place[node]->node;
}

struct mac world_node_mac(const struct world *w, unsigned node)
{
	assert(node < w->places);
	return port_mac(node, 0);
}

unsigned world_node_of(const struct world *w, struct mac port)
{
	unsigned node = (unsigned)port.b[2] << 8 | port.b[3];

	if (node >= w->places || port.b[4] >= w->place[node]->ports)
		return WORLD_NOWHERE;
	return mac_equal(port, port_mac(node, port.b[4])) ? node : WORLD_NOWHERE;
}

unsigned world_segment(struct world *w, const struct segment_conf *conf)
{
	assert(w->segments < WORLD_SEGMENTS_MAX);
	w->segment = grown(w->segment, w->segments + 1, sizeof(*w->segment));
	w->segment[w->segments] = (struct segment){.conf = *conf};
	return w->segments++;
}

unsigned world_join(struct world *w, unsigned node, unsigned segment)
{
	struct place *p = w->place[node];
	struct segment *s = &w->segment[segment];

	assert(p->ports < p->conf.l2.ports_max && !member_of(s, node));
	s->member = grown(s->member, s->members + 1, sizeof(*s->member));
	s->member[s->members++] = (struct member){.node = (uint16_t)node, .port = p->ports};
	p->segment_of[p->ports] = (uint16_t)segment;
	port_tell(p, p->ports);
	return p->ports++;
}

void world_change(struct world *w, unsigned segment, const struct segment_conf *conf)
{
	struct segment *s = &w->segment[segment];
	bool told = s->conf.mtu_bytes != conf->mtu_bytes;

	s->conf = *conf;
	for (unsigned i = 0; told && i < s->members; i++)
		port_tell(w->place[s->member[i].node], s->member[i].port);
}

void world_deaf(struct world *w, unsigned segment, unsigned a, unsigned b)
{
	world_deaf_one_way(w, segment, a, b);
	world_deaf_one_way(w, segment, b, a);
}

void world_deaf_one_way(struct world *w, unsigned segment, unsigned a, unsigned b)
{
	struct segment *s = &w->segment[segment];

	s->deaf = grown(s->deaf, s->deafs + 1, sizeof(*s->deaf));
	s->deaf[s->deafs++] = (struct deaf){(uint16_t)a, (uint16_t)b};
}

void world_cut(struct world *w, unsigned node, unsigned segment, bool carrier)
{
	struct member *m = member_of(&w->segment[segment], node);

	assert(m);
	m->cut = true;
	m->down |= carrier;
	if (carrier)
		port_tell(w->place[node], m->port);
}

void world_heal(struct world *w, unsigned node, unsigned segment)
{
	struct member *m = member_of(&w->segment[segment], node);

	assert(m);
	m->cut = m->down = false;
	port_tell(w->place[node], m->port);
}

void world_side(struct world *w, unsigned node, unsigned segment, uint8_t side)
{
	struct member *m = member_of(&w->segment[segment], node);

	assert(m);
	m->side = side;
}

void world_kill(struct world *w, unsigned node)
{
	struct place *p = w->place[node];

	assert(p->alive);
	node_fini(&p->node);
	p->alive = false;
}

void world_restart(struct world *w, unsigned node)
{
	struct place *p = w->place[node];

	assert(!p->alive);
	place_boot(p);
	for (unsigned i = 0; i < p->ports; i++)
		port_tell(p, i);
}

void world_start(struct world *w, unsigned node)
{
	w->place[node]->seed = prng_u64(&w->prng);
	world_restart(w, node);
}

void world_watch(struct world *w, void (*seen)(void *ctx, unsigned node, const struct effect *e),
		 void *ctx)
{
	w->watch = seen;
	w->watch_ctx = ctx;
}

void world_tell(struct world *w, unsigned node, const struct ev *ev)
{
	tell(w->place[node], ev);
}

static void client_tell(struct world *w, const struct client *c, enum client_change change)
{
	struct ev_client ev = {.change = change, .mac = c->mac};

	tell(w->place[c->node], &(struct ev){.kind = EV_CLIENT, .client = ev});
}

/* No two the same, and nearly random: the CRCs of translation tables are linear, and tables
 * of MACs that count up look alike too often. */
static struct mac client_mac(unsigned i)
{
	uint64_t r = prng_mix(i);

	return (struct mac){{0x02, (uint8_t)r, (uint8_t)(r >> 8), (uint8_t)(r >> 16),
			     (uint8_t)(i >> 8), (uint8_t)i}};
}

unsigned world_client(struct world *w, unsigned node)
{
	unsigned i = w->clients;

	assert(i < WORLD_CLIENTS_MAX && node < w->places);
	w->client = grown(w->client, i + 1, sizeof(*w->client));
	w->client[i] = (struct client){
		.mac = client_mac(i),
		.node = (uint16_t)node,
	};
	w->clients++;
	return i;
}

struct mac world_client_mac(const struct world *w, unsigned client)
{
	assert(client < w->clients);
	return w->client[client].mac;
}

void world_roam(struct world *w, unsigned client, unsigned node, bool seen)
{
	struct client *c = &w->client[client];

	assert(node < w->places);
	c->node = (uint16_t)node;
	if (seen)
		client_tell(w, c, CLIENT_SEEN);
}

void world_leave(struct world *w, unsigned client)
{
	client_tell(w, &w->client[client], CLIENT_GONE);
}

void world_vanish(struct world *w, unsigned client)
{
	w->client[client].node = WORLD_NOWHERE;
}

void world_send(struct world *w, unsigned client, struct mac dst, uint32_t number, size_t len)
{
	struct client *c = &w->client[client];
	uint8_t frame[1514] = {0};
	struct wr out = wr_over(frame, sizeof(frame));

	assert(len >= 46 && len <= 1500 && c->node != WORLD_NOWHERE);
	struct place *p = w->place[c->node];
	ethernet_write(&out, dst, c->mac, ETHERTYPE_WORLD);
	wr_u32(&out, number);
	len += ETHERNET_HEADER;
	wr_u16(&out, (uint16_t)len);
	payload_fill(frame, len, number);
	lan_deliver(p, frame, len, c);

	bool here = false;
	for (unsigned i = 0; i < w->clients; i++)
		here |= w->client[i].node == c->node && mac_equal(w->client[i].mac, dst);
	if (!here && p->alive) {
		payload(p, PORT_CLOUD, frame, len);
		wake_later(p);
	}
}

const struct world_inbox *world_inbox(const struct world *w, unsigned client)
{
	assert(client < w->clients);
	return &w->client[client].inbox;
}

bool world_run_until(struct world *w, span at_most, bool (*pred)(struct world *, void *), void *arg)
{
	instant end = instant_add(w->now, at_most);

	for (;;) {
		if (pred && pred(w, arg))
			return true;
		const struct item *next = queue_peek(&w->queue);

		if (!next || instant_before(end, next->at)) {
			w->now = end;
			return false;
		}
		struct item *it = queue_take(&w->queue);
		w->now = it->at;
		happen(w, it);
		free(it);
	}
}

void world_run(struct world *w, span duration)
{
	world_run_until(w, duration, NULL, NULL);
}

struct world_traffic world_traffic_of(const struct world *w, unsigned node)
{
	struct world_traffic sum = {0};

	for (unsigned i = 0; i < w->place[node]->ports; i++) {
		struct world_traffic t = world_traffic_by(w, node, i);

		sum.frames += t.frames;
		sum.bytes += t.bytes;
		sum.ogm_frames += t.ogm_frames;
		sum.ogm_bytes += t.ogm_bytes;
		sum.bcast_frames += t.bcast_frames;
		sum.tt_requests += t.tt_requests;
		sum.circled += t.circled;
	}
	return sum;
}

struct world_traffic world_traffic_by(const struct world *w, unsigned node, unsigned port)
{
	assert(port < w->place[node]->ports);
	return w->place[node]->traffic[port];
}

uint64_t world_digest(const struct world *w)
{
	return w->digest;
}

bool world_pcap(struct world *w, unsigned segment, const char *path)
{
	struct segment *s = &w->segment[segment];
	const uint32_t head[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};

	if (s->pcap)
		fclose(s->pcap);
	s->pcap = path ? fopen(path, "wb") : NULL;
	if (s->pcap)
		fwrite(head, sizeof(head), 1, s->pcap);
	return !path || s->pcap;
}
