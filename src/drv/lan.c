/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/lan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drv/bridge.h"
#include "drv/cables.h"
#include "drv/log.h"

bool lan_is_port(const struct host_conf *conf, const char *name)
{
	for (unsigned i = 0; i < conf->interface_count; i++)
		if (conf->interfaces[i].lan && strcmp(conf->interfaces[i].name, name) == 0)
			return true;
	for (unsigned i = 0; i < conf->lan_port_count; i++)
		if (strcmp(conf->lan_ports[i], name) == 0)
			return true;
	return false;
}

void lan_init(struct lan *lan)
{
	made_load(lan->run, &lan->made);
	lan->bridge = lan->cloud_port = 0;
	lan->mac = (struct mac){{0}};
	lan->settling = false;
}

void lan_save(struct lan *lan)
{
	int e = made_save(lan->run, &lan->made);

	if (e)
		log_line(
			LOG_WARN,
			"cannot write %s/made.json: %s; after a crash, br-lan would not be removed",
			lan->run->path, strerror(-e));
}

static void tell(struct lan *lan, struct mac mac, enum client_change change)
{
	const struct ev_client c = {.change = change, .mac = mac};

	lan->tell(lan->ctx, &c);
}

/* ---- settling ---- */

static int bridge_settle(struct lan *lan)
{
	const char *name = lan->conf->bridge;
	const struct link *l = link_find_name(lan->links, name);
	int e;

	if (!l) {
		e = bridge_add(lan->ask, name, lan->plan->primary_mac);
		if (e && e != -EEXIST) {
			log_line(LOG_ERROR,
				 "cannot make the bridge %s: %s; is the kernel built with "
				 "CONFIG_BRIDGE, "
				 "and do we have CAP_NET_ADMIN?",
				 name, strerror(-e));
			return e;
		}
		links_resync(lan->links);
		l = link_find_name(lan->links, name);
		if (!l)
			return -ENODEV;
		if (!e) {
			lan->made.bridge = l->ifindex;
			lan_save(lan);
		}
		log_line(LOG_INFO, "%s %s", e ? "found" : "made", name);
	}
	if (strcmp(l->kind, "bridge") != 0) {
		log_line(LOG_ERROR,
			 "%s is not a bridge; remove it, or give another name in "
			 "lime.network.bridge",
			 name);
		return -EINVAL;
	}
	lan->bridge = l->ifindex;
	return l->up ? 0 : link_set_up(lan->ask, l->ifindex, true);
}

static int port_put_in(struct lan *lan, const struct link *l)
{
	int e = link_set_master(lan->ask, l->ifindex, lan->bridge);

	if (e)
		return e;
	if (strcmp(l->name, lan->conf->cloud_port) != 0 && !lan_has_taken(lan, l->name)) {
		made_add_port(&lan->made, l->name);
		lan_save(lan);
	}
	log_line(LOG_INFO, "%s is in %s", l->name, lan->conf->bridge);
	return 0;
}

/* The bridge keeps its MAC, which may be this port's. */
static int port_take_out(struct lan *lan, const struct link *l)
{
	const struct link *bridge = link_find(lan->links, lan->bridge);

	if (!made_has_port(&lan->made, l->name)) {
		made_add_taken(&lan->made, l->name);
		lan_save(lan);
		if (bridge)
			(void)link_set_mac(lan->ask, lan->bridge, bridge->mac);
	}
	log_line(LOG_INFO, "%s is not in %s", l->name, lan->conf->bridge);
	return link_set_master(lan->ask, l->ifindex, 0);
}

int lan_move_port(struct lan *lan, const struct link *l, bool in)
{
	return in ? port_put_in(lan, l) : port_take_out(lan, l);
}

bool lan_has_taken(struct lan *lan, const char *name)
{
	return made_has_taken(&lan->made, name);
}

void lan_forget_taken(struct lan *lan, const char *name)
{
	made_del_taken(&lan->made, name);
}

/* Puts a link into the bridge and switches it on. */
static int port_settle(struct lan *lan, const struct link *l)
{
	int e = 0;

	if (l->master != lan->bridge) {
		e = port_put_in(lan, l);
		if (e) {
			log_line(LOG_ERROR, "cannot put %s into %s: %s; is it in another bridge?",
				 l->name, lan->conf->bridge, strerror(-e));
			return e;
		}
	}
	return l->up ? 0 : link_set_up(lan->ask, l->ifindex, true);
}

static bool is_wanted(const struct lan *lan, const struct link *l)
{
	return lan_is_port(lan->conf, l->name) && cables_bridge(lan->cables, l);
}

static int ports_settle(struct lan *lan)
{
	int first = 0, e;

	list_each (l, &lan->links->all, struct link, all) {
		bool cloud = strcmp(l->name, lan->conf->cloud_port) == 0;

		if (!cloud && !is_wanted(lan, l))
			continue;
		e = port_settle(lan, l);
		first = first ? first : e;
		if (cloud)
			lan->cloud_port = l->ifindex;
	}
	return first;
}

