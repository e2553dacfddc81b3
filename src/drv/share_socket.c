/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/share_socket.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ip.h"
#include "core/share/share.h"
#include "ctl/json.h"
#include "drv/bridge.h"
#include "drv/log.h"
#include "drv/now.h"

enum {
	RCVBUF = 4 << 20,
	/* where cBPF finds the Ethernet source, and the interface part of the IPv6 source */
	LINK_SOURCE = 6,
	NET_SOURCE = 8 + 8,
	UNIVERSAL_BIT = 0x0200, /* EUI-64 turns it over; in a MAC's first two bytes */
};

struct share_batch {
	struct mmsghdr head[SHARE_BATCH];
	struct iovec piece[SHARE_BATCH];
	struct sockaddr_in6 from[SHARE_BATCH];
	uint8_t data[SHARE_BATCH][SHARE_DATAGRAM_MAX];
};

static const struct in6_addr all_nodes = {{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};

static struct sockaddr_in6 address(const struct share_socket *s, struct mac to)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6,
				 .sin6_port = htons(SHARE_PORT),
				 .sin6_scope_id = (uint32_t)s->ifindex};
	const struct ipv6 ip = ipv6_link_local(to);

	a.sin6_addr = all_nodes;
	if (!mac_is_broadcast(to))
		memcpy(&a.sin6_addr, ip.b, sizeof(ip.b));
	return a;
}

/* ---- reading ---- */

/* false: no link-local address that was made from a MAC. */
static bool mac_of(const struct sockaddr_in6 *from, struct mac *mac)
{
	const uint8_t *b = from->sin6_addr.s6_addr;
	struct ipv6 again;

	*mac = (struct mac){{b[8] ^ 2, b[9], b[10], b[13], b[14], b[15]}};
	again = ipv6_link_local(*mac);
	return memcmp(again.b, b, sizeof(again.b)) == 0;
}

static void batch_prepare(struct share_batch *b)
{
	for (unsigned i = 0; i < SHARE_BATCH; i++) {
		b->piece[i] = (struct iovec){b->data[i], sizeof(b->data[i])};
		b->head[i].msg_hdr = (struct msghdr){.msg_name = &b->from[i],
						     .msg_namelen = sizeof(b->from[i]),
						     .msg_iov = &b->piece[i],
						     .msg_iovlen = 1};
	}
}

static void datagram_tell(struct share_socket *s, unsigned i)
{
	struct share_batch *b = s->batch;
	struct ev ev = {.kind = EV_DATAGRAM};

	ev.datagram.data = b->data[i];
	ev.datagram.len = b->head[i].msg_len;
	if (b->head[i].msg_hdr.msg_flags & MSG_TRUNC || !mac_of(&b->from[i], &ev.datagram.from)) {
		s->not_eui64++;
		return;
	}
	if (!mac_equal(ev.datagram.from, s->env.mac))
		s->env.tell(s->env.ctx, &ev);
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct share_ear *ear = poll->data;
	struct share_socket *s = ear->socket;

	(void)events;
	for (unsigned turn = 0; turn < SHARE_BATCHES; turn++) {
		batch_prepare(s->batch);
		const int n = recvmmsg(ear->fd, s->batch->head, SHARE_BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			datagram_tell(s, (unsigned)i);
		if (n < SHARE_BATCH)
			break;
	}
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, ready);
}

/* ---- opening ---- */

