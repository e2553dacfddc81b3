/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/mesh_port.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "drv/cables.h"
#include "drv/lan.h"
#include "drv/log.h"
#include "wire/ethernet.h"

/* What a link should be, as a mesh port. */
struct wish {
	const struct host_interface *conf; /* NULL: found by itself */
	struct packet_conf packet;
	bool wifi;
	uint8_t hop_penalty;
	uint16_t mtu_bytes;
};

bool mesh_port_is_wifi(const struct host_conf *conf, const char *name)
{
	const struct host_interface *said = host_conf_interface(conf, name);
	char path[64];

	if (said && said->wifi != HOST_WIFI_AUTO)
		return said->wifi == HOST_WIFI_YES;
	snprintf(path, sizeof(path), "/sys/class/net/%s/phy80211", name);
	if (access(path, F_OK) == 0)
		return true;
	snprintf(path, sizeof(path), "/sys/class/net/%s/wireless", name);
	return access(path, F_OK) == 0;
}

bool mesh_port_is_automatic(const struct host_conf *conf, const struct link *l, bool wifi)
{
	static const char *const kinds[] = {"", "veth", "bond", "team", "dsa", "mac80211_hwsim"};
	bool kind = false;

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		kind = kind || strcmp(l->kind, kinds[i]) == 0;
	if (!kind || !l->ethernet || l->master != 0 || lan_is_port(conf, l->name))
		return false;
	if (host_conf_makes(conf, l->name))
		return false;
	for (unsigned i = 0; i < conf->interface_count; i++)
		if (strcmp(conf->interfaces[i].name, l->name) == 0)
			return false; /* it has protocols of its own */
	return !wifi || strstr(l->name, "mesh") || strstr(l->name, "adhoc") ||
	       strstr(l->name, "apup");
}

static const struct host_interface *conf_of(const struct host_conf *conf, const char *name)
{
	const struct host_interface *i = host_conf_interface(conf, name);

	return i && i->mesh ? i : NULL;
}

/* false: the link is not to carry the mesh. */
static bool wish_make(const struct mesh_ports *m, const struct link *l, struct wish *w)
{
	const struct plan *plan = m->plan;
	struct plan_tag tag = {plan->cloud_tagged, plan->cloud_vid, plan->cloud_tpid};
	const struct cable_slot *cable = cables_find(m->cables, l->name);

	*w = (struct wish){.conf = conf_of(m->conf, l->name)};
	if (!l->ethernet)
		return false;
	w->wifi = mesh_port_is_wifi(m->conf, l->name);
	if (!w->conf && cable && !cable->role.mesh)
		return false;
	if (!w->conf && !cable &&
	    !(host_conf_is_automatic(m->conf) && mesh_port_is_automatic(m->conf, l, w->wifi)))
		return false;
	if (w->conf && plan_tag(plan, w->conf->protocol, &tag) != OK)
		return false; /* conf_check refuses it before we come here */
	w->hop_penalty = w->conf ? w->conf->hop_penalty : 0;
	w->packet = (struct packet_conf){
		.ifindex = l->ifindex,
		.mac = l->mac,
		.tagged = tag.tagged,
		.vid = tag.vid,
		.tpid = tag.tpid,
		/* A cable goes in and out: its socket need not change. */
		.in_bridge = cable || l->master != 0,
		.is_veth = strcmp(l->kind, "veth") == 0,
	};
	if (tag.tagged) {
		plan_port_mac(plan, m->crypto, l->name, &w->packet.mac);
		w->packet.own_mac = !mac_equal(w->packet.mac, l->mac);
		/* Network cards look into 802.1Q tags, not into 802.1ad ones. */
		w->packet.hear_all = tag.tpid == TPID_8021Q && l->kind[0] == '\0' && !w->wifi;
	}
	w->mtu_bytes = (uint16_t)(l->mtu_bytes > UINT16_MAX ? UINT16_MAX : l->mtu_bytes);
	if (tag.tagged)
		w->mtu_bytes = (uint16_t)(w->mtu_bytes - (w->mtu_bytes > VLAN_TAG ? VLAN_TAG : 0));
	return true;
}

/* ---- slots ---- */

static struct mesh_port *slot_by_ifindex(struct mesh_ports *m, int ifindex)
{
	for (unsigned i = 0; i < m->slots_max; i++)
		if (m->slot[i].ifindex == ifindex)
			return &m->slot[i];
	return NULL;
}

/* The slot of that name, else a new one, else one whose interface is away. */
static struct mesh_port *slot_get(struct mesh_ports *m, const char *name)
{
	struct mesh_port *fresh = NULL, *away = NULL;

	for (unsigned i = m->slots_max; i-- > 0;) {
		if (strcmp(m->slot[i].name, name) == 0)
			return &m->slot[i];
		if (m->slot[i].name[0] == '\0')
			fresh = &m->slot[i];
		else if (m->slot[i].ifindex == 0)
			away = &m->slot[i];
	}
	fresh = fresh ? fresh : away;
	if (fresh) {
		*fresh = (struct mesh_port){0};
		snprintf(fresh->name, sizeof(fresh->name), "%s", name);
	}
	return fresh;
}

static uint8_t index_of(const struct mesh_ports *m, const struct mesh_port *p)
{
	return (uint8_t)(p - m->slot);
}

static bool told_same(const struct ev_port *a, const struct ev_port *b)
{
	return a->up == b->up && a->wifi == b->wifi && a->hop_penalty == b->hop_penalty &&
	       mac_equal(a->mac, b->mac) && a->mtu_bytes == b->mtu_bytes;
}

