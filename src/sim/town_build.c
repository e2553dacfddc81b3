/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/town_build.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/cheap_crypto.h"
#include "sim/layout_parts.h"
#include "sim/world_internal.h"
#include "town/node_config.h"
#include "town/quantity.h"

enum { VLAN_BYTES = 4, FRAME_BITS = 1500 * 8 };

/* Calls heard for each two nodes that hear each other; false from it ends. */
struct hearing {
	void *ctx;
	void (*heard)(void *ctx, unsigned segment, unsigned a, unsigned b, uint32_t loss);
};

static void links_each(const struct town *t, const struct hearing *h, unsigned segment)
{
	const struct town_segment *s = &t->segments[segment];

	for (unsigned i = 0; i < t->link_count; i++) {
		const struct town_link *l = &t->links[i];

		if (l->segment == segment)
			h->heard(h->ctx, segment, l->node[0], l->node[1],
				 l->has_loss ? l->loss : s->loss);
	}
}

static void hearing_each(const struct town *t, const struct hearing *h)
{
	for (unsigned s = 0; s < t->segment_count; s++) {
		if (t->segments[s].linked) {
			links_each(t, h, s);
			continue;
		}
		for (unsigned a = 0; a < t->node_count; a++)
			for (unsigned b = a + 1; b < t->node_count; b++)
				if (town_mesh_find(t, a, s) != TOWN_NONE &&
				    town_mesh_find(t, b, s) != TOWN_NONE)
					h->heard(h->ctx, s, a, b, t->segments[s].loss);
	}
}

/* ---- layouts ---- */

struct pairs {
	struct layout *layout;
	bool *joined; /* of each two nodes */
};

static void pair_add(void *ctx, unsigned segment, unsigned a, unsigned b, uint32_t loss)
{
	struct pairs *p = ctx;
	bool *joined = &p->joined[a * p->layout->nodes + b];

	(void)segment;
	(void)loss;
	if (!*joined && !p->joined[b * p->layout->nodes + a])
		layout_add_link(p->layout, a, b, 0);
	*joined = true;
}

static unsigned cloud_of(const struct town *t, struct layout *l, unsigned node)
{
	for (unsigned i = 0; i < node; i++)
		if (strcmp(t->nodes[i].ssid, t->nodes[node].ssid) == 0)
			return l->node[i].cloud;
	return l->clouds++;
}

/* What checks and clients count on. */
static bool node_suits(const struct town *t, unsigned node, const char *file,
		       char fault[LAYOUT_FAULT_ROOM])
{
	struct node_config config;
	struct conf *c = world_alloc(sizeof(*c));
	char *said = NULL;
	size_t len = 0;
	FILE *errors = open_memstream(&said, &len);
	const char *missing = NULL;
	bool good;

	node_config_init(&config, t, node);
	good = node_config_check(&config, file, t->nodes[node].name, c, cheap_crypto(), errors);
	fclose(errors);
	if (!c->node.plan.network)
		missing = "the network of all clouds (bmx7)";
	else if (!c->node.plan.anygw)
		missing = "the anycast gateway (anygw)";
	else if (!c->node.share.on)
		missing = "shared records";
	if (!good)
		snprintf(fault, LAYOUT_FAULT_ROOM, "%.*s", (int)strcspn(said, "\n"), said);
	else if (missing)
		snprintf(fault, LAYOUT_FAULT_ROOM,
			 "%s:%u: node '%s' is without %s, which nodes of the simulator have", file,
			 t->nodes[node].line, t->nodes[node].name, missing);
	free(said);
	free(c);
	node_config_fini(&config);
	return good && !missing;
}

bool town_layout(struct layout *l, const struct town *t, const char *file,
		 char fault[LAYOUT_FAULT_ROOM])
{
	struct pairs pairs = {l, world_alloc(t->node_count * t->node_count)};
	bool good = true;

	*l = (struct layout){0};
	for (unsigned i = 0; good && i < t->node_count; i++) {
		layout_add_node(l, 0, 0);
		snprintf(l->node[i].name, LAYOUT_NAME_ROOM, "%s", t->nodes[i].name);
		l->node[i].cloud = (uint16_t)cloud_of(t, l, i);
		good = node_suits(t, i, file, fault);
	}
	if (good) {
		hearing_each(t, &(struct hearing){&pairs, pair_add});
		layout_index(l);
	} else {
		layout_fini(l);
	}
	free(pairs.joined);
	return good;
}

/* ---- worlds ---- */

static void pair_hear(void *ctx, unsigned segment, unsigned a, unsigned b, uint32_t loss)
{
	const uint64_t parts = (uint64_t)loss * WORLD_LOSS_ALL / LOSS_ALL;

	world_hear(ctx, segment, a, b, (uint16_t)(parts < UINT16_MAX ? parts : UINT16_MAX));
}

static void segment_build(const struct town_segment *s, struct world *w)
{
	struct segment_conf c = {.delay = s->delay,
				 .jitter = s->jitter,
				 .wifi = s->radio,
				 .sparse = true,
				 .mtu_bytes = (uint16_t)(s->mtu_bytes - VLAN_BYTES),
				 .rate_bps = s->rate_bps,
				 .retries = (uint8_t)s->retries};

	if (s->rate_bps > 0)
		c.queue = span_us(
			(int64_t)((uint64_t)s->queue_frames * FRAME_BITS * 1000000 / s->rate_bps));
	world_segment(w, &c);
}

static void node_build(const struct town *t, unsigned node, struct world *w,
		       const struct crypto *crypto)
{
	struct node_config config;
	struct conf *c = world_alloc(sizeof(*c));

	node_config_init(&config, t, node);
	(void)node_config_check(&config, "", t->nodes[node].name, c, crypto, stderr);
	node_config_fini(&config);
	c->node.l2.ports_max = PORT_MAX;
	world_resolver_add(&c->node.uplink);
	world_node_with(w, &c->node);
	free(c);
}

void town_build(const struct town *t, struct world *w, const struct crypto *crypto)
{
	for (unsigned s = 0; s < t->segment_count; s++)
		segment_build(&t->segments[s], w);
	for (unsigned i = 0; i < t->node_count; i++) {
		node_build(t, i, w, crypto);
		for (unsigned m = 0; m < t->nodes[i].mesh_count; m++)
			world_join(w, i, t->nodes[i].mesh[m].segment);
	}
	hearing_each(t, &(struct hearing){w, pair_hear});
}
