/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a script of what a node's tunnels hear: descriptions of a few nodes with any TLVs
 * that the engine would accept, paths that come and go, time. Tunnels and routes are told in
 * order (tunnel_kernel aborts otherwise), no route leads to our own networks or into a tunnel
 * that is not its node's, views agree with what was told. In the end all memory is back.
 */
#include <string.h>
#include "base/bytes.h"
#include "base/list.h"
#include "fuzz.h"
#include "node/tunnels.h"
#include "sim/cheap_crypto.h"
#include "sim/tunnel_kernel.h"
#include "wire/bmx7_info.h"
#include "wire/bmx7_prefix.h"

enum { STEPS_MAX = 300, NODES = 8, RUNS_PER_STEP = 100, TLV_ROOM = 512, SEARCHES = 6 };

struct script {
	struct rd r;
	struct fx fx;
	instant now;
	struct l3 *l3;
	struct plan plan;
	struct tunnels *t;
	struct tunnel_kernel kernel;
};

static void emit(struct fx *fx, const struct effect *e)
{
	struct script *s = container_of(fx, struct script, fx);

	if (e->kind == FX_TUNNEL)
		tunnel_kernel_do(&s->kernel, &e->tunnel);
}

static struct l3 *engine_new(instant now)
{
	static struct job_result key;
	const struct job make = {.kind = JOB_RSA_KEY, .type = BMX7_RSA1024};
	struct l3_conf c = l3_conf_default();
	struct prng prng;

	prng_seed(&prng, 1);
	if (!key.ok)
		cheap_job(&prng, &make, &key);
	c.node_secret = (struct job_bytes){key.secret, key.secret_len};
	c.node_public = (struct job_bytes){key.public, key.public_len};
	return l3_new(&c, cheap_crypto(), now, 1);
}

/* Of any kind, also such that forbid overlaps and want one node only. */
static void conf_fill(struct script *s, struct node_conf *c)
{
	c->network.nodes_max = NODES - 1;
	c->tunnel.on = true;
	for (; c->tunnel.searches < SEARCHES; c->tunnel.searches++) {
		uint8_t is = rd_u8(&s->r), bits = rd_u8(&s->r);
		struct ipv4 a4 = {{10, is & 1 ? 2 : 0}, bits % 33};
		struct ipv6 a6 = {{0xfd, is & 1 ? 2 : 0}, bits % 129};
		struct gw_search *w = &c->tunnel.search[c->tunnel.searches];

		*w = gw_search_default(is & 2 ? prefix_of6(a6) : prefix_of4(a4));
		w->allow_overlap = is & 4;
		w->break_overlap = is & 8;
		if (is & 16)
			w->bits_min = 0;
		if (is & 32)
			w->table = 60, w->preference = bits * 200;
		if (is & 64)
			w->rating = 1000;
		if (is & 128)
			memcpy(w->name, "a", 2);
	}
}

/* ---- what is heard ---- */

static struct digest id_of(unsigned n)
{
	return (struct digest){{(uint8_t)(n * 37), 9, (uint8_t)n}};
}

static uint64_t metric_take(struct rd *r)
{
	static const uint64_t special[] = {0, METRIC_UNROUTABLE, METRIC_ROUTABLE, METRIC_MAX};
	uint8_t b = rd_u8(r);

	return b < 4 ? special[b] : (uint64_t)b << b % 30;
}

/* Ends that are its own, or any bytes. */
static size_t ends_take(struct script *s, const struct ipv6 *primary, uint8_t *at, size_t len)
{
	uint8_t count = rd_u8(&s->r);
	struct wr w = wr_over(at, len);

	if (count >= 128)
		return 0;
	for (unsigned i = 0; i < count % 18u; i++) {
		struct ipv6 a = *primary;

		a.b[1] = (uint8_t)(a.b[1] + i + (count > 64));
		a.b[15] ^= rd_u8(&s->r) == 1;
		bmx7_address_write(&w, &a);
	}
	return wr_len(&w);
}

static void described(struct script *s, unsigned n)
{
	static const uint8_t types[] = {BMX7_TUN4IN6_INGRESS, BMX7_TUN6IN6_INGRESS,
					BMX7_TUN4IN6_NET, BMX7_TUN6IN6_NET, BMX7_INFO};
	static uint8_t room[BMX7_TLV_TYPES][TLV_ROOM];
	struct digest id = id_of(n);
	struct description d = {.primary = l3_primary_of(s->l3, &id)};
	struct fx_network said = {.kind = NETWORK_DESCRIBED,
				  .described = {id, &d, metric_take(&s->r)}};

	for (size_t i = 0; i < sizeof(types); i++) {
		size_t len = rd_u8(&s->r);
		const uint8_t *at = rd_take(&s->r, len);

		if (len == 0 || !at || bmx7_tlv_check(types[i], at, len) != OK)
			continue;
		memcpy(room[types[i]], at, len);
		d.tlv[types[i]] = (struct tlv_data){room[types[i]], len};
	}
	d.tlv[BMX7_TUN6].at = room[BMX7_TUN6];
	d.tlv[BMX7_TUN6].len = ends_take(s, &d.primary, room[BMX7_TUN6], TLV_ROOM);
	tunnels_heard(s->t, s->now, &said);
}

