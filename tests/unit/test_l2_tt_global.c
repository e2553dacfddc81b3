/* Proves that clients elsewhere are found at their newest home, that temporary and roaming entries
 * come and go by the rules, and that each originator's CRC stays its own through all of it. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "cmocka_all.h"
#include "tt_rig.h"

enum { NODE = 1, A = 2, B = 3, C = 4, KEEP_MS = TT_HINT_KEEP_S * 1000 };

static void open_with_peers(struct rig *r, const struct l2_conf *conf)
{
	rig_open(r, NODE, conf);
	rig_peer(r, A, 200);
	rig_peer(r, B, 100);
	rig_peer(r, C, 100);
}

static enum err add(struct rig *r, unsigned node, unsigned client, bool roam)
{
	struct originator *o = rig_find(r, node);
	enum err e = tt_global_add(&r->l2, r->now, o, rig_client(client), 0, 0, 1, roam, &r->fx);

	rig_check(r);
	return e;
}

static void del(struct rig *r, unsigned node, unsigned client, uint8_t flags)
{
	tt_global_del(&r->l2, r->now, rig_find(r, node), rig_client(client), 0,
		      TT_CLIENT_DEL | flags, &r->fx);
	rig_check(r);
}

static void frame_from(struct rig *r, unsigned node, unsigned client)
{
	tt_global_add_temporary(&r->l2, r->now, rig_find(r, node), rig_client(client), 0, &r->fx);
	rig_check(r);
}

static struct global_client *find(struct rig *r, unsigned client)
{
	return tt_global_find(&r->l2, rig_client(client), 0);
}

/* The number of the best home's node, or 0. */
static unsigned home(struct rig *r, unsigned client)
{
	struct global_client *g = find(r, client);
	struct tt_home *h = g ? tt_global_home(g) : NULL;

	return h ? h->originator->mac.b[5] : 0;
}

static uint32_t counted(struct rig *r, unsigned node)
{
	return rig_find(r, node)->tt.client_count;
}

static void commit(struct rig *r)
{
	uint8_t bytes[RIG_OGM_MAX];

	rig_ogm(r, bytes);
	rig_check(r);
}

static void test_best_home(void **state)
{
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	assert_int_equal(home(&r, 1), 0);
	add(&r, A, 1, false);
	assert_int_equal(home(&r, 1), A);
	add(&r, B, 1, false);
	assert_int_equal(home(&r, 1), B); /* the newest, though A has the better TQ */
	add(&r, A, 1, false);
	assert_int_equal(home(&r, 1), A); /* announced once more */
	tt_global_unlist(rig_find(&r, B));
	add(&r, B, 1, false);
	tt_global_sweep(&r.l2, r.now, rig_find(&r, B), &r.fx);
	assert_int_equal(home(&r, 1), A); /* listed in a full table: no news */
	add(&r, C, 1, false);
	del(&r, A, 1, 0);
	assert_int_equal(home(&r, 1), C);
	/* Without a route there is nobody to send to, and nothing is known of the node. */
	route_set(&r.l2, r.now, rig_find(&r, C), OIF_DEFAULT, NULL, &r.fx);
	rig_check(&r);
	assert_int_equal(counted(&r, C), 0);
	assert_int_equal(home(&r, 1), B);
	del(&r, B, 1, 0);
	assert_null(find(&r, 1));
	rig_close(&r);
}

/* Two nodes announce a client, the newer one falls silent for good. */
static void test_silent_home_gives_way(void **state)
{
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	add(&r, A, 1, false);
	add(&r, B, 1, false);
	rig_find(&r, A)->tt.told = rig_find(&r, B)->tt.told = r.now;
	for (unsigned s = 0; s <= TT_HOME_SILENT_S; s++) {
		assert_int_equal(home(&r, 1), B);
		rig_wait(&r, 1000);
		rig_find(&r, A)->tt.told = r.now;
	}
	assert_int_equal(home(&r, 1), A);
	rig_find(&r, B)->tt.told = r.now; /* the network was split */
	assert_int_equal(home(&r, 1), B);
	rig_close(&r);
}

