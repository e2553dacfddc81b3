/* Proves that two nodes' tables are kept equal as the kernel does it: what is applied, what is
 * asked for and when, who answers with what, and that strangers gain nothing. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "cmocka_all.h"
#include "tt_rig.h"

enum { NODE = 1, A = 2, B = 3, STRANGER = 99 };

struct table {
	uint8_t bytes[RIG_OGM_MAX];
	size_t len;
};

/* The TT value: flags, version, one VLAN with this CRC (none when 0), ADDs of clients
 * from first on. */
static struct table table_of(uint8_t flags, uint8_t ttvn, uint32_t crc, unsigned first, unsigned n)
{
	struct table t;
	struct wr w = wr_over(t.bytes, sizeof(t.bytes));

	batadv_tt_write(&w, flags, ttvn, crc != 0);
	if (crc != 0)
		batadv_tt_vlan_write(&w, (struct batadv_tt_vlan){.crc = crc});
	for (unsigned i = 0; i < n; i++)
		batadv_tt_change_write(&w, (struct batadv_tt_change){.mac = rig_client(first + i)});
	assert_false(w.bad);
	t.len = wr_len(&w);
	return t;
}

/* XOR of the CRCs of clients first .. first + n - 1. */
static uint32_t crc_of(unsigned first, unsigned n)
{
	uint32_t crc = 0;

	for (unsigned i = 0; i < n; i++)
		crc ^= tt_entry_crc(rig_client(first + i), 0, 0);
	return crc;
}

static void hear(struct rig *r, uint8_t ttvn, uint32_t crc, unsigned first, unsigned n)
{
	struct table t = table_of(TT_OGM_DIFF, ttvn, crc, first, n);

	rig_hear(r, A, t.bytes, t.len);
	rig_check(r);
}

static enum err respond(struct rig *r, uint8_t flags, uint8_t ttvn, uint32_t crc, unsigned first,
			unsigned n)
{
	struct table t = table_of(TT_RESPONSE | flags, ttvn, crc, first, n);
	enum err e = rig_give(r, A, NODE, TVLV_TT, t.bytes, t.len);

	rig_check(r);
	return e;
}

static enum err ask(struct rig *r, unsigned src, unsigned dst, uint8_t flags, uint8_t ttvn,
		    uint32_t crc)
{
	struct table t = table_of(TT_REQUEST | flags, ttvn, crc, 0, 0);

	return rig_give(r, src, dst, TVLV_TT, t.bytes, t.len);
}

/* The only packet sent is a request to A with these flags and version; or there is none. */
static void assert_request(struct rig *r, bool any, bool full, uint8_t ttvn, uint32_t crc)
{
	struct rig_packet p;
	struct batadv_utvlv u;
	struct batadv_tt tt;

	assert_int_equal(r->sent_count, any);
	if (!any)
		return;
	tt = rig_take_tt(r, &p);
	assert_true(mac_equal(p.hop, rig_mac(A)));
	assert_int_equal(batadv_utvlv_parse(p.bytes, p.len, &u), OK);
	assert_true(mac_equal(u.src, rig_mac(NODE)) && mac_equal(u.dst, rig_mac(A)));
	assert_int_equal(u.ttl, BATADV_TTL);
	assert_int_equal(tt.flags, TT_REQUEST | (full ? TT_FULL : 0));
	assert_int_equal(tt.ttvn, ttvn);
	assert_int_equal(tt.change_count, 0);
	assert_int_equal(tt.vlan_count, crc != 0);
	if (crc != 0)
		assert_int_equal(batadv_tt_vlan_at(&tt, 0).crc, crc);
	free(p.bytes);
}

