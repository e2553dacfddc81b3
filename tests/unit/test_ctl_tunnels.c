/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves: what is told of tunnels is what the node decided: its own end, the tunnels to gateways
 * and the routes into them; and why an address outside is reached as it is: which search takes
 * which offers, what excludes the others, and that the way leads to the gateway's node. */
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "ctl/tunnels.h"
#include "ctl_lab.h"
#include "ctl_read.h"
#include "network_town.h"

static struct lab *lab;
static struct network_town *town;
static struct asker *asker;

static int setup(void **state)
{
	(void)state;
	lab = calloc(1, sizeof(*lab));
	lab_init(lab, 1, false);
	asker = lab_asker(lab, false);
	town = calloc(1, sizeof(*town));
	network_town_init(town, lab);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	network_town_fini(town);
	free(town);
	lab_fini(lab);
	free(lab);
	return 0;
}

static json_t *list_of(json_t *o, const char *key)
{
	json_t *list = json_object_get(o, key);

	assert_true(json_is_array(list));
	return list;
}

/* Of why gateway. */
static json_t *gateways_of(json_t *o)
{
	return list_of(o, "gateways");
}

/* The only one, or NULL. */
static json_t *by(const json_t *list, const char *key, const char *value)
{
	json_t *o, *found = NULL;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (strcmp(text(o, key), value) != 0)
			continue;
		assert_null(found);
		found = o;
	}
	return found;
}

static bool is_null(const json_t *o, const char *key)
{
	return json_is_null(json_object_get(o, key));
}

static bool has(const json_t *o, const char *key, const char *words)
{
	return strstr(text(o, key), words) != NULL;
}

/* ---- lists ---- */

static void test_tunnels(void **state)
{
	json_t *o = lab_ask(lab, asker, "tunnels", NULL), *out, *s;
	struct ipv6 primary = town->town.place[0]->primary;
	char address[IPV6_TEXT];

	(void)state;
	assert_string_equal(text(o, "state"), "on");
	assert_string_equal(text(json_object_get(o, "end"), "primary"),
			    ipv6_print(primary, address));
	primary.b[1]++;
	assert_string_equal(text(json_object_get(o, "end"), "dummy"), ipv6_print(primary, address));
	assert_string_equal(text(json_object_get(o, "end"), "ipv4"), "10.35.1.0");
	assert_int_equal(json_array_size(list_of(o, "offers")), 2);
	assert_string_equal(text(json_array_get(list_of(o, "offers"), 0), "network"),
			    "10.35.0.0/16");
	/* Node 1 is nearer for both networks of the cloud; only node 3 has the Internet. */
	assert_int_equal(json_array_size(list_of(o, "out")), 2);
	out = by(list_of(o, "out"), "name", "node-1");
	assert_non_null(out);
	assert_int_equal(json_array_size(list_of(out, "networks")), 2);
	assert_int_equal(number(out, "hops"), 1);
	out = by(list_of(o, "out"), "name", "node-3");
	assert_int_equal(json_array_size(list_of(out, "networks")), 1);
	assert_string_equal(json_string_value(json_array_get(list_of(out, "networks"), 0)),
			    "0.0.0.0/0");
	assert_int_equal(number(out, "hops"), 2);
	assert_in_range(number(out, "since_ms"), 1, 16000);
	assert_int_equal(json_array_size(list_of(o, "searches")), 6);
	s = by(list_of(o, "searches"), "search", "clouds");
	assert_int_equal(number(s, "offers"), 2);
	assert_int_equal(number(s, "chosen"), 1);
	s = by(list_of(o, "searches"), "search", "inet6");
	assert_string_equal(text(s, "network"), "::/0");
	assert_int_equal(number(s, "offers"), 0);
	assert_true(is_null(s, "only_name") && is_null(s, "only_id"));
	assert_true(number(json_object_get(o, "counters"), "changes") >= 3);
	assert_int_equal(number(json_object_get(o, "counters"), "ends_refused"), 0);
	assert_true(number(o, "memory_bytes") > 0);
	o = json_object_get(lab_ask(lab, asker, "status", NULL), "tunnels");
	assert_string_equal(text(o, "state"), "on");
	assert_int_equal(number(o, "offers"), 2);
	assert_int_equal(number(o, "out"), 2);
	assert_int_equal(number(o, "routes"), 3);
}

