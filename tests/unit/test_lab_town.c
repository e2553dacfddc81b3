/* Proves that town files are read as nuvol-lab(8) says, that each mistake is told with its line
 * and a remedy, and that what the lab writes for nuvold is what the town asked for. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "cmocka_all.h"
#include "drv/crypto.h"
#include "town/node_config.h"
#include "town/quantity.h"
#include "town/town.h"

static char *complaints;

static bool read_town(struct town *t, const char *text)
{
	size_t len;
	FILE *errors = open_memstream(&complaints, &len);
	bool good = town_parse(t, "place", "x.town", text, strlen(text), errors);

	fclose(errors);
	return good;
}

static void forget(struct town *t)
{
	town_fini(t);
	free(complaints);
	complaints = NULL;
}

static void test_quantities(void **state)
{
	uint32_t loss, number;
	uint64_t rate;
	span time;

	(void)state;
	assert_true(loss_parse("10", &loss) && loss == LOSS_ALL / 10);
	assert_true(loss_parse("0.5%", &loss) && loss == 5000);
	assert_true(loss_parse("100", &loss) && loss == LOSS_ALL);
	assert_false(loss_parse("100.1", &loss));
	assert_false(loss_parse("-1", &loss));
	assert_false(loss_parse("", &loss));
	assert_false(loss_parse("ten", &loss));
	assert_true(span_parse("2", 1000, &time) && time.us == 2000);
	assert_true(duration_parse("90", &time) && time.us == 90000000);
	assert_true(duration_parse("1.5m", &time) && time.us == 90000000);
	assert_true(duration_parse("2h", &time) && time.us == 7200000000);
	assert_false(duration_parse("2d", &time) || duration_parse("h", &time) ||
		     duration_parse("999999999h", &time) || duration_parse("1 m", &time));
	assert_true(span_parse("0.3", 1000, &time) && time.us == 300);
	assert_true(span_parse("20s", 1000, &time) && time.us == 20000000);
	assert_true(span_parse("50us", 1000, &time) && time.us == 50);
	assert_false(span_parse("2000s", 1000, &time));
	assert_false(span_parse("2 s", 1000, &time));
	assert_false(span_parse("2.", 1000, &time));
	assert_true(rate_parse("54mbit", &rate) && rate == 54000000);
	assert_true(rate_parse("1.5gbit", &rate) && rate == 1500000000);
	assert_true(rate_parse("9600bit", &rate) && rate == 9600);
	assert_false(rate_parse("54", &rate));
	assert_false(rate_parse("0mbit", &rate));
	assert_false(rate_parse("9999999999mbit", &rate));
	assert_true(number_parse("15", 1, 15, &number) && number == 15);
	assert_false(number_parse("16", 1, 15, &number));
	assert_false(number_parse("1.5", 1, 15, &number));
}

static const char whole[] = "config town\n"
			    "	option seed '9'\n"
			    "	option address 'fixed'\n"
			    "	option ssid 'it'\\''s'\n"
			    "	list set 'cloud.hop_penalty=15'\n"
			    "config segment 'air1'\n"
			    "	option kind 'radio'\n"
			    "	option loss '2.5'\n"
			    "	option rate '54mbit'\n"
			    "	list link 'anna bru'\n"
			    "	list link 'bru carla 20'\n"
			    "config segment 'c1'\n"
			    "config node 'anna'\n"
			    "	list segment 'air1'\n"
			    "config node 'bru'\n"
			    "	list segment 'c1'\n"
			    "	list segment 'air1'\n"
			    "	list set 'cloud.hop_penalty=40'\n"
			    "	list set 'mesh0.hop_penalty=3'\n"
			    "	list set 'network.batadv_orig_interval=500'\n"
			    "config node 'carla'\n"
			    "	option ssid 'other'\n"
			    "	list segment 'air1'\n"
			    "	option uplink '50mbit'\n"
			    "config client 'phone'\n"
			    "	option at 'bru'\n"
			    "	option address 'dhcp'\n"
			    "config client 'pc'\n"
			    "	option at 'carla'\n"
			    "	option association 'no'\n"
			    "	option mac '02:00:00:00:00:07'\n"
			    "	option address '10.9.8.7/24'\n"
			    "config client 'away'\n";

static void test_whole_town(void **state)
{
	struct town t;

	(void)state;
	assert_true(read_town(&t, whole));
	assert_string_equal(complaints, "");
	assert_int_equal(t.seed, 9);
	assert_int_equal(t.segment_count, 2);
	assert_true(t.segments[0].radio && t.segments[0].linked && t.segments[0].conditioned);
	assert_int_equal(t.segments[0].loss, 25000);
	assert_int_equal(t.segments[0].mtu_bytes, 1536);
	assert_int_equal(t.segments[0].node_count, 3);
	assert_true(town_segment_is_medium(&t.segments[0]));
	assert_false(town_segment_is_medium(&t.segments[1]));
	assert_int_equal(t.segments[1].mtu_bytes, 1500);
	assert_int_equal(t.link_count, 2);
	assert_false(t.links[0].has_loss);
	assert_true(t.links[1].has_loss && t.links[1].loss == 200000);
	assert_int_equal(t.links[1].node[0], 1);
	assert_int_equal(t.links[1].node[1], 2);
	assert_int_equal(t.node_count, 3);
	assert_string_equal(t.nodes[0].ssid, "it's");
	assert_string_equal(t.nodes[2].ssid, "other");
	assert_true(t.nodes[2].uplink && t.nodes[2].uplink_bps == 50000000);
	assert_int_equal(town_mesh_find(&t, 1, 0), 1); /* bru's mesh1 is on air1 */
	assert_int_equal(town_mesh_find(&t, 0, 1), TOWN_NONE);
	assert_int_equal(t.clients[0].at, 1);
	assert_false(t.clients[0].cable);
	assert_true(t.clients[1].cable);
	assert_int_equal(t.clients[1].mac.b[5], 7);
	assert_int_equal(t.clients[2].at, TOWN_NONE);
	assert_int_equal(t.clients[0].address, ADDRESS_DHCP);
	assert_int_equal(t.clients[1].address, ADDRESS_FIXED);
	assert_int_equal(ipv4_to_u32(t.clients[1].ipv4), 0x0a090807);
	assert_int_equal(t.clients[1].ipv4.bits, 24);
	assert_int_equal(t.clients[2].address, ADDRESS_FIXED);
	assert_int_equal(ipv4_to_u32(t.clients[2].ipv4), 0);
	forget(&t);
}

