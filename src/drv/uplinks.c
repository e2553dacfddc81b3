/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/uplinks.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "ctl/json.h"
#include "drv/account.h"
#include "drv/dhcp.h"
#include "drv/log.h"
#include "drv/tunnel.h"

void uplinks_prepare(struct conf *conf)
{
	struct uplink_conf *u = &conf->node.uplink;

	for (unsigned i = 0; i < u->targets; i++)
		if (u->target[i].means == UPLINK_DNS)
			return;
	for (unsigned i = 0; i < conf->host.resolver_count && u->targets < UPLINK_TARGETS_MAX;
	     i++) {
		const char *text = conf->host.resolvers[i];
		struct uplink_target *t = &u->target[u->targets];

		*t = (struct uplink_target){.means = UPLINK_DNS};
		u->targets += prefix_parse_address(text, &t->at);
	}
}

/* ---- ways ---- */

static void tell(struct uplinks *u, const struct ev_uplink *e)
{
	const struct ev ev = {.kind = EV_UPLINK, .uplink = *e};

	u->env.tell(u->env.ctx, &ev);
}

static void way_tell(struct uplinks *u, uint8_t slot, bool v6, bool up)
{
	struct uplink_port *p = &u->port[slot];
	struct ev_uplink e = {
		.kind = UPLINK_WAY,
		.way = {.slot = slot, .v6 = v6, .up = up, .metric = p->way[v6].metric}};

	if (!up && !p->told[v6])
		return;
	p->told[v6] = up;
	snprintf(e.way.name, sizeof(e.way.name), "%s", p->name);
	tell(u, &e);
}

/* Interfaces that we serve, or made ourselves. */
static bool is_ours(void *ctx, const char *name)
{
	const struct uplinks *u = ctx;
	const struct host_conf *host = &u->env.conf->host;

	if (host->uplink.interface[0] != '\0' && strcmp(name, host->uplink.interface) != 0)
		return true;
	return strcmp(name, host->bridge) == 0 || host_conf_makes(host, name) ||
	       strncmp(name, TUNNEL_NAMES, strlen(TUNNEL_NAMES)) == 0;
}

static const struct default_route *way_find(const struct uplinks *u, const char *name, bool v6)
{
	for (unsigned i = 0; i < u->routes.count; i++)
		if (u->routes.at[i].v6 == v6 && strcmp(u->routes.at[i].name, name) == 0)
			return &u->routes.at[i];
	return NULL;
}

static bool port_is_free(const struct uplink_port *p)
{
	return !p->there[0] && !p->there[1];
}

/* UPLINK_SLOTS: there is none left. */
static uint8_t slot_get(struct uplinks *u, const char name[IFNAMSIZ])
{
	uint8_t found = UPLINK_SLOTS;

	for (uint8_t i = 0; i < UPLINK_SLOTS; i++)
		if (strcmp(u->port[i].name, name) == 0)
			return i;
	for (uint8_t i = 0; i < UPLINK_SLOTS && found == UPLINK_SLOTS; i++)
		if (u->port[i].name[0] == '\0')
			found = i;
	for (uint8_t i = 0; i < UPLINK_SLOTS && found == UPLINK_SLOTS; i++)
		if (port_is_free(&u->port[i]))
			found = i;
	if (found < UPLINK_SLOTS) {
		u->port[found] = (struct uplink_port){0};
		memcpy(u->port[found].name, name, IFNAMSIZ);
	}
	return found;
}

static bool is_other_way(const struct default_route *a, const struct default_route *b)
{
	return a->ifindex != b->ifindex || a->has_gateway != b->has_gateway ||
	       !prefix_equal(&a->gateway, &b->gateway);
}

static void way_settle(struct uplinks *u, uint8_t slot, bool v6)
{
	struct uplink_port *p = &u->port[slot];
	const struct default_route *d = way_find(u, p->name, v6);
	struct default_route before = p->way[v6];

	p->there[v6] = d != NULL;
	if (!d || !d->up || (p->told[v6] && is_other_way(d, &before)))
		way_tell(u, slot, v6, false);
	if (!d)
		return;
	p->way[v6] = *d;
	if (d->up && (!p->told[v6] || before.metric != d->metric))
		way_tell(u, slot, v6, true);
}

/* Has the LAN an address of the Internet? Then clients may have one. */
static bool lan_is_global(const struct uplinks *u)
{
	char line[128], name[IFNAMSIZ + 1];
	unsigned first;
	bool found = false;
	FILE *f = fopen("/proc/net/if_inet6", "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%2x%*30s %*x %*x %*x %*x %16s", &first, name) == 2 &&
			(first & 0xe0) == 0x20 && strcmp(name, u->env.conf->host.bridge) == 0;
	if (f)
		fclose(f);
	return found;
}

