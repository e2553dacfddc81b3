/* Proves that small towns of every shape stay right under every set of faults, that one seed gives
 * one digest, and that each check sees what it is there to see. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "core/share/leases_internal.h"
#include "core/steer.h"
#include "sim/check.h"
#include "sim/report.h"
#include "sim/world_internal.h"

static struct run *open_run(const struct run_conf *c)
{
	char fault[LAYOUT_FAULT_ROOM] = "";
	struct run *r = run_new(c, fault);

	if (!r)
		fail_msg("%s", fault);
	return r;
}

static struct run_conf conf_of(enum layout_shape shape, unsigned nodes, const char *faults,
			       uint64_t seed)
{
	return (struct run_conf){.shape = shape,
				 .nodes = nodes,
				 .wide = 4,
				 .clouds = nodes > 8 ? 2 : 1,
				 .clients = nodes,
				 .uplinks = nodes / 5,
				 .radio = shape == LAYOUT_TOWN,
				 .time = span_s(240),
				 .seed = seed,
				 .faults = fault_set_find(faults)};
}

/* ---- smoke: a scenario is a row ---- */

static void towns_stay_right(void **state)
{
	static const struct {
		enum layout_shape shape;
		unsigned nodes;
		const char *faults;
		uint64_t seeds;
	} rows[] = {
		{LAYOUT_LINE, 8, "none", 1},	     {LAYOUT_LINE, 8, "restarts", 2},
		{LAYOUT_RING, 10, "links", 2},	     {LAYOUT_RING, 8, "clocks", 1},
		{LAYOUT_GRID, 16, "partitions", 1},  {LAYOUT_GRID, 16, "weather", 1},
		{LAYOUT_GRID, 12, "forgery", 2},     {LAYOUT_TREE, 13, "reboots", 2},
		{LAYOUT_GRID, 16, "storm", 2},	     {LAYOUT_TOWN, 12, "storm", 1},
		{LAYOUT_TREE, 13, "replaced", 1},    {LAYOUT_RING, 10, "hangs", 1},
		{LAYOUT_RING, 10, "one-way", 1},     {LAYOUT_TOWN, 12, "bursts", 1},
		{LAYOUT_LINE, 8, "overtaking", 1},   {LAYOUT_TOWN, 12, "echoes", 1},
		{LAYOUT_GRID, 12, "bits", 1},	     {LAYOUT_LINE, 8, "claims", 1},
		{LAYOUT_RING, 10, "originators", 1}, {LAYOUT_TREE, 13, "crowds", 2},
		{LAYOUT_GRID, 12, "drift", 1},	     {LAYOUT_GRID, 16, "uplinks", 2},
		{LAYOUT_GRID, 16, "liars", 2},
	};
	const char *longer = getenv("NUVOL_LONG");
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t faults = 0;
		uint64_t seeds = longer && *longer == '1' ? 100 : rows[i].seeds;

		for (uint64_t seed = 1; seed <= seeds; seed++) {
			struct run_conf c =
				conf_of(rows[i].shape, rows[i].nodes, rows[i].faults, seed);
			struct run *r = open_run(&c);

			while (run_second(r))
				continue;
			if (r->violations > 0) {
				wrong++;
				report_print(r, &(struct report_cost){0}, stdout);
			}
			assert_true(r->figures.converged.us > 0);
			faults += r->figures.faults;
			run_free(r);
		}
		assert_int_equal(faults > 0, i > 0);
	}
	assert_int_equal(wrong, 0);
}

static uint64_t digest_of(uint64_t seed)
{
	struct run_conf c = conf_of(LAYOUT_GRID, 8, "storm", seed);
	struct run *r = open_run(&c);
	uint64_t digest;

	while (run_second(r))
		continue;
	digest = world_digest(r->world);
	run_free(r);
	return digest;
}

static void one_seed_one_digest(void **state)
{
	(void)state;
	assert_true(digest_of(4) == digest_of(4));
	assert_true(digest_of(4) != digest_of(5));
}

/* ---- each check sees its fault: the town's hosts are made to be wrong ---- */

static struct kernel *kernel(struct run *r, unsigned node)
{
	return &r->world->place[node]->kernel;
}

static void make_circle(struct run *r)
{
	unsigned a = r->pair[0].a, b = r->pair[0].b, c = 0;

	while (c == a || c == b)
		c++;
	kernel(r, a)->via[b] = (uint16_t)c;
	kernel(r, c)->via[b] = (uint16_t)a;
}

static void make_hole(struct run *r)
{
	kernel(r, r->pair[0].a)->via[r->pair[0].b] = WORLD_NOWHERE;
}

static void make_old_number(struct run *r)
{
	r->pair[0].desc_sqn += 1000;
}

static void make_twins(struct run *r)
{
	struct client *c = r->world->client[0];

	c->turn++; /* it does not ask */
	c->until = NEVER;
	c->ip = r->world->client[1]->ip;
}

static void make_limit(struct run *r)
{
	world_node_at(r->world, 3)->conf.network.nodes_max = 2;
}

