/* Proves that each weak spot of LibreMesh's rules is reported with a remedy, and nothing else is;
 * and that templates are filled or refused as documented. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include "cmocka_all.h"
#include "core/plan/plan.h"
#include "crypto_test.h"

/* A conf without any warning. */
static struct plan_conf sound(void)
{
	struct plan_conf conf = plan_conf_default();

	conf.primary_mac = (struct mac){{0xa8, 0x40, 0x41, 0x1d, 0xf9, 0x35}};
	return conf;
}

static struct plan made(const struct plan_conf *conf)
{
	struct plan p;

	assert_int_equal(plan_init(&p, conf, crypto_test()), OK);
	return p;
}

static struct plan with_ssid(const char *ssid)
{
	struct plan_conf conf = sound();

	snprintf(conf.ssid, sizeof(conf.ssid), "%s", ssid);
	return made(&conf);
}

static void assert_warns_only(const struct plan *p, enum plan_warning_kind kind)
{
	assert_int_equal(p->warning_count, 1);
	assert_int_equal(p->warnings[0].kind, kind);
	assert_true(strlen(p->warnings[0].text) > 20);
	assert_true(strlen(p->warnings[0].remedy) > 20);
	/* Not cut. */
	assert_true(strlen(p->warnings[0].text) < PLAN_TEXT_ROOM - 1);
	assert_true(strlen(p->warnings[0].remedy) < PLAN_TEXT_ROOM - 1);
}

static void test_sound_is_silent(void **state)
{
	struct plan_conf conf = sound();
	struct plan p = made(&conf);

	(void)state;
	assert_int_equal(p.warning_count, 0);
}

static void test_ssid_for_the_shell(void **state)
{
	static const char *const changed[] = {"cost$y",	  "a${b}", "$(ls)", "`ls`", "say \"hi\"",
					      "back\\\\", "end\\", "\\$",   "-n",   "-e",
					      "-neE",	  "x$1",   "x$-"};
	static const char *const same[] = {"plain", "100$",	   "a$ b", "a\\b",
					   "it's",  "!#&*;|<>()",  "-nx",  "-",
					   "n-e",   "caf\xc3\xa9", "$%"};

	(void)state;
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
		struct plan p = with_ssid(changed[i]);

		assert_warns_only(&p, PLAN_SSID_SHELL);
	}
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_int_equal(with_ssid(same[i]).warning_count, 0);
}

static void test_ssid_length(void **state)
{
	struct plan p = with_ssid("");

	(void)state;
	assert_warns_only(&p, PLAN_SSID_EMPTY);
	p = with_ssid("12345678901234567890123456789012");
	assert_int_equal(p.warning_count, 0);
	struct plan longer = with_ssid("12345678901234567890123456789012X");
	assert_warns_only(&longer, PLAN_SSID_LONG);
	/* On the air they are the same, but the whole SSID is hashed. */
	assert_string_equal(p.ssid, longer.ssid);
	assert_memory_not_equal(p.network_id, longer.network_id, 16);
}

static struct plan with_mac(const char *mac)
{
	struct plan_conf conf = sound();

	assert_true(mac_parse(mac, &conf.primary_mac));
	return made(&conf);
}

static void test_mac(void **state)
{
	struct plan p = with_mac("02:00:00:12:34:56");

	(void)state;
	assert_warns_only(&p, PLAN_MAC_LOCAL);
	p = with_mac("01:00:00:12:34:56");
	assert_warns_only(&p, PLAN_MAC_UNKNOWN);
}

