/* Proves that clouds find each other: each node of one gets tunnels to the nearest node of the
 * other, another takes over when that dies or is cut off, and nothing is left when all are gone. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "cmocka_all.h"
#include "conf/conf.h"
#include "sim/world_internal.h"

/* Cloud 0 is the line 0 - 1 - 2, cloud 1 the ring 3 - 4 - 5; between them are 2 - 3 and 1 - 4. */
enum { NODES = 6, EACH = 3 };

struct town {
	struct world *w;
	unsigned short_cut; /* the segment 1 - 4 */
};

static struct town *town;
static uint64_t seed;

/* What a node's host has. */
static const struct tunnel_kernel *kernel(unsigned node)
{
	return &town->w->place[node]->tunnels;
}

static unsigned wire(unsigned a, unsigned b)
{
	const struct segment_conf conf = {.delay = {500}, .jitter = {200}};
	unsigned s = world_segment(town->w, &conf);

	world_join(town->w, a, s);
	world_join(town->w, b, s);
	return s;
}

static void search_add(struct node_tunnel_conf *c, struct prefix p)
{
	c->search[c->searches++] = gw_search_default(p);
}

static int setup(void **state)
{
	static struct conf conf;
	struct node_tunnel_conf *tunnel = &conf.node.tunnel;

	(void)state;
	town = calloc(1, sizeof(*town));
	town->w = world_new(seed);
	conf_init_defaults(&conf);
	conf.node.plan.network = true;
	*tunnel = (struct node_tunnel_conf){.on = true};
	search_add(tunnel, prefix_of4((struct ipv4){{10}, 8}));
	search_add(tunnel, prefix_of6((struct ipv6){{0xfd}, 8}));
	search_add(tunnel, prefix_of4((struct ipv4){{0}, 0}));
	tunnel->search[2].bits_max = 0;
	for (unsigned i = 0; i < NODES; i++) {
		snprintf(conf.node.plan.ssid, sizeof(conf.node.plan.ssid), "cloud-%u", i / EACH);
		world_node_with(town->w, &conf.node);
	}
	wire(0, 1);
	wire(1, 2);
	wire(3, 4);
	wire(4, 5);
	wire(5, 3);
	wire(2, 3);
	town->short_cut = wire(1, 4);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_free(town->w);
	free(town);
	return 0;
}

/* ---- what is seen ---- */

static struct prefix prefix_of_cloud(unsigned cloud, bool v6)
{
	const struct plan *p = &world_node_at(town->w, cloud * EACH)->plan;

	return v6 ? prefix_of6(p->prefix6) : prefix_of4(p->prefix4);
}

/* By whose tunnel a node reaches a cloud; NODES: by none. */
static unsigned gateway(unsigned node, unsigned cloud, bool v6)
{
	struct prefix p = prefix_of_cloud(cloud, v6);
	const struct tunnel_route *r = tunnel_kernel_route(kernel(node), &p);

	for (unsigned i = 0; r && i < NODES; i++) {
		const struct l3 *l3 = world_alive(town->w, i) ? world_node_at(town->w, i)->l3
							      : NULL;
		struct digest id = l3 ? l3_id(l3) : (struct digest){{0}};

		if (l3 && digest_equal(&id, &r->to.node))
			return i;
	}
	return NODES;
}

/* Each living node reaches the other cloud by a living node of it that it has a way to, with both
 * families, and its own cloud by no tunnel. */
static bool all_reach(struct world *w, void *ctx)
{
	(void)ctx;
	for (unsigned a = 0; a < NODES; a++) {
		for (int v6 = 0; world_alive(w, a) && v6 < 2; v6++) {
			unsigned by = gateway(a, !(a / EACH), v6);

			assert_int_equal(gateway(a, a / EACH, v6), NODES);
			if (by == NODES || world_walk(w, a, by, NULL) < 0)
				return false;
			assert_int_equal(by / EACH, !(a / EACH));
		}
	}
	return true;
}

/* Cloud 0 has no routes. */
static bool none_reach(struct world *w, void *ctx)
{
	(void)w;
	(void)ctx;
	for (unsigned i = 0; i < EACH; i++) {
		if (kernel(i)->routes > 0)
			return false;
	}
	return true;
}

static int64_t settle_ms(span most, bool (*pred)(struct world *, void *), void *arg)
{
	instant start = world_now(town->w);

	assert_true(world_run_until(town->w, most, pred, arg));
	return span_to_ms(instant_since(world_now(town->w), start));
}

