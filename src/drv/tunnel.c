/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/tunnel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "drv/bridge.h"
#include "drv/log.h"
#include "drv/tunnel_kernel.h"
#include "drv/tunnel_orphans.h"

enum { OUTER_HEADER = 40 };

static bool is_fast(const struct tunnel *t)
{
	return tunnel_fast_is_on(t->env.fast);
}

const char *tunnel_kind_name(const struct tunnel *t)
{
	if (!t->chosen)
		return "";
	if (t->in_kernel)
		return "ip6_tunnel";
	return is_fast(t) ? "bpf" : "tun";
}

/* ---- the kind ---- */

static bool is_wished(const void *ctx, int ifindex)
{
	const struct tunnel *t = ctx;

	if (t->device.ifindex == ifindex)
		return true;
	list_each (g, &t->gates, struct tunnel_gate, all) {
		if (g->device.ifindex == ifindex)
			return true;
	}
	return false;
}

/* All that nobody has wished until now was a former daemon's. */
static void patience_end(struct tunnel *t)
{
	unsigned kept = 0;

	t->routes.patient = false;
	tunnel_orphans_remove(&t->ask, TUNNEL_DEVICE_IP6TNL, is_wished, t);
	tunnel_orphans_remove(&t->ask, TUNNEL_DEVICE_TUN, is_wished, t);
	(void)route_table_compare(&t->routes);
	for (unsigned i = 0; i < t->rules; i++) {
		if (t->rule[i].wished)
			t->rule[kept++] = t->rule[i];
		else
			(void)rule_del_any(&t->ask, &t->rule[i].rule);
	}
	t->rules = kept;
}

static int user_start(struct tunnel *t)
{
	int e = t->user_started ? 0 : tunnel_user_start(&t->user, t->env.uv);

	t->user_started = !e;
	t->user.lasting = is_fast(t);
	return e;
}

static int kind_choose(struct tunnel *t, bool in_kernel)
{
	int e = in_kernel ? 0 : user_start(t);

	if (e)
		return e;
	t->chosen = true;
	t->in_kernel = in_kernel;
	if (in_kernel)
		tunnel_fast_close(t->env.fast, &t->ask);
	log_line(LOG_INFO, "tunnels are carried by %s",
		 in_kernel    ? "the kernel (ip6_tunnel)"
		 : is_fast(t) ? "the kernel (bpf)"
			      : "nuvold (tun)");
	/* What another kind left would take our packets. */
	if (!in_kernel && is_fast(t))
		tunnel_orphans_remove(&t->ask, TUNNEL_DEVICE_IP6TNL, is_wished, t);
	else if (!in_kernel)
		patience_end(t);
	return 0;
}

/* Without a wish for one kind it stays open, until the kernel is asked for ip6_tunnel; but a former
 * daemon's TUNs that work are not left for it. */
static int kind_begin(struct tunnel *t)
{
	const enum host_tunnel wish = t->env.kind;

	if (wish == HOST_TUNNEL_TUN || wish == HOST_TUNNEL_BPF ||
	    (is_fast(t) && tunnel_orphans_any(&t->ask, TUNNEL_DEVICE_TUN)))
		return kind_choose(t, false);
	tunnel_orphans_remove(&t->ask, TUNNEL_DEVICE_TUN, is_wished, t);
	return 0;
}

/* ---- interfaces ---- */

static bool is_used(const struct tunnel *t, const char *name)
{
	if (t->device.ifindex != 0 && strcmp(t->device.name, name) == 0)
		return true;
	list_each (g, &t->gates, struct tunnel_gate, all) {
		if (g->device.ifindex != 0 && strcmp(g->device.name, name) == 0)
			return true;
	}
	return false;
}

