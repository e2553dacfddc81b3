/* Proves that the table of options is sound: its defaults are the engines' defaults, each row
 * accepts its range's ends and refuses what is beyond, and every value is read back as written. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cmocka_all.h"
#include "conf/options.h"
#include "core/l2/l2_conf.h"
#include "node/node.h"

static const struct option *row(const char *type, const char *section, const char *name)
{
	const struct option *o = option_find(type, section, name);

	assert_non_null(o);
	return o;
}

static void test_defaults_are_the_engines(void **state)
{
	struct l2_conf l2 = l2_conf_default();
	struct node_share_conf share = node_share_conf_default();
	struct plan_conf plan = plan_conf_default();
	struct conf c;

	(void)state;
	conf_init_defaults(&c);
	assert_int_equal(c.node.l2.orig_interval.us, l2.orig_interval.us);
	assert_int_equal(c.node.l2.hop_penalty, l2.hop_penalty);
	assert_int_equal(c.node.l2.fragmentation, l2.fragmentation);
	assert_int_equal(c.node.l2.flood_unknown, l2.flood_unknown);
	assert_int_equal(c.node.l2.ports_max, l2.ports_max);
	assert_int_equal(c.node.l2.originators_max, l2.originators_max);
	assert_int_equal(c.node.l2.clients_here_max, l2.clients_here_max);
	assert_int_equal(c.node.l2.clients_max, l2.clients_max);
	assert_int_equal(c.node.l2.vlans_max, l2.vlans_max);
	assert_int_equal(c.node.l2.forwards_max, l2.forwards_max);
	assert_int_equal(c.node.l2.memory_max_bytes, l2.memory_max_bytes);

	assert_int_equal(c.node.share.on, share.on);
	assert_int_equal(c.node.share.announce.us, share.announce.us);
	assert_int_equal(c.node.share.memory_max_bytes, share.memory_max_bytes);
	assert_int_equal(c.node.share.leases_max, share.leases_max);
	assert_int_equal(c.node.share.settle.us, share.settle.us);

	assert_string_equal(c.node.plan.ssid, plan.ssid);
	assert_string_equal(c.node.plan.hostname, plan.hostname);
	assert_string_equal(c.node.plan.domain, plan.domain);
	assert_string_equal(c.node.plan.main_ipv4_address, plan.main_ipv4_address);
	assert_string_equal(c.node.plan.main_ipv6_address, plan.main_ipv6_address);
	assert_string_equal(c.node.plan.anygw_mac, plan.anygw_mac);
	assert_string_equal(c.node.plan.cloud_protocol, plan.cloud_protocol);
	assert_int_equal(c.node.plan.anygw_dhcp_start, plan.anygw_dhcp_start);
	assert_int_equal(c.node.plan.anygw_dhcp_limit, plan.anygw_dhcp_limit);
	assert_int_equal(c.node.plan.anygw, plan.anygw);

	assert_string_equal(c.host.primary_interface, "eth0");
	assert_string_equal(c.host.bridge, "br-lan");
	assert_string_equal(c.host.cloud_port, "bat0");
	assert_string_equal(c.host.run_dir, "/run/nuvol");
	assert_true(host_conf_is_automatic(&c.host));
}

/* Every byte of struct l2_conf is in some row: a field that the table forgets would
 * stay as memset left it. */
static void test_every_engine_option_has_a_row(void **state)
{
	struct conf c;
	size_t count;
	const struct option *o = option_table(&count);
	size_t rows = 0;

	(void)state;
	conf_init_defaults(&c);
	for (size_t i = 0; i < count; i++)
		if (o[i].section && o[i].kind != OPTION_FIXED &&
		    o[i].offset >= offsetof(struct conf, node.l2) &&
		    o[i].offset < offsetof(struct conf, node.l2) + sizeof(struct l2_conf))
			rows++;
	assert_int_equal(rows, 11);
}

static void test_rows_are_unique_and_told(void **state)
{
	size_t count;
	const struct option *o = option_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_true(strlen(o[i].help) > 10);
		assert_true(o[i].help[strlen(o[i].help) - 1] != '.');
		assert_ptr_equal(row(o[i].type, o[i].section ? o[i].section : "any", o[i].name),
				 &o[i]);
	}
	assert_null(option_find("lime", "system", "hostnam"));
	assert_null(option_find("lime", "network", "hostname"));
	assert_null(option_find("limes", "system", "hostname"));
	/* UCI files name the type as they like; the section's name tells. */
	assert_non_null(option_find("lime-wifi", "wifi", "ap_ssid"));
}

