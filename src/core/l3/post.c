/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include "core/l3/internal.h"

enum {
	JITTER_PERCENT = 5,
	CROWD_GAP_MS = 5, /* for each link of the fullest port, if that is more than tx_gap */
	SIGNATURE_LEN = 1 + BMX7_MAC,
	MACS_MAX = 38, /* in one packet, beside a full batch; more neighbours get it in another */
	FRAME_NONE = -1,
};

enum err posts_init(struct l3 *l3)
{
	struct posts *s = &l3->posts;

	for (unsigned port = 0; port < PORT_MAX; port++) {
		for (unsigned kind = 0; kind < POST_KINDS; kind++)
			list_init(&s->queue[port][kind]);
	}
	for (unsigned i = 0; i < POST_RESTS; i++)
		list_init(&s->resting[i]);
	map_init(&s->by_item, &l3->pool, prng_u64(&l3->prng));
	map_init(&s->by_group, &l3->pool, prng_u64(&l3->prng));
	return timer_init(&l3->timers, &s->run, TIMER_POST) ? OK : ERR_FULL;
}

static bool is_request(const struct post *p)
{
	return p->kind >= POST_OGM_REQ;
}

/* A description and its key leave together, if they can. */
static struct list *queue_of(struct posts *s, const struct post *p)
{
	return &s->queue[p->port][p->kind == POST_CONTENT_ADV ? POST_DESC_ADV : p->kind];
}

static bool same_group(const struct post *a, const struct post *b)
{
	return a->port == b->port && a->kind == b->kind && digest_equal(&a->to, &b->to);
}

/* p was the last of its group, and leaves: the one before takes its place. */
static void group_shrink(struct posts *s, struct post *p)
{
	struct list *at = p->queue.prev;
	struct post *before = container_of(at, struct post, queue);

	if (at != queue_of(s, p) && same_group(before, p)) {
		before->last = true;
		map_add(&s->by_group, &before->by_group, p->by_group.hash);
	}
	map_del(&s->by_group, &p->by_group);
}

static void queue_leave(struct posts *s, struct post *p)
{
	if (p->last)
		group_shrink(s, p);
	p->last = false;
	list_del(&p->queue);
}

static void post_free(struct l3 *l3, struct post *p)
{
	struct posts *s = &l3->posts;

	queue_leave(s, p);
	map_del(&s->by_item, &p->by_item);
	s->count--;
	pool_free(&l3->pool, p, sizeof(*p));
}

void posts_drop(struct l3 *l3, uint8_t port)
{
	for (unsigned kind = 0; kind < POST_KINDS; kind++) {
		list_each (p, &l3->posts.queue[port][kind], struct post, queue)
			post_free(l3, p);
	}
	for (unsigned i = 0; i < POST_RESTS; i++) {
		list_each (p, &l3->posts.resting[i], struct post, queue) {
			if (p->port == port)
				post_free(l3, p);
		}
	}
}

void posts_fini(struct l3 *l3)
{
	for (uint8_t i = 0; i < PORT_MAX; i++)
		posts_drop(l3, i);
	map_fini(&l3->posts.by_item);
	map_fini(&l3->posts.by_group);
	timer_fini(&l3->timers, &l3->posts.run);
}

/* Between two runs: in a crowd each packet is heard, and verified, by many. */
static int64_t run_gap_us(const struct l3 *l3)
{
	int64_t gap = l3->conf.tx_gap.us;

	for (uint8_t i = 0; i < PORT_MAX; i++) {
		int64_t crowd = span_ms((int64_t)l3->port[i].link_count * CROWD_GAP_MS).us;

		gap = crowd > gap ? crowd : gap;
	}
	return gap;
}

void post_hurry(struct l3 *l3, instant now, instant at)
{
	int64_t gap = run_gap_us(l3);
	span jitter = prng_span(&l3->prng, span_us(-gap * JITTER_PERCENT / 100),
				span_us(gap * JITTER_PERCENT / 100));
	instant soonest = instant_add(l3->posts.last_run, span_us(gap + jitter.us));

	if (instant_before(at, soonest))
		at = soonest;
	if (instant_before(at, now))
		at = now;
	if (!timer_is_set(&l3->posts.run) || instant_before(at, l3->posts.run.at))
		timer_set(&l3->timers, &l3->posts.run, at);
}

static uint32_t group_hash(const struct posts *s, const struct post *p)
{
	uint8_t key[2 + sizeof(p->to)];
	struct wr w = wr_over(key, sizeof(key));

	wr_u8(&w, p->port);
	wr_u8(&w, (uint8_t)p->kind);
	wr_digest(&w, &p->to);
	return map_hash(&s->by_group, key, wr_len(&w));
}

