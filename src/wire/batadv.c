/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/batadv.h"
#include <assert.h>
#include "wire/ethernet.h"

/* Begins to read a packet of a known type and takes its first two bytes. The
 * length comes first, so that a piece of a header is always ERR_SHORT. */
static enum err packet_open(struct rd *r, size_t header_len, uint8_t type)
{
	if (rd_left(r) < header_len)
		return ERR_SHORT;
	uint8_t got = rd_u8(r);
	if (rd_u8(r) != BATADV_VERSION)
		return ERR_VERSION;
	return got == type ? OK : ERR_MALFORMED;
}

static void packet_begin(struct wr *w, uint8_t type, uint8_t ttl)
{
	wr_u8(w, type);
	wr_u8(w, BATADV_VERSION);
	wr_u8(w, ttl);
}

enum err batadv_peek(const void *packet, size_t len, uint8_t *type)
{
	struct rd r = rd_over(packet, len);

	*type = rd_u8(&r);
	uint8_t version = rd_u8(&r);
	if (r.bad)
		return ERR_SHORT;
	return version == BATADV_VERSION ? OK : ERR_VERSION;
}

/* ---- originator messages ---- */

enum err batadv_ogm_parse(struct rd *r, struct batadv_ogm *ogm)
{
	struct rd p = *r;
	enum err e = packet_open(&p, BATADV_OGM_LEN, BATADV_IV_OGM);

	if (e != OK)
		return e;
	ogm->ttl = rd_u8(&p);
	ogm->flags = rd_u8(&p);
	ogm->seqno = rd_u32(&p);
	ogm->orig = rd_mac(&p);
	ogm->prev_sender = rd_mac(&p);
	rd_u8(&p); /* reserved */
	ogm->tq = rd_u8(&p);
	ogm->tvlv_len = rd_u16(&p);
	ogm->tvlv = rd_take(&p, ogm->tvlv_len);
	if (p.bad)
		return ERR_SHORT;
	if (!mac_is_station(ogm->orig))
		return ERR_MALFORMED;
	*r = p;
	return OK;
}

void batadv_ogm_write(struct wr *w, const struct batadv_ogm *ogm)
{
	packet_begin(w, BATADV_IV_OGM, ogm->ttl);
	wr_u8(w, ogm->flags);
	wr_u32(w, ogm->seqno);
	wr_mac(w, ogm->orig);
	wr_mac(w, ogm->prev_sender);
	wr_u8(w, 0);
	wr_u8(w, ogm->tq);
	wr_u16(w, ogm->tvlv_len);
	wr_bytes(w, ogm->tvlv, ogm->tvlv_len);
}

/* ---- routed packets ---- */

enum err batadv_routed_parse(const void *packet, size_t len, struct batadv_routed *h)
{
	struct rd r = rd_over(packet, len);

	h->type = rd_u8(&r);
	uint8_t version = rd_u8(&r);
	h->ttl = rd_u8(&r);
	rd_u8(&r); /* means something else in each type */
	h->dest = rd_mac(&r);
	if (r.bad)
		return ERR_SHORT;
	if (version != BATADV_VERSION)
		return ERR_VERSION;
	if (h->type < BATADV_UNICAST_MIN || h->type > BATADV_UNICAST_MAX)
		return ERR_MALFORMED;
	return OK;
}

enum err batadv_unicast_parse(const void *packet, size_t len, struct batadv_unicast *u)
{
	struct rd r = rd_over(packet, len), first = r;
	bool has_src = rd_u8(&first) == BATADV_UNICAST_4ADDR;
	enum err e = has_src ? packet_open(&r, BATADV_4ADDR_LEN, BATADV_UNICAST_4ADDR)
			     : packet_open(&r, BATADV_UNICAST_LEN, BATADV_UNICAST);

