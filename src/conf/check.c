/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "conf/problem.h"
#include "core/plan/plan.h"

enum { MESH_MTU_MIN = 600 };

static void fail(struct conf_problems *p, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void fail(struct conf_problems *p, const char *remedy, const char *format, ...)
{
	char text[CONF_TEXT_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	problem_add(p, CONF_ERROR, "configuration", 0, text, remedy);
}

const struct host_interface *host_conf_interface(const struct host_conf *h, const char *name)
{
	for (unsigned i = 0; i < h->interface_count; i++)
		if (strcmp(h->interfaces[i].name, name) == 0)
			return &h->interfaces[i];
	return NULL;
}

bool host_conf_is_automatic(const struct host_conf *h)
{
	for (unsigned i = 0; i < h->interface_count; i++)
		if (h->interfaces[i].mesh)
			return false;
	return true;
}

bool host_conf_has_network(const struct host_conf *h)
{
	for (unsigned i = 0; i < h->interface_count; i++)
		if (h->interfaces[i].network)
			return true;
	return false;
}

char *host_conf_anygw_port(const struct host_conf *h, char name[HOST_IFNAME_ROOM])
{
	snprintf(name, HOST_IFNAME_ROOM, "%.12s-br", h->anygw);
	return name;
}

bool host_conf_makes(const struct host_conf *h, const char *name)
{
	char port[HOST_IFNAME_ROOM];

	return strcmp(name, h->bridge) == 0 || strcmp(name, h->cloud_port) == 0 ||
	       strcmp(name, h->anygw) == 0 || strcmp(name, host_conf_anygw_port(h, port)) == 0;
}

static void check_plan(const struct conf *c, const struct crypto *crypto, struct conf_problems *p)
{
	char fault[CONF_TEXT_ROOM];

	if (c->node.plan.cloud_protocol[0] == '\0')
		fail(p, "add list protocols 'batadv:%N1' in config lime 'network'",
		     "the list of protocols has no batadv: there would be no cloud");
	else if (plan_fault(&c->node.plan, crypto, fault, sizeof(fault)))
		fail(p, "correct the option; the manual nuvol.conf(5) shows its form", "%s", fault);
}

/* In the cloud's network, and neither its own address nor the gateway's. */
static bool is_of_client(const struct plan *plan, struct ipv4 ip)
{
	const struct ipv4 prefix = ipv4_network(plan->prefix4);
	const uint32_t address = ipv4_to_u32(ip);

	ip.bits = plan->prefix4.bits;
	return ipv4_to_u32(ipv4_network(ip)) == ipv4_to_u32(prefix) &&
	       address != ipv4_to_u32(prefix) && address != ipv4_to_u32(plan->anygw_ipv4);
}

static void check_reserved(const struct conf *c, const struct crypto *crypto,
			   struct conf_problems *p)
{
	const struct node_share_conf *s = &c->node.share;
	char mac[MAC_TEXT], ip[IPV4_TEXT];
	struct plan plan;

	if (plan_init(&plan, &c->node.plan, crypto) != OK)
		return;
	for (unsigned i = 0; i < s->reserved_count; i++)
		if (!is_of_client(&plan, s->reserved[i].ip))
			fail(p, "take another one of main_ipv4_address's network",
			     "list dhcp_host: %s cannot be given to %s",
			     ipv4_print(s->reserved[i].ip, ip), mac_print(s->reserved[i].mac, mac));
}

static void check_share(const struct conf *c, struct conf_problems *p)
{
	if (c->node.plan.anygw && !c->node.share.on)
		problem_add(
			p, CONF_NOTE, "configuration", 0,
			"clients get no addresses from this node: it shares no leases",
			"set enabled of config nuvol 'share' to 1, or take anygw from the list of "
			"protocols");
}

static void note_search(struct conf_problems *p, const struct conf_search *s, const char *what,
			const char *remedy)
{
	char text[CONF_TEXT_ROOM];

	snprintf(text, sizeof(text), "config tunOut '%s': %s", s->name, what);
	problem_add(p, CONF_NOTE, "configuration", 0, text, remedy);
}

/* What it can find: nothing, or what is here anyway. */
static void check_search(const struct conf_search *s, const struct plan *plan,
			 struct conf_problems *p)
{
	const struct gw_search *w = &s->search;
	const struct prefix lan = w->prefix.v6 ? prefix_of6(plan->prefix6)
					       : prefix_of4(plan->prefix4);
	const unsigned least = w->bits_min == GW_BITS_OWN ? w->prefix.net.bits : w->bits_min;
	const unsigned most = w->prefix.v6 || w->bits_max < 32 ? w->bits_max : 32;

	if (least > most)
		note_search(p, s,
			    "no network is longer than minPrefixLen and shorter than "
			    "maxPrefixLen, so nothing is found",
			    "leave minPrefixLen out, or raise maxPrefixLen");
	if (w->rating == 0)
		note_search(p, s, "with a rating of 0 no gateway is taken",
			    "raise it, or write option disabled '1'");
	if (prefix_contains(&lan, &w->prefix))
		note_search(p, s, "its network is inside of this cloud, which needs no tunnel",
			    "search networks of others");
	if (w->name[0] != '\0' && strcmp(w->name, plan->hostname) == 0)
		note_search(p, s, "gwName is this node, which is no gateway for itself",
			    "name another node");
}

static void check_searches(const struct conf *c, const struct crypto *crypto,
			   struct conf_problems *p)
{
	const struct conf_searches *all = &c->searches;
	const bool runs = c->node.tunnel.on &&
			  (c->node.plan.network || host_conf_has_network(&c->host));
	struct plan plan;

	if (plan_init(&plan, &c->node.plan, crypto) != OK)
		return;
	for (unsigned i = 0; i < all->count; i++) {
		const struct conf_search *s = &all->at[i];

		if (s->disabled)
			continue;
		check_search(s, &plan, p);
		if (!runs && !s->of_defaults)
			note_search(p, s, "nothing is searched without the network of all clouds",
				    "add list protocols 'bmx7:18' in config lime 'network', and "
				    "leave tunnels of config nuvol 'bmx7' at 1");
	}
}

static bool interface_is_untagged(const struct conf *c, const struct crypto *crypto,
				  const struct host_interface *i)
{
	struct plan plan;
	struct plan_tag tag;

	return i->mesh && plan_init(&plan, &c->node.plan, crypto) == OK &&
	       plan_tag(&plan, i->protocol, &tag) == OK && !tag.tagged;
}

static void check_interface(const struct conf *c, const struct crypto *crypto, unsigned index,
			    struct conf_problems *p)
{
	const struct host_conf *h = &c->host;
	const struct host_interface *i = &h->interfaces[index];

	if (i->name[0] == '\0') {
		fail(p, "add option linux_name 'INTERFACE', or remove the section",
		     "config net '%s' names no interface", i->section);
		return;
	}
	for (unsigned k = 0; k < index; k++)
		if (strcmp(h->interfaces[k].name, i->name) == 0)
			fail(p, "keep one section for each interface",
			     "config net '%s' and '%s' are both about %s", h->interfaces[k].section,
			     i->section, i->name);
	if (host_conf_makes(h, i->name))
		fail(p, "name an interface of this machine, or rename the node's own in nuvol.host",
		     "config net '%s': %s is made by the node itself", i->section, i->name);
	if (i->mtu_bytes != 0 && i->mtu_bytes < MESH_MTU_MIN)
		fail(p, "write 0, or at least 600", "config net '%s': an MTU of %u is too small",
		     i->section, i->mtu_bytes);
	bool lan = i->lan;
	for (unsigned k = 0; k < h->lan_port_count; k++)
		lan |= strcmp(h->lan_ports[k], i->name) == 0;
	if (lan && interface_is_untagged(c, crypto, i))
		fail(p, "give batadv a VLAN, or take lan from the interface",
		     "config net '%s': %s cannot be in the LAN and in a mesh without a VLAN",
		     i->section, i->name);
}

static void check_names(const struct host_conf *h, struct conf_problems *p)
{
	char port[HOST_IFNAME_ROOM];
	const char *const made[] = {h->bridge, h->cloud_port, h->anygw,
				    host_conf_anygw_port(h, port)};
	static const char *const what[] = {"bridge", "cloud_port", "anygw_interface",
					   "the anycast gateway's port"};

	for (unsigned i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		for (unsigned k = 0; k < i; k++)
			if (strcmp(made[i], made[k]) == 0)
				fail(p, "rename one of them", "%s and %s are both %s", what[k],
				     what[i], made[i]);
	for (unsigned i = 0; i < h->lan_port_count; i++)
		if (host_conf_makes(h, h->lan_ports[i]))
			fail(p, "take it out of list lan_ports",
			     "%s is made by the node itself, and cannot be a port of its LAN",
			     h->lan_ports[i]);
}

static void check_ports(const struct conf *c, struct conf_problems *p)
{
	unsigned meshes = 0;

	for (unsigned i = 0; i < c->host.interface_count; i++)
		meshes += c->host.interfaces[i].mesh;
	if (meshes > c->node.l2.ports_max)
		fail(p, "raise option ports_max in config nuvol 'cloud'",
		     "%u interfaces are in the mesh, but ports_max is %u", meshes,
		     c->node.l2.ports_max);
}

static void check_uplink(const struct conf *c, struct conf_problems *p)
{
	const struct host_uplink *u = &c->host.uplink;
	struct prefix to;

	if (u->ipv6 == HOST_IPV6_NPTV6 && (!prefix_parse(u->ipv6_prefix, &to) || !to.v6))
		fail(p,
		     "set option ipv6_prefix to one that is routed to this node, 2001:db8:1::/64",
		     "nptv6 needs a prefix, and '%s' is none", u->ipv6_prefix);
}

bool conf_check(const struct conf *c, const struct crypto *crypto, struct conf_problems *p)
{
	unsigned before = p->errors;

	check_plan(c, crypto, p);
	check_names(&c->host, p);
	check_ports(c, p);
	check_reserved(c, crypto, p);
	check_share(c, p);
	check_searches(c, crypto, p);
	check_uplink(c, p);
	for (unsigned i = 0; i < c->host.interface_count; i++)
		check_interface(c, crypto, i, p);
	return p->errors == before;
}