/* gate: NULL for our own end. */
static int user_make(struct tunnel *t, struct tunnel_gate *gate, const char *name)
{
	int ifindex = (int)if_nametoindex(name), e;

	if (ifindex != 0 && tunnel_kernel_kind(&t->ask, ifindex) != TUNNEL_DEVICE_TUN)
		return -EEXIST;
	e = user_start(t);
	if (e)
		return e;
	e = gate ? tunnel_user_out_open(&t->user, &gate->user, name)
		 : tunnel_user_end_open(&t->user, name);
	if (!e && t->user.lasting)
		(void)tunnel_kernel_mark(&t->ask, (int)if_nametoindex(name));
	return e;
}

static int named_make(struct tunnel *t, struct tunnel_gate *gate, const char *name, bool *in_kernel)
{
	const struct tunnel_end *end = &t->end;
	const struct tunnel_out *out = gate ? &gate->wish : NULL;
	const struct tunnel_ends ends = {.local = out ? out->to.dummy : end->primary,
					 .remote = out ? out->primary : end->dummy};
	int e;

	if (is_used(t, name))
		return -EEXIST;
	if ((t->chosen && !t->in_kernel) || (gate && gate->narrow))
		return user_make(t, gate, name);
	e = tunnel_kernel_make(&t->ask, name, &ends);
	*in_kernel = !e;
	if (!e && !t->chosen)
		return kind_choose(t, true);
	if (e != -EOPNOTSUPP || t->chosen || t->env.kind != HOST_TUNNEL_AUTO)
		return e;
	e = kind_choose(t, false);
	return e ? e : user_make(t, gate, name);
}

static int device_make(struct tunnel *t, struct tunnel_gate *gate, struct tunnel_device *d)
{
	const uint8_t *id = gate ? gate->wish.to.node.b : NULL;
	char base[IFNAMSIZ] = TUNNEL_END_NAME;
	int e = 0;

	if (!t->chosen)
		e = kind_begin(t);
	if (e)
		return e;
	if (gate)
		snprintf(base, sizeof(base), TUNNEL_NAMES "Out_%02x%02x%02x%02x", id[0], id[1],
			 id[2], id[3]);
	d->in_kernel = false;
	snprintf(d->name, sizeof(d->name), "%s", base);
	e = named_make(t, gate, d->name, &d->in_kernel);
	for (char letter = 'b'; e == -EEXIST && letter <= 'z'; letter++) {
		snprintf(d->name, sizeof(d->name), "%.14s%c", base, letter);
		e = named_make(t, gate, d->name, &d->in_kernel);
	}
	return e;
}

struct setting {
	const char *family, *key;
	int value;
};

/* No addresses of its own, and nothing said by itself: it would all go through the tunnel. What
 * comes back through it may have left by another. */
static const struct setting settings[] = {
	{"ipv6", "disable_ipv6", 0}, {"ipv6", "addr_gen_mode", 1},	  {"ipv6", "accept_ra", 0},
	{"ipv6", "autoconf", 0},     {"ipv6", "router_solicitations", 0}, {"ipv4", "rp_filter", 2},
};

static int device_set_up(struct tunnel *t, struct tunnel_device *d)
{
	char name[96];
	int e;

	d->ifindex = (int)if_nametoindex(d->name);
	if (d->ifindex == 0)
		return -ENODEV;
	for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const struct setting *s = &settings[i];

		snprintf(name, sizeof(name), "net/%s/conf/%s/%s", s->family, d->name, s->key);
		(void)sysctl_set(name, s->value);
	}
	e = link_set_mtu(&t->ask, d->ifindex, d->mtu_bytes);
	return e ? e : link_set_up(&t->ask, d->ifindex, true);
}

static void device_fail(struct tunnel_device *d, int e)
{
	if (e && e != d->error)
		log_line(LOG_WARN, "tunnel interface %s cannot be: %s", d->name, strerror(-e));
	d->error = e;
}

