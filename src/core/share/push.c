/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/share/push.h"
#include <assert.h>
#include "core/share/share_internal.h"

enum {
	LOOKS_PER_STEP = 256, /* at records of other types */
	/* what is left of a datagram behind the records of a push */
	RECORDS_ROOM = SHARE_DATAGRAM_MAX - ALFRED_RANGE_LEN,
};

void datagram_send(struct share *s, struct mac to, const struct wr *w, struct fx *fx)
{
	const struct effect e = {.kind = FX_DATAGRAM, .datagram = {to, w->start, wr_len(w)}};

	assert(!w->bad && wr_len(w) <= SHARE_DATAGRAM_MAX);
	s->count[SHARE_TX]++;
	s->count[SHARE_TX_BYTES] += wr_len(w);
	fx->emit(fx, &e);
}

static void txend_send(struct share *s, struct mac to, uint16_t tx, uint16_t packets, struct fx *fx)
{
	uint8_t bytes[ALFRED_STATUS_LEN];
	struct wr w = wr_over(bytes, sizeof(bytes));

	alfred_txend_write(&w, (struct alfred_status){tx, packets});
	datagram_send(s, to, &w, fx);
}

static void record_write(struct wr *w, const struct record *r)
{
	const struct alfred_record x = {r->source, r->type, r->version, r->data, (uint16_t)r->len};

	alfred_record_write(w, &x);
}

/* ---- a set ---- */

/* The first of set's records that changed after a number; NULL: none did. */
static const struct record *set_after(const struct set *set, uint32_t after)
{
	const struct record *found = NULL;

	if (after == 0 && !list_empty(&set->records)) {
		found = container_of(set->records.next, struct record, in_set);
		return found;
	}
	for (const struct list *l = set->records.prev; l != &set->records; l = l->prev) {
		const struct record *r = container_of(l, const struct record, in_set);
		if (r->seqno <= after)
			break;
		found = r;
	}
	return found;
}

/* The next after r that is in the set's edition. */
static const struct record *set_next(const struct set *set, const struct record *r)
{
	while (r && r->in_set.next != &set->records) {
		r = container_of(r->in_set.next, const struct record, in_set);
		if (r->edition == set->edition)
			return r;
	}
	return NULL;
}

/* One datagram with what changed in set after a number; gives up to which. Records with
 * one number stay together, or the number would say too much. */
static uint32_t set_write(struct share *s, const struct set *set, uint32_t after, struct wr *w)
{
	struct wr room = wr_over(w->start, RECORDS_ROOM);
	const struct record *r = set_after(set, after), *last = NULL;
	uint8_t *begin = alfred_push_begin(&room, s->tx, 0);

	if (r && r->edition != set->edition)
		r = set_next(set, r);
	for (; r; last = r, r = set_next(set, r)) {
		const size_t len = ALFRED_RECORD_LEN + r->len;
		if (last && r->seqno != last->seqno && wr_len(&room) + len > DATAGRAM_GOOD)
			break;
		if (len <= wr_left(&room))
			record_write(&room, r);
	}
	alfred_push_end(&room, begin);
	assert(!room.bad);
	w->at = room.at;
	return r ? r->seqno - 1 : set->seqno;
}

/* The same, sent. plain: to alfred too, which waits for an end. */
static uint32_t set_push(struct share *s, struct mac to, const struct set *set,
			 struct alfred_range range, bool plain, struct fx *fx)
{
	struct wr w = wr_over(s->scratch, SHARE_DATAGRAM_MAX);

	s->tx++;
	range.edition = set->edition;
	range.upto = set_write(s, set, range.after, &w);
	alfred_range_write(&w, &range);
	datagram_send(s, to, &w, fx);
	if (plain)
		txend_send(s, to, s->tx, 1, fx);
	return range.upto;
}

/* ---- errands ---- */

static struct peer *errand_peer(struct list *l)
{
	return container_of(l, struct peer, errand.queue);
}

static void push_arm(struct share *s, instant now)
{
	instant at = NEVER;

	if (s->sent < s->mine.seqno) {
		at = bucket_next(&s->multicasts, now);
		if (instant_before(at, s->gathered))
			at = s->gathered;
	}
	if (!list_empty(&s->errands))
		at = instant_min(at, bucket_next(&s->answers, now));
	timer_set(&s->timers, &s->push, at);
}

void push_changed(struct share *s, instant now)
{
	if (s->sent + 1 >= s->mine.seqno)
		s->gathered = instant_add(now, span_ms(PUSH_GATHER_MS));
	push_arm(s, now);
}

static void errand_queue(struct share *s, instant now, struct peer *p)
{
	if (list_empty(&p->errand.queue))
		list_append(&s->errands, &p->errand.queue);
	push_arm(s, now);
}

void push_own(struct share *s, instant now, struct peer *p, uint32_t from)
{
	struct errand *j = &p->errand;

	if (from >= s->mine.seqno)
		return;
	j->from = j->own && j->from < from ? j->from : from;
	j->own = true;
	errand_queue(s, now, p);
}

void push_answer(struct share *s, instant now, struct peer *p, struct alfred_request q)
{
	struct errand *j = &p->errand;

	j->answer = true;
	j->type = q.type;
	j->tx = q.tx;
	j->packets = 0;
	j->cursor = s->all.next;
	errand_queue(s, now, p);
}