static void filter_settle(struct uplinks *u)
{
	char name[UPLINK_SLOTS][IFNAMSIZ] = {0};

	for (unsigned i = 0; i < UPLINK_SLOTS; i++)
		if (!port_is_free(&u->port[i]))
			memcpy(name[i], u->port[i].name, IFNAMSIZ);
	uplink_filter_set(&u->filter, name, &u->routes, lan_is_global(u));
}

static void routes_changed(void *ctx)
{
	struct uplinks *u = ctx;

	for (unsigned i = 0; i < u->routes.count; i++)
		if (slot_get(u, u->routes.at[i].name) == UPLINK_SLOTS)
			log_line(LOG_WARN, "%s is one uplink too many: it is not looked at",
				 u->routes.at[i].name);
	/* Rules first: nothing leaves without them. */
	for (uint8_t i = 0; i < UPLINK_SLOTS; i++)
		for (unsigned v6 = 0; v6 < 2; v6++)
			u->port[i].there[v6] = u->port[i].name[0] != '\0' &&
					       way_find(u, u->port[i].name, v6) != NULL;
	filter_settle(u);
	for (unsigned v6 = 0; v6 < 2; v6++) {
		bool any = false;

		for (uint8_t i = 0; i < UPLINK_SLOTS; i++) {
			if (u->port[i].name[0] != '\0')
				way_settle(u, i, v6);
			any |= u->port[i].there[v6];
		}
		steer_rules(&u->steer, v6, any);
	}
}

/* ---- what may be carried ---- */

static void filter_changed(void *ctx)
{
	struct uplinks *u = ctx;

	u->filter_changed = true; /* it may be told while the node is at work */
}

static void carries_settle(struct uplinks *u)
{
	u->filter_changed = false;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		bool yes = uplink_filter_carries(&u->filter, v6);

		if (yes == u->carries[v6])
			continue;
		u->carries[v6] = yes;
		tell(u, &(struct ev_uplink){.kind = UPLINK_CARRIES, .carries = {v6, yes}});
	}
}

/* ---- counters ---- */

static int stats_cb(const struct nlmsghdr *h, void *ctx)
{
	struct ev_uplink_counted *c = ctx;
	struct rtnl_link_stats64 stats;

	netlink_each(a, h, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(a) != IFLA_STATS64 ||
		    mnl_attr_get_payload_len(a) < sizeof(stats))
			continue;
		memcpy(&stats, mnl_attr_get_payload(a), sizeof(stats));
		c->rx_bytes = stats.rx_bytes;
		c->tx_bytes = stats.tx_bytes;
	}
	return MNL_CB_OK;
}

static void count(uv_timer_t *t)
{
	struct uplinks *u = t->data;

	for (uint8_t i = 0; i < UPLINK_SLOTS; i++) {
		const struct uplink_port *p = &u->port[i];
		struct ev_uplink e = {.kind = UPLINK_COUNTED, .counted = {.slot = i}};
		struct nlmsghdr *h;
		struct ifinfomsg *m;

		if (!p->told[0] && !p->told[1])
			continue;
		h = netlink_begin(&u->ask, RTM_GETLINK, 0);
		m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
		m->ifi_index = p->way[!p->told[0]].ifindex;
		if (netlink_show(&u->ask, h, stats_cb, &e.counted) == 0)
			tell(u, &e);
	}
}

/* ---- effects ---- */

static void note_log(const struct fx_uplink_note *n)
{
	static const char *const why[] = {
		[UPLINK_FINE] = "",
		[UPLINK_SILENT] = ": nobody on the Internet answers",
		[UPLINK_NO_DNS] = ": no resolver answers",
		[UPLINK_PORTAL] = ": a portal answers in the name of others",
	};

	log_line(n->state == UPLINK_FAILED ? LOG_WARN : LOG_INFO, "uplink %s, IPv%c: %s%s", n->name,
		 n->v6 ? '6' : '4', uplink_state_name(n->state), why[n->fault]);
}

static void use(struct uplinks *u, const struct fx_uplink_use *e)
{
	u->used[e->v6] = !e->none;
	u->used_slot[e->v6] = e->slot;
	steer_default(&u->steer, e->v6, e->none ? NULL : &u->port[e->slot].way[e->v6]);
	steer_dead(&u->steer, e->v6, e->dead);
}

void uplinks_effect(struct uplinks *u, const struct fx_uplink *e)
{
	if (!u->started)
		return;
	switch (e->kind) {
	case UPLINK_CHECK:
		uplink_check_begin(&u->checks, u->port[e->check.slot].name, &e->check);
		return;
	case UPLINK_USE: use(u, &e->use); return;
	case UPLINK_OFFER: /* node/ tells others */
		log_line(LOG_INFO, "the Internet by IPv%c is %s", e->offer.v6 ? '6' : '4',
			 e->offer.on ? "offered" : "not offered any more");
		return;
	case UPLINK_NOTE: note_log(&e->note); return;
	}
}

static void check_done(void *ctx, uint32_t token, enum uplink_result result)
{
	tell(ctx, &(struct ev_uplink){.kind = UPLINK_RESULT, .result = {token, result}});
}

/* ---- starting and leaving ---- */

