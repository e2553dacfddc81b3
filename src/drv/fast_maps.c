/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/fast_maps.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/object.h"
#include "drv/fast_object.h"
#include "drv/log.h"

static const char *const map_names[FAST_MAPS] = {
	[FAST_MAP_CLIENTS] = "fast_clients", [FAST_MAP_NODES] = "fast_nodes",
	[FAST_MAP_PORTS] = "fast_ports",     [FAST_MAP_MACS] = "fast_macs",
	[FAST_MAP_LINKS] = "fast_links",     [FAST_MAP_STATE] = "fast_state",
	[FAST_MAP_COUNTS] = "fast_counts",
};

static int load(struct fast_maps *m, const int reuse[FAST_MAPS])
{
	int e = fast_object_open(&m->object, bpf_cloud_object, bpf_cloud_object_len);

	for (unsigned i = 0; reuse && i < FAST_MAPS && !e; i++)
		e = bpf_map__reuse_fd(bpf_object__find_map_by_name(m->object, map_names[i]),
				      reuse[i]);
	if (!e)
		e = bpf_object__load(m->object);
	if (e)
		return e;
	for (unsigned i = 0; i < FAST_MAPS; i++)
		m->map[i] = bpf_object__find_map_fd_by_name(m->object, map_names[i]);
	m->lan_program = fast_object_program(m->object, "fast_lan");
	m->mesh_program = fast_object_program(m->object, "fast_mesh");
	return m->lan_program < 0 || m->mesh_program < 0 ? -ENOENT : 0;
}

/* ---- tables of a former daemon ---- */

/* The kernel's digest of a program's code is the same: so are its tables' layouts. */
static bool is_same_program(int a, int b, uint32_t ids[FAST_MAPS], uint32_t *id_count)
{
	struct bpf_prog_info of_a = {.nr_map_ids = FAST_MAPS, .map_ids = (uintptr_t)ids};
	struct bpf_prog_info of_b = {0};
	uint32_t len_a = sizeof(of_a), len_b = sizeof(of_b);

	if (bpf_obj_get_info_by_fd(a, &of_a, &len_a) || bpf_obj_get_info_by_fd(b, &of_b, &len_b))
		return false;
	*id_count = of_a.nr_map_ids;
	return memcmp(of_a.tag, of_b.tag, sizeof(of_a.tag)) == 0;
}

static int map_index(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -1;
	for (int i = 0; i < FAST_MAPS; i++)
		if (strcmp(info.name, map_names[i]) == 0)
			return i;
	return -1;
}

/* Descriptors of the maps that the program former uses. false: not all are there. */
static bool former_maps(const uint32_t *ids, uint32_t count, int fds[FAST_MAPS])
{
	unsigned found = 0;

	for (unsigned i = 0; i < FAST_MAPS; i++)
		fds[i] = -1;
	for (uint32_t i = 0; i < count && i < FAST_MAPS; i++) {
		int fd = bpf_map_get_fd_by_id(ids[i]);
		int which = fd < 0 ? -1 : map_index(fd);

		if (which >= 0 && fds[which] < 0) {
			fds[which] = fd;
			found++;
		} else if (fd >= 0) {
			close(fd);
		}
	}
	return found == FAST_MAPS;
}

/* What the tables say of ports and of us is our knowledge now. */
static void tables_read(struct fast_maps *m)
{
	const uint32_t zero = 0;

	for (uint32_t i = 0; i < FAST_PORTS; i++) {
		if (bpf_map_lookup_elem(m->map[FAST_MAP_PORTS], &i, &m->port[i]))
			m->port[i] = (struct fast_port_value){0};
		m->port_ours[i] = m->port[i].up;
	}
	if (bpf_map_lookup_elem(m->map[FAST_MAP_STATE], &zero, &m->state))
		m->state = (struct fast_state_value){0};
}

