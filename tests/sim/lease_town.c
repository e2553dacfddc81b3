/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lease_town.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNIX_S = 1700000000 };

void town_init(struct town *t, const struct town_net *net, unsigned nodes, unsigned clients,
	       uint64_t seed)
{
	assert(nodes <= TOWN_NODES_MAX && clients <= TOWN_CLIENTS_MAX);
	memset(t, 0, sizeof(*t));
	t->net = *net;
	t->lease = span_s(120);
	t->nodes = nodes;
	t->clients = clients;
	prng_seed(&t->prng, seed);
	for (unsigned i = 0; i < nodes; i++)
		t->server[i].dhcp = dhcp_server_new();
	for (unsigned i = 0; i < clients; i++)
		t->client[i].next = NEVER;
}

void town_fini(struct town *t)
{
	for (unsigned i = 0; i < t->nodes; i++)
		dhcp_server_free(t->server[i].dhcp);
	free(t->wait_ms);
}

struct mac town_mac(unsigned client)
{
	uint64_t r = prng_mix(client);

	return (struct mac){{0x0e, (uint8_t)r, (uint8_t)(r >> 8), (uint8_t)(r >> 16),
			     (uint8_t)(client >> 8), (uint8_t)client}};
}

static instant now_of(const struct town *t)
{
	return t->net.now(t->net.ctx);
}

void town_effect(struct town *t, unsigned node, const struct effect *e)
{
	dhcp_server_effect(t->server[node].dhcp, now_of(t), e);
}

/* ---- servers ---- */

static void tell(struct town *t, unsigned node, enum lease_change change, unsigned c, uint32_t ip)
{
	struct ev ev = {.kind = EV_LEASE, .lease = {.change = change}};
	uint32_t now_s = (uint32_t)(now_of(t).us / 1000000);

	ev.lease.lease.mac = town_mac(c);
	ev.lease.lease.ip = ipv4_from_u32(ip, 32);
	ev.lease.lease.since_unix_s = UNIX_S + t->server[node].skew_s + now_s;
	ev.lease.lease.left_s = change == LEASE_DROPPED ? 0 : (uint32_t)(t->lease.us / 1000000);
	snprintf(ev.lease.lease.name, LEASE_NAME_ROOM, "client%u", c);
	t->net.tell(t->net.ctx, node, &ev);
}

static void ack(struct town *t, unsigned c, uint32_t ip)
{
	struct town_client *x = &t->client[c];

	tell(t, x->node, LEASE_GRANTED, c, ip);
	t->acks++;
	if (x->ip != ip) {
		x->granted = t->measures ? now_of(t) : (instant){0};
		x->twin_since = (instant){0};
	}
	x->ip = ip;
	x->until = instant_add(now_of(t), t->lease);
	x->next = instant_add(now_of(t), span_us(t->lease.us / 2));
}

void town_died(struct town *t, unsigned node)
{
	dhcp_server_died(t->server[node].dhcp);
}

struct told {
	struct town *town;
	unsigned node;
};

static void remember(void *ctx, const struct ev *ev)
{
	const struct told *x = ctx;

	x->town->net.tell(x->town->net.ctx, x->node, ev);
}

void town_booted(struct town *t, unsigned node, bool remembers)
{
	struct told x = {t, node};

	if (!remembers)
		dhcp_server_forget(t->server[node].dhcp);
	dhcp_server_booted(t->server[node].dhcp, now_of(t), remember, &x);
}

/* ---- clients ---- */

static bool alive(const struct town *t, unsigned node)
{
	return t->net.leases(t->net.ctx, node) != NULL;
}

unsigned town_node_near(struct town *t, unsigned client)
{
	unsigned half = t->server[t->client[client].node].half, node;

	do
		node = prng_below(&t->prng, t->nodes);
	while (!t->wanderers && t->server[node].half != half);
	return node;
}

void town_join(struct town *t, unsigned client, unsigned node, span wait)
{
	struct town_client *x = &t->client[client];

	x->node = node;
	x->wants = true;
	x->next = instant_add(now_of(t), wait);
}

/* It asks the new node at once whether it may keep its address, as phones do. */
void town_roam(struct town *t, unsigned client, unsigned node)
{
	t->client[client].node = node;
	if (t->client[client].wants)
		t->client[client].next = now_of(t);
}

void town_leave(struct town *t, unsigned client)
{
	struct town_client *x = &t->client[client];

	if (x->ip && alive(t, x->node)) {
		dhcp_server_release(t->server[x->node].dhcp, town_mac(client));
		tell(t, x->node, LEASE_DROPPED, client, x->ip);
	}
	x->wants = false;
	x->ip = 0;
	x->next = NEVER;
	x->granted = x->twin_since = (instant){0};
}

static void lose(struct town_client *x)
{
	x->ip = 0;
	x->granted = x->twin_since = (instant){0};
}