static void test_reserved_addresses(void **state)
{
	struct plan p = with_mac("64:66:b3:00:00:01");
	char text[IPV6_PREFIX_TEXT];

	(void)state;
	assert_int_equal(p.warning_count, 2);
	assert_int_equal(p.warnings[0].kind, PLAN_IPV4_RESERVED);
	assert_int_equal(p.warnings[1].kind, PLAN_IPV6_ANYCAST);
	assert_string_equal(ipv4_prefix_print(p.ipv4, text), "10.13.255.254/16");
	assert_string_equal(ipv6_prefix_print(p.ipv6, text), "fd0d:fe46:8ce8::1/64");

	p = with_mac("64:66:b3:00:00:00");
	assert_int_equal(p.warning_count, 2);
	assert_int_equal(p.warnings[1].kind, PLAN_IPV6_ROUTER);
	/* IPv4 is reserved in its 16 bits, IPv6 is not in its 24. */
	p = with_mac("64:66:b3:07:00:00");
	assert_warns_only(&p, PLAN_IPV4_RESERVED);
	p = with_mac("64:66:b3:07:ff:fe");
	assert_warns_only(&p, PLAN_IPV4_LAST);
}

/* Without anygw the first host is free. */
static void test_without_anygw(void **state)
{
	struct plan_conf conf = sound();
	char text[IPV4_PREFIX_TEXT];

	(void)state;
	conf.primary_mac = (struct mac){{0x64, 0x66, 0xb3, 0, 0, 1}};
	conf.anygw = false;
	struct plan p = made(&conf);
	assert_int_equal(p.warning_count, 0);
	assert_string_equal(ipv4_prefix_print(p.ipv4, text), "10.13.0.1/16");
}

static struct plan_tag tag_of(const char *protocol)
{
	struct plan_conf conf = sound();
	struct plan p = made(&conf);
	struct plan_tag tag = {0};

	if (plan_tag(&p, protocol, &tag) != OK)
		tag.vid = 0xffff;
	return tag;
}

static void test_tags(void **state)
{
	(void)state;
	assert_int_equal(tag_of("batadv").vid, 29);
	assert_int_equal(tag_of("batadv:%N1").vid, 29);
	assert_int_equal(tag_of("batadv:%N1").tpid, TPID_8021AD);
	assert_int_equal(tag_of("batadv:%N1:8021q").tpid, TPID_8021Q);
	assert_int_equal(tag_of("batadv:%N1:8021ad:_mesh").tpid, TPID_8021AD);
	assert_int_equal(tag_of("batadv:%N2").vid, 29 + 254 - 13);
	/* N2 = 0xfe = 254, N3 = 0x46 = 70 */
	assert_int_equal(tag_of("batadv:%N3").vid, 29 + 70 - 13);
	assert_int_equal(tag_of("batadv:100").vid, 100);
	assert_true(tag_of("batadv:100").tagged);
	assert_int_equal(tag_of("batadv:0").vid, 0);
	assert_false(tag_of("batadv:0").tagged);
	static const char *const wrong[] = {"",		  "batad",	   "batadvx",
					    "batadv:",	  "batadv:4095",   "batadv:x",
					    "batadv:-1",  "batadv:%N7",	   "batadv:%N1:",
					    "batadv:1:q", "batadv:1:8021", "batadv:1:8021adx",
					    "babeld:17",  "batadv: 1",	   "batadv:1:8021qq"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(tag_of(wrong[i]).vid, 0xffff);
}

/* N1 below 13 wraps to the top of the range: 284 for 12. */
static void test_vid_wraps(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		char ssid[16];
		snprintf(ssid, sizeof(ssid), "cloud%u", i);
		struct plan p = with_ssid(ssid);
		unsigned n1 = p.network_id[0];

		assert_int_equal(p.cloud_vid, n1 >= 13 ? n1 + 16 : n1 + 16 + 256);
		seen += n1 < 13;
	}
	assert_true(seen > 0);
}

static struct plan with_protocol(const char *protocol)
{
	struct plan_conf conf = sound();

	snprintf(conf.cloud_protocol, sizeof(conf.cloud_protocol), "%s", protocol);
	return made(&conf);
}

