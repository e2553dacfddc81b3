/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/keep.h"
#include "wire/hello.h"

/* aa:aa:aa:%N1:%N2:aa is the default of all clouds. */
static const uint8_t anycast_prefix[3] = {0xaa, 0xaa, 0xaa};

enum {
	ARP_ETHERNET = 1,
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	ND_TARGET = 8, /* where it is in a neighbour solicitation or advertisement */

	PROTO_HOPOPTS = 0,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_AH = 51,
	PROTO_ICMPV6 = 58,
	PROTO_DSTOPTS = 60,
	PROTO_MOBILITY = 135,
	PROTO_HIP = 139,
	PROTO_SHIM6 = 140,

	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	NEIGHBOUR_SOLICITATION = 135,
	NEIGHBOUR_ADVERTISEMENT = 136,

	BOOTPS = 67,
	BOOTPC = 68,
	DHCPV6_CLIENT = 546,
	DHCPV6_SERVER = 547,
};

bool keep_is_anycast(const struct l2_anycast *a, struct mac m)
{
	return a->on &&
	       (memcmp(m.b, anycast_prefix, sizeof(anycast_prefix)) == 0 || mac_equal(m, a->mac));
}

static bool is_ipv4(const struct l2_anycast *a, const uint8_t *bytes)
{
	return a->on && memcmp(bytes, a->ipv4.b, sizeof(a->ipv4.b)) == 0;
}

static bool is_ipv6(const struct l2_anycast *a, const uint8_t *bytes)
{
	return a->on && (memcmp(bytes, a->ipv6.b, sizeof(a->ipv6.b)) == 0 ||
			 memcmp(bytes, a->link_local.b, sizeof(a->link_local.b)) == 0);
}

static enum keep why_arp(const struct l2_anycast *a, struct rd r)
{
	uint16_t hardware = rd_u16(&r), protocol = rd_u16(&r), lengths = rd_u16(&r);

	rd_u16(&r); /* asks or answers: either is about the same */
	struct mac sender = rd_mac(&r);
	const uint8_t *from = rd_take(&r, 4);
	rd_mac(&r);
	const uint8_t *about = rd_take(&r, 4);
	if (r.bad || hardware != ARP_ETHERNET || protocol != ETHERTYPE_IPV4 || lengths != 0x0604)
		return KEEP_NONE;
	if (keep_is_anycast(a, sender))
		return KEEP_MAC;
	return is_ipv4(a, from) || is_ipv4(a, about) ? KEEP_ADDRESS : KEEP_NONE;
}

/* r: at the header of TCP or UDP. */
static enum keep why_port(const struct l2_anycast *a, bool udp, struct rd r)
{
	rd_u16(&r);
	uint16_t to = rd_u16(&r);

	if (to == KEEP_ALFRED_PORT)
		return KEEP_ALFRED;
	if (!udp || !a->on)
		return KEEP_NONE;
	return to == BOOTPS || to == BOOTPC || to == DHCPV6_CLIENT || to == DHCPV6_SERVER
		       ? KEEP_DHCP
		       : KEEP_NONE;
}

static enum keep why_ipv4(const struct l2_anycast *a, struct rd r)
{
	const uint8_t *h = rd_take(&r, IPV4_HEADER);

	if (!h)
		return KEEP_NONE;
	if (is_ipv4(a, h + 12) || is_ipv4(a, h + 16))
		return KEEP_ADDRESS;
	/* Later pieces of a datagram have no ports, and are worth nothing without the first. */
	bool first = ((h[6] & 0x1f) | h[7]) == 0;
	if ((h[9] != PROTO_UDP && h[9] != PROTO_TCP) || !first)
		return KEEP_NONE;
	size_t options = (size_t)(h[0] & 0xf) * 4;
	rd_take(&r, options > IPV4_HEADER ? options - IPV4_HEADER : 0);
	return why_port(a, h[9] == PROTO_UDP, r);
}

static enum keep why_icmpv6(const struct l2_anycast *a, struct rd r)
{
	uint8_t type = rd_u8(&r);

	if (!a->on)
		return KEEP_NONE;
	if (type == ROUTER_SOLICITATION || type == ROUTER_ADVERTISEMENT)
		return KEEP_ROUTER;
	if (type != NEIGHBOUR_SOLICITATION && type != NEIGHBOUR_ADVERTISEMENT)
		return KEEP_NONE;
	rd_take(&r, ND_TARGET - 1);
	const uint8_t *target = rd_take(&r, 16);
	return target && is_ipv6(a, target) ? KEEP_ADDRESS : KEEP_NONE;
}

/* Takes an extension header off the front; false: next is none that we look through. */
static bool extension_skip(struct rd *r, uint8_t *next, bool *later)
{
	uint8_t type = *next;
	size_t unit = type == PROTO_AH ? 4 : 8;

	switch (type) {
	case PROTO_HOPOPTS:
	case PROTO_ROUTING:
	case PROTO_FRAGMENT:
	case PROTO_AH:
	case PROTO_DSTOPTS:
	case PROTO_MOBILITY:
	case PROTO_HIP:
	case PROTO_SHIM6: break;
	default: return false;
	}
	*next = rd_u8(r);
	size_t more = rd_u8(r);
	uint16_t offset = rd_u16(r);
	rd_take(r, 4);
	if (type == PROTO_FRAGMENT)
		*later = offset >= 8;
	else
		rd_take(r, more * unit);
	return true;
}

static enum keep why_ipv6(const struct l2_anycast *a, struct rd r)
{
	const uint8_t *h = rd_take(&r, IPV6_HEADER);
	bool later = false;
	unsigned count = 0;

	if (!h)
		return KEEP_NONE;
	if (is_ipv6(a, h + 8) || is_ipv6(a, h + 24))
		return KEEP_ADDRESS;
	uint8_t next = h[6];
	while (count < KEEP_HEADERS_MAX && !later && extension_skip(&r, &next, &later))
		count++;
	if (later)
		return KEEP_NONE;
	/* Headers without end: a receiver may see more in them than we do. */
	if (count > 0 && (r.bad || count == KEEP_HEADERS_MAX))
		return a->on ? KEEP_ROUTER : KEEP_NONE;
	if (next == PROTO_ICMPV6)
		return why_icmpv6(a, r);
	return next == PROTO_UDP || next == PROTO_TCP ? why_port(a, next == PROTO_UDP, r)
						      : KEEP_NONE;
}

enum keep keep_why(const struct l2_anycast *a, const struct ethernet *e)
{
	struct rd r = rd_over(e->payload, e->payload_len);

	if (keep_is_anycast(a, e->src) || keep_is_anycast(a, e->dst))
		return KEEP_MAC;
	switch (e->inner_type) {
	case ETHERTYPE_IPV4: return why_ipv4(a, r);
	case ETHERTYPE_IPV6: return why_ipv6(a, r);
	case ETHERTYPE_ARP: return why_arp(a, r);
	case ETHERTYPE_HELLO: return KEEP_HELLO;
	default: return KEEP_NONE;
	}
}
