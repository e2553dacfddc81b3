/* Proves that only the answer to a probe is taken for one, and once: not what is cut, changed in
 * any byte that says whose it is, repeated, or anything else. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <stdlib.h>
#include "base/bytes.h"
#include "base/prng.h"
#include "cmocka_all.h"
#include "drv/tunnel_probe.h"

enum { TOKEN = 77, SLOT = 5, TCP_PORT = 4001, DNS_OURS = 4002, HTTPS = 443, ROOM = 128 };

static const uint32_t cookie = 0x1234ab00 + SLOT;
static struct tunnel_probes *probes;
static unsigned told;

static void tell(void *ctx, const struct ev *ev)
{
	(void)ctx;
	assert_int_equal(ev->kind, EV_TUNNEL);
	assert_int_equal(ev->tunnel.kind, TUNNEL_ANSWER);
	assert_int_equal(ev->tunnel.answer.token, TOKEN);
	told++;
}

static struct prefix who(bool v6)
{
	return v6 ? prefix_of6((struct ipv6){{0x20, 1, [15] = 9}, 128})
		  : prefix_of4((struct ipv4){{8, 8, 8, 8}, 32});
}

static void probe(enum uplink_means means, bool v6)
{
	probes->slot[SLOT] =
		(struct probe_slot){TOKEN, {.means = means, .at = who(v6), .port = HTTPS}, cookie};
	told = 0;
}

static int setup(void **state)
{
	(void)state;
	probes = calloc(1, sizeof(*probes));
	probes->tell = tell;
	probes->name = "example.org";
	for (unsigned v6 = 0; v6 < 2; v6++) {
		probes->port[UPLINK_TCP][v6] = TCP_PORT;
		probes->port[UPLINK_DNS][v6] = DNS_OURS;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(probes);
	return 0;
}

/* As the kernel shows it: of just that size, so that a read beyond it is seen. */
static unsigned came(bool v6, const uint8_t *bytes, size_t len)
{
	uint8_t *packet = malloc(len > 0 ? len : 1);

	assert_non_null(packet);
	memcpy(packet, bytes, len);
	tunnel_probe_came(probes, v6, packet, len);
	free(packet);
	return told;
}

/* The answer to an echo request or a SYN; *from: where the upper layer begins. */
static size_t answer(enum uplink_means means, bool v6, uint8_t out[ROOM], size_t *from)
{
	const struct prefix source = who(v6);
	struct wr w = wr_over(out, ROOM);

	memset(out, 0, ROOM);
	wr_u8(&w, v6 ? 0x60 : 0x45);
	wr_zero(&w, v6 ? 5 : 8);
	wr_u8(&w, means == UPLINK_TCP ? IPPROTO_TCP : v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	wr_zero(&w, v6 ? 1 : 2);
	wr_bytes(&w, source.net.b, v6 ? 16 : 4);
	wr_zero(&w, v6 ? 16 : 4);
	*from = wr_len(&w);
	if (means == UPLINK_PING) {
		wr_u32(&w, v6 ? 129u << 24 : 0);
		wr_u32(&w, cookie);
	} else {
		wr_u16(&w, HTTPS);
		wr_u16(&w, TCP_PORT);
		wr_u32(&w, 1);
		wr_u32(&w, cookie + 1);
		wr_u32(&w, 0x50120000); /* SYN, ACK */
		wr_u32(&w, 0);
	}
	return wr_len(&w);
}

/* Is this byte of the packet one that says whose it is? */
static bool counts(enum uplink_means means, bool v6, size_t at, size_t from)
{
	const size_t up = at - from;

	if (at < from)
		return v6 ? at == 6 || (at >= 8 && at < 24) : at == 9 || (at >= 12 && at < 16);
	return means == UPLINK_PING ? up == 0 || up >= 4 : up < 4 || (up >= 8 && up < 12);
}

static void only_the_answer(void **state)
{
	static const enum uplink_means means[] = {UPLINK_PING, UPLINK_TCP};
	uint8_t packet[ROOM];
	size_t from, len;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const bool v6 = i / 2;
		const enum uplink_means m = means[i % 2];

		len = answer(m, v6, packet, &from);
		probe(m, v6);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(came(v6, packet, cut), 0);
		for (size_t at = 0; at < len; at++) {
			packet[at] ^= 0x40;
			if (counts(m, v6, at, from))
				assert_int_equal(came(v6, packet, len), 0);
			packet[at] ^= 0x40;
		}
		assert_int_equal(came(!v6, packet, len), 0);
		assert_int_equal(came(v6, packet, len), 1);
		assert_int_equal(came(v6, packet, len), 1); /* again */
		probe(m == UPLINK_PING ? UPLINK_TCP : UPLINK_PING, v6);
		assert_int_equal(came(v6, packet, len), 0); /* of another kind */
	}
}

/* Any bytes, some of them almost right, harm nobody; without the number nothing passes. */
static void anything(void **state)
{
	struct prng prng;
	uint8_t packet[ROOM];
	size_t from;

	(void)state;
	prng_seed(&prng, 1);
	for (unsigned i = 0; i < 200000; i++) {
		const bool v6 = prng_below(&prng, 2);
		const enum uplink_means m = prng_below(&prng, 3);
		size_t len = answer(m == UPLINK_DNS ? UPLINK_TCP : m, v6, packet, &from);

		probe(m, v6);
		if (m == UPLINK_DNS)
			packet[v6 ? 6 : 9] = IPPROTO_UDP;
		packet[from + (m == UPLINK_PING ? 7 : 11)] ^= 0x80; /* another number */
		for (unsigned changes = prng_below(&prng, 20); changes > 0; changes--)
			packet[prng_below(&prng, (uint32_t)from)] = (uint8_t)prng_u64(&prng);
		if (prng_below(&prng, 2))
			len = prng_below(&prng, (uint32_t)len + 1);
		assert_int_equal(came(v6, packet, len), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_the_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(anything, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
