/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l3_record - four engines of the network in virtual time, with real keys and signatures, and
 * what is heard on the segment that three of them share, as a capture.
 *
 *     l3_record CAPTURE SECRETS
 *
 * SECRETS gets lines as tests/capture/bmx7/decode.py -s reads them: the id of a node, any other
 * text of the same form, and what the node shares with some other. The fourth node is behind the
 * third, so that OGMs are passed on. Link keys live for 20 s. Prints what was sent and known.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/job_result.h"
#include "core/l3/internal.h"
#include "drv/crypto.h"
#include "drv/public_key.h"
#include "wire/bmx7_prefix.h"

enum {
	NODES = 4,
	SEGMENTS = 2,
	STEP_MS = 5,
	RUN_S = 60,
	FLIGHT_MAX = 200,
	HEADERS = 14 + 40 + 8, /* Ethernet, IPv6, UDP */
};

struct done {
	struct list queue;
	uint32_t id;
	struct job_result r;
};

struct host {
	struct fx fx;
	struct l3 *l3;
	struct job_result key;
	uint8_t index;
	unsigned ports;
	unsigned routes;
	struct list jobs;
};

struct flight {
	struct ipv6 from;
	unsigned segment;
	uint8_t sender;
	size_t len;
	uint8_t data[BMX7_PACKET_MAX];
};

static struct host hosts[NODES];
static struct flight flights[FLIGHT_MAX];
static unsigned in_flight;
static instant now;
static FILE *capture, *secrets;

/* Node 2 has a port on both segments, the others one on theirs. */
static int segment_of(unsigned node, unsigned port)
{
	if (node == 2)
		return (int)port;
	return port > 0 ? -1 : node == 3;
}

static struct ipv6 address_of(unsigned node, unsigned port)
{
	return (struct ipv6){
		{0xfe, 0x80, [8] = 2, [14] = (uint8_t)port, [15] = (uint8_t)(node + 1)}, 128};
}

/* ---- the capture ---- */

static void put(const void *data, size_t len)
{
	if (fwrite(data, 1, len, capture) != len)
		abort();
}

static void capture_begin(void)
{
	const uint32_t words[] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};

	put(words, sizeof(words));
}

static void capture_packet(const struct flight *f)
{
	uint8_t bytes[HEADERS] = {0x33, 0x33, 0, 0, 0, 2, 2, 0, 0, 0, 0, f->sender, 0x86, 0xdd};
	struct wr w = wr_over(bytes + 14, sizeof(bytes) - 14);
	uint16_t udp = (uint16_t)(f->len + 8);
	const uint32_t record[] = {(uint32_t)(now.us / 1000000), (uint32_t)(now.us % 1000000),
				   (uint32_t)(HEADERS + f->len), (uint32_t)(HEADERS + f->len)};
	static const uint8_t all_routers[16] = {0xff, 2, [15] = 2};

	wr_u32(&w, 6U << 28);
	wr_u16(&w, udp);
	wr_u8(&w, 17);
	wr_u8(&w, 1);
	wr_bytes(&w, f->from.b, 16);
	wr_bytes(&w, all_routers, 16);
	wr_u16(&w, NETWORK_UDP_PORT);
	wr_u16(&w, NETWORK_UDP_PORT);
	wr_u16(&w, udp);
	wr_u16(&w, 0);
	put(record, sizeof(record));
	put(bytes, sizeof(bytes));
	put(f->data, f->len);
}

/* ---- effects ---- */

static void send(struct host *h, const struct fx_network_send *s)
{
	struct flight *f = &flights[in_flight++];

	assert(in_flight < FLIGHT_MAX);
	f->from = address_of(h->index, s->port);
	f->segment = (unsigned)segment_of(h->index, s->port);
	f->sender = h->index;
	f->len = s->len;
	memcpy(f->data, s->data, s->len);
	if (f->segment == 0)
		capture_packet(f);
}

static void job(struct host *h, const struct job *j)
{
	struct done *d = calloc(1, sizeof(*d));
	char id[DIGEST_TEXT], shared[DIGEST_TEXT];
	struct digest self = l3_id(h->l3);

	assert(d);
	d->id = j->id;
	public_key_job(j, &d->r);
	list_append(&h->jobs, &d->queue);
	if (j->kind != JOB_DH_SHARED || !d->r.ok)
		return;
	struct digest s = digest_from(d->r.result);
	digest_print(&s, shared);
	fprintf(secrets, "%s %s %s\n", digest_print(&self, id), shared, shared);
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct host *h = container_of(fx, struct host, fx);
	const struct fx_network *n = &e->network;

	assert(e->kind == FX_NETWORK);
	switch (n->kind) {
	case NETWORK_SEND: send(h, &n->send); break;
	case NETWORK_JOB: job(h, &n->job); break;
	case NETWORK_ROUTE: h->routes++; break;
	case NETWORK_ADDRESS:
	case NETWORK_KEEP:
	case NETWORK_DESCRIBED:
	case NETWORK_PATH:
	case NETWORK_NOTE: break;
	}
}

/* ---- the hosts ---- */

