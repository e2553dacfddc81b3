/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "l2_rig.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "core/l2/tt_vlan.h"

struct mac rig_mac(uint8_t kind, uint8_t n)
{
	return (struct mac){{0x02, 0, 0, 0, kind, n}};
}

static void keep(struct rig *r, const struct effect *e)
{
	assert(r->count < RIG_KEPT);
	struct rig_frame *f = &r->kept[r->count++];

	*f = (struct rig_frame){.kind = e->kind, .port = e->frame.port, .len = e->frame.len};
	f->bytes = malloc(f->len + 1);
	assert(f->bytes);
	memcpy(f->bytes, e->frame.data, f->len);
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct rig *r = (struct rig *)(void *)fx;

	switch (e->kind) {
	case FX_SEND:
	case FX_DELIVER: keep(r, e); break;
	case FX_FDB:
		r->fdb = e->fdb;
		r->fdbs++;
		break;
	case FX_ECHO:
		if (r->echoes < sizeof(r->echo) / sizeof(*r->echo))
			r->echo[r->echoes] = e->echo;
		r->echoes++;
		break;
	case FX_NOTE:
		assert(e->note.what < sizeof(r->notes) / sizeof(*r->notes));
		r->notes[e->note.what]++;
		break;
	case FX_DATAGRAM:
	case FX_LEASE:
	case FX_RESERVE:
	case FX_RANGES:
	case FX_NAME:
	case FX_NETWORK:
	case FX_TUNNEL:
	case FX_UPLINK:
	case FX_FORWARDING:
	case FX_HELLO:
	case FX_LAN_ROLE: break;
	}
}

void rig_init(struct rig *r, const struct l2_conf *conf)
{
	struct l2_conf usual = l2_conf_default();

	*r = (struct rig){.fx = {emit}, .now = {1000 * 1000000LL}};
	enum err e = l2_init(&r->l2, conf ? conf : &usual, r->now, 1);
	assert(e == OK);
	(void)e;
}

void rig_clear(struct rig *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->kept[i].bytes);
	r->count = 0;
	r->echoes = 0;
	r->fdbs = 0;
	memset(r->notes, 0, sizeof(r->notes));
}

void rig_fini(struct rig *r)
{
	rig_clear(r);
	l2_fini(&r->l2);
}

static void handle(struct rig *r, const struct ev *ev)
{
	l2_handle(&r->l2, r->now, ev, &r->fx);
}

void rig_port(struct rig *r, uint8_t port, uint16_t mtu, bool wifi)
{
	struct ev ev = {.kind = EV_PORT};

	ev.port = (struct ev_port){.port = port,
				   .up = true,
				   .wifi = wifi,
				   .mac = rig_mac(KIND_US, port),
				   .mtu_bytes = mtu};
	handle(r, &ev);
}

void rig_port_down(struct rig *r, uint8_t port)
{
	struct ev ev = {.kind = EV_PORT, .port = {.port = port}};

	handle(r, &ev);
}

void rig_run(struct rig *r, span s)
{
	instant end = instant_add(r->now, s);
	struct ev tick = {.kind = EV_DEADLINE};

	while (instant_reached(l2_deadline(&r->l2), end)) {
		if (instant_before(r->now, l2_deadline(&r->l2)))
			r->now = l2_deadline(&r->l2);
		handle(r, &tick);
	}
	r->now = end;
}

void rig_frame(struct rig *r, uint8_t port, const void *frame, size_t len)
{
	struct ev ev = {.kind = EV_FRAME, .frame = {port, frame, len}};

	handle(r, &ev);
}

struct verdict rig_payload(struct rig *r, uint8_t port, const void *frame, size_t len)
{
	struct verdict v;

	l2_forward(&r->l2, port, frame, len, len, &v);
	if (v.kind == VERDICT_UP) {
		rig_frame(r, port, frame, len);
		return v;
	}
	if (v.kind != VERDICT_DROP) {
		size_t out_len = len - v.strip + v.head_len;
		uint8_t *out = malloc(out_len);
		struct effect e = {
			.kind = v.kind == VERDICT_SEND ? FX_SEND : FX_DELIVER,
			.frame = {v.kind == VERDICT_SEND ? v.port : PORT_CLOUD, out, out_len}};

		assert(out);
		memcpy(out, v.head, v.head_len);
		memcpy(out + v.head_len, (const uint8_t *)frame + v.strip, len - v.strip);
		keep(r, &e);
		free(out);
	}
	l2_forwarded(&r->l2, r->now, &v, 1, len);
	return v;
}

void rig_packet(struct rig *r, uint8_t port, struct mac src, bool broadcast, const void *packet,
		size_t len)
{
	uint8_t *frame = malloc(ETHERNET_HEADER + len);
	struct wr w = wr_over(frame, ETHERNET_HEADER + len);

	assert(frame);
	ethernet_write(&w, broadcast ? MAC_BROADCAST : rig_mac(KIND_US, port), src,
		       ETHERTYPE_BATADV);
	wr_bytes(&w, packet, len);
	rig_payload(r, port, frame, wr_len(&w));
	free(frame);
}

