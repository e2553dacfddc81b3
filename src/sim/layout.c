/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/layout.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/layout_parts.h"
#include "sim/world_internal.h"

enum {
	SPACING_M = 60,	 /* of lines and grids */
	TOWN_DEGREE = 8, /* neighbours of a node, on average */
	NO_DISTANCE = 0xffff,
};

const char *layout_shape_name(enum layout_shape s)
{
	static const char *const names[LAYOUT_SHAPES + 1] = {"line", "ring", "grid",
							     "tree", "town", "file"};

	return names[s];
}

void layout_fini(struct layout *l)
{
	free(l->node);
	free(l->link);
	free(l->near);
	free(l->near_first);
	*l = (struct layout){0};
}

unsigned layout_add_node(struct layout *l, int32_t x_m, int32_t y_m)
{
	world_grow(&l->node, l->nodes, &l->node_room, sizeof(*l->node));
	l->node[l->nodes] = (struct layout_node){.x_m = x_m, .y_m = y_m};
	snprintf(l->node[l->nodes].name, LAYOUT_NAME_ROOM, "n%u", l->nodes);
	return l->nodes++;
}

void layout_add_link(struct layout *l, unsigned a, unsigned b, uint16_t loss)
{
	world_grow(&l->link, l->links, &l->link_room, sizeof(*l->link));
	l->link[l->links++] =
		(struct layout_link){(uint16_t)(a < b ? a : b), (uint16_t)(a < b ? b : a), loss};
}

/* ---- shapes ---- */

static void line_make(struct layout *l, unsigned nodes, bool closed)
{
	for (unsigned i = 0; i < nodes; i++) {
		layout_add_node(l, (int32_t)i * SPACING_M, 0);
		if (i > 0)
			layout_add_link(l, i - 1, i, 0);
	}
	if (closed && nodes > 2)
		layout_add_link(l, 0, nodes - 1, 0);
}

static void grid_make(struct layout *l, unsigned nodes, unsigned wide)
{
	for (unsigned i = 0; i < nodes; i++) {
		layout_add_node(l, (int32_t)(i % wide) * SPACING_M,
				(int32_t)(i / wide) * SPACING_M);
		if (i % wide > 0)
			layout_add_link(l, i - 1, i, 0);
		if (i >= wide)
			layout_add_link(l, i - wide, i, 0);
	}
}

static void tree_make(struct layout *l, unsigned nodes)
{
	for (unsigned i = 0; i < nodes; i++) {
		unsigned above = i > 0 ? (i - 1) / LAYOUT_FAN : 0;

		layout_add_node(l, (int32_t)i * SPACING_M / LAYOUT_FAN, (int32_t)above * SPACING_M);
		if (i > 0)
			layout_add_link(l, above, i, 0);
	}
}

/* Half a percent up to half the range, growing to 30 % at its end. */
static uint16_t loss_at(int64_t distance2)
{
	const int64_t range2 = (int64_t)LAYOUT_RANGE_M * LAYOUT_RANGE_M;
	const int64_t part = distance2 * 256 / range2, least = WORLD_LOSS_ALL * 5 / 1000;
	const int64_t most = WORLD_LOSS_ALL * 300 / 1000;

	return (uint16_t)(part < 64 ? least : least + (most - least) * (part - 64) / (256 - 64));
}

/* Squares of the size of the range: who is in range is in this or the next one. */
struct cells {
	unsigned wide;
	int32_t *first; /* node of each cell, or -1 */
	int32_t *next;	/* of each node */
};

