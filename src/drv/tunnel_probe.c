/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/tunnel_probe.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "drv/checksum.h"
#include "drv/log.h"
#include "drv/now.h"
#include "wire/dns.h"

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	ECHO_HEADER = 8,
	HOP_LIMIT = 64,
	TCP_WINDOW = 1024,
	TCP_SYN = 0x02,
	TCP_ACK = 0x10,
	ROUNDS = 64,
	ICMP_FILTER_OPTION = 1, /* linux/icmp.h, which does not go with netinet's */
};

static uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

static void put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, (uint16_t)(v >> 16));
	put_be16(p + 2, (uint16_t)v);
}

static unsigned index_of(enum uplink_means means, bool v6)
{
	return (unsigned)means * 2 + v6;
}

/* ---- what comes ---- */

struct came {
	bool v6;
	struct prefix from;
	const uint8_t *data; /* of the upper layer */
	size_t len;
};

static bool came_from(const struct sockaddr_storage *a, struct came *c)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct ipv4 from4 = {{0}, 32};
	struct ipv6 from6 = {{0}, 128};

	memcpy(&v4, a, sizeof(v4));
	memcpy(&v6, a, sizeof(v6));
	memcpy(from4.b, &v4.sin_addr, sizeof(from4.b));
	memcpy(from6.b, &v6.sin6_addr, sizeof(from6.b));
	c->from = c->v6 ? prefix_of6(from6) : prefix_of4(from4);
	return a->ss_family == (c->v6 ? AF_INET6 : AF_INET);
}

static struct probe_slot *slot_at(struct tunnel_probes *p, uint32_t cookie)
{
	return &p->slot[cookie % PROBE_SLOTS];
}

/* The probe that it answers; NULL: none. */
static struct probe_slot *answer_find(struct tunnel_probes *p, enum uplink_means means,
				      const struct came *c)
{
	const uint8_t *d = c->data;
	struct probe_slot *s = NULL;
	struct prefix address;
	bool ok = false;

	switch (means) {
	case UPLINK_PING:
		if (c->len < ECHO_HEADER)
			return NULL;
		s = slot_at(p, get_be32(d + 4));
		ok = d[0] == (c->v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
		     get_be32(d + 4) == s->cookie;
		break;
	case UPLINK_TCP:
		if (c->len < TCP_HEADER)
			return NULL;
		s = slot_at(p, get_be32(d + 8) - 1);
		ok = get_be16(d + 2) == p->tcp_port[c->v6] && get_be16(d) == s->target.port &&
		     (d[13] & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) &&
		     get_be32(d + 8) - 1 == s->cookie;
		break;
	case UPLINK_DNS:
		if (c->len < 2)
			return NULL;
		s = slot_at(p, get_be16(d));
		ok = dns_answer_parse(d, c->len, (uint16_t)s->cookie, p->name, c->v6, &address) ==
		     OK;
		break;
	case UPLINK_WEB: return NULL;
	}
	return ok && s->token && s->target.means == means && prefix_equal(&s->target.at, &c->from)
		       ? s
		       : NULL;
}

static void answer_came(struct tunnel_probes *p, enum uplink_means means, const struct came *c)
{
	struct probe_slot *s = answer_find(p, means, c);
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_ANSWER}};

	if (!s)
		return;
	ev.tunnel.answer.token = s->token;
	s->token = 0;
	p->answered++;
	p->tell(p->ctx, &ev);
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct tunnel_probes *p = poll->data;
	uint8_t data[1536];
	unsigned i = 0;

	(void)status;
	(void)events;
	while (p->poll[i] != poll)
		i++;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct came c = {.v6 = i % 2, .data = data};
		enum uplink_means means = (enum uplink_means)(i / 2);
		struct sockaddr_storage from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t len = recvfrom(p->fd[i], data, sizeof(data), 0, (struct sockaddr *)&from,
				       &from_len);
		size_t skip = 0;

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (len <= 0)
			continue;		  /* an ICMP error that the socket is told */
		if (!c.v6 && means != UPLINK_DNS) /* raw sockets of IPv4 show the header */
			skip = (size_t)(data[0] & 0xf) * 4;
		if (skip > (size_t)len || !came_from(&from, &c))
			continue;
		c.data += skip;
		c.len = (size_t)len - skip;
		answer_came(p, means, &c);
	}
	if (!uv_is_active((uv_handle_t *)poll))
		uv_poll_start(poll, UV_READABLE, ready);
}

