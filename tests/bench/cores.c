/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cores cost, without a kernel: nanoseconds of CPU and allocations for one OGM, one change
 * of a table of clients, one decision on a frame; for clouds of several sizes. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/crc32c.h"
#include "core/l2/forward.h"
#include "core/l2/l2.h"
#include "core/l2/tt_vlan.h"
#include "wire/batadv.h"
#include "wire/ethernet.h"

/* The linker gives us what the pools allocate. */
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static uint64_t allocations;

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

enum {
	NODES_MAX = 1000,
	NEIGHBOURS = 4, /* the others are behind these */
	ROUNDS = 20,
	FRAME = 1400,
	MTU = 1560,
	CLIENT = 0xc0,
	OTHER = 0xb0,
	WARM_S = 10,
};

struct cloud {
	struct fx fx;
	struct l2 l2;
	instant now;
	unsigned nodes;
	uint32_t seqno;
	uint8_t ttvn[NODES_MAX];
	uint32_t crc[NODES_MAX];
	unsigned clients[NODES_MAX];
};

static void emit(struct fx *fx, const struct effect *e)
{
	(void)fx;
	(void)e;
}

static struct mac mac_of(uint8_t kind, unsigned n, unsigned k)
{
	return (struct mac){
		{0x02, kind, (uint8_t)k, (uint8_t)(k >> 8), (uint8_t)(n >> 8), (uint8_t)n}};
}

static struct mac node_mac(unsigned n)
{
	return mac_of(OTHER, n, 0);
}

static const struct mac own_mac = {{0x02, 0xaa, 0, 0, 0, 1}};

static void handle(struct cloud *c, const struct ev *ev)
{
	l2_handle(&c->l2, c->now, ev, &c->fx);
}

/* Time passes, and what is due is done. */
static void pass(struct cloud *c, span time)
{
	const instant end = instant_add(c->now, time);

	while (instant_reached(l2_deadline(&c->l2), end)) {
		if (instant_before(c->now, l2_deadline(&c->l2)))
			c->now = l2_deadline(&c->l2);
		handle(c, &(struct ev){.kind = EV_DEADLINE});
	}
	c->now = end;
}

/* Its table of clients, as its OGM has it; change: NULL, or the client that is new. */
static size_t table_write(const struct cloud *c, unsigned n, const struct mac *change, uint8_t *to,
			  size_t room)
{
	struct wr w = wr_over(to, room);

	batadv_tvlv_write(&w, TVLV_TT, 1,
			  (uint16_t)(BATADV_TT_LEN + BATADV_TT_VLAN_LEN +
				     (change ? BATADV_TT_CHANGE_LEN : 0)));
	batadv_tt_write(&w, TT_OGM_DIFF, c->ttvn[n], 1);
	batadv_tt_vlan_write(&w, (struct batadv_tt_vlan){c->crc[n], 0});
	if (change)
		batadv_tt_change_write(&w, (struct batadv_tt_change){0, *change, 0});
	assert(!w.bad);
	return wr_len(&w);
}

/* An OGM of node n comes from neighbour `by`. */
static void ogm(struct cloud *c, unsigned n, unsigned by, const struct mac *change)
{
	uint8_t tvlv[64], frame[256];
	struct wr w = wr_over(frame, sizeof(frame));
	const struct batadv_ogm o = {
		.ttl = n == by ? BATADV_TTL : BATADV_TTL - 1,
		.seqno = c->seqno,
		.orig = node_mac(n),
		.prev_sender = node_mac(n),
		.tq = n == by ? 255 : 220,
		.tvlv = tvlv,
		.tvlv_len = (uint16_t)table_write(c, n, change, tvlv, sizeof(tvlv)),
	};

	ethernet_write(&w, MAC_BROADCAST, node_mac(by), ETHERTYPE_BATADV);
	batadv_ogm_write(&w, &o);
	assert(!w.bad);
	handle(c, &(struct ev){.kind = EV_FRAME, .frame = {0, frame, wr_len(&w)}});
}

