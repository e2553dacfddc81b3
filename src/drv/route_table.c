/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/route_table.h"

#include <assert.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH_MAX = 64, MESSAGE_ROOM = 160 };

struct route_wish {
	struct map_node node;
	struct list all;
	struct list todo; /* of dirty or failed; alone: the kernel has it */
	struct route_key key;
	struct route_way way;
	bool held;  /* the kernel has ours at this place */
	bool gone;  /* to be deleted, then freed */
	bool clash; /* its place is taken, and it was looked by whom */
	bool stale; /* of a comparison: not seen in the kernel yet, as it should be */
	bool seen;  /* of a comparison: there is one of ours */
};

/* Requests that leave in one go, and whose they are. */
struct batch {
	_Alignas(16) uint8_t bytes[BATCH_MAX * MESSAGE_ROOM];
	size_t len;
	unsigned count;
	struct route_wish *wish[BATCH_MAX];
};

void route_table_init(struct route_table *t, struct netlink *ask, uint8_t protocol, uint64_t seed)
{
	*t = (struct route_table){.ask = ask, .protocol = protocol};
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

/* By the prefix alone: few have several metrics or tables. */
static uint32_t hash_of(const struct route_table *t, const struct route_key *key)
{
	return map_hash(&t->map, &key->prefix.net, sizeof(key->prefix.net));
}

static struct route_wish *wish_find(const struct route_table *t, const struct route_key *key)
{
	for (struct map_node *n = map_first(&t->map, hash_of(t, key)); n; n = map_next(n)) {
		struct route_wish *w = container_of(n, struct route_wish, node);

		if (w->key.table == key->table && w->key.metric == key->metric &&
		    prefix_equal(&w->key.prefix, &key->prefix))
			return w;
	}
	return NULL;
}

static struct route_wish *wish_get(struct route_table *t, const struct route_key *key)
{
	struct route_wish *w = wish_find(t, key);

	if (w)
		return w;
	w = t->count < ROUTES_MAX ? pool_alloc(&t->pool, sizeof(*w)) : NULL;
	if (!w)
		return NULL;
	w->key = *key;
	if (!map_add(&t->map, &w->node, hash_of(t, key))) {
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

void route_table_set(struct route_table *t, const struct route_key *key,
		     const struct route_way *way)
{
	struct route_wish *w = wish_get(t, key);

	if (!w) {
		t->refused++;
		return;
	}
	w->way = *way;
	w->gone = w->clash = false;
	wish_put(&t->dirty, w);
}

void route_table_del(struct route_table *t, const struct route_key *key)
{
	struct route_wish *w = wish_find(t, key);

	if (!w)
		return;
	w->gone = true;
	wish_put(&t->dirty, w);
}

bool route_table_has(const struct route_table *t, const struct route_key *key)
{
	const struct route_wish *w = wish_find(t, key);

	return w && !w->gone;
}

void route_table_turn(struct route_table *t, const struct route_way *way)
{
	list_each (w, &t->all, struct route_wish, all) {
		if (w->way.group != way->group || w->gone)
			continue;
		w->way.ifindex = way->ifindex;
		w->way.unreachable = way->unreachable;
		wish_put(&t->dirty, w);
	}
}

void route_table_touch(struct route_table *t, int ifindex)
{
	list_each (w, &t->all, struct route_wish, all) {
		if (w->way.ifindex != ifindex)
			continue;
		wish_put(&t->dirty, w);
	}
}

void route_table_source(struct route_table *t, bool v6, struct ipv6 source)
{
	list_each (w, &t->all, struct route_wish, all) {
		if (w->key.prefix.v6 != v6 || w->gone)
			continue;
		w->way.source = source;
		wish_put(&t->dirty, w);
	}
}

/* ---- messages ---- */

/* What is not ours is not replaced. */
static struct nlmsghdr *message_begin(void *at, uint32_t seq, const struct route_wish *w)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(at);
	unsigned flags = NLM_F_REQUEST | NLM_F_ACK;

	if (!w->gone)
		flags |= NLM_F_CREATE | (unsigned)(w->held ? NLM_F_REPLACE : NLM_F_EXCL);
	h->nlmsg_type = w->gone ? RTM_DELROUTE : RTM_NEWROUTE;
	h->nlmsg_flags = (uint16_t)flags;
	h->nlmsg_seq = seq;
	return h;
}

static bool is_zero(const struct ipv6 *a)
{
	static const uint8_t zero[sizeof(a->b)];

	return memcmp(a->b, zero, sizeof(zero)) == 0;
}

static size_t address_len(const struct route_key *key)
{
	return key->prefix.v6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

/* To an interface. */
static bool leads(const struct route_way *way)
{
	return !way->unreachable && !way->elsewhere;
}

static void way_put(struct nlmsghdr *h, const struct route_wish *w)
{
	const struct route_way *way = &w->way;

	if (!leads(way))
		return;
	if (!is_zero(&way->via))
		mnl_attr_put(h, RTA_GATEWAY, sizeof(way->via.b), way->via.b);
	if (!is_zero(&way->source))
		mnl_attr_put(h, RTA_PREFSRC, address_len(&w->key), way->source.b);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)way->ifindex);
}

static uint8_t scope_of(const struct route_wish *w)
{
	if (w->gone && !w->key.prefix.v6)
		return RT_SCOPE_NOWHERE; /* any */
	return w->key.prefix.v6 || !leads(&w->way) ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
}

/* What is gone is deleted whatever way it has. */
static void message_put(struct nlmsghdr *h, uint8_t protocol, const struct route_wish *w)
{
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	const struct route_key *key = &w->key;

	r->rtm_family = key->prefix.v6 ? AF_INET6 : AF_INET;
	r->rtm_dst_len = key->prefix.net.bits;
	r->rtm_table = RT_TABLE_UNSPEC;
	r->rtm_protocol = protocol;
	r->rtm_scope = scope_of(w);
	r->rtm_type = w->way.elsewhere	   ? RTN_THROW
		      : w->way.unreachable ? RTN_UNREACHABLE
					   : RTN_UNICAST;
	mnl_attr_put_u32(h, RTA_TABLE, key->table);
	mnl_attr_put(h, RTA_DST, address_len(key), key->prefix.net.b);
	mnl_attr_put_u32(h, RTA_PRIORITY, key->metric);
	if (w->gone)
		r->rtm_type = RTN_UNSPEC;
	else
		way_put(h, w);
}

static void batch_add(struct route_table *t, struct batch *b, struct route_wish *w)
{
	struct nlmsghdr *h = message_begin(b->bytes + b->len, t->ask->seq + b->count + 1, w);

	message_put(h, t->protocol, w);
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
	w->held = w->held || !e;
	if (e == -EEXIST && !w->clash)
		w->clash = t->clashed = true;
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

		n = mnl_socket_recvfrom(t->ask->socket, t->ask->answer, NETLINK_ROOM);
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

static void dirty_send(struct route_table *t)
{
	struct batch b = {.len = 0};

	while (!list_empty(&t->dirty)) {
		struct route_wish *w = container_of(t->dirty.next, struct route_wish, todo);

		list_del(&w->todo);
		if (w->way.ifindex == 0 && leads(&w->way) && !w->gone) {
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

void route_table_settle(struct route_table *t)
{
	dirty_send(t);
	if (!t->clashed)
		return;
	t->clashed = false;
	if (!route_table_compare(t))
		dirty_send(t);
}

bool route_table_retry(struct route_table *t)
{
	while (!list_empty(&t->failed))
		wish_put(&t->dirty, container_of(t->failed.next, struct route_wish, todo));
	return !list_empty(&t->dirty);
}

/* ---- comparing ---- */

struct seen {
	struct route_key key;
	struct route_way way;
};

static void attribute_read(const struct nlattr *a, struct seen *s)
{
	size_t len = mnl_attr_get_payload_len(a), address = address_len(&s->key);
	const void *bytes = mnl_attr_get_payload(a);

	switch (mnl_attr_get_type(a)) {
	case RTA_DST:
		if (len == address)
			memcpy(s->key.prefix.net.b, bytes, len);
		break;
	case RTA_GATEWAY:
		if (len == address)
			memcpy(s->way.via.b, bytes, len);
		break;
	case RTA_PREFSRC:
		if (len == address)
			memcpy(s->way.source.b, bytes, len);
		break;
	case RTA_OIF: s->way.ifindex = (int)mnl_attr_get_u32(a); break;
	case RTA_TABLE: s->key.table = mnl_attr_get_u32(a); break;
	case RTA_PRIORITY: s->key.metric = mnl_attr_get_u32(a); break;
	default: break;
	}
}

static bool seen_read(const struct nlmsghdr *h, uint8_t protocol, struct seen *s)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);

	if (r->rtm_protocol != protocol || (r->rtm_flags & RTM_F_CLONED) ||
	    (r->rtm_family != AF_INET && r->rtm_family != AF_INET6))
		return false;
	*s = (struct seen){.key.table = r->rtm_table};
	s->key.prefix.v6 = r->rtm_family == AF_INET6;
	s->key.prefix.net.bits = r->rtm_dst_len;
	s->way.unreachable = r->rtm_type == RTN_UNREACHABLE;
	s->way.elsewhere = r->rtm_type == RTN_THROW;
	netlink_each(a, h, sizeof(*r))
	{
		attribute_read(a, s);
	}
	return true;
}

static bool way_same(const struct route_way *wished, const struct route_way *seen)
{
	if (!leads(wished) || !leads(seen))
		return wished->unreachable == seen->unreachable &&
		       wished->elsewhere == seen->elsewhere;
	return wished->ifindex == seen->ifindex &&
	       memcmp(wished->via.b, seen->via.b, sizeof(seen->via.b)) == 0 &&
	       memcmp(wished->source.b, seen->source.b, sizeof(seen->source.b)) == 0;
}

static int seen_take(const struct nlmsghdr *h, void *ctx)
{
	struct route_table *t = ctx;
	struct route_wish *w;
	struct seen s;

	if (!seen_read(h, t->protocol, &s))
		return MNL_CB_OK;
	w = wish_find(t, &s.key);
	if (w && !w->gone) {
		w->seen = true;
		w->stale = !way_same(&w->way, &s.way);
	} else if (!w && !t->patient && (w = wish_get(t, &s.key))) {
		/* Nobody wants it any more. */
		w->gone = true;
		wish_put(&t->dirty, w);
	}
	return MNL_CB_OK;
}

static int dump(struct route_table *t, uint8_t family)
{
	struct nlmsghdr *h = netlink_begin(t->ask, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->rtm_family = family;
	return netlink_dump(t->ask, h, seen_take, t);
}

int route_table_compare(struct route_table *t)
{
	int e;

	list_each (w, &t->all, struct route_wish, all) {
		w->stale = !w->gone;
		w->seen = false;
	}
	e = dump(t, AF_INET6);
	if (!e && t->ipv4)
		e = dump(t, AF_INET);
	list_each (w, &t->all, struct route_wish, all) {
		if (!e && !w->gone)
			w->held = w->seen;
		if (w->stale && !e)
			wish_put(&t->dirty, w);
		w->stale = false;
	}
	return e;
}

/* ---- the whole table ---- */

void route_table_clear(struct route_table *t)
{
	list_each (w, &t->all, struct route_wish, all) {
		w->gone = true;
		wish_put(&t->dirty, w);
	}
	route_table_settle(t);
}