static void device_close(struct tunnel *t, struct tunnel_gate *gate, struct tunnel_device *d)
{
	if (d->in_kernel && d->ifindex != 0)
		(void)link_delete(&t->ask, d->ifindex);
	if (gate && gate->user.user) {
		tunnel_fast_out_unset(t->env.fast, &t->ask, d->ifindex);
		tunnel_user_out_close(&gate->user);
	}
	if (!gate && t->user_started) {
		tunnel_fast_end_unset(t->env.fast);
		tunnel_user_end_close(&t->user);
	}
	d->ifindex = 0;
}

/* ---- our own end ---- */

static int end_address(struct tunnel *t)
{
	const struct ipv4 none = {{0}, 0};
	struct ipv4 wish = t->end.inner4;
	int e = 0;

	wish.bits = 32;
	if (t->address.bits != 0 && !ipv4_equal(t->address, wish))
		(void)bridge_del_ipv4(&t->ask, t->device.ifindex, t->address);
	t->address = none;
	if (ipv4_to_u32(wish) != 0) {
		e = bridge_add_ipv4(&t->ask, t->device.ifindex, wish, false);
		t->address = wish;
	}
	return e == -EEXIST ? 0 : e;
}

static int end_make(struct tunnel *t)
{
	const struct tunnel_end *end = &t->end;
	const struct tunnel_ends ends = {end->primary, end->dummy};
	int e = 0;

	t->device.mtu_bytes = 1500 - OUTER_HEADER; /* of what nobody sends */
	if (t->device.ifindex == 0)
		e = device_make(t, NULL, &t->device);
	else if (t->device.in_kernel)
		e = tunnel_kernel_make(&t->ask, t->device.name, &ends);
	if (!e && !t->device.in_kernel) {
		tunnel_user_cloud_set(&t->user, end->inner4, end->inner6);
		e = tunnel_user_end_set(&t->user, end->primary, end->dummy);
	}
	if (!e)
		e = device_set_up(t, &t->device);
	if (!e)
		e = end_address(t);
	if (!e && !t->device.in_kernel)
		tunnel_fast_end_set(t->env.fast, t->device.ifindex, end);
	return e;
}

static void end_filter(struct tunnel *t)
{
	struct tunnel_filter_wish wish = {.name = ""};

	if (t->device.in_kernel && t->device.ifindex != 0) {
		wish.cloud4 = t->end.inner4;
		wish.cloud6 = t->end.inner6;
		memcpy(wish.name, t->device.name, sizeof(wish.name));
	}
	tunnel_filter_set(&t->filter, &wish);
}

static void end_settle(struct tunnel *t)
{
	int e;

	if (!t->end_dirty)
		return;
	t->end_dirty = false;
	e = t->has_end ? end_make(t) : 0;
	if (e || !t->has_end)
		device_close(t, NULL, &t->device);
	else if (t->device.error)
		log_line(LOG_INFO, "tunnel interface %s is there now", t->device.name);
	device_fail(&t->device, e);
	end_filter(t);
}

/* What is sent from here has this source; the routes name it. */
static void sources_set(struct tunnel *t)
{
	struct ipv6 source4 = {{0}, 0};

	memcpy(source4.b, t->end.inner4.b, sizeof(t->end.inner4.b));
	route_table_source(&t->routes, false, source4);
	route_table_source(&t->routes, true, t->end.inner6);
}

static void end_do(struct tunnel *t, const struct tunnel_end *end)
{
	t->end = *end;
	t->has_end = !end->gone;
	t->end_dirty = true;
	sources_set(t);
}

/* ---- gateways ---- */

static struct tunnel_gate *gate_find(const struct tunnel *t, const struct tunnel_to *to)
{
	list_each (g, &t->gates, struct tunnel_gate, all) {
		if (digest_equal(&g->wish.to.node, &to->node) &&
		    ipv6_equal(g->wish.to.dummy, to->dummy))
			return g;
	}
	return NULL;
}

static struct tunnel_gate *gate_get(struct tunnel *t, const struct tunnel_to *to)
{
	struct tunnel_gate *g = gate_find(t, to);

