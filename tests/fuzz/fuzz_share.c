/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a script of events for a share engine: datagrams that are raw, or nearly right,
 * of a few peers and strangers, records of ours, time. After each step all counts are those of
 * a recount, the sets are in order, nothing exceeds its bounds, our records are as we put
 * them, time goes on, and what leaves can be read. In the end all memory is back.
 */
#include "core/share/share_internal.h"
#include "fuzz.h"

enum {
	STEPS_MAX = 400,
	PEERS = 6,
	TYPES = 4,
	CALLS_PER_STEP = 4000, /* to reach a time without a deadline that is due */
	DATAGRAM_ROOM = 4000,
};

struct script {
	struct rd r;
	struct fx fx;
	struct share *share;
	instant now;
	uint8_t put[256]; /* the byte that our record of this type is full of; 0: none */
	uint8_t room[256];
};

static struct mac peer_mac(unsigned n)
{
	return (struct mac){{2, 0, 0, 0, 0xbb, (uint8_t)(n % (PEERS + 1))}};
}

static struct mac self_mac(void)
{
	return (struct mac){{2, 0, 0, 0, 0xaa, 1}};
}

static bool admits(void *ctx, struct mac who)
{
	(void)ctx;
	return who.b[5] < PEERS;
}

static void changed(void *ctx, instant now, const struct share_record *r, bool gone, struct fx *fx)
{
	struct script *s = ctx;

	(void)gone;
	must(!mac_equal(r->source, self_mac()));
	must(r->len == 0 || r->data);
	/* What leases do: answer with a record of our own. */
	if (r->type == 1 && s->share)
		s->put[200] = share_put(s->share, now, 200, 0, (const uint8_t *)"\x07", 1, fx) == OK
				      ? 7
				      : s->put[200];
	s->room[200] = s->put[200] ? 1 : 0;
}

static void peer(void *ctx, instant now, struct mac mac, bool gone, struct fx *fx)
{
	(void)ctx, (void)now, (void)gone, (void)fx;
	must(admits(NULL, mac));
}

/* All of it is TLVs, of alfred's or ours. */
static void emit(struct fx *fx, const struct effect *e)
{
	struct rd r = rd_over(e->datagram.data, e->datagram.len);
	struct alfred_tlv t;

	(void)fx;
	must(e->kind == FX_DATAGRAM && e->datagram.len <= SHARE_DATAGRAM_MAX);
	must(mac_is_broadcast(e->datagram.to) || admits(NULL, e->datagram.to));
	must(rd_left(&r) > 0);
	while (rd_left(&r) > 0)
		must(alfred_tlv_next(&r, &t) == OK);
}

/* ---- what must hold ---- */

static void set_check(const struct set *set, uint32_t *count)
{
	const struct record *before = NULL;

	list_each (r, &set->records, struct record, in_set) {
		must(r->set == set);
		if (r->edition == set->edition) {
			must(!before || before->seqno <= r->seqno);
			must(r->seqno <= set->seqno || r->edition == 0);
			before = r;
		}
		++*count;
	}
}

static void peer_check(const struct share *s, const struct peer *p)
{
	uint32_t records = 0, first_hand = 0;
	size_t bytes = 0;

	list_each (r, &s->all, struct record, all) {
		records += r->charged == p;
		bytes += r->charged == p ? sizeof(*r) + r->len : 0;
		first_hand += r->class == SHARE_FIRST_HAND && mac_equal(r->source, p->mac);
	}
	must(records == p->records && bytes == p->bytes && first_hand == p->first_hand);
	must(bytes <= s->conf.memory_max_bytes / 4 && records <= s->conf.records_max / 4);
	must(records > 0 || peer_alive(p));
	must(p->primary || !p->ours);
	must(!list_empty(&p->errand.queue) ||
	     !(p->errand.own || p->errand.wants || p->errand.answer));
}

