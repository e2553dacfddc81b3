/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/fast.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drv/fast_port.h"
#include "drv/log.h"
#include "drv/now.h"

enum {
	SEEN_TICKS = 10, /* clients idle out after 600 s */
	LINK_TICKS = 5,	 /* who is at a veth's other end may change */
	COMPARE_TICKS = 30,
};

/* ---- tables ---- */

/* Does it say more than that we know nothing yet? */
static bool is_complete(const struct fast *f, const struct fx_forwarding *told)
{
	switch (told->kind) {
	case FORWARDING_CLIENT: return told->client.here || told->client.has_home;
	case FORWARDING_NODE: return told->node.told && told->node.by[0].exists;
	case FORWARDING_CLOUD: return !mac_is_zero(told->cloud.primary);
	case FORWARDING_PORT: return told->port.up || f->port[told->port.port].told;
	case FORWARDING_ALL: break;
	}
	return true;
}

static void put(struct fast *f, const struct fx_forwarding *told)
{
	if (told->kind == FORWARDING_PORT && told->port.up)
		f->port[told->port.port].told = true;
	if (!fast_is_holding(f) || is_complete(f, told))
		fast_maps_put(&f->maps, told);
}

void fast_effect(struct fast *f, const struct fx_forwarding *told)
{
	if (!f->on)
		return;
	if (told->kind == FORWARDING_ALL)
		f->compare = true;
	else
		put(f, told);
}

struct walk {
	struct fx fx;
	struct fast *fast;
};

static void walk_emit(struct fx *fx, const struct effect *e)
{
	struct walk *w = (struct walk *)(void *)fx;

	put(w->fast, &e->forwarding);
}

static struct mac mac_of(const struct fast_key *k)
{
	return mac_from(k->mac);
}

static bool is_stale(const struct fast *f, enum fast_map which, const struct fast_key *k)
{
	struct forwarding_client c;
	struct forwarding_node n;

	if (which == FAST_MAP_CLIENTS) {
		l2_forwarding_client(&f->env.node->l2, mac_of(k), k->vid, &c);
		return c.gone;
	}
	l2_forwarding_node(&f->env.node->l2, mac_of(k), &n);
	return n.gone;
}

static void stale_forget(struct fast *f, enum fast_map which)
{
	struct fast_key key, next;
	bool more = fast_maps_next(&f->maps, which, NULL, &key);

	while (more) {
		more = fast_maps_next(&f->maps, which, &key, &next);
		if (is_stale(f, which, &key))
			fast_maps_forget(&f->maps, which, &key);
		key = next;
	}
}

static void compare(struct fast *f)
{
	struct walk w = {.fx = {walk_emit}, .fast = f};

	f->compare = false;
	l2_forwarding_walk(&f->env.node->l2, &w.fx);
	if (fast_is_holding(f))
		return;
	stale_forget(f, FAST_MAP_CLIENTS);
	stale_forget(f, FAST_MAP_NODES);
}

void fast_settle(struct fast *f)
{
	if (f->on && f->compare)
		compare(f);
}

/* ---- what the programs did ---- */

static void count_add(uint64_t *frames, uint64_t *bytes, const struct fast_counter *now,
		      const struct fast_counter *before)
{
	*frames += now->frames - before->frames;
	if (bytes)
		*bytes += now->bytes - before->bytes;
}