	if (g)
		return g;
	g = t->gate_count < TUNNEL_OUTS_MAX ? calloc(1, sizeof(*g)) : NULL;
	if (!g)
		return NULL;
	g->group = ++t->groups;
	list_append(&t->gates, &g->all);
	t->gate_count++;
	return g;
}

static void gate_free(struct tunnel *t, struct tunnel_gate *g)
{
	device_close(t, g, &g->device);
	list_del(&g->all);
	t->gate_count--;
	free(g);
}

/* Its routes lead there, nowhere yet, or say that there is no way. */
static void gate_turn(struct tunnel *t, const struct tunnel_gate *g)
{
	const struct route_way way = {
		.ifindex = g->device.ifindex, .unreachable = !g->reachable, .group = g->group};

	route_table_turn(&t->routes, &way);
}

static uint64_t gate_sent(struct tunnel *t, const struct tunnel_gate *g)
{
	struct tunnel_kernel_counters c;

	if (!g->device.in_kernel)
		return g->user.tx + tunnel_fast_count(t->env.fast, g->device.ifindex).packets;
	return tunnel_kernel_count(&t->ask, g->device.ifindex, &c) ? 0 : c.tx;
}

/* There will be something to see. */
static void look_soon(struct tunnel *t)
{
	if (uv_timer_get_due_in(&t->look) > TUNNEL_SOON_MS)
		uv_timer_start(&t->look, t->look.timer_cb, TUNNEL_SOON_MS, TUNNEL_LOOK_MS);
}

static void gate_ask(struct tunnel *t, struct tunnel_gate *g)
{
	g->tx_asked = gate_sent(t, g);
	g->looks = 0;
	path_mtu_ask(&t->asker, t->end.primary, g->wish.primary, &g->path);
	look_soon(t);
}

/* As big as what has arrived. */
static void gate_fit(struct tunnel *t, struct tunnel_gate *g)
{
	uint32_t mtu = path_mtu_bytes(&g->path) - OUTER_HEADER;

	mtu = mtu > TUNNEL_MTU_MAX ? TUNNEL_MTU_MAX : mtu < TUNNEL_MTU_MIN ? TUNNEL_MTU_MIN : mtu;
	if (mtu != g->device.mtu_bytes && !link_set_mtu(&t->ask, g->device.ifindex, mtu))
		g->device.mtu_bytes = mtu;
}

/* By programs, where packets need not be fragmented. */
static void gate_carry(struct tunnel *t, const struct tunnel_gate *g)
{
	if (g->narrow)
		tunnel_fast_out_unset(t->env.fast, &t->ask, g->device.ifindex);
	else
		tunnel_fast_out_set(t->env.fast, g->device.ifindex, g->wish.primary,
				    g->wish.to.dummy);
}

/* Follows what is known of the path: asks when it is another one, quickly at first, and now and
 * then while something is sent on it. */
static void gate_look(struct tunnel *t, struct tunnel_gate *g)
{
	bool eager, narrow;

	if (g->device.ifindex == 0 ||
	    path_mtu_look(&t->ask, t->env.links, g->wish.primary, &g->path))
		return;
	narrow = g->path.mtu_bytes < TUNNEL_MTU_MIN + OUTER_HEADER;
	if (g->device.in_kernel && narrow) {
		device_close(t, g, &g->device);
		g->narrow = g->dirty = true;
		return;
	}
	if (!g->device.in_kernel && narrow != g->narrow) {
		g->narrow = narrow;
		gate_carry(t, g);
	}
	gate_fit(t, g);
	eager = !g->path.answered && g->path.asked < PATH_MTU_ASKS;
	if (eager || (++g->looks >= TUNNEL_PROBE_LOOKS && gate_sent(t, g) != g->tx_asked))
		gate_ask(t, g);
}

