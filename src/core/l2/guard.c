/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/guard.h"
#include "core/l2/internal.h"

enum err guard_init(struct l2 *l2)
{
	return timer_init(&l2->timers, &l2->guard.open, TIMER_GUARD) ? OK : ERR_FULL;
}

void guard_fini(struct l2 *l2)
{
	timer_fini(&l2->timers, &l2->guard.open);
}

/* Addresses that a bridge never passes on: 01:80:c2:00:00:00-0f, and the
 * loopback test of old Ethernet. */
static bool is_reserved(struct mac dst)
{
	static const uint8_t bridges[5] = {0x01, 0x80, 0xc2, 0x00, 0x00};
	static const struct mac loopback = {{0xcf, 0x00, 0x00, 0x00, 0x00, 0x00}};

	return (memcmp(dst.b, bridges, sizeof(bridges)) == 0 && dst.b[5] < 0x10) ||
	       mac_equal(dst, loopback);
}

enum err guard_peek(const struct l2 *l2, const struct ethernet *e)
{
	if (ethernet_is_batadv(e))
		return ERR_LOOP;
	return is_reserved(e->dst) || l2->guard.blocked ? ERR_BLOCKED : OK;
}

/* The other node of this LAN serves its clients from now on; to announce them too
 * would draw their frames to us, where they end. */
static void withdraw_clients(struct l2 *l2, instant now, struct fx *fx)
{
	list_each (c, &l2->local.all, struct local_client, all) {
		if (!c->permanent && !c->leaving)
			tt_local_remove(l2, now, c, false, fx);
	}
}

static void block(struct l2 *l2, instant now, struct mac gateway, struct fx *fx)
{
	struct guard *g = &l2->guard;

	g->gateway = gateway;
	timer_set(&l2->timers, &g->open, instant_add(now, span_s(GUARD_HOLD_S)));
	if (g->blocked)
		return;
	g->blocked = true;
	l2_note(fx, NOTE_LAN_BLOCKED, gateway, l2_primary_mac(l2), 0);
	withdraw_clients(l2, now, fx);
}

enum err guard_from_lan(struct l2 *l2, instant now, const struct ethernet *e, const uint8_t *frame,
			size_t len, struct fx *fx)
{
	enum batadv_claim claim;
	struct mac gateway;

	if (ethernet_is_batadv(e)) {
		l2->count.nested_batadv++;
		return ERR_LOOP;
	}
	/* A loop-detect frame may have come over the mesh and through a node that
	 * shares our LAN: it says nothing about a gateway here, and is let through. */
	if (batadv_claim_parse(frame, len, &claim, &gateway)) {
		l2->count.claim_rx++;
		if (claim != BATADV_LOOP_DETECT) {
			if (port_of_mac(l2, gateway) < 0)
				block(l2, now, gateway, fx);
			return ERR_BLOCKED;
		}
	}
	return guard_peek(l2, e);
}

void guard_open(struct l2 *l2, instant now, struct fx *fx)
{
	(void)now;
	l2->guard.blocked = false;
	l2_note(fx, NOTE_LAN_OPEN, l2->guard.gateway, l2_primary_mac(l2), 0);
}
