/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/route_table.h"

#include <assert.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "drv/route.h"

enum { BATCH_MAX = 64, MESSAGE_ROOM = 128 };

struct route_wish {
	struct map_node node;
	struct list all;
	struct list todo; /* of dirty or failed; alone: the kernel has it */
	struct ipv6 prefix, via;
	int ifindex;
	bool gone;  /* to be deleted, then freed */
	bool stale; /* of a comparison: not seen in the kernel yet */
};

/* Requests that leave in one go, and whose they are. */
struct batch {
	_Alignas(16) uint8_t bytes[BATCH_MAX * MESSAGE_ROOM];
	size_t len;
	unsigned count;
	struct route_wish *wish[BATCH_MAX];
};

void route_table_init(struct route_table *t, struct netlink *ask, uint64_t seed)
{
	*t = (struct route_table){.ask = ask};
	pool_init(&t->pool, ROUTES_MAX * (sizeof(struct route_wish) + 4 * sizeof(void *)));
	map_init(&t->map, &t->pool, seed);
	list_init(&t->all);
	list_init(&t->dirty);
	list_init(&t->failed);
}

static void wish_free(struct route_table *t, struct route_wish *w)
{
	map_del(&t->map, &w->node);
	list_del(&w->all);
	list_del(&w->todo);
	t->count--;
	pool_free(&t->pool, w, sizeof(*w));
}

void route_table_fini(struct route_table *t)
{
	list_each (w, &t->all, struct route_wish, all) {
		wish_free(t, w);
	}
	map_fini(&t->map);
	pool_fini(&t->pool);
}

static uint32_t hash_of(const struct route_table *t, const struct ipv6 *prefix)
{
	return map_hash(&t->map, prefix, sizeof(*prefix));
}

static struct route_wish *wish_find(const struct route_table *t, struct ipv6 prefix)
{
	for (struct map_node *n = map_first(&t->map, hash_of(t, &prefix)); n; n = map_next(n)) {
		struct route_wish *w = container_of(n, struct route_wish, node);

		if (memcmp(&w->prefix, &prefix, sizeof(prefix)) == 0)
			return w;
	}
	return NULL;
}

static struct route_wish *wish_get(struct route_table *t, struct ipv6 prefix)
{
	struct route_wish *w = wish_find(t, prefix);

	if (w)
		return w;
	w = t->count < ROUTES_MAX ? pool_alloc(&t->pool, sizeof(*w)) : NULL;
	if (!w)
		return NULL;
	w->prefix = prefix;
	if (!map_add(&t->map, &w->node, hash_of(t, &prefix))) {
		pool_free(&t->pool, w, sizeof(*w));
		return NULL;
	}
	list_append(&t->all, &w->all);
	list_init(&w->todo);
	t->count++;
	return w;
}

static void wish_put(struct list *into, struct route_wish *w)
{
	list_del(&w->todo);
	list_append(into, &w->todo);
}

void route_table_set(struct route_table *t, struct ipv6 prefix, struct ipv6 via, int ifindex)
{
	struct route_wish *w = wish_get(t, prefix);

	if (!w) {
		t->refused++;
		return;
	}
	w->via = via;
	w->ifindex = ifindex;
	w->gone = false;
	wish_put(&t->dirty, w);
}

void route_table_del(struct route_table *t, struct ipv6 prefix)
{
	struct route_wish *w = wish_find(t, prefix);

	if (!w)
		return;
	w->gone = true;
	wish_put(&t->dirty, w);
}

void route_table_touch(struct route_table *t, int ifindex)
{
	list_each (w, &t->all, struct route_wish, all) {
		if (w->ifindex == ifindex)
			wish_put(&t->dirty, w);
	}
}

/* ---- messages ---- */

static struct nlmsghdr *message_begin(void *at, uint32_t seq, bool add)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(at);

	h->nlmsg_type = add ? RTM_NEWROUTE : RTM_DELROUTE;
	h->nlmsg_flags =
		(uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_REPLACE : 0));
	h->nlmsg_seq = seq;
	return h;
}

/* via: NULL to delete whatever way it has. */
static void message_put(struct nlmsghdr *h, const struct ipv6 *prefix, const struct ipv6 *via,
			int ifindex)
{
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->rtm_family = AF_INET6;
	r->rtm_dst_len = prefix->bits;
	r->rtm_table = NETWORK_TABLE;
	r->rtm_protocol = ROUTE_PROTOCOL;
	r->rtm_scope = RT_SCOPE_UNIVERSE;
	r->rtm_type = RTN_UNICAST;
	mnl_attr_put(h, RTA_DST, sizeof(prefix->b), prefix->b);
	mnl_attr_put_u32(h, RTA_PRIORITY, NETWORK_METRIC);
	if (via) {
		mnl_attr_put(h, RTA_GATEWAY, sizeof(via->b), via->b);
		mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	}
}

static void batch_add(struct route_table *t, struct batch *b, struct route_wish *w)
{
	struct nlmsghdr *h = message_begin(b->bytes + b->len, t->ask->seq + b->count + 1, !w->gone);

	message_put(h, &w->prefix, w->gone ? NULL : &w->via, w->ifindex);
	b->len += h->nlmsg_len;
	assert(h->nlmsg_len <= MESSAGE_ROOM);
	b->wish[b->count++] = w;
}

static void wish_answered(struct route_table *t, struct route_wish *w, int e)
{
	if (w->gone) {
		wish_free(t, w);
		return;
	}
	if (e) {
		t->error = e;
		wish_put(&t->failed, w);
	}
}