static void pass(struct script *s, span time)
{
	instant end = instant_add(s->now, time);

	for (unsigned i = 0; instant_reached(tunnels_deadline(s->t), end); i++) {
		must(i < RUNS_PER_STEP);
		if (instant_before(s->now, tunnels_deadline(s->t)))
			s->now = tunnels_deadline(s->t);
		tunnels_run(s->t, s->now, &s->fx);
	}
	s->now = end;
}

static void step(struct script *s)
{
	uint8_t what = rd_u8(&s->r), n = rd_u8(&s->r) % NODES;
	struct fx_network said = {.kind = NETWORK_PATH};
	struct gw_network more = {.bandwidth = n};

	switch (what % 5) {
	case 0:
	case 1: described(s, n); break;
	case 2:
		said.path.node = id_of(n);
		said.path.metric = metric_take(&s->r);
		tunnels_heard(s->t, s->now, &said);
		break;
	case 3:
		if (n == 0)
			tunnels_offer(s->t, &more, what & 1);
		pass(s, span_ms(rd_u8(&s->r) * 200));
		break;
	case 4:
		said.kind = NETWORK_DESCRIBED;
		said.described = (struct fx_network_described){.node = id_of(n)};
		tunnels_heard(s->t, s->now, &said);
		break;
	}
	tunnels_run(s->t, s->now, &s->fx);
}

/* ---- what must hold ---- */

static void route_check(const struct script *s, const struct tunnel_route *r)
{
	struct prefix lan4 = prefix_of4(s->plan.prefix4), lan6 = prefix_of6(s->plan.prefix6);
	struct ipv6 primary = l3_primary_of(s->l3, &r->to.node);

	must(!prefix_contains(&lan4, &r->key.prefix) && !prefix_contains(&lan6, &r->key.prefix));
	must(memcmp(primary.b + 2, r->to.dummy.b + 2, 14) == 0);
	must(r->to.dummy.b[1] > primary.b[1] && r->to.dummy.b[1] <= primary.b[1] + GW_TUNNELS_MAX);
}

static void check(const struct script *s)
{
	static struct tunnels_out_view outs[TUNNELS_OUT_MAX];
	size_t count = tunnels_outs(s->t, s->now, outs, TUNNELS_OUT_MAX);
	uint32_t routes = 0;

	must(count == s->kernel.outs && tunnels_memory(s->t) <= TUNNELS_MEMORY_MAX);
	for (size_t i = 0; i < count; i++)
		routes += outs[i].routes;
	must(routes == tunnels_routes(s->t, s->now, NULL, 0));
	for (size_t i = 0; i < s->kernel.routes; i++) {
		if (s->kernel.route[i].local)
			continue;
		route_check(s, &s->kernel.route[i]);
		routes--;
	}
	must(routes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct node_conf conf;
	static struct script s;

	conf = (struct node_conf){.tunnel = {.on = true}};
	s = (struct script){.r = rd_over(data, size), .fx = {emit}, .now = {1000000}};
	s.plan.prefix4 = s.plan.ipv4 = (struct ipv4){{10, 2, 1}, 16};
	s.plan.prefix6 = s.plan.ipv6 = (struct ipv6){{0xfd, 2}, 64};
	conf_fill(&s, &conf);
	s.l3 = engine_new(s.now);
	s.t = tunnels_new(&conf, &s.plan, s.l3, 1);
	must(s.t);
	pass(&s, span_ms(0));
	for (unsigned i = 0; i < STEPS_MAX && rd_left(&s.r) > 0; i++) {
		step(&s);
		check(&s);
	}
	for (unsigned n = 0; n < NODES; n++) {
		struct fx_network said = {.kind = NETWORK_DESCRIBED,
					  .described = {.node = id_of(n)}};

		tunnels_heard(s.t, s.now, &said);
	}
	pass(&s, span_s(TUNNELS_HOLD_S + 1));
	check(&s);
	must(s.kernel.outs == 0 && tunnels_routes(s.t, s.now, NULL, 0) == 0);
	tunnel_kernel_flush(&s.kernel);
	tunnels_free(s.t); /* the pool aborts when something is left */
	l3_free(s.l3);
	return 0;
}
