/* Proves that what belongs to a node's own LAN crosses in neither direction, in whatever wrapping,
 * that all else does, and that what the mesh carries for others is not looked at. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include "cmocka_all.h"
#include "core/l2/keep.h"
#include "l2_rig.h"
#include "wire/hello.h"

static struct rig rig;
static struct rig_peer near, far;
static uint32_t seqno;

static const struct mac anycast = {{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}};
static const struct mac of_another_cloud = {{0xaa, 0xaa, 0xaa, 0xee, 0x3e, 0xaa}};
static const uint8_t gateway4[4] = {10, 13, 0, 1}, other4[4] = {10, 13, 9, 9};
static const uint8_t gateway6[16] = {0xfd, 0x0d, 0xfe, 0x46, [15] = 1};
static const uint8_t local6[16] = {0xfe, 0x80, [8] = 0, 0x11, 0x22, 0xff, 0xfe, 0x33, 0x44, 0x55};
static const uint8_t other6[16] = {0xfd, 0x0d, 0xfe, 0x46, [15] = 9};

static struct mac client(uint8_t n)
{
	return rig_mac(KIND_CLIENT, n);
}

static struct l2_anycast anycast_conf(void)
{
	struct l2_anycast a = {.on = true, .mac = anycast};

	memcpy(a.ipv4.b, gateway4, 4);
	memcpy(a.ipv6.b, gateway6, 16);
	memcpy(a.link_local.b, local6, 16);
	return a;
}

static void begin(bool on)
{
	struct l2_conf conf = l2_conf_default();

	conf.anycast = anycast_conf();
	conf.anycast.on = on;
	rig_init(&rig, &conf);
	rig_port(&rig, 0, 1532, false);
	near = (struct rig_peer){.port = 0, .mac = rig_mac(KIND_PEER, 1), .seqno = 100, .ttvn = 1};
	near.client[0] = (struct rig_client){client(10), 0};
	near.client[1] = (struct rig_client){client(10), 0x8005};
	near.clients = 2;
	far = (struct rig_peer){
		.port = 0, .mac = rig_mac(KIND_PEER, 2), .via = &near, .seqno = 900, .ttvn = 1};
	far.client[0] = (struct rig_client){client(20), 0};
	far.clients = 1;
	rig_client(&rig, CLIENT_SEEN, client(1), 0);
	rig_client(&rig, CLIENT_SEEN, client(1), 0x8005);
	rig_client(&rig, CLIENT_PERMANENT, client(2), 0);
	rig_meet(&rig, &near, 8);
	rig_meet(&rig, &far, 3);
	seqno = 5000;
}

/* ---- payloads: from the ethertype on ---- */

static void put_arp(struct wr *w, struct mac sender, const uint8_t *from, const uint8_t *about)
{
	static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 1};

	wr_u16(w, ETHERTYPE_ARP);
	wr_bytes(w, head, sizeof(head));
	wr_mac(w, sender);
	wr_bytes(w, from, 4);
	wr_zero(w, 6);
	wr_bytes(w, about, 4);
}

static void put_ipv4(struct wr *w, uint8_t options, uint16_t offset, uint8_t proto,
		     const uint8_t *from, const uint8_t *to)
{
	wr_u16(w, ETHERTYPE_IPV4);
	wr_u8(w, (uint8_t)(0x45 + options));
	wr_zero(w, 5);
	wr_u16(w, offset);
	wr_u8(w, 64);
	wr_u8(w, proto);
	wr_u16(w, 0);
	wr_bytes(w, from, 4);
	wr_bytes(w, to, 4);
	wr_zero(w, options * 4u);
}

static void put_ipv6(struct wr *w, uint8_t next, const uint8_t *from, const uint8_t *to)
{
	wr_u16(w, ETHERTYPE_IPV6);
	wr_u32(w, 0x60000000);
	wr_u16(w, 64);
	wr_u8(w, next);
	wr_u8(w, 255);
	wr_bytes(w, from, 16);
	wr_bytes(w, to, 16);
}

/* An extension header of units * 8 bytes. */
static void put_header(struct wr *w, uint8_t next, uint8_t units, uint16_t fragment)
{
	wr_u8(w, next);
	wr_u8(w, (uint8_t)(units - 1));
	wr_u16(w, fragment);
	wr_zero(w, units * 8u - 4);
}

