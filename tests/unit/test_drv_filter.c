/* Proves which rules the filter has for which ports, and that only a change makes new ones. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "drv/filter.h"

static const struct plan plan = {
	.cloud_tagged = true,
	.cloud_vid = 29,
	.cloud_tpid = TPID_8021AD,
	.network_vid = 18,
	.anygw_mac = {{2, 0xa, 0xb, 0xc, 0xd, 0xe}},
	.anygw_ipv4 = {{10, 13, 0, 1}, 16},
	.anygw_ipv6 = {{0xfd, 0x0d, [15] = 1}, 64},
	.anygw_link_local = {{0xfe, 0x80, [15] = 7}, 64},
};
static const struct host_conf conf = {.bridge = "br-lan", .cloud_port = "bat0", .anygw = "anygw"};

static void expect(const struct filter *f, const char *what, bool there)
{
	char *rules = filter_rules(f);

	assert_non_null(rules);
	if (!!strstr(rules, what) != there)
		fail_msg("%s: %s\n%s", what, there ? "is missing" : "is there", rules);
	free(rules);
}

static void the_plan_is_in_it(void **state)
{
	static const char *const parts[] = {
		"table bridge nuvol {}\ndelete table bridge nuvol\ntable bridge nuvol {\n",
		"ether saddr 02:0a:0b:0c:0d:0e counter name mac drop\n",
		"ether daddr & ff:ff:ff:00:00:00 == aa:aa:aa:00:00:00 counter name mac drop\n",
		"arp daddr ip 10.13.0.1 counter name address drop\n",
		"ip6 saddr { fd0d::1, fe80::7 } counter name address drop\n",
		("@th,64,128 { 0xfd0d0000000000000000000000000001, "
		 "0xfe800000000000000000000000000007 } counter name address drop\n"),
		"ether type 8021ad vlan id 29 counter name batadv drop\ngoto network\n",
		"ether type 8021ad vlan id 18 counter name network drop\n",
		"jump network\ngoto kept\n",
		"iifname != \"anygw-br\" jump mac_saddr\niifname \"bat0\" jump cloud\n}\n",
		"oifname \"bat0\" jump cloud\n}\n",
	};
	struct filter f = {.conf = &conf, .plan = &plan};
	struct plan bare = plan;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		expect(&f, parts[i], true);
	bare.cloud_tagged = false;
	f.plan = &bare;
	expect(&f, "counter name batadv drop\ngoto network\n", true);
	expect(&f, "vlan id 29", false);
}

static void programs_need_no_second_look(void **state)
{
	struct filter f = {.conf = &conf, .plan = &plan, .fast = true};

	(void)state;
	/* FAST_MARK, first of all and only for once. */
	expect(&f, "policy accept;\nmeta mark 1316320879 meta mark set 0 accept\niifname !=", true);
	expect(&f, "iifname \"bat0\" jump cloud\n", true);
	/* What no program looks for. */
	expect(&f, "oifname \"bat0\" jump network\n}\n", true);
	expect(&f, "oifname \"bat0\" jump cloud", false);
	expect(&f, "dport 16962", false);
	f.fast = false;
	expect(&f, "meta mark", false);
}

static void ports_are_what_they_are(void **state)
{
	struct filter f = {.conf = &conf, .plan = &plan};

	(void)state;
	filter_set_port(&f, "lan0", LAN_ALONE, false);
	expect(&f, "lan0", false);
	filter_set_port(&f, "lan0", LAN_DESIGNATED, false);
	filter_set_port(&f, "lan1", LAN_DESIGNATED, true);
	expect(&f, "\niifname { \"lan0\", \"lan1\" } jump batadv\n", true);
	expect(&f, "\noifname { \"lan0\", \"lan1\" } jump batadv\noifname { \"lan1\" } jump kept\n",
	       true);
	/* A client came; the other cable's node went. */
	filter_set_port(&f, "lan1", LAN_DESIGNATED, false);
	filter_set_port(&f, "lan0", LAN_LISTENING, false);
	expect(&f, "\noifname { \"lan1\" } jump batadv\n}\n", true);
	filter_set_port(&f, "lan1", LAN_STANDBY, false);
	expect(&f, "\"lan", false);
}

static void as_many_ports_as_there_may_be(void **state)
{
	struct filter f = {.conf = &conf, .plan = &plan};
	char name[IFNAMSIZ];

	(void)state;
	for (int i = 0; i < LAN_PORT_MAX + 1; i++) {
		snprintf(name, sizeof(name), "port-%d-of-many", i);
		filter_set_port(&f, name, LAN_DESIGNATED, true);
	}
	expect(&f, "\"port-0-of-many\", \"port-1-of-many\"", true);
	expect(&f, "\"port-15-of-many\" } jump kept\n", true);
	expect(&f, "port-16", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plan_is_in_it),
		cmocka_unit_test(programs_need_no_second_look),
		cmocka_unit_test(ports_are_what_they_are),
		cmocka_unit_test(as_many_ports_as_there_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