static void engine_check(const struct script *x)
{
	const struct share *s = x->share;
	uint32_t in_sets = 0, records = 0, plain = 0;
	struct share_record r;

	must(share_memory(s) <= s->conf.memory_max_bytes);
	set_check(&s->mine, &in_sets);
	list_each (p, &s->all_peers, struct peer, all) {
		set_check(&p->set, &in_sets);
		peer_check(s, p);
		plain += p->primary && !p->ours;
	}
	list_each (y, &s->all, struct record, all) {
		records++;
		must(record_find(s, y->source, y->type) == y);
		must((y->class == SHARE_LOCAL) == !y->charged);
		must(timer_is_set(&y->expiry) == y->expires);
	}
	must(records == s->record_count && records == in_sets && plain == s->plain_count);
	must(records <= s->conf.records_max && s->peer_count <= s->conf.peers_max);
	must(s->sent <= s->mine.seqno);
	for (unsigned t = 0; t < 256; t++) {
		if (!x->put[t])
			continue;
		must(share_find(s, x->now, self_mac(), (uint8_t)t, &r));
		must(r.class == SHARE_LOCAL && r.len == x->room[t]);
		for (size_t i = 0; i < r.len; i++)
			must(r.data[i] == x->put[t]);
	}
}

/* ---- steps ---- */

static void run(struct script *s, span len)
{
	const struct ev ev = {.kind = EV_DEADLINE};
	const instant end = instant_add(s->now, len);
	unsigned calls = 0;

	while (instant_reached(share_deadline(s->share), end)) {
		const instant at = share_deadline(s->share);
		if (s->now.us < at.us)
			s->now = at, calls = 0;
		share_handle(s->share, s->now, &ev, &s->fx);
		must(++calls < CALLS_PER_STEP);
	}
	s->now = end;
}

static struct mac any_source(struct script *s)
{
	const uint8_t b = rd_u8(&s->r);

	if (b < 0x20)
		return self_mac();
	return b < 0xf0 ? peer_mac(b) : rd_mac(&s->r);
}

static void any_bytes(struct script *s, struct wr *w, size_t max)
{
	size_t len = rd_u8(&s->r);

	len = len < max ? len : max;
	len = len < rd_left(&s->r) ? len : rd_left(&s->r);
	wr_bytes(w, rd_take(&s->r, len), len);
}

static uint32_t near(struct script *s, uint32_t about)
{
	const uint8_t b = rd_u8(&s->r);

	return b < 0xf0 ? about + (uint32_t)(int8_t)(b << 1) / 2 : rd_u32(&s->r);
}

static void any_push(struct script *s, struct mac from, struct wr *w)
{
	const struct mac publisher = rd_u8(&s->r) < 0xc0 ? from : peer_mac(rd_u8(&s->r));
	const struct peer *p = peer_find(s->share, publisher);
	uint8_t *begin = alfred_push_begin(w, rd_u16(&s->r), 0);

	for (unsigned n = rd_u8(&s->r) % 5; n > 0; n--) {
		const struct mac source = any_source(s);
		const uint8_t type = (uint8_t)(rd_u8(&s->r) % TYPES);
		const uint8_t fill = rd_u8(&s->r);
		uint8_t data[256];
		memset(data, fill, sizeof(data));
		const struct alfred_record x = {source, type, 0, data, rd_u8(&s->r)};
		alfred_record_write(w, &x);
	}
	alfred_push_end(w, begin);
	if (rd_u8(&s->r) < 0x60)
		return;
	struct alfred_range range = {.publisher = publisher};
	range.edition = near(s, p ? p->set.edition : 1000);
	range.after = rd_u8(&s->r) < 0x40 ? 0 : near(s, p ? p->set.seqno : 0);
	range.upto = near(s, range.after + 1);
	alfred_range_write(w, &range);
}