static void put_ports(struct wr *w, uint16_t from, uint16_t to)
{
	wr_u16(w, from);
	wr_u16(w, to);
	wr_zero(w, 40);
}

static void put_icmpv6(struct wr *w, uint8_t type, const uint8_t *target)
{
	wr_u8(w, type);
	wr_zero(w, 7);
	wr_bytes(w, target, 16);
}

enum { TCP = 6, UDP = 17, ICMPV6 = 58 };

static void arp_asks_for_gateway(struct wr *w)
{
	put_arp(w, client(1), other4, gateway4);
}
static void arp_from_gateway(struct wr *w)
{
	put_arp(w, client(1), gateway4, other4);
}
static void arp_of_anycast_mac(struct wr *w)
{
	put_arp(w, anycast, other4, other4);
}
static void arp_of_others(struct wr *w)
{
	put_arp(w, client(1), other4, other4);
}
static void arp_cut(struct wr *w)
{
	wr_u16(w, ETHERTYPE_ARP);
	wr_u32(w, 0x00010800);
}
static void udp4(struct wr *w, uint16_t from, uint16_t to)
{
	put_ipv4(w, 0, 0, UDP, other4, other4);
	put_ports(w, from, to);
}
static void dhcp_asks(struct wr *w)
{
	udp4(w, 68, 67);
}
static void dhcp_answers(struct wr *w)
{
	udp4(w, 67, 68);
}
static void dhcp_with_options(struct wr *w)
{
	put_ipv4(w, 10, 0, UDP, other4, other4);
	put_ports(w, 68, 67);
}
static void dhcp_first_piece(struct wr *w)
{
	put_ipv4(w, 0, 0x2000, UDP, other4, other4);
	put_ports(w, 68, 67);
}
static void later_piece(struct wr *w)
{
	put_ipv4(w, 0, 0x2001, UDP, other4, other4);
	put_ports(w, 68, 67);
}
static void tcp4_of_67(struct wr *w)
{
	put_ipv4(w, 0, 0, TCP, other4, other4);
	put_ports(w, 68, 67);
}
static void udp4_of_others(struct wr *w)
{
	udp4(w, 67, 5353);
}
static void ipv4_to_gateway(struct wr *w)
{
	put_ipv4(w, 0, 0, TCP, other4, gateway4);
	put_ports(w, 1, 80);
}
static void ipv4_from_gateway(struct wr *w)
{
	put_ipv4(w, 0, 0x2001, 1, gateway4, other4);
	put_ports(w, 1, 80);
}
static void ipv4_cut(struct wr *w)
{
	wr_u16(w, ETHERTYPE_IPV4);
	wr_u32(w, 0x45000000);
}
static void udp6(struct wr *w, uint16_t from, uint16_t to)
{
	put_ipv6(w, UDP, other6, other6);
	put_ports(w, from, to);
}
static void dhcpv6_asks(struct wr *w)
{
	udp6(w, 546, 547);
}
static void dhcpv6_answers(struct wr *w)
{
	udp6(w, 547, 546);
}
static void udp6_of_others(struct wr *w)
{
	udp6(w, 547, 6696);
}
static void alfred6(struct wr *w)
{
	udp6(w, 1, KEEP_ALFRED_PORT);
}
static void alfred4(struct wr *w)
{
	udp4(w, 1, KEEP_ALFRED_PORT);
}
static void alfred_tcp(struct wr *w)
{
	put_ipv6(w, TCP, other6, other6);
	put_ports(w, 1, KEEP_ALFRED_PORT);
}
static void icmpv6(struct wr *w, uint8_t type, const uint8_t *target)
{
	put_ipv6(w, ICMPV6, other6, other6);
	put_icmpv6(w, type, target);
}
static void router_solicitation(struct wr *w)
{
	icmpv6(w, 133, other6);
}
static void router_advertisement(struct wr *w)
{
	icmpv6(w, 134, other6);
}
static void asks_for_gateway6(struct wr *w)
{
	icmpv6(w, 135, gateway6);
}
static void asks_for_local6(struct wr *w)
{
	icmpv6(w, 135, local6);
}
static void gateway6_is_here(struct wr *w)
{
	icmpv6(w, 136, gateway6);
}
static void asks_for_others6(struct wr *w)
{
	icmpv6(w, 135, other6);
}
static void ping6(struct wr *w)
{
	icmpv6(w, 128, gateway6);
}
static void from_local6(struct wr *w)
{
	put_ipv6(w, ICMPV6, local6, other6);
	put_icmpv6(w, 137, other6); /* a redirect */
}
static void to_gateway6(struct wr *w)
{
	put_ipv6(w, TCP, other6, gateway6);
	put_ports(w, 1, 80);
}
static void advertisement_behind_options(struct wr *w)
{
	put_ipv6(w, 0, other6, other6);
	put_header(w, 60, 1, 0);
	put_header(w, 43, 5, 0);
	put_header(w, ICMPV6, 2, 0);
	put_icmpv6(w, 134, other6);
}
static void advertisement_in_one_piece(struct wr *w)
{
	put_ipv6(w, 44, other6, other6);
	put_header(w, ICMPV6, 1, 0);
	put_icmpv6(w, 134, other6);
}
static void first_piece_without_header(struct wr *w)
{
	put_ipv6(w, 44, other6, other6);
	put_header(w, 60, 1, 1);
	wr_u8(w, ICMPV6);
	wr_u8(w, 200); /* 1608 bytes of options: the advertisement is in the next piece */
}
static void later_piece6(struct wr *w)
{
	put_ipv6(w, 44, other6, other6);
	put_header(w, ICMPV6, 1, 8);
	put_icmpv6(w, 134, other6);
}
static void headers_without_end(struct wr *w)
{
	put_ipv6(w, 60, other6, other6);
	for (int i = 0; i < KEEP_HEADERS_MAX; i++)
		put_header(w, 60, 1, 0);
	put_icmpv6(w, 134, other6);
}
static void encrypted(struct wr *w)
{
	put_ipv6(w, 50, other6, other6);
	put_ports(w, 68, 67);
}
static void ipv6_cut(struct wr *w)
{
	wr_u16(w, ETHERTYPE_IPV6);
	wr_u32(w, 0x60000000);
}
static void hello(struct wr *w)
{
	wr_u16(w, ETHERTYPE_HELLO);
	wr_zero(w, 40);
}
static void anything(struct wr *w)
{
	wr_u16(w, 0x88b6);
	wr_zero(w, 40);
}