/* What an OGM of A makes us do. We know (unless !known) version k with client 1. */
static void test_ogm_rules(void **state)
{
	enum { CRC_OLD, CRC_NEW, CRC_WRONG, CRC_NONE };
	static const struct {
		const char *what;
		bool known;
		uint8_t k, ttvn;
		unsigned adds; /* clients 2.. */
		int crc;
		bool request, full;
		uint8_t then; /* our version after it */
	} cases[] = {
		{"the same", true, 5, 5, 0, CRC_OLD, false, false, 5},
		{"the same, changes repeated", true, 5, 5, 1, CRC_OLD, false, false, 5},
		{"the next", true, 5, 6, 1, CRC_NEW, false, false, 6},
		{"the next, too big for an OGM", true, 5, 6, 0, CRC_NEW, true, false, 5},
		{"the next, and yet different", true, 5, 6, 1, CRC_WRONG, true, true, 6},
		{"one missed", true, 5, 7, 1, CRC_NEW, true, true, 5},
		{"older", true, 5, 4, 0, CRC_OLD, true, true, 5},
		{"same version, other table", true, 5, 5, 0, CRC_WRONG, true, true, 5},
		{"we hold more", true, 5, 5, 0, CRC_NONE, true, true, 5},
		{"wrap", true, 255, 0, 1, CRC_NEW, true, true, 255},
		{"behind the wrap", true, 0, 1, 1, CRC_NEW, false, false, 1},
		{"never heard, its first", false, 0, 1, 1, CRC_NEW, false, false, 1},
		{"never heard, its first, changes gone", false, 0, 1, 0, CRC_NEW, true, false, 0},
		{"never heard", false, 0, 9, 0, CRC_NEW, true, true, 0},
		{"never heard, no clients yet", false, 0, 0, 0, CRC_NONE, true, true, 0},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t old = cases[i].known ? crc_of(1, 1) : 0;
		uint32_t crc[] = {old, old ^ crc_of(2, 1), 0xbad, 0};
		struct rig r;

		rig_open(&r, NODE, NULL);
		rig_peer(&r, A, 255);
		if (cases[i].known) {
			tt_global_add(&r.l2, r.now, rig_find(&r, A), rig_client(1), 0, 0, 1, false,
				      &r.fx);
			rig_find(&r, A)->tt.known = true;
			rig_find(&r, A)->tt.ttvn = cases[i].k;
		}
		hear(&r, cases[i].ttvn, crc[cases[i].crc], 2, cases[i].adds);
		if (rig_find(&r, A)->tt.ttvn != cases[i].then || r.sent_count != cases[i].request)
			print_message("case: %s\n", cases[i].what);
		assert_int_equal(rig_find(&r, A)->tt.ttvn, cases[i].then);
		assert_request(&r, cases[i].request, cases[i].full, cases[i].ttvn,
			       crc[cases[i].crc]);
		rig_close(&r);
	}
}

static void test_one_request_in_three_seconds(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NODE, NULL);
	rig_peer(&r, A, 255);
	for (unsigned i = 0; i < 60; i++) { /* echoes of each OGM too */
		hear(&r, 9, crc_of(1, 2), 0, 0);
		rig_wait(&r, 100);
	}
	assert_int_equal(r.sent_count, 2);
	assert_int_equal(r.l2.count.tt_request_tx, 2);
	rig_forget(&r);
	/* The answer ends the matter; copies of the OGM cost nothing. */
	assert_int_equal(respond(&r, TT_FULL, 9, crc_of(1, 2), 1, 2), OK);
	for (unsigned i = 0; i < 100; i++) {
		hear(&r, 9, crc_of(1, 2), 0, 0);
		rig_wait(&r, 100);
	}
	assert_int_equal(r.sent_count, 0);
	assert_int_equal(r.l2.count.tt_crc_mismatch, 0);
	rig_close(&r);
}

