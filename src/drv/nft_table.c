/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/nft_table.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drv/log.h"

void nft_table_fail(struct nft_table *t, const char *why)
{
	char text[NFT_FAULT_ROOM];

	snprintf(text, sizeof(text), "%s", why);
	if (strcmp(text, t->fault) != 0)
		t->missing(t->ctx, text);
	memcpy(t->fault, text, sizeof(text));
	t->in_force = false;
	t->settled(t->ctx, false);
}

void nft_table_apply(struct nft_table *t)
{
	char *rules;
	int e;

	if (!t->netfilter.socket)
		return;
	t->again = t->child.pid != 0;
	if (t->again)
		return;
	rules = t->rules(t->ctx);
	e = nft_child_start(&t->child, rules);
	free(rules);
	if (e)
		nft_table_fail(t, strerror(-e));
}

static void applied(void *ctx, const char *fault)
{
	struct nft_table *t = ctx;
	bool recovered = t->fault[0] != '\0';

	if (fault[0] != '\0') {
		nft_table_fail(t, fault);
	} else {
		t->fault[0] = '\0';
		t->in_force = true;
		t->rules_made = nft_table_rules(t);
		t->settled(t->ctx, recovered);
	}
	if (t->again)
		nft_table_apply(t);
}

void nft_table_init(struct nft_table *t, uv_loop_t *uv)
{
	t->child.done = applied;
	t->child.ctx = t;
	nft_child_init(&t->child, uv);
}

int nft_table_open(struct nft_table *t)
{
	return netlink_open_netfilter(&t->netfilter);
}

bool nft_table_open_or_fail(struct nft_table *t)
{
	char text[NFT_FAULT_ROOM];
	int e = nft_table_open(t);

	if (!e)
		return true;
	snprintf(text, sizeof(text), "this kernel has no nftables: %s", strerror(-e));
	nft_table_fail(t, text);
	return false;
}

void nft_table_check(struct nft_table *t)
{
	if (!t->netfilter.socket || t->child.pid != 0 ||
	    (t->in_force && nft_table_rules(t) == t->rules_made))
		return;
	if (t->in_force)
		log_line(LOG_WARN, "somebody changed %s", t->mending);
	nft_table_apply(t);
}

unsigned nft_table_rules(struct nft_table *t)
{
	return nft_rules_count(&t->netfilter, t->family, t->name);
}

void nft_table_counters(struct nft_table *t,
			void (*each)(void *ctx, const char *name, uint64_t packets), void *ctx)
{
	if (t->netfilter.socket)
		nft_counters(&t->netfilter, t->family, t->name, each, ctx);
}

void nft_table_stop(struct nft_table *t)
{
	const char *family = t->family == NFPROTO_BRIDGE ? "bridge" : "inet";
	char none[128];

	nft_child_wait(&t->child);
	if (!t->netfilter.socket)
		return;
	snprintf(none, sizeof(none), "table %s %s {}\ndelete table %s %s\n", family, t->name,
		 family, t->name);
	if ((t->in_force || nft_table_rules(t) != 0) && nft_child_start(&t->child, none) == 0)
		nft_child_wait(&t->child);
	netlink_close(&t->netfilter);
}