/* Asks for an address, or to keep it. Without an answer it looks for another node. */
static void act(struct town *t, unsigned c)
{
	struct town_client *x = &t->client[c];
	uint32_t ip;

	x->next = instant_add(now_of(t), span_ms(TOWN_TRY_MS));
	if (x->ip && instant_reached(x->until, now_of(t)))
		lose(x);
	if (!alive(t, x->node)) {
		t->unanswered++;
		x->node = town_node_near(t, c);
		return;
	}
	ip = dhcp_server_ask(t->server[x->node].dhcp, now_of(t), town_mac(c), x->ip, t->lease);
	t->naks += x->ip && ip != x->ip;
	if (ip != x->ip)
		lose(x);
	if (ip)
		ack(t, c, ip);
	else
		t->unanswered++;
}

/* ---- what is looked at ---- */

static void look_for_twins(struct town *t)
{
	static uint16_t first[2][TOWN_POOL]; /* by half and address: client + 1 */
	instant now = now_of(t);

	for (unsigned c = 0; c < t->clients; c++) {
		struct town_client *x = &t->client[c];
		uint16_t *at = &first[t->server[x->node].half][x->ip % TOWN_POOL];

		if (!x->ip)
			continue;
		if (!*at) {
			*at = (uint16_t)(c + 1);
			continue;
		}
		struct town_client *y = &t->client[*at - 1];
		if (!x->twin_since.us || !y->twin_since.us) {
			x->twin_since = y->twin_since = now;
			t->twins_ever++;
		}
		if (span_less(t->twins_longest, instant_since(now, x->twin_since)))
			t->twins_longest = instant_since(now, x->twin_since);
	}
	for (unsigned c = 0; c < t->clients; c++)
		for (unsigned half = 0; half < 2; half++)
			first[half][t->client[c].ip % TOWN_POOL] = 0;
}

static bool known_at(const struct town *t, unsigned node, unsigned c)
{
	const struct leases *l = t->net.leases(t->net.ctx, node);
	struct lease_view v;

	return leases_find(l, now_of(t), town_mac(c), &v) &&
	       ipv4_to_u32(v.lease.ip) == t->client[c].ip;
}

static void look_for_known(struct town *t)
{
	for (unsigned c = 0; c < t->clients; c++) {
		struct town_client *x = &t->client[c];
		bool known = true;

		if (!x->granted.us)
			continue;
		for (unsigned i = 0; i < t->nodes && known; i++)
			if (t->server[i].half == t->server[x->node].half && alive(t, i))
				known = known_at(t, i, c);
		if (!known)
			continue;
		if (t->waits == t->waits_room) {
			t->waits_room = 2 * t->waits_room + 1024;
			t->wait_ms = realloc(t->wait_ms, t->waits_room * sizeof(*t->wait_ms));
			assert(t->wait_ms);
		}
		t->wait_ms[t->waits++] = (uint32_t)span_to_ms(instant_since(now_of(t), x->granted));
		x->granted = (instant){0};
	}
}

void town_run(struct town *t, span s)
{
	instant end = instant_add(now_of(t), s);

	while (instant_before(now_of(t), end)) {
		t->net.run(t->net.ctx, span_ms(TOWN_STEP_MS));
		for (unsigned c = 0; c < t->clients; c++)
			if (instant_reached(t->client[c].next, now_of(t)))
				act(t, c);
		if (t->steps++ % (100 / TOWN_STEP_MS) == 0)
			look_for_twins(t);
		if (t->measures)
			look_for_known(t);
	}
}

unsigned town_without(const struct town *t)
{
	unsigned n = 0;

	for (unsigned c = 0; c < t->clients; c++)
		n += t->client[c].wants && !t->client[c].ip;
	return n;
}

unsigned town_twins(const struct town *t)
{
	unsigned n = 0;

	for (unsigned c = 0; c < t->clients; c++)
		for (unsigned d = 0; d < c; d++)
			n += t->client[c].ip && t->client[c].ip == t->client[d].ip;
	return n;
}

bool town_agrees(const struct town *t)
{
	for (unsigned c = 0; c < t->clients; c++) {
		for (unsigned i = 0; i < t->nodes && t->client[c].ip; i++) {
			struct mac owner = dhcp_server_reserved(t->server[i].dhcp, t->client[c].ip);
			bool reserved = mac_equal(owner, town_mac(c));

			if (!alive(t, i) || (known_at(t, i, c) && reserved))
				continue;
			fprintf(stderr, "client %u at node %u has %x; node %u: %s, %s\n", c,
				t->client[c].node, t->client[c].ip, i,
				known_at(t, i, c) ? "known" : "unknown",
				reserved ? "reserved" : "not reserved");
			return false;
		}
	}
	return true;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

uint32_t town_wait_ms(struct town *t, unsigned permille)
{
	if (t->waits == 0)
		return UINT32_MAX;
	qsort(t->wait_ms, t->waits, sizeof(*t->wait_ms), by_size);
	return t->wait_ms[(size_t)(t->waits - 1) * permille / 1000];
}
