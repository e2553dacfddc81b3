/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/record.h"
#include <assert.h>
#include "wire/bmx7.h"

/* Fields are listed once: written, or read and checked. */
struct io {
	struct wr *w; /* NULL: reads */
	struct rd r;
	bool bad;
};

static const uint8_t nothing[JOB_SECRET_MAX]; /* where a private key was */

static void io_u8(struct io *io, uint8_t *v)
{
	if (io->w)
		wr_u8(io->w, *v);
	else
		*v = rd_u8(&io->r);
}

static void io_u16(struct io *io, uint16_t *v)
{
	if (io->w)
		wr_u16(io->w, *v);
	else
		*v = rd_u16(&io->r);
}

static void io_u32(struct io *io, uint32_t *v)
{
	if (io->w)
		wr_u32(io->w, *v);
	else
		*v = rd_u32(&io->r);
}

static void io_u64(struct io *io, uint64_t *v)
{
	uint32_t high = (uint32_t)(*v >> 32), low = (uint32_t)*v;

	io_u32(io, &high);
	io_u32(io, &low);
	*v = (uint64_t)high << 32 | low;
}

/* Below limit. */
static void io_index(struct io *io, uint8_t *v, unsigned limit)
{
	io_u8(io, v);
	io->bad |= *v >= limit;
}

static void io_bool(struct io *io, bool *v)
{
	uint8_t u = *v;

	io_index(io, &u, 2);
	*v = u == 1;
}

static unsigned io_choice(struct io *io, unsigned v, unsigned limit)
{
	uint8_t u = (uint8_t)v;

	io_index(io, &u, limit);
	return u < limit ? u : 0;
}

static void io_raw(struct io *io, void *data, size_t len)
{
	const uint8_t *from;

	if (io->w) {
		wr_bytes(io->w, data, len);
		return;
	}
	from = rd_take(&io->r, len);
	if (from)
		memcpy(data, from, len);
}

static void io_mac(struct io *io, struct mac *m)
{
	io_raw(io, m->b, sizeof(m->b));
}

static void io_ipv4(struct io *io, struct ipv4 *a)
{
	io_raw(io, a->b, sizeof(a->b));
	io_index(io, &a->bits, 33);
}

static void io_ipv6(struct io *io, struct ipv6 *a)
{
	io_raw(io, a->b, sizeof(a->b));
	io_index(io, &a->bits, 129);
}

static void io_instant(struct io *io, instant *t)
{
	uint64_t us = (uint64_t)t->us;

	io_u64(io, &us);
	io->bad |= us > INT64_MAX / 4;
	t->us = io->bad ? 0 : (int64_t)us;
}

static void io_bytes(struct io *io, const uint8_t **at, size_t *len, size_t most)
{
	uint32_t n = (uint32_t)*len;

	io_u32(io, &n);
	if (io->w) {
		wr_bytes(io->w, *at, n);
		return;
	}
	io->bad |= n > most;
	*len = io->bad ? 0 : n;
	*at = rd_take(&io->r, *len);
	if (!*at)
		*len = 0;
}

static void io_job_bytes(struct io *io, struct job_bytes *b, size_t most)
{
	io_bytes(io, &b->at, &b->len, most);
}

/* Only how long it is. */
static void io_hidden(struct io *io, struct job_bytes *b)
{
	uint32_t n = (uint32_t)b->len;

	io_u32(io, &n);
	if (io->w)
		return;
	io->bad |= n > sizeof(nothing);
	*b = (struct job_bytes){nothing, io->bad ? 0 : n};
}

/* A text in an array that ends in NUL. */
static void io_text(struct io *io, char *text, size_t room)
{
	uint8_t len = io->w ? (uint8_t)strnlen(text, room - 1) : 0;

	io_index(io, &len, (unsigned)room);
	if (io->bad)
		return;
	io_raw(io, text, len);
	if (!io->w)
		memset(text + len, 0, room - len);
}

/* ---- events ---- */

static void io_port(struct io *io, struct ev_port *p)
{
	io_index(io, &p->port, PORT_MAX);
	io_bool(io, &p->up);
	io_bool(io, &p->wifi);
	io_u8(io, &p->hop_penalty);
	io_mac(io, &p->mac);
	io_u16(io, &p->mtu_bytes);
}

static void io_frame(struct io *io, struct ev_frame *f)
{
	io_u8(io, &f->port);
	io->bad |= f->port >= PORT_MAX && f->port != PORT_CLOUD;
	io_bytes(io, &f->data, &f->len, RECORD_ITEM_MAX);
}

