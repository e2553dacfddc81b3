/* Proves that files are read in layers as documented, and that each mistake is told with file, line
 * and remedy while the configuration stays as it was. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "conf/conf.h"
#include "crypto_test.h"

static struct conf_problems problems;

static bool parse(struct conf *c, enum conf_layer layer, const char *text)
{
	conf_problems_init(&problems);
	return conf_parse(c, "file", text, strlen(text), layer, &problems);
}

static void test_empty_is_default(void **state)
{
	struct conf c;
	struct conf defaults;

	(void)state;
	conf_init_defaults(&c);
	conf_init_defaults(&defaults);
	assert_true(parse(&c, CONF_NODE, "# nothing\n"));
	assert_true(conf_equal(&c, &defaults));
	assert_int_equal(problems.count, 0);
	assert_true(conf_check(&c, crypto_test(), &problems));
}

/* An operator's LibreMesh file, with many options that have no meaning here. */
static void test_libremesh_file(void **state)
{
	static const char text[] = "config lime system\n"
				   "\toption hostname 'roof-%M6'\n"
				   "\toption domain 'valley.example.org' # ours\n"
				   "\toption root_password_policy 'DO_NOTHING'\n"
				   "\toption firstbootwizard_configured true\n"
				   "config lime network\n"
				   "\toption primary_interface eth1\n"
				   "\toption main_ipv4_address '10.7.0.0/16'\n"
				   "\tlist protocols ieee80211s\n"
				   "\tlist protocols lan\n"
				   "\tlist protocols anygw\n"
				   "\tlist protocols batadv:%N1:8021q\n"
				   "\tlist protocols babeld:17\n"
				   "\tlist resolvers 192.0.2.1\n"
				   "\toption batadv_orig_interval '2000'\n"
				   "\toption bmx7_mtu '1500'\n"
				   "config lime wifi\n"
				   "\tlist modes 'ap'\n"
				   "\toption ap_ssid 'valley'\n"
				   "\toption apup_ssid 'valley'\n"
				   "\toption ap_isolate '1'\n"
				   "\toption ieee80211s_mesh_id 'LiMe'\n"
				   "config lime-wifi-band '5ghz'\n"
				   "\tlist channel '48'\n"
				   "config wifi radio0\n"
				   "\tlist modes 'manual'\n"
				   "config net port5\n"
				   "\toption linux_name 'eth1.5'\n"
				   "\tlist protocols 'static'\n"
				   "\toption static_ipv4 '192.168.1.2/24'\n"
				   "config net\n"
				   "\toption linux_name 'lan1'\n"
				   "\tlist protocols 'batadv:%N1'\n"
				   "\tlist protocols 'bmx7:18'\n";
	struct conf c;

	(void)state;
	conf_init_defaults(&c);
	assert_true(parse(&c, CONF_NODE, text));
	assert_int_equal(problems.errors, 0);
	for (unsigned i = 0; i < problems.count; i++)
		assert_int_equal(problems.at[i].severity, CONF_NOTE);
	assert_true(problems.count >= 8);
	assert_string_equal(c.node.plan.hostname, "roof-%M6");
	assert_string_equal(c.node.plan.domain, "valley.example.org");
	assert_string_equal(c.host.primary_interface, "eth1");
	assert_string_equal(c.node.plan.main_ipv4_address, "10.7.0.0/16");
	assert_string_equal(c.node.plan.cloud_protocol, "batadv:%N1:8021q");
	assert_true(c.node.plan.anygw);
	assert_int_equal(c.node.l2.orig_interval.us, 2000000);
	assert_string_equal(c.node.plan.ssid, "valley");
	assert_int_equal(c.host.interface_count, 2);
	assert_string_equal(c.host.interfaces[0].name, "eth1.5");
	assert_false(c.host.interfaces[0].mesh || c.host.interfaces[0].lan);
	assert_string_equal(c.host.interfaces[1].section, "net1");
	assert_string_equal(c.host.interfaces[1].name, "lan1");
	assert_true(c.host.interfaces[1].mesh && c.host.interfaces[1].network);
	assert_string_equal(c.host.interfaces[1].protocol, "batadv:%N1");
	assert_true(host_conf_has_network(&c.host) && !c.node.plan.network);
	assert_false(host_conf_is_automatic(&c.host));
	assert_true(conf_check(&c, crypto_test(), &problems));
}

