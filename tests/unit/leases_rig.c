/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leases_rig.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/list.h"

/* ---- what effects are for ---- */

/* Room for one more than count; tables double from 16 on. */
static void *grown(void *old, unsigned count, size_t size)
{
	if (count < 16 ? count > 0 : (count & (count - 1)) != 0)
		return old;
	old = realloc(old, (count < 16 ? 16 : 2 * (size_t)count) * size);
	if (!old)
		abort();
	return old;
}

static void on_reserve(struct desk *d, const struct fx_reserve *e)
{
	unsigned i = 0;

	while (i < d->reserves && !mac_equal(d->reserve[i].mac, e->mac))
		i++;
	if (e->gone) {
		if (i < d->reserves)
			d->reserve[i] = d->reserve[--d->reserves];
		return;
	}
	if (i == d->reserves)
		d->reserve = grown(d->reserve, i, sizeof(*e));
	d->reserve[i] = *e;
	d->reserves += i == d->reserves;
}

static void on_lease(struct desk *d, const struct lease *e)
{
	unsigned i = 0;

	while (i < d->kepts && !mac_equal(d->kept[i].mac, e->mac))
		i++;
	if (e->left_s == 0) {
		if (i < d->kepts)
			d->kept[i] = d->kept[--d->kepts];
		return;
	}
	if (i == d->kepts)
		d->kept = grown(d->kept, i, sizeof(*e));
	d->kept[i] = *e;
	d->kepts += i == d->kepts;
}

static void on_name(struct desk *d, const struct fx_name *e)
{
	unsigned i = 0;

	while (i < d->names &&
	       (strcmp(d->name[i].name, e->name) != 0 || !ipv4_equal(d->name[i].ip4, e->ip4)))
		i++;
	if (e->gone) {
		assert(i < d->names); /* only what was told is taken back */
		d->name[i] = d->name[--d->names];
		return;
	}
	if (i == d->names)
		d->name = grown(d->name, i, sizeof(*d->name));
	snprintf(d->name[i].name, sizeof(d->name[i].name), "%s", e->name);
	d->name[i].ip4 = e->ip4;
	d->name[i].ip6 = e->ip6;
	d->names += i == d->names;
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct desk *d = container_of(fx, struct desk, fx);

	if (e->kind == FX_RESERVE) {
		on_reserve(d, &e->reserve);
	} else if (e->kind == FX_LEASE) {
		on_lease(d, &e->lease);
	} else if (e->kind == FX_NAME) {
		on_name(d, &e->name);
	} else if (e->kind == FX_RANGES) {
		assert(e->ranges.count <= RIG_RANGES_MAX);
		memcpy(d->ranges, e->ranges.at, e->ranges.count * sizeof(d->ranges[0]));
		d->range_count = (unsigned)e->ranges.count;
		d->ranges_told++;
	}
}

/* ---- nodes ---- */

struct mac rig_node(unsigned i)
{
	return (struct mac){{0x02, 0, 0, 0, 1, (uint8_t)i}};
}