	if (e != OK)
		return e;
	*u = (struct batadv_unicast){.has_src = has_src};
	u->ttl = rd_u8(&r);
	u->ttvn = rd_u8(&r);
	u->dest = rd_mac(&r);
	if (has_src) {
		u->src = rd_mac(&r);
		u->subtype = rd_u8(&r);
		rd_u8(&r); /* reserved */
	}
	u->frame_len = rd_left(&r);
	u->frame = rd_take(&r, u->frame_len);
	return u->frame_len < ETHERNET_HEADER ? ERR_SHORT : OK;
}

void batadv_unicast_write(struct wr *w, const struct batadv_unicast *u)
{
	packet_begin(w, u->has_src ? BATADV_UNICAST_4ADDR : BATADV_UNICAST, u->ttl);
	wr_u8(w, u->ttvn);
	wr_mac(w, u->dest);
	if (!u->has_src)
		return;
	wr_mac(w, u->src);
	wr_u8(w, u->subtype);
	wr_u8(w, 0);
}

enum err batadv_frag_parse(const void *packet, size_t len, struct batadv_frag *f)
{
	struct rd r = rd_over(packet, len);
	enum err e = packet_open(&r, BATADV_FRAG_LEN, BATADV_UNICAST_FRAG);

	if (e != OK)
		return e;
	f->ttl = rd_u8(&r);
	uint8_t place = rd_u8(&r);
	f->no = place >> 4;
	f->prio = place >> 1 & 7;
	f->dest = rd_mac(&r);
	f->orig = rd_mac(&r);
	f->seqno = rd_u16(&r);
	f->total_size = rd_u16(&r);
	f->piece_len = rd_left(&r);
	f->piece = rd_take(&r, f->piece_len);
	if (f->piece_len == 0)
		return ERR_SHORT;
	return f->piece_len > f->total_size ? ERR_MALFORMED : OK;
}

void batadv_frag_write(struct wr *w, const struct batadv_frag *f)
{
	assert(f->no <= 15 && f->prio <= 7);
	packet_begin(w, BATADV_UNICAST_FRAG, f->ttl);
	wr_u8(w, (uint8_t)(f->no << 4 | f->prio << 1));
	wr_mac(w, f->dest);
	wr_mac(w, f->orig);
	wr_u16(w, f->seqno);
	wr_u16(w, f->total_size);
	wr_bytes(w, f->piece, f->piece_len);
}

/* Only echoes carry a record; a long packet of another type carries something
 * else there (the throughput meter fills its packets). */
static bool icmp_may_record(uint8_t msg_type)
{
	return msg_type == BATADV_ECHO_REQUEST || msg_type == BATADV_ECHO_REPLY;
}

enum err batadv_icmp_parse(const void *packet, size_t len, struct batadv_icmp *i)
{
	struct rd r = rd_over(packet, len);
	enum err e = packet_open(&r, BATADV_ICMP_LEN, BATADV_ICMP);

	if (e != OK)
		return e;
	i->ttl = rd_u8(&r);
	i->msg_type = rd_u8(&r);
	i->dst = rd_mac(&r);
	i->orig = rd_mac(&r);
	i->uid = rd_u8(&r);
	i->rr_cur = rd_u8(&r);
	i->seqno = rd_u16(&r);
	i->rr = NULL;
	if (!icmp_may_record(i->msg_type) || len < BATADV_ICMP_RR_LEN)
		return OK;
	i->rr = rd_take(&r, BATADV_ICMP_RR_LEN - BATADV_ICMP_LEN);
	return i->rr_cur > BATADV_ICMP_RR_SLOTS ? ERR_MALFORMED : OK;
}

void batadv_icmp_write(struct wr *w, const struct batadv_icmp *i)
{
	packet_begin(w, BATADV_ICMP, i->ttl);
	wr_u8(w, i->msg_type);
	wr_mac(w, i->dst);
	wr_mac(w, i->orig);
	wr_u8(w, i->uid);
	wr_u8(w, i->rr_cur);
	wr_u16(w, i->seqno);
	if (i->rr)
		wr_bytes(w, i->rr, BATADV_ICMP_RR_LEN - BATADV_ICMP_LEN);
}

