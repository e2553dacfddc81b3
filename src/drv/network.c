/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "ctl/json.h"
#include "drv/bridge.h"
#include "drv/cables.h"
#include "drv/crypto.h"
#include "drv/log.h"
#include "drv/mesh_port.h"
#include "drv/network_socket.h"
#include "drv/public_key.h"
#include "drv/route.h"
#include "drv/state_dir.h"
#include "drv/tunnel.h"

static const char *folder_of(const struct network *n, char text[RUN_PATH_ROOM])
{
	return state_dir_path(&n->env.conf->host, n->env.run, text);
}

static void fault_set(struct network *n, const char *what, int error)
{
	n->fault = what;
	n->error = error;
	log_line(LOG_ERROR, "the network does not run: %s: %s", what, strerror(-error));
}

static void tell(struct network *n, const struct ev_network *what)
{
	const struct ev ev = {.kind = EV_NETWORK, .network = *what};

	n->env.tell(n->env.ctx, &ev);
}

static void trusted_tell(void *ctx, const struct ev_network *what)
{
	tell(ctx, what);
}

/* ---- ports ---- */

static bool is_wanted(const struct network *n, const struct link *l)
{
	const struct host_conf *host = &n->env.conf->host;
	const struct host_interface *conf = host_conf_interface(host, l->name);
	const struct cable_slot *cable = cables_find(n->env.cables, l->name);

	if (!l->ethernet || l->ifindex == n->env.lan->bridge ||
	    l->ifindex == n->env.lan->cloud_port)
		return false;
	if (conf)
		return conf->network;
	if (!n->env.conf->node.plan.network)
		return false;
	if (cable)
		return cable->role.role == LAN_DESIGNATED || cable->role.role == LAN_STANDBY;
	return host_conf_is_automatic(host) &&
	       mesh_port_is_automatic(host, l, mesh_port_is_wifi(host, l->name));
}

static uint8_t index_of(const struct network *n, const struct network_port *p)
{
	return (uint8_t)(p - n->port);
}

static void port_tell(struct network *n, struct network_port *p, bool up)
{
	struct ev_network ev = {.kind = NETWORK_PORT};
	bool wireless = mesh_port_is_wifi(&n->env.conf->host, p->name);

	if (!n->running || up == p->told.up)
		return;
	p->told = (struct ev_network_port){
		.port = index_of(n, p),
		.up = up,
		.wireless = wireless,
		.channel = wireless ? 255 : 0,
		.link_local = ipv6_link_local(up ? link_find(n->env.links, p->vlan.ifindex)->mac
						 : (struct mac){{0}}),
	};
	ev.port = p->told;
	log_line(LOG_INFO, "network interface %s is %s", p->vlan.name, up ? "up" : "down");
	tell(n, &ev);
}

static void poll_closed(uv_handle_t *h)
{
	free(h);
}

static void port_close(struct network *n, struct network_port *p)
{
	port_tell(n, p, false);
	if (p->poll)
		uv_close((uv_handle_t *)p->poll, poll_closed);
	p->poll = NULL;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	if (p->vlan.name[0] != '\0')
		vlan_port_close(&p->vlan);
	p->lower = 0;
	p->wanted = false;
}

static void port_ready(uv_poll_t *poll, int status, int events)
{
	struct network_port *p = poll->data;
	struct network *n = p->network;
	struct ev_network ev = {.kind = NETWORK_DATAGRAM};
	unsigned count = NETWORK_BATCH;

	(void)events;
	for (unsigned round = 0; round < NETWORK_BATCHES && count == NETWORK_BATCH; round++) {
		count = network_socket_read(p->fd, n->batch);
		for (unsigned i = 0; i < count && p->fd >= 0; i++) {
			ev.datagram.port = index_of(n, p);
			if (!network_socket_datagram(n->batch, i, &ev.datagram)) {
				p->rx_foreign++;
				continue;
			}
			p->rx++;
			if (p->told.up)
				tell(n, &ev);
		}
	}
	if (status < 0 && p->poll)
		uv_poll_start(poll, UV_READABLE, port_ready);
}