static void test_cloud_vlan(void **state)
{
	struct plan p = with_protocol("batadv:0");

	(void)state;
	assert_warns_only(&p, PLAN_CLOUD_UNTAGGED);
	p = with_protocol("batadv:17");
	assert_warns_only(&p, PLAN_VID_FIXED_SHARED);
	p = with_protocol("batadv:284");
	assert_warns_only(&p, PLAN_VID_FIXED_SHARED);
	assert_int_equal(with_protocol("batadv:285").warning_count, 0);
	assert_int_equal(with_protocol("batadv:17:8021q").warning_count, 0);
	assert_int_equal(with_protocol("batadv").warning_count, 0);
}

static void test_clouds_in_reach(void **state)
{
	struct plan_conf conf = sound();
	struct plan p = made(&conf);
	unsigned found = 0;

	(void)state;
	plan_check_cloud(&p, &conf, crypto_test(), conf.ssid);
	assert_int_equal(p.warning_count, 0);
	for (unsigned i = 0; i < 2000 && found == 0; i++) {
		char other[16];
		snprintf(other, sizeof(other), "cloud%u", i);
		bool shares = with_ssid(other).network_id[0] == p.network_id[0];

		plan_check_cloud(&p, &conf, crypto_test(), other);
		assert_int_equal(p.warning_count, shares);
		found += shares;
	}
	assert_int_equal(found, 1);
	assert_warns_only(&p, PLAN_CLOUD_SHARED);
	assert_non_null(strstr(p.warnings[0].text, "VLAN 29"));
	assert_non_null(strstr(p.warnings[0].text, "10.13.0.0/16"));
}

/* Two names whose hashes agree in bytes 2 and 3 exist among a few hundred. */
static void test_ports_shared(void **state)
{
	enum { NAMES = 700 };
	static char names[NAMES][16];
	static struct mac macs[NAMES];
	struct plan_conf conf = sound();
	struct plan p = made(&conf);
	const char *pair[2] = {"eth0", "eth1"};

	(void)state;
	plan_check_ports(&p, crypto_test(), pair, 2);
	assert_int_equal(p.warning_count, 0);
	for (unsigned i = 0; i < NAMES && p.warning_count == 0; i++) {
		snprintf(names[i], sizeof(names[i]), "mesh%u", i);
		plan_port_mac(&p, crypto_test(), names[i], &macs[i]);
		for (unsigned k = 0; k < i; k++)
			if (mac_equal(macs[i], macs[k])) {
				pair[0] = names[k];
				pair[1] = names[i];
				plan_check_ports(&p, crypto_test(), pair, 2);
				assert_warns_only(&p, PLAN_PORT_SHARED);
			}
	}
	assert_int_equal(p.warning_count, 1);
}

/* A name from a command line cannot write on a terminal, nor overrun the text or the list. */
static void test_hostile_names(void **state)
{
	char name[PLAN_SSID_ROOM];
	const char *same[PLAN_WARNINGS_MAX + 4];
	struct plan_conf conf = sound();
	struct plan p;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[0] = '\033';
	name[sizeof(name) - 1] = '\0';
	conf.primary_mac = (struct mac){{0x02, 0, 0, 1, 2, 3}};
	p = made(&conf);
	p.warning_count = 0;
	plan_port_mac(&p, crypto_test(), name, &p.primary_mac);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		same[i] = name;
	plan_check_ports(&p, crypto_test(), same, sizeof(same) / sizeof(same[0]));
	assert_int_equal(p.warning_count, PLAN_WARNINGS_MAX);
	assert_int_equal(p.warnings_dropped, 4);
	assert_null(strchr(p.warnings[0].text, '\033'));
	assert_true(strlen(p.warnings[0].text) < PLAN_TEXT_ROOM);
}

