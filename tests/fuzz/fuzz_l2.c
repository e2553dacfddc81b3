/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a script of events for a whole layer 2 engine: ports that come and go,
 * packets that are nearly right, raw frames, clients, echoes, time. After each step
 * the tables are within their bounds, every CRC is the one that a recount gives, time
 * goes on, what leaves is fit to leave, what stays on its own LAN stays there, no
 * flood grows, and a data path outside knows our tables. In the end all memory is back.
 */
#include "base/crc32c.h"
#include "core/l2/internal.h"
#include "core/l2/keep.h"
#include "forwarding_shadow.h"
#include "fuzz.h"

enum {
	STEPS_MAX = 300,
	PORTS = 3,
	PEERS = 8,
	CALLS_PER_STEP = 4000, /* to reach a time without a deadline that is due */
	SENDS_PER_CALL = 2000,
	FRAME_ROOM = 2200,
};

struct script {
	struct rd r;
	struct fx fx;
	struct l2 l2;
	instant now;
	uint32_t seqno[PEERS];
	struct batadv_ogm own[PORTS]; /* the newest of ours that left by a port */
	uint64_t frames_in, bcasts_out;
	uint32_t sends;
	bool waited_long;
	bool lan; /* a frame of the LAN is being handled */
	struct shadow shadow;
};

/* ---- choices ---- */

static struct mac peer_mac(unsigned n)
{
	return (struct mac){{2, 0, 0, 0, 0xbb, (uint8_t)(n % PEERS)}};
}

static struct mac our_mac(unsigned n)
{
	return (struct mac){{2, 0, 0, 0, 0xaa, (uint8_t)(n % PORTS)}};
}

static struct mac client_mac(unsigned n)
{
	return (struct mac){{2, 0, 0, 0, 0xcc, (uint8_t)(n % 24)}};
}

/* Mostly somebody who exists. */
static struct mac any_mac(struct script *s)
{
	uint8_t b = rd_u8(&s->r);

	switch (b >> 5) {
	case 0:
	case 1: return peer_mac(b);
	case 2: return our_mac(b);
	case 3:
	case 4:
	case 5: return client_mac(b);
	case 6: return b & 1 ? MAC_BROADCAST : (struct mac){{1, 0x80, 0xc2, 0, 0, b & 0xf}};
	default: return rd_mac(&s->r);
	}
}

static uint16_t any_vid(struct script *s)
{
	uint8_t b = rd_u8(&s->r);

	if (b < 0x80)
		return 0;
	return b < 0xf0 ? (uint16_t)(0x8000 | (b & 7)) : rd_u16(&s->r);
}

/* As many bytes of the script as it asks for and has, at most max. */
static void any_bytes(struct script *s, struct wr *w, size_t max)
{
	size_t len = rd_u8(&s->r);

	len *= rd_u8(&s->r) % 8 + 1u;
	len = len < max ? len : max;
	len = len < wr_left(w) ? len : wr_left(w);
	size_t given = len < rd_left(&s->r) ? len : rd_left(&s->r);
	const uint8_t *p = rd_take(&s->r, given);
	if (p)
		wr_bytes(w, p, given);
	wr_zero(w, wr_left(w) < len - given ? wr_left(w) : len - given);
}

/* ---- effects ---- */

static void own_ogms_note(struct script *s, const struct fx_frame *f)
{
	struct rd r = rd_over(f->data + ETHERNET_HEADER, f->len - ETHERNET_HEADER);
	struct batadv_ogm ogm;

	while (rd_left(&r) > 0) {
		must(batadv_ogm_parse(&r, &ogm) == OK);
		if (!mac_equal(ogm.orig, s->l2.ports.at[f->port].mac))
			continue;
		s->own[f->port] = ogm;
		s->own[f->port].tvlv_len = 0;
	}
}