/* Links node i to all before it in range, or (dry) only looks; is there one? */
static bool reach(struct layout *l, const struct cells *c, int32_t x, int32_t y, bool dry)
{
	int32_t cx = x / LAYOUT_RANGE_M, cy = y / LAYOUT_RANGE_M;
	bool any = false;

	for (int32_t k = 0; k < 9; k++) {
		int32_t nx = cx + k % 3 - 1, ny = cy + k / 3 - 1;

		if (nx < 0 || ny < 0 || nx >= (int32_t)c->wide || ny >= (int32_t)c->wide)
			continue;
		for (int32_t i = c->first[(unsigned)ny * c->wide + (unsigned)nx]; i >= 0;
		     i = c->next[i]) {
			int64_t dx = l->node[i].x_m - x, dy = l->node[i].y_m - y;
			int64_t d2 = dx * dx + dy * dy;

			if (d2 > (int64_t)LAYOUT_RANGE_M * LAYOUT_RANGE_M)
				continue;
			any = true;
			if (dry)
				return true;
			layout_add_link(l, (unsigned)i, l->nodes - 1, loss_at(d2));
		}
	}
	return any;
}

static uint32_t root_of(uint64_t n)
{
	uint32_t r = 0;

	for (uint32_t bit = UINT32_C(1) << 31; bit > 0; bit >>= 1)
		if ((uint64_t)(r | bit) * (r | bit) <= n)
			r |= bit;
	return r;
}

/* Anywhere in a square; again where nobody would be heard, so that all are connected. */
static void town_make(struct layout *l, unsigned nodes, struct prng *prng)
{
	uint64_t area = (uint64_t)nodes * LAYOUT_RANGE_M * LAYOUT_RANGE_M * 355 / 113 / TOWN_DEGREE;
	uint32_t side = root_of(area) + 1;
	struct cells c = {.wide = side / LAYOUT_RANGE_M + 1};

	c.first = world_alloc(c.wide * c.wide * sizeof(*c.first));
	c.next = world_alloc(nodes * sizeof(*c.next));
	memset(c.first, 0xff, c.wide * c.wide * sizeof(*c.first));
	while (l->nodes < nodes) {
		int32_t x = (int32_t)prng_below(prng, side), y = (int32_t)prng_below(prng, side);
		unsigned cell =
			(unsigned)(y / LAYOUT_RANGE_M) * c.wide + (unsigned)(x / LAYOUT_RANGE_M);

		if (l->nodes > 0 && !reach(l, &c, x, y, true))
			continue;
		unsigned i = layout_add_node(l, x, y);
		reach(l, &c, x, y, false);
		c.next[i] = c.first[cell];
		c.first[cell] = (int32_t)i;
	}
	free(c.first);
	free(c.next);
}

/* ---- neighbours ---- */

void layout_index(struct layout *l)
{
	uint32_t *at;

	l->near_first = world_alloc((l->nodes + 1) * sizeof(*l->near_first));
	l->near = world_alloc((2 * l->links + 1) * sizeof(*l->near));
	at = world_alloc((l->nodes + 1) * sizeof(*at));
	for (unsigned i = 0; i < l->links; i++) {
		l->near_first[l->link[i].a + 1]++;
		l->near_first[l->link[i].b + 1]++;
	}
	for (unsigned i = 0; i < l->nodes; i++)
		l->near_first[i + 1] += l->near_first[i];
	memcpy(at, l->near_first, (l->nodes + 1) * sizeof(*at));
	for (unsigned i = 0; i < l->links; i++) {
		l->near[at[l->link[i].a]++] = l->link[i].b;
		l->near[at[l->link[i].b]++] = l->link[i].a;
	}
	free(at);
}

void layout_make(struct layout *l, enum layout_shape shape, unsigned nodes, unsigned wide,
		 struct prng *prng)
{
	assert(nodes > 0 && nodes <= LAYOUT_NODES_MAX && shape < LAYOUT_FILE);
	*l = (struct layout){0};
	if (shape == LAYOUT_GRID)
		grid_make(l, nodes, wide);
	else if (shape == LAYOUT_TREE)
		tree_make(l, nodes);
	else if (shape == LAYOUT_TOWN)
		town_make(l, nodes, prng);
	else
		line_make(l, nodes, shape == LAYOUT_RING);
	layout_index(l);
	layout_divide(l, 1);
}

/* ---- clouds ---- */

