/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as every batman-adv packet, and as every value in one: what parses
 * and is written again is the same bytes, but for reserved ones, which become 0.
 */
#include "fuzz.h"
#include "wire/batadv.h"
#include "wire/ethernet.h"

enum { SIZE_MAX_BYTES = 4096 };

struct input {
	const uint8_t *data;
	size_t size;
};

/* w holds the first bytes of data, where each byte of reserved has these bits 0. */
struct reserved {
	size_t at;
	uint8_t bits;
};

static void same(const struct wr *w, struct input in, const struct reserved *reserved, size_t n)
{
	uint8_t expected[SIZE_MAX_BYTES];
	size_t len = wr_len(w);

	must(!w->bad && len <= in.size);
	memcpy(expected, in.data, len);
	for (size_t i = 0; i < n; i++)
		expected[reserved[i].at] &= (uint8_t)~reserved[i].bits;
	must(memcmp(w->start, expected, len) == 0);
}

#define SAME(w, in, ...)                                                                           \
	do {                                                                                       \
		const struct reserved reserved_[] = {__VA_ARGS__};                                 \
		same(w, in, reserved_, sizeof(reserved_) / sizeof(reserved_[0]));                  \
	} while (0)
#define SAME_ALL(w, in) same(w, in, NULL, 0)

static void inside(struct input in, const uint8_t *p, size_t len)
{
	must(p >= in.data && len <= in.size && p + len <= in.data + in.size);
}

static void refused(enum err e)
{
	must(e == ERR_SHORT || e == ERR_VERSION || e == ERR_MALFORMED);
}

static void ogms_check(struct input in)
{
	struct rd r = rd_over(in.data, in.size);
	struct batadv_ogm ogm;
	enum err e;

	for (;;) {
		struct input at = {r.at, rd_left(&r)};
		uint8_t out[SIZE_MAX_BYTES];
		struct wr w = wr_over(out, sizeof(out));

		e = batadv_ogm_parse(&r, &ogm);
		if (e != OK) {
			must(r.at == at.data && !r.bad);
			break;
		}
		inside(in, ogm.tvlv, ogm.tvlv_len);
		must(mac_is_station(ogm.orig));
		must(r.at == at.data + BATADV_OGM_LEN + ogm.tvlv_len);
		batadv_ogm_write(&w, &ogm);
		SAME(&w, at, {20, 0xff});
	}
	refused(e);
}

static void unicast_check(struct input in, struct wr w)
{
	struct batadv_unicast u;
	enum err e = batadv_unicast_parse(in.data, in.size, &u);

	if (e != OK) {
		refused(e);
		return;
	}
	inside(in, u.frame, u.frame_len);
	must(u.frame_len >= ETHERNET_HEADER);
	batadv_unicast_write(&w, &u);
	must(wr_len(&w) == (size_t)(u.has_src ? BATADV_4ADDR_LEN : BATADV_UNICAST_LEN));
	wr_bytes(&w, u.frame, u.frame_len);
	must(wr_len(&w) == in.size);
	if (u.has_src)
		SAME(&w, in, {17, 0xff});
	else
		SAME_ALL(&w, in);
}

static void frag_check(struct input in, struct wr w)
{
	struct batadv_frag f;
	enum err e = batadv_frag_parse(in.data, in.size, &f);

	if (e != OK) {
		refused(e);
		return;
	}
	inside(in, f.piece, f.piece_len);
	must(f.no <= 15 && f.prio <= 7 && f.piece_len > 0 && f.piece_len <= f.total_size);
	batadv_frag_write(&w, &f);
	must(wr_len(&w) == in.size);
	SAME(&w, in, {3, 0x01});
}

static void icmp_check(struct input in, struct wr w)
{
	struct batadv_icmp i;
	enum err e = batadv_icmp_parse(in.data, in.size, &i);

	if (e != OK) {
		refused(e);
		return;
	}
	if (i.rr) {
		inside(in, i.rr, BATADV_ICMP_RR_LEN - BATADV_ICMP_LEN);
		must(i.rr_cur <= BATADV_ICMP_RR_SLOTS);
	}
	batadv_icmp_write(&w, &i);
	must(wr_len(&w) == (size_t)(i.rr ? BATADV_ICMP_RR_LEN : BATADV_ICMP_LEN));
	SAME_ALL(&w, in);
}

