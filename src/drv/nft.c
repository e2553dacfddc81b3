/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the child ---- */

static void child_run(const char *rules, int says)
{
	struct nft_ctx *nft;

	alarm(NFT_CHILD_S);
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft)
		_exit(1);
	nft_ctx_buffer_error(nft);
	if (nft_run_cmd_from_buffer(nft, rules) == 0)
		_exit(0);
	const char *error = nft_ctx_get_error_buffer(nft);
	if (error && write(says, error, strlen(error)) < 0)
		_exit(2);
	_exit(1);
}

/* What the child left, one line: "" when it did its work. */
static void child_ended(struct nft_child *c, int status, char text[NFT_FAULT_ROOM])
{
	ssize_t n = read(c->says, text, NFT_FAULT_ROOM - 1);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	close(c->says);
	c->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		text[0] = '\0';
	else if (text[0] == '\0')
		snprintf(text, NFT_FAULT_ROOM, "libnftables gave up");
}

static void child_look(uv_timer_t *t)
{
	struct nft_child *c = t->data;
	char text[NFT_FAULT_ROOM];
	int status = -1; /* as of one that somebody else has waited for */

	if (waitpid(c->pid, &status, WNOHANG) == 0)
		return;
	uv_timer_stop(t);
	child_ended(c, status, text);
	c->done(c->ctx, text);
}

void nft_child_init(struct nft_child *c, uv_loop_t *uv)
{
	uv_timer_init(uv, &c->look);
	c->look.data = c;
	c->pid = 0;
}

int nft_child_start(struct nft_child *c, const char *rules)
{
	int ends[2];

	if (!rules)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	c->pid = fork();
	if (c->pid == 0)
		child_run(rules, ends[1]);
	close(ends[1]);
	c->says = ends[0];
	if (c->pid > 0) {
		uv_timer_start(&c->look, child_look, NFT_LOOK_MS, NFT_LOOK_MS);
		return 0;
	}
	c->pid = 0;
	close(ends[0]);
	return -errno;
}

void nft_child_wait(struct nft_child *c)
{
	char text[NFT_FAULT_ROOM];
	int status = -1; /* as of one that somebody else has waited for */

	uv_timer_stop(&c->look);
	if (c->pid == 0)
		return;
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	child_ended(c, status, text);
}

/* ---- asking the kernel ---- */

static struct nlmsghdr *dump_begin(struct netlink *ask, uint8_t family, uint16_t type,
				   uint16_t table_attribute, const char *table)
{
	struct nlmsghdr *h = netlink_begin(ask, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), 0);
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	mnl_attr_put_strz(h, table_attribute, table);
	return h;
}

static int rule_cb(const struct nlmsghdr *h, void *ctx)
{
	unsigned *count = ctx;

	if ((h->nlmsg_type & 0xff) == NFT_MSG_NEWRULE)
		++*count;
	return MNL_CB_OK;
}

unsigned nft_rules_count(struct netlink *ask, uint8_t family, const char *table)
{
	unsigned count = 0;

	(void)netlink_dump(ask, dump_begin(ask, family, NFT_MSG_GETRULE, NFTA_RULE_TABLE, table),
			   rule_cb, &count);
	return count;
}

static uint64_t packets_of(const struct nlattr *data)
{
	netlink_each_nested(a, data)
	{
		if (mnl_attr_get_type(a) == NFTA_COUNTER_PACKETS &&
		    mnl_attr_get_payload_len(a) == sizeof(uint64_t))
			return be64toh(mnl_attr_get_u64(a));
	}
	return 0;
}

struct counting {
	const char *table;
	void (*each)(void *ctx, const char *name, uint64_t packets);
	void *ctx;
};

static int counter_cb(const struct nlmsghdr *h, void *ctx)
{
	const struct counting *c = ctx;
	const char *name = "", *table = "";
	uint64_t count = 0;

	netlink_each(a, h, sizeof(struct nfgenmsg))
	{
		switch (mnl_attr_get_type(a)) {
		case NFTA_OBJ_TABLE: table = mnl_attr_get_str(a); break;
		case NFTA_OBJ_NAME: name = mnl_attr_get_str(a); break;
		case NFTA_OBJ_DATA: count = packets_of(a); break;
		default: break;
		}
	}
	if (strcmp(table, c->table) == 0)
		c->each(c->ctx, name, count);
	return MNL_CB_OK;
}

void nft_counters(struct netlink *ask, uint8_t family, const char *table,
		  void (*each)(void *ctx, const char *name, uint64_t packets), void *ctx)
{
	struct counting c = {table, each, ctx};

	(void)netlink_dump(ask, dump_begin(ask, family, NFT_MSG_GETOBJ, NFTA_OBJ_TABLE, table),
			   counter_cb, &c);
}
