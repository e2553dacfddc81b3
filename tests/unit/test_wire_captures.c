/* Proves that every packet of the captured kernel nodes parses, is counted right and is written
 * back byte by byte as it was. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include "cmocka_all.h"
#include "pcap.h"
#include "wire/batadv.h"
#include "wire/ethernet.h"

#define CAPTURES TESTS_DIR "/capture/batadv"

enum {
	CAPTURES_AT_LEAST = 25,
	CLAIMS = BATADV_LOOP_DETECT + 1,
	PACKET_MAX = 2048,
};

/* Names as in the notes beside the captures; OTHER: no batman-adv. */
static const struct {
	const char *name;
	int type;
} types[] = {
	{"IV_OGM", BATADV_IV_OGM},
	{"BCAST", BATADV_BCAST},
	{"ELP", BATADV_ELP},
	{"OGM2", BATADV_OGM2},
	{"MCAST", BATADV_MCAST},
	{"UNICAST", BATADV_UNICAST},
	{"UNICAST_FRAG", BATADV_UNICAST_FRAG},
	{"UNICAST_4ADDR", BATADV_UNICAST_4ADDR},
	{"ICMP", BATADV_ICMP},
	{"UNICAST_TVLV", BATADV_UNICAST_TVLV},
	{"other", -1},
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

struct counts {
	unsigned of[TYPES];
	unsigned claims[CLAIMS];
};

static unsigned type_index(const char *name, int type)
{
	unsigned i = 0;

	while (i < TYPES - 1 && !(name ? strcmp(name, types[i].name) == 0 : types[i].type == type))
		i++;
	return i;
}

/* The counts of the line "... Packets: NAME N, NAME frames N, other ethertypes N". */
static struct counts notes_read(const char *path)
{
	struct counts c = {0};
	char line[1000], *at = NULL;
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s is missing", path);
	while (!at && fgets(line, sizeof(line), file))
		at = strstr(line, "Packets: ");
	fclose(file);
	assert_non_null(at);
	at += strlen("Packets: ");
	for (char *save, *item = strtok_r(at, ",\n", &save); item;
	     item = strtok_r(NULL, ",\n", &save)) {
		char name[32] = "", *number = strrchr(item, ' ');
		if (sscanf(item, " %31s", name) != 1)
			continue;
		assert_non_null(number);
		c.of[type_index(name, 0)] += (unsigned)strtoul(number, NULL, 10);
	}
	return c;
}

/* ---- one check a packet type: parse, write, the same bytes ---- */

static void same_bytes(const struct wr *w, const uint8_t *packet)
{
	assert_false(w->bad);
	assert_memory_equal(w->start, packet, wr_len(w));
}

static void tt_check(const struct batadv_tvlv *t)
{
	uint8_t bytes[PACKET_MAX];
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct batadv_tt tt;

	assert_int_equal(batadv_tt_parse(t->value, t->len, &tt), OK);
	batadv_tt_write(&w, tt.flags, tt.ttvn, tt.vlan_count);
	for (size_t i = 0; i < tt.vlan_count; i++)
		batadv_tt_vlan_write(&w, batadv_tt_vlan_at(&tt, i));
	for (size_t i = 0; i < tt.change_count; i++)
		batadv_tt_change_write(&w, batadv_tt_change_at(&tt, i));
	assert_int_equal(wr_len(&w), t->len);
	assert_memory_equal(bytes, t->value, t->len);
}

/* Every byte of a list belongs to a container that a kernel sends. */
static void tvlvs_check(const uint8_t *tvlv, size_t len)
{
	struct rd r = rd_over(tvlv, len);
	struct batadv_tvlv t;
	struct batadv_roam roam;
	struct batadv_gw gw;

	while (batadv_tvlv_next(&r, &t)) {
		assert_in_range(t.type, TVLV_GW, TVLV_MCAST_TRACKER);
		if (t.type == TVLV_TT)
			tt_check(&t);
		if (t.type == TVLV_ROAM)
			assert_int_equal(batadv_roam_parse(t.value, t.len, &roam), OK);
		if (t.type == TVLV_GW)
			assert_int_equal(batadv_gw_parse(t.value, t.len, &gw), OK);
	}
	assert_int_equal(rd_left(&r), 0);
}

static void ogm_check(const uint8_t *packet, size_t len, struct wr *w)
{
	struct rd r = rd_over(packet, len);
	struct batadv_ogm ogm;

	while (batadv_ogm_parse(&r, &ogm) == OK) {
		batadv_ogm_write(w, &ogm);
		tvlvs_check(ogm.tvlv, ogm.tvlv_len);
	}
	assert_true(wr_len(w) > 0);
	/* What is left is padding. */
	while (rd_left(&r) > 0)
		assert_int_equal(rd_u8(&r), 0);
}

static void unicast_check(const uint8_t *packet, size_t len, struct wr *w)
{
	struct batadv_unicast u;

	assert_int_equal(batadv_unicast_parse(packet, len, &u), OK);
	batadv_unicast_write(w, &u);
	wr_bytes(w, u.frame, u.frame_len);
	assert_int_equal(wr_len(w), len);
}

static void packet_check(const uint8_t *packet, size_t len, uint8_t type, struct wr *w)
{
	struct batadv_bcast bcast;
	struct batadv_frag frag;
	struct batadv_icmp icmp;
	struct batadv_utvlv utvlv;

	switch (type) {
	case BATADV_IV_OGM: ogm_check(packet, len, w); break;
	case BATADV_UNICAST:
	case BATADV_UNICAST_4ADDR: unicast_check(packet, len, w); break;
	case BATADV_BCAST:
		assert_int_equal(batadv_bcast_parse(packet, len, &bcast), OK);
		batadv_bcast_write(w, &bcast);
		break;
	case BATADV_UNICAST_FRAG:
		assert_int_equal(batadv_frag_parse(packet, len, &frag), OK);
		batadv_frag_write(w, &frag);
		break;
	case BATADV_ICMP:
		assert_int_equal(batadv_icmp_parse(packet, len, &icmp), OK);
		batadv_icmp_write(w, &icmp);
		break;
	case BATADV_UNICAST_TVLV:
		assert_int_equal(batadv_utvlv_parse(packet, len, &utvlv), OK);
		batadv_utvlv_write(w, &utvlv);
		tvlvs_check(utvlv.tvlv, utvlv.tvlv_len);
		break;
	}
}

static void frame_check(const struct pcap_frame *f, struct counts *c)
{
	uint8_t bytes[PACKET_MAX], type;
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct batadv_routed routed;
	enum batadv_claim claim;
	struct mac gateway;
	struct ethernet e;

	assert_int_equal(ethernet_parse(f->bytes, f->len, &e), OK);
	if (!ethernet_is_batadv(&e)) {
		c->of[TYPES - 1]++;
		if (batadv_claim_parse(f->bytes, f->len, &claim, &gateway))
			c->claims[claim]++;
		return;
	}
	assert_int_equal(batadv_peek(e.payload, e.payload_len, &type), OK);
	unsigned index = type_index(NULL, type);
	assert_int_not_equal(index, TYPES - 1);
	c->of[index]++;
	if (type >= BATADV_UNICAST_MIN)
		assert_int_equal(batadv_routed_parse(e.payload, e.payload_len, &routed), OK);
	packet_check(e.payload, e.payload_len, type, &w);
	same_bytes(&w, e.payload);
}

static struct counts capture_check(const char *name)
{
	char path[500];
	struct counts c = {0};
	struct pcap_frame f;

	snprintf(path, sizeof(path), CAPTURES "/%s.pcap", name);
	struct pcap p = pcap_open(path);
	int64_t last_us = 0;
	while (pcap_next(&p, &f)) {
		assert_true(f.at.us >= last_us - 1000);
		last_us = f.at.us;
		frame_check(&f, &c);
	}
	return c;
}

static void test_every_capture(void **state)
{
	struct dirent **entry;
	int n = scandir(CAPTURES, &entry, NULL, alphasort), captures = 0;
	char path[500];

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		char *dot = strstr(entry[i]->d_name, ".pcap");
		if (dot) {
			*dot = '\0';
			snprintf(path, sizeof(path), CAPTURES "/%s.txt", entry[i]->d_name);
			struct counts expected = notes_read(path);
			struct counts got = capture_check(entry[i]->d_name);
			for (unsigned t = 0; t < TYPES; t++) {
				if (got.of[t] != expected.of[t])
					fail_msg("%s: %u %s packets, the notes say %u",
						 entry[i]->d_name, got.of[t], types[t].name,
						 expected.of[t]);
			}
			captures++;
		}
		free(entry[i]);
	}
	free(entry);
	assert_true(captures >= CAPTURES_AT_LEAST);
}

/* The LAN side of bridge loop avoidance: claims of every kind, and ARP that is none. */
static void test_claims_on_the_lan(void **state)
{
	static const unsigned expected[CLAIMS] = {
		[BATADV_CLAIM] = 3,
		[BATADV_UNCLAIM] = 1,
		[BATADV_ANNOUNCE] = 18,
		[BATADV_LOOP_DETECT] = 2,
	};
	struct counts c = capture_check("07-bla-lan1");

	(void)state;
	assert_memory_equal(c.claims, expected, sizeof(expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_capture),
		cmocka_unit_test(test_claims_on_the_lan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