static void test_hostname(void **state)
{
	struct {
		const char *template, *name;
		bool warns;
	} cases[] = {
		{"node", "node", false},
		{"n-%M6", "n-35", false},
		{"LiMe-%M4%M5%M6", "LiMe-1df935", false},
		{"my node", "my-node", true},
		{"-a.b-", "ab", true},
		{"caf\xc3\xa9", "caf", true},
		{"a123456789012345678901234567890123", "a1234567890123456789012345678901", true},
		{"%M7", "M7", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan_conf conf = sound();

		snprintf(conf.hostname, sizeof(conf.hostname), "%s", cases[i].template);
		struct plan p = made(&conf);
		assert_string_equal(p.hostname, cases[i].name);
		if (cases[i].warns)
			assert_warns_only(&p, PLAN_HOSTNAME_CHANGED);
		else
			assert_int_equal(p.warning_count, 0);
	}
}

/* %m are bytes of md5("a840411df935\n"), computed with md5sum. */
static void test_machine_id(void **state)
{
	struct plan_conf conf = sound();

	(void)state;
	snprintf(conf.hostname, sizeof(conf.hostname), "%%m1%%m2%%m3%%m4%%m5%%m6");
	assert_string_equal(made(&conf).hostname, "48537ec23975");
}

static void assert_ipv4(const char *template, const char *address, const char *prefix)
{
	struct plan_conf conf = sound();
	char text[IPV4_PREFIX_TEXT];

	snprintf(conf.main_ipv4_address, sizeof(conf.main_ipv4_address), "%s", template);
	struct plan p = made(&conf);
	assert_string_equal(ipv4_prefix_print(p.ipv4, text), address);
	assert_string_equal(ipv4_prefix_print(p.prefix4, text), prefix);
}

/* The primary MAC ends in 1d:f9:35 = 29, 249, 53. */
static void test_ipv4_templates(void **state)
{
	(void)state;
	assert_ipv4("10.0.2.1/16", "10.0.2.1/16", "10.0.0.0/16");
	assert_ipv4("10.%N1.%M5.%M6/16", "10.13.249.53/16", "10.13.0.0/16");
	assert_ipv4("10.0.128.0/17", "10.0.249.53/17", "10.0.128.0/17");
	/* Not a network address: taken as it is. */
	assert_ipv4("192.0.128.0/16", "192.0.128.0/16", "192.0.0.0/16");
	assert_ipv4("10.0.128.0/16/17", "10.0.249.53/16", "10.0.0.0/16");
	assert_ipv4("192.168.1.0/24", "192.168.1.53/24", "192.168.1.0/24");
	assert_ipv4("10.0.0.0/8", "10.29.249.53/8", "10.0.0.0/8");
}

static void assert_ipv6(const char *template, const char *address)
{
	struct plan_conf conf = sound();
	char text[IPV6_PREFIX_TEXT];

	snprintf(conf.main_ipv6_address, sizeof(conf.main_ipv6_address), "%s", template);
	struct plan p = made(&conf);
	assert_string_equal(ipv6_prefix_print(p.ipv6, text), address);
	assert_int_equal(p.anygw_ipv6.bits, 64);
}

static void test_ipv6_templates(void **state)
{
	(void)state;
	assert_ipv6("2001:db8::/64", "2001:db8::1d:f935/64");
	assert_ipv6("2001:db8::/112", "2001:db8::f935/112");
	assert_ipv6("2001:db8::/48", "2001:db8::1d:f935/48");
	assert_ipv6("2001:db8::%M5%M6/64", "2001:db8::f935/64");
	assert_ipv6("2001:db8:0:0:1::/64/80", "2001:db8::1:0:1d:f935/64");
}

static void assert_fault(const struct plan_conf *conf, const char *option)
{
	struct plan p;
	char why[200];

	assert_int_equal(plan_init(&p, conf, crypto_test()), ERR_MALFORMED);
	assert_true(plan_fault(conf, crypto_test(), why, sizeof(why)));
	assert_memory_equal(why, option, strlen(option));
}

static void test_faults(void **state)
{
	static const char *const ipv4[] = {"",
					   "10.0.0.0",
					   "10.0.0.0/",
					   "10.0.0.0/0",
					   "10.0.0.0/31",
					   "10.0.0.0/16/15",
					   "10.0.0/16",
					   "x/16",
					   "10.0.0.0/16/",
					   "10.0.0.0/16/17/18",
					   "10.%N9.0.0/16",
					   "10.0.0.0/-1"};
	static const char *const mac[] = {"", "aa:aa:aa:%N1:%N2", "aa:aa:aa:%M1:%N2:aa",
					  "ab:aa:aa:%N1:%N2:aa", "00:00:00:00:00:00"};
	struct plan_conf conf;
	char why[8];

	(void)state;
	for (size_t i = 0; i < sizeof(ipv4) / sizeof(ipv4[0]); i++) {
		conf = sound();
		strcpy(conf.main_ipv4_address, ipv4[i]);
		assert_fault(&conf, "main_ipv4_address: ");
	}
	for (size_t i = 0; i < sizeof(mac) / sizeof(mac[0]); i++) {
		conf = sound();
		strcpy(conf.anygw_mac, mac[i]);
		assert_fault(&conf, "anygw_mac: ");
	}
	conf = sound();
	strcpy(conf.main_ipv6_address, "fd%N1:%N2::/127");
	assert_fault(&conf, "main_ipv6_address: ");
	conf = sound();
	strcpy(conf.hostname, "--");
	assert_fault(&conf, "hostname: ");
	conf = sound();
	strcpy(conf.cloud_protocol, "bmx7:18");
	assert_fault(&conf, "protocols: ");
	/* A short place for the words is filled, not overrun. */
	assert_true(plan_fault(&conf, crypto_test(), why, sizeof(why)));
	assert_string_equal(why, "protoco");
	conf = sound();
	assert_false(plan_fault(&conf, crypto_test(), why, sizeof(why)));
	assert_string_equal(why, "");
}

static void test_dhcp_range(void **state)
{
	struct plan_conf conf = sound();
	char text[IPV4_TEXT];

	(void)state;
	conf.anygw_dhcp_start = 100 * 256 + 2;
	conf.anygw_dhcp_limit = 7165;
	struct plan p = made(&conf);
	assert_string_equal(ipv4_print(p.dhcp_first, text), "10.13.100.2");
	assert_string_equal(ipv4_print(p.dhcp_last, text), "10.13.127.254");
	conf.anygw_dhcp_limit = 65534 - 25602 + 1;
	p = made(&conf);
	assert_string_equal(ipv4_print(p.dhcp_last, text), "10.13.255.254");
	conf.anygw_dhcp_limit++;
	assert_fault(&conf, "anygw_dhcp_limit: ");
	conf.anygw_dhcp_start = 65535;
	assert_fault(&conf, "anygw_dhcp_start: ");
	conf.anygw_dhcp_start = 0;
	assert_fault(&conf, "anygw_dhcp_start: ");
}

static void test_names(void **state)
{
	(void)state;
	for (int k = PLAN_SSID_EMPTY; k <= PLAN_PORT_SHARED; k++)
		for (int other = PLAN_SSID_EMPTY; other < k; other++)
			assert_string_not_equal(plan_warning_name((enum plan_warning_kind)k),
						plan_warning_name((enum plan_warning_kind)other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound_is_silent),
		cmocka_unit_test(test_ssid_for_the_shell),
		cmocka_unit_test(test_ssid_length),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_reserved_addresses),
		cmocka_unit_test(test_without_anygw),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_vid_wraps),
		cmocka_unit_test(test_cloud_vlan),
		cmocka_unit_test(test_clouds_in_reach),
		cmocka_unit_test(test_ports_shared),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_hostname),
		cmocka_unit_test(test_machine_id),
		cmocka_unit_test(test_ipv4_templates),
		cmocka_unit_test(test_ipv6_templates),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_dhcp_range),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
