/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/share/announce.h"
#include "base/seqno.h"
#include "core/share/share_internal.h"

static const int64_t hurry_ms[] = {120, 250, 500, 1000, 2000, 4000};

enum { HURRIES = sizeof(hurry_ms) / sizeof(hurry_ms[0]), WANT_TYPE = 0xff };

/* ---- where our set stands ---- */

static void announce_send(struct share *s, instant now, struct mac to, uint8_t flags, struct fx *fx)
{
	uint8_t bytes[ALFRED_TLV_LEN + ALFRED_STATE_LEN + ALFRED_TLV_LEN +
		      RECENT_MAX * ALFRED_WANT_LEN];
	struct wr w = wr_over(bytes, sizeof(bytes));

	if (instant_since(now, s->started).us < s->conf.announce.us)
		flags |= ALFRED_STATE_STARTING;
	alfred_tlv_write(&w, ALFRED_ANNOUNCE_PRIMARY);
	alfred_state_write(&w, (struct alfred_state){s->mine.edition, s->sent, flags});
	if (mac_is_broadcast(to)) {
		s->announced = now;
		recent_write(s, now, &w);
	}
	datagram_send(s, to, &w, fx);
}

static void edition_begin(struct share *s, instant now)
{
	s->mine.edition += s->mine.edition == UINT32_MAX ? 2 : 1;
	s->edition_began = now;
	s->sent = 0;
	list_each (r, &s->mine.records, struct record, in_set) {
		r->edition = s->mine.edition;
	}
	timer_cancel(&s->timers, &s->edition);
	push_changed(s, now);
}

void announce_edition(struct share *s, instant now)
{
	edition_begin(s, now);
}

void announce_withdrawn(struct share *s, instant now)
{
	instant at = instant_add(s->edition_began, span_ms(EDITION_MS));

	if (timer_is_set(&s->edition))
		return;
	timer_set(&s->timers, &s->edition, instant_before(at, now) ? now : at);
}

void announce_period(struct share *s, instant now, struct fx *fx)
{
	const int64_t us = s->conf.announce.us;
	const span lasts = span_us(s->conf.keep.us / REFRESHES);

	/* Before it is announced: late, the old one would look like a second one. */
	if (!list_empty(&s->mine.records) && instant_since(now, s->edition_began).us >= lasts.us)
		edition_begin(s, now);
	announce_send(s, now, MAC_BROADCAST, 0, fx);
	list_each (p, &s->all_peers, struct peer, all) {
		if (p->primary && !p->ours)
			push_own(s, now, p, s->repair[0]);
	}
	for (unsigned i = 0; i + 1 < REPAIRS; i++)
		s->repair[i] = s->repair[i + 1];
	s->repair[REPAIRS - 1] = s->mine.seqno;
	timer_set(&s->timers, &s->announce,
		  instant_add(now, prng_span(&s->prng, span_us(us - us / 20), span_us(us))));
}

void announce_soon(struct share *s, instant now)
{
	s->hurries = 0;
	s->spoken_for = 0;
	timer_set(&s->timers, &s->hurry, instant_add(now, span_ms(hurry_ms[0])));
}

void announce_hurry(struct share *s, instant now, struct fx *fx)
{
	/* Who is new announces itself whatever others say. */
	if (s->spoken_for < RECENT_ENOUGH || s->speaks ||
	    instant_since(now, s->started).us < s->conf.announce.us)
		announce_send(s, now, MAC_BROADCAST, 0, fx);
	s->spoken_for = 0;
	s->speaks = false;
	if (++s->hurries < HURRIES)
		timer_set(&s->timers, &s->hurry, instant_add(now, span_ms(hurry_ms[s->hurries])));
}

void announce_greet(struct share *s, instant now, const struct peer *p, struct fx *fx)
{
	announce_send(s, now, p->mac, ALFRED_STATE_GREETING, fx);
}

