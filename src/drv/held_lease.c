/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/held_lease.h"

#include <stdio.h>
#include <string.h>

enum { REPEAT_S = 2 }; /* seconds are rounded twice */

void held_leases_init(struct held_leases *h, uint64_t seed)
{
	*h = (struct held_leases){0};
	pool_init(&h->pool, (size_t)HELD_LEASES_MAX * (sizeof(struct held_lease) + 64));
	map_init(&h->by_ip, &h->pool, seed);
	map_init(&h->by_mac, &h->pool, seed);
	list_init(&h->all);
}

static void drop(struct held_leases *h, struct held_lease *x)
{
	map_del(&h->by_ip, &x->by_ip);
	map_del(&h->by_mac, &x->by_mac);
	list_del(&x->all);
	pool_free(&h->pool, x, sizeof(*x));
	h->count--;
}

void held_leases_fini(struct held_leases *h)
{
	list_each (x, &h->all, struct held_lease, all) {
		drop(h, x);
	}
	map_fini(&h->by_ip);
	map_fini(&h->by_mac);
	pool_fini(&h->pool);
}

static uint32_t hash_of(const struct map *m, const uint8_t *bytes, size_t len)
{
	return map_hash(m, bytes, len);
}

static struct held_lease *find_ip(const struct held_leases *h, struct ipv4 ip)
{
	struct map_node *n = map_first(&h->by_ip, hash_of(&h->by_ip, ip.b, sizeof(ip.b)));

	for (; n; n = map_next(n)) {
		struct held_lease *x = container_of(n, struct held_lease, by_ip);

		if (ipv4_to_u32(x->ip) == ipv4_to_u32(ip))
			return x;
	}
	return NULL;
}

static struct held_lease *find_mac(const struct held_leases *h, struct mac mac)
{
	struct map_node *n = map_first(&h->by_mac, hash_of(&h->by_mac, mac.b, sizeof(mac.b)));

	for (; n; n = map_next(n)) {
		struct held_lease *x = container_of(n, struct held_lease, by_mac);

		if (mac_equal(x->mac, mac))
			return x;
	}
	return NULL;
}

const struct held_lease *held_leases_find_ip(const struct held_leases *h, struct ipv4 ip)
{
	return find_ip(h, ip);
}

const struct held_lease *held_leases_find_mac(const struct held_leases *h, struct mac mac)
{
	return find_mac(h, mac);
}

static struct held_lease *make(struct held_leases *h, struct mac mac, struct ipv4 ip)
{
	struct held_lease *x = NULL;

	if (h->count < HELD_LEASES_MAX)
		x = pool_alloc(&h->pool, sizeof(*x));
	if (!x)
		return NULL;
	if (!map_add(&h->by_ip, &x->by_ip, hash_of(&h->by_ip, ip.b, sizeof(ip.b)))) {
		pool_free(&h->pool, x, sizeof(*x));
		return NULL;
	}
	if (!map_add(&h->by_mac, &x->by_mac, hash_of(&h->by_mac, mac.b, sizeof(mac.b)))) {
		map_del(&h->by_ip, &x->by_ip);
		pool_free(&h->pool, x, sizeof(*x));
		return NULL;
	}
	x->mac = mac;
	x->ip = ip;
	list_init(&x->all);
	list_append(&h->all, &x->all);
	h->count++;
	return x;
}

bool held_leases_tell(struct held_leases *h, instant now, const struct dhcp_event *e)
{
	const instant ends = instant_add(now, span_s(e->left_s));
	struct held_lease *x = find_ip(h, e->ip);
	bool news;

	if (e->action == DHCP_EVENT_DEL) {
		if (x && mac_equal(x->mac, e->mac))
			drop(h, x);
		return false;
	}
	if (x && !mac_equal(x->mac, e->mac)) {
		drop(h, x);
		x = NULL;
	}
	news = !x || instant_since(ends, x->ends).us > span_s(REPEAT_S).us ||
	       (e->named && strcmp(x->name, e->name) != 0);
	if (!x && !(x = make(h, e->mac, e->ip)))
		return true;
	x->ends = ends;
	if (e->named)
		snprintf(x->name, sizeof(x->name), "%s", e->name);
	return news;
}

void held_leases_print(const struct held_leases *h, instant now, uint32_t now_unix_s,
		       bool without_clock, struct text *t)
{
	char mac[MAC_TEXT], ip[IPV4_TEXT];

	list_each (x, &h->all, struct held_lease, all) {
		int64_t left = instant_since(x->ends, now).us / 1000000;

		if (left <= 0)
			continue;
		text_add(t, "%lld %s %s * *\n",
			 (long long)(without_clock ? left : left + now_unix_s),
			 mac_print(x->mac, mac), ipv4_print(x->ip, ip));
	}
}