static void utvlv_check(struct input in, struct wr w)
{
	struct batadv_utvlv u;
	enum err e = batadv_utvlv_parse(in.data, in.size, &u);

	if (e != OK) {
		refused(e);
		return;
	}
	inside(in, u.tvlv, u.tvlv_len);
	batadv_utvlv_write(&w, &u);
	SAME(&w, in, {3, 0xff}, {18, 0xff}, {19, 0xff});
}

static void bcast_check(struct input in, struct wr w)
{
	struct batadv_bcast b;
	enum err e = batadv_bcast_parse(in.data, in.size, &b);

	if (e != OK) {
		refused(e);
		return;
	}
	inside(in, b.frame, b.frame_len);
	must(b.frame_len >= ETHERNET_HEADER);
	batadv_bcast_write(&w, &b);
	must(wr_len(&w) == in.size);
	SAME(&w, in, {3, 0xff});
}

static void tvlvs_check(struct input in)
{
	struct rd r = rd_over(in.data, in.size);
	struct batadv_tvlv t;
	uint8_t out[SIZE_MAX_BYTES];
	struct wr w = wr_over(out, sizeof(out));

	while (batadv_tvlv_next(&r, &t)) {
		inside(in, t.value, t.len);
		must(t.len % 2 == 0);
		batadv_tvlv_write(&w, t.type, t.version, t.len);
		wr_bytes(&w, t.value, t.len);
		must(wr_len(&w) == (size_t)(r.at - in.data));
	}
	must(!r.bad);
	SAME_ALL(&w, in);
}

static void tt_check(struct input in, struct wr w)
{
	struct batadv_tt tt;
	struct batadv_tt again;
	enum err e = batadv_tt_parse(in.data, in.size, &tt);

	if (e != OK) {
		must(e == ERR_SHORT);
		return;
	}
	inside(in, tt.vlans, (size_t)tt.vlan_count * BATADV_TT_VLAN_LEN);
	inside(in, tt.changes, tt.change_count * BATADV_TT_CHANGE_LEN);
	batadv_tt_write(&w, tt.flags, tt.ttvn, tt.vlan_count);
	for (size_t i = 0; i < tt.vlan_count; i++)
		batadv_tt_vlan_write(&w, batadv_tt_vlan_at(&tt, i));
	for (size_t i = 0; i < tt.change_count; i++)
		batadv_tt_change_write(&w, batadv_tt_change_at(&tt, i));
	must(!w.bad && in.size - wr_len(&w) < BATADV_TT_CHANGE_LEN);
	must(batadv_tt_parse(w.start, wr_len(&w), &again) == OK);
	must(again.vlan_count == tt.vlan_count && again.change_count == tt.change_count);
	for (size_t i = 0; i < tt.change_count; i++) {
		struct batadv_tt_change a = batadv_tt_change_at(&tt, i);
		struct batadv_tt_change b = batadv_tt_change_at(&again, i);
		must(a.flags == b.flags && a.vid == b.vid && mac_equal(a.mac, b.mac));
	}
}

static void small_check(struct input in, struct wr w)
{
	struct batadv_roam roam;
	struct batadv_gw gw;
	struct batadv_routed routed;
	uint8_t type;
	enum err e = batadv_routed_parse(in.data, in.size, &routed);

	if (e == OK)
		must(routed.type >= BATADV_UNICAST_MIN && routed.type <= BATADV_UNICAST_MAX);
	else
		refused(e);
	must(e != OK || batadv_peek(in.data, in.size, &type) == OK);
	must((batadv_gw_parse(in.data, in.size, &gw) == OK) == (in.size >= 8));
	e = batadv_roam_parse(in.data, in.size, &roam);
	must(e == (in.size >= BATADV_ROAM_LEN ? OK : ERR_SHORT));
	if (e != OK)
		return;
	batadv_roam_write(&w, roam);
	SAME_ALL(&w, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[SIZE_MAX_BYTES];
	struct wr w = wr_over(out, sizeof(out));
	struct input in = {data, size};

	if (size > SIZE_MAX_BYTES)
		return 0;
	ogms_check(in);
	unicast_check(in, w);
	frag_check(in, w);
	icmp_check(in, w);
	utvlv_check(in, w);
	bcast_check(in, w);
	tvlvs_check(in);
	tt_check(in, w);
	small_check(in, w);
	return 0;
}
