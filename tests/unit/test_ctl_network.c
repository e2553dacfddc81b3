/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves: what is told of the network of all clouds is what its engine knows: nodes, links, routes
 * and why they are so; a node is found by name, id and address; a node that is not in the network
 * says what to do. */
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "ctl/network.h"
#include "ctl_lab.h"
#include "ctl_read.h"
#include "network_town.h"

static struct lab *lab;
static struct network_town *town;
static struct asker *asker;

static int setup_off(void **state)
{
	(void)state;
	lab = calloc(1, sizeof(*lab));
	lab_init(lab, 1, false);
	asker = lab_asker(lab, false);
	return 0;
}

static int setup(void **state)
{
	setup_off(state);
	town = calloc(1, sizeof(*town));
	network_town_init(town, lab);
	return 0;
}

static int teardown_off(void **state)
{
	(void)state;
	lab_fini(lab);
	free(lab);
	return 0;
}

static int teardown(void **state)
{
	network_town_fini(town);
	free(town);
	return teardown_off(state);
}

static json_t *list_ask(const char *method, const char *params, const char *list)
{
	return json_object_get(lab_ask(lab, asker, method, params), list);
}

static json_t *by_name(const json_t *list, const char *key, const char *name)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o) if (strcmp(text(o, key), name) == 0) return o;
	fail_msg("%s %s is not in the list", key, name);
	return NULL;
}

static const char *id_text(unsigned node)
{
	static char id[NETWORK_TOWN_NODES][DIGEST_TEXT];
	struct digest d = network_town_id(town, node);

	return digest_print(&d, id[node]);
}

static bool is_null(const json_t *o, const char *key)
{
	return json_is_null(json_object_get(o, key));
}

/* ---- lists ---- */

static void test_network(void **state)
{
	json_t *o = lab_ask(lab, asker, "network", NULL);
	json_t *s = json_object_get(lab_ask(lab, asker, "status", NULL), "network");
	char address[IPV6_TEXT];

	(void)state;
	assert_string_equal(text(o, "state"), "running");
	assert_string_equal(text(o, "id"), id_text(0));
	assert_string_equal(text(o, "primary"), ipv6_print(town->town.place[0]->primary, address));
	assert_int_equal(number(o, "nodes"), 4);
	assert_int_equal(number(o, "nodes_routed"), 4);
	assert_int_equal(number(o, "nodes_blocked"), 0);
	assert_int_equal(number(o, "nodes_unknown"), 0);
	assert_int_equal(number(o, "neighbours"), 2);
	assert_int_equal(number(o, "links"), 2);
	assert_int_equal(number(o, "networks"), 5);
	assert_true(number(o, "memory_bytes") > 0);
	assert_true(number(json_object_get(o, "counters"), "rx_verified") > 0);
	assert_int_equal(number(json_object_get(o, "dropped"), "malformed"), 0);
	assert_true(is_null(o, "host"));
	json_object_del(o, "host");
	assert_true(json_equal(o, s));
}

static void test_nodes(void **state)
{
	json_t *list = list_ask("nodes", NULL, "network"), *o;
	char address[IPV6_TEXT];

	(void)state;
	assert_int_equal(json_array_size(list), 4);
	o = by_name(list, "name", "node-1");
	assert_string_equal(text(o, "id"), id_text(1));
	assert_string_equal(text(o, "primary"), ipv6_print(town->town.place[1]->primary, address));
	assert_string_equal(text(o, "state"), "described");
	assert_true(flag(o, "neighbour"));
	assert_string_equal(text(o, "next_hop"), id_text(1));
	assert_string_equal(text(o, "next_hop_name"), "node-1");
	assert_string_equal(text(o, "port"), "mesh0_18");
	assert_int_equal(number(o, "hops"), 1);
	assert_in_range(number(o, "described_ms"), 1, 16000);
	o = by_name(list, "name", "node-4");
	assert_false(flag(o, "neighbour"));
	assert_int_equal(number(o, "hops"), 3);
	assert_int_equal(number(o, "candidates"), 2);
	assert_true(number(o, "metric_bps") > 1000000);
	assert_true(number(o, "description") > 0 && number(o, "ogm") > 0);
	assert_true(strcmp(text(o, "next_hop_name"), "node-1") == 0 ||
		    strcmp(text(o, "next_hop_name"), "node-2") == 0);
	assert_memory_equal(text(o, "via"), "fe80::", 6);
}

