/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/gateway.h"

#include <string.h>

#include "ctl/json.h"
#include "drv/now.h"

/* Another run_dir is another node on this machine. */
static const char *alfred_path(struct gateway *g)
{
	const struct host_conf *host = &g->env.conf->host;

	if (strcmp(host->run_dir, "/run/nuvol") == 0 ||
	    strcmp(host->alfred_socket, HOST_ALFRED_SOCKET) != 0)
		return host->alfred_socket;
	return run_dir_path(g->env.run, "alfred.sock", g->alfred_path);
}

static void share_start(struct gateway *g)
{
	const struct gateway_env *env = &g->env;
	const struct host_conf *host = &env->conf->host;
	const struct mac self = env->conf->node.share.self;

	if (!env->node->share)
		return;
	share_socket_start(
		&g->share,
		&(struct share_socket_env){.bridge = host->bridge,
					   .mac = mac_is_zero(self) ? env->plan->primary_mac : self,
					   .links = env->links,
					   .ask = env->ask,
					   .effect_ask = env->effect_ask,
					   .uv = env->uv,
					   .tell = env->tell,
					   .ctx = env->ctx});
	alfred_socket_start(&g->alfred, &(struct alfred_socket_env){.path = alfred_path(g),
								    .bridge = host->bridge,
								    .cloud_port = host->cloud_port,
								    .node = env->node,
								    .fx = env->fx,
								    .uv = env->uv});
}

void gateway_start(struct gateway *g, const struct gateway_env *env)
{
	g->env = *env;
	g->anycast = env->conf->node.plan.anygw;
	share_start(g);
	if (!g->anycast)
		return;
	g->anygw = (struct anygw){.conf = &env->conf->host,
				  .plan = env->plan,
				  .links = env->links,
				  .ask = env->ask,
				  .lan = env->lan};
	anygw_start(&g->anygw);
	g->filter = (struct filter){.conf = &env->conf->host, .plan = env->plan, .fast = env->fast};
	filter_start(&g->filter, env->uv);
	dhcp_start(&g->dhcp, &(struct dhcp_env){.conf = env->conf,
						.plan = env->plan,
						.run = env->run,
						.uv = env->uv,
						.tell = env->tell,
						.ctx = env->ctx});
}

void gateway_stop(struct gateway *g)
{
	alfred_socket_stop(&g->alfred);
	share_socket_stop(&g->share);
	if (!g->anycast)
		return;
	dhcp_stop(&g->dhcp);
	filter_stop(&g->filter);
	anygw_stop(&g->anygw);
}

void gateway_effect(struct gateway *g, const struct effect *e)
{
	if (e->kind == FX_DATAGRAM)
		share_socket_send(&g->share, &e->datagram);
	else if (g->anycast)
		dhcp_effect(&g->dhcp, e);
}

void gateway_lan_role(struct gateway *g, const char *name, const struct fx_lan_role *role)
{
	if (g->anycast)
		filter_set_port(&g->filter, name, role->role, role->quiet);
}

void gateway_link(struct gateway *g, const struct link *l, bool gone)
{
	share_socket_link(&g->share, l, gone);
	if (!g->anycast)
		return;
	anygw_link(&g->anygw, l, gone);
	dhcp_link(&g->dhcp, l, gone);
}

void gateway_chores(struct gateway *g)
{
	if (!g->anycast)
		return;
	anygw_settle(&g->anygw);
	dhcp_chores(&g->dhcp);
	filter_check(&g->filter);
}

static json_t *anygw_json(const struct anygw *a)
{
	const struct link *l = link_find(a->links, a->ifindex);
	json_t *o = json_object();

	json_put_text(o, "name", a->conf->anygw);
	json_put_text(o, "driver", anygw_kind_name(a));
	json_put_bool(o, "up", l && l->carrier);
	json_put_text(o, "fault", a->fault);
	return o;
}

void gateway_status(struct gateway *g, json_t *into)
{
	if (g->env.node->share) {
		json_object_set_new(into, "share", share_socket_status(&g->share));
		json_object_set_new(into, "alfred", alfred_socket_status(&g->alfred));
	}
	if (!g->anycast)
		return;
	json_object_set_new(into, "anygw", anygw_json(&g->anygw));
	json_object_set_new(into, "dhcp", dhcp_status(&g->dhcp));
	json_object_set_new(into, "filter", filter_status(&g->filter));
}