static uint32_t item_hash(const struct posts *s, const struct post *p)
{
	uint8_t key[4 + sizeof(p->to) + sizeof(p->what)];
	struct wr w = wr_over(key, sizeof(key));

	wr_u8(&w, p->port);
	wr_u8(&w, (uint8_t)p->kind);
	wr_u16(&w, p->number);
	wr_digest(&w, &p->to);
	wr_digest(&w, &p->what);
	return map_hash(&s->by_item, key, wr_len(&w));
}

static struct post *item_find(const struct posts *s, const struct post *item, uint32_t hash)
{
	for (struct map_node *at = map_first(&s->by_item, hash); at; at = map_next(at)) {
		struct post *p = container_of(at, struct post, by_item);

		if (same_group(p, item) && p->number == item->number &&
		    digest_equal(&p->what, &item->what))
			return p;
	}
	return NULL;
}

static struct post *group_last(const struct posts *s, const struct post *item, uint32_t hash)
{
	for (struct map_node *at = map_first(&s->by_group, hash); at; at = map_next(at)) {
		struct post *p = container_of(at, struct post, by_group);

		if (same_group(p, item))
			return p;
	}
	return NULL;
}

/* Requests stand behind those of their group, all else behind all of its queue. false: no memory.
 */
static bool queue_join(struct posts *s, struct post *p)
{
	if (!is_request(p)) {
		list_append(queue_of(s, p), &p->queue);
		return true;
	}
	uint32_t hash = group_hash(s, p);
	struct post *last = group_last(s, p, hash);

	if (!map_add(&s->by_group, &p->by_group, hash))
		return false;
	p->last = true;
	if (last) {
		last->last = false;
		map_del(&s->by_group, &last->by_group);
		list_insert(last->queue.next, &p->queue);
	} else {
		list_append(queue_of(s, p), &p->queue);
	}
	return true;
}

static struct post *post_new(struct l3 *l3, const struct post *item, uint32_t hash)
{
	struct posts *s = &l3->posts;
	unsigned most = item->kind == POST_OGM_ADV ? 2 * POST_MAX : POST_MAX;
	struct post *p = s->count < most ? pool_alloc(&l3->pool, sizeof(*p)) : NULL;

	if (!p)
		return NULL;
	*p = *item;
	p->tries = 0;
	p->sent = false;
	if (!map_add(&s->by_item, &p->by_item, hash))
		goto no_item;
	if (!queue_join(s, p))
		goto no_queue;
	s->count++;
	return p;

no_queue:
	map_del(&s->by_item, &p->by_item);
no_item:
	pool_free(&l3->pool, p, sizeof(*p));
	return NULL;
}

static enum err post_queue(struct l3 *l3, instant now, uint8_t port, const struct post *item)
{
	struct post wanted = *item;

	wanted.port = port;
	uint32_t hash = item_hash(&l3->posts, &wanted);
	struct post *p = item_find(&l3->posts, &wanted, hash);

	if (p) {
		if (p->sent) { /* again, but not before it may be repeated */
			p->sent = false;
			p->tries = 0;
			post_hurry(l3, now, p->at);
		}
		return OK;
	}
	if (!post_new(l3, &wanted, hash))
		return ERR_FULL;
	post_hurry(l3, now, now);
	return OK;
}

enum err post_add(struct l3 *l3, instant now, const struct post *item)
{
	enum err e = OK;

	if (item->port != POST_ALL_PORTS)
		return l3->port[item->port].up ? post_queue(l3, now, item->port, item) : OK;
	for (uint8_t i = 0; i < PORT_MAX && e == OK; i++) {
		if (l3->port[i].up)
			e = post_queue(l3, now, i, item);
	}
	return e;
}

/* ---- a run on one port ---- */

struct run {
	struct l3 *l3;
	instant now;
	struct fx *fx;
	uint8_t port;
	unsigned packets;
	uint8_t body[BMX7_PACKET_MAX]; /* the frames, but for the signatures */
	struct wr w;
	int frame; /* the open one, or FRAME_NONE */
	size_t opened;
	struct digest to; /* of an open request */
	bool empty;	  /* nothing worth sending yet */
	bool is_signed;
	uint32_t mac_count;
};

static void run_emit(struct run *x, const uint8_t *packet, size_t len)
{
	struct l3_port *p = &x->l3->port[x->port];
	struct effect e = {.kind = FX_NETWORK,
			   .network = {.kind = NETWORK_SEND, .send = {x->port, packet, len}}};

	p->tx++;
	p->tx_bytes += len;
	x->l3->count.tx++;
	x->l3->count.tx_bytes += len;
	x->packets++;
	x->fx->emit(x->fx, &e);
}

