/* Proves that dnsmasq's configuration says what LibreMesh's does, for an ordinary cloud and
 * for odd ones, and that dnsmasq itself accepts it. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "conf/conf.h"
#include "crypto_test.h"
#include "drv/dnsmasq_conf.h"
#include "drv/ipv6_exit.h"

static struct conf conf;
static struct plan plan;

static const struct range ranges[] = {
	{{{10, 13, 4, 0}, 32}, {{10, 13, 7, 255}, 32}},
	{{{10, 13, 64, 0}, 32}, {{10, 13, 67, 255}, 32}},
};

static struct dnsmasq_conf plain(void)
{
	conf_init_defaults(&conf);
	conf.node.plan.primary_mac = (struct mac){{0xa8, 0x40, 0x41, 0x1d, 0xf9, 0x35}};
	assert_int_equal(plan_init(&plan, &conf.node.plan, crypto_test()), OK);
	return (struct dnsmasq_conf){.plan = &plan,
				     .host = &conf.host,
				     .run_dir = "/run/nuvol",
				     .script = "/usr/libexec/nuvol/nuvol-dhcp-event",
				     .user = "dnsmasq",
				     .ranges = ranges,
				     .range_count = 2,
				     .leases_max = 1000};
}

/* Is it a line of the text? */
static bool has(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at += len)
		if ((at == text || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

static const char *const ordinary[] = {
	"interface=anygw",
	"except-interface=lo",
	"bind-dynamic",
	"user=dnsmasq",
	"no-resolv",
	"no-hosts",
	"domain-needed",
	"expand-hosts",
	"domain=thisnode.info",
	"local=/thisnode.info/",
	"server=4.2.2.2",
	"server=141.1.1.1",
	"server=2001:470:20::2",
	"host-record=anygw.thisnode.info,anygw,10.13.0.1,fd0d:fe46:8ce8::1",
	"host-record=thisnode.info,minodo.info,meuno.info,10.13.0.1,fd0d:fe46:8ce8::1",
	"dhcp-range=10.13.0.0,static,255.255.0.0,3600",
	"dhcp-range=10.13.4.0,10.13.7.255,255.255.0.0,3600",
	"dhcp-range=10.13.64.0,10.13.67.255,255.255.0.0,3600",
	"dhcp-authoritative",
	"no-ping",
	"leasefile-ro",
	"script-on-renewal",
	"dhcp-option=option:mtu,1350",
	"dhcp-option=option:domain-search,thisnode.info",
	"enable-ra",
	"dhcp-range=fd0d:fe46:8ce8::,ra-names,64,24h",
	"ra-param=anygw,mtu:1350,120,0",
};

static void test_ordinary(void **state)
{
	struct dnsmasq_conf c = plain();
	char *text = dnsmasq_conf_print(&c);

	(void)state;
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++)
		if (!has(text, ordinary[i]))
			fail_msg("%s is not in\n%s", ordinary[i], text);
	free(text);
}

static void test_odd(void **state)
{
	struct dnsmasq_conf c = plain();
	char *text;

	(void)state;
	strcpy(conf.node.plan.domain, "valley.example.org");
	strcpy(conf.node.plan.main_ipv4_address, "192.168.7.0/24");
	strcpy(conf.node.plan.main_ipv6_address, "fd00:1::/56");
	conf.host.client_mtu_bytes = 1400;
	conf.host.lease_time_s = 120;
	conf.host.resolver_count = 0;
	assert_int_equal(plan_init(&plan, &conf.node.plan, crypto_test()), OK);
	c.range_count = 0;
	text = dnsmasq_conf_print(&c);
	assert_true(has(text, "dhcp-range=192.168.7.0,static,255.255.255.0,120"));
	assert_true(has(text, "host-record=valley.example.org,192.168.7.1,fd00:1::1"));
	assert_true(has(text, "dhcp-option=option:mtu,1400"));
	assert_null(strstr(text, "server="));
	/* No client can make an address of such a prefix. */
	assert_null(strstr(text, "enable-ra"));
	free(text);
	c = plain();
	c.ipv6_exit = true;
	text = dnsmasq_conf_print(&c);
	assert_true(has(text, "ra-param=anygw,mtu:1350,120"));
	free(text);
	c.clouds = true;
	text = dnsmasq_conf_print(&c);
	assert_true(has(text, "ra-param=anygw,mtu:1350,120"));
	free(text);
	c.ipv6_exit = false;
	text = dnsmasq_conf_print(&c);
	assert_true(has(text, "ra-param=anygw,mtu:1350,low,120"));
	free(text);
	/* dnsmasq ends when it has something to announce by IPv6, and no socket for it. */
	c.no_ipv6 = true;
	text = dnsmasq_conf_print(&c);
	assert_null(strstr(text, "enable-ra"));
	assert_null(strstr(text, "ra-names"));
	assert_true(has(text, "dhcp-range=10.13.0.0,static,255.255.0.0,3600"));
	free(text);
}

/* dnsmasq is asked, where it is installed. */
static void test_dnsmasq_accepts(void **state)
{
	char path[] = "/tmp/nuvol-test-XXXXXX", command[256];
	struct dnsmasq_conf c = plain();
	char *text;
	int fd, status;

	(void)state;
	if (access(conf.host.dnsmasq, X_OK) != 0)
		skip();
	c.run_dir = "/tmp";
	c.script = "/bin/true";
	c.user = "root";
	c.clouds = true;
	text = dnsmasq_conf_print(&c);
	fd = mkstemp(path);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(command, sizeof(command), "%s --test --conf-file=%s 2>/dev/null",
		 conf.host.dnsmasq, path);
	status = system(command);
	unlink(path);
	free(text);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Lines of /proc/net/ipv6_route: what is a way to the Internet. */
static void test_ipv6_exit(void **state)
{
#define ZERO "00000000000000000000000000000000"
	static const struct {
		const char *line;
		enum ipv6_way way;
	} cases[] = {
		{ZERO " 00 " ZERO " 00 fe80000000000000021122fffe334455 00000400 00000001 00000000 "
		      "00450003     eth0",
		 IPV6_WAY_UPLINK},
		{ZERO " 00 " ZERO " 00 " ZERO " ffffffff 00000001 00000000 00200200       lo",
		 IPV6_WAY_NONE},
		{ZERO " 00 " ZERO " 00 " ZERO " 00000400 00000001 00000000 00000201     eth0",
		 IPV6_WAY_NONE},
		{ZERO " 00 " ZERO " 00 fe800000000000000000000000000001 00000400 00000001 00000000 "
		      "00450003    anygw",
		 IPV6_WAY_NONE},
		{"fd000000000000000000000000000000 40 " ZERO " 00 " ZERO
		 " 00000100 00000001 00000000 00000001     eth0",
		 IPV6_WAY_NONE},
		{ZERO " 00 " ZERO " 00 " ZERO " 00000400 00000001 00000000 00000001 X7Out_aa",
		 IPV6_WAY_TUNNEL},
		{"fd000000000000000000000000000000 40 " ZERO " 00 " ZERO
		 " 00000400 00000001 00000000 00000001 X7Out_aa",
		 IPV6_WAY_CLOUD},
		{"fe800000000000000000000000000000 40 " ZERO " 00 " ZERO
		 " 00000100 00000001 00000000 00000001 X7Out_aa",
		 IPV6_WAY_NONE},
		{"ff000000000000000000000000000000 08 " ZERO " 00 " ZERO
		 " 00000100 00000001 00000000 00000001 X7main",
		 IPV6_WAY_NONE},
		{"", IPV6_WAY_NONE},
		{"nonsense", IPV6_WAY_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ipv6_way_of(cases[i].line, "anygw"), cases[i].way);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ordinary),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_dnsmasq_accepts),
		cmocka_unit_test(test_ipv6_exit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
