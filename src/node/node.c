/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/node.h"

enum err node_init(struct node *x, const struct node_conf *conf, const struct node_env *env,
		   instant now, uint64_t seed)
{
	struct cable_conf cable;
	struct l2_conf l2 = conf->l2;
	enum err e;

	x->conf = *conf;
	e = plan_init(&x->plan, &conf->plan, env->crypto);
	if (e != OK)
		return e;
	cable.self = x->plan.primary_mac;
	memcpy(cable.network_id, x->plan.network_id, sizeof(cable.network_id));
	cable_init(&x->cable, &cable);
	l2.anycast = (struct l2_anycast){
		.on = conf->plan.anygw,
		.mac = x->plan.anygw_mac,
		.ipv4 = x->plan.anygw_ipv4,
		.ipv6 = x->plan.anygw_ipv6,
		.link_local = x->plan.anygw_link_local,
	};
	return l2_init(&x->l2, &l2, now, seed);
}

void node_fini(struct node *x)
{
	l2_fini(&x->l2);
}

void node_handle(struct node *x, instant now, const struct ev *ev, struct fx *fx)
{
	l2_handle(&x->l2, now, ev, fx);
	cable_handle(&x->cable, now, ev, fx);
}

instant node_deadline(const struct node *x)
{
	return instant_min(l2_deadline(&x->l2), cable_deadline(&x->cable));
}
