/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "storm_check.h"
#include <stdarg.h>
#include <stdio.h>
#include "core/l2/internal.h"
#include "sim/world_internal.h"
#include "tt_check.h"

/* Each port's MAC is one to its neighbours. */
enum { ORIGINATORS_MAX = TOWN_NODES_MAX * TOWN_PORTS_MAX };

static const char *wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *wrong(const char *format, ...)
{
	static char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

static struct l2 *engine(struct town *t, unsigned node)
{
	return &world_node_at(t->world, node)->l2;
}

/* ---- tables ---- */

/* What others call it: the port that came up first names a node. */
static struct mac name_of(struct town *t, unsigned node)
{
	return l2_primary_mac(engine(t, node));
}

static const char *routes_check(struct town *t, unsigned i, const unsigned *part)
{
	static struct l2_originator_view view[ORIGINATORS_MAX];
	size_t n = l2_originators(engine(t, i), view, ORIGINATORS_MAX);
	bool routed[TOWN_NODES_MAX] = {false};

	for (size_t k = 0; k < n && k < ORIGINATORS_MAX; k++) {
		unsigned to = world_node_of(t->world, view[k].mac);

		if (to == WORLD_NOWHERE)
			return wrong("node %u knows an originator that is none", i);
		if (mac_equal(view[k].mac, name_of(t, to)))
			routed[to] = !mac_is_zero(view[k].next_hop);
	}
	for (unsigned j = 0; j < t->nodes; j++) {
		if (i != j && part[i] == part[j] && !routed[j])
			return wrong("node %u has no route to node %u", i, j);
	}
	return NULL;
}

/* What node i knows of client c, for people. */
static const char *client_print(struct town *t, unsigned i, unsigned c)
{
	static char text[200];
	struct l2 *l2 = engine(t, i);
	struct mac mac = world_client_mac(t->world, c);
	const struct local_client *l = tt_local_find(l2, mac, 0);
	const struct global_client *g = tt_global_find(l2, mac, 0);
	int n = snprintf(text, sizeof(text), "%s%s%s%s", l ? " here" : "",
			 l && l->fresh ? " fresh" : "", l && l->leaving ? " leaving" : "",
			 g && g->temporary ? " temporary" : (g && g->roaming ? " roaming" : ""));

	if (!g)
		return text;
	list_each (h, &g->homes, struct tt_home, of_client) {
		unsigned at = world_node_of(t->world, h->originator->mac);

		if ((size_t)n < sizeof(text))
			n += snprintf(text + n, sizeof(text) - (size_t)n, ", at %u%s%s%s", at,
				      at < t->nodes && t->node[at].alive ? "" : " (dead)",
				      h->counted ? " announced" : "", h->left ? " left" : "");
	}
	return text;
}

/* Does i believe that a node other than the one where it is has client c? Those that are
 * dead, or out of reach, or have another name now, may be remembered for a while. */
static bool is_doubled(struct town *t, unsigned i, unsigned c, const unsigned *part)
{
	const struct global_client *g =
		tt_global_find(engine(t, i), world_client_mac(t->world, c), 0);

	if (!g)
		return false;
	list_each (h, &g->homes, struct tt_home, of_client) {
		unsigned at = world_node_of(t->world, h->originator->mac);

		if (at != t->client[c].at && part[at] == part[i] &&
		    mac_equal(h->originator->mac, name_of(t, at)))
			return true;
	}
	return false;
}

static const char *clients_check(struct town *t, unsigned i, const unsigned *part)
{
	static struct l2_client_view view[TOWN_CLIENTS_MAX * 2];
	size_t n = l2_clients(engine(t, i), view, TOWN_CLIENTS_MAX * 2);

	for (unsigned c = 0; c < t->clients; c++) {
		unsigned at = t->client[c].at;
		bool known = false;

		if (!town_is_served(t, c) || part[at] != part[i])
			continue;
		for (size_t k = 0; k < n && k < TOWN_CLIENTS_MAX * 2; k++) {
			const struct l2_client_view *v = &view[k];

			known |= mac_equal(v->mac, world_client_mac(t->world, c)) &&
				 mac_equal(v->home, name_of(t, at)) && v->here == (i == at) &&
				 !v->temporary && !v->roaming &&
				 /* without a port there is nobody to tell */
				 (v->announced || mac_is_zero(v->home));
		}
		if (!known || is_doubled(t, i, c, part))
			return wrong("node %u on client %u, which is at %u:%s", i, c, at,
				     client_print(t, i, c));
	}
	return NULL;
}

const char *check_tables(struct town *t)
{
	unsigned part[TOWN_NODES_MAX];
	const char *w = NULL;

	town_parts(t, part);
	for (unsigned i = 0; i < t->nodes && !w; i++) {
		if (!t->node[i].alive)
			continue;
		w = routes_check(t, i, part);
		if (!w)
			w = clients_check(t, i, part);
	}
	return w;
}

static const char *way_check(struct town *t, unsigned from, unsigned to)
{
	struct mac dest = name_of(t, to);
	uint8_t in_port = PORT_CLOUD;
	unsigned at = from;

	for (unsigned hops = 0; at != to; hops++) {
		const struct originator *o = originator_find(engine(t, at), dest);
		const struct path *p = o ? l2_next_hop(o, in_port) : NULL;

		if (!p)
			return wrong("the way from %u to %u ends at %u", from, to, at);
		if (hops > t->nodes)
			return wrong("the way from %u to %u goes in a circle at %u", from, to, at);
		at = world_node_of(t->world, p->neighbour->mac);
		if (at == WORLD_NOWHERE || !t->node[at].alive)
			return wrong("the way from %u to %u leads nowhere", from, to);
		in_port = host_port_of(p->neighbour->mac, &at);
	}
	return NULL;
}

const char *check_ways(struct town *t)
{
	unsigned part[TOWN_NODES_MAX];
	const char *w = NULL;

	town_parts(t, part);
	for (unsigned i = 0; i < t->nodes && !w; i++) {
		for (unsigned j = 0; j < t->nodes && !w; j++) {
			if (i != j && t->node[i].alive && part[i] == part[j])
				w = way_check(t, i, j);
		}
	}
	return w;
}

static const char *bounds_check(const struct l2 *l2)
{
	const struct l2_conf *c = &l2->conf;

	if (l2->pool.used_bytes > c->memory_max_bytes)
		return "memory";
	if (l2->originators.count > c->originators_max)
		return "originators";
	if (l2->frags.waiting_bytes > FRAG_WAITING_MAX)
		return "fragments";
	if (l2->flood.waiting_count > FLOOD_WAITING_MAX)
		return "floods that wait";
	for (unsigned i = 0; i < c->ports_max; i++) {
		if (l2->ports.at[i].outbox->count > c->forwards_max)
			return "OGMs that wait";
		if (l2->ports.at[i].neighbour_count > NEIGHBOURS_PER_PORT_MAX)
			return "neighbours";
	}
	return NULL;
}

const char *check_inside(struct town *t)
{
	for (unsigned i = 0; i < t->nodes; i++) {
		const char *w = t->node[i].alive ? tt_check(engine(t, i)) : NULL;

		if (w)
			return wrong("node %u: not so: %s", i, w);
		w = t->node[i].alive ? bounds_check(engine(t, i)) : NULL;
		if (w)
			return wrong("node %u: too many: %s", i, w);
	}
	return NULL;
}

/* ---- frames ---- */

struct inboxes {
	struct world_inbox at[TOWN_CLIENTS_MAX];
};

static void inboxes_read(struct town *t, struct inboxes *in)
{
	for (unsigned c = 0; c < t->clients; c++)
		in->at[c] = *world_inbox(t->world, c);
}

/* Did each client get as many frames as it should? */
static const char *inboxes_compare(struct town *t, const struct inboxes *before,
				   const unsigned *expected, const char *what, unsigned from)
{
	for (unsigned c = 0; c < t->clients; c++) {
		const struct world_inbox *in = world_inbox(t->world, c);
		uint64_t got = in->frames - before->at[c].frames;

		if (in->damaged > 0)
			return wrong("client %u got damaged frames", c);

		/* Where only one way is deaf, a broadcast may come from out of reach. */
		if (got != expected[c] && (t->deafs == 0 || expected[c] > 0 || got > 1))
			return wrong("%s of client %u at %u: client %u at %u got %u, not %u", what,
				     from, t->client[from].at, c, t->client[c].at, (unsigned)got,
				     expected[c]);
	}
	return NULL;
}

static bool in_reach(const struct town *t, const unsigned *part, unsigned a, unsigned b)
{
	return a != b && town_is_served(t, a) && town_is_served(t, b) &&
	       part[t->client[a].at] == part[t->client[b].at];
}

static uint64_t circled(struct town *t)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < t->nodes; i++)
		n += world_traffic_of(t->world, i).circled;
	return n;
}

