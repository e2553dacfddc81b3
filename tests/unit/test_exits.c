/* Proves that each client of a cloud keeps the gateway that its flows go by: laid out before it
 * comes, left when the client is idle or the gateway dead, as people wish, and told to the cloud
 * when it changes only. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "base/list.h"
#include "base/prng.h"
#include "cmocka_all.h"
#include "node/exits.h"
#include "sim/cheap_crypto.h"
#include "sim/tunnel_kernel.h"
#include "wire/bmx7_prefix.h"

enum { MBIT = 1000000, SELF = 77 };

/* A node: its clients, its uplink, others' offers, another node's pins. */
struct rig {
	struct fx fx;
	instant now;
	struct job_result key;
	struct l2 l2;
	struct l3 *l3;
	struct plan plan;
	struct node_conf conf;
	struct tunnels *t;
	struct uplink uplink;
	struct exits *x;
	struct share *share, *other_share;
	struct pins *other; /* of another node */
	struct tunnel_kernel kernel;
	unsigned kept;
};

static struct rig *rig;
static const struct mac self_mac = {{2, 0, 0, 0, 1, 1}}, other_mac = {{2, 0, 0, 0, 1, 2}};

static void emit(struct fx *fx, const struct effect *e)
{
	struct rig *r = container_of(fx, struct rig, fx);

	if (e->kind == FX_TUNNEL)
		tunnel_kernel_do(&r->kernel, &e->tunnel);
	r->kept += e->kind == FX_TUNNEL && e->tunnel.kind == TUNNEL_KEEP_CLIENT;
}

static bool admits(void *ctx, struct mac who)
{
	(void)ctx;
	(void)who;
	return true;
}

static void share_changed(void *ctx, instant now, const struct share_record *r, bool gone,
			  struct fx *fx)
{
	(void)ctx;
	(void)now;
	(void)r;
	(void)gone;
	(void)fx;
}

static void share_peer(void *ctx, instant now, struct mac mac, bool gone, struct fx *fx)
{
	(void)ctx;
	(void)now;
	(void)mac;
	(void)gone;
	(void)fx;
}

static struct share *share_make(struct mac self)
{
	const struct share_env env = {NULL, admits, share_changed, share_peer};
	struct share_conf c = share_conf_default();

	c.self = self;
	return share_new(&c, &env, rig->now, self.b[5]);
}

static void pins_changed(void *ctx, instant now, struct mac mac)
{
	(void)ctx;
	(void)now;
	(void)mac;
}

static void pins_keep(void *ctx, struct mac mac, uint32_t version, const struct pins_wish *wish,
		      struct fx *fx)
{
	(void)ctx;
	(void)mac;
	(void)version;
	(void)wish;
	(void)fx;
}

static struct digest id_of(unsigned n)
{
	return (struct digest){{(uint8_t)(n * 37), (uint8_t)n, (uint8_t)(n >> 8), 7}};
}

static void engine_make(void)
{
	struct job make = {.kind = JOB_RSA_KEY, .type = BMX7_RSA2048};
	struct l3_conf c = l3_conf_default();
	struct prng prng;

	prng_seed(&prng, 1);
	cheap_job(&prng, &make, &rig->key);
	c.node_secret = (struct job_bytes){rig->key.secret, rig->key.secret_len};
	c.node_public = (struct job_bytes){rig->key.public, rig->key.public_len};
	rig->plan = (struct plan){.prefix4 = {{10, 1}, 16}, .ipv4 = {{10, 1, 2, 3}, 16}};
	rig->plan.prefix6 = rig->plan.ipv6 = (struct ipv6){{0xfd, 1, 1, 2, 3, 4}, 64};
	rig->conf.network.nodes_max = 2000;
	rig->conf.tunnel.on = true;
	rig->conf.tunnel.search[rig->conf.tunnel.searches++] =
		gw_search_default((struct prefix){.v6 = false});
	rig->l3 = l3_new(&c, cheap_crypto(), rig->now, 1);
	rig->t = tunnels_new(&rig->conf, &rig->plan, rig->l3, 1);
	assert_non_null(rig->t);
}

