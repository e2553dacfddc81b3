/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/cable/cable.h"
#include <string.h>

void cable_init(struct cable *c, const struct cable_conf *conf)
{
	*c = (struct cable){.conf = *conf, .due = NEVER};
}

const char *lan_role_name(enum lan_role role)
{
	switch (role) {
	case LAN_ALONE: return "alone";
	case LAN_DESIGNATED: return "designated";
	case LAN_STANDBY: return "standby";
	case LAN_LISTENING: return "listening";
	}
	return "?";
}

static uint8_t index_of(const struct cable *c, const struct cable_port *p)
{
	return (uint8_t)(p - c->port);
}

static instant in_ms(instant now, int64_t ms)
{
	return instant_add(now, span_ms(ms));
}

static instant instant_max(instant a, instant b)
{
	return instant_before(a, b) ? b : a;
}

/* ---- who comes first ---- */

static int key_compare(const struct cable_node *a, const struct cable_node *b)
{
	int order = mac_compare(a->mac, b->mac);

	return order ? order : a->port - b->port;
}

/* Who bridges comes before who does not, who insists before who listens still. */
static int class_of(const struct cable_node *n)
{
	return !n->bridges ? 2 : n->listening ? 1 : 0;
}

static bool is_before(const struct cable_node *a, const struct cable_node *b)
{
	return class_of(a) != class_of(b) ? class_of(a) < class_of(b) : key_compare(a, b) < 0;
}

static struct cable_node self_of(const struct cable *c, const struct cable_port *p)
{
	return (struct cable_node){.mac = c->conf.self,
				   .port = index_of(c, p),
				   .bridges = p->bridges,
				   .listening = p->listening};
}

/* The first of all others that are heard, or NULL. */
static const struct cable_node *first_of(const struct cable_port *p)
{
	const struct cable_node *first = NULL;

	for (unsigned i = 0; i < p->node_count; i++)
		if (!first || is_before(&p->node[i], first))
			first = &p->node[i];
	return first;
}

/* ---- the table of a port ---- */

static void nodes_expire(struct cable_port *p, instant now)
{
	uint8_t kept = 0;

	for (unsigned i = 0; i < p->node_count; i++)
		if (!instant_reached(p->node[i].until, now))
			p->node[kept++] = p->node[i];
	p->node_count = kept;
}

/* Behind a node that comes, or stops bridging, are others that our bridge has seen here, and
 * that are to be found by the mesh now. Not at once: it must have acted. */
static void change_soon(struct cable_port *p, instant now)
{
	if (p->change_at.us == NEVER.us)
		p->change_at = instant_max(in_ms(now, CABLE_CHANGE_MS),
					   in_ms(p->changed_at, CABLE_CHANGE_GAP_MS));
}

/* Takes note of what n says of itself. A full table keeps those that come first. */
static enum err node_note(struct cable_port *p, instant now, const struct cable_node *n)
{
	unsigned last = 0;

	for (unsigned i = 0; i < p->node_count; i++) {
		if (key_compare(&p->node[i], n) == 0) {
			if (p->node[i].bridges && !n->bridges)
				change_soon(p, now);
			p->node[i] = *n;
			return OK;
		}
		if (is_before(&p->node[last], &p->node[i]))
			last = i;
	}
	if (p->node_count < CABLE_NODES_MAX)
		p->node[p->node_count++] = *n;
	else if (is_before(n, &p->node[last]))
		p->node[last] = *n;
	else
		return ERR_FULL;
	p->hurry = CABLE_HURRY;
	change_soon(p, now);
	return OK;
}

/* ---- hellos out ---- */

/* Who bridges here, while we do not. */
static const struct cable_node *bridge_of(const struct cable_port *p)
{
	const struct cable_node *first = first_of(p);

	return !p->bridges && first && first->bridges ? first : NULL;
}

/* It is about to be given up for dead. */
static bool is_probing(const struct cable_port *p, instant now)
{
	const struct cable_node *n = bridge_of(p);

	return n && instant_reached(in_ms(n->until, -CABLE_PROBE_MS), now);
}

static void probe_plan(struct cable_port *p)
{
	const struct cable_node *n = bridge_of(p);

	if (n)
		p->next_hello = instant_min(p->next_hello,
					    instant_max(in_ms(n->until, -CABLE_PROBE_MS),
							in_ms(p->last_hello, CABLE_HURRY_STEP_MS)));
}

static bool has_clients(const struct cable_port *p)
{
	return p->clients || p->clients_until.us != NEVER.us;
}

static void hello_tx(struct cable *c, struct cable_port *p, instant now, uint8_t more,
		     struct fx *fx)
{
	uint8_t bytes[HELLO_LEN];
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct hello h = {.flags = more, .port = index_of(c, p), .node = c->conf.self};

	if (p->bridges)
		h.flags |= HELLO_BRIDGES;
	if (p->listening)
		h.flags |= HELLO_LISTENING | HELLO_ASKS;
	if (p->bridges && has_clients(p))
		h.flags |= HELLO_CLIENTS;
	memcpy(h.network_id, c->conf.network_id, sizeof(h.network_id));
	hello_write(&w, &h);
	c->count.tx++;
	p->last_hello = now;
	struct effect e = {.kind = FX_HELLO, .hello = {h.port, bytes, wr_len(&w)}};

