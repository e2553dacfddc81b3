/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/internal.h"

/* A packet on its way through the checks. */
struct rx {
	instant now;
	const struct ipv6 *from;
	const struct ev_network_datagram *d;
	bool proven; /* by its RSA signature */
	struct bmx7_packet packet;
	struct near *near;
	struct l3_link *link; /* NULL: not verified */
	struct source source;
};

struct digest packet_hash(const struct l3 *l3, const struct ipv6 *source, const uint8_t *header,
			  const uint8_t *rest, size_t rest_len)
{
	const struct crypto_part parts[] = {
		{source->b, sizeof(source->b)}, {header, BMX7_SIGNATURE_HEADER}, {rest, rest_len}};

	return l3->crypto->sha224(parts, sizeof(parts) / sizeof(parts[0]));
}

void packet_mac(const struct l3 *l3, const struct digest *hash, const struct digest *secret,
		uint8_t mac[BMX7_MAC])
{
	const struct crypto_part parts[] = {{hash->b, sizeof(hash->b)},
					    {secret->b, sizeof(secret->b)}};
	struct digest d = l3->crypto->sha224(parts, sizeof(parts) / sizeof(parts[0]));

	memcpy(mac, d.b, BMX7_MAC);
}

/* Is one of the MACs in the list made with this secret? */
static bool mac_found(const struct l3 *l3, const struct bmx7_signatures *s,
		      const struct digest *hash, const struct secret *secret)
{
	struct rd list = rd_over(s->list, s->list_len);
	struct bmx7_signature one;
	uint8_t mac[BMX7_MAC];
	unsigned tried = 0;

	if (!secret->there)
		return false;
	packet_mac(l3, hash, &secret->s, mac);
	while (bmx7_signature_next(&list, &one) && tried++ < PACKET_MACS_MAX) {
		if (one.len == BMX7_MAC && bmx7_dh_len(one.type) > 0 &&
		    memcmp(one.data, mac, BMX7_MAC) == 0)
			return true;
	}
	return false;
}

/* specs/bmx7.md 3.3, up to the signature. OK: go on with that. */
static enum err may_verify(struct l3 *l3, const struct rx *x, const struct bmx7_signatures *s,
			   struct fx *fx)
{
	struct l3_node *n = x->near->node;
	const struct description *d = n->description;

	if (!d || s->desc_sqn > d->version.desc_sqn) {
		content_want(l3, x->now, n, d ? s->desc_sqn : 0, &x->source, fx);
		return ERR_UNKNOWN;
	}
	if (s->desc_sqn < d->version.desc_sqn) {
		near_remind(l3, x->now, x->near, x->source.port);
		return ERR_OLD;
	}
	if (n->attacker >= d->version.desc_sqn)
		return ERR_BLOCKED;
	if (!near_lists(x->near, x->from)) {
		l3->count.forged++;
		near_remind(l3, x->now, x->near, x->source.port);
		return ERR_MALFORMED;
	}
	if (n->burst_desc_sqn != s->desc_sqn) {
		n->burst_desc_sqn = s->desc_sqn;
		n->burst_sqn = 0;
	}
	if (s->burst_sqn < n->burst_sqn) {
		l3->count.forged++;
		return ERR_DUPLICATE;
	}
	return OK;
}

/* Makes x verified, or says why it is not. ERR_MALFORMED: drop the packet. */
static enum err verify(struct l3 *l3, struct rx *x, const struct bmx7_signatures *s, struct fx *fx)
{
	enum err e = may_verify(l3, x, s, fx);

	if (e != OK)
		return e;
	if (!x->near->secret[KEY_NOW].there)
		near_secrets_want(l3, x->now, x->near, fx);
	struct digest hash =
		packet_hash(l3, x->from, s->header, s->signed_rest, s->signed_rest_len);

	if (!x->proven && !mac_found(l3, s, &hash, &x->near->secret[KEY_NOW]) &&
	    !mac_found(l3, s, &hash, &x->near->secret[KEY_BEFORE])) {
		e = held_keep(l3, x->now, x->near, x->d, s, &hash, fx);
		return e == OK ? ERR_UNKNOWN : e;
	}
	x->near->node->burst_sqn = s->burst_sqn;
	x->link = l3_link_heard(l3, x->now, x->near, s->dev_idx, x->from, x->source.port, fx);
	if (!x->link)
		return ERR_MALFORMED; /* the near may be gone with its link */
	x->source.verified = true;
	l3->count.rx_verified++;
	return OK;
}

