/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/fdb.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/hello.h"

enum { VID_TAGGED = 0x8000, VID_DEFAULT = 1 };

struct fdb_key {
	struct mac mac;
	uint16_t vid;
};

struct fdb_entry {
	struct map_node node;
	struct list all;
	struct fdb_key key;
	int port;
	instant since;
	bool aged;
	instant aged_at;
};

/* What a message says. */
struct fdb_line {
	struct fdb_key key;
	int port;
	bool gone;
	bool fresh; /* heard lately */
};

void fdb_init(struct fdb *f, uint64_t seed, void (*tell)(void *ctx, const struct ev_client *c),
	      void *ctx)
{
	*f = (struct fdb){.tell = tell, .ctx = ctx};
	pool_init(&f->pool, (size_t)FDB_MAX * (sizeof(struct fdb_entry) + 64));
	map_init(&f->map, &f->pool, seed);
	list_init(&f->all);
}

static void entry_forget(struct fdb *f, struct fdb_entry *e)
{
	map_del(&f->map, &e->node);
	list_del(&e->all);
	f->count--;
	pool_free(&f->pool, e, sizeof(*e));
}

void fdb_fini(struct fdb *f)
{
	list_each (e, &f->all, struct fdb_entry, all) {
		entry_forget(f, e);
	}
	map_fini(&f->map);
	pool_fini(&f->pool);
}

void fdb_set_bridge(struct fdb *f, int bridge, int cloud_port)
{
	if (f->bridge == bridge && f->cloud_port == cloud_port)
		return;
	list_each (e, &f->all, struct fdb_entry, all) {
		entry_forget(f, e);
	}
	f->bridge = bridge;
	f->cloud_port = cloud_port;
}

static void tell(struct fdb *f, const struct fdb_key *key, enum client_change change)
{
	const struct ev_client c = {.change = change, .mac = key->mac, .vid = key->vid};

	f->tell(f->ctx, &c);
}

static struct fdb_entry *find(const struct fdb *f, const struct fdb_key *key)
{
	for (struct map_node *n = map_first(&f->map, map_hash(&f->map, key, sizeof(*key))); n;
	     n = map_next(n)) {
		struct fdb_entry *e = container_of(n, struct fdb_entry, node);

		if (memcmp(&e->key, key, sizeof(*key)) == 0)
			return e;
	}
	return NULL;
}

static struct fdb_entry *get(struct fdb *f, const struct fdb_key *key)
{
	struct fdb_entry *e = find(f, key);

	if (e || f->count >= FDB_MAX)
		return e;
	e = pool_alloc(&f->pool, sizeof(*e));
	if (!e)
		return NULL;
	e->key = *key;
	if (!map_add(&f->map, &e->node, map_hash(&f->map, key, sizeof(*key)))) {
		pool_free(&f->pool, e, sizeof(*e));
		return NULL;
	}
	list_append(&f->all, &e->all);
	f->count++;
	return e;
}

/* A bridge that filters VLANs names one for untagged frames too, its default. */
static uint16_t vid_of(uint16_t vlan)
{
	return vlan == 0 || vlan == VID_DEFAULT ? 0 : (uint16_t)(VID_TAGGED | vlan);
}

static bool is_fresh(const struct nlattr *a)
{
	struct nda_cacheinfo c;

	if (mnl_attr_get_payload_len(a) < sizeof(c))
		return true;
	memcpy(&c, mnl_attr_get_payload(a), sizeof(c));
	return c.ndm_updated <= FDB_FRESH_S * (unsigned)sysconf(_SC_CLK_TCK);
}