/* A hint that led to another node is worth nothing when the client is heard here. */
static void test_hint_ends_here(void **state)
{
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	frame_from(&r, A, 1);
	assert_int_equal(home(&r, 1), A);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	rig_check(&r);
	assert_null(find(&r, 1));
	rig_close(&r);
}

static void test_flags_are_counted(void **state)
{
	struct originator *o;
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	o = rig_find(&r, A);
	for (unsigned i = 0; i < 3; i++) {
		uint8_t flags = (uint8_t)(i << 4); /* none, WIFI, ISOLATED */

		assert_int_equal(tt_global_add(&r.l2, r.now, o, rig_client(1), 0x8001, flags, 1,
					       false, &r.fx),
				 OK);
		rig_check(&r);
		assert_int_equal(o->tt.client_count, 1);
		assert_int_equal(o->tt.vlans.at[0].crc, tt_entry_crc(rig_client(1), 0x8001, flags));
	}
	/* Multicast listeners of kernels are entries like others. */
	assert_int_equal(tt_global_add(&r.l2, r.now, o, (struct mac){{1, 0, 0x5e, 0, 0, 1}}, 0, 0,
				       1, false, &r.fx),
			 OK);
	rig_check(&r);
	assert_int_equal(o->tt.client_count, 2);
	rig_close(&r);
}

static void test_add_takes_a_client_away(void **state)
{
	struct local_client *c;
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	rig_seen(&r, CLIENT_PERMANENT, rig_client(2), 0, false);
	commit(&r);
	rig_seen(&r, CLIENT_SEEN, rig_client(3), 0, false); /* fresh */
	for (unsigned client = 1; client <= 3; client++)
		assert_int_equal(add(&r, A, client, false), OK);
	assert_int_equal(r.fdb, 2);
	assert_true(mac_equal(r.last_fdb.mac, rig_client(3)));
	assert_int_equal(r.notes[NOTE_CLIENT_ROAMED_OUT], 2);
	assert_true(mac_equal(r.last_note.object, rig_mac(A)));
	c = tt_local_find(&r.l2, rig_client(1), 0);
	assert_true(c->leaving);
	assert_false(c->flags & TT_CLIENT_ROAM);
	assert_true(timer_is_set(&r.l2.ogm.extra_timer));
	assert_false(tt_local_find(&r.l2, rig_client(2), 0)->leaving);
	assert_null(tt_local_find(&r.l2, rig_client(3), 0));
	commit(&r);
	assert_null(tt_local_find(&r.l2, rig_client(1), 0));
	assert_int_equal(home(&r, 1), A);
	/* An entry that says it leaves takes nothing away, but counts. */
	rig_seen(&r, CLIENT_SEEN, rig_client(4), 0, false);
	commit(&r);
	tt_global_add(&r.l2, r.now, rig_find(&r, A), rig_client(4), 0, TT_CLIENT_ROAM, 2, false,
		      &r.fx);
	rig_check(&r);
	assert_int_equal(counted(&r, A), 4);
	assert_true(find(&r, 4)->roaming);
	assert_false(tt_local_find(&r.l2, rig_client(4), 0)->leaving);
	assert_int_equal(r.fdb, 2);
	rig_close(&r);
}

/* Another node takes a client for its own that never left, and drops it again: our bridge is
 * not to look for it behind the cloud port, where what others flood for it comes from. */