/* Each list can be asked for alone; both have members, null for what was not asked for. */
static void test_lists_alone(void **state)
{
	(void)state;
	for (const char *const *m = (const char *const[]){"nodes", "neighbours", NULL}; *m; m++) {
		assert_true(json_is_array(list_ask(*m, NULL, *m)));
		assert_true(json_is_array(list_ask(*m, NULL, "network")));
		assert_true(json_is_array(list_ask(*m, "{'of':'cloud'}", *m)));
		assert_true(json_is_null(list_ask(*m, "{'of':'cloud'}", "network")));
		assert_true(json_is_null(list_ask(*m, "{'of':'network'}", *m)));
		assert_true(json_is_array(list_ask(*m, "{'of':'network'}", "network")));
	}
}

static void test_neighbours(void **state)
{
	json_t *list = list_ask("neighbours", "{'of':'network'}", "network"), *o;

	(void)state;
	assert_int_equal(json_array_size(list), 2);
	o = by_name(list, "name", "node-2");
	assert_string_equal(text(o, "id"), id_text(2));
	assert_string_equal(text(o, "port"), "mesh1_18");
	assert_string_equal(text(o, "link_local"), "fe80::2:1");
	assert_int_equal(number(o, "device"), 1);
	assert_true(number(o, "rq") > 240 && number(o, "tq") > 240);
	assert_true(flag(o, "usable"));
	assert_false(flag(o, "doubted"));
	assert_true(number(o, "rate_bps") > 0);
	assert_in_range(number(o, "last_heard_ms"), 0, 2000);
}

static void test_routes(void **state)
{
	json_t *list = list_ask("routes", NULL, "routes"), *o;
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(list), 5);
	json_array_foreach(list, i, o)
	{
		assert_true(number(o, "metric_bps") > 0);
		assert_in_range(number(o, "age_ms"), 0, 16000);
	}
	o = by_name(list, "network", NETWORK_TOWN_ADDRESS "/128");
	assert_string_equal(text(o, "name"), "node-4");
	assert_string_equal(text(o, "id"), id_text(4));
	assert_int_equal(number(o, "hops"), 3);
	assert_string_equal(text(by_name(list, "name", "node-2"), "port"), "mesh1_18");
}

/* ---- why ---- */

static json_t *why(const char *to)
{
	char params[200];

	snprintf(params, sizeof(params), "{'what':'route','to':'%s'}", to);
	return lab_ask(lab, asker, "why", params);
}

/* All of these mean node 4. */
static void test_found(void **state)
{
	char part[NETWORK_ID_DIGITS_MIN + 1], primary[IPV6_TEXT], params[100];
	const char *const words[] = {
		"node-4",
		"NODE-4",
		id_text(4),
		part,
		primary,
		NETWORK_TOWN_ADDRESS,
		NETWORK_TOWN_ADDRESS "/128",
	};

	(void)state;
	snprintf(part, sizeof(part), "%s", id_text(4));
	ipv6_print(town->town.place[4]->primary, primary);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_string_equal(text(why(words[i]), "id"), id_text(4));
		snprintf(params, sizeof(params), "{'node':'%s'}", words[i]);
		assert_string_equal(text(list_ask("node", params, "node"), "name"), "node-4");
	}
}

static void test_not_found(void **state)
{
	char own_part[NETWORK_ID_DIGITS_MIN + 1], own[IPV6_TEXT];
	const struct {
		const char *to, *code;
	} cases[] = {
		{"node-9", "unknown-node"},
		{"0123456789", "unknown-node"},
		{"10.0.0", "unknown-node"},
		{"%s%n", "unknown-node"},
		{lab->nodes[0].plan.hostname, "own-node"},
		{own, "own-node"},
		{own_part, "own-node"},
		{id_text(0), "own-node"},
	};

	(void)state;
	snprintf(own_part, sizeof(own_part), "%s", id_text(0));
	ipv6_print(town->town.place[0]->primary, own);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(text(why(cases[i].to), "code"), cases[i].code);
	assert_string_equal(text(lab_ask(lab, asker, "why", "{'what':'route'}"), "code"),
			    "missing-parameter");
	assert_string_equal(text(lab_ask(lab, asker, "node", NULL), "code"), "missing-parameter");
}

/* A name is whoever's wants it: two nodes with the same are told apart by their ids. */
static void test_ambiguous(void **state)
{
	struct l3_town *t = &town->town;

	(void)state;
	strcpy(t->conf.hostname, "twin");
	for (uint16_t i = 3; i <= 4; i++) {
		l3_town_kill(t, i);
		l3_town_start(t, i);
	}
	network_town_run(town, span_s(15));
	assert_string_equal(text(why("twin"), "code"), "ambiguous");
	assert_non_null(strstr(text(why("twin"), "message"), "2 nodes are called twin"));
	assert_string_equal(text(why(id_text(3)), "name"), "twin");
}