static void io_client(struct io *io, struct ev_client *c)
{
	c->change = io_choice(io, c->change, CLIENT_PERMANENT + 1);
	io_mac(io, &c->mac);
	io_u16(io, &c->vid);
	io_bool(io, &c->wifi);
}

static void io_station(struct io *io, struct ev_station *s)
{
	io_index(io, &s->port, PORT_MAX);
	io_mac(io, &s->mac);
}

static void io_echo(struct io *io, struct ev_echo *e)
{
	io_u32(io, &e->token);
	io_mac(io, &e->target);
	io_u8(io, &e->ttl);
	io_u16(io, &e->seqno);
}

static void io_datagram(struct io *io, struct ev_datagram *d)
{
	io_mac(io, &d->from);
	io_bytes(io, &d->data, &d->len, RECORD_ITEM_MAX);
}

static void io_lease(struct io *io, struct ev_lease *l)
{
	l->change = io_choice(io, l->change, LEASE_REMEMBERED + 1);
	io_mac(io, &l->lease.mac);
	io_ipv4(io, &l->lease.ip);
	io_u32(io, &l->lease.since_unix_s);
	io_u32(io, &l->lease.version);
	io_u32(io, &l->lease.left_s);
	io_text(io, l->lease.name, sizeof(l->lease.name));
}

static void io_lan_port(struct io *io, struct ev_lan_port *p)
{
	io_index(io, &p->port, LAN_PORT_MAX);
	io_bool(io, &p->up);
	io_bool(io, &p->bridged);
	io_bool(io, &p->clients);
}

static void io_hello(struct io *io, struct ev_hello *h)
{
	io_index(io, &h->port, LAN_PORT_MAX);
	io_mac(io, &h->from);
	io_bytes(io, &h->data, &h->len, RECORD_ITEM_MAX);
}

static void io_network_port(struct io *io, struct ev_network_port *p)
{
	io_index(io, &p->port, PORT_MAX);
	io_bool(io, &p->up);
	io_bool(io, &p->wireless);
	io_u8(io, &p->channel);
	io_u64(io, &p->rate_bps);
	io_ipv6(io, &p->link_local);
}

static void io_done(struct io *io, struct job_done *d)
{
	io_u32(io, &d->id);
	io_bool(io, &d->ok);
	io_hidden(io, &d->secret);
	io_job_bytes(io, &d->public, JOB_PUBLIC_MAX);
	io_job_bytes(io, &d->result, JOB_PUBLIC_MAX);
}

static void io_network(struct io *io, struct ev_network *n)
{
	n->kind = io_choice(io, n->kind, NETWORK_LEAVE + 1);
	switch (n->kind) {
	case NETWORK_PORT: io_network_port(io, &n->port); return;
	case NETWORK_DATAGRAM:
		io_index(io, &n->datagram.port, PORT_MAX);
		io_ipv6(io, &n->datagram.from);
		io_bytes(io, &n->datagram.data, &n->datagram.len, RECORD_ITEM_MAX);
		return;
	case NETWORK_LOST:
		io_index(io, &n->lost.port, PORT_MAX);
		io_bool(io, &n->lost.unsure);
		io_ipv6(io, &n->lost.link_local);
		return;
	case NETWORK_JOB_DONE: io_done(io, &n->done); return;
	case NETWORK_PUBLISH:
		io_u8(io, &n->publish.type);
		io_bytes(io, &n->publish.data, &n->publish.len, RECORD_ITEM_MAX);
		return;
	case NETWORK_LEAVE: return;
	}
}

static void io_uplink(struct io *io, struct ev_uplink *u)
{
	u->kind = io_choice(io, u->kind, UPLINK_CARRIES + 1);
	switch (u->kind) {
	case UPLINK_WAY:
		io_index(io, &u->way.slot, UPLINK_SLOTS);
		io_bool(io, &u->way.v6);
		io_bool(io, &u->way.up);
		io_u32(io, &u->way.metric);
		io_text(io, u->way.name, sizeof(u->way.name));
		return;
	case UPLINK_RESULT:
		io_u32(io, &u->result.token);
		u->result.result = io_choice(io, u->result.result, UPLINK_OTHER + 1);
		return;
	case UPLINK_COUNTED:
		io_index(io, &u->counted.slot, UPLINK_SLOTS);
		io_u64(io, &u->counted.rx_bytes);
		io_u64(io, &u->counted.tx_bytes);
		return;
	case UPLINK_CARRIES:
		io_bool(io, &u->carries.v6);
		io_bool(io, &u->carries.yes);
		return;
	}
}

