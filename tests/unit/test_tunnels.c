/* Proves what a node does about tunnels: its own end is told and published, offers of others become
 * tunnels and routes, which leave a lost gateway at once and outlive a flap, and the node's own
 * addresses stay out of them. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "base/list.h"
#include "cmocka_all.h"
#include "node/tunnels.h"
#include "sim/cheap_crypto.h"
#include "sim/tunnel_kernel.h"
#include "wire/bmx7_prefix.h"

enum { MBIT = 1000000 };

/* One node's tunnels over an engine that hears nobody; what the engine would say is made by hand.
 */
struct rig {
	struct fx fx;
	instant now;
	struct job_result key;
	struct l3 *l3;
	struct plan plan;
	struct node_conf conf;
	struct tunnels *t;
	struct tunnel_kernel kernel;
	struct prng prng;
	struct tunnel_probe probe[256]; /* not answered yet */
	unsigned probes;
	char note[NOTE_GATEWAY_TEXT]; /* the last one */
	unsigned notes;
};

static struct rig *rig;

static struct prefix net4(uint8_t a, uint8_t b, uint8_t c, uint8_t bits)
{
	return prefix_of4((struct ipv4){{a, b, c}, bits});
}

static struct prefix net6(const char *text, uint8_t bits)
{
	struct ipv6 a;

	assert_true(ipv6_parse(text, &a));
	a.bits = bits;
	return prefix_of6(a);
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct rig *r = container_of(fx, struct rig, fx);

	if (e->kind == FX_NOTE) {
		note_gateway_print(&e->note.gateway, r->note);
		r->notes++;
	}
	if (e->kind != FX_TUNNEL)
		return;
	tunnel_kernel_do(&r->kernel, &e->tunnel);
	if (e->tunnel.kind == TUNNEL_PROBE && r->probes < sizeof(r->probe) / sizeof(r->probe[0]))
		r->probe[r->probes++] = e->tunnel.probe;
}

static void plan_make(struct plan *p, uint8_t cloud)
{
	*p = (struct plan){.prefix4 = {{10, cloud}, 16}, .ipv4 = {{10, cloud, 2, 3}, 16}};
	p->prefix6 = (struct ipv6){{0xfd, cloud, 1, 2, 3, 4}, 64};
	p->ipv6 = p->prefix6;
	p->ipv6.b[15] = 9;
}

static void search_add(struct prefix prefix)
{
	rig->conf.tunnel.search[rig->conf.tunnel.searches++] = gw_search_default(prefix);
}

static void start(void)
{
	struct l3_conf c = l3_conf_default();

	c.node_secret = (struct job_bytes){rig->key.secret, rig->key.secret_len};
	c.node_public = (struct job_bytes){rig->key.public, rig->key.public_len};
	rig->l3 = l3_new(&c, cheap_crypto(), rig->now, 1);
	assert_non_null(rig->l3);
	rig->t = tunnels_new(&rig->conf, &rig->plan, rig->l3, 1);
	assert_non_null(rig->t);
}

static void stop(void)
{
	tunnels_free(rig->t);
	l3_free(rig->l3);
}

static int setup(void **state)
{
	struct job make = {.kind = JOB_RSA_KEY, .type = BMX7_RSA2048};

	(void)state;
	rig = calloc(1, sizeof(*rig));
	rig->fx.emit = emit;
	rig->now = (instant){1000000};
	prng_seed(&rig->prng, 1);
	cheap_job(&rig->prng, &make, &rig->key);
	plan_make(&rig->plan, 1);
	rig->conf.network.nodes_max = 2000;
	rig->conf.tunnel.on = true;
	search_add(net4(10, 0, 0, 8));
	search_add(net6("fd00::", 8));
	start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stop();
	tunnel_kernel_flush(&rig->kernel);
	free(rig);
	return 0;
}

/* Until `time` has passed, whatever is due happens when it is due. */
static void run(span time)
{
	instant end = instant_add(rig->now, time);

	for (unsigned i = 0; instant_reached(tunnels_deadline(rig->t), end); i++) {
		assert_true(i < 1000); /* it comes to rest */
		if (instant_before(rig->now, tunnels_deadline(rig->t)))
			rig->now = tunnels_deadline(rig->t);
		tunnels_run(rig->t, rig->now, &rig->fx);
	}
	rig->now = end;
}