static int setup(void **state)
{
	const struct l2_conf l2 = l2_conf_default();
	const struct digest self = id_of(SELF);
	const struct pins_env pins_env = {NULL, pins_changed, pins_keep};

	(void)state;
	rig = calloc(1, sizeof(*rig));
	rig->fx.emit = emit;
	rig->now = (instant){10000000};
	engine_make();
	assert_int_equal(l2_init(&rig->l2, &l2, rig->now, 1), OK);
	rig->share = share_make(self_mac);
	rig->other_share = share_make(other_mac);
	const struct exits_env env = {rig->share, &rig->l2, &rig->uplink};
	const struct exits_conf conf = {self_mac, 100};
	const struct pins_conf pins = {other_mac, 100};

	rig->x = exits_new(&conf, &env, rig->now, 1);
	rig->other = pins_new(&pins, &pins_env, rig->other_share, rig->now, 2);
	assert_non_null(rig->x);
	exits_network(rig->x, rig->t, &self);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pins_free(rig->other);
	exits_free(rig->x);
	share_free(rig->share);
	share_free(rig->other_share);
	tunnels_free(rig->t);
	l3_free(rig->l3);
	l2_fini(&rig->l2);
	tunnel_kernel_flush(&rig->kernel);
	free(rig);
	return 0;
}

/* ---- what happens ---- */

static void tell(const struct ev *ev)
{
	tunnels_run(rig->t, rig->now, &rig->fx);
	exits_handle(rig->x, rig->now, ev, &rig->fx);
}

static void run(span time)
{
	const struct ev ev = {.kind = EV_DEADLINE};
	instant end = instant_add(rig->now, time);

	for (unsigned i = 0;; i++) {
		instant next = instant_min(tunnels_deadline(rig->t), exits_deadline(rig->x));

		assert_true(i < 100000);
		if (!instant_reached(next, end))
			break;
		if (instant_before(rig->now, next))
			rig->now = next;
		tell(&ev);
	}
	rig->now = end;
}

static struct mac client(unsigned i)
{
	return (struct mac){{4, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
}

static void comes(unsigned i)
{
	const struct ev ev = {.kind = EV_CLIENT, .client = {CLIENT_SEEN, client(i), 0, false}};

	l2_handle(&rig->l2, rig->now, &ev, &rig->fx);
	assert_true(l2_owner(&rig->l2, client(i)).here);
}

static void leaves(unsigned i)
{
	const struct ev ev = {.kind = EV_CLIENT, .client = {CLIENT_GONE, client(i), 0, false}};

	l2_handle(&rig->l2, rig->now, &ev, &rig->fx);
	run(span_s(2));
}

static void sends(unsigned i)
{
	const struct mac mac = client(i);
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_SEEN}};

	ev.tunnel.seen = (struct ev_tunnel_seen){false, mac.b, sizeof(mac.b)};
	tell(&ev);
}

/* A packet each second. */
static void sends_for(unsigned i, unsigned seconds)
{
	for (unsigned s = 0; s < seconds; s++) {
		sends(i);
		run(span_s(1));
	}
}

static void offers(unsigned n, uint64_t metric)
{
	static struct tunnel_tlv tlv[TUNNEL_TLVS];
	const struct gw_network internet = {.bandwidth = 255};
	struct description d = {.metric = {0}};
	struct digest id = id_of(n);
	struct fx_network said = {.kind = NETWORK_DESCRIBED, .described = {id, &d, metric}};

	d.primary = l3_primary_of(rig->l3, &id);
	tunnel_tlv_write(d.primary, &internet, 1, tlv);
	for (unsigned i = 0; i < TUNNEL_TLVS; i++)
		d.tlv[tlv[i].type] = (struct tlv_data){tlv[i].data, tlv[i].len};
	tunnels_heard(rig->t, rig->now, &said);
	run(span_ms(200));
}

static void dies(unsigned n)
{
	struct fx_network said = {.kind = NETWORK_PATH, .path = {id_of(n), 0}};
	const struct ev ev = {.kind = EV_DEADLINE};

	tunnels_heard(rig->t, rig->now, &said);
	tell(&ev); /* at once */
}

static void wish(unsigned i, unsigned gateway, bool strict)
{
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_PREFER_CLIENT}};

	ev.tunnel.client.mac = client(i);
	ev.tunnel.client.wish = (struct tunnel_preference){gateway == 0, strict, id_of(gateway)};
	tell(&ev);
}

/* Another node, which hears what we say, says so. */
static void told(unsigned i, unsigned gateway)
{
	const struct pins_exit e = {{true}, {id_of(gateway)}};
	const struct ev ev = {.kind = EV_DEADLINE};
	struct share_record r;

	run(span_ms(25));
	for (uint8_t type = RECORD_PINS; type < RECORD_PINS + RECORD_PINS_COUNT; type++)
		if (share_find(rig->share, rig->now, self_mac, type, &r))
			pins_record(rig->other, rig->now, &r, false, &rig->fx);
	pins_put(rig->other, rig->now, client(i), &e);
	pins_handle(rig->other, rig->now, &ev, &rig->fx);
	for (uint8_t type = RECORD_PINS; type < RECORD_PINS + RECORD_PINS_COUNT; type++)
		if (share_find(rig->other_share, rig->now, other_mac, type, &r))
			exits_record(rig->x, rig->now, &r, false, &rig->fx);
	tell(&ev);
}