static void path_answered(void *ctx, struct ipv6 from, uint32_t bytes)
{
	struct tunnel *t = ctx;

	list_each (g, &t->gates, struct tunnel_gate, all) {
		if (g->device.ifindex == 0 || !ipv6_equal(g->wish.primary, from))
			continue;
		path_mtu_answered(&g->path, bytes);
		gate_fit(t, g);
	}
}

static int gate_make(struct tunnel *t, struct tunnel_gate *g)
{
	const struct tunnel_out *w = &g->wish;
	const struct tunnel_ends ends = {w->to.dummy, w->primary};
	int e = 0;

	if (g->device.mtu_bytes == 0)
		g->device.mtu_bytes = TUNNEL_MTU_MIN;
	if (g->device.ifindex == 0)
		e = device_make(t, g, &g->device);
	else if (g->device.in_kernel)
		e = tunnel_kernel_make(&t->ask, g->device.name, &ends);
	if (!e && !g->device.in_kernel)
		tunnel_user_out_set(&g->user, w->primary, w->to.dummy);
	if (!e)
		e = device_set_up(t, &g->device);
	if (!e && g->device.in_kernel)
		e = tunnel_kernel_add_source(&t->ask, g->device.ifindex, w->to.dummy);
	else if (!e)
		gate_carry(t, g);
	return e;
}

static void gate_settle(struct tunnel *t, struct tunnel_gate *g)
{
	int e;

	if (!g->dirty)
		return;
	g->dirty = false;
	e = gate_make(t, g);
	if (e)
		device_close(t, g, &g->device);
	device_fail(&g->device, e);
	g->reachable = t->env.has_route(t->env.ctx, g->wish.primary);
	g->path.ifindex = 0; /* to be asked */
	gate_turn(t, g);
	gate_look(t, g);
}

static void out_do(struct tunnel *t, const struct tunnel_out *out)
{
	struct tunnel_gate *g = out->gone ? gate_find(t, &out->to) : gate_get(t, &out->to);

	if (!g) {
		t->refused += !out->gone;
		return;
	}
	exit_map_want(&t->exits);
	g->dirty = g->dirty || out->gone || g->device.ifindex == 0 ||
		   !ipv6_equal(g->wish.primary, out->primary);
	g->wish = *out;
}

void tunnel_uplink_used(struct tunnel *t)
{
	if (t->started)
		exit_map_want(&t->exits);
}

void tunnel_route_changed(struct tunnel *t, struct ipv6 primary)
{
	if (!t->started)
		return;
	list_each (g, &t->gates, struct tunnel_gate, all) {
		bool was = g->reachable;

		if (memcmp(g->wish.primary.b, primary.b, sizeof(primary.b)) != 0)
			continue;
		g->reachable = t->env.has_route(t->env.ctx, g->wish.primary);
		g->path.ifindex = 0;
		look_soon(t);
		if (g->reachable != was)
			gate_turn(t, g);
	}
}

/* ---- routes ---- */

/* Not for what came by a tunnel: two gateways that lose the Internet at once would send it to each
 * other until each has heard of it. */
static void rule_want(struct tunnel *t, const struct tunnel_key *key)
{
	struct rule rule = {.v6 = key->prefix.v6,
			    .protocol = TUNNEL_PROTOCOL,
			    .table = key->table,
			    .priority = key->preference};
	int e;

	/* What came by a tunnel has no mark; and the kernel would turn both conditions over. */
	if (tunnel_table_is_clients(key->table)) {
		rule.mark = key->table;
		rule.mask = UINT32_MAX;
	} else {
		rule.not_in = TUNNEL_END_NAME;
	}
	for (unsigned i = 0; i < t->rules; i++) {
		const struct rule *r = &t->rule[i].rule;

		if (r->v6 == rule.v6 && r->table == rule.table && r->priority == rule.priority) {
			t->rule[i].wished = true;
			return;
		}
	}
	e = t->rules < TUNNEL_RULES_MAX ? rule_add_any(&t->ask, &rule) : -ENOSPC;
	if (!e || e == -EEXIST)
		t->rule[t->rules++] = (struct tunnel_rule){rule, !e, true};
	else
		t->refused++;
}

