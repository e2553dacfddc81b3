/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/tunnel_filter.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drv/log.h"

/* Not the uplinks' table, which is replaced as a whole. */
#define TABLE "nuvol_tunnels"
#define NONE "table inet " TABLE " {}\ndelete table inet " TABLE "\n"

static bool is_wished(const struct tunnel_filter *f)
{
	return f->wish.name[0] != '\0';
}

/* Before connections are tracked: such a packet is to be none. */
char *tunnel_filter_rules(const struct tunnel_filter *f)
{
	const struct tunnel_filter_wish *w = &f->wish;
	char *text = NULL, net4[IPV4_PREFIX_TEXT], net6[IPV6_PREFIX_TEXT];
	size_t len;
	FILE *o = open_memstream(&text, &len);

	if (!o)
		return NULL;
	fputs(NONE, o);
	if (is_wished(f)) {
		ipv4_prefix_print(ipv4_network(w->cloud4), net4);
		ipv6_prefix_print(ipv6_network(w->cloud6), net6);
		fprintf(o,
			"table inet " TABLE " {\ncounter spoofed {}\n"
			"chain in {\ntype filter hook prerouting priority -310; policy accept;\n"
			"iifname != \"%s\" return\n",
			w->name);
		if (w->cloud4.bits != 0)
			fprintf(o, "ip saddr %s ip daddr %s counter name spoofed drop\n", net4,
				net4);
		if (w->cloud6.bits != 0)
			fprintf(o, "ip6 saddr %s ip6 daddr %s counter name spoofed drop\n", net6,
				net6);
		fputs("}\n}\n", o);
	}
	if (fclose(o) == 0)
		return text;
	free(text);
	return NULL;
}

static void fail(struct tunnel_filter *f, const char *why)
{
	char text[NFT_FAULT_ROOM];

	snprintf(text, sizeof(text), "%s", why);
	if (strcmp(text, f->fault) != 0)
		log_line(LOG_WARN,
			 "tunnels: packets with a false source of our own cloud are let in, as the "
			 "rules against them are missing: %s",
			 text);
	memcpy(f->fault, text, sizeof(text));
	f->in_force = false;
}

static void apply(struct tunnel_filter *f)
{
	char *rules;
	int e;

	f->again = f->child.pid != 0;
	if (f->again)
		return;
	rules = tunnel_filter_rules(f);
	e = nft_child_start(&f->child, rules);
	free(rules);
	if (e)
		fail(f, strerror(-e));
}

static unsigned rules_count(struct tunnel_filter *f)
{
	return nft_rules_count(&f->netfilter, NFPROTO_INET, TABLE);
}

static void applied(void *ctx, const char *fault)
{
	struct tunnel_filter *f = ctx;

	if (fault[0] != '\0') {
		fail(f, fault);
	} else {
		f->fault[0] = '\0';
		f->rules = rules_count(f);
		f->in_force = is_wished(f) && !f->again;
	}
	if (f->again)
		apply(f);
}

void tunnel_filter_set(struct tunnel_filter *f, const struct tunnel_filter_wish *wish)
{
	bool same = strcmp(f->wish.name, wish->name) == 0 &&
		    ipv4_equal(f->wish.cloud4, wish->cloud4) &&
		    ipv6_equal(f->wish.cloud6, wish->cloud6);

	if (same && is_wished(f))
		return;
	f->wish = *wish;
	f->in_force = false;
	if (!f->netfilter.socket) {
		if (is_wished(f))
			fail(f, "this kernel has no nftables");
		return;
	}
	/* Without a wish most often there is nothing to take away. */
	if (is_wished(f) || f->child.pid != 0 || rules_count(f) != 0)
		apply(f);
}

void tunnel_filter_check(struct tunnel_filter *f)
{
	if (!f->netfilter.socket || f->child.pid != 0 || !is_wished(f) ||
	    (f->in_force && rules_count(f) == f->rules))
		return;
	if (f->in_force)
		log_line(LOG_WARN, "somebody changed the rules of the tunnels; making them again");
	apply(f);
}

void tunnel_filter_start(struct tunnel_filter *f, uv_loop_t *uv)
{
	*f = (struct tunnel_filter){.child = {.done = applied, .ctx = f}};
	nft_child_init(&f->child, uv);
	/* Without nftables a wish says so. */
	(void)netlink_open_netfilter(&f->netfilter);
}

void tunnel_filter_stop(struct tunnel_filter *f)
{
	nft_child_wait(&f->child);
	if (!f->netfilter.socket)
		return;
	/* Also what a former daemon left. */
	if (rules_count(f) != 0 && nft_child_start(&f->child, NONE) == 0)
		nft_child_wait(&f->child);
	netlink_close(&f->netfilter);
}

static void counter_add(void *ctx, const char *name, uint64_t packets)
{
	uint64_t *sum = ctx;

	if (strcmp(name, "spoofed") == 0)
		*sum += packets;
}

uint64_t tunnel_filter_count(struct tunnel_filter *f)
{
	uint64_t sum = 0;

	if (f->netfilter.socket)
		nft_counters(&f->netfilter, NFPROTO_INET, TABLE, counter_add, &sum);
	return sum;
}