static void test_a_client_that_nobody_has_is_lost(void **state)
{
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	commit(&r);
	add(&r, A, 1, false);
	add(&r, B, 1, false);
	commit(&r);
	assert_int_equal(r.fdb, 1);
	assert_false(r.last_fdb.lost);
	del(&r, A, 1, 0);
	assert_int_equal(r.fdb, 1); /* B has it */
	del(&r, B, 1, 0);
	assert_int_equal(r.fdb, 2);
	assert_true(r.last_fdb.lost);
	assert_true(mac_equal(r.last_fdb.mac, rig_client(1)));
	/* With its node, and when a hint fades; not when it is here now. */
	add(&r, A, 2, false);
	tt_global_clear(&r.l2, r.now, rig_find(&r, A), &r.fx);
	assert_int_equal(r.fdb, 3);
	frame_from(&r, B, 3);
	rig_wait(&r, TT_HINT_KEEP_S * 1000);
	tt_global_fade(&r.l2, r.now, &r.fx);
	assert_int_equal(r.fdb, 4);
	assert_true(r.last_fdb.lost);
	assert_true(mac_equal(r.last_fdb.mac, rig_client(3)));
	add(&r, A, 4, false);
	rig_seen(&r, CLIENT_SEEN, rig_client(4), 0, false);
	del(&r, A, 4, 0);
	assert_null(find(&r, 4));
	assert_int_equal(r.fdb, 4);
	rig_close(&r);
}

/* The old node's side: advertisement, then the new node's announcement. */
static void test_roamed_away(void **state)
{
	struct local_client *c;
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	commit(&r);
	rig_find(&r, B)->tt.ttvn = 7;
	assert_int_equal(rig_give_roam(&r, B, rig_client(1), 0), OK);
	rig_check(&r);
	c = tt_local_find(&r.l2, rig_client(1), 0);
	assert_true(c->leaving);
	assert_true(c->flags & TT_CLIENT_ROAM);
	assert_int_equal(r.fdb, 1);
	assert_int_equal(r.notes[NOTE_CLIENT_ROAMED_OUT], 1);
	assert_true(timer_is_set(&r.l2.ogm.extra_timer));
	assert_int_equal(home(&r, 1), B);
	assert_true(find(&r, 1)->roaming);
	assert_int_equal(tt_global_home(find(&r, 1))->ttvn, 8);
	assert_int_equal(counted(&r, B), 0); /* B has not announced it yet */
	add(&r, B, 1, false);
	assert_false(find(&r, 1)->roaming);
	assert_int_equal(counted(&r, B), 1);
	assert_int_equal(r.fdb, 1);
	commit(&r);
	assert_int_equal(r.l2.local.last_count, 1);
	assert_int_equal(r.l2.local.last[0].flags, TT_CLIENT_DEL | TT_CLIENT_ROAM);
	/* The announcement came first: nothing is undone. A late DEL becomes DEL|ROAM. */
	rig_seen(&r, CLIENT_SEEN, rig_client(2), 0, false);
	commit(&r);
	add(&r, B, 2, false);
	assert_int_equal(rig_give_roam(&r, B, rig_client(2), 0), OK);
	rig_check(&r);
	assert_false(find(&r, 2)->roaming);
	assert_int_equal(counted(&r, B), 2);
	assert_true(tt_local_find(&r.l2, rig_client(2), 0)->flags & TT_CLIENT_ROAM);
	assert_int_equal(r.fdb, 2);
	rig_close(&r);
}

static void test_roam_refused(void **state)
{
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	rig_seen(&r, CLIENT_PERMANENT, rig_client(1), 0, false);
	assert_int_equal(rig_give_roam(&r, B, rig_client(1), 0), ERR_BLOCKED);
	assert_int_equal(rig_give_roam(&r, B, MAC_BROADCAST, 0), ERR_MALFORMED);
	assert_int_equal(rig_give_roam(&r, B, rig_client(2), 3), ERR_MALFORMED);
	assert_int_equal(rig_give_roam(&r, 99, rig_client(2), 0), ERR_UNKNOWN);
	assert_int_equal(r.l2.global.count, 0);
	assert_int_equal(r.l2.count.tt_roam_adv_rx, 0);
	rig_close(&r);
}