/* By whom its packets go: 0: no table of its own; 9999: they are told that there is no way. */
static unsigned by(unsigned i)
{
	const struct tunnel_route *r = tunnel_kernel_client(&rig->kernel, client(i), false);

	if (!r)
		return 0;
	return r->lost ? 9999 : r->to.node.b[1] + 256u * r->to.node.b[2];
}

static enum pin_cause why(unsigned i)
{
	struct exits_view v;

	return exits_find(rig->x, rig->now, client(i), &v) ? v.family[0].cause : PIN_NONE;
}

/* What the cloud hears of it from us; 0: nothing. */
static unsigned said(unsigned i)
{
	for (uint8_t type = RECORD_PINS; type < RECORD_PINS + RECORD_PINS_COUNT; type++) {
		struct share_record r;
		struct mac mac = client(i);

		if (!share_find(rig->share, rig->now, self_mac, type, &r))
			continue;
		for (size_t at = 1 + r.data[0] * 28u; at + 12 <= r.len; at += 12)
			if (memcmp(r.data + at, mac.b, 6) == 0)
				return r.data[1 + r.data[at + 10] * 28u + 1];
	}
	return 0;
}

/* ---- tests ---- */

static void flows_stay(void **state)
{
	(void)state;
	comes(1);
	offers(5, 10 * MBIT);
	run(span_s(5));
	assert_int_equal(by(1), 0); /* it sends nothing */
	sends(1);
	assert_int_equal(by(1), 5);
	assert_int_equal(why(1), PIN_BEST);
	run(span_s(1));
	assert_int_equal(said(1), 5);
	offers(6, 40 * MBIT);
	sends_for(1, 100);
	assert_int_equal(by(1), 5);
	assert_int_equal(why(1), PIN_FLOWS);
	/* Its last packet was a second ago. */
	run(span_s(PIN_IDLE_S - 2));
	assert_int_equal(by(1), 5);
	run(span_s(3));
	assert_int_equal(by(1), 6);
	assert_int_equal(why(1), PIN_BEST);
	run(span_s(1));
	assert_int_equal(said(1), 6);
	assert_int_equal(exits_counters(rig->x).moves, 1);
}

static void dead_gateway_is_left_by_all(void **state)
{
	const struct digest five = id_of(5), six = id_of(6);

	(void)state;
	offers(5, 10 * MBIT);
	for (unsigned i = 0; i < 20; i++) {
		comes(i);
		sends(i);
		assert_int_equal(by(i), 5);
	}
	offers(6, 5 * MBIT);
	assert_int_equal(gw_users(tunnels_gw(rig->t), false, &five), 20);
	assert_int_equal(exits_users(rig->x, false, &five), 20);
	dies(5);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(by(i), 6);
	assert_int_equal(gw_users(tunnels_gw(rig->t), false, &five), 0);
	assert_int_equal(gw_users(tunnels_gw(rig->t), false, &six), 20);
	dies(6);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(by(i), 0); /* as the node itself: nowhere */
	offers(5, 10 * MBIT);
	assert_int_equal(by(3), 5);
}

/* What another node says is laid out before the client comes, and holds when it is here. */
static void laid_out(void **state)
{
	(void)state;
	offers(5, 10 * MBIT);
	offers(6, 40 * MBIT);
	told(1, 5);
	assert_int_equal(by(1), 5);
	run(span_s(300));
	assert_int_equal(by(1), 5); /* whether it is idle is not ours to say */
	comes(1);
	run(span_ms(1));
	assert_int_equal(by(1), 5);
	sends_for(1, 100);
	assert_int_equal(by(1), 5);
	run(span_s(1));
	assert_int_equal(said(1), 0); /* that is no news */
	run(span_s(PIN_IDLE_S + 1));
	assert_int_equal(by(1), 6);
	run(span_s(1));
	assert_int_equal(said(1), 6);
	/* It comes with what others say of it, and has to move at once. */
	told(3, 5);
	comes(3);
	sends_for(3, 20);
	dies(5);
	assert_int_equal(by(3), 6);
	run(span_ms(100));
	assert_int_equal(said(3), 6);
	offers(5, 10 * MBIT);
	/* It leaves and moves there. */
	leaves(1);
	told(1, 5);
	assert_int_equal(by(1), 5);
	/* A gateway that we cannot reach: as the node itself. */
	told(2, 9);
	assert_int_equal(by(2), 0);
	offers(9, MBIT);
	assert_int_equal(by(2), 9);
}

