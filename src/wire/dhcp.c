/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dhcp.h"

enum {
	OP_REQUEST = 1,
	HTYPE_ETHERNET = 1,
	CHADDR_REST = 16 - 6,
	SNAME_AND_FILE = 64 + 128,
	COOKIE = 0x63825363,
	OPTION_PAD = 0,
	OPTION_REQUESTED_IP = 50,
	OPTION_MESSAGE_TYPE = 53,
	OPTION_SERVER_ID = 54,
	OPTION_END = 255,
	IPV4_HEADER = 20,
	IPV4_FRAGMENT = 0x3fff, /* more fragments, or an offset */
	PROTOCOL_UDP = 17,
	UDP_HEADER = 8,
};

static struct ipv4 rd_ipv4(struct rd *r)
{
	return ipv4_from_u32(rd_u32(r), 32);
}

static void wr_ipv4(struct wr *w, struct ipv4 a)
{
	wr_u32(w, ipv4_to_u32(a));
}

/* false: a wrong size. */
static bool option_take(struct dhcp_message *m, uint8_t code, struct rd value)
{
	size_t len = rd_left(&value);

	switch (code) {
	case OPTION_MESSAGE_TYPE: m->type = rd_u8(&value); return len == 1;
	case OPTION_REQUESTED_IP: m->requested = rd_ipv4(&value); return len == 4;
	case OPTION_SERVER_ID: m->server = rd_ipv4(&value); return len == 4;
	default: return true;
	}
}

static enum err options_parse(struct rd *r, struct dhcp_message *m)
{
	while (rd_left(r) > 0) {
		uint8_t code = rd_u8(r), len;
		const uint8_t *value;

		if (code == OPTION_END)
			break;
		if (code == OPTION_PAD)
			continue;
		len = rd_u8(r);
		value = rd_take(r, len);
		if (!value)
			return ERR_SHORT;
		if (!option_take(m, code, rd_over(value, len)))
			return ERR_MALFORMED;
	}
	return m->type != 0 ? OK : ERR_MALFORMED;
}

enum err dhcp_parse(const void *message, size_t len, struct dhcp_message *m)
{
	struct rd r = rd_over(message, len);
	uint8_t op, htype, hlen;
	uint32_t cookie;

	*m = (struct dhcp_message){0};
	op = rd_u8(&r);
	htype = rd_u8(&r);
	hlen = rd_u8(&r);
	rd_u8(&r); /* hops */
	m->xid = rd_u32(&r);
	rd_u32(&r); /* secs, flags */
	m->ciaddr = rd_ipv4(&r);
	rd_u32(&r); /* yiaddr */
	rd_u32(&r); /* siaddr */
	m->giaddr = rd_ipv4(&r);
	m->client = rd_mac(&r);
	rd_take(&r, CHADDR_REST + SNAME_AND_FILE);
	cookie = rd_u32(&r);
	if (r.bad)
		return ERR_SHORT;
	if (op != OP_REQUEST || htype != HTYPE_ETHERNET || hlen != sizeof(m->client.b) ||
	    cookie != COOKIE || !mac_is_station(m->client))
		return ERR_MALFORMED;
	return options_parse(&r, m);
}

enum err dhcp_parse_ipv4(const void *packet, size_t len, struct dhcp_message *m)
{
	struct rd r = rd_over(packet, len), udp;
	uint8_t first = rd_u8(&r), protocol;
	size_t header = (size_t)(first & 0xf) * 4, total, udp_len;
	uint16_t fragment, port;
	const uint8_t *rest;

	rd_u8(&r); /* type of service */
	total = rd_u16(&r);
	rd_u16(&r); /* identification */
	fragment = rd_u16(&r);
	rd_u8(&r); /* time to live */
	protocol = rd_u8(&r);
	rd_take(&r, 2 + 4 + 4); /* checksum, addresses */
	if (r.bad)
		return ERR_SHORT;
	if (first >> 4 != 4 || header < IPV4_HEADER || total < header)
		return ERR_MALFORMED;
	if (total > len)
		return ERR_SHORT;
	if (protocol != PROTOCOL_UDP || (fragment & IPV4_FRAGMENT) != 0)
		return ERR_UNKNOWN;
	udp = rd_over((const uint8_t *)packet + header, total - header);
	rd_u16(&udp); /* source port */
	port = rd_u16(&udp);
	udp_len = rd_u16(&udp);
	rd_u16(&udp); /* checksum: the socket's business */
	if (udp.bad)
		return ERR_SHORT;
	if (port != DHCP_SERVER_PORT)
		return ERR_UNKNOWN;
	if (udp_len < UDP_HEADER)
		return ERR_MALFORMED;
	rest = rd_take(&udp, udp_len - UDP_HEADER);
	return rest ? dhcp_parse(rest, udp_len - UDP_HEADER, m) : ERR_SHORT;
}

void dhcp_release_write(struct wr *w, uint32_t xid, struct mac client, struct ipv4 ciaddr,
			struct ipv4 server)
{
	size_t begin = wr_len(w);

	wr_u8(w, OP_REQUEST);
	wr_u8(w, HTYPE_ETHERNET);
	wr_u8(w, sizeof(client.b));
	wr_u8(w, 0); /* hops */
	wr_u32(w, xid);
	wr_u32(w, 0); /* secs, flags */
	wr_ipv4(w, ciaddr);
	wr_zero(w, 3 * 4); /* yiaddr, siaddr, giaddr */
	wr_mac(w, client);
	wr_zero(w, CHADDR_REST + SNAME_AND_FILE);
	wr_u32(w, COOKIE);
	wr_u8(w, OPTION_MESSAGE_TYPE);
	wr_u8(w, 1);
	wr_u8(w, DHCP_RELEASE);
	wr_u8(w, OPTION_SERVER_ID);
	wr_u8(w, 4);
	wr_ipv4(w, server);
	wr_u8(w, OPTION_END);
	if (!w->bad && wr_len(w) - begin < DHCP_MESSAGE_MIN)
		wr_zero(w, DHCP_MESSAGE_MIN - (wr_len(w) - begin));
}