static bool gets_mac(const struct near *r, uint8_t port)
{
	return r->ports & 1u << port && r->secret[KEY_NOW].there;
}

static uint32_t macs_count(const struct l3 *l3, uint8_t port)
{
	uint32_t count = 0;

	list_each (r, &l3->nears.all, struct near, all)
		count += gets_mac(r, port);
	return count;
}

/* The MACs of a packet for neighbours first .. first + MACS_MAX - 1 of those that get one. */
static void macs_write(struct run *x, struct wr *w, const struct digest *hash, uint32_t first)
{
	uint32_t at = 0;

	list_each (r, &x->l3->nears.all, struct near, all) {
		uint8_t mac[BMX7_MAC];

		if (!gets_mac(r, x->port) || at++ < first)
			continue;
		if (at > first + MACS_MAX)
			return;
		packet_mac(x->l3, hash, &r->secret[KEY_NOW].s, mac);
		bmx7_signature_write(w,
				     &(struct bmx7_signature){x->l3->conf.dh_type, mac, BMX7_MAC});
	}
}

static void run_sign(struct run *x, uint32_t first_mac)
{
	const struct l3 *l3 = x->l3;
	uint8_t packet[BMX7_PACKET_MAX], header[BMX7_SIGNATURE_HEADER];
	struct wr w = wr_over(packet, sizeof(packet));
	uint32_t desc_sqn = l3->self->description->version.desc_sqn;
	uint8_t dev_idx = (uint8_t)(x->port + 1);

	bmx7_packet_write(&w, &l3->self->id);
	size_t opened = bmx7_signatures_open(&w, desc_sqn, l3->posts.burst_sqn, dev_idx);

	memcpy(header, packet + wr_len(&w) - sizeof(header), sizeof(header));
	struct digest hash =
		packet_hash(l3, &l3->port[x->port].link_local, header, x->body, wr_len(&x->w));

	macs_write(x, &w, &hash, first_mac);
	bmx7_close(&w, opened);
	wr_bytes(&w, x->body, wr_len(&x->w));
	assert(!w.bad);
	run_emit(x, packet, wr_len(&w));
}

/* The first frame of a packet that is signed, when it begins and again when it is whole. */
static void batches_tell(const struct run *x, struct wr *w)
{
	uint16_t told = x->l3->port[x->port].batch_told;

	bmx7_aggregations_write(w, batches_told(x->l3, told));
}

static void run_begin(struct run *x)
{
	uint32_t macs = x->mac_count < MACS_MAX ? x->mac_count : MACS_MAX;
	size_t head = BMX7_HEADER;

	if (x->is_signed)
		head += BMX7_TLV_HEADER + BMX7_SIGNATURE_HEADER + macs * SIGNATURE_LEN;
	x->w = wr_over(x->body, BMX7_PACKET_MAX - head);
	x->frame = FRAME_NONE;
	x->empty = true;
	if (x->is_signed)
		batches_tell(x, &x->w);
}

static void run_close(struct run *x)
{
	if (x->frame != FRAME_NONE)
		bmx7_close(&x->w, x->opened);
	x->frame = FRAME_NONE;
}

/* Sends what was put together, and begins anew. */
static void run_flush(struct run *x)
{
	run_close(x);
	assert(!x->w.bad);
	if (!x->empty && x->is_signed) {
		struct wr again = wr_over(x->body, sizeof(x->body));
		uint32_t first = 0;

		batches_tell(x, &again);
		do {
			run_sign(x, first);
			first += MACS_MAX;
		} while (first < x->mac_count);
	} else if (!x->empty) {
		uint8_t packet[BMX7_PACKET_MAX];
		struct wr w = wr_over(packet, sizeof(packet));

		bmx7_packet_write(&w, &x->l3->self->id);
		wr_bytes(&w, x->body, wr_len(&x->w));
		run_emit(x, packet, wr_len(&w));
	}
	run_begin(x);
}

/* A whole frame. */
static void run_frame(struct run *x, const uint8_t *frame, size_t len)
{
	run_close(x);
	if (wr_left(&x->w) < len)
		run_flush(x);
	wr_bytes(&x->w, frame, len);
	x->empty = false;
}