/* ---- other nodes ---- */

static struct digest id_of(unsigned n)
{
	return (struct digest){{(uint8_t)(n * 37), (uint8_t)n, (uint8_t)(n >> 8), 7}};
}

static void heard(const struct fx_network *said)
{
	tunnels_heard(rig->t, rig->now, said);
	tunnels_run(rig->t, rig->now, &rig->fx);
}

static void path(unsigned n, uint64_t metric)
{
	struct fx_network said = {.kind = NETWORK_PATH, .path = {id_of(n), metric}};

	heard(&said);
}

static void gone(unsigned n)
{
	struct fx_network said = {.kind = NETWORK_DESCRIBED, .described = {.node = id_of(n)}};

	heard(&said);
}

static void offers(unsigned n, const struct prefix *prefix, size_t count, uint64_t metric)
{
	static struct tunnel_tlv tlv[TUNNEL_TLVS];
	struct gw_network networks[TUNNEL_OFFERED_MAX];
	struct description d = {.metric = {0}};
	struct digest id = id_of(n);
	struct fx_network said = {.kind = NETWORK_DESCRIBED, .described = {id, &d, metric}};

	for (size_t i = 0; i < count; i++)
		networks[i] = (struct gw_network){.prefix = prefix[i], .bandwidth = 255};
	d.primary = l3_primary_of(rig->l3, &id);
	tunnel_tlv_write(d.primary, networks, count, tlv);
	for (unsigned i = 0; i < TUNNEL_TLVS; i++)
		d.tlv[tlv[i].type] = (struct tlv_data){tlv[i].data, tlv[i].len};
	heard(&said);
}

static void offers_cloud(unsigned n, uint8_t cloud, uint64_t metric)
{
	struct plan p;

	plan_make(&p, cloud);
	struct prefix both[] = {prefix_of4(p.prefix4), prefix_of6(p.prefix6)};

	offers(n, both, 2, metric);
}

/* By whom a network is reached, or 9999. */
static unsigned by(struct prefix prefix)
{
	const struct tunnel_route *r = tunnel_kernel_route(&rig->kernel, &prefix);

	return r ? r->to.node.b[1] + 256u * r->to.node.b[2] : 9999;
}

/* ---- tests ---- */

static void own_end(void **state)
{
	const struct tunnel_end *end = &rig->kernel.end;
	struct ipv6 primary = l3_primary(rig->l3);

	(void)state;
	assert_true(instant_reached(tunnels_deadline(rig->t), rig->now));
	run(span_ms(0));
	assert_true(rig->kernel.has_end);
	assert_memory_equal(end->primary.b, primary.b, 16);
	assert_int_equal(end->dummy.b[1], primary.b[1] + 1);
	assert_memory_equal(end->inner4.b, rig->plan.ipv4.b, 4);
	assert_memory_equal(end->inner6.b, rig->plan.ipv6.b, 16);
	/* Nothing more is due, and nothing was told that nobody wants. */
	assert_int_equal(tunnels_deadline(rig->t).us, NEVER.us);
	assert_int_equal(rig->kernel.effects, 1);
}

static void clouds_are_reached(void **state)
{
	(void)state;
	run(span_s(1));
	offers_cloud(5, 2, 10 * MBIT);
	offers_cloud(6, 2, 20 * MBIT);
	offers_cloud(7, 3, 0);		       /* no path yet */
	assert_int_equal(rig->kernel.outs, 0); /* collected for a while */
	run(span_ms(TUNNELS_COLLECT_MS));
	assert_int_equal(by(net4(10, 2, 0, 16)), 6);
	assert_int_equal(by(net6("fd02:102:304::", 64)), 6);
	assert_int_equal(by(net4(10, 3, 0, 16)), 9999);
	assert_int_equal(rig->kernel.outs, 1);
	assert_memory_equal(rig->kernel.out[0].primary.b + 2, id_of(6).b, 14);
	path(7, MBIT);
	run(span_ms(TUNNELS_COLLECT_MS));
	assert_int_equal(by(net4(10, 3, 0, 16)), 7);
	assert_int_equal(rig->kernel.outs, 2);
	assert_int_equal(rig->kernel.routes, 4);
}