static void test_why(void **state)
{
	json_t *o = why("node-3"), *list = json_object_get(o, "candidates"), *c;
	const char *other = strstr(text(o, "text"), "by node-1") ? "node-2" : "node-1";

	(void)state;
	assert_string_equal(text(o, "what"), "route");
	assert_non_null(strstr(text(o, "text"), "packets for node node-3 leave by node-"));
	assert_non_null(strstr(text(o, "text"), "_18 (2 hops)"));
	assert_int_equal(json_array_size(list), 2);
	c = json_array_get(list, 0);
	assert_true(flag(c, "chosen"));
	assert_string_equal(text(c, "excluded"), "chosen");
	assert_true(number(c, "claimed_bps") >= number(c, "metric_bps"));
	assert_true(number(c, "metric_bps") > 0);
	assert_int_equal(number(c, "hops"), 2);
	assert_in_range(number(c, "age_ms"), 0, 16000);
	c = json_array_get(list, 1);
	assert_string_equal(text(c, "next_hop_name"), other);
	assert_false(flag(c, "chosen"));
	assert_string_not_equal(text(c, "excluded"), "chosen");
	o = why("node-1");
	assert_non_null(strstr(text(o, "text"), "leave directly on mesh0_18 (1 hop)"));
}

/* A link falls silent: the way goes round, and a way straight back is told as excluded. */
static void test_why_silent(void **state)
{
	json_t *o, *c;

	(void)state;
	l3_town_cut(&town->town, town->near, false);
	network_town_run(town, span_s(5));
	o = why("node-1");
	assert_non_null(strstr(text(o, "text"), "by node-2 on mesh1_18 (3 hops)"));
	c = by_name(json_object_get(o, "candidates"), "next_hop_name", "node-1");
	assert_string_equal(text(c, "excluded"), "infeasible");
	assert_string_equal(text(c, "reason"), exclusion_words(L3_INFEASIBLE));
	o = by_name(list_ask("neighbours", NULL, "network"), "name", "node-1");
	assert_true(flag(o, "doubted"));
}

static void test_no_way(void **state)
{
	json_t *o;

	(void)state;
	l3_town_cut(&town->town, town->near, true);
	l3_town_cut(&town->town, town->far, true);
	network_town_run(town, span_s(1));
	o = why("node-4");
	assert_non_null(strstr(text(o, "text"), "no packet reaches node node-4: "));
	assert_int_equal(json_array_size(list_ask("routes", NULL, "routes")), 0);
	o = by_name(list_ask("nodes", NULL, "network"), "name", "node-4");
	assert_true(is_null(o, "next_hop") && is_null(o, "via") && is_null(o, "port"));
	assert_int_equal(number(o, "metric_bps"), 0);
}

static void test_exclusions_have_words(void **state)
{
	(void)state;
	for (int e = L3_CHOSEN; e <= L3_WAITING; e++) {
		assert_string_not_equal(exclusion_words((enum l3_exclusion)e), "?");
		assert_string_not_equal(l3_exclusion_name((enum l3_exclusion)e), "?");
		for (int other = L3_CHOSEN; other < e; other++)
			assert_string_not_equal(exclusion_words((enum l3_exclusion)e),
						exclusion_words((enum l3_exclusion)other));
	}
}

static void test_node(void **state)
{
	json_t *o = lab_ask(lab, asker, "node", "{'node':'node-3'}"), *k;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(o, "networks")), 1);
	assert_int_equal(json_array_size(json_object_get(o, "links")), 0);
	assert_int_equal(json_array_size(json_object_get(o, "candidates")), 2);
	assert_int_equal(json_array_size(json_object_get(o, "published")), 2);
	k = by_name(json_object_get(o, "published"), "name", "node-4");
	assert_int_equal(number(k, "tq"), 250);
	assert_in_range(number(k, "tx_bps"), 90000000, 100000000);
	assert_in_range(number(k, "rx_bps"), 45000000, 50000000);
	o = lab_ask(lab, asker, "node", "{'node':'node-1'}");
	assert_int_equal(json_array_size(json_object_get(o, "links")), 1);
	o = lab_ask(lab, asker, "node", "{'node':'node-4'}");
	assert_int_equal(json_array_size(json_object_get(o, "networks")), 2);
}

/* ---- NetJSON ---- */

static void head_check(const json_t *o, const char *type)
{
	assert_string_equal(text(o, "type"), type);
	assert_string_equal(text(o, "protocol"), "bmx7");
	assert_string_equal(text(o, "version"), "21");
	assert_string_equal(text(o, "metric"), "ns/bit");
	assert_string_equal(text(o, "router_id"), id_text(0));
}