static void test_number_ranges(void **state)
{
	size_t count;
	const struct option *o = option_table(&count);
	unsigned tried = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct conf c;
		/* Sections of any name: net, tunOut. */
		union {
			struct host_interface net;
			struct conf_search search;
		} any = {0};
		void *base = o[i].section ? (void *)&c : (void *)&any;
		struct option_answer a;
		char text[32];
		char got[32];
		const int64_t inside[] = {o[i].min, o[i].max};
		const int64_t outside[] = {o[i].min - 1, o[i].max + 1};

		if (o[i].kind != OPTION_NUMBER && o[i].kind != OPTION_MS)
			continue;
		conf_init_defaults(&c);
		for (unsigned k = 0; k < 2; k++) {
			snprintf(text, sizeof(text), "%" PRId64, inside[k]);
			option_set(&o[i], base, text, &a);
			assert_int_equal(a.kind, ANSWER_OK);
			assert_true(option_get(&o[i], base, 0, got, sizeof(got)));
			assert_string_equal(got, text);
		}
		for (unsigned k = 0; k < 2; k++) {
			snprintf(text, sizeof(text), "%" PRId64, outside[k]);
			option_set(&o[i], base, text, &a);
			assert_int_equal(a.kind, ANSWER_ERROR);
			assert_true(a.remedy[0] != '\0');
			/* As before. */
			option_get(&o[i], base, 0, got, sizeof(got));
			snprintf(text, sizeof(text), "%" PRId64, inside[1]);
			assert_string_equal(got, text);
		}
		tried++;
	}
	assert_true(tried >= 12);
}

static int kind_of(const struct option *o, void *base, const char *value)
{
	struct option_answer a;

	option_set(o, base, value, &a);
	return (int)a.kind;
}

static void test_values(void **state)
{
	static const struct {
		const char *type, *section, *name, *value;
		int kind;
	} cases[] = {
		{"lime", "system", "hostname", "anna", ANSWER_OK},
		{"lime", "system", "hostname", "", ANSWER_ERROR},
		{"lime", "system", "hostname", "--", ANSWER_ERROR},
		{"lime", "system", "hostname", "a\nb", ANSWER_ERROR},
		{"lime", "system", "domain", "a.b-c.org", ANSWER_OK},
		{"lime", "system", "domain", "", ANSWER_ERROR},
		{"lime", "system", "domain", "a..b", ANSWER_ERROR},
		{"lime", "system", "domain", ".a", ANSWER_ERROR},
		{"lime", "system", "domain", "a.", ANSWER_ERROR},
		{"lime", "system", "domain", "-a", ANSWER_ERROR},
		{"lime", "system", "domain", "a-.b", ANSWER_ERROR},
		{"lime", "network", "primary_interface", "wlan0-mesh", ANSWER_OK},
		{"lime", "network", "primary_interface", "auto", ANSWER_OK},
		{"lime", "network", "primary_interface", "", ANSWER_ERROR},
		{"lime", "network", "primary_interface", "a/b", ANSWER_ERROR},
		{"lime", "network", "primary_interface", "..", ANSWER_ERROR},
		{"lime", "network", "primary_interface", "sixteen-letters-", ANSWER_ERROR},
		{"lime", "network", "main_ipv4_address", "10.%N1.%M5.%M6/16", ANSWER_OK},
		{"lime", "network", "main_ipv4_address", "10.0.128.0/16/17", ANSWER_OK},
		{"lime", "network", "main_ipv4_address", "10.0.0.0", ANSWER_ERROR},
		{"lime", "network", "main_ipv6_address", "2001:db8::/64", ANSWER_OK},
		{"lime", "network", "main_ipv6_address", "10.0.0.0/8", ANSWER_ERROR},
		{"lime", "network", "anygw_mac", "02:aa:aa:%N1:%N2:%N3", ANSWER_OK},
		{"lime", "network", "anygw_mac", "01:aa:aa:%N1:%N2:%N3", ANSWER_ERROR},
		{"lime", "network", "batadv_orig_interval", " 1000", ANSWER_ERROR},
		{"lime", "network", "batadv_orig_interval", "1e3", ANSWER_ERROR},
		{"lime", "network", "batadv_orig_interval", "99999999999999999999999",
		 ANSWER_ERROR},
		{"lime", "network", "batadv_routing_algo", "BATMAN_IV", ANSWER_OK},
		{"lime", "network", "batadv_routing_algo", "BATMAN_V", ANSWER_ERROR},
		{"lime", "network", "protocols", "batadv:%N1", ANSWER_OK},
		{"lime", "network", "protocols", "batadv:9999", ANSWER_ERROR},
		{"lime", "network", "protocols", "babeld:17", ANSWER_NOTE},
		{"lime", "network", "protocols", "ieee80211s", ANSWER_OK},
		{"lime", "network", "protocols", "batman", ANSWER_ERROR},
		{"lime", "wifi", "ap_ssid", "", ANSWER_OK},
		{"lime", "wifi", "ap_ssid", "a\tb", ANSWER_ERROR},
		{"nuvol", "cloud", "fragmentation", "false", ANSWER_OK},
		{"nuvol", "cloud", "fragmentation", "2", ANSWER_ERROR},
		{"nuvol", "host", "run_dir", "/tmp/x", ANSWER_OK},
		{"nuvol", "host", "run_dir", "tmp/x", ANSWER_ERROR},
		{"nuvol", "host", "primary_mac", "02:00:00:00:00:01", ANSWER_OK},
		{"nuvol", "host", "primary_mac", "", ANSWER_OK},
		{"nuvol", "host", "primary_mac", "01:00:00:00:00:01", ANSWER_ERROR},
		{"nuvol", "host", "primary_mac", "02:00:00:00:00", ANSWER_ERROR},
		{"nuvol", "host", "lan_ports", "lan1", ANSWER_OK},
		{"nuvol", "host", "lan_ports", "lan 1", ANSWER_ERROR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf c;

		conf_init_defaults(&c);
		if (kind_of(row(cases[i].type, cases[i].section, cases[i].name), &c,
			    cases[i].value) != cases[i].kind)
			fail_msg("%s '%s'", cases[i].name, cases[i].value);
	}
}

static void test_flags(void **state)
{
	static const char *const yes[] = {"1", "on", "true", "yes", "enabled"};
	static const char *const no[] = {"0", "off", "false", "no", "disabled"};
	const struct option *o = row("nuvol", "cloud", "fragmentation");
	struct conf c;

	(void)state;
	conf_init_defaults(&c);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(kind_of(o, &c, no[i]), ANSWER_OK);
		assert_false(c.node.l2.fragmentation);
		assert_int_equal(kind_of(o, &c, yes[i]), ANSWER_OK);
		assert_true(c.node.l2.fragmentation);
	}
}