/* Makes room for one message of a frame that may hold many; to: NULL for none. */
static void run_message(struct run *x, uint8_t type, const struct digest *to, size_t len)
{
	size_t head = BMX7_TLV_HEADER + (to ? sizeof(*to) : 0);
	bool goes_on = x->frame == type && (!to || digest_equal(to, &x->to));

	if (goes_on && wr_left(&x->w) >= len)
		return;
	run_close(x);
	if (wr_left(&x->w) < head + len)
		run_flush(x);
	x->opened = to ? bmx7_request_open(&x->w, type, to) : bmx7_open(&x->w, type);
	x->frame = type;
	if (to)
		x->to = *to;
	x->empty = false;
}

static void hellos_write(struct run *x)
{
	struct l3_port *p = &x->l3->port[x->port];

	if (instant_reached(p->hello_at, x->now)) {
		bmx7_hello_write(&x->w, l3_port_hello(x->l3, x->now, x->port));
		x->empty = false;
	}
	if (x->empty)
		return;
	list_each (k, &p->links, struct l3_link, of_port) {
		if (!l3_link_owes_reply(x->l3, x->now, k))
			continue;
		struct bmx7_hello_reply h = {k->near->node->description->hash,
					     l3_link_rq(x->l3, x->now, k), k->dev_idx};

		run_message(x, BMX7_HELLO_REPLY, NULL, 30);
		bmx7_hello_reply_write(&x->w, &h);
		k->replied = x->now;
	}
}

/* Is a question about a number still worth sending? */
static bool number_wanted(const struct run *x, const struct near *r, const struct post *p)
{
	if (p->kind == POST_OGM_REQ)
		return batch_wanted(r, p->number);
	if (claim_wants_iid(x->l3, r, p->number))
		return true;
	list_each (k, &r->links, struct l3_link, of_near) {
		if (p->number == BMX7_IID_SELF && k->port == p->port && l3_link_asks(x->now, k))
			return true;
	}
	return false;
}

/* Puts p into the packet; false: there is nothing to send any more. */
static bool post_write_number(struct run *x, const struct post *p)
{
	struct l3_node *n = l3_node_by_id(x->l3, &p->to);
	struct near *r = n ? n->near : NULL;
	struct bmx7_iid i;

	if (p->kind == POST_IID_ADV) {
		if (!iid_get(x->l3, p->number, &i))
			return false;
		run_message(x, BMX7_IID_ADV, NULL, 48);
		bmx7_iid_write(&x->w, &i);
		return true;
	}
	if (!r || !number_wanted(x, r, p))
		return false;
	run_message(x, p->kind == POST_OGM_REQ ? BMX7_OGM_REQ : BMX7_IID_REQ, &p->to, 2);
	wr_u16(&x->w, p->number);
	return true;
}

/* A batch is in the packet at hand. */
static void batch_left(struct l3_port *p, uint16_t sqn)
{
	if ((int16_t)(uint16_t)(sqn - p->batch_told) > 0)
		p->batch_told = sqn;
}

static bool post_write(struct run *x, const struct post *p)
{
	uint8_t frame[BMX7_PACKET_MAX];
	struct wr w = wr_over(frame, sizeof(frame));
	bool there = false;

	switch (p->kind) {
	case POST_DESC_ADV:
	case POST_CONTENT_ADV: there = content_write(x->l3, p, &w); break;
	case POST_OGM_ADV: there = batch_write(x->l3, p->number, &w); break;
	case POST_IID_ADV:
	case POST_OGM_REQ:
	case POST_IID_REQ: return post_write_number(x, p);
	case POST_DESC_REQ:
	case POST_CONTENT_REQ:
		if (!content_write(x->l3, p, &w))
			return false;
		run_message(x, p->kind == POST_DESC_REQ ? BMX7_DESC_REQ : BMX7_CONTENT_REQ, &p->to,
			    sizeof(p->what));
		wr_digest(&x->w, &p->what);
		return true;
	case POST_KINDS: break;
	}
	assert(!w.bad);
	if (there)
		run_frame(x, frame, wr_len(&w));
	if (there && p->kind == POST_OGM_ADV)
		batch_left(&x->l3->port[x->port], p->number);
	return there;
}

static void post_rest(struct run *x, struct post *p, enum post_rest why, int64_t ms)
{
	struct posts *s = &x->l3->posts;

	queue_leave(s, p);
	list_append(&s->resting[why], &p->queue);
	p->at = instant_add(x->now, span_ms(ms));
}

static void post_send(struct run *x, struct post *p)
{
	if (!post_write(x, p)) {
		post_free(x->l3, p);
	} else if (is_request(p) && ++p->tries < POST_TRIES) {
		post_rest(x, p, REST_TRY, POST_TRY_MS);
	} else {
		p->sent = true;
		post_rest(x, p, REST_REPEAT, POST_REPEAT_MS);
	}
}