/* Longer than any frame takes from end to end. */
static const span arrival = {1500000};

const char *check_unicast(struct town *t)
{
	static const size_t sizes[] = {64, 1500, 700};
	unsigned part[TOWN_NODES_MAX];
	uint64_t circles = circled(t);
	const char *w = NULL;

	town_parts(t, part);
	for (unsigned a = 0; a < t->clients && !w; a++) {
		unsigned expected[TOWN_CLIENTS_MAX] = {0};
		struct inboxes before;

		inboxes_read(t, &before);
		for (unsigned b = 0; b < t->clients; b++) {
			if (!in_reach(t, part, a, b))
				continue;
			expected[b] = 1;
			town_send(t, a, b, sizes[(a + b) % 3]);
			world_run(t->world, span_ms(50)); /* pieces must not mix */
		}
		world_run(t->world, arrival);
		w = inboxes_compare(t, &before, expected, "unicast", a);
	}
	return w || circled(t) == circles ? w : "frames went in circles";
}

static const char *ports_compare(struct town *t, uint64_t before[][TOWN_PORTS_MAX])
{
	for (unsigned i = 0; i < t->nodes; i++) {
		for (unsigned p = 0; p < t->node[i].ports; p++) {
			const struct segment_conf *s = &t->segment[t->node[i].port[p].segment];
			uint64_t now = world_traffic_by(t->world, i, p).bcast_frames;
			uint64_t left = now - before[i][p];

			before[i][p] = now;
			if (left > (s->wifi ? 3 : 1))
				return wrong("a broadcast left node %u, port %u, %u times", i, p,
					     (unsigned)left);
		}
	}
	return NULL;
}

