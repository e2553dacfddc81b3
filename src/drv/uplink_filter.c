/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/uplink_filter.h"

#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/json.h"
#include "drv/log.h"
#include "drv/tunnel.h"

#define TABLE "nuvol"

/* What clouds may use inside, and no place of the Internet has. */
#define INSIDE4 "10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16"
#define NOWHERE4 INSIDE4 ", 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/3"
#define NOWHERE6 "::/8, fc00::/7, fe80::/10, ff00::/8"

/* ---- the rules ---- */

static bool has_uplinks(const struct uplink_filter *f)
{
	for (unsigned i = 0; i < UPLINK_SLOTS; i++)
		if (f->name[i][0] != '\0')
			return true;
	return false;
}

static void put_sides(FILE *o, const struct uplink_filter *f)
{
	const char *before = "";

	fprintf(o, "define up = { ");
	for (unsigned i = 0; i < UPLINK_SLOTS; i++) {
		if (f->name[i][0] == '\0')
			continue;
		fprintf(o, "%s\"%s\"", before, f->name[i]);
		before = ", ";
	}
	fprintf(o, " }\ndefine us = { \"%s\", \"%s\", \"" TUNNEL_NAMES "*\" }\n", f->conf->bridge,
		f->conf->anygw);
}

/* Networks beside the uplinks: nobody of ours reaches them. */
static void put_protected(FILE *o, const struct uplink_filter *f)
{
	fprintf(o, "chain protected {\n"
		   "ip daddr { " NOWHERE4 " } counter name beside reject\n"
		   "ip6 daddr { " NOWHERE6 " } counter name beside reject\n");
	for (unsigned i = 0; i < f->beside_count; i++) {
		char text[IPV6_PREFIX_TEXT];

		fprintf(o, "%s daddr %s counter name beside reject\n",
			f->beside[i].v6 ? "ip6" : "ip", prefix_print(&f->beside[i], text));
	}
	fprintf(o, "}\n");
}

/* Does the LAN's global prefix leave as it is? */
static bool passes(const struct uplink_filter *f)
{
	const enum host_ipv6 how = f->conf->uplink.ipv6;

	return f->lan_global && (how == HOST_IPV6_AUTO || how == HOST_IPV6_ROUTED);
}

/* Do clouds' private addresses leave in another name? */
static bool translates(const struct uplink_filter *f)
{
	const enum host_ipv6 how = f->conf->uplink.ipv6;

	return how == HOST_IPV6_NAT66 || how == HOST_IPV6_NPTV6 ||
	       (how == HOST_IPV6_AUTO && f->lan_global);
}

/* Sources that may leave: those of clouds; of IPv6, what is translated or routed to us. */
static void put_sources(FILE *o, const struct uplink_filter *f)
{
	char net4[IPV4_PREFIX_TEXT];
	/* With auto-merge, as the cloud's own prefix may lie inside of the others. */
	fprintf(o,
		"set inside4 {\ntype ipv4_addr; flags interval; auto-merge\n"
		"elements = { " INSIDE4 ", %s }\n}\n"
		"chain out {\n"
		"ct state invalid counter name invalid drop\n"
		"meta nfproto ipv4 ip saddr != @inside4 counter name spoofed drop\n",
		ipv4_prefix_print(ipv4_network(f->plan->prefix4), net4));
	if (!translates(f))
		fprintf(o, "ip6 saddr fc00::/7 counter name spoofed reject\n");
	if (passes(f))
		/* What is routed to us. */
		fprintf(o, "ip6 saddr != fc00::/7 fib saddr oifname != $us counter name spoofed "
			   "reject\n");
	else
		fprintf(o, "ip6 saddr != fc00::/7 counter name spoofed reject\n");
	if (f->conf->uplink.protect)
		fprintf(o, "jump protected\n");
	fprintf(o, "}\n");
}

static void put_names(FILE *o, const struct uplink_filter *f)
{
	char ipv6[IPV6_PREFIX_TEXT];
	const struct host_uplink *c = &f->conf->uplink;

	fprintf(o, "chain names {\ntype nat hook postrouting priority 100; policy accept;\n"
		   "oifname != $up return\n");
	if (c->nat)
		fprintf(o, "ip saddr @inside4 masquerade\n");
	if (c->ipv6 == HOST_IPV6_NPTV6)
		fprintf(o, "snat ip6 prefix to ip6 saddr map { %s : %s }\n",
			ipv6_prefix_print(ipv6_network(f->plan->prefix6), ipv6), c->ipv6_prefix);
	if (translates(f))
		fprintf(o, "ip6 saddr fc00::/7 masquerade\n");
	fprintf(o, "}\n");
}

