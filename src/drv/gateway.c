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
}

void gateway_stop(struct gateway *g)
{
	if (g->anycast)
		anygw_stop(&g->anygw);
}

void gateway_effect(struct gateway *g, const struct effect *e)
{
	(void)g, (void)e;
}

void gateway_link(struct gateway *g, const struct link *l, bool gone)
{
	if (g->anycast)
		anygw_link(&g->anygw, l, gone);
}

void gateway_chores(struct gateway *g)
{
	if (g->anycast)
		anygw_settle(&g->anygw);
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

void gateway_status(const struct gateway *g, json_t *into)
{
	if (g->anycast)
		json_object_set_new(into, "anygw", anygw_json(&g->anygw));
}
