/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/cables.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drv/announce.h"
#include "drv/bridge.h"
#include "drv/log.h"
#include "drv/mesh_port.h"
#include "drv/now.h"
#include "wire/ethernet.h"
#include "wire/hello.h"

/* Newer than some C libraries. */
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum {
	FRAME_MIN = 60,	    /* of Ethernet, without the check sequence */
	FRAME_ROOM = 128,   /* of what is read */
	READ_BATCH = 32,    /* hellos at once; more wait */
	READ_QUEUE = 16384, /* bytes of kernel memory for them */
	SETTLE_ROUNDS = 4,
};

/* ---- which interfaces ---- */

static bool is_cable(const struct cables *c, const struct link *l)
{
	bool lan = lan_is_port(c->conf, l->name) || lan_has_taken(c->lan, l->name) ||
		   (c->lan->bridge != 0 && l->master == c->lan->bridge);

	return lan && l->ethernet && !host_conf_makes(c->conf, l->name) &&
	       strcmp(l->kind, "bridge") != 0 && !mesh_port_is_wifi(c->conf, l->name);
}

const struct cable_slot *cables_find(const struct cables *c, const char *name)
{
	for (unsigned i = 0; c && i < LAN_PORT_MAX; i++)
		if (c->slot[i].ifindex != 0 && strcmp(c->slot[i].name, name) == 0)
			return &c->slot[i];
	return NULL;
}

static bool is_bridging(const struct cable_slot *s)
{
	return s->role.role == LAN_ALONE || s->role.role == LAN_DESIGNATED;
}

bool cables_bridge(const struct cables *c, const struct link *l)
{
	const struct cable_slot *s = cables_find(c, l->name);

	if (s)
		return s->fd < 0 || is_bridging(s);
	return c->full || !is_cable(c, l);
}

/* ---- the socket ---- */

static int filter_attach(int fd)
{
	/* Hellos that came in, without a VLAN tag. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 4, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PROTOCOL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_HELLO, 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, FRAME_ROOM),
	};
	struct sock_fprog prog = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ? -errno : 0;
}

/* Of all ethertypes: a bridge takes its ports' frames before others get them. */
static int socket_open(int ifindex)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, queue = READ_QUEUE, e;

	if (fd < 0)
		return -errno;
	e = filter_attach(fd);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
	/* Without it (before Linux 4.20) the filter drops them. */
	(void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	if (!e && bind(fd, (const struct sockaddr *)(const void *)&sll, sizeof(sll)))
		e = -errno;
	if (e)
		close(fd);
	return e ? e : fd;
}

static void hello_rx(struct cables *c, uint8_t port, const uint8_t *frame, size_t len)
{
	struct ethernet h;
	struct ev ev = {.kind = EV_HELLO};

	if (ethernet_parse(frame, len, &h) != OK || h.type != ETHERTYPE_HELLO)
		return;
	ev.hello = (struct ev_hello){port, h.src, h.payload, h.payload_len};
	c->tell(c->ctx, &ev);
}

/* An interface that went down is an error that reading takes away. */
static void hello_ready(uv_poll_t *poll, int status, int events)
{
	struct cable_watch *w = poll->data;
	uint8_t frame[FRAME_ROOM];

	(void)events;
	for (unsigned i = 0; i < READ_BATCH; i++) {
		ssize_t n = recv(w->cables->slot[w->port].fd, frame, sizeof(frame), MSG_DONTWAIT);

		if (n < 0)
			break;
		hello_rx(w->cables, w->port, frame, (size_t)n);
	}
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, hello_ready);
}

static void watch_closed(uv_handle_t *h)
{
	free(h->data);
}