/* Who had started before we heard of it was in another part of the cloud, and not alone. */
void announce_met(struct share *s, instant now, struct alfred_state state)
{
	const instant again = instant_add(s->announced, span_ms(MET_AGAIN_MS));
	const span wait = prng_span(&s->prng, span_ms(0), span_ms(MET_MS));

	if (state.flags || timer_is_set(&s->hurry) ||
	    instant_since(now, s->started).us < s->conf.announce.us)
		return;
	s->hurries = HURRIES - 1;
	s->speaks = true;
	timer_set(&s->timers, &s->hurry,
		  instant_add(instant_before(again, now) ? now : again, wait));
}

/* ---- where the sets of others stand ---- */

static bool is_behind(const struct peer *p)
{
	if (!p->told || p->hints > 0)
		return p->ours;
	return p->set.edition == p->told_edition ? p->set.seqno < p->told_seqno : p->told_seqno > 0;
}

static void want_arm(struct share *s)
{
	instant at = NEVER;

	list_each (p, &s->behind, struct peer, behind) {
		at = instant_min(at, p->ask_at);
	}
	timer_set(&s->timers, &s->want, at);
}

/* Nothing of its set is here. */
static bool is_blank(const struct peer *p)
{
	return p->set.seqno == 0 && p->first_hand == 0;
}

/* When a node joins it hears of many within GREET_MS, and asks for all at once. */
static instant bulk_at(struct share *s, instant now)
{
	if (instant_before(s->bulk_at, now))
		s->bulk_at = instant_add(now, span_ms(GREET_MS + WANT_SOON_MS));
	return s->bulk_at;
}

void behind_update(struct share *s, instant now, struct peer *p)
{
	const bool behind = is_behind(p), queued = !list_empty(&p->behind);
	const span soon = prng_span(&s->prng, span_ms(WANT_SOON_MS), span_ms(2 * WANT_SOON_MS));
	const instant at = is_blank(p) ? bulk_at(s, now) : instant_add(now, soon);

	if (!behind && !queued)
		return;
	if (!behind) {
		list_del(&p->behind);
	} else if (!queued) {
		list_append(&s->behind, &p->behind);
		p->asked = 0;
		p->ask_at = at;
	} else if (p->asked > 2) {
		/* It was heard just now, so it is worth asking again. */
		p->asked = 2;
		p->ask_at = instant_min(p->ask_at, at);
	}
	want_arm(s);
}

static void told(struct share *s, instant now, struct peer *p, uint32_t edition, uint32_t seqno)
{
	const bool same = p->told && p->told_edition == edition;

	p->hints = 0;
	if (same && seqno_diff(seqno, p->told_seqno) < 0)
		return;
	recent_note(s, now, p, !same || seqno != p->told_seqno);
	p->told = true;
	p->told_edition = edition;
	p->told_seqno = seqno;
}

void state_rx(struct share *s, instant now, struct peer *p, struct alfred_state state)
{
	told(s, now, p, state.edition, state.seqno);
	if (state.edition == p->set.edition)
		p->confirmed = now;
	behind_update(s, now, p);
}

/* Another edition than we have begins: is it to be believed? */
static bool edition_follows(const struct peer *publisher, bool relayed,
			    const struct alfred_range *range)
{
	const struct set *set = &publisher->set;

	if (range->after != 0)
		return false;
	return relayed || set->edition == 0 || seqno_diff(range->edition, set->edition) > 0 ||
	       (publisher->told && range->edition == publisher->told_edition);
}

bool range_open(struct share *s, instant now, struct peer *sender, struct peer *publisher,
		const struct alfred_range *range)
{
	struct set *set = &publisher->set;
	const bool relayed = sender != publisher;

	/* Told on by another: only what the publisher itself says there is, and only
	 * while nothing of it came from itself. */
	if (relayed && (!publisher->told || range->edition != publisher->told_edition ||
			publisher->first_hand > 0))
		return false;
	if (range->edition != set->edition && edition_follows(publisher, relayed, range)) {
		set->edition = range->edition;
		set->seqno = 0;
	}
	if (range->edition == set->edition && range->after <= set->seqno)
		return range->upto > set->seqno;
	if (!relayed && (range->edition == set->edition ||
			 seqno_diff(range->edition, set->edition) > 0 || set->edition == 0)) {
		s->count[SHARE_LOST]++;
		told(s, now, publisher, range->edition, range->upto);
		behind_update(s, now, publisher);
	}
	return false;
}

