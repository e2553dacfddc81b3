/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lease_town.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOBODY = 0xffff, UNIX_S = 1700000000 };

static void *room(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		abort();
	return p;
}

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
	for (unsigned i = 0; i < nodes; i++) {
		struct town_server *s = &t->server[i];

		s->reserved = room(TOWN_POOL, sizeof(*s->reserved));
		s->leased = room(TOWN_POOL, sizeof(*s->leased));
		s->at = room(clients, sizeof(*s->at));
	}
	for (unsigned i = 0; i < clients; i++)
		t->client[i].next = NEVER;
}

void town_fini(struct town *t)
{
	for (unsigned i = 0; i < t->nodes; i++) {
		free(t->server[i].reserved);
		free(t->server[i].leased);
		free(t->server[i].ranges);
		free(t->server[i].at);
	}
	free(t->wait_ms);
}

struct mac town_mac(unsigned client)
{
	uint64_t r = prng_mix(client);

	return (struct mac){{0x0e, (uint8_t)r, (uint8_t)(r >> 8), (uint8_t)(r >> 16),
			     (uint8_t)(client >> 8), (uint8_t)client}};
}

/* The client, or NOBODY. */
static unsigned client_of(const struct town *t, struct mac mac)
{
	unsigned i = (unsigned)mac.b[4] << 8 | mac.b[5];

	return i < t->clients && mac_equal(mac, town_mac(i)) ? i : NOBODY;
}

/* ---- what nodes tell their servers ---- */

static void on_reserve(struct town *t, struct town_server *s, const struct fx_reserve *r)
{
	unsigned c = client_of(t, r->mac), i = 0;
	uint32_t ip = ipv4_to_u32(r->ip);

	if (c != NOBODY) {
		if (s->at[c].reserved_ip && s->reserved[s->at[c].reserved_ip % TOWN_POOL] == c + 1)
			s->reserved[s->at[c].reserved_ip % TOWN_POOL] = 0;
		s->at[c].reserved_ip = r->gone ? 0 : ip;
		if (!r->gone)
			s->reserved[ip % TOWN_POOL] = (uint16_t)(c + 1);
		return;
	}
	while (i < s->others && !mac_equal(s->other[i].mac, r->mac))
		i++;
	if (i < s->others)
		s->reserved[ipv4_to_u32(s->other[i].ip) % TOWN_POOL] = 0;
	if (r->gone && i < s->others)
		s->other[i] = s->other[--s->others];
	if (r->gone)
		return;
	assert(i < TOWN_NODES_MAX * 2);
	s->other[i] = *r;
	s->others += i == s->others;
	s->reserved[ip % TOWN_POOL] = NOBODY;
}

void town_effect(struct town *t, unsigned node, const struct effect *e)
{
	struct town_server *s = &t->server[node];
	unsigned c;

	if (e->kind == FX_RESERVE) {
		on_reserve(t, s, &e->reserve);
	} else if (e->kind == FX_LEASE) {
		c = client_of(t, e->lease.mac);
		assert(c != NOBODY);
		s->at[c].kept = e->lease;
		s->at[c].kept_at = t->net.now(t->net.ctx);
	} else if (e->kind == FX_RANGES) {
		free(s->ranges);
		s->ranges = room(e->ranges.count + 1, sizeof(*s->ranges));
		s->range_count = (unsigned)e->ranges.count;
		memcpy(s->ranges, e->ranges.at, e->ranges.count * sizeof(*s->ranges));
		s->range_changes++;
	}
}

/* ---- servers ---- */

static instant now_of(const struct town *t)
{
	return t->net.now(t->net.ctx);
}

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

static bool in_ranges(const struct town_server *s, uint32_t ip)
{
	for (unsigned i = 0; i < s->range_count; i++)
		if (ip >= ipv4_to_u32(s->ranges[i].first) && ip <= ipv4_to_u32(s->ranges[i].last))
			return true;
	return false;
}

/* May the server give or leave ip to c? */
static bool may_have(const struct town_server *s, unsigned c, uint32_t ip)
{
	uint16_t reserved = s->reserved[ip % TOWN_POOL], leased = s->leased[ip % TOWN_POOL];

	if ((reserved && reserved != c + 1) || (leased && leased != c + 1))
		return false;
	if (s->at[c].reserved_ip && s->at[c].reserved_ip != ip &&
	    s->leased[s->at[c].reserved_ip % TOWN_POOL] == 0)
		return false; /* there is another one for it */
	return reserved == c + 1 || in_ranges(s, ip);
}

static uint32_t range_total(const struct town_server *s)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < s->range_count; i++)
		n += ipv4_to_u32(s->ranges[i].last) - ipv4_to_u32(s->ranges[i].first) + 1;
	return n;
}

static uint32_t range_at(const struct town_server *s, uint32_t n)
{
	unsigned i = 0;

	for (;; i++) {
		uint32_t first = ipv4_to_u32(s->ranges[i].first);
		uint32_t count = ipv4_to_u32(s->ranges[i].last) - first + 1;

		if (n < count)
			return first + n;
		n -= count;
	}
}