/* The kernel's own test: is the Ethernet source the MAC in the IPv6 source? */
static int filter_attach(int fd)
{
#define LINK(size, at)                                                                             \
	BPF_STMT(BPF_LD | (size) | BPF_ABS, (uint32_t)(SKF_LL_OFF + LINK_SOURCE + (at)))
#define NET(size, at)                                                                              \
	BPF_STMT(BPF_LD | (size) | BPF_ABS, (uint32_t)(SKF_NET_OFF + NET_SOURCE + (at)))
#define SAME(no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, no)
	static struct sock_filter code[] = {
		LINK(BPF_H, 0),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, UNIVERSAL_BIT),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		NET(BPF_H, 0),
		SAME(13),
		LINK(BPF_B, 2),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		NET(BPF_B, 2),
		SAME(9),
		LINK(BPF_B, 3),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		NET(BPF_B, 5),
		SAME(5),
		LINK(BPF_H, 4),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		NET(BPF_H, 6),
		SAME(1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

static int options_set(const struct share_socket *s, int fd)
{
	const int off = 0, on = 1, room = RCVBUF, index = s->ifindex;
	int e = filter_attach(fd);

	if (e)
		return e;
	/* Of this interface only, without CAP_NET_RAW for what comes later. */
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, s->env.bridge,
		       (socklen_t)strlen(s->env.bridge)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &off, sizeof(off)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index)))
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return 0;
}

static void poll_closed(uv_handle_t *h)
{
	free(h);
}

static void ear_close(struct share_ear *ear)
{
	if (ear->poll)
		uv_close((uv_handle_t *)ear->poll, poll_closed);
	if (ear->fd >= 0)
		close(ear->fd);
	ear->poll = NULL;
	ear->fd = -1;
}

static int ear_open(struct share_socket *s, struct share_ear *ear, struct mac at)
{
	const struct sockaddr_in6 a = address(s, at);
	uv_poll_t *poll;
	int e;

	ear->fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ear->fd < 0)
		return -errno;
	e = options_set(s, ear->fd);
	if (!e && bind(ear->fd, (const struct sockaddr *)&a, sizeof(a)))
		e = -errno;
	if (e)
		return e;
	poll = malloc(sizeof(*poll));
	if (!poll)
		return -ENOMEM;
	e = uv_poll_init(s->env.uv, poll, ear->fd);
	if (e) {
		free(poll);
		return e;
	}
	poll->data = ear;
	ear->poll = poll;
	return uv_poll_start(poll, UV_READABLE, ready);
}

static void shut(struct share_socket *s)
{
	ear_close(&s->own);
	ear_close(&s->all);
	s->ifindex = 0;
}

/* Said once, until it is another fault or none. */
static void fault_set(struct share_socket *s, const char *fault, int error)
{
	if (fault && (!s->fault || strcmp(s->fault, fault) != 0 || s->error != error))
		log_line(LOG_WARN, "no shared records on %s: %s: %s", s->env.bridge, fault,
			 strerror(-error));
	else if (!fault && s->fault)
		log_line(LOG_INFO, "shared records again on %s", s->env.bridge);
	s->fault = fault;
	s->error = error;
}

/* The address, whoever made it. Somebody may have taken it away. */
static int address_ensure(struct share_socket *s, int ifindex)
{
	const int e = bridge_add_ipv6(s->env.ask, ifindex, ipv6_link_local(s->env.mac), true);

	s->added = s->added || e == 0;
	return e == -EEXIST ? 0 : e;
}

static void settle(struct share_socket *s)
{
	const struct link *l = link_find_name(s->env.links, s->env.bridge);
	int e;

	if (s->ifindex && (!l || l->ifindex != s->ifindex))
		shut(s);
	if (!l) {
		fault_set(s, "there is no bridge", -ENODEV);
		return;
	}
	if (!mac_equal(l->mac, s->env.mac)) {
		fault_set(s, "its MAC changed, restart nuvold", -EADDRNOTAVAIL);
		shut(s);
		return;
	}
	e = address_ensure(s, l->ifindex);
	if (e) {
		fault_set(s, "cannot add a link-local address (is IPv6 off?)", e);
		return;
	}
	if (s->ifindex)
		return;
	s->ifindex = l->ifindex;
	memset(s->neighbour, 0, sizeof(s->neighbour));
	e = ear_open(s, &s->own, s->env.mac);
	if (!e)
		e = ear_open(s, &s->all, MAC_BROADCAST);
	if (e) {
		shut(s);
		/* A new address is not there at once. */
		if (e != -EADDRNOTAVAIL || s->fault)
			fault_set(s, "cannot open UDP port 16962 (is alfred running?)", e);
		return;
	}
	fault_set(s, NULL, 0);
}