static void lost_gateway_is_left_at_once(void **state)
{
	static const struct {
		bool described;
		uint64_t metric;
	} cases[] = {{true, 0}, {true, METRIC_ROUTABLE}, {false, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		offers_cloud(5, 2, 20 * MBIT);
		offers_cloud(6, 2, 10 * MBIT);
		run(span_ms(TUNNELS_COLLECT_MS));
		assert_int_equal(by(net4(10, 2, 0, 16)), 5);
		if (cases[i].described)
			path(5, cases[i].metric);
		else
			gone(5);
		assert_int_equal(by(net4(10, 2, 0, 16)), 6);
		gone(6);
		/* Doubted, and nobody else: it is used still. */
		assert_int_equal(by(net4(10, 2, 0, 16)), cases[i].metric > 0 ? 5 : 9999);
		gone(5);
		assert_int_equal(rig->kernel.routes, 0);
	}
}

static void worse_gateway_is_left_a_little_later(void **state)
{
	(void)state;
	offers_cloud(5, 2, 20 * MBIT);
	offers_cloud(6, 2, 18 * MBIT);
	run(span_s(1));
	assert_int_equal(by(net4(10, 2, 0, 16)), 5);
	path(5, 16 * MBIT); /* hysteresis of 20 % */
	run(span_s(1));
	assert_int_equal(by(net4(10, 2, 0, 16)), 5);
	path(5, 14 * MBIT);
	assert_int_equal(by(net4(10, 2, 0, 16)), 5);
	run(span_ms(TUNNELS_COLLECT_MS));
	assert_int_equal(by(net4(10, 2, 0, 16)), 6);
}

/* A description that comes anew without its networks, or none. */
static void offer_taken_back(void **state)
{
	(void)state;
	offers_cloud(5, 2, MBIT);
	run(span_s(1));
	offers(5, NULL, 0, MBIT);
	assert_int_equal(rig->kernel.routes, 0);
	offers_cloud(5, 2, MBIT);
	run(span_s(1));
	assert_int_equal(by(net4(10, 2, 0, 16)), 5);
}

static void tunnels_outlive_a_flap(void **state)
{
	struct tunnels_out_view view[2];

	(void)state;
	offers_cloud(5, 2, MBIT);
	run(span_s(1));
	for (unsigned i = 0; i < 5; i++) {
		path(5, 0);
		run(span_s(TUNNELS_HOLD_S - 1));
		path(5, MBIT);
		run(span_s(1));
		assert_int_equal(by(net4(10, 2, 0, 16)), 5);
	}
	assert_int_equal(rig->kernel.made, 1);
	path(5, 0);
	run(span_ms(TUNNELS_HOLD_S * 1000 - 1));
	assert_int_equal(tunnels_outs(rig->t, rig->now, view, 2), 1);
	assert_int_equal(view[0].routes, 0);
	assert_int_equal(rig->kernel.outs, 1);
	run(span_ms(1));
	assert_int_equal(rig->kernel.outs, 0);
	assert_int_equal(tunnels_outs(rig->t, rig->now, view, 2), 0);
	assert_int_equal(tunnels_deadline(rig->t).us, NEVER.us);
}

static void told_anew_after_a_restart(void **state)
{
	(void)state;
	offers_cloud(5, 2, MBIT);
	run(span_s(1));
	stop();
	tunnel_kernel_flush(&rig->kernel);
	start();
	run(span_ms(0));
	assert_true(rig->kernel.has_end);
	offers_cloud(5, 2, MBIT);
	run(span_ms(TUNNELS_COLLECT_MS));
	assert_int_equal(by(net4(10, 2, 0, 16)), 5);
}

/* ---- what stays out of tunnels ---- */

static void local_addresses(void **state)
{
	const struct prefix bad[] = {
		net4(10, 1, 0, 16),	    net4(10, 1, 128, 17),	  net4(10, 1, 2, 32),
		net6("fd01:102:304::", 64), net6("fd01:102:304::5", 128), net6("fe80::", 64),
		net6("ff02::", 16),	    net4(127, 0, 0, 8),		  net4(169, 254, 0, 16),
		net4(224, 0, 0, 4),
	};
	const struct prefix good[] = {
		net4(10, 0, 0, 8), /* contains ours: the kernel's own, longer one holds */
		net4(10, 0, 0, 15),
		net4(10, 2, 0, 24),
		net6("fd00::", 8),
		/* clouds whose prefixes look like addresses of nodes */
		net6("fd70:54b8:cd81::", 64),
		net6("fd71:54b8:cd81::", 64),
	};
	const size_t bads = sizeof(bad) / sizeof(bad[0]), goods = sizeof(good) / sizeof(good[0]);
	struct gw_search all4 = gw_search_default(net4(0, 0, 0, 0));

	(void)state;
	stop();
	rig->conf.tunnel.search[rig->conf.tunnel.searches++] = all4;
	search_add(net6("::", 0));
	start();
	offers(5, bad, bads, MBIT);
	offers(6, good, goods, MBIT);
	run(span_s(1));
	for (size_t i = 0; i < bads; i++) {
		if (by(bad[i]) != 9999)
			fail_msg("bad network %zu", i);
	}
	for (size_t i = 0; i < goods; i++) {
		if (by(good[i]) != 6)
			fail_msg("good network %zu", i);
	}
	assert_int_equal(rig->kernel.outs, 1);
}

/* A search inside our own cloud makes no route of an offer of everything. */
static void local_search(void **state)
{
	const struct prefix all = net4(0, 0, 0, 0);

	(void)state;
	stop();
	search_add(net4(10, 1, 7, 24));
	rig->conf.tunnel.search[2].bits_min = 0;
	start();
	offers(5, &all, 1, MBIT);
	run(span_s(1));
	assert_int_equal(rig->kernel.routes, 0);
}

static void explained(void *ctx, const struct gw_why *why)
{
	unsigned *count = ctx;

	count[why->reason]++;
}

static void own_cloud_is_explained(void **state)
{
	unsigned count[GW_REASONS] = {0};

	(void)state;
	offers_cloud(5, 1, MBIT);
	run(span_s(1));
	assert_int_equal(rig->kernel.routes, 0);
	gw_explain(tunnels_gw(rig->t), explained, count);
	assert_int_equal(count[GW_LOCAL], 2);
}

/* Where a table is asked before the kernel's main one, our addresses are not looked for in it. */
static void tables_before_main(void **state)
{
	static const struct {
		uint32_t preference, table;
		bool kept_out;
	} cases[] = {
		{100, 60, true},    {32765, 60, true}, {32766, 60, false},
		{32767, 60, false}, {100, 254, false},
	};
	const struct prefix kept[] = {net4(10, 1, 0, 16), net6("fd01:102:304::", 64),
				      net6("fd70::", 12) /* addresses of nodes */};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned found = 0;

		stop();
		tunnel_kernel_flush(&rig->kernel);
		rig->conf.tunnel.search[0].preference = cases[i].preference;
		rig->conf.tunnel.search[0].table = cases[i].table;
		rig->conf.tunnel.search[1] = rig->conf.tunnel.search[0];
		rig->conf.tunnel.search[1].prefix = net6("fd00::", 8);
		start();
		run(span_ms(0));
		for (size_t k = 0; k < rig->kernel.routes; k++) {
			const struct tunnel_route *r = &rig->kernel.route[k];

			assert_true(r->local && r->key.table == cases[i].table &&
				    r->key.preference == cases[i].preference);
			for (unsigned p = 0; p < 3; p++)
				found += prefix_equal(&r->key.prefix, &kept[p]);
		}
		assert_int_equal(found, cases[i].kept_out ? 3 : 0);
		assert_int_equal(rig->kernel.routes > 0, cases[i].kept_out);
	}
}