static int port_listen(struct network *n, struct network_port *p)
{
	int e = network_socket_open(p->vlan.name, p->vlan.ifindex);

	if (e < 0)
		return e;
	p->fd = e;
	p->poll = calloc(1, sizeof(*p->poll));
	if (!p->poll || uv_poll_init(n->env.uv, p->poll, p->fd)) {
		free(p->poll);
		p->poll = NULL;
		return -ENOMEM;
	}
	p->poll->data = p;
	uv_poll_start(p->poll, UV_READABLE, port_ready);
	return 0;
}

static void port_open(struct network *n, struct network_port *p, const struct link *l)
{
	const struct vlan_tag tag = {n->env.plan->network_vid, TPID_8021AD};
	struct mac mac = l->mac;
	char name[IFNAMSIZ];
	int e;

	/* That of our mesh port on the cable, by which other nodes' bridges know a node. */
	if (cables_find(n->env.cables, l->name))
		plan_port_mac(n->env.plan, crypto_mbedtls(), l->name, &mac);

	vlan_port_name(l->name, tag.vid, name);
	e = vlan_port_open(&p->vlan, &n->vlan_env, l, mac, tag,
			   made_has_network(&n->env.lan->made, name));
	/* While it was made, the interfaces were looked at: that is no wish to make it again. */
	p->wanted = false;
	if (!e && vlan_port_outlives(&p->vlan)) {
		made_add_network(&n->env.lan->made, name);
		(void)made_save(n->env.run, &n->env.lan->made);
	}
	if (!e)
		e = port_listen(n, p);
	if (e && e != p->error)
		log_line(LOG_WARN, "no network on %s: %s%s", l->name, strerror(-e),
			 e == -EADDRINUSE ? "; does another program speak BMX7 here?" : "");
	p->error = e;
	if (e) {
		port_close(n, p);
		p->lower = l->ifindex;
		return;
	}
	p->opened_ms = uv_now(n->env.uv);
	log_line(LOG_INFO, "network interface %s made (%s)", p->vlan.name,
		 vlan_port_driver_name(&p->vlan));
}

/* The slot of that name, else a free one. */
static struct network_port *slot_get(struct network *n, const char *name)
{
	struct network_port *fresh = NULL;

	for (unsigned i = 0; i < PORT_MAX; i++) {
		if (strcmp(n->port[i].name, name) == 0)
			return &n->port[i];
		if (!fresh && n->port[i].lower == 0 && !n->port[i].told.up)
			fresh = &n->port[i];
	}
	if (fresh) {
		*fresh = (struct network_port){.fd = -1, .network = n};
		snprintf(fresh->name, sizeof(fresh->name), "%s", name);
	}
	return fresh;
}

static struct network_port *slot_by_ifindex(struct network *n, int ifindex)
{
	for (unsigned i = 0; i < PORT_MAX; i++)
		if (n->port[i].lower == ifindex ||
		    (n->port[i].vlan.name[0] != '\0' && n->port[i].vlan.ifindex == ifindex))
			return &n->port[i];
	return NULL;
}

/* What the port is now, after something has changed. */
static void port_follow(struct network *n, struct network_port *p)
{
	const struct link *lower = link_find(n->env.links, p->lower);
	const struct link *vlan = link_find(n->env.links, p->vlan.ifindex);
	bool was = p->told.up;

	if (lower)
		vlan_port_follow(&p->vlan, lower);
	port_tell(n, p, lower && vlan && p->fd >= 0 && lower->up && lower->carrier && vlan->up);
	if (p->told.up && !was)
		route_table_touch(&n->routes, p->vlan.ifindex);
}

/* The kernel's messages about a new interface come after we switched it on: those that tell of
 * it as it was before are no news. */
static bool is_stale(struct network *n, const struct network_port *p, const struct link *l)
{
	if (l->up || uv_now(n->env.uv) - p->opened_ms > NETWORK_STALE_MS)
		return false;
	(void)links_refresh(n->env.links, l->ifindex);
	return l->up;
}

/* An interface that may be this node's own way out goes on listening to routers. */
static bool advertisements_keep(struct network *n, const struct link *l)
{
	struct made *m = &n->env.lan->made;
	char name[MADE_SYSCTL_ROOM];
	int before;

	snprintf(name, sizeof(name), "net/ipv6/conf/%s/accept_ra", l->name);
	return sysctl_get(name, &before) && before == 1 && made_add_sysctl(m, name, before) &&
	       sysctl_set(name, 2) == 0;
}