/* The same names give the same addresses, in whatever order; all differ. */
static void test_addresses(void **state)
{
	char text[8192] = "config segment 's'\n";
	struct town t;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		sprintf(text + strlen(text), "config node 'n%u'\n\tlist segment 's'\n", i);
	assert_true(read_town(&t, text));
	for (unsigned i = 0; i < 100; i++) {
		assert_true(mac_is_station(t.nodes[i].mac));
		assert_false(mac_equal(t.nodes[i].mac, t.nodes[i].mesh[0].mac));
		assert_true(t.nodes[i].mac.b[4] < 0xc0 || t.nodes[i].mac.b[4] >= 0xd0);
		for (unsigned k = 0; k < i; k++)
			assert_memory_not_equal(&t.nodes[i].mac.b[4], &t.nodes[k].mac.b[4], 2);
	}
	struct mac n5 = t.nodes[5].mac;

	forget(&t);
	assert_true(read_town(&t, "config node 'n5'\nconfig node 'n0'\n"));
	assert_true(mac_equal(t.nodes[0].mac, n5));
	forget(&t);
}

struct mistake {
	const char *text;
	const char *complaint; /* how its line begins, and something that it says */
	const char *says;
};

static const struct mistake mistakes[] = {
	{"", "x.town:1: ", "no node"},
	{"config node 'air'\n", "x.town:1: ", "'air'"},
	{"config node '1a'\n", "x.town:1: ", "letters and digits"},
	{"config node 'a-b'\n", "x.town:1: ", "letters and digits"},
	{"config node 'abcdefghijklmnop'\n", "x.town:1: ", "1 to 15"},
	{"config node\n", "x.town:1: ", "letters"},
	{"config node 'a'\nconfig client 'a'\n", "x.town:2: ", "already"},
	{"config node 'a'\nconfig house 'b'\n\toption x 'y'\n", "x.town:2: ", "'house'"},
	{"config node 'a'\n\n\toption sid 'x'\n", "x.town:3: ", "ssid"},
	{"config node 'a'\n\toption segment 's'\nconfig segment 's'\n", "x.town:2: ", "list"},
	{"config node 'a'\n\tlist ssid 's'\n", "x.town:2: ", "option ssid"},
	{"config node 'a'\n\tlist segment 's'\n", "x.town:2: ", "no segment 's'"},
	{"config segment 's'\nconfig node 'a'\n\tlist segment 's'\n\tlist segment 's'\n",
	 "x.town:4: ", "already"},
	{"config node 'a'\n\toption network 'yes'\n", "x.town:2: ", "1 or 0"},
	{"config town\n\toption network ''\nconfig node 'a'\n", "x.town:2: ", "1 or 0"},
	{"config node 'a'\n\toption uplink 'fast'\n", "x.town:2: ", "50mbit"},
	{"config node 'a'\n\tlist set 'novalue'\n", "x.town:2: ", "section.option=value"},
	{"config node 'a'\nconfig client 'c'\n\toption at 'b'\n", "x.town:2: ", "'b'"},
	{"config node 'a'\nconfig client 'c'\n\toption association 'maybe'\n",
	 "x.town:3: ", "yes or no"},
	{"config node 'a'\nconfig client 'c'\n\toption mac '01:00:00:00:00:00'\n",
	 "x.town:3: ", "multicast"},
	{"config town\n\toption address '10.1.1.1'\nconfig node 'a'\n",
	 "x.town:2: ", "dhcp or fixed"},
	{"config node 'a'\nconfig client 'c'\n\toption address 'auto'\n",
	 "x.town:3: ", "dhcp, fixed"},
	{"config node 'a'\nconfig client 'c'\n\toption address '10.1.1.1/32'\n",
	 "x.town:3: ", "dhcp, fixed"},
	{"config node 'a'\nconfig client 'c'\n\toption address '10.1.1/24'\n",
	 "x.town:3: ", "dhcp, fixed"},
	{"config node 'a'\nconfig client 'c'\n\toption address '0.0.0.0/8'\n",
	 "x.town:3: ", "dhcp, fixed"},
	{"config segment 's'\n\toption kind 'fibre'\nconfig node 'a'\n", "x.town:2: ", "radio"},
	{"config segment 's'\n\toption loss '101'\nconfig node 'a'\n", "x.town:2: ", "100"},
	{"config segment 's'\n\toption kind 'radio'\n\tlist link 'a'\nconfig node 'a'\n",
	 "x.town:3: ", "two nodes"},
	{"config segment 's'\n\toption kind 'radio'\n\tlist link 'a b x'\nconfig node 'a'\n",
	 "x.town:3: ", "percent"},
	{"config segment 's'\n\toption kind 'radio'\n\tlist link 'a b'\nconfig node 'a'\n"
	 "\tlist segment 's'\nconfig node 'b'\n",
	 "x.town:3: ", "'b' is not on segment"},
	{"config segment 's'\n\tlist link 'a b'\nconfig node 'a'\n\tlist segment 's'\n"
	 "config node 'b'\n\tlist segment 's'\n",
	 "x.town:2: ", "radio"},
	{"option ssid 'x'\nconfig node 'a'\n", "x.town:1: ", "; "},
	{"config node 'a\n", "x.town:1: ", "; "},
};

