/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "l2_net.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "wire/ethernet.h"

enum { TEST_TYPE = 0x88b6, QUEUE_MAX = 20000 };

/* A frame under way to one receiver. */
struct net_item {
	struct net_item *next;
	instant at;
	int node; /* or NET_NOWHERE: to client */
	int client;
	uint8_t port;
	size_t len;
	uint8_t bytes[];
};

static void enqueue(struct net *n, span delay, int node, int client, uint8_t port,
		    const uint8_t *bytes, size_t len)
{
	struct net_item *i = malloc(sizeof(*i) + len), **at = &n->queue;

	assert(i);
	assert(n->queued < QUEUE_MAX); /* a storm is a failure */
	*i = (struct net_item){.at = instant_add(n->now, delay),
			       .node = node,
			       .client = client,
			       .port = port,
			       .len = len};
	memcpy(i->bytes, bytes, len);
	while (*at && !instant_before(i->at, (*at)->at))
		at = &(*at)->next;
	i->next = *at;
	*at = i;
	n->queued++;
}

/* ---- media ---- */

static void on_segment(struct net *n, int from, uint8_t port, const uint8_t *bytes, size_t len)
{
	int s = n->node[from].segment[port];
	struct net_segment *seg = &n->segment[s];

	assert(len > ETHERNET_HEADER && len <= ETHERNET_HEADER + (size_t)seg->mtu);
	seg->frames[bytes[ETHERNET_HEADER]]++;
	for (int i = 0; i < n->nodes; i++) {
		for (uint8_t p = 0; p < n->node[i].ports; p++) {
			if (n->node[i].segment[p] == s && (i != from || p != port))
				enqueue(n, seg->delay, i, NET_NOWHERE, p, bytes, len);
		}
	}
}

static void on_lan(struct net *n, int lan, int from_node, int from_client, const uint8_t *bytes,
		   size_t len)
{
	for (int i = 0; i < n->nodes; i++) {
		span delay = span_us(n->lan_delay[lan].us * (1 + i * n->lan_skew));

		if (n->node[i].lan == lan && i != from_node)
			enqueue(n, delay, i, NET_NOWHERE, PORT_CLOUD, bytes, len);
	}
	for (int i = 0; i < n->clients; i++) {
		if (n->client[i].lan == lan && i != from_client)
			enqueue(n, n->lan_delay[lan], NET_NOWHERE, i, 0, bytes, len);
	}
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct net_node *node = (struct net_node *)(void *)fx;
	int self = (int)(node - node->net->node);

	switch (e->kind) {
	case FX_SEND:
		on_segment(node->net, self, e->frame.port, e->frame.data, e->frame.len);
		break;
	case FX_DELIVER:
		on_lan(node->net, node->lan, self, NET_NOWHERE, e->frame.data, e->frame.len);
		break;
	case FX_ECHO: node->echo[node->echoes++ % 16] = e->echo; break;
	case FX_FDB:
	case FX_NOTE:
	case FX_DATAGRAM:
	case FX_LEASE:
	case FX_RESERVE:
	case FX_RANGES:
	case FX_NAME:
	case FX_NETWORK:
	case FX_TUNNEL:
	case FX_UPLINK:
	case FX_FORWARDING:
	case FX_HELLO:
	case FX_LAN_ROLE: break;
	}
}

static void carry_out(struct net_node *node, const struct verdict *v, const uint8_t *bytes,
		      size_t len)
{
	size_t out_len = len - v->strip + v->head_len;
	uint8_t *out = malloc(out_len);
	struct effect e = {.kind = v->kind == VERDICT_SEND ? FX_SEND : FX_DELIVER,
			   .frame = {v->port, out, out_len}};

	assert(out);
	memcpy(out, v->head, v->head_len);
	memcpy(out + v->head_len, bytes + v->strip, len - v->strip);
	emit(&node->fx, &e);
	free(out);
}

/* ---- receivers ---- */

static void node_rx(struct net_node *node, const struct net_item *i)
{
	struct ev ev = {.kind = EV_FRAME, .frame = {i->port, i->bytes, i->len}};
	struct verdict v;

	if (!node->running)
		return;
	l2_forward(&node->l2, i->port, i->bytes, i->len, i->len, &v);
	if (v.kind == VERDICT_UP) {
		l2_handle(&node->l2, node->net->now, &ev, &node->fx);
		return;
	}
	if (v.kind != VERDICT_DROP)
		carry_out(node, &v, i->bytes, i->len);
	l2_forwarded(&node->l2, node->net->now, &v, 1, i->len);
}

static void client_rx(struct net *n, struct net_client *c, const struct net_item *i)
{
	struct rd r = rd_over(i->bytes, i->len);
	struct mac dst = rd_mac(&r);

	rd_mac(&r);
	if (rd_u16(&r) != TEST_TYPE || !(mac_is_broadcast(dst) || mac_equal(dst, c->mac)))
		return;
	c->number = rd_u32(&r);
	for (size_t k = 0; rd_left(&r) > 0; k++)
		c->sound = rd_u8(&r) == (uint8_t)(c->number + k * 3) && c->sound;
	c->got++;
	c->len = i->len;
	c->last = n->now;
}