/* What our LAN floods may leave it. */
static void flood_check(struct script *s, const uint8_t *packet, size_t len)
{
	struct batadv_bcast b;
	struct ethernet inner;

	must(batadv_bcast_parse(packet, len, &b) == OK);
	if (!s->lan || port_of_mac(&s->l2, b.orig) < 0)
		return;
	must(ethernet_parse(b.frame, b.frame_len, &inner) == OK);
	enum keep why = keep_why(&s->l2.conf.anycast, &inner);
	must(why == KEEP_NONE || why == KEEP_ALFRED);
}

static void send_check(struct script *s, const struct fx_frame *f)
{
	must(f->port < PORTS);
	const struct port *p = &s->l2.ports.at[f->port];
	struct ethernet e;

	must(p->up && f->len > ETHERNET_HEADER);
	must(f->len <= ETHERNET_HEADER + (size_t)p->mtu_bytes);
	must(ethernet_parse(f->data, f->len, &e) == OK);
	must(e.type == ETHERTYPE_BATADV && mac_equal(e.src, p->mac));
	uint8_t type = f->data[ETHERNET_HEADER];
	must(mac_is_broadcast(e.dst) == (type < BATADV_UNICAST_MIN));
	if (type == BATADV_BCAST)
		flood_check(s, f->data + ETHERNET_HEADER, f->len - ETHERNET_HEADER);
	if (type == BATADV_IV_OGM)
		own_ogms_note(s, f);
	s->bcasts_out += type == BATADV_BCAST;
	must(++s->sends < SENDS_PER_CALL);
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct script *s = container_of(fx, struct script, fx);
	struct ethernet inner;
	enum keep why;

	switch (e->kind) {
	case FX_SEND: send_check(s, &e->frame); break;
	case FX_DELIVER:
		must(e->frame.port == PORT_CLOUD && !s->l2.guard.blocked);
		must(ethernet_parse(e->frame.data, e->frame.len, &inner) == OK);
		must(!ethernet_is_batadv(&inner));
		why = keep_why(&s->l2.conf.anycast, &inner);
		must(why == KEEP_NONE || why == KEEP_ALFRED);
		break;
	case FX_FDB: must(mac_is_station(e->fdb.mac)); break;
	case FX_FORWARDING: shadow_put(&s->shadow, &e->forwarding); break;
	case FX_ECHO:
	case FX_NOTE:
	case FX_DATAGRAM:
	case FX_LEASE:
	case FX_RESERVE:
	case FX_RANGES:
	case FX_NAME:
	case FX_NETWORK:
	case FX_TUNNEL:
	case FX_UPLINK:
	case FX_HELLO:
	case FX_LAN_ROLE: break;
	}
}

/* ---- invariants ---- */

struct recount {
	uint32_t crc, count;
};

static void vlan_check(const struct tt_vlans *vs, uint16_t vid, struct recount c)
{
	const struct tt_vlan *v = tt_vlans_find(vs, vid);

	must((v ? v->crc : 0) == c.crc && (v ? v->count : 0) == c.count);
}

static void recount_add(struct recount *c, struct mac mac, uint16_t vid, uint8_t flags)
{
	uint8_t entry[9] = {(uint8_t)(vid >> 8), (uint8_t)vid,
			    (uint8_t)(flags & TT_CLIENT_SYNC_MASK)};

	memcpy(entry + 3, mac.b, 6);
	c->crc ^= crc32c(0, entry, sizeof(entry));
	c->count++;
}

static void local_recount(struct recount *c, const struct list *clients, uint16_t vid)
{
	list_each (l, clients, struct local_client, all) {
		if (l->vid == vid && !l->fresh)
			recount_add(c, l->mac, vid, l->announced_flags);
	}
}

static void tables_check(const struct l2 *l2)
{
	for (uint32_t i = 0; i < l2->local.vlans.used; i++) {
		uint16_t vid = l2->local.vlans.at[i].vid;
		struct recount c = {0};

		local_recount(&c, &l2->local.all, vid);
		local_recount(&c, &l2->local.leaving, vid);
		vlan_check(&l2->local.vlans, vid, c);
	}
	list_each (o, &l2->originators.all, struct originator, all) {
		for (uint32_t i = 0; i < o->tt.vlans.used; i++) {
			uint16_t vid = o->tt.vlans.at[i].vid;
			struct recount c = {0};

			list_each (h, &o->tt.homes, struct tt_home, of_originator) {
				if (h->counted && h->client->vid == vid)
					recount_add(&c, h->client->mac, vid, h->flags);
			}
			vlan_check(&o->tt.vlans, vid, c);
		}
	}
}