void network_link(struct network *n, const struct link *l, bool gone)
{
	struct network_port *p = n->started ? slot_by_ifindex(n, l->ifindex) : NULL;
	bool wanted;

	/* One that came later, too: a stick, a PPP session. */
	if (n->started && !gone && l->up && l->master == 0 &&
	    strncmp(l->name, TUNNEL_NAMES, strlen(TUNNEL_NAMES)) != 0 && advertisements_keep(n, l))
		(void)made_save(n->env.run, &n->env.lan->made);
	if (!n->started || !n->running)
		return;
	if (p && p->vlan.ifindex == l->ifindex && p->vlan.name[0] != '\0') {
		if (gone)
			port_close(n, p);
		else if (!is_stale(n, p, l))
			port_follow(n, p);
		return;
	}
	wanted = !gone && is_wanted(n, l);
	if (p && (!wanted || strcmp(p->name, l->name) != 0)) {
		port_close(n, p);
		p = NULL;
	}
	if (!wanted)
		return;
	p = p ? p : slot_get(n, l->name);
	if (!p)
		return;
	p->lower = l->ifindex;
	if (p->fd < 0)
		p->wanted = l->up && p->error == 0;
	else
		port_follow(n, p);
}

int network_port_ifindex(const struct network *n, unsigned port)
{
	const struct network_port *p = &n->port[port];

	return n->started && p->fd >= 0 && p->vlan.name[0] != '\0' ? p->vlan.ifindex : 0;
}

void network_lan_role(struct network *n, const char *name)
{
	const struct link *l = n->started ? link_find_name(n->env.links, name) : NULL;

	if (l)
		network_link(n, l, false);
}

void network_rx(struct network *n, const struct nlmsghdr *h)
{
	const struct ndmsg *m = mnl_nlmsg_get_payload(h);
	struct ev_network ev = {.kind = NETWORK_LOST};
	struct network_port *p;

	if (!n->running || h->nlmsg_type != RTM_NEWNEIGH || m->ndm_family != AF_INET6 ||
	    !(m->ndm_state & NUD_FAILED))
		return;
	p = slot_by_ifindex(n, m->ndm_ifindex);
	if (!p || !p->told.up || p->vlan.ifindex != m->ndm_ifindex)
		return;
	ev.lost.port = index_of(n, p);
	ev.lost.unsure = true;
	netlink_each(a, h, sizeof(*m))
	{
		if (mnl_attr_get_type(a) != NDA_DST ||
		    mnl_attr_get_payload_len(a) != sizeof(ev.lost.link_local.b))
			continue;
		memcpy(ev.lost.link_local.b, mnl_attr_get_payload(a), sizeof(ev.lost.link_local.b));
		ev.lost.link_local.bits = 64;
		tell(n, &ev);
	}
}

/* A radio's neighbour: its address on the network's VLAN is made of the same MAC. */
static void station_gone(void *ctx, int ifindex, struct mac mac)
{
	struct network *n = ctx;
	const struct network_port *p = slot_by_ifindex(n, ifindex);
	struct ev_network ev = {.kind = NETWORK_LOST};

	if (!n->running || !p || !p->told.up || p->lower != ifindex)
		return;
	ev.lost.port = index_of(n, p);
	ev.lost.link_local = ipv6_link_local(mac);
	tell(n, &ev);
}

/* ---- effects ---- */

static struct network_port *port_at(struct network *n, uint8_t port)
{
	return port < PORT_MAX && n->port[port].fd >= 0 ? &n->port[port] : NULL;
}

static void send_do(struct network *n, const struct fx_network_send *s)
{
	struct network_port *p = port_at(n, s->port);

	if (!p)
		return;
	if (network_socket_send(p->fd, p->vlan.ifindex, s->data, s->len) == 0)
		p->tx++;
	else
		p->tx_failed++;
}

static struct route_key key_of(struct ipv6 prefix)
{
	return (struct route_key){NETWORK_TABLE, NETWORK_METRIC, {.v6 = true, .net = prefix}};
}