static void counts_tell(struct fast *f)
{
	struct fast_counter now[FAST_COUNTS];
	const struct fast_counter *had = f->told;
	struct forwarding_counts more = {0};

	fast_maps_counts(&f->maps, now);
	count_add(&more.tx, &more.tx_bytes, &now[FAST_COUNT_TX], &had[FAST_COUNT_TX]);
	count_add(&more.rx, &more.rx_bytes, &now[FAST_COUNT_RX], &had[FAST_COUNT_RX]);
	count_add(&more.forward, &more.forward_bytes, &now[FAST_COUNT_FORWARD],
		  &had[FAST_COUNT_FORWARD]);
	count_add(&more.dropped_own, NULL, &now[FAST_COUNT_DROP_OWN], &had[FAST_COUNT_DROP_OWN]);
	count_add(&more.dropped_ttl, NULL, &now[FAST_COUNT_DROP_TTL], &had[FAST_COUNT_DROP_TTL]);
	for (unsigned i = 0; i < FAST_PORTS; i++) {
		unsigned rx = FAST_COUNT_PORT_RX + i, tx = FAST_COUNT_PORT_TX + i;

		count_add(&more.port[i].rx, &more.port[i].rx_bytes, &now[rx], &had[rx]);
		count_add(&more.port[i].tx, &more.port[i].tx_bytes, &now[tx], &had[tx]);
	}
	memcpy(f->told, now, sizeof(f->told));
	l2_forwarding_count(&f->env.node->l2, &more);
}

static void client_seen(void *ctx, const struct fast_key *key, const struct fast_client_value *v)
{
	struct fast *f = ctx;

	if (v->here == FAST_HERE && v->seen_us > f->seen_us)
		node_client_seen(f->env.node, now_boottime(), mac_of(key), key->vid);
}

static void seen_tell(struct fast *f)
{
	int64_t now_us = now_boottime().us;

	fast_maps_each_client(&f->maps, client_seen, f);
	f->seen_us = now_us;
}

/* ---- offloads ---- */

static void checksum_off(struct fast *f, const char *name)
{
	int e = fast_port_checksum_off(name);

	if (e < 0) {
		log_line(LOG_WARN, "cannot switch off %s's checksum offload: %s", name,
			 strerror(-e));
	} else if (e > 0) {
		made_add_unsummed(&f->env.lan->made, name);
		lan_save(f->env.lan);
	}
}

static void checksum_on(struct fast *f, const char *name)
{
	if (!made_has_unsummed(&f->env.lan->made, name))
		return;
	fast_port_checksum_on(name);
	made_del_unsummed(&f->env.lan->made, name);
	lan_save(f->env.lan);
}

/* Only a node at the other end itself takes what is not cut and summed; whatever lies between
 * would take batman-adv for IP, or not know how to cut it. */
static void offloads_settle(struct fast *f, uint8_t port)
{
	const struct fast_link *l = &f->port[port];
	bool direct = l->is_veth && link_other_end_is_bare(f->env.ask, (int)l->ifindex);

	if (direct)
		checksum_on(f, l->name);
	else
		checksum_off(f, l->name);
	fast_maps_set_whole(&f->maps, port, direct && fast_port_cuts_tcp(l->name));
}

static void links_tend(struct fast *f)
{
	for (uint8_t i = 0; i < PORT_MAX; i++)
		if (f->port[i].is_veth)
			offloads_settle(f, i);
}

static void tick(uv_timer_t *t)
{
	struct fast *f = t->data;

	counts_tell(f);
	f->ticks++;
	if (f->ticks % LINK_TICKS == 0)
		links_tend(f);
	if (f->ticks % SEEN_TICKS == 0)
		seen_tell(f);
	if (f->ticks % COMPARE_TICKS == 0 || (f->maps.adopted && f->ticks == FAST_HOLD_TICKS))
		compare(f);
}

/* ---- interfaces ---- */

void fast_cloud(struct fast *f, uint32_t ifindex)
{
	int e;

	if (!f->on || ifindex == 0)
		return;
	f->cloud = 0;
	e = fast_port_attach(ifindex, FAST_EGRESS, f->maps.lan_program);
	if (e) {
		log_line(LOG_WARN, "no fast path from the LAN: %s", strerror(-e));
	} else {
		f->cloud = ifindex;
	}
	f->maps.state.ready = 1;
	f->maps.state.cloud_ifindex = ifindex;
	fast_maps_write_state(&f->maps);
}

static void port_close(struct fast *f, uint8_t port)
{
	struct fast_link *l = &f->port[port];

	fast_maps_link(&f->maps, port, 0, false, 0, 0);
	if (l->attached)
		fast_port_detach(f->env.ask, l->ifindex, FAST_INGRESS);
	*l = (struct fast_link){0};
}