/* ---- bounds ---- */

/* More gateways than tunnels may be: what is there stays, and who waits gets what becomes free. */
static void too_many_gateways(void **state)
{
	enum { MORE = 20 };
	const struct prefix first = net4(10, 64, 0, 24);

	(void)state;
	for (unsigned i = 0; i < TUNNELS_OUT_MAX + MORE; i++) {
		const struct prefix p = net4(10, (uint8_t)(64 + i / 256), (uint8_t)i, 24);

		offers(i, &p, 1, MBIT);
	}
	run(span_s(1));
	assert_int_equal(rig->kernel.outs, TUNNELS_OUT_MAX);
	assert_int_equal(rig->kernel.routes, TUNNELS_OUT_MAX);
	assert_int_equal(tunnels_counters(rig->t).routes_refused, MORE);
	assert_int_equal(by(first), 0);
	/* One that has no routes any more gives way at once. */
	gone(0);
	run(span_s(1));
	assert_int_equal(rig->kernel.outs, TUNNELS_OUT_MAX);
	assert_int_equal(rig->kernel.routes, TUNNELS_OUT_MAX);
	assert_int_equal(rig->kernel.made, TUNNELS_OUT_MAX + 1);
}

/* Who offers most and best may take what it can: the rest has bounds. */
static void greedy_node(void **state)
{
	struct prefix p[TUNNEL_OFFERED_MAX];

	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		for (unsigned i = 0; i < TUNNEL_OFFERED_MAX; i++)
			p[i] = net4(10, (uint8_t)(64 + n), (uint8_t)i, 24);
		offers(n, p, TUNNEL_OFFERED_MAX, METRIC_MAX);
	}
	assert_in_range(tunnels_memory(rig->t), 1, TUNNELS_MEMORY_MAX / 2);
	for (unsigned n = 0; n < 100; n++)
		gone(n);
	run(span_s(TUNNELS_HOLD_S + 1));
	assert_int_equal(rig->kernel.routes, 0);
	assert_int_equal(rig->kernel.outs, 0);
}