/* With nothing special in the Ethernet addresses. off: without an anycast gateway. */
static const struct {
	const char *name;
	void (*put)(struct wr *w);
	enum keep on, off;
} cases[] = {
#define ROW(put, on, off)                                                                          \
	{                                                                                          \
#put, put, on, off                                                                 \
	}
	ROW(arp_asks_for_gateway, KEEP_ADDRESS, KEEP_NONE),
	ROW(arp_from_gateway, KEEP_ADDRESS, KEEP_NONE),
	ROW(arp_of_anycast_mac, KEEP_MAC, KEEP_NONE),
	ROW(arp_of_others, KEEP_NONE, KEEP_NONE),
	ROW(arp_cut, KEEP_NONE, KEEP_NONE),
	ROW(dhcp_asks, KEEP_DHCP, KEEP_NONE),
	ROW(dhcp_answers, KEEP_DHCP, KEEP_NONE),
	ROW(dhcp_with_options, KEEP_DHCP, KEEP_NONE),
	ROW(dhcp_first_piece, KEEP_DHCP, KEEP_NONE),
	ROW(later_piece, KEEP_NONE, KEEP_NONE),
	ROW(tcp4_of_67, KEEP_NONE, KEEP_NONE),
	ROW(udp4_of_others, KEEP_NONE, KEEP_NONE),
	ROW(ipv4_to_gateway, KEEP_ADDRESS, KEEP_NONE),
	ROW(ipv4_from_gateway, KEEP_ADDRESS, KEEP_NONE),
	ROW(ipv4_cut, KEEP_NONE, KEEP_NONE),
	ROW(dhcpv6_asks, KEEP_DHCP, KEEP_NONE),
	ROW(dhcpv6_answers, KEEP_DHCP, KEEP_NONE),
	ROW(udp6_of_others, KEEP_NONE, KEEP_NONE),
	ROW(alfred6, KEEP_ALFRED, KEEP_ALFRED),
	ROW(alfred4, KEEP_ALFRED, KEEP_ALFRED),
	ROW(alfred_tcp, KEEP_ALFRED, KEEP_ALFRED),
	ROW(router_solicitation, KEEP_ROUTER, KEEP_NONE),
	ROW(router_advertisement, KEEP_ROUTER, KEEP_NONE),
	ROW(asks_for_gateway6, KEEP_ADDRESS, KEEP_NONE),
	ROW(asks_for_local6, KEEP_ADDRESS, KEEP_NONE),
	ROW(gateway6_is_here, KEEP_ADDRESS, KEEP_NONE),
	ROW(asks_for_others6, KEEP_NONE, KEEP_NONE),
	ROW(ping6, KEEP_NONE, KEEP_NONE),
	ROW(from_local6, KEEP_ADDRESS, KEEP_NONE),
	ROW(to_gateway6, KEEP_ADDRESS, KEEP_NONE),
	ROW(advertisement_behind_options, KEEP_ROUTER, KEEP_NONE),
	ROW(advertisement_in_one_piece, KEEP_ROUTER, KEEP_NONE),
	ROW(first_piece_without_header, KEEP_ROUTER, KEEP_NONE),
	ROW(later_piece6, KEEP_NONE, KEEP_NONE),
	ROW(headers_without_end, KEEP_ROUTER, KEEP_NONE),
	ROW(encrypted, KEEP_NONE, KEEP_NONE),
	ROW(ipv6_cut, KEEP_NONE, KEEP_NONE),
	ROW(hello, KEEP_HELLO, KEEP_HELLO),
	ROW(anything, KEEP_NONE, KEEP_NONE),
#undef ROW
};