static void wants_free(struct share *s, struct errand *j)
{
	pool_free(&s->pool, j->wants, j->wants_room * sizeof(*j->wants));
	j->wants = NULL;
	j->wants_room = j->wants_count = j->wants_at = 0;
}

static void own_wanted(struct share *s, instant now, struct peer *p, const struct alfred_want *x)
{
	const bool same = x->edition == s->mine.edition;

	push_own(s, now, p, same && x->have <= s->mine.seqno ? x->have : 0);
}

void push_wants(struct share *s, instant now, struct peer *p, struct rd r)
{
	struct errand *j = &p->errand;
	size_t room = rd_left(&r) / ALFRED_WANT_LEN;
	struct alfred_want x;

	wants_free(s, j);
	room = room < PUSH_WANTS_MAX ? room : PUSH_WANTS_MAX;
	while (alfred_want_next(&r, &x)) {
		if (mac_equal(x.publisher, s->conf.self)) {
			own_wanted(s, now, p, &x);
			continue;
		}
		if (!j->wants) {
			j->wants = pool_alloc(&s->pool, room * sizeof(*j->wants));
			j->wants_room = j->wants ? (uint32_t)room : 0;
		}
		if (j->wants_count == j->wants_room) {
			s->count[SHARE_FULL]++;
			break;
		}
		j->wants[j->wants_count++] = x;
	}
	if (j->wants_count > 0)
		errand_queue(s, now, p);
}

void errand_drop(struct share *s, struct peer *p)
{
	wants_free(s, &p->errand);
	p->errand.own = p->errand.answer = false;
	list_del(&p->errand.queue);
}

void push_forget(struct share *s, const struct record *r)
{
	for (struct list *l = s->errands.next; l != &s->errands; l = l->next) {
		struct errand *j = &errand_peer(l)->errand;
		if (j->answer && j->cursor == &r->all)
			j->cursor = r->all.next;
	}
}

static void own_step(struct share *s, struct peer *p, struct fx *fx)
{
	struct errand *j = &p->errand;

	if (j->from < s->mine.seqno)
		j->from =
			set_push(s, p->mac, &s->mine,
				 (struct alfred_range){.publisher = s->conf.self, .after = j->from},
				 !p->ours, fx);
	j->own = j->from < s->mine.seqno;
}

static void want_step(struct share *s, struct peer *p, struct fx *fx)
{
	struct errand *j = &p->errand;
	struct alfred_want *x = &j->wants[j->wants_at];
	const struct peer *other = peer_find(s, x->publisher);
	uint32_t upto = 0;

	if (other && other->set.edition != 0) {
		const struct set *set = &other->set;
		const struct alfred_range range = {.publisher = x->publisher,
						   .after = x->edition == set->edition ? x->have
										       : 0};
		upto = range.after < set->seqno ? set_push(s, p->mac, set, range, false, fx) : 0;
		x->edition = set->edition;
		x->have = upto;
		if (upto < set->seqno && upto > 0)
			return;
	}
	if (++j->wants_at == j->wants_count)
		wants_free(s, j);
}

/* Some more records of the type, whole as a transaction of alfred's. */
static void answer_step(struct share *s, struct peer *p, struct fx *fx)
{
	struct errand *j = &p->errand;
	struct wr w = wr_over(s->scratch, SHARE_DATAGRAM_MAX);
	uint8_t *begin = alfred_push_begin(&w, j->tx, j->packets);
	bool some = false;

	for (unsigned i = 0; i < LOOKS_PER_STEP && j->cursor != &s->all; i++) {
		const struct record *r = container_of(j->cursor, const struct record, all);
		const size_t len = ALFRED_RECORD_LEN + r->len;
		if (r->type == j->type) {
			if (some && wr_len(&w) + len > DATAGRAM_GOOD)
				break;
			record_write(&w, r);
			some = true;
		}
		j->cursor = j->cursor->next;
	}
	if (some) {
		alfred_push_end(&w, begin);
		datagram_send(s, p->mac, &w, fx);
		j->packets++;
	}
	if (j->cursor == &s->all) {
		txend_send(s, p->mac, j->tx, j->packets, fx);
		j->answer = false;
	}
}

/* A datagram of the first errand, which goes to the end of the queue. */
static void errand_step(struct share *s, struct fx *fx)
{
	struct peer *p = errand_peer(s->errands.next);
	struct errand *j = &p->errand;

	if (j->own)
		own_step(s, p, fx);
	else if (j->wants_count > 0)
		want_step(s, p, fx);
	else if (j->answer)
		answer_step(s, p, fx);
	list_del(&j->queue);
	if (j->own || j->wants_count > 0 || j->answer)
		list_append(&s->errands, &j->queue);
}

static bool multicast_step(struct share *s, instant now, struct fx *fx)
{
	if (s->sent >= s->mine.seqno || !instant_reached(s->gathered, now) ||
	    !bucket_take(&s->multicasts, now))
		return false;
	s->sent = set_push(s, MAC_BROADCAST, &s->mine,
			   (struct alfred_range){.publisher = s->conf.self, .after = s->sent},
			   s->plain_count > 0, fx);
	if (s->sent >= s->mine.seqno)
		announce_soon(s, now);
	return true;
}

void push_run(struct share *s, instant now, struct fx *fx)
{
	for (unsigned i = 0; i < PUSH_PER_CALL; i++) {
		if (multicast_step(s, now, fx))
			continue;
		if (list_empty(&s->errands) || !bucket_take(&s->answers, now))
			break;
		errand_step(s, fx);
	}
	push_arm(s, now);
}