/* ---- sockets ---- */

static uint16_t port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	uint16_t port = 0;

	if (getsockname(fd, (struct sockaddr *)&a, &len) == 0) /* at the same place in both */
		memcpy(&port, (const uint8_t *)&a + offsetof(struct sockaddr_in, sin_port), 2);
	return ntohs(port);
}

/* Any address, and a port that the kernel gives; 0: none. */
static uint16_t any_port(int fd, bool v6)
{
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6};
	struct sockaddr_in a4 = {.sin_family = AF_INET};
	const int on = 1;

	if (v6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (v6 ? bind(fd, (struct sockaddr *)&a6, sizeof(a6))
	       : bind(fd, (struct sockaddr *)&a4, sizeof(a4)))
		return 0;
	return port_of(fd);
}

/* Only what accepts a connection of ours: all that comes by TCP is shown to a raw socket. */
static void tcp_filter(int fd, bool v6, uint16_t port)
{
	/* X: where TCP begins */
	struct sock_filter code[] = {
		v6 ? (struct sock_filter)BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 0)
		   : (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TCP_SYN | TCP_ACK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TCP_SYN | TCP_ACK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static void echo_filter(int fd, bool v6)
{
	const uint32_t others = ~(1u << ICMP_ECHOREPLY);
	struct icmp6_filter only;

	ICMP6_FILTER_SETBLOCKALL(&only);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only);
	if (v6)
		(void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only, sizeof(only));
	else
		(void)setsockopt(fd, SOL_RAW, ICMP_FILTER_OPTION, &others, sizeof(others));
}

static int socket_open(struct tunnel_probes *p, enum uplink_means means, bool v6)
{
	const int family = v6 ? AF_INET6 : AF_INET, flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = -1;

	switch (means) {
	case UPLINK_PING:
		fd = socket(family, SOCK_RAW | flags, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
		echo_filter(fd, v6);
		break;
	case UPLINK_TCP:
		p->reserve[v6] = socket(family, SOCK_STREAM | flags, 0);
		p->tcp_port[v6] = any_port(p->reserve[v6], v6);
		if (p->tcp_port[v6] == 0)
			return -1;
		fd = socket(family, SOCK_RAW | flags, IPPROTO_TCP);
		tcp_filter(fd, v6, p->tcp_port[v6]);
		break;
	case UPLINK_DNS:
		fd = socket(family, SOCK_DGRAM | flags, 0);
		p->dns_port[v6] = any_port(fd, v6);
		break;
	case UPLINK_WEB: break;
	}
	return fd;
}

static void poll_closed(uv_handle_t *h)
{
	free(h);
}

static void socket_watch(struct tunnel_probes *p, unsigned i)
{
	uv_poll_t *poll = p->fd[i] < 0 ? NULL : calloc(1, sizeof(*poll));

	if (poll && uv_poll_init(p->uv, poll, p->fd[i]) == 0) {
		poll->data = p;
		p->poll[i] = poll;
		uv_poll_start(poll, UV_READABLE, ready);
		return;
	}
	free(poll);
	if (p->fd[i] >= 0)
		close(p->fd[i]);
	p->fd[i] = -1;
}

/* ---- what leaves ---- */

static void ipv4_write(struct wr *w, const uint8_t *from, const uint8_t *to, uint8_t protocol,
		       size_t len)
{
	uint8_t h[IPV4_HEADER] = {0x45};

	put_be16(h + 2, (uint16_t)(IPV4_HEADER + len));
	h[8] = HOP_LIMIT;
	h[9] = protocol;
	memcpy(h + 12, from, 4);
	memcpy(h + 16, to, 4);
	checksum_store(h + 10, checksum_add(0, h, sizeof(h)));
	wr_bytes(w, h, sizeof(h));
}

static void ipv6_write(struct wr *w, const uint8_t *from, const uint8_t *to, uint8_t protocol,
		       size_t len)
{
	uint8_t h[IPV6_HEADER] = {0x60};

	put_be16(h + 4, (uint16_t)len);
	h[6] = protocol;
	h[7] = HOP_LIMIT;
	memcpy(h + 8, from, 16);
	memcpy(h + 24, to, 16);
	wr_bytes(w, h, sizeof(h));
}

/* The message of the upper layer, without its checksum; its length. */
static size_t echo_write(const struct probe_slot *s, uint8_t *out)
{
	memset(out, 0, ECHO_HEADER);
	out[0] = s->target.at.v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	put_be32(out + 4, s->cookie);
	return ECHO_HEADER;
}

static size_t syn_write(const struct tunnel_probes *p, const struct probe_slot *s, uint8_t *out)
{
	memset(out, 0, TCP_HEADER);
	put_be16(out, p->tcp_port[s->target.at.v6]);
	put_be16(out + 2, s->target.port);
	put_be32(out + 4, s->cookie);
	out[12] = TCP_HEADER / 4 << 4;
	out[13] = TCP_SYN;
	put_be16(out + 14, TCP_WINDOW);
	return TCP_HEADER;
}

static size_t question_write(const struct tunnel_probes *p, const struct probe_slot *s,
			     uint8_t *out, size_t room)
{
	struct wr w = wr_over(out + UDP_HEADER, room - UDP_HEADER);
	size_t len;

	dns_question_write(&w, (uint16_t)s->cookie, p->name, s->target.at.v6);
	len = UDP_HEADER + wr_len(&w);
	memset(out, 0, UDP_HEADER);
	put_be16(out, p->dns_port[s->target.at.v6]);
	put_be16(out + 2, DNS_PORT);
	put_be16(out + 4, (uint16_t)len);
	return w.bad ? 0 : len;
}

/* The whole packet; 0: it cannot be written. */
static size_t probe_write(const struct tunnel_probes *p, const struct probe_slot *s,
			  const struct tunnel_end *end, uint8_t *out, size_t room)
{
	const bool v6 = s->target.at.v6;
	const uint8_t *from = v6 ? end->inner6.b : end->inner4.b;
	const uint8_t *to = s->target.at.net.b;
	uint8_t upper[DNS_MESSAGE_MAX + UDP_HEADER];
	uint8_t protocol = IPPROTO_UDP;
	size_t len = 0, sum_at = 6;
	uint64_t sum;
	struct wr w = wr_over(out, room);

	switch (s->target.means) {
	case UPLINK_PING:
		len = echo_write(s, upper);
		protocol = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		sum_at = 2;
		break;
	case UPLINK_TCP:
		len = syn_write(p, s, upper);
		protocol = IPPROTO_TCP;
		sum_at = 16;
		break;
	case UPLINK_DNS: len = question_write(p, s, upper, sizeof(upper)); break;
	case UPLINK_WEB: break;
	}
	if (len == 0)
		return 0;
	sum = protocol == IPPROTO_ICMP
		      ? 0
		      : checksum_pseudo(from, to, v6 ? 16 : 4, protocol, (uint32_t)len);
	checksum_store(upper + sum_at, checksum_add(sum, upper, len));
	if (protocol == IPPROTO_UDP && upper[sum_at] == 0 && upper[sum_at + 1] == 0)
		memset(upper + sum_at, 0xff, 2); /* 0 would mean: none */
	if (v6)
		ipv6_write(&w, from, to, protocol, len);
	else
		ipv4_write(&w, from, to, protocol, len);
	wr_bytes(&w, upper, len);
	return w.bad ? 0 : wr_len(&w);
}

static bool packet_send(const struct tunnel_probes *p, const struct probe_slot *s,
			const struct tunnel_end *end, int ifindex)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(s->target.at.v6 ? ETH_P_IPV6 : ETH_P_IP),
				 .sll_ifindex = ifindex};
	uint8_t packet[IPV6_HEADER + UDP_HEADER + DNS_MESSAGE_MAX];
	size_t len = probe_write(p, s, end, packet, sizeof(packet));

	return len > 0 &&
	       sendto(p->out, packet, len, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)len;
}

