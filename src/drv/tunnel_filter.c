/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/tunnel_filter.h"

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

/* ---- in force ---- */

static char *rules(void *ctx)
{
	return tunnel_filter_rules(ctx);
}

static void missing(void *ctx, const char *why)
{
	(void)ctx;
	log_line(LOG_WARN,
		 "tunnels: packets with a false source of our own cloud are let in, as the rules "
		 "against them are missing: %s",
		 why);
}

static void settled(void *ctx, bool recovered)
{
	struct tunnel_filter *f = ctx;

	(void)recovered;
	f->table.in_force = f->table.in_force && is_wished(f) && !f->table.again;
}

void tunnel_filter_set(struct tunnel_filter *f, const struct tunnel_filter_wish *wish)
{
	struct nft_table *t = &f->table;
	bool same = strcmp(f->wish.name, wish->name) == 0 &&
		    ipv4_equal(f->wish.cloud4, wish->cloud4) &&
		    ipv6_equal(f->wish.cloud6, wish->cloud6);

	if (same && is_wished(f))
		return;
	f->wish = *wish;
	t->in_force = false;
	if (!t->netfilter.socket) {
		if (is_wished(f))
			nft_table_fail(t, "this kernel has no nftables");
		return;
	}
	/* Without a wish most often there is nothing to take away. */
	if (is_wished(f) || t->child.pid != 0 || nft_table_rules(t) != 0)
		nft_table_apply(t);
}

void tunnel_filter_check(struct tunnel_filter *f)
{
	if (is_wished(f))
		nft_table_check(&f->table);
}

void tunnel_filter_start(struct tunnel_filter *f, uv_loop_t *uv)
{
	*f = (struct tunnel_filter){
		.table = {.family = NFPROTO_INET,
			  .name = TABLE,
			  .mending = "the rules of the tunnels; making them again",
			  .rules = rules,
			  .missing = missing,
			  .settled = settled,
			  .ctx = f}};
	nft_table_init(&f->table, uv);
	/* Without nftables a wish says so. */
	(void)nft_table_open(&f->table);
}

void tunnel_filter_stop(struct tunnel_filter *f)
{
	nft_table_stop(&f->table);
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

	nft_table_counters(&f->table, counter_add, &sum);
	return sum;
}