	fx->emit(fx, &e);
}

static void hello_if_due(struct cable *c, struct cable_port *p, instant now, struct fx *fx)
{
	bool probing = is_probing(p, now);
	int64_t pause_ms = CABLE_HELLO_MS;

	if (!instant_reached(p->next_hello, now))
		return;
	hello_tx(c, p, now, probing ? HELLO_ASKS : 0, fx);
	if (p->hurry > 0)
		p->hurry--;
	if (p->listening)
		pause_ms = CABLE_LISTEN_STEP_MS;
	else if (p->hurry > 0)
		pause_ms = CABLE_HURRY_STEP_MS;
	p->next_hello = in_ms(now, pause_ms);
}

/* Not at once when the last was only just now: who asks for answers does not get many. */
static void hello_soon(struct cable_port *p, instant now)
{
	p->next_hello =
		instant_min(p->next_hello, instant_max(now, in_ms(p->last_hello, CABLE_ANSWER_MS)));
}

/* ---- deciding ---- */

static struct fx_lan_role role_of(const struct cable *c, const struct cable_port *p)
{
	struct fx_lan_role r = {.port = index_of(c, p), .role = LAN_STANDBY};

	if (p->bridges)
		r.role = p->others ? LAN_DESIGNATED : LAN_ALONE;
	else if (!p->up || (p->listening && !first_of(p)))
		r.role = LAN_LISTENING;
	r.mesh = p->up && r.role != LAN_LISTENING && p->peers;
	r.quiet = r.role == LAN_DESIGNATED && !has_clients(p);
	r.changes = p->changes;
	return r;
}

static void role_tell(const struct cable *c, struct cable_port *p, struct fx *fx)
{
	struct fx_lan_role r = role_of(c, p), *said = &p->said;

	if (p->told && r.role == said->role && r.mesh == said->mesh && r.quiet == said->quiet &&
	    r.changes == said->changes)
		return;
	p->told = true;
	*said = r;
	fx->emit(fx, &(struct effect){.kind = FX_LAN_ROLE, .lan_role = r});
}

/* Somebody else bridges here too. Who comes later yields; when it does not, it cannot
 * hear us, and then we do. */
static bool is_to_yield(struct cable *c, struct cable_port *p, instant now,
			const struct cable_node *rival)
{
	struct cable_node self = self_of(c, p);

	if (p->rival_since.us == NEVER.us) {
		p->rival_since = now;
		p->hurry = CABLE_HURRY;
		hello_soon(p, now);
		c->count.conflicts++;
	}
	return is_before(rival, &self) ||
	       instant_reached(in_ms(p->rival_since, CABLE_DEAF_MS), now);
}

static bool is_to_bridge(struct cable *c, struct cable_port *p, instant now)
{
	const struct cable_node *first = first_of(p);
	struct cable_node self = self_of(c, p);

	if (p->bridges && first && first->bridges)
		return !is_to_yield(c, p, now, first);
	p->rival_since = NEVER;
	return p->bridges || (!p->listening && (!first || is_before(&self, first)));
}

/* Who serves the segment may be another now. Who begins says so at once. */
static void served_note(struct cable_port *p, instant now, bool bridged)
{
	const struct cable_node *n = bridge_of(p);

	if (n && !mac_equal(n->mac, p->served)) {
		p->served = n->mac;
		change_soon(p, now);
	}
	if (bridged && !p->bridges)
		change_soon(p, now);
	else if (p->others && !bridged && p->bridges)
		p->change_at = now;
}

static void port_settle(struct cable *c, struct cable_port *p, instant now, struct fx *fx)
{
	bool listened = p->listening, bridged = p->bridges;

	if (!p->up)
		return;
	nodes_expire(p, now);
	p->listening = p->listening && !instant_reached(p->listen_until, now);
	p->others = p->others && !instant_reached(p->others_until, now);
	if (instant_reached(p->clients_until, now))
		p->clients_until = NEVER;
	p->peers = p->peers && !instant_reached(p->peers_until, now);
	p->bridges = is_to_bridge(c, p, now);
	served_note(p, now, bridged);
	if (instant_reached(p->change_at, now)) {
		p->change_at = NEVER;
		p->changed_at = now;
		p->changes++;
	}
	if (!p->bridges)
		p->rival_since = NEVER;
	if (listened != p->listening || bridged != p->bridges) {
		p->hurry = CABLE_HURRY;
		p->next_hello = now;
	}
	role_tell(c, p, fx);
	probe_plan(p);
	hello_if_due(c, p, now, fx);
	probe_plan(p);
}

/* ---- events ---- */