/* One of ours comes back from a neighbour: the link works both ways. */
static void echo(struct cloud *c, unsigned by)
{
	uint8_t frame[64];
	struct wr w = wr_over(frame, sizeof(frame));
	const struct batadv_ogm o = {.flags = OGM_DIRECTLINK,
				     .ttl = BATADV_TTL - 1,
				     .seqno = c->l2.ports.at[0].ogm_seqno,
				     .orig = own_mac,
				     .prev_sender = own_mac,
				     .tq = 255};

	ethernet_write(&w, MAC_BROADCAST, node_mac(by), ETHERTYPE_BATADV);
	batadv_ogm_write(&w, &o);
	handle(c, &(struct ev){.kind = EV_FRAME, .frame = {0, frame, wr_len(&w)}});
}

static void client_add(struct cloud *c, unsigned n)
{
	const struct mac mac = mac_of(CLIENT, n, c->clients[n]++);

	c->ttvn[n]++;
	c->crc[n] ^= tt_entry_crc(mac, 0, 0);
	ogm(c, n, n % NEIGHBOURS, &mac);
}

static void second(struct cloud *c)
{
	pass(c, span_s(1));
	for (unsigned i = 0; i < NEIGHBOURS; i++)
		echo(c, i);
	c->seqno++;
	for (unsigned n = 0; n < c->nodes; n++)
		ogm(c, n, n % NEIGHBOURS, NULL);
}

static struct cloud *cloud_new(unsigned nodes)
{
	struct cloud *c = calloc(1, sizeof(*c));
	struct l2_conf conf = l2_conf_default();
	struct ev port = {.kind = EV_PORT, .port = {.up = true, .mac = own_mac, .mtu_bytes = MTU}};

	assert(c && nodes >= NEIGHBOURS);
	conf.ports_max = 2;
	conf.clients_here_max = NODES_MAX * ROUNDS + 1;
	*c = (struct cloud){.fx = {emit}, .now = {1000000000}, .nodes = nodes, .seqno = 1000};
	if (l2_init(&c->l2, &conf, c->now, 1) != OK)
		abort();
	handle(c, &port);
	handle(c,
	       &(struct ev){.kind = EV_CLIENT,
			    .client = {.change = CLIENT_SEEN, .mac = mac_of(CLIENT, 0xffff, 0)}});
	for (unsigned i = 0; i < WARM_S; i++)
		second(c);
	c->seqno++;
	for (unsigned n = 0; n < nodes; n++)
		client_add(c, n);
	for (unsigned i = 0; i < WARM_S; i++)
		second(c);
	return c;
}

static void cloud_free(struct cloud *c)
{
	l2_fini(&c->l2);
	free(c);
}

/* ---- measuring ---- */

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* What is measured is done once for each node, in each round. */
typedef void work(struct cloud *c, unsigned n, unsigned round);

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *what, struct cloud *c, work *before, work *one)
{
	double ns[ROUNDS];
	uint64_t allocated = 0;

	for (unsigned r = 0; r < ROUNDS; r++) {
		if (before)
			before(c, 0, r);
		const uint64_t alloc = allocations, began = cpu_ns();

		for (unsigned n = 0; n < c->nodes; n++)
			one(c, n, r);
		ns[r] = (double)(cpu_ns() - began) / c->nodes;
		allocated += allocations - alloc;
	}
	qsort(ns, ROUNDS, sizeof(*ns), by_size);
	printf("{\"what\": \"%s\", \"nodes\": %u, \"ns\": %.1f, \"allocations\": %.3f}\n", what,
	       c->nodes, ns[ROUNDS / 2], (double)allocated / (ROUNDS * (double)c->nodes));
}

static void next_number(struct cloud *c, unsigned n, unsigned round)
{
	(void)n;
	(void)round;
	pass(c, span_s(1));
	for (unsigned i = 0; i < NEIGHBOURS; i++)
		echo(c, i);
	c->seqno++;
}

