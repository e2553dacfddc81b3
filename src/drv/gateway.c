/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/gateway.h"

#include "ctl/json.h"

void gateway_start(struct gateway *g, const struct gateway_env *env)
{
	g->env = *env;
	g->anycast = env->conf->node.plan.anygw;
	if (!g->anycast)
		return;
	g->anygw = (struct anygw){.conf = &env->conf->host,
				  .plan = env->plan,
				  .links = env->links,
				  .ask = env->ask,
				  .lan = env->lan};
	anygw_start(&g->anygw);
	g->filter = (struct filter){.conf = &env->conf->host, .plan = env->plan};
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
	if (!g->anycast)
		return;
	dhcp_stop(&g->dhcp);
	filter_stop(&g->filter);
	anygw_stop(&g->anygw);
}

void gateway_effect(struct gateway *g, const struct effect *e)
{
	if (g->anycast)
		dhcp_effect(&g->dhcp, e);
}

void gateway_lan_role(struct gateway *g, const char *name, const struct fx_lan_role *role)
{
	if (g->anycast)
		filter_set_port(&g->filter, name, role->role, role->quiet);
}

void gateway_link(struct gateway *g, const struct link *l, bool gone)
{
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
	if (!g->anycast)
		return;
	json_object_set_new(into, "anygw", anygw_json(&g->anygw));
	json_object_set_new(into, "dhcp", dhcp_status(&g->dhcp));
	json_object_set_new(into, "filter", filter_status(&g->filter));
}