static void slot_close(struct cable_slot *s)
{
	if (s->watch)
		uv_close((uv_handle_t *)&s->watch->poll, watch_closed);
	s->watch = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void slot_open(struct cables *c, struct cable_slot *s)
{
	int e = 0;

	s->fd = socket_open(s->ifindex);
	s->watch = calloc(1, sizeof(*s->watch));
	if (s->fd < 0)
		e = s->fd;
	else if (!s->watch || uv_poll_init(c->uv, &s->watch->poll, s->fd))
		e = -ENOMEM;
	if (e) {
		log_line(LOG_ERROR,
			 "%s: no packet socket: %s; other nodes on this cable are not seen",
			 s->name, strerror(-e));
		free(s->watch);
		s->watch = NULL;
		slot_close(s);
		return;
	}
	s->watch->poll.data = s->watch;
	s->watch->cables = c;
	s->watch->port = (uint8_t)(s - c->slot);
	uv_poll_start(&s->watch->poll, UV_READABLE, hello_ready);
}

static void hello_tx(const struct cables *c, const struct fx_hello *h)
{
	const struct cable_slot *s = &c->slot[h->port];
	uint8_t frame[FRAME_MIN] = {0};
	struct wr w = wr_over(frame, sizeof(frame));

	ethernet_write(&w, MAC_BROADCAST, hello_source(c->node->plan.primary_mac, h->port),
		       ETHERTYPE_HELLO);
	wr_bytes(&w, h->data, h->len);
	if (!w.bad && s->fd >= 0)
		(void)!send(s->fd, frame, sizeof(frame), MSG_DONTWAIT);
}

/* ---- links ---- */

/* The slot of that name, else a new one, else one whose interface is away. */
static struct cable_slot *slot_get(struct cables *c, const char *name)
{
	struct cable_slot *fresh = NULL, *away = NULL;

	for (unsigned i = LAN_PORT_MAX; i-- > 0;) {
		struct cable_slot *s = &c->slot[i];

		if (strcmp(s->name, name) == 0)
			return s;
		if (s->name[0] == '\0')
			fresh = s;
		else if (s->ifindex == 0)
			away = s;
	}
	fresh = fresh ? fresh : away;
	if (fresh) {
		*fresh = (struct cable_slot){.fd = -1, .done.role = LAN_LISTENING};
		snprintf(fresh->name, sizeof(fresh->name), "%s", name);
	}
	return fresh;
}

static struct cable_slot *slot_by_ifindex(struct cables *c, int ifindex)
{
	for (unsigned i = 0; i < LAN_PORT_MAX; i++)
		if (c->slot[i].ifindex == ifindex)
			return &c->slot[i];
	return NULL;
}

static void slot_tell(struct cables *c, struct cable_slot *s, const struct ev_lan_port *p)
{
	const struct ev ev = {.kind = EV_LAN_PORT, .lan_port = *p};

	s->found = s->found && !p->up;
	s->told = *p;
	c->tell(c->ctx, &ev);
}

static void slot_down(struct cables *c, struct cable_slot *s)
{
	const struct ev_lan_port down = {.port = (uint8_t)(s - c->slot)};

	if (s->told.up)
		slot_tell(c, s, &down);
}

/* Others who must know. */
static void slot_told(struct cables *c, struct cable_slot *s)
{
	struct fx_lan_role *r = &s->done;

	if (r->role == s->role.role && r->quiet == s->role.quiet)
		return;
	*r = s->role;
	c->role_done(c->ctx, s->name, r);
}

static void slot_away(struct cables *c, struct cable_slot *s)
{
	slot_down(c, s);
	slot_close(s);
	s->ifindex = 0;
	s->meshes = false;
	s->role = (struct fx_lan_role){.role = LAN_LISTENING};
	slot_told(c, s);
}

/* A port of the LAN says nothing of its own: another node would take it for a client, and a
 * client would take its answer to ARP for the gateway's. */
static const struct {
	const char *family, *name;
	int value;
} mutes[] = {{"ipv6", "disable_ipv6", 1}, {"ipv4", "arp_ignore", 8}};

/* What was before is there again when we leave, or the daemon after us. */
static void slot_mute(const struct cables *c, const struct cable_slot *s)
{
	char name[MADE_SYSCTL_ROOM];
	int before;

	for (unsigned i = 0; i < sizeof(mutes) / sizeof(mutes[0]); i++) {
		snprintf(name, sizeof(name), "net/%s/conf/%s/%s", mutes[i].family, s->name,
			 mutes[i].name);
		if (!sysctl_get(name, &before) || before == mutes[i].value ||
		    sysctl_set(name, mutes[i].value))
			continue;
		if (made_add_sysctl(&c->lan->made, name, before))
			lan_save(c->lan);
	}
}

/* A port that was met for the first time. */
static void slot_meet(struct cables *c, struct cable_slot *s, const struct link *l)
{
	int e;

	s->ifindex = l->ifindex;
	s->role = (struct fx_lan_role){.role = LAN_LISTENING};
	s->found = c->lan->bridge != 0 && l->master == c->lan->bridge;
	s->met = now_boottime();
	slot_mute(c, s);
	slot_open(c, s);
	if (l->up || !lan_is_port(c->conf, l->name))
		return;
	e = link_set_up(c->lan->ask, l->ifindex, true);
	if (e)
		log_line(LOG_WARN, "cannot switch %s on: %s", l->name, strerror(-e));
}

void cables_link(struct cables *c, const struct link *l, bool gone)
{
	struct cable_slot *s = slot_by_ifindex(c, l->ifindex);
	bool met = false;

	/* A port that we have taken out of the bridge is one still. */
	if (s && (gone || strcmp(s->name, l->name) != 0)) {
		slot_away(c, s);
		s = NULL;
	}
	if (!s && (gone || !is_cable(c, l)))
		return;
	s = s ? s : slot_get(c, l->name);
	if (!s) {
		if (!c->full)
			log_line(LOG_WARN, "%s is not watched for other nodes: %u ports are",
				 l->name, LAN_PORT_MAX);
		c->full = true;
		return;
	}
	if (s->ifindex == 0) {
		slot_meet(c, s, l);
		met = true;
	}
	struct ev_lan_port p = {
		.port = (uint8_t)(s - c->slot),
		.up = l->up && l->carrier && s->fd >= 0,
		.bridged = c->lan->bridge != 0 && l->master == c->lan->bridge,
		.clients = s->told.clients,
	};
	if (met || p.up != s->told.up)
		slot_tell(c, s, &p);
}

/* ---- roles ---- */

void cables_effect(struct cables *c, const struct effect *e)
{
	if (e->kind == FX_HELLO)
		hello_tx(c, &e->hello);
	if (e->kind != FX_LAN_ROLE)
		return;
	struct cable_slot *s = &c->slot[e->lan_role.port];

	if (s->role.role != e->lan_role.role)
		log_line(LOG_INFO, "cable at %s: %s", s->name, lan_role_name(e->lan_role.role));
	s->role = e->lan_role;
	c->unsettled = true;
}

static void slot_move(struct cables *c, struct cable_slot *s, const struct link *l, bool in)
{
	int e = lan_move_port(c->lan, l, in);

	if (e && e != s->error)
		log_line(LOG_ERROR, "cannot %s %s: %s",
			 in ? "put into the bridge" : "take out of it", s->name, strerror(-e));
	s->error = e;
	(void)links_refresh(c->links, s->ifindex);
}

/* Frames for its mesh port end here, and are not bridged on. */
static void mesh_own(const struct cables *c, const struct cable_slot *s)
{
	for (unsigned i = 0; i < c->mesh->slots_max; i++) {
		const struct mesh_port *p = &c->mesh->slot[i];

		if (p->ifindex == s->ifindex && p->packet)
			(void)bridge_own_mac(c->lan->ask, s->ifindex, p->packet->conf.mac);
	}
}

static void slot_settle(struct cables *c, struct cable_slot *s)
{
	const struct link *l = link_find(c->links, s->ifindex);
	bool in, was_in, meshes;

	if (!l || s->fd < 0 || c->lan->bridge == 0)
		return;
	in = is_bridging(s);
	was_in = l->master == c->lan->bridge;
	if (s->found && instant_since(now_boottime(), s->met).us < span_ms(CABLES_FOUND_MS).us)
		return;
	if (in != was_in)
		slot_move(c, s, l, in);
	meshes = s->role.mesh && (!s->meshes || in != was_in);
	if (s->role.mesh != s->meshes) {
		s->meshes = s->role.mesh;
		l = link_find(c->links, s->ifindex);
		if (l)
			mesh_ports_link(c->mesh, l, false);
	}
	if (s->role.changes != s->changes) {
		s->changes = s->role.changes;
		if (in && was_in)
			(void)bridge_flush(c->lan->ask, s->ifindex);
		s->announcements = CABLES_ANNOUNCEMENTS;
		s->announce_at = now_boottime();
	}
	if (in && meshes)
		mesh_own(c, s);
}

static void segment_send(void *ctx, const uint8_t *frame, size_t len)
{
	const struct cable_slot *s = ctx;

	(void)!send(s->fd, frame, len, MSG_DONTWAIT);
}

static void cloud_send(void *ctx, const uint8_t *frame, size_t len)
{
	const struct cables *c = ctx;
	const struct ev ev = {.kind = EV_FRAME, .frame = {PORT_CLOUD, frame, len}};

	c->tell(c->ctx, &ev);
}

static void slot_announce(struct cables *c, struct cable_slot *s, instant now)
{
	struct announce a = {.node = c->node,
			     .fdb = c->fdb,
			     .ifindex = s->ifindex,
			     .port = (uint8_t)(s - c->slot),
			     .quiet = s->role.quiet,
			     .lan = c->lan->mac};

	if (s->announcements == 0 || !instant_reached(s->announce_at, now) || s->fd < 0)
		return;
	s->announcements--;
	s->announce_at = instant_add(now, span_ms(CABLES_ANNOUNCE_MS));
	if (is_bridging(s)) {
		a.send = segment_send;
		a.ctx = s;
		announce_to_segment(&a);
	} else if (s->role.role == LAN_STANDBY) {
		a.send = cloud_send;
		a.ctx = c;
		announce_to_cloud(&a);
	}
}

void cables_settle(struct cables *c)
{
	for (unsigned round = 0; round < SETTLE_ROUNDS && c->unsettled; round++) {
		c->unsettled = false;
		/* Out first: a loop must not last. */
		for (unsigned i = 0; i < LAN_PORT_MAX; i++)
			if (c->slot[i].ifindex != 0 && !is_bridging(&c->slot[i]))
				slot_settle(c, &c->slot[i]);
		for (unsigned i = 0; i < LAN_PORT_MAX; i++)
			if (c->slot[i].ifindex != 0 && is_bridging(&c->slot[i]))
				slot_settle(c, &c->slot[i]);
		for (unsigned i = 0; i < LAN_PORT_MAX; i++) {
			if (c->slot[i].ifindex != 0)
				slot_told(c, &c->slot[i]);
			slot_announce(c, &c->slot[i], now_boottime());
		}
	}
}

static bool is_node(void *ctx, struct mac mac)
{
	const struct cables *c = ctx;

	return l2_is_neighbour(&c->node->l2, mac);
}

void cables_look(struct cables *c)
{
	for (unsigned i = 0; i < LAN_PORT_MAX; i++) {
		struct cable_slot *s = &c->slot[i];
		struct ev_lan_port p = s->told;

		if (s->ifindex == 0 || s->fd < 0)
			continue;
		if (s->told.up && link_has_carrier(s->fd, s->name) == 0)
			(void)links_refresh(c->links, s->ifindex);
		p.clients = fdb_has_client(c->fdb, s->ifindex, is_node, c);
		if (s->told.up && p.up && p.clients != s->told.clients)
			slot_tell(c, s, &p);
	}
	c->unsettled = true;
}

/* ---- beginning and end ---- */

void cables_init(struct cables *c)
{
	c->unsettled = c->full = false;
	for (unsigned i = 0; i < LAN_PORT_MAX; i++)
		c->slot[i] = (struct cable_slot){.fd = -1, .done.role = LAN_LISTENING};
}

void cables_stop(struct cables *c)
{
	for (unsigned i = 0; i < LAN_PORT_MAX; i++) {
		struct cable_slot *s = &c->slot[i];

		if (s->ifindex == 0)
			continue;
		/* Another node serves there: two bridges must not meet when we are gone. */
		if (s->role.role == LAN_STANDBY && lan_has_taken(c->lan, s->name)) {
			log_line(LOG_WARN, "%s stays out of the bridge: another node is there",
				 s->name);
			lan_forget_taken(c->lan, s->name);
		}
		slot_down(c, s);
		slot_close(s);
	}
}
