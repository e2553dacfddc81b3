/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/node.h"

enum err node_init(struct node *x, const struct node_conf *conf, const struct node_env *env,
		   instant now, uint64_t seed)
{
	x->conf = *conf;

	enum err e = plan_init(&x->plan, &conf->plan, env->crypto);

	if (e != OK)
		return e;
	return l2_init(&x->l2, &conf->l2, now, seed);
}

void node_fini(struct node *x)
{
	l2_fini(&x->l2);
}

void node_handle(struct node *x, instant now, const struct ev *ev, struct fx *fx)
{
	l2_handle(&x->l2, now, ev, fx);
}

instant node_deadline(const struct node *x)
{
	return l2_deadline(&x->l2);
}