static bool is_for_us(const struct l3 *l3, const struct digest *to)
{
	return digest_equal(to, &l3->self->id);
}

static enum err replies_rx(struct l3 *l3, struct rx *x, const struct bmx7_tlv *t, struct fx *fx)
{
	struct rd r = rd_over(t->data, t->len);
	struct bmx7_hello_reply h;

	while (bmx7_hello_reply_next(&r, &h)) {
		const struct description *d = l3->self->description;

		if (d && digest_equal(&h.description, &d->hash) && h.dev_idx == x->source.port + 1)
			l3_link_reply(l3, x->now, x->link, h.rx_lq, fx);
	}
	return r.bad ? ERR_MALFORMED : OK;
}

static enum err iids_rx(struct l3 *l3, struct rx *x, const struct bmx7_tlv *t, struct fx *fx)
{
	struct rd r = rd_over(t->data, t->len);
	struct bmx7_iid i;

	while (bmx7_iid_next(&r, &i)) {
		enum err e = claim_iid(l3, x->now, x->near, &i, fx);

		if (e != OK)
			l3->count.dropped[e]++;
	}
	return r.bad ? ERR_MALFORMED : OK;
}

/* A number of ours that a neighbour wants to know more about. */
static void number_rx(struct l3 *l3, struct rx *x, uint8_t type, uint16_t number)
{
	struct post p = {.kind = POST_IID_ADV, .port = x->source.port, .number = number};
	struct bmx7_iid told;

	if (type == BMX7_OGM_REQ)
		batch_rx_request(l3, x->now, x->source.port, number);
	else if (iid_get(l3, number, &told))
		post_add(l3, x->now, &p);
}

static enum err requests_rx(struct l3 *l3, struct rx *x, const struct bmx7_tlv *t, struct fx *fx)
{
	struct bmx7_request q;
	struct digest what;
	uint16_t number;
	enum err e = bmx7_request_parse(t->type, t->data, t->len, &q);

	if (e != OK || !is_for_us(l3, &q.to))
		return e;
	if (t->type == BMX7_OGM_REQ || t->type == BMX7_IID_REQ) {
		while (bmx7_request_number(&q.items, &number))
			number_rx(l3, x, t->type, number);
		return OK;
	}
	while (bmx7_request_digest(&q.items, &what)) {
		if (t->type == BMX7_DESC_REQ)
			content_rx_description_request(l3, x->now, &x->source, &what, fx);
		else
			content_rx_content_request(l3, x->now, &x->source, &what, fx);
	}
	return OK;
}

/* Frames that a verified neighbour alone may send. */
static enum err neighbour_frame(struct l3 *l3, struct rx *x, const struct bmx7_tlv *t,
				struct fx *fx)
{
	struct bmx7_aggregations a;
	uint16_t sqn;
	enum err e = OK;

	/* SPEC: not before the link is usable / OURS: it may become so by this very packet. */
	if (t->type == BMX7_OGM_AGGREG_SQN_ADV) {
		e = bmx7_aggregations_parse(t->data, t->len, &a);
		if (e == OK)
			batch_rx_window(x->near, a);
		return e;
	}
	if (t->type == BMX7_HELLO_ADV) {
		e = bmx7_hello_parse(t->data, t->len, &sqn);
		if (e == OK)
			l3_link_hello(l3, x->now, x->link, sqn, fx);
		return e;
	}
	if (t->type == BMX7_HELLO_REPLY)
		return replies_rx(l3, x, t, fx);
	if (!x->link->usable)
		return OK;
	switch ((enum bmx7_frame)t->type) {
	case BMX7_IID_ADV: return iids_rx(l3, x, t, fx);
	case BMX7_OGM_ADV: return batch_rx(l3, x->now, x->near, t, fx);
	case BMX7_OGM_REQ:
	case BMX7_IID_REQ: return requests_rx(l3, x, t, fx);
	case BMX7_TRASH_ADV:
	case BMX7_DESC_ADV:
	case BMX7_CONTENT_ADV:
	case BMX7_SIGNATURE_ADV:
	case BMX7_OGM_AGGREG_SQN_ADV:
	case BMX7_HELLO_ADV:
	case BMX7_HELLO_REPLY:
	case BMX7_DESC_REQ:
	case BMX7_CONTENT_REQ: break;
	}
	return OK;
}