static void test_responses(void **state)
{
	struct rig r;
	struct tt_remote *t;

	(void)state;
	rig_open(&r, NODE, NULL);
	t = &rig_peer(&r, A, 255)->tt;
	/* Nobody asked. */
	assert_int_equal(respond(&r, TT_FULL, 9, crc_of(1, 2), 1, 2), ERR_UNKNOWN);
	assert_int_equal(t->client_count, 0);
	hear(&r, 9, crc_of(1, 2), 0, 0);
	assert_int_equal(respond(&r, TT_FULL, 9, crc_of(1, 2), 1, 2), OK);
	assert_int_equal(respond(&r, TT_FULL, 9, crc_of(1, 2), 1, 2), ERR_UNKNOWN);
	assert_true(t->known);
	assert_int_equal(t->client_count, 2);
	/* A diff for the asking. */
	hear(&r, 10, crc_of(1, 3), 0, 0);
	assert_int_equal(respond(&r, 0, 10, crc_of(1, 3), 3, 1), OK);
	assert_int_equal(t->ttvn, 10);
	assert_int_equal(t->client_count, 3);
	assert_int_equal(t->last_count, 1);
	/* It comes too late: the OGM was faster. */
	hear(&r, 11, crc_of(1, 4), 0, 0);
	hear(&r, 11, crc_of(1, 4), 4, 1);
	assert_int_equal(respond(&r, 0, 11, crc_of(1, 4), 4, 1), ERR_OLD);
	assert_int_equal(t->client_count, 4);
	/* A full table replaces all: 3 and 4 stay, 1 and 2 go, 5 comes. */
	rig_forget(&r);
	rig_wait(&r, TT_REQUEST_TIMEOUT_MS);
	hear(&r, 20, crc_of(3, 3), 0, 0);
	assert_int_equal(respond(&r, TT_FULL, 20, crc_of(3, 3), 3, 3), OK);
	assert_int_equal(t->client_count, 3);
	assert_int_equal(t->last_count, 0);
	assert_null(tt_global_find(&r.l2, rig_client(2), 0));
	assert_non_null(tt_global_find(&r.l2, rig_client(5), 0));
	rig_forget(&r);
	hear(&r, 20, crc_of(3, 3), 0, 0);
	assert_int_equal(r.sent_count, 0);
	rig_close(&r);
}

/* Hints are no part of a table: one that was built before the client's announcement
 * must not take them away. */
static void test_hints_survive_a_full_table(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NODE, NULL);
	rig_peer(&r, A, 255);
	rig_give_roam(&r, A, rig_client(1), 0);
	tt_global_add_temporary(&r.l2, r.now, rig_find(&r, A), rig_client(2), 0, &r.fx);
	hear(&r, 9, crc_of(3, 1), 0, 0);
	assert_int_equal(respond(&r, TT_FULL, 9, crc_of(3, 1), 3, 1), OK);
	assert_true(tt_global_find(&r.l2, rig_client(1), 0)->roaming);
	assert_true(tt_global_find(&r.l2, rig_client(2), 0)->temporary);
	hear(&r, 10, crc_of(1, 3), 1, 2);
	assert_false(tt_global_find(&r.l2, rig_client(1), 0)->roaming);
	assert_false(tt_global_find(&r.l2, rig_client(2), 0)->temporary);
	assert_int_equal(rig_find(&r, A)->tt.client_count, 3);
	rig_close(&r);
}

/* A table that contradicts itself is asked for again, ever more slowly. */
static void test_useless_tables_are_not_asked_for_all_the_time(void **state)
{
	unsigned asked = 0;
	struct rig r;

	(void)state;
	rig_open(&r, NODE, NULL);
	rig_peer(&r, A, 255);
	for (unsigned s = 0; s < 600; s++) {
		hear(&r, 9, 0xbad, 0, 0);
		if (r.sent_count > 0) {
			asked++;
			rig_forget(&r);
			assert_int_equal(respond(&r, TT_FULL, 9, 0xbad, 1, 2), OK);
		}
		rig_wait(&r, 1000);
	}
	assert_in_range(asked, 5, 9); /* 0, 1, 11, 31, 71, 151, 311, 471 s */
	/* All is forgiven when it is right. */
	rig_wait(&r, TT_HOLD_MAX_S * 1000);
	hear(&r, 9, 0xbad, 0, 0);
	assert_int_equal(respond(&r, TT_FULL, 9, crc_of(1, 2), 1, 2), OK);
	rig_forget(&r);
	for (unsigned i = 1; i <= 2; i++) { /* the first failure costs no patience again */
		hear(&r, 12, 0xbad, 0, 0);
		assert_int_equal(r.sent_count, i);
		assert_int_equal(respond(&r, TT_FULL, 12, 0xbad, 1, 2), OK);
	}
	hear(&r, 12, 0xbad, 0, 0);
	assert_int_equal(r.sent_count, 2);
	rig_close(&r);
}

/* ---- answering ---- */

/* The only packet sent is a response to B in the name of src; gives its TT. */
static struct batadv_tt take_response(struct rig *r, unsigned src, struct rig_packet *p)
{
	struct batadv_utvlv u;
	struct batadv_tt tt;

