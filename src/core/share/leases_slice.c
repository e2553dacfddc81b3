/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slice - which part of the pool is ours; see leases_internal.h. */
#include <assert.h>
#include "base/prng.h"
#include "core/share/leases_internal.h"

enum {
	PATIENCE = 5,	     /* so many times `settle` for nodes that are there, but silent */
	REVIEW_EVERY_S = 60, /* for what comes with time */
	POLL_MS = 250,
};

static uint32_t slice_first(const struct leases *l, uint32_t i)
{
	return ipv4_to_u32(l->conf.first) + i * l->slices.size;
}

/* The last slice may be shorter. */
static uint32_t slice_last(const struct leases *l, uint32_t i)
{
	uint32_t last = ipv4_to_u32(l->conf.last);
	uint32_t full = slice_first(l, i) + (l->slices.size - 1);

	return full < last ? full : last;
}

struct slice *slice_of(const struct leases *l, uint32_t ip)
{
	if (l->slices.count == 0 || !is_in_pool(l, ip))
		return NULL;
	return &l->slices.at[(ip - ipv4_to_u32(l->conf.first)) / l->slices.size];
}

struct range slice_range(const struct leases *l, uint32_t i)
{
	return (struct range){ipv4_from_u32(slice_first(l, i), 32),
			      ipv4_from_u32(slice_last(l, i), 32)};
}

static uint32_t slice_room(const struct leases *l, uint32_t i)
{
	uint32_t all = slice_last(l, i) - slice_first(l, i) + 1;

	return all - l->slices.at[i].used;
}

static uint64_t right_to(uint32_t i, struct mac mac)
{
	return mac_mix(mac, prng_mix(0x51ce + i));
}

bool slice_prefers(uint32_t i, struct mac a, struct mac b)
{
	uint64_t of_a = right_to(i, a), of_b = right_to(i, b);

	return of_a != of_b ? of_a > of_b : mac_compare(a, b) < 0;
}

bool slices_init(struct leases *l, instant now)
{
	struct slices *s = &l->slices;
	uint32_t first = ipv4_to_u32(l->conf.first), last = ipv4_to_u32(l->conf.last);
	uint32_t pool = first != 0 && first <= last ? last - first + 1 : 0;

	s->size = SLICE_SIZE_MIN;
	while (pool > 0 && s->size < (pool - 1) / SLICES_MAX + 1)
		s->size *= 2;
	s->count = pool > 0 ? (pool - 1) / s->size + 1 : 0;
	s->told_room = 2 * s->count + 2; /* a hole each: the gateway and our own address */
	s->at = pool_alloc(&l->pool, (s->count + 1) * sizeof(*s->at));
	s->told = pool_alloc(&l->pool, s->told_room * sizeof(*s->told));
	s->listen = instant_add(now, l->conf.settle);
	if (!s->at || !s->told)
		return false;
	timer_set(&l->timers, &s->timer, s->listen);
	return true;
}

void slices_fini(struct leases *l)
{
	struct slices *s = &l->slices;

	pool_free(&l->pool, s->at, (s->count + 1) * sizeof(*s->at));
	pool_free(&l->pool, s->told, s->told_room * sizeof(*s->told));
}

void slices_changed(struct leases *l)
{
	l->slices.review = true;
	telling_dirty(l, 0);
}

uint32_t slices_claimed(const struct leases *l, struct range *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->slices.count; i++) {
		if (!l->slices.at[i].ours)
			continue;
		if (n > 0 && ipv4_to_u32(out[n - 1].last) + 1 == slice_first(l, i))
			n--;
		else
			out[n].first = ipv4_from_u32(slice_first(l, i), 32);
		out[n++].last = ipv4_from_u32(slice_last(l, i), 32);
	}
	return n;
}

uint32_t slices_free(const struct leases *l, bool usable_only)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->slices.count; i++)
		if (l->slices.at[i].ours && (l->slices.at[i].usable || !usable_only))
			n += slice_room(l, i);
	return n;
}

/* ---- review ---- */