/* ---- gateways for the Internet ---- */

/* All gateways but the dead ones (a bit each) answer within 10 ms. */
static void run_answering(span time, unsigned dead)
{
	instant end = instant_add(rig->now, time);

	while (instant_before(rig->now, end)) {
		run(span_ms(10));
		for (unsigned i = 0; i < rig->probes; i++) {
			const struct ev_tunnel_answer answer = {.token = rig->probe[i].token};

			if (!(dead & 1u << rig->probe[i].to.node.b[1]))
				tunnels_answer(rig->t, rig->now, &answer);
		}
		rig->probes = 0;
	}
}

static void prove_start(void)
{
	stop();
	tunnel_kernel_flush(&rig->kernel);
	rig->conf.tunnel.prove = true;
	rig->conf.uplink.target[0] =
		(struct uplink_target){.means = UPLINK_PING, .at = net4(8, 8, 8, 32)};
	rig->conf.uplink.targets = 1;
	search_add(net4(0, 0, 0, 0));
	start();
}

static const struct tunnel_route *internet(void)
{
	const struct prefix all = net4(0, 0, 0, 0);

	return tunnel_kernel_route(&rig->kernel, &all);
}

/* Probes go through tunnels that are there, who carries nothing is left, and a route that nobody
 * can carry is a lost one, not none. */
static void internet_is_proved(void **state)
{
	const struct prefix all = net4(0, 0, 0, 0);

	(void)state;
	prove_start();
	offers(1, &all, 1, 50 * MBIT);
	offers(2, &all, 1, 10 * MBIT);
	run_answering(span_s(15), 0);
	assert_int_equal(by(all), 1);
	assert_int_equal(rig->kernel.outs, 2); /* what comes next has a tunnel, too */
	assert_true(prefix_equal(&rig->kernel.probe.target.at, &rig->conf.uplink.target[0].at));
	run_answering(span_s(3), 1u << 1);
	assert_int_equal(by(all), 2);
	run_answering(span_s(3), 1u << 1 | 1u << 2);
	assert_non_null(internet());
	assert_true(internet()->lost);
	run_answering(span_s(60), 1u << 1 | 1u << 2); /* both are asked on */
	assert_int_equal(rig->kernel.outs, 2);
	run_answering(span_s(5), 1u << 1);
	assert_int_equal(by(all), 2);
	assert_false(internet()->lost);
	gone(1);
	gone(2);
	run(span_s(TUNNELS_HOLD_S + 1));
	assert_null(internet());
	assert_int_equal(rig->kernel.outs, 0);
	assert_int_equal(tunnels_deadline(rig->t).us, NEVER.us);
}

