/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_tlv - what descriptions say of tunnels: ours written, others' read.
 *
 * Source  specs/bmx7.md 4.3, 8.1; recordings in tests/capture/bmx7.
 * Shape   A node's dummy addresses are its primary address with 1 to 15 added to the second
 *         byte. We have one: tunnel 0.
 * Memory  plain data; what is read points to itself, so it must not be copied.
 */
#pragma once
#include "core/gw/gw.h"
#include "core/l3/description.h"
#include "core/network.h"

enum {
	TUNNEL_NETWORKS_MAX = 256, /* that are read of one node; ingress prefixes too */
	TUNNEL_OFFERED_MAX = 32,   /* that we offer */
};

/* Of tunnel 0. */
struct ipv6 tunnel_dummy(struct ipv6 primary);

/* The TLVs of a node with this primary address that offers these networks: those that
 * NETWORK_PUBLISH takes, in ascending order of type; len 0 for a family that has none. */
enum tunnel_tlv_kind { TUNNEL_HNA, TUNNEL_ENDS, TUNNEL_NET4, TUNNEL_NET6, TUNNEL_TLVS };
struct tunnel_tlv {
	uint8_t type;
	size_t len;
	uint8_t data[TUNNEL_OFFERED_MAX * 20];
};
/* count <= TUNNEL_OFFERED_MAX. */
void tunnel_tlv_write(struct ipv6 primary, const struct gw_network *network, size_t count,
		      struct tunnel_tlv out[TUNNEL_TLVS]);

struct tunnel_offer {
	struct gw_offer offer; /* without networks: it offers nothing */
	uint32_t ends_refused; /* that are not the node's own */
	uint32_t refused;      /* networks and ingress prefixes beyond the maximum, or of no end */
	struct ipv6 end[GW_TUNNELS_MAX];
	struct gw_network network[TUNNEL_NETWORKS_MAX];
	struct gw_ingress ingress[TUNNEL_NETWORKS_MAX];
};
/* d has a description. An end that is not the node's own is left out with all that names it. A
 * tunnel with more ingress prefixes than there is room for is left out too. */
void tunnel_offer_read(const struct fx_network_described *d, struct tunnel_offer *out);