/* 0: none left. */
static uint32_t choose(const struct town_server *s, unsigned c)
{
	uint32_t total = range_total(s);
	uint32_t start = total ? (uint32_t)(prng_mix(c + 77) % total) : 0;

	if (s->at[c].reserved_ip && may_have(s, c, s->at[c].reserved_ip))
		return s->at[c].reserved_ip;
	if (s->at[c].leased_ip && may_have(s, c, s->at[c].leased_ip))
		return s->at[c].leased_ip;
	for (uint32_t i = 0; i < total; i++) {
		uint32_t ip = range_at(s, (start + i) % total);

		if (may_have(s, c, ip))
			return ip;
	}
	return 0;
}

static void lease_end(struct town_server *s, unsigned c)
{
	if (s->at[c].leased_ip)
		s->leased[s->at[c].leased_ip % TOWN_POOL] = 0;
	s->at[c].leased_ip = 0;
	s->at[c].leased_until = (instant){0};
}

static void ack(struct town *t, unsigned c, uint32_t ip)
{
	struct town_client *x = &t->client[c];
	struct town_server *s = &t->server[x->node];

	lease_end(s, c);
	s->at[c].leased_ip = ip;
	s->at[c].leased_until = instant_add(now_of(t), t->lease);
	s->leased[ip % TOWN_POOL] = (uint16_t)(c + 1);
	tell(t, x->node, LEASE_GRANTED, c, ip);
	t->acks++;
	if (x->ip != ip) {
		x->granted = t->measures ? now_of(t) : (instant){0};
		x->twin_since = (instant){0};
	}
	x->ip = ip;
	x->until = s->at[c].leased_until;
	x->next = instant_add(now_of(t), span_us(t->lease.us / 2));
}

static void server_expire(struct town *t, unsigned node)
{
	struct town_server *s = &t->server[node];

	for (unsigned c = 0; c < t->clients; c++) {
		if (s->at[c].leased_ip && instant_reached(s->at[c].leased_until, now_of(t)))
			lease_end(s, c);
	}
}

void town_died(struct town *t, unsigned node)
{
	struct town_server *s = &t->server[node];

	memset(s->reserved, 0, TOWN_POOL * sizeof(*s->reserved));
	memset(s->leased, 0, TOWN_POOL * sizeof(*s->leased));
	s->range_count = s->others = 0;
	for (unsigned c = 0; c < t->clients; c++)
		s->at[c].reserved_ip = s->at[c].leased_ip = 0;
}

void town_booted(struct town *t, unsigned node, bool remembers)
{
	struct town_server *s = &t->server[node];

	for (unsigned c = 0; c < t->clients; c++) {
		struct ev ev = {.kind = EV_LEASE, .lease = {LEASE_REMEMBERED, s->at[c].kept}};
		uint32_t away_s =
			(uint32_t)(instant_since(now_of(t), s->at[c].kept_at).us / 1000000);

		s->at[c].kept.left_s = 0;
		if (!remembers || ev.lease.lease.left_s <= away_s)
			continue;
		ev.lease.lease.left_s -= away_s;
		s->at[c].leased_ip = ipv4_to_u32(ev.lease.lease.ip);
		s->leased[s->at[c].leased_ip % TOWN_POOL] = (uint16_t)(c + 1);
		s->at[c].leased_until = instant_add(now_of(t), span_s(ev.lease.lease.left_s));
		t->net.tell(t->net.ctx, node, &ev);
	}
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
		lease_end(&t->server[x->node], client);
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
	struct town_server *s = &t->server[x->node];

	x->next = instant_add(now_of(t), span_ms(TOWN_TRY_MS));
	if (x->ip && instant_reached(x->until, now_of(t)))
		lose(x);
	if (!alive(t, x->node)) {
		t->unanswered++;
		x->node = town_node_near(t, c);
		return;
	}
	if (x->ip && may_have(s, c, x->ip)) {
		ack(t, c, x->ip);
		return;
	}
	t->naks += x->ip != 0;
	lose(x);
	uint32_t ip = choose(s, c);
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

static void servers_expire(struct town *t)
{
	for (unsigned i = 0; i < t->nodes; i++)
		if (alive(t, i))
			server_expire(t, i);
}

void town_run(struct town *t, span s)
{
	instant end = instant_add(now_of(t), s);

	while (instant_before(now_of(t), end)) {
		t->net.run(t->net.ctx, span_ms(TOWN_STEP_MS));
		for (unsigned c = 0; c < t->clients; c++)
			if (instant_reached(t->client[c].next, now_of(t)))
				act(t, c);
		if (t->steps % (1000 / TOWN_STEP_MS) == 0)
			servers_expire(t);
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
			const struct town_server *s = &t->server[i];

			if (!alive(t, i) || (known_at(t, i, c) &&
					     s->reserved[t->client[c].ip % TOWN_POOL] == c + 1))
				continue;
			fprintf(stderr,
				"client %u at node %u has %x; node %u: %s, reserved for %d\n", c,
				t->client[c].node, t->client[c].ip, i,
				known_at(t, i, c) ? "known" : "unknown",
				s->reserved[t->client[c].ip % TOWN_POOL] - 1);
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