static void port_down(struct cable *c, struct cable_port *p, instant now, struct fx *fx)
{
	struct cable_node twin = {.mac = c->conf.self, .port = index_of(c, p)};

	p->bridges = p->listening = false;
	if (p->up)
		hello_tx(c, p, now, HELLO_LEAVES, fx);
	*p = (struct cable_port){.told = p->told, .said = p->said, .changes = p->changes};
	role_tell(c, p, fx);
	/* Our other ports need not wait until it is silent. */
	for (unsigned i = 0; i < LAN_PORT_MAX; i++) {
		struct cable_port *other = &c->port[i];

		for (unsigned k = 0; k < other->node_count; k++)
			if (key_compare(&other->node[k], &twin) == 0)
				other->node[k].until = now;
		port_settle(c, other, now, fx);
	}
}

static void port_event(struct cable *c, instant now, const struct ev_lan_port *ev, struct fx *fx)
{
	if (ev->port >= LAN_PORT_MAX)
		return;
	struct cable_port *p = &c->port[ev->port];

	if (!ev->up) {
		port_down(c, p, now, fx);
		return;
	}
	if (!p->up) {
		*p = (struct cable_port){
			.up = true,
			.bridges = ev->bridged,
			.listening = true,
			.listen_until = in_ms(now, CABLE_LISTEN_MS),
			.clients_until = NEVER,
			.rival_since = NEVER,
			.change_at = NEVER,
			.changed_at = in_ms(now, -CABLE_CHANGE_GAP_MS),
			.changes = p->changes,
			.next_hello = now,
			.last_hello = now,
			.told = p->told,
			.said = p->said,
		};
	}
	p->clients = ev->clients;
	port_settle(c, p, now, fx);
}

/* It may be a lie: who is asked will answer. */
static void node_leaves(struct cable_port *p, instant now, const struct cable_node *n)
{
	for (unsigned i = 0; i < p->node_count; i++)
		if (key_compare(&p->node[i], n) == 0)
			p->node[i].until =
				instant_min(p->node[i].until, in_ms(now, CABLE_LEAVE_MS));
}

static void others_note(struct cable_port *p, instant now, bool same_cloud)
{
	p->others = true;
	p->others_until = in_ms(now, CABLE_FORGET_MS);
	if (!same_cloud)
		return;
	p->peers = true;
	p->peers_until = p->others_until;
}

static void hello_event(struct cable *c, instant now, const struct ev_hello *ev, struct fx *fx)
{
	struct hello h;

	if (ev->port >= LAN_PORT_MAX || !c->port[ev->port].up)
		return;
	struct cable_port *p = &c->port[ev->port];

	c->count.rx++;
	if (hello_parse(ev->data, ev->len, &h) != OK) {
		c->count.malformed++;
		return;
	}
	struct cable_node n = {
		.mac = h.node,
		.port = h.port,
		.bridges = h.flags & HELLO_BRIDGES,
		.listening = h.flags & HELLO_LISTENING,
		.same_cloud = memcmp(h.network_id, c->conf.network_id, sizeof(h.network_id)) == 0,
		.until = in_ms(now, CABLE_SILENCE_MS),
	};
	bool ours = mac_equal(n.mac, c->conf.self);

	if (ours && n.port == ev->port) {
		c->count.reflected++;
		return;
	}
	if (h.flags & HELLO_LEAVES) {
		node_leaves(p, now, &n);
	} else {
		nodes_expire(p, now);
		if (!ours)
			others_note(p, now, n.same_cloud);
		if (h.flags & HELLO_CLIENTS)
			p->clients_until = instant_add(now, span_s(CABLE_CLIENTS_S));
		if (node_note(p, now, &n) != OK)
			c->count.refused++;
	}
	if (p->hurry > 0 || ((h.flags & HELLO_ASKS) && p->bridges))
		hello_soon(p, now);
	port_settle(c, p, now, fx);
}

static instant port_deadline(const struct cable_port *p)
{
	instant at = instant_min(p->next_hello, in_ms(p->rival_since, CABLE_DEAF_MS));

	at = instant_min(at, instant_min(p->change_at, p->clients_until));

	if (p->listening)
		at = instant_min(at, p->listen_until);
	if (p->others)
		at = instant_min(at, p->others_until);
	if (p->peers)
		at = instant_min(at, p->peers_until);
	for (unsigned i = 0; i < p->node_count; i++)
		at = instant_min(at, p->node[i].until);
	return at;
}

static instant due_of(const struct cable *c)
{
	instant at = NEVER;

	for (unsigned i = 0; i < LAN_PORT_MAX; i++)
		if (c->port[i].up)
			at = instant_min(at, port_deadline(&c->port[i]));
	return at;
}

void cable_handle(struct cable *c, instant now, const struct ev *ev, struct fx *fx)
{
	if (ev->kind == EV_LAN_PORT)
		port_event(c, now, &ev->lan_port, fx);
	else if (ev->kind == EV_HELLO)
		hello_event(c, now, &ev->hello, fx);
	else if (ev->kind == EV_DEADLINE && instant_reached(c->due, now))
		for (unsigned i = 0; i < LAN_PORT_MAX; i++)
			port_settle(c, &c->port[i], now, fx);
	else
		return;
	c->due = due_of(c);
}

instant cable_deadline(const struct cable *c)
{
	return c->due;
}
