/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any records of any nodes, and any doings of the DHCP server: no address is reserved for two,
 * the gateway's and the nodes' own are never given out, what we put can be read by another node,
 * and in the end all is given back.
 */
#include <string.h>
#include "base/bytes.h"
#include "fuzz.h"
#include "leases_rig.h"

static struct rig r;

static void check(unsigned desk)
{
	const struct desk *d = &r.desk[desk];
	struct leases_status s = leases_status(d->l, r.now);

	for (unsigned i = 0; i < d->reserves; i++)
		for (unsigned k = 0; k < i; k++)
			must(!ipv4_equal(d->reserve[i].ip, d->reserve[k].ip));
	must(!rig_gives(&r, desk, ipv4_to_u32(d->conf.gateway)));
	must(!rig_gives(&r, desk, ipv4_to_u32(d->conf.own)));
	must(rig_range_size(&r, desk) <= s.pool);
	must(s.leases <= d->conf.leases_max);
	must(s.here <= s.leases && s.conflicts <= s.leases);
	must(s.slices_ours + s.slices_others <= s.slices);
}

static struct lease lease_from(struct rd *in)
{
	struct lease l = {.mac = rig_client(rd_u8(in) & 15)};
	const uint8_t *name;

	l.ip = ipv4_from_u32(0x0a000000 | rd_u16(in), 32);
	l.since_unix_s = rd_u32(in);
	l.version = rd_u32(in);
	l.left_s = rd_u16(in);
	name = rd_take(in, rd_u8(in) & 63);
	if (name)
		memcpy(l.name, name, (size_t)(in->at - name));
	return l;
}

static void do_event(struct rd *in)
{
	struct desk *d = &r.desk[0];
	struct ev ev = {.kind = EV_LEASE, .lease = {.change = rd_u8(in) % 3}};

	ev.lease.lease = lease_from(in);
	leases_handle(d->l, r.now, &ev, &d->fx);
}

static void do_record(struct rd *in)
{
	static const uint8_t types[] = {RECORD_NODE, RECORD_LEGACY_LEASES, RECORD_LEGACY_HOSTS_FILE,
					RECORD_LEASES};
	struct mac source = rig_node(2 + rd_u8(in) % 4);
	uint8_t kind = rd_u8(in);
	struct share_record rec = {
		.source = source,
		.type = (uint8_t)(types[kind & 3] + (kind >> 4) * (kind % 4 == 3)),
		.version = 1,
		.class = kind & 4 ? SHARE_FIRST_HAND : SHARE_SYNCED};

	rec.len = rd_u16(in) % 512;
	if (rec.len > rd_left(in))
		rec.len = rd_left(in);
	rec.data = rd_take(in, rec.len);
	leases_record(r.desk[0].l, r.now, &rec, kind & 8, &r.desk[0].fx);
}

static void act(struct rd *in)
{
	struct desk *d = &r.desk[0];
	uint8_t what = rd_u8(in);

	switch (what % 6) {
	case 0: do_event(in); break;
	case 1:
	case 2: do_record(in); break;
	case 3: rig_run(&r, span_ms(rd_u16(in) * 10)); break;
	case 4: leases_peer(d->l, r.now, rig_node(2 + (what >> 4) % 4), what & 8, &d->fx); break;
	case 5: leases_serve(d->l, r.now, what & 8, &d->fx); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd in = rd_over(data, size);
	struct lease fixed = {.mac = rig_client(3), .ip = rig_ip("10.0.0.20")};
	struct leases_conf c = rig_conf(0);

	c.last = rig_ip("10.0.0.200");
	c.own = rig_ip("10.0.0.19");
	c.leases_max = 40;
	c.reserved = &fixed;
	c.reserved_count = 1;
	rig_open(&r, 2);
	rig_start(&r, 0, &c, false);
	for (unsigned i = 0; i < 400 && rd_left(&in) > 0 && !in.bad; i++) {
		act(&in);
		check(0);
	}
	rig_run(&r, span_s(10));
	check(0);
	must(leases_count(r.desk[1].l, LEASES_MALFORMED) == 0);
	rig_close(&r);
	return 0;
}