static bool same_pool(const struct leases *l, const struct teller *t)
{
	return t->pool_first == ipv4_to_u32(l->conf.first) &&
	       t->pool_last == ipv4_to_u32(l->conf.last) && t->slice_size == l->slices.size;
}

/* t claims slice i. Who has another idea of the pool cannot be decided with: we give way. */
static void claimed_by(struct leases *l, instant now, uint32_t i, const struct teller *t)
{
	struct slice *s = &l->slices.at[i];

	s->theirs = true;
	s->foreign = now;
	if (s->ours && (!same_pool(l, t) || slice_prefers(i, t->holder.mac, l->conf.self))) {
		s->ours = s->usable = false;
		l->count[LEASES_SLICES_LOST]++;
		telling_dirty(l, DIRTY_NODE);
	}
}

static void others_read(struct leases *l, instant now)
{
	uint32_t first = ipv4_to_u32(l->conf.first), last = ipv4_to_u32(l->conf.last);

	for (uint32_t i = 0; i < l->slices.count; i++)
		l->slices.at[i].theirs = false;
	list_each (t, &l->tellers, struct teller, all) {
		for (uint32_t k = 0; k < t->range_count; k++) {
			uint32_t a = ipv4_to_u32(t->ranges[k].first);
			uint32_t b = ipv4_to_u32(t->ranges[k].last);

			if (a > last || b < first)
				continue;
			a = a > first ? (a - first) / l->slices.size : 0;
			b = b < last ? (b - first) / l->slices.size : l->slices.count - 1;
			for (uint32_t i = a; i <= b; i++)
				claimed_by(l, now, i, t);
		}
	}
}

static bool count_silent(void *ctx, const struct share_peer *p)
{
	struct {
		const struct leases *l;
		bool silent;
	} *c = ctx;
	const struct teller *t = teller_find(c->l, p->mac);

	c->silent = p->ours && (!t || !t->known);
	return !c->silent;
}

/* Is there a node of our kind whose claims we do not know? */
static bool somebody_is_silent(const struct leases *l, instant now)
{
	struct {
		const struct leases *l;
		bool silent;
	} c = {l, false};

	share_each_peer(l->share, now, count_silent, &c);
	return c.silent;
}

/* Claims become good with time; gives when the next will. */
static instant settle(struct leases *l, instant now)
{
	bool silent = somebody_is_silent(l, now);
	instant next = NEVER;

	for (uint32_t i = 0; i < l->slices.count; i++) {
		struct slice *s = &l->slices.at[i];
		instant good = instant_add(s->since, l->conf.settle);
		instant at_last = instant_add(s->since, span_us(PATIENCE * l->conf.settle.us));

		if (!s->ours || s->usable)
			continue;
		if (instant_reached(good, now) && (!silent || instant_reached(at_last, now)))
			s->usable = true;
		else if (instant_reached(good, now))
			next = instant_min(next, instant_add(now, span_ms(POLL_MS)));
		else
			next = instant_min(next, good);
	}
	return next;
}

/* How many free addresses we like to have: more with more clients, but never more than
 * half of a fair part. */
static uint32_t wanted(const struct leases *l)
{
	uint32_t nodes = 1, held = 0, want, fair;

	list_each (t, &l->tellers, struct teller, all)
		nodes += t->alive && t->known && t != l->self;
	for (uint32_t i = 0; i < l->slices.count; i++)
		held += l->slices.at[i].ours ? l->slices.size : 0;
	fair = l->slices.count * l->slices.size / (2 * nodes);
	want = held / 2 > SLICE_FREE_WANTED ? held / 2 : SLICE_FREE_WANTED;
	want = want < fair ? want : fair;
	return want > 0 ? want : 1;
}

/* The best slice to claim: one that nobody claims; of those one that nobody was seen to
 * claim before, as he may come back; of those the one that we would defend best. */
static struct slice *choose(const struct leases *l)
{
	struct slice *best = NULL;
	uint64_t best_hash = 0;