/* ---- all of it ---- */

static void unsent_tell(uv_timer_t *timer)
{
	struct tunnel_probes *p = timer->data;
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_ANSWER}};

	while (p->unsents > 0) {
		ev.tunnel.answer =
			(struct ev_tunnel_answer){.token = p->unsent[--p->unsents], .unsent = true};
		p->tell(p->ctx, &ev);
	}
}

static void refuse(struct tunnel_probes *p, uint32_t token)
{
	p->refused++;
	if (!p->started || p->unsents == PROBE_TOLD)
		return;
	p->unsent[p->unsents++] = token;
	uv_timer_start(&p->later, unsent_tell, 1, 0);
}

void tunnel_probe_queue(struct tunnel_probes *p, const struct tunnel_probe *probe)
{
	if (p->queued < PROBE_QUEUE)
		p->queue[p->queued++] = *probe;
	else
		refuse(p, probe->token);
}

const struct tunnel_probe *tunnel_probe_next(struct tunnel_probes *p)
{
	if (p->taken < p->queued)
		return &p->queue[p->taken++];
	p->taken = p->queued = 0;
	return NULL;
}

void tunnel_probe_send(struct tunnel_probes *p, const struct tunnel_probe *probe,
		       const struct tunnel_end *end, int ifindex)
{
	const struct uplink_target *t = &probe->target;
	struct probe_slot *s;
	uint32_t random;

	if (ifindex == 0 || p->out < 0 || t->means == UPLINK_WEB ||
	    p->fd[index_of(t->means, t->at.v6)] < 0 || !bucket_take(&p->bucket, now_boottime()) ||
	    getrandom(&random, sizeof(random), 0) != sizeof(random)) {
		refuse(p, probe->token);
		return;
	}
	p->next++;
	s = slot_at(p, p->next);
	*s = (struct probe_slot){probe->token, *t, 0};
	s->cookie = random / PROBE_SLOTS * PROBE_SLOTS + p->next % PROBE_SLOTS;
	if (packet_send(p, s, end, ifindex)) {
		p->sent++;
		return;
	}
	s->token = 0;
	refuse(p, probe->token);
}