static void test_routes(void **state)
{
	json_t *o = lab_ask(lab, asker, "routes", NULL), *r;

	(void)state;
	assert_int_equal(json_array_size(list_of(o, "routes")), 5);
	assert_int_equal(json_array_size(list_of(o, "tunnels")), 3);
	r = by(list_of(o, "tunnels"), "network", NETWORK_TOWN_CLOUD4);
	assert_string_equal(text(r, "name"), "node-1");
	assert_string_equal(text(r, "search"), "clouds");
	assert_string_equal(text(r, "port"), "mesh0_18");
	assert_true(number(r, "metric_bps") > 0);
	/* Its bandwidth is the most there is, so the path counts, and it is in use. */
	assert_true(number(r, "worth_bps") >= number(r, "metric_bps") * 9 / 10);
	assert_int_equal(number(r, "table"), 254);
	assert_int_equal(number(r, "ip_metric"), 1024);
	r = by(list_of(o, "tunnels"), "network", "0.0.0.0/0");
	assert_string_equal(text(r, "search"), "inet4");
	assert_int_equal(number(r, "table"), 72);
	assert_in_range(number(r, "bandwidth_bps"), 9000000, 10000000);
}

/* Dummy addresses and what is behind tunnels are no routes of the network. */
static void test_topology(void **state)
{
	json_t *o = lab_ask(lab, asker, "topology", "{'as':'routes'}");

	(void)state;
	assert_int_equal(json_array_size(list_of(o, "routes")), 5);
	o = lab_ask(lab, asker, "topology", NULL);
	assert_int_equal(json_array_size(list_of(o, "nodes")), NETWORK_TOWN_NODES);
	assert_int_equal(json_array_size(list_of(o, "links")), 6);
}

static void test_node(void **state)
{
	json_t *o = lab_ask(lab, asker, "node", "{'node':'node-3'}");

	(void)state;
	assert_int_equal(json_array_size(list_of(o, "networks")), 1);
	assert_int_equal(json_array_size(list_of(o, "offers")), 3);
	assert_non_null(by(list_of(o, "offers"), "network", NETWORK_TOWN_ODD));
	assert_int_equal(json_array_size(list_of(o, "tunnels")), 1);
	o = lab_ask(lab, asker, "node", "{'node':'node-4'}");
	assert_int_equal(json_array_size(list_of(o, "offers")), 0);
	assert_int_equal(json_array_size(list_of(o, "tunnels")), 0);
}

/* ---- why ---- */

static json_t *why(const char *to)
{
	char params[200];

	snprintf(params, sizeof(params), "{'what':'route','to':'%s'}", to);
	return lab_ask(lab, asker, "why", params);
}

static json_t *gateways(json_t *o)
{
	return list_of(json_object_get(o, "tunnel"), "gateways");
}

static void test_why(void **state)
{
	json_t *o = why("10.20.3.4"), *g;

	(void)state;
	assert_string_equal(text(o, "what"), "route");
	assert_string_equal(text(o, "name"), "node-1");
	assert_string_equal(text(json_object_get(o, "tunnel"), "network"), NETWORK_TOWN_CLOUD4);
	assert_true(has(o, "text",
			"packets for 10.20.3.4 (10.20.0.0/16) go through the tunnel to "
			"node node-1, and leave directly on mesh0_18"));
	assert_true(json_array_size(list_of(o, "candidates")) > 0);
	/* Two offer the cloud, and one the Internet. */
	assert_int_equal(json_array_size(gateways(o)), 3);
	g = json_array_get(gateways(o), 0);
	assert_string_equal(text(g, "name"), "node-1");
	assert_true(flag(g, "chosen"));
	assert_string_equal(text(g, "reason"), "chosen: worth the most");
	g = by(gateways(o), "excluded", "worse");
	assert_string_equal(text(g, "name"), "node-3");
	assert_string_equal(text(g, "search"), "clouds");
	assert_true(number(g, "worth_bps") > 0);
	g = by(gateways(o), "excluded", "other-route");
	assert_string_equal(text(g, "network"), "0.0.0.0/0");
	assert_true(has(g, "reason", "longer network"));
	/* A prefix and IPv6 alike. */
	assert_string_equal(text(why(NETWORK_TOWN_CLOUD4), "name"), "node-1");
	o = why("fd20:1:2:3::77");
	assert_string_equal(text(o, "name"), "node-1");
	assert_string_equal(text(json_array_get(gateways(o), 0), "reason"),
			    "chosen: the only one that works");
	o = why("192.0.2.1");
	assert_string_equal(text(o, "name"), "node-3");
	assert_string_equal(text(json_object_get(o, "tunnel"), "network"), "0.0.0.0/0");
}

