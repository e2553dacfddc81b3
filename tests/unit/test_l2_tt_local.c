/* Proves that clients here are announced as the kernel announces its own: fresh, announced and
 * leaving, committed with an OGM, repeated in four, bounded, and forgotten when idle. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "tt_rig.h"

enum { NODE = 1, IDLE_MS = TT_LOCAL_IDLE_S * 1000 };

struct built {
	uint8_t bytes[RIG_OGM_MAX];
	struct batadv_tt tt;
};

static const struct batadv_tt *build(struct rig *r, struct built *o)
{
	size_t len = rig_ogm(r, o->bytes);

	assert_int_equal(batadv_tt_parse(o->bytes, len, &o->tt), OK);
	assert_int_equal(o->tt.flags, TT_OGM_DIFF);
	rig_check(r);
	return &o->tt;
}

static struct local_client *find(struct rig *r, unsigned client, uint16_t vid)
{
	return tt_local_find(&r->l2, rig_client(client), vid);
}

static void assert_change(const struct batadv_tt *tt, size_t i, uint8_t flags, unsigned client,
			  uint16_t vid)
{
	struct batadv_tt_change c = batadv_tt_change_at(tt, i);

	assert_int_equal(c.flags, flags);
	assert_true(mac_equal(c.mac, rig_client(client)));
	assert_int_equal(c.vid, vid);
}

static void test_announced_in_four_ogms(void **state)
{
	struct rig r;
	struct built o;

	(void)state;
	rig_open(&r, NODE, NULL);
	assert_int_equal(build(&r, &o)->ttvn, 0);
	assert_int_equal(o.tt.vlan_count, 0);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false), OK);
	assert_int_equal(r.notes[NOTE_CLIENT_NEW], 1);
	assert_true(timer_is_set(&r.l2.ogm.extra_timer));
	assert_true(find(&r, 1, 0)->fresh);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(2), 0x8005, true), OK);
	rig_check(&r);
	for (unsigned i = 0; i < TT_REPEATS + 2; i++) {
		assert_int_equal(build(&r, &o)->ttvn, 1);
		assert_int_equal(o.tt.vlan_count, 2);
		assert_int_equal(batadv_tt_vlan_at(&o.tt, 0).crc,
				 tt_entry_crc(rig_client(1), 0, 0));
		assert_int_equal(batadv_tt_vlan_at(&o.tt, 1).crc,
				 tt_entry_crc(rig_client(2), 0x8005, TT_CLIENT_WIFI));
		assert_int_equal(o.tt.change_count, i < TT_REPEATS ? 2 : 0);
		if (i < TT_REPEATS) {
			assert_change(&o.tt, 0, 0, 1, 0);
			assert_change(&o.tt, 1, TT_CLIENT_WIFI, 2, 0x8005);
		}
	}
	assert_false(find(&r, 1, 0)->fresh);
	rig_close(&r);
}

static void test_changes_that_cancel_out(void **state)
{
	struct rig r;
	struct built o;

	(void)state;
	rig_open(&r, NODE, NULL);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	rig_seen(&r, CLIENT_GONE, rig_client(1), 0, false);
	assert_null(find(&r, 1, 0));
	assert_int_equal(build(&r, &o)->ttvn, 0);

	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	assert_int_equal(build(&r, &o)->ttvn, 1);
	rig_seen(&r, CLIENT_GONE, rig_client(1), 0, false);
	assert_int_equal(r.notes[NOTE_CLIENT_GONE], 2);
	assert_true(find(&r, 1, 0)->leaving);
	assert_int_equal(r.l2.local.vlans.at[0].count, 1); /* still announced */
	rig_check(&r);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	assert_false(find(&r, 1, 0)->leaving);
	assert_int_equal(r.notes[NOTE_CLIENT_NEW], 3);
	assert_int_equal(build(&r, &o)->ttvn, 1);
	rig_close(&r);
}