void tunnel_probes_start(struct tunnel_probes *p)
{
	p->out = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->out < 0)
		log_line(LOG_WARN, "gateways cannot be asked whether they work: %s",
			 strerror(errno));
	p->reserve[0] = p->reserve[1] = -1;
	bucket_init(&p->bucket, PROBE_AT_ONCE, span_us(1000000 / PROBE_RATE), now_boottime());
	for (unsigned i = 0; i < PROBE_SOCKETS; i++) {
		p->fd[i] = socket_open(p, (enum uplink_means)(i / 2), i % 2);
		socket_watch(p, i);
	}
	uv_timer_init(p->uv, &p->later);
	p->later.data = p;
	p->started = true;
}

void tunnel_probes_stop(struct tunnel_probes *p)
{
	for (unsigned i = 0; i < PROBE_SOCKETS; i++) {
		if (p->poll[i])
			uv_close((uv_handle_t *)p->poll[i], poll_closed);
		p->poll[i] = NULL;
		if (p->fd[i] >= 0)
			close(p->fd[i]);
	}
	for (unsigned i = 0; i < 2; i++)
		if (p->reserve[i] >= 0)
			close(p->reserve[i]);
	if (p->out >= 0)
		close(p->out);
	uv_close((uv_handle_t *)&p->later, NULL);
	p->started = false;
}
