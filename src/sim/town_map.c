/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/town_map.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "sim/report_page.h"
#include "sim/world_internal.h"

enum { SIDE = 460, EDGE = 12, COLOURS = 6, LINKS_MAX = 30000 };

/* ---- places ---- */

static unsigned degree(const struct layout *l, unsigned i)
{
	return l->near_first[i + 1] - l->near_first[i];
}

/* A tree of shortest ways from the middle; leaves get equal parts of the circle. */
struct tree {
	uint32_t *above, *order, *depth, *leaves;
	double *from, *width; /* of the circle, 0 .. 1 */
	unsigned count, deepest;
};

static void tree_grow(struct tree *t, const struct layout *l, unsigned root)
{
	unsigned done = t->count;

	t->depth[root] = t->count > 0 ? 1 : 0; /* another part of the town: beside the first */
	t->above[root] = root;
	t->order[t->count++] = root;
	while (done < t->count) {
		const unsigned at = t->order[done++];

		for (uint32_t k = l->near_first[at]; k < l->near_first[at + 1]; k++) {
			const unsigned to = l->near[k];

			if (t->above[to] != UINT32_MAX)
				continue;
			t->above[to] = at;
			t->depth[to] = t->depth[at] + 1;
			t->deepest = t->depth[to] > t->deepest ? t->depth[to] : t->deepest;
			t->order[t->count++] = to;
		}
	}
}

static unsigned middle(const struct layout *l)
{
	unsigned best = 0;

	for (unsigned i = 1; i < l->nodes; i++)
		if (degree(l, i) > degree(l, best))
			best = i;
	return best;
}

static void circles_place(struct town_map *m, const struct layout *l)
{
	const size_t n = l->nodes;
	struct tree t = {.above = world_alloc(n * sizeof(uint32_t)),
			 .order = world_alloc(n * sizeof(uint32_t)),
			 .depth = world_alloc(n * sizeof(uint32_t)),
			 .leaves = world_alloc(n * sizeof(uint32_t)),
			 .from = world_alloc(n * sizeof(double)),
			 .width = world_alloc(n * sizeof(double)),
			 .deepest = 1};
	double roots = 0, all = 0;

	memset(t.above, 0xff, n * sizeof(uint32_t));
	tree_grow(&t, l, middle(l));
	for (unsigned i = 0; i < n; i++)
		if (t.above[i] == UINT32_MAX)
			tree_grow(&t, l, i);
	for (size_t k = n; k-- > 0;) {
		const unsigned i = t.order[k];

		t.leaves[i] += t.leaves[i] == 0;
		if (t.above[i] != i)
			t.leaves[t.above[i]] += t.leaves[i];
		else
			all += t.leaves[i];
	}
	for (size_t k = 0; k < n; k++) {
		const unsigned i = t.order[k], up = t.above[i];
		double *next = up == i ? &roots : &t.from[up];

		t.width[i] = t.leaves[i] / all;
		t.from[i] = *next;
		m->x[i] = t.depth[i] * cos(2 * M_PI * (*next + t.width[i] / 2)) / t.deepest;
		m->y[i] = t.depth[i] * sin(2 * M_PI * (*next + t.width[i] / 2)) / t.deepest;
		*next += t.width[i];
	}
	for (size_t i = 0; i < n; i++) {
		m->x[i] = (m->x[i] + 1) / 2;
		m->y[i] = (m->y[i] + 1) / 2;
	}
	free(t.above);
	free(t.order);
	free(t.depth);
	free(t.leaves);
	free(t.from);
	free(t.width);
}

void town_map_init(struct town_map *m, const struct layout *l, bool has_places)
{
	int64_t low_x = INT32_MAX, low_y = INT32_MAX, high_x = INT32_MIN, high_y = INT32_MIN, side;

	m->x = world_alloc(l->nodes * sizeof(*m->x));
	m->y = world_alloc(l->nodes * sizeof(*m->y));
	for (unsigned i = 0; i < l->nodes; i++) {
		low_x = l->node[i].x_m < low_x ? l->node[i].x_m : low_x;
		low_y = l->node[i].y_m < low_y ? l->node[i].y_m : low_y;
		high_x = l->node[i].x_m > high_x ? l->node[i].x_m : high_x;
		high_y = l->node[i].y_m > high_y ? l->node[i].y_m : high_y;
	}
	side = high_x - low_x > high_y - low_y ? high_x - low_x : high_y - low_y;
	m->real = has_places && side > 0;
	if (!m->real) {
		circles_place(m, l);
		return;
	}
	for (unsigned i = 0; i < l->nodes; i++) {
		m->x[i] = (double)(l->node[i].x_m - low_x) / (double)side;
		m->y[i] = (double)(l->node[i].y_m - low_y) / (double)side;
	}
}

void town_map_fini(struct town_map *m)
{
	free(m->x);
	free(m->y);
}

/* ---- drawing ---- */

static double at(double v)
{
	return EDGE + (SIDE - 2 * EDGE) * v;
}

static void links_print(const struct town_map *m, FILE *out, const struct layout *l)
{
	if (l->links > LINKS_MAX)
		return;
	fputs("<path class=links d=\"", out);
	for (unsigned i = 0; i < l->links; i++)
		fprintf(out, "M%.1f %.1fL%.1f %.1f", at(m->x[l->link[i].a]), at(m->y[l->link[i].a]),
			at(m->x[l->link[i].b]), at(m->y[l->link[i].b]));
	fputs("\"/>", out);
}

static unsigned colour_of(double v, double most)
{
	return most > 0 ? (unsigned)(v * (COLOURS - 1) / most + 0.5) : 0;
}

void town_map_print(const struct town_map *m, FILE *out, const struct layout *l, const char *title,
		    const char *unit, const double *value)
{
	const double size = l->nodes > 3000 ? 3 : l->nodes > 600 ? 5 : l->nodes > 120 ? 8 : 11;
	double most = 0;

	for (unsigned i = 0; i < l->nodes; i++)
		most = value[i] > most ? value[i] : most;
	fprintf(out,
		"<figure class=map><figcaption><b>%s</b></figcaption><svg viewBox=\"0 0 %d %d\" "
		"role=img aria-label=\"%s\">",
		title, SIDE, SIDE, title);
	links_print(m, out, l);
	for (unsigned c = 0; c < COLOURS; c++) {
		fprintf(out, "<path class=\"dot h%u\" stroke-width=%.0f d=\"", c, size);
		for (unsigned i = 0; i < l->nodes; i++)
			if (colour_of(value[i], most) == c)
				fprintf(out, "M%.1f %.1fh0", at(m->x[i]), at(m->y[i]));
		fputs("\"/>", out);
	}
	fputs("</svg><p class=scale>0", out);
	for (unsigned c = 0; c < COLOURS; c++)
		fprintf(out, "<i class=\"s%u\"></i>", c);
	fprintf(out, "%.*f %s</p></figure>\n", most < 100 ? 2 : 0, most, unit);
}