/* Static leases: read, refused with a reason, and printed so that they parse again. */
static void test_dhcp_hosts(void **state)
{
	static const char *const wrong[] = {
		"02:00:00:00:00:01",
		"02:00:00:00:00:01,10.13.1",
		"03:00:00:00:00:01,10.13.1.5",
		"02:00:00:00:00:01,10.13.1.5,no_name",
		"02:00:00:00:00:01,10.13.1.5,a.b",
		"02:00:00:00:00:01,10.13.1.5,",
		"02:00:00:00:00:02,10.13.1.9",
		"02:00:00:00:00:01,10.13.1.6",
	};
	struct conf c, again;
	char text[512], *printed;

	(void)state;
	conf_init_defaults(&c);
	assert_true(
		parse(&c, CONF_COMMUNITY,
		      "config nuvol share\n\tlist dhcp_host 02:00:00:00:00:02,10.13.1.6,printer\n"
		      "\tlist dhcp_host '02:00:00:00:00:03,10.13.1.7'\n"));
	assert_int_equal(c.node.share.reserved_count, 2);
	assert_string_equal(c.node.share.reserved[0].name, "printer");
	assert_int_equal(c.node.share.reserved[1].ip.b[3], 7);
	printed = conf_print(&c);
	conf_init_defaults(&again);
	assert_true(parse(&again, CONF_NODE, printed));
	assert_true(conf_equal(&c, &again));
	free(printed);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(text, sizeof(text),
			 "config nuvol share\n\tlist dhcp_host '02:00:00:00:00:02,10.13.1.6'\n"
			 "\tlist dhcp_host '%s'\n",
			 wrong[i]);
		conf_init_defaults(&c);
		assert_false(parse(&c, CONF_NODE, text));
	}
}

static void test_layers(void **state)
{
	struct conf c;

	(void)state;
	conf_init_defaults(&c);
	assert_true(parse(&c, CONF_COMMUNITY,
			  "config lime network\noption batadv_orig_interval 500\n"
			  "list protocols lan\nlist protocols batadv:40\n"
			  "config nuvol host\nlist lan_ports a\nlist lan_ports b\n"
			  "config lime wifi\noption ap_ssid valley\n"));
	assert_false(c.node.plan.anygw); /* the list replaced the default's */
	assert_true(parse(&c, CONF_NODE,
			  "config lime network\noption batadv_orig_interval 700\n"
			  "config nuvol host\nlist lan_ports c\n"
			  "config lime system\noption hostname me\n"
			  "config nuvol host\nlist lan_ports d\n"));
	/* Options one by one, lists whole; a section that comes twice in a file is one. */
	assert_string_equal(c.node.plan.ssid, "valley");
	assert_string_equal(c.node.plan.cloud_protocol, "batadv:40");
	assert_int_equal(c.node.l2.orig_interval.us, 700000);
	assert_int_equal(c.host.lan_port_count, 2);
	assert_string_equal(c.host.lan_ports[0], "c");
	assert_string_equal(c.host.lan_ports[1], "d");
}

static void test_interface_layers(void **state)
{
	struct conf c;

	(void)state;
	conf_init_defaults(&c);
	assert_true(parse(&c, CONF_COMMUNITY,
			  "config net mesh\noption linux_name eth2\nlist protocols batadv:%N1\n"
			  "list protocols lan\noption hop_penalty 9\n"));
	assert_int_equal(problems.count, 1); /* such sections are a node's */
	assert_true(parse(&c, CONF_NODE,
			  "config net mesh\nlist protocols batadv:0\nconfig net other\n"
			  "option linux_name eth3\n"));
	assert_int_equal(c.host.interface_count, 2);
	assert_string_equal(c.host.interfaces[0].name, "eth2");
	assert_int_equal(c.host.interfaces[0].hop_penalty, 9);
	assert_string_equal(c.host.interfaces[0].protocol, "batadv:0");
	assert_false(c.host.interfaces[0].lan);
}

