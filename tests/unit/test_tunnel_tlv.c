/* Proves that what we publish of our tunnel is what a real BMX7 node publishes in our place, byte
 * by byte, and that of others' descriptions nothing is taken that is not theirs to give. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bmx7_capture.h"
#include "cmocka_all.h"
#include "drv/crypto.h"
#include "node/tunnel_tlv.h"
#include "wire/bmx7_prefix.h"

static struct prefix prefix_from(const char *address, uint8_t bits)
{
	struct ipv4 a4;
	struct ipv6 a6;

	if (ipv4_parse(address, &a4)) {
		a4.bits = bits;
		return prefix_of4(a4);
	}
	assert_true(ipv6_parse(address, &a6));
	a6.bits = bits;
	return prefix_of6(a6);
}

static struct ipv6 address(const char *text)
{
	struct ipv6 a;

	assert_true(ipv6_parse(text, &a));
	return a;
}

/* ---- ours ---- */

/* Real nodes name a TLV by the hash of its data, with a byte of flags before it. */
static bool is_recorded(const void *data, size_t len)
{
	static const uint8_t flags = 0;
	const struct crypto_part parts[] = {{&flags, 1}, {data, len}};
	struct digest hash = crypto_mbedtls()->sha224(parts, 2);
	struct bmx7_datagram d;
	bool found = false;

	for (struct pcap p = pcap_open(BMX7_CAPTURES "/04-tunnel-gateway-n2-eth0.pcap");
	     bmx7_capture_next(&p, &d);)
		found |= memmem(d.data, d.len, hash.b, sizeof(hash.b)) != NULL;
	return found;
}

struct published {
	const char *primary;
	struct {
		const char *net;
		uint8_t bits;
		uint64_t bps;
	} network[4];
};

/* tests/capture/bmx7/04-tunnel-gateway.txt has their command lines. */
static const struct published recorded[] = {
	{"fd70:4075:7d41:2348:8605:1272:f8bf:8b3e",
	 {{"10.130.1.1", 24, METRIC_MAX}, {"2001:db8:1::1", 64, METRIC_MAX}}},
	{"fd70:9437:2e94:99bf:9642:c7e4:df7:4d84",
	 {{"10.130.2.1", 24, METRIC_MAX}, {"2001:db8:2::1", 64, METRIC_MAX}}},
	{"fd70:3b46:a5ad:86b0:4d25:1811:4259:667b",
	 {{"10.130.0.1", 24, METRIC_MAX},
	  {"2001:db8::1", 64, METRIC_MAX},
	  {"0.0.0.0", 0, 10000000},
	  {"::", 0, 10000000}}},
	{"fd70:749d:681:783:cc80:c8d1:5b1d:c273",
	 {{"10.130.3.1", 24, METRIC_MAX},
	  {"2001:db8:3::1", 64, METRIC_MAX},
	  {"0.0.0.0", 0, 2000000}}},
};

static void as_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		const struct published *p = &recorded[i];
		struct ipv6 primary = address(p->primary);
		struct bmx7_hna own = {.net = primary};
		struct tunnel_tlv tlv[TUNNEL_TLVS];
		struct gw_network networks[4];
		uint8_t hnas[64];
		struct wr w = wr_over(hnas, sizeof(hnas));
		size_t count = 0;

		for (; count < 4 && p->network[count].net; count++) {
			networks[count] = (struct gw_network){
				.prefix =
					prefix_from(p->network[count].net, p->network[count].bits),
				.bandwidth = bmx7_bandwidth_byte(p->network[count].bps)};
		}
		tunnel_tlv_write(primary, networks, count, tlv);
		/* The engine puts the primary address before what is published. */
		bmx7_hna_write(&w, &own);
		wr_bytes(&w, tlv[TUNNEL_HNA].data, tlv[TUNNEL_HNA].len);
		assert_true(is_recorded(hnas, wr_len(&w)));
		assert_int_equal(tlv[TUNNEL_HNA].type, BMX7_HNA6);
		for (int k = TUNNEL_ENDS; k < TUNNEL_TLVS; k++) {
			if (!is_recorded(tlv[k].data, tlv[k].len))
				fail_msg("node %zu, type %u", i, tlv[k].type);
			assert_true(tlv[k].type > tlv[k - 1].type);
		}
		tlv[TUNNEL_NET4].data[0] ^= 1;
		assert_false(is_recorded(tlv[TUNNEL_NET4].data, tlv[TUNNEL_NET4].len));
	}
}

/* ---- others' ---- */

/* A description by hand. */
struct said {
	struct description d;
	struct wr w[BMX7_TLV_TYPES];
	uint8_t room[BMX7_TLV_TYPES][8192];
};

static void said_begin(struct said *s, const char *primary)
{
	s->d = (struct description){.primary = address(primary)};
	for (int i = 0; i < BMX7_TLV_TYPES; i++)
		s->w[i] = wr_over(s->room[i], sizeof(s->room[i]));
}

