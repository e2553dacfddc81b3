/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alfred_pcap.h"
#include <string.h>
#include "base/bytes.h"
#include "wire/ethernet.h"

enum { IPV6_HEADER = 40, UDP = 17, FRAGMENT = 44, PORT = 16962, DATAGRAM_ROOM = 65536 };

static uint8_t whole[DATAGRAM_ROOM + 8];
static size_t whole_len;

struct alfred_pcap alfred_pcap_open(const char *path)
{
	whole_len = 0;
	return (struct alfred_pcap){pcap_open(path)};
}

/* The MAC in an EUI-64 address. */
static struct mac mac_of(const uint8_t *ip)
{
	struct mac m = {{ip[8], ip[9], ip[10], ip[13], ip[14], ip[15]}};

	m.b[0] ^= 2;
	return ip[0] == 0xff ? MAC_BROADCAST : m;
}

/* Adds a piece; true: that was the last. */
static bool piece_add(struct rd *r)
{
	rd_u16(r); /* next header, reserved */
	uint16_t place = rd_u16(r);
	rd_u32(r); /* identification */
	size_t len = rd_left(r), at = place & ~7u;

	if (at == 0)
		whole_len = 0;
	if (r->bad || at != whole_len || at + len > sizeof(whole))
		return false;
	memcpy(whole + at, rd_take(r, len), len);
	whole_len += len;
	return !(place & 1);
}

static bool frame_read(const struct pcap_frame *f, struct alfred_datagram *d)
{
	struct ethernet e;

	if (ethernet_parse(f->bytes, f->len, &e) != OK || e.type != ETHERTYPE_IPV6)
		return false;
	struct rd r = rd_over(e.payload, e.payload_len);
	const uint8_t *ip = rd_take(&r, IPV6_HEADER);
	if (!ip || rd_left(&r) < (size_t)(ip[4] << 8 | ip[5]))
		return false;
	r.end = r.at + (ip[4] << 8 | ip[5]);
	if (ip[6] == FRAGMENT) {
		if (r.at[0] != UDP || !piece_add(&r))
			return false;
		r = rd_over(whole, whole_len);
	} else if (ip[6] != UDP) {
		return false;
	}
	uint16_t from = rd_u16(&r), to = rd_u16(&r);
	rd_u32(&r); /* length, checksum */
	if (r.bad || from != PORT || to != PORT)
		return false;
	*d = (struct alfred_datagram){f->at, mac_of(ip + 8), mac_of(ip + 24), r.at, rd_left(&r)};
	return true;
}

bool alfred_pcap_next(struct alfred_pcap *p, struct alfred_datagram *d)
{
	struct pcap_frame f;

	while (pcap_next(&p->pcap, &f))
		if (frame_read(&f, d))
			return true;
	return false;
}
