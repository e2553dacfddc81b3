/* Proves that clients' DHCP messages are read right from IPv4 packets, that cut and crooked
 * ones are refused at every length, and that our release is one that we read. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "cmocka_all.h"
#include "wire/dhcp.h"

enum { OPTIONS_AT = 240, IPV4_UDP = 28 };

static const struct mac phone = {{0x02, 0xaa, 0, 0, 0, 1}};

static struct ipv4 address(const char *text)
{
	struct ipv4 a;

	assert_true(ipv4_parse(text, &a));
	return a;
}

/* A release by phone of 10.7.0.9 to 10.7.0.1. */
static size_t release(uint8_t *into, size_t room)
{
	struct wr w = wr_over(into, room);

	dhcp_release_write(&w, 0x01020304, phone, address("10.7.0.9"), address("10.7.0.1"));
	assert_false(w.bad);
	return wr_len(&w);
}

static void packet_wrap(uint8_t *packet, size_t message_len)
{
	size_t total = IPV4_UDP + message_len, udp = total - 20;

	memset(packet, 0, IPV4_UDP);
	packet[0] = 0x45;
	packet[2] = (uint8_t)(total >> 8);
	packet[3] = (uint8_t)total;
	packet[9] = 17;
	packet[21] = DHCP_CLIENT_PORT;
	packet[23] = DHCP_SERVER_PORT;
	packet[24] = (uint8_t)(udp >> 8);
	packet[25] = (uint8_t)udp;
}

static void test_release(void **state)
{
	uint8_t bytes[400];
	size_t len = release(bytes, sizeof(bytes));
	struct dhcp_message m;
	struct wr small = wr_over(bytes, DHCP_MESSAGE_MIN - 1);

	(void)state;
	assert_int_equal(len, DHCP_MESSAGE_MIN);
	assert_int_equal(dhcp_parse(bytes, len, &m), OK);
	assert_int_equal(m.type, DHCP_RELEASE);
	assert_int_equal(m.xid, 0x01020304);
	assert_true(mac_equal(m.client, phone));
	assert_true(ipv4_equal(m.ciaddr, address("10.7.0.9")));
	assert_true(ipv4_equal(m.server, address("10.7.0.1")));
	assert_int_equal(ipv4_to_u32(m.giaddr), 0);
	dhcp_release_write(&small, 0, phone, address("10.7.0.9"), address("10.7.0.1"));
	assert_true(small.bad);
}

/* What a message says besides its fields. */
struct options_case {
	const char *name;
	uint8_t bytes[16];
	size_t len;
	enum err err;
	uint8_t type;
	const char *requested;
};

static const struct options_case options_cases[] = {
	{"decline", {53, 1, 4, 50, 4, 10, 7, 0, 9, 255}, 10, OK, DHCP_DECLINE, "10.7.0.9"},
	{"padding before and between", {0, 0, 53, 1, 3, 0, 255}, 7, OK, DHCP_REQUEST, NULL},
	{"no end", {53, 1, 1}, 3, OK, DHCP_DISCOVER, NULL},
	{"what follows the end is nothing", {53, 1, 1, 255, 53, 9}, 6, OK, DHCP_DISCOVER, NULL},
	{"unknown ones are passed over", {12, 2, 'a', 'b', 53, 1, 8}, 7, OK, DHCP_INFORM, NULL},
	{"an unknown type is one", {53, 1, 99}, 3, OK, 99, NULL},
	{"no type: BOOTP", {255}, 1, ERR_MALFORMED, 0, NULL},
	{"a type of two bytes", {53, 2, 1, 1, 255}, 5, ERR_MALFORMED, 0, NULL},
	{"an address of three", {53, 1, 4, 50, 3, 10, 7, 0}, 8, ERR_MALFORMED, 0, NULL},
	{"a server of five", {53, 1, 4, 54, 5, 1, 2, 3, 4, 5}, 10, ERR_MALFORMED, 0, NULL},
	{"longer than the message", {53, 1, 4, 50, 4, 10, 7}, 7, ERR_SHORT, 0, NULL},
	{"a code without its length", {53, 1, 4, 50}, 4, ERR_SHORT, 0, NULL},
};