/* An option in place of a list is a list of one, as UCI has it. */
static void test_option_as_list(void **state)
{
	struct conf c;

	(void)state;
	conf_init_defaults(&c);
	assert_true(parse(&c, CONF_NODE,
			  "config nuvol host\nlist lan_ports a\noption lan_ports b\n"
			  "list lan_ports c\n"));
	assert_int_equal(c.host.lan_port_count, 2);
	assert_string_equal(c.host.lan_ports[0], "b");
	assert_string_equal(c.host.lan_ports[1], "c");
	assert_true(parse(&c, CONF_NODE, "config nuvol host\noption lan_ports ''\n"));
	assert_int_equal(c.host.lan_port_count, 0);
}

static void test_mistakes_are_told(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *says, *remedy;
	} cases[] = {
		{"config lime system\noption hostnam x", 2, "'hostnam'", "did you mean hostname?"},
		{"config lime sistem\n", 1, "'sistem'", "did you mean system?"},
		{"config limme system\n", 1, "'limme'", "did you mean lime?"},
		{"config zebra x\n", 1, "'zebra'", "lime, net, nuvol and tunOut"},
		{"config lime\n", 1, "no name", "system network wifi"},
		{"config nuvol\n", 1, "no name", "cloud bmx7 share uplink host"},
		{"config lime system\n\noption ap_ssid x", 3, "'ap_ssid'", "config lime 'wifi'"},
		/* Like LibreMesh's options of access points, but more like ours. */
		{"config lime wifi\noption ap_sid 1", 2, "'ap_sid'", "did you mean ap_ssid?"},
		{"config lime system\noption xyzzy 1", 2, "'xyzzy'", "nuvol.conf(5)"},
		{"config nuvol cloud\noption hop_penalty 256", 2, "'256'", "0 to 255"},
		{"config nuvol cloud\noption hop_penalty -1", 2, "'-1'", "0 to 255"},
		{"config lime network\noption batadv_orig_interval 39", 2, "'39'", "ms"},
		{"config lime network\noption main_ipv4_address 10.%N1.0.0", 2, "10.18.0.0",
		 "'10.%N1.0.0/16'"},
		{"config lime network\nlist protocols batavd:%N1", 2, "'batavd'",
		 "did you mean batadv?"},
		{"config lime network\nlist protocols batman:%N1", 2, "'batman'", "batadv:%N1"},
		{"config lime network\nlist protocols batadv:x", 2, "'batadv:x'", "batadv:%N1"},
		{"config lime network\nlist protocols batadv\nlist protocols batadv:3", 3, "two",
		 "keep one"},
		{"config lime system\nlist hostname a", 2, "one value", "option in place of list"},
		{"config net x\noption linux_name 'a b'", 2, "'a b'", "15"},
		{"config net x\noption linux_nam ab", 2, "'linux_nam'", "did you mean linux_name?"},
		{"config net x\noption wifi perhaps", 2, "'perhaps'", "auto yes no"},
		{"config nuvol host\noption run_dir ../run", 2, "'../run'", "/"},
		{"config nuvol uplink\nlist target ping:a", 2, "'ping:a'", "ping:9.9.9.9"},
		{"config nuvol uplink\nlist target tcp:9.9.9.9", 2, "tcp:9.9.9.9", "443"},
		{"config nuvol uplink\nlist target tcp:9.9.9.9:0", 2, "9:0'", "443"},
		{"config nuvol uplink\nlist target tcp:2620:fe::fe:443", 2, "443'", "[2620"},
		{"config nuvol uplink\nlist target web:9.9.9.9", 2, "web:", "dns:"},
		{"config nuvol uplink\nlist target ''", 2, "''", "dns:"},
		{"nonsense", 1, "must begin", "#"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf c;
		struct conf before;
		char shown[512];

		conf_init_defaults(&c);
		before = c;
		assert_false(parse(&c, CONF_NODE, cases[i].text));
		assert_true(conf_equal(&c, &before));
		assert_int_equal(problems.errors, 1);
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.at[0].file, "file");
		assert_int_equal(problems.at[0].line, cases[i].line);
		if (!strstr(problems.at[0].text, cases[i].says) ||
		    !strstr(problems.at[0].remedy, cases[i].remedy))
			fail_msg("case %zu: %s", i,
				 conf_problem_print(&problems.at[0], shown, sizeof(shown)));
	}
}

