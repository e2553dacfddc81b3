/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address - who holds which; see leases_internal.h. */
#include <assert.h>
#include "core/share/leases_internal.h"

static struct holder *first_at(const struct leases *l, uint32_t ip)
{
	struct map_node *n = map_first(&l->by_ip, map_hash(&l->by_ip, &ip, sizeof(ip)));

	for (; n; n = map_next(n)) {
		struct holder *h = container_of(n, struct holder, by_ip);

		if (h->ip == ip)
			return h;
	}
	return NULL;
}

static struct holder *next_at(const struct holder *before)
{
	for (struct map_node *n = map_next(&before->by_ip); n; n = map_next(n)) {
		struct holder *h = container_of(n, struct holder, by_ip);

		if (h->ip == before->ip)
			return h;
	}
	return NULL;
}

static bool has_more_right(const struct holder *a, const struct holder *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind;
	if (a->since_unix_s != b->since_unix_s)
		return a->since_unix_s < b->since_unix_s;
	return mac_compare(a->mac, b->mac) < 0;
}

struct holder *address_winner(const struct leases *l, uint32_t ip)
{
	struct holder *best = NULL;

	for (struct holder *h = first_at(l, ip); h; h = next_at(h))
		if (!best || has_more_right(h, best))
			best = h;
	return best;
}

bool address_has_room(const struct leases *l, uint32_t ip)
{
	unsigned holders = 0;

	for (const struct holder *h = first_at(l, ip); h; h = next_at(h))
		holders++;
	return holders < HOLDERS_PER_IP_MAX;
}

struct mac address_mac(uint32_t ip)
{
	return (struct mac){{0x02, 0x6e, (uint8_t)(ip >> 24), (uint8_t)(ip >> 16),
			     (uint8_t)(ip >> 8), (uint8_t)ip}};
}

/* ---- reservations ---- */

static void reserve_tell(struct mac mac, uint32_t ip, bool gone, struct fx *fx)
{
	fx->emit(fx, &(struct effect){.kind = FX_RESERVE,
				      .reserve = {mac, ipv4_from_u32(ip, 32), gone}});
}

static void unreserve(struct holder *h, struct fx *fx)
{
	if (!mac_is_zero(h->reserved))
		reserve_tell(h->reserved, h->ip, true, fx);
	h->reserved = (struct mac){{0}};
}

/* The DHCP server knows one address for a MAC. Where h's MAC is known with another one that
 * matters more, the address is kept from strangers in the name of a MAC that is nobody's;
 * for a client that is known by the configuration the old address is not kept at all. */
static struct mac reserved_mac(const struct leases *l, const struct holder *h)
{
	const struct entry *e;

	switch (h->kind) {
	case HOLDER_GATEWAY: return (struct mac){{0}};
	case HOLDER_STATIC:
	case HOLDER_NODE: return h->mac;
	case HOLDER_CLIENT: return static_find(l, h->mac) ? (struct mac){{0}} : h->mac;
	case HOLDER_LEGACY: break;
	}
	e = entry_find(l, h->mac);
	if (static_find(l, h->mac) || (e && !e->ended && e->holder.ip != h->ip))
		return address_mac(h->ip);
	return h->mac;
}

static void lose(struct leases *l, struct holder *h, struct fx *fx)
{
	unreserve(h, fx);
	name_leave(l, h, fx);
	if (!h->loser)
		l->count[LEASES_CONFLICTS]++;
	h->loser = true;
}

static void win(struct leases *l, struct holder *h, bool reserve, struct fx *fx)
{
	struct mac mac = reserve ? reserved_mac(l, h) : (struct mac){{0}};

	h->loser = false;
	if (!mac_equal(mac, h->reserved)) {
		unreserve(h, fx);
		h->reserved = mac;
		if (!mac_is_zero(mac))
			reserve_tell(mac, h->ip, false, fx);
	}
	name_enter(l, h, fx);
}

/* Those go first who lose, so that the address is free when it is reserved anew. */
static void settle(struct leases *l, uint32_t ip, struct fx *fx)
{
	struct holder *winner = address_winner(l, ip);

	if (!winner)
		return;
	for (struct holder *h = first_at(l, ip); h; h = next_at(h)) {
		if (!mac_equal(h->mac, winner->mac))
			lose(l, h, fx);
		else if (h != winner)
			unreserve(h, fx);
	}
	for (struct holder *h = first_at(l, ip); h; h = next_at(h))
		if (mac_equal(h->mac, winner->mac))
			win(l, h, h == winner, fx);
}

void address_enter(struct leases *l, instant now, struct holder *h, struct fx *fx)
{
	struct slice *s = slice_of(l, h->ip);
	bool first = !first_at(l, h->ip);

	assert(h->ip != 0);
	h->loser = false;
	if (!map_add(&l->by_ip, &h->by_ip, map_hash(&l->by_ip, &h->ip, sizeof(h->ip)))) {
		h->ip = 0; /* the pool has room for all; see leases_new */
		l->count[LEASES_FULL]++;
		return;
	}
	if (s && first) {
		s->used++;
		s->busy = now;
		if (s->ours)
			slices_changed(l);
	}
	settle(l, h->ip, fx);
}

void address_leave(struct leases *l, instant now, struct holder *h, struct fx *fx)
{
	uint32_t ip = h->ip;
	struct slice *s = slice_of(l, ip);

	if (ip == 0)
		return;
	unreserve(h, fx);
	name_leave(l, h, fx);
	map_del(&l->by_ip, &h->by_ip);
	h->ip = 0;
	h->loser = false;
	if (s && !first_at(l, ip)) {
		s->used--;
		s->busy = now;
	}
	settle(l, ip, fx);
}