static void bounds_check(const struct l2 *l2)
{
	const struct l2_conf *c = &l2->conf;

	must(l2->pool.used_bytes <= c->memory_max_bytes);
	must(l2->originators.count <= c->originators_max);
	must(l2->local.count <= c->clients_here_max);
	must(l2->global.count <= c->clients_max);
	must(l2->frags.waiting_bytes <= FRAG_WAITING_MAX);
	must(l2->flood.waiting_count <= FLOOD_WAITING_MAX);
	for (unsigned i = 0; i < PORTS; i++) {
		const struct port *p = &l2->ports.at[i];

		must(p->neighbour_count <= NEIGHBOURS_PER_PORT_MAX);
		must(p->outbox->count <= c->forwards_max);
		must(p->up || list_empty(&p->neighbours));
	}
}

/* Nothing that was not asked for happens for ever at one instant. */
static void settle(struct script *s)
{
	struct ev tick = {.kind = EV_DEADLINE};

	for (int i = 0; instant_reached(l2_deadline(&s->l2), s->now); i++) {
		must(i < CALLS_PER_STEP);
		s->sends = 0;
		l2_handle(&s->l2, s->now, &tick, &s->fx);
	}
}

static void views_check(const struct l2 *l2)
{
	struct l2_neighbour_view n[4];
	struct l2_originator_view o[4];
	struct l2_client_view c[4];

	must(l2_originators(l2, o, 4) == l2->originators.count);
	must(l2_clients(l2, c, 4) <= l2->local.count + l2->global.count);
	l2_neighbours(l2, n, 4);
}

static void check(struct script *s)
{
	settle(s);
	bounds_check(&s->l2);
	tables_check(&s->l2);
	views_check(&s->l2);
	must(shadow_is_true(&s->shadow, &s->l2));
	/* On wifi each leaves three times, and by each port. */
	must(s->bcasts_out <= s->frames_in * PORTS * FLOOD_WIFI_REPEATS);
}

/* ---- events ---- */

static void handle(struct script *s, const struct ev *ev)
{
	s->sends = 0;
	l2_handle(&s->l2, s->now, ev, &s->fx);
}

static void frame_in(struct script *s, uint8_t port, const uint8_t *frame, size_t len)
{
	struct ev ev = {.kind = EV_FRAME, .frame = {port, frame, len}};
	struct verdict v;

	s->frames_in++;
	l2_forward(&s->l2, port, frame, len, len, &v);
	if (v.kind == VERDICT_UP || len % 3 == 0) {
		s->lan = port == PORT_CLOUD;
		handle(s, &ev);
		s->lan = false;
		return;
	}
	must(v.strip <= len && v.head_len <= VERDICT_HEAD_MAX);
	if (v.kind == VERDICT_SEND) {
		must(v.port < PORTS && s->l2.ports.at[v.port].up);
		must(len - v.strip + v.head_len <=
		     ETHERNET_HEADER + (size_t)s->l2.ports.at[v.port].mtu_bytes);
	}
	l2_forwarded(&s->l2, s->now, &v, 1, len);
}

/* A batman packet from a peer, in an Ethernet frame. */
static void packet_in(struct script *s, uint8_t who, const struct wr *packet)
{
	uint8_t frame[ETHERNET_HEADER + FRAME_ROOM];
	struct wr w = wr_over(frame, sizeof(frame));
	uint8_t port = who >> 4 & 3;
	bool routed = wr_len(packet) > 0 && packet->start[0] >= BATADV_UNICAST_MIN;

	if (port == PORTS)
		port = 0;
	if (who >> 6 == 3)
		routed = !routed; /* addressed wrongly */
	ethernet_write(&w, routed ? our_mac(port) : MAC_BROADCAST, peer_mac(who), ETHERTYPE_BATADV);
	wr_bytes(&w, packet->start, wr_len(packet));
	must(!w.bad);
	frame_in(s, port, frame, wr_len(&w));
}