/* false: not a client that our bridge has learnt. */
static bool line_read(const struct fdb *f, const struct nlmsghdr *h, struct fdb_line *line)
{
	const struct ndmsg *n = mnl_nlmsg_get_payload(h);
	bool ours = false;

	if (h->nlmsg_type != RTM_NEWNEIGH && h->nlmsg_type != RTM_DELNEIGH)
		return false;
	if (mnl_nlmsg_get_payload_len(h) < sizeof(*n) || n->ndm_family != AF_BRIDGE)
		return false;
	if ((n->ndm_state & NUD_PERMANENT) || (n->ndm_flags & NTF_SELF))
		return false;
	*line = (struct fdb_line){
		.port = n->ndm_ifindex, .gone = h->nlmsg_type == RTM_DELNEIGH, .fresh = true};
	netlink_each(a, h, sizeof(*n))
	{
		uint16_t len = mnl_attr_get_payload_len(a);

		if (mnl_attr_get_type(a) == NDA_LLADDR && len == sizeof(line->key.mac.b))
			memcpy(line->key.mac.b, mnl_attr_get_payload(a), len);
		else if (mnl_attr_get_type(a) == NDA_VLAN && len == sizeof(uint16_t))
			line->key.vid = vid_of(mnl_attr_get_u16(a));
		else if (mnl_attr_get_type(a) == NDA_MASTER && len == sizeof(uint32_t))
			ours = (int)mnl_attr_get_u32(a) == f->bridge;
		else if (mnl_attr_get_type(a) == NDA_CACHEINFO)
			line->fresh = is_fresh(a);
	}
	return ours && f->bridge != 0 && line->port != f->bridge && mac_is_station(line->key.mac) &&
	       !hello_is_source(line->key.mac);
}

static void line_gone(struct fdb *f, instant now, const struct fdb_line *line)
{
	struct fdb_entry *e = find(f, &line->key);

	if (!e || e->port != line->port || e->aged)
		return;
	if (instant_since(now, e->since).us >= span_s(FDB_AGE_S).us) {
		e->aged = true;
		e->aged_at = now;
		return;
	}
	tell(f, &line->key, CLIENT_GONE);
	entry_forget(f, e);
}

static void line_apply(struct fdb *f, instant now, const struct fdb_line *line)
{
	struct fdb_entry *e;

	if (line->gone) {
		line_gone(f, now, line);
		return;
	}
	if (line->port == f->cloud_port) {
		e = find(f, &line->key);
		if (e)
			entry_forget(f, e);
		return;
	}
	e = get(f, &line->key);
	if (!e) {
		f->refused++;
		return;
	}
	e->port = line->port;
	e->since = now;
	e->aged = false;
	tell(f, &line->key, CLIENT_SEEN);
}

void fdb_rx(struct fdb *f, instant now, const struct nlmsghdr *h)
{
	struct fdb_line line;

	if (line_read(f, h, &line))
		line_apply(f, now, &line);
}

struct dump {
	struct fdb *fdb;
	instant now;
};

/* What is known already, or was not heard lately, is no news. */
static int dump_cb(const struct nlmsghdr *h, void *ctx)
{
	const struct dump *d = ctx;
	struct fdb_line line;
	const struct fdb_entry *e;

	if (!line_read(d->fdb, h, &line) || !line.fresh)
		return MNL_CB_OK;
	e = find(d->fdb, &line.key);
	if (!e || e->port != line.port || e->aged)
		line_apply(d->fdb, d->now, &line);
	return MNL_CB_OK;
}

int fdb_dump(struct fdb *f, instant now, struct netlink *ask)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_GETNEIGH, 0);
	struct ndmsg *n = mnl_nlmsg_put_extra_header(h, sizeof(*n));
	struct dump d = {f, now};

	n->ndm_family = AF_BRIDGE;
	mnl_attr_put_u32(h, NDA_MASTER, (uint32_t)f->bridge);
	return f->bridge ? netlink_dump(ask, h, dump_cb, &d) : 0;
}

void fdb_port_gone(struct fdb *f, int ifindex)
{
	list_each (e, &f->all, struct fdb_entry, all) {
		if (e->port != ifindex)
			continue;
		tell(f, &e->key, CLIENT_GONE);
		entry_forget(f, e);
	}
}

void fdb_expire(struct fdb *f, instant now)
{
	list_each (e, &f->all, struct fdb_entry, all) {
		if (e->aged && instant_since(now, e->aged_at).us >= span_s(FDB_FORGET_S).us)
			entry_forget(f, e);
	}
}

bool fdb_has_client(const struct fdb *f, int ifindex, bool (*is_node)(void *ctx, struct mac mac),
		    void *ctx)
{
	list_each (e, &f->all, struct fdb_entry, all) {
		if (e->port == ifindex && !is_node(ctx, e->key.mac))
			return true;
	}
	return false;
}

int fdb_port(const struct fdb *f, struct mac mac)
{
	const struct fdb_key key = {.mac = mac};
	const struct fdb_entry *e = find(f, &key);

	return e ? e->port : 0;
}