	for (uint32_t i = 0; i < l->slices.count; i++) {
		struct slice *s = &l->slices.at[i];
		uint64_t hash = right_to(i, l->conf.self);

		if (s->ours || s->theirs || slice_room(l, i) == 0)
			continue;
		if (!best || s->foreign.us < best->foreign.us ||
		    (s->foreign.us == best->foreign.us && hash > best_hash)) {
			best = s;
			best_hash = hash;
		}
	}
	return best;
}

static void grow(struct leases *l, instant now)
{
	uint32_t want = wanted(l), have = slices_free(l, false);
	struct slice *s;

	if (have * 2 >= want)
		return;
	while (have < want && (s = choose(l)) != NULL) {
		s->ours = true;
		s->usable = false;
		s->since = s->busy = now;
		have += slice_room(l, (uint32_t)(s - l->slices.at));
		telling_dirty(l, DIRTY_NODE);
	}
}

static void give_back(struct leases *l, instant now)
{
	uint32_t want = wanted(l), have = slices_free(l, false);

	for (uint32_t i = 0; i < l->slices.count; i++) {
		struct slice *s = &l->slices.at[i];

		if (!s->ours || s->used > 0 || have < want + slice_room(l, i) ||
		    !instant_reached(instant_add(s->busy, span_s(GIVE_BACK_AFTER_S)), now))
			continue;
		s->ours = s->usable = false;
		have -= slice_room(l, i);
		telling_dirty(l, DIRTY_NODE);
	}
}

static void surrender(struct leases *l)
{
	for (uint32_t i = 0; i < l->slices.count; i++) {
		if (l->slices.at[i].ours)
			telling_dirty(l, DIRTY_NODE);
		l->slices.at[i].ours = l->slices.at[i].usable = false;
	}
}

/* ---- what the DHCP server is told ---- */

/* Adds first..last without the addresses that are never given to anybody. */
static uint32_t range_add(const struct leases *l, uint32_t first, uint32_t last, struct range *out,
			  uint32_t n)
{
	uint32_t holes[] = {ipv4_to_u32(l->conf.gateway), ipv4_to_u32(l->conf.own)};
	uint32_t at = first;

	if (holes[0] > holes[1]) {
		holes[0] = holes[1];
		holes[1] = ipv4_to_u32(l->conf.gateway);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (holes[i] < at || holes[i] > last)
			continue;
		if (holes[i] > at)
			out[n++] = (struct range){ipv4_from_u32(at, 32),
						  ipv4_from_u32(holes[i] - 1, 32)};
		at = holes[i] + 1;
	}
	if (at <= last)
		out[n++] = (struct range){ipv4_from_u32(at, 32), ipv4_from_u32(last, 32)};
	return n;
}

static void ranges_tell(struct leases *l, struct fx *fx)
{
	struct slices *s = &l->slices;
	struct range now[2 * SLICES_MAX + 2];
	uint32_t n = 0, i = 0;

	while (i < s->count) {
		uint32_t end = i;

		while (end < s->count && s->at[end].usable)
			end++;
		if (end > i)
			n = range_add(l, slice_first(l, i), slice_last(l, end - 1), now, n);
		i = end > i ? end : i + 1;
	}
	assert(n <= s->told_room);
	if (n == s->told_count && (n == 0 || memcmp(now, s->told, n * sizeof(now[0])) == 0))
		return;
	if (n > 0)
		memcpy(s->told, now, n * sizeof(now[0]));
	s->told_count = n;
	fx->emit(fx, &(struct effect){.kind = FX_RANGES, .ranges = {s->told, n}});
}

void slices_review(struct leases *l, instant now, struct fx *fx)
{
	instant next = instant_add(now, span_s(REVIEW_EVERY_S));

	l->slices.review = false;
	others_read(l, now);
	if (!l->serve) {
		surrender(l);
	} else if (instant_reached(l->slices.listen, now)) {
		grow(l, now);
		give_back(l, now);
		next = instant_min(next, settle(l, now));
	} else {
		next = l->slices.listen;
	}
	ranges_tell(l, fx);
	timer_set(&l->timers, &l->slices.timer, next);
}