void rig_client(struct rig *r, enum client_change change, struct mac mac, uint16_t vid)
{
	struct ev ev = {.kind = EV_CLIENT, .client = {.change = change, .mac = mac, .vid = vid}};

	handle(r, &ev);
}

/* ---- peers ---- */

static uint32_t vlan_crc(const struct rig_peer *p, uint16_t vid)
{
	uint32_t crc = 0;

	for (size_t i = 0; i < p->clients; i++) {
		if (p->client[i].vid == vid)
			crc ^= tt_entry_crc(p->client[i].mac, vid, 0);
	}
	return crc;
}

static bool vlan_is_first(const struct rig_peer *p, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (p->client[k].vid == p->client[i].vid)
			return false;
	}
	return true;
}

static void table_write(struct wr *w, const struct rig_peer *p)
{
	size_t vlans = 0;

	for (size_t i = 0; i < p->clients; i++)
		vlans += vlan_is_first(p, i);
	batadv_tvlv_write(w, TVLV_TT, 1,
			  (uint16_t)(BATADV_TT_LEN + vlans * BATADV_TT_VLAN_LEN +
				     p->clients * BATADV_TT_CHANGE_LEN));
	batadv_tt_write(w, TT_OGM_DIFF, p->ttvn, (uint16_t)vlans);
	for (size_t i = 0; i < p->clients; i++) {
		struct batadv_tt_vlan v = {vlan_crc(p, p->client[i].vid), p->client[i].vid};

		if (vlan_is_first(p, i))
			batadv_tt_vlan_write(w, v);
	}
	for (size_t i = 0; i < p->clients; i++) {
		struct batadv_tt_change c = {0, p->client[i].mac, p->client[i].vid};

		batadv_tt_change_write(w, c);
	}
}

void rig_peer_ogm(struct rig *r, struct rig_peer *p)
{
	uint8_t tvlv[512], packet[1024];
	struct wr t = wr_over(tvlv, sizeof(tvlv)), w = wr_over(packet, sizeof(packet));
	struct batadv_ogm ogm = {
		.ttl = p->via ? BATADV_TTL - 1 : BATADV_TTL,
		.seqno = ++p->seqno,
		.orig = p->mac,
		.prev_sender = p->mac,
		.tq = p->via ? 200 : 255,
		.tvlv = tvlv,
	};

	if (!p->mute_tt)
		table_write(&t, p);
	ogm.tvlv_len = (uint16_t)wr_len(&t);
	batadv_ogm_write(&w, &ogm);
	assert(!w.bad && !t.bad);
	rig_packet(r, p->port, p->via ? p->via->mac : p->mac, true, packet, wr_len(&w));
}

/* Echoes the engine's own OGMs among those that it just sent on p's port. */
static void echo_own(struct rig *r, const struct rig_peer *p)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct rig_frame *f = &r->kept[i];
		struct rd rd = rd_over(f->bytes, f->len);
		struct batadv_ogm ogm;

		if (f->kind != FX_SEND || f->port != p->port)
			continue;
		rd_take(&rd, ETHERNET_HEADER);
		while (batadv_ogm_parse(&rd, &ogm) == OK) {
			uint8_t packet[1024];
			struct wr w = wr_over(packet, sizeof(packet));

			if (!mac_equal(ogm.orig, rig_mac(KIND_US, p->port)))
				continue;
			ogm.flags = OGM_DIRECTLINK;
			ogm.ttl--;
			batadv_ogm_write(&w, &ogm);
			rig_packet(r, p->port, p->mac, true, packet, wr_len(&w));
		}
	}
}

void rig_meet(struct rig *r, struct rig_peer *p, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		rig_clear(r);
		rig_peer_ogm(r, p);
		rig_run(r, span_ms(1000));
		if (!p->via)
			echo_own(r, p);
	}
	rig_clear(r);
}

/* ---- what was kept ---- */

static bool is_kind(const struct rig_frame *f, enum fx_kind kind, int type)
{
	if (f->kind != kind)
		return false;
	return type < 0 || (f->len > ETHERNET_HEADER && f->bytes[ETHERNET_HEADER] == type);
}

const struct rig_frame *rig_kept(const struct rig *r, enum fx_kind kind, int type, size_t n)
{
	for (size_t i = 0; i < r->count; i++) {
		if (is_kind(&r->kept[i], kind, type) && n-- == 0)
			return &r->kept[i];
	}
	return NULL;
}

size_t rig_count(const struct rig *r, enum fx_kind kind, int type)
{
	size_t n = 0;

	while (rig_kept(r, kind, type, n))
		n++;
	return n;
}

size_t rig_client_frame(uint8_t *frame, size_t len, struct mac dst, struct mac src, uint16_t vid,
			uint8_t mark)
{
	struct wr w = wr_over(frame, len);

	if (vid) {
		ethernet_write(&w, dst, src, ETHERTYPE_8021Q);
		wr_u16(&w, vid & 0xfff);
		wr_u16(&w, 0x88b6);
	} else {
		ethernet_write(&w, dst, src, 0x88b6); /* for local experiments */
	}
	assert(!w.bad);
	memset(w.at, mark, wr_left(&w));
	return len;
}
