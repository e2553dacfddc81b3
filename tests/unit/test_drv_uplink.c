/* Proves what a page says of who stands between, and which rules an uplink gets. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "drv/uplink_check.h"
#include "drv/uplink_filter.h"

/* ---- pages ---- */

struct page {
	const char *answer;
	bool ended, more;
	enum uplink_result result;
};

static const struct page pages[] = {
	{"HTTP/1.1 200 OK\r\nA: b\r\n\r\nsuccess\n", false, false, UPLINK_GOOD},
	{"HTTP/1.0 200 OK\r\n\r\nsuccess", true, false, UPLINK_GOOD},
	{"HTTP/1.1 200 OK\r\n\r\nsucc", false, true, UPLINK_GOOD},
	{"HTTP/1.1 200 OK\r\n\r\nsucc", true, false, UPLINK_OTHER},
	{"HTTP/1.1 200 OK\r\nA: success\r\n", false, true, UPLINK_GOOD},
	{"HTTP/1.1 200 OK\r\n\r\n<html>pay</html>", false, false, UPLINK_OTHER},
	{"HTTP/1.1 302 Found\r\nLocation: http://pay/\r\n\r\n", true, false, UPLINK_OTHER},
	{"HTTP/1.1 204 No Content\r\n\r\n", true, false, UPLINK_OTHER},
	{"HTTP/1.1 511 Network Authentication Required\r\n\r\n", true, false, UPLINK_OTHER},
	{"HTTP/1.1 404 Not Found\r\n\r\nsuccess", true, false, UPLINK_BAD},
	{"HTTP/1.1 503 Busy\r\n\r\nsuccess", true, false, UPLINK_BAD},
	{"<html>pay</html>", true, false, UPLINK_OTHER},
	{"SSH-2.0", true, false, UPLINK_OTHER},
	{"", true, false, UPLINK_BAD},
	{"", false, true, UPLINK_BAD},
};

static void test_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		const struct page *p = &pages[i];
		enum uplink_result r = UPLINK_BAD;
		bool whole =
			uplink_page_judge(p->answer, strlen(p->answer), p->ended, "success", &r);

		if (whole == p->more || (whole && r != p->result))
			fail_msg("%s: %d", p->answer, (int)r);
	}
}

/* A page without an end is judged by its beginning. */
static void test_a_page_without_end(void **state)
{
	static char much[UPLINK_PAGE_MAX * 2];
	enum uplink_result r;

	(void)state;
	memset(much, 'x', sizeof(much));
	assert_true(uplink_page_judge(much, sizeof(much), false, "success", &r));
	assert_int_equal(r, UPLINK_OTHER);
}

/* ---- rules ---- */

static struct plan plan = {.prefix4 = {{10, 13, 0, 0}, 16}, .prefix6 = {{0xfd, 0x0d}, 64}};
static struct host_conf conf;
static struct uplink_filter filter;

static int setup(void **state)
{
	(void)state;
	conf = (struct host_conf){
		.bridge = "br-lan",
		.anygw = "anygw",
		.uplink = {.nat = true, .ipv6_prefix = "2001:db8:1::/64", .protect = true}};
	filter = (struct uplink_filter){.conf = &conf, .plan = &plan, .name = {"", "wan0", "ppp1"}};
	filter.beside[0] = (struct prefix){.net = {{203, 0, 113, 0}, 24}};
	filter.beside[1] = (struct prefix){true, {{0x20, 1, 0xd, 0xb8}, 64}};
	filter.beside_count = 2;
	return 0;
}

static void expect(const char *what, bool there)
{
	char *rules = uplink_filter_rules(&filter);

	assert_non_null(rules);
	if (!!strstr(rules, what) != there)
		fail_msg("%s: %s\n%s", what, there ? "is missing" : "is there", rules);
	free(rules);
}

static void test_rules(void **state)
{
	static const char *const parts[] = {
		"table inet nuvol {}\ndelete table inet nuvol\n",
		"define up = { \"wan0\", \"ppp1\" }\n",
		"define us = { \"br-lan\", \"anygw\", \"X7*\" }\n",
		"elements = { 10.0.0.0/8, ",
		", 10.13.0.0/16 }\n",
		"ip saddr != @inside4 counter name spoofed drop\n",
		"ip daddr 203.0.113.0/24 counter name beside reject\n",
		"ip6 daddr 2001:db8::/64 counter name beside reject\n",
		"jump protected\n",
		"ip saddr @inside4 masquerade\n",
		"ip6 saddr fc00::/7 counter name spoofed reject\n",
		"ip6 saddr != fc00::/7 counter name spoofed reject\n",
		"iifname $up oifname $us jump in\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		expect(parts[i], true);
	expect("ip6 saddr fc00::/7 masquerade", false);
	conf.uplink.nat = conf.uplink.protect = false;
	expect("masquerade", false);
	expect("jump protected", false);
	memset(filter.name, 0, sizeof(filter.name));
	expect("delete table inet nuvol\n", true);
	expect("chain", false);
}

static void test_rules_of_ipv6(void **state)
{
	(void)state;
	conf.uplink.ipv6 = HOST_IPV6_NAT66;
	expect("ip6 saddr fc00::/7 masquerade\n", true);
	expect("prefix to", false);
	conf.uplink.ipv6 = HOST_IPV6_NPTV6;
	expect("snat ip6 prefix to ip6 saddr map { fd0d::/64 : 2001:db8:1::/64 }\n", true);
	conf.uplink.ipv6 = HOST_IPV6_ROUTED;
	filter.lan_global = true;
	expect("ip6 saddr fc00::/7 counter name spoofed reject\n", true);
	expect("ip6 saddr fc00::/7 masquerade", false);
	expect("ip6 saddr != fc00::/7 fib saddr oifname != $us counter", true);
	filter.table.in_force = true;
	assert_false(uplink_filter_carries(&filter, true));
	conf.uplink.ipv6 = HOST_IPV6_AUTO;
	filter.table.in_force = false;
	assert_false(uplink_filter_carries(&filter, true));
	expect("ip6 saddr fc00::/7 counter name spoofed reject\n", false);
	expect("ip6 saddr fc00::/7 masquerade", true);
	expect("ip6 saddr != fc00::/7 fib saddr oifname != $us counter", true);
	filter.table.in_force = true;
	assert_true(uplink_filter_carries(&filter, true));
	filter.lan_global = false;
	expect("ip6 saddr fc00::/7 masquerade", false);
	assert_false(uplink_filter_carries(&filter, true));
	assert_true(uplink_filter_carries(&filter, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_a_page_without_end),
		cmocka_unit_test_setup(test_rules, setup),
		cmocka_unit_test_setup(test_rules_of_ipv6, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