static void test_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(options_cases) / sizeof(options_cases[0]); i++) {
		const struct options_case *c = &options_cases[i];
		uint8_t bytes[400];
		struct dhcp_message m;

		release(bytes, sizeof(bytes));
		memcpy(bytes + OPTIONS_AT, c->bytes, c->len);
		if (dhcp_parse(bytes, OPTIONS_AT + c->len, &m) != c->err)
			fail_msg("%s", c->name);
		if (c->err != OK)
			continue;
		assert_int_equal(m.type, c->type);
		assert_int_equal(ipv4_to_u32(m.requested),
				 c->requested ? ipv4_to_u32(address(c->requested)) : 0);
	}
}

/* A byte that makes it another thing. */
static const struct {
	const char *name;
	size_t at;
	uint8_t value;
	enum err err;
} crooked[] = {
	{"a server's answer", IPV4_UDP + 0, 2, ERR_MALFORMED},
	{"not over Ethernet", IPV4_UDP + 1, 6, ERR_MALFORMED},
	{"an address of eight bytes", IPV4_UDP + 2, 8, ERR_MALFORMED},
	{"a multicast client", IPV4_UDP + 28, 3, ERR_MALFORMED},
	{"another cookie", IPV4_UDP + 236, 0, ERR_MALFORMED},
	{"IPv6", 0, 0x65, ERR_MALFORMED},
	{"a header of 16 bytes", 0, 0x44, ERR_MALFORMED},
	{"a packet shorter than its header", 3, 8, ERR_MALFORMED},
	{"a packet longer than what came", 2, 9, ERR_SHORT},
	{"TCP", 9, 6, ERR_UNKNOWN},
	{"a first fragment", 6, 0x20, ERR_UNKNOWN},
	{"a later fragment", 7, 1, ERR_UNKNOWN},
	{"to a client", 23, 68, ERR_UNKNOWN},
	{"UDP shorter than its header", 25, 7, ERR_MALFORMED},
	{"UDP longer than the packet", 24, 9, ERR_SHORT},
};

static void test_packets(void **state)
{
	uint8_t packet[400];
	size_t len = IPV4_UDP + release(packet + IPV4_UDP, sizeof(packet) - IPV4_UDP);
	struct dhcp_message m;

	(void)state;
	packet_wrap(packet, len - IPV4_UDP);
	packet[2] = (uint8_t)(len >> 8);
	assert_int_equal(dhcp_parse_ipv4(packet, len, &m), OK);
	assert_int_equal(m.type, DHCP_RELEASE);
	/* An Ethernet frame's padding is none of its business. */
	assert_int_equal(dhcp_parse_ipv4(packet, len + 20, &m), OK);
	/* Do not fragment: it is whole. */
	packet[6] = 0x40;
	assert_int_equal(dhcp_parse_ipv4(packet, len, &m), OK);
	for (size_t i = 0; i < sizeof(crooked) / sizeof(crooked[0]); i++) {
		uint8_t other[400];

		memcpy(other, packet, sizeof(other));
		other[crooked[i].at] = crooked[i].value;
		/* Short totals need their first byte too. */
		if (crooked[i].at == 3)
			other[2] = 0;
		if (crooked[i].at == 25)
			other[24] = 0;
		if (dhcp_parse_ipv4(other, len, &m) != crooked[i].err)
			fail_msg("%s", crooked[i].name);
	}
}

/* Cut anywhere, in memory that ends there: refused, and nothing behind it is read. */
static void test_cut(void **state)
{
	uint8_t whole[400];
	size_t len = IPV4_UDP + release(whole + IPV4_UDP, sizeof(whole) - IPV4_UDP);
	struct dhcp_message m;

	(void)state;
	packet_wrap(whole, len - IPV4_UDP);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *piece = malloc(cut > 0 ? cut : 1);

		assert_non_null(piece);
		memcpy(piece, whole, cut);
		assert_int_equal(dhcp_parse_ipv4(piece, cut, &m), ERR_SHORT);
		free(piece);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