static void look(uv_timer_t *t)
{
	settle(t->data);
}

void share_socket_start(struct share_socket *s, const struct share_socket_env *env)
{
	*s = (struct share_socket){.env = *env, .own = {-1, NULL, s}, .all = {-1, NULL, s}};
	s->batch = calloc(1, sizeof(*s->batch));
	if (!s->batch) {
		log_line(LOG_ERROR, "no shared records: no memory");
		return;
	}
	s->started = true;
	uv_timer_init(env->uv, &s->look);
	s->look.data = s;
	uv_timer_start(&s->look, look, SHARE_LOOK_MS, SHARE_LOOK_MS);
	settle(s);
}

void share_socket_stop(struct share_socket *s)
{
	const struct link *l;

	if (!s->started)
		return;
	l = link_find_name(s->env.links, s->env.bridge);
	shut(s);
	if (s->added && l)
		(void)bridge_del_ipv6(s->env.ask, l->ifindex, ipv6_link_local(s->env.mac));
	uv_close((uv_handle_t *)&s->look, NULL);
	free(s->batch);
	s->batch = NULL;
	s->started = false;
}

void share_socket_link(struct share_socket *s, const struct link *l, bool gone)
{
	if (!s->started || strcmp(l->name, s->env.bridge) != 0)
		return;
	if (gone && l->ifindex == s->ifindex)
		shut(s);
	else if (!gone && l->ifindex != s->ifindex)
		settle(s);
}

static void neighbour_tell(struct share_socket *s, struct mac mac)
{
	const instant now = now_boottime();
	unsigned i = 0;

	while (i < SHARE_NEIGHBOURS && !mac_equal(s->neighbour[i].mac, mac))
		i++;
	if (i < SHARE_NEIGHBOURS &&
	    instant_since(now, s->neighbour[i].told).us < span_s(SHARE_NEIGHBOUR_S).us)
		return;
	if (i == SHARE_NEIGHBOURS)
		i = s->next_neighbour++ % SHARE_NEIGHBOURS;
	s->neighbour[i].mac = mac;
	s->neighbour[i].told = now;
	/* Refused, it will ask. */
	(void)neighbour_set(s->env.effect_ask, s->ifindex, ipv6_link_local(mac), mac);
}

void share_socket_send(struct share_socket *s, const struct fx_datagram *d)
{
	struct sockaddr_in6 to = address(s, d->to);

	if (s->started && s->ifindex && !mac_is_broadcast(d->to))
		neighbour_tell(s, d->to);
	if (!s->started || !s->ifindex ||
	    sendto(s->own.fd, d->data, d->len, MSG_DONTWAIT, (const struct sockaddr *)&to,
		   sizeof(to)) < 0)
		s->unsent++;
}

/* What the kernel dropped: no room, or not from whom it said. */
static uint64_t dropped(const struct share_ear *ear)
{
	uint32_t mem[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(mem);

	if (ear->fd < 0 || getsockopt(ear->fd, SOL_SOCKET, SO_MEMINFO, mem, &len))
		return 0;
	return mem[SK_MEMINFO_DROPS];
}

json_t *share_socket_status(const struct share_socket *s)
{
	json_t *o = json_object();

	json_put_bool(o, "up", s->ifindex != 0);
	json_put_text(o, "fault", s->fault ? s->fault : "");
	json_put_count(o, "dropped", dropped(&s->own) + dropped(&s->all));
	json_put_count(o, "foreign", s->not_eui64);
	json_put_count(o, "unsent", s->unsent);
	return o;
}
