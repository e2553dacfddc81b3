/* Proves which rules an end of the kernel's tunnels gets, and that another gets none. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "drv/tunnel_filter.h"

static void expect(const struct tunnel_filter *f, const char *what, bool there)
{
	char *rules = tunnel_filter_rules(f);

	assert_non_null(rules);
	if (!!strstr(rules, what) != there)
		fail_msg("%s: %s\n%s", what, there ? "is missing" : "is there", rules);
	free(rules);
}

static void test_rules(void **state)
{
	struct tunnel_filter f = {.wish = {.name = "X7mainb",
					   .cloud4 = {{10, 13, 7, 1}, 16},
					   .cloud6 = {{0xfd, 0x0d, [15] = 1}, 64}}};

	(void)state;
	expect(&f, "delete table inet nuvol_tunnels\n", true);
	expect(&f, "hook prerouting", true);
	expect(&f, "iifname != \"X7mainb\" return\n", true);
	expect(&f, "ip saddr 10.13.0.0/16 ip daddr 10.13.0.0/16 counter name spoofed drop\n", true);
	expect(&f, "ip6 saddr fd0d::/64 ip6 daddr fd0d::/64 counter name spoofed drop\n", true);
	/* A prefix that is not known is not all addresses. */
	f.wish.cloud4.bits = 0;
	expect(&f, "ip saddr", false);
	f.wish.cloud6.bits = 0;
	expect(&f, "ip6 saddr", false);
	f.wish.name[0] = '\0';
	expect(&f, "delete table inet nuvol_tunnels\n", true);
	expect(&f, "chain", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
