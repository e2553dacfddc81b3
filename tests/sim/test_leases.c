/* Proves, in virtual time, that no two clients of a cloud use one address, whatever is lost,
 * late or repeated, when nodes die and halves merge; and how fast all nodes know a lease. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "cmocka_all.h"
#include "lease_net.h"
#include "lease_town.h"
#include "sim/world.h"

/* ---- through a real cloud ---- */

enum {
	TWINS_SLACK_S = 10, /* after the time of a renewal */
	MET_MS = 12000,	    /* halves that met have heard of each other */
};
enum { WIDE = 5, HIGH = 4, NODES = WIDE * HIGH, CLIENTS = 500 };

struct cloud {
	struct world *world;
	struct town town;
};

static instant cloud_now(void *ctx)
{
	return world_now(((struct cloud *)ctx)->world);
}

static void cloud_run(void *ctx, span s)
{
	world_run(((struct cloud *)ctx)->world, s);
}

static void cloud_tell(void *ctx, unsigned node, const struct ev *ev)
{
	world_tell(((struct cloud *)ctx)->world, node, ev);
}

static const struct leases *cloud_leases(void *ctx, unsigned node)
{
	return world_node_at(((struct cloud *)ctx)->world, node)->leases;
}

static void cloud_effect(void *ctx, unsigned node, const struct effect *e)
{
	town_effect(&((struct cloud *)ctx)->town, node, e);
}

/* A grid; each pair of neighbours has a link of its own. */
static void cloud_open(struct cloud *c, uint8_t loss_percent, uint64_t seed)
{
	const struct town_net net = {c, cloud_now, cloud_run, cloud_tell, cloud_leases};
	struct node_conf conf = {.plan = plan_conf_default(),
				 .l2 = l2_conf_default(),
				 .share = node_share_conf_default()};
	struct segment_conf link = {.loss_percent = loss_percent,
				    .delay = span_ms(1),
				    .jitter = span_ms(2),
				    .wifi = true};

	c->world = world_new(seed);
	town_init(&c->town, &net, NODES, CLIENTS, seed);
	world_watch(c->world, cloud_effect, c);
	for (unsigned i = 0; i < NODES; i++)
		world_node_with(c->world, &conf);
	for (unsigned i = 0; i < NODES; i++) {
		unsigned right = i + 1, below = i + WIDE;

		if (right % WIDE != 0) {
			unsigned s = world_segment(c->world, &link);

			world_join(c->world, i, s);
			world_join(c->world, right, s);
		}
		if (below < NODES) {
			unsigned s = world_segment(c->world, &link);

			world_join(c->world, i, s);
			world_join(c->world, below, s);
		}
	}
	town_run(&c->town, span_s(40)); /* links are at full quality after 13 s */
}

static void cloud_close(struct cloud *c)
{
	town_fini(&c->town);
	world_free(c->world);
}

static void crowd_joins(struct town *t)
{
	for (unsigned i = 0; i < t->clients; i++)
		town_join(t, i, i % t->nodes, span_ms(prng_below(&t->prng, 1000)));
}

static void test_known_at_once(void **state)
{
	static const struct {
		uint8_t loss_percent;
		uint32_t p50_ms, p99_ms; /* at most */
	} cases[] = {{0, 200, 1000}, {10, 1000, 3000}};
	static struct cloud c;

	(void)state;
	if (getenv("NUVOL_SEED"))
		skip();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cloud_open(&c, cases[i].loss_percent, 1 + i);
		c.town.measures = true;
		crowd_joins(&c.town);
		town_run(&c.town, span_s(20));
		print_message("%u nodes, %u clients, %u %% loss: a lease is known everywhere after "
			      "%u ms (p50), %u ms (p99), %u ms (all)\n",
			      NODES, CLIENTS, cases[i].loss_percent, town_wait_ms(&c.town, 500),
			      town_wait_ms(&c.town, 990), town_wait_ms(&c.town, 1000));
		assert_int_equal(town_without(&c.town), 0);
		assert_int_equal(c.town.twins_ever, 0);
		assert_int_equal(c.town.waits, CLIENTS);
		assert_true(town_agrees(&c.town));
		assert_true(town_wait_ms(&c.town, 500) <= cases[i].p50_ms);
		assert_true(town_wait_ms(&c.town, 990) <= cases[i].p99_ms);
		cloud_close(&c);
	}
}