/* Instead of what was loaded, the same with the tables of the program former. */
static void adopt(struct fast_maps *m, int former)
{
	struct fast_maps with = {0};
	uint32_t ids[FAST_MAPS], count = 0;
	int fds[FAST_MAPS];

	if (!is_same_program(former, m->mesh_program, ids, &count))
		return;
	if (former_maps(ids, count, fds) && load(&with, fds) == 0) {
		fast_maps_close(m);
		*m = with;
		m->adopted = true;
		tables_read(m);
	} else {
		fast_maps_close(&with);
	}
	for (unsigned i = 0; i < FAST_MAPS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int fast_maps_open(struct fast_maps *m, int former)
{
	int e;

	*m = (struct fast_maps){0};
	e = load(m, NULL);
	if (e)
		fast_maps_close(m);
	else if (former >= 0)
		adopt(m, former);
	return e;
}

static void clear(struct fast_maps *m, enum fast_map which)
{
	struct fast_key key;

	while (fast_maps_next(m, which, NULL, &key))
		fast_maps_forget(m, which, &key);
}

/* The adopted tables speak of other ports: nothing of them is worth anything. */
static void adopted_clear(struct fast_maps *m)
{
	clear(m, FAST_MAP_CLIENTS);
	clear(m, FAST_MAP_NODES);
	m->adopted = false;
}

void fast_maps_close(struct fast_maps *m)
{
	bpf_object__close(m->object);
	m->object = NULL;
}

/* ---- writing ---- */

static void write_one(struct fast_maps *m, enum fast_map which, const void *key, const void *value)
{
	if (bpf_map_update_elem(m->map[which], key, value, BPF_ANY))
		m->refused++;
}

static struct fast_key key_of(struct mac mac, uint16_t vid)
{
	struct fast_key k = {.vid = vid};

	memcpy(k.mac, mac.b, sizeof(k.mac));
	return k;
}

void fast_maps_forget(struct fast_maps *m, enum fast_map which, const struct fast_key *key)
{
	if (bpf_map_delete_elem(m->map[which], key) && errno != ENOENT)
		m->refused++;
}

static void client_put(struct fast_maps *m, const struct forwarding_client *c)
{
	struct fast_key key = key_of(c->mac, c->vid);
	struct fast_client_value v = {
		.here = c->here	     ? FAST_HERE
			: c->leaving ? FAST_LEAVING
				     : FAST_NOT_HERE,
		.permanent = c->permanent,
		.homes = c->home_count,
		.has_home = c->has_home,
		.left = c->left,
		.introduce_until_us = c->introduce_until.us,
		.seen_us = c->seen.us,
	};

	if (c->gone) {
		fast_maps_forget(m, FAST_MAP_CLIENTS, &key);
		return;
	}
	for (unsigned i = 0; i < c->home_count; i++)
		memcpy(v.home[i], c->homes[i].b, sizeof(v.home[i]));
	write_one(m, FAST_MAP_CLIENTS, &key, &v);
}

static void node_put(struct fast_maps *m, const struct forwarding_node *n)
{
	struct fast_key key = key_of(n->mac, 0);
	struct fast_node_value v = {.ttvn = n->ttvn, .hurried = n->hurried};

	if (n->gone) {
		fast_maps_forget(m, FAST_MAP_NODES, &key);
		return;
	}
	for (unsigned i = 0; i <= FAST_PORTS; i++) {
		v.by[i].port = n->by[i].exists ? n->by[i].port : FAST_NO_PORT;
		memcpy(v.by[i].mac, n->by[i].mac.b, sizeof(v.by[i].mac));
	}
	write_one(m, FAST_MAP_NODES, &key, &v);
}

/* Several ports may have one MAC. */
static bool is_our_mac(const struct fast_maps *m, const uint8_t mac[6])
{
	for (unsigned i = 0; i < FAST_PORTS; i++)
		if (m->port_ours[i] && memcmp(m->port[i].mac, mac, sizeof(m->port[i].mac)) == 0)
			return true;
	return false;
}

static void mac_settle(struct fast_maps *m, const uint8_t mac[6])
{
	const uint8_t yes = 1;
	struct fast_key key = {.vid = 0};

	memcpy(key.mac, mac, sizeof(key.mac));
	if (is_our_mac(m, mac))
		write_one(m, FAST_MAP_MACS, &key, &yes);
	else
		fast_maps_forget(m, FAST_MAP_MACS, &key);
}

static void port_write(struct fast_maps *m, uint8_t port)
{
	const struct fast_port_value *p = &m->port[port];
	struct fast_port_value v = *p;
	uint32_t key = port;

	v.up = p->up && p->ifindex != 0;
	write_one(m, FAST_MAP_PORTS, &key, &v);
}

static void port_put(struct fast_maps *m, const struct forwarding_port *p)
{
	struct fast_port_value *v = &m->port[p->port];
	uint8_t old[6];

	memcpy(old, v->mac, sizeof(old));
	/* Frames are never sent with half of an address. */
	if (memcmp(v->mac, p->mac.b, sizeof(v->mac)) != 0) {
		v->up = 0;
		port_write(m, p->port);
	}
	v->up = p->up;
	v->mtu_bytes = p->mtu_bytes;
	memcpy(v->mac, p->mac.b, sizeof(v->mac));
	m->port_ours[p->port] = p->ours;
	mac_settle(m, old);
	mac_settle(m, v->mac);
	port_write(m, p->port);
}

static void cloud_put(struct fast_maps *m, const struct forwarding_cloud *c)
{
	memcpy(m->state.primary, c->primary.b, sizeof(m->state.primary));
	m->state.ttvn = c->ttvn;
	m->state.blocked = c->blocked;
	fast_maps_write_state(m);
}

void fast_maps_put(struct fast_maps *m, const struct fx_forwarding *f)
{
	switch (f->kind) {
	case FORWARDING_CLIENT: client_put(m, &f->client); break;
	case FORWARDING_NODE: node_put(m, &f->node); break;
	case FORWARDING_PORT: port_put(m, &f->port); break;
	case FORWARDING_CLOUD: cloud_put(m, &f->cloud); break;
	case FORWARDING_ALL: break;
	}
}

void fast_maps_link(struct fast_maps *m, uint8_t port, uint32_t ifindex, bool tagged, uint16_t vid,
		    uint16_t tpid)
{
	struct fast_port_value *v = &m->port[port];
	uint32_t value = port;

	assert(port < FAST_PORTS);
	if (m->adopted && ifindex != 0 && v->ifindex != ifindex)
		adopted_clear(m);
	if (v->ifindex != 0 && v->ifindex != ifindex)
		(void)bpf_map_delete_elem(m->map[FAST_MAP_LINKS], &v->ifindex);
	v->ifindex = ifindex;
	v->tagged = tagged;
	v->vid = vid;
	v->tpid = tpid;
	port_write(m, port);
	if (ifindex != 0)
		write_one(m, FAST_MAP_LINKS, &ifindex, &value);
}

void fast_maps_set_whole(struct fast_maps *m, uint8_t port, bool whole)
{
	assert(port < FAST_PORTS);
	if (m->port[port].whole == whole)
		return;
	m->port[port].whole = whole;
	port_write(m, port);
}

void fast_maps_set_anycast(struct fast_maps *m, bool on, struct mac mac, struct ipv4 ipv4,
			   struct ipv6 ipv6, struct ipv6 link_local)
{
	struct fast_state_value *s = &m->state;

	s->anycast = on;
	memcpy(s->anycast_mac, mac.b, sizeof(s->anycast_mac));
	memcpy(s->anycast_ipv4, ipv4.b, sizeof(s->anycast_ipv4));
	memcpy(s->anycast_ipv6, ipv6.b, sizeof(s->anycast_ipv6));
	memcpy(s->anycast_link_local, link_local.b, sizeof(s->anycast_link_local));
	fast_maps_write_state(m);
}

void fast_maps_write_state(struct fast_maps *m)
{
	const uint32_t key = 0;

	write_one(m, FAST_MAP_STATE, &key, &m->state);
}

/* ---- reading ---- */

bool fast_maps_next(struct fast_maps *m, enum fast_map which, const struct fast_key *key,
		    struct fast_key *next)
{
	return bpf_map_get_next_key(m->map[which], key, next) == 0;
}

void fast_maps_each_client(struct fast_maps *m,
			   void (*each)(void *ctx, const struct fast_key *key,
					const struct fast_client_value *v),
			   void *ctx)
{
	struct fast_key key, next;
	struct fast_client_value v;
	bool more = fast_maps_next(m, FAST_MAP_CLIENTS, NULL, &key);

	while (more) {
		more = fast_maps_next(m, FAST_MAP_CLIENTS, &key, &next);
		if (bpf_map_lookup_elem(m->map[FAST_MAP_CLIENTS], &key, &v) == 0)
			each(ctx, &key, &v);
		key = next;
	}
}

int64_t fast_maps_seen(struct fast_maps *m, const struct fast_key *key)
{
	struct fast_client_value v;

	return bpf_map_lookup_elem(m->map[FAST_MAP_CLIENTS], key, &v) ? 0 : v.seen_us;
}

void fast_maps_counts(struct fast_maps *m, struct fast_counter counts[FAST_COUNTS])
{
	int cpus = libbpf_num_possible_cpus();
	struct fast_counter *each = cpus > 0 ? calloc((size_t)cpus, sizeof(*each)) : NULL;

	memset(counts, 0, FAST_COUNTS * sizeof(*counts));
	for (uint32_t i = 0; each && i < FAST_COUNTS; i++) {
		if (bpf_map_lookup_elem(m->map[FAST_MAP_COUNTS], &i, each))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++) {
			counts[i].frames += each[cpu].frames;
			counts[i].bytes += each[cpu].bytes;
		}
	}
	free(each);
}
