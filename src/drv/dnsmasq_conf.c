/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/dnsmasq_conf.h"

#include <stdio.h>
#include <string.h>

#include "conf/text.h"
#include "drv/dns_name.h"
#include "drv/reservation.h"

enum { RA_INTERVAL_S = 120, SLAAC_BITS = 64 };

/* Only the anycast gateway's interface, so that other DNS and DHCP servers of this
 * machine keep their addresses and ports. */
static void process_add(struct text *t, const struct dnsmasq_conf *c)
{
	text_add(t, "# Written by nuvold; changes are lost.\n"
		    "keep-in-foreground\npid-file\nlog-facility=-\n"
		    "quiet-dhcp\nquiet-ra\n");
	text_add(t, "user=%s\n", c->user);
	text_add(t, "interface=%s\nexcept-interface=lo\nbind-dynamic\n", c->host->anygw);
}

static void host_record_add(struct text *t, const struct plan *p, const char *names)
{
	char ip4[IPV4_TEXT], ip6[IPV6_TEXT];

	text_add(t, "host-record=%s,%s,%s\n", names, ipv4_print(p->anygw_ipv4, ip4),
		 ipv6_print(p->anygw_ipv6, ip6));
}

static void dns_add(struct text *t, const struct dnsmasq_conf *c)
{
	const char *domain = c->plan->domain;
	char names[4 * PLAN_DOMAIN_ROOM];

	text_add(t,
		 "no-resolv\nno-hosts\nno-poll\ndomain-needed\nexpand-hosts\ncache-size=1000\n"
		 "domain=%s\nlocal=/%s/\n",
		 domain, domain);
	if (c->no_dns)
		text_add(t, "port=0\n");
	for (unsigned i = 0; i < c->host->resolver_count; i++)
		text_add(t, "server=%s\n", c->host->resolvers[i]);
	snprintf(names, sizeof(names), "anygw.%s,anygw", domain);
	host_record_add(t, c->plan, names);
	/* The same word in all clouds: "who is my gateway". */
	if (strcmp(domain, "thisnode.info") != 0)
		host_record_add(t, c->plan, domain);
	host_record_add(t, c->plan, "thisnode.info,minodo.info,meuno.info");
	snprintf(names, sizeof(names), "thisnode.info.%s,minodo.info.%s,meuno.info.%s", domain,
		 domain, domain);
	host_record_add(t, c->plan, names);
	text_add(t, "hostsdir=%s/" DNS_NAMES_FOLDER "\n", c->run_dir);
}

static void netmask_print(uint8_t bits, char text[IPV4_TEXT])
{
	uint32_t mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);

	ipv4_print(ipv4_from_u32(mask, 32), text);
}

static void ranges_add(struct text *t, const struct dnsmasq_conf *c)
{
	char first[IPV4_TEXT], last[IPV4_TEXT], mask[IPV4_TEXT];

	netmask_print(c->plan->prefix4.bits, mask);
	/* For those who have a reservation anywhere in the cloud's network. */
	text_add(t, "dhcp-range=%s,static,%s,%u\n",
		 ipv4_print(ipv4_network(c->plan->prefix4), first), mask, c->host->lease_time_s);
	for (size_t i = 0; i < c->range_count; i++)
		text_add(t, "dhcp-range=%s,%s,%s,%u\n", ipv4_print(c->ranges[i].first, first),
			 ipv4_print(c->ranges[i].last, last), mask, c->host->lease_time_s);
}

/* No ping: our records say whether an address is taken. No client identifiers: a lease
 * belongs to a MAC, here as in the whole cloud. Names come from the cloud alone. */
static void dhcp_add(struct text *t, const struct dnsmasq_conf *c)
{
	ranges_add(t, c);
	text_add(t,
		 "dhcp-authoritative\nno-ping\ndhcp-ignore-clid\ndhcp-ignore-names\n"
		 "dhcp-lease-max=%u\nleasefile-ro\nscript-on-renewal\ndhcp-script=%s\n"
		 "dhcp-hostsfile=%s/" RESERVATIONS_FILE "\n"
		 "dhcp-hostsdir=%s/" RESERVATIONS_FOLDER "\n",
		 c->leases_max, c->script, c->run_dir, c->run_dir);
	text_add(t, "dhcp-option=option:mtu,%u\ndhcp-option=option:domain-search,%s\n",
		 c->host->client_mtu_bytes, c->plan->domain);
}

static void ra_add(struct text *t, const struct dnsmasq_conf *c)
{
	char prefix[IPV6_TEXT], dns[IPV6_TEXT];

	text_add(t, "enable-ra\ndhcp-range=%s,ra-names,%d,24h\n",
		 ipv6_print(ipv6_network(c->plan->prefix6), prefix), SLAAC_BITS);
	text_add(t, "dhcp-option=option6:dns-server,[%s]\ndhcp-option=option6:domain-search,%s\n",
		 ipv6_print(c->plan->anygw_ipv6, dns), c->plan->domain);
	/* Low: other clouds, but no Internet; whoever has that is the better router. A lifetime
	 * of 0: an address and names, but no way out. */
	text_add(t, "ra-param=%s,mtu:%u,%s%d%s\n", c->host->anygw, c->host->client_mtu_bytes,
		 c->clouds && !c->ipv6_exit ? "low," : "", RA_INTERVAL_S,
		 c->clouds || c->ipv6_exit ? "" : ",0");
}

char *dnsmasq_conf_print(const struct dnsmasq_conf *c)
{
	struct text t = {0};

	process_add(&t, c);
	dns_add(&t, c);
	dhcp_add(&t, c);
	/* Others cannot form addresses of it. */
	if (c->plan->prefix6.bits == SLAAC_BITS && !c->no_ipv6)
		ra_add(&t, c);
	return text_take(&t);
}
