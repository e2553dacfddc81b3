/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/filter.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/tables.h"
#include "ctl/json.h"
#include "drv/log.h"
#include "wire/ethernet.h"
#include "wire/hello.h"

#define TABLE "nuvol"

/* ---- the rules ---- */

/* Both directions: for and from the gateway of one node. */
static void put_kept(FILE *o, const struct plan *p)
{
	char ipv4[IPV4_TEXT], ipv6[IPV6_TEXT], local[IPV6_TEXT];

	ipv4_print(p->anygw_ipv4, ipv4);
	ipv6_print(p->anygw_ipv6, ipv6);
	ipv6_print(p->anygw_link_local, local);
	fprintf(o,
		"chain kept_arp {\n"
		"arp saddr ip %s counter name address drop\n"
		"arp daddr ip %s counter name address drop\n}\n",
		ipv4, ipv4);
	fprintf(o,
		"chain kept_ipv4 {\n"
		"ip saddr %s counter name address drop\n"
		"ip daddr %s counter name address drop\n"
		"udp dport { 67, 68 } counter name dhcp drop\n}\n",
		ipv4, ipv4);
	fprintf(o,
		"chain kept_ipv6 {\n"
		"ip6 saddr { %s, %s } counter name address drop\n"
		"ip6 daddr { %s, %s } counter name address drop\n"
		"icmpv6 type { 133, 134 } counter name router drop\n"
		"icmpv6 type { 135, 136 } @th,64,128 { 0x",
		ipv6, local, ipv6, local);
	for (unsigned i = 0; i < sizeof(p->anygw_ipv6.b); i++)
		fprintf(o, "%02x", p->anygw_ipv6.b[i]);
	fprintf(o, ", 0x");
	for (unsigned i = 0; i < sizeof(p->anygw_link_local.b); i++)
		fprintf(o, "%02x", p->anygw_link_local.b[i]);
	fprintf(o, " } counter name address drop\n"
		   "udp dport { 546, 547 } counter name dhcp drop\n}\n");
}

/* Ours, and those that other clouds make as LibreMesh does. */
static void put_macs(FILE *o, const struct plan *p)
{
	static const char *const which[] = {"saddr", "daddr"};
	char mac[MAC_TEXT];

	mac_print(p->anygw_mac, mac);
	for (unsigned i = 0; i < 2; i++) {
		fprintf(o,
			"chain mac_%s {\n"
			"ether %s & ff:ff:ff:00:00:00 == aa:aa:aa:00:00:00 counter name mac drop\n"
			"ether %s %s counter name mac drop\n}\n",
			which[i], which[i], which[i], mac);
	}
}

/* What nodes say to each other: a bridge that took it would learn their VLAN ports' MACs as
 * clients', and carry the network of all clouds over the cloud. */
static void put_nodes(FILE *o, const struct plan *p)
{
	fprintf(o, "chain network {\nether type 8021ad vlan id %u counter name network drop\n}\n",
		p->network_vid);
	fprintf(o, "chain batadv {\nether type %d counter name batadv drop\n", ETHERTYPE_BATADV);
	if (p->cloud_tagged)
		fprintf(o, "ether type %s vlan id %u counter name batadv drop\n",
			p->cloud_tpid == TPID_8021AD ? "8021ad" : "8021q", p->cloud_vid);
	fprintf(o, "goto network\n}\n");
}

/* A set of port names, or nothing when it would be empty. */
static void put_ports(FILE *o, const struct filter *f, const char *direction, bool quiet,
		      const char *chain)
{
	const char *before = " { \"";

	for (unsigned i = 0; i < LAN_PORT_MAX; i++) {
		const struct filter_port *p = &f->port[i];

		if (p->name[0] == '\0' || (quiet && !p->quiet))
			continue;
		if (before[1] == '{')
			fputs(direction, o);
		fprintf(o, "%s%s\"", before, p->name);
		before = ", \"";
	}
	if (before[1] != '{')
		fprintf(o, " } jump %s\n", chain);
}

static void put_hooks(FILE *o, const struct filter *f)
{
	const char *cloud = f->conf->cloud_port;
	char own[HOST_IFNAME_ROOM];

	fprintf(o, "chain in {\ntype filter hook prerouting priority -300; policy accept;\n");
	if (f->fast)
		fprintf(o, "meta mark %u meta mark set 0 accept\n", FAST_MARK);
	fprintf(o,
		"iifname != \"%s\" jump mac_saddr\n"
		"iifname \"%s\" jump cloud\n",
		host_conf_anygw_port(f->conf, own), cloud);
	put_ports(o, f, "iifname", false, "batadv");
	if (!f->fast)
		fprintf(o,
			"}\nchain through {\ntype filter hook forward priority 0; policy accept;\n"
			"oifname \"%s\" th dport 16962 counter name alfred drop\n",
			cloud);
	fprintf(o,
		"}\nchain out {\ntype filter hook postrouting priority 300; policy accept;\n"
		"oifname \"%s\" jump %s\n",
		cloud, f->fast ? "network" : "cloud");
	put_ports(o, f, "oifname", false, "batadv");
	put_ports(o, f, "oifname", true, "kept");
	fprintf(o, "}\n");
}