static void route_do(struct network *n, const struct fx_network_route *r)
{
	const struct network_port *p = port_at(n, r->port);
	const struct route_key key = key_of(r->prefix);
	const struct route_way way = {.via = r->via, .ifindex = p ? p->vlan.ifindex : 0};

	if (r->gone)
		route_table_del(&n->routes, &key);
	else
		route_table_set(&n->routes, &key, &way);
}

bool network_has_route(const struct network *n, struct ipv6 prefix)
{
	const struct route_key key = key_of(prefix);

	return n->started && n->routes.ask && route_table_has(&n->routes, &key);
}

static void address_do(struct network *n, const struct fx_network_address *a)
{
	const struct network_port *p = port_at(n, a->port);
	int e;

	if (!p)
		return;
	e = a->gone ? bridge_del_ipv6(&n->ask, p->vlan.ifindex, a->address)
		    : bridge_add_ipv6(&n->ask, p->vlan.ifindex, a->address, true);
	if (e && e != -EEXIST && !a->gone)
		log_line(LOG_WARN, "%s cannot have its address: %s", p->vlan.name, strerror(-e));
}

static void keep_do(struct network *n, const struct fx_network_keep *k)
{
	char folder[RUN_PATH_ROOM];
	int e = desc_sqn_save(folder_of(n, folder), k->desc_sqn);

	n->kept = k->desc_sqn;
	if (e)
		log_line(LOG_WARN,
			 "cannot keep the number of our description in %s: %s; after a restart, "
			 "others may need minutes to believe us",
			 folder_of(n, folder), strerror(-e));
}

static void note_do(const struct network *n, const struct fx_network_note *note)
{
	const enum network_note what = note->what;
	bool loud = what == NETWORK_NOTE_ATTACK || what == NETWORK_NOTE_NODE_BLOCKED ||
		    what == NETWORK_NOTE_TABLE_FULL;
	bool quiet = what == NETWORK_NOTE_ROUTE || what == NETWORK_NOTE_ROUTE_LOST;
	enum log_level level = loud ? LOG_WARN : quiet ? LOG_DEBUG : LOG_INFO;
	const uint8_t *b = note->node.b, *o = note->other.b;

	if (!log_wants(level))
		return;
	log_line(level, "network: %s %02X%02X%02X%02X (%02X%02X%02X%02X) %s",
		 network_note_name(what), b[0], b[1], b[2], b[3], o[0], o[1], o[2], o[3],
		 note->port < PORT_MAX ? n->port[note->port].name : "");
}

void network_effect(struct network *n, const struct fx_network *e)
{
	if (!n->started)
		return;
	switch (e->kind) {
	case NETWORK_SEND: send_do(n, &e->send); break;
	case NETWORK_ROUTE: route_do(n, &e->route); break;
	case NETWORK_ADDRESS: address_do(n, &e->address); break;
	case NETWORK_JOB: job_pool_put(&n->jobs, &e->job); break;
	case NETWORK_KEEP: keep_do(n, &e->keep); break;
	case NETWORK_DESCRIBED:
	case NETWORK_PATH: break; /* for other cores */
	case NETWORK_NOTE: note_do(n, &e->note); break;
	}
}

static void job_done(void *ctx, const struct job_done *d)
{
	const struct ev_network ev = {.kind = NETWORK_JOB_DONE, .done = *d};

	tell(ctx, &ev);
}

void network_settle(struct network *n)
{
	if (!n->started)
		return;
	for (unsigned i = 0; i < PORT_MAX; i++) {
		struct network_port *p = &n->port[i];
		const struct link *l = p->wanted ? link_find(n->env.links, p->lower) : NULL;

		if (!l)
			continue;
		port_open(n, p, l);
		port_follow(n, p);
	}
	job_pool_settle(&n->jobs);
	route_table_settle(&n->routes);
}

void network_compare(struct network *n)
{
	if (!n->started)
		return;
	(void)route_table_compare(&n->routes);
	route_table_settle(&n->routes);
}

static void look(uv_timer_t *t)
{
	struct network *n = t->data;

	if (n->running)
		trusted_look(&n->trusted);
	if (route_table_retry(&n->routes))
		route_table_settle(&n->routes);
	for (unsigned i = 0; i < PORT_MAX; i++)
		if (n->port[i].error)
			n->port[i].wanted = true;
}

/* ---- the node's key ---- */