static void make_other_cloud(struct run *r)
{
	uint32_t *a = &r->cloud_node[0], *b = &r->cloud_node[r->cloud_first[1]];
	uint32_t first = *a;

	if (r->calm && r->layout.node[*a].cloud == 0) {
		*a = *b;
		*b = first;
	}
}

static void make_circled(struct run *r)
{
	r->world->place[2]->traffic[0].circled++;
}

static void make_no_address(struct run *r)
{
	struct client *c = r->world->client[1];

	c->turn++; /* it does not ask again */
	c->until = NEVER;
	c->ip = 0;
}

static void make_memory(struct run *r)
{
	r->memory_before = 1;
}

static void make_bytes(struct run *r)
{
	r->world->place[2]->traffic[0].bytes += 100000;
}

static void make_loop(struct run *r)
{
	r->world->internet.circled++;
}

/* Who has no uplink has no tunnel either. */
static void make_dark(struct run *r)
{
	for (unsigned i = 0; i < r->layout.nodes; i++) {
		struct tunnel_kernel *k = &r->world->place[i]->tunnels;

		for (unsigned n = 0; n < k->routes; n++)
			k->route[n].lost = true;
	}
}

static void make_liars(struct run *r)
{
	for (unsigned i = 0; i < r->layout.nodes; i++)
		if (r->uplink[i].kind == WORLD_UPLINK_WORKS)
			r->world->place[i]->uplink.kind = WORLD_UPLINK_LIES;
}

/* Each second another gateway is the one that is used. */
static void make_flaps(struct run *r)
{
	struct tunnel_kernel *k = &r->world->place[r->exit[0].node]->tunnels;

	for (unsigned n = 0; n < k->routes; n++) {
		struct tunnel_route *route = &k->route[n];

		if (route->key.table == STEER_TUNNELS && !route->lost && k->outs > 1)
			route->to = k->out[world_now(r->world).us / 1000000 % 2].to;
	}
}

static void make_split(struct run *r)
{
	r->split.client = 0;
}

static void make_flood(struct run *r)
{
	r->world->place[2]->traffic[0].bcast_frames += 100000;
}

/* A node takes what another client has for the right of a third. */
static void make_two_rights(struct run *r)
{
	struct leases *l = world_node_at(r->world, 0)->leases;
	struct entry *first = NULL;

	list_each (e, &l->entries, struct entry, all) {
		if (e->ended || e->holder.loser)
			continue;
		if (first)
			e->holder.ip = first->holder.ip;
		else
			first = e;
	}
}

/* All nodes take all slices for their own. */
static void make_one_slice(struct run *r)
{
	for (unsigned i = 0; i < r->layout.nodes; i++) {
		struct leases *l = world_node_at(r->world, i)->leases;

		for (uint32_t k = 0; k < l->slices.count; k++)
			l->slices.at[k].ours = l->slices.at[k].usable = true;
	}
}

static void make_long_walk(struct run *r)
{
	r->walk_gap = span_s(9);
}

static void make_ask(struct run *r)
{
	r->world->place[2]->traffic[0].tt_requests++;
}

static void make_damage(struct run *r)
{
	r->world->client[1]->inbox.damaged++;
}

static void make_repeat(struct run *r)
{
	r->world->client[1]->inbox.repeats++;
}

static void make_too_big(struct run *r)
{
	r->world->place[2]->traffic[0].too_big++;
}

static void make_anycast_leave(struct run *r)
{
	for (unsigned i = 0; i < r->layout.nodes; i++)
		world_node_at(r->world, i)->l2.conf.anycast.on = false;
}

static void make_deaf(struct run *r)
{
	list_del(&r->world->client[1]->here);
	list_init(&r->world->client[1]->here);
}

static void checks_see(void **state)
{
	enum { CHECKS_EACH = 5 };
	static const struct {
		void (*make)(struct run *r); /* each second, from the calm on */
		const char *check[CHECKS_EACH];
	} rows[] = {
		{make_circle, {"ways-last", "ways"}},
		{make_hole, {"ways-last", "ways"}},
		{make_old_number, {"numbers-grow"}},
		{make_twins, {"no-twins", "leases-agree"}},
		{make_limit, {"limits"}},
		{make_other_cloud,
		 {"cloud-routes", "tables-agree", "clients-known", "leases-agree", "pins-agree"}},
		{make_circled, {"no-circles"}},
		{make_no_address, {"addresses"}},
		{make_loop, {"no-gateway-loop"}},
		{make_dark, {"internet-lasts", "exits"}},
		{make_liars, {"offers"}},
		{make_flood, {"floods"}},
		{make_flaps, {"gateways-steady"}},
		{make_split, {"one-exit"}},
		{make_two_rights, {"one-right"}},
		{make_one_slice, {"slices-apart"}},
		{make_long_walk, {"walks-short"}},
		{make_ask, {"tables-told"}},
		{make_damage, {"frames-whole"}},
		{make_too_big, {"frames-fit"}},
		{make_repeat, {"no-repeats"}},
		{make_anycast_leave, {"anycast-stays"}},
		{make_deaf, {"frames-arrive"}},
		{make_memory, {"memory-returns"}},
		{make_bytes, {"bytes"}},
	};
	bool seen[RUN_CHECKS_MAX] = {false};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run_conf c = conf_of(LAYOUT_GRID, 8, "none", 3);
		struct run *r;
		bool goes_on = true;

		c.clouds = c.uplinks = 2;
		if (rows[i].make == make_hole)
			c.time = span_s(360); /* it may last a while */
		r = open_run(&c);
		while (goes_on) {
			goes_on = run_second(r);
			if (r->calm)
				rows[i].make(r);
		}
		for (unsigned k = 0; k < CHECKS_EACH && rows[i].check[k]; k++) {
			bool told = false;

			for (unsigned v = 0; v < r->violations && v < RUN_VIOLATIONS; v++)
				told |= strcmp(r->violation[v].check->name, rows[i].check[k]) == 0;
			if (!told)
				fail_msg("fault %zu: %s does not see it", i, rows[i].check[k]);
			seen[check_find(rows[i].check[k]) - check_at(0)] = true;
		}
		run_free(r);
	}
	for (unsigned i = 0; check_at(i); i++)
		if (!seen[i])
			fail_msg("nothing shows that %s can see anything", check_at(i)->name);
}