/* What a former daemon gave the bridge and this plan does not want. */
static void addresses_clean(struct lan *lan, const char *ipv4, const char *ipv6)
{
	struct made *m = &lan->made;
	struct ipv4 a;
	struct ipv6 b;
	unsigned bits;
	char *slash;

	slash = strchr(m->ipv4, '/');
	if (slash && strcmp(m->ipv4, ipv4) != 0) {
		*slash = '\0';
		bits = (unsigned)strtoul(slash + 1, NULL, 10);
		if (ipv4_parse(m->ipv4, &a) && bits <= 32) {
			a.bits = (uint8_t)bits;
			(void)bridge_del_ipv4(lan->ask, lan->bridge, a);
		}
		m->ipv4[0] = '\0';
	}
	slash = strchr(m->ipv6, '/');
	if (slash && strcmp(m->ipv6, ipv6) != 0) {
		*slash = '\0';
		bits = (unsigned)strtoul(slash + 1, NULL, 10);
		if (ipv6_parse(m->ipv6, &b) && bits <= 128) {
			b.bits = (uint8_t)bits;
			(void)bridge_del_ipv6(lan->ask, lan->bridge, b);
		}
		m->ipv6[0] = '\0';
	}
}

static int addresses_settle(struct lan *lan)
{
	char ipv4[IPV4_PREFIX_TEXT], ipv6[IPV6_PREFIX_TEXT];
	int e4, e6;

	ipv4_prefix_print(lan->plan->ipv4, ipv4);
	ipv6_prefix_print(lan->plan->ipv6, ipv6);
	addresses_clean(lan, ipv4, ipv6);
	e4 = bridge_add_ipv4(lan->ask, lan->bridge, lan->plan->ipv4, true);
	e6 = bridge_add_ipv6(lan->ask, lan->bridge, lan->plan->ipv6, true);
	if (!e4)
		memcpy(lan->made.ipv4, ipv4, sizeof(ipv4));
	if (!e6)
		memcpy(lan->made.ipv6, ipv6, sizeof(ipv6));
	if (!e4 || !e6)
		lan_save(lan);
	if (e4 && e4 != -EEXIST)
		log_line(LOG_ERROR, "cannot give %s the address %s: %s", lan->conf->bridge, ipv4,
			 strerror(-e4));
	/* A kernel without IPv6 is fine. */
	if (e6 && e6 != -EEXIST && e6 != -EOPNOTSUPP && e6 != -EAFNOSUPPORT)
		log_line(LOG_WARN, "cannot give %s the address %s: %s; is IPv6 switched off there?",
			 lan->conf->bridge, ipv6, strerror(-e6));
	return e4 == -EEXIST ? 0 : e4;
}

static int settle(struct lan *lan)
{
	int e = bridge_settle(lan), e2;

	if (e)
		return e;
	e = ports_settle(lan);
	e2 = addresses_settle(lan);
	return e ? e : e2;
}

int lan_settle(struct lan *lan)
{
	int e;

	lan->settling = true;
	e = settle(lan);
	lan->settling = false;
	return e;
}

/* ---- following ---- */

static void bridge_follow(struct lan *lan, const struct link *l, bool gone)
{
	struct mac mac = gone ? (struct mac){{0}} : l->mac;

	lan->bridge = gone ? 0 : l->ifindex;
	if (gone && lan->made.bridge == l->ifindex) {
		lan->made.bridge = 0;
		lan->made.ipv4[0] = lan->made.ipv6[0] = '\0';
	}
	if (mac_equal(mac, lan->mac))
		return;
	if (!mac_is_zero(lan->mac))
		tell(lan, lan->mac, CLIENT_GONE);
	lan->mac = mac;
	if (!mac_is_zero(mac))
		tell(lan, mac, CLIENT_PERMANENT);
}

/* What was just plugged in may have come from another node and say nothing. The bridge
 * does not send back to bat0 what came from there, so it must not look for it there. */
static void port_follow(struct lan *lan, const struct link *l, bool gone)
{
	if (gone || !l->carrier || l->master != lan->bridge)
		lan->port_gone(lan->ctx, l->ifindex);
	else if (lan->cloud_port != 0)
		(void)bridge_flush(lan->ask, lan->cloud_port);
}

void lan_link(struct lan *lan, const struct link *l, bool gone)
{
	bool bridge = strcmp(l->name, lan->conf->bridge) == 0;
	bool cloud = strcmp(l->name, lan->conf->cloud_port) == 0;

	if (bridge)
		bridge_follow(lan, l, gone);
	if (cloud)
		lan->cloud_port = gone ? 0 : l->ifindex;
	if (!bridge && !cloud)
		port_follow(lan, l, gone);
	/* Somebody took something away: mend. The first settling is the host's. */
	if (lan->settling || lan->bridge == 0 || gone)
		return;
	if ((cloud || is_wanted(lan, l)) && l->master != lan->bridge)
		(void)port_settle(lan, l);
}

/* ---- leaving ---- */

static void ports_release(struct lan *lan)
{
	for (unsigned i = 0; i < lan->made.port_count; i++) {
		const struct link *l = link_find_name(lan->links, lan->made.ports[i]);

		if (l && l->master == lan->bridge)
			(void)link_set_master(lan->ask, l->ifindex, 0);
	}
	for (unsigned i = 0; i < lan->made.taken_count; i++) {
		const struct link *l = link_find_name(lan->links, lan->made.taken[i]);

		if (l && l->master == 0 && lan->bridge != 0)
			(void)link_set_master(lan->ask, l->ifindex, lan->bridge);
	}
}

void lan_leave(struct lan *lan)
{
	ports_release(lan);
	if (lan->bridge != 0)
		addresses_clean(lan, "", "");
	if (lan->bridge != 0 && lan->made.bridge == lan->bridge &&
	    link_delete(lan->ask, lan->bridge) == 0)
		log_line(LOG_INFO, "removed %s", lan->conf->bridge);
	for (unsigned i = 0; i < lan->made.sysctl_count; i++)
		(void)sysctl_set(lan->made.sysctls[i].name, lan->made.sysctls[i].value);
	made_remove(lan->run);
}