static void test_withdrawn(void **state)
{
	struct rig r;
	struct built o;

	(void)state;
	rig_open(&r, NODE, NULL);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, true);
	rig_seen(&r, CLIENT_SEEN, rig_client(2), 0, false);
	build(&r, &o);
	tt_local_remove(&r.l2, r.now, find(&r, 1, 0), false, &r.fx);
	tt_local_remove(&r.l2, r.now, find(&r, 2, 0), true, &r.fx);
	tt_local_remove(&r.l2, r.now, find(&r, 2, 0), true, &r.fx); /* once more: nothing */
	assert_int_equal(build(&r, &o)->ttvn, 2);
	assert_int_equal(o.tt.vlan_count, 0); /* an empty VLAN is not listed */
	assert_int_equal(o.tt.change_count, 2);
	assert_change(&o.tt, 0, TT_CLIENT_DEL | TT_CLIENT_WIFI, 1, 0);
	assert_change(&o.tt, 1, TT_CLIENT_DEL | TT_CLIENT_ROAM, 2, 0);
	assert_null(find(&r, 1, 0));
	rig_close(&r);
}

static void test_flags_change_with_the_commit(void **state)
{
	struct rig r;
	struct built o;

	(void)state;
	rig_open(&r, NODE, NULL);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false);
	build(&r, &o);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, true);
	rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false); /* a frame does not know */
	assert_int_equal(r.l2.local.vlans.at[0].crc, tt_entry_crc(rig_client(1), 0, 0));
	rig_check(&r);
	assert_int_equal(build(&r, &o)->ttvn, 2);
	assert_int_equal(o.tt.change_count, 1);
	assert_change(&o.tt, 0, TT_CLIENT_WIFI, 1, 0);
	assert_int_equal(batadv_tt_vlan_at(&o.tt, 0).crc,
			 tt_entry_crc(rig_client(1), 0, TT_CLIENT_WIFI));
	rig_close(&r);
}

static void test_what_cannot_be_a_client(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NODE, NULL);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, MAC_BROADCAST, 0, false), ERR_MALFORMED);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, (struct mac){{0}}, 0, false), ERR_MALFORMED);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(1), 5, false), ERR_MALFORMED);
	assert_int_equal(r.l2.local.count, 0);
	rig_close(&r);
}

static void test_limits(void **state)
{
	struct l2_conf conf = l2_conf_default();
	struct rig r;
	struct built o;

	(void)state;
	conf.clients_here_max = 3;
	conf.vlans_max = 2;
	rig_open(&r, NODE, &conf);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(1), 0, false), OK);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(1), 0x8001, false), OK);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(1), 0x8002, false), ERR_FULL);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(2), 0, false), OK);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(3), 0, false), ERR_FULL);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(2), 0, false), OK); /* known */
	assert_int_equal(r.l2.count.tt_full, 2);
	assert_int_equal(r.notes[NOTE_TABLE_FULL], 1);
	rig_check(&r);
	/* A leaving one keeps its place until it is withdrawn. */
	build(&r, &o);
	rig_seen(&r, CLIENT_GONE, rig_client(1), 0x8001, false);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(3), 0, false), ERR_FULL);
	build(&r, &o);
	assert_int_equal(rig_seen(&r, CLIENT_SEEN, rig_client(3), 0x8002, false), OK);
	rig_close(&r);
}

/* Every table must fit one full response, and a commit too big for an OGM is left out. */
static void test_table_fits_a_packet(void **state)
{
	static const struct {
		uint16_t mtu;
		bool fragmentation;
		unsigned clients; /* with one VLAN: (max - 28 - 8) / 12 */
	} cases[] = {{1500, true, 1677},
		     {1500, false, 122},
		     {1000, true, 1303},
		     {RIG_MTU, true, 1677},
		     {RIG_MTU, false, 1677}};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct l2_conf conf = l2_conf_default();
		struct rig r;
		struct built o;
		unsigned n = 0;

		conf.clients_here_max = 5000;
		conf.fragmentation = cases[i].fragmentation;
		rig_open(&r, NODE, &conf);
		r.l2.ports.at[RIG_PORT].mtu_bytes = cases[i].mtu;
		while (rig_seen(&r, CLIENT_SEEN, rig_client(n), 0, false) == OK)
			n++;
		assert_int_equal(n, cases[i].clients);
		assert_int_equal(build(&r, &o)->ttvn, 1);
		assert_int_equal(o.tt.vlan_count, 1);
		assert_int_equal(o.tt.change_count, 0);
		rig_close(&r);
	}
}