enum err batadv_utvlv_parse(const void *packet, size_t len, struct batadv_utvlv *u)
{
	struct rd r = rd_over(packet, len);
	enum err e = packet_open(&r, BATADV_UTVLV_LEN, BATADV_UNICAST_TVLV);

	if (e != OK)
		return e;
	u->ttl = rd_u8(&r);
	rd_u8(&r); /* reserved */
	u->dst = rd_mac(&r);
	u->src = rd_mac(&r);
	u->tvlv_len = rd_u16(&r);
	rd_u16(&r); /* alignment */
	u->tvlv = rd_take(&r, u->tvlv_len);
	return r.bad ? ERR_SHORT : OK;
}

void batadv_utvlv_write(struct wr *w, const struct batadv_utvlv *u)
{
	packet_begin(w, BATADV_UNICAST_TVLV, u->ttl);
	wr_u8(w, 0);
	wr_mac(w, u->dst);
	wr_mac(w, u->src);
	wr_u16(w, u->tvlv_len);
	wr_u16(w, 0);
	wr_bytes(w, u->tvlv, u->tvlv_len);
}

/* ---- flooded packets ---- */

enum err batadv_bcast_parse(const void *packet, size_t len, struct batadv_bcast *b)
{
	struct rd r = rd_over(packet, len);
	enum err e = packet_open(&r, BATADV_BCAST_LEN, BATADV_BCAST);

	if (e != OK)
		return e;
	b->ttl = rd_u8(&r);
	rd_u8(&r); /* reserved */
	b->seqno = rd_u32(&r);
	b->orig = rd_mac(&r);
	b->frame_len = rd_left(&r);
	b->frame = rd_take(&r, b->frame_len);
	return b->frame_len < ETHERNET_HEADER ? ERR_SHORT : OK;
}

void batadv_bcast_write(struct wr *w, const struct batadv_bcast *b)
{
	packet_begin(w, BATADV_BCAST, b->ttl);
	wr_u8(w, 0);
	wr_u32(w, b->seqno);
	wr_mac(w, b->orig);
	wr_bytes(w, b->frame, b->frame_len);
}

/* ---- TVLV containers ---- */

bool batadv_tvlv_next(struct rd *r, struct batadv_tvlv *t)
{
	struct rd p = *r;

	t->type = rd_u8(&p);
	t->version = rd_u8(&p);
	t->len = rd_u16(&p);
	t->value = rd_take(&p, t->len);
	if (p.bad || t->len % 2 != 0)
		return false;
	*r = p;
	return true;
}

void batadv_tvlv_write(struct wr *w, uint8_t type, uint8_t version, uint16_t len)
{
	wr_u8(w, type);
	wr_u8(w, version);
	wr_u16(w, len);
}

enum err batadv_tt_parse(const void *value, size_t len, struct batadv_tt *tt)
{
	struct rd r = rd_over(value, len);

	tt->flags = rd_u8(&r);
	tt->ttvn = rd_u8(&r);
	tt->vlan_count = rd_u16(&r);
	tt->vlans = rd_take(&r, (size_t)tt->vlan_count * BATADV_TT_VLAN_LEN);
	if (r.bad)
		return ERR_SHORT;
	tt->change_count = rd_left(&r) / BATADV_TT_CHANGE_LEN;
	tt->changes = rd_take(&r, tt->change_count * BATADV_TT_CHANGE_LEN);
	return OK;
}

struct batadv_tt_vlan batadv_tt_vlan_at(const struct batadv_tt *tt, size_t i)
{
	assert(i < tt->vlan_count);
	struct rd r = rd_over(tt->vlans + i * BATADV_TT_VLAN_LEN, BATADV_TT_VLAN_LEN);
	struct batadv_tt_vlan v;

	v.crc = rd_u32(&r);
	v.vid = rd_u16(&r);
	return v;
}

