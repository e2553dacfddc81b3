/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/nft_elements.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

enum { ELEMENT_ROOM = 48, MESSAGE_ROOM = 128 };

/* ---- changing ---- */

struct batch {
	_Alignas(16) uint8_t bytes[4 * MESSAGE_ROOM + 2 * NFT_ELEMENTS_MAX * ELEMENT_ROOM];
	size_t len;
};

static struct nlmsghdr *message_begin(struct batch *b, struct netlink *ask, uint16_t type,
				      uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(b->bytes + b->len);
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++ask->seq;
	g->version = NFNETLINK_V0;
	return h;
}

static void message_end(struct batch *b, const struct nlmsghdr *h)
{
	b->len += h->nlmsg_len;
	assert(b->len <= sizeof(b->bytes));
}

/* Where a transaction begins or ends. */
static void border_put(struct batch *b, struct netlink *ask, uint16_t type)
{
	struct nlmsghdr *h = message_begin(b, ask, type, 0);
	struct nfgenmsg *g = mnl_nlmsg_get_payload(h);

	g->res_id = htons(NFNL_SUBSYS_NFTABLES);
	message_end(b, h);
}

static void element_put(struct nlmsghdr *h, const struct nft_element *e, bool with_mark)
{
	struct nlattr *one = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
	struct nlattr *nest = mnl_attr_nest_start(h, NFTA_SET_ELEM_KEY);

	mnl_attr_put(h, NFTA_DATA_VALUE, sizeof(e->mac.b), e->mac.b);
	mnl_attr_nest_end(h, nest);
	if (with_mark) {
		nest = mnl_attr_nest_start(h, NFTA_SET_ELEM_DATA);
		mnl_attr_put_u32(h, NFTA_DATA_VALUE, e->mark);
		mnl_attr_nest_end(h, nest);
	}
	mnl_attr_nest_end(h, one);
}

static void elements_put(struct batch *b, struct netlink *ask, bool add, const char *const name[2],
			 const struct nft_element *e, size_t count)
{
	const uint16_t type = add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM;
	const uint16_t flags = NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct nlmsghdr *h =
		message_begin(b, ask, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags);
	struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	struct nlattr *list;

	g->nfgen_family = NFPROTO_INET;
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, name[0]);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, name[1]);
	list = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = 0; i < count; i++)
		element_put(h, &e[i], add);
	mnl_attr_nest_end(h, list);
	message_end(b, h);
}

/* All answers are there when sending is done. The first error of them. */
static int answers_read(struct netlink *ask)
{
	int e = 0;

	for (;;) {
		ssize_t n = recv(mnl_socket_get_fd(ask->socket), ask->answer, NETLINK_ROOM,
				 MSG_DONTWAIT);
		const struct nlmsghdr *h = (const void *)ask->answer;
		int left;

		if (n <= 0)
			return e;
		for (left = (int)n; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *error = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type == NLMSG_ERROR && !e)
				e = error->error;
		}
	}
}

int nft_elements_change(struct netlink *ask, const char *table, const char *map,
			const struct nft_element *del, size_t dels, const struct nft_element *add,
			size_t adds)
{
	const char *const name[2] = {table, map};
	struct batch b = {.len = 0};

	assert(dels <= NFT_ELEMENTS_MAX && adds <= NFT_ELEMENTS_MAX);
	border_put(&b, ask, NFNL_MSG_BATCH_BEGIN);
	if (dels > 0)
		elements_put(&b, ask, false, name, del, dels);
	if (adds > 0)
		elements_put(&b, ask, true, name, add, adds);
	border_put(&b, ask, NFNL_MSG_BATCH_END);
	if (mnl_socket_sendto(ask->socket, b.bytes, b.len) < 0)
		return -errno;
	return answers_read(ask);
}

/* ---- reading ---- */

struct walk {
	void (*seen)(void *ctx, struct mac mac);
	void *ctx;
};

static void key_show(const struct walk *w, const struct nlattr *key)
{
	netlink_each_nested(value, key)
	{
		if (mnl_attr_get_type(value) == NFTA_DATA_VALUE &&
		    mnl_attr_get_payload_len(value) == sizeof(struct mac))
			w->seen(w->ctx, mac_from(mnl_attr_get_payload(value)));
	}
}

static int elements_cb(const struct nlmsghdr *h, void *ctx)
{
	netlink_each(list, h, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(list) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		netlink_each_nested(one, list)
		{
			netlink_each_nested(key, one)
			{
				if (mnl_attr_get_type(key) == NFTA_SET_ELEM_KEY)
					key_show(ctx, key);
			}
		}
	}
	return MNL_CB_OK;
}

int nft_elements_each(struct netlink *ask, const char *table, const char *set,
		      void (*seen)(void *ctx, struct mac mac), void *ctx)
{
	struct nlmsghdr *h = netlink_begin(ask, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM, 0);
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	struct walk w = {seen, ctx};

	g->nfgen_family = NFPROTO_INET;
	g->version = NFNETLINK_V0;
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, set);
	return netlink_dump(ask, h, elements_cb, &w);
}