static void test_idle(void **state)
{
	struct rig r;
	struct built o;

	(void)state;
	rig_open(&r, NODE, NULL);
	rig_seen(&r, CLIENT_PERMANENT, rig_client(0), 0, false);
	for (unsigned i = 1; i <= 100; i++)
		rig_seen(&r, CLIENT_SEEN, rig_client(i), 0, false);
	build(&r, &o);
	rig_wait(&r, IDLE_MS / 2);
	rig_seen(&r, CLIENT_SEEN, rig_client(7), 0, false);
	rig_wait(&r, IDLE_MS / 2 - 1);
	tt_local_idle(&r.l2, r.now, &r.fx);
	assert_int_equal(r.notes[NOTE_CLIENT_GONE], 0);
	rig_wait(&r, 1);
	assert_int_equal(r.l2.local.idle.at.us, r.now.us);
	while (r.l2.local.idle.at.us <= r.now.us) { /* a bounded part each time */
		unsigned before = r.notes[NOTE_CLIENT_GONE];

		tt_local_idle(&r.l2, r.now, &r.fx);
		assert_in_range(r.notes[NOTE_CLIENT_GONE] - before, 1, 40);
	}
	assert_int_equal(r.notes[NOTE_CLIENT_GONE], 99);
	assert_int_equal(build(&r, &o)->ttvn, 2);
	assert_int_equal(r.l2.local.count, 2);
	assert_non_null(find(&r, 0, 0));
	assert_non_null(find(&r, 7, 0));
	rig_wait(&r, IDLE_MS / 2);
	tt_local_idle(&r.l2, r.now, &r.fx);
	assert_true(find(&r, 7, 0)->leaving);
	build(&r, &o);
	/* The permanent one stays for ever, also when the bridge forgets it. */
	for (unsigned i = 0; i < 5; i++) {
		rig_wait(&r, IDLE_MS);
		tt_local_idle(&r.l2, r.now, &r.fx);
	}
	rig_seen(&r, CLIENT_GONE, rig_client(0), 0, false);
	assert_false(find(&r, 0, 0)->leaving);
	rig_close(&r);
}

static void test_version_wraps(void **state)
{
	struct rig r;
	struct built o;

	(void)state;
	rig_open(&r, NODE, NULL);
	for (unsigned i = 1; i <= 300; i++) {
		rig_seen(&r, i & 1 ? CLIENT_SEEN : CLIENT_GONE, rig_client(1), 0, false);
		assert_int_equal(build(&r, &o)->ttvn, i % 256);
	}
	rig_close(&r);
}

/* No memory for a client: refused, and nothing is left over. */
static void test_out_of_memory(void **state)
{
	struct rig r;
	size_t limit;

	(void)state;
	rig_open(&r, NODE, NULL);
	limit = r.l2.pool.limit_bytes;
	for (size_t more = 0; more < 1024; more += 16) {
		enum err e;

		r.l2.pool.limit_bytes = r.l2.pool.used_bytes + more;
		e = rig_seen(&r, CLIENT_SEEN, rig_client(1), 0x8001, false);
		rig_check(&r);
		r.l2.pool.limit_bytes = limit;
		if (e == OK)
			break;
		assert_int_equal(e, ERR_FULL);
		assert_int_equal(r.l2.local.count, 0);
	}
	assert_int_equal(r.l2.local.count, 1);
	/* None for the change list: committed all the same, peers must ask. */
	r.l2.pool.limit_bytes = r.l2.pool.used_bytes;
	tt_local_commit(&r.l2, r.now);
	assert_int_equal(r.l2.local.ttvn, 1);
	assert_int_equal(r.l2.local.last_count, 0);
	r.l2.pool.limit_bytes = limit;
	rig_check(&r);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_announced_in_four_ogms),
		cmocka_unit_test(test_changes_that_cancel_out),
		cmocka_unit_test(test_withdrawn),
		cmocka_unit_test(test_flags_change_with_the_commit),
		cmocka_unit_test(test_what_cannot_be_a_client),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_table_fits_a_packet),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_version_wraps),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