/* Who has rested goes, or waits for the run again. */
static void rest_end(struct l3 *l3, instant now, enum post_rest why)
{
	struct posts *s = &l3->posts;

	list_each (p, &s->resting[why], struct post, queue) {
		if (!instant_reached(p->at, now))
			return;
		list_del(&p->queue);
		if (p->sent || !queue_join(s, p))
			post_free(l3, p);
	}
}

/* When the first has rested. */
static instant rest_next(const struct posts *s, enum post_rest why)
{
	const struct list *l = &s->resting[why];

	return list_empty(l) ? NEVER : container_of(l->next, struct post, queue)->at;
}

/* Sends one thing of n, if it has to be. false: nothing of n waits any more. */
static bool flood_send(struct run *x, struct l3_node *n, enum flood_kind what, enum post_kind kind)
{
	const struct post p = {.kind = kind, .number = n->iid, .what = n->id};

	const uint16_t bit = (uint16_t)(1u << x->port);

	if (flood_waits(n, what, bit)) {
		post_write(x, &p);
		flood_done(x->l3, x->now, n, what, bit);
	}
	return n->flood;
}

/* Descriptions, keys or numbers of nodes that nobody asked for, as many as there is room for. */
static void run_floods(struct run *x)
{
	struct list *all = x->is_signed ? &x->l3->floods.numbers : &x->l3->floods.plain;

	for (struct list *at = all->next, *next; at != all; at = next) {
		struct flood *f = x->is_signed ? container_of(at, struct flood, numbers)
					       : container_of(at, struct flood, plain);

		if (x->packets >= POST_PACKETS)
			return;
		next = at->next;
		if (x->is_signed)
			flood_send(x, f->node, FLOOD_NUMBER, POST_IID_ADV);
		else if (flood_send(x, f->node, FLOOD_DESCRIPTION, POST_DESC_ADV))
			flood_send(x, f->node, FLOOD_KEY, POST_CONTENT_ADV);
	}
}

/* Items of one kind. */
static void run_kind(struct run *x, enum post_kind kind)
{
	list_each (p, &x->l3->posts.queue[x->port][kind], struct post, queue) {
		if (x->packets >= POST_PACKETS)
			return;
		post_send(x, p);
	}
}

/* The packets of a run that are signed, or those that are not; false: there are more to send. */
static bool run_queue(struct run *x, bool with_signature)
{
	unsigned first = with_signature ? POST_IID_ADV : POST_DESC_ADV;
	unsigned end = with_signature ? POST_KINDS : POST_IID_ADV;
	bool all;

	x->is_signed = with_signature;
	x->packets = 0;
	run_begin(x);
	if (with_signature)
		hellos_write(x);
	for (unsigned kind = first; kind < end && x->packets < POST_PACKETS; kind++) {
		run_kind(x, kind);
		if (kind == POST_CONTENT_ADV || kind == POST_IID_ADV)
			run_floods(x);
	}
	all = x->packets < POST_PACKETS;
	run_flush(x);
	return all;
}

/* One kind of packets on all ports; when the next run is wanted. */
static instant run_ports(struct l3 *l3, instant now, bool with_signature, struct fx *fx)
{
	instant next = NEVER;

	for (uint8_t i = 0; i < PORT_MAX; i++) {
		struct run x = {.l3 = l3, .now = now, .fx = fx, .port = i};

		if (!l3->port[i].up)
			continue;
		x.mac_count = macs_count(l3, i);
		if (!run_queue(&x, with_signature))
			next = now;
		if (with_signature) /* HELLOs are */
			next = instant_min(next, l3->port[i].hello_at);
	}
	return next;
}

void posts_run(struct l3 *l3, instant now, struct fx *fx)
{
	instant next;

	l3->posts.last_run = now;
	if (!l3->self->description)
		return; /* whose number is in every signature; it will hurry us */
	l3->posts.burst_sqn++;
	for (unsigned i = 0; i < POST_RESTS; i++)
		rest_end(l3, now, i);
	next = run_ports(l3, now, false, fx);
	batch_close(l3, now); /* with those that waited for a description to leave */
	next = instant_min(next, run_ports(l3, now, true, fx));
	for (unsigned i = 0; i < POST_RESTS; i++)
		next = instant_min(next, rest_next(&l3->posts, i));
	timer_cancel(&l3->timers, &l3->posts.run); /* what came in meanwhile is counted in next */
	if (next.us != NEVER.us)
		post_hurry(l3, now, next);
}
