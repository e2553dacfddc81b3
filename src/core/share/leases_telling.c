/* SPDX-License-Identifier: GPL-2.0-or-later */
/* telling - what is said in our records; see leases_internal.h and README.md here. */
#include <assert.h>
#include "base/bytes.h"
#include "core/share/leases_internal.h"

enum {
	RECORD_VERSION = 1,
	NODE_SERVES = 0x01, /* flags of RECORD_NODE */
	ENTRY_ENDED = 0x80, /* of an entry's last header byte, beside the name's length */
	ENTRY_NAME_LEN = 0x3f,
	ENTRY_LEN = 6 + 4 + 1 + 4 + 4 + 4, /* of one that has not ended, without its name */
	RANGE_LEN = 8,
};

uint32_t telling_bit(uint8_t type)
{
	if (type >= RECORD_LEASES && type < RECORD_LEASES + RECORD_LEASES_COUNT)
		return 1u << (type - RECORD_LEASES);
	if (type == RECORD_NODE)
		return DIRTY_NODE;
	if (type >= RECORD_LEGACY_HOSTS && type <= RECORD_LEGACY_HOSTS_FILE)
		return DIRTY_NODE << (1 + type - RECORD_LEGACY_HOSTS);
	return 0;
}

/* ---- writing ---- */

static size_t node_write(const struct leases *l, uint8_t *out, size_t room)
{
	struct wr w = wr_over(out, room);
	struct range ranges[SLICES_MAX];
	uint32_t count = slices_claimed(l, ranges);
	size_t name_len = strlen(l->conf.hostname);

	wr_u8(&w, l->serve ? NODE_SERVES : 0);
	wr_u32(&w, l->boot);
	wr_bytes(&w, l->conf.own.b, sizeof(l->conf.own.b));
	wr_bytes(&w, l->conf.own6.b, sizeof(l->conf.own6.b));
	wr_u8(&w, (uint8_t)name_len);
	wr_bytes(&w, l->conf.hostname, name_len);
	wr_bytes(&w, l->conf.first.b, sizeof(l->conf.first.b));
	wr_bytes(&w, l->conf.last.b, sizeof(l->conf.last.b));
	wr_u32(&w, l->slices.size);
	wr_u16(&w, (uint16_t)count);
	for (uint32_t i = 0; i < count; i++) {
		wr_bytes(&w, ranges[i].first.b, sizeof(ranges[i].first.b));
		wr_bytes(&w, ranges[i].last.b, sizeof(ranges[i].last.b));
	}
	assert(!w.bad);
	return wr_len(&w);
}

/* A lease whose name does not fit goes without it. */
static void entry_write(const struct entry *e, instant now, struct wr *w)
{
	size_t name_len = strlen(e->name);

	if (wr_left(w) < ENTRY_LEN + name_len)
		name_len = 0;
	wr_mac(w, e->holder.mac);
	wr_u32(w, e->version);
	if (e->ended) {
		wr_u8(w, ENTRY_ENDED);
		return;
	}
	wr_u8(w, (uint8_t)name_len);
	wr_u32(w, e->holder.ip);
	wr_u32(w, e->holder.since_unix_s);
	wr_u32(w, entry_left_s(e, now));
	wr_bytes(w, e->name, name_len);
}

size_t telling_write(struct leases *l, instant now, uint32_t bit, uint8_t *out, size_t room)
{
	struct wr w = wr_over(out, room);

	if (bit == DIRTY_NODE)
		return node_write(l, out, room);
	list_each (e, &l->self->entries, struct entry, of_teller) {
		if (1u << e->bucket != bit)
			continue;
		if (wr_left(&w) < ENTRY_LEN) {
			l->count[LEASES_FULL]++;
			break;
		}
		entry_write(e, now, &w);
	}
	return wr_len(&w);
}

/* ---- reading ---- */

static struct ipv4 rd_ipv4(struct rd *r)
{
	return ipv4_from_u32(rd_u32(r), 32);
}

struct node_said {
	struct ipv4 ip4;
	struct ipv6 ip6;
	char hostname[LEASE_NAME_ROOM];
	uint32_t boot, pool_first, pool_last, slice_size, count;
	struct rd ranges;
};

static enum err node_parse(const uint8_t *data, size_t len, struct node_said *out)
{
	struct rd r = rd_over(data, len);
	const uint8_t *ip6, *name;
	uint8_t name_len;

	rd_u8(&r); /* flags: who serves is seen by its claims */
	out->boot = rd_u32(&r);
	out->ip4 = rd_ipv4(&r);
	ip6 = rd_take(&r, sizeof(out->ip6.b));
	name_len = rd_u8(&r);
	name = rd_take(&r, name_len);
	out->pool_first = rd_u32(&r);
	out->pool_last = rd_u32(&r);
	out->slice_size = rd_u32(&r);
	out->count = rd_u16(&r);
	out->ranges = r;
	rd_take(&r, (size_t)out->count * RANGE_LEN); /* more may follow, one day */
	if (r.bad || out->count > SLICES_MAX)
		return ERR_MALFORMED;
	r = out->ranges;
	for (uint32_t i = 0; i < out->count; i++) {
		uint32_t first = rd_u32(&r), last = rd_u32(&r);

		if (first > last)
			return ERR_MALFORMED;
	}
	memcpy(out->ip6.b, ip6, sizeof(out->ip6.b));
	out->ip6.bits = 128;
	lease_name_clean((const char *)name, name_len, out->hostname);
	return OK;
}