static void io_preference(struct io *io, struct tunnel_preference *p)
{
	io_bool(io, &p->any);
	io_bool(io, &p->strict);
	io_raw(io, p->node.b, sizeof(p->node.b));
}

static void io_tunnel(struct io *io, struct ev_tunnel *t)
{
	t->kind = io_choice(io, t->kind, TUNNEL_SEEN + 1);
	switch (t->kind) {
	case TUNNEL_ANSWER:
		io_u32(io, &t->answer.token);
		io_bool(io, &t->answer.unsent);
		return;
	case TUNNEL_PREFER: io_preference(io, &t->prefer); return;
	case TUNNEL_PREFER_CLIENT:
	case TUNNEL_RECALL_CLIENT:
		io_mac(io, &t->client.mac);
		io_u32(io, &t->client.version);
		io_preference(io, &t->client.wish);
		return;
	case TUNNEL_SEEN:
		io_bool(io, &t->seen.v6);
		io_bytes(io, &t->seen.macs, &t->seen.len, TUNNEL_SEEN_MAX * sizeof(struct mac));
		return;
	}
}

static void io_event(struct io *io, struct ev *ev)
{
	ev->kind = io_choice(io, ev->kind, EV_TUNNEL + 1);
	switch (ev->kind) {
	case EV_DEADLINE: return;
	case EV_PORT: io_port(io, &ev->port); return;
	case EV_FRAME: io_frame(io, &ev->frame); return;
	case EV_CLIENT: io_client(io, &ev->client); return;
	case EV_STATION: io_station(io, &ev->station); return;
	case EV_ECHO: io_echo(io, &ev->echo); return;
	case EV_DATAGRAM: io_datagram(io, &ev->datagram); return;
	case EV_LEASE: io_lease(io, &ev->lease); return;
	case EV_LAN_PORT: io_lan_port(io, &ev->lan_port); return;
	case EV_HELLO: io_hello(io, &ev->hello); return;
	case EV_NETWORK: io_network(io, &ev->network); return;
	case EV_UPLINK: io_uplink(io, &ev->uplink); return;
	case EV_TUNNEL: io_tunnel(io, &ev->tunnel); return;
	}
}

static void io_input(struct io *io, struct node_input *in)
{
	in->kind = io_choice(io, in->kind, INPUT_NETWORK + 1);
	io_instant(io, &in->now);
	switch (in->kind) {
	case INPUT_EVENT: io_event(io, &in->event); return;
	case INPUT_CARRIED:
		io_mac(io, &in->carried.mac);
		io_u16(io, &in->carried.vid);
		return;
	case INPUT_PUT:
		io_mac(io, &in->put.source);
		io_u8(io, &in->put.type);
		io_u8(io, &in->put.version);
		io_bytes(io, &in->put.data, &in->put.len, RECORD_ITEM_MAX);
		return;
	case INPUT_NETWORK:
		io_hidden(io, &in->network.key.secret);
		io_job_bytes(io, &in->network.key.public, JOB_PUBLIC_MAX);
		io->bad |= in->network.key.public.len < 2;
		io_u32(io, &in->network.desc_sqn);
		io_u64(io, &in->network.seed);
		return;
	}
}

static void io_start(struct io *io, struct record_start *s)
{
	io_text(io, s->version, sizeof(s->version));
	io_instant(io, &s->now);
	io_u64(io, &s->seed);
	io_mac(io, &s->primary);
	io_mac(io, &s->share_self);
	io_index(io, &s->targets, UPLINK_TARGETS_MAX + 1);
	for (unsigned i = 0; i < s->targets && !io->bad; i++) {
		struct uplink_target *t = &s->target[i];

		t->means = io_choice(io, t->means, UPLINK_DNS + 1);
		io_bool(io, &t->at.v6);
		io_ipv6(io, &t->at.net);
		io->bad |= !t->at.v6 && t->at.net.bits > 32;
		io_u16(io, &t->port);
	}
}

static void io_done_item(struct io *io, struct record_done *d)
{
	io_u32(io, &d->effects);
	io_u64(io, &d->digest);
}

/* ---- items ---- */

/* Where the length will stand, or NULL. */
static uint8_t *item_begin(struct wr *w, enum record_kind kind)
{
	wr_u8(w, (uint8_t)kind);
	return wr_take(w, 4);
}