/* The same where one datagram of ten is lost to each receiver, and nothing below repeats it. */
static void test_known_in_spite_of_loss(void **state)
{
	static struct lease_net n;
	struct lease_net_conf conf = lease_net_conf_default();

	(void)state;
	if (getenv("NUVOL_SEED"))
		skip();
	conf.loss_percent = 10;
	lease_net_init(&n, &conf, 1);
	for (unsigned i = 0; i < conf.nodes; i++)
		lease_net_start(&n, i, false);
	town_run(&n.town, span_s(6));
	n.town.measures = true;
	crowd_joins(&n.town);
	town_run(&n.town, span_s(20));
	print_message("10 %% of datagrams lost: %u ms (p50), %u ms (p99), %u ms (all)\n",
		      town_wait_ms(&n.town, 500), town_wait_ms(&n.town, 990),
		      town_wait_ms(&n.town, 1000));
	assert_int_equal(n.town.waits, conf.clients);
	assert_int_equal(n.town.twins_ever, 0);
	assert_true(town_wait_ms(&n.town, 990) <= 3000);
	lease_net_fini(&n);
}

/* ---- many seeds, on a cheap network ---- */

struct sum {
	uint64_t seeds, strict, acks, naks, twins, conflicts, lost, adopted, datagrams;
	uint32_t longest_ms;
};

static void halves(struct lease_net *n, bool cut)
{
	for (unsigned i = 0; i < n->conf.nodes; i++)
		n->town.server[i].half = cut ? i % 2 : 0;
}

static unsigned any_node(struct lease_net *n)
{
	return prng_below(&n->prng, n->conf.nodes);
}

static void nodes_start(struct lease_net *n)
{
	for (unsigned i = 0; i < n->conf.nodes; i++) {
		if (prng_below(&n->prng, 20) == 0) /* no battery for its clock */
			n->town.server[i].skew_s = UINT32_C(0) - 1700000000;
		lease_net_start(n, i, false);
		town_run(&n->town, span_ms(prng_below(&n->prng, 100)));
	}
}

/* Nodes of its half that hold what it may lose. */
static unsigned living_near(const struct lease_net *n, unsigned node)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n->conf.nodes; i++)
		count += n->node[i].share && n->town.server[i].half == n->town.server[node].half;
	return count;
}

/* A client does something, or a node dies, or comes back. */
static void something(struct lease_net *n)
{
	unsigned c = prng_below(&n->prng, n->conf.clients), node = any_node(n);
	unsigned near = town_node_near(&n->town, c);
	unsigned what = prng_below(&n->prng, 100);

	if (what < 50) {
		town_roam(&n->town, c, near);
	} else if (what < 75) {
		town_leave(&n->town, c);
	} else if (what < 95) {
		town_leave(&n->town, c);
		town_join(&n->town, c, near, span_us(0));
	} else if (n->node[node].share) {
		if (living_near(n, node) > 2)
			lease_net_kill(n, node);
	} else {
		lease_net_start(n, node, prng_below(&n->prng, 2));
	}
}

static void nodes_return(struct lease_net *n)
{
	for (unsigned i = 0; i < n->conf.nodes; i++)
		if (!n->node[i].share)
			lease_net_start(n, i, prng_below(&n->prng, 2));
}

static struct lease_net_conf any_conf(uint64_t seed)
{
	struct lease_net_conf c = lease_net_conf_default();
	struct prng r;

	prng_seed(&r, seed);
	if (seed % 8 != 0) { /* each eighth is of full size */
		c.nodes = 2 + prng_below(&r, 11);
		c.clients = 10 + prng_below(&r, 120);
	}
	c.loss_percent = prng_below(&r, 4) * 7;
	c.twice_percent = prng_below(&r, 2) * 10;
	c.late_percent = prng_below(&r, 3);
	c.share.keep = span_s(100); /* so that halves forget each other in some runs */
	return c;
}