const char *check_broadcast(struct town *t)
{
	uint64_t left[TOWN_NODES_MAX][TOWN_PORTS_MAX];
	unsigned part[TOWN_NODES_MAX];
	const char *w;

	town_parts(t, part);
	for (unsigned i = 0; i < t->nodes; i++) {
		for (unsigned p = 0; p < t->node[i].ports; p++)
			left[i][p] = world_traffic_by(t->world, i, p).bcast_frames;
	}
	for (unsigned a = 0; a < t->clients; a++) {
		unsigned expected[TOWN_CLIENTS_MAX] = {0};
		struct inboxes before;

		if (!town_is_served(t, a))
			continue;
		inboxes_read(t, &before);
		for (unsigned b = 0; b < t->clients; b++)
			expected[b] = in_reach(t, part, a, b);
		town_send(t, a, WORLD_NOWHERE, 64 + a * 30);
		world_run(t->world, arrival);
		w = inboxes_compare(t, &before, expected, "broadcast", a);
		if (!w)
			w = ports_compare(t, left);
		if (w)
			return w;
	}
	return NULL;
}

/* ---- rest, and after ---- */

/* Did node i ask a node in its reach for a table since then? (One that is only heard, and
 * does not hear, may be asked in vain for as long as an old way to it is remembered.) */
static const char *asked(struct town *t, unsigned i, const unsigned *part, instant since)
{
	list_each (o, &engine(t, i)->originators.all, struct originator, all) {
		unsigned whom = world_node_of(t->world, o->mac);

		if (part[whom] == part[i] && mac_equal(o->mac, name_of(t, whom)) &&
		    instant_before(since, o->tt.requested_at))
			return wrong("node %u asked node %u for its table at rest", i, whom);
	}
	return NULL;
}

const char *check_rest(struct town *t, span duration)
{
	uint64_t extras[TOWN_NODES_MAX] = {0};
	unsigned part[TOWN_NODES_MAX];
	instant start = world_now(t->world);

	town_parts(t, part);
	for (unsigned i = 0; i < t->nodes; i++)
		extras[i] = t->node[i].alive ? engine(t, i)->count.ogm_extra : 0;
	world_run(t->world, duration);
	for (unsigned i = 0; i < t->nodes; i++) {
		if (!t->node[i].alive)
			continue;
		const char *w = asked(t, i, part, start);
		if (w)
			return w;
		if (engine(t, i)->count.ogm_extra != extras[i])
			return wrong("node %u announced something at rest", i);
		if (instant_before(node_deadline(world_node_at(t->world, i)), world_now(t->world)))
			return wrong("node %u has a deadline that passed", i);
	}
	return NULL;
}

const char *check_empty(struct town *t, const size_t *used_bytes, size_t room_bytes)
{
	for (unsigned i = 0; i < t->nodes; i++) {
		const struct l2 *l2 = engine(t, i);

		if (l2->local.count > 0)
			return wrong("node %u still has %u clients here", i, l2->local.count);
		if (l2->global.count > 0)
			return wrong("node %u still has %u clients elsewhere", i, l2->global.count);
		if (l2->frags.waiting_bytes > 0 || l2->flood.waiting_count > 0)
			return wrong("node %u still has something that waits", i);
		size_t now = l2->pool.used_bytes, room = room_bytes * (l2->originators.count + 1);
		if (now > used_bytes[i] + room)
			return wrong("node %u uses %zu bytes, it was %zu", i, now, used_bytes[i]);
	}
	return NULL;
}