/* One run shows all mistakes, and none of the good lines takes effect. */
static void test_all_mistakes_at_once(void **state)
{
	struct conf c;
	char shown[512];

	(void)state;
	conf_init_defaults(&c);
	assert_false(parse(&c, CONF_NODE,
			   "config lime wifi\noption ap_ssid good\noption ap_sid bad\n"
			   "config nuvol cloud\noption hop_penalty x\noption vlans_max 8\n"));
	assert_int_equal(problems.errors, 2);
	assert_int_equal(problems.count, 2);
	assert_string_equal(c.node.plan.ssid, "LibreMesh.org");
	assert_int_equal(c.node.l2.vlans_max, 16);
	assert_string_equal(
		conf_problem_print(&problems.at[1], shown, sizeof(shown)),
		"file:5: error: hop_penalty cannot be 'x'; write a number from 0 to 255");
}

static void test_control_characters_are_shown_harmless(void **state)
{
	struct conf c;

	(void)state;
	conf_init_defaults(&c);
	assert_false(parse(&c, CONF_NODE, "config nuvol cloud\noption hop_penalty '\033[2J'\n"));
	assert_null(strchr(problems.at[0].text, '\033'));
	assert_non_null(strstr(problems.at[0].text, "?[2J"));
}

/* Errors take the place of notes when there is no room for both. */
static void test_errors_before_notes(void **state)
{
	static char text[CONF_FILE_MAX];
	struct conf c;
	size_t used = 0;
	unsigned errors = 0;

	(void)state;
	conf_init_defaults(&c);
	used += (size_t)snprintf(text, sizeof(text), "config lime network\n");
	for (unsigned i = 0; i < 2 * CONF_PROBLEMS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "option bmx7_x%u 1\n",
					 i);
	for (unsigned i = 0; i < 5; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "option zz%u 1\n", i);
	assert_false(parse(&c, CONF_NODE, text));
	assert_int_equal(problems.count, CONF_PROBLEMS_MAX);
	assert_int_equal(problems.errors, 5);
	assert_int_equal(problems.dropped, CONF_PROBLEMS_MAX + 5);
	for (unsigned i = 0; i < problems.count; i++)
		errors += problems.at[i].severity == CONF_ERROR;
	assert_int_equal(errors, 5);
}

static void test_too_much(void **state)
{
	static char big[CONF_FILE_MAX + 1];
	char text[64 * HOST_INTERFACES_MAX];
	struct conf c;
	size_t used = 0;

	(void)state;
	conf_init_defaults(&c);
	memset(big, '\n', sizeof(big));
	conf_problems_init(&problems);
	assert_true(conf_parse(&c, "file", big, CONF_FILE_MAX, CONF_NODE, &problems));
	assert_false(conf_parse(&c, "file", big, sizeof(big), CONF_NODE, &problems));
	for (unsigned i = 0; i < HOST_INTERFACES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "config net\n");
	assert_true(parse(&c, CONF_NODE, text));
	assert_int_equal(c.host.interface_count, HOST_INTERFACES_MAX);
	assert_false(parse(&c, CONF_NODE, "config net"));
	assert_false(parse(&c, CONF_NODE, "config net a12345678901234567890123456789012"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_is_default),
		cmocka_unit_test(test_libremesh_file),
		cmocka_unit_test(test_dhcp_hosts),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_interface_layers),
		cmocka_unit_test(test_option_as_list),
		cmocka_unit_test(test_mistakes_are_told),
		cmocka_unit_test(test_all_mistakes_at_once),
		cmocka_unit_test(test_control_characters_are_shown_harmless),
		cmocka_unit_test(test_errors_before_notes),
		cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