static void ogm_new(struct cloud *c, unsigned n, unsigned round)
{
	(void)round;
	ogm(c, n, n % NEIGHBOURS, NULL);
}

static void ogm_again(struct cloud *c, unsigned n, unsigned round)
{
	(void)round;
	ogm(c, n, n < NEIGHBOURS ? n : (n + 1) % NEIGHBOURS, NULL);
}

static void ogm_change(struct cloud *c, unsigned n, unsigned round)
{
	(void)round;
	client_add(c, n);
}

static void client_new(struct cloud *c, unsigned n, unsigned round)
{
	handle(c, &(struct ev){.kind = EV_CLIENT,
			       .client = {.change = CLIENT_SEEN,
					  .mac = mac_of(CLIENT, n, 0x8000 + round)}});
}

static void decide(struct cloud *c, uint8_t port, const struct wr *w, enum verdict_kind kind)
{
	struct verdict v;

	l2_forward(&c->l2, port, w->start, wr_len(w), FRAME, &v);
	if (v.kind != kind) {
		fprintf(stderr, "a frame had verdict %d, not %d\n", v.kind, kind);
		exit(1);
	}
}

static void from_lan(struct cloud *c, struct mac to, enum verdict_kind kind)
{
	uint8_t frame[128] = {0};
	struct wr w = wr_over(frame, sizeof(frame));

	ethernet_write(&w, to, mac_of(CLIENT, 0xffff, 0), 0x88b6);
	w.at = w.start + sizeof(frame) / 2;
	decide(c, PORT_CLOUD, &w, kind);
}

static void frame_in(struct cloud *c, unsigned n, unsigned round)
{
	(void)round;
	from_lan(c, mac_of(CLIENT, n, 0), VERDICT_SEND);
}

static void frame_unknown(struct cloud *c, unsigned n, unsigned round)
{
	from_lan(c, mac_of(CLIENT, n, 0x4000 + round), VERDICT_UP);
}

static void frame_through(struct cloud *c, unsigned n, unsigned round)
{
	uint8_t frame[128] = {0};
	struct wr w = wr_over(frame, sizeof(frame));
	const struct batadv_unicast u = {
		.ttl = BATADV_TTL, .ttvn = c->ttvn[n], .dest = node_mac(n)};

	(void)round;
	ethernet_write(&w, own_mac, node_mac((n + 1) % NEIGHBOURS), ETHERTYPE_BATADV);
	batadv_unicast_write(&w, &u);
	ethernet_write(&w, mac_of(CLIENT, n, 0), mac_of(CLIENT, n, 1), 0x88b6);
	decide(c, 0, &w, VERDICT_SEND);
}

/* For scale: what depends on the machine alone. */
static void sum(struct cloud *c, unsigned n, unsigned round)
{
	static uint8_t bytes[1500];
	static volatile uint32_t crc;

	(void)c;
	bytes[round] = (uint8_t)n;
	crc = crc32c(crc, bytes, sizeof(bytes));
}

int main(int argc, char **argv)
{
	const unsigned nodes = argc == 2 ? (unsigned)atoi(argv[1]) : 0;

	if (nodes < NEIGHBOURS || nodes > NODES_MAX) {
		fprintf(stderr, "usage: cores NODES, %d to %d\n", NEIGHBOURS, NODES_MAX);
		return 2;
	}
	struct cloud *c = cloud_new(nodes);

	measure("crc32c of 1500 bytes", c, NULL, sum);
	measure("OGM, new number", c, next_number, ogm_new);
	measure("OGM, heard before", c, NULL, ogm_again);
	measure("OGM with a new client", c, next_number, ogm_change);
	measure("client seen here, new", c, NULL, client_new);
	measure("frame from the LAN", c, NULL, frame_in);
	measure("... for nobody known", c, NULL, frame_unknown);
	measure("frame passing through", c, NULL, frame_through);
	cloud_free(c);
	return 0;
}