static void port_tell(struct mesh_ports *m, struct mesh_port *p, const struct ev_port *ev)
{
	if ((!ev->up && !p->told.up) || told_same(ev, &p->told))
		return;
	if (ev->up != p->told.up)
		log_line(LOG_INFO, "mesh interface %s is %s", p->name, ev->up ? "up" : "down");
	p->told = *ev;
	m->tell(m->ctx, ev);
}

static void port_down(struct mesh_ports *m, struct mesh_port *p)
{
	struct ev_port ev = p->told;

	ev.up = false;
	port_tell(m, p, &ev);
}

static void socket_close(struct mesh_ports *m, struct mesh_port *p)
{
	if (!p->packet)
		return;
	m->socket(m->ctx, index_of(m, p), NULL);
	packet_close(p->packet);
	free(p->packet);
	p->packet = NULL;
	(void)m->fast(m->ctx, index_of(m, p), p->name, NULL);
}

/* But for what the fast path says. */
static bool socket_same(const struct packet_conf *a, const struct packet_conf *b)
{
	return a->ifindex == b->ifindex && mac_equal(a->mac, b->mac) && a->own_mac == b->own_mac &&
	       a->hear_all == b->hear_all && a->tagged == b->tagged && a->vid == b->vid &&
	       a->tpid == b->tpid && a->in_bridge == b->in_bridge;
}

/* Opens the socket, or opens it anew when it must be another. */
static void socket_settle(struct mesh_ports *m, struct mesh_port *p, const struct packet_conf *conf)
{
	struct packet_conf wanted = *conf;
	int e;

	if (p->packet && socket_same(&p->packet->conf, conf))
		return;
	if (p->packet)
		port_down(m, p);
	socket_close(m, p);
	wanted.marked = m->fast(m->ctx, index_of(m, p), p->name, conf);
	p->packet = calloc(1, sizeof(*p->packet));
	e = p->packet ? packet_open(p->packet, &wanted) : -ENOMEM;
	if (e) {
		snprintf(p->fault, sizeof(p->fault), "no packet socket: %s", strerror(-e));
		log_line(LOG_ERROR,
			 "mesh interface %s: no packet socket: %s; do we have CAP_NET_RAW?",
			 p->name, strerror(-e));
		free(p->packet);
		p->packet = NULL;
		return;
	}
	m->socket(m->ctx, index_of(m, p), p->packet);
}

static void port_away(struct mesh_ports *m, struct mesh_port *p)
{
	port_down(m, p);
	socket_close(m, p);
	p->ifindex = 0;
	p->met = false;
	snprintf(p->fault, sizeof(p->fault), "the interface is not there");
}

/* What the interface needs from us: its MTU, if configured, and to be on. */
static void link_settle(struct mesh_ports *m, struct mesh_port *p, const struct link *l,
			const struct wish *w)
{
	int e;

	if (w->conf && w->conf->mtu_bytes != 0 && w->conf->mtu_bytes != l->mtu_bytes) {
		e = link_set_mtu(m->ask, l->ifindex, w->conf->mtu_bytes);
		if (e)
			log_line(LOG_WARN,
				 "mesh interface %s cannot have an MTU of %u: %s; it stays at %u",
				 l->name, w->conf->mtu_bytes, strerror(-e), l->mtu_bytes);
	}
	/* Only once: later it is somebody's wish that it is off. */
	if (!l->up && !p->met) {
		e = link_set_up(m->ask, l->ifindex, true);
		if (e)
			log_line(LOG_WARN, "cannot switch %s on: %s", l->name, strerror(-e));
	}
	p->met = true;
}

static void port_settle(struct mesh_ports *m, struct mesh_port *p, const struct link *l,
			const struct wish *w)
{
	struct ev_port ev = {
		.port = index_of(m, p),
		.wifi = w->wifi,
		.hop_penalty = w->hop_penalty,
		.mac = w->packet.mac,
		.mtu_bytes = w->mtu_bytes,
	};

	p->ifindex = l->ifindex;
	p->mtu_bytes = l->mtu_bytes;
	p->carrier = l->carrier;
	p->fault[0] = '\0';
	socket_settle(m, p, &w->packet);
	ev.up = p->packet && l->up && l->carrier && w->mtu_bytes >= MESH_MTU_MIN;
	if (!l->up)
		snprintf(p->fault, sizeof(p->fault), "the interface is switched off");
	else if (!l->carrier)
		snprintf(p->fault, sizeof(p->fault), "no carrier");
	else if (w->mtu_bytes < MESH_MTU_MIN)
		snprintf(p->fault, sizeof(p->fault), "an MTU of %u is too small", w->mtu_bytes);
	port_tell(m, p, &ev);
	link_settle(m, p, l, w);
}

void mesh_ports_init(struct mesh_ports *m)
{
	memset(m->slot, 0, sizeof(m->slot));
	assert(m->slots_max > 0 && m->slots_max <= PORT_MAX);
}

void mesh_ports_fini(struct mesh_ports *m)
{
	for (unsigned i = 0; i < m->slots_max; i++)
		socket_close(m, &m->slot[i]);
}

void mesh_ports_link(struct mesh_ports *m, const struct link *l, bool gone)
{
	struct mesh_port *p = slot_by_ifindex(m, l->ifindex);
	struct wish w;
	bool wanted = !gone && wish_make(m, l, &w);

	/* Gone, not wanted any more, or it has another name now. */
	if (p && (!wanted || strcmp(p->name, l->name) != 0)) {
		port_away(m, p);
		p = NULL;
	}
	if (!wanted)
		return;
	p = p ? p : slot_get(m, l->name);
	if (!p) {
		log_line(LOG_WARN,
			 "%s is not used for the mesh: there are %u interfaces already; "
			 "raise ports_max of nuvol.cloud, or name the interfaces to use",
			 l->name, m->slots_max);
		return;
	}
	port_settle(m, p, l, &w);
}
