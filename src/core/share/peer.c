/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/share/peer.h"
#include <assert.h>
#include "core/share/share_internal.h"

struct peer *peer_find(const struct share *s, struct mac mac)
{
	struct map_node *n = map_first(&s->peers, map_hash(&s->peers, mac.b, sizeof(mac.b)));

	for (; n; n = map_next(n)) {
		struct peer *p = container_of(n, struct peer, node);
		if (mac_equal(p->mac, mac))
			return p;
	}
	return NULL;
}

static struct peer *peer_new(struct share *s, instant now, struct mac mac)
{
	struct peer *p = pool_alloc(&s->pool, sizeof(*p));

	if (!p)
		return NULL;
	*p = (struct peer){.mac = mac, .heard = now, .confirmed = now};
	if (!timer_init(&s->timers, &p->silence, TIMER_SILENCE))
		goto no_silence;
	if (!timer_init(&s->timers, &p->greet, TIMER_GREET))
		goto no_greet;
	if (!map_add(&s->peers, &p->node, map_hash(&s->peers, mac.b, sizeof(mac.b))))
		goto no_map;
	list_append(&s->all_peers, &p->all);
	list_init(&p->behind);
	list_init(&p->recent);
	list_init(&p->errand.queue);
	list_init(&p->set.records);
	bucket_init(&p->rx, PEER_DATAGRAMS, span_us(PEER_DATAGRAM_US), now);
	bucket_init(&p->requests, PEER_REQUESTS, span_ms(PEER_REQUEST_MS), now);
	s->peer_count++;
	return p;

no_map:
	timer_fini(&s->timers, &p->greet);
no_greet:
	timer_fini(&s->timers, &p->silence);
no_silence:
	pool_free(&s->pool, p, sizeof(*p));
	return NULL;
}

struct peer *peer_get(struct share *s, instant now, struct mac mac)
{
	struct peer *p = peer_find(s, mac);

	if (!p && s->peer_count < s->conf.peers_max)
		p = peer_new(s, now, mac);
	if (!p)
		s->count[SHARE_FULL]++;
	return p;
}

void peer_free(struct share *s, struct peer *p)
{
	assert(p->records == 0 && p->first_hand == 0 && list_empty(&p->set.records));
	errand_drop(s, p);
	list_del(&p->behind);
	list_del(&p->recent);
	list_del(&p->all);
	map_del(&s->peers, &p->node);
	timer_fini(&s->timers, &p->greet);
	timer_fini(&s->timers, &p->silence);
	s->peer_count--;
	pool_free(&s->pool, p, sizeof(*p));
}

void peer_release(struct share *s, struct peer *p)
{
	if (p->records == 0 && !peer_alive(p))
		peer_free(s, p);
}

bool peer_alive(const struct peer *p)
{
	return timer_is_set(&p->silence);
}

void peer_heard(struct share *s, instant now, struct peer *p)
{
	p->heard = now;
	if (!peer_alive(p))
		timer_set(&s->timers, &p->silence,
			  instant_add(now, share_intervals(s, SILENCE_ANNOUNCES)));
}

static void greet(struct share *s, instant now, struct peer *p)
{
	const span wait = prng_span(&s->prng, span_ms(0), span_ms(GREET_MS));

	if (!timer_is_set(&p->greet) &&
	    instant_since(now, p->since).us <= span_ms(GREET_AGAIN_MS).us)
		timer_set(&s->timers, &p->greet, instant_add(now, wait));
}

void peer_is_primary(struct share *s, instant now, struct peer *p, bool ours, bool greets,
		     struct fx *fx)
{
	const bool fresh = !p->primary;

	if (fresh)
		p->since = now;
	if (!greets)
		greet(s, now, p);
	if (!fresh && p->ours == ours)
		return;
	s->plain_count -= p->primary && !p->ours;
	s->plain_count += !ours;
	p->primary = true;
	p->ours = ours;
	p->told = p->told && ours;
	behind_update(s, now, p);
	if (!ours)
		push_own(s, now, p, 0);
	if (fresh)
		s->env.peer(s->env.ctx, now, p->mac, false, fx);
}

void peer_silent(struct share *s, instant now, struct peer *p, struct fx *fx)
{
	const instant at = instant_add(p->heard, share_intervals(s, SILENCE_ANNOUNCES));
	const struct mac mac = p->mac;
	const bool primary = p->primary;

	if (!instant_reached(at, now)) {
		timer_set(&s->timers, &p->silence, at);
		return;
	}
	s->plain_count -= p->primary && !p->ours;
	p->primary = p->ours = p->told = false;
	errand_drop(s, p);
	list_del(&p->behind);
	timer_cancel(&s->timers, &p->greet);
	peer_release(s, p);
	if (primary)
		s->env.peer(s->env.ctx, now, mac, true, fx);
}
