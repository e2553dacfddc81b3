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

/* ---- what comes ---- */

struct came {
	bool v6;
	struct prefix from;
	uint8_t protocol;
	const uint8_t *data; /* of the upper layer */
	size_t len;
};

static bool packet_read(const uint8_t *data, size_t len, struct came *c)
{
	size_t header = c->v6 ? IPV6_HEADER : len > 0 ? (size_t)(data[0] & 0xf) * 4 : 0;
	struct ipv4 from4 = {{0}, 32};
	struct ipv6 from6 = {{0}, 128};

	if (len < header || header < IPV4_HEADER)
		return false;
	if (c->v6)
		memcpy(from6.b, data + 8, sizeof(from6.b));
	else
		memcpy(from4.b, data + 12, sizeof(from4.b));
	c->from = c->v6 ? prefix_of6(from6) : prefix_of4(from4);
	c->protocol = data[c->v6 ? 6 : 9];
	c->data = data + header;
	c->len = len - header;
	return true;
}

static struct probe_slot *slot_at(struct tunnel_probes *p, uint32_t cookie)
{
	return &p->slot[cookie % PROBE_SLOTS];
}

/* Each is shown what may be its own; NULL: it is none. */
static struct probe_slot *echo_find(struct tunnel_probes *p, const struct came *c)
{
	struct probe_slot *s;

	if (c->len < ECHO_HEADER)
		return NULL;
	s = slot_at(p, get_be32(c->data + 4));
	return c->data[0] == (c->v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
			       get_be32(c->data + 4) == s->cookie && s->target.means == UPLINK_PING
		       ? s
		       : NULL;
}

static struct probe_slot *syn_find(struct tunnel_probes *p, const struct came *c)
{
	struct probe_slot *s;

	if (c->len < TCP_HEADER)
		return NULL;
	s = slot_at(p, get_be32(c->data + 8) - 1);
	return get_be16(c->data + 2) == p->port[UPLINK_TCP][c->v6] &&
			       get_be16(c->data) == s->target.port &&
			       (c->data[13] & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) &&
			       get_be32(c->data + 8) - 1 == s->cookie &&
			       s->target.means == UPLINK_TCP
		       ? s
		       : NULL;
}

static struct probe_slot *question_find(struct tunnel_probes *p, const struct came *c)
{
	struct probe_slot *s;
	struct prefix address;

	if (c->len < UDP_HEADER + 2 || get_be16(c->data) != DNS_PORT ||
	    get_be16(c->data + 2) != p->port[UPLINK_DNS][c->v6])
		return NULL;
	s = slot_at(p, get_be16(c->data + UDP_HEADER));
	return s->target.means == UPLINK_DNS &&
			       dns_answer_parse(c->data + UDP_HEADER, c->len - UDP_HEADER,
						(uint16_t)s->cookie, p->name, c->v6, &address) == OK
		       ? s
		       : NULL;
}

static void packet_came(struct tunnel_probes *p, const struct came *c)
{
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_ANSWER}};
	struct probe_slot *s = NULL;

	if (c->protocol == (c->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		s = echo_find(p, c);
	else if (c->protocol == IPPROTO_TCP)
		s = syn_find(p, c);
	else if (c->protocol == IPPROTO_UDP)
		s = question_find(p, c);
	if (!s || !s->token || !prefix_equal(&s->target.at, &c->from))
		return;
	ev.tunnel.answer.token = s->token;
	s->token = 0;
	p->answered++;
	p->tell(p->ctx, &ev);
}

void tunnel_probe_came(struct tunnel_probes *p, bool v6, const uint8_t *data, size_t len)
{
	struct came c = {.v6 = v6};

	if (packet_read(data, len, &c))
		packet_came(p, &c);
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct tunnel_probes *p = poll->data;
	const bool v6 = poll == p->poll[1];
	uint8_t data[1536];

	(void)status;
	(void)events;
	for (unsigned round = 0; round < ROUNDS; round++) {
		ssize_t len = recv(p->in[v6], data, sizeof(data), 0);

		if (len < 0)
			break;
		tunnel_probe_came(p, v6, data, (size_t)len);
	}
	if (!uv_is_active((uv_handle_t *)poll))
		uv_poll_start(poll, UV_READABLE, ready);
}

/* ---- sockets ---- */

/* Any address, and a port that the kernel gives; 0: none. */
static uint16_t any_port(int fd, bool v6)
{
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6};
	struct sockaddr_in a4 = {.sin_family = AF_INET};
	struct sockaddr *a = v6 ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4;
	socklen_t len = v6 ? sizeof(a6) : sizeof(a4);
	const int on = 1;

	if (v6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, a, len) || getsockname(fd, a, &len))
		return 0;
	return ntohs(v6 ? a6.sin6_port : a4.sin_port);
}