bool fast_port(struct fast *f, uint8_t port, const char *name, const struct packet_conf *c)
{
	struct fast_link *l = &f->port[port];
	int e;

	assert(port < PORT_MAX);
	if (!f->on) {
		/* What a daemon left that was killed would forward beside us. */
		if (c)
			fast_port_detach(f->env.ask, (uint32_t)c->ifindex, FAST_INGRESS);
		checksum_on(f, name);
		return false;
	}
	if (l->ifindex != 0)
		port_close(f, port);
	if (!c) {
		checksum_on(f, name);
		return false;
	}
	l->ifindex = (uint32_t)c->ifindex;
	l->is_veth = c->is_veth && !c->in_bridge;
	snprintf(l->name, sizeof(l->name), "%s", name);
	offloads_settle(f, port);
	fast_maps_link(&f->maps, port, l->ifindex, c->tagged, c->vid, c->tpid);
	if (c->in_bridge)
		return false;
	e = fast_port_attach(l->ifindex, FAST_INGRESS, f->maps.mesh_program);
	if (e)
		log_line(LOG_WARN, "no fast path from %s: %s", name, strerror(-e));
	l->attached = e == 0;
	return l->attached;
}

/* ---- start and end ---- */

enum host_datapath fast_wanted(enum host_datapath configured)
{
	const char *forced = getenv("NUVOL_DATAPATH"); /* the tests try all with both */

	if (forced && strcmp(forced, "bpf") == 0)
		return HOST_DATAPATH_BPF;
	if (forced && strcmp(forced, "portable") == 0)
		return HOST_DATAPATH_PORTABLE;
	return configured;
}

/* A program of ours that a former daemon left at some interface, or -1. */
static int former_program(const struct fast *f)
{
	list_each (l, &f->env.lan->links->all, struct link, all) {
		int fd = l->ethernet ? fast_port_program((uint32_t)l->ifindex, FAST_INGRESS) : -1;

		if (fd >= 0)
			return fd;
	}
	return -1;
}

static void timer_start(struct fast *f)
{
	uv_timer_init(f->env.uv, &f->timer);
	f->timer.data = f;
	uv_timer_start(&f->timer, tick, FAST_TICK_MS, FAST_TICK_MS);
}

bool fast_start(struct fast *f, const struct fast_env *env)
{
	const struct l2_anycast *a = &env->node->l2.conf.anycast;
	enum host_datapath datapath = fast_wanted(env->datapath);
	int e, former;

	*f = (struct fast){.env = *env, .fault = "not wanted", .seen_us = now_boottime().us};
	/* AUTO: portable, until all network tests pass with both. */
	if (datapath != HOST_DATAPATH_BPF)
		return true;
	former = former_program(f);
	e = fast_maps_open(&f->maps, former);
	if (former >= 0)
		close(former);
	if (e) {
		f->fault = strerror(-e);
		log_line(LOG_ERROR,
			 "the kernel does not take the programs of the fast path: %s; set "
			 "datapath of nuvol.host to auto or portable",
			 strerror(-e));
		return false;
	}
	f->on = true;
	f->fault = "";
	fast_maps_counts(&f->maps, f->told);
	fast_maps_set_anycast(&f->maps, a->on, a->mac, a->ipv4, a->ipv6, a->link_local);
	l2_forwarding_start(&f->env.node->l2);
	timer_start(f);
	log_line(LOG_INFO, "the kernel forwards the cloud's frames%s",
		 f->maps.adopted ? ", as it did" : "");
	return true;
}

void fast_stop(struct fast *f)
{
	if (!f->on)
		return;
	uv_timer_stop(&f->timer);
	counts_tell(f);
	if (f->cloud != 0)
		fast_port_detach(f->env.ask, f->cloud, FAST_EGRESS);
	fast_maps_close(&f->maps);
	f->on = false;
}