static const json_t *edge(const json_t *edges, unsigned from, unsigned to)
{
	const json_t *o;
	size_t i;

	json_array_foreach(edges, i, o) if (strcmp(text(o, "source"), id_text(from)) == 0 &&
					    strcmp(text(o, "target"), id_text(to)) == 0) return o;
	fail_msg("no link from %u to %u", from, to);
	return NULL;
}

static const char *kind_of(const json_t *o)
{
	return text(json_object_get(o, "properties"), "kind");
}

static void test_graph(void **state)
{
	json_t *o = lab_ask(lab, asker, "topology", NULL), *one;
	json_t *vertices = json_object_get(o, "nodes"), *edges = json_object_get(o, "links");
	size_t i;

	(void)state;
	head_check(o, "NetworkGraph");
	assert_int_equal(json_array_size(vertices), NETWORK_TOWN_NODES);
	one = by_name(vertices, "id", id_text(4));
	assert_string_equal(text(one, "label"), "node-4");
	assert_int_equal(json_array_size(json_object_get(one, "local_addresses")), 1);
	by_name(vertices, "id", id_text(0));
	json_array_foreach(edges, i, one)
	{
		by_name(vertices, "id", text(one, "source"));
		by_name(vertices, "id", text(one, "target"));
		assert_true(json_real_value(json_object_get(one, "cost")) > 0);
	}
	assert_string_equal(kind_of(edge(edges, 0, 1)), "link");
	assert_string_equal(kind_of(edge(edges, 0, 2)), "link");
	assert_string_equal(kind_of(edge(edges, 3, 1)), "published");
	assert_string_equal(kind_of(edge(edges, 3, 4)), "published");
	/* 250 of 255 of 96 Mbit/s, as a byte has it */
	one = json_object_get(edge(edges, 3, 4), "cost");
	assert_true(json_real_value(one) > 10 && json_real_value(one) < 11.5);
	for (i = 0; i < 5 && strcmp(kind_of(json_array_get(edges, i)), "path") != 0; i++)
		continue;
	one = json_object_get(json_array_get(edges, i), "properties");
	assert_in_range(number(one, "hops"), 1, 2);
	/* two links, two published, the ways to 3 and 4 */
	assert_int_equal(json_array_size(edges), 6);
	assert_true(json_equal(o, lab_ask(lab, asker, "topology", "{'as':'graph'}")));
}

static void test_netjson_routes(void **state)
{
	json_t *o = lab_ask(lab, asker, "topology", "{'as':'routes'}"), *r;
	json_t *list = json_object_get(o, "routes");

	(void)state;
	head_check(o, "NetworkRoutes");
	assert_int_equal(json_array_size(list), 5);
	r = by_name(list, "destination", NETWORK_TOWN_ADDRESS "/128");
	assert_memory_equal(text(r, "next"), "fe80::", 6);
	assert_non_null(strstr(text(r, "device"), "_18"));
	assert_true(json_real_value(json_object_get(r, "cost")) > 0);
}

/* ---- not in the network ---- */

static void refused(const char *code, const char *words)
{
	static const char *const questions[][2] = {
		{"nodes", "{'of':'network'}"},
		{"neighbours", "{'of':'network'}"},
		{"routes", NULL},
		{"node", "{'node':'anna'}"},
		{"why", "{'what':'route','to':'anna'}"},
		{"topology", NULL},
		{"topology", "{'as':'routes'}"},
	};

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		json_t *o = lab_ask(lab, asker, questions[i][0], questions[i][1]);

		assert_string_equal(text(o, "code"), code);
		assert_non_null(strstr(text(o, "message"), words));
	}
	assert_true(json_is_null(list_ask("nodes", NULL, "network")));
	assert_true(json_is_array(list_ask("nodes", NULL, "nodes")));
}

static void test_off(void **state)
{
	json_t *o = lab_ask(lab, asker, "network", NULL);

	(void)state;
	assert_string_equal(text(o, "state"), "off");
	refused("network-off", "list bmx7:18 among the protocols");
	lab->nodes[0].conf.plan.network = true;
	o = lab_ask(lab, asker, "network", NULL);
	assert_string_equal(text(o, "state"), "starting");
	refused("network-starting", "the node's key is being made");
}

#define NETWORK(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETWORK(test_network),
		NETWORK(test_nodes),
		NETWORK(test_lists_alone),
		NETWORK(test_neighbours),
		NETWORK(test_routes),
		NETWORK(test_found),
		NETWORK(test_not_found),
		NETWORK(test_ambiguous),
		NETWORK(test_why),
		NETWORK(test_why_silent),
		NETWORK(test_no_way),
		NETWORK(test_node),
		NETWORK(test_graph),
		NETWORK(test_netjson_routes),
		cmocka_unit_test(test_exclusions_have_words),
		cmocka_unit_test_setup_teardown(test_off, setup_off, teardown_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
