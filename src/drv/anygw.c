/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/anygw.h"

#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "drv/bridge.h"
#include "drv/log.h"
#include "drv/route.h"

struct setting {
	const char *family, *key;
	int value;
};

/* Only the interface that has an address answers for it, and speaks from it. Whatever the
 * routes say, both may be spoken to. Nobody on the LAN is a router to us. */
static const struct setting common[] = {
	{"ipv4", "arp_ignore", 1},
	{"ipv4", "arp_announce", 2},
	{"ipv4", "rp_filter", 2},
	{"ipv6", "accept_ra", 0},
};

/* Its addresses are those of the plan and the link-local one of its MAC, which is not unique
 * and so must not be looked for. */
static const struct setting own[] = {
	{"ipv6", "autoconf", 0},
	{"ipv6", "accept_dad", 0},
	{"ipv6", "dad_transmits", 0},
	{"ipv6", "addr_gen_mode", 0},
	{"ipv6", "router_solicitations", 0},
	{"ipv6", "use_tempaddr", 0},
};

enum {
	COMMON = sizeof(common) / sizeof(common[0]),
	OWN = sizeof(own) / sizeof(own[0]),
};

const char *anygw_kind_name(const struct anygw *a)
{
	return a->pair ? "veth" : "macvlan";
}