static void tell(struct host *h, const struct ev_network *n)
{
	struct ev ev = {.kind = n ? EV_NETWORK : EV_DEADLINE};

	if (n)
		ev.network = *n;
	l3_handle(h->l3, now, &ev, &h->fx);
}

static void publish(struct host *h)
{
	uint8_t bytes[2000];
	struct wr w = wr_over(bytes, sizeof(bytes));

	for (unsigned i = 0; i < 200; i++)
		bmx7_net4_write(&w,
				&(struct bmx7_net4){.bandwidth = (uint8_t)(i * 37 % 200),
						    .net = {{10, h->index, (uint8_t)i, 0}, 24}});
	tell(h, &(struct ev_network){.kind = NETWORK_PUBLISH,
				     .publish = {BMX7_TUN4IN6_NET, bytes, wr_len(&w)}});
}

static void start(struct host *h, uint8_t index)
{
	struct l3_conf conf = l3_conf_default();

	h->index = index;
	h->fx.emit = emit;
	list_init(&h->jobs);
	public_key_job(&(struct job){.kind = JOB_RSA_KEY,
				     .type = index == 0 ? BMX7_RSA2048 : BMX7_RSA1024},
		       &h->key);
	assert(h->key.ok);
	conf.node_secret = (struct job_bytes){h->key.secret, h->key.secret_len};
	conf.node_public = (struct job_bytes){h->key.public, h->key.public_len};
	conf.key_lifetime = span_s(20);
	snprintf(conf.hostname, sizeof(conf.hostname), "anna-%u", index);
	h->l3 = l3_new(&conf, crypto_mbedtls(), now, index + 1U);
	assert(h->l3);
	for (uint8_t port = 0; port < 2; port++) {
		if (segment_of(index, port) < 0)
			continue;
		tell(h, &(struct ev_network){.kind = NETWORK_PORT,
					     .port = {.port = port,
						      .up = true,
						      .wireless = index == 2 && port == 1,
						      .channel = index == 2 && port == 1 ? 6 : 0,
						      .link_local = address_of(index, port)}});
	}
}

static void deliver(const struct flight *f)
{
	for (unsigned i = 0; i < NODES; i++) {
		for (uint8_t port = 0; port < 2 && i != f->sender; port++) {
			if (segment_of(i, port) != (int)f->segment)
				continue;
			tell(&hosts[i],
			     &(struct ev_network){.kind = NETWORK_DATAGRAM,
						  .datagram = {port, f->from, f->data, f->len}});
		}
	}
}

static void jobs_finish(struct host *h)
{
	while (!list_empty(&h->jobs)) {
		struct done *d = container_of(h->jobs.next, struct done, queue);
		struct ev_network n = {.kind = NETWORK_JOB_DONE,
				       .done = job_result_done(d->id, &d->r)};

		list_del(&d->queue);
		tell(h, &n);
		free(d);
	}
}

static void step(void)
{
	static struct flight arriving[FLIGHT_MAX];
	unsigned count = in_flight;

	memcpy(arriving, flights, count * sizeof(flights[0]));
	in_flight = 0;
	for (unsigned i = 0; i < count; i++)
		deliver(&arriving[i]);
	for (unsigned i = 0; i < NODES; i++) {
		jobs_finish(&hosts[i]);
		if (instant_reached(l3_deadline(hosts[i].l3), now))
			tell(&hosts[i], NULL);
	}
	now = instant_add(now, span_ms(STEP_MS));
}

static void summary(const struct host *h)
{
	const struct l3_counters *c = l3_counters(h->l3);
	struct digest offerer = l3_id(hosts[1].l3);
	size_t offered = l3_node_tlv(h->l3, &offerer, BMX7_TUN4IN6_NET).len;
	struct l3_node_view nodes[NODES + 1];
	size_t known = l3_nodes(h->l3, now, nodes, NODES + 1);
	unsigned routed = 0;

	for (size_t n = 0; n < known; n++)
		routed += nodes[n].state == L3_NODE_DESCRIBED && nodes[n].metric > 0;
	printf("node %u: sent %llu verified %llu unverified %llu forged %llu known %zu "
	       "offered %zu routed %u\n",
	       h->index, (unsigned long long)c->tx, (unsigned long long)c->rx_verified,
	       (unsigned long long)c->rx_unverified, (unsigned long long)c->forged, known, offered,
	       routed);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	capture = fopen(argv[1], "wb");
	secrets = fopen(argv[2], "w");
	if (!capture || !secrets)
		return 2;
	capture_begin();
	now = (instant){1000000};
	for (uint8_t i = 0; i < NODES; i++)
		start(&hosts[i], i);
	publish(&hosts[1]);
	for (unsigned i = 0; i < RUN_S * 1000 / STEP_MS; i++)
		step();
	for (unsigned i = 0; i < NODES; i++)
		summary(&hosts[i]);
	for (unsigned i = 0; i < NODES; i++) {
		jobs_finish(&hosts[i]);
		l3_free(hosts[i].l3);
	}
	fclose(capture);
	fclose(secrets);
	return 0;
}
