/* Proves on captured kernel nodes that their tables and diffs, taken in by the engine, give
 * exactly the CRCs that they announce, so that it never has to ask twice. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <stdio.h>
#include "cmocka_all.h"
#include "pcap.h"
#include "tt_rig.h"

#define CAPTURES TESTS_DIR "/capture/batadv"

enum { NODE = 0xee, FULL_TABLES = 26, DIFFS_AT_LEAST = 20, KERNELS_MAX = 16, VLANS_MAX = 8 };

/* What a kernel announced last. */
struct kernel {
	struct mac mac;
	uint8_t ttvn;
	uint16_t vlan_count;
	struct batadv_tt_vlan vlan[VLANS_MAX];
};

struct tally {
	struct kernel kernels[KERNELS_MAX];
	unsigned count;
	unsigned full_tables; /* taken in, and right */
	unsigned diffs;	      /* announced, and right */
	unsigned applied;     /* of these, taken in by the engine */
};

static struct originator *peer(struct rig *r, struct mac mac)
{
	struct originator *o = originator_find(&r->l2, mac);
	struct neighbour *n;
	struct path *p;

	if (o)
		return o;
	n = neighbour_get(&r->l2, r->now, mac, RIG_PORT, &r->fx);
	o = originator_get(&r->l2, r->now, mac, &r->fx);
	p = path_get(&r->l2, o, n);
	path_push(&p->oif[OIF_DEFAULT], 255);
	route_set(&r->l2, r->now, o, OIF_DEFAULT, p, &r->fx);
	return o;
}

static uint32_t crc_listed(uint16_t n, const struct batadv_tt_vlan *vlan, uint16_t vid)
{
	for (unsigned i = 0; i < n; i++) {
		if (vlan[i].vid == vid)
			return vlan[i].crc;
	}
	return 0; /* not listed: empty */
}

/* Do the changes turn the old CRCs into the new ones? */
static void diff_check(const struct kernel *k, const struct kernel *next,
		       const struct batadv_tt *tt)
{
	for (unsigned i = 0; i < next->vlan_count; i++) {
		uint16_t vid = next->vlan[i].vid;
		uint32_t crc = crc_listed(k->vlan_count, k->vlan, vid);

		for (size_t c = 0; c < tt->change_count; c++) {
			struct batadv_tt_change change = batadv_tt_change_at(tt, c);

			if (change.vid == vid)
				crc ^= tt_entry_crc(change.mac, vid, change.flags);
		}
		assert_int_equal(crc, next->vlan[i].crc);
	}
}

static struct kernel kernel_of(struct mac mac, const struct batadv_tt *tt)
{
	struct kernel k = {.mac = mac, .ttvn = tt->ttvn, .vlan_count = tt->vlan_count};

	assert_true(tt->vlan_count <= VLANS_MAX);
	for (unsigned i = 0; i < tt->vlan_count; i++)
		k.vlan[i] = batadv_tt_vlan_at(tt, i);
	return k;
}

/* The TT container of an OGM from its originator itself. */
static void announced(struct rig *r, struct tally *t, struct mac mac, const struct batadv_tt *tt)
{
	struct kernel next = kernel_of(mac, tt), *k = t->kernels;
	struct originator *o = peer(r, mac);
	bool known = o->tt.known;
	uint8_t before = o->tt.ttvn;

	while (k < t->kernels + t->count && !mac_equal(k->mac, mac))
		k++;
	assert_true(k < t->kernels + KERNELS_MAX);
	if (k == t->kernels + t->count) {
		t->count++;
	} else if (tt->ttvn == k->ttvn + 1 && tt->change_count > 0) {
		diff_check(k, &next, tt);
		t->diffs++;
	}
	*k = next;
	tt_sync_ogm(&r->l2, r->now, o, tt, &r->fx);
	t->applied += known && tt->ttvn == before + 1 && o->tt.ttvn == tt->ttvn;
	rig_check(r);
}

static void ogms(struct rig *r, struct tally *t, const struct ethernet *eth)
{
	struct rd aggregate = rd_over(eth->payload, eth->payload_len), list;
	struct batadv_ogm ogm;
	struct batadv_tvlv c;
	struct batadv_tt tt;

	while (batadv_ogm_parse(&aggregate, &ogm) == OK) {
		if (!mac_equal(ogm.orig, eth->src))
			continue;
		list = rd_over(ogm.tvlv, ogm.tvlv_len);
		while (batadv_tvlv_next(&list, &c)) {
			if (c.type == TVLV_TT && batadv_tt_parse(c.value, c.len, &tt) == OK)
				announced(r, t, ogm.orig, &tt);
		}
	}
}

static void full_table(struct rig *r, struct tally *t, const struct ethernet *eth)
{
	struct batadv_utvlv u;
	struct batadv_tvlv c;
	struct batadv_tt tt;
	struct originator *o;
	struct rd list;

	assert_int_equal(batadv_utvlv_parse(eth->payload, eth->payload_len, &u), OK);
	list = rd_over(u.tvlv, u.tvlv_len);
	if (!batadv_tvlv_next(&list, &c) || c.type != TVLV_TT ||
	    batadv_tt_parse(c.value, c.len, &tt) != OK || tt.flags != (TT_RESPONSE | TT_FULL))
		return;
	o = peer(r, u.src);
	o->tt.requested = true; /* the one that asked was another node */
	assert_int_equal(rig_give_by(r, u.src, rig_mac(NODE), TVLV_TT, c.value, c.len), OK);
	rig_check(r);
	assert_int_equal(o->tt.ttvn, tt.ttvn);
	assert_int_equal(o->tt.client_count, tt.change_count);
	assert_true(tt_vlans_match(&o->tt.vlans, &tt));
	t->full_tables++;
}

static void capture(const char *path, struct tally *total)
{
	struct tally t = {0};
	struct pcap_frame f;
	struct pcap p = pcap_open(path);
	struct rig r;

	rig_open(&r, NODE, NULL);
	while (pcap_next(&p, &f)) {
		struct ethernet eth;

		rig_forget(&r);
		if (ethernet_parse(f.bytes, f.len, &eth) != OK || !ethernet_is_batadv(&eth) ||
		    eth.payload_len == 0)
			continue;
		if (eth.payload[0] == BATADV_IV_OGM)
			ogms(&r, &t, &eth);
		else if (eth.payload[0] == BATADV_UNICAST_TVLV)
			full_table(&r, &t, &eth);
	}
	assert_int_equal(r.l2.count.tt_crc_mismatch, 0);
	rig_close(&r);
	total->full_tables += t.full_tables;
	total->diffs += t.diffs;
	total->applied += t.applied;
}

static void test_captures(void **state)
{
	struct tally total = {0};
	DIR *dir = opendir(CAPTURES);
	char path[1000];

	(void)state;
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		if (!strstr(e->d_name, ".pcap"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", CAPTURES, e->d_name);
		capture(path, &total);
	}
	closedir(dir);
	print_message("full tables %u, diffs %u, of these applied %u\n", total.full_tables,
		      total.diffs, total.applied);
	assert_int_equal(total.full_tables, FULL_TABLES);
	assert_true(total.diffs >= DIFFS_AT_LEAST);
	assert_true(total.applied > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
