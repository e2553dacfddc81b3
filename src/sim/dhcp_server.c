/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/dhcp_server.h"
#include <stdlib.h>
#include <string.h>
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/prng.h"

/* Of a MAC. */
struct host {
	struct map_node node;
	struct list all;
	struct mac mac;
	uint32_t reserved; /* the address that is to be its own; 0: none */
	uint32_t leased;   /* 0: none */
	instant until;
	struct lease kept; /* left_s 0: none */
	instant kept_at;
};

/* Of an address: the MAC by a reservation, and by a lease. */
struct address {
	struct map_node node;
	struct list all;
	uint32_t ip;
	struct host *reserved, *leased;
};

struct dhcp_server {
	struct pool pool;
	struct map by_mac, by_ip;
	struct list hosts, addresses;
	struct range *ranges;
	size_t range_count;
};

static void *checked(void *block)
{
	if (!block)
		abort();
	return block;
}

struct dhcp_server *dhcp_server_new(void)
{
	struct dhcp_server *s = checked(calloc(1, sizeof(*s)));

	pool_init(&s->pool, SIZE_MAX);
	map_init(&s->by_mac, &s->pool, 1);
	map_init(&s->by_ip, &s->pool, 2);
	list_init(&s->hosts);
	list_init(&s->addresses);
	return s;
}

void dhcp_server_free(struct dhcp_server *s)
{
	list_each (h, &s->hosts, struct host, all) {
		map_del(&s->by_mac, &h->node);
		pool_free(&s->pool, h, sizeof(*h));
	}
	list_each (a, &s->addresses, struct address, all) {
		map_del(&s->by_ip, &a->node);
		pool_free(&s->pool, a, sizeof(*a));
	}
	map_fini(&s->by_mac);
	map_fini(&s->by_ip);
	pool_fini(&s->pool);
	free(s->ranges);
	free(s);
}

static struct host *host_find(const struct dhcp_server *s, struct mac mac)
{
	struct map_node *n = map_first(&s->by_mac, map_hash(&s->by_mac, mac.b, sizeof(mac.b)));

	for (; n; n = map_next(n))
		if (mac_equal(container_of(n, struct host, node)->mac, mac))
			return container_of(n, struct host, node);
	return NULL;
}

static struct host *host_get(struct dhcp_server *s, struct mac mac)
{
	struct host *h = host_find(s, mac);

	if (h)
		return h;
	h = checked(pool_alloc(&s->pool, sizeof(*h)));
	h->mac = mac;
	list_append(&s->hosts, &h->all);
	if (!map_add(&s->by_mac, &h->node, map_hash(&s->by_mac, mac.b, sizeof(mac.b))))
		abort();
	return h;
}

static struct address *address_find(const struct dhcp_server *s, uint32_t ip)
{
	struct map_node *n = map_first(&s->by_ip, map_hash(&s->by_ip, &ip, sizeof(ip)));

	for (; n; n = map_next(n))
		if (container_of(n, struct address, node)->ip == ip)
			return container_of(n, struct address, node);
	return NULL;
}

static struct address *address_get(struct dhcp_server *s, uint32_t ip)
{
	struct address *a = address_find(s, ip);

	if (a)
		return a;
	a = checked(pool_alloc(&s->pool, sizeof(*a)));
	a->ip = ip;
	list_append(&s->addresses, &a->all);
	if (!map_add(&s->by_ip, &a->node, map_hash(&s->by_ip, &ip, sizeof(ip))))
		abort();
	return a;
}

/* ---- what the node tells ---- */

static void unreserve(struct dhcp_server *s, struct host *h)
{
	struct address *a = h->reserved ? address_find(s, h->reserved) : NULL;

	if (a && a->reserved == h)
		a->reserved = NULL;
	h->reserved = 0;
}

void dhcp_server_effect(struct dhcp_server *s, instant now, const struct effect *e)
{
	struct host *h;

	if (e->kind == FX_RESERVE) {
		h = host_get(s, e->reserve.mac);
		unreserve(s, h);
		if (!e->reserve.gone) {
			h->reserved = ipv4_to_u32(e->reserve.ip);
			address_get(s, h->reserved)->reserved = h;
		}
	} else if (e->kind == FX_LEASE) {
		h = host_get(s, e->lease.mac);
		h->kept = e->lease;
		h->kept_at = now;
	} else if (e->kind == FX_RANGES) {
		free(s->ranges);
		s->ranges = checked(calloc(e->ranges.count + 1, sizeof(*s->ranges)));
		s->range_count = e->ranges.count;
		memcpy(s->ranges, e->ranges.at, e->ranges.count * sizeof(*s->ranges));
	}
}

/* ---- what clients ask ---- */