/* The new node's side: the old one still announces the client until its next OGM. */
static void test_roams_in(void **state)
{
	struct batadv_utvlv u;
	struct rig_packet p;
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	add(&r, B, 1, false);
	add(&r, A, 1, false);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false), OK);
	rig_check(&r);
	assert_int_equal(r.notes[NOTE_CLIENT_ROAMED_IN], 1);
	assert_true(mac_equal(r.last_note.object, rig_mac(A)));
	assert_int_equal(r.notes[NOTE_CLIENT_NEW], 0);
	assert_int_equal(r.sent_count, 2); /* one to each home */
	assert_int_equal(r.l2.count.tt_roam_adv_tx, 2);
	for (unsigned node = A; node <= B; node++) { /* the newest first */
		struct batadv_roam roam;
		struct batadv_tvlv t;
		struct rd rd;

		assert_true(rig_take(&r, &p));
		assert_true(mac_equal(p.hop, rig_mac(node)));
		assert_int_equal(batadv_utvlv_parse(p.bytes, p.len, &u), OK);
		assert_true(mac_equal(u.src, rig_mac(NODE)) && mac_equal(u.dst, rig_mac(node)));
		rd = rd_over(u.tvlv, u.tvlv_len);
		assert_true(batadv_tvlv_next(&rd, &t));
		assert_int_equal(batadv_roam_parse(t.value, t.len, &roam), OK);
		assert_true(mac_equal(roam.client, rig_client(1)));
		assert_int_equal(roam.vid, 0);
		free(p.bytes);
	}
	assert_true(find(&r, 1)->roaming);
	assert_int_equal(counted(&r, A), 1); /* what A announces is A's to withdraw */
	assert_false(tt_local_find(&r.l2, rig_client(1), 0)->leaving);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	assert_int_equal(r.sent_count, 0); /* told once */
	del(&r, A, 1, TT_CLIENT_ROAM);
	assert_int_equal(counted(&r, A), 0);
	del(&r, B, 1, TT_CLIENT_ROAM); /* we serve it: the entry goes */
	assert_null(find(&r, 1));
	/* A home that has withdrawn it already need not be told. */
	add(&r, A, 2, false);
	del(&r, A, 2, TT_CLIENT_ROAM);
	rig_seen(&r, CLIENT_SEEN, rig_client(2), 0, false);
	assert_int_equal(r.notes[NOTE_CLIENT_ROAMED_IN], 2);
	assert_int_equal(r.sent_count, 0);
	rig_close(&r);
}

/* At most five advertisements in 20 s for a client that two LANs claim. */
static void test_roam_rate(void **state)
{
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	for (unsigned i = 0; i < 20; i++) {
		add(&r, A, 1, false);
		rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
		rig_wait(&r, 500);
	}
	assert_int_equal(r.l2.count.tt_roam_adv_tx, TT_ROAM_MAX);
	add(&r, A, 2, false);
	rig_seen(&r, CLIENT_SEEN, rig_client(2), 0, false); /* another client may */
	assert_int_equal(r.l2.count.tt_roam_adv_tx, TT_ROAM_MAX + 1);
	rig_wait(&r, TT_ROAM_WINDOW_S * 1000);
	add(&r, A, 1, false);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	assert_int_equal(r.l2.count.tt_roam_adv_tx, TT_ROAM_MAX + 2);
	rig_close(&r);
}

/* A client comes back before its new node announced it: that node must be told. */
static void test_returns_at_once(void **state)
{
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	commit(&r);
	rig_give_roam(&r, B, rig_client(1), 0);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	rig_check(&r);
	assert_false(tt_local_find(&r.l2, rig_client(1), 0)->leaving);
	assert_int_equal(r.sent_count, 1);
	assert_true(mac_equal(r.sent[0].hop, rig_mac(B)));
	/* The advertisement may get lost: our table says it too, though it is the old one. */
	commit(&r);
	assert_int_equal(r.l2.local.ttvn, 2);
	assert_int_equal(r.l2.local.last_count, 1);
	assert_int_equal(r.l2.local.last[0].flags, 0);
	rig_close(&r);
}