static void test_why_not(void **state)
{
	static const struct {
		const char *to, *says;
	} cases[] = {
		{"fd21::1", "no node offers a network with it"},
		{"10.35.7.7", "of this cloud"},
		{"fd70::1", "no node offers a network with it"},
		{"127.0.0.1", "of a host or link itself"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *o = why(cases[i].to);

		assert_true(has(o, "text", "no tunnel leads to "));
		assert_true(has(o, "text", cases[i].says));
		assert_true(is_null(o, "name") && is_null(o, "id"));
		assert_true(is_null(json_object_get(o, "tunnel"), "network"));
		assert_int_equal(json_array_size(list_of(o, "candidates")), 0);
	}
}

/* An offer that no search takes is told with the search that came nearest. */
static void test_why_unsearched(void **state)
{
	json_t *o = why("192.168.7.1"), *g;

	(void)state;
	/* It is of the Internet as well. */
	assert_string_equal(text(json_object_get(o, "tunnel"), "network"), "0.0.0.0/0");
	g = by(gateways(o), "network", NETWORK_TOWN_ODD);
	assert_string_equal(text(g, "excluded"), "apart");
	assert_true(has(g, "reason", "config tunOut"));
}

/* The gateway in use is lost: the other one takes over. Without any, none is usable. */
static void test_why_lost(void **state)
{
	json_t *o;

	(void)state;
	l3_town_kill(&town->town, 1);
	network_town_run(town, span_s(15));
	o = why("10.20.3.4");
	assert_string_equal(text(o, "name"), "node-3");
	l3_town_cut(&town->town, town->far, true);
	network_town_run(town, span_s(5));
	o = why("10.20.3.4");
	assert_true(has(o, "text", "none of its gateways is usable"));
	assert_string_equal(text(json_array_get(gateways(o), 0), "excluded"), "no-route");
	assert_int_equal(json_array_size(list_of(lab_ask(lab, asker, "routes", NULL), "tunnels")),
			 0);
}

/* People prefer the only one, then one that does not offer the Internet, strictly: nobody carries
 * it then, and that is told. Only root may. */
static void test_prefer(void **state)
{
	struct asker *root = lab_asker(lab, true);
	json_t *o, *g;

	(void)state;
	o = lab_ask(lab, root, "prefer", "{\"gateway\": \"node-3\"}");
	assert_string_equal(text(o, "preferred_name"), "node-3");
	network_town_run(town, span_s(1));
	o = lab_ask(lab, asker, "why", "{\"what\": \"gateway\"}");
	assert_string_equal(text(o, "preferred_name"), "node-3");
	assert_false(json_is_true(json_object_get(o, "strict")));
	g = by(gateways_of(o), "name", "node-3");
	assert_true(has(g, "reason", "preferred"));
	lab_ask(lab, root, "prefer", "{\"gateway\": \"node-1\", \"mode\": \"strict\"}");
	network_town_run(town, span_s(1));
	o = lab_ask(lab, asker, "why", "{\"what\": \"gateway\"}");
	assert_true(json_is_true(json_object_get(o, "strict")));
	g = by(gateways_of(o), "name", "node-3");
	assert_string_equal(text(g, "excluded"), "not-preferred");
	o = by(list_of(lab_ask(lab, asker, "routes", NULL), "tunnels"), "network", "0.0.0.0/0");
	assert_true(json_is_true(json_object_get(o, "lost")) && is_null(o, "id"));
	o = lab_ask(lab, root, "prefer", "{\"gateway\": \"auto\"}");
	assert_true(is_null(o, "preferred"));
	network_town_run(town, span_s(1));
	o = lab_ask(lab, asker, "why", "{\"what\": \"gateway\"}");
	assert_true(json_is_true(json_object_get(by(gateways_of(o), "name", "node-3"), "chosen")));
}

/* For one client people prefer a gateway that offers the Internet, then one that does not. */
static void test_prefer_client(void **state)
{
	struct asker *root = lab_asker(lab, true);
	json_t *o, *c, *e;

	(void)state;
	o = lab_ask(lab, root, "prefer",
		    "{\"gateway\": \"node-3\", \"client\": \"06:00:00:00:00:07\"}");
	assert_string_equal(text(o, "preferred_name"), "node-3");
	o = lab_ask(lab, asker, "exits", NULL);
	assert_true(is_null(o, "preferred"));
	c = by(list_of(o, "clients"), "mac", "06:00:00:00:00:07");
	assert_string_equal(text(c, "preferred_name"), "node-3");
	e = by(list_of(c, "exits"), "family", "ipv4");
	assert_string_equal(text(e, "cause"), "people");
	assert_string_equal(text(e, "name"), "node-3");
	assert_string_equal(text(by(list_of(c, "exits"), "family", "ipv6"), "cause"), "none");
	lab_ask(lab, root, "prefer",
		"{\"gateway\": \"node-1\", \"mode\": \"strict\", \"client\": "
		"\"06:00:00:00:00:07\"}");
	o = lab_ask(lab, asker, "why",
		    "{\"what\": \"gateway\", \"client\": \"06:00:00:00:00:07\"}");
	assert_true(has(o, "text", "only one is wanted for it"));
	c = json_object_get(o, "client");
	assert_true(json_is_true(json_object_get(c, "strict")));
	assert_string_equal(text(json_array_get(list_of(c, "exits"), 0), "cause"), "lost");
	o = lab_ask(lab, root, "prefer",
		    "{\"gateway\": \"auto\", \"client\": \"06:00:00:00:00:07\"}");
	assert_true(is_null(o, "preferred"));
	o = lab_ask(lab, root, "prefer", "{\"gateway\": \"auto\", \"client\": \"nobody\"}");
	assert_string_equal(text(o, "code"), "unknown-client");
}

/* A node that nobody has a way to offers the cloud as well. */
static void stranger_offers(unsigned n)
{
	static struct tunnel_tlv tlv[TUNNEL_TLVS];
	struct tunnels *t = lab->nodes[0].tunnels;
	struct gw_network network = {.bandwidth = UINT8_MAX};
	struct description d = {.metric = {0}};
	struct digest id = {{(uint8_t)n, (uint8_t)(n >> 8), 7}};
	struct fx_network said = {.kind = NETWORK_DESCRIBED, .described = {id, &d, 0}};

	assert_true(prefix_parse(NETWORK_TOWN_CLOUD4, &network.prefix));
	d.primary = l3_primary_of(lab->nodes[0].l3, &id);
	tunnel_tlv_write(d.primary, &network, 1, tlv);
	for (unsigned i = 0; i < TUNNEL_TLVS; i++)
		d.tlv[tlv[i].type] = (struct tlv_data){tlv[i].data, tlv[i].len};
	tunnels_heard(t, town->town.now, &said);
}

/* Who offers an address a thousand times makes no endless answer, and hides nobody in use. */
static void test_why_flooded(void **state)
{
	json_t *o;

	(void)state;
	for (unsigned n = 0; n < 1200; n++)
		stranger_offers(n);
	network_town_run(town, span_s(1));
	o = why("10.20.3.4");
	assert_string_equal(text(json_array_get(gateways(o), 0), "name"), "node-1");
	assert_int_equal(number(json_object_get(o, "tunnel"), "gateways_more"),
			 1203 - json_array_size(gateways(o)));
	assert_in_range(json_array_size(gateways(o)), 1000, 1002);
}

static void test_reasons_have_words(void **state)
{
	(void)state;
	for (int r = 0; r < GW_REASONS; r++) {
		assert_string_not_equal(tunnel_reason_words((enum gw_reason)r), "?");
		for (int other = 0; other < r; other++)
			assert_string_not_equal(tunnel_reason_words((enum gw_reason)r),
						tunnel_reason_words((enum gw_reason)other));
	}
}

/* ---- off ---- */

static void test_off(void **state)
{
	struct tunnels *t = lab->nodes[0].tunnels;
	json_t *o;

	(void)state;
	lab->nodes[0].tunnels = NULL;
	lab->nodes[0].conf.tunnel.on = false;
	o = lab_ask(lab, asker, "tunnels", NULL);
	assert_string_equal(text(o, "state"), "off");
	assert_int_equal(json_object_size(o), 2);
	assert_true(has(why("10.20.3.4"), "text", "tunnels are off"));
	assert_int_equal(json_array_size(list_of(lab_ask(lab, asker, "routes", NULL), "tunnels")),
			 0);
	o = lab_ask(lab, asker, "node", "{'node':'node-3'}");
	assert_int_equal(json_array_size(list_of(o, "offers")), 0);
	lab->nodes[0].tunnels = t;
}

#define TUNNELS(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TUNNELS(test_tunnels),
		TUNNELS(test_routes),
		TUNNELS(test_topology),
		TUNNELS(test_node),
		TUNNELS(test_why),
		TUNNELS(test_why_not),
		TUNNELS(test_why_unsearched),
		TUNNELS(test_why_lost),
		TUNNELS(test_prefer),
		TUNNELS(test_prefer_client),
		TUNNELS(test_why_flooded),
		TUNNELS(test_off),
		cmocka_unit_test(test_reasons_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
