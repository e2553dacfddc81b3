/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop_join - what the node and its drivers say to each other.
 *
 * Source  DESIGN 3 to 5.
 */
#include <sys/random.h>

#include "drv/bridge.h"
#include "drv/crypto.h"
#include "drv/log.h"
#include "drv/loop_internal.h"
#include "drv/now.h"
#include "drv/preference.h"

/* ---- effects ---- */

static void note_log(const struct fx_note *n)
{
	enum log_level level = LOG_INFO;
	char subject[MAC_TEXT], object[MAC_TEXT], words[NOTE_GATEWAY_TEXT];

	if (n->what == NOTE_ROUTE_CHANGED)
		level = LOG_DEBUG;
	else if (n->what == NOTE_LAN_BLOCKED || n->what == NOTE_TABLE_FULL ||
		 n->what == NOTE_GATEWAY_LOST)
		level = LOG_WARN;
	if (!log_wants(level))
		return;
	if (note_is_of_gateway(n->what)) {
		log_line(level, "%s", note_gateway_print(&n->gateway, words));
		return;
	}
	mac_print(n->subject, subject);
	if (mac_is_zero(n->object))
		log_line(level, "%s %s (%u)", note_name(n->what), subject, n->value);
	else
		log_line(level, "%s %s %s (%u)", note_name(n->what), subject,
			 mac_print(n->object, object), n->value);
}

static void fdb_effect(struct loop *x, const struct fx_fdb *f)
{
	if (!x->lan.cloud_port)
		return;
	if (f->lost)
		(void)bridge_unset_fdb(&x->fdb_ask, x->lan.cloud_port, f->mac);
	else
		(void)bridge_set_fdb(&x->fdb_ask, x->lan.cloud_port, f->mac);
}

void loop_emit(struct fx *fx, const struct effect *e)
{
	struct loop *x = container_of(fx, struct loop, fx);

	switch (e->kind) {
	case FX_SEND:
	case FX_DELIVER: datapath_effect(&x->datapath, e); break;
	case FX_FDB: fdb_effect(x, &e->fdb); break;
	case FX_DATAGRAM:
	case FX_LEASE:
	case FX_RESERVE:
	case FX_RANGES:
	case FX_NAME: gateway_effect(&x->gateway, e); break;
	case FX_LAN_ROLE:
	case FX_HELLO: cables_effect(&x->cables, e); break;
	case FX_NETWORK:
		network_effect(&x->network, &e->network);
		if (e->network.kind == NETWORK_ROUTE)
			tunnel_route_changed(&x->tunnel, e->network.route.prefix);
		break;
	case FX_TUNNEL:
		tunnel_effect(&x->tunnel, &e->tunnel);
		if (e->tunnel.kind == TUNNEL_KEEP)
			preference_keep(&x->conf.host, &x->run, &e->tunnel.keep);
		else if (e->tunnel.kind == TUNNEL_KEEP_CLIENT)
			client_preferences_keep(&x->client_preferences, &e->tunnel.keep_client);
		break;
	case FX_UPLINK:
		uplinks_effect(&x->uplinks, &e->uplink);
		if (e->uplink.kind == UPLINK_USE && !e->uplink.use.none)
			tunnel_uplink_used(&x->tunnel);
		gateway_effect(&x->gateway, e);
		break;
	case FX_FORWARDING: fast_effect(&x->fast, &e->forwarding); break;
	case FX_ECHO: break;
	case FX_NOTE: note_log(&e->note); break;
	}
	ctl_effect(&x->ctl, now_boottime(), e);
}

void loop_tell(void *ctx, const struct ev *ev)
{
	struct loop *x = ctx;

	node_handle(&x->node, now_boottime(), ev, &x->fx);
}

static void role_done(void *ctx, const char *name, const struct fx_lan_role *role)
{
	struct loop *x = ctx;

	gateway_lan_role(&x->gateway, name, role);
	network_lan_role(&x->network, name);
}

static void client_tell(void *ctx, const struct ev_client *c)
{
	const struct ev ev = {.kind = EV_CLIENT, .client = *c};

	loop_tell(ctx, &ev);
}

static void lan_port_gone(void *ctx, int ifindex)
{
	struct loop *x = ctx;

	fdb_port_gone(&x->fdb, ifindex);
}

static void port_tell(void *ctx, const struct ev_port *p)
{
	struct loop *x = ctx;
	const struct ev ev = {.kind = EV_PORT, .port = *p};

	if (!datapath_set_port(&x->datapath, p->port, x->mesh.slot[p->port].packet, p->mtu_bytes))
		log_line(LOG_ERROR, "no memory for frames of %s", x->mesh.slot[p->port].name);
	loop_tell(x, &ev);
}

static bool port_fast(void *ctx, uint8_t port, const char *name, const struct packet_conf *c)
{
	struct loop *x = ctx;

	return fast_port(&x->fast, port, name, c);
}

/* ---- the parts, and what they ask of us ---- */

static const char *port_name(void *ctx, uint8_t port)
{
	const struct loop *x = ctx;

	return port < x->mesh.slots_max && x->mesh.slot[port].name[0] ? x->mesh.slot[port].name
								      : "?";
}

