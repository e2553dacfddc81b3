/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/gro.h"

#include <assert.h>
#include <string.h>

#include "drv/checksum.h"
#include "drv/ip_header.h"
#include "wire/ethernet.h"

enum { MACS = 12 };

/* The IP header: fills l4 and, in *ip_len, all of IP. false: not whole TCP in
 * plain IP. */
static bool ip_open(struct gro_segment *s, size_t left, size_t *ip_len)
{
	const uint8_t *ip = s->frame + s->l3;

	if (s->ipv4) {
		if (left < IPV4_HEADER || ip[0] != 0x45 || ip[IPV4_PROTOCOL] != PROTOCOL_TCP)
			return false;
		if (get16(ip + IPV4_FRAGMENT) & ~IPV4_DONT_FRAGMENT)
			return false;
		s->l4 = (uint16_t)(s->l3 + IPV4_HEADER);
		*ip_len = get16(ip + IPV4_LENGTH);
		return *ip_len <= left;
	}
	if (left < IPV6_HEADER || ip[0] >> 4 != 6 || ip[IPV6_NEXT] != PROTOCOL_TCP)
		return false;
	s->l4 = (uint16_t)(s->l3 + IPV6_HEADER);
	*ip_len = (size_t)get16(ip + IPV6_LENGTH) + IPV6_HEADER;
	return *ip_len <= left;
}

/* Where IP begins, and of which version it is. */
static bool l3_open(struct gro_segment *s, size_t len)
{
	struct ethernet e;

	if (ethernet_parse(s->frame, len, &e) != OK || e.tags > 2)
		return false;
	if (e.inner_type != ETHERTYPE_IPV4 && e.inner_type != ETHERTYPE_IPV6)
		return false;
	s->ipv4 = e.inner_type == ETHERTYPE_IPV4;
	s->l3 = (uint16_t)(e.payload - s->frame);
	return true;
}

/* Reads the headers. false: not TCP, or not a kind that we look at. */
static bool segment_open(struct gro_segment *s, const uint8_t *frame, size_t len, bool bare)
{
	size_t ip_len, l4_bytes, headers;

	s->frame = frame;
	s->l3 = 0;
	s->ipv4 = len > 0 && frame[0] >> 4 == 4;
	if (!bare && !l3_open(s, len))
		return false;
	len -= s->l3;
	if (!ip_open(s, len, &ip_len))
		return false;
	headers = (size_t)(s->l4 - s->l3) + TCP_HEADER;
	if (ip_len < headers)
		return false;
	l4_bytes = (size_t)(frame[s->l4 + TCP_OFFSET] >> 4) * 4;
	headers += l4_bytes - TCP_HEADER;
	if (l4_bytes < TCP_HEADER || ip_len < headers)
		return false;
	s->header_bytes = (uint16_t)(s->l4 + l4_bytes);
	s->payload_bytes = (uint16_t)(ip_len - headers);
	s->seq = get32(frame + s->l4 + TCP_SEQ);
	s->flags = frame[s->l4 + TCP_FLAGS];
	s->mergeable = s->payload_bytes > 0 && ip_len == len &&
		       (s->flags & ~(TCP_PSH | TCP_ECE)) == TCP_ACK;
	return true;
}

static bool checksum_right(const struct gro_segment *s)
{
	const uint8_t *ip = s->frame + s->l3;
	const uint8_t *src = ip + (s->ipv4 ? IPV4_ADDRESSES : IPV6_ADDRESSES);
	size_t addr_len = s->ipv4 ? 4 : 16;
	size_t l4_len = (size_t)(s->header_bytes - s->l4) + s->payload_bytes;
	uint64_t sum =
		checksum_pseudo(src, src + addr_len, addr_len, PROTOCOL_TCP, (uint32_t)l4_len);

	if (s->ipv4 && checksum_fold(checksum_add(0, ip, IPV4_HEADER)) != 0xffff)
		return false;
	return checksum_fold(checksum_add(sum, s->frame + s->l4, l4_len)) == 0xffff;
}