static void port_step(struct script *s)
{
	static const uint16_t mtus[] = {128, 300, 1000, 1500, 1532, 2000};
	uint8_t a = rd_u8(&s->r), b = rd_u8(&s->r);
	struct ev ev = {.kind = EV_PORT};

	ev.port = (struct ev_port){.port = a % PORTS,
				   .up = (a >> 2) % 4 != 0,
				   .wifi = a & 0x80,
				   .hop_penalty = a & 0x40 ? b : 0,
				   .mac = our_mac(a % PORTS),
				   .mtu_bytes = b % 7 == 6 ? (uint16_t)(b * 3) : mtus[b % 7]};
	handle(s, &ev);
}

/* ---- packets that are nearly right ---- */

struct table {
	unsigned vlans, changes;
	struct batadv_tt_vlan vlan[8];
	struct batadv_tt_change change[8];
};

/* The VLANs and CRCs that somebody has who announces just these clients. */
static void table_make_true(struct table *t)
{
	t->vlans = 0;
	for (unsigned i = 0; i < t->changes; i++) {
		struct batadv_tt_change *c = &t->change[i];
		struct recount r = {0};
		unsigned k = 0;

		c->flags &= TT_CLIENT_SYNC_MASK;
		recount_add(&r, c->mac, c->vid, c->flags);
		while (k < t->vlans && t->vlan[k].vid != c->vid)
			k++;
		if (k == t->vlans)
			t->vlan[t->vlans++] = (struct batadv_tt_vlan){.vid = c->vid};
		t->vlan[k].crc ^= r.crc;
	}
}

static void table_write(struct script *s, struct wr *w, uint8_t flags)
{
	uint8_t shape = rd_u8(&s->r), ttvn = rd_u8(&s->r);
	struct table t = {.vlans = shape & 3, .changes = shape >> 2 & 7};

	for (unsigned i = 0; i < t.vlans; i++)
		t.vlan[i] = (struct batadv_tt_vlan){rd_u32(&s->r), any_vid(s)};
	for (unsigned i = 0; i < t.changes; i++)
		t.change[i] =
			(struct batadv_tt_change){rd_u8(&s->r) & 0x33, any_mac(s), any_vid(s)};
	if (shape & 0x20)
		table_make_true(&t);
	batadv_tvlv_write(w, TVLV_TT, 1,
			  (uint16_t)(BATADV_TT_LEN + t.vlans * (unsigned)BATADV_TT_VLAN_LEN +
				     t.changes * (unsigned)BATADV_TT_CHANGE_LEN));
	batadv_tt_write(w, flags, ttvn % 4 ? ttvn % 8 : ttvn, (uint16_t)t.vlans);
	for (unsigned i = 0; i < t.vlans; i++)
		batadv_tt_vlan_write(w, t.vlan[i]);
	for (unsigned i = 0; i < t.changes; i++)
		batadv_tt_change_write(w, t.change[i]);
}

static void ogm_in(struct script *s, uint8_t who, unsigned orig, bool table)
{
	uint8_t tvlv[512], packet[1024];
	struct wr t = wr_over(tvlv, sizeof(tvlv)), w = wr_over(packet, sizeof(packet));
	uint8_t b = rd_u8(&s->r);
	struct batadv_ogm ogm = {.ttl = b & 1 ? 50 : b >> 2,
				 .flags = b & 2 ? b >> 4 : 0,
				 .orig = peer_mac(orig),
				 .prev_sender = b & 0x80 ? any_mac(s) : peer_mac(orig),
				 .tq = b & 0x40 ? rd_u8(&s->r) : 255,
				 .tvlv = tvlv};

	s->seqno[orig % PEERS] += b & 0x20 ? rd_u8(&s->r) * 37u : 1;
	ogm.seqno = s->seqno[orig % PEERS];
	if (table)
		table_write(s, &t, TT_OGM_DIFF);
	if (b & 8)
		any_bytes(s, &t, 100);
	ogm.tvlv_len = (uint16_t)wr_len(&t);
	batadv_ogm_write(&w, &ogm);
	if (b & 0x10)
		any_bytes(s, &w, 60);
	packet_in(s, who, &w);
}