enum { CASES = sizeof(cases) / sizeof(*cases) };

/* ---- frames and directions ---- */

enum tags { TAGS_NONE, TAGS_Q, TAGS_AD_Q, TAGS_KINDS };

static size_t frame_make(uint8_t *frame, size_t room, struct mac dst, struct mac src,
			 enum tags tags, void (*put)(struct wr *w))
{
	static const uint8_t q[] = {0x81, 0x00, 0x00, 0x05}, ad[] = {0x88, 0xa8, 0x00, 0x07};
	struct wr w = wr_over(frame, room);

	wr_mac(&w, dst);
	wr_mac(&w, src);
	if (tags == TAGS_AD_Q)
		wr_bytes(&w, ad, sizeof(ad));
	if (tags != TAGS_NONE)
		wr_bytes(&w, q, sizeof(q));
	put(&w);
	assert_false(w.bad);
	return wr_len(&w);
}

static size_t payload_sent(void)
{
	return rig_count(&rig, FX_SEND, -1) - rig_count(&rig, FX_SEND, BATADV_IV_OGM);
}

static bool goes_to_mesh(const uint8_t *frame, size_t len)
{
	rig_run(&rig, span_ms(600)); /* floods are forgotten */
	rig_clear(&rig);
	rig_payload(&rig, PORT_CLOUD, frame, len);
	return payload_sent() > 0;
}

static bool comes_by_unicast(const uint8_t *frame, size_t len, bool four)
{
	uint8_t packet[512];
	struct wr w = wr_over(packet, sizeof(packet));
	struct batadv_unicast u = {.ttl = 9,
				   .ttvn = rig.l2.local.ttvn,
				   .dest = rig_mac(KIND_US, 0),
				   .has_src = four,
				   .src = near.mac,
				   .subtype = BATADV_4ADDR_DATA};

	rig_clear(&rig);
	batadv_unicast_write(&w, &u);
	wr_bytes(&w, frame, len);
	rig_packet(&rig, 0, near.mac, false, packet, wr_len(&w));
	return rig_count(&rig, FX_DELIVER, -1) > 0;
}

static bool comes_in_pieces(const uint8_t *frame, size_t len)
{
	uint8_t whole[512], packet[512];
	struct wr w = wr_over(whole, sizeof(whole));
	struct batadv_unicast u = {
		.ttl = 9, .ttvn = rig.l2.local.ttvn, .dest = rig_mac(KIND_US, 0)};
	struct batadv_frag f = {.ttl = 9, .dest = u.dest, .orig = near.mac};

	rig_clear(&rig);
	batadv_unicast_write(&w, &u);
	wr_bytes(&w, frame, len);
	f.total_size = (uint16_t)wr_len(&w);
	f.seqno = (uint16_t)++seqno;
	for (uint8_t i = 0; i < 2; i++) {
		struct wr p = wr_over(packet, sizeof(packet));

		f.no = !i; /* the last piece is number 0 */
		f.piece = i ? whole + 20 : whole;
		f.piece_len = i ? wr_len(&w) - 20 : 20;
		batadv_frag_write(&p, &f);
		rig_packet(&rig, 0, near.mac, false, packet, wr_len(&p));
	}
	return rig_count(&rig, FX_DELIVER, -1) > 0;
}

