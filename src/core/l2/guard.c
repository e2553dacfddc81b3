/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/guard.h"
#include "core/l2/internal.h"
#include "core/l2/keep.h"

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

static enum err peek(const struct l2 *l2, const struct ethernet *e)
{
	if (ethernet_is_batadv(e))
		return ERR_LOOP;
	return is_reserved(e->dst) || l2->guard.blocked ? ERR_BLOCKED : OK;
}

/* Nodes have records and talk of them over the cloud; clients do not. */
static bool is_node_here(const struct l2 *l2, const struct ethernet *e)
{
	const struct local_client *c = tt_local_find(l2, e->src, ethernet_batadv_vid(e));

	return c && c->permanent;
}

static enum keep why_lan(const struct l2 *l2, const struct ethernet *e)
{
	enum keep why = keep_why(&l2->conf.anycast, e);

	return why == KEEP_ALFRED && is_node_here(l2, e) ? KEEP_NONE : why;
}

/* Whether it is a node that talks to us, core/share knows better. */
static enum keep why_mesh(const struct l2 *l2, const struct ethernet *e)
{
	enum keep why = keep_why(&l2->conf.anycast, e);

	return why == KEEP_ALFRED ? KEEP_NONE : why;
}

enum err guard_peek_lan(const struct l2 *l2, const struct ethernet *e)
{
	enum err err = peek(l2, e);

	return err == OK && why_lan(l2, e) != KEEP_NONE ? ERR_KEPT : err;
}

enum err guard_peek_mesh(const struct l2 *l2, const struct ethernet *e)
{
	if (ethernet_is_batadv(e))
		return ERR_LOOP;
	if (l2->guard.blocked)
		return ERR_BLOCKED;
	return why_mesh(l2, e) != KEEP_NONE ? ERR_KEPT : OK;
}

static enum err count_kept(struct l2 *l2, enum keep why)
{
	struct l2_counters *c = &l2->count;

	switch (why) {
	case KEEP_NONE: return OK;
	case KEEP_MAC: c->kept_mac++; break;
	case KEEP_ADDRESS: c->kept_address++; break;
	case KEEP_ROUTER: c->kept_router++; break;
	case KEEP_DHCP: c->kept_dhcp++; break;
	case KEEP_ALFRED: c->kept_alfred++; break;
	case KEEP_HELLO: c->kept_hello++; break;
	}
	return ERR_KEPT;
}

enum err guard_keep(struct l2 *l2, const struct ethernet *e)
{
	return count_kept(l2, why_lan(l2, e));
}

enum err guard_to_lan(struct l2 *l2, const struct ethernet *e)
{
	enum err err = guard_peek_mesh(l2, e);

	if (err == ERR_LOOP)
		l2->count.nested_batadv++;
	if (err == ERR_KEPT) {
		l2->count.kept_mesh++;
		(void)count_kept(l2, why_mesh(l2, e));
	}
	return err;
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
	forwarding_mark_cloud(l2);
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
	return peek(l2, e);
}

void guard_open(struct l2 *l2, instant now, struct fx *fx)
{
	(void)now;
	l2->guard.blocked = false;
	forwarding_mark_cloud(l2);
	l2_note(fx, NOTE_LAN_OPEN, l2->guard.gateway, l2_primary_mac(l2), 0);
}