static void test_mistakes_name_the_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct town t;

		assert_false(read_town(&t, mistakes[i].text));
		if (strncmp(complaints, mistakes[i].complaint, strlen(mistakes[i].complaint)) ||
		    !strstr(complaints, mistakes[i].says))
			fail_msg("%s---\ngave: %swanted: %s...%s", mistakes[i].text, complaints,
				 mistakes[i].complaint, mistakes[i].says);
		forget(&t);
	}
}

static void test_all_mistakes_at_once(void **state)
{
	struct town t;

	(void)state;
	assert_false(read_town(&t, "config node 'a'\n\toption b 'c'\nconfig node 'a'\n"
				   "config segment 's'\n\toption mtu '1'\n"));
	assert_non_null(strstr(complaints, "x.town:2: "));
	assert_non_null(strstr(complaints, "x.town:3: "));
	assert_non_null(strstr(complaints, "x.town:5: "));
	forget(&t);
}

static void test_node_configuration(void **state)
{
	struct node_config config;
	struct conf *conf = malloc(sizeof(*conf));
	struct town t;

	(void)state;
	assert_true(read_town(&t, whole));
	node_config_init(&config, &t, 1);
	assert_true(node_config_check(&config, "x.town", "bru", conf, crypto_mbedtls(), stderr));
	assert_string_equal(conf->node.plan.hostname, "bru");
	assert_string_equal(conf->node.plan.ssid, "it's");
	assert_true(mac_equal(conf->node.plan.primary_mac, t.nodes[1].mac));
	assert_int_equal(conf->node.l2.hop_penalty, 40); /* the node's wins over the town's */
	assert_int_equal(conf->node.l2.orig_interval.us, 500000);
	assert_int_equal(conf->host.interface_count, 2);
	assert_string_equal(conf->host.interfaces[0].name, "mesh0");
	assert_true(conf->host.interfaces[0].mesh && !conf->host.interfaces[0].lan);
	assert_int_equal(conf->host.interfaces[0].wifi, HOST_WIFI_NO);
	assert_int_equal(conf->host.interfaces[0].hop_penalty, 3);
	assert_int_equal(conf->host.interfaces[1].wifi, HOST_WIFI_YES);
	node_config_fini(&config);
	node_config_init(&config, &t, 0);
	assert_true(node_config_check(&config, "x.town", "anna", conf, crypto_mbedtls(), stderr));
	assert_int_equal(conf->node.l2.hop_penalty, 15);
	node_config_fini(&config);
	forget(&t);
	free(conf);
}