static void said_end(struct said *s, const char *end)
{
	struct ipv6 a = address(end);

	bmx7_address_write(&s->w[BMX7_TUN6], &a);
}

static void said_net4(struct said *s, uint8_t tunnel, struct ipv4 net)
{
	struct bmx7_net4 n = {tunnel, 0, 255, net};

	bmx7_net4_write(&s->w[BMX7_TUN4IN6_NET], &n);
}

static void said_ingress4(struct said *s, uint8_t tunnel, struct ipv4 net)
{
	struct bmx7_ingress4 n = {tunnel, net};

	bmx7_ingress4_write(&s->w[BMX7_TUN4IN6_INGRESS], &n);
}

static void said_read(struct said *s, struct tunnel_offer *o)
{
	struct fx_network_described d = {.description = &s->d, .metric = 1000};

	for (uint8_t i = 0; i < BMX7_TLV_TYPES; i++) {
		s->d.tlv[i] = (struct tlv_data){s->room[i], wr_len(&s->w[i])};
		if (s->d.tlv[i].len > 0)
			assert_int_equal(bmx7_tlv_check(i, s->room[i], s->d.tlv[i].len), OK);
	}
	tunnel_offer_read(&d, o);
}

static struct said said;
static struct tunnel_offer offer;

static void own_ends(void **state)
{
	static const struct {
		const char *end;
		bool own;
	} cases[] = {
		{"fd71:1:2:3:4:5:6:7", true},  {"fd7f:1:2:3:4:5:6:7", true},
		{"fd70:1:2:3:4:5:6:7", false}, /* its primary address */
		{"fd80:1:2:3:4:5:6:7", false}, /* 16 further */
		{"fd6f:1:2:3:4:5:6:7", false}, {"fc71:1:2:3:4:5:6:7", false},
		{"fd71:1:2:3:4:5:6:8", false}, /* another node's */
		{"2001:db8::1", false},
	};
	const struct ipv4 net = {{10, 9}, 16};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		said_begin(&said, "fd70:1:2:3:4:5:6:7");
		said_end(&said, cases[i].end);
		said_end(&said, "fd72:1:2:3:4:5:6:7");
		said_net4(&said, 0, net);
		said_net4(&said, 1, net);
		said_net4(&said, 2, net); /* of no end at all */
		said_read(&said, &offer);
		if (offer.ends_refused != !cases[i].own)
			fail_msg("%s", cases[i].end);
		assert_int_equal(offer.offer.networks, 1 + cases[i].own);
		assert_int_equal(offer.refused, 1 + !cases[i].own);
		/* The places of the others stay what they are. */
		assert_int_equal(offer.network[offer.offer.networks - 1].tunnel, 1);
		assert_true(ipv6_equal(offer.offer.tunnel[1], address("fd72:1:2:3:4:5:6:7")));
	}
}

static void bounds(void **state)
{
	struct ipv4 net = {{10}, 24};

	(void)state;
	said_begin(&said, "fd70:1:2:3:4:5:6:7");
	for (unsigned i = 1; i <= 20; i++)
		said_end(&said, "fd71:1:2:3:4:5:6:7");
	for (unsigned i = 0; i < TUNNEL_NETWORKS_MAX + 10; i++) {
		net.b[1] = (uint8_t)(i >> 8), net.b[2] = (uint8_t)i;
		said_net4(&said, 14, net);
	}
	said_net4(&said, 15, net);
	said_read(&said, &offer);
	assert_int_equal(offer.offer.tunnels, GW_TUNNELS_MAX);
	assert_int_equal(offer.ends_refused, 5);
	assert_int_equal(offer.offer.networks, TUNNEL_NETWORKS_MAX);
	assert_int_equal(offer.refused, 11);
}

/* A tunnel whose limits we cannot hold is not used; another of the node is. */
static void too_many_ingresses(void **state)
{
	struct ipv4 net = {{10}, 24};

	(void)state;
	said_begin(&said, "fd70:1:2:3:4:5:6:7");
	said_end(&said, "fd71:1:2:3:4:5:6:7");
	said_end(&said, "fd72:1:2:3:4:5:6:7");
	said_ingress4(&said, 1, net);
	for (unsigned i = 0; i < TUNNEL_NETWORKS_MAX; i++)
		said_ingress4(&said, 0, net);
	said_net4(&said, 0, net);
	said_net4(&said, 1, net);
	said_read(&said, &offer);
	assert_int_equal(offer.offer.networks, 1);
	assert_int_equal(offer.network[0].tunnel, 1);
	assert_int_equal(offer.refused, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_recorded),
		cmocka_unit_test(own_ends),
		cmocka_unit_test(bounds),
		cmocka_unit_test(too_many_ingresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