static void test_third_node(void **state)
{
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	/* Old node first: frames go there until the new one announces. */
	add(&r, A, 1, false);
	del(&r, A, 1, TT_CLIENT_ROAM);
	assert_int_equal(home(&r, 1), A);
	assert_true(find(&r, 1)->roaming);
	assert_int_equal(counted(&r, A), 0);
	add(&r, B, 1, false);
	assert_int_equal(home(&r, 1), B);
	assert_false(find(&r, 1)->roaming);
	/* New node first. */
	add(&r, B, 2, false);
	add(&r, A, 2, false);
	del(&r, B, 2, TT_CLIENT_ROAM);
	assert_int_equal(home(&r, 2), A);
	assert_false(find(&r, 2)->roaming);
	/* A frame shows the way before any announcement, but not one from the old node. */
	add(&r, A, 3, false);
	del(&r, A, 3, TT_CLIENT_ROAM);
	frame_from(&r, A, 3);
	assert_true(find(&r, 3)->roaming);
	frame_from(&r, B, 3);
	assert_int_equal(home(&r, 3), B);
	assert_true(find(&r, 3)->temporary);
	assert_false(find(&r, 3)->roaming);
	/* Nobody ever announces it: forgotten. */
	add(&r, A, 4, false);
	del(&r, A, 4, TT_CLIENT_ROAM);
	rig_wait(&r, KEEP_MS - 1);
	tt_global_fade(&r.l2, r.now, &r.fx);
	rig_check(&r);
	assert_non_null(find(&r, 4));
	assert_non_null(find(&r, 3));
	rig_wait(&r, 1);
	assert_int_equal(r.l2.global.fade.at.us, r.now.us);
	tt_global_fade(&r.l2, r.now, &r.fx);
	rig_check(&r);
	assert_null(find(&r, 4));
	assert_null(find(&r, 3));
	assert_int_equal(home(&r, 1), B);
	rig_close(&r);
}

/* We heard the client here; another node takes it over before the old one withdrew. */
static void test_left_home_counts_and_serves_last(void **state)
{
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	add(&r, A, 1, false);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false); /* from A to us */
	add(&r, B, 1, false);				    /* and on to B */
	assert_int_equal(counted(&r, A), 1);
	assert_int_equal(counted(&r, B), 1);
	assert_int_equal(home(&r, 1), B);
	assert_false(find(&r, 1)->roaming);
	add(&r, A, 1, false); /* news: it is there again */
	assert_int_equal(home(&r, 1), A);
	rig_close(&r);
}

static void test_temporary(void **state)
{
	struct rig r;

	(void)state;
	open_with_peers(&r, NULL);
	frame_from(&r, A, 1);
	assert_true(find(&r, 1)->temporary);
	assert_int_equal(home(&r, 1), A);
	assert_int_equal(counted(&r, A), 0);
	frame_from(&r, B, 1); /* it moved */
	assert_int_equal(home(&r, 1), B);
	assert_int_equal(r.l2.global.home_count, 1);
	add(&r, C, 1, false); /* the truth */
	assert_int_equal(r.l2.global.home_count, 1);
	assert_int_equal(home(&r, 1), C);
	assert_false(find(&r, 1)->temporary);
	frame_from(&r, A, 1); /* never against it */
	assert_int_equal(home(&r, 1), C);
	/* Not for clients here, nor for what is no client. */
	rig_seen(&r, CLIENT_SEEN, rig_client(2), 0, false);
	frame_from(&r, A, 2);
	assert_null(find(&r, 2));
	tt_global_add_temporary(&r.l2, r.now, rig_find(&r, A), MAC_BROADCAST, 0, &r.fx);
	tt_global_add_temporary(&r.l2, r.now, rig_find(&r, A), rig_client(3), 3, &r.fx);
	assert_int_equal(r.l2.global.count, 1);
	/* It speaks on: remembered on. */
	frame_from(&r, A, 4);
	rig_wait(&r, KEEP_MS - 1);
	frame_from(&r, A, 4);
	rig_wait(&r, KEEP_MS - 1);
	tt_global_fade(&r.l2, r.now, &r.fx);
	assert_non_null(find(&r, 4));
	/* It comes here before it was announced: its node must know. */
	rig_seen(&r, CLIENT_SEEN, rig_client(4), 0, false);
	rig_check(&r);
	assert_int_equal(r.sent_count, 1);
	rig_close(&r);
}