static void settle_all(void)
{
	settle_ms(span_s(10), all_reach, NULL);
	/* Links of good quality, the nearest chosen. */
	world_run(town->w, span_s(30));
	assert_true(all_reach(town->w, NULL));
}

/* ---- tests ---- */

static void clouds_find_each_other(void **state)
{
	static const unsigned nearest[NODES] = {4, 4, 3, 2, 1, NODES}; /* 5: 1 or 2 */

	(void)state;
	settle_all();
	for (unsigned i = 0; i < NODES; i++) {
		const struct tunnel_kernel *k = kernel(i);
		const struct plan *p = &world_node_at(town->w, i)->plan;

		for (int v6 = 0; nearest[i] < NODES && v6 < 2; v6++)
			assert_int_equal(gateway(i, !(i / EACH), v6), nearest[i]);
		assert_true(k->has_end);
		assert_memory_equal(k->end.inner4.b, p->ipv4.b, 4);
		assert_int_equal(k->routes, 2);
	}
}

static void another_takes_over(void **state)
{
	(void)state;
	settle_all();
	world_kill(town->w, 4);
	assert_in_range(settle_ms(span_s(10), all_reach, NULL), 0, 3000);
	assert_true(gateway(0, 1, false) != 4);
	world_start(town->w, 4);
	settle_ms(span_s(10), all_reach, NULL);
	assert_true(kernel(4)->has_end);
}

static void the_link_in_use_is_cut(void **state)
{
	(void)state;
	settle_all();
	for (unsigned i = 0; i < 2; i++) {
		world_cut(town->w, i == 0 ? 1 : 4, town->short_cut, false);
		assert_in_range(settle_ms(span_s(10), all_reach, NULL), 0, 3000);
	}
	/* 4 is further than 3 now, but perhaps not by the hysteresis of 20 %. */
	world_run(town->w, span_s(30));
	assert_true(all_reach(town->w, NULL));
}

static void nobody_is_left(void **state)
{
	(void)state;
	settle_all();
	for (unsigned i = EACH; i < NODES; i++)
		world_kill(town->w, i);
	/* The last path is kept while it is doubted: a silent link's life. */
	settle_ms(span_s(25), none_reach, NULL);
	world_run(town->w, span_s(40));
	for (unsigned i = 0; i < EACH; i++)
		assert_int_equal(kernel(i)->outs, 0);
	for (unsigned i = EACH; i < NODES; i++)
		world_start(town->w, i);
	settle_all();
}

/* Of how many nodes' tables a default route leads to this node. */
static unsigned defaults_by(unsigned node)
{
	struct prefix all = prefix_of4((struct ipv4){{0}, 0});
	struct digest id = l3_id(world_node_at(town->w, node)->l3);
	unsigned count = 0;

	for (unsigned i = 0; i < NODES; i++) {
		const struct tunnel_route *r = tunnel_kernel_route(kernel(i), &all);

		count += r && digest_equal(&r->to.node, &id);
	}
	return count;
}

static void offer(unsigned node, const struct gw_network *network, size_t count)
{
	const struct ev ev = {.kind = EV_DEADLINE};

	tunnels_offer(world_node_at(town->w, node)->tunnels, network, count);
	world_tell(town->w, node, &ev);
	world_run(town->w, span_s(3));
}

/* A node that has the Internet offers it beside its cloud, and takes it back; one of too little
 * bandwidth gets those only for whom the other one is gone. */
static void more_is_offered(void **state)
{
	struct gw_network all = {.prefix = prefix_of4((struct ipv4){{0}, 0}),
				 .bandwidth = bmx7_bandwidth_byte(10000000)};
	struct gw_network little = all;

	(void)state;
	little.bandwidth = bmx7_bandwidth_byte(500);
	settle_all();
	offer(5, &all, 1);
	assert_int_equal(defaults_by(5), NODES - 1);
	offer(0, &little, 1);
	assert_int_equal(defaults_by(5), NODES - 1);
	offer(5, NULL, 0);
	assert_int_equal(defaults_by(5), 0);
	assert_int_equal(defaults_by(0), NODES - 1);
	assert_true(all_reach(town->w, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(clouds_find_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(another_takes_over, setup, teardown),
		cmocka_unit_test_setup_teardown(the_link_in_use_is_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(more_is_offered, setup, teardown),
	};

	int failed = 0;

	for (seed = 1; seed <= (getenv("NUVOL_LONG") ? 100 : 3); seed++)
		failed += cmocka_run_group_tests(tests, NULL, NULL);
	return failed;
}
