/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/announce.h"

#include <stdlib.h>
#include <string.h>

#include "wire/ethernet.h"

enum { ETHERTYPE_RARP = 0x8035, REQUEST_REVERSE = 3 };

static void speak_for(const struct announce *a, struct mac who)
{
	uint8_t frame[ANNOUNCE_LEN];
	struct wr w = wr_over(frame, sizeof(frame));

	ethernet_write(&w, MAC_BROADCAST, who, ETHERTYPE_RARP);
	wr_u16(&w, 1); /* Ethernet */
	wr_u16(&w, ETHERTYPE_IPV4);
	wr_u8(&w, sizeof(who.b));
	wr_u8(&w, 4);
	wr_u16(&w, REQUEST_REVERSE);
	wr_mac(&w, who);
	wr_u32(&w, 0);
	wr_mac(&w, who);
	wr_zero(&w, wr_left(&w));
	a->send(a->ctx, frame, sizeof(frame));
}

/* Is home the originator of this node? On a VLAN its MAC ends as the node's does. */
static bool is_of(struct mac home, struct mac node)
{
	return memcmp(home.b + 3, node.b + 3, 3) == 0;
}

/* Does a node of the segment, now or until just now, announce it? */
static bool is_of_segment(const struct announce *a, struct mac home)
{
	const struct cable_port *p = &a->node->cable.port[a->port];

	if (!a->node->plan.cloud_tagged || is_of(home, p->served))
		return true;
	for (unsigned i = 0; i < p->node_count; i++)
		if (is_of(home, p->node[i].mac))
			return true;
	return false;
}

static bool is_on_other_port(const struct announce *a, struct mac mac)
{
	int port = fdb_port(a->fdb, mac);

	return port != 0 && port != a->ifindex;
}

static void clients_announce(const struct announce *a, bool to_segment)
{
	struct l2_client_view *all = calloc(ANNOUNCE_CLIENTS_MAX, sizeof(*all));
	size_t count = all ? l2_clients(&a->node->l2, all, ANNOUNCE_CLIENTS_MAX) : 0;

	for (size_t i = 0; i < count && i < ANNOUNCE_CLIENTS_MAX; i++) {
		const struct l2_client_view *v = &all[i];

		if (v->vid != 0)
			continue;
		if (v->here ? is_on_other_port(a, v->mac)
			    : to_segment && !is_of_segment(a, v->home))
			speak_for(a, v->mac);
	}
	free(all);
}

void announce_to_segment(const struct announce *a)
{
	if (a->node->conf.plan.anygw && !a->quiet)
		speak_for(a, a->node->plan.anygw_mac);
	if (mac_is_station(a->lan))
		speak_for(a, a->lan);
	clients_announce(a, true);
}

void announce_to_cloud(const struct announce *a)
{
	if (mac_is_station(a->lan))
		speak_for(a, a->lan);
	clients_announce(a, false);
}