static void test_bounded(void **state)
{
	struct l2_conf conf = l2_conf_default();
	struct rig r;

	(void)state;
	conf.clients_max = 40;
	open_with_peers(&r, &conf);
	/* Strangers in frames: a quarter at most, the oldest gives way. */
	for (unsigned i = 0; i < 100; i++)
		frame_from(&r, A, i);
	assert_int_equal(r.l2.global.count, 10);
	assert_null(find(&r, 89));
	assert_non_null(find(&r, 90));
	/* Announced ones displace hints, then they are refused. */
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(add(&r, B, 1000 + i, false), OK);
	assert_int_equal(r.l2.global.count, 40);
	assert_int_equal(r.l2.global.fading_count, 0);
	assert_int_equal(add(&r, B, 2000, false), ERR_FULL);
	assert_int_equal(add(&r, B, 2001, true), ERR_FULL);
	frame_from(&r, A, 1);
	assert_int_equal(r.l2.count.tt_full, 3);
	assert_int_equal(r.notes[NOTE_TABLE_FULL], 1);
	/* Other homes of known clients: twice as many homes as clients, no more. */
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(add(&r, A, 1000 + i, false), OK);
	assert_int_equal(add(&r, C, 1000, false), ERR_FULL);
	tt_global_clear(&r.l2, r.now, rig_find(&r, B), &r.fx);
	rig_check(&r);
	assert_int_equal(counted(&r, B), 0);
	assert_int_equal(r.l2.global.count, 40);
	rig_close(&r);
}

static void test_vlans_bounded(void **state)
{
	struct l2_conf conf = l2_conf_default();
	struct originator *o;
	struct rig r;

	(void)state;
	conf.vlans_max = 3;
	open_with_peers(&r, &conf);
	o = rig_find(&r, A);
	for (uint16_t vid = 0x8001; vid <= 0x8006; vid++)
		assert_int_equal(
			tt_global_add(&r.l2, r.now, o, rig_client(1), vid, 0, 1, false, &r.fx),
			vid <= 0x8003 ? OK : ERR_FULL);
	assert_int_equal(r.l2.count.tt_full, 3);
	assert_int_equal(r.notes[NOTE_TABLE_FULL], 1); /* told once, not for each */
	rig_check(&r);
	assert_int_equal(r.l2.global.count, 3);
	rig_close(&r);
}

/* No memory, at whatever step: refused, and nothing is left over. */
static void test_out_of_memory(void **state)
{
	struct rig r;
	size_t limit;
	enum err e = ERR_FULL;

	(void)state;
	open_with_peers(&r, NULL);
	limit = r.l2.pool.limit_bytes;
	for (size_t more = 0; e != OK; more += 16) {
		assert_in_range(more, 0, 2048);
		r.l2.pool.limit_bytes = r.l2.pool.used_bytes + more;
		e = add(&r, A, 1, false);
		r.l2.pool.limit_bytes = limit;
		assert_int_equal(r.l2.global.count, e == OK);
	}
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_best_home),
		cmocka_unit_test(test_silent_home_gives_way),
		cmocka_unit_test(test_hint_ends_here),
		cmocka_unit_test(test_flags_are_counted),
		cmocka_unit_test(test_add_takes_a_client_away),
		cmocka_unit_test(test_a_client_that_nobody_has_is_lost),
		cmocka_unit_test(test_roamed_away),
		cmocka_unit_test(test_roam_refused),
		cmocka_unit_test(test_roams_in),
		cmocka_unit_test(test_roam_rate),
		cmocka_unit_test(test_returns_at_once),
		cmocka_unit_test(test_third_node),
		cmocka_unit_test(test_left_home_counts_and_serves_last),
		cmocka_unit_test(test_temporary),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_vlans_bounded),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