static enum err node_read(struct leases *l, instant now, struct teller *t, const uint8_t *data,
			  size_t len, struct fx *fx)
{
	struct node_said said;
	uint32_t ip;

	if (node_parse(data, len, &said) != OK)
		return ERR_MALFORMED;
	teller_clear(l, now, t, fx);
	if (t->boot != said.boot && t->boot != 0)
		list_each (e, &t->entries, struct entry, of_teller)
			entry_untold(l, now, e, span_ms(ADOPT_LOST_MS));
	t->boot = said.boot;
	t->known = true;
	memcpy(t->hostname, said.hostname, sizeof(t->hostname));
	t->ip6 = said.ip6;
	t->pool_first = said.pool_first;
	t->pool_last = said.pool_last;
	t->slice_size = said.slice_size;
	t->ranges = said.count ? pool_alloc(&l->pool, said.count * sizeof(*t->ranges)) : NULL;
	t->range_count = t->ranges ? said.count : 0;
	if (!t->ranges && said.count > 0)
		l->count[LEASES_FULL]++;
	for (uint32_t i = 0; i < t->range_count; i++) {
		t->ranges[i].first = rd_ipv4(&said.ranges);
		t->ranges[i].last = rd_ipv4(&said.ranges);
	}
	ip = ipv4_to_u32(said.ip4);
	if (ip != 0 && address_has_room(l, ip)) {
		t->holder.ip = ip;
		address_enter(l, now, &t->holder, fx);
	}
	return OK;
}

static enum err entry_parse(struct rd *r, struct said *out)
{
	uint8_t flags;
	const uint8_t *name;

	*out = (struct said){.lease.mac = rd_mac(r)};
	out->lease.version = rd_u32(r);
	flags = rd_u8(r);
	out->ended = flags & ENTRY_ENDED;
	if (!out->ended) {
		out->lease.ip = rd_ipv4(r);
		out->lease.since_unix_s = rd_u32(r);
		out->lease.left_s = rd_u32(r);
		name = rd_take(r, flags & ENTRY_NAME_LEN);
		if (name)
			lease_name_clean((const char *)name, flags & ENTRY_NAME_LEN,
					 out->lease.name);
	}
	if (r->bad || !mac_is_station(out->lease.mac) || out->lease.version >= VERSION_MAX)
		return ERR_MALFORMED;
	if (out->lease.left_s > LEFT_MAX_S)
		out->lease.left_s = LEFT_MAX_S;
	return OK;
}

/* Of two nodes that tell the same, the one with the lower MAC goes on, unless it is gone. */
static void same_read(struct leases *l, instant now, struct entry *e, struct teller *t,
		      struct fx *fx)
{
	bool gone = e->teller != l->self && !e->teller->alive;

	if (t == e->teller) {
		e->adopt = t->alive ? NEVER : e->adopt;
		e->listed = true;
	} else if (t->alive && (gone || e->adopt.us != NEVER.us ||
				mac_compare(t->holder.mac, e->teller->holder.mac) < 0)) {
		entry_told(l, now, e, t, fx);
		e->listed = true;
	}
}

static void entry_read(struct leases *l, instant now, struct teller *t, const struct said *s,
		       struct fx *fx)
{
	struct entry *e = entry_find(l, s->lease.mac);
	int newer = e ? said_compare(s, e) : 1;

	clock_hear(l, now, s->lease.version);
	if (newer < 0 && e->ended && t->alive) {
		entry_contradicted(l, now, e);
	} else if (newer == 0) {
		same_read(l, now, e, t, fx);
	} else if (newer > 0 && !(e && entry_defend(l, now, e, s, fx)) &&
		   (s->ended || s->lease.left_s > 0) && entry_say(l, now, s, t, fx, &e) == OK) {
		e->listed = true;
	}
}

/* What t told and its record no longer lists, it does not tell any more. */
static void sweep(struct leases *l, instant now, struct teller *t, uint32_t bit)
{
	list_each (e, &t->entries, struct entry, of_teller) {
		if (1u << e->bucket == bit && !e->listed)
			entry_untold(l, now, e, span_s(ADOPT_S));
		e->listed = false;
	}
}

static enum err leases_read(struct leases *l, instant now, struct teller *t,
			    const struct share_record *r, struct fx *fx)
{
	struct said s;
	struct rd all = rd_over(r->data, r->len);

	while (rd_left(&all) > 0)
		if (entry_parse(&all, &s) != OK)
			return ERR_MALFORMED;
	all = rd_over(r->data, r->len);
	while (rd_left(&all) > 0) {
		entry_parse(&all, &s);
		entry_read(l, now, t, &s, fx);
	}
	sweep(l, now, t, telling_bit(r->type));
	return OK;
}

enum err telling_read(struct leases *l, instant now, struct teller *t, const struct share_record *r,
		      struct fx *fx)
{
	enum err e = ERR_MALFORMED;

	if (r->type < RECORD_NODE) {
		legacy_read(l, now, t, r->type, r->data, r->len, fx);
		return OK;
	}
	if (r->version == RECORD_VERSION)
		e = r->type == RECORD_NODE ? node_read(l, now, t, r->data, r->len, fx)
					   : leases_read(l, now, t, r, fx);
	if (e != OK)
		l->count[LEASES_MALFORMED]++;
	return e;
}