/* Hops from centre, where they are fewer than so far; those nodes become cloud's. */
static void spread(struct layout *l, unsigned centre, unsigned cloud, uint16_t *hops,
		   uint16_t *todo)
{
	unsigned count = 0, done = 0;

	hops[centre] = 0;
	l->node[centre].cloud = (uint16_t)cloud;
	todo[count++] = (uint16_t)centre;
	while (done < count) {
		unsigned at = todo[done++];

		for (uint32_t k = l->near_first[at]; k < l->near_first[at + 1]; k++) {
			unsigned to = l->near[k];

			if (hops[to] <= hops[at] + 1)
				continue;
			hops[to] = (uint16_t)(hops[at] + 1);
			l->node[to].cloud = (uint16_t)cloud;
			todo[count++] = (uint16_t)to;
		}
	}
}

void layout_divide(struct layout *l, unsigned clouds)
{
	uint16_t *hops = world_alloc(l->nodes * sizeof(*hops));
	uint16_t *todo = world_alloc(l->nodes * sizeof(*todo));
	unsigned centre = 0;

	memset(hops, 0xff, l->nodes * sizeof(*hops));
	l->clouds = 0;
	while (l->clouds < clouds && l->clouds < l->nodes) {
		spread(l, centre, l->clouds++, hops, todo);
		for (unsigned i = 0; i < l->nodes; i++)
			if (hops[i] > hops[centre])
				centre = i;
	}
	for (unsigned i = 0; i < l->nodes; i++) /* files need not be connected */
		if (hops[i] == NO_DISTANCE)
			l->node[i].cloud = 0;
	free(hops);
	free(todo);
}

/* ---- worlds ---- */

/* An SSID for each cloud, with a VLAN that no cloud before it has. */
static void ssids_choose(const struct layout *l, const struct node_conf *conf,
			 const struct crypto *crypto, char (*ssid)[PLAN_SSID_ROOM])
{
	uint16_t *vid = world_alloc(l->clouds * sizeof(*vid));
	struct plan_conf c = conf->plan;
	unsigned number = 0;

	c.primary_mac = host_bridge_mac(0);
	for (unsigned i = 0; i < l->clouds;) {
		struct plan p;
		unsigned k = 0;
		enum err e;

		snprintf(c.ssid, sizeof(c.ssid), "cloud-%u", number++);
		e = plan_init(&p, &c, crypto);
		assert(e == OK);
		(void)e;
		while (k < i && vid[k] != p.cloud_vid)
			k++;
		if (k < i)
			continue;
		vid[i] = p.cloud_vid;
		memcpy(ssid[i++], c.ssid, sizeof(c.ssid));
	}
	free(vid);
}

void layout_build(const struct layout *l, struct world *w, const struct node_conf *conf,
		  const struct layout_media *media)
{
	char(*ssid)[PLAN_SSID_ROOM] = world_alloc(l->clouds * sizeof(*ssid));
	struct node_conf *c = world_alloc(sizeof(*c));
	struct segment_conf medium = media->conf;
	unsigned air = WORLD_NOWHERE;

	*c = *conf;
	ssids_choose(l, conf, w->crypto.table, ssid);
	medium.wifi = medium.sparse = media->radio;
	if (media->radio)
		air = world_segment(w, &medium);
	for (unsigned i = 0; i < l->nodes; i++) {
		unsigned node;

		memcpy(c->plan.ssid, ssid[l->node[i].cloud], sizeof(c->plan.ssid));
		node = world_node_with(w, c);
		assert(node == i);
		if (media->radio)
			world_join(w, node, air);
	}
	for (unsigned i = 0; i < l->links; i++) {
		const struct layout_link *k = &l->link[i];

		if (media->radio) {
			world_hear(w, air, k->a, k->b, k->loss);
			continue;
		}
		unsigned s = world_segment(w, &medium);
		world_join(w, k->a, s);
		world_join(w, k->b, s);
	}
	free(ssid);
	free(c);
}