static bool bytes_equal(const struct gro_segment *a, const struct gro_segment *b, size_t from,
			size_t to)
{
	return memcmp(a->frame + from, b->frame + from, to - from) == 0;
}

/* Same Ethernet header, IP addresses and ports? */
static bool flow_is(const struct gro_flow *f, const struct gro_segment *s)
{
	const struct gro_segment *a = &f->first;
	size_t addresses = (size_t)a->l3 + (a->ipv4 ? IPV4_ADDRESSES : IPV6_ADDRESSES);

	return a->l3 == s->l3 && a->ipv4 == s->ipv4 && bytes_equal(a, s, 0, a->l3) &&
	       bytes_equal(a, s, addresses, (size_t)a->l4 + TCP_SEQ);
}

/* May s, of the same flow, be its next segment? Its checksum is not looked at. */
static bool flow_takes(const struct gro_flow *f, const struct gro_segment *s)
{
	const struct gro_segment *a = &f->first;
	size_t l3 = a->l3, l4 = a->l4;

	if (!s->mergeable || s->header_bytes != a->header_bytes || s->seq != f->next_seq ||
	    s->payload_bytes > a->payload_bytes || (s->flags & ~TCP_PSH) != (a->flags & ~TCP_PSH))
		return false;
	if (s->header_bytes - l3 + f->payload_bytes + s->payload_bytes > GRO_BYTES_MAX)
		return false;
	if (a->ipv4) {
		/* Class of service; do not fragment; ttl; an id that goes on, where it matters. */
		if (!bytes_equal(a, s, l3, l3 + IPV4_LENGTH) ||
		    !bytes_equal(a, s, l3 + IPV4_FRAGMENT, l3 + IPV4_PROTOCOL))
			return false;
		if (get16(s->frame + l3 + IPV4_FRAGMENT) == 0 &&
		    get16(s->frame + l3 + IPV4_ID) != f->next_id)
			return false;
	} else if (!bytes_equal(a, s, l3, l3 + IPV6_LENGTH) ||
		   !bytes_equal(a, s, l3 + IPV6_NEXT, l3 + IPV6_ADDRESSES)) {
		return false;
	}
	return bytes_equal(a, s, l4 + TCP_ACK_NUMBER, l4 + TCP_FLAGS) &&
	       bytes_equal(a, s, l4 + TCP_WINDOW, l4 + TCP_CHECKSUM) &&
	       bytes_equal(a, s, l4 + TCP_URGENT, a->header_bytes);
}

static void flow_push(struct gro_flow *f, const struct gro_segment *s)
{
	f->segments++;
	f->iov[f->segments] = (struct iovec){
		/* iovec has no const; emit only reads */
		.iov_base = (uint8_t *)(uintptr_t)(s->frame + s->header_bytes),
		.iov_len = s->payload_bytes,
	};
	f->payload_bytes += s->payload_bytes;
	f->next_seq = s->seq + s->payload_bytes;
	f->next_id = (uint16_t)(get16(s->frame + s->l3 + IPV4_ID) + 1);
	f->push = s->flags & TCP_PSH;
}

/* The header of the super-frame, with the pseudo header in its checksum field. */
static void flow_header(struct gro_flow *f, struct virtio_net_hdr *v)
{
	const struct gro_segment *a = &f->first;
	uint8_t *ip = f->header + a->l3;
	uint8_t *tcp = f->header + a->l4;
	const uint8_t *src = ip + (a->ipv4 ? IPV4_ADDRESSES : IPV6_ADDRESSES);
	size_t addr_len = a->ipv4 ? 4 : 16;
	size_t l4_len = (size_t)(a->header_bytes - a->l4) + f->payload_bytes;
	uint16_t pseudo;

	memcpy(f->header, a->frame, a->header_bytes);
	if (a->ipv4) {
		put16(ip + IPV4_LENGTH, IPV4_HEADER + l4_len);
		put16(ip + IPV4_CHECKSUM, 0);
		checksum_store(ip + IPV4_CHECKSUM, checksum_add(0, ip, IPV4_HEADER));
	} else {
		put16(ip + IPV6_LENGTH, l4_len);
	}
	if (f->push)
		tcp[TCP_FLAGS] |= TCP_PSH;
	pseudo = checksum_fold(
		checksum_pseudo(src, src + addr_len, addr_len, PROTOCOL_TCP, (uint32_t)l4_len));
	memcpy(tcp + TCP_CHECKSUM, &pseudo, sizeof(pseudo));
	*v = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = a->ipv4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6,
		.hdr_len = a->header_bytes,
		.gso_size = a->payload_bytes,
		.csum_start = a->l4,
		.csum_offset = TCP_CHECKSUM,
	};
}