static bool comes_by_flood(const uint8_t *frame, size_t len)
{
	uint8_t packet[512];
	struct wr w = wr_over(packet, sizeof(packet));
	struct batadv_bcast b = {
		.ttl = 9, .orig = near.mac, .seqno = ++seqno, .frame = frame, .frame_len = len};

	rig_run(&rig, span_ms(600));
	rig_clear(&rig);
	batadv_bcast_write(&w, &b);
	rig_packet(&rig, 0, near.mac, true, packet, wr_len(&w));
	return rig_count(&rig, FX_DELIVER, -1) > 0;
}

static uint64_t kept(enum keep why)
{
	const struct l2_counters *c = &rig.l2.count;

	switch (why) {
	case KEEP_NONE: return 0;
	case KEEP_MAC: return c->kept_mac;
	case KEEP_ADDRESS: return c->kept_address;
	case KEEP_ROUTER: return c->kept_router;
	case KEEP_DHCP: return c->kept_dhcp;
	case KEEP_ALFRED: return c->kept_alfred;
	case KEEP_HELLO: return c->kept_hello;
	}
	return 0;
}

static void expect(const char *name, const char *direction, bool crossed, bool may)
{
	if (crossed != may)
		fail_msg("%s, %s: %s", name, direction, crossed ? "crosses" : "is kept");
}

/* One frame in both directions; from the LAN as unicast and as broadcast. */
static void try_all(const char *name, enum keep why, enum tags tags, void (*put)(struct wr *w))
{
	uint8_t frame[256];
	bool to_lan = why == KEEP_NONE || why == KEEP_ALFRED; /* of a node, perhaps */
	uint64_t before = kept(why), mesh = rig.l2.count.kept_mesh;
	size_t len = frame_make(frame, sizeof(frame), client(10), client(1), tags, put);

	expect(name, "LAN, unicast", goes_to_mesh(frame, len), why == KEEP_NONE);
	len = frame_make(frame, sizeof(frame), MAC_BROADCAST, client(1), tags, put);
	expect(name, "LAN, broadcast", goes_to_mesh(frame, len), why == KEEP_NONE);
	len = frame_make(frame, sizeof(frame), client(1), client(10), tags, put);
	expect(name, "mesh, unicast", comes_by_unicast(frame, len, false), to_lan);
	expect(name, "mesh, 4 addresses", comes_by_unicast(frame, len, true), to_lan);
	expect(name, "mesh, pieces", comes_in_pieces(frame, len), to_lan);
	len = frame_make(frame, sizeof(frame), MAC_BROADCAST, client(10), tags, put);
	expect(name, "mesh, flood", comes_by_flood(frame, len), to_lan);
	assert_int_equal(kept(why) - before, why == KEEP_NONE ? 0 : to_lan ? 2 : 6);
	assert_int_equal(rig.l2.count.kept_mesh - mesh, to_lan ? 0 : 4);
}

static void each_frame_in_each_direction(void **state)
{
	(void)state;
	for (int on = 0; on < 2; on++) {
		begin(on);
		for (size_t i = 0; i < CASES; i++)
			for (enum tags t = 0; t < TAGS_KINDS; t++)
				try_all(cases[i].name, on ? cases[i].on : cases[i].off, t,
					cases[i].put);
		rig_fini(&rig);
	}
}

static void nobody_uses_the_gateways_mac(void **state)
{
	const struct mac macs[] = {anycast, of_another_cloud};
	uint8_t frame[256];

	(void)state;
	for (int on = 0; on < 2; on++) {
		begin(on);
		for (size_t i = 0; i < 2; i++) {
			size_t len =
				frame_make(frame, sizeof(frame), client(10), macs[i], 0, anything);

			expect("from it", "LAN, unicast", goes_to_mesh(frame, len), !on);
			assert_true(!on == !!tt_local_find(&rig.l2, macs[i], 0));
			rig_client(&rig, CLIENT_SEEN, macs[i], 0x8005);
			assert_true(!on == !!tt_local_find(&rig.l2, macs[i], 0x8005));
			rig_client(&rig, CLIENT_GONE, macs[i], 0);
			rig_run(&rig, span_s(2));
			len = frame_make(frame, sizeof(frame), macs[i], client(1), 0, anything);
			expect("to it", "LAN, unicast", goes_to_mesh(frame, len), !on);
			len = frame_make(frame, sizeof(frame), MAC_BROADCAST, macs[i], 0, anything);
			expect("from it", "mesh, flood", comes_by_flood(frame, len), !on);
			assert_true(!on == !!tt_global_find(&rig.l2, macs[i], 0));
			len = frame_make(frame, sizeof(frame), macs[i], client(10), 0, anything);
			expect("to it", "mesh, 4 addresses", comes_by_unicast(frame, len, true),
			       !on);
		}
		rig_fini(&rig);
	}
}