static enum err frame_rx(struct l3 *l3, struct rx *x, const struct bmx7_tlv *t, struct fx *fx)
{
	struct bmx7_signatures s;
	enum err e;

	switch ((enum bmx7_frame)t->type) {
	case BMX7_DESC_ADV: return content_rx_description(l3, x->now, &x->source, t, fx);
	case BMX7_CONTENT_ADV: return content_rx_content(l3, x->now, &x->source, t, fx);
	case BMX7_SIGNATURE_ADV:
		e = bmx7_signatures_parse(&x->packet, t, &s);
		if (e == OK)
			e = verify(l3, x, &s, fx);
		if (e == ERR_MALFORMED)
			return e;
		if (e != OK) {
			l3->count.rx_unverified++;
			l3->count.dropped[e]++;
		}
		return OK;
	case BMX7_DESC_REQ:
	case BMX7_CONTENT_REQ: return requests_rx(l3, x, t, fx);
	case BMX7_TRASH_ADV: return OK;
	case BMX7_OGM_AGGREG_SQN_ADV:
	case BMX7_HELLO_ADV:
	case BMX7_HELLO_REPLY:
	case BMX7_IID_ADV:
	case BMX7_OGM_ADV:
	case BMX7_OGM_REQ:
	case BMX7_IID_REQ: return x->link ? neighbour_frame(l3, x, t, fx) : OK;
	}
	return OK; /* of a later version */
}

/* Frames may end the neighbour that sent them: it is looked up anew before each. */
static bool still_near(const struct l3 *l3, struct rx *x)
{
	struct l3_node *n = l3_node_by_id(l3, &x->packet.sender);

	if (!n || !n->near)
		return false;
	x->near = n->near;
	x->source.node = n;
	return true;
}

static enum err frames_rx(struct l3 *l3, struct rx *x, struct fx *fx)
{
	struct bmx7_walk walk = bmx7_frames_walk(&x->packet);
	struct bmx7_tlv t;

	while (bmx7_next(&walk, &t)) {
		enum err e = still_near(l3, x) ? frame_rx(l3, x, &t, fx) : ERR_BLOCKED;

		if (e != OK)
			return e;
	}
	if (x->link && still_near(l3, x) && x->link->usable)
		batch_rx_missing(l3, x->now, x->near);
	return walk.err;
}

enum err packet_rx(struct l3 *l3, instant now, const struct ev_network_datagram *d, struct fx *fx)
{
	struct rx x = {.now = now, .from = &d->from, .d = d, .source = {.port = d->port}};
	enum err e = bmx7_packet_parse(d->data, d->len, &x.packet);

	if (d->port >= PORT_MAX || !l3->port[d->port].up)
		return ERR_BLOCKED;
	l3->count.rx++;
	l3->count.rx_bytes += d->len;
	l3->port[d->port].rx++;
	l3->port[d->port].rx_bytes += d->len;
	if (e != OK)
		return e;
	if (!address_is_link_local(&d->from))
		return ERR_MALFORMED;
	if (l3_port_own(l3, &d->from))
		return ERR_OWN;
	if (is_for_us(l3, &x.packet.sender)) {
		l3->count.attacks++;
		l3_note_rarely(l3, now, fx, NETWORK_NOTE_ATTACK, l3->self, l3->self);
		return ERR_OWN;
	}
	struct l3_node *n = l3_node_get(l3, now, &x.packet.sender, fx);

	if (!n || !near_heard(l3, now, n, d->port, fx))
		return ERR_FULL;
	return frames_rx(l3, &x, fx);
}

void packet_rx_proven(struct l3 *l3, instant now, const struct ev_network_datagram *d,
		      struct fx *fx)
{
	struct rx x = {
		.now = now, .from = &d->from, .d = d, .proven = true, .source = {.port = d->port}};

	if (bmx7_packet_parse(d->data, d->len, &x.packet) == OK && l3->port[d->port].up)
		l3->count.dropped[frames_rx(l3, &x, fx)]++;
}
