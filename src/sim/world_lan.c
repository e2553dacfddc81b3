/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/world_lan.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/ip.h"
#include "node/node.h"
#include "wire/ethernet.h"

enum {
	IPV6_HEADER = 40,
	NEXT_UDP = 17,
	NEXT_FRAGMENT = 44,
	UDP_HEADER = 8,
	FRAGMENT_HEADER = 8,
	DATAGRAM_ROOM = 65536,
	WHOLE_MAX = LAN_FRAME_MAX - ETHERNET_HEADER - IPV6_HEADER, /* UDP header and payload */
	PIECE_MAX = (WHOLE_MAX - FRAGMENT_HEADER) / 8 * 8,
	HEADERS = ETHERNET_HEADER + IPV6_HEADER,
};

void stack_fini(struct stack *s)
{
	for (unsigned i = 0; i < LAN_PIECES; i++)
		free(s->piece[i].data);
	memset(s->piece, 0, sizeof(s->piece));
}

/* ---- sending ---- */

static struct ipv6 address_of(struct mac m)
{
	static const struct ipv6 all = {{0xff, 2, [15] = 1}, 128};

	return mac_is_broadcast(m) ? all : ipv6_link_local(m);
}

static uint32_t sum(uint32_t before, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		before += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	return before;
}

/* The datagram with its UDP header, checksum included. */
static size_t udp_write(const struct lan_udp *d, uint8_t *out, size_t room)
{
	struct wr w = wr_over(out, room);
	const struct ipv6 src = ipv6_link_local(d->src_mac);
	const size_t len = UDP_HEADER + d->len;
	uint32_t c = NEXT_UDP + (uint32_t)len;

	wr_u16(&w, d->port);
	wr_u16(&w, d->port);
	wr_u16(&w, (uint16_t)len);
	wr_u16(&w, 0);
	wr_bytes(&w, d->data, d->len);
	assert(!w.bad);
	c = sum(sum(sum(c, src.b, sizeof(src.b)), d->dst.b, sizeof(d->dst.b)), out, len);
	while (c >> 16)
		c = (c & 0xffff) + (c >> 16);
	c = c == 0xffff ? c : ~c & 0xffff;
	out[6] = (uint8_t)(c >> 8);
	out[7] = (uint8_t)c;
	return len;
}

static struct wr frame_begin(const struct lan_udp *d, uint8_t next, size_t len,
			     uint8_t frame[LAN_FRAME_MAX])
{
	struct wr w = wr_over(frame, LAN_FRAME_MAX);
	const struct ipv6 src = ipv6_link_local(d->src_mac);

	ethernet_write(&w, d->dst_mac, d->src_mac, ETHERTYPE_IPV6);
	wr_u32(&w, 0x60000000);
	wr_u16(&w, (uint16_t)len);
	wr_u8(&w, next);
	wr_u8(&w, 255);
	wr_bytes(&w, src.b, sizeof(src.b));
	wr_bytes(&w, d->dst.b, sizeof(d->dst.b));
	return w;
}

size_t lan_udp_frame(const struct lan_udp *d, uint8_t frame[LAN_FRAME_MAX])
{
	uint8_t udp[WHOLE_MAX];
	const size_t len = udp_write(d, udp, sizeof(udp));
	struct wr w = frame_begin(d, NEXT_UDP, len, frame);

	wr_bytes(&w, udp, len);
	return wr_len(&w);
}

void stack_send(struct stack *s, const struct fx_datagram *d,
		void (*send)(void *ctx, const uint8_t *frame, size_t len), void *ctx)
{
	static uint8_t udp[DATAGRAM_ROOM];
	const struct mac all = {{0x33, 0x33, 0, 0, 0, 1}};
	const struct lan_udp x = {s->self,	     mac_is_broadcast(d->to) ? all : d->to,
				  address_of(d->to), SHARE_PORT,
				  d->data,	     d->len};
	const size_t len = UDP_HEADER + d->len;
	uint8_t frame[LAN_FRAME_MAX];
	struct wr w;

	if (len <= WHOLE_MAX) {
		send(ctx, frame, lan_udp_frame(&x, frame));
		return;
	}
	udp_write(&x, udp, sizeof(udp));
	s->id++;
	for (size_t at = 0; at < len; at += PIECE_MAX) {
		const size_t part = len - at < PIECE_MAX ? len - at : PIECE_MAX;

		w = frame_begin(&x, NEXT_FRAGMENT, FRAGMENT_HEADER + part, frame);
		wr_u8(&w, NEXT_UDP);
		wr_u8(&w, 0);
		wr_u16(&w, (uint16_t)(at | (at + part < len)));
		wr_u32(&w, s->id);
		wr_bytes(&w, udp + at, part);
		send(ctx, frame, wr_len(&w));
	}
}

