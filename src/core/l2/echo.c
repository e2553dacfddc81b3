/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/echo.h"
#include "core/l2/internal.h"

void echoes_init(struct l2 *l2)
{
	l2->echoes.uid = (uint8_t)prng_below(&l2->prng, 256);
	l2->echoes.wire = (uint16_t)prng_below(&l2->prng, 65536);
}

/* ---- asking ---- */

static void tell(struct fx *fx, const struct echo *q, enum echo_result result, struct mac from,
		 uint8_t ttl)
{
	struct fx_echo echo = {
		.token = q->token, .seqno = q->seqno, .result = result, .from = from, .ttl = ttl};

	fx->emit(fx, &(struct effect){.kind = FX_ECHO, .echo = echo});
}

static enum err send(struct l2 *l2, const struct batadv_icmp *i, uint8_t in_port, struct fx *fx)
{
	uint8_t *packet = l2_scratch(l2);
	struct wr w = wr_over(packet, FRAG_TOTAL_MAX);

	batadv_icmp_write(&w, i);
	return l2_route(l2, i->dst, in_port, packet, wr_len(&w), 0, fx);
}

void echo_ask(struct l2 *l2, instant now, const struct ev_echo *ask, struct fx *fx)
{
	struct echoes *es = &l2->echoes;
	struct echo *q = &es->at[es->next++ % ECHOES_MAX];
	struct mac us = l2_primary_mac(l2);

	(void)now;
	*q = (struct echo){.token = ask->token,
			   .seqno = ask->seqno,
			   .wire = es->wire++,
			   .target = ask->target};
	if (port_of_mac(l2, ask->target) >= 0) {
		tell(fx, q, ECHO_REPLY, us, ask->ttl);
		return;
	}
	struct batadv_icmp i = {
		.ttl = ask->ttl,
		.msg_type = BATADV_ECHO_REQUEST,
		.dst = ask->target,
		.orig = us,
		.uid = es->uid,
		.seqno = q->wire,
	};
	q->asked = send(l2, &i, PORT_CLOUD, fx) == OK;
	if (q->asked)
		l2->count.echo_tx++;
	else
		tell(fx, q, ECHO_UNREACHABLE, us, 0);
}

static struct echo *question_of(struct l2 *l2, const struct batadv_icmp *i)
{
	struct echoes *es = &l2->echoes;

	for (size_t k = 0; k < ECHOES_MAX; k++) {
		struct echo *q = &es->at[k];

		if (!q->asked || i->uid != es->uid || i->seqno != q->wire)
			continue;
		if (i->msg_type == BATADV_ECHO_REPLY && !mac_equal(i->orig, q->target))
			continue;
		return q;
	}
	return NULL;
}

static enum err answered(struct l2 *l2, const struct batadv_icmp *i, enum echo_result result,
			 struct fx *fx)
{
	struct echo *q = question_of(l2, i);

	if (!q)
		return ERR_UNKNOWN;
	q->asked = false;
	tell(fx, q, result, i->orig, i->ttl);
	return OK;
}

/* ---- answering ---- */

static enum err answer(struct l2 *l2, struct batadv_icmp *i, enum batadv_icmp_type type,
		       uint8_t port, struct fx *fx)
{
	i->dst = i->orig;
	i->orig = l2_primary_mac(l2);
	i->msg_type = (uint8_t)type;
	i->ttl = BATADV_TTL;
	enum err e = send(l2, i, port, fx);
	if (e == OK)
		l2->count.echo_tx++;
	return e;
}

static enum err for_us(struct l2 *l2, uint8_t port, struct batadv_icmp *i, struct fx *fx)
{
	switch (i->msg_type) {
	case BATADV_ECHO_REQUEST: return answer(l2, i, BATADV_ECHO_REPLY, port, fx);
	case BATADV_ECHO_REPLY: return answered(l2, i, ECHO_REPLY, fx);
	case BATADV_TTL_EXCEEDED: return answered(l2, i, ECHO_TTL_EXCEEDED, fx);
	case BATADV_UNREACHABLE: return answered(l2, i, ECHO_UNREACHABLE, fx);
	default: /* throughput meter: we never start a session */
		l2->count.unknown_type++;
		return ERR_UNKNOWN;
	}
}

static enum err pass_on(struct l2 *l2, uint8_t port, struct batadv_icmp *i, const uint8_t *packet,
			size_t len, struct fx *fx)
{
	uint8_t *copy = l2_scratch(l2);
	struct wr w = wr_over(copy, FRAG_TOTAL_MAX);

	if (i->ttl < 2) {
		i->rr = NULL;
		return i->msg_type == BATADV_ECHO_REQUEST
			       ? answer(l2, i, BATADV_TTL_EXCEEDED, port, fx)
			       : ERR_TTL;
	}
	i->ttl--;
	batadv_icmp_write(&w, i);
	size_t written = wr_len(&w);
	wr_bytes(&w, packet + written, len - written);
	if (w.bad)
		return ERR_TOO_BIG;
	return l2_route(l2, i->dst, port, copy, wr_len(&w), 0, fx);
}

enum err echo_rx(struct l2 *l2, instant now, uint8_t port, struct mac addressed_to,
		 const uint8_t *packet, size_t len, struct fx *fx)
{
	struct batadv_icmp i;
	uint8_t record[BATADV_ICMP_RR_LEN - BATADV_ICMP_LEN];
	enum err e = batadv_icmp_parse(packet, len, &i);

	(void)now;
	if (e != OK)
		return e;
	l2->count.echo_rx++;
	if (!mac_is_station(i.orig))
		return ERR_MALFORMED;
	if (i.rr) {
		struct wr w = wr_over(record, sizeof(record));

		wr_bytes(&w, i.rr, sizeof(record));
		if (i.rr_cur < BATADV_ICMP_RR_SLOTS) {
			size_t at = (size_t)i.rr_cur++ * sizeof(struct mac);

			w = wr_over(record + at, sizeof(record) - at);
			wr_mac(&w, addressed_to);
		}
		i.rr = record;
	}
	if (port_of_mac(l2, i.dst) >= 0)
		return for_us(l2, port, &i, fx);
	return pass_on(l2, port, &i, packet, len, fx);
}