bool uplinks_are_looked_after(const struct conf *c)
{
	return c->node.uplink.on && (c->node.plan.network || host_conf_has_network(&c->host));
}

void uplinks_start(struct uplinks *u, const struct uplinks_env *env)
{
	const struct host_conf *host = &env->conf->host;
	int e;

	*u = (struct uplinks){.env = *env};
	if (!uplinks_are_looked_after(env->conf))
		return;
	e = netlink_open(&u->ask, NULL, 0);
	u->routes = (struct default_routes){
		.links = env->links, .ours = is_ours, .changed = routes_changed, .ctx = u};
	if (!e)
		e = default_routes_open(&u->routes, env->uv);
	if (e) {
		netlink_close(&u->ask);
		u->fault = "the kernel's routes cannot be read";
		u->error = e;
		log_line(LOG_ERROR, "uplinks: %s: %s", u->fault, strerror(-e));
		return;
	}
	u->started = true;
	u->steer.ask = &u->ask;
	u->steer.has_dns_user = account_user(dhcp_user(host->run_dir), &u->steer.dns_user) &&
				u->steer.dns_user > 0;
	steer_start(&u->steer);
	u->filter = (struct uplink_filter){
		.conf = host, .plan = env->plan, .changed = filter_changed, .ctx = u};
	uplink_filter_start(&u->filter, env->uv);
	u->checks = (struct uplink_checks){.conf = &env->conf->node.uplink,
					   .host = &host->uplink,
					   .done = check_done,
					   .ctx = u,
					   .uv = env->uv};
	uplink_checks_init(&u->checks);
	uv_timer_init(env->uv, &u->count);
	u->count.data = u;
	uv_timer_start(&u->count, count, UPLINKS_COUNT_MS, UPLINKS_COUNT_MS);
}

void uplinks_stop(struct uplinks *u)
{
	if (!u->started)
		return;
	u->started = false;
	uplink_checks_fini(&u->checks);
	steer_stop(&u->steer);
	uplink_filter_stop(&u->filter);
	default_routes_close(&u->routes);
	netlink_close(&u->ask);
}

void uplinks_link(struct uplinks *u, const struct link *l)
{
	/* Ports and our own interfaces come and go often. */
	if (u->started &&
	    (l->master == 0 || way_find(u, l->name, false) || way_find(u, l->name, true)))
		default_routes_touch(&u->routes);
}

void uplinks_settle(struct uplinks *u)
{
	if (!u->started)
		return;
	default_routes_settle(&u->routes);
	if (u->filter_changed && !u->withdrawn)
		carries_settle(u);
}

bool uplinks_withdraw(struct uplinks *u)
{
	bool any = false;

	for (unsigned v6 = 0; u->started && v6 < 2; v6++) {
		any = any || (u->carries[v6] && u->used[v6]);
		tell(u, &(struct ev_uplink){.kind = UPLINK_CARRIES, .carries = {v6, false}});
	}
	u->withdrawn = true;
	return any;
}

void uplinks_chores(struct uplinks *u)
{
	if (!u->started)
		return;
	uplink_filter_check(&u->filter);
	filter_settle(u);
	for (unsigned v6 = 0; v6 < 2; v6++)
		steer_again(&u->steer, v6, u->used[v6] ? &u->port[u->used_slot[v6]].way[v6] : NULL);
}

/* ---- status ---- */

static json_t *way_json(const struct uplinks *u, uint8_t slot, bool v6)
{
	const struct default_route *d = &u->port[slot].way[v6];
	json_t *o = json_object();
	char text[IPV6_TEXT] = "";

	if (d->has_gateway)
		prefix_print_address(&d->gateway, text);
	json_put_text(o, "interface", d->name);
	json_put_text(o, "family", v6 ? "ipv6" : "ipv4");
	json_put_text_or_null(o, "gateway", text);
	json_put_count(o, "metric", d->metric);
	json_put_bool(o, "up", u->port[slot].told[v6]);
	json_put_bool(o, "used", u->used[v6] && u->used_slot[v6] == slot);
	return o;
}

void uplinks_status(struct uplinks *u, json_t *into)
{
	json_t *o = json_object(), *ways = json_array();

	for (uint8_t i = 0; i < UPLINK_SLOTS; i++)
		for (unsigned v6 = 0; v6 < 2; v6++)
			if (u->port[i].there[v6])
				json_array_append_new(ways, way_json(u, i, v6));
	json_put_bool(o, "on", u->started);
	json_put_text(o, "fault", u->fault ? u->fault : "");
	json_put_text(o, "error", u->error ? strerror(-u->error) : "");
	json_object_set_new(o, "ways", ways);
	json_put_text(o, "steering_fault", u->steer.error ? strerror(-u->steer.error) : "");
	json_put_count(o, "checks_under_way", u->checks.count);
	if (u->started)
		json_object_set_new(o, "filter", uplink_filter_status(&u->filter));
	json_object_set_new(into, "uplinks", o);
}