/* Where routes of this family into g's tunnel lead. */
static struct route_way gate_way(const struct tunnel *t, const struct tunnel_gate *g, bool v6)
{
	struct route_way way = {.source = t->end.inner6, .group = g->group};

	if (!v6) {
		way.source = (struct ipv6){{0}, 0};
		memcpy(way.source.b, t->end.inner4.b, sizeof(t->end.inner4.b));
	}
	/* Not made yet: gate_settle turns it there. */
	if (g->dirty)
		return way;
	way.ifindex = g->device.ifindex;
	way.unreachable = !g->reachable;
	return way;
}

static void route_do(struct tunnel *t, const struct tunnel_route *r)
{
	const struct route_key key = {r->key.table, r->key.ip_metric, r->key.prefix};
	const bool into = !r->local && !r->lost;
	const struct tunnel_gate *g = into ? gate_find(t, &r->to) : NULL;
	struct route_way way = {.elsewhere = r->local, .unreachable = r->lost};

	if (r->gone) {
		route_table_del(&t->routes, &key);
		return;
	}
	if (!g && into) {
		t->refused++;
		return;
	}
	if (g)
		way = gate_way(t, g, key.prefix.v6);
	if (key.table != ROUTE_TABLE_MAIN)
		rule_want(t, &r->key);
	route_table_set(&t->routes, &key, &way);
}

void tunnel_effect(struct tunnel *t, const struct fx_tunnel *e)
{
	if (!t->started)
		return;
	switch (e->kind) {
	case TUNNEL_END: end_do(t, &e->end); break;
	case TUNNEL_OUT: out_do(t, &e->out); break;
	case TUNNEL_ROUTE: route_do(t, &e->route); break;
	case TUNNEL_PROBE: tunnel_probe_queue(&t->probes, &e->probe); break;
	case TUNNEL_CLIENT: exit_map_set(&t->exits, &e->client); break;
	case TUNNEL_KEEP:
	case TUNNEL_KEEP_CLIENT: break; /* drv/preference */
	}
}

/* ---- probes ---- */

/* Into the tunnels, which are made by now. */
static void probes_send(struct tunnel *t)
{
	const struct tunnel_probe *p;

	while ((p = tunnel_probe_next(&t->probes))) {
		const struct tunnel_gate *g = gate_find(t, &p->to);
		bool ready = g && !g->wish.gone && g->device.ifindex != 0 && g->reachable;

		tunnel_probe_send(&t->probes, p, &t->end, ready ? g->device.ifindex : 0);
	}
}

/* ---- keeping it so ---- */

void tunnel_settle(struct tunnel *t)
{
	if (!t->started)
		return;
	end_settle(t);
	list_each (g, &t->gates, struct tunnel_gate, all) {
		if (!g->wish.gone)
			gate_settle(t, g);
	}
	route_table_settle(&t->routes);
	exit_map_settle(&t->exits);
	probes_send(t);
	/* After its routes. */
	list_each (g, &t->gates, struct tunnel_gate, all) {
		if (g->wish.gone)
			gate_free(t, g);
	}
}

void tunnel_port(struct tunnel *t, unsigned port, int ifindex)
{
	if (t->started)
		tunnel_fast_port(t->env.fast, &t->ask, port, (uint32_t)ifindex);
}

void tunnel_link(struct tunnel *t, const struct link *l, bool gone)
{
	if (!t->started || !gone)
		return;
	if (l->ifindex == t->device.ifindex) {
		device_close(t, NULL, &t->device);
		t->end_dirty = true;
	}
	list_each (g, &t->gates, struct tunnel_gate, all) {
		if (l->ifindex != g->device.ifindex)
			continue;
		device_close(t, g, &g->device);
		g->dirty = true;
	}
}