/* What is common must not be slow, what is rare must not slip through. */
static void the_fast_verdict_agrees(void **state)
{
	uint8_t frame[256];
	struct verdict v;

	(void)state;
	begin(true);
	for (size_t i = 0; i < CASES; i++) {
		size_t len =
			frame_make(frame, sizeof(frame), client(10), client(1), 0, cases[i].put);
		bool arp = frame[12] == 0x08 && frame[13] == 0x06;
		bool fast = cases[i].on == KEEP_NONE && !arp;

		l2_forward(&rig.l2, PORT_CLOUD, frame, len, len, &v);
		if (v.kind != (fast ? VERDICT_SEND : VERDICT_UP))
			fail_msg("%s: %d", cases[i].name, v.kind);
	}
	rig_fini(&rig);
}

static void a_node_has_records_a_client_has_not(void **state)
{
	uint8_t frame[256];

	(void)state;
	begin(true);
	for (uint8_t n = 1; n <= 2; n++) {
		size_t len = frame_make(frame, sizeof(frame), MAC_BROADCAST, client(n), 0, alfred6);

		expect("alfred", "broadcast", goes_to_mesh(frame, len), n == 2);
		len = frame_make(frame, sizeof(frame), client(10), client(n), 0, alfred6);
		expect("alfred", "unicast", goes_to_mesh(frame, len), n == 2);
	}
	assert_int_equal(rig.l2.count.kept_alfred, 2);
	rig_fini(&rig);
}

/* Its first word is for a DHCP server, and tells us that it is here. */
static void a_client_is_known_by_what_is_kept(void **state)
{
	uint8_t frame[256];

	(void)state;
	begin(true);
	size_t len = frame_make(frame, sizeof(frame), MAC_BROADCAST, client(7), 0, dhcp_asks);
	expect("dhcp", "LAN", goes_to_mesh(frame, len), false);
	assert_non_null(tt_local_find(&rig.l2, client(7), 0));
	assert_int_equal(rig.l2.count.dropped[ERR_KEPT], 1);
	rig_fini(&rig);
}

static void transit_is_not_looked_at(void **state)
{
	uint8_t packet[512], frame[256];

	(void)state;
	begin(true);
	for (size_t i = 0; i < CASES; i++) {
		size_t len =
			frame_make(frame, sizeof(frame), client(20), client(10), 0, cases[i].put);
		struct wr w = wr_over(packet, sizeof(packet));
		struct batadv_unicast u = {.ttl = 9, .ttvn = far.ttvn, .dest = far.mac};
		struct batadv_bcast b = {.ttl = 9,
					 .orig = far.mac,
					 .seqno = ++seqno,
					 .frame = frame,
					 .frame_len = len};

		rig_clear(&rig);
		batadv_unicast_write(&w, &u);
		wr_bytes(&w, frame, len);
		rig_packet(&rig, 0, near.mac, false, packet, wr_len(&w));
		expect(cases[i].name, "transit, unicast", payload_sent() == 1, true);
		if (i % 2)
			continue;
		/* Two neighbours: what one floods, the other gets. */
		rig_run(&rig, span_ms(600));
		rig_clear(&rig);
		w = wr_over(packet, sizeof(packet));
		batadv_bcast_write(&w, &b);
		rig_packet(&rig, 0, far.mac, true, packet, wr_len(&w));
		expect(cases[i].name, "transit, flood", payload_sent() == 1, true);
	}
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_in_each_direction),
		cmocka_unit_test(nobody_uses_the_gateways_mac),
		cmocka_unit_test(the_fast_verdict_agrees),
		cmocka_unit_test(a_node_has_records_a_client_has_not),
		cmocka_unit_test(a_client_is_known_by_what_is_kept),
		cmocka_unit_test(transit_is_not_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