char *uplink_filter_rules(const struct uplink_filter *f)
{
	char *text = NULL;
	size_t len;
	FILE *o = open_memstream(&text, &len);

	if (!o)
		return NULL;
	fprintf(o, "table inet " TABLE " {}\ndelete table inet " TABLE "\n");
	if (has_uplinks(f)) {
		put_sides(o, f);
		fprintf(o, "table inet " TABLE " {\n");
#define PUT_COUNTER(name) fprintf(o, "counter " #name " {}\n");
		UPLINK_FILTER_COUNTERS(PUT_COUNTER)
#undef PUT_COUNTER
		put_protected(o, f);
		put_sources(o, f);
		fprintf(o, "chain in {\n"
			   "ct state established,related accept\n"
			   "ct status dnat accept\n"
			   "counter name uninvited drop\n}\n"
			   "chain through {\ntype filter hook forward priority 0; policy accept;\n"
			   "oifname $up tcp flags syn tcp option maxseg size set rt mtu\n"
			   "iifname $up tcp flags syn tcp option maxseg size set rt mtu\n"
			   "iifname $us oifname $up jump out\n"
			   "iifname $up oifname $us jump in\n}\n");
		put_names(o, f);
		fprintf(o, "}\n");
	}
	if (fclose(o) == 0)
		return text;
	free(text);
	return NULL;
}

bool uplink_filter_carries(const struct uplink_filter *f, bool v6)
{
	/* Other clouds' nodes and clients have private addresses. */
	return f->table.in_force && (!v6 || translates(f));
}

/* ---- applying ---- */

static char *rules(void *ctx)
{
	return uplink_filter_rules(ctx);
}

static void missing(void *ctx, const char *why)
{
	(void)ctx;
	log_line(LOG_ERROR, "uplinks are not offered: the rules that they need are missing: %s",
		 why);
}

static void settled(void *ctx, bool recovered)
{
	struct uplink_filter *f = ctx;

	(void)recovered;
	f->table.in_force = f->table.in_force && has_uplinks(f) && !f->table.again;
	f->changed(f->ctx);
}

void uplink_filter_set(struct uplink_filter *f, char name[UPLINK_SLOTS][IFNAMSIZ],
		       const struct default_routes *d, bool lan_global)
{
	bool more = false; /* an uplink without rules: until then nothing is offered */

	if (memcmp(f->name, name, sizeof(f->name)) == 0 && f->lan_global == lan_global &&
	    f->beside_count == d->beside_count &&
	    memcmp(f->beside, d->beside, sizeof(f->beside)) == 0)
		return;
	for (unsigned i = 0; i < UPLINK_SLOTS; i++)
		more |= name[i][0] != '\0' && strcmp(name[i], f->name[i]) != 0;
	memcpy(f->name, name, sizeof(f->name));
	memcpy(f->beside, d->beside, sizeof(f->beside));
	f->beside_count = d->beside_count;
	f->lan_global = lan_global;
	if (more || !has_uplinks(f))
		f->table.in_force = false;
	nft_table_apply(&f->table);
	f->changed(f->ctx);
}

void uplink_filter_check(struct uplink_filter *f)
{
	if (has_uplinks(f))
		nft_table_check(&f->table);
}

void uplink_filter_start(struct uplink_filter *f, uv_loop_t *uv)
{
	f->table = (struct nft_table){.family = NFPROTO_INET,
				      .name = TABLE,
				      .mending = "the rules of the uplinks; making them again",
				      .rules = rules,
				      .missing = missing,
				      .settled = settled,
				      .ctx = f};
	nft_table_init(&f->table, uv);
	if (nft_table_open_or_fail(&f->table))
		nft_table_apply(&f->table); /* what a former daemon left goes */
}

void uplink_filter_stop(struct uplink_filter *f)
{
	nft_table_stop(&f->table);
}

/* ---- status ---- */

static void counter_put(void *ctx, const char *name, uint64_t count)
{
	json_put_count(ctx, name, count);
}

json_t *uplink_filter_status(struct uplink_filter *f)
{
	json_t *o = json_object(), *dropped = json_object();

#define PUT_ZERO(name) json_put_count(dropped, #name, 0);
	UPLINK_FILTER_COUNTERS(PUT_ZERO)
#undef PUT_ZERO
	nft_table_counters(&f->table, counter_put, dropped);
	json_put_bool(o, "in_force", f->table.in_force);
	json_put_text(o, "fault", f->table.fault);
	json_object_set_new(o, "dropped", dropped);
	return o;
}