/* ---- receiving ---- */

bool stack_is_ours(const struct stack *s, const uint8_t *frame, size_t len)
{
	const struct mac dst = mac_from(frame);

	if (len < HEADERS + UDP_HEADER || frame[12] != ETHERTYPE_IPV6 >> 8 ||
	    frame[13] != (ETHERTYPE_IPV6 & 0xff) ||
	    (!mac_is_multicast(dst) && !mac_equal(dst, s->self)) ||
	    mac_equal(mac_from(frame + 6), s->self))
		return false;
	if (frame[ETHERNET_HEADER + 6] == NEXT_FRAGMENT)
		return true;
	return frame[ETHERNET_HEADER + 6] == NEXT_UDP && frame[HEADERS + 2] == SHARE_PORT >> 8 &&
	       frame[HEADERS + 3] == (SHARE_PORT & 0xff);
}

static struct stack_piece *piece_get(struct stack *s, struct mac from, uint32_t id)
{
	struct stack_piece *p;

	for (unsigned i = 0; i < LAN_PIECES; i++)
		if (s->piece[i].data && s->piece[i].id == id && mac_equal(s->piece[i].from, from))
			return &s->piece[i];
	p = &s->piece[s->oldest++ % LAN_PIECES];
	if (!p->data)
		p->data = malloc(DATAGRAM_ROOM);
	if (!p->data)
		abort();
	*p = (struct stack_piece){.from = from, .id = id, .data = p->data};
	return p;
}

static bool udp_take(struct mac from, const uint8_t *udp, size_t len, struct ev_datagram *out)
{
	struct rd r = rd_over(udp, len);
	uint16_t to, announced;

	rd_u16(&r);
	to = rd_u16(&r);
	announced = rd_u16(&r);
	rd_u16(&r);
	if (r.bad || to != SHARE_PORT || announced != len)
		return false;
	*out = (struct ev_datagram){from, udp + UDP_HEADER, len - UDP_HEADER};
	return true;
}

/* Pieces that come twice are not told apart: such a datagram is lost. */
static bool piece_take(struct stack *s, struct mac from, const uint8_t *data, size_t len,
		       struct ev_datagram *out)
{
	struct rd r = rd_over(data, len);
	struct stack_piece *p;
	uint16_t at;

	rd_u16(&r);
	at = rd_u16(&r);
	p = piece_get(s, from, rd_u32(&r));
	if (r.bad || (at & ~7u) + rd_left(&r) > DATAGRAM_ROOM)
		return false;
	memcpy(p->data + (at & ~7u), r.at, rd_left(&r));
	p->have += rd_left(&r);
	if (!(at & 1))
		p->total = (at & ~7u) + rd_left(&r);
	return p->total > 0 && p->have == p->total && udp_take(from, p->data, p->total, out);
}

bool stack_rx(struct stack *s, const uint8_t *frame, size_t len, struct ev_datagram *out)
{
	const struct mac from = mac_from(frame + 6);
	const size_t body = (size_t)frame[ETHERNET_HEADER + 4] << 8 | frame[ETHERNET_HEADER + 5];

	assert(stack_is_ours(s, frame, len));
	if (body > len - HEADERS)
		return false;
	if (frame[ETHERNET_HEADER + 6] == NEXT_FRAGMENT)
		return piece_take(s, from, frame + HEADERS, body, out);
	return udp_take(from, frame + HEADERS, body, out);
}