static void item_end(const struct wr *w, uint8_t *length)
{
	struct wr at;

	if (w->bad)
		return;
	at = wr_over(length, 4);
	wr_u32(&at, (uint32_t)(w->at - length - 4));
}

void record_head_write(struct wr *w)
{
	wr_bytes(w, RECORD_MAGIC, RECORD_MAGIC_LEN);
	wr_u16(w, RECORD_FORMAT);
}

void record_bytes_write(struct wr *w, enum record_kind kind, const void *data, size_t len)
{
	uint8_t *length = item_begin(w, kind);

	wr_bytes(w, data, len);
	item_end(w, length);
}

void record_start_write(struct wr *w, const struct record_start *s)
{
	struct record_start copy = *s;
	uint8_t *length = item_begin(w, RECORD_START);

	io_start(&(struct io){.w = w}, &copy);
	item_end(w, length);
}

void record_input_write(struct wr *w, const struct node_input *in)
{
	struct node_input copy = *in;
	uint8_t *length = item_begin(w, RECORD_INPUT);

	io_input(&(struct io){.w = w}, &copy);
	item_end(w, length);
}

void record_done_write(struct wr *w, const struct record_done *d)
{
	struct record_done copy = *d;
	uint8_t *length = item_begin(w, RECORD_DONE);

	io_done_item(&(struct io){.w = w}, &copy);
	item_end(w, length);
}

enum err record_head_parse(struct rd *r)
{
	const uint8_t *magic = rd_take(r, RECORD_MAGIC_LEN);
	uint16_t format = rd_u16(r);

	if (!magic || r->bad || memcmp(magic, RECORD_MAGIC, RECORD_MAGIC_LEN) != 0 ||
	    format != RECORD_FORMAT)
		return ERR_MALFORMED;
	return OK;
}

static bool is_kind(uint8_t kind)
{
	static const char kinds[] = {RECORD_CONF,   RECORD_START, RECORD_INPUT,
				     RECORD_ANSWER, RECORD_DONE,  RECORD_END};

	return memchr(kinds, kind, sizeof(kinds)) != NULL;
}

enum err record_item_next(struct rd *r, struct record_item *it)
{
	uint8_t kind = rd_u8(r);
	uint32_t len = rd_u32(r);

	if (r->bad)
		return ERR_SHORT;
	if (!is_kind(kind) || len > RECORD_ITEM_MAX)
		return ERR_MALFORMED;
	it->kind = kind;
	it->len = len;
	it->data = rd_take(r, len);
	return it->data ? OK : ERR_SHORT;
}

/* All of it was read, and no more. */
static enum err io_end(const struct io *io)
{
	return io->bad || io->r.bad || rd_left(&io->r) > 0 ? ERR_MALFORMED : OK;
}

enum err record_start_parse(const struct record_item *it, struct record_start *s)
{
	struct io io = {.r = rd_over(it->data, it->len)};

	memset(s, 0, sizeof(*s));
	io_start(&io, s);
	return io_end(&io);
}

enum err record_input_parse(const struct record_item *it, struct node_input *in)
{
	struct io io = {.r = rd_over(it->data, it->len)};

	memset(in, 0, sizeof(*in));
	io_input(&io, in);
	return io_end(&io);
}

enum err record_done_parse(const struct record_item *it, struct record_done *d)
{
	struct io io = {.r = rd_over(it->data, it->len)};

	io_done_item(&io, d);
	return io_end(&io);
}

/* ---- secrets ---- */

void record_secret_add(struct record_secrets *s, const uint8_t key[sizeof(struct digest)])
{
	s->link[s->links++ % RECORD_SECRETS] = digest_from(key);
}

struct digest record_placeholder(uint32_t n)
{
	static const char text[] = "here stood a secret, no ";
	struct digest d;
	struct wr w = wr_over(d.b, sizeof(d.b));

	wr_bytes(&w, text, sizeof(text) - 1);
	wr_u32(&w, n);
	assert(!w.bad && wr_left(&w) == 0);
	return d;
}

bool record_is_secret(const struct record_secrets *s, const struct crypto_part *part, size_t count)
{
	const uint32_t known = s->links < RECORD_SECRETS ? s->links : RECORD_SECRETS;

	for (size_t i = 0; i < count; i++) {
		if (s->node.at && part[i].at == s->node.at)
			return true;
		for (uint32_t k = 0; part[i].len == sizeof(struct digest) && k < known; k++)
			if (memcmp(part[i].at, s->link[k].b, sizeof(struct digest)) == 0)
				return true;
	}
	return false;
}