static void filter_set(int fd, struct sock_filter *code, size_t count)
{
	const struct sock_fprog program = {(unsigned short)count, code};

	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* A port of our own, which nobody else gets; what comes there is taken elsewhere. */
static void port_reserve(struct tunnel_probes *p, enum uplink_means means, bool v6)
{
	const int type = means == UPLINK_TCP ? SOCK_STREAM : SOCK_DGRAM;
	struct sock_filter none[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	filter_set(fd, none, 1);
	p->port[means][v6] = any_port(fd, v6);
	p->reserve[means][v6] = fd;
}

/* Only what may be an answer: all that comes in by IP is shown to this socket. */
static void answers_only(const struct tunnel_probes *p, int fd, bool v6)
{
	const uint16_t tcp = p->port[UPLINK_TCP][v6], udp = p->port[UPLINK_DNS][v6];
	/* X: where the upper layer begins */
	struct sock_filter code[] = {
		v6 ? (struct sock_filter)BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, IPV6_HEADER)
		   : (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, v6 ? 6 : 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 7, 10),
		/* 5: ICMP */
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY, 7, 8),
		/* 7: TCP */
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, tcp, 0, 6),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TCP_SYN | TCP_ACK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TCP_SYN | TCP_ACK, 2, 3),
		/* 12: UDP */
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, udp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff), /* 14 */
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	filter_set(fd, code, sizeof(code) / sizeof(code[0]));
}

static void socket_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void poll_closed(uv_handle_t *h)
{
	free(h);
}

/* Bound after it is filtered: it takes nothing before. */
static int answers_open(struct tunnel_probes *p, bool v6)
{
	const struct sockaddr_ll all = {.sll_family = AF_PACKET,
					.sll_protocol = htons(v6 ? ETH_P_IPV6 : ETH_P_IP)};
	uv_poll_t *poll;
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	answers_only(p, fd, v6);
	poll = fd < 0 || bind(fd, (const struct sockaddr *)&all, sizeof(all))
		       ? NULL
		       : calloc(1, sizeof(*poll));
	if (poll && uv_poll_init(p->uv, poll, fd) == 0) {
		poll->data = p;
		p->poll[v6] = poll;
		uv_poll_start(poll, UV_READABLE, ready);
		return fd;
	}
	free(poll);
	if (fd >= 0)
		close(fd);
	return -1;
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
	put_be16(out, p->port[UPLINK_TCP][s->target.at.v6]);
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
	put_be16(out, p->port[UPLINK_DNS][s->target.at.v6]);
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

	if (ifindex == 0 || p->out < 0 || t->means == UPLINK_WEB || p->in[t->at.v6] < 0 ||
	    !bucket_take(&p->bucket, now_boottime()) ||
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
	bucket_init(&p->bucket, PROBE_AT_ONCE, span_us(1000000 / PROBE_RATE), now_boottime());
	for (unsigned v6 = 0; v6 < 2; v6++) {
		port_reserve(p, UPLINK_TCP, v6);
		port_reserve(p, UPLINK_DNS, v6);
		p->in[v6] = answers_open(p, v6);
	}
	uv_timer_init(p->uv, &p->later);
	p->later.data = p;
	p->started = true;
}

void tunnel_probes_stop(struct tunnel_probes *p)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		if (p->poll[v6])
			uv_close((uv_handle_t *)p->poll[v6], poll_closed);
		p->poll[v6] = NULL;
		socket_close(p->in[v6]);
		socket_close(p->reserve[UPLINK_TCP][v6]);
		socket_close(p->reserve[UPLINK_DNS][v6]);
	}
	socket_close(p->out);
	uv_close((uv_handle_t *)&p->later, NULL);
	p->started = false;
}