/* Whether a node whose configuration is read has the network, all in all; and whether
 * its only mesh interface carries it. */
static bool network_of(const char *text, bool *carried)
{
	struct node_config config;
	struct conf *conf = malloc(sizeof(*conf));
	struct town t;
	bool on;

	assert_true(read_town(&t, text));
	node_config_init(&config, &t, 0);
	assert_true(node_config_check(&config, "x.town", "a", conf, crypto_mbedtls(), stderr));
	assert_int_equal(conf->host.interface_count, 1);
	assert_true(conf->host.interfaces[0].mesh);
	assert_true(conf->node.plan.anygw);
	on = conf->node.plan.network;
	*carried = conf->host.interfaces[0].network;
	node_config_fini(&config);
	forget(&t);
	free(conf);
	return on;
}

#define TOWN "config town\n"
#define NODE "config segment 's'\nconfig node 'a'\n\tlist segment 's'\n"
#define PROTOCOLS                                                                                  \
	"\tlist set 'network.protocols+=batadv:%N1'\n\tlist set 'network.protocols+=anygw'\n"

/* Nodes are in the network when the node says so, else the town, else a list set by hand,
 * else as nuvold is by itself. */
static void test_network_on_and_off(void **state)
{
	static const struct {
		const char *text;
		bool on;
	} cases[] = {
		{TOWN "\toption network '1'\n" NODE, true},
		{TOWN "\toption network '0'\n" NODE, false},
		{TOWN "\toption network '1'\n" NODE "\toption network '0'\n", false},
		{TOWN "\toption network '0'\n" NODE "\toption network '1'\n", true},
		{NODE PROTOCOLS, false},
		{NODE PROTOCOLS "\tlist set 'network.protocols+=bmx7:18'\n", true},
		{NODE PROTOCOLS "\toption network '1'\n", true},
		{NODE PROTOCOLS "\tlist set 'network.protocols+=bmx7'\n\toption network '0'\n",
		 false},
	};
	struct conf *conf = malloc(sizeof(*conf));
	bool carried;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (network_of(cases[i].text, &carried) != cases[i].on || carried != cases[i].on)
			fail_msg("not %d: %s", cases[i].on, cases[i].text);
	conf_init_defaults(conf);
	assert_int_equal(network_of(NODE, &carried), conf->node.plan.network);
	assert_int_equal(carried, conf->node.plan.network);
	free(conf);
}

/* A set that nuvold would refuse is told with the town file's line. */
static void test_wrong_set_names_the_line(void **state)
{
	struct node_config config;
	struct conf *conf = malloc(sizeof(*conf));
	char *text;
	size_t len;
	FILE *errors = open_memstream(&text, &len);
	struct town t;

	(void)state;
	assert_true(read_town(&t, "config node 'a'\n\n\tlist set 'cloud.hop_penalty=many'\n"));
	node_config_init(&config, &t, 0);
	assert_false(node_config_check(&config, "x.town", "a", conf, crypto_mbedtls(), errors));
	fclose(errors);
	assert_int_equal(strncmp(text, "x.town:3: for node 'a'", 22), 0);
	assert_non_null(strstr(text, "hop_penalty"));
	node_config_fini(&config);
	forget(&t);
	free(text);
	free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantities),
		cmocka_unit_test(test_whole_town),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_mistakes_name_the_line),
		cmocka_unit_test(test_all_mistakes_at_once),
		cmocka_unit_test(test_node_configuration),
		cmocka_unit_test(test_network_on_and_off),
		cmocka_unit_test(test_wrong_set_names_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
