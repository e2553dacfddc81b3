/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any records of any nodes about clients' gateways, and anything that we say ourselves: nothing is
 * kept beyond the limits, what we put can be read by another node, and in the end all is given
 * back.
 */
#include <string.h>
#include "base/bytes.h"
#include "core/share/pins.h"
#include "fuzz.h"
#include "share_fake.h"

enum { CLIENTS_MAX = 40 };

static struct pins *pins, *reader;
static struct share share, nowhere;
static instant now;

static void emit(struct fx *fx, const struct effect *e)
{
	(void)fx;
	(void)e;
}

static struct fx fx = {emit};

static void changed(void *ctx, instant at, struct mac mac)
{
	(void)ctx;
	(void)at;
	must(mac_is_station(mac));
}

static void keep(void *ctx, struct mac mac, uint32_t version, const struct pins_wish *wish,
		 struct fx *f)
{
	(void)ctx;
	(void)version;
	(void)f;
	must(mac_is_station(mac));
	must(!wish->any || !wish->strict);
}

static struct mac node(uint8_t n)
{
	return (struct mac){{2, 0, 0, 0, 1, n}};
}

static struct mac client(struct rd *in)
{
	return (struct mac){{4, 0, 0, 0, 0, rd_u8(in) & 63}};
}

/* As pieces of the input, or clients of ours under its version numbers. */
static void do_record(struct rd *in)
{
	static uint8_t data[512];
	struct share_record r = {.version = 1, .data = data};
	uint8_t kind = rd_u8(in);

	r.source = node(2 + kind % 4);
	r.type = (uint8_t)(RECORD_PINS + rd_u8(in) % (RECORD_PINS_COUNT + RECORD_WISHES_COUNT));
	r.len = rd_u16(in) % sizeof(data);
	if (r.len > rd_left(in))
		r.len = rd_left(in);
	if (r.len > 0)
		memcpy(data, rd_take(in, r.len), r.len);
	pins_record(pins, now, &r, kind & 8, &fx);
}

static void do_put(struct rd *in)
{
	struct pins_exit e = {{false}, {{{0}}}};
	struct mac mac = client(in);
	uint8_t there = rd_u8(in);

	for (unsigned v6 = 0; v6 < 2; v6++) {
		e.there[v6] = there >> v6 & 1;
		e.gateway[v6].b[0] = rd_u8(in);
	}
	(void)pins_put(pins, now, mac, &e);
}

static void do_wish(struct rd *in, bool recall)
{
	struct mac mac = client(in);
	uint8_t how = rd_u8(in);
	struct pins_wish w = {.any = how & 1, .strict = (how & 3) == 2};

	w.gateway.b[0] = rd_u8(in);
	if (recall)
		pins_recall(pins, now, mac, rd_u32(in), &w);
	else
		(void)pins_wish(pins, now, mac, &w, &fx);
}

static void pass(span time)
{
	const struct ev ev = {.kind = EV_DEADLINE};

	now = instant_add(now, time);
	pins_handle(pins, now, &ev, &fx);
	for (unsigned type = RECORD_PINS; type < RECORD_WISHES + RECORD_WISHES_COUNT; type++) {
		const struct fake_record *r = &share.record[type];
		const struct share_record own = {.source = node(1),
						 .type = (uint8_t)type,
						 .version = r->version,
						 .data = r->data,
						 .len = r->len};

		if (r->there)
			pins_record(reader, now, &own, false, &fx);
	}
}

static void act(struct rd *in)
{
	switch (rd_u8(in) % 6) {
	case 0:
	case 1: do_record(in); break;
	case 2: do_put(in); break;
	case 3: do_wish(in, false); break;
	case 4: do_wish(in, true); break;
	case 5: pass(span_ms(rd_u16(in) * 100)); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pins_conf conf = {node(1), CLIENTS_MAX}, other = {node(9), 2 * CLIENTS_MAX};
	const struct pins_env env = {NULL, changed, keep};
	struct rd in = rd_over(data, size);

	now = (instant){1};
	pins = pins_new(&conf, &env, &share, now, 1);
	reader = pins_new(&other, &env, &nowhere, now, 2);
	for (unsigned i = 0; i < 400 && rd_left(&in) > 0 && !in.bad; i++) {
		act(&in);
		must(pins_clients(pins) <= CLIENTS_MAX);
	}
	pass(span_s(10));
	must(pins_count(reader, PINS_MALFORMED) == 0);
	pins_free(pins);
	pins_free(reader);
	share_fake_free(&share);
	share_fake_free(&nowhere);
	return 0;
}