static void any_list(struct script *s, enum alfred_type type, size_t count, struct wr *w)
{
	struct alfred_want want[8];

	for (size_t i = 0; i < count; i++) {
		const struct mac of = any_source(s);
		const struct peer *p = peer_find(s->share, of);
		want[i] = (struct alfred_want){of,
					       near(s, p ? p->set.edition : s->share->mine.edition),
					       near(s, p ? p->set.seqno : s->share->mine.seqno)};
	}
	alfred_wants_write(w, type, want, count);
}

static void any_state(struct script *s, struct mac from, struct wr *w)
{
	const struct peer *p = peer_find(s->share, from);

	alfred_tlv_write(w, ALFRED_ANNOUNCE_PRIMARY);
	if (rd_u8(&s->r) < 0x40)
		return;
	const uint32_t edition = near(s, p ? p->set.edition : 1000);
	const uint32_t seqno = near(s, p ? p->set.seqno : 1);
	const uint8_t flags = rd_u8(&s->r);

	alfred_state_write(w, (struct alfred_state){edition, seqno, flags & 1});
	if (flags & 0x80)
		any_list(s, ALFRED_HAVE, 1 + flags % 8, w);
}

static void any_wants(struct script *s, struct wr *w)
{
	const size_t count = rd_u8(&s->r) % 9;

	alfred_request_write(w, (struct alfred_request){rd_u8(&s->r) % TYPES, rd_u16(&s->r)});
	if (count > 0)
		any_list(s, ALFRED_WANT, count, w);
}

static void datagram_step(struct script *s, uint8_t kind)
{
	uint8_t bytes[DATAGRAM_ROOM];
	struct wr w = wr_over(bytes, sizeof(bytes));
	const struct mac from = peer_mac(rd_u8(&s->r));

	switch (kind) {
	case 0: any_bytes(s, &w, 200); break;
	case 1: any_state(s, from, &w); break;
	case 2: any_wants(s, &w); break;
	default: any_push(s, from, &w); break;
	}
	const struct ev ev = {.kind = EV_DATAGRAM, .datagram = {from, bytes, wr_len(&w)}};
	share_handle(s->share, s->now, &ev, &s->fx);
}

static void own_step(struct script *s, uint8_t kind)
{
	const uint8_t type = (uint8_t)(rd_u8(&s->r) % TYPES), fill = rd_u8(&s->r) | 1;
	const uint8_t len = rd_u8(&s->r);
	uint8_t data[256];

	memset(data, fill, sizeof(data));
	if (kind == 0) {
		if (share_put(s->share, s->now, type, 0, data, len, &s->fx) == OK) {
			s->put[type] = fill;
			s->room[type] = len;
		}
	} else if (kind == 1) {
		share_withdraw(s->share, type);
		s->put[type] = 0;
	} else {
		(void)share_put_for(s->share, s->now, peer_mac(fill), type, 0, data, len, &s->fx);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script s = {.r = rd_over(data, size), .fx = {emit}, .now = {1000000000}};
	const struct share_env env = {&s, admits, changed, peer};
	struct share_conf conf = share_conf_default();

	conf.self = self_mac();
	conf.peers_max = PEERS - 1;
	conf.records_max = 40;
	conf.memory_max_bytes = (size_t)100 << 10;
	s.share = share_new(&conf, &env, s.now, rd_u8(&s.r));
	must(s.share);
	for (unsigned i = 0; i < STEPS_MAX && rd_left(&s.r) > 0; i++) {
		const uint8_t op = rd_u8(&s.r);
		if (op < 0x30)
			run(&s, span_ms(op));
		else if (op < 0x38)
			run(&s, span_s((int64_t)(op - 0x2f) * (op - 0x2f) * 10));
		else if (op < 0x50)
			own_step(&s, op % 3);
		else
			datagram_step(&s, op % 8);
		engine_check(&s);
	}
	struct share *ends = s.share;
	s.share = NULL;
	share_free(ends);
	return 0;
}