/* The peer echoes our newest OGM: the link works both ways. */
static void echo_in(struct script *s, uint8_t who)
{
	uint8_t packet[64], port = who >> 4 & 3;
	struct wr w = wr_over(packet, sizeof(packet));

	if (port >= PORTS || mac_is_zero(s->own[port].orig))
		return;
	struct batadv_ogm ogm = s->own[port];
	ogm.flags = OGM_DIRECTLINK;
	batadv_ogm_write(&w, &ogm);
	packet_in(s, who, &w);
}

static void wait_step(struct script *s, int64_t ms)
{
	instant end = instant_add(s->now, span_ms(ms));
	struct ev tick = {.kind = EV_DEADLINE};

	while (instant_reached(l2_deadline(&s->l2), end)) {
		if (instant_before(s->now, l2_deadline(&s->l2)))
			s->now = l2_deadline(&s->l2);
		handle(s, &tick);
		settle(s);
	}
	s->now = end;
}

/* A few intervals in which a peer and we hear each other. */
static void meet_step(struct script *s)
{
	uint8_t who = rd_u8(&s->r) & 0x3f;

	for (int i = 0; i < 4; i++) {
		uint8_t packet[64];
		struct wr w = wr_over(packet, sizeof(packet));
		struct batadv_ogm ogm = {.ttl = 50,
					 .seqno = ++s->seqno[who % PEERS],
					 .orig = peer_mac(who),
					 .prev_sender = peer_mac(who),
					 .tq = 255};

		batadv_ogm_write(&w, &ogm);
		packet_in(s, who, &w);
		wait_step(s, 1000);
		echo_in(s, who);
	}
}

static void inner_write(struct script *s, struct wr *w)
{
	uint8_t b = rd_u8(&s->r);
	struct mac dst = any_mac(s), src = any_mac(s);

	if (b & 1) {
		ethernet_write(w, dst, src, b & 2 ? ETHERTYPE_8021Q : ETHERTYPE_8021AD);
		wr_u16(w, b >> 2 & 7);
		wr_u16(w, b & 0x20 ? ETHERTYPE_BATADV : ETHERTYPE_IPV4);
	} else {
		ethernet_write(w, dst, src, b & 0x80 ? ETHERTYPE_ARP : ETHERTYPE_IPV6);
	}
	any_bytes(s, w, 1600);
}

static void unicast_write(struct script *s, struct wr *w)
{
	uint8_t b = rd_u8(&s->r);
	struct batadv_unicast u = {
		.ttl = b & 1 ? 50 : b >> 4,
		.ttvn = b & 2 ? (uint8_t)(s->l2.local.ttvn - (b >> 7)) : b >> 6,
		.dest = b & 4 ? our_mac(b >> 3) : any_mac(s),
		.has_src = b & 8,
		.src = peer_mac(b >> 4),
		.subtype = b >> 5,
	};

	batadv_unicast_write(w, &u);
	inner_write(s, w);
}

static void frag_write(struct script *s, struct wr *w)
{
	uint8_t b = rd_u8(&s->r), piece[600];
	struct wr p = wr_over(piece, sizeof(piece));
	struct batadv_frag f = {.ttl = b & 1 ? 50 : b >> 5,
				.no = b >> 1 & 15,
				.dest = b & 0x20 ? any_mac(s) : our_mac(0),
				.orig = peer_mac(rd_u8(&s->r)),
				.seqno = b >> 6,
				.piece = piece};

	if (b & 0x40)
		unicast_write(s, &p);
	else
		any_bytes(s, &p, 400);
	f.piece_len = wr_len(&p);
	f.total_size = (uint16_t)(f.piece_len * (size_t)(rd_u8(&s->r) % 4 + (b & 1)));
	batadv_frag_write(w, &f);
}