	assert_int_equal(r->sent_count, 1);
	tt = rig_take_tt(r, p);
	assert_int_equal(batadv_utvlv_parse(p->bytes, p->len, &u), OK);
	assert_true(mac_equal(u.src, rig_mac(src)) && mac_equal(u.dst, rig_mac(B)));
	assert_true(mac_equal(p->hop, rig_mac(B)));
	return tt;
}

/* Clients of a full table: all of first .. first + n - 1, once each. */
static void assert_clients(const struct batadv_tt *tt, unsigned first, unsigned n)
{
	uint32_t crc = 0;

	assert_int_equal(tt->change_count, n);
	for (size_t i = 0; i < tt->change_count; i++) {
		struct batadv_tt_change c = batadv_tt_change_at(tt, i);

		assert_int_equal(c.flags, 0);
		crc ^= tt_entry_crc(c.mac, c.vid, 0);
	}
	assert_int_equal(crc, crc_of(first, n));
	assert_int_equal(tt->vlan_count, n > 0);
	if (n > 0)
		assert_int_equal(batadv_tt_vlan_at(tt, 0).crc, crc);
}

static void test_our_table(void **state)
{
	uint8_t bytes[RIG_OGM_MAX];
	struct rig_packet p;
	struct batadv_tt tt;
	struct rig r;

	(void)state;
	rig_open(&r, NODE, NULL);
	rig_peer(&r, B, 255);
	assert_int_equal(ask(&r, B, NODE, TT_FULL, 0, 0), OK); /* empty, but known then */
	tt = take_response(&r, NODE, &p);
	assert_int_equal(tt.flags, TT_RESPONSE | TT_FULL);
	assert_int_equal(tt.ttvn, 0);
	assert_clients(&tt, 0, 0);
	free(p.bytes);
	for (unsigned i = 1; i <= 3; i++)
		rig_seen(&r, CLIENT_SEEN, rig_client(i), 0, false);
	rig_ogm(&r, bytes);
	rig_seen(&r, CLIENT_SEEN, rig_client(4), 0, false);
	rig_ogm(&r, bytes);
	/* Not committed: a diff says nothing of it, a full table commits it first, or it
	 * would list clients that the asker has taken over. */
	rig_seen(&r, CLIENT_SEEN, rig_client(5), 0, false);
	rig_seen(&r, CLIENT_GONE, rig_client(1), 0, false);
	tt_local_give_up(&r.l2, r.now, tt_local_find(&r.l2, rig_client(2), 0), true);
	rig_check(&r);

	assert_int_equal(ask(&r, B, NODE, 0, 2, 0), OK);
	tt = take_response(&r, NODE, &p);
	assert_int_equal(tt.flags, TT_RESPONSE);
	assert_int_equal(tt.ttvn, 2);
	assert_int_equal(tt.change_count, 1);
	assert_true(mac_equal(batadv_tt_change_at(&tt, 0).mac, rig_client(4)));
	free(p.bytes);
	for (unsigned i = 0; i < 2; i++) { /* asked for, or another version */
		assert_int_equal(ask(&r, B, NODE, i == 0 ? TT_FULL : 0, i == 0 ? 2 : 1, 0), OK);
		tt = take_response(&r, NODE, &p);
		assert_int_equal(tt.flags, TT_RESPONSE | TT_FULL);
		assert_int_equal(tt.ttvn, 3);
		assert_clients(&tt, 3, 3);
		free(p.bytes);
	}
	rig_close(&r);
}

/* 1677 clients: the largest table still leaves in one packet, through fragments. */
static void test_largest_table(void **state)
{
	struct l2_conf conf = l2_conf_default();
	uint8_t bytes[RIG_OGM_MAX];
	struct rig_packet p;
	struct batadv_tt tt;
	struct rig r;
	unsigned n = 0;

	(void)state;
	conf.clients_here_max = 2000;
	rig_open(&r, NODE, &conf);
	rig_peer(&r, B, 255);
	while (rig_seen(&r, CLIENT_SEEN, rig_client(n), 0, false) == OK)
		n++;
	rig_ogm(&r, bytes);
	assert_int_equal(ask(&r, B, NODE, 0, 1, 0), OK); /* the change list is as long */
	tt = take_response(&r, NODE, &p);
	assert_true(p.len <= FRAG_TOTAL_MAX);
	assert_int_equal(tt.change_count, n);
	free(p.bytes);
	r.l2.ports.at[RIG_PORT].mtu_bytes = 1280;
	assert_int_equal(ask(&r, B, NODE, TT_FULL, 1, 0), OK);
	assert_int_equal(r.sent_count, 16);
	rig_forget(&r);
	r.l2.ports.at[RIG_PORT].mtu_bytes = 1000; /* no room any more: no half tables */
	assert_int_equal(ask(&r, B, NODE, TT_FULL, 1, 0), ERR_TOO_BIG);
	assert_int_equal(r.sent_count, 0);
	rig_close(&r);
}