static void fail(struct anygw *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first fault of a settling stands; the same one is logged once. */
static void fail(struct anygw *a, const char *format, ...)
{
	char text[sizeof(a->fault)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (strcmp(text, a->fault) != 0)
		log_line(LOG_ERROR, "anycast gateway: %s", text);
	if (a->fault[0] == '\0')
		memcpy(a->fault, text, sizeof(text));
}

/* ---- making the interface ---- */

static bool is_ours(const struct anygw *a, const struct link *l)
{
	return l->ifindex == a->lan->made.anygw;
}

static void texts(const struct anygw *a, char ipv4[IPV4_PREFIX_TEXT], char ipv6[IPV6_PREFIX_TEXT])
{
	ipv4_prefix_print(a->plan->anygw_ipv4, ipv4);
	ipv6_prefix_print(a->plan->anygw_ipv6, ipv6);
}

/* Can it be used as it is? */
static bool is_right(const struct anygw *a, const struct link *l)
{
	char ipv4[IPV4_PREFIX_TEXT], ipv6[IPV6_PREFIX_TEXT];
	const struct link *port = link_find_name(a->links, a->port);
	bool pair = strcmp(l->kind, "veth") == 0 && port && l->lower == port->ifindex;
	bool macvlan = strcmp(l->kind, "macvlan") == 0 && l->lower == a->lan->bridge;

	if (!mac_equal(l->mac, a->plan->anygw_mac) || !(pair || macvlan))
		return false;
	if (!is_ours(a, l))
		return true;
	texts(a, ipv4, ipv6);
	return a->conf->anygw_kind != (pair ? HOST_ANYGW_MACVLAN : HOST_ANYGW_VETH) &&
	       l->ifindex > a->lan->bridge && strcmp(a->lan->made.anygw_ipv4, ipv4) == 0 &&
	       strcmp(a->lan->made.anygw_ipv6, ipv6) == 0;
}

static int make_pair(const struct anygw *a)
{
	const struct link *bridge = link_find(a->links, a->lan->bridge);
	struct link_end one = {a->conf->anygw, a->plan->anygw_mac};
	struct link_end other = {a->port, a->plan->primary_mac};

	/* The last MAC that a bridge would take for itself, and not that of bat0. */
	other.mac.b[0] = 0xfe;
	other.mac.b[1] ^= 0xff;
	return link_add_veth(a->ask, &one, &other, bridge ? bridge->mtu_bytes : 1500);
}

static int make(struct anygw *a)
{
	enum host_anygw kind = a->conf->anygw_kind;
	struct made *m = &a->lan->made;
	int e = -EOPNOTSUPP;

	if (kind != HOST_ANYGW_MACVLAN)
		e = make_pair(a);
	a->pair = !e;
	if (e == -EOPNOTSUPP && kind != HOST_ANYGW_VETH)
		e = link_add_macvlan(a->ask, a->conf->anygw, a->plan->anygw_mac, a->lan->bridge);
	if (e) {
		fail(a, "cannot make %s: %s", a->conf->anygw, strerror(-e));
		return e;
	}
	a->ifindex = (int)if_nametoindex(a->conf->anygw);
	m->anygw = a->ifindex;
	texts(a, m->anygw_ipv4, m->anygw_ipv6);
	lan_save(a->lan);
	log_line(LOG_INFO, "made %s (%s)", a->conf->anygw, anygw_kind_name(a));
	return 0;
}

/* Made just now: the table of links will hear of it. */
static bool is_pending(const struct anygw *a)
{
	char name[IF_NAMESIZE];

	return a->ifindex != 0 && if_indextoname((unsigned)a->ifindex, name) &&
	       strcmp(name, a->conf->anygw) == 0;
}

/* 0: a->ifindex is there and right. */
static int interface_settle(struct anygw *a)
{
	const struct link *l = link_find_name(a->links, a->conf->anygw);

	if (!l && is_pending(a))
		return 0;
	if (l && is_right(a, l)) {
		if (a->ifindex != l->ifindex)
			log_line(LOG_INFO, "%s %s", is_ours(a, l) ? "adopted" : "found", l->name);
		a->ifindex = l->ifindex;
		a->pair = strcmp(l->kind, "veth") == 0;
		return 0;
	}
	if (l && !is_ours(a, l)) {
		a->ifindex = 0;
		fail(a,
		     "there is an interface %s already that is not ours; remove it, or set "
		     "anygw_interface of nuvol.host",
		     l->name);
		return -EEXIST;
	}
	if (l)
		(void)link_delete(a->ask, l->ifindex);
	a->ifindex = 0;
	return make(a);
}

/* ---- what it needs ---- */

static void set(struct anygw *a, const struct setting *s, const char *interface, bool remember)
{
	char name[MADE_SYSCTL_ROOM];
	int before, e;

	snprintf(name, sizeof(name), "net/%s/conf/%s/%s", s->family, interface, s->key);
	if (!sysctl_get(name, &before) || before == s->value)
		return;
	if (remember && made_add_sysctl(&a->lan->made, name, before))
		lan_save(a->lan);
	e = sysctl_set(name, s->value);
	if (e)
		fail(a, "cannot set %s to %d: %s", name, s->value, strerror(-e));
}

static void settings_settle(struct anygw *a)
{
	for (unsigned i = 0; i < COMMON; i++) {
		set(a, &common[i], a->conf->anygw, false);
		set(a, &common[i], a->conf->bridge, true);
	}
	for (unsigned i = 0; i < OWN; i++)
		set(a, &own[i], a->conf->anygw, false);
}

/* The pair's end in the bridge; the bridge knows who is behind it. */
static int port_settle(struct anygw *a)
{
	int port = (int)if_nametoindex(a->port), e;
	const struct link *l = link_find(a->links, port);

	if (port == 0)
		return -ENODEV;
	(void)sysctl_ipv6_off(a->port);
	e = l && l->master == a->lan->bridge ? 0 : link_set_master(a->ask, port, a->lan->bridge);
	if (!e)
		e = bridge_close_port(a->ask, port);
	if (!e)
		e = bridge_fix_fdb(a->ask, port, false, a->plan->anygw_mac);
	return e ? e : link_set_up(a->ask, port, true);
}

static void check(struct anygw *a, int e, const char *what)
{
	if (e && e != -EEXIST)
		fail(a, "%s: %s", what, strerror(-e));
}

/* A kernel without IPv6 is fine. */
static void check_ipv6(struct anygw *a, int e, const char *what)
{
	if (e != -EOPNOTSUPP && e != -EAFNOSUPPORT)
		check(a, e, what);
}

static void addresses_settle(struct anygw *a)
{
	static const uint32_t tables[][2] = {{ANYGW_TABLE, 0},
					     {ROUTE_TABLE_MAIN, ROUTE_METRIC_WORST}};
	struct ipv4 v4 = a->plan->anygw_ipv4;
	struct ipv6 v6 = a->plan->anygw_ipv6;

	check(a, bridge_add_ipv4(a->ask, a->ifindex, v4, false), "no IPv4 address");
	check_ipv6(a, bridge_add_ipv6(a->ask, a->ifindex, v6, false), "no IPv6 address");
	for (unsigned i = 0; i < 2; i++) {
		check(a, route_add_ipv4(a->ask, a->ifindex, v4, tables[i][0], tables[i][1]),
		      "no IPv4 route");
		check_ipv6(a, route_add_ipv6(a->ask, a->ifindex, v6, tables[i][0], tables[i][1]),
			   "no IPv6 route");
	}
	check(a, rule_add_ipv4(a->ask, v4, ANYGW_TABLE, ANYGW_RULE), "no IPv4 rule");
	check_ipv6(a, rule_add_ipv6(a->ask, v6, ANYGW_TABLE, ANYGW_RULE), "no IPv6 rule");
}

static void settle(struct anygw *a)
{
	if (a->lan->bridge == 0)
		fail(a, "there is no bridge");
	else if (interface_settle(a) == 0) {
		settings_settle(a);
		check(a,
		      a->pair ? port_settle(a)
			      : bridge_fix_fdb(a->ask, a->lan->bridge, true, a->plan->anygw_mac),
		      "the bridge refuses it");
		check(a, link_set_up(a->ask, a->ifindex, true), "it cannot be switched on");
		addresses_settle(a);
	}
}

void anygw_settle(struct anygw *a)
{
	char before[sizeof(a->fault)];

	if (a->settling)
		return;
	a->settling = true;
	memcpy(before, a->fault, sizeof(before));
	a->fault[0] = '\0';
	settle(a);
	if (before[0] != '\0' && a->fault[0] == '\0')
		log_line(LOG_INFO, "the anycast gateway is in order again");
	a->settling = false;
}

void anygw_start(struct anygw *a)
{
	a->ifindex = 0;
	a->settling = false;
	a->fault[0] = '\0';
	host_conf_anygw_port(a->conf, a->port);
	/* A former daemon's may be for other addresses. */
	rules_del(a->ask, ANYGW_TABLE, ANYGW_RULE);
	anygw_settle(a);
}

void anygw_link(struct anygw *a, const struct link *l, bool gone)
{
	bool bridge = strcmp(l->name, a->conf->bridge) == 0;

	if (gone && l->ifindex == a->ifindex)
		a->ifindex = 0;
	if (bridge && gone)
		return; /* it comes again */
	if (bridge || strcmp(l->name, a->conf->anygw) == 0 || strcmp(l->name, a->port) == 0)
		anygw_settle(a);
}

/* ---- leaving ---- */

void anygw_stop(struct anygw *a)
{
	struct made *m = &a->lan->made;

	a->settling = true; /* what goes now stays away */
	rules_del(a->ask, ANYGW_TABLE, ANYGW_RULE);
	if (a->ifindex != 0 && !a->pair && a->lan->bridge != 0)
		(void)bridge_unfix_fdb(a->ask, a->lan->bridge, true, a->plan->anygw_mac);
	if (a->ifindex != 0 && m->anygw == a->ifindex && link_delete(a->ask, a->ifindex) == 0)
		log_line(LOG_INFO, "removed %s", a->conf->anygw);
	m->anygw = 0;
}