/* The word of the node that it came from is late. */
static void late_word(void **state)
{
	(void)state;
	offers(5, 10 * MBIT);
	offers(6, 40 * MBIT);
	comes(1);
	sends(1);
	assert_int_equal(by(1), 6);
	told(1, 5);
	assert_int_equal(by(1), 5);
	/* Later it is ours, whoever says what. */
	sends_for(1, 10);
	told(1, 6);
	told(1, 9);
	run(span_s(1));
	assert_int_equal(by(1), 5);
	sends_for(1, 10);
	assert_int_equal(said(1), 5);
}

static void people_wish(void **state)
{
	(void)state;
	offers(5, 10 * MBIT);
	offers(6, 40 * MBIT);
	comes(1);
	sends_for(1, 3);
	assert_int_equal(by(1), 6);
	wish(1, 5, false);
	assert_int_equal(by(1), 5);
	assert_int_equal(why(1), PIN_PEOPLE);
	assert_int_equal(rig->kept, 1);
	run(span_s(300));
	assert_int_equal(by(1), 5);
	dies(5);
	assert_int_equal(by(1), 6);
	sends_for(1, 3);
	offers(5, 10 * MBIT);
	assert_int_equal(by(1), 5); /* it returns */
	wish(1, 5, true);
	dies(5);
	assert_int_equal(by(1), 9999);
	assert_int_equal(why(1), PIN_LOST);
	offers(5, 10 * MBIT);
	assert_int_equal(by(1), 5);
	/* No wish any more: its flows stay while there are any. */
	sends_for(1, 3);
	wish(1, 0, false);
	assert_int_equal(by(1), 5);
	assert_int_equal(why(1), PIN_FLOWS);
	run(span_s(PIN_IDLE_S + 1));
	assert_int_equal(by(1), 6);
	/* Of one who is not here, too. */
	wish(2, 5, false);
	assert_int_equal(by(2), 5);
	wish(2, 0, false);
	assert_int_equal(by(2), 0);
}

/* What goes by our own uplink needs no table; others know that it is us. */
static void own_uplink(void **state)
{
	(void)state;
	offers(5, 10 * MBIT);
	rig->uplink.family[0].used = true;
	comes(1);
	sends_for(1, 2);
	assert_int_equal(by(1), 0);
	assert_int_equal(why(1), PIN_BEST);
	assert_int_equal(said(1), SELF);
	/* One who comes with another gateway keeps that. */
	told(2, 5);
	comes(2);
	sends_for(2, 70);
	assert_int_equal(by(2), 5);
	rig->uplink.family[0].used = false;
	sends(1);
	assert_int_equal(by(1), 5);
	run(span_s(1));
	assert_int_equal(said(1), 5);
	rig->uplink.family[0].used = true;
	sends_for(2, 2);
	assert_int_equal(by(2), 5);
	run(span_s(PIN_IDLE_S));
	assert_int_equal(by(2), 0);
}

/* Tables are few, and tunnels end when nobody uses them. */
static void bounds(void **state)
{
	unsigned own = 0;

	(void)state;
	for (unsigned n = 1; n <= TUNNEL_CLIENT_TABLES + 10; n++) {
		offers(n, MBIT);
		told(n, n);
	}
	for (unsigned n = 1; n <= TUNNEL_CLIENT_TABLES + 10; n++)
		own += by(n) == n;
	assert_int_equal(own, TUNNEL_CLIENT_TABLES - 1);
	assert_true(exits_counters(rig->x).refused >= 11);
	for (unsigned i = 100; i < 300; i++)
		told(i, 1);
	assert_int_equal(exits_counters(rig->x).clients, 100);
	run(span_s(2));
	for (unsigned n = 1; n <= 300; n++)
		told(n, 1);
	run(span_s(TUNNELS_HOLD_S + 1));
	assert_true(rig->kernel.outs <= 2); /* and what the node itself uses */
}

/* Who is not a client here may write what it likes into a frame. */
static void strangers(void **state)
{
	(void)state;
	offers(5, 10 * MBIT);
	for (unsigned i = 0; i < 50; i++)
		sends(i);
	assert_int_equal(exits_counters(rig->x).clients, 0);
	comes(1);
	sends(1);
	assert_int_equal(exits_counters(rig->x).clients, 1);
	leaves(1);
	run(span_s(PINS_AWAY_S + 60));
	assert_int_equal(exits_counters(rig->x).clients, 0);
	assert_int_equal(rig->kernel.clients, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(flows_stay),  TEST(dead_gateway_is_left_by_all),
		TEST(laid_out),	   TEST(late_word),
		TEST(people_wish), TEST(own_uplink),
		TEST(bounds),	   TEST(strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