static void run(struct network *n)
{
	char folder[RUN_PATH_ROOM];

	n->kept = desc_sqn_load(folder_of(n, folder));
	if (!n->env.ready(n->env.ctx, &n->key, n->kept)) {
		fault_set(n, "no memory for its tables", -ENOMEM);
		return;
	}
	n->running = true;
	trusted_start(&n->trusted, n->env.uv); /* before our first description */
	list_each (l, &n->env.links->all, struct link, all) {
		network_link(n, l, false);
	}
}

static void key_make(uv_work_t *w)
{
	struct network *n = w->data;
	const struct job job = {.kind = JOB_RSA_KEY, .type = n->env.conf->node.network.key_type};

	public_key_job(&job, n->fresh);
}

static void key_made(uv_work_t *w, int status)
{
	struct network *n = w->data;
	struct job_result *r = n->fresh;
	char folder[RUN_PATH_ROOM];
	bool good = status == 0 && r->ok;
	int e;

	if (good) {
		n->key.secret_len = r->secret_len;
		n->key.public_len = r->public_len;
		memcpy(n->key.secret, r->secret, r->secret_len);
		memcpy(n->key.public, r->public, r->public_len);
	}
	explicit_bzero(r, sizeof(*r));
	free(r);
	n->fresh = NULL;
	if (n->jobs.stopping)
		return;
	e = good ? node_key_save(folder_of(n, folder), &n->key) : -EIO;
	if (e)
		fault_set(n, "the node's new key cannot be kept", e);
	else
		run(n);
}

static void key_get(struct network *n)
{
	char folder[RUN_PATH_ROOM];
	int e = node_key_load(folder_of(n, folder), &n->key);

	if (!e) {
		run(n);
		return;
	}
	if (e != -ENOENT) {
		log_line(LOG_ERROR,
			 "%s/rsa.der is no key that can be used; bring back a copy, or remove it: "
			 "then the node gets another key and is another node for all others",
			 folder_of(n, folder));
		fault_set(n, "the node's key cannot be read", e);
		return;
	}
	log_line(LOG_INFO, "first start: making the node's key, which takes some seconds");
	n->fresh = calloc(1, sizeof(*n->fresh));
	n->key_work.data = n;
	if (!n->fresh || uv_queue_work(n->env.uv, &n->key_work, key_make, key_made))
		fault_set(n, "no memory for the node's key", -ENOMEM);
}

/* ---- starting and leaving ---- */

struct setting {
	const char *name;
	int value;
};

/* Routers forward. */
static const struct setting settings[] = {
	{"net/ipv6/conf/all/forwarding", 1},
	{"net/ipv4/ip_forward", 1},
};

static void settings_make(struct network *n)
{
	struct made *m = &n->env.lan->made;
	int before;

	list_each (l, &n->env.links->all, struct link, all)
		(void)advertisements_keep(n, l);
	for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (!sysctl_get(settings[i].name, &before) || before == settings[i].value)
			continue;
		if (made_add_sysctl(m, settings[i].name, before))
			(void)sysctl_set(settings[i].name, settings[i].value);
	}
	(void)made_save(n->env.run, m);
}

/* Routes by our table before the main one. */
static const struct rule table_rule = {
	.v6 = true, .table = NETWORK_TABLE, .priority = NETWORK_TABLE};

static int routes_start(struct network *n)
{
	int e = rule_add_any(&n->ask, &table_rule);

	if (e && e != -EEXIST)
		return e;
	e = route_table_compare(&n->routes);
	route_table_settle(&n->routes);
	return e;
}

static int parts_start(struct network *n)
{
	uint64_t seed;
	int e;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return -EIO;
	e = netlink_open(&n->ask, NULL, 0);
	if (e)
		return e;
	route_table_init(&n->routes, &n->ask, ROUTE_PROTOCOL, seed);
	n->batch = network_batch_new();
	if (!n->batch || !packet_rx_resize(&n->rx, 0))
		return -ENOMEM;
	return routes_start(n);
}

