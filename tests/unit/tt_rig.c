/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tt_rig.h"
#include <stdlib.h>
#include "cmocka_all.h"
#include "tt_check.h"

static void emit(struct fx *fx, const struct effect *e)
{
	struct rig *r = (struct rig *)fx;

	switch (e->kind) {
	case FX_SEND: {
		struct ethernet eth;
		struct rig_packet *p = &r->sent[r->sent_count];

		assert_true(r->sent_count < RIG_SENT_MAX);
		assert_int_equal(ethernet_parse(e->frame.data, e->frame.len, &eth), OK);
		p->hop = eth.dst;
		p->len = eth.payload_len;
		p->bytes = malloc(p->len);
		assert_non_null(p->bytes);
		memcpy(p->bytes, eth.payload, p->len);
		r->sent_count++;
		break;
	}
	case FX_FDB:
		r->fdb++;
		r->last_fdb = e->fdb;
		break;
	case FX_NOTE:
		r->notes[e->note.what]++;
		r->last_note = e->note;
		break;
	case FX_DELIVER:
	case FX_ECHO:
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

struct mac rig_mac(unsigned node)
{
	return (struct mac){{2, 0, 0, 0, 0, (uint8_t)node}};
}

struct mac rig_client(unsigned n)
{
	return (struct mac){{6, 0, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

void rig_open(struct rig *r, unsigned node, const struct l2_conf *conf)
{
	struct l2_conf standard = l2_conf_default();

	*r = (struct rig){.fx.emit = emit, .node = node, .now = {1000000}};
	assert_int_equal(l2_init(&r->l2, conf ? conf : &standard, r->now, node), OK);
	port_event(
		&r->l2, r->now,
		&(struct ev_port){
			.port = RIG_PORT, .up = true, .mac = rig_mac(node), .mtu_bytes = RIG_MTU},
		&r->fx);
	rig_forget(r);
}

void rig_close(struct rig *r)
{
	rig_forget(r);
	l2_fini(&r->l2);
}

struct originator *rig_peer(struct rig *r, unsigned node, uint8_t tq)
{
	struct neighbour *n = neighbour_get(&r->l2, r->now, rig_mac(node), RIG_PORT, &r->fx);
	struct originator *o = originator_get(&r->l2, r->now, rig_mac(node), &r->fx);
	struct path *p;

	assert_non_null(n);
	assert_non_null(o);
	p = path_get(&r->l2, o, n);
	assert_non_null(p);
	for (unsigned i = 0; i < TQ_RING; i++)
		path_push(&p->oif[OIF_DEFAULT], tq);
	route_set(&r->l2, r->now, o, OIF_DEFAULT, p, &r->fx);
	return o;
}

struct originator *rig_find(struct rig *r, unsigned node)
{
	return originator_find(&r->l2, rig_mac(node));
}

void rig_wait(struct rig *r, int64_t ms)
{
	r->now = instant_add(r->now, span_ms(ms));
}

enum err rig_seen(struct rig *r, enum client_change change, struct mac mac, uint16_t vid, bool wifi)
{
	struct ev_client ev = {.change = change, .mac = mac, .vid = vid, .wifi = wifi};

	return tt_local_seen(&r->l2, r->now, &ev, &r->fx);
}

size_t rig_ogm(struct rig *r, uint8_t bytes[RIG_OGM_MAX])
{
	uint8_t containers[RIG_OGM_MAX];
	struct wr w = wr_over(containers, sizeof(containers));
	struct batadv_tvlv t;
	struct rd rd;

	tt_local_commit(&r->l2, r->now);
	tt_local_write_ogm(&r->l2, &w, sizeof(containers));
	assert_false(w.bad);
	rd = rd_over(containers, wr_len(&w));
	assert_true(batadv_tvlv_next(&rd, &t));
	assert_int_equal(t.type, TVLV_TT);
	assert_int_equal(t.version, 1);
	assert_int_equal(rd_left(&rd), 0);
	memcpy(bytes, t.value, t.len);
	return t.len;
}

void rig_hear(struct rig *r, unsigned from, const uint8_t *value, size_t len)
{
	struct batadv_tt tt;

	assert_int_equal(batadv_tt_parse(value, len, &tt), OK);
	tt_sync_ogm(&r->l2, r->now, rig_find(r, from), &tt, &r->fx);
}

bool rig_take(struct rig *r, struct rig_packet *p)
{
	if (r->sent_count == 0)
		return false;
	*p = r->sent[0];
	memmove(&r->sent[0], &r->sent[1], --r->sent_count * sizeof(r->sent[0]));
	return true;
}

struct batadv_tt rig_take_tt(struct rig *r, struct rig_packet *p)
{
	struct batadv_utvlv u;
	struct batadv_tvlv t;
	struct batadv_tt tt;
	struct rd rd;

	assert_true(rig_take(r, p));
	assert_int_equal(batadv_utvlv_parse(p->bytes, p->len, &u), OK);
	rd = rd_over(u.tvlv, u.tvlv_len);
	assert_true(batadv_tvlv_next(&rd, &t));
	assert_int_equal(t.type, TVLV_TT);
	assert_int_equal(batadv_tt_parse(t.value, t.len, &tt), OK);
	return tt;
}

void rig_forget(struct rig *r)
{
	struct rig_packet p;

	while (rig_take(r, &p))
		free(p.bytes);
}

enum err rig_give(struct rig *r, unsigned src, unsigned dst, uint8_t type, const void *value,
		  size_t len)
{
	return rig_give_by(r, rig_mac(src), rig_mac(dst), type, value, len);
}

enum err rig_give_by(struct rig *r, struct mac src, struct mac dst, uint8_t type, const void *value,
		     size_t len)
{
	static uint8_t tvlv[RIG_MTU], packet[RIG_MTU];
	struct wr c = wr_over(tvlv, sizeof(tvlv)), w = wr_over(packet, sizeof(packet));
	struct batadv_utvlv u = {.ttl = BATADV_TTL, .dst = dst, .src = src, .tvlv = tvlv};

	batadv_tvlv_write(&c, type, 1, (uint16_t)len);
	wr_bytes(&c, value, len);
	u.tvlv_len = (uint16_t)wr_len(&c);
	batadv_utvlv_write(&w, &u);
	assert_false(c.bad || w.bad);
	return tt_sync_rx(&r->l2, r->now, RIG_PORT, packet, wr_len(&w), &r->fx);
}

enum err rig_give_roam(struct rig *r, unsigned src, struct mac client, uint16_t vid)
{
	uint8_t value[BATADV_ROAM_LEN];
	struct wr w = wr_over(value, sizeof(value));

	batadv_roam_write(&w, (struct batadv_roam){.client = client, .vid = vid});
	return rig_give(r, src, r->node, TVLV_ROAM, value, sizeof(value));
}

/* ---- comparing ---- */

void rig_check(const struct rig *r)
{
	const char *wrong = tt_check(&r->l2);

	if (wrong)
		fail_msg("not so: %s", wrong);
}

/* How many of clients, announced by their node, does g have a counted home of o for? */
static uint32_t matched(const struct rig *r, const struct originator *o, const struct list *clients)
{
	uint32_t n = 0;

	list_each (c, clients, struct local_client, all) {
		const struct global_client *g = tt_global_find(&r->l2, c->mac, c->vid);

		if (c->fresh || !g)
			continue;
		list_each (h, &g->homes, struct tt_home, of_client)
			n += h->originator == o && h->counted && h->flags == c->announced_flags;
	}
	return n;
}

bool rig_agrees(const struct rig *r, const struct rig *node)
{
	const struct originator *o = originator_find(&r->l2, rig_mac(node->node));
	const struct tt_local *t = &node->l2.local;
	uint32_t announced = 0;

	for (uint32_t i = 0; i < t->vlans.used; i++) {
		const struct tt_vlan *v = &t->vlans.at[i], *ours;

		announced += v->count;
		ours = tt_vlans_find(&o->tt.vlans, v->vid);
		if (v->count > 0 && (!ours || ours->count != v->count || ours->crc != v->crc))
			return false;
	}
	return o->tt.known && o->tt.ttvn == t->ttvn && o->tt.client_count == announced &&
	       matched(r, o, &t->all) + matched(r, o, &t->leaving) == announced;
}
