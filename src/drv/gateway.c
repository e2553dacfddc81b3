/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/gateway.h"

void gateway_start(struct gateway *g, const struct gateway_env *env)
{
	g->env = *env;
}

void gateway_stop(struct gateway *g)
{
	(void)g;
}

void gateway_effect(struct gateway *g, const struct effect *e)
{
	(void)g, (void)e;
}

void gateway_link(struct gateway *g, const struct link *l, bool gone)
{
	(void)g, (void)l, (void)gone;
}

void gateway_chores(struct gateway *g)
{
	(void)g;
}

void gateway_status(const struct gateway *g, json_t *into)
{
	(void)g, (void)into;
}