struct batadv_tt_change batadv_tt_change_at(const struct batadv_tt *tt, size_t i)
{
	assert(i < tt->change_count);
	struct rd r = rd_over(tt->changes + i * BATADV_TT_CHANGE_LEN, BATADV_TT_CHANGE_LEN);
	struct batadv_tt_change c;

	c.flags = rd_u8(&r);
	rd_take(&r, 3); /* reserved */
	c.mac = rd_mac(&r);
	c.vid = rd_u16(&r);
	return c;
}

void batadv_tt_write(struct wr *w, uint8_t flags, uint8_t ttvn, uint16_t vlan_count)
{
	wr_u8(w, flags);
	wr_u8(w, ttvn);
	wr_u16(w, vlan_count);
}

void batadv_tt_vlan_write(struct wr *w, struct batadv_tt_vlan v)
{
	wr_u32(w, v.crc);
	wr_u16(w, v.vid);
	wr_u16(w, 0);
}

void batadv_tt_change_write(struct wr *w, struct batadv_tt_change c)
{
	wr_u8(w, c.flags);
	wr_zero(w, 3);
	wr_mac(w, c.mac);
	wr_u16(w, c.vid);
}

enum err batadv_roam_parse(const void *value, size_t len, struct batadv_roam *r)
{
	struct rd p = rd_over(value, len);

	r->client = rd_mac(&p);
	r->vid = rd_u16(&p);
	return p.bad ? ERR_SHORT : OK;
}

void batadv_roam_write(struct wr *w, struct batadv_roam r)
{
	wr_mac(w, r.client);
	wr_u16(w, r.vid);
}

enum err batadv_gw_parse(const void *value, size_t len, struct batadv_gw *g)
{
	struct rd r = rd_over(value, len);

	g->down_100kbit = rd_u32(&r);
	g->up_100kbit = rd_u32(&r);
	return r.bad ? ERR_SHORT : OK;
}

/* ---- bridge loop avoidance ---- */

enum { ARP_ETHERNET = 1, ARP_MAC_LEN = 6, ARP_IPV4_LEN = 4, ARP_REPLY = 2 };

/* An ARP reply between two 0.0.0.0: the sender and target hardware addresses. */
static bool arp_void_reply(const struct ethernet *e, struct mac *sender, struct mac *target)
{
	struct rd r = rd_over(e->payload, e->payload_len);
	bool reply = rd_u16(&r) == ARP_ETHERNET && rd_u16(&r) == ETHERTYPE_IPV4 &&
		     rd_u8(&r) == ARP_MAC_LEN && rd_u8(&r) == ARP_IPV4_LEN &&
		     rd_u16(&r) == ARP_REPLY;

	if (!reply)
		return false;
	*sender = rd_mac(&r);
	uint32_t sender_ip = rd_u32(&r);
	*target = rd_mac(&r);
	uint32_t target_ip = rd_u32(&r);
	return !r.bad && sender_ip == 0 && target_ip == 0;
}

bool batadv_claim_parse(const void *frame, size_t len, enum batadv_claim *claim,
			struct mac *gateway)
{
	static const uint8_t magic[3] = {0xff, 0x43, 0x05};
	struct ethernet e;
	struct mac sender, target;

	if (ethernet_parse(frame, len, &e) != OK || e.inner_type != ETHERTYPE_ARP)
		return false;
	if (e.tags > 1 || (e.tags == 1 && e.type != ETHERTYPE_8021Q))
		return false;
	if (!arp_void_reply(&e, &sender, &target) || memcmp(target.b, magic, sizeof(magic)) != 0)
		return false;
	if (target.b[3] > BATADV_LOOP_DETECT)
		return false;
	*claim = (enum batadv_claim)target.b[3];
	/* A loop-detect frame's Ethernet source is made up, as a claim's is the client. */
	bool by_sender = *claim == BATADV_CLAIM || *claim == BATADV_LOOP_DETECT;
	*gateway = by_sender ? sender : e.src;
	return true;
}
