/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a DHCP message and as an IPv4 packet with one: what is read was there, and
 * the packet says the same as its message.
 */
#include "fuzz.h"
#include "wire/dhcp.h"

static bool holds(const uint8_t *data, size_t size, const void *what, size_t len)
{
	for (size_t i = 0; i + len <= size; i++)
		if (memcmp(data + i, what, len) == 0)
			return true;
	return false;
}

static void message_check(const uint8_t *data, size_t size, const struct dhcp_message *m)
{
	must(size >= 240 && m->type != 0 && mac_is_station(m->client));
	must(holds(data, size, m->client.b, sizeof(m->client.b)));
	must(holds(data, size, m->requested.b, sizeof(m->requested.b)) ||
	     ipv4_to_u32(m->requested) == 0);
	must(holds(data, size, m->server.b, sizeof(m->server.b)) || ipv4_to_u32(m->server) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp_message m, inner;
	enum err err = dhcp_parse(data, size, &m);

	must(err == OK || err == ERR_SHORT || err == ERR_MALFORMED);
	if (err == OK)
		message_check(data, size, &m);
	err = dhcp_parse_ipv4(data, size, &m);
	must(err == OK || err == ERR_SHORT || err == ERR_MALFORMED || err == ERR_UNKNOWN);
	if (err == OK) {
		size_t header = (size_t)(data[0] & 0xf) * 4;
		size_t udp = (size_t)data[header + 4] << 8 | data[header + 5];

		message_check(data, size, &m);
		must(dhcp_parse(data + header + 8, udp - 8, &inner) == OK);
		must(inner.type == m.type && mac_equal(inner.client, m.client));
	}
	return 0;
}
