/* Proves that conf_check finds what no single option shows, tells a remedy, and leaves sound
 * configurations alone; that names are suggested sensibly; and that the manual has all options. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "conf/nearest.h"
#include "conf/options.h"
#include "crypto_test.h"

static void test_check(void **state)
{
	static const struct {
		const char *text;
		const char *says; /* NULL: sound */
	} cases[] = {
		{"config lime network\nlist protocols lan\n", "no batadv"},
		{"config lime network\noption anygw_dhcp_start 65535\n", "anygw_dhcp_start"},
		{"config lime network\noption main_ipv4_address 10.0.0.0/24\n"
		 "option anygw_dhcp_start 200\n",
		 NULL},
		{"config lime network\noption main_ipv4_address 10.0.0.0/24\n"
		 "option anygw_dhcp_start 255\n",
		 "anygw_dhcp_start"},
		/* Fine for the SSID that templates are tried with, not for LibreMesh.org: 1 and 13.
		 */
		{"config lime network\noption main_ipv6_address fd%N1:%N2::/64\n", NULL},
		{"config lime network\noption main_ipv4_address 10.2%N1.0.0/16\n", NULL},
		{"config lime network\noption main_ipv4_address 10.%N2.0.0/16\n", NULL},
		{"config lime network\noption main_ipv4_address 10.2%N2.0.0/16\n",
		 "main_ipv4_address"},
		{"config net a\nlist protocols lan\n", "names no interface"},
		{"config net a\noption linux_name eth1\nconfig net b\noption linux_name eth1\n",
		 "both about eth1"},
		{"config net a\noption linux_name bat0\n", "bat0"},
		{"config net a\noption linux_name br-lan\n", "br-lan"},
		{"config net a\noption linux_name e\noption mtu 599\n", "599"},
		{"config net a\noption linux_name e\noption mtu 600\n", NULL},
		{"config net a\noption linux_name e\nlist protocols lan\n"
		 "list protocols batadv:0\n",
		 "without a VLAN"},
		{"config net a\noption linux_name e\nlist protocols batadv:0\n"
		 "config nuvol host\nlist lan_ports e\n",
		 "without a VLAN"},
		{"config net a\noption linux_name e\nlist protocols lan\n"
		 "list protocols batadv:%N1\n",
		 NULL},
		{"config nuvol host\noption bridge bat0\n", "both bat0"},
		{"config nuvol host\nlist lan_ports br-lan\n", "br-lan"},
		{"config nuvol share\nlist dhcp_host 02:00:00:00:00:07,10.13.255.7\n", NULL},
		{"config nuvol share\nlist dhcp_host 02:00:00:00:00:07,10.13.0.1\n", "10.13.0.1"},
		{"config nuvol share\nlist dhcp_host 02:00:00:00:00:07,10.14.0.7\n", "10.14.0.7"},
		{"config nuvol cloud\noption ports_max 1\n"
		 "config net a\noption linux_name e\nlist protocols batadv\n"
		 "config net b\noption linux_name f\nlist protocols batadv\n",
		 "ports_max"},
		{"config nuvol uplink\noption ipv6 nptv6\n", "nptv6 needs"},
		{"config nuvol uplink\noption ipv6 nptv6\noption ipv6_prefix 2001:db8::/64\n",
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_problems problems;
		struct conf c;
		bool good;

		conf_problems_init(&problems);
		conf_init_defaults(&c);
		assert_true(conf_parse(&c, "file", cases[i].text, strlen(cases[i].text), CONF_NODE,
				       &problems));
		good = conf_check(&c, crypto_test(), &problems);
		if (good != !cases[i].says)
			fail_msg("case %zu: %s", i, cases[i].text);
		assert_int_equal(problems.errors, !good);
		if (!good) {
			assert_non_null(strstr(problems.at[0].text, cases[i].says));
			assert_true(strlen(problems.at[0].remedy) > 10);
		}
	}
}

static void test_note(void **state)
{
	static struct conf c;
	static struct conf_problems problems;

	(void)state;
	conf_init_defaults(&c);
	conf_problems_init(&problems);
	assert_true(conf_check(&c, crypto_test(), &problems));
	assert_int_equal(problems.count, 0);
	c.node.share.on = false;
	assert_true(conf_check(&c, crypto_test(), &problems));
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.at[0].text, "no addresses"));
	c.node.plan.anygw = false;
	conf_problems_init(&problems);
	assert_true(conf_check(&c, crypto_test(), &problems));
	assert_int_equal(problems.count, 0);
}

static const char *nearest_of(const char *wanted)
{
	static const char *const names[] = {"hostname", "domain", "hop_penalty", "mtu", "wifi"};
	struct nearest n;

	nearest_init(&n, wanted);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		nearest_offer(&n, names[i]);
	return n.best ? n.best : "";
}

static void test_nearest(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("hostnam"), "hostname");
	assert_string_equal(nearest_of("host_name"), "hostname");
	assert_string_equal(nearest_of("hop_penatly"), "hop_penalty");
	assert_string_equal(nearest_of("mtuu"), "mtu");
	assert_string_equal(nearest_of("mut"), "mtu");
	assert_string_equal(nearest_of("x"), "");
	assert_string_equal(nearest_of(""), "");
	assert_string_equal(nearest_of("something_else"), "");
	assert_string_equal(nearest_of("hostnamehostnamehostnamehostnamehostnamehostnamehostname"
				       "hostnamehostname"),
			    "");
}

static void test_manual(void **state)
{
	char *text = conf_manual();
	size_t count;
	const struct option *o = option_table(&count);
	unsigned lists = 0;
	unsigned ends = 0;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < count; i++) {
		char item[96];

		snprintf(item, sizeof(item), ".It Ic %s %s ",
			 option_is_list(&o[i]) ? "list" : "option", o[i].name);
		assert_non_null(strstr(text, item));
	}
	assert_non_null(strstr(text, searches_defaults));
	for (const char *at = text; (at = strstr(at, ".Bl ")); at++)
		lists++;
	for (const char *at = text; (at = strstr(at, ".El\n")); at++)
		ends++;
	assert_int_equal(lists, 10);
	assert_int_equal(ends, lists);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_note),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