static void pass(struct gro *g, const uint8_t *frame, size_t len)
{
	const struct virtio_net_hdr none = {0};
	struct iovec iov = {.iov_base = (uint8_t *)(uintptr_t)frame, .iov_len = len};

	g->emit(g->ctx, &none, &iov, 1);
}

/* Emits the open flow at place i of the order and closes it. */
static void flow_emit(struct gro *g, unsigned i)
{
	struct gro_flow *f = g->order[i];
	struct virtio_net_hdr v;

	assert(i < g->used && f->segments > 0);
	if (f->segments == 1) {
		pass(g, f->first.frame, (size_t)f->first.header_bytes + f->payload_bytes);
	} else {
		flow_header(f, &v);
		f->iov[0] = (struct iovec){.iov_base = f->header, .iov_len = f->first.header_bytes};
		g->emit(g->ctx, &v, f->iov, f->segments + 1);
	}
	g->used--;
	for (; i < g->used; i++)
		g->order[i] = g->order[i + 1];
	g->order[g->used] = f;
}

/* The last segment decides whether more may follow. */
static void flow_settle(struct gro *g, unsigned i, const struct gro_segment *s)
{
	const struct gro_flow *f = g->order[i];

	if (f->push || s->payload_bytes < f->first.payload_bytes || f->segments == GRO_SEGMENTS_MAX)
		flow_emit(g, i);
}

static void flow_start(struct gro *g, const struct gro_segment *s)
{
	struct gro_flow *f;

	if (g->used == GRO_FLOWS)
		flow_emit(g, 0);
	f = g->order[g->used++];
	f->first = *s;
	f->payload_bytes = 0;
	f->segments = 0;
	flow_push(f, s);
	flow_settle(g, g->used - 1, s);
}

/* A frame without a flow that we know: what it may belong to goes first. */
static void pass_in_order(struct gro *g, const uint8_t *frame, size_t len)
{
	for (unsigned i = g->used; len >= MACS && i-- > 0;)
		if (g->bare || memcmp(g->order[i]->first.frame, frame, MACS) == 0)
			flow_emit(g, i);
	pass(g, frame, len);
}

void gro_init(struct gro *g,
	      void (*emit)(void *ctx, const struct virtio_net_hdr *v, const struct iovec *iov,
			   unsigned count),
	      void *ctx)
{
	g->emit = emit;
	g->ctx = ctx;
	g->bare = false;
	g->used = 0;
	for (unsigned i = 0; i < GRO_FLOWS; i++)
		g->order[i] = &g->flow[i];
}

void gro_add(struct gro *g, const uint8_t *frame, size_t len)
{
	struct gro_segment s;
	unsigned i = 0;
	bool right;

	if (!segment_open(&s, frame, len, g->bare)) {
		pass_in_order(g, frame, len);
		return;
	}
	while (i < g->used && !flow_is(g->order[i], &s))
		i++;
	right = s.mergeable && checksum_right(&s);
	if (i < g->used && right && flow_takes(g->order[i], &s)) {
		flow_push(g->order[i], &s);
		flow_settle(g, i, &s);
		return;
	}
	if (i < g->used)
		flow_emit(g, i);
	if (right)
		flow_start(g, &s);
	else
		pass(g, frame, len);
}

void gro_flush(struct gro *g)
{
	while (g->used > 0)
		flow_emit(g, 0);
}