void tunnel_compare(struct tunnel *t)
{
	if (!t->started)
		return;
	(void)route_table_compare(&t->routes);
	route_table_settle(&t->routes);
	tunnel_filter_check(&t->filter);
	tunnel_fast_check(t->env.fast);
	exit_map_check(&t->exits);
}

static void look(uv_timer_t *timer)
{
	struct tunnel *t = timer->data;

	if (t->routes.patient && uv_now(t->env.uv) >= t->patient_ms)
		patience_end(t);
	t->end_dirty = t->end_dirty || t->device.error != 0;
	list_each (g, &t->gates, struct tunnel_gate, all) {
		g->dirty = g->dirty || g->device.error != 0;
		gate_look(t, g);
	}
	(void)route_table_retry(&t->routes);
}

/* ---- starting and leaving ---- */

static void rule_found(void *ctx, const struct rule *r)
{
	struct tunnel *t = ctx;

	if (t->rules < TUNNEL_RULES_MAX)
		t->rule[t->rules++] = (struct tunnel_rule){*r, true, false};
}

void tunnel_start(struct tunnel *t, const struct tunnel_env *env)
{
	uint64_t seed = 0;
	int e;

	*t = (struct tunnel){.env = *env, .asker = {.fd = -1, .heard = path_answered, .ctx = t}};
	list_init(&t->gates);
	t->error = netlink_open(&t->ask, NULL, 0);
	if (!t->error && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		t->error = -EIO;
	if (t->error) {
		log_line(LOG_ERROR, "no tunnels: %s", strerror(-t->error));
		netlink_close(&t->ask);
		return;
	}
	e = path_mtu_open(&t->asker, env->uv);
	if (e)
		log_line(LOG_WARN, "tunnels keep to small packets: %s", strerror(-e));
	tunnel_filter_start(&t->filter, env->uv);
	t->probes = (struct tunnel_probes){
		.uv = env->uv, .tell = env->tell, .ctx = env->ctx, .name = env->name};
	tunnel_probes_start(&t->probes);
	t->exits = (struct exit_map){.ask = &t->ask,
				     .bridge = env->bridge,
				     .anygw = env->anygw,
				     .tell = env->tell,
				     .ctx = env->ctx};
	exit_map_start(&t->exits, env->uv);
	route_table_init(&t->routes, &t->ask, TUNNEL_PROTOCOL, seed);
	t->routes.ipv4 = true;
	t->routes.patient = true;
	t->patient_ms = uv_now(env->uv) + TUNNEL_PATIENCE_MS;
	(void)rules_each(&t->ask, TUNNEL_PROTOCOL, rule_found, t);
	uv_timer_init(env->uv, &t->look);
	t->look.data = t;
	uv_timer_start(&t->look, look, TUNNEL_LOOK_MS, TUNNEL_LOOK_MS);
	t->started = true;
}

void tunnel_stop(struct tunnel *t)
{
	if (!t->started)
		return;
	route_table_clear(&t->routes);
	list_each (g, &t->gates, struct tunnel_gate, all) {
		gate_free(t, g);
	}
	device_close(t, NULL, &t->device);
	tunnel_filter_stop(&t->filter);
	exit_map_stop(&t->exits);
	for (unsigned i = 0; i < t->rules; i++)
		if (t->rule[i].ours)
			(void)rule_del_any(&t->ask, &t->rule[i].rule);
	t->rules = 0;
	patience_end(t);
	route_table_settle(&t->routes);
	route_table_fini(&t->routes);
	if (t->user_started)
		tunnel_user_stop(&t->user);
	tunnel_probes_stop(&t->probes);
	uv_close((uv_handle_t *)&t->look, NULL);
	path_mtu_close(&t->asker);
	tunnel_fast_close(t->env.fast, &t->ask);
	netlink_close(&t->ask);
	t->started = false;
}