static void test_interface_options(void **state)
{
	struct host_interface net = {.section = "x"};

	(void)state;
	assert_int_equal(kind_of(row("net", "x", "wifi"), &net, "no"), ANSWER_OK);
	assert_int_equal(net.wifi, HOST_WIFI_NO);
	assert_int_equal(kind_of(row("net", "x", "wifi"), &net, "maybe"), ANSWER_ERROR);
	assert_int_equal(net.wifi, HOST_WIFI_NO);
	assert_int_equal(kind_of(row("net", "x", "mtu"), &net, "1536"), ANSWER_OK);
	assert_int_equal(net.mtu_bytes, 1536);
	assert_int_equal(kind_of(row("net", "x", "hop_penalty"), &net, "15"), ANSWER_OK);
	assert_int_equal(net.hop_penalty, 15);
	assert_int_equal(kind_of(row("net", "x", "protocols"), &net, "batadv:0"), ANSWER_OK);
	assert_true(net.mesh && !net.lan);
	assert_string_equal(net.protocol, "batadv:0");
	assert_int_equal(kind_of(row("net", "x", "protocols"), &net, "lan"), ANSWER_OK);
	assert_true(!net.mesh && net.lan);
	assert_string_equal(net.protocol, "");
}

/* A list takes as many as there is room, each once. */
static void test_lan_ports_fill_up(void **state)
{
	const struct option *o = row("nuvol", "host", "lan_ports");
	struct option_answer a;
	struct conf c;
	char name[16];

	(void)state;
	conf_init_defaults(&c);
	for (unsigned i = 0; i < HOST_LAN_PORTS_MAX; i++) {
		snprintf(name, sizeof(name), "lan%u", i);
		option_add(o, &c, name, &a);
		assert_int_equal(a.kind, ANSWER_OK);
	}
	option_add(o, &c, "lan0", &a);
	assert_int_equal(a.kind, ANSWER_NOTE);
	option_add(o, &c, "more", &a);
	assert_int_equal(a.kind, ANSWER_ERROR);
	assert_int_equal(c.host.lan_port_count, HOST_LAN_PORTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_the_engines),
		cmocka_unit_test(test_every_engine_option_has_a_row),
		cmocka_unit_test(test_rows_are_unique_and_told),
		cmocka_unit_test(test_number_ranges),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_interface_options),
		cmocka_unit_test(test_lan_ports_fill_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