/* The earliest thing to happen until end: a node's deadline, or the queue's head. */
static bool step(struct net *n, instant end)
{
	instant first = n->queue ? n->queue->at : NEVER;
	struct net_node *due = NULL;
	struct ev tick = {.kind = EV_DEADLINE};

	for (int i = 0; i < n->nodes; i++) {
		if (n->node[i].running && instant_before(l2_deadline(&n->node[i].l2), first)) {
			first = l2_deadline(&n->node[i].l2);
			due = &n->node[i];
		}
	}
	if (!instant_reached(first, end))
		return false;
	if (instant_before(n->now, first))
		n->now = first;
	if (due) {
		l2_handle(&due->l2, n->now, &tick, &due->fx);
		return true;
	}
	struct net_item *i = n->queue;
	n->queue = i->next;
	n->queued--;
	if (i->node != NET_NOWHERE)
		node_rx(&n->node[i->node], i);
	else
		client_rx(n, &n->client[i->client], i);
	free(i);
	return true;
}

void net_run(struct net *n, span s)
{
	instant end = instant_add(n->now, s);

	while (step(n, end))
		;
	n->now = end;
}

/* ---- making ---- */

void net_init(struct net *n)
{
	*n = (struct net){.now = {1000 * 1000000LL}};
}

void net_fini(struct net *n)
{
	for (struct net_item *i = n->queue, *next; i; i = next) {
		next = i->next;
		free(i);
	}
	for (int i = 0; i < n->nodes; i++)
		l2_fini(&n->node[i].l2);
}

int net_segment(struct net *n, span delay, uint16_t mtu, bool wifi)
{
	assert(n->segments < NET_SEGMENTS);
	n->segment[n->segments] = (struct net_segment){.delay = delay, .mtu = mtu, .wifi = wifi};
	return n->segments++;
}

int net_lan(struct net *n, span delay)
{
	assert(n->lans < NET_LANS);
	n->lan_delay[n->lans] = delay;
	return n->lans++;
}

int net_node(struct net *n, int lan, const struct l2_conf *conf)
{
	struct l2_conf usual = l2_conf_default();
	struct net_node *node = &n->node[n->nodes];

	assert(n->nodes < NET_NODES);
	*node = (struct net_node){.fx = {emit}, .net = n, .lan = lan, .running = true};
	enum err e = l2_init(&node->l2, conf ? conf : &usual, n->now, 77 + (uint64_t)n->nodes);
	assert(e == OK);
	(void)e;
	return n->nodes++;
}

static void port_tell(struct net *n, int node, uint8_t port, bool up)
{
	const struct net_segment *s = &n->segment[n->node[node].segment[port]];
	struct ev ev = {.kind = EV_PORT};

	ev.port = (struct ev_port){.port = port,
				   .up = up,
				   .wifi = s->wifi,
				   .mac = {{2, 0, 0, 0, (uint8_t)(node + 1), port}},
				   .mtu_bytes = s->mtu};
	l2_handle(&n->node[node].l2, n->now, &ev, &n->node[node].fx);
}

void net_join(struct net *n, int node, int segment)
{
	struct net_node *x = &n->node[node];

	assert(x->ports < PORT_MAX);
	x->segment[x->ports] = segment;
	port_tell(n, node, x->ports++, true);
}

void net_ports(struct net *n, int node, bool up)
{
	for (uint8_t p = 0; p < n->node[node].ports; p++)
		port_tell(n, node, p, up);
}

struct mac net_mac(const struct net *n, int node)
{
	return l2_primary_mac(&n->node[node].l2);
}

int net_client(struct net *n, int lan)
{
	struct net_client *c = &n->client[n->clients];

	assert(n->clients < NET_CLIENTS);
	*c = (struct net_client){.lan = lan, .sound = true};
	c->mac = (struct mac){{2, 0, 0, 0xcc, 0, (uint8_t)(n->clients + 1)}};
	return n->clients++;
}

void net_move(struct net *n, int client, int lan)
{
	n->client[client].lan = lan;
}

void net_send(struct net *n, int client, struct mac dst, uint32_t number, size_t len)
{
	const struct net_client *c = &n->client[client];
	uint8_t *frame = malloc(len);
	struct wr w = wr_over(frame, len);

	assert(frame);
	ethernet_write(&w, dst, c->mac, TEST_TYPE);
	wr_u32(&w, number);
	for (size_t k = 0; wr_left(&w) > 0; k++)
		wr_u8(&w, (uint8_t)(number + k * 3));
	assert(!w.bad);
	if (c->lan != NET_NOWHERE)
		on_lan(n, c->lan, NET_NOWHERE, client, frame, len);
	free(frame);
}

void net_tell(struct net *n, int node, int client, enum client_change change)
{
	struct ev ev = {.kind = EV_CLIENT,
			.client = {.change = change, .mac = n->client[client].mac}};

	l2_handle(&n->node[node].l2, n->now, &ev, &n->node[node].fx);
}

void net_echo(struct net *n, int node, struct mac target, uint8_t ttl, uint16_t seqno)
{
	struct ev ev = {.kind = EV_ECHO,
			.echo = {.token = 1, .target = target, .ttl = ttl, .seqno = seqno}};

	l2_handle(&n->node[node].l2, n->now, &ev, &n->node[node].fx);
}

uint64_t net_frames(const struct net *n, int type)
{
	uint64_t sum = 0;

	for (int i = 0; i < n->segments; i++)
		sum += n->segment[i].frames[type];
	return sum;
}