char *filter_rules(const struct filter *f)
{
	char *text = NULL;
	size_t len;
	FILE *o = open_memstream(&text, &len);

	if (!o)
		return NULL;
	fprintf(o, "table bridge " TABLE " {}\ndelete table bridge " TABLE "\n"
		   "table bridge " TABLE " {\n");
#define PUT_COUNTER(name) fprintf(o, "counter " #name " {}\n");
	FILTER_COUNTERS(PUT_COUNTER)
#undef PUT_COUNTER
	put_macs(o, f->plan);
	put_kept(o, f->plan);
	put_nodes(o, f->plan);
	fprintf(o, "chain kept {\njump mac_saddr\njump mac_daddr\nmeta protocol vmap "
		   "{ arp : goto kept_arp, ip : goto kept_ipv4, ip6 : goto kept_ipv6 }\n}\n");
	fprintf(o,
		"chain cloud {\nether type %d counter name hello drop\n"
		"ether type %d counter name batadv drop\njump network\ngoto kept\n}\n",
		ETHERTYPE_HELLO, ETHERTYPE_BATADV);
	put_hooks(o, f);
	fprintf(o, "}\n");
	if (fclose(o) == 0)
		return text;
	free(text);
	return NULL;
}

static void counter_add(void *ctx, const char *name, uint64_t count)
{
	struct filter_counters *sum = ctx;

#define ADD_COUNTER(field)                                                                         \
	if (strcmp(name, #field) == 0)                                                             \
		sum->field += count;
	FILTER_COUNTERS(ADD_COUNTER)
#undef ADD_COUNTER
}

void filter_count(struct filter *f, struct filter_counters *sum)
{
	*sum = f->before;
	nft_table_counters(&f->table, counter_add, sum);
}

/* ---- applying ---- */

static char *rules(void *ctx)
{
	struct filter *f = ctx;

	/* What is dropped between this and the replacement is not counted. */
	filter_count(f, &f->until);
	return filter_rules(f);
}

static void missing(void *ctx, const char *why)
{
	(void)ctx;
	log_line(LOG_ERROR,
		 "filter: missing: %s; what reaches the mesh is still kept back by the engine",
		 why);
}

static void settled(void *ctx, bool recovered)
{
	struct filter *f = ctx;

	if (recovered)
		log_line(LOG_INFO, "filter: in force again");
	if (f->table.in_force)
		f->before = f->until;
}

void filter_start(struct filter *f, uv_loop_t *uv)
{
	f->table = (struct nft_table){.family = NFPROTO_BRIDGE,
				      .name = TABLE,
				      .mending = "the filter; making it again",
				      .rules = rules,
				      .missing = missing,
				      .settled = settled,
				      .ctx = f};
	memset(f->port, 0, sizeof(f->port));
	f->before = (struct filter_counters){0};
	nft_table_init(&f->table, uv);
	if (!f->conf->filter)
		nft_table_fail(&f->table, "option filter switches it off");
	else if (nft_table_open_or_fail(&f->table))
		nft_table_apply(&f->table);
}

void filter_set_port(struct filter *f, const char *name, enum lan_role role, bool quiet)
{
	struct filter_port *p = NULL, want = {.quiet = quiet};

	if (role == LAN_DESIGNATED)
		snprintf(want.name, sizeof(want.name), "%s", name);
	for (unsigned i = 0; i < LAN_PORT_MAX; i++)
		if (strcmp(f->port[i].name, name) == 0)
			p = &f->port[i];
	for (unsigned i = 0; !p && role == LAN_DESIGNATED && i < LAN_PORT_MAX; i++)
		if (f->port[i].name[0] == '\0')
			p = &f->port[i];
	if (!p || (strcmp(p->name, want.name) == 0 && p->quiet == want.quiet))
		return;
	*p = want;
	nft_table_apply(&f->table);
}

void filter_check(struct filter *f)
{
	nft_table_check(&f->table);
}

void filter_stop(struct filter *f)
{
	nft_table_stop(&f->table);
}

json_t *filter_status(struct filter *f)
{
	struct filter_counters sum;
	json_t *o = json_object(), *dropped = json_object();

	filter_count(f, &sum);
#define PUT_COUNTER(name) json_put_count(dropped, #name, sum.name);
	FILTER_COUNTERS(PUT_COUNTER)
#undef PUT_COUNTER
	json_put_text(o, "driver", "nftables");
	json_put_bool(o, "in_force", f->table.in_force);
	json_put_text(o, "fault", f->table.fault);
	json_object_set_new(o, "dropped", dropped);
	return o;
}