static unsigned complain(uint64_t seed, const char *what, bool wrong)
{
	if (wrong)
		print_message("seed %llu: %s\n", (unsigned long long)seed, what);
	return wrong;
}

/* How much was wrong. */
static unsigned one_seed(uint64_t seed, struct sum *sum)
{
	static struct lease_net n;
	const struct lease_net_conf conf = any_conf(seed);
	unsigned wrong = 0;
	bool begins_cut;

	lease_net_init(&n, &conf, seed);
	begins_cut = prng_below(&n.prng, 4) == 0;
	n.town.wanderers = prng_below(&n.prng, 2);
	halves(&n, begins_cut);
	nodes_start(&n);
	town_run(&n.town, span_s(6));
	crowd_joins(&n.town);
	town_run(&n.town, span_s(10));
	halves(&n, true);
	for (unsigned i = 0; i < 60; i++) {
		something(&n);
		town_run(&n.town, span_ms(100 + prng_below(&n.prng, 3000)));
	}
	nodes_return(&n);
	halves(&n, false);
	for (unsigned i = 0; i < conf.clients; i++)
		if (!n.town.client[i].wants)
			town_join(&n.town, i, any_node(&n),
				  span_ms(MET_MS + prng_below(&n.prng, 1000)));
	town_run(&n.town, span_s(100));

	sum->seeds++;
	sum->acks += n.town.acks;
	sum->naks += n.town.naks;
	sum->twins += n.town.twins_ever;
	sum->datagrams += n.datagrams;
	if (span_to_ms(n.town.twins_longest) > sum->longest_ms)
		sum->longest_ms = (uint32_t)span_to_ms(n.town.twins_longest);
	for (unsigned i = 0; i < conf.nodes; i++) {
		sum->conflicts += leases_count(n.node[i].leases, LEASES_CONFLICTS);
		sum->lost += leases_count(n.node[i].leases, LEASES_SLICES_LOST);
		sum->adopted += leases_count(n.node[i].leases, LEASES_ADOPTED);
	}
	wrong += complain(seed, "two clients have one address", town_twins(&n.town) > 0);
	wrong += complain(seed, "clients without an address", town_without(&n.town) > 0);
	wrong += complain(seed, "nodes that do not agree", !town_agrees(&n.town));
	/* Who walks from one half to the other takes an address along that is free there soon;
	 * and halves that never met may have chosen the same slice. Else there are no twins. */
	if (!begins_cut && !n.town.wanderers) {
		sum->strict++;
		wrong += complain(seed, "two clients had one address", n.town.twins_ever > 0);
	}
	wrong += complain(seed, "two clients kept one address",
			  n.town.twins_longest.us > n.town.lease.us / 2 + span_s(TWINS_SLACK_S).us);
	lease_net_fini(&n);
	return wrong;
}

static void test_halves_merge(void **state)
{
	const char *only = getenv("NUVOL_SEED");
	uint64_t first = only ? strtoull(only, NULL, 0) : 1;
	uint64_t count = only ? 1 : getenv("NUVOL_LONG") ? 10000 : 16;
	struct sum sum = {0};
	unsigned wrong = 0;

	(void)state;
	for (uint64_t seed = first; seed < first + count; seed++)
		wrong += one_seed(seed, &sum);
	print_message(
		"%llu seeds, %llu of them strict: %llu leases given, %llu withdrawn; %llu times "
		"two clients of one half had one address, for at most %u ms; %llu slices "
		"lost, %llu leases adopted, %llu datagrams\n",
		(unsigned long long)sum.seeds, (unsigned long long)sum.strict,
		(unsigned long long)sum.acks, (unsigned long long)sum.naks,
		(unsigned long long)sum.twins, sum.longest_ms, (unsigned long long)sum.lost,
		(unsigned long long)sum.adopted, (unsigned long long)sum.datagrams);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_at_once),
		cmocka_unit_test(test_known_in_spite_of_loss),
		cmocka_unit_test(test_halves_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