/* B asks A, through us. */
static void test_answers_for_others(void **state)
{
	static const struct {
		const char *what;
		uint8_t flags, ttvn;
		int crc;    /* 0: right, 1: wrong, 2: none listed */
		int answer; /* 0: passed on, 1: diff, 2: full */
	} cases[] = {
		{"diff", 0, 10, 0, 1},
		{"full", TT_FULL, 10, 0, 2},
		{"older", TT_FULL, 9, 0, 0},
		{"newer", 0, 11, 0, 0},
		{"other CRC", TT_FULL, 10, 1, 0},
		{"we hold more", TT_FULL, 10, 2, 0},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t crc[] = {crc_of(1, 3), 0xbad, 0};
		struct batadv_utvlv u;
		struct rig_packet p;
		struct batadv_tt tt;
		struct rig r;

		rig_open(&r, NODE, NULL);
		rig_peer(&r, A, 255);
		rig_peer(&r, B, 255);
		hear(&r, 9, crc_of(1, 2), 0, 0);
		respond(&r, TT_FULL, 9, crc_of(1, 2), 1, 2);
		hear(&r, 10, crc_of(1, 3), 3, 1);
		tt_global_add_temporary(&r.l2, r.now, rig_find(&r, A), rig_client(7), 0, &r.fx);
		rig_forget(&r);
		assert_int_equal(ask(&r, B, A, cases[i].flags, cases[i].ttvn, crc[cases[i].crc]),
				 OK);
		if (cases[i].answer == 0) {
			assert_true(rig_take(&r, &p));
			assert_true(mac_equal(p.hop, rig_mac(A)));
			assert_int_equal(batadv_utvlv_parse(p.bytes, p.len, &u), OK);
			assert_int_equal(u.ttl, BATADV_TTL - 1);
			assert_int_equal(r.l2.count.tt_request_fwd, 1);
		} else {
			tt = take_response(&r, A, &p);
			assert_int_equal(tt.ttvn, 10);
			assert_int_equal(tt.flags,
					 TT_RESPONSE | (cases[i].answer == 2 ? TT_FULL : 0));
			if (cases[i].answer == 2)
				assert_clients(&tt, 1, 3);
			else
				assert_int_equal(tt.change_count, 1);
			assert_int_equal(r.l2.count.tt_response_tx, 1);
		}
		free(p.bytes);
		rig_close(&r);
	}
}

/* Whoever asks: 20 tables at once, then one each 20 ms; on the path we pass on instead. */
static void test_answers_are_rationed(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NODE, NULL);
	rig_peer(&r, B, 255);
	rig_peer(&r, A, 255);
	assert_int_equal(ask(&r, STRANGER, NODE, TT_FULL, 0, 0), ERR_UNKNOWN);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(ask(&r, B, NODE, TT_FULL, 0, 0),
				 i < TT_ANSWERS_BURST ? OK : ERR_RATE);
	assert_int_equal(r.sent_count, TT_ANSWERS_BURST);
	rig_forget(&r);
	hear(&r, 9, crc_of(1, 2), 0, 0);
	respond(&r, TT_FULL, 9, crc_of(1, 2), 1, 2);
	rig_forget(&r);
	assert_int_equal(ask(&r, B, A, TT_FULL, 9, crc_of(1, 2)), OK);
	assert_true(mac_equal(r.sent[0].hop, rig_mac(A)));
	rig_wait(&r, TT_ANSWERS_MS);
	assert_int_equal(ask(&r, B, NODE, TT_FULL, 0, 0), OK);
	assert_int_equal(ask(&r, B, NODE, TT_FULL, 0, 0), ERR_RATE);
	rig_close(&r);
}

