/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/tunnel_tlv.h"
#include <assert.h>
#include <string.h>
#include "wire/bmx7_info.h"
#include "wire/bmx7_prefix.h"

struct ipv6 tunnel_dummy(struct ipv6 primary)
{
	primary.b[1]++;
	primary.bits = 128;
	return primary;
}

/* ---- ours ---- */

static void net_write(struct wr *w, const struct gw_network *n)
{
	const struct ipv6 *a = &n->prefix.net;

	if (n->prefix.v6) {
		struct bmx7_net6 net = {n->tunnel, n->proto, n->bandwidth, *a};

		bmx7_net6_write(w, &net);
	} else {
		struct bmx7_net4 net = {n->tunnel, n->proto, n->bandwidth, {.bits = a->bits}};

		memcpy(net.net.b, a->b, sizeof(net.net.b));
		bmx7_net4_write(w, &net);
	}
}

void tunnel_tlv_write(struct ipv6 primary, const struct gw_network *network, size_t count,
		      struct tunnel_tlv out[TUNNEL_TLVS])
{
	static const uint8_t types[TUNNEL_TLVS] = {
		[TUNNEL_HNA] = BMX7_HNA6,
		[TUNNEL_ENDS] = BMX7_TUN6,
		[TUNNEL_NET4] = BMX7_TUN4IN6_NET,
		[TUNNEL_NET6] = BMX7_TUN6IN6_NET,
	};
	const struct bmx7_hna dummy = {tunnel_dummy(primary), BMX7_HNA_RESERVED};
	struct wr w[TUNNEL_TLVS];

	assert(count <= TUNNEL_OFFERED_MAX);
	for (int i = 0; i < TUNNEL_TLVS; i++)
		w[i] = wr_over(out[i].data, sizeof(out[i].data));
	bmx7_hna_write(&w[TUNNEL_HNA], &dummy);
	bmx7_address_write(&w[TUNNEL_ENDS], &dummy.net);
	for (size_t i = 0; i < count; i++)
		net_write(&w[network[i].prefix.v6 ? TUNNEL_NET6 : TUNNEL_NET4], &network[i]);
	for (int i = 0; i < TUNNEL_TLVS; i++) {
		assert(!w[i].bad);
		out[i].type = types[i];
		out[i].len = wr_len(&w[i]);
	}
}

/* ---- others' ---- */

static struct rd tlv_rd(const struct description *d, uint8_t type)
{
	return rd_over(d->tlv[type].at, d->tlv[type].len);
}

/* Is it a dummy address that only this node can have? SPEC 8.1 makes them so / OURS: another is
 * refused, because what comes from it would pass for another node's. */
static bool end_own(const struct ipv6 *end, const struct ipv6 *primary)
{
	unsigned step = (unsigned)end->b[1] - primary->b[1];

	return end->b[0] == primary->b[0] && step >= 1 && step <= GW_TUNNELS_MAX &&
	       memcmp(end->b + 2, primary->b + 2, sizeof(end->b) - 2) == 0;
}

static void ends_read(const struct description *d, struct tunnel_offer *o)
{
	struct rd r = tlv_rd(d, BMX7_TUN6);
	struct ipv6 a;

	/* Others name them by their place, so one that is refused keeps it. */
	while (bmx7_address_next(&r, &a)) {
		bool own = end_own(&a, &d->primary);

		if (o->offer.tunnels == GW_TUNNELS_MAX) {
			o->ends_refused++;
			continue;
		}
		if (!own)
			o->ends_refused++;
		o->end[o->offer.tunnels++] = own ? a : (struct ipv6){.bits = 0};
	}
}

static bool end_good(const struct tunnel_offer *o, uint8_t tunnel)
{
	return tunnel < o->offer.tunnels && o->end[tunnel].bits > 0;
}

static void network_add(struct tunnel_offer *o, const struct gw_network *n)
{
	if (o->offer.networks < TUNNEL_NETWORKS_MAX && end_good(o, n->tunnel))
		o->network[o->offer.networks++] = *n;
	else
		o->refused++;
}

static void networks_read(const struct description *d, struct tunnel_offer *o)
{
	struct rd r4 = tlv_rd(d, BMX7_TUN4IN6_NET), r6 = tlv_rd(d, BMX7_TUN6IN6_NET);
	struct bmx7_net4 n4;
	struct bmx7_net6 n6;

	while (bmx7_net4_next(&r4, &n4)) {
		struct gw_network n = {prefix_of4(n4.net), n4.tun, n4.proto, n4.bandwidth};

		network_add(o, &n);
	}
	while (bmx7_net6_next(&r6, &n6)) {
		struct gw_network n = {prefix_of6(n6.net), n6.tun, n6.proto, n6.bandwidth};

		network_add(o, &n);
	}
}

/* With only some of its limits known, we would send a tunnel what it does not take. */
static void ingress_add(struct tunnel_offer *o, struct prefix prefix, uint8_t tunnel)
{
	if (!end_good(o, tunnel)) {
		o->refused++;
	} else if (o->offer.ingresses < TUNNEL_NETWORKS_MAX) {
		o->ingress[o->offer.ingresses++] = (struct gw_ingress){prefix, tunnel};
	} else {
		o->refused++;
		o->end[tunnel].bits = 0;
	}
}

static void ingresses_read(const struct description *d, struct tunnel_offer *o)
{
	struct rd r4 = tlv_rd(d, BMX7_TUN4IN6_INGRESS), r6 = tlv_rd(d, BMX7_TUN6IN6_INGRESS);
	struct bmx7_ingress4 i4;
	struct bmx7_ingress6 i6;

	while (bmx7_ingress4_next(&r4, &i4))
		ingress_add(o, prefix_of4(i4.net), i4.tun);
	while (bmx7_ingress6_next(&r6, &i6))
		ingress_add(o, prefix_of6(i6.net), i6.tun);
}

static void name_read(const struct description *d, char name[GW_NAME])
{
	const struct tlv_data t = d->tlv[BMX7_INFO];
	struct bmx7_info info;

	_Static_assert((int)GW_NAME > (int)BMX7_NAME_MAX, "a name fits");
	if (t.len > 0 && bmx7_info_parse(t.at, t.len, &info) == OK)
		memcpy(name, info.name, info.name_len);
}

void tunnel_offer_read(const struct fx_network_described *d, struct tunnel_offer *o)
{
	const struct description *said = d->description;

	*o = (struct tunnel_offer){.offer = {.node = d->node, .metric = d->metric}};
	o->offer.tunnel = o->end;
	o->offer.network = o->network;
	o->offer.ingress = o->ingress;
	name_read(said, o->offer.name);
	ends_read(said, o);
	ingresses_read(said, o);
	networks_read(said, o);
}