static const char *network_port_name(void *ctx, uint8_t port)
{
	const struct loop *x = ctx;
	const struct network_port *p = port < PORT_MAX ? &x->network.port[port] : NULL;

	return p && p->vlan.name[0] ? p->vlan.name : "?";
}

static char *config_print(void *ctx)
{
	const struct loop *x = ctx;

	return conf_print(&x->conf);
}

void loop_join_parts(struct loop *x, uint64_t seed)
{
	const struct host_conf *host = &x->conf.host;

	fdb_init(&x->fdb, seed, client_tell, x);
	x->lan = (struct lan){.conf = host,
			      .plan = &x->node.plan,
			      .run = &x->run,
			      .links = &x->links,
			      .ask = &x->ask,
			      .cables = &x->cables,
			      .tell = client_tell,
			      .port_gone = lan_port_gone,
			      .ctx = x};
	lan_init(&x->lan);
	x->mesh = (struct mesh_ports){.conf = host,
				      .plan = &x->node.plan,
				      .crypto = crypto_mbedtls(),
				      .ask = &x->ask,
				      .cables = &x->cables,
				      .slots_max = x->conf.node.l2.ports_max,
				      .socket = loop_port_socket,
				      .fast = port_fast,
				      .tell = port_tell,
				      .ctx = x};
	mesh_ports_init(&x->mesh);
	x->cables = (struct cables){.conf = host,
				    .node = &x->node,
				    .uv = &x->uv,
				    .links = &x->links,
				    .lan = &x->lan,
				    .fdb = &x->fdb,
				    .mesh = &x->mesh,
				    .tell = loop_tell,
				    .role_done = role_done,
				    .ctx = x};
	cables_init(&x->cables);
	x->ctl_host = (struct ctl_host){.ctx = x,
					.port_name = port_name,
					.network_port_name = network_port_name,
					.status = loop_status,
					.config = config_print};
	ctl_init(&x->ctl, &x->node, &x->ctl_host, now_boottime());
}

bool loop_join_fast(struct loop *x)
{
	const struct fast_env env = {.datapath = x->conf.host.datapath,
				     .node = &x->node,
				     .lan = &x->lan,
				     .ask = &x->ask,
				     .uv = &x->uv};

	tunnel_fast_open(&x->tunnel_fast, fast_wanted(x->conf.host.datapath),
			 x->conf.host.tunnel_kind);
	vlan_fast_open(&x->vlan_fast, fast_wanted(x->conf.host.datapath));
	return fast_start(&x->fast, &env);
}

void loop_join_gateway(struct loop *x)
{
	const struct gateway_env env = {.conf = &x->conf,
					.plan = &x->node.plan,
					.run = &x->run,
					.links = &x->links,
					.ask = &x->ask,
					.effect_ask = &x->fdb_ask,
					.lan = &x->lan,
					.uv = &x->uv,
					.node = &x->node,
					.fast = x->fast.on,
					.fx = &x->fx,
					.tell = loop_tell,
					.ctx = x};

	gateway_start(&x->gateway, &env);
}

static bool network_ready(void *ctx, const struct node_key *key, uint32_t desc_sqn)
{
	struct loop *x = ctx;
	const struct node_key_bytes bytes = {.secret = {key->secret, key->secret_len},
					     .public = {key->public, key->public_len}};
	uint64_t seed;

	return getrandom(&seed, sizeof(seed), 0) == sizeof(seed) &&
	       node_network_start(&x->node, now_boottime(), &bytes, desc_sqn, seed) == OK;
}

void loop_join_network(struct loop *x)
{
	const struct network_env env = {.conf = &x->conf,
					.plan = &x->node.plan,
					.run = &x->run,
					.links = &x->links,
					.ask = &x->ask,
					.lan = &x->lan,
					.cables = &x->cables,
					.fast = &x->vlan_fast,
					.uv = &x->uv,
					.ready = network_ready,
					.tell = loop_tell,
					.ctx = x};

	network_start(&x->network, &env);
}

static bool has_route(void *ctx, struct ipv6 primary)
{
	const struct loop *x = ctx;

	return network_has_route(&x->network, primary);
}

void loop_join_tunnel(struct loop *x)
{
	const struct tunnel_env env = {.kind = x->conf.host.tunnel_kind,
				       .fast = &x->tunnel_fast,
				       .links = &x->links,
				       .uv = &x->uv,
				       .has_route = has_route,
				       .tell = loop_tell,
				       .name = x->conf.host.uplink.portal_host,
				       .bridge = x->conf.host.bridge,
				       .anygw = x->conf.host.anygw,
				       .ctx = x};

	tunnel_start(&x->tunnel, &env);
}

void loop_join_uplinks(struct loop *x)
{
	const struct uplinks_env env = {.conf = &x->conf,
					.plan = &x->node.plan,
					.links = &x->links,
					.uv = &x->uv,
					.tell = loop_tell,
					.ctx = x};

	uplinks_start(&x->uplinks, &env);
}