/* One acknowledgement; which of the batch it is about stands in its number. false: it is
 * about none. */
static bool answer_take(struct route_table *t, struct batch *b, const struct nlmsghdr *h)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(h);
	uint32_t index = h->nlmsg_seq - t->ask->seq - 1;

	if (h->nlmsg_type != NLMSG_ERROR || index >= b->count || !b->wish[index])
		return false;
	wish_answered(t, b->wish[index], error->error);
	b->wish[index] = NULL;
	return true;
}

static void batch_send(struct route_table *t, struct batch *b)
{
	unsigned answered = 0;
	ssize_t n = mnl_socket_sendto(t->ask->socket, b->bytes, b->len);

	while (n > 0 && answered < b->count) {
		const struct nlmsghdr *h = (const void *)t->ask->answer;
		int left;

		n = mnl_socket_recvfrom(t->ask->socket, t->ask->answer, sizeof(t->ask->answer));
		for (left = (int)n; left > 0 && mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			answered += answer_take(t, b, h);
	}
	/* Without an answer the socket itself is in trouble. */
	for (unsigned i = 0; i < b->count; i++)
		if (b->wish[i])
			wish_put(&t->failed, b->wish[i]);
	t->error = n > 0 ? t->error : -errno;
	t->ask->seq += b->count;
	t->told += b->count;
	b->len = 0;
	b->count = 0;
}

void route_table_settle(struct route_table *t)
{
	struct batch b = {.len = 0};

	while (!list_empty(&t->dirty)) {
		struct route_wish *w = container_of(t->dirty.next, struct route_wish, todo);

		list_del(&w->todo);
		if (w->ifindex == 0 && !w->gone) {
			wish_put(&t->failed, w);
			continue;
		}
		batch_add(t, &b, w);
		if (b.count == BATCH_MAX)
			batch_send(t, &b);
	}
	if (b.count > 0)
		batch_send(t, &b);
}

bool route_table_retry(struct route_table *t)
{
	while (!list_empty(&t->failed))
		wish_put(&t->dirty, container_of(t->failed.next, struct route_wish, todo));
	return !list_empty(&t->dirty);
}

/* ---- comparing ---- */

struct seen {
	struct ipv6 prefix, via;
	int ifindex;
	uint32_t table, metric;
	uint8_t protocol;
};

static bool seen_read(const struct nlmsghdr *h, struct seen *s)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);

	*s = (struct seen){.table = r->rtm_table, .protocol = r->rtm_protocol};
	s->prefix.bits = r->rtm_dst_len;
	netlink_each(a, h, sizeof(*r))
	{
		uint16_t len = mnl_attr_get_payload_len(a);

		if (mnl_attr_get_type(a) == RTA_DST && len == sizeof(s->prefix.b))
			memcpy(s->prefix.b, mnl_attr_get_payload(a), len);
		else if (mnl_attr_get_type(a) == RTA_GATEWAY && len == sizeof(s->via.b))
			memcpy(s->via.b, mnl_attr_get_payload(a), len);
		else if (mnl_attr_get_type(a) == RTA_OIF)
			s->ifindex = (int)mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == RTA_TABLE)
			s->table = mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == RTA_PRIORITY)
			s->metric = mnl_attr_get_u32(a);
	}
	return r->rtm_family == AF_INET6 && s->table == NETWORK_TABLE &&
	       s->protocol == ROUTE_PROTOCOL;
}

static int seen_take(const struct nlmsghdr *h, void *ctx)
{
	struct route_table *t = ctx;
	struct route_wish *w;
	struct seen s;

	if (!seen_read(h, &s))
		return MNL_CB_OK;
	w = wish_find(t, s.prefix);
	if (w && !w->gone && w->ifindex == s.ifindex &&
	    memcmp(w->via.b, s.via.b, sizeof(s.via.b)) == 0) {
		w->stale = false;
	} else if (!w && (w = wish_get(t, s.prefix))) {
		/* Nobody wants it any more. */
		w->gone = true;
		wish_put(&t->dirty, w);
	}
	return MNL_CB_OK;
}

static struct nlmsghdr *dump_begin(struct netlink *ask)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->rtm_family = AF_INET6;
	mnl_attr_put_u32(h, RTA_TABLE, NETWORK_TABLE);
	return h;
}

int route_table_compare(struct route_table *t)
{
	int e;

	list_each (w, &t->all, struct route_wish, all) {
		w->stale = !w->gone;
	}
	e = netlink_dump(t->ask, dump_begin(t->ask), seen_take, t);
	list_each (w, &t->all, struct route_wish, all) {
		if (w->stale && !e)
			wish_put(&t->dirty, w);
		w->stale = false;
	}
	return e;
}

/* ---- the whole table ---- */

int route_table_begin(struct route_table *t)
{
	int e = rule_any_ipv6(t->ask, true, NETWORK_TABLE, NETWORK_TABLE);

	if (e && e != -EEXIST)
		return e;
	e = route_table_compare(t);
	route_table_settle(t);
	return e;
}

void route_table_clear(struct route_table *t)
{
	list_each (w, &t->all, struct route_wish, all) {
		w->gone = true;
		wish_put(&t->dirty, w);
	}
	route_table_settle(t);
	(void)rule_any_ipv6(t->ask, false, NETWORK_TABLE, NETWORK_TABLE);
}