struct mac rig_client(unsigned i)
{
	return (struct mac){{0x04, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
}

struct ipv4 rig_ip(const char *text)
{
	struct ipv4 ip = {{0}, 0};

	ipv4_parse(text, &ip);
	return ip;
}

struct leases_conf rig_conf(unsigned i)
{
	struct leases_conf c = leases_conf_default();

	c.self = rig_node(i);
	c.first = rig_ip("10.0.0.2");
	c.last = rig_ip("10.0.255.254");
	c.gateway = rig_ip("10.0.0.1");
	c.own = ipv4_from_u32(ipv4_to_u32(rig_ip("10.0.200.0")) + i, 16);
	c.own6.b[15] = (uint8_t)(i + 1);
	snprintf(c.hostname, sizeof(c.hostname), "node%u", i);
	return c;
}

static void hand_over(struct rig *r, unsigned from, unsigned to, uint8_t type)
{
	struct fake_record *f = &r->desk[from].share.record[type];

	rig_record(r, to, r->desk[from].conf.self, type, f->data, f->len);
}

void rig_resend(struct rig *r, unsigned from, unsigned to)
{
	for (unsigned type = 0; type < 256; type++)
		if (r->desk[from].share.record[type].there)
			hand_over(r, from, to, (uint8_t)type);
}

void rig_start(struct rig *r, unsigned i, const struct leases_conf *conf, bool remember)
{
	struct desk *d = &r->desk[i];

	rig_kill(r, i);
	d->fx.emit = emit;
	d->conf = *conf;
	d->alive = true;
	d->reserves = d->names = d->range_count = 0;
	d->l = leases_new(conf, &d->share, r->now, i + 1);
	if (!d->l)
		abort();
	if (!remember)
		d->kepts = 0;
	for (unsigned k = d->kepts; k-- > 0;) {
		struct lease kept = d->kept[k];

		leases_handle(d->l, r->now,
			      &(struct ev){.kind = EV_LEASE, .lease = {LEASE_REMEMBERED, kept}},
			      &d->fx);
	}
	for (unsigned k = 0; k < r->desks; k++)
		if (k != i && r->desk[k].alive && !r->cut[i][k])
			rig_resend(r, k, i);
}

void rig_kill(struct rig *r, unsigned i)
{
	struct desk *d = &r->desk[i];

	if (!d->alive)
		return;
	leases_free(d->l);
	share_fake_free(&d->share);
	d->alive = false;
}

void rig_open(struct rig *r, unsigned desks)
{
	memset(r, 0, sizeof(*r));
	r->now = (instant){1000000};
	r->unix_s = 1700000000;
	r->desks = desks;
	for (unsigned i = 0; i < desks; i++) {
		struct leases_conf conf = rig_conf(i);

		rig_start(r, i, &conf, false);
	}
	rig_pump(r);
}

void rig_close(struct rig *r)
{
	for (unsigned i = 0; i < r->desks; i++) {
		rig_kill(r, i);
		free(r->desk[i].reserve);
		free(r->desk[i].kept);
		free(r->desk[i].name);
	}
}

/* ---- time, and the way of records ---- */

static bool spread(struct rig *r)
{
	bool any = false;

	for (unsigned a = 0; a < r->desks; a++) {
		for (unsigned type = 0; type < 256 && r->desk[a].alive; type++) {
			struct fake_record *f = &r->desk[a].share.record[type];

			if (!f->fresh)
				continue;
			f->fresh = false;
			any = true;
			for (unsigned b = 0; b < r->desks; b++)
				if (b != a && r->desk[b].alive && !r->cut[a][b])
					hand_over(r, a, b, (uint8_t)type);
		}
	}
	return any;
}

void rig_pump(struct rig *r)
{
	bool any = true;

	for (unsigned turns = 0; any; turns++) {
		any = spread(r);
		for (unsigned i = 0; i < r->desks; i++) {
			struct desk *d = &r->desk[i];

			if (!d->alive || instant_before(r->now, leases_deadline(d->l)))
				continue;
			leases_handle(d->l, r->now, &(struct ev){.kind = EV_DEADLINE}, &d->fx);
			any = true;
		}
		assert(turns < 10000);
	}
}

void rig_run(struct rig *r, span duration)
{
	instant end = instant_add(r->now, duration);

	for (;;) {
		instant next = NEVER;

		rig_pump(r);
		for (unsigned i = 0; i < r->desks; i++)
			if (r->desk[i].alive)
				next = instant_min(next, leases_deadline(r->desk[i].l));
		if (instant_before(end, next))
			break;
		r->now = next;
	}
	r->now = end;
}

void rig_cut(struct rig *r, unsigned a, unsigned b, bool cut)
{
	r->cut[a][b] = r->cut[b][a] = cut;
	if (cut)
		return;
	rig_resend(r, a, b);
	rig_resend(r, b, a);
	rig_pump(r);
}

void rig_peer(struct rig *r, unsigned desk, unsigned who, bool gone)
{
	struct desk *d = &r->desk[desk];

	d->share.known_mac = rig_node(who);
	d->share.known = &r->desk[who].share;
	leases_peer(d->l, r->now, rig_node(who), gone, &d->fx);
	rig_pump(r);
}

void rig_event(struct rig *r, unsigned desk, enum lease_change change, struct mac mac,
	       struct ipv4 ip, uint32_t left_s, const char *name)
{
	struct desk *d = &r->desk[desk];
	struct ev ev = {.kind = EV_LEASE, .lease = {.change = change}};

	ev.lease.lease.mac = mac;
	ev.lease.lease.ip = ip;
	ev.lease.lease.left_s = left_s;
	ev.lease.lease.since_unix_s = r->unix_s + (uint32_t)(r->now.us / 1000000);
	snprintf(ev.lease.lease.name, sizeof(ev.lease.lease.name), "%s", name ? name : "");
	leases_handle(d->l, r->now, &ev, &d->fx);
	rig_run(r, span_ms(60)); /* longer than changes are collected */
}

void rig_record(struct rig *r, unsigned desk, struct mac source, uint8_t type, const void *data,
		size_t len)
{
	struct share_record rec = {.source = source,
				   .type = type,
				   .version = 1,
				   .class = SHARE_FIRST_HAND,
				   .data = data,
				   .len = len};

	leases_record(r->desk[desk].l, r->now, &rec, false, &r->desk[desk].fx);
}

/* ---- what is known there ---- */

uint32_t rig_reserved(const struct rig *r, unsigned desk, struct mac mac)
{
	const struct desk *d = &r->desk[desk];

	for (unsigned i = 0; i < d->reserves; i++)
		if (mac_equal(d->reserve[i].mac, mac))
			return ipv4_to_u32(d->reserve[i].ip);
	return 0;
}

struct mac rig_reserved_for(const struct rig *r, unsigned desk, struct ipv4 ip)
{
	const struct desk *d = &r->desk[desk];

	for (unsigned i = 0; i < d->reserves; i++)
		if (ipv4_equal(d->reserve[i].ip, ip))
			return d->reserve[i].mac;
	return (struct mac){{0}};
}

bool rig_gives(const struct rig *r, unsigned desk, uint32_t ip)
{
	const struct desk *d = &r->desk[desk];

	for (unsigned i = 0; i < d->range_count; i++)
		if (ip >= ipv4_to_u32(d->ranges[i].first) && ip <= ipv4_to_u32(d->ranges[i].last))
			return mac_is_zero(rig_reserved_for(r, desk, ipv4_from_u32(ip, 32)));
	return false;
}

uint32_t rig_resolve(const struct rig *r, unsigned desk, const char *name)
{
	const struct desk *d = &r->desk[desk];

	for (unsigned i = 0; i < d->names; i++)
		if (strcmp(d->name[i].name, name) == 0)
			return ipv4_to_u32(d->name[i].ip4);
	return 0;
}

uint32_t rig_range_size(const struct rig *r, unsigned desk)
{
	const struct desk *d = &r->desk[desk];
	uint32_t n = 0;

	for (unsigned i = 0; i < d->range_count; i++)
		n += ipv4_to_u32(d->ranges[i].last) - ipv4_to_u32(d->ranges[i].first) + 1;
	return n;
}