/* ---- layouts ---- */

static void layouts_are_connected(void **state)
{
	(void)state;
	for (unsigned shape = 0; shape < LAYOUT_FILE; shape++) {
		for (unsigned nodes = 1; nodes <= 400; nodes = nodes * 3 + 1) {
			struct layout l;
			struct prng prng;
			unsigned *root = world_alloc(nodes * sizeof(*root)), left = nodes;
			bool *used = world_alloc(LAYOUT_CLOUDS_MAX * sizeof(*used));

			prng_seed(&prng, shape);
			layout_make(&l, (enum layout_shape)shape, nodes, 5, &prng);
			layout_divide(&l, 7);
			assert_int_equal(l.nodes, nodes);
			assert_int_equal(l.clouds, nodes < 7 ? nodes : 7);
			for (unsigned i = 0; i < nodes; i++) {
				root[i] = i;
				used[l.node[i].cloud] = true;
			}
			for (unsigned i = 0; i < l.clouds; i++)
				assert_true(used[i]);
			/* Who is left when links within clouds have made one of two: a root of each
			 * cloud. */
			for (unsigned i = 0; i < l.links; i++) {
				unsigned a = l.link[i].a, b = l.link[i].b;

				assert_true(a < b && b < nodes);
				if (l.node[a].cloud != l.node[b].cloud)
					continue;
				while (root[a] != a)
					a = root[a];
				while (root[b] != b)
					b = root[b];
				left -= a != b;
				root[a] = b;
			}
			assert_int_equal(left, l.clouds);
			layout_fini(&l);
			free(root);
			free(used);
		}
	}
}

static void files_are_read(void **state)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{"{\"type\":\"NetworkGraph\",\"nodes\":[{\"id\":\"a\",\"label\":\"Anna\"},"
		 "{\"id\":\"b\"},{\"id\":\"c\"}],\"links\":[{\"source\":\"b\",\"target\":\"a\","
		 "\"cost\":1.25},{\"source\":\"a\",\"target\":\"b\",\"cost\":1.25},"
		 "{\"source\":\"b\",\"target\":\"c\",\"cost\":1}]}",
		 NULL},
		{"{\"type\":\"NetworkRoutes\"}", "NetworkGraph"},
		{"[]", "NetworkGraph"},
		{"{", "1"},
		{"{\"type\":\"NetworkGraph\",\"nodes\":[]}", "has 0 nodes"},
		{"{\"type\":\"NetworkGraph\",\"nodes\":[{\"name\":\"a\"}]}", "no \"id\""},
		{"{\"type\":\"NetworkGraph\",\"nodes\":[{\"id\":\"a\"},{\"id\":\"a\"}]}", "twice"},
		{"{\"type\":\"NetworkGraph\",\"nodes\":[{\"id\":\"a\"}],\"links\":[{\"source\":"
		 "\"a\",\"target\":\"z\"}]}",
		 "link 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[] = "/tmp/nuvol-netjson-XXXXXX", fault[LAYOUT_FAULT_ROOM];
		FILE *f = fdopen(mkstemp(path), "w");
		struct layout l;

		assert_non_null(f);
		fputs(rows[i].text, f);
		fclose(f);
		bool good = layout_read(&l, path, fault);
		remove(path);
		assert_int_equal(good, rows[i].fault == NULL);
		if (!good) {
			assert_non_null(strstr(fault, rows[i].fault));
			continue;
		}
		assert_int_equal(l.nodes, 3);
		assert_int_equal(l.links, 2);
		assert_string_equal(l.node[0].name, "Anna");
		assert_int_equal(l.link[0].loss, WORLD_LOSS_ALL / 10 + 1); /* a fifth both ways */
		assert_int_equal(l.link[1].loss, 0);
		layout_fini(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts_are_connected), cmocka_unit_test(files_are_read),
		cmocka_unit_test(one_seed_one_digest),	 cmocka_unit_test(checks_see),
		cmocka_unit_test(towns_stay_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