static void one_is_preferred(void **state)
{
	const struct prefix all = net4(0, 0, 0, 0);
	struct tunnel_preference p = {.node = id_of(2)};

	(void)state;
	prove_start();
	offers(1, &all, 1, 50 * MBIT);
	offers(2, &all, 1, 10 * MBIT);
	run_answering(span_s(5), 0);
	tunnels_prefer(rig->t, rig->now, &p);
	run_answering(span_ms(10), 0);
	assert_int_equal(by(all), 2);
	p.any = true;
	tunnels_prefer(rig->t, rig->now, &p);
	run_answering(span_ms(10), 0);
	assert_int_equal(by(all), 1);
}

/* Each change is told once, with why; probes are not. */
static void changes_are_told(void **state)
{
	const struct prefix all = net4(0, 0, 0, 0);
	const struct tunnel_preference wish = {.node = id_of(2)}, none = {.any = true},
				       only = {.node = id_of(2), .strict = true};

	(void)state;
	prove_start();
	offers(1, &all, 1, 50 * MBIT);
	offers(2, &all, 1, 10 * MBIT);
	run_answering(span_s(60), 0);
	assert_int_equal(rig->notes, 1);
	assert_string_equal(rig->note, "IPv4 to the Internet goes by 25010007");
	tunnels_prefer(rig->t, rig->now, &wish);
	run_answering(span_ms(10), 0);
	assert_string_equal(rig->note, "IPv4 to the Internet goes by 4a020007 now: "
				       "25010007 is not the one that people prefer");
	tunnels_prefer(rig->t, rig->now, &none);
	run_answering(span_ms(10), 0);
	assert_string_equal(rig->note,
			    "IPv4 to the Internet goes by 25010007 now: 4a020007 is worth less");
	run_answering(span_s(3), 1u << 1);
	assert_string_equal(rig->note, "IPv4 to the Internet goes by 4a020007 now: "
				       "25010007 carries nothing to the Internet");
	path(2, 0);
	run_answering(span_ms(200), 1u << 1);
	assert_string_equal(rig->note, "no gateway carries IPv4 to the Internet any more: "
				       "4a020007 cannot be reached");
	path(2, 10 * MBIT);
	run_answering(span_s(5), 1u << 1);
	assert_string_equal(rig->note, "IPv4 to the Internet goes by 4a020007 again");
	assert_int_equal(rig->notes, 6);
	tunnels_prefer(rig->t, rig->now, &only);
	run_answering(span_s(5), 1u << 1);
	assert_int_equal(rig->notes, 6);
	gone(2);
	run_answering(span_ms(200), 1u << 1);
	assert_string_equal(rig->note, "no gateway carries IPv4 to the Internet any more: "
				       "4a020007 offers it no more");
	assert_int_equal(rig->notes, 7);
}

/* Who comes and goes all the time fills nobody's log. */
static void told_within_bounds(void **state)
{
	const struct prefix all = net4(0, 0, 0, 0);

	(void)state;
	prove_start();
	for (unsigned i = 0; i < 100; i++) {
		offers(1, &all, 1, 50 * MBIT);
		run_answering(span_ms(500), 0);
		gone(1);
		run_answering(span_ms(500), 0);
	}
	assert_in_range(rig->notes, TUNNELS_NOTES, TUNNELS_NOTES + 100 / TUNNELS_NOTES_S);
	assert_int_equal(tunnels_counters(rig->t).notes_untold, 200 - rig->notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(own_end, setup, teardown),
		cmocka_unit_test_setup_teardown(clouds_are_reached, setup, teardown),
		cmocka_unit_test_setup_teardown(lost_gateway_is_left_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(worse_gateway_is_left_a_little_later, setup,
						teardown),
		cmocka_unit_test_setup_teardown(offer_taken_back, setup, teardown),
		cmocka_unit_test_setup_teardown(tunnels_outlive_a_flap, setup, teardown),
		cmocka_unit_test_setup_teardown(told_anew_after_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(local_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(local_search, setup, teardown),
		cmocka_unit_test_setup_teardown(own_cloud_is_explained, setup, teardown),
		cmocka_unit_test_setup_teardown(tables_before_main, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_gateways, setup, teardown),
		cmocka_unit_test_setup_teardown(greedy_node, setup, teardown),
		cmocka_unit_test_setup_teardown(internet_is_proved, setup, teardown),
		cmocka_unit_test_setup_teardown(one_is_preferred, setup, teardown),
		cmocka_unit_test_setup_teardown(changes_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(told_within_bounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