/* ---- the hostile ---- */

static void test_malformed(void **state)
{
	static const uint8_t lies[] = {TT_RESPONSE | TT_FULL, 1, 0xff, 0xff, 0, 0, 0, 1};
	static const uint8_t nothing[4] = {0, 1, 0, 0}, half_roam[6] = {6};
	struct table t = table_of(TT_RESPONSE | TT_FULL, 9, crc_of(1, 2), 1, 2);
	uint8_t packet[BATADV_UTVLV_LEN] = {BATADV_UNICAST_TVLV, BATADV_VERSION, BATADV_TTL};
	struct rig r;

	(void)state;
	rig_open(&r, NODE, NULL);
	rig_peer(&r, A, 255);
	hear(&r, 9, crc_of(1, 2), 0, 0);
	rig_forget(&r);
	assert_int_equal(rig_give(&r, A, NODE, TVLV_TT, lies, sizeof(lies)), ERR_SHORT);
	assert_int_equal(rig_give(&r, A, NODE, TVLV_TT, nothing, sizeof(nothing)), ERR_MALFORMED);
	assert_int_not_equal(rig_give(&r, A, NODE, TVLV_ROAM, half_roam, sizeof(half_roam)), OK);
	assert_int_equal(rig_give(&r, A, NODE, TVLV_DAT, "", 0), OK); /* unknown: nothing */
	assert_int_equal(rig_give(&r, NODE, A, TVLV_TT, t.bytes, t.len), ERR_OWN);
	assert_int_equal(rig_give(&r, STRANGER, NODE, TVLV_TT, t.bytes, t.len), ERR_UNKNOWN);
	assert_int_equal(rig_give(&r, A, STRANGER, TVLV_TT, t.bytes, t.len), ERR_NO_ROUTE);
	/* From nobody, or from a group. */
	assert_int_equal(tt_sync_rx(&r.l2, r.now, RIG_PORT, packet, sizeof(packet), &r.fx),
			 ERR_MALFORMED);
	packet[4] = 2, packet[10] = 1;
	assert_int_equal(tt_sync_rx(&r.l2, r.now, RIG_PORT, packet, sizeof(packet), &r.fx),
			 ERR_MALFORMED);
	assert_int_equal(r.sent_count, 0);
	assert_int_equal(r.l2.global.count, 0);
	rig_check(&r);
	rig_close(&r);
}

/* Every cut of a good packet, and noise in it: no crash, tables stay whole. */
static void test_noise(void **state)
{
	struct prng random;
	struct rig r;

	(void)state;
	prng_seed(&random, 1);
	rig_open(&r, NODE, NULL);
	rig_peer(&r, A, 255);
	for (unsigned i = 0; i < 20000; i++) {
		struct table t = table_of((uint8_t)prng_below(&random, 32),
					  (uint8_t)prng_below(&random, 4), crc_of(1, 2),
					  prng_below(&random, 8), prng_below(&random, 8));
		size_t len = prng_below(&random, (uint32_t)t.len + 1);
		struct batadv_tt tt;

		for (unsigned k = prng_below(&random, 4); k > 0; k--)
			t.bytes[prng_below(&random, (uint32_t)t.len)] = (uint8_t)prng_u64(&random);
		rig_seen(&r, (enum client_change)prng_below(&random, 2),
			 rig_client(prng_below(&random, 8)), 0, false);
		if (i % 2)
			rig_give(&r, A, NODE, i % 8 == 1 ? TVLV_ROAM : TVLV_TT, t.bytes, len);
		else if (batadv_tt_parse(t.bytes, len, &tt) == OK)
			tt_sync_ogm(&r.l2, r.now, rig_find(&r, A), &tt, &r.fx);
		rig_wait(&r, prng_below(&random, 2000));
		rig_forget(&r);
		if (i % 16 == 0)
			rig_check(&r);
	}
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ogm_rules),
		cmocka_unit_test(test_one_request_in_three_seconds),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_hints_survive_a_full_table),
		cmocka_unit_test(test_useless_tables_are_not_asked_for_all_the_time),
		cmocka_unit_test(test_our_table),
		cmocka_unit_test(test_largest_table),
		cmocka_unit_test(test_answers_for_others),
		cmocka_unit_test(test_answers_are_rationed),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
