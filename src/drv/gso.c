/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/gso.h"

#include <assert.h>
#include <string.h>

#include "drv/checksum.h"
#include "drv/ip_header.h"
#include "wire/ethernet.h"

/* Not in the headers of older kernels. */
enum { GSO_UDP_L4 = 5 };

/* Which kind the header announces. */
static enum err kind_open(struct gso *g, uint8_t gso_type)
{
	switch (gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		g->tcp = true;
		g->ipv4 = true;
		return OK;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		g->tcp = true;
		g->ipv4 = false;
		return OK;
	case GSO_UDP_L4: g->tcp = false; return OK;
	default: return ERR_UNKNOWN;
	}
}

/* Where IP begins, and of which version it is. */
static enum err l3_open(struct gso *g, size_t len, bool *ipv4)
{
	struct ethernet e;
	enum err err = ethernet_parse(g->frame, len, &e);

	if (err != OK)
		return err;
	if (e.inner_type != ETHERTYPE_IPV4 && e.inner_type != ETHERTYPE_IPV6)
		return ERR_MALFORMED;
	*ipv4 = e.inner_type == ETHERTYPE_IPV4;
	g->l3 = (uint16_t)(e.payload - g->frame);
	return OK;
}

static enum err headers_open(struct gso *g, bool ipv4)
{
	if (!g->tcp)
		g->ipv4 = ipv4;
	if (g->ipv4 != ipv4)
		return ERR_MALFORMED;
	if (g->l4 < g->l3 + (g->ipv4 ? IPV4_HEADER : IPV6_HEADER))
		return ERR_MALFORMED;
	if (g->ipv4 && g->l4 != g->l3 + (g->frame[g->l3] & 0x0f) * 4)
		return ERR_MALFORMED;
	return OK;
}

static enum err open_any(struct gso *g, const struct virtio_net_hdr *v, const uint8_t *frame,
			 size_t len, bool bare)
{
	enum err err = kind_open(g, v->gso_type);
	size_t l4_bytes = UDP_HEADER;
	bool ipv4;

	if (err != OK)
		return err;
	if (!(v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || v->gso_size == 0)
		return ERR_MALFORMED;
	if (v->csum_offset != (g->tcp ? TCP_CHECKSUM : UDP_CHECKSUM))
		return ERR_MALFORMED;
	g->frame = frame;
	g->l4 = v->csum_start;
	if (g->l4 + (g->tcp ? (size_t)TCP_HEADER : (size_t)UDP_HEADER) > len)
		return ERR_SHORT;
	g->l3 = 0;
	ipv4 = frame[0] >> 4 == 4;
	err = bare ? OK : l3_open(g, len, &ipv4);
	if (err == OK)
		err = headers_open(g, ipv4);
	if (err != OK)
		return err;
	if (g->tcp)
		l4_bytes = (size_t)(frame[g->l4 + TCP_OFFSET] >> 4) * 4;
	if ((g->tcp && l4_bytes < TCP_HEADER) || g->l4 + l4_bytes > GSO_HEADER_MAX)
		return ERR_MALFORMED;
	if (g->l4 + l4_bytes >= len)
		return ERR_SHORT;
	g->header_bytes = (uint16_t)(g->l4 + l4_bytes);
	g->payload_bytes = len - g->header_bytes;
	g->segment_bytes = v->gso_size;
	g->count = (uint32_t)((g->payload_bytes + g->segment_bytes - 1) / g->segment_bytes);
	memcpy(&g->pseudo_field, frame + g->l4 + v->csum_offset, sizeof(g->pseudo_field));
	return OK;
}

enum err gso_open(struct gso *g, const struct virtio_net_hdr *v, const uint8_t *frame, size_t len)
{
	return open_any(g, v, frame, len, false);
}

enum err gso_open_ip(struct gso *g, const struct virtio_net_hdr *v, const uint8_t *packet,
		     size_t len)
{
	return open_any(g, v, packet, len, true);
}

enum err gso_limit(struct gso *g, size_t frame_max)
{
	size_t room;

	if (gso_segment_max(g) <= frame_max)
		return OK;
	if (!g->tcp || frame_max < (size_t)g->header_bytes + GSO_PAYLOAD_MIN)
		return ERR_TOO_BIG;
	room = frame_max - g->header_bytes;
	g->segment_bytes = (uint16_t)room;
	g->count = (uint32_t)((g->payload_bytes + room - 1) / room);
	return OK;
}

/* The IP header for a message of l4_len bytes, segment i. */
static void ip_write(const struct gso *g, uint32_t i, uint8_t *ip, size_t l4_len)
{
	size_t ip_bytes = (size_t)(g->l4 - g->l3);

	if (!g->ipv4) {
		put16(ip + IPV6_LENGTH, ip_bytes - IPV6_HEADER + l4_len);
		return;
	}
	put16(ip + IPV4_LENGTH, ip_bytes + l4_len);
	put16(ip + IPV4_ID, (uint16_t)(get16(ip + IPV4_ID) + i));
	put16(ip + IPV4_CHECKSUM, 0);
	checksum_store(ip + IPV4_CHECKSUM, checksum_add(0, ip, ip_bytes));
}

size_t gso_segment(const struct gso *g, uint32_t i, uint8_t *header, const uint8_t **payload)
{
	size_t at = (size_t)i * g->segment_bytes;
	size_t left = g->payload_bytes - at;
	bool last = left <= g->segment_bytes;
	size_t len = last ? left : g->segment_bytes;
	size_t l4_bytes = (size_t)(g->header_bytes - g->l4);
	size_t whole = l4_bytes + g->payload_bytes;
	uint8_t *l4 = header + g->l4;
	uint8_t *field = l4 + (g->tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
	uint64_t sum = g->pseudo_field;

	assert(i < g->count);
	*payload = g->frame + g->header_bytes + at;
	memcpy(header, g->frame, g->header_bytes);
	ip_write(g, i, header + g->l3, l4_bytes + len);
	if (g->tcp) {
		put32(l4 + TCP_SEQ, get32(l4 + TCP_SEQ) + (uint32_t)at);
		if (!last)
			l4[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
		if (i > 0)
			l4[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
	} else {
		put16(l4 + UDP_LENGTH, l4_bytes + len);
	}
	/* The pseudo header of the whole, its length changed to this segment's. */
	sum = checksum_sub_u16(sum, (uint16_t)whole);
	sum = checksum_sub_u16(sum, (uint16_t)(whole >> 16));
	sum = checksum_add_u16(sum, (uint16_t)(l4_bytes + len));
	put16(field, 0);
	sum = checksum_add(sum, l4, l4_bytes);
	sum = checksum_add(sum, *payload, len);
	checksum_store(field, sum);
	if (!g->tcp && field[0] == 0 && field[1] == 0)
		put16(field, 0xffff); /* 0 would mean: no checksum */
	return len;
}

enum err gso_complete(const struct virtio_net_hdr *v, uint8_t *frame, size_t len)
{
	size_t at = (size_t)v->csum_start + v->csum_offset;

	if (!(v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return OK;
	if (at + 2 > len)
		return ERR_MALFORMED;
	/* The field holds the pseudo header and is summed with the rest. */
	checksum_store(frame + at, checksum_add(0, frame + v->csum_start, len - v->csum_start));
	if (frame[at] == 0 && frame[at + 1] == 0)
		put16(frame + at, 0xffff); /* the same number; for UDP, 0 means none */
	return OK;
}