void network_start(struct network *n, const struct network_env *env)
{
	int e;

	*n = (struct network){.env = *env};
	if (!env->conf->node.plan.network && !host_conf_has_network(&env->conf->host))
		return;
	n->jobs = (struct job_pool){.uv = env->uv, .done = job_done, .ctx = n};
	n->trusted = (struct trusted){.tell = trusted_tell, .ctx = n};
	n->stations = (struct stations){.gone = station_gone, .ctx = n};
	if (env->conf->host.trusted_nodes_dir[0] != '\0')
		n->trusted.folder = env->conf->host.trusted_nodes_dir;
	n->vlan_env = (struct vlan_port_env){.uv = env->uv,
					     .fast = env->fast,
					     .links = env->links,
					     .ask = &n->ask,
					     .rx = &n->rx,
					     .mtu_bytes_max = env->conf->host.network_mtu_bytes};
	for (unsigned i = 0; i < PORT_MAX; i++)
		n->port[i] = (struct network_port){.fd = -1, .network = n};
	uv_timer_init(env->uv, &n->look);
	n->look.data = n;
	n->started = true;
	e = parts_start(n);
	if (e) {
		fault_set(n, "no routes in the kernel", e);
		return;
	}
	settings_make(n);
	e = stations_start(&n->stations, env->uv);
	if (e && e != -ENOENT)
		log_line(LOG_WARN, "Wi-Fi neighbours that leave are noticed by silence only: %s",
			 strerror(-e));
	uv_timer_start(&n->look, look, NETWORK_LOOK_MS, NETWORK_LOOK_MS);
	key_get(n);
}

bool network_leave(struct network *n)
{
	if (n->started && n->running)
		tell(n, &(struct ev_network){.kind = NETWORK_LEAVE});
	return n->started && n->running;
}

void network_stop(struct network *n)
{
	if (!n->started)
		return;
	job_pool_stop(&n->jobs);
	stations_stop(&n->stations);
	if (n->running)
		trusted_stop(&n->trusted);
	n->running = false;
	for (unsigned i = 0; i < PORT_MAX; i++)
		port_close(n, &n->port[i]);
	if (n->routes.ask) {
		route_table_clear(&n->routes);
		(void)rule_del_any(&n->ask, &table_rule);
		route_table_fini(&n->routes);
	}
	uv_close((uv_handle_t *)&n->look, NULL);
	network_batch_free(n->batch);
	packet_rx_fini(&n->rx);
	netlink_close(&n->ask);
	explicit_bzero(&n->key, sizeof(n->key));
	n->started = false;
}

/* ---- status ---- */

static json_t *port_json(const struct network_port *p)
{
	json_t *o = json_object();

	json_put_text(o, "on", p->name);
	json_put_text(o, "name", p->vlan.name);
	json_put_text(o, "driver", p->vlan.name[0] ? vlan_port_driver_name(&p->vlan) : "");
	json_put_bool(o, "up", p->told.up);
	json_put_count(o, "rx", p->rx);
	json_put_count(o, "rx_foreign", p->rx_foreign);
	json_put_count(o, "tx", p->tx);
	json_put_count(o, "tx_failed", p->tx_failed);
	json_put_text(o, "fault", p->error ? strerror(-p->error) : "");
	return o;
}

static json_t *trusted_json(const struct trusted *t)
{
	json_t *o = json_object();

	json_put_text(o, "folder", t->folder);
	json_put_count(o, "nodes", t->nodes);
	json_put_count(o, "bad_files", t->bad);
	json_put_text(o, "fault", t->error ? strerror(-t->error) : "");
	return o;
}

void network_status(const struct network *n, json_t *into)
{
	json_t *o = json_object(), *ports = json_array();

	for (unsigned i = 0; i < PORT_MAX; i++)
		if (n->port[i].lower != 0)
			json_array_append_new(ports, port_json(&n->port[i]));
	json_put_bool(o, "on", n->started);
	json_put_bool(o, "running", n->running);
	json_put_text(o, "fault", n->fault ? n->fault : "");
	json_put_text(o, "error", n->error ? strerror(-n->error) : "");
	json_object_set_new(o, "interfaces", ports);
	if (n->trusted.folder)
		json_object_set_new(o, "trusted", trusted_json(&n->trusted));
	json_put_count(o, "routes", n->routes.count);
	json_put_count(o, "routes_refused", n->routes.refused);
	json_put_count(o, "jobs_under_way", n->jobs.under_way);
	json_put_count(o, "jobs_done", n->jobs.carried_out);
	json_object_set_new(into, "network", o);
}