void range_close(struct share *s, instant now, struct peer *sender, struct peer *publisher,
		 const struct alfred_range *range)
{
	publisher->set.seqno = range->upto;
	publisher->asked = 0;
	publisher->ask_at = instant_add(now, span_ms(WANT_AGAIN_MS));
	if (sender == publisher) {
		publisher->confirmed = now;
		told(s, now, publisher, range->edition, range->upto);
	}
	behind_update(s, now, publisher);
}

/* ---- asking ---- */

static void wants_send(struct share *s, struct mac to, const struct alfred_want *at, size_t count,
		       struct fx *fx)
{
	uint8_t bytes[ALFRED_REQUEST_LEN + ALFRED_TLV_LEN + PUSH_WANTS_MAX * ALFRED_WANT_LEN];
	struct wr w = wr_over(bytes, sizeof(bytes));

	alfred_request_write(&w, (struct alfred_request){WANT_TYPE, ++s->tx});
	alfred_wants_write(&w, ALFRED_WANT, at, count);
	datagram_send(s, to, &w, fx);
}

static struct alfred_want want_of(const struct peer *p)
{
	return (struct alfred_want){p->mac, p->set.edition, p->set.seqno};
}

/* Nothing is there of its set; another may tell us, every second time that we ask. */
static bool suits_bulk(const struct peer *p, instant now)
{
	return instant_reached(p->ask_at, now) && is_blank(p) && p->asked % 2 == 0;
}

/* One of those that know such sets, at random. NULL: there is none. */
static struct peer *helper_choose(struct share *s)
{
	uint32_t count = 0, chosen;

	list_each (p, &s->all_peers, struct peer, all) {
		count += p->ours;
	}
	if (count == 0)
		return NULL;
	chosen = prng_below(&s->prng, count);
	list_each (p, &s->all_peers, struct peer, all) {
		if (p->ours && chosen-- == 0)
			return p;
	}
	return NULL;
}

static void bulk_ask(struct share *s, instant now, struct fx *fx)
{
	struct alfred_want want[PUSH_WANTS_MAX];
	struct peer *asked[PUSH_WANTS_MAX], *helper;
	uint32_t count = 0;

	list_each (p, &s->behind, struct peer, behind) {
		if (count < PUSH_WANTS_MAX && suits_bulk(p, now)) {
			want[count] = want_of(p);
			asked[count++] = p;
		}
	}
	helper = count >= WANT_BULK ? helper_choose(s) : NULL;
	if (!helper)
		return;
	wants_send(s, helper->mac, want, count, fx);
	for (uint32_t i = 0; i < count; i++) {
		asked[i]->asked++;
		asked[i]->ask_at = instant_add(
			now, span_ms(WANT_BULK_MS + WANT_BULK_EACH_MS * (int64_t)count));
	}
}

void want_ask(struct share *s, instant now, struct fx *fx)
{
	unsigned sent = 0;

	bulk_ask(s, now, fx);
	list_each (p, &s->behind, struct peer, behind) {
		if (!instant_reached(p->ask_at, now) || sent >= WANTS_PER_CALL)
			continue;
		const struct alfred_want want = want_of(p);
		const unsigned half = p->asked / 2u;
		const int64_t ms = WANT_AGAIN_MS << (half < WANT_DOUBLINGS ? half : WANT_DOUBLINGS);
		p->asked = (uint8_t)(p->asked + (p->asked < UINT8_MAX));
		p->ask_at =
			instant_add(now, prng_span(&s->prng, span_ms(ms), span_ms(ms + ms / 4)));
		wants_send(s, p->mac, &want, 1, fx);
		sent++;
		p->hints = (uint8_t)(p->hints - (p->hints > 0));
		if (!is_behind(p))
			list_del(&p->behind);
	}
	want_arm(s);
}