static void utvlv_write(struct script *s, struct wr *w)
{
	static const uint8_t flags[] = {TT_REQUEST, TT_REQUEST | TT_FULL, TT_RESPONSE,
					TT_RESPONSE | TT_FULL, 0x0f};
	uint8_t b = rd_u8(&s->r), tvlv[512];
	struct wr t = wr_over(tvlv, sizeof(tvlv));
	struct batadv_utvlv u = {.ttl = b & 1 ? 50 : b >> 6,
				 .dst = b & 2 ? our_mac(0) : any_mac(s),
				 .src = b & 4 ? peer_mac(rd_u8(&s->r)) : any_mac(s),
				 .tvlv = tvlv};

	if (b & 8) {
		struct batadv_roam r = {any_mac(s), any_vid(s)};

		batadv_tvlv_write(&t, TVLV_ROAM, 1, BATADV_ROAM_LEN);
		batadv_roam_write(&t, r);
	} else {
		table_write(s, &t, flags[(b >> 4) % 5]);
	}
	u.tvlv_len = (uint16_t)wr_len(&t);
	batadv_utvlv_write(w, &u);
}

static void icmp_write(struct script *s, struct wr *w)
{
	static const uint8_t types[] = {0, 3, 8, 8, 11, 12, 15, 77};
	uint8_t b = rd_u8(&s->r), rr[96] = {0};
	struct batadv_icmp i = {.ttl = b & 1 ? 50 : b >> 6,
				.msg_type = types[b >> 1 & 7],
				.dst = b & 0x10 ? our_mac(0) : any_mac(s),
				.orig = any_mac(s),
				.uid = s->l2.echoes.uid,
				.rr_cur = rd_u8(&s->r) % 20,
				.seqno = (uint16_t)(s->l2.echoes.wire - rd_u8(&s->r) % 20),
				.rr = b & 0x20 ? rr : NULL};

	batadv_icmp_write(w, &i);
	any_bytes(s, w, 150);
}

static void bcast_write(struct script *s, struct wr *w)
{
	uint8_t b = rd_u8(&s->r), frame[1500];
	struct wr i = wr_over(frame, sizeof(frame));
	struct batadv_bcast p = {.ttl = b & 1 ? 49 : b >> 6,
				 .seqno = b & 2 ? rd_u32(&s->r) : 1000u + (b >> 3),
				 .orig = b & 4 ? any_mac(s) : peer_mac(rd_u8(&s->r)),
				 .frame = frame};

	inner_write(s, &i);
	p.frame_len = wr_len(&i);
	batadv_bcast_write(w, &p);
}

/* ---- steps ---- */

static void packet_step(struct script *s, unsigned kind)
{
	uint8_t packet[FRAME_ROOM], who = rd_u8(&s->r);
	struct wr w = wr_over(packet, sizeof(packet));

	switch (kind) {
	case 0: bcast_write(s, &w); break;
	case 1: unicast_write(s, &w); break;
	case 2: frag_write(s, &w); break;
	case 3: utvlv_write(s, &w); break;
	case 4: icmp_write(s, &w); break;
	default: any_bytes(s, &w, FRAME_ROOM); break;
	}
	packet_in(s, who, &w);
}

static void lan_step(struct script *s, bool raw)
{
	uint8_t frame[FRAME_ROOM];
	struct wr w = wr_over(frame, sizeof(frame));

	if (raw)
		any_bytes(s, &w, FRAME_ROOM);
	else
		inner_write(s, &w);
	frame_in(s, raw && wr_len(&w) % 2 ? (uint8_t)(wr_len(&w) % PORTS) : PORT_CLOUD, frame,
		 wr_len(&w));
}

