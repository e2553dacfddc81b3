/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bmx7_capture.h"
#include "base/bytes.h"
#include "wire/bmx7.h"

enum { IPV6_TYPE = 0x86dd, UDP = 17, UDP_HEADER = 8 };

static struct ipv6 address(struct rd *r)
{
	struct ipv6 a = {.bits = 128};
	const uint8_t *p = rd_take(r, sizeof(a.b));

	if (p)
		memcpy(a.b, p, sizeof(a.b));
	return a;
}

static bool datagram_read(const struct pcap_frame *f, struct bmx7_datagram *d)
{
	struct rd r = rd_over(f->bytes, f->len);

	rd_take(&r, 12);
	uint16_t type = rd_u16(&r);
	rd_take(&r, 6); /* version, class, label, length */
	uint8_t next = rd_u8(&r);
	rd_u8(&r); /* hop limit */
	d->from = address(&r);
	d->to = address(&r);
	rd_u16(&r); /* source port */
	uint16_t port = rd_u16(&r);
	uint16_t len = rd_u16(&r);
	rd_u16(&r); /* checksum */
	if (r.bad || type != IPV6_TYPE || next != UDP || port != BMX7_PORT || len < UDP_HEADER)
		return false;
	d->at = f->at;
	d->len = len - (size_t)UDP_HEADER;
	d->data = rd_take(&r, d->len);
	return d->data != NULL;
}

bool bmx7_capture_next(struct pcap *p, struct bmx7_datagram *d)
{
	struct pcap_frame f;

	while (pcap_next(p, &f)) {
		if (datagram_read(&f, d))
			return true;
	}
	return false;
}
