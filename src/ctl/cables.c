/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cables - the part of the status about other nodes on the LAN's own cables. */
#include <stdio.h>
#include "core/cable/cable.h"
#include "ctl/json.h"
#include "ctl/method.h"
#include "node/node.h"

static json_t *speaker_json(const struct cable_node *n)
{
	json_t *o = json_object();

	json_put_mac(o, "mac", n->mac);
	json_put_bool(o, "bridges", n->bridges);
	json_put_bool(o, "same_cloud", n->same_cloud);
	return o;
}

static json_t *cable_json(const struct ctl *c, unsigned port)
{
	const struct cable_port *p = &c->node->cable.port[port];
	json_t *o = json_object(), *nodes = json_array();

	for (unsigned i = 0; i < p->node_count; i++)
		json_array_append_new(nodes, speaker_json(&p->node[i]));
	json_put_count(o, "index", port);
	if (c->host->lan_port_name)
		json_put_text(o, "name", c->host->lan_port_name(c->host->ctx, (uint8_t)port));
	else
		json_object_set_new(o, "name", json_null());
	json_put_text(o, "role", lan_role_name(p->said.role));
	json_put_bool(o, "mesh", p->said.mesh);
	json_put_bool(o, "quiet", p->said.quiet);
	json_object_set_new(o, "nodes", nodes);
	return o;
}

json_t *cables_json(const struct ctl *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < LAN_PORT_MAX; i++)
		if (c->node->cable.port[i].up && c->node->cable.port[i].told)
			json_array_append_new(list, cable_json(c, i));
	return list;
}