static bool in_ranges(const struct dhcp_server *s, uint32_t ip)
{
	for (size_t i = 0; i < s->range_count; i++)
		if (ip >= ipv4_to_u32(s->ranges[i].first) && ip <= ipv4_to_u32(s->ranges[i].last))
			return true;
	return false;
}

static const struct host *leased_to(const struct address *a, instant now)
{
	return a && a->leased && instant_before(now, a->leased->until) ? a->leased : NULL;
}

/* May the server give or leave ip to h? */
static bool may_have(const struct dhcp_server *s, instant now, const struct host *h, uint32_t ip)
{
	const struct address *a = address_find(s, ip);
	const struct host *reserved = a ? a->reserved : NULL, *leased = leased_to(a, now);

	if ((reserved && reserved != h) || (leased && leased != h))
		return false;
	if (h->reserved && h->reserved != ip && !leased_to(address_find(s, h->reserved), now))
		return false; /* there is another one for it */
	return reserved == h || in_ranges(s, ip);
}

static uint32_t range_total(const struct dhcp_server *s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->range_count; i++)
		n += ipv4_to_u32(s->ranges[i].last) - ipv4_to_u32(s->ranges[i].first) + 1;
	return n;
}

static uint32_t range_at(const struct dhcp_server *s, uint32_t n)
{
	for (size_t i = 0;; i++) {
		uint32_t first = ipv4_to_u32(s->ranges[i].first);
		uint32_t count = ipv4_to_u32(s->ranges[i].last) - first + 1;

		if (n < count)
			return first + n;
		n -= count;
	}
}

static uint64_t number_of(struct mac m)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < sizeof(m.b); i++)
		n = n << 8 | m.b[i];
	return n;
}

/* 0: none left. */
static uint32_t choose(const struct dhcp_server *s, instant now, const struct host *h)
{
	uint32_t total = range_total(s);
	uint32_t start = total ? (uint32_t)(prng_mix(number_of(h->mac)) % total) : 0;

	if (h->reserved && may_have(s, now, h, h->reserved))
		return h->reserved;
	if (h->leased && may_have(s, now, h, h->leased))
		return h->leased;
	for (uint32_t i = 0; i < total; i++) {
		uint32_t ip = range_at(s, (start + i) % total);

		if (may_have(s, now, h, ip))
			return ip;
	}
	return 0;
}

static void lease_end(struct dhcp_server *s, struct host *h)
{
	struct address *a = h->leased ? address_find(s, h->leased) : NULL;

	if (a && a->leased == h)
		a->leased = NULL;
	h->leased = 0;
}

static void lease_begin(struct dhcp_server *s, struct host *h, uint32_t ip, instant until)
{
	lease_end(s, h);
	h->leased = ip;
	h->until = until;
	address_get(s, ip)->leased = h;
}

uint32_t dhcp_server_ask(struct dhcp_server *s, instant now, struct mac client, uint32_t has,
			 span lease)
{
	struct host *h = host_get(s, client);
	uint32_t ip = has && may_have(s, now, h, has) ? has : choose(s, now, h);

	if (ip)
		lease_begin(s, h, ip, instant_add(now, lease));
	return ip;
}

void dhcp_server_release(struct dhcp_server *s, struct mac client)
{
	lease_end(s, host_get(s, client));
}

struct mac dhcp_server_reserved(const struct dhcp_server *s, uint32_t ip)
{
	const struct address *a = address_find(s, ip);

	return a && a->reserved ? a->reserved->mac : (struct mac){{0}};
}

/* ---- life ---- */

void dhcp_server_died(struct dhcp_server *s)
{
	list_each (a, &s->addresses, struct address, all) {
		list_del(&a->all);
		map_del(&s->by_ip, &a->node);
		pool_free(&s->pool, a, sizeof(*a));
	}
	list_each (h, &s->hosts, struct host, all)
		h->reserved = h->leased = 0;
	s->range_count = 0;
}

void dhcp_server_booted(struct dhcp_server *s, instant now,
			void (*tell)(void *ctx, const struct ev *ev), void *ctx)
{
	list_each (h, &s->hosts, struct host, all) {
		struct ev ev = {.kind = EV_LEASE, .lease = {LEASE_REMEMBERED, h->kept}};
		uint32_t away_s = (uint32_t)(instant_since(now, h->kept_at).us / 1000000);

		h->kept.left_s = 0;
		if (ev.lease.lease.left_s <= away_s)
			continue;
		ev.lease.lease.left_s -= away_s;
		lease_begin(s, h, ipv4_to_u32(ev.lease.lease.ip),
			    instant_add(now, span_s(ev.lease.lease.left_s)));
		tell(ctx, &ev);
	}
}

void dhcp_server_forget(struct dhcp_server *s)
{
	list_each (h, &s->hosts, struct host, all)
		h->kept.left_s = 0;
}