static void claim_step(struct script *s)
{
	static const uint8_t arp[] = {0, 1, 8, 0, 6, 4, 0, 2};
	uint8_t frame[64], b = rd_u8(&s->r);
	const uint8_t target[] = {0xff, 0x43, 0x05, b % 6, 0, 0};
	struct wr w = wr_over(frame, sizeof(frame));

	ethernet_write(&w, MAC_BROADCAST, any_mac(s), ETHERTYPE_ARP);
	wr_bytes(&w, arp, sizeof(arp));
	wr_mac(&w, any_mac(s));
	wr_u32(&w, 0);
	wr_bytes(&w, target, sizeof(target));
	wr_u32(&w, 0);
	frame_in(s, PORT_CLOUD, frame, wr_len(&w));
}

static void client_step(struct script *s)
{
	uint8_t b = rd_u8(&s->r);
	struct ev ev = {.kind = EV_CLIENT};

	ev.client = (struct ev_client){.change = (enum client_change)(b % 3),
				       .mac = any_mac(s),
				       .vid = any_vid(s),
				       .wifi = b & 0x80};
	handle(s, &ev);
}

static void ask_step(struct script *s)
{
	uint8_t b = rd_u8(&s->r);
	struct ev ev = {.kind = EV_ECHO,
			.echo = {.token = b, .target = any_mac(s), .ttl = b, .seqno = b}};

	handle(s, &ev);
}

static void station_step(struct script *s)
{
	uint8_t b = rd_u8(&s->r);
	struct ev ev = {.kind = EV_STATION, .station = {b >> 6, peer_mac(b)}};

	handle(s, &ev);
}

static void time_step(struct script *s)
{
	uint8_t b = rd_u8(&s->r);

	if (b == 0xff && !s->waited_long) {
		s->waited_long = true;
		wait_step(s, 700 * 1000);
		return;
	}
	wait_step(s, (1 << b % 14) + b / 14);
}

static void step(struct script *s)
{
	uint8_t op = rd_u8(&s->r);
	uint8_t who;

	switch (op % 20) {
	case 0: port_step(s); break;
	case 1:
	case 2:
		who = rd_u8(&s->r);
		ogm_in(s, who, who, true);
		break;
	case 3:
		who = rd_u8(&s->r);
		ogm_in(s, who, rd_u8(&s->r), op & 0x80);
		break;
	case 4: echo_in(s, rd_u8(&s->r)); break;
	case 5: meet_step(s); break;
	case 6: lan_step(s, true); break;
	case 7:
	case 8: lan_step(s, false); break;
	case 9: claim_step(s); break;
	case 10:
	case 11: client_step(s); break;
	case 12: ask_step(s); break;
	case 13: station_step(s); break;
	case 14: time_step(s); break;
	default: packet_step(s, op % 20 - 15u + (op >= 240 ? 5 : 0)); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct script s;
	struct l2_conf conf = l2_conf_default();

	s = (struct script){.r = rd_over(data, size), .fx = {emit}, .now = {5000000}};
	uint8_t kind = rd_u8(&s.r);
	conf.ports_max = PORTS;
	conf.originators_max = kind & 1 ? 6 : 12;
	conf.clients_here_max = 12;
	conf.clients_max = kind & 2 ? 8 : 40;
	conf.vlans_max = 4;
	conf.forwards_max = 8;
	/* One of the MACs that clients have is the gateway's. */
	conf.anycast = (struct l2_anycast){.on = kind & 2,
					   .mac = client_mac(23),
					   .ipv4.b = {10, 13, 0, 1},
					   .ipv6.b = {0xfd, 1}};
	conf.fragmentation = !(kind & 4);
	conf.flood_unknown = !(kind & 8);
	conf.memory_max_bytes = kind & 0x10 ? (size_t)(kind >> 5) * 12000 + 44000 : (size_t)1 << 22;
	if (l2_init(&s.l2, &conf, s.now, kind) != OK)
		return 0;
	shadow_init(&s.shadow);
	l2_forwarding_start(&s.l2);
	for (int i = 0; i < STEPS_MAX && rd_left(&s.r) > 0; i++) {
		step(&s);
		s.r.bad = false; /* what was read too far counts as zeros */
		check(&s);
	}
	l2_fini(&s.l2); /* asserts that no memory is left out */
	return 0;
}
